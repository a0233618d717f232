"""The catalogues: what is missing in them, and `--update` to collect new messages and compile them.

    python -m tests.translations             names every message without a translation; exit 1 if there is one
    python -m tests.translations --update    adds new messages to django.po, drops old ones, writes django.mo

Babel does it all; gettext need not be installed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from formats.messages import LANGUAGES, LOCALE, SOURCE, language_tag

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("analysis", "config", "formats", "generation", "study")
METHODS = [("**.py", "python"), ("**/templates/**.html", "tests.translations:extract_templates")]
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(
    [
        "gettext_lazy",
        "ngettext_lazy:1,2",
        "pgettext_lazy:1c,2",
        "NP_:1c,2",
        "NN_:1,2",
        "LazyText",
        "CountedText:1,2",
        "translate:2",
        "translate_count:2,3",
        # Errors are data: a template and what it is filled with.
        *("InputError", "Message", "Failed", "fault"),
    ]
)
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[sdgfr]|\{\w+(?:[:!][^{}]*)?\}|<[^>]+>")
TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE)


def extract_templates(
    fileobj: BinaryIO, keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterable[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """A Django template, read as the Python that Django's own extraction makes of it."""
    source = templatize(fileobj.read().decode("utf-8"))
    # Only the calls to gettext matter; without its indentation every line stands alone.
    lines = (line.lstrip() for line in source.splitlines())
    return extract_python(BytesIO("\n".join(lines).encode("utf-8")), keywords, comment_tags, options)  # type: ignore[arg-type]


def sentences() -> Catalog:
    """Every message marked for translation in code and templates, with the folders that have it."""
    catalogue = Catalog()
    for room in ROOMS:
        for name, _, identifier, _, context in extract_from_dir(ROOT / room, METHODS, keywords=KEYWORDS):
            catalogue.add(identifier, locations=[(str(PurePosixPath(room, name).parent), 0)], context=context)
    return catalogue


def folder_of(language: str) -> Path:
    """Where the catalogue of a language is."""
    return LOCALE / language_tag(language).replace("-", "_") / "LC_MESSAGES"


def readable(language: str) -> Catalog:
    """The catalogue that translators edit."""
    return read_po(BytesIO((folder_of(language) / "django.po").read_bytes()), locale=folder_of(language).parent.name)


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as site and reports read it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def pairs(catalogue: Catalog) -> Iterator[tuple[tuple[str, str], str]]:
    """((context, English), translation), of messages with a plural the first; an uncertain one counts as none."""
    for message in catalogue:
        if message.id:
            yield (message.context or "", _first(message.id)), "" if message.fuzzy else _first(message.string)


def _first(text: object) -> str:
    return str(text[0]) if isinstance(text, (list, tuple)) else str(text or "")


def problems(language: str) -> list[str]:
    """What keeps site and reports from speaking a language throughout, a line each."""
    wanted, done = dict(pairs(sentences())), dict(pairs(readable(language)))
    found = [f"no translation: {english}" for english in wanted if not done.get(english)]
    found += [f"no longer in use: {english}" for english in done if english not in wanted]
    for (_, english), translation in done.items():
        if translation and sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(translation)):
            found.append(f"the placeholders differ: {english}")
    if compiled(readable(language)) != (folder_of(language) / "django.mo").read_bytes():
        found.append("django.mo is not made from this django.po")
    return [f"{language}: {line}" for line in found]


def update(language: str) -> None:
    """Brings django.po up to date with the code, keeping what is translated, and compiles it."""
    catalogue, new = readable(language), sentences()
    for message in catalogue:
        message.locations = []
    catalogue.update(new, no_fuzzy_matching=True, update_creation_date=False)
    with (folder_of(language) / "django.po").open("wb") as file:
        write_po(file, catalogue, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)
    (folder_of(language) / "django.mo").write_bytes(compiled(readable(language)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="collect and compile first")
    if parser.parse_args().update:
        for language in TRANSLATED:
            update(language)
    found = [line for language in TRANSLATED for line in problems(language)]
    print("\n".join(found) or "The catalogues are complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
