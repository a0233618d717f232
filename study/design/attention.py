"""Draw the trials of attention checks, without regard to systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

#: So that the plan's other numbers come from other random numbers of its seed.
STREAM = 1


def with_attention_checks(sessions: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Give each slot its attention checks.

    Parameters
    ----------
    sessions : mapping
        As from ``make_sessions`` and its like; nothing else in it is changed.
    keys : sequence of str
        The check of each time that a session asks one; fewer than a slot has trials.

    Returns
    -------
    dict
        The same with ``checks`` in each slot, a list of {``trial`` (its number, from 2), ``check`` (key)}; without
        keys, the sessions as they are.
    """
    if not keys:
        return dict(sessions)
    slots = [
        {**slot, "checks": draw_checks(len(slot["trials"]), keys, (sessions["seed"], STREAM, slot["slot"]))}
        for slot in sessions["slots"]
    ]
    return {**sessions, "slots": slots}


def draw_checks(trials: int, keys: Sequence[str], seed: Sequence[int]) -> list[dict[str, Any]]:
    """Draw the attention checks of one session.

    All trials but the first are cut into as many stretches as there are checks, as long as each other within one trial;
    one trial of each stretch has a check.

    Parameters
    ----------
    trials : int
        Study trials of the session.
    keys : sequence of str
    seed : sequence of int

    Returns
    -------
    list of dict
        As in ``with_attention_checks``, in the order of the trials.
    """
    rng = np.random.default_rng(list(seed))
    edges = [1 + (trials - 1) * number // max(1, len(keys)) for number in range(len(keys) + 1)]
    drawn = [keys[index] for index in rng.permutation(len(keys))]
    return [
        {"trial": int(rng.integers(low, high)) + 1, "check": key}
        for (low, high), key in zip(pairwise(edges), drawn, strict=True)
    ]


def checks_certified(sessions: Mapping[str, Any]) -> dict[str, int]:
    """Count the attention checks of a slot, for the certificate.

    Parameters
    ----------
    sessions : mapping

    Returns
    -------
    dict
        ``attention_checks_per_slot``; empty without checks.
    """
    counts = {len(slot["checks"]) for slot in sessions["slots"] if slot.get("checks")}
    return {"attention_checks_per_slot": max(counts)} if counts else {}
