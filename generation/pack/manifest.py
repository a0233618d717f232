"""``manifest.json``: what a pack says of itself, as typed objects and as bytes (docs/packs.md, field by field)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from formats.errors import InputError

SCHEMA_VERSION = 1
NAME = "manifest.json"
METRICS = "metrics.csv"
ROLES = ("study", "practice")
#: The system that practice clips name: they belong to no system of the study.
PRACTICE = "practice"


@dataclass(frozen=True)
class Audio:
    """What every clip of a pack has in common: format, rate, length, size in bytes and target loudness."""

    format: str
    bit_rate_kbit_s: int
    sample_rate_hz: int
    channels: int
    samples: int
    bytes: int
    duration_s: float
    target_lufs: float


@dataclass(frozen=True)
class Clip:
    """One clip: who made it and how, the hashes of its files, and what was measured of its audio."""

    clip_id: str
    system: str
    role: str
    provenance: dict[str, Any]
    audio_sha256: str
    midi_sha256: str | None
    duration_s: float
    lufs: float
    true_peak_dbtp: float

    def audio(self, pack: Path, ending: str) -> Path:
        """Where the clip's audio lies."""
        return pack / "audio" / f"{self.clip_id}.{ending}"

    def midi(self, pack: Path) -> Path:
        """Where the clip's MIDI file lies, if it has one."""
        return pack / "midi" / f"{self.clip_id}.mid"


@dataclass(frozen=True)
class Manifest:
    """A whole manifest. ``inputs`` and ``drawing`` are empty in packs made by other tools."""

    schema_version: int
    inputs: dict[str, Any]
    drawing: dict[str, Any]
    audio: Audio
    metrics_sha256: str | None
    clips: list[Clip]

    def to_bytes(self) -> bytes:
        """The manifest as canonical JSON: same content, same bytes."""
        return to_json(asdict(self))


def named_in(clip_id: str, systems: Iterable[str]) -> list[str]:
    """The systems whose name stands in a clip id. Names of one or two letters say nothing and are not looked for."""
    return [name for name in systems if len(name) > 2 and name.lower() in clip_id.lower()]


def to_json(content: dict[str, Any]) -> bytes:
    """JSON with sorted keys, one space of indent and a final line end."""
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def read_manifest(pack: Path) -> Manifest:
    """Read ``manifest.json`` of a pack folder. Raises InputError naming the field that is missing or wrong."""
    path = pack / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: give a finished pack (generate_stimuli makes one).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}): make the pack again.") from error
    where = f"{path}: "
    _require(isinstance(content, dict), f"{where}the file holds no object: make the pack again.")
    version = content.get("schema_version")
    _require(version == SCHEMA_VERSION, f"{where}schema_version is {version!r}, known is {SCHEMA_VERSION}.")
    clips = content.get("clips")
    _require(isinstance(clips, list) and bool(clips), f"{where}'clips' must be a list with at least one clip.")
    return Manifest(
        schema_version=SCHEMA_VERSION,
        inputs=_field(content, "inputs", dict, where, {}),
        drawing=_field(content, "drawing", dict, where, {}),
        audio=_object(Audio, content.get("audio"), f"{where}audio: "),
        metrics_sha256=_field(content, "metrics_sha256", str, where, None),
        clips=[_object(Clip, clip, f"{where}clip {number}: ") for number, clip in enumerate(clips, start=1)],
    )


KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "str | None": (str, type(None)),
    "dict[str, Any]": (dict,),
}
OPTIONAL: dict[str, Any] = {"midi_sha256": None, "provenance": {}}
Part = TypeVar("Part", Audio, Clip)


def _object(kind: type[Part], content: Any, where: str) -> Part:
    _require(isinstance(content, dict), f"{where}this must be an object.")
    values = {}
    for field in fields(kind):
        value = content.get(field.name, OPTIONAL.get(field.name, ...))
        _require(value is not ..., f"{where}'{field.name}' is missing.")
        right = isinstance(value, KINDS[str(field.type)]) and not isinstance(value, bool)
        _require(right, f"{where}'{field.name}' is {value!r}, not of type {field.type}.")
        values[field.name] = value
    return kind(**values)


def _field(content: dict[str, Any], name: str, kind: type, where: str, default: Any) -> Any:
    value = content.get(name, default)
    _require(value is default or isinstance(value, kind), f"{where}'{name}' is not of type {kind.__name__}.")
    return value


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise InputError(sentence)
