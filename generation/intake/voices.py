"""The melody of a file that has several voices: one of its tracks or channels, or its upper line."""

from __future__ import annotations

import io
import re
from argparse import ArgumentTypeError
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mido

from formats.errors import InputError
from generation.intake.endings import with_endings
from generation.intake.reading import LEGATO, RawNote, Reading, is_polyphonic
from generation.intake.scores import is_score, score_parts

#: What tracks with the melody are called.
MELODY = re.compile(r"melod|vocal|voice|lead|solo|sing|soprano|tune|旋律|人声|主奏|唱", re.IGNORECASE)
#: The channel of drums, counted from 0.
DRUMS = 9
TRACK, SKYLINE = "track", "skyline"


class Part(NamedTuple):
    """The notes of one channel of one track; channels count from 1."""

    name: str
    channel: int
    notes: list[RawNote]


class Melody(NamedTuple):
    """The notes of a melody, and from where they were taken."""

    notes: list[RawNote]
    source: str


def melody_option(text: str) -> str:
    """Check a value of ``--melody``: track, track:NAME, channel:N or skyline."""
    kind, _, name = text.partition(":")
    if text in (TRACK, SKYLINE) or (kind == TRACK and name) or (kind == "channel" and name in map(str, range(1, 17))):
        return text
    raise ArgumentTypeError(f"{text!r} is not track, track:NAME, channel:N (1 to 16) or skyline.")


def take_melody(path: Path, reading: Reading, option: str) -> tuple[Reading, str]:
    """The reading with the notes of its melody alone, and from where they were taken.

    Parameters
    ----------
    path : Path
        The file that was read.
    reading : Reading
    option : str
        As ``melody_option`` lets it pass.

    Returns
    -------
    tuple of Reading and str

    Raises
    ------
    InputError
        If the file has no such track or channel.
    """
    found = Melody(skyline(reading.notes), SKYLINE) if option == SKYLINE else choose(read_parts(path), option)
    beats = max((note.start + note.length for note in found.notes), default=0.0)
    return reading._replace(notes=found.notes, beats=beats), found.source


def skyline(notes: Sequence[RawNote]) -> list[RawNote]:
    """The upper line: each note that no higher one sounds over, up to where the next begins.

    Of notes that begin together the highest counts (Uitdenbogerd and Zobel 1998); a lower note that begins while a
    higher one of the line still sounds is left out, or the accompaniment would fill its long notes.

    Parameters
    ----------
    notes : sequence of RawNote
        In order of time.

    Returns
    -------
    list of RawNote
    """
    line: list[RawNote] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        if line:
            last = line[-1]
            is_over = last.start + last.length > note.start + LEGATO
            if note.start == last.start or (is_over and note.pitch < last.pitch):
                continue
            line[-1] = last._replace(length=min(last.length, note.start - last.start))
        line.append(note)
    return line


def choose(parts: Sequence[Part], option: str) -> Melody:
    """The part that an option names; with ``track`` the one that is called a melody, or else the highest.

    Of parts that are one voice, if there are any.

    Raises
    ------
    InputError
        If there is none.
    """
    kind, _, wanted = option.partition(":")
    if kind == "channel":
        fitting = [part for part in parts if part.channel == int(wanted)]
    elif wanted:
        fitting = [part for part in parts if wanted.casefold() in part.name.casefold()]
    else:
        fitting = [part for part in parts if MELODY.search(part.name)] or list(parts)
    if not fitting:
        raise InputError("It has no %(part)s with notes.", part=option)
    single = [part for part in fitting if not is_polyphonic(part.notes)] or fitting
    part = max(single, key=lambda part: sum(note.pitch for note in part.notes) / len(part.notes))
    return Melody(part.notes, f"track {part.name}" if part.name else f"channel {part.channel}")


def read_parts(path: Path) -> list[Part]:
    """The parts of a MIDI file or score that have notes, drums left out; those of a score have channels by number.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if is_score(path):
        return [Part(name, number, notes) for number, (name, notes) in enumerate(score_parts(path), start=1)]
    try:
        file = mido.MidiFile(file=io.BytesIO(with_endings(path).data))
    except Exception as error:  # mido raises several unrelated kinds for damaged files
        raise InputError(
            "%(file)s is not a readable MIDI file: export it again as standard MIDI.", file=path
        ) from error
    return [part for track in file.tracks for part in _parts(track, file.ticks_per_beat)]


def _parts(track: mido.MidiTrack, beat: int) -> list[Part]:
    notes: dict[int, list[RawNote]] = defaultdict(list)
    sounding: dict[tuple[int, int], list[int]] = defaultdict(list)
    tick = 0
    for message in track:
        tick += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        begun = sounding[message.channel, message.note]
        if message.type == "note_on" and message.velocity > 0:
            begun.append(tick)
        elif begun:
            start = begun.pop(0)
            notes[message.channel].append(RawNote(start / beat, (tick - start) / beat, message.note))
    return [Part(track.name.strip(), channel + 1, sorted(found)) for channel, found in sorted(notes.items())]
