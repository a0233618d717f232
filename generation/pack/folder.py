"""Which clips a pack made from a folder holds: one sub-folder of recordings or MIDI files a system.

Files of equal names are one prompt. All usable files of a system are taken, or as many as were asked for, in a seeded
order; prompts that all systems have come first, in the same order for each. Practice clips come from a
sub-folder "practice"; where there is none, from files that the systems can spare, so that no clip is both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from formats.errors import InputError, Message
from formats.files import sha256, sha256_of
from formats.pack import MAX_PROMPT_LENGTH, PRACTICE, shared_prompts
from formats.progress import bar
from generation import metrics
from generation.audio import Frame
from generation.pack.common import NOTHING_ASKED, Asked, changes_of, summary_of
from generation.pack.recordings import Judgement, is_midi, judge
from generation.pack.rendering import Piece, Selection
from generation.pack.selection import clip_ids, stream
from generation.workers import Workers, pool

#: The study file's rule for the id of a system.
SYSTEM_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
MAX_REASONS = 10


class FolderScan(NamedTuple):
    """What lies in the folder: the hash of each file by system and name in it, and what is no system's file."""

    systems: dict[str, dict[str, str]]
    strays: dict[str, Message]


def scan_folder(folder: Path) -> FolderScan:
    """The sub-folders and their files, hidden ones apart. Raises InputError where they are no systems."""
    if not folder.is_dir():
        raise InputError("%(file)s is not a folder: name one with a sub-folder of clips for each system.", file=folder)
    systems: dict[str, dict[str, str]] = {}
    strays: dict[str, Message] = {}
    for entry in _visible(folder):
        if not entry.is_dir():
            strays[entry.name] = Message("it is not inside a system folder: move it into one")
            continue
        if not SYSTEM_ID.fullmatch(entry.name):
            raise InputError(
                "%(file)s gives its system no plain name: rename it to small letters, digits and hyphens (at most 40).",
                file=entry,
            )
        files = {path: f"{entry.name}/{path.name}" for path in _visible(entry)}
        systems[entry.name] = {name: sha256_of(path) for path, name in files.items() if path.is_file()}
        strays |= {name: Message("it is not a file") for path, name in files.items() if not path.is_file()}
    if not systems.keys() - {PRACTICE}:
        raise InputError(
            "%(file)s has no sub-folder: put the clips of each system into one, named after the system.", file=folder
        )
    return FolderScan(systems, strays)


def _visible(folder: Path) -> list[Path]:
    """What a user put there, and not what file managers and archives leave behind."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 of the names and contents of a system's files."""
    return sha256("".join(f"{name}\t{content}\n" for name, content in sorted(files.items())).encode())


def select(
    folder: Path,
    found: FolderScan,
    *,
    clips_per_system: int | None,
    practice: int | None,
    seed: int,
    workers: Workers,
    asked: Asked = NOTHING_ASKED,
) -> Selection:
    """The clips of the pack by the rule of this module. Raises InputError where a system is left without one."""
    reasons, judged, frame = _judged(folder, found, asked, workers)
    usable = {
        system: _shuffled([name for name in files if name not in reasons], seed, system)
        for system, files in sorted(found.systems.items())
    }
    apart = usable.pop(PRACTICE, None)
    _require_clips(folder, usable, found, reasons)
    prompts = _prompts(usable)
    first = _shuffled(_in_every_system(usable, prompts), seed, "prompts")
    usable = {system: _first(files, prompts, first) for system, files in usable.items()}
    spare = {name: files[clips_per_system or 1 :] for name, files in usable.items()}
    rehearsed = _spared(spare, practice or 0) if apart is None else apart[:practice]
    chosen = [
        (system, "study", name)
        for system, files in usable.items()
        for name in [name for name in files if name not in rehearsed][:clips_per_system]
    ] + [(PRACTICE, "practice", name) for name in rehearsed]
    hashes = {name: content for files in found.systems.values() for name, content in files.items()}
    ids = clip_ids(len(chosen), stream(seed, "clip ids"), found.systems)
    changes = {name: changes_of(judged[name], frame) for _, _, name in chosen}
    pieces = [
        _piece(folder / name, clip_id, system, role, _provenance(name, hashes, changes), prompts.get(name))
        for clip_id, (system, role, name) in zip(ids, chosen, strict=True)
    ]
    return Selection(
        sorted(pieces, key=lambda piece: piece.clip_id),
        _account(found, reasons, chosen) | summary_of(frame, changes.values()),
        max((judged[name].crest_lu for _, _, name in chosen), default=0.0),
        frame,
    )


def _provenance(name: str, hashes: Mapping[str, str], changes: Mapping[str, list[str]]) -> dict[str, Any]:
    return {"file": name, "file_sha256": hashes[name], "changes": changes[name]}


