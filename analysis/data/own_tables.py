"""A user's own table of ratings, long or wide: which are its scales, their bounds, and what was forgiven."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.data import imports
from analysis.data.bounds import decided_by_others, infer, refuse_outsiders
from analysis.data.codes import check_alike, one_spelling
from analysis.data.columns import CIRCUMSTANCES, IDENTITY, LONG, Column, ask_order, choose, plain_header, reason_of_long
from analysis.data.dataset import Scale, Text
from analysis.data.given import EVERY, Bounds, Given
from analysis.data.rating_rows import are_simulated, checked, identity
from analysis.data.rows import MISSING, Rows, parse_number
from analysis.data.size import check_size
from formats.errors import InputError
from formats.messages import LANGUAGES, LazyText
from formats.text import folded

#: More scales than this are a questionnaire, not those of a listening study.
MAX_SCALES = 24


@dataclass(frozen=True)
class OwnTable:
    """The ratings of a table (as `Ratings` has them), and how they were found in it."""

    frame: pd.DataFrame
    scales: tuple[Scale, ...]
    n_missing: int
    bounds_inferred: tuple[str, ...]
    columns: tuple[Column, ...]
    forgiven: tuple[Text, ...]
    encoding: str
    is_simulated: bool


def read_own_table(path: Path, wanted: Sequence[str], given: Given) -> OwnTable:
    """Read a table of ratings. Raises InputError with the file, the line and how to fix it."""
    written, forgiven = imports.written(path, given)
    rows = plain_header(written, {} if given.tool else given.columns)
    _require(rows)
    systems = rows.column("system")
    clips = len(set(zip(systems, rows.column("clip_id"), strict=True)))
    check_size(path, experts=len(set(rows.column("expert_id"))), clips=clips, systems=len(set(systems)))
    if "scale" in rows.header and "rating" not in rows.header:
        raise InputError(
            "%(path)s: column rating is missing; a long file has a column scale and a column rating.", path=path
        )
    if rows.empty:
        skipped = {"count": len(rows.empty), "line": rows.empty[0]}
        forgiven.append(LazyText("Empty rows skipped: {count} (the first is line {line}).", **skipped))
    rows, changed = _with_one_spelling(rows)
    forgiven += changed
    is_long = set(LONG) <= set(rows.header)
    columns, frame, emptied = (_long if is_long else _wide)(rows, wanted, given)
    if emptied:
        forgiven.append(
            LazyText(
                "Cells read as missing, as asked: {count} ({codes}).",
                count=emptied,
                codes=", ".join(sorted(given.missing)),
            )
        )
    kept = _scales_of(columns, path)
    frame, n_missing = checked(frame, path)
    check_alike(frame, path)
    bounds, inferred = _bounds(frame, kept, given)
    refuse_outsiders(frame, bounds, inferred, path)
    return OwnTable(
        frame=frame,
        scales=tuple(_scale(key, bounds[key], given.orders.get(key, ())) for key in kept if key in bounds),
        n_missing=n_missing,
        bounds_inferred=inferred,
        columns=_as_written(columns, written, rows),
        forgiven=tuple(forgiven),
        encoding=rows.encoding,
        is_simulated=are_simulated(rows),
    )


def _scales_of(columns: Sequence[Column], path: Path) -> list[str]:
    """The scales among the columns; a long table's column `scale` is none. Raises InputError for none and too many."""
    kept = [column.name for column in columns if column.used_as == "scale" and column.reason != "known_name"]
    if not kept:
        raise InputError(
            "%(path)s: no scale has a name; write the name of the scale in the column scale of each row.", path=path
        )
    if len(kept) > MAX_SCALES:
        raise InputError(
            "%(path)s has %(count)s scales; name those to analyse, at most %(most)s, with --scales.",
            path=path,
            count=len(kept),
            most=MAX_SCALES,
        )
    return kept


def _require(rows: Rows) -> None:
    """Raise InputError where identifying columns are missing; it suggests the tool, or the columns to name."""
    missing = [name for name in IDENTITY if name not in rows.header]
    if not missing:
        return
    tool = imports.guess(rows.header)
    if tool:
        raise InputError(
            "%(file)s looks like a result file of %(tool)s: add --from %(key)s.",
            file=rows.path,
            tool=imports.TOOLS[tool].name,
            key=tool,
        )
    raise InputError(
        "%(file)s: column %(missing)s is missing; the first line has %(columns)s. Name the file's own with --columns, "
        "such as --columns %(suggested)s.",
        file=rows.path,
        missing=", ".join(missing),
        columns=", ".join(rows.header),
        suggested=",".join(f"{name}={imports.usual_column(name, rows.header) or 'ITS_NAME'}" for name in missing),
    )


