"""The sections of a report of ratings, in reading order. What a section has, its own file says."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.data.ratings import Ratings
from analysis.report.findings import Findings
from analysis.report.registry import Section
from analysis.report.sections import (
    asked,
    cannot,
    checklist,
    further,
    listened,
    made,
    means,
    methods,
    notes,
    opening,
    said,
    tables,
    trusted,
)

SECTIONS: Sequence[Section[Findings]] = tuple(
    module.SECTION
    for module in (
        *(opening, asked, listened, said, cannot, means, trusted, notes, further),
        *(methods, checklist, tables, made),
    )
)


def compute(
    ratings: Ratings, *, replicates: int, seed: int, sections: Sequence[Section[Findings]] = SECTIONS
) -> Findings:
    """What the sections show of some ratings."""
    return Findings(ratings, sections, replicates=replicates, seed=seed)
