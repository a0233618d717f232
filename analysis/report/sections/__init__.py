"""The sections of a report of ratings, in reading order. What a section has, its own file says."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.data.ratings import Ratings
from analysis.report import closing
from analysis.report.findings import Findings
from analysis.report.registry import Section
from analysis.report.sections import checklist, further, means, methods, notes, said, study, tables, trusted

SECTIONS: Sequence[Section[Findings]] = (
    *(said.SAID, means.SECTION, said.CANNOT, study.ASKED, study.LISTENED),
    *(trusted.SECTION, notes.SECTION, further.SECTION),
    *(methods.SECTION, checklist.SECTION, tables.TABLES, closing.MADE),
)


def compute(
    ratings: Ratings, *, replicates: int, seed: int, sections: Sequence[Section[Findings]] = SECTIONS
) -> Findings:
    """What the sections show of some ratings."""
    return Findings(ratings, sections, replicates=replicates, seed=seed)
