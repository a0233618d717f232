"""English and Simplified Chinese, all of it: no sentence without a translation, no catalogue out of date."""

from __future__ import annotations

import pytest
from django.utils import translation

from tests.translations import pairs, problems, sentences


def test_code_and_templates_are_both_searched() -> None:
    assert {"Begin with practice", "Please listen to the whole clip first.", "draft"} <= set(dict(pairs(sentences())))


def test_every_sentence_is_translated_and_the_catalogue_compiled() -> None:
    assert problems() == []


@pytest.mark.parametrize(("language", "words"), [("en", "Play again"), ("zh-hans", "重听")])
def test_django_finds_the_catalogue(language: str, words: str) -> None:
    with translation.override(language):
        assert translation.gettext("Play again") == words
