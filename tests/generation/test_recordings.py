"""Recordings of many kinds, and files that are not what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation import audio
from generation.pack.build import build_from_folder
from generation.pack.recordings import judge, read_samples
from tests.generation.test_pack_folder import hum, record


def reason(path: Path) -> str:
    """Why a file cannot be used, or nothing."""
    return str(judge(path).reason or "")


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.ogg", "VORBIS"), ("a.opus", "OPUS"), ("a.aiff", "PCM_24"), ("a.aif", "PCM_16"), ("a.caf", "PCM_16")],
)
def test_formats_of_libsndfile_are_read(tmp_path: Path, name: str, subtype: str) -> None:
    kind = "OGG" if subtype in ("VORBIS", "OPUS") else "AIFF" if name.startswith("a.ai") else "CAF"
    path = record(tmp_path / name, hum(3, rate=48_000), 48_000, format=kind, subtype=subtype)
    assert reason(path) == ""
    wav = read_samples(record(tmp_path / "same.wav", hum(3, rate=48_000), 48_000))
    assert np.corrcoef(read_samples(path), wav)[0, 1] > 0.99


def test_other_formats_are_refused_with_a_command(tmp_path: Path) -> None:
    path = tmp_path / "take 1.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A ")
    assert reason(path).endswith("convert it with `ffmpeg -i 'take 1.m4a' 'take 1.wav'`")


def test_a_dc_offset_is_removed(tmp_path: Path) -> None:
    clean = record(tmp_path / "clean.wav", hum(3))
    offset = record(tmp_path / "offset.wav", hum(3) + 0.4)
    assert np.abs(read_samples(offset) - read_samples(clean)).max() < 1e-3


def cut(path: Path, share: float) -> Path:
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.mp3"])
def test_a_truncated_file_says_how_much_is_missing(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"format": "MP3", "subtype": "MPEG_LAYER_III"} if name == "a.mp3" else {}
    found = reason(cut(record(tmp_path / name, hum(6), **options), 0.5))
    assert found.startswith("it ends after ")
    assert "its header promises 6.0 s" in found
    assert 2 < float(found.split()[3]) < 3.1


@pytest.mark.parametrize(("name", "subtype"), [("a.ogg", "VORBIS"), ("a.opus", "OPUS"), ("a.flac", "PCM_16")])
def test_what_cannot_be_decoded_to_its_end_is_refused(tmp_path: Path, name: str, subtype: str) -> None:
    kind = "FLAC" if name == "a.flac" else "OGG"
    path = cut(record(tmp_path / name, hum(6, rate=48_000), 48_000, format=kind, subtype=subtype), 0.5)
    assert "cut short" in reason(path)


def test_a_whole_ogg_file_has_its_last_page(tmp_path: Path) -> None:
    assert reason(record(tmp_path / "a.ogg", hum(6), format="OGG", subtype="VORBIS")) == ""


def test_a_file_cut_behind_what_is_used_is_used(tmp_path: Path) -> None:
    assert reason(cut(record(tmp_path / "a.wav", hum(20)), 0.6)) == ""


@pytest.mark.parametrize("length", [0, 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_piped_file_without_a_length_is_read_whole(tmp_path: Path, length: int) -> None:
    path = record(tmp_path / "a.wav", hum(3))
    whole = read_samples(path)
    data = bytearray(path.read_bytes())
    place = data.index(b"data") + 4
    data[place : place + 4] = length.to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert np.array_equal(read_samples(path), whole)


def test_short_lengths_are_not_rounded_up(tmp_path: Path) -> None:
    assert reason(record(tmp_path / "a.wav", hum(0.999))) == "it lasts 0.99 s, and 1 s is the least"


def melody(seconds: float) -> audio.Samples:
    """Two tones with overtones and a little noise, up to full scale."""
    time = np.arange(round(seconds * 44_100)) / 44_100
    noise = np.random.default_rng(1).normal(0, 0.01, len(time))
    sound = sum(np.sin(2 * np.pi * hertz * time) / (place + 1) for place, hertz in enumerate((220, 277, 440, 660)))
    return np.asarray((sound + noise) / np.abs(sound + noise).max())


@pytest.mark.parametrize("ceiling", [1.0, 0.99, 0.96])
@pytest.mark.parametrize("gain", [1.3, 8.0])
def test_peaks_cut_off_at_any_level_are_clipping(tmp_path: Path, ceiling: float, gain: float) -> None:
    clipped = np.clip(gain * melody(3), -1, 1) * ceiling
    found = reason(record(tmp_path / "a.wav", clipped, subtype="FLOAT"))
    assert found.startswith("it is clipped (")
    assert f"cut off at {ceiling:.2f} of full scale" in found


def test_loud_recordings_are_not_clipped(tmp_path: Path) -> None:
    time = np.arange(3 * 44_100) / 44_100
    assert reason(record(tmp_path / "full.wav", melody(3), subtype="PCM_16")) == ""
    assert reason(record(tmp_path / "above.wav", 3 * melody(3), subtype="FLOAT")) == ""
    assert reason(record(tmp_path / "sine.wav", np.sin(2 * np.pi * 55 * time), subtype="PCM_24")) == ""
    assert reason(record(tmp_path / "square.wav", 0.5 * np.sign(np.sin(2 * np.pi * 220 * time)))) == ""


def test_a_lossy_file_above_full_scale_is_named(tmp_path: Path) -> None:
    options: dict[str, Any] = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
    clipped = record(tmp_path / "a.mp3", np.clip(8 * melody(3), -1, 1), **options)
    assert "of its samples are at full scale or above" in reason(clipped)
    assert reason(record(tmp_path / "b.mp3", 0.9 * melody(3), **options)) == ""


def test_late_music_is_named_apart_from_silence(tmp_path: Path) -> None:
    def late(seconds: float) -> Path:
        return record(tmp_path / f"{seconds}.wav", np.concatenate([np.zeros(round(seconds * 44_100)), hum(1)]))

    assert reason(late(20)).startswith("it begins to sound after 20.0 s, and only its first 10 s are used")
    assert reason(late(9)).startswith("it begins to sound after 9.0 s and ends after 10.0 s: cut the silence")
    gaps = np.concatenate([hum(1), np.zeros(6 * 44_100), hum(1)])
    assert "it is silent for 75% of the time" in reason(record(tmp_path / "gaps.wav", gaps))
    assert reason(record(tmp_path / "silent.wav", np.zeros(12 * 44_100))).startswith("it is silent (below")


def test_clips_with_high_peaks_are_rendered_once(tmp_path: Path) -> None:
    peaky = 0.002 * np.random.default_rng(0).normal(size=4 * 44_100)
    peaky[::4_000] = 0.9 * 0.05
    record(tmp_path / "own" / "a" / "peaky.wav", peaky)
    record(tmp_path / "own" / "b" / "hum.wav", hum(2))
    built = build_from_folder(tmp_path / "pack", tmp_path / "own")
    assert built.rendered == 2
    assert built.manifest.audio.target_lufs < audio.TARGET_LUFS
    assert max(clip.true_peak_dbtp for clip in built.manifest.clips) <= audio.CEILING_DBTP
