from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from formats.errors import InputError
from generation import audio
from generation.pack.build import Built, build_from_folder
from generation.pack.check import check_pack
from generation.pack.folder import scan_folder, select
from generation.pack.recordings import read_notes, read_samples
from generation.pack.rendering import Selection
from tests.generation.songs import walk, write_song
from tests.generation.test_pack import contents


def hum(seconds: float, pitch: float = 330.0, *, rate: int = 44_100, level: float = 0.2) -> audio.Samples:
    """A tone that breathes."""
    time = np.arange(round(seconds * rate)) / rate
    return np.asarray(level * np.sin(2 * np.pi * pitch * time) * (0.7 + 0.3 * np.sin(2 * np.pi * time)))


def record(path: Path, samples: audio.Samples, rate: int = 44_100, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)
    return path


def folder_of(root: Path, *names: str) -> Path:
    """A folder with a short recording under each name, every one different."""
    for number, name in enumerate(names):
        record(root / name, hum(1.2, 200 + 10 * number))
    return root


def build(out: Path, folder: Path, **options: Any) -> Built:
    return build_from_folder(out, folder, **options)


def selected(folder: Path, **options: Any) -> Selection:
    """What would be rendered."""
    wanted: dict[str, Any] = {"clips_per_system": None, "practice": None, "seed": 0, "workers": 1, **options}
    return select(folder, scan_folder(folder), **wanted)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems: one of recordings in three formats, one of MIDI files and a recording."""
    root = tmp_path_factory.mktemp("own")
    both = np.stack([hum(12, rate=48_000), 0.3 * hum(12, 700, rate=48_000)], axis=1)
    record(root / "choir" / "long.wav", both, 48_000)
    record(root / "choir" / "short.flac", hum(2.5, level=0.01))
    record(root / "choir" / "Lied 1.mp3", hum(6, 500, rate=22_050), 22_050, format="MP3", subtype="MPEG_LAYER_III")
    write_song(root / "machine" / "a.mid", walk(20), tempo=90)
    write_song(root / "machine" / "b.MIDI", walk(12, seed=1))
    record(root / "machine" / "c.wav", hum(3, 250))
    return root


@pytest.fixture(scope="module")
def pack(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs") / "pack"
    build(out, folder, seconds=10)
    return out


def test_recordings_and_midi_files_become_clips_of_one_size_length_and_loudness(pack: Path) -> None:
    manifest = check_pack(pack)
    assert Counter(clip.system for clip in manifest.clips) == {"choir": 3, "machine": 3}
    facts = [audio.measure_file(clip.audio(pack, "mp3")) for clip in manifest.clips]
    assert {(fact.size, fact.samples, fact.rate, fact.channels) for fact in facts} == {
        (manifest.audio.bytes, audio.SAMPLES, audio.RATE, 1)
    }
    assert [fact.lufs for fact in facts] == pytest.approx([manifest.audio.target_lufs] * 6, abs=0.1)
    assert len({clip.audio(pack, "mp3").read_bytes()[:4] for clip in manifest.clips}) == 1


def test_only_clips_with_notes_have_midi_and_metrics(pack: Path, folder: Path) -> None:
    clips = {clip.clip_id: clip.provenance["file"] for clip in check_pack(pack).clips if clip.midi_sha256}
    with (pack / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {clips[row["clip_id"]] for row in rows} == {"machine/a.mid", "machine/b.MIDI"}
    assert all(row["notes"] != "0" for row in rows)
    names = {clips[path.stem]: path.read_bytes() for path in pack.glob("midi/*.mid")}
    assert names["machine/a.mid"] == (folder / "machine" / "a.mid").read_bytes()


def test_midi_of_several_voices_is_played_and_not_measured(tmp_path: Path) -> None:
    write_song(tmp_path / "own" / "a" / "choir.mid", [(0, 8, 60), (0, 8, 64), (0, 8, 67)])
    write_song(tmp_path / "own" / "a" / "tune.mid", [*walk(16), (60, 1, 3)])
    build(tmp_path / "pack", tmp_path / "own", seconds=10)
    clips = {clip.provenance["file"]: clip.clip_id for clip in check_pack(tmp_path / "pack").clips}
    with (tmp_path / "pack" / "metrics.csv").open() as file:
        assert [row["clip_id"] for row in csv.DictReader(file)] == [clips["a/tune.mid"]]
    build(tmp_path / "choir", choir(tmp_path))
    assert not (tmp_path / "choir" / "metrics.csv").exists()
    check_pack(tmp_path / "choir")


def choir(root: Path) -> Path:
    """A folder of one system with one file of several voices."""
    write_song(root / "choir-only" / "a" / "choir.mid", [(0, 8, 60), (0, 8, 64), (0, 8, 67)])
    return root / "choir-only"


def test_notes_without_an_end_are_played(tmp_path: Path) -> None:
    path = write_song(tmp_path / "a.mid", walk(16))
    file = mido.MidiFile(path)
    track = file.tracks[1]
    (last,) = [number for number, message in enumerate(track) if message.type in ("note_on", "note_off")][-1:]
    del track[last]
    file.save(path)
    assert len(read_notes(path)) == 32


def test_the_same_folder_gives_the_same_bytes_with_any_number_of_workers(
    pack: Path, folder: Path, tmp_path: Path
) -> None:
    build(tmp_path / "again", folder, seconds=10, workers=2)
    assert contents(tmp_path / "again") == contents(pack)
    assert build(tmp_path / "again", folder, seconds=10).rendered == 0


def test_ids_and_their_order_come_from_the_seed_and_tell_nothing(pack: Path, folder: Path) -> None:
    here = {clip.clip_id: clip.provenance["file"] for clip in check_pack(pack).clips}
    other = {piece.clip_id: piece.provenance["file"] for piece in selected(folder, seed=1).pieces}
    assert not here.keys() & other.keys()
    assert [*here.values()] != [*other.values()]
    assert [*other] == sorted(other)
    assert all(len(clip_id) == 16 for clip_id in other)


def test_a_changed_file_is_another_pack(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "own", "a/1.wav", "b/1.wav")
    build(tmp_path / "pack", folder)
    record(folder / "a" / "1.wav", hum(2))
    with pytest.raises(InputError, match=r"holds another pack \(systems differ\)"):
        build(tmp_path / "pack", folder)


def test_what_cannot_be_used_is_named_with_its_reason(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "a/good.wav")
    record(root / "a" / "silent.wav", np.zeros(88_200))
    record(root / "a" / "phases.wav", np.stack([hum(2), -hum(2)], axis=1))
    record(root / "a" / "short.wav", hum(0.9))
    record(root / "a" / "clipped.wav", np.clip(hum(2, level=9.0), -1, 1))
    record(root / "a" / "click.wav", hum(2, level=0.001) + (np.arange(88_200) == 9_000))
    record(root / "a" / "slow.wav", hum(2, rate=4_000), 4_000)
    record(root / "a" / "nan.wav", np.where(np.arange(88_200) == 5, np.nan, hum(2)), subtype="FLOAT")
    (root / "a" / "broken.mp3").write_bytes(b"no sound")
    (root / "a" / "notes.txt").write_text("what we did")
    (root / "a" / "copy.wav").write_bytes((root / "a" / "good.wav").read_bytes())
    (root / "a" / "broken.mid").write_bytes(b"MThd")
    write_song(root / "a" / "late.mid", [(40, 4, 60)])
    write_song(root / "a" / "high.mid", [(0, 4, 110)])
    write_song(root / "a" / "zero.mid", [(0, 4, 0)])
    (root / "a" / "takes").mkdir()
    (root / "stray.wav").write_bytes(b"")
    (root / ".DS_Store").write_bytes(b"")
    drawing = build(tmp_path / "pack", root, seconds=10, channels=1).manifest.drawing
    assert drawing["systems"] == {"a": {"used": 1, "left_out": 15, "not_drawn": 0}}
    said = {left["file"]: left["reason"] for left in drawing["left_out"]}
    for name, reason in {
        "a/silent.wav": "it is silent",
        "a/phases.wav": "it is silent",
        "a/short.wav": "it lasts 0.90 s, and 1 s is the least",
        "a/clipped.wav": "it is clipped",
        "a/click.wav": "dB above its loudness",
        "a/slow.wav": "it has 4000 samples a second",
        "a/nan.wav": "values that are no numbers",
        "a/broken.mp3": "it cannot be decoded",
        "a/notes.txt": "it is not a recording (WAV, FLAC, MP3, Ogg, Opus, AIFF, CAF) or a MIDI file",
        "a/good.wav": "it is the same file as a/copy.wav",
        "a/broken.mid": "it cannot be read as MIDI",
        "a/late.mid": "it has no note in its first 10 seconds",
        "a/high.mid": "it has the pitch 110",
        "a/zero.mid": "it has the pitch 0",
        "a/takes": "it is not a file",
        "stray.wav": "it is not inside a system folder",
    }.items():
        assert reason in said.pop(name)
    assert said == {}


def test_a_system_left_without_a_clip_is_refused_with_the_reasons_and_nothing_is_written(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "a/1.wav")
    record(root / "b" / "silent.wav", np.zeros(88_200))
    with pytest.raises(InputError, match=r"own/b holds no clip that can be used \(b/silent.wav: it is silent"):
        build(tmp_path / "pack", root)
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "is not a folder: name one with a sub-folder"),
        (["1.wav"], "has no sub-folder"),
        (["practice/1.wav"], "has no sub-folder"),
        (["My model/1.wav"], "My model gives its system no plain name: rename it"),
    ],
)
def test_a_folder_without_systems_is_refused(tmp_path: Path, names: list[str], sentence: str) -> None:
    root = folder_of(tmp_path / "own", *names)
    with pytest.raises(InputError, match=sentence):
        build(tmp_path / "pack", root)


def test_a_pack_is_not_written_among_its_systems(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "a/1.wav")
    with pytest.raises(InputError, match="name a place outside"):
        build(root / "pack", root)
    assert not (root / "pack").exists()


# Which clips


def chosen(folder: Path, **options: Any) -> dict[str, set[str]]:
    """Files by system."""
    found: dict[str, set[str]] = {}
    for piece in selected(folder, **options).pieces:
        found.setdefault(piece.system, set()).add(piece.provenance["file"])
    return found


def counts(found: dict[str, set[str]]) -> dict[str, int]:
    return {system: len(files) for system, files in found.items()}


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings of each of two systems."""
    return folder_of(
        tmp_path_factory.mktemp("eight"), *(f"{name}/{number}.wav" for name in "ab" for number in range(4))
    )


