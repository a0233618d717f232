"""What a report may hold while systems stand under codes: aggregates, rounded as they are shown.

Whoever knows which clips one expert heard could join anything by clip, by expert or of single ratings with a code.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.findings import Findings
from analysis.tables import P_VALUES
from analysis.words_findings import MISSING

TABLES = frozenset(
    {
        *("system_means", "contrasts", "equivalence", "omnibus", "effects", "ordinal_model"),
        *("variance_components", "reliability", "participants"),
    }
)
FIGURES = frozenset({"figure7", "figure8", "figure13"})
DECIMALS, P_DECIMALS = 2, 3


def aggregates(found: Findings) -> Findings:
    """The findings that a report under codes has; one sentence says what is left out."""
    frames = {name: rounded(frame) for name, frame in found.frames.items() if name in TABLES}
    missing = {name: text for name, text in found.missing.items() if name in TABLES}
    fits = {
        scale: replace(fit, means=rounded(fit.means), contrasts=rounded(fit.contrasts))
        for scale, fit in found.fits.items()
    }
    missing["under_codes"] = {lang: words["under_codes"] for lang, words in MISSING.items()}
    return replace(found, fits=fits, frames=frames, missing=missing, metric_notes=())


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its numbers as they are shown."""
    names = frame.select_dtypes("float").columns
    return frame.round({name: P_DECIMALS if name in P_VALUES else DECIMALS for name in names})
