from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import InputError
from generation import melody
from generation.corpus import windows
from generation.intake import reading
from generation.intake.endings import lacks_ends, with_endings
from generation.intake.reading import Metre, RawNote
from generation.intake.songs import Song, SongAssessment, Stretch, assess_song
from generation.melody import Note
from tests.generation.songs import walk, write_song


@pytest.mark.parametrize("tempo", [90.0, 100.0, 133.0])
def test_a_file_is_read_in_beats_whatever_its_tempo(tmp_path: Path, tempo: float) -> None:
    notes = walk(20)
    found = reading.read_midi(write_song(tmp_path / "song.mid", notes, tempo=tempo))
    grid = reading.on_grid(found.notes)
    assert [(note.start / 4, note.length / 4, note.pitch) for note in grid] == notes
    again = melody.from_pretty_midi([pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))])
    assert np.array_equal(again, melody.notes_to_tokens([grid]))


def test_metre_and_key_are_read(tmp_path: Path) -> None:
    found = reading.read_midi(write_song(tmp_path / "song.mid", walk(4), metre=(3, 4), key="D major"))
    assert (found.metres, found.fifths, found.beats) == ([Metre(3, 4)], 2, 4.0)


def test_of_two_notes_on_one_step_the_longer_is_kept() -> None:
    grid = reading.on_grid([RawNote(0.0, 0.1, 60), RawNote(0.1, 0.9, 62)])
    assert grid == [Note(0, 4, 62)]


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "torn.mid"
    path.write_bytes(b"MThd\0\0\0\6")
    with pytest.raises(InputError, match=r"torn\.mid is not a readable MIDI file"):
        reading.read_midi(path)


def song(path: Path) -> SongAssessment:
    return assess_song(Song(path.stem, path, ""))


def write_events(path: Path, messages: Sequence[tuple[int, str, int]], *, end: int = 0, track: int = 1) -> Path:
    """A MIDI file of one track in 4/4: (ticks since the last, on or off, pitch) at 480 a beat, and its end."""
    file = mido.MidiFile(ticks_per_beat=480)
    first = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=4, denominator=4, time=0)])
    first += [mido.Message(f"note_{kind}", note=pitch, velocity=80, time=ticks) for ticks, kind, pitch in messages]
    first.append(mido.MetaMessage("end_of_track", time=end))
    file.tracks.append(first)
    file.save(path)
    return path


def tune(eighths: int, gate: float = 1.0) -> list[tuple[float, float, int]]:
    """Eighths up and down a scale, each sounding for a share of its time."""
    return [(step / 2, gate / 2, (60, 62, 64, 67, 69, 67, 64, 62)[step % 8]) for step in range(eighths)]


def first_tokens(path: Path) -> list[int]:
    row: list[int] = windows(song(path))[0].tokens.tolist()
    return row


@pytest.mark.parametrize("gate", [0.9, 0.95, 1 - 2 / 240])
def test_ends_are_rounded_and_do_not_decide_the_grid(tmp_path: Path, gate: float) -> None:
    exact = first_tokens(write_song(tmp_path / "exact.mid", tune(48)))
    assert first_tokens(write_song(tmp_path / "gate.mid", tune(48, gate))) == exact


def test_staccato_leaves_rests(tmp_path: Path) -> None:
    tokens = first_tokens(write_song(tmp_path / "staccato.mid", tune(48, gate=0.5)))
    assert tokens[1::2] == [melody.REST] * 40


def test_swing_is_named(tmp_path: Path) -> None:
    swung = [(beat + off, 0.33, 60) for beat in range(24) for off in (0, 2 / 3)]
    assert song(write_song(tmp_path / "swing.mid", swung)).reason == "off-grid (swing)"
    triplets = [(step / 3, 0.33, 60) for step in range(72)]
    assert song(write_song(tmp_path / "triplets.mid", triplets)).reason == "off-grid"


def test_few_overlaps_are_trimmed_and_many_are_voices(tmp_path: Path) -> None:
    notes = tune(48)
    held = [(start, 0.9 if place in (5, 20) else length, pitch) for place, (start, length, pitch) in enumerate(notes)]
    found = song(write_song(tmp_path / "few.mid", held))
    assert (found.reason, found.overlaps_trimmed) == ("", 2)
    assert all(one.start + one.length <= two.start for one, two in zip(found.notes, found.notes[1:], strict=False))
    drone = song(write_song(tmp_path / "drone.mid", [*notes, (0.0, 24.0, 48)]))
    assert (drone.reason, drone.overlaps_trimmed) == ("polyphonic", 48)


def test_a_file_without_time_signature_is_in_four(tmp_path: Path) -> None:
    path = write_song(tmp_path / "song.mid", tune(48))
    file = mido.MidiFile(path)
    for track in file.tracks:
        track[:] = [message for message in track if message.type != "time_signature"]
    file.save(path)
    assert (song(path).reason, song(path).metre) == ("", "4/4 assumed")


