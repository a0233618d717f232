"""How well the next clip can be predicted, and one session plan from another."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise
from typing import Any

#: Place in the block and system of a trial, and the system of the trial after it in the same block.
Step = tuple[int, str, str]


def predictable_share(sessions: dict[str, Any]) -> float:
    """Compute the share of trials whose system can be guessed from the one before.

    The guess is the system that most often followed this system at this place, in all other trials of the plan, so that
    a rule of its rows shows. First trials of blocks and hidden repeats are left out.

    Parameters
    ----------
    sessions : dict
        What ``make_sessions`` returned.

    Returns
    -------
    float
        From 0 to 1. About 1 / (systems - 1) where the rows follow no rule, 1 where they are shifts of one order; 0
        without such trials.
    """
    steps = [step for slot in sessions["slots"] for step in _steps(slot["trials"])]
    seen = Counter(steps)
    return sum(_right(seen, step, sessions["systems"]) for step in steps) / max(1, len(steps))


def share_from_another(sessions: dict[str, Any]) -> float:
    """Compute the share of trials whose system can be guessed from another plan.

    The person who guesses knows one other session plan. Systems are balanced at each trial number, so that with few
    slots another session has a system less often, or never, where this one has it. The guess is the same system, or
    another one, whichever is right more often. Pages of sets are balanced by prompt: the guess is that of somebody who
    knows each page's prompt, and by chance for prompts that only one of both sessions has.

    Parameters
    ----------
    sessions : dict
        What ``make_sessions``, ``make_pair_sessions`` or ``make_set_sessions`` returned.

    Returns
    -------
    float
        About 1 / systems with many slots. 1 with two systems and two slots; 0 with one slot, or no prompt in common.
    """
    slots = [_heard(slot["trials"], by_prompt=_are_sets(sessions)) for slot in sessions["slots"]]
    both = [(one, other) for one, other in combinations(slots, 2)]
    pairs = [(one[stand], other[stand]) for one, other in both for stand in one.keys() & other.keys()]
    if not pairs:
        return 0.0
    same: float = sum(a == b for a, b in pairs) / len(pairs)
    known, systems = len(pairs) / sum(len(other) for _, other in both), len(sessions["systems"])
    return known * max(same, (1 - same) / max(1, systems - 1)) + (1 - known) / systems


def _are_sets(sessions: dict[str, Any]) -> bool:
    return "places" in sessions["slots"][0]["trials"][0] and "rounds" not in sessions


def _heard(trials: list[dict[str, Any]], *, by_prompt: bool) -> dict[tuple[int, int], str]:
    """The system of each clip of a session by trial and place; of sets by prompt and place, without repeats."""
    found = {}
    for number, trial in enumerate(trials):
        for place, clip in enumerate(trial.get("places", [trial])):
            if not (by_prompt and trial["repeat"]):
                found[clip["clip"] if by_prompt else number, place] = clip["system"]
    return found


def _steps(trials: list[dict[str, Any]]) -> list[Step]:
    firsts = [trial for trial in trials if not trial["repeat"]]
    return [(a["position"], a["system"], b["system"]) for a, b in pairwise(firsts) if a["block"] == b["block"]]


def _right(seen: Counter[Step], step: Step, systems: list[str]) -> float:
    """How likely the best guess is right; of guesses that are as good one is taken at random."""
    place, before, after = step
    others = {system: seen[place, before, system] - (system == after) for system in systems if system != before}
    most = max(others.values())
    best = [system for system, count in others.items() if count == most]
    return (after in best) / len(best)
