"""A study file's content while it is being written: values at paths, entries of lists, languages, the form of a trial.

Content is what TOML gives, with two simplifications: a rating scale is a question of kind rating, and a text is a table
by language.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from formats.study_file import TrialClips
from formats.toml import KeyPath

Content = dict[str, Any]

TEXTS = frozenset({"title", "instructions", "label", "definition", "low", "middle", "high", "text", "known"})
#: The key whose texts are lists, one for each point of a scale, and the one that may be false.
POINTS, OPTIONAL = "labels", "known"
#: Texts of the plan, and lists of them, that may be plain: then they are the same in every language.
PLANNED = frozenset({"hypotheses", "exclusions", "dropouts"})
LISTS = frozenset({"systems", "groups", "questions", "attention_checks", "background", "choices"})
TABLES = frozenset({"consent", "trial", "clips", "design", "open_link", "publication", "analysis"})
#: Entries whose name is used elsewhere: the list, the key of the name, and what of the analysis it appears in.
NAMES = {"systems": "id", "questions": "key"}


def drafted(content: Content) -> Content:
    """A study file's content as a draft keeps it. What has not the shape of its key is left out."""
    languages = [one for one in content.get("languages") or () if isinstance(one, str)] or ["en"]
    scales = [{"kind": "rating", **row} for row in content.get("scales") or () if isinstance(row, dict)]
    questions = content.get("questions")
    asked = [*scales, *(questions if isinstance(questions, list) else [])]
    rest = {key: value for key, value in content.items() if key not in {"scales", "questions"}}
    return {key: _shaped(key, value, languages, is_top=True) for key, value in {**rest, "questions": asked}.items()}


def _shaped(key: str, value: Any, languages: list[str], *, is_top: bool = False) -> Any:
    if key == OPTIONAL and value is False:
        return value
    if key == POINTS:
        lists = {languages[0]: value} if isinstance(value, list) else value if isinstance(value, dict) else {}
        return {language: words for language, words in lists.items() if isinstance(words, list)}
    if key in PLANNED:
        given = value if isinstance(value, dict) else dict.fromkeys(languages, value)
        kind = list if key == "hypotheses" else str
        return {language: words for language, words in given.items() if words and isinstance(words, kind)}
    if key in TEXTS:
        texts = {languages[0]: value} if isinstance(value, str) else value if isinstance(value, dict) else {}
        return {language: text for language, text in texts.items() if isinstance(text, str)}
    if key in LISTS:
        rows = value if isinstance(value, list) else []
        return [{name: _shaped(name, part, languages) for name, part in row.items()} for row in rows if _is_table(row)]
    if is_top and key in TABLES:
        return {name: _shaped(name, part, languages) for name, part in value.items()} if _is_table(value) else {}
    return value


def with_plan_shaped(content: Content) -> Content:
    """A draft of any version: earlier ones kept the texts of the plan plain."""
    plan = content.get("analysis", {})
    shaped = {key: _shaped(key, plan[key], languages_of(content)) for key in PLANNED & plan.keys()}
    return {**content, "analysis": {**plan, **shaped}} if shaped else content


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def as_file(content: Content) -> Content:
    """A draft as a study file holds it: ratings of each clip are scales, and what is empty is left out."""
    scales = [question for question in content.get("questions", ()) if is_scale(question)]
    others = [question for question in content.get("questions", ()) if not is_scale(question)]
    plain = [{key: value for key, value in scale.items() if key not in {"kind", "of"}} for scale in scales]
    return filled({**content, "scales": plain, "questions": others})


def is_scale(question: Content) -> bool:
    """Whether a question is a rating of each clip."""
    return question.get("kind") == "rating" and question.get("of", "clip") == "clip"


def filled(content: Content) -> Content:
    """The content without keys that have no value. Lists of systems and the like keep their places."""
    return {key: _filled(value) for key, value in content.items() if value not in ("", None, [], {})}


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return filled(value)
    return [_filled(each) for each in value] if isinstance(value, list) else value


def languages_of(content: Content) -> list[str]:
    """The languages of a draft, the default one first."""
    return [str(language) for language in content.get("languages") or ["en"]]


def title_of_draft(content: Content) -> str:
    """The title of a draft in its first language."""
    texts = content.get("title") or {}
    return str(texts.get(languages_of(content)[0], "") or next(iter(texts.values()), ""))


def path_of(name: str) -> KeyPath:
    """questions.0.label.en as a path."""
    return tuple(int(part) if part.isdecimal() else part for part in name.split("."))


def name_of(path: KeyPath) -> str:
    """A path as the name of its field."""
    return ".".join(map(str, path))


def value_at(content: Content, path: KeyPath) -> Any:
    """The value at a path, None where there is none."""
    found: Any = content
    for part in path:
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and isinstance(part, int) and part < len(found):
            found = found[part]
        else:
            return None
    return found


def is_pair(content: Content) -> bool:
    """Whether a trial has two clips."""
    return bool(value_at(content, ("trial", "clips")) == 2)


def form_of(content: Content) -> TrialClips:
    """How many clips a trial has: 1, 2, or "all" for one of each system."""
    clips = value_at(content, ("trial", "clips"))
    return clips if clips in (2, "all") else 1


def put(content: Content, path: KeyPath, value: Any) -> None:
    """Writes a value, None for nothing. What uses the old name of a system or question uses the new one."""
    before = value_at(content, path)
    at: Any = content
    for part in path[:-1]:
        at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
    if value is None and isinstance(at, dict):
        at.pop(path[-1], None)
    else:
        at[path[-1]] = "" if value is None else value
    if len(path) == 3 and NAMES.get(str(path[0])) == path[2] and before and value:
        _rename(content, str(path[0]), before, value)
    if path[0] == "attention_checks" and len(path) == 5 and path[4] == "key" and before and value:
        check = content["attention_checks"][path[1]]
        check["right"] = value if check.get("right") == before else check.get("right")


