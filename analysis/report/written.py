"""Questions that are answered in words: a report counts the answers and quotes none."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.data.dataset import Text
from formats.messages import in_language, translator


def written_facts(written: Sequence[tuple[Text, int]], lang: str) -> dict[str, object]:
    """Each question that is answered in words, and how many trials have an answer to it."""
    _ = translator(lang)
    return {
        _("Answers in words to “{question}”", question=in_language(label, lang)): f"{count:,}"
        for label, count in written
    }
