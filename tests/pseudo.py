"""A language that nobody speaks: each message between marks, so that what was never translated stands outside them."""

from __future__ import annotations

import functools
import re
from html.parser import HTMLParser
from io import BytesIO
from itertools import chain
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from pytest_django.fixtures import Settings

from formats import messages
from tests.translations import sentences

#: Django must know the code; its own translations of it are not looked at.
CODE, NAME = "eo", "Esperanto"
#: The messages of Django's own that pages show.
OF_DJANGO = [
    Path(django.__file__).parent / folder / "locale" / "en" / "LC_MESSAGES" / "django.po"
    for folder in ("conf", "contrib/auth")
]
OPEN, CLOSE = "⟦", "⟧"
MARKED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
LETTERS = re.compile(r"[^\W\d_]{2,}")
#: What is data in every language: files, hashes, addresses, names of runs, units and what programs are called.
DATA = re.compile(
    r"https?://\S+|\b[\w.-]+\.(?:csv|json|jsonl|md|zip|html|pdf|svg|png|tex|toml|mp3)\b|\b[0-9a-f]{8,}\b|--[a-z-]+"
    r"|\b[a-z0-9]+(?:-[a-z0-9]+)+\b|\b(?:figures|tables)/"
    r"|\b(?:UTC|CSV|SHA|ZIP|PDF|PNG|SVG|JSON|TOML|MIDI|LUFS|dBTP|kB|MB|min|SE|SD|df|ICC|Mukulen|Markdown|LaTeX|SPSS)\b"
)


def marked(text: str) -> str:
    """A message as this language has it."""
    return f"{OPEN}{text}{CLOSE}"


@functools.cache
def compiled() -> bytes:
    """A catalogue of all messages, as gettext reads it."""
    catalogue = Catalog(locale=CODE)
    for message in chain(sentences(), *(read_po(BytesIO(file.read_bytes())) for file in OF_DJANGO)):
        if message.id:
            words = marked(message.id) if isinstance(message.id, str) else tuple(map(marked, message.id))
            catalogue.add(message.id, words, context=message.context)
    content = BytesIO()
    write_mo(content, catalogue)
    return content.getvalue()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Add the language to site and cores, with a catalogue of all messages."""
    file = folder / CODE / "LC_MESSAGES" / f"{messages.DOMAIN}.mo"
    file.parent.mkdir(parents=True)
    file.write_bytes(compiled())
    for language in messages.LANGUAGES:
        messages.catalogue(language)  # from the folder of the real ones
    monkeypatch.setattr(messages, "LOCALE", folder)
    monkeypatch.setitem(messages.LANGUAGES, CODE, NAME)
    settings.LOCALE_PATHS = [folder, *settings.LOCALE_PATHS]
    settings.LANGUAGES = list(messages.LANGUAGES.items())


def untranslated(text: str, known: frozenset[str] = frozenset()) -> list[str]:
    """Words outside all marks that are not data."""
    text = DATA.sub(" ", text)
    while (shorter := MARKED.sub(" ", text)) != text:
        text = shorter
    return [word for word in LETTERS.findall(text) if word.lower() not in known]


class Visible(HTMLParser):
    """The text of a page that people see or hear, of elements in this language."""

    NEVER = frozenset({"script", "style", "code", "kbd", "pre", "svg", "head"})
    SPOKEN = frozenset({"alt", "title", "placeholder", "aria-label"})
    CELLS = frozenset({"td", "th", "li", "dt", "dd", "option"})
    EMPTY = frozenset({"meta", "link", "img", "input", "br", "hr", "source", "col", "wbr", "path", "circle", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = given.get("lang") not in (None, CODE)
        hidden = any(self.hidden[-1:]) or tag in self.NEVER or foreign
        if not hidden:
            self.parts += [f" {value} " for name, value in attrs if value and self._is_spoken(tag, name, given)]
        if tag in self.CELLS:
            self.parts.append(" ")
        if tag not in self.EMPTY:
            self.hidden.append(hidden)

    def _is_spoken(self, tag: str, name: str, given: dict[str, str | None]) -> bool:
        is_text = given.get("id") == "texts" and name.startswith("data-")
        return name in self.SPOKEN or is_text or (tag == "input" and name == "value" and given.get("type") == "submit")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY and self.hidden:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.hidden[-1:]):
            self.parts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.parts)
