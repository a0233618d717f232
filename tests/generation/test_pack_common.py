"""Length and channels of a pack's clips: as asked, or as the files have them in common."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from generation import audio
from generation.pack.build import Built, build_from_folder
from generation.pack.check import check_pack
from study.mp3 import with_own_bytes
from tests.generation.songs import walk, write_song
from tests.generation.test_pack_folder import hum, record


def stereo(seconds: float, pitch: float = 330.0) -> audio.Samples:
    """A tone on the left, another and softer one on the right."""
    return np.stack([hum(seconds, pitch), 0.5 * hum(seconds, pitch * 1.5)], axis=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems, all files stereo, the shortest of 12.5 s."""
    root = tmp_path_factory.mktemp("stereo")
    for number, seconds in enumerate((12.5, 14)):
        record(root / "a" / f"{number}.wav", stereo(seconds, 300 + number))
        record(root / "b" / f"{number}.wav", stereo(seconds + 1, 400 + number))
    return root


def changes(built: Built) -> dict[str, list[str]]:
    return {clip.provenance["file"]: clip.provenance["changes"] for clip in built.manifest.clips}


def test_clips_get_the_length_and_channels_that_files_share(folder: Path, tmp_path: Path) -> None:
    built = build_from_folder(tmp_path / "pack", folder)
    common, drawing = built.manifest.audio, built.manifest.drawing
    assert (common.channels, common.bit_rate_kbit_s) == (2, 192)
    assert (drawing["seconds"], drawing["channels"], drawing["changes"]) == (12.5, 2, {"cut": 3})
    assert common.duration_s == pytest.approx(12.5 + 1.5, abs=0.03)
    assert changes(built) == {"a/0.wav": [], "a/1.wav": ["cut"], "b/0.wav": ["cut"], "b/1.wav": ["cut"]}
    check_pack(tmp_path / "pack")


def test_a_stereo_clip_keeps_both_sides_and_can_be_served(folder: Path, tmp_path: Path) -> None:
    built = build_from_folder(tmp_path / "pack", folder, seconds=2)
    data = [clip.audio(tmp_path / "pack", "mp3").read_bytes() for clip in built.manifest.clips]
    samples, rate = audio.decode(data[0])
    middle = samples[rate : 2 * rate]
    assert np.abs(middle[:, 0]).max() == pytest.approx(2 * np.abs(middle[:, 1]).max(), rel=0.05)
    own = with_own_bytes(data[0], Random(1))
    assert own != data[0]
    assert np.array_equal(audio.decode(own)[0], samples)
    assert {len(each) for each in data} == {built.manifest.audio.bytes}


def test_asked_length_and_channels_are_made_and_listed(folder: Path, tmp_path: Path) -> None:
    built = build_from_folder(tmp_path / "pack", folder, seconds=13, channels=1)
    assert built.manifest.drawing["changes"] == {"cut": 3, "padded": 1, "mixed": 4}
    assert changes(built)["a/0.wav"] == ["padded", "mixed"]
    assert built.manifest.audio.channels == 1


def test_one_mono_file_makes_all_clips_mono(folder: Path, tmp_path: Path) -> None:
    record(tmp_path / "own" / "a" / "mono.wav", hum(3))
    record(tmp_path / "own" / "b" / "both.wav", stereo(3))
    mono = build_from_folder(tmp_path / "mono", tmp_path / "own")
    assert (mono.manifest.audio.channels, mono.manifest.drawing["changes"]) == (1, {"mixed": 1})
    both = build_from_folder(tmp_path / "both", tmp_path / "own", channels=2)
    assert (both.manifest.audio.channels, both.manifest.drawing["changes"]) == (2, {"doubled": 1})
    check_pack(tmp_path / "both")


def test_midi_is_played_as_long_as_asked_on_both_sides(tmp_path: Path) -> None:
    write_song(tmp_path / "own" / "a" / "tune.mid", walk(60))
    built = build_from_folder(tmp_path / "pack", tmp_path / "own", seconds=15, channels=2)
    (clip,) = built.manifest.clips
    samples, rate = audio.decode_file(clip.audio(tmp_path / "pack", "mp3"))
    assert len(samples) / rate == pytest.approx(16.5, abs=0.03)
    assert np.abs(samples[:, 0] - samples[:, 1]).max() < 1e-3
    assert np.abs(samples[14 * rate : 15 * rate]).max() > 0.01


def test_true_peak_in_parts_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (50_000, 2))
    whole = audio.true_peak(samples)
    monkeypatch.setattr(audio, "PART", 1_000)
    assert audio.true_peak(samples) == pytest.approx(whole, abs=1e-12)


def test_the_command_says_what_was_done(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = ["generate_stimuli", "--from", str(folder), "--out", str(tmp_path / "pack")]
    call_command(*pack, "--seconds", "2", "--channels", "1")
    assert "All clips: 2 s of music, mono; 4 cut, 4 mixed to mono." in capsys.readouterr().out


@pytest.mark.parametrize(("option", "value"), [("--seconds", "0.5"), ("--seconds", "601"), ("--seconds", "x")])
def test_impossible_lengths_are_refused(folder: Path, tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(CommandError, match="not a number from 1 to 600"):
        call_command("generate_stimuli", "--from", str(folder), "--out", str(tmp_path / "pack"), option, value)
    assert not (tmp_path / "pack").exists()
