"""The figures of a report. Each is drawn from a table that is saved beside it."""

from __future__ import annotations

from analysis.report.figures.means import figure7

__all__ = ["figure7"]
