"""The files from which a draft's clips are made: where they are kept, whose they are, and what will be done to them."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from formats.errors import Message
from formats.pack import PRACTICE
from formats.text import is_text
from study.builder.content import Content, languages_of, value_at
from study.errors import Refused
from study.models import Draft, DraftFile

MAX_FILES, MAX_BYTES, MAX_PART = 5_000, 4 << 30, 120
#: Of one request that carries a part of a file, in bytes.
MAX_CHUNK = 8 << 20
#: Where no length is chosen, clips are as long as the shortest usable file, at most this (generation/pack/common.py).
MAX_COMMON_S = 60.0
TOLERANCE_S = 0.01
SIZE_UNKNOWN = -1


def folder_of_draft(draft: Draft) -> Path:
    """Where the clips of a draft are kept."""
    return Path(settings.MEDIA_ROOT) / "drafts" / draft.token


def files_of_draft(draft: Draft) -> Path:
    """Where the uploaded files are, in folders as they were uploaded."""
    return folder_of_draft(draft) / "files"


def name_of_upload(path: str) -> str:
    """A file's name with its folder, as it is kept. Refused where nobody could mean it."""
    parts = [part.strip() for part in re.split(r"[/\\]", path) if part.strip() not in {"", "."}][-2:]
    bad = any(part.startswith((".", "__")) or len(part) > MAX_PART or not is_text(part) for part in parts)
    if not parts or bad or any(ord(sign) < 32 for part in parts for sign in part):
        raise Refused(400, "name", _("This file name cannot be used. Rename the file."))
    return "/".join(parts)


def arrived(draft: Draft, name: str, size: int) -> int:
    """How many bytes of an upload have arrived."""
    if (files_of_draft(draft) / name).is_file() and (files_of_draft(draft) / name).stat().st_size == size:
        return size
    partial = _partial(draft, name, size)
    return partial.stat().st_size if partial.exists() else 0


def take(draft: Draft, name: str, size: int, at: int, chunk: bytes) -> int:
    """Adds a part of an upload; how many bytes there are now. Refused where the part does not follow the last one."""
    there = arrived(draft, name, size)
    if there == size > 0 or there != at:
        return there
    if not 0 < size <= MAX_BYTES or at + len(chunk) > size or len(chunk) > MAX_CHUNK:
        raise Refused(400, "size", _("The file is empty or too large."))
    partial = _partial(draft, name, size)
    _require_room(draft, len(chunk))
    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("ab") as file:
        file.write(chunk)
    if at + len(chunk) == size:
        _put(draft, name, partial)
    return at + len(chunk)


def take_whole(draft: Draft, name: str, content: Iterable[bytes]) -> None:
    """Stores a file that came in one piece."""
    partial = _partial(draft, name, SIZE_UNKNOWN)
    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("wb") as file:
        for chunk in content:
            _require_room(draft, len(chunk))
            file.write(chunk)
    _put(draft, name, partial)


def _partial(draft: Draft, name: str, size: int) -> Path:
    return folder_of_draft(draft) / "arriving" / sha256(f"{size} {name}".encode()).hexdigest()


def _put(draft: Draft, name: str, partial: Path) -> None:
    target = files_of_draft(draft) / name
    if target.parent.is_file() or target.is_dir():
        raise Refused(409, "name", _("A file and a folder have the same name. Rename one of them."))
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(partial, target)
    DraftFile.objects.filter(draft=draft, name=name).update(facts={})


def _require_room(draft: Draft, more: int) -> None:
    paths = [path for path in folder_of_draft(draft).rglob("*") if path.is_file()]
    if len(paths) >= MAX_FILES or sum(path.stat().st_size for path in paths) + more > MAX_BYTES:
        message = _("A draft can hold %(files)d files and %(most)d GiB. Delete some files first.")
        raise Refused(413, "room", message % {"files": MAX_FILES, "most": MAX_BYTES >> 30})


def waiting(draft: Draft) -> bool:
    """Whether there are files that were not listened to yet."""
    known = set(draft.files.exclude(facts={}).values_list("name", flat=True))
    return any(name not in known for name in _names(draft))


def _names(draft: Draft) -> list[str]:
    folder = files_of_draft(draft)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def note_files(draft: Draft, found: Sequence[Mapping[str, Any]], systems: Sequence[str]) -> None:
    """Keeps what was found of the files, and of new ones whose they are by their names."""
    with transaction.atomic():
        for row in found:
            name = str(row["file"])
            facts = {key: value for key, value in row.items() if key != "file"}
            system, item = owner_of(name, systems)
            DraftFile.objects.update_or_create(
                draft=draft,
                name=name,
                defaults={"facts": facts},
                create_defaults={"facts": facts, "system": system, "item": item},
            )
        draft.files.exclude(name__in=[str(row["file"]) for row in found]).delete()


def owner_of(name: str, systems: Sequence[str]) -> tuple[str, str]:
    """The system that a file's name says, "" for none, and what it is of: system/item.wav, or item_system.wav."""
    path = PurePosixPath(name)
    folder = slugify(path.parent.name)
    if folder in {*systems, PRACTICE}:
        return folder, path.stem
    for system in sorted(systems, key=len, reverse=True):
        for sign in "_-":
            if path.stem.lower().endswith(f"{sign}{system}"):
                return system, path.stem[: -len(system) - 1]
            if path.stem.lower().startswith(f"{system}{sign}"):
                return system, path.stem[len(system) + 1 :]
    return "", path.stem


