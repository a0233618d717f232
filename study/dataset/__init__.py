"""Export a study as a Psych-DS folder (docs/datasets.md), with streamed rows.

While the study is sealed nothing is written that would let someone who holds the pack join ratings to systems: no
hash, provenance, song or metric of a clip, and of a rating neither its clip nor its system's code.
"""

from __future__ import annotations

from study.dataset.file_formats import FORMS, write
from study.dataset.folder import export
from study.dataset.readme import FEW, people, small_groups
from study.dataset.tables import escape_formula
from study.dataset.taken import TAKEN, hashes_of

__all__ = ["FEW", "FORMS", "TAKEN", "escape_formula", "export", "hashes_of", "people", "small_groups", "write"]
