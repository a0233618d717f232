"""The documented name of `analysis.statistics.mixed_model` for people who analyse ratings from Python."""

from analysis.statistics.mixed_model import Fit, fit

__all__ = ["Fit", "fit"]