def test_practice_clips_come_from_a_folder_of_that_name(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "a/1.wav", "a/2.wav", "practice/1.wav", "practice/2.wav")
    assert chosen(root) == {"a": {"a/1.wav", "a/2.wav"}, "practice": {"practice/1.wav", "practice/2.wav"}}
    assert counts(chosen(root, practice=1)) == {"a": 2, "practice": 1}


def test_without_such_a_folder_practice_clips_are_files_that_systems_can_spare(eight: Path) -> None:
    assert counts(chosen(eight)) == {"a": 4, "b": 4}
    found = chosen(eight, practice=3, clips_per_system=2)
    assert counts(found) == {"a": 2, "b": 2, "practice": 3}
    assert len(set.union(*found.values())) == 7
    assert counts(chosen(eight, practice=9)) == {"a": 1, "b": 1, "practice": 6}


def test_the_seed_chooses_which_clips_of_a_system_are_taken(eight: Path) -> None:
    assert len({frozenset(chosen(eight, clips_per_system=1, seed=seed)["a"]) for seed in range(4)}) > 1


def test_practice_clips_take_nothing_from_those_of_the_study(eight: Path) -> None:
    selection = selected(eight, practice=2, clips_per_system=1)
    found = {piece.provenance["file"] for piece in selection.pieces if piece.role == "study"}
    assert found == set.union(*chosen(eight, clips_per_system=1).values())
    assert selection.account["systems"]["a"] == {"used": 1, "left_out": 0, "not_drawn": 2}


