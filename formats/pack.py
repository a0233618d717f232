"""The pack: `manifest.json` as typed objects, and its clips with their bytes (docs/packs.md)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, field_validator

from formats.errors import N_, InputError, Message
from formats.files import sha256
from formats.models import Part, fault, message_of
from formats.text import is_text

SCHEMA_VERSION = 1
NAME = "manifest.json"
METRICS = "metrics.csv"
ROLES = ("study", "practice")
#: The system that practice clips name: they belong to no system of the study.
PRACTICE = "practice"
MAX_S = 3600
#: How long the music of a clip made here may be, in seconds.
MIN_SECONDS, MAX_SECONDS = 1, 600
#: The most characters of a prompt's id.
MAX_PROMPT_LENGTH = 200
CHANGED = N_("%(file)s is not the file that the manifest describes (its SHA-256 differs): copy the pack again.")


class Audio(Part):
    """What every clip of a pack has in common: format, rate, length, size in bytes and target loudness."""

    format: str = Field(json_schema_extra={"pattern": "^[a-z0-9]{2,4}$"})
    bit_rate_kbit_s: int
    sample_rate_hz: int
    channels: int
    samples: int
    bytes: int
    duration_s: float
    target_lufs: float

    @field_validator("format")
    @classmethod
    def _is_an_ending(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]{2,4}", value):
            raise fault("format is %(value)s, not the ending of a file name.", value=repr(value))
        return value


class Clip(Part):
    """One clip: who made it and how, the hashes of its files, and what was measured of its audio.

    Fields that other tools add are kept: a study stores the whole entry.
    """

    model_config = ConfigDict(extra="allow")

    clip_id: str = Field(json_schema_extra={"pattern": "^[A-Za-z0-9_-]{1,64}$"})
    system: str
    role: str = Field(json_schema_extra={"enum": list(ROLES)})
    #: What clips of several systems were made from; None where they have nothing in common.
    prompt_id: str | None = Field(None, json_schema_extra={"minLength": 1, "maxLength": MAX_PROMPT_LENGTH})
    provenance: dict[str, Any] = {}
    audio_sha256: str
    midi_sha256: str | None = None
    duration_s: float = Field(json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": MAX_S})
    lufs: float
    true_peak_dbtp: float

    @field_validator("clip_id")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
            raise fault("clip id %(value)s must be 1-64 letters, digits, '-' or '_'.", value=repr(value))
        return value

    @field_validator("role")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in ROLES:
            raise fault("the role is %(value)s; roles are %(known)s.", value=repr(value), known=", ".join(ROLES))
        return value

    @field_validator("prompt_id")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not 0 < len(value.strip()) <= len(value) <= MAX_PROMPT_LENGTH:
            raise fault("prompt_id must have 1 to %(most)d characters.", most=MAX_PROMPT_LENGTH)
        return value

    @field_validator("duration_s")
    @classmethod
    def _is_a_length(cls, value: float) -> float:
        if not 0 < value < MAX_S:
            raise fault("duration_s is %(value)g, not between 0 and %(most)d.", value=value, most=MAX_S)
        return value

    def audio(self, pack: Path, ending: str) -> Path:
        """Where the clip's audio lies."""
        return pack / "audio" / f"{self.clip_id}.{ending}"

    def midi(self, pack: Path) -> Path:
        """Where the clip's MIDI file lies, if it has one."""
        return pack / "midi" / f"{self.clip_id}.mid"


