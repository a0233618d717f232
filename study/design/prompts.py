"""The order of clips that share prompts: those of one prompt apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from formats.study_file import REPEAT_GAP

#: Exchanges tried in a session.
TRIES = 2_000


def prompt_gap(heard: int) -> int:
    """Give the fewest trials from one clip of a prompt to the next.

    Half the prompts lie between, up to the gap of hidden repeats; more is seldom possible in the orders of systems.

    Parameters
    ----------
    heard : int
        Prompts that a slot hears.

    Returns
    -------
    int
        1 where clips of one prompt may follow each other.
    """
    return min(REPEAT_GAP, (heard + 1) // 2)


def spread_prompts(systems: Sequence[int], prompts: Sequence[int], rng: np.random.Generator) -> list[int]:
    """Choose the prompt of each trial, so that each system is heard once with each.

    Each trial takes of its system's prompts the one that was heard longest ago; then trials of one system exchange
    theirs until all are ``prompt_gap`` apart, or as many as a search finds.

    Parameters
    ----------
    systems : sequence of int
        The system of each trial, from 0; each as often as there are prompts.
    prompts : sequence of int
    rng : np.random.Generator

    Returns
    -------
    list of int
        The prompt of each trial.
    """
    gap = prompt_gap(len(prompts))
    chosen = _longest_ago(systems, prompts, rng)
    of_system: dict[int, list[int]] = {}
    for number, system in enumerate(systems):
        of_system.setdefault(system, []).append(number)
    for _ in range(TRIES):
        close = [number for number in range(len(chosen)) if _near(chosen, number, gap)]
        if not close:
            break
        one = close[int(rng.integers(len(close)))]
        others = of_system[systems[one]]
        other = others[int(rng.integers(len(others)))]
        before = _near(chosen, one, gap) + _near(chosen, other, gap)
        chosen[one], chosen[other] = chosen[other], chosen[one]
        if _near(chosen, one, gap) + _near(chosen, other, gap) > before:
            chosen[one], chosen[other] = chosen[other], chosen[one]
    return chosen


def _longest_ago(systems: Sequence[int], prompts: Sequence[int], rng: np.random.Generator) -> list[int]:
    """For each trial the prompt that its system has left and that was heard longest ago; chance decides ties."""
    left = {system: list(prompts) for system in systems}
    last = dict.fromkeys(prompts, -len(systems))
    chosen = []
    for number, system in enumerate(systems):
        prompt = min(rng.permutation(left[system]).tolist(), key=lambda one: last[one])
        left[system].remove(prompt)
        last[prompt] = number
        chosen.append(prompt)
    return chosen


def _near(chosen: Sequence[int], number: int, gap: int) -> int:
    """Trials of the same prompt that are nearer than the gap."""
    around = range(max(0, number - gap + 1), min(len(chosen), number + gap))
    return sum(chosen[other] == chosen[number] for other in around) - 1
