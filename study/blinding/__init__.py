"""Proving that nothing which reaches an expert's browser says which system made a clip (docs/blinding.md)."""

from study.blinding.check import Report, check_blinding, default_sessions
from study.blinding.uniformity import EDGE_S, AudioProperties, level

__all__ = ["EDGE_S", "Report", "AudioProperties", "check_blinding", "default_sessions", "level"]
