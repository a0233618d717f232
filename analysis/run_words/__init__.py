"""What `analyse_runs` says. Both languages have the same keys and places."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.dataset import Text
from analysis.run_words.chinese import CHINESE
from analysis.run_words.english import ENGLISH

WORDS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "zh-hans": CHINESE}


def say(key: str, **values: object) -> Text:
    """A sentence in every language."""
    return {lang: words[key].format(**values) for lang, words in WORDS.items()}
