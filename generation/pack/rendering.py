"""From what was drawn to files of sound, by as many workers as wanted, and a memory of what is done.

``.progress.jsonl`` says, until the manifest is there, for which inputs the folder is being filled and which clips
are done; after an interruption the same call goes on from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from formats.errors import InputError
from formats.files import sha256, sha256_of, write_atomically
from formats.pack import NAME, read_manifest
from formats.progress import bar
from generation import audio
from generation.audio import FIVE_BARS, Frame
from generation.melody import Tokens
from generation.metrics import GridClip
from generation.pack.recordings import read_samples
from generation.workers import Workers, pool

PROGRESS = ".progress.jsonl"


class Piece(NamedTuple):
    """A clip before it is rendered: tokens (80,) or a file of sound or notes; its MIDI file and notes, if any."""

    clip_id: str
    system: str
    role: str
    provenance: dict[str, Any]
    music: Tokens | Path
    midi: bytes | None
    notes: GridClip | None
    prompt_id: str | None = None


class Selection(NamedTuple):
    """All clips of a pack, sorted by clip id, and the manifest's account of how they were chosen.

    ``crest_lu`` is how far the highest true peak is above the loudness of its clip, where it is known to matter.
    """

    pieces: list[Piece]
    account: dict[str, Any]
    crest_lu: float = 0.0
    frame: Frame = FIVE_BARS


class Done(NamedTuple):
    """A clip that is on the disk: the target loudness it was made for, its hash and what was measured."""

    target_lufs: float
    audio_sha256: str
    lufs: float
    true_peak_dbtp: float


def audio_path(out: Path, clip_id: str) -> Path:
    """Where a clip's audio lies in the pack ``out``."""
    return out / "audio" / f"{clip_id}.mp3"


def midi_path(out: Path, clip_id: str) -> Path:
    """Where a clip's MIDI file lies in the pack ``out``."""
    return out / "midi" / f"{clip_id}.mid"


def already_done(out: Path, inputs: dict[str, Any]) -> dict[str, Done]:
    """What a pack of the same inputs in ``out`` has finished. Raises InputError where ``out`` holds anything else."""
    if (out / NAME).exists():
        manifest = read_manifest(out)
        _compare(out, manifest.inputs, inputs)
        target = manifest.audio.target_lufs
        return {
            clip.clip_id: Done(target, clip.audio_sha256, clip.lufs, clip.true_peak_dbtp) for clip in manifest.clips
        }
    if (out / PROGRESS).exists():
        try:
            first, *lines = (out / PROGRESS).read_text(encoding="utf-8").splitlines()
            there = dict(json.loads(first))
        except (ValueError, TypeError) as error:
            raise InputError(
                "%(path)s is damaged: remove %(out)s and make the pack again.", path=out / PROGRESS, out=out
            ) from error
        _compare(out, there, inputs)
        return {clip_id: Done(*facts) for clip_id, *facts in _whole_lines(lines)}
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError("%(out)s is there already and is no pack: name a new folder.", out=out)
    return {}


def _compare(out: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    different = [key for key in here if there.get(key) != here[key]]
    if different:
        raise InputError(
            "%(out)s holds another pack (%(different)s differ): name another folder, or remove this one.",
            out=out,
            different=", ".join(different),
        )


def _whole_lines(lines: list[str]) -> Iterator[list[Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # a power cut can tear the last line; its clip is rendered again
            return


def open_progress(out: Path, inputs: dict[str, Any], done: dict[str, Done]) -> None:
    """From here on ``out`` is unfinished: the progress file is there and a manifest is not."""
    for folder in (out, out / "audio"):
        folder.mkdir(parents=True, exist_ok=True)
    for partial in out.rglob(".*.part"):
        partial.unlink()
    lines = [json.dumps(inputs), *(json.dumps([clip_id, *facts]) for clip_id, facts in done.items())]
    write_atomically(out / PROGRESS, "".join(f"{line}\n" for line in lines).encode())
    (out / NAME).unlink(missing_ok=True)


def render_all(out: Path, selection: Selection, done: dict[str, Done], workers: Workers) -> int:
    """Render what ``done`` lacks, add it there, and lower the whole set where a clip would peak too high.

    With the crest that the selection found, every clip is rendered once.
    """
    target = audio.lowered(audio.TARGET_LUFS, [audio.TARGET_LUFS + selection.crest_lu + audio.CODING_DB])
    rendered = 0
    while True:
        missing = [piece for piece in selection.pieces if not _is_done(out, piece.clip_id, done, target)]
        rendered += len(missing)
        if missing:
            _render_missing(out, selection._replace(pieces=missing), done, target, workers)
        lower = audio.lowered(target, [done[piece.clip_id].true_peak_dbtp for piece in selection.pieces])
        if lower == target:
            return rendered
        target = lower


def _is_done(out: Path, clip_id: str, done: dict[str, Done], target: float) -> bool:
    path, facts = audio_path(out, clip_id), done.get(clip_id)
    return bool(facts and facts.target_lufs == target and path.is_file() and sha256_of(path) == facts.audio_sha256)


def _render_missing(out: Path, missing: Selection, done: dict[str, Done], target: float, workers: Workers) -> None:
    pieces = missing.pieces
    with (
        pool(workers, len(pieces), reads=_folder_of(pieces)) as executor,
        (out / PROGRESS).open("a", encoding="utf-8") as progress,
    ):
        waiting = {executor.submit(render, piece.music, target, missing.frame): piece.clip_id for piece in pieces}
        steps = bar(as_completed(waiting), "Rendering", total=len(pieces), unit="clip")
        for future in steps:
            clip_id, (data, facts) = waiting.pop(future), future.result()
            write_atomically(audio_path(out, clip_id), data, dated=False)
            done[clip_id] = Done(target, sha256(data), round(facts.lufs, 3), round(facts.true_peak_dbtp, 3))
            progress.write(json.dumps([clip_id, *done[clip_id]]) + "\n")
            progress.flush()


def _folder_of(pieces: Sequence[Piece]) -> Path | None:
    """A folder from which the workers read, if they do."""
    return next((piece.music.parent for piece in pieces if isinstance(piece.music, Path)), None)


def render(music: Tokens | Path, target_lufs: float, frame: Frame = FIVE_BARS) -> audio.Rendered:
    """The file of one clip of tokens (80,) or of a recording or MIDI file, and what was measured of it."""
    samples = audio.synthesise(music) if isinstance(music, np.ndarray) else read_samples(music, frame)
    return audio.render(samples, target_lufs)