def _with_one_spelling(rows: Rows) -> tuple[Rows, list[Text]]:
    """The rows with each system spelt in one way, and what was changed."""
    place = rows.header.index("system")
    better = one_spelling(rows.column("system"))
    cells = [[*row[:place], better.get(row[place], row[place]), *row[place + 1 :]] for row in rows.cells]
    return replace(rows, cells=cells), [
        LazyText("The system {written} was read as {used}.", written=old, used=new) for old, new in better.items()
    ]


def _long(rows: Rows, wanted: Sequence[str], given: Given) -> tuple[list[Column], pd.DataFrame, int]:
    frame = identity(rows)
    frame["scale"], frame["cell"] = rows.column("scale"), rows.column("rating")
    present = tuple(dict.fromkeys(frame["scale"]))
    kept = _picked(present, wanted, rows.path)
    foreign = {} if wanted else _no_scales(rows, [key for key in present if key and key not in given.orders])
    kept = tuple(key for key in kept if key not in foreign)
    frame = frame[frame["scale"].isin(kept)]
    columns = [Column(name, name, "known_name") for name in rows.header if name in (*IDENTITY, *LONG, *CIRCUMSTANCES)]
    further = [name for name in rows.header if name not in (*IDENTITY, *LONG, *CIRCUMSTANCES)]
    columns += [Column(name, "", "beside_long") for name in further]
    columns += [Column(key, "scale", "of_scale_column") for key in kept if key]
    columns += [Column(key, "", foreign.get(key, "not_named")) for key in present if key not in kept]
    return columns, *_with_ratings(rows, frame, "rating", given)


def _no_scales(rows: Rows, present: Sequence[str]) -> dict[str, str]:
    """Which scales of a long table are times, ages and the like, and why; none of them where nothing else is left."""
    place = rows.header.index("scale")
    found: dict[str, str] = {}
    for key in present:
        own = replace(rows, cells=[row for row in rows.cells if row[place] == key])
        if reason := reason_of_long(own, key):
            found[key] = reason
    return found if len(found) < len(present) else {}


def _picked(present: Sequence[str], wanted: Sequence[str], path: Path) -> tuple[str, ...]:
    """The scales named, in any capitals; all of them where none is."""
    found = []
    for name in wanted:
        alike = [key for key in present if key == name] or [key for key in present if folded(key) == folded(name)]
        if len(alike) != 1:
            raise InputError(
                "%(path)s: there is no scale %(name)r; the file has %(present)s.",
                path=path,
                name=name,
                present=", ".join(present),
            )
        found.append(alike[0])
    return tuple(dict.fromkeys(found)) or tuple(present)


def _wide(rows: Rows, wanted: Sequence[str], given: Given) -> tuple[list[Column], pd.DataFrame, int]:
    further = [name for name in rows.header if name and name not in (*IDENTITY, *CIRCUMSTANCES)]
    bare = replace(rows, cells=[_without_codes(row, rows, further, given.missing) for row in rows.cells])
    columns = choose(bare, _picked(further, wanted, rows.path) if wanted else (), given.orders)
    whose = identity(rows)
    frames, emptied = [], 0
    for key in (column.name for column in columns if column.used_as == "scale"):
        frame, count = _with_ratings(rows, whose.assign(scale=key, cell=rows.column(key)), key, given)
        frames.append(frame)
        emptied += count
    return columns, pd.concat(frames, ignore_index=True), emptied


def _without_codes(row: list[str], rows: Rows, names: Sequence[str], codes: frozenset[str]) -> list[str]:
    if not codes:
        return row
    return [
        "" if name in names and _is_one_of(cell, codes) else cell for name, cell in zip(rows.header, row, strict=True)
    ]


def _is_one_of(cell: str, codes: frozenset[str]) -> bool:
    """Whether a cell is one of the codes for a missing rating: -99 and -99.0 are the same."""
    if not codes:
        return False
    if folded(cell) in {folded(code) for code in codes}:
        return True
    numbers = (parse_number(text, decimal_comma=False) for text in (cell, *codes))
    value, *others = numbers
    return value is not None and value in others


