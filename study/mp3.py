"""Change MP3 bytes that no decoder reads: same sound, another file.

A frame's music may begin in earlier frames (ISO/IEC 11172-3 and 13818-3, `main_data_begin`) and ends where the side
information says (`part2_3_length`). What lies between the end of one frame's music and the beginning of the next is
ancillary: coders of constant bit rate fill it with anything, decoders pass over it. Silence has plenty.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from formats.errors import InputError

#: Random bytes that each copy of a clip gets: 128 bits, without 0xFF, with which a frame would begin.
OWN_BYTES = 16
#: kbit/s of Layer III by index, and samples a second, for MPEG 1 and for MPEG 2.
BIT_RATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
#: Bytes of side information by version of MPEG and channels.
SIDE_BYTES = {(1, 1): 17, (1, 2): 32, (2, 1): 9, (2, 2): 17}
MONO = 3
#: A first frame may hold one of these instead of music: how long the file is, and what coder made it.
ABOUT = (b"Info", b"Xing", b"VBRI")


class _Frame(NamedTuple):
    """One frame: bytes of its music that lie in earlier frames, bytes of its music, and where its own music may lie."""

    reservoir: int
    length: int
    start: int
    end: int


def with_own_bytes(data: bytes, rng: Random) -> bytes:
    """The same MP3 with unique bytes in unread places, or `InputError`.

    Size, frames, headers and decoded samples stay as they are.
    """
    gap = next((gap for gap in _unread(data) if len(gap) >= OWN_BYTES), None)
    if gap is None:
        raise InputError("it has no room between its frames: it is not an MP3 of constant bit rate")
    changed = bytearray(data)
    for place in gap[:OWN_BYTES]:
        changed[place] = rng.randrange(0xFF)
    return bytes(changed)


def frame_length(header: bytes) -> int:
    """Bytes of the frame of MPEG audio, layer III, that begins with these four; 0 where none does (ISO/IEC 11172-3)."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, speed = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version not in SAMPLE_RATES or rate in {0, 15} or speed == 3:
        return 0
    mpeg = 1 if version == 3 else 2
    return 144_000 // mpeg * BIT_RATES[mpeg][rate] // SAMPLE_RATES[version][speed] + (header[2] >> 1 & 1)


def _unread(data: bytes) -> Iterator[list[int]]:
    """Ranges of bytes between one frame's music and the next."""
    places: list[int] = []
    done = 0
    for frame in _frames(data):
        begin = len(places) - frame.reservoir
        if begin > done:
            yield places[done:begin]
        places += range(frame.start, frame.end)
        done = begin + frame.length
        if data[frame.start : frame.start + 4] in ABOUT:
            done = len(places)


def _frames(data: bytes) -> Iterator[_Frame]:
    at = _first_frame(data)
    while frame := _frame(data, at):
        yield frame
        at = frame.end


def _first_frame(data: bytes) -> int:
    """Behind an ID3v2 tag, if there is one; its size is four groups of seven bits."""
    if not data.startswith(b"ID3") or len(data) < 10:
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))


def _frame(data: bytes, at: int) -> _Frame | None:
    """The frame that begins there, or None if it is not a whole one."""
    header, size = data[at : at + 4], frame_length(data[at : at + 4])
    if not size:
        return None
    mpeg, channels = (1 if header[1] >> 3 & 3 == 3 else 2), (1 if header[3] >> 6 == MONO else 2)
    begin = at + (4 if header[1] & 1 else 6)
    start = begin + SIDE_BYTES[mpeg, channels]
    if at + size > len(data) or start > at + size:
        return None
    reservoir, length = _music(data[begin:start], mpeg, channels)
    return _Frame(reservoir, length, start, at + size)


def _music(side: bytes, mpeg: int, channels: int) -> tuple[int, int]:
    """`main_data_begin`, and the bytes that all granules' `part2_3_length` come to."""
    bits = int.from_bytes(side, "big")

    def read(first: int, count: int) -> int:
        return bits >> (8 * len(side) - first - count) & ((1 << count) - 1)

    if mpeg == 1:
        reservoir, first, parts, step = read(0, 9), 9 + (5 if channels == 1 else 3) + 4 * channels, 2 * channels, 59
    else:
        reservoir, first, parts, step = read(0, 8), 8 + channels, channels, 63
    return reservoir, (sum(read(first + step * part, 12) for part in range(parts)) + 7) // 8
