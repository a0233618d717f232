"""The melody of a file of several voices."""

from __future__ import annotations

import csv
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest
from django.core.management import call_command

from formats.errors import InputError
from generation.corpus import windows
from generation.intake.reading import RawNote
from generation.intake.songs import Song, SongAssessment, assess_song
from generation.intake.voices import Part, choose, melody_option, skyline
from tests.generation.songs import walk, write_song

Notes = Sequence[tuple[float, float, int]]
BASS = [(4.0 * bar, 4.0, 40) for bar in range(12)]


def write_tracks(path: Path, tracks: Sequence[tuple[str, int, Notes]]) -> Path:
    """A MIDI file of tracks (name, channel from 1, notes as start, length and pitch in beats) in 4/4."""
    file = mido.MidiFile(ticks_per_beat=480)
    for name, channel, notes in tracks:
        events = sorted(
            (round(beat * 480), kind, pitch)
            for start, length, pitch in notes
            for kind, beat in (("note_off", start + length), ("note_on", start))
        )
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name), mido.MetaMessage("time_signature")])
        now = 0
        for tick, kind, pitch in events:
            track.append(mido.Message(kind, channel=channel - 1, note=pitch, velocity=80, time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


def song(path: Path, melody: str | None) -> SongAssessment:
    return assess_song(Song(path.stem, path, ""), melody)


@pytest.mark.parametrize("melody", ["track", "track:flute", "channel:1", "skyline"])
def test_melody_is_taken_from_several_tracks(tmp_path: Path, melody: str) -> None:
    alone = song(write_song(tmp_path / "alone.mid", walk(48)), None)
    both = write_tracks(tmp_path / "both.mid", [("Bass", 2, BASS), ("Flute 1", 1, walk(48))])
    assert song(both, None).reason == "polyphonic"
    found = song(both, melody)
    assert (found.reason, found.melody) == ("", "skyline" if melody == "skyline" else "track Flute 1")
    assert [row.tokens.tolist() for row in windows(found)] == [row.tokens.tolist() for row in windows(alone)]


def test_a_track_called_melody_is_taken_before_a_higher_one(tmp_path: Path) -> None:
    descant = [(start, length, pitch + 12) for start, length, pitch in walk(48, seed=1)]
    path = write_tracks(tmp_path / "a.mid", [("Descant", 1, descant), ("Melody", 2, walk(48)), ("Bass", 3, BASS)])
    assert song(path, "track").melody == "track Melody"
    assert song(path, "channel:1").melody == "track Descant"
    assert song(path, "track:oboe").reason == "no such track"


def test_chords_are_taken_only_where_nothing_else_is_there() -> None:
    chords = Part("Piano", 1, [RawNote(0, 4, 72), RawNote(0, 4, 76), RawNote(0, 4, 79)])
    line = Part("", 2, [RawNote(0, 4, 60)])
    assert choose([chords, line], "track").source == "channel 2"
    assert choose([chords], "track").source == "track Piano"
    with pytest.raises(InputError, match="no channel:7 with notes"):
        choose([chords, line], "channel:7")


def test_skyline_keeps_the_upper_line() -> None:
    melody = [RawNote(0, 2, 72), RawNote(2, 1, 67), RawNote(3, 1, 74)]
    below = [RawNote(0, 1, 60), RawNote(1, 1, 64), RawNote(2, 2, 48)]
    assert skyline(sorted(melody + below)) == melody
    assert skyline([RawNote(0, 1.02, 72), RawNote(1, 1, 70)]) == [RawNote(0, 1, 72), RawNote(1, 1, 70)]
    assert skyline([RawNote(0, 4, 60), RawNote(1, 1, 72)]) == [RawNote(0, 1, 60), RawNote(1, 1, 72)]


def test_the_command_says_how_to_take_a_melody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        tracks = [("Tune", 1, walk(60, seed=number)), ("Bass", 2, BASS)]
        write_tracks(tmp_path / "songs" / f"{number}.mid", tracks)
    write_song(tmp_path / "songs" / "alone.mid", walk(60))
    source, out = str(tmp_path / "songs"), str(tmp_path / "corpus.npz")
    call_command("prepare_corpus", "--source", source, "--out", out)
    assert "polyphonic: 12 (--melody track or --melody skyline takes the melody)" in capsys.readouterr().out
    call_command("prepare_corpus", "--source", source, "--out", out, "--melody", "track")
    assert "13 of 13 songs are usable" in capsys.readouterr().out
    with (tmp_path / "corpus.report.csv").open(encoding="utf-8") as file:
        assert [row["melody"] for row in csv.DictReader(file)][:12] == ["track Tune"] * 12


@pytest.mark.parametrize("text", ["tracks", "track:", "channel:", "channel:0", "channel:17", ""])
def test_a_wrong_melody_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not track, track:NAME, channel:N"):
        melody_option(text)
