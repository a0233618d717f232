"""The report of training runs, as a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import scipy

from analysis.report.folder import Form, Report, check_numbers, versions, write
from analysis.training_runs.findings import RunFindings, Samples
from analysis.training_runs.tables import Runs
from formats.messages import SOURCE

#: Tables of ten columns want room.
WIDE = (
    "body { max-width: 76rem; } table { font-size: .8rem; }\n"
    "th, td { min-width: 3.6rem; overflow-wrap: normal; } td.number { white-space: normal; }\n"
)


def write_report(
    runs: Runs,
    samples: Samples,
    out: Path,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    narrow: bool = False,
    on_step: Callable[[], object] = lambda: None,
) -> Report:
    """Write the report of runs, by model and variant, and of their clips; the same input gives the same bytes.

    With `narrow`, figures in the width of one column too. A former report in `out` is replaced whole. Raises InputError
    where `out` is anything else, or cannot be written.
    """
    check_numbers(replicates, seed)
    listed = [
        {"folder": run.name, "model": model, "variant": variant, "seed": run.seed, "sha256": run.sha256}
        for (model, variant), group in runs.items()
        for run in group
    ]
    stamp = {
        "runs_hash": "; ".join(f"{run.name} {run.sha256}" for group in runs.values() for run in group),
        **samples.hashes,
        "seed": str(seed),
        "versions": versions(np, scipy, pd, matplotlib),
    }
    made = RunFindings(runs, samples, replicates=replicates, seed=seed, on_step=on_step)
    about = {"replicates": replicates, "runs": listed}
    form = Form(stamp, about, f"runs {stamp['runs_hash']}", narrow=narrow, css=WIDE)
    report = write(made, out, form, on_step)
    missing = [*samples.left_out, *(made.because(made.findings[name]) for name in made.drawings[1])]
    return replace(report, warnings=(*(f"left out: {text[SOURCE]}" for text in missing), *report.warnings))
