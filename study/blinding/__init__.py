"""Check that nothing in an expert's browser reveals systems (docs/blinding.md)."""

from study.blinding.check import Report, check_blinding, default_sessions
from study.blinding.uniformity import EDGE_S, AudioProperties, level

__all__ = ["EDGE_S", "Report", "AudioProperties", "check_blinding", "default_sessions", "level"]
