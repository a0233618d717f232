"""Writing a pack: draw, render, measure, and the manifest last, so that a folder with a manifest is a whole pack.

Every file is put in place whole. ``.progress.jsonl`` says, until the manifest is there, for which inputs the folder
is being filled and which clips are done; after an interruption the same call goes on from it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from tqdm import tqdm

from generation import audio, metrics
from generation.corpus import Corpus
from generation.errors import InputError
from generation.files import sha256, sha256_of, write_whole
from generation.melody import Tokens, to_pretty_midi
from generation.pack.draw import REAL, Drawing, Drawn, Sampler, draw
from generation.pack.manifest import NAME, SCHEMA_VERSION, Audio, Clip, Manifest, read_manifest

PROGRESS = ".progress.jsonl"
#: A change in one of these may change the bytes of a pack.
LIBRARIES = ("numpy", "pretty_midi", "pyloudnorm", "scipy", "soundfile", "tinysoundfont", "torch")


class Built(NamedTuple):
    """A finished pack: its manifest, and how many clips this call rendered."""

    manifest: Manifest
    rendered: int


class Done(NamedTuple):
    """A clip that is on the disk: the target loudness it was made for, its hash and what was measured."""

    target_lufs: float
    audio_sha256: str
    lufs: float
    true_peak_dbtp: float


def build_pack(
    out: Path,
    generators: Mapping[str, Sampler],
    corpus: Corpus,
    *,
    real: bool = True,
    clips_per_system: int = 13,
    seed: int = 0,
    workers: int = 1,
) -> Built:
    """Write the pack of these inputs to ``out``, or go on with it, or find it finished and change nothing.

    The same inputs give the same bytes of every file, with any number of workers. Raises InputError where ``out``
    holds anything else or the clips cannot be drawn; then nothing is written.
    """
    inputs = _inputs(generators, corpus, real, clips_per_system, seed)
    done = _already_done(out, inputs)
    if (out / NAME).exists() and _is_whole(out):
        (out / PROGRESS).unlink(missing_ok=True)
        return Built(read_manifest(out), 0)
    drawing = draw(generators, corpus, real=real, count=clips_per_system, seed=seed)
    _open_progress(out, inputs, done)
    for clip, data in zip(drawing.clips, midi_files([clip.tokens for clip in drawing.clips]), strict=True):
        write_whole(_midi_path(out, clip.clip_id), data, dated=False)
    rendered = _render(out, drawing.clips, done, workers)
    manifest = _finish(out, inputs, drawing, done)
    return Built(manifest, rendered)


def midi_files(melodies: Sequence[Tokens]) -> list[bytes]:
    """One standard MIDI file a melody (tokens, shape (80,)), as bytes."""
    files = []
    for midi in to_pretty_midi(np.stack(melodies)):
        file = io.BytesIO()
        midi.write(file)
        files.append(file.getvalue())
    return files


def _inputs(
    generators: Mapping[str, Sampler], corpus: Corpus, real: bool, clips_per_system: int, seed: int
) -> dict[str, Any]:
    systems = {name: generator.sha256 for name, generator in generators.items()}
    if real:
        systems[REAL] = corpus.sha256
    return {
        "seed": seed,
        "clips_per_system": clips_per_system,
        "systems": systems,
        "corpus_sha256": corpus.sha256,
        "font_sha256": audio.font_sha256(),
        "libraries": {name: version(name) for name in LIBRARIES} | {"libsndfile": soundfile.__libsndfile_version__},
    }


def _already_done(out: Path, inputs: dict[str, Any]) -> dict[str, Done]:
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
            raise InputError(f"{out / PROGRESS} is damaged: remove {out} and make the pack again.") from error
        _compare(out, there, inputs)
        return {clip_id: Done(*facts) for clip_id, *facts in _whole_lines(lines)}
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is there already and is no pack: name a new folder.")
    return {}


def _compare(out: Path, there: dict[str, Any], here: dict[str, Any]) -> None:
    different = [key for key in here if there.get(key) != here[key]]
    if different:
        raise InputError(
            f"{out} holds another pack ({', '.join(different)} differ): name another folder, or remove this one."
        )


def _whole_lines(lines: list[str]) -> Iterator[list[Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # a power cut can tear the last line; its clip is rendered again
            return


def _is_whole(out: Path) -> bool:
    """Whether every file of a finished pack is as its manifest says."""
    manifest = read_manifest(out)
    expected = {out / "metrics.csv": manifest.metrics_sha256}
    for clip in manifest.clips:
        expected[_audio_path(out, clip.clip_id)] = clip.audio_sha256
        expected[_midi_path(out, clip.clip_id)] = clip.midi_sha256
    return all(path.is_file() and sha256_of(path) == digest for path, digest in expected.items())


def _open_progress(out: Path, inputs: dict[str, Any], done: dict[str, Done]) -> None:
    """From here on ``out`` is unfinished: the progress file is there and a manifest is not."""
    for folder in (out, out / "audio", out / "midi"):
        folder.mkdir(parents=True, exist_ok=True)
        for partial in folder.glob(".*.part"):
            partial.unlink()
    lines = [json.dumps(inputs), *(json.dumps([clip_id, *facts]) for clip_id, facts in done.items())]
    write_whole(out / PROGRESS, "".join(f"{line}\n" for line in lines).encode())
    (out / NAME).unlink(missing_ok=True)


def _render(out: Path, clips: Sequence[Drawn], done: dict[str, Done], workers: int) -> int:
    """Render what ``done`` lacks, add it there, and lower the whole set where a clip would peak too high."""
    target, rendered = audio.TARGET_LUFS, 0
    while True:
        missing = [clip for clip in clips if not _is_done(out, clip.clip_id, done, target)]
        rendered += len(missing)
        _render_clips(out, missing, done, target, workers)
        lower = audio.lowered(target, [done[clip.clip_id].true_peak_dbtp for clip in clips])
        if lower == target:
            return rendered
        target = lower


def _is_done(out: Path, clip_id: str, done: dict[str, Done], target: float) -> bool:
    path, facts = _audio_path(out, clip_id), done.get(clip_id)
    return bool(facts and facts.target_lufs == target and path.is_file() and sha256_of(path) == facts.audio_sha256)


def _render_clips(out: Path, clips: Sequence[Drawn], done: dict[str, Done], target: float, workers: int) -> None:
    if not clips:
        return
    with audio.pool(min(workers, len(clips))) as executor, (out / PROGRESS).open("a", encoding="utf-8") as progress:
        waiting = {
            executor.submit(audio.render, clip.tokens, _audio_path(out, clip.clip_id), target): clip.clip_id
            for clip in clips
        }
        bar = tqdm(as_completed(waiting), total=len(clips), desc="Rendering", unit="clip", disable=None, delay=2)
        try:
            for future in bar:
                digest, facts = future.result()
                clip_id = waiting[future]
                done[clip_id] = Done(target, digest, round(facts.lufs, 3), round(facts.true_peak_dbtp, 3))
                progress.write(json.dumps([clip_id, *done[clip_id]]) + "\n")
                progress.flush()
        except BrokenExecutor as error:
            raise InputError(
                f"A process that rendered for {out} was killed (memory?): the same command goes on where it stopped."
            ) from error


def _finish(out: Path, inputs: dict[str, Any], drawing: Drawing, done: dict[str, Done]) -> Manifest:
    """Write the metrics and, last of all, the manifest."""
    clips = drawing.clips
    table = metrics.table([clip.clip_id for clip in clips], [metrics.own_clip(clip.tokens) for clip in clips])
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        inputs=inputs,
        drawing=drawing.account,
        audio=_common_audio(out, clips[0].clip_id, done),
        metrics_sha256=sha256(table),
        clips=[_manifest_clip(out, clip, done[clip.clip_id]) for clip in clips],
    )
    write_whole(out / "metrics.csv", table, dated=False)
    write_whole(out / NAME, manifest.to_bytes(), dated=False)
    (out / PROGRESS).unlink()
    return manifest


def _common_audio(out: Path, clip_id: str, done: dict[str, Done]) -> Audio:
    return Audio(
        format="mp3",
        bit_rate_kbit_s=audio.MP3_KBIT_S,
        sample_rate_hz=audio.RATE,
        channels=1,
        samples=audio.SAMPLES,
        bytes=_audio_path(out, clip_id).stat().st_size,
        duration_s=audio.DURATION_S,
        target_lufs=done[clip_id].target_lufs,
    )


def _manifest_clip(out: Path, clip: Drawn, done: Done) -> Clip:
    return Clip(
        clip_id=clip.clip_id,
        system=clip.system,
        role=clip.role,
        provenance=clip.provenance,
        audio_sha256=done.audio_sha256,
        midi_sha256=sha256_of(_midi_path(out, clip.clip_id)),
        duration_s=audio.DURATION_S,
        lufs=done.lufs,
        true_peak_dbtp=done.true_peak_dbtp,
    )


def _audio_path(out: Path, clip_id: str) -> Path:
    return out / "audio" / f"{clip_id}.mp3"


def _midi_path(out: Path, clip_id: str) -> Path:
    return out / "midi" / f"{clip_id}.mid"
