"""Plans of pairs over random shapes: what the construction promises, counted again here."""

from __future__ import annotations

import os
from collections import Counter
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from study.design import REPEAT_GAP
from study.design.pairs import PairSpec, make_pair_session_apart, make_pair_sessions, pair_certificate
from study.design.pairs.orders import path_of_pairs
from study.design.pairs.sides import balanced

#: Random shapes that are planned; SHAPES=400 in the environment takes some minutes.
SHAPES = int(os.environ.get("SHAPES", "60"))


def shape(
    systems: int = 6,
    prompts: int = 13,
    rounds: int = 2,
    groups: tuple[tuple[str, int], ...] = (("men", 13), ("women", 13)),
    repeats: int = 3,
    seed: int = 1,
    *,
    matched: bool = True,
) -> PairSpec:
    return PairSpec(
        systems=tuple("ABCDEFGHIJKL"[:systems]),
        prompts=prompts,
        rounds=rounds,
        matched=matched,
        groups=groups,
        repeats=repeats,
        practice=1,
        break_after=0,
        questions=("better", "closer"),
        seed=seed,
    )


@st.composite
def shapes(draw: st.DrawFn) -> PairSpec:
    systems = draw(st.integers(2, 12))
    pairs = systems * (systems - 1) // 2
    prompts = draw(st.integers(1, 16))
    rounds = draw(st.integers(1, min(prompts, max(1, 120 // pairs))))
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3).filter(lambda sizes: sum(sizes) >= 2))
    repeats = draw(st.integers(0, min(5, rounds * pairs))) if rounds * pairs >= REPEAT_GAP else 0
    groups = tuple((f"g{index}", size) for index, size in enumerate(sizes))
    matched = draw(st.booleans())
    return shape(systems, prompts, rounds, groups, repeats, draw(st.integers(0, 2**53 - 1)), matched=matched)


def firsts(sessions: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [[trial for trial in slot["trials"] if not trial["repeat"]] for slot in sessions["slots"]]


def systems_of(trial: dict[str, Any]) -> tuple[str, str]:
    left, right = (place["system"] for place in trial["places"])
    return left, right


def within(counts: Counter[Any], most: int, every: int) -> bool:
    values = [*counts.values(), *[0] * (every - len(counts))]
    return max(values) - min(values) <= most


@settings(max_examples=SHAPES, deadline=None)
@given(spec=shapes())
def test_random_plan_keeps_every_promise(spec: PairSpec) -> None:
    sessions = make_pair_sessions(spec)
    certificate = pair_certificate(sessions)
    assert certificate["uneven"] == []
    assert certificate["connected_slots"] == spec.slots
    assert {len(slot["trials"]) for slot in sessions["slots"]} == {len(spec.pairs) * spec.rounds + spec.repeats}
    assert [slot["group"] for slot in sessions["slots"]] == [key for key, count in spec.groups for _ in range(count)]
    for trial in (trial for slot in sessions["slots"] for trial in slot["trials"]):
        left, right = systems_of(trial)
        assert left != right
        assert all(0 <= place["clip"] < spec.prompts for place in trial["places"])
        assert not spec.matched or len({place["clip"] for place in trial["places"]}) == 1


@settings(max_examples=SHAPES // 2, deadline=None)
@given(spec=shapes())
def test_votes_and_sides_of_a_random_plan_are_even(spec: PairSpec) -> None:
    rows = firsts(make_pair_sessions(spec))
    pair_prompts, sides, within_slot = Counter[Any](), Counter[Any](), Counter[Any]()
    for slot, trials in enumerate(rows):
        for start in range(0, len(trials), len(spec.pairs)):
            heard = {frozenset(systems_of(trial)) for trial in trials[start : start + len(spec.pairs)]}
            assert len(heard) == len(spec.pairs)  # every pair once before any pair twice
        for trial in trials:
            left, right = systems_of(trial)
            low = min(trial["places"], key=lambda place: place["system"])
            pair_prompts[frozenset((left, right)), low["clip"]] += 1
            sides[frozenset((left, right))] += 1 if left < right else -1
            within_slot[slot, left] += 1
            within_slot[slot, right] -= 1
    assert within(pair_prompts, 1, len(spec.pairs) * spec.prompts)
    assert max(map(abs, sides.values())) <= 1
    assert max(map(abs, within_slot.values())) <= 1


@settings(max_examples=SHAPES // 4, deadline=None)
@given(spec=shapes())
def test_same_seed_gives_the_same_bytes(spec: PairSpec) -> None:
    assert rfc8785.dumps(make_pair_sessions(spec)) == rfc8785.dumps(make_pair_sessions(spec))


@settings(max_examples=SHAPES // 2, deadline=None)
@given(spec=shapes())
def test_repeats_are_the_same_clips_with_sides_exchanged(spec: PairSpec) -> None:
    for slot in make_pair_sessions(spec)["slots"]:
        trials = slot["trials"]
        for number, trial in enumerate(trials):
            if trial["repeat"]:
                [first] = [n for n, other in enumerate(trials[:number]) if other["places"] == trial["places"][::-1]]
                assert number - first >= REPEAT_GAP


@pytest.mark.parametrize("systems", range(5, 13))
@pytest.mark.parametrize("seed", range(3))
def test_no_system_is_in_two_trials_running(systems: int, seed: int) -> None:
    path = path_of_pairs(systems, np.random.default_rng(seed))
    assert sorted(path) == list(combinations(range(systems), 2))
    assert not any(set(a) & set(b) for a, b in pairwise(path))
    sessions = make_pair_sessions(shape(systems, 7, 2, (("all", 5),), 4, seed))
    for slot in sessions["slots"]:
        assert not any(set(systems_of(a)) & set(systems_of(b)) for a, b in pairwise(slot["trials"]))


def test_four_systems_alternate_between_complementary_pairs() -> None:
    path = path_of_pairs(4, np.random.default_rng(1))
    assert all(not set(path[place]) & set(path[place + 1]) for place in (0, 2, 4))


@pytest.mark.parametrize("number", range(12))
def test_colours_of_any_bipartite_graph_are_even_at_each_vertex(number: int) -> None:
    rng = np.random.default_rng(number)
    left, right = int(rng.integers(1, 9)), int(rng.integers(1, 9))
    edges = [(a, b) for a in range(left) for b in range(right) if rng.random() < 0.6]
    counts = Counter[Any]()
    for (a, b), colour in zip(edges, balanced(edges, rng), strict=True):
        counts["left", a] += 1 if colour else -1
        counts["right", b] += 1 if colour else -1
        counts["all"] += 1 if colour else -1
    assert all(abs(count) <= 1 for count in counts.values())


def test_unmatched_clips_meet_in_every_combination() -> None:
    sessions = make_pair_sessions(shape(2, 4, 4, (("all", 8),), 0, matched=False))
    met = Counter[Any](
        tuple(sorted((place["system"], place["clip"]) for place in trial["places"]))
        for row in firsts(sessions)
        for trial in row
    )
    assert len(met) == 16
    assert within(met, 1, 16)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda trials: trials[0]["places"].reverse(), "sides_per_slot_and_system"),
        (lambda trials: trials.__setitem__(0, trials[1]), "votes_per_pair"),
        (
            lambda trials: [place.update(clip=(place["clip"] + 1) % 13) for place in trials[0]["places"]],
            "votes_per_clip",
        ),
        (lambda trials: trials.__setitem__(slice(None), trials[::2] + trials[1::2]), "consecutive_with_a_system"),
    ],
)
def test_certificate_names_what_is_uneven(change: Any, named: str) -> None:
    sessions = make_pair_sessions(shape(rounds=2, repeats=0))
    change(sessions["slots"][3]["trials"])
    assert named in pair_certificate(sessions)["uneven"]


def test_preview_has_an_order_of_its_own() -> None:
    spec = shape(repeats=2)
    trials = make_pair_session_apart(spec)
    assert len(trials) == 32
    assert {place["system"] for trial in trials for place in trial["places"]} == set(range(6))