@pytest.mark.parametrize(("metre", "is_duple"), [((4, 8), 1), ((8, 4), 1), ((4, 2), 1), ((2, 2), 1), ((6, 8), 0)])
def test_metres_of_two_are_duple(tmp_path: Path, metre: tuple[int, int], is_duple: int) -> None:
    found = song(write_song(tmp_path / "song.mid", tune(64), metre=metre))
    assert found.reason == ("" if is_duple else "not duple")


@pytest.mark.parametrize(("eighths", "metre", "reason"), [
    (38, (4, 4), ""), (34, (4, 4), ""), (32, (4, 4), "too short"), (38, (2, 4), ""), (36, (2, 4), "too short"),
])  # fmt: skip
def test_the_last_bar_is_filled_up(tmp_path: Path, eighths: int, metre: tuple[int, int], reason: str) -> None:
    assert song(write_song(tmp_path / "song.mid", tune(eighths), metre=metre)).reason == reason


def test_a_pickup_is_read_from_its_own_signature(tmp_path: Path) -> None:
    path = write_song(
        tmp_path / "song.mid", [(0.0, 1.0, 55)] + [(1 + start, length, pitch) for start, length, pitch in tune(48)]
    )
    file = mido.MidiFile(path)
    (place,) = [number for number, message in enumerate(file.tracks[0]) if message.type == "time_signature"]
    file.tracks[0][place] = mido.MetaMessage("time_signature", numerator=1, denominator=4, time=0)
    file.tracks[0].insert(place + 1, mido.MetaMessage("time_signature", numerator=4, denominator=4, time=480))
    file.save(path)
    found = song(path)
    assert (found.reason, found.pickup_steps, found.metre) == ("", 4, "4/4")
    assert windows(found)[0].tokens.tolist() == first_tokens(write_song(tmp_path / "plain.mid", tune(48)))


def test_a_long_silence_divides_a_song(tmp_path: Path) -> None:
    found = song(write_song(tmp_path / "song.mid", [*tune(60), (8_000.0, 1.0, 60)]))
    assert found.stretches == [Stretch(0, 120), Stretch(32_000, 8)]
    assert [window.bar for window in windows(found)] == [0, 1, 2]
    late = song(write_song(tmp_path / "late.mid", [(1_000.5 + start, length, 60) for start, length, _ in tune(48)]))
    assert late.stretches == [Stretch(4_000, 104)]
    assert windows(late)[0].tokens[:4].tolist() == [melody.REST, melody.REST, 39, melody.HOLD]


def test_no_segment_is_a_held_note_alone(tmp_path: Path) -> None:
    found = song(write_song(tmp_path / "song.mid", [*tune(48), (24.0, 40_000.0, 60)]))
    assert (found.reason, found.stretches) == ("", [Stretch(0, 176)])
    assert [window.bar for window in windows(found)] == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("where", ["first", "last", "repeated"])
def test_notes_without_an_end_get_one(tmp_path: Path, where: str) -> None:
    eighths = [(0, "on", 60), (240, "off", 60), (0, "on", 62), (240, "off", 62)] * 24
    messages = {
        "first": [(0, "on", 72), (480, "on", 60), (240, "off", 60), *eighths],
        "last": [*eighths, (0, "on", 72)],
        "repeated": [(0, "on", 60), (240, "on", 62), (240, "off", 62), *eighths],
    }[where]
    found = song(write_events(tmp_path / "song.mid", messages))
    assert (found.reason, found.ends_set) == ("", 1)
    expected = {"first": Note(0, 4, 72), "last": Note(96, 4, 72), "repeated": Note(0, 2, 60)}[where]
    assert expected in found.notes
    assert len(found.notes) == 48 + {"first": 2, "last": 1, "repeated": 2}[where]


def test_a_note_that_lasts_to_the_end_of_its_track_ends_there(tmp_path: Path) -> None:
    messages = [(0, "on", 60), (240, "off", 60)] * 47 + [(0, "on", 64)]
    assert song(write_events(tmp_path / "song.mid", messages, end=1_920)).notes[-1] == Note(94, 16, 64)


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["on", "off"]), st.integers(60, 63)), max_size=40))
def test_every_onset_of_any_file_ends(messages: list[tuple[int, str, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = write_events(Path(folder) / "song.mid", messages)
        onsets = sum(kind == "on" for _, kind, _ in messages)
        assert lacks_ends(path.read_bytes()) == (with_endings(path).ends_set > 0)
        assert len(reading.read_midi(path).notes) == onsets


def test_time_in_frames_is_named(tmp_path: Path) -> None:
    path = write_song(tmp_path / "song.mid", tune(48))
    data = bytearray(path.read_bytes())
    data[12:14] = (0xE728).to_bytes(2, "big")  # 25 frames a second, 40 ticks each
    path.write_bytes(bytes(data))
    assert song(path).reason == "time in frames"
    with pytest.raises(InputError, match="counts time in frames, not in beats"):
        reading.read_midi(path)


def test_work_grows_in_a_line_with_notes(tmp_path: Path) -> None:
    """Python functions called, which no other work on the machine changes."""
    calls = []
    for eighths in (500, 2_000):
        path = write_song(tmp_path / f"{eighths}.mid", tune(eighths))
        profile = cProfile.Profile()
        with profile:
            windows(song(path))
        calls.append(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
    assert calls[1] < 4.4 * calls[0]
