"""The balance certificate of pairs, computed from the session plans only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise, product
from typing import Any, NamedTuple

from formats.files import json_sha256
from formats.study_file import REPEAT_GAP
from study.design.pairs.spec import APART_FROM

#: What `unknown` allows at most.
X_PROMISED = {"x_per_slot": 1, "x_per_pair": 1, "x_per_slot_and_pair": 2, "x_systems_per_pair": 2}
Trial = dict[str, Any]
Sessions = dict[str, Any]


class Vote(NamedTuple):
    """One trial: who, when, and the system and clip at each place."""

    slot: int
    number: int
    block: int
    first: tuple[str, int]
    second: tuple[str, int]
    #: The place of the clip that X is; 0 without an X.
    x: int = 0

    @property
    def pair(self) -> tuple[str, str]:
        """Both systems in the order of their names."""
        low, high = sorted((self.first[0], self.second[0]))
        return low, high

    @property
    def prompt(self) -> int:
        """The clip of the system that comes first by name; with matched clips the prompt."""
        return min(self.first, self.second)[1]

    @property
    def side(self) -> int:
        """1 where the system that comes first by name is at place 1, else -1."""
        return 1 if self.first < self.second else -1


def pair_certificate(sessions: Sessions) -> dict[str, Any]:
    """Compute the figures by which a reader can check the balance of a plan of pairs.

    Hidden repeats count only where their name says so.

    Parameters
    ----------
    sessions : dict
        What ``make_pair_sessions`` returned; the figures follow from it alone.

    Returns
    -------
    dict
        Ready for JSON; docs/datasets.md lists the figures. Votes and order are [fewest, most]; sides and
        X are [lowest, highest] of how much more often something is at place 1 than at place 2. ``promised`` has the
        widest distance (of sides and X the largest size, of other figures the most) that the construction allows, and
        ``uneven`` names the figures outside.
    """
    whole = [slot["trials"] for slot in sessions["slots"]]
    firsts = [[trial for trial in trials if not trial["repeat"]] for trials in whole]
    votes = [_vote(slot, number, trial) for slot, row in enumerate(firsts) for number, trial in enumerate(row)]
    figures = {
        **_votes(sessions, votes, len(whole)),
        **_sides(sessions, votes, len(whole)),
        **(_unknowns(votes) if votes[0].x else {}),
        **_order(sessions, votes, firsts),
        "consecutive_with_a_system": sum(bool(_systems(a) & _systems(b)) for row in whole for a, b in pairwise(row)),
        **(_prompts_running(whole) if sessions["matched"] else {}),
        "shortest_clip_gap": min((gap for row in firsts for gap in _clip_gaps(row)), default=0),
        "connected_slots": sum(_is_connected(row, sessions["systems"]) for row in firsts),
        "repeats_per_slot": len(whole[0]) - len(firsts[0]),
        **_repeats(whole),
    }
    promised = _promised(sessions, len(whole)) | (X_PROMISED if votes[0].x else {})
    return {
        "seed": sessions["seed"],
        "sessions_sha256": json_sha256(sessions),
        "clips_a_trial": 2,
        "slots": len(whole),
        "trials_per_slot": len(whole[0]),
        "rounds": sessions["rounds"],
        **figures,
        "promised": promised,
        "uneven": [name for name, most in promised.items() if _width(name, figures[name]) > most]
        + (
            ["shortest_repeat_gap"]
            if figures["repeats_per_slot"] and figures["shortest_repeat_gap"] < REPEAT_GAP
            else []
        ),
    }


def _vote(slot: int, number: int, trial: Trial) -> Vote:
    first, second = ((place["system"], place["clip"]) for place in trial["places"])
    return Vote(slot, number, trial["block"], first, second, trial.get("x", 0))


def _range(seen: Iterable[Any], every: Iterable[Any]) -> list[int]:
    """Fewest and most of what was seen, over all that could be."""
    counts = Counter(seen)
    found = [counts[one] for one in every]
    return [min(found), max(found)]


def _votes(sessions: Sessions, votes: Sequence[Vote], slots: int) -> dict[str, list[int]]:
    systems, prompts = sessions["systems"], range(sessions["clips_per_system"])
    pairs, experts = list(combinations(sorted(systems), 2)), range(slots)
    clips = [clip for vote in votes for clip in (vote.first, vote.second)]
    return {
        "votes_per_pair": _range((vote.pair for vote in votes), pairs),
        "votes_per_pair_and_prompt": _range(((vote.pair, vote.prompt) for vote in votes), product(pairs, prompts)),
        "votes_per_clip": _range(clips, product(systems, prompts)),
        "votes_per_slot_and_pair": _range(((vote.slot, vote.pair) for vote in votes), product(experts, pairs)),
        "votes_per_slot_and_prompt": _range(((vote.slot, vote.prompt) for vote in votes), product(experts, prompts)),
    }


def _sides(sessions: Sessions, votes: Sequence[Vote], slots: int) -> dict[str, list[int]]:
    per_pair, per_slot, per_prompt = Counter[Any](), Counter[Any](), Counter[Any]()
    per_system, per_slot_system = Counter[Any](), Counter[Any]()
    for vote in votes:
        per_pair[vote.pair] += vote.side
        per_slot[vote.slot, vote.pair] += vote.side
        per_prompt[vote.prompt, vote.pair] += vote.side
        for system, sign in ((vote.first[0], 1), (vote.second[0], -1)):
            per_system[system] += sign
            per_slot_system[vote.slot, system] += sign
    counted = {
        "sides_per_pair": per_pair,
        "sides_per_slot_and_pair": per_slot,
        "sides_per_pair_and_prompt": per_prompt,
        "sides_per_system": per_system,
        "sides_per_slot_and_system": per_slot_system,
    }
    return {name: [min(counts.values()), max(counts.values())] for name, counts in counted.items()}


def _unknowns(votes: Sequence[Vote]) -> dict[str, list[int]]:
    """How much more often X is at place 1 than at place 2, and is of the first system of a pair than of the other."""
    counted: dict[str, Counter[Any]] = {
        name: Counter() for name in ("x_per_slot", "x_per_pair", "x_per_slot_and_pair", "x_systems_per_pair")
    }
    for vote in votes:
        place = 1 if vote.x == 1 else -1
        counted["x_per_slot"][vote.slot] += place
        counted["x_per_pair"][vote.pair] += place
        counted["x_per_slot_and_pair"][vote.slot, vote.pair] += place
        counted["x_systems_per_pair"][vote.pair] += place * vote.side
    return {name: [min(counts.values()), max(counts.values())] for name, counts in counted.items()}


def _order(sessions: Sessions, votes: Sequence[Vote], firsts: Sequence[Sequence[Trial]]) -> dict[str, list[int]]:
    systems, numbers = sessions["systems"], range(len(firsts[0]))
    pairs, rounds = list(combinations(sorted(systems), 2)), range(1, sessions["rounds"] + 1)
    stands = ((vote.number, system) for vote in votes for system in vote.pair)
    follows = [
        (one, other)
        for row in firsts
        for a, b in pairwise(row)
        for one, other in product(_systems(a), _systems(b))
        if one != other
    ]
    every = [(one, other) for one, other in product(systems, systems) if one != other]
    return {
        "pairs_per_round": _range(((vote.block, vote.pair) for vote in votes), product(rounds, pairs)),
        "pairs_per_trial_number": _range(((vote.number, vote.pair) for vote in votes), product(numbers, pairs)),
        "systems_per_trial_number": _range(stands, product(numbers, systems)),
        "carry_over_range": _range(follows, every),
    }


def _systems(trial: Trial) -> set[str]:
    return {place["system"] for place in trial["places"]}


def _clips(trial: Trial) -> set[int]:
    return {place["clip"] for place in trial["places"]}


def _prompts_running(whole: Sequence[Sequence[Trial]]) -> dict[str, int]:
    same = sum(bool(_clips(a) & _clips(b)) for row in whole for a, b in pairwise(row))
    return {"consecutive_with_a_prompt": same}


def _clip_gaps(trials: Sequence[Trial]) -> Iterator[int]:
    """Trials from one hearing of a clip to the next one."""
    at: dict[tuple[str, int], int] = {}
    for number, trial in enumerate(trials):
        for clip in ((place["system"], place["clip"]) for place in trial["places"]):
            if clip in at:
                yield number - at[clip]
            at[clip] = number


def _is_connected(trials: Sequence[Trial], systems: Sequence[str]) -> bool:
    """Whether a slot's pairs join all systems, so that its answers alone can rank them."""
    reached, before = {systems[0]}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {system for trial in trials if _systems(trial) & reached for system in _systems(trial)}
    return len(reached) == len(systems)


