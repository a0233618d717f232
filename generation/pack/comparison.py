"""What the recordings of a finished pack say of their systems beside their music."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from formats.pack import Manifest
from formats.progress import bar
from generation.acoustics import Acoustics, acoustics
from generation.audio import decode_file
from generation.differences import Comparison, compare


def compare_pack(pack: Path, manifest: Manifest) -> Comparison:
    """Compare the study clips of a pack by system. Raises InputError where one cannot be decoded."""
    clips = [clip for clip in manifest.clips if clip.role == "study"]
    steps = bar(clips, "Comparing", unit="clip")
    measured = {clip.clip_id: acoustics(*decode_file(clip.audio(pack, manifest.audio.format))) for clip in steps}
    return compare_clips(manifest, measured)


def compare_clips(manifest: Manifest, measured: Mapping[str, Acoustics]) -> Comparison:
    """Compare the study clips of a pack by system, from what was measured of each, by clip id."""
    clips = [clip for clip in manifest.clips if clip.role == "study"]
    return compare([measured[clip.clip_id] for clip in clips], [clip.system for clip in clips])
