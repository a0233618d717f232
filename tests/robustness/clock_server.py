"""The site under a clock that a test moves: its offset in seconds lies in the file that CHAOS_CLOCK names.

The site itself has no such variable; only code can replace its clock (study/clock.py), and this module is that code.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.wsgi import application
from study import clock

__all__ = ["application", "shifted"]


def shifted() -> datetime:
    """The present moment, moved on by the file's offset."""
    return datetime.now(UTC) + timedelta(seconds=float(Path(os.environ["CHAOS_CLOCK"]).read_text() or 0))


KEPT = ExitStack()
KEPT.enter_context(clock.use(shifted))
