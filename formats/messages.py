"""Words for people: the gettext catalogue in locale/, read without Django, in one language or in all at once.

A further language is one line in LANGUAGES and one catalogue (docs/adr/0005-one-catalogue.md).
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial, reduce
from pathlib import Path

LOCALE = Path(__file__).resolve().parent.parent / "locale"
#: Django reads this domain too, so that site, reports and datasets share one catalogue.
DOMAIN = "django"
#: The languages of pages, reports and datasets, with the name that their readers use. Messages are written in SOURCE.
LANGUAGES: dict[str, str] = {"en": "English", "zh-hans": "简体中文"}
SOURCE = "en"
#: As gettext joins the context of a message and the message.
CONTEXT_END = "\x04"


def NP_(context: str, msgid: str) -> str:  # noqa: N802  named as N_
    """Marks a message whose translation depends on where it is used; `translate` takes what this returns."""
    return f"{context}{CONTEXT_END}{msgid}"


def NN_(one: str, several: str) -> tuple[str, str]:  # noqa: N802
    """Marks a message that depends on a number; `translate_count` and `CountedText` take both parts."""
    return one, several


def language_tag(language: str) -> str:
    """A language as HTML and JSON-LD name it: zh-Hans for zh-hans."""
    first, *others = language.split("-")
    return "-".join([first, *(part.title() if len(part) == 4 else part.upper() for part in others)])


def terminal_language(environment: Mapping[str, str] = os.environ) -> str:
    """The language in which a command speaks: that of the terminal (LC_ALL, LC_MESSAGES, LANG) where it is known."""
    asked = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    first = re.split(r"[-_.@]", asked.lower())[0]
    return next((language for language in LANGUAGES if language.split("-")[0] == first), SOURCE)


def is_chinese(language: str) -> bool:
    """Whether a language is written in Chinese characters: without spaces, and in fonts of its own."""
    return language.startswith("zh")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language of LANGUAGES."""
    folders = [language_tag(language).replace("-", "_")]
    return gettext.translation(DOMAIN, LOCALE, folders, fallback=language == SOURCE)


def spoken(language: str, values: Mapping[str, object]) -> dict[str, object]:
    """The values of a message's places: a text in several languages is read in this one."""
    return {
        name: in_language(value, language) if isinstance(value, Mapping) else value for name, value in values.items()
    }


def translate(language: str, msgid: str, /, **values: object) -> str:
    """A message in a language, its {names} filled in where values are given."""
    text = catalogue(language).gettext(msgid).rpartition(CONTEXT_END)[2] if msgid else ""
    return text.format(**spoken(language, values)) if values else text


def translate_count(language: str, one: str, several: str, count: int, /, **values: object) -> str:
    """A message that depends on a number; {count} stands for the number."""
    text = catalogue(language).ngettext(one, several, count).rpartition(CONTEXT_END)[2]
    return text.format(count=count, **spoken(language, values))


def translator(language: str) -> Callable[..., str]:
    """`translate` for one language; call it `_`, so that its messages are found for the catalogue."""
    return partial(translate, language)


def counter(language: str) -> Callable[..., str]:
    """`translate_count` for one language; call it `ngettext`, so that its messages are found for the catalogue."""
    return partial(translate_count, language)


class LazyText(Mapping[str, str]):
    """A message in every language of LANGUAGES, each made when it is read: text["en"], text["zh-hans"].

    A value that is itself a text in several languages is read in the same one.
    """

    def __init__(self, msgid: str, /, **values: object) -> None:
        self._words: Callable[[str], str] = lambda language: translate(language, msgid, **values)

    @classmethod
    def of(cls, words: Callable[[str], str]) -> LazyText:
        """What a function of the language returns."""
        text = cls("")
        text._words = words
        return text

    @classmethod
    def same(cls, words: str) -> LazyText:
        """Words that are the same in every language, such as a place for others."""
        return cls.of(lambda language: words)

    def __getitem__(self, language: str) -> str:
        if language not in LANGUAGES:
            raise KeyError(language)
        return self._words(language)

    def __iter__(self) -> Iterator[str]:
        return iter(LANGUAGES)

    def __len__(self) -> int:
        return len(LANGUAGES)

    def __repr__(self) -> str:
        return f"LazyText({self._words(SOURCE)!r})"


def CountedText(one: str, several: str, count: int, /, **values: object) -> LazyText:  # noqa: N802  as LazyText
    """A message that depends on a number, in every language."""
    return LazyText.of(lambda language: translate_count(language, one, several, count, **values))


def in_language(text: Mapping[str, str], language: str) -> str:
    """A text in a language, or in English, or in whichever it has; "" where it has none."""
    return text.get(language) or text.get(SOURCE) or next(iter(text.values()), "")


def listed(language: str, parts: Iterable[str]) -> str:
    """Names in a row: a, b, c."""
    return translate(language, NP_("between the names of a list", ", ")).join(parts)


def clauses(language: str, parts: Iterable[str]) -> str:
    """Parts of a sentence that may have commas of their own in a row: a; b; c."""
    return translate(language, NP_("between the clauses of a list", "; ")).join(parts)


def in_a_row(language: str, sentences: Iterable[str]) -> str:
    """Whole sentences one after the other."""
    return reduce(
        lambda first, then: translate(language, NP_("two sentences", "{first} {then}"), first=first, then=then),
        sentences,
    )
