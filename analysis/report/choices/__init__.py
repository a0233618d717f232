"""The report of choices: whether experts tell the clips of systems apart, and what they answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import scipy

from analysis.data.choices import Choices
from analysis.report import closing, folder
from analysis.report.choices import abx, results, texts
from analysis.report.choices.findings import ChoiceFindings
from analysis.report.registry import Section

SECTIONS: Sequence[Section[ChoiceFindings]] = (
    *(texts.OPENING, results.SAID, results.SECTION, results.ANSWERS, texts.CANNOT, texts.LISTENED),
    *(closing.LEFT_OUT, texts.METHODS, texts.SECTION, closing.MADE),
)
#: Of trials with an X.
ABX: Sequence[Section[ChoiceFindings]] = (
    *(texts.OPENING, abx.SAID, abx.SECTION, abx.CANNOT, texts.LISTENED),
    *(closing.LEFT_OUT, texts.METHODS, texts.SECTION, closing.MADE),
)


def write_report(
    data: Choices,
    out: Path,
    *,
    draw: bool = True,
    narrow: bool = False,
    on_step: Callable[[], object] = lambda: None,
) -> folder.Report:
    """Write the report of some choices to the folder `out`; the same choices give the same bytes.

    As `folder.write_report`. Raises InputError.
    """
    found = ChoiceFindings(data, ABX if data.pairs else SECTIONS)
    stamp = {
        "source": data.source.name,
        "dataset_hash": data.sha256,
        "plan_hash": data.plan_sha256 or "",
        **folder.amended(data.amended),
        "versions": folder.versions(np, scipy, pd, matplotlib),
    }
    about = {
        "kind": "choices",
        "simulated": data.is_simulated,
        "questions": {key: {"answers": list(data.answers(key))} for key in data.questions},
    }
    subject = f"data {data.sha256}; plan {data.plan_sha256 or 'none'}" + ("; SIMULATED" if data.is_simulated else "")
    form = folder.Form(stamp, about, subject, draw, narrow, has_pdf=draw, methods=lambda: texts.methods(found, stamp))
    return folder.write(found, out, form, on_step)
