"""The catalogue without Django: languages, plurals, contexts, texts in every language."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.conf import settings

from formats.messages import (
    LANGUAGES,
    NP_,
    CountedText,
    LazyText,
    clauses,
    counter,
    in_language,
    language_tag,
    listed,
    terminal_language,
    translate,
    translator,
)

LIST = NP_("between the names of a list", ", ")


def test_message_is_found_in_each_language() -> None:
    assert [translate(language, "Play again") for language in ("en", "zh-hans")] == ["Play again", "重听"]


def test_message_in_no_catalogue_is_english() -> None:
    assert translator("zh-hans")("Not in any catalogue: {n:.2f}", n=1) == "Not in any catalogue: 1.00"


def test_message_without_values_keeps_its_braces() -> None:
    assert translate("en", "{n} clips") == "{n} clips"


def test_context_is_cut_from_a_message() -> None:
    assert [translate(language, LIST) for language in LANGUAGES] == [", ", "、"]


def test_count_of_one_is_singular() -> None:
    ngettext = counter("en")
    assert [ngettext("{count} clip", "{count:,} clips", n) for n in (1, 0, 1200)] == [
        "1 clip",
        "0 clips",
        "1,200 clips",
    ]


def test_text_is_read_in_the_language_of_its_values() -> None:
    inner = LazyText("Play again")
    text = LazyText("({what})", what=inner)
    assert dict(text) == {"en": "(Play again)", "zh-hans": "(重听)"}
    assert text == {"en": "(Play again)", "zh-hans": "(重听)"}
    assert json.loads(json.dumps(dict(text)))["en"] == "(Play again)"
    assert text.get("xx") is None


def test_counted_text_has_every_language() -> None:
    text = CountedText("{count} clip of {name}", "{count} clips of {name}", 1, name={"en": "A", "zh-hans": "甲"})
    assert dict(text) == {"en": "1 clip of A", "zh-hans": "1 clip of 甲"}


def test_language_falls_back_to_english_then_to_any() -> None:
    assert in_language({"en": "a", "fr": "b"}, "zh-hans") == "a"
    assert in_language({"fr": "b"}, "zh-hans") == "b"
    assert in_language({}, "en") == ""


def test_lists_are_joined_as_the_language_does() -> None:
    assert [listed(language, "ab") for language in LANGUAGES] == ["a, b", "a、b"]
    assert [clauses(language, "ab") for language in LANGUAGES] == ["a; b", "a；b"]


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh-hans", "zh-Hans"), ("pt-br", "pt-BR")])
def test_language_tag_has_the_case_of_bcp_47(language: str, tag: str) -> None:
    assert language_tag(language) == tag


def test_site_has_the_languages_of_the_catalogue() -> None:
    assert dict(settings.LANGUAGES) == LANGUAGES


def test_catalogue_is_read_without_django() -> None:
    code = "import sys, formats.messages as m; print(m.translate('zh-hans', 'Play again'), 'django' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["重听", "False"]


def test_terminal_language_is_first_setting_that_is_not_empty() -> None:
    assert terminal_language({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}) == "zh-hans"
    assert terminal_language({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}) == "en"
    assert terminal_language({"LANG": "de_DE@euro"}) == "en"
    assert terminal_language({}) == "en"
