"""Reading a pack (docs/packs.md): every file is checked against the manifest before a study takes anything from it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from formats.errors import InputError
from formats.text import is_text

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class PackClip:
    """One clip of a pack: its entry in the manifest, its row of metrics.csv and its audio's bytes, checked."""

    clip_id: str
    system: str
    role: str
    duration_ms: int
    ending: str
    audio: bytes
    entry: dict[str, Any]
    metrics: dict[str, str]


def read_pack(folder: Path) -> list[PackClip]:
    """All clips of a pack in the manifest's order. Raises `InputError` naming the first file that is not as written."""
    manifest = _manifest(folder)
    ending = manifest["audio"]["format"]
    if not re.fullmatch(r"[a-z0-9]{2,4}", str(ending)):
        raise InputError(
            f"{folder / 'manifest.json'}: audio format {ending!r} is not a file ending; make the pack again."
        )
    metrics = _metrics(folder, manifest.get("metrics_sha256"))
    bar = tqdm(manifest["clips"], desc="Checking clips", unit="clip", disable=None, delay=2)
    return [_clip(folder, entry, ending, metrics.get(entry["clip_id"], {})) for entry in bar]


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise InputError(f"{path} cannot be read: name a finished pack (generate_stimuli makes one).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); make the pack again.") from error
    fault = next(_faults(content), None)
    if fault:
        raise InputError(f"{path}: {fault}; make the pack again.")
    manifest: dict[str, Any] = content
    return manifest


def _faults(content: Any) -> Iterator[str]:
    """What is wrong with a manifest, as far as a study needs it."""
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        yield f"schema_version is not {SCHEMA_VERSION}"
        return
    if not isinstance(content.get("audio"), dict) or not isinstance(content["audio"].get("format"), str):
        yield "the audio format is missing"
    clips = content.get("clips")
    if not isinstance(clips, list) or not clips:
        yield "there are no clips"
        return
    for number, clip in enumerate(clips, start=1):
        texts = ("clip_id", "system", "role", "audio_sha256")
        if not isinstance(clip, dict) or not all(isinstance(clip.get(key), str) for key in texts):
            yield f"clip {number} lacks one of {', '.join(texts)}"
        elif not re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", clip["clip_id"]) or clip["role"] not in {"study", "practice"}:
            yield f"clip {number} has a clip_id or role that can't be"
        elif type(clip.get("duration_s")) not in {int, float} or not 0 < clip["duration_s"] < 3600:
            yield f"clip {number} has no duration_s between 0 and 3600"
        elif not all(map(is_text, _texts(clip))):
            yield f"clip {number} contains a character that no database can store"


def _texts(content: Any) -> Iterator[str]:
    """Every text in a piece of JSON, names of keys included."""
    if isinstance(content, dict):
        yield from content
        content = list(content.values())
    if isinstance(content, list):
        for item in content:
            yield from _texts(item)
    elif isinstance(content, str):
        yield content


def _clip(folder: Path, entry: dict[str, Any], ending: str, metrics: dict[str, str]) -> PackClip:
    path = folder / "audio" / f"{entry['clip_id']}.{ending}"
    return PackClip(
        clip_id=entry["clip_id"],
        system=entry["system"],
        role=entry["role"],
        duration_ms=round(entry["duration_s"] * 1000),
        ending=ending,
        audio=_checked_bytes(path, entry["audio_sha256"]),
        entry=entry,
        metrics=metrics,
    )


def _checked_bytes(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} is missing or can't be read; make the pack again or copy it whole.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(
            f"{path} is not the file that the manifest describes (its SHA-256 differs); copy the pack again."
        )
    return content


def _metrics(folder: Path, sha256: str | None) -> dict[str, dict[str, str]]:
    """Rows of metrics.csv by clip_id; none where the pack has no such file."""
    path = folder / "metrics.csv"
    if sha256 is None and not path.exists():
        return {}
    content = _checked_bytes(path, sha256) if sha256 else path.read_bytes()
    if b"\0" in content:
        raise InputError(f"{path} contains a NUL character, which no database can store; make it with measure_clips.")
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        return {row.pop("clip_id"): {name: value or "" for name, value in row.items() if name} for row in rows}
    except (UnicodeDecodeError, KeyError, csv.Error) as error:
        raise InputError(f"{path} is no UTF-8 table with a column clip_id; make it with measure_clips.") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")
