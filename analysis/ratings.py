"""Ratings from a DATASET folder or from anyone's RATINGS.csv, checked and in one long frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.dataset import Dataset, Question, Scale, Text, experts_of, metrics_of, read_dataset, sha256_of
from analysis.errors import InputError
from analysis.rows import UNWRITABLE, Rows, read_rows
from config.text import UTF_8

IDENTITY = ("expert_id", "system", "clip_id")
#: Columns that say how a rating came about. In a wide file they are never taken for a scale.
CIRCUMSTANCES = (
    *("group", "phase", "session", "trial", "block", "position", "is_repeat", "revision", "rated_at"),
    *("plays", "heard_ms", "rt_ms", "late", "known", "comment"),
)
NUMERIC = frozenset({"trial", "block", "position", "revision", "plays", "heard_ms", "rt_ms"})
FLAGS = frozenset({"is_repeat", "late", "known"})
REAL = "real"
#: The codes of simulated experts begin so, and no person is ever invited under such a code.
SIMULATED_CODE = "simulated-"
#: More columns of numbers than this are a questionnaire, not the scales of a listening study.
MOST_SCALES = 24


@dataclass(frozen=True)
class Ratings:
    """Checked ratings. `frame` has one row a rating: expert_id, system, clip_id, scale, rating (float),
    is_repeat (bool), and those of CIRCUMSTANCES that the file has. Empty cells are left out and counted."""

    source: Path
    frame: pd.DataFrame
    scales: tuple[Scale, ...]
    title: Text
    sha256: str
    n_missing: int
    bounds_observed: bool = False
    is_simulated: bool = False
    is_sealed: bool = False
    real_system: str | None = None
    system_labels: Mapping[str, Text] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    design: Mapping[str, Any] = field(default_factory=dict)
    plan_sha256: str | None = None
    planned_scales: tuple[str, ...] = ()
    metrics: pd.DataFrame | None = None
    experts: pd.DataFrame | None = None
    columns_left_out: tuple[str, ...] = ()
    encoding: str = UTF_8
    group_labels: Mapping[str, Text] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The rows that enter means: all but the repeats."""
        return self.frame[~self.frame["is_repeat"]]

    def status(self, scale: str) -> str:
        """ "primary" or "secondary" in the plan frozen before the ratings were seen, "exploratory" outside it."""
        if scale not in self.planned_scales:
            return "exploratory"
        return "primary" if scale == self.plan.get("primary_scale") else "secondary"

    @property
    def alpha(self) -> float:
        """The level of tests that the frozen plan names; else .05."""
        return float(self.plan.get("alpha", 0.05))

    @property
    def level(self) -> str:
        """What an interval holds, in per cent: "95" where alpha is .05."""
        return f"{100 * (1 - self.alpha):g}"

    @property
    def gap(self) -> float | None:
        """The smallest gap of interest that the frozen plan names, in rating points."""
        gap = self.plan.get("smallest_gap")
        return float(gap) if gap else None

    @property
    def exploratory_scales(self) -> tuple[str, ...]:
        return tuple(scale.key for scale in self.scales if self.status(scale.key) == "exploratory")

    @cached_property
    def rated_scales(self) -> tuple[str, ...]:
        """The scales that hold a counted rating, in the order of the study."""
        rated = set(self.counted["scale"].unique())
        return tuple(scale.key for scale in self.scales if scale.key in rated)

    @cached_property
    def systems(self) -> tuple[str, ...]:
        return tuple(sorted(self.frame["system"].unique()))


def read(source: Path, scales: Sequence[str] = ()) -> Ratings:
    """Read a DATASET folder or a CSV of ratings; `scales` picks some of them (and names a wide file's columns).

    The CSV inside a DATASET stands for its folder, so that hashes and the mark of simulated ratings are not lost.
    Raises InputError with the file, the line and the mend.
    """
    if not source.exists():
        raise InputError(f"{source} does not exist; give a DATASET folder or a CSV of ratings.")
    if (source.parent.parent / "dataset_description.json").is_file() and source.parent.name == "data":
        source = source.parent.parent
    return _from_dataset(read_dataset(source), scales) if source.is_dir() else _from_csv(source, scales)


