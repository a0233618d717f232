"""Notes of statistics on themselves, as data.

`report.fit_notes` puts them into words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Note:
    """What a statistic reports of itself, as data.

    Attributes
    ----------
    code : str
    scale : str
        Key of the scale that it concerns.
    about : mapping of str
        What else its sentence names: ids of systems, components, numbers.
    """

    code: str
    scale: str
    about: Mapping[str, Any]


def note(code: str, scale: str, **about: Any) -> Note:
    """Make a note.

    Parameters
    ----------
    code, scale : str
    **about
        What else its sentence names.

    Returns
    -------
    Note
    """
    return Note(code, scale, about)
