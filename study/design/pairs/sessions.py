"""All session plans of a study with two clips a trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from study.design.pairs.orders import order_rounds
from study.design.pairs.repeats import Trial, with_repeats
from study.design.pairs.sides import choose_sides
from study.design.pairs.spec import PairSpec
from study.design.pairs.unknown import choose_x
from study.design.subsets import planned_experts, scale_orders

Ints = npt.NDArray[np.int64]


def make_pair_sessions(spec: PairSpec) -> dict[str, Any]:
    """Make all session plans of a study with two clips a trial.

    Parameters
    ----------
    spec : PairSpec

    Returns
    -------
    dict
        Ready for JSON: ``seed``, ``systems``, ``clips_per_system``, ``rounds``, ``matched``, ``break_after`` and
        ``slots``, a list of {``slot``, ``group``, ``scales``, ``practice``, ``trials``}. A trial has ``places``, one
        {``system`` (name), ``clip`` (number from 0 within its system)} for each clip in its order; ``block`` (the
        round) and ``position`` (from 1) and ``repeat`` (bool); with an X, ``x`` is the place of the clip that it is.
    """
    rng = np.random.default_rng(spec.seed)
    sessions = _sessions(spec, rng)
    scales = scale_orders(len(spec.questions), spec.slots, rng)
    groups = [key for key, count in spec.groups for _ in range(count)]
    slots = [
        {
            "slot": slot + 1,
            "group": group,
            "scales": [spec.questions[index] for index in scales[slot]],
            "practice": list(range(2 * spec.practice)),
            "trials": [_named(trial, spec) for trial in sessions[slot]],
        }
        for slot, group in enumerate(groups)
    ]
    return {
        "seed": spec.seed,
        "systems": list(spec.systems),
        "clips_per_system": spec.prompts,
        "rounds": spec.rounds,
        "matched": spec.matched,
        "break_after": spec.break_after,
        "slots": slots,
    }


def make_pair_session_apart(spec: PairSpec) -> list[Trial]:
    """Make the trials of one session that belongs to no study plan, as for previews.

    Parameters
    ----------
    spec : PairSpec
        Its slots do not matter.

    Returns
    -------
    list of dict
        Trials as in ``make_pair_sessions``, except that a system is its number, from 0.
    """
    return _sessions(spec.of_one_slot(), np.random.default_rng(spec.seed))[0]


def _sessions(spec: PairSpec, rng: np.random.Generator) -> list[list[Trial]]:
    """The trials of each slot, with systems as numbers."""
    first, second = vote_clips(spec)
    lower_first = choose_sides(spec, first, rng)
    # Which of its votes on a pair an expert gives in which round.
    turns = rng.permuted(np.tile(np.arange(spec.rounds), (*first.shape[:2], 1)), axis=2)
    by_round = np.take_along_axis(first, turns, axis=2).transpose(0, 2, 1)
    orders = order_rounds(len(spec.systems), by_round, rng)
    pairs = spec.pairs
    sessions: list[list[Trial]] = []
    for expert in planned_experts(spec.groups, rng):
        trials = []
        for block in range(spec.rounds):
            for position, pair in enumerate(orders[expert, block].tolist()):
                vote = turns[expert, pair, block]
                low, high = pairs[pair]
                places = [
                    {"system": low, "clip": int(first[expert, pair, vote])},
                    {"system": high, "clip": int(second[expert, pair, vote])},
                ]
                if not lower_first[expert, pair, vote]:
                    places.reverse()
                trials.append({"places": places, "block": block + 1, "position": position + 1, "repeat": False})
        sessions.append(trials)
    if spec.has_x:
        choose_x(sessions, rng)
    return [with_repeats(trials, spec, rng) for trials in sessions]


def vote_clips(spec: PairSpec) -> tuple[Ints, Ints]:
    """Choose the two clips of each vote.

    Vote ``j`` of expert ``e`` on pair ``k`` has the number ``t = e m + k m + j`` with m rounds, and the prompt t mod P.
    So each pair has each prompt equally often (within one), each expert too, and no pair has a prompt twice in a
    session. Without matching the second clip moves on by one after each P votes, so that a pair's clips meet in each
    combination before any comes again.

    Parameters
    ----------
    spec : PairSpec

    Returns
    -------
    tuple of np.ndarray
        The clips of the pair's lower and higher system, shape (slots, pairs, rounds) each.
    """
    expert, pair, vote = np.ogrid[: spec.slots, : len(spec.pairs), : spec.rounds]
    numbers: Ints = (expert + pair) * spec.rounds + vote
    first = numbers % spec.prompts
    second = first if spec.matched else (numbers + numbers // spec.prompts) % spec.prompts
    return first, second


def _named(trial: Trial, spec: PairSpec) -> Trial:
    places = [{**place, "system": spec.systems[place["system"]]} for place in trial["places"]]
    return {**trial, "places": places}
