"""What recordings give away is told when a pack is made and when it is checked; mostly silent clips are refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command

from formats.files import sha256_of
from formats.pack import Audio, Clip, Manifest
from generation.melody import REST, STEPS, Tokens, legal
from generation.pack.build import build_from_folder, build_pack
from generation.pack.check import check_pack, examine
from generation.pack.comparison import compare_pack
from generation.pack.selection import draw
from tests.generation.generators import Babbler, Reciter
from tests.generation.songs import small_corpus, write_song
from tests.generation.test_pack_folder import hum, record
from tests.recordings import LUFS, PLANTED, RATE, SECONDS, Samples, at_one_loudness, between, recording, wave_file

CLIPS = 6


class Latecomer(Babbler):
    """A generator whose melodies begin with a bar of rest."""

    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        tokens = super().sample(n, rng)
        tokens[:, :16] = REST
        return legal(tokens)


def said(*arguments: str) -> list[str]:
    """The cautions that a command says."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return [line.removeprefix("caution: ") for line in out.getvalue().splitlines() if line.startswith("caution: ")]


@pytest.fixture(scope="module")
def gapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a system of short recordings that begin late beside one of recordings that fill their clips."""
    root = tmp_path_factory.mktemp("gapped")
    for number in range(CLIPS):
        record(root / "full" / f"{number}.wav", hum(11, 300 + 10 * number))
        silence = np.zeros(round(0.6 * 44_100))
        record(root / "gapped" / f"{number}.wav", np.concatenate([silence, hum(3.4, 305 + 10 * number)]))
    return root


def test_late_beginnings_and_early_ends_are_told_at_both_places(gapped: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    make = ("generate_stimuli", "--from", str(gapped), "--out", str(pack), "--seconds", "10")
    cautions = said(*make)
    assert cautions == [
        "Clips of some systems begin to sound later: gapped 0.70 s, full 0.10 s on average (p = 0.002).",
        "Clips of some systems stop sounding later: full 10.08 s, gapped 4.10 s on average (p = 0.002).",
        "Clips of some systems have more silence before and after the sound: "
        "gapped 8.12 s, full 1.54 s on average (p = 0.002).",
        "Experts can hear this. Where it is not part of the music, trim, pad or process all recordings alike and make "
        "the pack again.",
        "6 of 12 clips are silent for more than half of their length, as clips from short recordings are. "
        "Experts wait through the silence. Use longer recordings if you have any.",
    ]
    assert said("check_pack", str(pack)) == cautions
    assert said(*make) == cautions, "a finished pack"


def test_a_drawn_system_that_begins_late_is_told(tmp_path: Path) -> None:
    systems = {"babbler": Babbler(), "latecomer": Latecomer()}
    built = build_pack(tmp_path / "pack", systems, small_corpus(), real=False, clips_per_system=CLIPS)
    found = compare_pack(tmp_path / "pack", built.manifest)
    assert found == examine(tmp_path / "pack").comparison
    (onset,) = [each for each in found.differences if each.feature.key == "onset_s"]
    assert onset.means["latecomer"] > onset.means["babbler"] + 1.5
    assert "practice" not in onset.means


#: Recordings are mixed to one channel, without their DC offset.
LEFT_IN_RECORDINGS = sorted(PLANTED.keys() - {"stereo_width", "dc_offset"})


@pytest.mark.parametrize("feature", LEFT_IN_RECORDINGS)
def test_a_difference_planted_in_a_folder_is_told(feature: str, tmp_path: Path) -> None:
    for number in range(CLIPS):
        wave_file(tmp_path / "own" / "a" / f"{number}.wav", 0.2 * recording(number))
        wave_file(tmp_path / "own" / "b" / f"{number}.wav", 0.2 * PLANTED[feature](recording(CLIPS + number)))
    built = build_from_folder(tmp_path / "pack", tmp_path / "own")
    assert feature in {each.feature.key for each in compare_pack(tmp_path / "pack", built.manifest).differences}


def foreign_pack(path: Path, systems: dict[str, list[Samples]]) -> Path:
    """A pack as another tool makes it: WAV files of one length and loudness, nothing said of how they were drawn."""
    (path / "audio").mkdir(parents=True)
    clips = []
    for number, (system, samples) in enumerate((name, each) for name, all_ in systems.items() for each in all_):
        file = path / "audio" / f"{number:04}.wav"
        soundfile.write(file, at_one_loudness(samples), RATE)
        clips.append(
            Clip(
                clip_id=file.stem,
                system=system,
                prompt_id=None,
                role="study",
                audio_sha256=sha256_of(file),
                duration_s=SECONDS,
                lufs=LUFS,
                true_peak_dbtp=-6.0,
            )
        )
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    common = Audio(
        format="wav",
        bit_rate_kbit_s=256,
        sample_rate_hz=RATE,
        channels=channels,
        samples=round(RATE * SECONDS),
        bytes=file.stat().st_size,
        duration_s=SECONDS,
        target_lufs=LUFS,
    )
    (path / "manifest.json").write_bytes(Manifest(schema_version=1, audio=common, clips=clips).to_bytes())
    return path


def tunes(first: int) -> list[Samples]:
    return [recording(number) for number in range(first, first + CLIPS)]


@pytest.mark.parametrize("feature", PLANTED)
def test_a_difference_planted_in_another_tools_pack_is_told(feature: str, tmp_path: Path) -> None:
    planted = [PLANTED[feature](samples) for samples in tunes(CLIPS)]
    usual = [np.stack([samples] * 2, axis=1) if planted[0].ndim == 2 else samples for samples in tunes(0)]
    checked = examine(foreign_pack(tmp_path / "pack", {"a": usual, "b": planted}))
    assert feature in {each.feature.key for each in checked.comparison.differences}


def test_a_pack_of_equal_systems_has_no_caution(tmp_path: Path) -> None:
    assert said("check_pack", str(foreign_pack(tmp_path / "pack", {"a": tunes(0), "b": tunes(CLIPS)}))) == []


# Mostly silent


@pytest.mark.parametrize(("start", "end", "share"), [(0.4, 2.6, "86%"), (0.0, 2.4, "86%"), (0.25, SECONDS, "94%")])
def test_mostly_silent_clips_of_another_tool_are_refused(start: float, end: float, share: str, tmp_path: Path) -> None:
    silent = [between(samples, start, end, 0) for samples in tunes(0)[:2]]
    pack = foreign_pack(tmp_path / "pack", {"a": [*silent, *tunes(2)], "b": tunes(20)})
    with pytest.raises(CommandError) as error:
        call_command("check_pack", str(pack))
    assert str(error.value).splitlines() == [
        f"{pack}/audio/000{number}.wav is silent for {share} of the time up to its last sound: cut the silence out of "
        "its music or take another clip, and make the pack again."
        for number in (0, 1)
    ]


@pytest.mark.parametrize("silence_first", [True, False])
def test_a_mostly_silent_recording_is_left_out(silence_first: bool, tmp_path: Path) -> None:
    record(tmp_path / "own" / "a" / "good.wav", hum(1.2))
    parts = [np.zeros(8 * 44_100), hum(1)] if silence_first else [hum(0.1), np.zeros(7 * 44_100), hum(0.7)]
    record(tmp_path / "own" / "a" / "silent.wav", np.concatenate(parts))
    write_song(tmp_path / "own" / "a" / "late.mid", [(64, 2, 60)])
    drawing = build_from_folder(tmp_path / "pack", tmp_path / "own").manifest.drawing
    said = {left["file"]: left["reason"] for left in drawing["left_out"]}
    assert said.keys() == {"a/silent.wav", "a/late.mid"}
    assert said["a/silent.wav"] == (
        "it begins to sound after 8.0 s and ends after 9.0 s: cut the silence before it"
        if silence_first
        else "it is silent for 90% of the time up to its last sound: cut the silence out"
    )
    assert len(check_pack(tmp_path / "pack").clips) == 1


def test_silence_after_the_last_sound_is_counted_whoever_put_it_there(tmp_path: Path) -> None:
    """Cutting it out of a recording would change nothing: the clip is padded to the same length."""
    sound = np.concatenate([np.zeros(round(0.6 * 44_100)), hum(3.4)])
    record(tmp_path / "own" / "a" / "cut.wav", sound)
    record(tmp_path / "own" / "a" / "whole.wav", np.concatenate([0.9 * sound, np.zeros(round(6.2 * 44_100))]))
    pack = tmp_path / "pack"
    told = [
        "2 of 2 clips are silent for more than half of their length, as clips from short recordings are. "
        "Experts wait through the silence. Use longer recordings if you have any."
    ]
    assert said("generate_stimuli", "--from", str(tmp_path / "own"), "--out", str(pack), "--seconds", "10") == told
    assert said("check_pack", str(pack)) == told


def test_another_tools_clips_of_short_music_are_counted(tmp_path: Path) -> None:
    short = [between(samples, 1.3, SECONDS, 0) for samples in tunes(0)]
    assert said("check_pack", str(foreign_pack(tmp_path / "pack", {"a": short}))) == [
        "6 of 6 clips are silent for more than half of their length, as clips from short recordings are. "
        "Experts wait through the silence. Use longer recordings if you have any."
    ]


def test_a_recording_silent_for_just_under_half_is_used(tmp_path: Path) -> None:
    record(tmp_path / "own" / "a" / "1.wav", np.concatenate([np.zeros(round(0.47 * 44_100)), hum(0.53)]))
    build_from_folder(tmp_path / "pack", tmp_path / "own")
    assert len(check_pack(tmp_path / "pack").clips) == 1


def test_mostly_silent_melodies_are_passed_over_as_empty() -> None:
    half, less = (
        np.concatenate([row[:notes], np.full(STEPS - notes, REST, np.int8)])
        for row, notes in zip(legal(np.full((2, STEPS), 39, np.int8)), (40, 39), strict=True)
    )
    drawing = draw({"x": Reciter(less, half)}, small_corpus(), real=False, count=1, seed=0)
    assert drawing.account["systems"]["x"] == {"used": 1, "empty": 1, "duplicate": 0, "training_copy": 0}


def test_a_drawn_clip_at_the_border_passes_the_check(tmp_path: Path) -> None:
    late = np.full(STEPS, 39, np.int8)
    late[:40] = REST
    build_pack(tmp_path / "pack", {"x": Reciter(late)}, small_corpus(), real=False, clips_per_system=1)
    assert len(check_pack(tmp_path / "pack").clips) == 4