def _repeats(whole: Sequence[Sequence[Trial]]) -> dict[str, int]:
    """How far repeats are from their first hearing, and how many have the sides as before."""
    gaps, unchanged = [], 0
    for trials in whole:
        first: dict[frozenset[tuple[str, int]], int] = {}
        for number, trial in enumerate(trials):
            clips = [(place["system"], place["clip"]) for place in trial["places"]]
            if trial["repeat"]:
                before = first[frozenset(clips)]
                gaps.append(number - before)
                unchanged += trials[before]["places"] == trial["places"]
            else:
                first[frozenset(clips)] = number
    return {
        "shortest_repeat_gap": min(gaps, default=0),
        "longest_repeat_gap": max(gaps, default=0),
        "repeats_with_the_same_sides": unchanged,
    }


def _width(name: str, figure: Any) -> int:
    """What is held against a promise."""
    if not isinstance(figure, list):
        return int(figure)
    low, high = figure
    return int(max(abs(low), abs(high)) if name.startswith(("sides", "x_")) else high - low)


def _promised(sessions: Sessions, slots: int) -> dict[str, int]:
    """What the construction of `sessions`, `sides` and `orders` allows at most."""
    systems, prompts, rounds = len(sessions["systems"]), sessions["clips_per_system"], sessions["rounds"]
    is_odd, is_whole = rounds % 2, slots * rounds % prompts == 0
    promised = {
        "votes_per_pair": 0,
        "votes_per_pair_and_prompt": 0 if is_whole else 1,
        "votes_per_slot_and_pair": 0,
        "sides_per_pair": is_odd,
        "sides_per_slot_and_pair": is_odd,
        "sides_per_slot_and_system": is_odd if systems % 2 == 0 else 0,
        "pairs_per_round": 0,
        "repeats_with_the_same_sides": 0,
    }
    if sessions["matched"]:
        promised["votes_per_clip"] = 0 if is_whole else systems - 1
        promised["votes_per_slot_and_prompt"] = 1
        promised["sides_per_pair_and_prompt"] = 2 if is_odd and rounds > 1 else 1
    if systems >= APART_FROM:
        promised["consecutive_with_a_system"] = 0
    return promised
