"""Verify a finished pack: complete, unchanged, and clips that differ only in their music.

What recordings say of their systems beside their music is no fault, but is told.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from formats.errors import N_, InputError, Message
from formats.files import sha256_of
from formats.pack import METRICS, NAME, PRACTICE, Clip, Manifest, named_in, read_manifest
from formats.progress import bar
from generation.acoustics import MOSTLY_CODED, Acoustics, acoustics
from generation.audio import decode_file, facts_of
from generation.differences import Comparison
from generation.pack.comparison import compare_clips

LOUDNESS_TOLERANCE_LU = 0.5
HIGHEST_PEAK_DBTP = -1.0
DURATION_TOLERANCE_S = 0.001


class Checked(NamedTuple):
    """A pack without a fault: its manifest, and what its recordings say of their systems."""

    manifest: Manifest
    comparison: Comparison


def check_pack(pack: Path) -> Manifest:
    """Check every promise of docs/packs.md. Raises InputError with the first fault: the file, and how to fix it."""
    return examine(pack).manifest


def examine(pack: Path) -> Checked:
    """The same, and compare the systems' recordings."""
    if not pack.is_dir():
        raise InputError("%(pack)s is not a folder: give a pack.", pack=pack)
    manifest = read_manifest(pack)
    _check_names(pack, manifest)
    _check_files(pack, manifest)
    steps = bar(manifest.clips, "Checking", unit="clip")
    measured = {clip.clip_id: _check_audio(clip.audio(pack, manifest.audio.format), clip, manifest) for clip in steps}
    _check_silence(pack, manifest, measured)
    return Checked(manifest, compare_clips(manifest, measured))


def _check_names(pack: Path, manifest: Manifest) -> None:
    where = pack / NAME
    systems = {clip.system for clip in manifest.clips if clip.role == "study"}
    seen: set[str] = set()
    for clip in manifest.clips:
        if clip.clip_id in seen:
            raise InputError(
                "%(where)s: clip id %(clip_id)s stands there twice: give each clip its own.",
                where=where,
                clip_id=clip.clip_id,
            )
        seen.add(clip.clip_id)
        if told := named_in(clip.clip_id, sorted(systems | {PRACTICE})):
            raise InputError(
                "%(where)s: clip id %(clip_id)s names its system (%(named)s): draw ids at random.",
                where=where,
                clip_id=clip.clip_id,
                named=told[0],
            )
        if clip.role == "practice" and clip.system in systems:
            raise InputError(
                "%(where)s: practice clip %(clip_id)s is of the study's system %(system)s: take another.",
                where=where,
                clip_id=clip.clip_id,
                system=clip.system,
            )
    _check_prompts(where, manifest)
    if [clip.clip_id for clip in manifest.clips] != sorted(seen):
        raise InputError(
            "%(where)s: clips must be sorted by clip_id, an order that says nothing of the system.", where=where
        )


def _check_prompts(where: Path, manifest: Manifest) -> None:
    """Raises InputError where a system has a prompt twice."""
    first: dict[tuple[str, str], str] = {}
    for clip in manifest.clips:
        if clip.role != "study" or clip.prompt_id is None:
            continue
        other = first.setdefault((clip.system, clip.prompt_id), clip.clip_id)
        if other != clip.clip_id:
            raise InputError(
                "%(file)s: clips %(one)s and %(other)s are of one system and have the same prompt_id. "
                "Keep one of them, or give them different prompts.",
                file=where,
                one=other,
                other=clip.clip_id,
            )


def _check_files(pack: Path, manifest: Manifest) -> None:
    expected: dict[Path, str] = {}
    for clip in manifest.clips:
        expected[clip.audio(pack, manifest.audio.format)] = clip.audio_sha256
        if clip.midi_sha256 is not None:
            expected[clip.midi(pack)] = clip.midi_sha256
    if manifest.metrics_sha256 is not None:
        expected[pack / METRICS] = manifest.metrics_sha256
    for path, digest in expected.items():
        if not path.is_file():
            raise InputError("%(path)s is missing: make the pack again or restore the file.", path=path)
        if sha256_of(path) != digest:
            raise InputError(
                "%(path)s has been altered (its SHA-256 is not the manifest's): make the pack again or restore the "
                "file.",
                path=path,
            )
    for folder in (pack / "audio", pack / "midi"):
        if surplus := sorted(set(folder.glob("*")) - set(expected)):
            raise InputError("%(surplus)s belongs to no clip of the manifest: remove it.", surplus=surplus[0])
    if manifest.metrics_sha256 is not None:
        _check_metrics(pack / METRICS, manifest)


def _check_metrics(path: Path, manifest: Manifest) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [str(row.get("clip_id")) for row in csv.DictReader(file)]
    clips = {clip.clip_id for clip in manifest.clips}
    # A clip of several voices has notes and no metrics.
    if len(rows) != len(set(rows)) or not set(rows) <= clips:
        raise InputError(
            "%(file)s must have at most one row for each clip, and no clip of another pack: "
            "make the pack again or restore the file.",
            file=path,
        )


def _check_audio(path: Path, clip: Clip, manifest: Manifest) -> Acoustics:
    samples, rate = decode_file(path)
    facts, common = facts_of(path.stat().st_size, samples, rate), manifest.audio
    for what, found, due in (
        (N_("bytes"), facts.size, common.bytes),
        (N_("samples"), facts.samples, common.samples),
        (N_("samples a second"), facts.rate, common.sample_rate_hz),
        (N_("channels"), facts.channels, common.channels),
    ):
        if found != due:
            raise InputError(
                "%(path)s has %(found)s %(what)s, the pack's clips have %(due)s: make the pack again or restore the "
                "file.",
                path=path,
                found=found,
                what=Message(what),
                due=due,
            )
    if not abs(facts.duration_s - clip.duration_s) <= DURATION_TOLERANCE_S:
        raise InputError(
            "%(path)s lasts %(duration_s).3f s, the manifest says %(due).3f s: make the pack again or restore the "
            "file.",
            path=path,
            duration_s=facts.duration_s,
            due=clip.duration_s,
        )
    if not abs(facts.lufs - common.target_lufs) <= LOUDNESS_TOLERANCE_LU:
        raise InputError(
            "%(path)s has %(lufs).2f LUFS, the pack's target is %(target_lufs).2f: make the pack again or restore the "
            "file.",
            path=path,
            lufs=facts.lufs,
            target_lufs=common.target_lufs,
        )
    if not facts.true_peak_dbtp <= HIGHEST_PEAK_DBTP:
        raise InputError(
            "%(path)s peaks at %(peak).2f dBTP, above %(highest).0f: lower the whole set.",
            path=path,
            peak=facts.true_peak_dbtp,
            highest=HIGHEST_PEAK_DBTP,
        )
    return acoustics(samples, rate)


def _check_silence(pack: Path, manifest: Manifest, measured: Mapping[str, Acoustics]) -> None:
    """Raises InputError with a sentence for each clip that is mostly silent."""
    faults = [
        Message(
            "%(path)s is silent for %(share)s of the time up to its last sound: cut the silence out of its music or "
            "take another clip, and make the pack again.",
            path=clip.audio(pack, manifest.audio.format),
            share=f"{silence:.0%}",
        )
        for clip in manifest.clips
        if (silence := measured[clip.clip_id].silence_to_end) > MOSTLY_CODED
    ]
    if faults:
        raise InputError.of(faults)