def _with_ratings(rows: Rows, frame: pd.DataFrame, column: str, given: Given) -> tuple[pd.DataFrame, int]:
    """`cell` of each row as a rating, scale by scale, and how many cells coded a missing one."""
    coded = pd.Series([_is_one_of(cell, given.missing) for cell in frame["cell"]], index=frame.index, dtype=bool)
    frame = frame.assign(cell=frame["cell"].where(~coded, ""), rating=math.nan)
    for key, of_scale in frame.groupby("scale", sort=False):
        cells, lines = of_scale["cell"].tolist(), of_scale["line"].tolist()
        if key in given.orders:
            ratings = _by_order(rows.path, str(key), cells, lines, given.orders[str(key)])
        else:
            _refuse_words(rows, str(key), cells)
            ratings = [rows.number(cell, line, column) for cell, line in zip(cells, lines, strict=True)]
        frame.loc[of_scale.index, "rating"] = ratings
    return frame.drop(columns="cell"), int(coded.sum())


def _refuse_words(rows: Rows, scale: str, cells: Sequence[str]) -> None:
    filled = [cell for cell in cells if cell.lower() not in MISSING]
    if filled and all(_is_word(cell) for cell in filled):
        raise ask_order(rows.path, scale, filled)


def _is_word(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return True
    return False


def _by_order(path: Path, key: str, cells: Sequence[str], lines: Sequence[int], order: Sequence[str]) -> list[float]:
    """Words as their places in the order, 1 for the lowest; InputError for a word that is not in it."""
    places = {folded(word): float(place) for place, word in enumerate(order, start=1)}
    ratings = []
    for cell, line in zip(cells, lines, strict=True):
        if cell.lower() in MISSING:
            ratings.append(math.nan)
            continue
        if folded(cell) not in places:
            raise InputError(
                "%(file)s, line %(line)d: %(column)s is %(value)s, which --order does not name; add it to the order, "
                "correct it or leave it empty.",
                file=path,
                line=line,
                column=key,
                value=repr(cell),
            )
        ratings.append(places[folded(cell)])
    return ratings


def _bounds(frame: pd.DataFrame, scales: Sequence[str], given: Given) -> tuple[dict[str, Bounds], tuple[str, ...]]:
    """The bounds of each rated scale, and which of them are inferred. Raises InputError for bounds of no scale."""
    unknown = [name for name in given.bounds if name != EVERY and name not in scales]
    if unknown:
        raise InputError(
            "--bounds: there is no scale %(unknown)r; the scales are %(scales)s.",
            unknown=unknown[0],
            scales=", ".join(scales),
        )
    ratings = {key: of_key.to_numpy(dtype=float) for key, of_key in frame.groupby("scale", sort=False)["rating"]}
    rated = [key for key in scales if key in ratings]
    orders = {key: (1.0, float(len(order))) for key, order in given.orders.items()}
    stated = {key: orders.get(key, given.bounds_of(key)) for key in rated}
    guesses = {key: infer(ratings[key]) for key in rated if stated[key] is None}
    others = [(guess, ratings[key]) for key, guess in guesses.items()]
    found: dict[str, Bounds] = {key: bounds for key, bounds in stated.items() if bounds is not None}
    for key, guess in guesses.items():
        better = decided_by_others(ratings[key], guess, others)
        found[key] = (better.low, better.high)
    return {key: found[key] for key in rated}, tuple(guesses)


def _scale(key: str, bounds: Bounds, order: Sequence[str]) -> Scale:
    name = key.replace("_", " ")
    low, high = (dict.fromkeys(LANGUAGES, order[n]) if order else {} for n in (0, -1))
    return Scale(key, *bounds, dict.fromkeys(LANGUAGES, name), low=low, high=high)


def _as_written(columns: Sequence[Column], written: Rows, rows: Rows) -> tuple[Column, ...]:
    """The columns by the names that the file has for them; another name here is told."""
    theirs: Mapping[str, str] = dict(zip(rows.header, written.header, strict=True))
    return tuple(
        replace(column, name=theirs[column.name], reason="renamed")
        if column.used_as == column.name and theirs.get(column.name, column.name) != column.name
        else column
        for column in columns
    )
