"""What a plan depends on."""

from __future__ import annotations

from dataclasses import dataclass

#: From so many systems on, none is heard twice running.
SQUARES_FROM = 4


@dataclass(frozen=True)
class DesignSpec:
    """What a study's session plans depend on.

    Attributes
    ----------
    systems : tuple of str
    clips : int
        Clips of each system.
    heard : int
        Clips of each system that one slot hears.
    groups : tuple of (str, int)
        Key of each group and its number of slots.
    repeats, practice : int
        Hidden repeats and practice trials of a session.
    break_after : int
        Trials before the break.
    scales : tuple of str
        Keys of the rating scales.
    seed : int
    """

    systems: tuple[str, ...]
    clips: int
    heard: int
    groups: tuple[tuple[str, int], ...]
    repeats: int
    practice: int
    break_after: int
    scales: tuple[str, ...]
    seed: int

    @property
    def slots(self) -> int:
        """Number of slots of all groups."""
        return sum(count for _, count in self.groups)
