"""What a report contains while systems appear under codes: results that pool clips and experts.

Its codes were drawn for clips at random (study/services/blind_report.py), so they say nothing about systems. Results by
clip are left out because they would be true results before unblinding.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.report.findings import Findings
from analysis.words_findings import UNDER_CODES

TABLES = frozenset(
    {
        *("system_means", "contrasts", "equivalence", "omnibus", "effects", "ordinal_model"),
        *("variance_components", "reliability", "participants"),
    }
)
FIGURES = frozenset({"figure7", "figure8", "figure13"})


def aggregates(found: Findings) -> Findings:
    """The findings that a report under codes has; one sentence says what is left out."""
    frames = {name: frame for name, frame in found.frames.items() if name in TABLES}
    missing = {name: text for name, text in found.missing.items() if name in TABLES}
    missing["under_codes"] = UNDER_CODES
    return replace(found, frames=frames, missing=missing, metric_notes=())
