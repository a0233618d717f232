"""Notes that a MIDI file begins and never ends.

Readers of MIDI leave such notes out, and with them the melody. Here each gets an end.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import mido
from mido import Message as MidiMessage

#: Size in bytes of the kind and the length before a chunk's content.
CHUNK = 8
#: Bytes from here on are kinds of messages, in a track.
STATUS, META = 0x80, 0xFF


class Ended(NamedTuple):
    """A MIDI file as bytes, and how many of its notes had no end and have one now."""

    data: bytes
    ends_set: int


class _Event(NamedTuple):
    """A message at its time in ticks."""

    tick: int
    is_onset: bool
    message: MidiMessage


def with_endings(path: Path) -> Ended:
    """Read a file and end its notes.

    A note without an end ends at the next onset in its channel and track. Where none follows it ends with its
    track, and where the track ends with its onset, after a beat.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    data = path.read_bytes()
    if not lacks_ends(data):
        return Ended(data, 0)
    try:
        file = mido.MidiFile(file=io.BytesIO(data))
    except Exception:  # mido refuses files that other readers accept, for instance for a key of eight flats
        return Ended(data, 0)
    added = [_end_notes(track, file.ticks_per_beat) for track in file.tracks]
    if not any(added):
        return Ended(data, 0)
    whole = io.BytesIO()
    file.save(file=whole)
    return Ended(whole.getvalue(), sum(added))


def lacks_ends(data: bytes) -> bool:
    """Whether a MIDI file begins a note that it never ends; False for a damaged one.

    mido answers the same in 50 times the time, and nearly no file has such a note.
    """
    place = 0
    try:
        while place < len(data):
            kind, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + CHUNK], "big")
            place += CHUNK
            if kind == b"MTrk" and _is_open(data[place : place + size]):
                return True
            place += size
    except IndexError:
        return False
    return False


def _is_open(track: bytes) -> bool:
    """The same of one track. Raises IndexError where it ends within a message."""
    place, running = 0, 0
    sounding: Counter[tuple[int, int]] = Counter()
    while place < len(track):
        while track[place] >= STATUS:  # the time since the last message
            place += 1
        place += 1
        status = track[place] if track[place] >= STATUS else running
        place += track[place] >= STATUS
        kind, key = status & 0xF0, (status & 0x0F, track[place])
        if kind == 0xF0:
            length, place = _length(track, place + (status == META))
            place += length
            continue
        running = status
        if kind == 0x90 and track[place + 1]:
            sounding[key] += 1
        elif kind in (0x80, 0x90) and sounding[key]:
            sounding[key] -= 1
        place += 1 if kind in (0xC0, 0xD0) else 2
    return any(sounding.values())


def _length(track: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    number = track[place] & 0x7F
    while track[place] >= STATUS:
        place += 1
        number = number << 7 | track[place] & 0x7F
    return number, place + 1


def _end_notes(track: mido.MidiTrack, beat: int) -> int:
    """Add the ends that a track lacks, and say how many."""
    events, tick = [], 0
    for message in track:
        tick += message.time
        events.append(_Event(tick, _begins(message), message))
    missing = _unended(events)
    if not missing:
        return 0
    onsets: dict[int, list[int]] = defaultdict(list)
    for event in events:
        if event.is_onset:
            onsets[event.message.channel].append(event.tick)
    ends = [
        _Event(
            _end(event.tick, onsets[event.message.channel], tick, beat),
            False,
            MidiMessage("note_off", channel=event.message.channel, note=event.message.note),
        )
        for event in missing
    ]
    *body, last = events if events[-1].message.type == "end_of_track" else [*events, None]
    # Sorting keeps the order of equals: an added end comes before what the file has at that time.
    ordered = sorted([*ends, *body], key=lambda event: event.tick)
    if last is not None:
        ordered.append(last._replace(tick=max(last.tick, ordered[-1].tick)))
    before = 0
    track.clear()
    for event in ordered:
        track.append(event.message.copy(time=event.tick - before))
        before = event.tick
    return len(ends)


def _begins(message: MidiMessage) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _unended(events: Iterable[_Event]) -> list[_Event]:
    """The onsets without an end; an end belongs to the latest onset of its pitch."""
    sounding: dict[tuple[int, int], list[_Event]] = defaultdict(list)
    for event in events:
        message = event.message
        if event.is_onset:
            sounding[message.channel, message.note].append(event)
        elif message.type in ("note_on", "note_off") and sounding[message.channel, message.note]:
            sounding[message.channel, message.note].pop()
    return [event for left in sounding.values() for event in left]


def _end(tick: int, onsets: list[int], end_of_track: int, beat: int) -> int:
    """When a note that begins at ``tick`` ends; ``onsets`` in order of time."""
    place = bisect_right(onsets, tick)
    if place < len(onsets):
        return onsets[place]
    return end_of_track if end_of_track > tick else tick + beat