def test_a_pack_can_have_six_systems(tmp_path: Path) -> None:
    names = ("real", "midi-gan", "ours", "theirs", "x1", "x2")
    build(tmp_path / "pack", folder_of(tmp_path / "own", *(f"{name}/1.wav" for name in names)))
    assert Counter(clip.system for clip in check_pack(tmp_path / "pack").clips) == dict.fromkeys(names, 1)


# How recordings are brought into the frame


def peak(samples: audio.Samples, start: float, end: float) -> float:
    return float(np.abs(samples[round(start * audio.RATE) : round(end * audio.RATE)]).max())


def test_a_long_recording_is_cut_at_ten_seconds_with_a_fade(tmp_path: Path) -> None:
    samples = read_samples(record(tmp_path / "a.wav", hum(30, level=0.5)))
    assert samples.shape == (audio.SAMPLES,)
    assert peak(samples, 0, 0.1) == peak(samples, 10.1, 11.52) == 0
    assert peak(samples, 9.5, 9.7) > 0.2
    assert peak(samples, 10.05, 10.1) < 0.05


def test_a_short_recording_keeps_its_length_pitch_and_end(tmp_path: Path) -> None:
    samples = read_samples(record(tmp_path / "a.flac", hum(4, 440, rate=32_000, level=0.5), 32_000))
    assert peak(samples, 4.05, 4.09) > 0.2
    assert peak(samples, 4.11, 11.52) < 1e-4
    spectrum = np.abs(np.fft.rfft(samples[audio.RATE : 4 * audio.RATE]))
    assert np.argmax(spectrum) / 3 == pytest.approx(440, abs=1)


def test_midi_files_are_played_at_their_tempo_with_all_their_voices(tmp_path: Path) -> None:
    path = write_song(tmp_path / "a.mid", [(0, 4, 60), (0, 2, 67), (3, 1, 64), (9, 6, 65), (30, 1, 60)], tempo=60)
    notes = sorted((round(note.start_s, 3), round(note.end_s, 3), note.pitch) for note in read_notes(path))
    assert notes == [(0, 2, 67), (0, 4, 60), (3, 4, 64), (9, 10, 65)]
    chord = read_samples(path)[round(0.6 * audio.RATE) : round(1.6 * audio.RATE)]
    spectrum = np.abs(np.fft.rfft(chord * np.hanning(len(chord))))
    assert all(spectrum[round(hertz) - 3 : round(hertz) + 4].max() > 0.1 * spectrum.max() for hertz in (261.6, 392.0))
