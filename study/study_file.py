"""The study file: TOML in, a checked dict out, or every fault at once with its line, its key and the mend."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from formats.errors import InputError
from formats.files import read_text, sha256
from formats.text import many_lines, one_line
from study.models import HIGHEST_RATING, LOWEST_RATING
from study.toml_check import Check, KeyPath, read_toml

#: Numbers beyond this are not exact in RFC 8785 JSON.
LARGEST_SEED = 2**53 - 1
MOST_SYSTEMS, MOST_CLIPS, MOST_SLOTS, MOST_PRACTICE = 12, 1000, 200, 20
MOST_TRIALS = MOST_SYSTEMS * MOST_CLIPS
#: How long after the end of a study answers on their way are still taken where its file does not say, and at most.
GRACE_HOURS, MOST_GRACE_HOURS = 48, 24 * 14
#: Trials between a hidden repeat and its first hearing.
REPEAT_GAP = 8
#: Names that a scale can't have, for datasets have columns of these names.
RESERVED = {
    *("expert_id", "group", "trial", "block", "position", "system", "clip_id", "is_repeat", "scale", "rating"),
    *("revision", "rated_at", "browser_at", "received_at", "plays", "heard_ms", "rt_ms", "late", "known"),
    *("language", "wording"),
}
#: Names that a background question can't have, for the same reason.
EXPERT_COLUMNS = {
    *("expert_id", "group", "language", "submitted", "replaced_by", "level"),
    *("headphones_correct", "headphones_rounds"),
}


def read(path: Path) -> tuple[dict[str, Any], str]:
    """A study file on disk, checked, and its SHA-256. Each fault in the `InputError` begins with the file's name."""
    text = read_text(path)
    try:
        return parse(text), sha256(text.encode())
    except InputError as error:
        raise InputError("\n".join(f"{path}, {fault}" for fault in str(error).split("\n"))) from error


def parse(text: str) -> dict[str, Any]:
    """A study file's content, checked and completed (docs/study-file.md). Raises `InputError`, a line a fault."""
    content = read_toml(text)
    check = Check(text, content)
    study = _study(check, content)
    check.raise_faults()
    return study


def parse_analysis(text: str, file: dict[str, Any]) -> dict[str, Any]:
    """The section [analysis] alone, for an amendment to the plan of a study; checked as in a whole file."""
    content = read_toml(text)
    check = Check(text, content)
    check.table(content, (), "analysis")
    analysis = _analysis(check, content, [system["id"] for system in file["systems"]], file["scales"])
    check.raise_faults()
    return analysis


def analysis_toml(analysis: dict[str, Any]) -> str:
    """The section [analysis] as text that `parse_analysis` reads: JSON's texts, numbers and lists are TOML's too."""
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in analysis.items())
    return "\n".join(["[analysis]", *lines])


def localised(texts: Any, language: str) -> str:
    """The text of a language, or of another where there is none in it."""
    found: str = texts.get(language) or next(iter(texts.values()))
    return found


def trials_per_expert(study: dict[str, Any]) -> int:
    """Study trials of a session, hidden repeats included and practice not."""
    design = study["design"]
    return int(design["heard_per_expert"] * len(study["systems"]) + design["repeats"])


def break_after(study: dict[str, Any]) -> int:
    """The trial number after which a session pauses; 0 for no break."""
    chosen = study["design"]["break_after"]
    return math.ceil(trials_per_expert(study) / 2) if chosen == "half" else int(chosen)


def grace_hours(study: dict[str, Any]) -> int:
    """Hours after the end within which answers given before it are taken; a file from before it could say so has 48."""
    return int(study["design"].get("grace_hours", GRACE_HOURS))


