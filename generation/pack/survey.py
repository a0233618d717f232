"""Files that may become clips, as they are: length, channels, loudness, a waveform, and why some cannot be used."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

from formats.errors import InputError, Message
from formats.pack import MAX_SECONDS
from formats.progress import bar
from generation import audio
from generation.audio import LEAD_S, RATE, Frame, Samples
from generation.pack.archive import unpacked
from generation.pack.recordings import judge_sound, read_sound
from generation.waveform import peaks

#: The height of a waveform's highest bar.
HEIGHT = 100
#: Files are listened to up to the longest clip that there can be.
WIDEST = Frame(MAX_SECONDS, 2)


class Surveyed(NamedTuple):
    """One file. ``waveform`` has the peaks of its music, 0 to HEIGHT."""

    file: str
    seconds: float
    channels: int
    lufs: float | None
    waveform: list[int]
    reason: Message | None

    def as_json(self) -> dict[str, Any]:
        """The file as a program reads it."""
        return {**self._asdict(), "reason": self.reason.as_json() if self.reason else None}


def survey(folder: Path) -> list[Surveyed]:
    """Every file of a folder and its sub-folders; ZIP files are unpacked in their place first."""
    for archive in sorted(folder.glob("*.zip")):
        _unpack(archive, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_hidden(path.relative_to(folder)))
    return [_surveyed(path, folder) for path in bar(files, "Listening", unit="file")]


def _unpack(archive: Path, folder: Path) -> None:
    """The files of an archive, moved beside it; one of the same name is replaced."""
    with unpacked(archive) as inside:
        for path in sorted(inside.rglob("*")):
            if path.is_file():
                target = folder.joinpath(*path.relative_to(inside).parts[-2:])
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
    archive.unlink()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)


def _surveyed(path: Path, folder: Path) -> Surveyed:
    name = path.relative_to(folder).as_posix()
    try:
        sound = read_sound(path, WIDEST, own=True)
    except InputError as error:
        return Surveyed(name, 0.0, 0, None, [], error.messages[0])
    lufs = audio.loudness(sound.samples)
    reason = judge_sound(path, sound, WIDEST).reason
    return Surveyed(
        file=name,
        seconds=round(sound.seconds, 3),
        channels=sound.channels,
        lufs=round(lufs, 1) if math.isfinite(lufs) else None,
        waveform=waveform(sound.samples, sound.seconds),
        reason=reason,
    )


def waveform(samples: Samples, seconds: float) -> list[int]:
    """The peaks of the music, without the silence around it, 0 to HEIGHT."""
    lead = round(LEAD_S * RATE)
    return [round(HEIGHT * float(peak)) for peak in peaks(samples[lead : lead + round(seconds * RATE)])]
