"""The balance certificate of sets, computed from the session plans only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import Any

from formats.files import json_sha256
from formats.study_file import REPEAT_GAP

Trial = dict[str, Any]
Sessions = dict[str, Any]


def set_certificate(sessions: Sessions) -> dict[str, Any]:
    """Compute the figures by which a reader can check the balance of a plan of sets.

    Hidden repeats count only where their name says so.

    Parameters
    ----------
    sessions : dict
        What ``make_set_sessions`` returned; the figures follow from it alone.

    Returns
    -------
    dict
        Ready for JSON; docs/datasets.md lists the figures, [fewest, most] each. ``promised`` has the widest distance
        that the construction allows, and ``uneven`` names the figures outside.
    """
    whole = [slot["trials"] for slot in sessions["slots"]]
    firsts = [[trial for trial in trials if not trial["repeat"]] for trials in whole]
    repeats = len(whole[0]) - len(firsts[0])
    figures = {**_places(sessions, firsts), **_order(sessions, firsts)}
    gaps, unchanged = _repeats(whole)
    promised = _promised(sessions, len(whole))
    uneven = [name for name, most in promised.items() if figures[name][1] - figures[name][0] > most]
    return {
        "seed": sessions["seed"],
        "sessions_sha256": json_sha256(sessions),
        "clips_a_trial": len(sessions["systems"]),
        "slots": len(whole),
        "trials_per_slot": len(whole[0]),
        **figures,
        "repeats_per_slot": repeats,
        "shortest_repeat_gap": min(gaps, default=0),
        "longest_repeat_gap": max(gaps, default=0),
        "repeats_with_the_same_places": unchanged,
        "promised": promised,
        "uneven": uneven + (["shortest_repeat_gap"] if repeats and min(gaps) < REPEAT_GAP else []),
    }


def _range(seen: Iterable[Any], every: Iterable[Any]) -> list[int]:
    """Fewest and most of what was seen, over all that could be."""
    counts = Counter(seen)
    found = [counts[one] for one in every]
    return [min(found), max(found)]


def _placed(trial: Trial) -> list[tuple[str, int]]:
    return [(place["system"], number) for number, place in enumerate(trial["places"])]


def _places(sessions: Sessions, firsts: Sequence[Sequence[Trial]]) -> dict[str, list[int]]:
    systems, slots, prompts = sessions["systems"], range(len(firsts)), range(sessions["clips_per_system"])
    stands = list(product(systems, range(len(systems))))
    placed = [
        (slot, trial["places"][0]["clip"], *stand)
        for slot, row in enumerate(firsts)
        for trial in row
        for stand in _placed(trial)
    ]
    beside = [(a["system"], b["system"]) for row in firsts for trial in row for a, b in pairwise(trial["places"])]
    every = [(slot, *stand) for slot in slots for stand in stands]
    return {
        "places_per_system": _range(((system, place) for _, _, system, place in placed), stands),
        "places_per_slot_and_system": _range(((slot, *stand) for slot, _, *stand in placed), every),
        "places_per_prompt_and_system": _range(
            ((prompt, *stand) for _, prompt, *stand in placed),
            ((prompt, *stand) for prompt in prompts for stand in stands),
        ),
        "neighbours_range": _range(beside, [(a, b) for a, b in product(systems, systems) if a != b]),
    }


def _order(sessions: Sessions, firsts: Sequence[Sequence[Trial]]) -> dict[str, list[int]]:
    prompts, numbers = range(sessions["clips_per_system"]), range(sessions["heard_per_expert"])
    heard = [[trial["places"][0]["clip"] for trial in row] for row in firsts]
    each = [(slot, prompt) for slot, row in enumerate(heard) for prompt in row]
    follows = Counter((a, b) for row in heard for a, b in pairwise(row))
    return {
        "pages_per_prompt": _range((prompt for _, prompt in each), prompts),
        "pages_per_slot_and_prompt": _range(each, product(range(len(firsts)), prompts)),
        "prompts_per_trial_number": _range(
            ((number, prompt) for row in heard for number, prompt in enumerate(row)), product(numbers, prompts)
        ),
        "prompt_carry_over_range": [
            min((follows[a, b] for a, b in product(prompts, prompts) if a != b), default=0),
            max(follows.values(), default=0),
        ],
    }


def _repeats(whole: Sequence[Sequence[Trial]]) -> tuple[list[int], int]:
    """How far repeats are from their first hearing, and how many have a clip where it was; the middle one has."""
    gaps, unchanged = [], 0
    for trials in whole:
        first: dict[int, int] = {}
        for number, trial in enumerate(trials):
            prompt = trial["places"][0]["clip"]
            if trial["repeat"]:
                gaps.append(number - first[prompt])
                unchanged += trials[first[prompt]]["places"] == trial["places"]
            else:
                first[prompt] = number
    return gaps, unchanged


def _promised(sessions: Sessions, slots: int) -> dict[str, int]:
    """What the construction of `sessions` and `places` allows at most."""
    systems, prompts, heard = len(sessions["systems"]), sessions["clips_per_system"], sessions["heard_per_expert"]
    return {
        "pages_per_prompt": 0 if slots * heard % prompts == 0 else 1,
        "pages_per_slot_and_prompt": 0 if heard == prompts else 1,
        "places_per_slot_and_system": 0 if heard % systems == 0 else 1,
        # An odd number of systems: within two for one prompt, but prompts share their pages differently among squares.
        "places_per_prompt_and_system": 3 if systems % 2 else 1,
    }
