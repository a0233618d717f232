"""What a plan of pairs depends on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

#: From so many systems on, no system is in two consecutive trials.
APART_FROM = 5


@dataclass(frozen=True)
class PairSpec:
    """What the session plans of a study with two clips a trial depend on.

    Attributes
    ----------
    systems : tuple of str
    prompts : int
        Clips of each system. If clips are matched, clip ``i`` of each system comes from prompt ``i``.
    rounds : int
        How often a slot hears each pair of systems, at most ``prompts``.
    matched : bool
        Whether the clips of a trial come from the same prompt.
    groups : tuple of (str, int)
        Key of each group and its number of slots.
    repeats, practice : int
        Hidden repeats and practice trials of a session.
    break_after : int
        Trials before the break.
    questions : tuple of str
        Keys of the questions.
    seed : int
    """

    systems: tuple[str, ...]
    prompts: int
    rounds: int
    matched: bool
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

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """All pairs of systems by number, the lower one first."""
        return list(combinations(range(len(self.systems)), 2))
