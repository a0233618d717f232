"""What answers of every kind have in common: ratings, comparisons and choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.attention import Attention
from analysis.data.dataset import Dataset, Text
from analysis.data.participation import amended_on, experts_of, flow_of, listened_of
from formats.reference import Reference


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Checked answers. `frame` has one row an answer, among its columns expert_id and is_repeat (bool)."""

    source: Path
    frame: pd.DataFrame
    title: Text
    sha256: str
    #: Rows without an answer.
    n_missing: int = 0
    is_simulated: bool = False
    #: Before unblinding, with codes in place of systems.
    is_sealed: bool = False
    real_system: str | None = None
    system_labels: Mapping[str, Text] = field(default_factory=dict)
    #: The frozen analysis plan of a DATASET.
    plan: Mapping[str, Any] = field(default_factory=dict)
    plan_sha256: str | None = None
    #: The days on which the analysis plan was amended after it was frozen.
    amended: tuple[str, ...] = ()
    #: The questions that were answered in words, and how many trials have an answer.
    written: tuple[tuple[Text, int], ...] = ()
    reference: Reference | None = None
    has_waveform: bool = False
    #: Whether clips of a trial ran together, so that experts could switch between them at one point.
    is_synchronous: bool = False
    #: Attention checks, where the study asks some; the frame is without the experts whom the frozen plan excludes.
    attention: Attention | None = None
    #: How many experts reached each stage, experts.csv as text, and what was listened to of each clip of a trial, where
    #: a DATASET tells it.
    flow: Mapping[str, int] = field(default_factory=dict)
    experts: pd.DataFrame | None = None
    listened: pd.DataFrame | None = None

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The rows that enter means and models: all but the repeats."""
        return self.frame[~self.frame["is_repeat"]]

    @property
    def anchors(self) -> tuple[str, ...]:
        """The systems that are anchors and so not under test; none where they may not be named."""
        return tuple(filter(None, self.reference.anchors)) if self.reference else ()

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
        """The smallest difference of interest that the frozen plan names, on the scale of the primary question."""
        gap = self.plan.get("smallest_gap")
        return float(gap) if gap else None


def of_dataset(
    dataset: Dataset,
    frame: pd.DataFrame,
    systems: Collection[str],
    everyone: Collection[str],
    attention: Attention | None,
    excluded: Sequence[str] = (),
) -> dict[str, Any]:
    """What a DATASET says of its answers, as fields of `Answers`.

    `frame`: the answers without those of experts whom rules of the frozen plan exclude; `systems`: theirs; `everyone`:
    who gave an answer; `excluded`: whom post-screening excludes.
    """
    real = dataset.real_system if dataset.is_unsealed else None
    rules = {"failed_checks": attention.excluded if attention else (), "excluded": excluded}
    return {
        "source": dataset.folder,
        "frame": frame,
        "title": dataset.title,
        "sha256": dataset.sha256,
        "is_sealed": not dataset.is_unsealed,
        "real_system": real if real in systems else None,
        "system_labels": dataset.system_labels if dataset.is_unsealed else {},
        "plan": dataset.plan,
        "plan_sha256": dataset.plan_sha256,
        "amended": amended_on(dataset),
        "written": dataset.written,
        "reference": dataset.reference,
        "has_waveform": dataset.has_waveform,
        "is_synchronous": dataset.is_synchronous,
        "attention": attention,
        "flow": flow_of(dataset, everyone, rules),
        "experts": experts_of(dataset, frame),
        "listened": listened_of(dataset, frame),
    }