KEYS = "title languages systems design groups scales consent instructions analysis"
ID = (r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", gettext_lazy("lower-case letters, digits and hyphens (at most 40)"))
COLUMN = (
    r"[a-z][a-z0-9_]{0,38}",
    gettext_lazy("lower-case letters, digits and underscores, starting with a letter (at most 39)"),
)


def _study(check: Check, content: dict[str, Any]) -> dict[str, Any]:
    check.table(content, (), KEYS, "background real_system")
    check.languages = _languages(check, content)
    systems = _each(check, content, "systems", 2, MOST_SYSTEMS, _system)
    scales = _each(check, content, "scales", 1, 12, _scale)
    groups = _each(check, content, "groups", 1, 20, _group)
    check.unique([system["id"] for system in systems], ("systems",), "id")
    for key, rows in (("scales", scales), ("groups", groups)):
        check.unique([row["key"] for row in rows], (key,), "key")
    real = check.text(content, "real_system", ()) or None
    ids = [system["id"] for system in systems]
    if real is not None and check.sound("systems") and real not in ids:
        message = _("%(value)s is not one of the systems. Use one of %(known)s.")
        check.fault(("real_system",), message, value=repr(real), known=", ".join(ids))
    return {
        "title": check.texts(content, "title", ()),
        "languages": check.languages,
        "systems": systems,
        "real_system": real,
        "design": _design(check, content, len(systems), groups),
        "groups": groups,
        "scales": scales,
        "background": _background(check, content),
        "consent": _consent(check, content),
        "instructions": check.texts(content, "instructions", (), lines=True),
        "analysis": _analysis(check, content, ids, scales),
    }


def _each(
    check: Check,
    content: dict[str, Any],
    key: str,
    least: int,
    most: int,
    read: Callable[[Check, Any, KeyPath], dict[str, Any]],
) -> list[dict[str, Any]]:
    return [read(check, row, (key, index)) for index, row in enumerate(check.rows(content, key, least, most))]


def _languages(check: Check, content: dict[str, Any]) -> list[str]:
    languages = content.get("languages", [])
    known = isinstance(languages, list) and set(map(str, languages)) <= {"en", "zh-hans"}
    if "languages" in content and (not known or not languages or len(set(languages)) < len(languages)):
        check.fault(("languages",), _('Write a list of "en", "zh-hans" or both, with the default language first.'))
        return []
    return list(languages)


def _system(check: Check, row: Any, path: KeyPath) -> dict[str, Any]:
    table = check.table(row, path, "id label")
    return {"id": check.name(table, "id", path, *ID), "label": check.texts(table, "label", path)}


def _scale(check: Check, row: Any, path: KeyPath) -> dict[str, Any]:
    table = check.table(row, path, "key minimum maximum label definition low high")
    key = check.name(table, "key", path, *COLUMN)
    if key in RESERVED:
        check.fault((*path, "key"), _("Datasets already have a column '%(key)s'. Choose another name."), key=key)
    low = check.whole(table, "minimum", path, LOWEST_RATING, HIGHEST_RATING - 1)
    high = check.whole({"maximum": low + 1, **table}, "maximum", path, low + 1, HIGHEST_RATING)
    texts = {part: check.texts(table, part, path) for part in ("label", "definition", "low", "high")}
    return {"key": key, "minimum": low, "maximum": high, **texts}


def _group(check: Check, row: Any, path: KeyPath) -> dict[str, Any]:
    table = check.table(row, path, "key label slots")
    return {
        "key": check.name(table, "key", path, *ID),
        "label": check.texts(table, "label", path),
        "slots": check.whole(table, "slots", path, 1, MOST_SLOTS),
    }


def _design(check: Check, content: dict[str, Any], systems: int, groups: list[dict[str, Any]]) -> dict[str, Any]:
    path: KeyPath = ("design",)
    optional = {"repeats": 0, "break_after": "half", "practice": 0, "grace_hours": GRACE_HOURS}
    keys = f"{' '.join(optional)} seed"
    table = check.table(content.get("design", {}), path, "clips_per_system heard_per_expert", keys)
    table = {**optional, **table}
    clips = check.whole(table, "clips_per_system", path, 1, MOST_CLIPS)
    most = clips if check.sound("design.clips_per_system") else MOST_CLIPS
    heard = check.whole(table, "heard_per_expert", path, 1, most)
    trials = heard * systems if check.sound("systems", "design.heard_per_expert") else MOST_TRIALS
    repeats = check.whole(table, "repeats", path, 0, trials if trials >= REPEAT_GAP else 0)
    trials = trials + repeats if check.sound("design.repeats") else MOST_TRIALS
    design = {
        "clips_per_system": clips,
        "heard_per_expert": heard,
        "repeats": repeats,
        "break_after": table["break_after"],
        "practice": check.whole(table, "practice", path, 0, MOST_PRACTICE),
        "grace_hours": check.whole(table, "grace_hours", path, 0, MOST_GRACE_HOURS),
        "slots": _slots(check, groups),
    }
    if design["break_after"] != "half":
        design["break_after"] = check.whole(table, "break_after", path, 0, trials - 1)
    if "seed" in table:
        design["seed"] = check.whole(table, "seed", path, 0, LARGEST_SEED)
    return design


def _slots(check: Check, groups: list[dict[str, Any]]) -> dict[str, int]:
    slots = {group["key"]: group["slots"] for group in groups}
    together = sum(slots.values())
    each = [f"groups[{number}].slots" for number in range(1, len(groups) + 1)]
    if groups and check.sound(*each) and not 2 <= together <= MOST_SLOTS:
        message = _("The groups have %(count)d slots in total. Enter 2 to %(most)d.")
        check.fault(("groups",), message, count=together, most=MOST_SLOTS)
    return slots


def _background(check: Check, content: dict[str, Any]) -> list[dict[str, Any]]:
    questions = _each(check, content, "background", 0, 30, _question)
    check.unique([question["key"] for question in questions], ("background",), "key")
    return questions


def _question(check: Check, row: Any, path: KeyPath) -> dict[str, Any]:
    table = check.table(row, path, "key kind label", "required choices")
    kind = check.text(table, "kind", path)
    if kind and kind not in {"choice", "number", "text"}:
        message = _('%(value)s is not valid. Write "choice", "number" or "text".')
        check.fault((*path, "kind"), message, value=repr(kind))
    if type(table.get("required", False)) is not bool:
        check.fault((*path, "required"), _("Write true or false."))
    question = {
        "key": check.name(table, "key", path, *COLUMN),
        "kind": kind,
        "label": check.texts(table, "label", path),
        "required": bool(table.get("required", False)),
    }
    if question["key"] in EXPERT_COLUMNS:
        key = question["key"]
        check.fault((*path, "key"), _("Datasets already have a column '%(key)s'. Choose another name."), key=key)
    if kind == "choice":
        question["choices"] = _choices(check, table, path)
    elif "choices" in table:
        check.fault((*path, "choices"), _('Only a question of kind "choice" has choices. Delete this key.'))
    return question


def _choices(check: Check, table: dict[str, Any], path: KeyPath) -> list[dict[str, Any]]:
    rows = table.get("choices")
    if not isinstance(rows, list) or len(rows) < 2:
        check.fault((*path, "choices"), _("Write two or more choices, each as { key = …, label = { … } }."))
        return []
    choices: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        place = (*path, "choices", index)
        choice = check.table(row, place, "key label")
        choices.append({"key": check.name(choice, "key", place, *ID), "label": check.texts(choice, "label", place)})
    check.unique([choice["key"] for choice in choices], (*path, "choices"), "key")
    return choices


def _consent(check: Check, content: dict[str, Any]) -> dict[str, Any]:
    table = check.table(content.get("consent", {}), ("consent",), "version text")
    version = one_line(check.text(table, "version", ("consent",))).strip()
    if len(version) > 20:
        check.fault(("consent", "version"), _("Write at most 20 characters."))
    return {"version": version, "text": check.texts(table, "text", ("consent",), lines=True)}


def _analysis(check: Check, content: dict[str, Any], systems: list[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    path: KeyPath = ("analysis",)
    keys = "primary_scale contrasts smallest_gap alpha exclusions dropouts"
    table = check.table(content.get("analysis", {}), path, keys, "hypotheses")
    hypotheses = table.get("hypotheses", [])
    if not isinstance(hypotheses, list) or not all(isinstance(text, str) and text.strip() for text in hypotheses):
        check.fault((*path, "hypotheses"), _('Write a list of texts, ["…", "…"], one for each hypothesis.'))
        hypotheses = []
    primary, scales = (
        check.text(table, "primary_scale", path),
        {row["key"]: row["maximum"] - row["minimum"] for row in rows},
    )
    if primary and check.sound("scales") and primary not in scales:
        message = _("%(value)s is not one of the scales: %(known)s.")
        check.fault((*path, "primary_scale"), message, value=repr(primary), known=", ".join(scales))
    contrasts = table.get("contrasts", [])
    pairs = isinstance(contrasts, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in contrasts)
    if check.sound("systems") and not (pairs and all(_are_two_of(systems, *pair) for pair in contrasts)):
        message = _('Write pairs of systems, such as [["a", "b"]], from %(known)s.')
        check.fault((*path, "contrasts"), message, known=", ".join(systems))
    return {
        "hypotheses": [many_lines(text) for text in hypotheses],
        "primary_scale": primary,
        "contrasts": contrasts,
        "smallest_gap": _fraction(check, table, "smallest_gap", scales.get(primary, HIGHEST_RATING)),
        "alpha": _fraction(check, table, "alpha", 1),
        "exclusions": check.text(table, "exclusions", path),
        "dropouts": check.text(table, "dropouts", path),
    }


def _are_two_of(systems: list[str], one: object, other: object) -> bool:
    return one != other and one in systems and other in systems


def _fraction(check: Check, table: dict[str, Any], key: str, below: int) -> float:
    value = table.get(key, 0.5)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < below:
        return float(value)
    message = _("%(value)s is out of range. Enter a number above 0 and below %(below)d.")
    check.fault(("analysis", key), message, value=repr(value), below=below)
    return 0.5
