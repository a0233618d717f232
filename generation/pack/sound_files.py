"""Recordings as libsndfile reads them, and what their files say that is not true.

Reasons for which a file cannot be read are phrases with "it".
"""

from __future__ import annotations

import io
import math
import shlex
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import numpy as np
import soundfile

from formats.errors import InputError
from generation.audio import Samples

#: Endings that are read. What a file is, libsndfile finds out from its content.
RECORDINGS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".caf"})
#: Endings of formats that libsndfile does not read and ffmpeg does.
FOREIGN = frozenset({".m4a", ".m4b", ".aac", ".mp4", ".wma", ".webm", ".amr", ".3gp", ".ac3", ".ape", ".wv", ".mka"})
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
LOSSY = frozenset({"MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III", "VORBIS", "OPUS"})
#: A program that writes to a pipe cannot know the length: it writes 0 or the most that there is room for.
UNKNOWN_LENGTH = 0x7FFF_F000
#: What a page of an Ogg file begins with, the most bytes it has, and the bit of its sixth byte that marks the last one.
OGG, MAX_PAGE_BYTES, LAST_PAGE = b"OggS", 65_307, 4
#: What a coder may leave out at the end, in seconds.
LENIENCE_S = 0.1
#: The least level that counts as sound, where a start is looked for: -60 dBFS.
AUDIBLE = 0.001
BLOCK_S = 1.0


class Recording(NamedTuple):
    """The beginning of a recording.

    Attributes
    ----------
    channels : float64 array of shape (samples, channels)
    rate : int
        Samples a second.
    is_lossy : bool
        Whether it was coded in a way that changes peaks.
    """

    channels: Samples
    rate: int
    is_lossy: bool

    @property
    def seconds(self) -> float:
        """Length of what was read."""
        return len(self.channels) / self.rate


class _Claim(NamedTuple):
    """Where the sound of a file begins, and how many bytes of it the header promises and the file has."""

    start: int
    promised: int
    there: int
    order: Literal["little", "big"]

    @property
    def is_unknown(self) -> bool:
        return self.promised == 0 or self.promised >= UNKNOWN_LENGTH


def read_recording(path: Path, seconds: float) -> Recording:
    """Read so much of a recording, and a sample more where it is longer.

    Parameters
    ----------
    path : Path
    seconds : float

    Returns
    -------
    Recording

    Raises
    ------
    InputError
        If it cannot be read, has an unusual rate, or has less sound than its header promises.
    """
    if path.suffix.lower() in FOREIGN:
        command = shlex.join(["ffmpeg", "-i", path.name, path.with_suffix(".wav").name])
        raise InputError("it is in a format that is not read: convert it with `%(command)s`", command=command)
    try:
        claim = _claim(path)
        with soundfile.SoundFile(_honest(path, claim)) as file:
            rate, promised = int(file.samplerate), file.frames
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise InputError(
                    "it has %(rate)s samples a second, not 8,000 to 192,000: export it at 44,100", rate=rate
                )
            wanted = math.floor(seconds * rate) + 1
            channels = file.read(wanted, dtype="float64", always_2d=True)
            is_lossy = file.subtype in LOSSY
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(
            "it cannot be decoded, because it is damaged, cut short or in another format: "
            "copy it again, or export it as WAV, FLAC or MP3"
        ) from error
    found = Recording(channels, rate, is_lossy)
    if len(channels) < wanted and _lacks_last_page(path):
        raise InputError(
            "it is cut short, %(length)s s are left: copy or export it again", length=f"{found.seconds:.1f}"
        )
    if claim is not None and not claim.is_unknown and claim.promised > claim.there:
        promised = round(promised * claim.promised / max(claim.there, 1))
    _require_whole(found, promised, wanted)
    return found


def first_sound(path: Path) -> float | None:
    """When a recording begins to sound, in seconds; None where it never does or cannot be decoded so far.

    Parameters
    ----------
    path : Path

    Returns
    -------
    float or None
    """
    with suppress(soundfile.LibsndfileError), soundfile.SoundFile(_honest(path, _claim(path))) as file:
        size, passed = round(BLOCK_S * file.samplerate), 0
        # By what is read: a header may promise more than any memory.
        while len(block := file.read(size, dtype="float64", always_2d=True)):
            heard = np.flatnonzero(np.abs(block - block.mean(axis=0)).max(axis=1) > AUDIBLE)
            if len(heard):
                return float((passed + heard[0]) / file.samplerate)
            passed += len(block)
    return None


def _lacks_last_page(path: Path) -> bool:
    """Whether a file is Ogg and its last page is not marked as the last."""
    with path.open("rb") as file:
        if file.read(4) != OGG:
            return False
        file.seek(max(0, path.stat().st_size - MAX_PAGE_BYTES))
        tail = file.read()
    place = tail.rfind(OGG)
    return place < 0 or len(tail) <= place + 5 or not tail[place + 5] & LAST_PAGE


def _require_whole(found: Recording, promised: int, wanted: int) -> None:
    """Raise InputError where a recording ends before its header says so, within what was to be read."""
    if len(found.channels) + LENIENCE_S * found.rate < min(promised, wanted):
        raise InputError(
            "it ends after %(length)s s, and its header promises %(promised)s s: copy or export it again",
            length=f"{found.seconds:.1f}",
            promised=f"{promised / found.rate:.1f}",
        )


def _honest(path: Path, claim: _Claim | None) -> str | BinaryIO:
    """The file, or a copy of it in memory whose header knows its length."""
    if claim is None or not claim.is_unknown:
        return str(path)
    data = bytearray(path.read_bytes())
    data[claim.start - 4 : claim.start] = claim.there.to_bytes(4, claim.order)
    data[4:8] = (len(data) - 8).to_bytes(4, claim.order)
    return io.BytesIO(bytes(data))


def _claim(path: Path) -> _Claim | None:
    """What the header of a WAV or AIFF file promises; None for other files."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            return _sound_chunk(file, size, b"data", "little")
        if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            return _sound_chunk(file, size, b"SSND", "big")
    return None


def _sound_chunk(file: BinaryIO, size: int, kind: bytes, order: Literal["little", "big"]) -> _Claim | None:
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[4:], order)
        if head[:4] == kind:
            return _Claim(file.tell(), length, size - file.tell(), order)
        file.seek(length + length % 2, io.SEEK_CUR)
    return None
