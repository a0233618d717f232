"""Clips must be alike in everything but their music: what the check says of files, sounds and headers that are not."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
import soundfile

from study.blinding.uniformity import (
    AudioProperties,
    level,
    mp3_container_bytes,
    unlike,
    unlike_replies,
    unlike_waveforms,
)
from tests.factories import tone
from tests.study.exchanges import exchange

USUAL = AudioProperties(
    size=4000,
    samples=16_000,
    rate=16_000,
    channels=1,
    codec="MP3",
    tags="none",
    lufs=-23.0,
    true_peak_dbtp=-1.0,
    first_edge_dbfs=-60.0,
    last_edge_dbfs=-60.0,
    waveform="07za",
)


def sounds(**other: Any) -> dict[str, AudioProperties]:
    """Four clips of which the third is another in something."""
    return {f"c{number}": USUAL._replace(**other) if number == 3 else USUAL for number in (1, 2, 3, 4)}


@pytest.mark.parametrize(("shown", "is_alike"), [("07za", True), ("08zb", True), ("09za", False), ("07zA", False)])
def test_waveform_may_be_rounded_otherwise_and_no_more(shown: str, is_alike: bool) -> None:
    assert (unlike_waveforms({"c1": "07za", "c2": shown}, sounds()) == []) is is_alike
    assert str(unlike_waveforms({"c1": shown[:3]}, sounds())[0]).startswith("The waveforms of 1 of 1 clips")


def test_clips_that_are_just_within_every_bound_are_alike() -> None:
    assert unlike(sounds()) == []
    assert unlike(sounds(lufs=-22.5)) == unlike(sounds(lufs=-23.5)) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"size": 4001}, "1 of 4 clips have 4001 bytes, the others 4000: "),
        ({"samples": 15_999}, "1 of 4 clips have 15999 samples, the others 16000: "),
        ({"rate": 8000}, "1 of 4 clips have 8000 samples a second, the others 16000: "),
        ({"channels": 2}, "1 of 4 clips have 2 channels, the others 1: "),
        ({"codec": "WAV"}, "1 of 4 clips have WAV as their format, the others MP3: "),
        ({"tags": "title=x"}, "1 of 4 clips have title=x as their tags, the others none: "),
        ({"lufs": -22.4}, "1 of 4 clips are more than 0.5 LU from the others' -23.00 LUFS (the first is c3): "),
        ({"lufs": -23.6}, "1 of 4 clips are more than 0.5 LU from the others' -23.00 LUFS (the first is c3): "),
        ({"true_peak_dbtp": -0.9}, "1 of 4 clips are peaking above -1 dBTP (the first is c3): "),
        ({"first_edge_dbfs": -59.9}, "1 of 4 clips are not beginning with 50 ms of silence (the first is c3): "),
        ({"last_edge_dbfs": -59.9}, "1 of 4 clips are not ending with 50 ms of silence (the first is c3): "),
    ],
)
def test_a_clip_that_is_another_in_one_thing_is_named(other: dict[str, Any], said: str) -> None:
    (fault,) = unlike(sounds(**other))
    assert fault.startswith(said)
    assert fault.endswith("create the pack again (generate_stimuli; for recordings, with --from), then the study.")


def test_clips_of_three_sizes_are_counted_together() -> None:
    three = {**sounds(size=4001), "c4": USUAL._replace(size=4002)}
    assert unlike(three)[0].startswith("2 of 4 clips have 4001 bytes, the others 4000: ")


@pytest.mark.parametrize("lufs", [-math.inf, math.nan])
def test_a_clip_without_a_loudness_is_told(lufs: float) -> None:
    assert any("1 of 4 clips are without a loudness (the first is c3)" in fault for fault in unlike(sounds(lufs=lufs)))


def test_a_level_is_told_in_decibels_of_the_largest_amplitude() -> None:
    assert [level(1), level(0.5), level(0.001)] == pytest.approx([0, -6.0206, -60])
    assert level(0) == -math.inf


def test_an_mp3_s_wrapping_is_the_same_for_every_music_and_another_for_another_encoding() -> None:
    assert len({mp3_container_bytes(tone(number)) for number in range(5)}) == 1
    other = io.BytesIO()
    soundfile.write(other, np.zeros(16_000), 16_000, format="MP3", bitrate_mode="CONSTANT", compression_level=0.9)
    around = {
        mp3_container_bytes(tone(0)),
        mp3_container_bytes(other.getvalue()),
        mp3_container_bytes(tone(0) + b"TAG"),
        mp3_container_bytes(b"no music"),
    }
    assert len(around) == 4


@pytest.mark.parametrize(
    "header", [b"\xff\xea\x90\x00", b"\xff\xfa\xf0\x00", b"\xff\xfa\x00\x00", b"\xff\xfa\x9c\x00", b"\xff\xfe\x90\x00"]
)
def test_what_only_looks_like_the_header_of_a_frame_lies_before_or_after_the_music(header: bytes) -> None:
    """With an unknown version, bit rate or sampling rate, or of another layer."""
    assert mp3_container_bytes(header + tone(0))[0] == header
    assert mp3_container_bytes(tone(0) + header)[3] == header


def test_a_header_with_no_other_where_its_frame_ends_lies_before_the_music() -> None:
    lone = b"\xff\xfb\x90\x00" + bytes(20)
    assert mp3_container_bytes(lone + tone(0))[0] == lone


def test_an_mp3_may_consist_of_a_single_frame() -> None:
    audio = tone(0)
    first = audio[: audio.index(audio[:3], 4)]
    before, _, headers, after = mp3_container_bytes(first)
    assert (before, headers[:3], after) == (b"", first[:3], b"")


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (b"\xff\xfb\x90\x00", 417),  # MPEG 1, 128 kbit/s at 44.1 kHz
        (b"\xff\xfb\x92\x00", 418),  # the same, padded
        (b"\xff\xfb\xe4\x00", 960),  # 320 kbit/s at 48 kHz
        (b"\xff\xf3\x80\x00", 208),  # MPEG 2, 64 kbit/s at 22.05 kHz
        (b"\xff\xe3\x18\x00", 72),  # MPEG 2.5, 8 kbit/s at 8 kHz
    ],
)
def test_frames_are_as_long_as_the_standard_says(header: bytes, length: int) -> None:
    music = (header + bytes(length - 4)) * 3
    assert mp3_container_bytes(b"before" + music + b"after") == (b"before", b"", header * 3, b"after")


def test_the_checksums_of_the_music_and_its_stereo_mode_are_no_wrapping() -> None:
    first = bytearray(b"\xff\xfb\x90\x40" + bytes(413))
    first[36:40] = b"Info"
    second = b"\xff\xfb\x90\x70" + bytes(413)
    plain = mp3_container_bytes(bytes(first) + second)
    assert plain[2] == b"\xff\xfb\x90\x40\xff\xfb\x90\x40"
    for place, same in ((36 + 151, False), (36 + 152, True), (36 + 155, True), (36 + 156, False)):
        marked = bytearray(first)
        marked[place] = 1
        assert (mp3_container_bytes(bytes(marked) + second) == plain) is same, place


def clip(trial: str, **headers: str) -> Any:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return exchange(kind="audio", trial=trial, headers=named)


def test_the_headers_of_clips_must_be_equal_but_for_the_time() -> None:
    assert (
        unlike_replies([clip("a", Date="1", Expires="1", ETag="x"), clip("b", Expires="2", ETag="x", Date="2")]) == []
    )
    assert unlike_replies([clip("a", ETag="x"), clip("b", ETag="y")]) == [
        "Replies of the kind audio differ between trials in the header ETag."
    ]
    assert unlike_replies([clip("a", A="1"), clip("b", B="1")])[0].endswith("differ between trials in the header A, B.")


def test_other_replies_must_have_the_same_headers_whatever_they_say() -> None:
    def reply(**given: Any) -> Any:
        return exchange(kind="trial", trial="a", **given)

    assert unlike_replies([reply(headers=(("A", "1"),)), reply(headers=(("A", "2"),))]) == []
    assert unlike_replies([reply(headers=(("A", "1"),)), reply()])[0].endswith("differ between trials in the header A.")
    assert unlike_replies([reply(), reply(status=206)])[0].endswith("differ between trials in the status 200 or 206.")


def test_only_replies_of_one_kind_and_language_about_trials_are_compared() -> None:
    def speaking(language: str, *more: tuple[str, str], trial: str = "a", kind: str = "trial") -> Any:
        return exchange(kind=kind, trial=trial, headers=(("Content-Language", language), *more))

    one = speaking("en")
    for other in (
        speaking("zh-hans", ("A", "1")),
        speaking("en", ("A", "1"), trial=""),
        speaking("en", ("A", "1"), kind="redirect"),
    ):
        assert unlike_replies([one, other]) == []
