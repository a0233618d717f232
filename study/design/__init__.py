"""Session plans, made before any expert exists: pure, and the same seed gives the same bytes.

`squares` and `mirrored` order the systems, `subsets` chooses each slot's clips, `repeats` spreads hidden repeats over
the second half, `certificate` counts what came out, and `guessing` says how far an order gives itself away.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from study.design.certificate import certificate_of, without_codes
from study.design.few_systems import mirrored_orders
from study.design.latin_squares import Blocks, square_orders
from study.design.predictability import predictable_share
from study.design.repeats import Trial, with_repeats
from study.design.spec import REPEAT_GAP, SQUARES_FROM, DesignSpec
from study.design.subsets import clip_subsets, scale_orders

__all__ = [
    "REPEAT_GAP",
    "SQUARES_FROM",
    "DesignSpec",
    "certificate_of",
    "predictable_share",
    "make_session_apart",
    "make_sessions",
    "without_codes",
]


def make_sessions(shape: DesignSpec) -> dict[str, Any]:
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
        trials = with_repeats(_trials(orders[slot], [subsets[slot] for subsets in heard]), shape, rng)
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


def make_session_apart(shape: DesignSpec) -> list[Trial]:
    """One session's trials that follow no plan: blocks in random order, clips by number, systems as numbers.

    For previews: nothing in it says anything about a slot of the study's own plan.
    """
    rng = np.random.default_rng(shape.seed)
    systems, blocks = len(shape.systems), Blocks()
    while len(blocks) < shape.heard:
        row = rng.permutation(systems).tolist()
        if systems < SQUARES_FROM or not blocks or blocks[-1][-1] != row[0]:
            blocks.append(row)
    return with_repeats(_trials(blocks, [list(range(shape.heard)) for _ in range(systems)]), shape, rng)


def _trials(blocks: Blocks, clips: list[list[int]]) -> list[Trial]:
    """The slot's clips put into the places of their systems."""
    left = [list(subset) for subset in clips]
    return [
        {"system": system, "clip": left[system].pop(), "block": block, "position": position, "repeat": False}
        for block, row in enumerate(blocks, start=1)
        for position, system in enumerate(row, start=1)
    ]
