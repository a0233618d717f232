from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from generation.workers import KILLED
from study.blinding.leak_search import SYSTEM, Identifiers, leaks, uneven_names
from study.blinding.uniformity import AudioProperties, unlike, unlike_replies, unlike_wrappings
from study.desk.reasons import PARTS, in_the_readers_words
from tests.factories import tone
from tests.study.exchanges import exchange

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


FAULTS = [*(text for text in faults() if ELSEWHERE not in text), KILLED]


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


#: Names and codes that stay as they are in every language.
KEPT = {"small", "generate", "stimuli", "from", "mark", "audio", "trial", "rating", "none"}


def sounds(**changes: Any) -> dict[str, AudioProperties]:
    """Two clips that are alike and one that is not."""
    usual = AudioProperties(7, 7, 7, 7, "MP3", "none", -23.0, -3.0, -90.0, -90.0)
    return {"7a": usual, "7b": usual, "7c": usual._replace(**changes)}


ODD: list[dict[str, Any]] = [
    *({key: 77} for key in ("size", "samples", "rate", "channels", "codec", "tags")),
    *({key: 7.0} for key in ("lufs", "true_peak_dbtp", "first_edge_dbfs", "last_edge_dbfs")),
    {"lufs": float("nan")},
]


def faults_of_blinding() -> Iterator[str]:
    """What the check says of all that it looks at."""
    for changes in ODD:
        yield from unlike(sounds(**changes))
    yield from unlike_wrappings({"a": tone(0), "b": tone(1), "c": b"7" + tone(2)})
    for other in (exchange(kind="trial", headers=(("X-7", "1"),)), exchange(kind="trial", status=404)):
        yield from unlike_replies([exchange(kind="trial"), other])
    for what in dict.fromkeys(sentence for sentence in PARTS if sentence.endswith(("hash", "seed", "name", "study"))):
        secrets = Identifiers({}, {"mark7": what}, {}, frozenset({"mark7"}))
        for kind in ("audio", "trial", "page", "static", "rating"):
            yield from leaks([exchange("/mark7", body="7", kind=kind)], secrets)
    yield from leaks([exchange("/7", headers=(("X", "mark7"),))], Identifiers({}, {"mark7": SYSTEM}, {}, frozenset()))
    pages = [exchange(kind="trial"), exchange(kind="trial", body="<p>mark7</p>")]
    yield from uneven_names(pages, Identifiers({}, {}, {"mark7": SYSTEM}, frozenset()))


def test_whatever_the_check_of_blinding_finds_is_told_in_chinese_too() -> None:
    faults = sorted(set(faults_of_blinding()))
    assert len(faults) >= 40
    for fault in faults:
        with translation.override("en"):
            assert in_the_readers_words(f"small is not blind: {fault}") == f"small is not blind: {fault}"
        with translation.override("zh-hans"):
            told = in_the_readers_words(f"small is not blind: {fault}")
        assert set(re.findall("[a-z]{4,}", told)) <= KEPT, told
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told)


def test_an_unknown_reason_is_told_as_it_is() -> None:
    assert in_the_readers_words("it is odd") == "it is odd"


def test_a_text_too_long_to_be_taken_apart_is_left_as_it_is() -> None:
    """Such as a name that somebody chose so that it fits a sentence in thousands of ways."""
    text = "clips.zip holds '../" + " holds " * 5000 + " files, and " * 5000 + "'"
    with translation.override("zh-hans"):
        assert in_the_readers_words(text) == text
