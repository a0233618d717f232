"""Session plans, made before any expert exists: pure, and the same seed gives the same bytes.

`squares` and `mirrored` order the systems, `subsets` chooses each slot's clips, `certificate` counts what came out, and
`guessing` how far an order gives itself away.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from study.design.certificate import certificate_of
from study.design.guessing import foretold
from study.design.mirrored import mirrored_orders
from study.design.shape import REPEAT_GAP, SQUARES_FROM, Shape
from study.design.squares import Blocks, square_orders
from study.design.subsets import clip_subsets, scale_orders

__all__ = ["REPEAT_GAP", "SQUARES_FROM", "Shape", "certificate_of", "foretold", "make_sessions"]

Trial = dict[str, Any]


def make_sessions(shape: Shape) -> dict[str, Any]:
    """All session plans: {"slots": [{"slot", "group", "scales", "practice", "trials": [{"system", "clip", …}]}], …}.

    Clips are numbers from 0 within their system; blocks and positions count from 1.
    """
    rng = np.random.default_rng(shape.seed)
    order = square_orders if len(shape.systems) >= SQUARES_FROM else mirrored_orders
    orders = order(len(shape.systems), shape.heard, shape.slots, rng)
    heard = [clip_subsets(shape, rng) for _ in shape.systems]
    scales = scale_orders(len(shape.scales), shape.slots, rng)
    groups = [key for key, count in shape.groups for _ in range(count)]
    slots = []
    for slot, group in enumerate(groups):
        trials = _trials(orders[slot], [subsets[slot] for subsets in heard])
        trials += _repeats(trials, shape, rng)
        slots.append(
            {
                "slot": slot + 1,
                "group": group,
                "scales": [shape.scales[index] for index in scales[slot]],
                "practice": list(range(shape.practice)),
                "trials": [{**trial, "system": shape.systems[trial["system"]]} for trial in trials],
            }
        )
    return {
        "seed": shape.seed,
        "systems": list(shape.systems),
        "clips_per_system": shape.clips,
        "heard_per_expert": shape.heard,
        "break_after": shape.break_after,
        "slots": slots,
    }


def _trials(blocks: Blocks, clips: list[list[int]]) -> list[Trial]:
    """The slot's clips put into the places of their systems."""
    left = [list(subset) for subset in clips]
    return [
        {"system": system, "clip": left[system].pop(), "block": block, "position": position, "repeat": False}
        for block, row in enumerate(blocks, start=1)
        for position, system in enumerate(row, start=1)
    ]


def _repeats(trials: list[Trial], shape: Shape, rng: np.random.Generator) -> list[Trial]:
    """Hidden repeats at the end, of early trials, systems as even as can be and none twice running (from four on)."""
    chosen: list[Trial] = []
    last, block = trials[-1]["system"], trials[-1]["block"] + 1
    left: list[int] = []
    used: set[tuple[int, int]] = set()
    for number in range(shape.repeats):
        if not left:
            left = rng.permutation(len(shape.systems)).tolist()
        early = trials[: len(trials) + number + 1 - REPEAT_GAP]
        system = _next_system(left, last, early, used, shape)
        left = [other for other in left if other != system]
        fitting = [trial for trial in early if trial["system"] == system and (system, trial["clip"]) not in used]
        first_half = [trial for trial in fitting if trial["block"] * 2 <= block] or fitting[:1]
        again = first_half[int(rng.integers(len(first_half)))]
        used.add((system, again["clip"]))
        chosen.append({**again, "block": block, "position": number + 1, "repeat": True})
        last = system
    return chosen


def _next_system(left: list[int], last: int, early: list[Trial], used: set[tuple[int, int]], shape: Shape) -> int:
    """The next system to repeat: one still owed, not the last one heard, and with a clip heard long enough ago."""
    ready = {trial["system"] for trial in early if (trial["system"], trial["clip"]) not in used}
    apart = ready - {last} if len(shape.systems) >= SQUARES_FROM and ready - {last} else ready
    owed = [system for system in left if system in apart]
    return owed[0] if owed else min(apart)