def _rename(content: Content, kind: str, before: str, after: str) -> None:
    analysis = content.setdefault("analysis", {})
    if kind == "questions":
        if analysis.get("primary_scale") == before:
            analysis["primary_scale"] = after
        return
    if content.get("real_system") == before:
        content["real_system"] = after
    pairs = analysis.get("contrasts") or []
    analysis["contrasts"] = [[after if one == before else one for one in pair] for pair in pairs]
    for table, key in _named_systems(content):
        table[key] = [after if one == before else one for one in table[key]]


def _named_systems(content: Content) -> list[tuple[Content, str]]:
    """Lists of systems, each by its table and key: what choices are right for, and the anchors."""
    every = [choice for question in content.get("questions", ()) for choice in question.get("choices", ())]
    lists = [*((choice, "right_for") for choice in every), (content.get("trial") or {}, "anchors")]
    return [(table, key) for table, key in lists if isinstance(table.get(key), list)]


def free_name(rows: list[Any], key: str, stem: str, join: str) -> str:
    """A name that no entry has: the stem itself, or the stem with a number."""
    taken = {row.get(key) for row in rows}
    names = (stem if number == 1 else f"{stem}{join}{number}" for number in range(1, len(rows) + 2))
    return next(name for name in names if name not in taken)


def rows_at(content: Content, path: KeyPath) -> list[Any]:
    """The list at a path, made where there is none."""
    found = value_at(content, path)
    if not isinstance(found, list):
        found = []
        put(content, path, found)
    return found


def add(content: Content, path: KeyPath, entry: Any) -> KeyPath:
    """Appends an entry to a list, under a name of its own; the path of the entry."""
    rows = rows_at(content, path)
    if isinstance(entry, dict):
        key, join = ("id", "-") if "id" in entry else ("key", "-" if path[-1] in {"groups", "choices"} else "_")
        entry = {**entry, key: free_name(rows, key, str(entry.get(key, "")), join)}
    rows.append(entry)
    return (*path, len(rows) - 1)


def duplicate(content: Content, path: KeyPath) -> KeyPath:
    """Puts a copy behind an entry, under a name of its own."""
    rows, at = rows_at(content, path[:-1]), int(path[-1])
    entry = copy.deepcopy(rows[at])
    add(content, path[:-1], entry)
    rows.insert(at + 1, rows.pop())
    return (*path[:-1], at + 1)


def delete(content: Content, path: KeyPath) -> KeyPath:
    """Takes an entry out of its list, with the contrasts of a system; the path of the entry that follows."""
    rows, at = rows_at(content, path[:-1]), int(path[-1])
    gone = rows.pop(at)
    if path[0] == "systems":
        analysis = content.setdefault("analysis", {})
        analysis["contrasts"] = [pair for pair in analysis.get("contrasts", ()) if gone.get("id") not in pair]
        if content.get("real_system") == gone.get("id"):
            content.pop("real_system", None)
        for table, key in _named_systems(content):
            table[key] = [one for one in table[key] if one != gone.get("id")]
    return (*path[:-1], min(at, len(rows) - 1)) if rows else path[:-1]


def move(content: Content, path: KeyPath, by: int) -> KeyPath:
    """Moves an entry up or down in its list."""
    rows, at = rows_at(content, path[:-1]), int(path[-1])
    to = max(0, min(len(rows) - 1, at + by))
    rows.insert(to, rows.pop(at))
    return (*path[:-1], to)


ACTS: dict[str, Callable[[Content, KeyPath], KeyPath]] = {
    "copy": duplicate,
    "delete": delete,
    "up": lambda content, path: move(content, path, -1),
    "down": lambda content, path: move(content, path, 1),
}


def set_languages(content: Content, languages: list[str]) -> None:
    """Texts in other languages are taken out; undoing brings them back."""
    content["languages"] = languages
    for texts in _all_texts(content):
        for language in set(texts) - set(languages):
            del texts[language]


def _all_texts(content: Any, key: str = "") -> Iterator[dict[str, Any]]:
    if key in TEXTS | PLANNED | {POINTS} and isinstance(content, dict):
        yield content
    elif isinstance(content, dict):
        for name, part in content.items():
            yield from _all_texts(part, str(name))
    elif isinstance(content, list):
        for part in content:
            yield from _all_texts(part)


def set_form(content: Content, clips: TrialClips, question: Content) -> None:
    """Makes trials of one clip, of two or of all systems; where no question fits, this one replaces the others.

    Choices stay, each asked of every clip.
    """
    design = content.setdefault("design", {})
    if clips == form_of(content):
        return
    keys = ("waveform",) if clips == 1 else ("waveform", "synchronous")
    kept = {key: True for key in keys if value_at(content, ("trial", key)) is True}
    content["trial"] = kept if clips == 1 else {"clips": clips, "match": "prompt", **kept}
    heard = design.pop("rounds", None) or design.pop("heard_per_expert", None) or 1
    design.pop("heard_per_expert", None)
    design["rounds" if clips == 2 else "heard_per_expert"] = heard
    every = content.get("questions", ())
    fitting = [row for row in every if row.get("kind") == question["kind"]] or [question]
    others = [row for row in every if row.get("kind") in {"choice", "text"} and row not in fitting]
    content["questions"] = [*fitting, *({**row, "of": "clip"} if row["kind"] == "choice" else row for row in others)]
    content.setdefault("analysis", {})["primary_scale"] = fitting[0].get("key", "")
