"""The report of comparisons: which of two clips experts prefer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import scipy

from analysis.data.comparisons import Comparisons
from analysis.report import closing, folder
from analysis.report.comparisons import planned, strengths, study, texts, trust, wins
from analysis.report.comparisons.findings import ComparisonFindings
from analysis.report.registry import Section

SECTIONS: Sequence[Section[ComparisonFindings]] = (
    *(strengths.SAID, planned.SECTION, strengths.SECTION, wins.SECTION, texts.CANNOT, study.LISTENED, trust.SECTION),
    *(closing.LEFT_OUT, texts.METHODS, texts.SECTION, closing.MADE),
)


def write_report(
    data: Comparisons,
    out: Path,
    *,
    draw: bool = True,
    narrow: bool = False,
    on_step: Callable[[], object] = lambda: None,
) -> folder.Report:
    """Write the report of some comparisons to the folder `out`; the same comparisons give the same bytes.

    As `folder.write_report`. Raises InputError.
    """
    found = ComparisonFindings(data, SECTIONS)
    stamp = {
        "source": data.source.name,
        "dataset_hash": data.sha256,
        **({"plan_hash": data.plan_sha256} if data.plan_sha256 else {}),
        **folder.amended(data.amended),
        "versions": folder.versions(np, scipy, pd, matplotlib),
    }
    about = {
        "kind": "comparisons",
        "simulated": data.is_simulated,
        "questions": {key: {"largest": value} for key, value in data.largest.items()},
    }
    form = folder.Form(
        stamp,
        about,
        f"data {data.sha256}" + ("; SIMULATED" if data.is_simulated else ""),
        draw,
        narrow,
        has_pdf=draw,
        methods=lambda: texts.methods(found, stamp),
    )
    return folder.write(found, out, form, on_step)