def _from_dataset(dataset: Dataset, wanted: Sequence[str]) -> Ratings:
    rows = read_rows(dataset.ratings_file)
    frame = _long(rows)
    known = {scale.key: scale for scale in dataset.scales}
    for name, line in zip(frame["scale"], frame["line"], strict=True):
        if name not in known:
            raise InputError(f"{rows.path}, line {line}: scale {name!r} is not in dataset_description.json.")
    kept = _pick(tuple(known), wanted, rows.path)
    frame, n_missing = _checked(frame[frame["scale"].isin(kept)], rows.path)
    _check_bounds(frame, known, rows.path)
    real = dataset.real_system if dataset.is_unsealed else None
    return Ratings(
        source=dataset.folder,
        frame=frame,
        scales=tuple(known[key] for key in kept),
        title=dataset.title,
        sha256=dataset.sha256,
        n_missing=n_missing,
        is_simulated=_are_simulated(rows) or dataset.is_simulated,
        is_sealed=not dataset.is_unsealed,
        real_system=real if real in set(frame["system"]) else None,
        system_labels=dataset.system_labels if dataset.is_unsealed else {},
        plan=dataset.plan,
        design=dataset.design,
        plan_sha256=dataset.plan_sha256,
        planned_scales=dataset.planned_scales,
        metrics=metrics_of(dataset, frame),
        experts=experts_of(dataset, frame),
        group_labels=dataset.group_labels,
        questions=dataset.questions,
    )


def _from_csv(path: Path, wanted: Sequence[str]) -> Ratings:
    rows = read_rows(path)
    rows.require(IDENTITY)
    left_out: tuple[str, ...] = ()
    if {"scale", "rating"} <= set(rows.header):
        frame = _long(rows)
        kept = _pick(tuple(dict.fromkeys(frame["scale"])), wanted, path)
        frame = frame[frame["scale"].isin(kept)]
    elif "scale" in rows.header:
        raise InputError(f"{path}: column rating is missing; a long file has a column scale and a column rating.")
    else:
        kept, left_out = _wide_scales(rows, wanted)
        frame = _wide(rows, kept)
    if len(kept) > MOST_SCALES:
        raise InputError(f"{path} has {len(kept)} scales; name those to analyse, at most {MOST_SCALES}, with --scales.")
    frame, n_missing = _checked(frame, path)
    rated = set(frame["scale"])
    return Ratings(
        source=path,
        frame=frame,
        scales=tuple(_observed_scale(key, frame.loc[frame["scale"] == key, "rating"]) for key in kept if key in rated),
        title={"en": path.stem, "zh-hans": path.stem},
        sha256=sha256_of(path),
        n_missing=n_missing,
        bounds_observed=True,
        is_simulated=_are_simulated(rows),
        real_system=REAL if REAL in set(frame["system"]) else None,
        columns_left_out=left_out,
        encoding=rows.encoding,
    )


def _pick(present: tuple[str, ...], wanted: Sequence[str], path: Path) -> tuple[str, ...]:
    unknown = [key for key in wanted if key not in present]
    if unknown:
        raise InputError(f"{path}: there is no scale {unknown[0]!r}; the file has {', '.join(present)}.")
    return tuple(dict.fromkeys(wanted)) or present


def _long(rows: Rows) -> pd.DataFrame:
    rows.require((*IDENTITY, "scale", "rating"))
    frame = _identity(rows)
    frame["scale"] = rows.column("scale")
    frame["rating"] = rows.numbers("rating")
    return frame


