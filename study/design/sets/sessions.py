"""All session plans of a study with one clip of each system on a page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from formats.study_file import REPEAT_GAP
from study.design.base_orders import zigzag
from study.design.sets.places import place_systems
from study.design.spec import SessionsSpec
from study.design.subsets import planned_experts, scale_orders

Trial = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SetSpec(SessionsSpec):
    """What the session plans of pages with one clip of each system depend on.

    Attributes
    ----------
    prompts : int
        Clips of each system; clip ``i`` of each system comes from prompt ``i``.
    heard : int
        Pages of a slot, each of another prompt, at most ``prompts``.
    """

    prompts: int
    heard: int


def make_set_sessions(spec: SetSpec) -> dict[str, Any]:
    """Make all session plans of a study with one clip of each system on a page.

    Parameters
    ----------
    spec : SetSpec

    Returns
    -------
    dict
        Ready for JSON: ``seed``, ``systems``, ``clips_per_system``, ``heard_per_expert``, ``break_after`` and
        ``slots``, a list of {``slot``, ``group``, ``scales``, ``practice``, ``trials``}. A trial has ``places``, one
        {``system`` (name), ``clip`` (number from 0 within its system)} for each clip in its order; ``block`` (1, of
        repeats 2), ``position`` (from 1) and ``repeat`` (bool).
    """
    rng = np.random.default_rng(spec.seed)
    sessions = _sessions(spec, rng)
    scales = scale_orders(len(spec.questions), spec.slots, rng)
    groups = [key for key, count in spec.groups for _ in range(count)]
    return {
        "seed": spec.seed,
        "systems": list(spec.systems),
        "clips_per_system": spec.prompts,
        "heard_per_expert": spec.heard,
        "break_after": spec.break_after,
        "slots": [
            {
                "slot": slot + 1,
                "group": group,
                "scales": [spec.questions[index] for index in scales[slot]],
                "practice": list(range(len(spec.systems) * spec.practice)),
                "trials": [_named(trial, spec) for trial in sessions[slot]],
            }
            for slot, group in enumerate(groups)
        ],
    }


def make_set_session_apart(spec: SetSpec) -> list[Trial]:
    """Make the trials of one session that belongs to no study plan, as for previews.

    Parameters
    ----------
    spec : SetSpec
        Its slots do not matter.

    Returns
    -------
    list of dict
        Trials as in ``make_set_sessions``, except that a system is its number, from 0.
    """
    return _sessions(spec.of_one_slot(), np.random.default_rng(spec.seed))[0]


def _sessions(spec: SetSpec, rng: np.random.Generator) -> list[list[Trial]]:
    """The trials of each slot, with systems as numbers."""
    names = rng.permutation(spec.prompts).tolist()
    prompts = [[names[prompt] for prompt in prompts_of(spec, expert)] for expert in range(spec.slots)]
    pages = [(expert, prompt) for expert, row in enumerate(prompts) for prompt in row]
    systems = place_systems(pages, len(spec.systems), rng)
    sessions = []
    for expert in planned_experts(spec.groups, rng):
        trials = [
            {
                "places": [{"system": system, "clip": prompt} for system in systems[expert, prompt]],
                "block": 1,
                "position": position,
                "repeat": False,
            }
            for position, prompt in enumerate(prompts[expert], start=1)
        ]
        sessions.append(_with_repeats(trials, spec.repeats, rng))
    return sessions


def prompts_of(spec: SetSpec, expert: int) -> list[int]:
    """The prompts of a planned expert in their order.

    Windows that follow one another in a circle give each prompt equally often, within one. Each time the circle closes,
    the order within the windows is the next row of a Williams square.

    Parameters
    ----------
    spec : SetSpec
    expert : int

    Returns
    -------
    list of int
    """
    closed_after = spec.prompts // math.gcd(spec.prompts, spec.heard)
    row = expert // closed_after
    order = [(number + row) % spec.heard for number in zigzag(spec.heard)]
    if spec.heard % 2 and row // spec.heard % 2:
        order = [-number % spec.heard for number in order]
    return [(expert * spec.heard + number) % spec.prompts for number in order]


def _with_repeats(trials: list[Trial], repeats: int, rng: np.random.Generator) -> list[Trial]:
    """Insert hidden repeats into the second half, where the first hearing is long enough ago, or else at the end.

    A repeat has the places of its page in the opposite order.
    """
    total = len(trials) + repeats
    half = total // 2
    edges = [half + (total - half) * number // max(1, repeats) for number in range(repeats + 1)]
    wanted = {int(rng.integers(low, high)) for low, high in pairwise(edges)} if repeats else set()
    made, chosen, coming = list[Trial](), list[Trial](), list(trials)
    while len(made) < total:
        ready = [trial for trial in made[: max(0, len(made) + 1 - REPEAT_GAP)] if not trial["repeat"]]
        ready = [trial for trial in ready if trial not in chosen]
        is_due = len(chosen) < sum(place <= len(made) for place in wanted)
        if coming and not (is_due and ready):
            made.append(coming.pop(0))
            continue
        first = ready[int(rng.integers(len(ready)))]
        chosen.append(first)
        made.append({"places": first["places"][::-1], "block": 2, "position": len(chosen), "repeat": True})
    return made


def _named(trial: Trial, spec: SetSpec) -> Trial:
    places = [{**place, "system": spec.systems[place["system"]]} for place in trial["places"]]
    return {**trial, "places": places}
