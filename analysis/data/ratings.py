"""Ratings from a DATASET folder or from anyone's table, checked and in one long frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.answers import Answers, of_dataset
from analysis.data.attention import attentive
from analysis.data.columns import CIRCUMSTANCES, IDENTITY, Column
from analysis.data.dataset import (
    Dataset,
    Question,
    Scale,
    Text,
    folder_of,
    metrics_of,
    read_dataset,
)
from analysis.data.given import NOTHING_GIVEN, Given, refuse_for_dataset
from analysis.data.own_tables import read_own_table
from analysis.data.rating_rows import are_simulated, checked, identity
from analysis.data.rows import Rows, read_rows
from analysis.data.table_files import source_sha256
from analysis.statistics.post_screening import post_screening
from formats.errors import InputError
from formats.messages import LANGUAGES
from formats.text import UTF_8

__all__ = ["CIRCUMSTANCES", "IDENTITY", "Ratings", "read"]

REAL = "real"


@dataclass(frozen=True, kw_only=True)
class Ratings(Answers):
    """Checked ratings. `frame` has one row a rating: expert_id, system, clip_id, scale, rating (float),
    is_repeat (bool), and those of CIRCUMSTANCES that the file has. Empty cells are left out and counted.

    Of a user's own table `columns` says what
    each column was used as, `forgiven` what was read otherwise than it is written, and `bounds_inferred` which scales
    have no bounds but those that their ratings suggest.
    """

    scales: tuple[Scale, ...]
    bounds_inferred: tuple[str, ...] = ()
    design: Mapping[str, Any] = field(default_factory=dict)
    planned_scales: tuple[str, ...] = ()
    metrics: pd.DataFrame | None = None
    columns: tuple[Column, ...] = ()
    forgiven: tuple[Text, ...] = ()
    encoding: str = UTF_8
    group_labels: Mapping[str, Text] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)
    #: With a hidden reference: post-screening of everyone, and whom the frozen plan excludes by it.
    post_screened: pd.DataFrame | None = None
    excluded: tuple[str, ...] = ()
    #: The rows with those of the experts whom rules of the frozen plan exclude; None where they exclude nobody.
    everyone: pd.DataFrame | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """All experts whom rules of the frozen plan exclude."""
        return (*(self.attention.excluded if self.attention else ()), *self.excluded)

    def status(self, scale: str) -> str:
        """ "primary" or "secondary" in the plan frozen before the ratings were seen, "exploratory" outside it."""
        if scale not in self.planned_scales:
            return "exploratory"
        return "primary" if scale == self.plan.get("primary_scale") else "secondary"

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


def read(source: Path, scales: Sequence[str] = (), given: Given = NOTHING_GIVEN) -> Ratings:
    """Read a DATASET folder or a table of ratings; `scales` picks some of them (and names a wide table's columns).

    The CSV inside a DATASET stands for its folder, so that hashes and the mark of simulated ratings are not lost.
    `given` is what the user says about a table of their own. Raises InputError with file, line and how to fix it.
    """
    if not source.exists():
        raise InputError("%(source)s does not exist; give a DATASET folder or a table of ratings.", source=source)
    if given.tool:
        return _from_table(source, scales, given)
    source = folder_of(source) or source
    if not source.is_dir():
        return _from_table(source, scales, given)
    refuse_for_dataset(given, source)
    return _from_dataset(read_dataset(source), scales)


def _from_dataset(dataset: Dataset, wanted: Sequence[str]) -> Ratings:
    rows = read_rows(dataset.ratings_file)
    frame = _long(rows)
    known = {scale.key: scale for scale in dataset.scales}
    for name, line in zip(frame["scale"], frame["line"], strict=True):
        if name not in known:
            raise InputError(
                "%(path)s, line %(line)s: scale %(name)r is not in dataset_description.json.",
                path=rows.path,
                line=line,
                name=name,
            )
    kept = _pick(tuple(known), wanted, rows.path)
    screened = _post_screened(dataset, frame, rows.path)
    frame, n_missing = checked(frame[frame["scale"].isin(kept)], rows.path)
    _check_bounds(frame, known, rows.path)
    everyone = frame
    frame, attention = attentive(dataset, frame)
    failed = attention.excluded if attention else ()
    excluded = tuple(expert for expert in _excluded(dataset, screened) if expert not in failed)
    frame = frame[~frame["expert_id"].isin(excluded)]
    if frame.empty:
        raise _nobody_left(dataset)
    return Ratings(
        **of_dataset(dataset, frame, set(frame["system"]), set(everyone["expert_id"]), attention, excluded),
        scales=tuple(known[key] for key in kept),
        n_missing=n_missing,
        is_simulated=are_simulated(rows) or dataset.is_simulated,
        design=dataset.design,
        planned_scales=dataset.planned_scales,
        metrics=metrics_of(dataset, frame),
        group_labels=dataset.group_labels,
        questions=dataset.questions,
        post_screened=screened,
        excluded=excluded,
        everyone=everyone if len(frame) < len(everyone) else None,
    )


def _post_screened(dataset: Dataset, frame: pd.DataFrame, path: Path) -> pd.DataFrame | None:
    """How well experts knew the hidden reference and the mid-range anchors; None without one, or while blinded."""
    reference = dataset.reference
    if reference is None or not reference.rated:
        return None
    bounds = {scale.key: (scale.minimum, scale.maximum) for scale in dataset.scales}
    rated, _ = checked(frame, path)
    return post_screening(rated, bounds, reference.rated, reference.mid_anchors)


def _excluded(dataset: Dataset, screened: pd.DataFrame | None) -> tuple[str, ...]:
    """Whom the frozen plan excludes by post-screening on its primary scale."""
    if screened is None or dataset.plan.get("post_screening") is not True:
        return ()
    primary = screened[screened["scale"] == dataset.plan.get("primary_scale")]
    return tuple(primary.loc[primary["flagged"], "expert_id"])


def _nobody_left(dataset: Dataset) -> InputError:
    return InputError(
        "%(source)s: the post-screening that the frozen analysis plan asks for excludes every expert, so there is "
        "nothing to analyse. To see the answers as an exploratory analysis, copy their table from the folder data to "
        "another place and analyse that.",
        source=dataset.folder,
    )


def _from_table(path: Path, wanted: Sequence[str], given: Given) -> Ratings:
    table = read_own_table(path, wanted, given)
    return Ratings(
        source=path,
        frame=table.frame,
        scales=table.scales,
        title=dict.fromkeys(LANGUAGES, path.stem),
        sha256=source_sha256(path),
        n_missing=table.n_missing,
        bounds_inferred=table.bounds_inferred,
        is_simulated=table.is_simulated,
        real_system=REAL if REAL in set(table.frame["system"]) else None,
        columns=table.columns,
        forgiven=table.forgiven,
        encoding=table.encoding,
    )


def _pick(present: tuple[str, ...], wanted: Sequence[str], path: Path) -> tuple[str, ...]:
    unknown = [key for key in wanted if key not in present]
    if unknown:
        raise InputError(
            "%(path)s: there is no scale %(unknown)r; the file has %(present)s.",
            path=path,
            unknown=unknown[0],
            present=", ".join(present),
        )
    return tuple(dict.fromkeys(wanted)) or present


def _long(rows: Rows) -> pd.DataFrame:
    rows.require((*IDENTITY, "scale", "rating"))
    frame = identity(rows)
    frame["scale"] = rows.column("scale")
    frame["rating"] = rows.numbers("rating")
    return frame


def _check_bounds(frame: pd.DataFrame, scales: Mapping[str, Scale], path: Path) -> None:
    low = frame["scale"].map({key: scale.minimum for key, scale in scales.items()})
    high = frame["scale"].map({key: scale.maximum for key, scale in scales.items()})
    outside = frame[(frame["rating"] < low) | (frame["rating"] > high)]
    if len(outside):
        first = outside.sort_values("line").iloc[0]
        scale = scales[first["scale"]]
        raise InputError(
            "%(path)s, line %(line)s: rating %(rating)g on %(key)s is outside %(minimum)g to "
            "%(maximum)g; correct the rating or the scale's bounds.",
            path=path,
            line=first["line"],
            rating=first["rating"],
            key=scale.key,
            minimum=scale.minimum,
            maximum=scale.maximum,
        )