def _wide_scales(rows: Rows, wanted: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    further = tuple(name for name in rows.header if name not in (*IDENTITY, *CIRCUMSTANCES, ""))
    if wanted:
        return _pick(further, wanted, rows.path), ()
    numbers = (name for name in further if rows.is_mostly_numeric(name))
    numeric = tuple(name for name in numbers if not _is_of_expert(rows, name))
    if not numeric:
        raise InputError(
            f"{rows.path} holds no ratings: it needs the columns scale and rating, or one column of numbers a scale."
        )
    return numeric, tuple(name for name in further if name not in numeric)


def _is_of_expert(rows: Rows, name: str) -> bool:
    """Whether a column says the same of all clips of an expert and not of all experts, as their age does."""
    pairs = set(zip(rows.column("expert_id"), rows.column(name), strict=True))
    experts, values = (len({pair[n] for pair in pairs}) for n in (0, 1))
    return len(pairs) == experts < len(rows.cells) and values > 1


def _wide(rows: Rows, scales: Sequence[str]) -> pd.DataFrame:
    parts = [_identity(rows).assign(scale=key, rating=rows.numbers(key)) for key in scales]
    return pd.concat(parts, ignore_index=True)


def _identity(rows: Rows) -> pd.DataFrame:
    frame = pd.DataFrame({name: rows.column(name) for name in IDENTITY})
    for name in CIRCUMSTANCES:
        if name in rows.header:
            frame[name] = rows.numbers(name) if name in NUMERIC else rows.column(name)
    for name in FLAGS & set(rows.header):
        frame[name] = rows.flags(name)
    if "is_repeat" not in frame:
        frame["is_repeat"] = False
    return frame.assign(line=rows.lines)


def _checked(frame: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, int]:
    """The frame without empty ratings, and their number; InputError for nameless, double or no rows."""
    for name in (*IDENTITY, "scale"):
        nameless = frame.loc[frame[name] == "", "line"]
        if len(nameless):
            raise InputError(f"{path}, line {nameless.iloc[0]}: {name} is empty; every rating needs it.")
        broken = frame[frame[name].str.contains(UNWRITABLE)]
        if len(broken):
            first = broken.iloc[0]
            raise InputError(
                f"{path}, line {first['line']}: {name} {first[name]!r} has a line break or control sign; take it out."
            )
    filled = frame[frame["rating"].notna()]
    if filled.empty:
        raise InputError(f"{path} holds no rating: every cell is empty.")
    if filled["is_repeat"].all():
        raise InputError(f"{path}: every rating is marked is_repeat; mark the second hearing of a clip alone.")
    _check_doubles(filled[~filled["is_repeat"]], path)
    order = ["scale", "system", "clip_id", "expert_id", "is_repeat"]
    return filled.sort_values([*order, "line"], ignore_index=True), len(frame) - len(filled)


def _are_simulated(rows: Rows) -> bool:
    """Whether a program made the ratings, told by the experts' codes; InputError where only some of them say so."""
    lines = dict(zip(rows.column("expert_id"), rows.lines, strict=True))
    simulated = [code for code in lines if code.startswith(SIMULATED_CODE)]
    if simulated and len(simulated) < len(lines):
        one, other = simulated[0], next(code for code in lines if code not in simulated)
        raise InputError(
            f"{rows.path} mixes simulated experts ({one}, line {lines[one]}) with others ({other}, line "
            f"{lines[other]}); analyse the ratings of people apart from those that a program made."
        )
    return bool(simulated)


def _check_doubles(frame: pd.DataFrame, path: Path) -> None:
    key = [*IDENTITY, "scale"]
    doubles = frame[frame.duplicated(key, keep=False)]
    if len(doubles):
        first = doubles.iloc[0]
        same = doubles[(doubles[key] == first[key]).all(axis=1)]
        raise InputError(
            f"{path}, lines {same['line'].iloc[0]} and {same['line'].iloc[1]}: expert {first['expert_id']} rates clip "
            f"{first['clip_id']} of {first['system']} twice on {first['scale']}; keep one or mark one is_repeat 1."
        )


def _check_bounds(frame: pd.DataFrame, scales: Mapping[str, Scale], path: Path) -> None:
    low = frame["scale"].map({key: scale.minimum for key, scale in scales.items()})
    high = frame["scale"].map({key: scale.maximum for key, scale in scales.items()})
    outside = frame[(frame["rating"] < low) | (frame["rating"] > high)]
    if len(outside):
        first = outside.sort_values("line").iloc[0]
        scale = scales[first["scale"]]
        raise InputError(
            f"{path}, line {first['line']}: rating {first['rating']:g} on {scale.key} is outside "
            f"{scale.minimum:g} to {scale.maximum:g}; correct the rating or the scale's bounds."
        )


def _observed_scale(key: str, ratings: pd.Series[float]) -> Scale:
    name = key.replace("_", " ")
    return Scale(key, ratings.min(), ratings.max(), {"en": name, "zh-hans": name}, low={}, high={})
