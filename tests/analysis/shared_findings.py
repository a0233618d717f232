"""Findings of small studies, computed once: tests that take them run in one process (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.data.ratings import Ratings
from analysis.report.document import Part, part_of
from analysis.report.findings import Findings
from analysis.report.sections import compute
from tests.analysis.builders import SIX, make_frame, make_ratings

TWELVE = (*SIX, *(f"another system {n}" for n in range(1, 7)))
PLAN = {"primary_scale": "overall", "contrasts": [["midi-gan", "real"]], "smallest_gap": 0.5, "alpha": 0.1}


def with_trials(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the order in which each expert heard the clips, and a clip that half of them knew."""
    rng = np.random.default_rng(3)
    clips = sorted(frame["clip_id"].unique())
    place = {expert: dict(zip(clips, rng.permutation(len(clips)) + 1.0, strict=True)) for expert in frame["expert_id"]}
    trial = [place[expert][clip] for expert, clip in zip(frame["expert_id"], frame["clip_id"], strict=True)]
    known = (frame["clip_id"] == clips[0]) & (frame["expert_id"] < "e04")
    return frame.assign(is_repeat=False, trial=trial, known=known)


@cache
def study(systems: tuple[str, ...] = SIX[:2], *, planned: bool = True, simulated: bool = False) -> Ratings:
    """Seven experts, four clips a system, two scales, with metrics."""
    frame = with_trials(make_frame(systems, experts=7))
    frame = frame.assign(plays=1 + (frame["trial"] % 3 == 0), rt_ms=9_000 + 100 * frame["trial"])
    experts = pd.DataFrame({"expert_id": sorted(frame["expert_id"].unique()), "submitted": "2026-01-01"})
    experts = experts.assign(headphones_correct="6", headphones_rounds="6")
    flow = {"invited": 9, "withdrawn": 1, "not_begun": 1, "begun": 7, "dropped_out": 1, "analysed": 7}
    clips = frame[["system", "clip_id"]].drop_duplicates()
    values = np.random.default_rng(5).normal(5, 1, (len(clips), 5)).round(2)
    metrics = clips.assign(**dict(zip(("upc", "gc", "ebr", "rests", "notes"), values.T, strict=True)))
    frozen: dict[str, Any] = {"plan": PLAN, "plan_sha256": "b" * 64, "planned_scales": ("overall",)} if planned else {}
    given: dict[str, Any] = {"frame": frame, "metrics": metrics, "experts": experts, "flow": flow}
    return make_ratings(systems, is_simulated=simulated, **given, **frozen)


def found(systems: tuple[str, ...] = SIX[:2], *, planned: bool = True) -> Findings:
    """The findings of `study`, simulated or not."""
    return _found(systems, planned)


@cache
def _found(systems: tuple[str, ...], planned: bool) -> Findings:
    return compute(study(systems, planned=planned), replicates=1000, seed=1)


def of_others(found: Findings, ratings: Ratings) -> Findings:
    """The findings as if they were of other ratings, without computing any again."""
    other = copy(found)
    other.__dict__["_once"] = {}  # its checklist is of these ratings
    other.ratings, other.is_simulated = ratings, ratings.is_simulated
    return other


def parts_of(found: Findings) -> dict[str, Part[Findings]]:
    """The tables and figures that could be had, in reading order."""
    parts = {name: part_of(found, finding) for name, finding in found.findings.items()}
    return {name: part for name, part in parts.items() if part}


def drawn(systems: tuple[str, ...], *, planned: bool) -> dict[str, Callable[[str], Figure]]:
    """How each figure of a simulated `study` is drawn in a language."""
    ratings = study(systems, planned=planned, simulated=True)
    statistics = of_others(found(systems, planned=planned), ratings)
    parts = [part for part in parts_of(statistics).values() if part.finding.draw]
    return {part.finding.name: partial(_draw, statistics, part) for part in parts}


def _draw(statistics: Findings, part: Part[Findings], lang: str) -> Figure:
    assert part.finding.draw
    return part.finding.draw(statistics, part.frame, lang)
