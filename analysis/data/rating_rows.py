"""Rows of a table as a frame of ratings, and the checks that hold for every table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.data.columns import CIRCUMSTANCES, IDENTITY
from analysis.data.rows import Rows
from formats.errors import InputError
from formats.text import UNWRITABLE

NUMERIC = frozenset({"trial", "block", "position", "revision", "plays", "heard_ms", "rt_ms"})
FLAGS = frozenset({"is_repeat", "late", "known"})
#: The codes of simulated experts begin so, and no person is ever invited under such a code.
SIMULATED_CODE = "simulated-"


def identity(rows: Rows) -> pd.DataFrame:
    """Who rated which clip of which system, with those of CIRCUMSTANCES that the table has and each row's line."""
    frame = pd.DataFrame({name: rows.column(name) for name in IDENTITY})
    for name in CIRCUMSTANCES:
        if name in rows.header:
            frame[name] = rows.numbers(name) if name in NUMERIC else rows.column(name)
    for name in FLAGS & set(rows.header):
        frame[name] = rows.flags(name)
    if "is_repeat" not in frame:
        frame["is_repeat"] = False
    return frame.assign(line=rows.lines)


def check_writable(frame: pd.DataFrame, names: Sequence[str], path: Path) -> None:
    """InputError for the first name, in columns of these names, that no table can hold."""
    for name in names:
        broken = frame[frame[name].str.contains(UNWRITABLE)]
        if len(broken):
            raise InputError(
                "%(path)s, line %(line)s: %(name)s %(value)r contains a line break or control character. Delete it.",
                path=path,
                line=broken["line"].iloc[0],
                name=name,
                value=broken[name].iloc[0],
            )


def checked(frame: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, int]:
    """The frame without empty ratings, and their number; InputError for nameless, double or no rows."""
    for name in (*IDENTITY, "scale"):
        nameless = frame.loc[frame[name] == "", "line"]
        if len(nameless):
            raise InputError(
                "%(path)s, line %(line)s: %(name)s is empty; every rating needs it.",
                path=path,
                line=nameless.iloc[0],
                name=name,
            )
    check_writable(frame, (*IDENTITY, "scale"), path)
    filled = frame[frame["rating"].notna()]
    if filled.empty:
        raise InputError("%(path)s holds no rating: every cell is empty.", path=path)
    if filled["is_repeat"].all():
        raise InputError(
            "%(path)s: every rating is marked is_repeat; mark the second hearing of a clip alone.", path=path
        )
    _check_doubles(filled[~filled["is_repeat"]], path)
    _check_prompts(filled, path)
    order = ["scale", "system", "clip_id", "expert_id", "is_repeat"]
    return filled.sort_values([*order, "line"], ignore_index=True), len(frame) - len(filled)


def _check_prompts(frame: pd.DataFrame, path: Path) -> None:
    """A clip is made from one prompt."""
    if "prompt_id" not in frame:
        return
    known = frame[frame["prompt_id"] != ""].sort_values("line").drop_duplicates(["system", "clip_id", "prompt_id"])
    twice = known[known.duplicated(["system", "clip_id"], keep=False)]
    if len(twice):
        first = twice.iloc[0]
        same = twice[(twice[["system", "clip_id"]] == first[["system", "clip_id"]]).all(axis=1)]
        raise InputError(
            "%(file)s, lines %(first)d and %(second)d: clip %(clip)s of %(system)s has the prompts %(one)s and "
            "%(other)s; a clip is made from one prompt.",
            file=path,
            first=same["line"].iloc[0],
            second=same["line"].iloc[1],
            clip=first["clip_id"],
            system=first["system"],
            one=same["prompt_id"].iloc[0],
            other=same["prompt_id"].iloc[1],
        )


def are_simulated(rows: Rows) -> bool:
    """Whether a program made the ratings, told by the experts' codes; InputError where only some of them say so."""
    lines = dict(zip(rows.column("expert_id"), rows.lines, strict=True))
    simulated = [code for code in lines if code.startswith(SIMULATED_CODE)]
    if simulated and len(simulated) < len(lines):
        one, other = simulated[0], next(code for code in lines if code not in simulated)
        raise InputError(
            "%(path)s mixes simulated experts (%(one)s, line %(line)s) with others (%(other)s, "
            "line %(other_line)s); analyse the ratings of people apart from those that a program made.",
            path=rows.path,
            one=one,
            line=lines[one],
            other=other,
            other_line=lines[other],
        )
    return bool(simulated)


def _check_doubles(frame: pd.DataFrame, path: Path) -> None:
    key = [*IDENTITY, "scale"]
    doubles = frame[frame.duplicated(key, keep=False)]
    if len(doubles):
        first = doubles.iloc[0]
        same = doubles[(doubles[key] == first[key]).all(axis=1)]
        raise InputError(
            "%(path)s, lines %(line)s and %(other)s: expert %(expert)s rates clip %(clip)s of "
            "%(system)s twice on %(scale)s; keep one or mark one is_repeat 1.",
            path=path,
            line=same["line"].iloc[0],
            other=same["line"].iloc[1],
            expert=first["expert_id"],
            clip=first["clip_id"],
            system=first["system"],
            scale=first["scale"],
        )
