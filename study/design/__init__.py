"""Session plans, made before any expert exists.

The same seed gives the same bytes. `latin_squares` and `few_systems` order the systems, `subsets` chooses each slot's
clips, `repeats` spreads hidden repeats over the second half, `certificate` counts the balance, `predictability`
measures how well systems can be guessed, `prompts` keeps the clips of one prompt apart, and `cautions` says where that
is too well. `attention` draws where attention checks stand, apart from all of this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from formats.study_file import REPEAT_GAP
from study.design.attention import checks_certified, draw_checks, with_attention_checks
from study.design.cautions import may_reveal, plan_cautions
from study.design.certificate import certificate_of, without_codes
from study.design.few_systems import mirrored_orders
from study.design.latin_squares import Blocks, square_orders
from study.design.predictability import predictable_share, share_from_another
from study.design.prompts import spread_prompts
from study.design.repeats import Trial, with_repeats
from study.design.spec import SQUARES_FROM, DesignSpec
from study.design.subsets import clip_subsets, scale_orders

__all__ = [
    "REPEAT_GAP",
    "SQUARES_FROM",
    "DesignSpec",
    "certificate_of",
    "checks_certified",
    "draw_checks",
    "make_session_apart",
    "make_sessions",
    "may_reveal",
    "plan_cautions",
    "predictable_share",
    "share_from_another",
    "with_attention_checks",
    "without_codes",
]


def make_sessions(spec: DesignSpec) -> dict[str, Any]:
    """Make all session plans of a study.

    Parameters
    ----------
    spec : DesignSpec

    Returns
    -------
    dict
        Ready for JSON: ``seed``, ``systems``, ``clips_per_system``, ``heard_per_expert``, ``break_after`` and
        ``slots``, a list of {``slot``, ``group``, ``scales``, ``practice``, ``trials``}. A trial has ``system`` (name),
        ``clip`` (number from 0 within its system), ``block`` and ``position`` (from 1) and ``repeat`` (bool).
    """
    rng = np.random.default_rng(spec.seed)
    order = square_orders if len(spec.systems) >= SQUARES_FROM else mirrored_orders
    orders = order(len(spec.systems), spec.heard, spec.slots, rng)
    heard = [clip_subsets(spec, rng)] if spec.matched else [clip_subsets(spec, rng) for _ in spec.systems]
    scales = scale_orders(len(spec.questions), spec.slots, rng)
    groups = [key for key, count in spec.groups for _ in range(count)]
    slots = []
    for slot, group in enumerate(groups):
        trials = _trials(orders[slot], [subsets[slot] for subsets in heard], spec, rng)
        slots.append(
            {
                "slot": slot + 1,
                "group": group,
                "scales": [spec.questions[index] for index in scales[slot]],
                "practice": list(range(spec.practice)),
                "trials": [{**trial, "system": spec.systems[trial["system"]]} for trial in trials],
            }
        )
    return {
        "seed": spec.seed,
        "systems": list(spec.systems),
        "clips_per_system": spec.clips,
        "heard_per_expert": spec.heard,
        **({"match": "prompt"} if spec.matched else {}),
        "break_after": spec.break_after,
        "slots": slots,
    }


def make_session_apart(spec: DesignSpec) -> list[Trial]:
    """Make the trials of one session that belongs to no study plan.

    For previews: it reveals nothing about a slot of the study's own plan.

    Parameters
    ----------
    spec : DesignSpec

    Returns
    -------
    list of dict
        Trials as in ``make_sessions``, except that a system is its number, from 0. Blocks are in random order.
    """
    rng = np.random.default_rng(spec.seed)
    systems, blocks = len(spec.systems), Blocks()
    while len(blocks) < spec.heard:
        row = rng.permutation(systems).tolist()
        if systems < SQUARES_FROM or not blocks or blocks[-1][-1] != row[0]:
            blocks.append(row)
    return _trials(blocks, [list(range(spec.heard)) for _ in range(1 if spec.matched else systems)], spec, rng)


def _trials(blocks: Blocks, clips: list[list[int]], spec: DesignSpec, rng: np.random.Generator) -> list[Trial]:
    """The slot's clips put into the places of their systems, and its hidden repeats.

    Matched clips are the same of all systems.
    """
    systems = [system for row in blocks for system in row]
    if spec.matched:
        chosen = spread_prompts(systems, clips[0], rng)
    else:
        left = [list(subset) for subset in clips]
        chosen = [left[system].pop() for system in systems]
    places = [(block, position) for block, row in enumerate(blocks, 1) for position in range(1, len(row) + 1)]
    trials = [
        {"system": system, "clip": clip, "block": block, "position": position, "repeat": False}
        for system, clip, (block, position) in zip(systems, chosen, places, strict=True)
    ]
    return with_repeats(trials, spec, rng)
