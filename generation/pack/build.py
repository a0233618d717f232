"""Writing a pack: choose, render, measure, and the manifest last, so that a folder with a manifest is a whole pack."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from formats.errors import InputError
from formats.files import sha256, sha256_of, write_atomically
from formats.pack import METRICS, NAME, SCHEMA_VERSION, Audio, Clip, Manifest, read_manifest
from generation import audio, metrics
from generation.audio import Frame
from generation.corpus import Corpus
from generation.melody import Tokens, to_pretty_midi
from generation.pack.audition import PAGE, page_of
from generation.pack.common import Asked
from generation.pack.folder import digest_of, scan_folder, select
from generation.pack.rendering import (
    PROGRESS,
    Done,
    Piece,
    Selection,
    already_done,
    audio_path,
    midi_path,
    open_progress,
    render_all,
)
from generation.pack.selection import REAL, Sampler, draw
from generation.workers import Workers, library_versions


class Built(NamedTuple):
    """A finished pack: its manifest, and how many clips this call rendered."""

    manifest: Manifest
    rendered: int


class Reader(NamedTuple):
    """The reference model that reads clips for their perplexity, and SHA-256 of its weights."""

    model: metrics.Reference
    sha256: str


def build_pack(
    out: Path,
    generators: Mapping[str, Sampler],
    corpus: Corpus,
    *,
    real: bool = True,
    clips_per_system: int = 13,
    seed: int = 0,
    workers: Workers = 1,
    reader: Reader | None = None,
) -> Built:
    """Write the pack of these inputs to ``out``, or go on with it, or find it finished and change nothing.

    The same inputs give the same bytes of every file, with any workers. Raises InputError where ``out``
    holds anything else or the clips cannot be drawn; then nothing is written.
    """
    systems = {name: generator.sha256 for name, generator in generators.items()}
    inputs = {
        **_inputs(systems | ({REAL: corpus.sha256} if real else {}), clips_per_system, seed, reader),
        "corpus_sha256": corpus.sha256,
    }

    def choose() -> Selection:
        drawing = draw(generators, corpus, real=real, count=clips_per_system, seed=seed)
        files = midi_files([clip.tokens for clip in drawing.clips])
        return Selection(
            [
                Piece(*clip, midi, metrics.own_clip(clip.tokens))
                for clip, midi in zip(drawing.clips, files, strict=True)
            ],
            drawing.account,
        )

    return _build(out, inputs, choose, workers, reader, corpus)


def build_from_folder(
    out: Path,
    folder: Path,
    *,
    clips_per_system: int | None = None,
    practice: int | None = None,
    seconds: float | None = None,
    channels: int | None = None,
    seed: int = 0,
    workers: Workers = 1,
    reader: Reader | None = None,
) -> Built:
    """The same from a folder with a sub-folder of recordings or MIDI files a system (docs/packs.md).

    Where length and channels are not given, they are what all usable files have in common (generation/pack/common.py).
    Raises InputError where a system has no usable clip; what else cannot be used is named in ``drawing.left_out``.
    """
    if folder.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(
            "%(out)s lies in %(folder)s, where it would be taken for a system: name a place outside.",
            out=out,
            folder=folder,
        )
    found = scan_folder(folder)
    systems = {name: digest_of(files) for name, files in found.systems.items()}
    asked = Asked(seconds, channels)
    inputs = {**_inputs(systems, clips_per_system, seed, reader), "practice": practice, **asked._asdict()}

    def choose() -> Selection:
        number = {"clips_per_system": clips_per_system, "practice": practice}
        return select(folder.absolute(), found, **number, asked=asked, seed=seed, workers=workers)

    return _build(out, inputs, choose, workers, reader)


def _inputs(
    systems: Mapping[str, str], clips_per_system: int | None, seed: int, reader: Reader | None
) -> dict[str, Any]:
    return {
        "seed": seed,
        "clips_per_system": clips_per_system,
        "systems": dict(systems),
        "reference_sha256": reader.sha256 if reader else None,
        "font_sha256": audio.font_sha256(),
        "libraries": library_versions() | {"libsndfile": soundfile.__libsndfile_version__},
    }


def _build(
    out: Path,
    inputs: dict[str, Any],
    choose: Callable[[], Selection],
    workers: Workers,
    reader: Reader | None,
    corpus: Corpus | None = None,
) -> Built:
    done = already_done(out, inputs)
    if (out / NAME).exists() and _is_whole(out):
        (out / PROGRESS).unlink(missing_ok=True)
        return Built(read_manifest(out), 0)
    selection = choose()
    open_progress(out, inputs, done)
    for piece in selection.pieces:
        if piece.midi is not None:
            write_atomically(midi_path(out, piece.clip_id), piece.midi, dated=False)
    rendered = render_all(out, selection, done, workers)
    return Built(_finish(out, inputs, selection, done, reader, corpus), rendered)


def midi_files(melodies: Sequence[Tokens]) -> list[bytes]:
    """One standard MIDI file a melody (tokens, shape (80,)), as bytes."""
    files = []
    for midi in to_pretty_midi(np.stack(melodies)):
        file = io.BytesIO()
        midi.write(file)
        files.append(file.getvalue())
    return files


def _is_whole(out: Path) -> bool:
    """Whether every file of a finished pack is as its manifest says."""
    manifest = read_manifest(out)
    expected = {out / METRICS: manifest.metrics_sha256}
    for clip in manifest.clips:
        expected[audio_path(out, clip.clip_id)] = clip.audio_sha256
        expected[midi_path(out, clip.clip_id)] = clip.midi_sha256
    return (
        all(path.is_file() and sha256_of(path) == digest for path, digest in expected.items() if digest is not None)
        and (out / PAGE).is_file()
        and (out / PAGE).read_bytes() == page_of(out, manifest)
    )


def _finish(
    out: Path,
    inputs: dict[str, Any],
    selection: Selection,
    done: dict[str, Done],
    reader: Reader | None,
    corpus: Corpus | None,
) -> Manifest:
    """Write the metrics, the page to listen to and, last of all, the manifest."""
    pieces = selection.pieces
    table = _table(pieces, reader, corpus)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        inputs=inputs,
        drawing=selection.account,
        audio=_common_audio(out, pieces[0].clip_id, done, selection.frame),
        metrics_sha256=sha256(table) if table is not None else None,
        clips=[_manifest_clip(piece, done[piece.clip_id], selection.frame) for piece in pieces],
    )
    if table is not None:
        write_atomically(out / METRICS, table, dated=False)
    write_atomically(out / PAGE, page_of(out, manifest), dated=False)
    write_atomically(out / NAME, manifest.to_bytes(), dated=False)
    (out / PROGRESS).unlink()
    return manifest


def _table(pieces: Sequence[Piece], reader: Reader | None, corpus: Corpus | None) -> bytes | None:
    """metrics.csv of the clips that have notes; None where none has."""
    rows = [(piece.clip_id, piece.notes) for piece in pieces if piece.notes is not None]
    if not rows:
        return None
    clip_ids, clips = [clip_id for clip_id, _ in rows], [notes for _, notes in rows]
    return metrics.table(clip_ids, clips, reader and reader.model, corpus)


def _common_audio(out: Path, clip_id: str, done: dict[str, Done], frame: Frame) -> Audio:
    return Audio(
        format="mp3",
        bit_rate_kbit_s=frame.kbit_s,
        sample_rate_hz=audio.RATE,
        channels=frame.channels,
        samples=frame.samples,
        bytes=audio_path(out, clip_id).stat().st_size,
        duration_s=frame.duration_s,
        target_lufs=done[clip_id].target_lufs,
    )


def _manifest_clip(piece: Piece, done: Done, frame: Frame) -> Clip:
    return Clip(
        clip_id=piece.clip_id,
        system=piece.system,
        role=piece.role,
        prompt_id=piece.prompt_id,
        provenance=piece.provenance,
        audio_sha256=done.audio_sha256,
        midi_sha256=None if piece.midi is None else sha256(piece.midi),
        duration_s=frame.duration_s,
        lufs=done.lufs,
        true_peak_dbtp=done.true_peak_dbtp,
    )
