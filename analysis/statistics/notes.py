"""What a statistic says of itself, as data; `report.fit_notes` puts it into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Note:
    """A code, the scale that it concerns, and what else its sentence names: ids of systems, components, numbers."""

    code: str
    scale: str
    about: Mapping[str, Any]


def note(code: str, scale: str, **about: Any) -> Note:
    """A note of these parameters."""
    return Note(code, scale, about)
