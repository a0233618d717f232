"""Every language of the catalogue, all of it: no message without a translation, no catalogue out of date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from tests.translations import TRANSLATED, pairs, problems, sentences


def test_extraction_searches_code_and_templates() -> None:
    english = {message for _, message in dict(pairs(sentences()))}
    assert {"Start practice", "Please listen to the whole clip first.", "draft"} <= english


def test_no_message_is_passed_over_by_the_extraction() -> None:
    unread = re.compile(r'\b(counter|translator)\([^()]*\)\(\s*"')
    for app in ("analysis", "config", "formats", "generation", "study"):
        for path in Path(app).rglob("*.py"):
            assert not unread.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_compiled(language: str) -> None:
    assert problems(language) == []


@pytest.mark.parametrize(("language", "words"), [("en", "Play again"), ("zh-hans", "重听")])
def test_django_finds_the_catalogue(language: str, words: str) -> None:
    with translation.override(language):
        assert translation.gettext("Play again") == words
