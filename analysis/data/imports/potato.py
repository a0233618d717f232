"""Potato's export as CSV, TSV or JSON Lines: one row an instance and annotator, a column for each possible answer.

The export does not say what an instance is. Potato's data file does, which is read where it is beside the export.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.data.imports.files import Row, is_practice, json_of, parts_of, stem, table_of
from analysis.data.imports.found import BOT, NO_ANSWER
from analysis.data.imports.roles import CLIPS, PROMPTS, Roles
from analysis.data.rows import parse_number
from formats.errors import InputError
from formats.messages import LazyText

ENDINGS = (".csv", ".tsv", ".json", ".jsonl")
OTHERS = ("instance_id", "user_id", "annotator_origin", "annotator_origin_detail")
#: Columns of a question that are no answer: remarks, and the box for what cannot be rated.
NO_ANSWERS = ("free_response", "justification", "bad_text")
#: Columns whose name after the point is no part of the scale's.
FIELDS = ("", "slider", "text_box", "number", "selection", "scale_value")
GRADE = "scale_value"
SIDES = {"A": -1, "B": 1, "tie": 0}
#: The kinds of questions: one column a point of the scale, a number in one column, a preferred side or its grade.
POINTS, NUMBER, SIDE, GRADED = "points", "number", "side", "graded"


@dataclass(frozen=True)
class Question:
    """One scale or comparison, with its columns by what follows the point in their names."""

    scale: str
    kind: str
    columns: Mapping[str, str]


def fits(header: set[str]) -> bool:
    """Of Potato's tables only that of answers: those of changes and of typing have a column `schema`."""
    return {"instance_id", "user_id"} <= header and "schema" not in header


def read(roles: Roles) -> None:
    """Ratings (likert, radio, slider, number, multirate) or comparisons (pairwise)."""
    tables = [table for path, text in parts_of(roles.path, ENDINGS) if (table := _table(path, text))]
    exported = [row for table in tables if fits(set(table[0].cells)) for row in table]
    if not exported:
        raise InputError("%(file)s has no columns instance_id and user_id, which Potato exports.", file=roles.path)
    items = _items([row for table in tables if not fits(set(table[0].cells)) for row in table], exported)
    rows = [Row({**items.get(row["instance_id"], {}), **row.cells}, row.line) for row in exported]
    header = list(dict.fromkeys(name for row in rows for name in row.cells))
    expert = roles.column("expert_id", header, ("user_id",))
    questions = _questions(roles, exported)
    are_ratings = any(question.kind in (POINTS, NUMBER) for question in questions)
    columns = roles.heard(header, (*CLIPS, "instance_id")) if are_ratings else ("", "", "")
    for row in roles.kept(rows):
        if row["annotator_origin"] not in ("", "human"):
            roles.found.leave_out(BOT)
        elif not (is_practice(roles.found, row["instance_id"]) or _is_doubled(roles, row)):
            for question in questions:
                _answer(roles, row, row[expert], columns, question)


def _is_doubled(roles: Roles, row: Row) -> bool:
    """Whether an answer was there before, as in a folder with exports in two forms."""
    return roles.found.is_doubled(*sorted((name, text) for name, text in row.cells.items() if text))


def _table(path: Path, text: str) -> list[Row]:
    """The rows of a file; of JSON its objects, with the labels of each as Potato names them in CSV."""
    if path.suffix.lower() not in (".json", ".jsonl"):
        return table_of(path, text)
    objects = enumerate(json_of(path, text), 1)
    return [Row(dict(_cells(content)), line) for line, content in objects if isinstance(content, dict)]


