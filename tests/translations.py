"""The Chinese catalogue: what is missing in it, and `--update` to collect new sentences and compile it.

    python -m tests.translations             names every sentence without a translation; exit 1 if there is one
    python -m tests.translations --update    adds new sentences to django.po, drops old ones, writes django.mo

Babel does it all; gettext need not be installed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

STUDY = Path(__file__).resolve().parent.parent / "study"
FOLDER = STUDY / "locale" / "zh_Hans" / "LC_MESSAGES"
METHODS = [("**.py", "python"), ("templates/**.html", "tests.translations:extract_templates")]
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(["gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2"])
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|<[^>]+>")


def extract_templates(
    fileobj: BinaryIO, keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterable[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    """A Django template, read as the Python that Django's own extraction makes of it."""
    source = templatize(fileobj.read().decode("utf-8"))
    # Only the calls to gettext matter; without its indentation every line stands alone.
    lines = (line.lstrip() for line in source.splitlines())
    return extract_python(BytesIO("\n".join(lines).encode("utf-8")), keywords, comment_tags, options)  # type: ignore[arg-type]


def sentences() -> Catalog:
    """Every sentence marked for translation in the site's code and templates."""
    catalogue = Catalog()
    for _, _, identifier, _, context in extract_from_dir(STUDY, METHODS, keywords=KEYWORDS):
        catalogue.add(identifier, context=context)
    return catalogue


def readable() -> Catalog:
    """The catalogue that translators edit."""
    return read_po(BytesIO((FOLDER / "django.po").read_bytes()), locale="zh_Hans")


def compiled() -> Catalog:
    """The catalogue that the site reads."""
    return read_mo(BytesIO((FOLDER / "django.mo").read_bytes()))


def pairs(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """(English, Chinese), of sentences with a plural the singular; an uncertain translation counts as none."""
    for message in catalogue:
        if message.id:
            yield _first(message.id), "" if message.fuzzy else _first(message.string)


def _first(text: object) -> str:
    return str(text[0]) if isinstance(text, (list, tuple)) else str(text or "")


def problems() -> list[str]:
    """What keeps the site from speaking Chinese throughout, a line each."""
    wanted, done = dict(pairs(sentences())), dict(pairs(readable()))
    found = [f"no translation: {english}" for english in wanted if not done.get(english)]
    found += [f"no longer in use: {english}" for english in done if english not in wanted]
    for english, chinese in done.items():
        if chinese and sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(chinese)):
            found.append(f"the placeholders differ: {english}")
    if {pair for pair in done.items() if pair[1]} != {pair for pair in pairs(compiled()) if pair[1]}:
        found.append("django.mo is not made from this django.po")
    return found


def update() -> None:
    """Brings django.po up to date with the code, keeping what is translated, and compiles it."""
    catalogue = readable()
    catalogue.update(sentences(), no_fuzzy_matching=True, update_creation_date=False)
    with (FOLDER / "django.po").open("wb") as file:
        write_po(file, catalogue, width=0, ignore_obsolete=True, no_location=True)
    with (FOLDER / "django.mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="collect and compile first")
    if parser.parse_args().update:
        update()
    found = problems()
    print("\n".join(found) or "The Chinese catalogue is complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
