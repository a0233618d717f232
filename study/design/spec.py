"""What a plan depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from study.design.prompts import prompt_gap

#: From so many systems on, none is heard twice running.
SQUARES_FROM = 4


@dataclass(frozen=True, kw_only=True)
class SessionsSpec:
    """What the session plans of any study depend on.

    Attributes
    ----------
    systems : tuple of str
    groups : tuple of (str, int)
        Key of each group and its number of slots.
    repeats, practice : int
        Hidden repeats and practice trials of a session.
    break_after : int
        Trials before the break.
    questions : tuple of str
        Keys of what is asked: rating scales, preferences and choices.
    seed : int
    """

    systems: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    repeats: int
    practice: int
    break_after: int
    questions: tuple[str, ...]
    seed: int

    @property
    def slots(self) -> int:
        """Number of slots of all groups."""
        return sum(count for _, count in self.groups)

    def of_one_slot(self) -> Self:
        """Make the spec of a single session that belongs to no study plan.

        Returns
        -------
        SessionsSpec
            Of the same kind.
        """
        return replace(self, groups=(("alone", 1),))


@dataclass(frozen=True, kw_only=True)
class DesignSpec(SessionsSpec):
    """What the session plans of trials of one clip depend on.

    Attributes
    ----------
    clips : int
        Clips of each system.
    heard : int
        Clips of each system that one slot hears.
    matched : bool
        Whether clips of one number are of one prompt; a slot then hears the same prompts of all systems, apart.
    """

    clips: int
    heard: int
    matched: bool = False

    @property
    def prompt_gap(self) -> int:
        """Fewest trials from one clip of a prompt to the next; 1 if not matched."""
        return prompt_gap(self.heard) if self.matched else 1
