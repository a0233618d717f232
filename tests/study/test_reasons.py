from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from study.desk.reasons import in_the_readers_words

SOURCES = [Path("generation/pack") / name for name in ("folder.py", "recordings.py")]


def sentences() -> Iterator[str]:
    """Every phrase with "it" that generation gives as a reason, with 7 in the place of what varies."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
            if text.startswith(("it ", "its ")) and not isinstance(node, ast.stmt):
                yield text


#: Without the pieces of which longer ones are made.
REASONS = sorted({text for text in sentences() if len(text) > 12 and not text.endswith((" ", "("))})


def test_the_reasons_are_found_in_the_source() -> None:
    assert len(REASONS) >= 14
    assert "it is not a WAV, FLAC, MP3 or MIDI file" in REASONS


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_told_in_chinese_too_with_what_varies_in_it(reason: str) -> None:
    with translation.override("en"):
        assert in_the_readers_words(reason) == reason
    with translation.override("zh-hans"):
        told = in_the_readers_words(reason)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told), reason
    assert told.count("7") >= reason.count("7")


def test_an_unknown_reason_is_told_as_it_is() -> None:
    assert in_the_readers_words("it is odd") == "it is odd"
