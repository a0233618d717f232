"""What a plan of pairs depends on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from study.design.spec import SessionsSpec

#: From so many systems on, no system is in two consecutive trials.
APART_FROM = 5


@dataclass(frozen=True, kw_only=True)
class PairSpec(SessionsSpec):
    """What the session plans of trials of two clips depend on.

    Attributes
    ----------
    prompts : int
        Clips of each system. If clips are matched, clip ``i`` of each system comes from prompt ``i``.
    rounds : int
        How often a slot hears each pair of systems, at most ``prompts``.
    matched : bool
        Whether the clips of a trial come from the same prompt.
    has_x : bool
        Whether one of a trial's clips is heard again as X.
    """

    prompts: int
    rounds: int
    matched: bool
    has_x: bool = False

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """All pairs of systems by number, the lower one first."""
        return list(combinations(range(len(self.systems)), 2))