def _judged(
    folder: Path, found: FolderScan, asked: Asked, workers: Workers
) -> tuple[dict[str, Message], dict[str, Judgement], Frame]:
    """Why files cannot be used, what was found of all that were listened to, by name, and what clips have in common.

    Of files with the same content the first counts.
    """
    reasons = dict(found.strays)
    first: dict[str, str] = {}
    for files in found.systems.values():
        for name, content in files.items():
            if first.setdefault(content, name) != name:
                reasons[name] = Message("it is the same file as %(file)s", file=first[content])
    judged = _heard(folder, list(first.values()), asked.widest, workers, own=True)
    usable = [name for name, each in judged.items() if not each.reason]
    frame = asked.common_to([judged[name] for name in usable])
    judged |= _heard(folder, usable, frame, workers)
    reasons |= {name: each.reason for name, each in judged.items() if each.reason}
    return reasons, judged, frame


def _heard(
    folder: Path, names: list[str], frame: Frame, workers: Workers, *, own: bool = False
) -> dict[str, Judgement]:
    """What is found of files that are to become clips of a frame."""
    with pool(workers, len(names), reads=folder) as executor:
        verdicts = executor.map(partial(judge, frame=frame, own=own), [folder / name for name in names])
        return dict(zip(names, bar(verdicts, "Listening", total=len(names), unit="file"), strict=True))


def _shuffled(names: Sequence[str], seed: int, system: str) -> list[str]:
    return [names[place] for place in stream(seed, system).permutation(len(names))]


def _prompts(usable: Mapping[str, list[str]]) -> dict[str, str]:
    """The prompt of each file: its name without the ending, where two or more systems have one file of that name."""
    once = [{stem: names[0] for stem, names in _by_stem(files).items() if len(names) == 1} for files in usable.values()]
    counts = Counter(stem for stems in once for stem in stems)
    return {name: stem for stems in once for stem, name in stems.items() if counts[stem] > 1}


def _by_stem(files: Sequence[str]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = {}
    for name in files:
        stems.setdefault(PurePosixPath(name).stem[:MAX_PROMPT_LENGTH], []).append(name)
    return stems


def _in_every_system(usable: Mapping[str, list[str]], prompts: Mapping[str, str]) -> list[str]:
    return sorted(shared_prompts((system, prompts.get(name)) for system, files in usable.items() for name in files))


def _first(files: Sequence[str], prompts: Mapping[str, str], first: Sequence[str]) -> list[str]:
    """The files with those of some prompts before the others, in the order of the prompts."""
    places = {prompt: place for place, prompt in enumerate(first)}
    return sorted(files, key=lambda name: places.get(prompts.get(name, ""), len(places)))


def _require_clips(
    folder: Path, usable: Mapping[str, list[str]], found: FolderScan, reasons: Mapping[str, Message]
) -> None:
    for system, files in usable.items():
        if not files:
            names = list(found.systems[system])
            why = [Message("%(file)s: %(fault)s", file=name, fault=reasons[name]) for name in names[:MAX_REASONS]]
            if len(names) > MAX_REASONS:
                why.append(Message("and %(number)s more", number=len(names) - MAX_REASONS))
            raise InputError(
                "%(file)s holds no clip that can be used (%(reasons)s).",
                file=folder / system,
                reasons=why or [Message("it is empty")],
            )


def _spared(spare: dict[str, list[str]], count: int) -> list[str]:
    """Up to ``count`` files, each from the system with the most left to spare."""
    taken: list[str] = []
    while len(taken) < count and any(spare.values()):
        taken.append(max(spare.values(), key=len).pop())
    return taken


def _piece(
    path: Path, clip_id: str, system: str, role: str, provenance: dict[str, Any], prompt_id: str | None
) -> Piece:
    midi = is_midi(path)
    return Piece(
        clip_id,
        system,
        role,
        provenance,
        path,
        path.read_bytes() if midi else None,
        metrics.assess_clip(path).clip if midi else None,
        prompt_id,
    )


def _account(
    found: FolderScan, reasons: Mapping[str, Message], chosen: Sequence[tuple[str, str, str]]
) -> dict[str, object]:
    """What became of every file, for the manifest."""
    used = {name for _, _, name in chosen}
    counts = Counter(system for system, _, _ in chosen)
    return {
        "systems": {
            system: {
                "used": counts[system],
                "left_out": sum(name.startswith(f"{system}/") for name in reasons),
                "not_drawn": sum(name not in used and name not in reasons for name in files),
            }
            for system, files in ({PRACTICE: {}, **found.systems} if counts[PRACTICE] else found.systems).items()
        },
        "left_out": [
            {"file": name, "reason": str(reason), "message": reason.as_json()}
            for name, reason in sorted(reasons.items())
        ],
    }
