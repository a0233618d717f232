"""Hidden repeats, spread over the second half of a session."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from formats.study_file import REPEAT_GAP
from study.design.spec import SQUARES_FROM, DesignSpec

Trial = dict[str, Any]
#: So many places for the repeats are tried before they are put at the end.
ATTEMPTS = 100


def with_repeats(trials: list[Trial], spec: DesignSpec, rng: np.random.Generator) -> list[Trial]:
    """Insert a session's hidden repeats into its second half.

    Each repeat is in a stretch of its own. Systems are repeated as evenly as possible, none twice in succession (with
    four or more systems), and each clip at the earliest ``REPEAT_GAP`` trials after its first hearing. In a session too
    short for that the repeats are at its end.

    Parameters
    ----------
    trials : list of dict
        The session's trials, with systems as numbers.
    spec : DesignSpec
    rng : np.random.Generator

    Returns
    -------
    list of dict
        In block and position the repeats are numbered as a block of their own, so that the others keep theirs.
    """
    if not spec.repeats:
        return trials
    for _ in range(ATTEMPTS):
        found = _spread(trials, spec, rng)
        if found is not None:
            return found
    return _at_the_end(trials, spec, rng)


def _spread(trials: list[Trial], spec: DesignSpec, rng: np.random.Generator) -> list[Trial] | None:
    """One attempt at random places; None where some place has no clip that fits."""
    places = set(_places(len(trials) + spec.repeats, spec.repeats, rng))
    owed = _owed(spec, rng)
    coming, made, used = list(trials), list[Trial](), set[tuple[int, int]]()
    for number in range(len(trials) + spec.repeats):
        following = coming[0] if coming else None
        if number not in places:
            if following is None or (made and _clash(made[-1], following, spec)):
                return None
            made.append(coming.pop(0))
            continue
        after = following if number + 1 not in places else None
        away = _prompts_near(made, coming, spec)
        again = _again(made, after, owed, used, away, spec, rng)
        if again is None:
            return None
        owed.remove(again["system"])
        used.add((again["system"], again["clip"]))
        made.append({**again, "block": trials[-1]["block"] + 1, "position": len(used), "repeat": True})
    return made


def _places(total: int, repeats: int, rng: np.random.Generator) -> list[int]:
    """A random place in each of as many equal stretches of the second half as there are repeats."""
    half = total // 2
    edges = [half + (total - half) * number // repeats for number in range(repeats + 1)]
    return [int(rng.integers(low, high)) for low, high in pairwise(edges)]


def _owed(spec: DesignSpec, rng: np.random.Generator) -> list[int]:
    """Systems to repeat, equally often (±1), in random order."""
    rounds = -(-spec.repeats // len(spec.systems))
    return [system for _ in range(rounds) for system in rng.permutation(len(spec.systems)).tolist()][: spec.repeats]


def _again(
    made: list[Trial],
    after: Trial | None,
    owed: list[int],
    used: set[tuple[int, int]],
    away: set[int],
    spec: DesignSpec,
    rng: np.random.Generator,
) -> Trial | None:
    """A clip to be heard again here: of a system that is owed, heard long enough ago, beside none of its own.

    None is of the prompts `away`.
    """
    early = made[: max(0, len(made) + 1 - REPEAT_GAP)]
    ready = [trial for trial in early if not trial["repeat"] and (trial["system"], trial["clip"]) not in used]
    fitting = [
        trial
        for trial in ready
        if trial["system"] in owed
        and trial["clip"] not in away
        and not _clash(made[-1], trial, spec)
        and (after is None or not _clash(trial, after, spec))
    ]
    systems = sorted({trial["system"] for trial in fitting})
    if not systems:
        return None
    system = systems[int(rng.integers(len(systems)))]
    of_it = [trial for trial in fitting if trial["system"] == system]
    return of_it[int(rng.integers(len(of_it)))]


def _prompts_near(made: list[Trial], coming: list[Trial], spec: DesignSpec) -> set[int]:
    """The prompts heard too shortly before or after what comes between; none where clips are not matched."""
    reach = spec.prompt_gap - 1
    return {trial["clip"] for trial in [*made[max(0, len(made) - reach) :], *coming[:reach]]}


def _clash(before: Trial, after: Trial, spec: DesignSpec) -> bool:
    """Whether two trials may not follow each other, for they are of one system."""
    return len(spec.systems) >= SQUARES_FROM and bool(before["system"] == after["system"])


def _at_the_end(trials: list[Trial], spec: DesignSpec, rng: np.random.Generator) -> list[Trial]:
    """The repeats after all others, of early trials, systems as even as can be, none twice running (from four on)."""
    chosen: list[Trial] = []
    last, block = trials[-1]["system"], trials[-1]["block"] + 1
    left: list[int] = []
    used: set[tuple[int, int]] = set()
    for number in range(spec.repeats):
        if not left:
            left = rng.permutation(len(spec.systems)).tolist()
        early = trials[: len(trials) + number + 1 - REPEAT_GAP]
        system = _next_system(left, last, early, used, spec)
        left = [other for other in left if other != system]
        fitting = [trial for trial in early if trial["system"] == system and (system, trial["clip"]) not in used]
        away = _prompts_near(trials + chosen, [], spec)
        fitting = [trial for trial in fitting if trial["clip"] not in away] or fitting
        first_half = [trial for trial in fitting if trial["block"] * 2 <= block] or fitting[:1]
        again = first_half[int(rng.integers(len(first_half)))]
        used.add((system, again["clip"]))
        chosen.append({**again, "block": block, "position": number + 1, "repeat": True})
        last = system
    return trials + chosen


def _next_system(left: list[int], last: int, early: list[Trial], used: set[tuple[int, int]], spec: DesignSpec) -> int:
    """The next system to repeat: one still owed, not the last one heard, and with a clip heard long enough ago."""
    ready = {trial["system"] for trial in early if (trial["system"], trial["clip"]) not in used}
    apart = ready - {last} if len(spec.systems) >= SQUARES_FROM and ready - {last} else ready
    owed = [system for system in left if system in apart]
    return owed[0] if owed else min(apart)
