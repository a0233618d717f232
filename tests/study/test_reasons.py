from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from study.desk.reasons import in_the_readers_words

#: At the desk the folder is always there.
ELSEWHERE = "is not a folder"
SOURCES = [Path("generation/pack") / name for name in ("folder.py", "recordings.py")]


def sentences() -> Iterator[str]:
    """Every phrase with "it" that generation gives as a reason, with 7 in the place of what varies."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
            if text.startswith(("it ", "its ")) and not isinstance(node, ast.stmt):
                yield text


def faults() -> Iterator[str]:
    """Every sentence with which reading what was uploaded can end, with 7 in the place of what varies."""
    for name in ("archive.py", "folder.py"):
        for node in ast.walk(ast.parse(Path("generation/pack", name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                (sentence,) = node.exc.args
                if isinstance(sentence, ast.JoinedStr):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "7" for part in sentence.values
                    )


#: Without the pieces of which longer ones are made.
REASONS = sorted({text for text in sentences() if len(text) > 12 and not text.endswith((" ", "("))})


def test_the_reasons_are_found_in_the_source() -> None:
    assert len(REASONS) >= 14
    assert "it is not a WAV, FLAC, MP3 or MIDI file" in REASONS


FAULTS = [text for text in faults() if ELSEWHERE not in text]


@pytest.mark.parametrize("reason", [*REASONS, *FAULTS])
def test_every_reason_is_told_in_chinese_too_with_what_varies_in_it(reason: str) -> None:
    with translation.override("en"):
        assert in_the_readers_words(reason) == reason
    with translation.override("zh-hans"):
        told = in_the_readers_words(reason)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told), reason
    assert told.count("7") >= reason.count("7")


def test_the_faults_are_found_in_the_source() -> None:
    assert len(FAULTS) >= 10


def test_reasons_within_a_fault_are_told_as_well() -> None:
    asked = "and the study file asks for 3"
    lacking = f"of model-b it has 0 clips {asked}; of practice clips it has 1 {asked}"
    fault = f"The pack does not fit the study file: {lacking}. The pack's systems: a, b."
    with translation.override("zh-hans"):
        told = in_the_readers_words(fault)
    assert "model-b" in told
    assert not {"clips", "file", "pack", "systems"} & set(told.replace("：", " ").replace(";", " ").split())


def test_an_unknown_reason_is_told_as_it_is() -> None:
    assert in_the_readers_words("it is odd") == "it is odd"