def _cells(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels = content.get("labels")
    for name, value in content.items():
        if name not in ("labels", "spans", "links"):
            yield str(name), _text(value)
    for question, answers in labels.items() if isinstance(labels, dict) else ():
        for label, value in answers.items() if isinstance(answers, dict) else [("", answers)]:
            yield f"{question}.{label}" if label else str(question), _text(value)


def _text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return "" if value is None else str(value).strip()


def _items(rows: Sequence[Row], exported: Sequence[Row]) -> dict[str, Mapping[str, str]]:
    """The cells of Potato's data file by the id of their instance, whatever its column is called."""
    instances = {row["instance_id"] for row in exported}
    named = ((row, next((cell for cell in (row["id"], *row.cells.values()) if cell in instances), "")) for row in rows)
    return {instance: row.cells for row, instance in named if instance}


def _questions(roles: Roles, rows: Sequence[Row]) -> list[Question]:
    """What was asked. Of questions in words only those are read whose order of words is given."""
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for name in dict.fromkeys(name for row in rows for name in row.cells):
        question, _, label = name.partition(".")
        if name not in OTHERS and label not in NO_ANSWERS and not label.startswith("_"):
            named[question][label] = name
    found = [asked for question, columns in named.items() for asked in _asked(question, columns, rows)]
    in_words = [asked for asked in found if asked.scale not in roles.given.orders and _is_in_words(asked, rows)]
    if in_words:
        roles.found.note(
            LazyText(
                "Questions answered in words are left out: {questions}. To read one, give its words with --order.",
                questions=", ".join(asked.scale for asked in in_words),
            )
        )
    return [asked for asked in found if asked not in in_words]


def _asked(question: str, columns: Mapping[str, str], rows: Sequence[Row]) -> Iterator[Question]:
    """The scales and comparisons in the columns of one question of Potato."""
    contents = {label: {row[name] for row in rows if row[name]} for label, name in columns.items()}
    sides = [label for label, found in contents.items() if found and found <= set(SIDES) and label not in SIDES]
    points = [label for label in columns if label not in (*sides, *FIELDS)]
    if points and _are_points([columns[label] for label in points], points, rows):
        yield Question(question, POINTS, {label: columns[label] for label in (*points, "") if label in columns})
        columns = {label: name for label, name in columns.items() if label not in (*points, "")}
    for label, name in columns.items():
        kind = GRADED if label == GRADE else SIDE if label in sides else NUMBER
        yield Question(question if label in FIELDS else f"{question}.{label}", kind, {label: name})


def _are_points(names: Sequence[str], labels: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether columns are the options of one answer: each has one content, and a row one of them.

    Potato up to 2.7.1 kept an answer beside the one that replaced it, which points with numbers are known by.
    """
    contents = [{row[name] for row in rows if row[name]} for name in names]
    if any(len(found) > 1 for found in contents):
        return False
    doubled = any(sum(bool(row[name]) for name in names) > 1 for row in rows)
    named = all(found <= {label} for found, label in zip(contents, labels, strict=True))
    return all(map(_is_number, labels)) or (not doubled and (named or len(labels) > 1))


def _is_in_words(asked: Question, rows: Sequence[Row]) -> bool:
    if asked.kind == POINTS:
        return not all(map(_is_number, filter(None, asked.columns)))
    (name,) = asked.columns.values()
    return asked.kind == NUMBER and any(row[name] and not _is_number(row[name]) for row in rows)


def _is_number(text: str) -> bool:
    return parse_number(text, decimal_comma=False) is not None


def _answer(roles: Roles, row: Row, expert: str, columns: tuple[str, str, str], asked: Question) -> None:
    """Add one person's answer to a question on an instance."""
    if asked.kind in (POINTS, NUMBER):
        value = _point(roles, row, asked) if asked.kind == POINTS else row[next(iter(asked.columns.values()))]
        roles.rate(row, columns, expert, {asked.scale: value})
        return
    text = row[next(iter(asked.columns.values()))]
    value_of = SIDES.get(text) if asked.kind == SIDE else parse_number(text, decimal_comma=False)
    if value_of is None:
        roles.found.leave_out(NO_ANSWER)
        return
    a, b, prompt = _pair(roles, row)
    roles.found.compare(expert=expert, question=asked.scale, prompt=prompt, a=a, b=b, value=value_of, line=row.line)


def _point(roles: Roles, row: Row, asked: Question) -> str:
    """The point that was chosen; of several the one whose content Potato repeats in the question's own column."""
    chosen = [label for label, name in asked.columns.items() if label and row[name]]
    final = row[asked.columns.get("", "")]
    if len(chosen) > 1 and final:
        chosen = [label for label in chosen if row[asked.columns[label]] == final]
    if len(chosen) > 1:
        raise InputError(
            "%(file)s, line %(line)d: %(question)s has the answers %(answers)s. Potato up to 2.7.1 kept an answer "
            "beside the one that replaced it. Run 'potato repair-annotations' and export again.",
            file=roles.path,
            line=row.line,
            question=asked.scale,
            answers=", ".join(chosen),
        )
    return chosen[0] if chosen else final


def _pair(roles: Roles, row: Row) -> tuple[tuple[str, str], tuple[str, str], str]:
    """(clip, system) on both sides and their prompt: two columns of the data file, or a list of two."""
    names = [row.first((f"clip_{side}", f"audio_{side}")) for side in "ab"]
    if not all(names):
        names = next((pair for cell in row.cells.values() if (pair := _listed(cell))), [])
    if not names:
        raise InputError(
            "%(file)s, line %(line)d: the two clips of %(instance)s are not known. Give the folder or ZIP in which "
            "Potato's data file is beside the export, with clip_a and clip_b or a list of both.",
            file=roles.path,
            line=row.line,
            instance=row["instance_id"],
        )
    clips, systems = [stem(name) for name in names], [row["system_a"], row["system_b"]]
    prompt = row.first(PROMPTS)
    if not all(systems):
        named = [roles.in_name(clip, row.line) for clip in clips]
        systems, prompt = [system for system, _ in named], prompt or named[0][1]
    return (clips[0], systems[0]), (clips[1], systems[1]), prompt


def _listed(cell: str) -> list[str]:
    """The two names in a cell that is a list of two, as JSON."""
    try:
        names = json.loads(cell) if cell.startswith("[") else []
    except (ValueError, RecursionError):
        return []
    return [str(name) for name in names] if len(names) == 2 else []