class Manifest(Part):
    """A whole manifest. ``inputs`` and ``drawing`` are empty in packs made by other tools."""

    schema_version: int = Field(json_schema_extra={"const": SCHEMA_VERSION})
    inputs: dict[str, Any] = {}
    drawing: dict[str, Any] = {}
    audio: Audio
    metrics_sha256: str | None = None
    clips: list[Clip] = Field(json_schema_extra={"minItems": 1})

    @field_validator("schema_version")
    @classmethod
    def _is_read_here(cls, value: int) -> int:
        if value != SCHEMA_VERSION:
            raise fault("schema_version is %(value)s, known is %(known)d.", value=value, known=SCHEMA_VERSION)
        return value

    @field_validator("clips", mode="before")
    @classmethod
    def _has_one(cls, value: object) -> object:
        if not isinstance(value, list) or not value:
            raise fault("'clips' must be a list with at least one clip.")
        return value

    def to_bytes(self) -> bytes:
        """JSON with sorted keys, one space of indent and a final line end: same content, same bytes."""
        return (json.dumps(self.model_dump(), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


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

    @property
    def prompt_id(self) -> str | None:
        """The prompt that clips of several systems share, if there is one."""
        return self.entry.get("prompt_id")


def shared_prompts(clips: Iterable[tuple[str, str | None]]) -> list[str]:
    """The prompts that every system has, in the order in which they first appear; clips as (system, prompt)."""
    systems: dict[str, set[str]] = {}
    order: dict[str, None] = {}
    for system, prompt in clips:
        found = systems.setdefault(system, set())
        if prompt is not None:
            found.add(prompt)
            order[prompt] = None
    return [prompt for prompt in order if all(prompt in found for found in systems.values())]


def named_in(clip_id: str, systems: Iterable[str]) -> list[str]:
    """The systems whose name stands in a clip id. Names of one or two letters say nothing and are not looked for."""
    return [name for name in systems if len(name) > 2 and name.lower() in clip_id.lower()]


def read_manifest(pack: Path) -> Manifest:
    """Read ``manifest.json`` of a pack folder. Raises InputError naming the first field that is missing or wrong."""
    path = pack / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise InputError(
            "%(file)s cannot be read: give a finished pack (generate_stimuli makes one).", file=path
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError("%(file)s is not JSON (%(reason)s): make the pack again.", file=path, reason=error) from error
    if not all(map(is_text, _texts(content))):
        raise InputError("%(file)s contains a character that no database can store: make the pack again.", file=path)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError("%(file)s: %(fault)s", file=path, fault=_placed(first["loc"], message_of(first))) from error


def read_pack(folder: Path, each: Callable[[list[Clip]], Iterable[Clip]] = iter) -> list[PackClip]:
    """All clips of a pack in the manifest's order, each file compared with its hash; `each` may show the progress.

    Raises InputError naming the first file that is not as the manifest says.
    """
    manifest = read_manifest(folder)
    ending, metrics = manifest.audio.format, _metrics(folder / METRICS, manifest.metrics_sha256)
    return [
        PackClip(
            clip_id=clip.clip_id,
            system=clip.system,
            role=clip.role,
            duration_ms=round(clip.duration_s * 1000),
            ending=ending,
            audio=_checked_bytes(clip.audio(folder, ending), clip.audio_sha256),
            entry=clip.model_dump(exclude_unset=True),
            metrics=metrics.get(clip.clip_id, {}),
        )
        for clip in each(manifest.clips)
    ]


def _placed(loc: tuple[int | str, ...], message: Message) -> Message:
    """A fault with the part of the manifest in which it is."""
    if loc[:1] == ("clips",) and len(loc) > 1:
        return Message("clip %(number)d: %(fault)s", number=int(loc[1]) + 1, fault=message)
    return Message("%(part)s: %(fault)s", part=loc[0], fault=message) if len(loc) > 1 else message


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


def _checked_bytes(path: Path, expected: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            "%(file)s is missing or cannot be read: make the pack again or copy it whole.", file=path
        ) from error
    if sha256(content) != expected:
        raise InputError(CHANGED, file=path)
    return content


def _metrics(path: Path, expected: str | None) -> dict[str, dict[str, str]]:
    """Rows of metrics.csv by clip_id; none where the pack has no such file."""
    if expected is None and not path.exists():
        return {}
    content = _checked_bytes(path, expected) if expected else path.read_bytes()
    if b"\0" in content:
        raise InputError(
            "%(file)s contains a NUL character, which no database can store: make it with measure_clips.", file=path
        )
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        return {row.pop("clip_id"): {name: value or "" for name, value in row.items() if name} for row in rows}
    except (UnicodeDecodeError, KeyError, csv.Error) as error:
        raise InputError(
            "%(file)s is no UTF-8 table with a column clip_id: make it with measure_clips.", file=path
        ) from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number in JSON")
