"""The balance certificate, computed from the session plans only."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from formats.files import json_sha256
from formats.study_file import REPEAT_GAP
from study.design.prompts import prompt_gap
from study.design.spec import SQUARES_FROM


def certificate_of(sessions: dict[str, Any]) -> dict[str, Any]:
    """Compute the figures by which a reader can check a plan's balance.

    Parameters
    ----------
    sessions : dict
        What ``make_sessions`` returned; the figures follow from it alone.

    Returns
    -------
    dict
        Ready for JSON; docs/datasets.md lists the figures. ``uneven`` names those outside their bounds.
    """
    systems: list[str] = sessions["systems"]
    firsts = [[trial for trial in slot["trials"] if not trial["repeat"]] for slot in sessions["slots"]]
    whole = [slot["trials"] for slot in sessions["slots"]]
    number = _table(systems, [(index, trial["system"]) for row in firsts for index, trial in enumerate(row)])
    place = _table(systems, [(trial["position"] - 1, trial["system"]) for row in firsts for trial in row])
    follows = _carry_table(systems, firsts)
    clips = _clip_counts(sessions, firsts)
    gaps = [gap for row in whole for gap in _gaps(row)]
    is_matched = "match" in sessions
    prompts = {"shortest_prompt_gap": min(map(_prompt_gap, whole))} if is_matched else {}
    figures = {
        "seed": sessions["seed"],
        "sessions_sha256": json_sha256(sessions),
        "slots": len(whole),
        "trials_per_slot": len(whole[0]),
        "systems_by_trial_number": number,
        "trial_number_spread": _widest(number),
        "systems_by_place_in_block": place,
        "place_spread": _widest(place),
        "carry_over": follows,
        "carry_over_spread": _carry_spread(follows),
        "carry_over_from_even": _from_even(follows),
        "self_following_spread": _self_spread(follows),
        "clip_counts": {system: [min(counts), max(counts)] for system, counts in clips.items()},
        "concurrence": _concurrence(sessions, firsts),
        "immediate_repetitions": sum(a["system"] == b["system"] for row in whole for a, b in pairwise(row)),
        "repeats_per_slot": len(whole[0]) - len(firsts[0]),
        "shortest_repeat_gap": min(gaps, default=0),
        "longest_repeat_gap": max(gaps, default=0),
        "repeats_by_trial_number": _repeat_numbers(whole),
        **prompts,
    }
    return {
        **figures,
        "uneven": _uneven(figures, systems, prompt_gap(sessions["heard_per_expert"]) if is_matched else 0),
    }


#: Figures of a certificate from which, or with which, single codes or hidden repeats could be told.
OF_CODES = frozenset(
    {
        *("seed", "sessions_sha256", "systems_by_trial_number", "systems_by_place_in_block", "carry_over"),
        *("clip_counts", "repeats_by_trial_number"),
    }
)


def without_codes(certificate: dict[str, Any]) -> dict[str, Any]:
    """Remove what could reveal a single system or the seed of the plans.

    Parameters
    ----------
    certificate : dict

    Returns
    -------
    dict
        Without the keys in ``OF_CODES``; ``clip_counts_of_all`` replaces the counts by system.
    """
    counts = [count for pair in certificate.get("clip_counts", {}).values() for count in pair]
    kept = {name: figure for name, figure in certificate.items() if name not in OF_CODES}
    return {**kept, "clip_counts_of_all": [min(counts), max(counts)]} if counts else kept


def _uneven(figures: dict[str, Any], systems: list[str], apart: int) -> list[str]:
    """Figures outside their limits (docs/datasets.md lists unavoidable cases)."""
    bounds = {"trial_number_spread": 1, "place_spread": 1, "carry_over_spread": 1}
    over = [name for name, most in bounds.items() if figures[name] > most]
    if any(high - low > 1 for low, high in figures["clip_counts"].values()):
        over.append("clip_counts")
    if len(systems) >= SQUARES_FROM and figures["immediate_repetitions"]:
        over.append("immediate_repetitions")
    if figures["repeats_per_slot"] and figures["shortest_repeat_gap"] < REPEAT_GAP:
        over.append("shortest_repeat_gap")
    if figures.get("shortest_prompt_gap", apart) < apart:
        over.append("shortest_prompt_gap")
    return over


def _table(systems: list[str], seen: list[tuple[int, str]]) -> dict[str, list[int]]:
    """For each system how often it stands at each place."""
    places = max(place for place, _ in seen) + 1
    table = {system: [0] * places for system in systems}
    for place, system in seen:
        table[system][place] += 1
    return table


def _widest(table: dict[str, list[int]]) -> int:
    """The largest difference between two systems' counts at one place."""
    columns: list[tuple[int, ...]] = list(zip(*table.values(), strict=True))
    return max(max(column) - min(column) for column in columns)


