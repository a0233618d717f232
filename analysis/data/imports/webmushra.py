"""webMUSHRA's result files (one for each type of page) and the download of pyMUSHRA, its server in Python."""

from __future__ import annotations

import re

from analysis.data.imports.files import Row, is_practice, stem, table_of
from analysis.data.imports.found import NO_ANSWER, Found
from analysis.data.imports.roles import EXPERTS, Roles, clip_named
from formats.errors import InputError
from formats.messages import LazyText

#: What a pair's answer is worth where b is not the reference. Of "unknown" no choice was made.
CHOICES = {"correct": -1, "incorrect": 1, "undecided": 0}
LIKERT = re.compile(r"stimuli_rating\d*")
REFERENCE, TOP = "reference", "100"


def fits(header: set[str]) -> bool:
    return {"session_test_id", "trial_id"} <= header or {"wm_id", "wm_type"} <= header


def read(roles: Roles) -> None:
    """Ratings of stimuli (mushra, bs1116, lms, lss) or comparisons with the reference (paired_comparison)."""
    rows = [_plain(row) for row in table_of(roles.path)]
    header = list(dict.fromkeys(name for row in rows for name in row.cells))
    usual = ("session_uuid", "questionaire_uuid", *EXPERTS)
    expert = roles.column("expert_id", header, usual)
    found = roles.found
    is_alone = "session_uuid" in header or "questionaire_uuid" in header
    if not is_alone:
        found.note(
            LazyText("The file names no session: people with the same {column} are taken as one.", column=expert)
        )
    untouched: list[bool] = []
    for row in roles.kept(rows):
        if is_practice(found, row["trial_id"]) or found.is_doubled(*row.cells.values()):
            continue
        if row["choice_non_reference"]:
            _pair(found, row, row[expert])
        elif row["rating_non_reference"]:
            for name in ("rating_reference", "rating_non_reference"):
                _rate(found, row, row[expert], row[name], "rating_score", row[f"{name}_score"])
        elif row["rating_stimulus"]:
            _rate(found, row, row[expert], row["rating_stimulus"], "rating_score", row["rating_score"])
            untouched += [row["rating_score"] == TOP] if row["rating_stimulus"] != REFERENCE else []
        else:
            _likert(roles, row, row[expert])
    if sum(untouched):
        found.note(
            LazyText(
                "An untouched slider is stored as 100: {count} of {all} ratings beside the reference are 100.",
                count=sum(untouched),
                all=len(untouched),
            )
        )


def _plain(row: Row) -> Row:
    """A row of pyMUSHRA under webMUSHRA's names; fields of other types of page are empty there."""
    if "wm_type" not in row.cells:
        return row
    theirs = {
        "wm_id": "trial_id",
        "responses_answer": "choice_answer",
        "responses_comment": "comment",
        "responses_score": "rating_score",
        "responses_stimulusRating": "stimuli_rating",
    }
    cells = {theirs.get(name, name): text for name, text in row.cells.items()}
    kind = row["wm_type"]
    if kind == "paired_comparison":
        cells |= {"choice_reference": row["responses_reference"], "choice_non_reference": row["responses_nonReference"]}
    elif kind == "bs1116":
        cells |= {
            "rating_reference": row["responses_reference"],
            "rating_reference_score": row["responses_referenceScore"],
            "rating_non_reference": row["responses_nonReference"],
            "rating_non_reference_score": row["responses_nonReferenceScore"],
        }
    else:
        cells["rating_stimulus" if kind == "mushra" else "stimuli"] = row["responses_stimulus"]
    return Row(cells, row.line)


def _rate(found: Found, row: Row, expert: str, system: str, scale: str, rating: str) -> None:
    item, system = row["trial_id"], stem(system)
    clip = clip_named(item, system)
    found.rate(expert=expert, system=system, clip=clip, prompt=item, scale=scale, rating=rating, line=row.line)


def _likert(roles: Roles, row: Row, expert: str) -> None:
    scales = [name for name in row.cells if LIKERT.fullmatch(name)]
    if not scales or not row["stimuli"]:
        raise InputError(
            "%(file)s, line %(line)d: neither a rating of a stimulus nor a choice; the columns are %(columns)s.",
            file=roles.path,
            line=row.line,
            columns=", ".join(row.cells),
        )
    for scale in scales:
        _rate(roles.found, row, expert, row["stimuli"], scale, row[scale])


def _pair(found: Found, row: Row, expert: str) -> None:
    value = CHOICES.get(row["choice_answer"])
    if value is None:
        found.leave_out(NO_ANSWER)
        return
    item, a, b = row["trial_id"], stem(row["choice_reference"]), stem(row["choice_non_reference"])
    found.compare(
        expert=expert,
        question="choice_answer",
        prompt=item,
        a=(clip_named(item, a), a),
        b=(clip_named(item, b), b),
        value=value,
        line=row.line,
    )