@dataclass(frozen=True)
class Row:
    """A file as the page shows it."""

    file: DraftFile
    changes: list[str]
    reason: Message | None

    @property
    def why(self) -> str:
        """Why it cannot be used, in the reader's language."""
        return self.reason.words(_) if self.reason else ""

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """The waveform as bars: where each begins, its top and its height."""
        heights = [max(2, int(level)) for level in self.file.facts.get("waveform", ())]
        return [(3 * place, 50 - height // 2, height) for place, height in enumerate(heights)]


def rows_of(draft: Draft, content: Content) -> tuple[list[Row], dict[str, Any]]:
    """All files with what will be done to them, and the length and channels of all clips."""
    files = list(draft.files.exclude(facts={}))
    usable = [file for file in files if file.system and not file.facts.get("reason")]
    seconds, channels = frame_of(content, usable)
    rows = []
    for file in files:
        reason = file.facts.get("reason")
        changes = changes_of(file, seconds, channels) if file in usable else []
        rows.append(Row(file, changes, Message.from_json(reason) if reason else None))
    counts = Counter(file.system for file in usable)
    return rows, {"seconds": seconds, "channels": channels, "counts": counts, "usable": len(usable)}


def length_of(draft: Draft, content: Content) -> float | None:
    """How long each clip of a draft will be, in seconds; None without a file that is used."""
    rows = draft.files.exclude(facts={}).exclude(system="")
    usable = [file for file in rows if not file.facts.get("reason")]
    return round(frame_of(content, usable)[0], 1) if usable else None


def frame_of(content: Content, usable: Sequence[DraftFile]) -> tuple[float, int]:
    """Length and channels of all clips, as generate_stimuli will choose them."""
    seconds, channels = (value_at(content, ("clips", name)) for name in ("seconds", "channels"))
    shortest = min((file.facts["seconds"] for file in usable), default=MAX_COMMON_S)
    are_stereo = bool(usable) and all(file.facts["channels"] == 2 for file in usable)
    is_number = isinstance(seconds, int | float) and seconds > 0
    return (
        float(seconds) if is_number else min(MAX_COMMON_S, shortest),
        channels if channels in (1, 2) else (2 if are_stereo else 1),
    )


def changes_of(file: DraftFile, seconds: float, channels: int) -> list[str]:
    """What will be done to a file, in words."""
    own, lasts = file.facts["channels"], file.facts["seconds"]
    done = [
        (lasts > seconds + TOLERANCE_S, _("cut to %(seconds).3g s") % {"seconds": seconds}),
        (lasts < seconds - TOLERANCE_S, _("followed by silence")),
        (own > 1 and own != channels, _("mixed to mono")),
        (channels > 1 and own == 1, _("mono, played on both sides")),
    ]
    return [words for is_so, words in done if is_so]


def assign(draft: Draft, chosen: Mapping[int, str]) -> None:
    """Says whose files are; "" for nobody's, which are not used."""
    for file in draft.files.filter(pk__in=chosen):
        if file.system != chosen[file.pk]:
            draft.files.filter(pk=file.pk).update(system=chosen[file.pk])


def remove(draft: Draft, file: DraftFile) -> None:
    """Deletes a file."""
    (files_of_draft(draft) / file.name).unlink(missing_ok=True)
    file.delete()


def remove_all(draft: Draft) -> None:
    """Deletes all files of a draft."""
    shutil.rmtree(folder_of_draft(draft), ignore_errors=True)
    draft.files.all().delete()


def systems_from_folders(draft: Draft, content: Content) -> None:
    """Makes a system of each folder of files, in place of the systems that there were."""
    folders = sorted({PurePosixPath(name).parent.name for name in draft.files.values_list("name", flat=True)} - {""})
    names = {slugify(folder)[:40].strip("-"): folder for folder in folders}
    names.pop(PRACTICE, None)
    names.pop("", None)
    language = languages_of(content)
    content["systems"] = [{"id": name, "label": dict.fromkeys(language, folder)} for name, folder in names.items()]
    content.pop("real_system", None)
    ids = list(names)
    content.setdefault("analysis", {})["contrasts"] = [ids[:2]] if len(ids) >= 2 else []


def assign_by_name(draft: Draft, systems: Sequence[str]) -> None:
    """Says once more whose files are, by their names."""
    for file in draft.files.all():
        system, item = owner_of(file.name, systems)
        draft.files.filter(pk=file.pk).update(system=system, item=item)


def gather(draft: Draft, content: Content, folder: Path) -> None:
    """Puts the files that are used into a folder, one sub-folder a system, for generate_stimuli."""
    systems = {str(row.get("id")) for row in content.get("systems", ())} | {PRACTICE}
    for file in draft.files.filter(system__in=systems).order_by("name"):
        target = folder / file.system / f"{file.item}{PurePosixPath(file.name).suffix.lower()}"
        number = 2
        while target.exists():
            target = target.with_name(f"{file.item} ({number}){target.suffix}")
            number += 1
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(files_of_draft(draft) / file.name, target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