def _carry_table(systems: list[str], rows: list[list[dict[str, Any]]]) -> dict[str, dict[str, int]]:
    table = {before: dict.fromkeys(systems, 0) for before in systems}
    for row in rows:
        for before, after in pairwise(row):
            table[before["system"]][after["system"]] += 1
    return table


def _carry_spread(table: dict[str, dict[str, int]]) -> int:
    """Highest less lowest count of one system after another."""
    apart = [count for before, row in table.items() for after, count in row.items() if before != after]
    return max(apart) - min(apart)


def _from_even(table: dict[str, dict[str, int]]) -> float:
    """Largest distance of a carry-over count from the equal share, in thousandths."""
    apart = [count for before, row in table.items() for after, count in row.items() if before != after]
    return round(max(abs(count - sum(apart) / len(apart)) for count in apart), 3)


def _self_spread(table: dict[str, dict[str, int]]) -> int:
    """The same of systems that follow themselves."""
    itself = [row[system] for system, row in table.items()]
    return max(itself) - min(itself)


def _clip_counts(sessions: dict[str, Any], rows: list[list[dict[str, Any]]]) -> dict[str, list[int]]:
    counts = {system: [0] * sessions["clips_per_system"] for system in sessions["systems"]}
    for trial in (trial for row in rows for trial in row):
        counts[trial["system"]][trial["clip"]] += 1
    return counts


def _concurrence(sessions: dict[str, Any], rows: list[list[dict[str, Any]]]) -> list[int]:
    """Fewest and most slots that hear the same two clips of one system."""
    size = sessions["clips_per_system"]
    lowest, highest = len(rows), 0
    for system in sessions["systems"]:
        heard = np.zeros((len(rows), size), dtype=int)
        for slot, row in enumerate(rows):
            heard[slot, [trial["clip"] for trial in row if trial["system"] == system]] = 1
        together = (heard.T @ heard)[np.triu_indices(size, k=1)]
        if together.size:
            lowest, highest = min(lowest, int(together.min())), max(highest, int(together.max()))
    return [min(lowest, highest), highest]


def _repeat_numbers(rows: list[list[dict[str, Any]]]) -> list[int]:
    """In how many slots a repeat stands at each trial number, all trials counted."""
    return [sum(row[number]["repeat"] for row in rows) for number in range(len(rows[0]))]


def _gaps(trials: list[dict[str, Any]]) -> list[int]:
    """Trials from a clip's first hearing to its repeat."""
    at: dict[tuple[str, int], int] = {}
    gaps = []
    for number, trial in enumerate(trials):
        clip = (trial["system"], trial["clip"])
        if trial["repeat"]:
            gaps.append(number - at[clip])
        at[clip] = number
    return gaps


def _prompt_gap(trials: list[dict[str, Any]]) -> int:
    """Fewest trials from one clip of a prompt to the next; as many as there are trials where none comes again."""
    at: dict[int, int] = {}
    shortest = len(trials)
    for number, trial in enumerate(trials):
        shortest = min(shortest, number - at.get(trial["clip"], number - shortest))
        at[trial["clip"]] = number
    return shortest
