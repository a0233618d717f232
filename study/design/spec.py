"""What a plan depends on."""

from __future__ import annotations

from dataclasses import dataclass

#: From so many systems on, none is heard twice running.
SQUARES_FROM = 4
#: Trials between a hidden repeat and its first hearing.
REPEAT_GAP = 8


@dataclass(frozen=True)
class DesignSpec:
    """What a plan depends on. `clips` a system of which a slot hears `heard`; `groups` are (key, slots)."""

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
        return sum(count for _, count in self.groups)
