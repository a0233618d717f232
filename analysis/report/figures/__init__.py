"""The figures of a report. Each is drawn from a table that is saved beside it."""

from __future__ import annotations

from analysis.report.figures.means import draw_means, means_frame

__all__ = ["draw_means", "means_frame"]
