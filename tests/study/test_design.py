from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from study.design import REPEAT_GAP, DesignSpec, certificate_of, make_sessions, predictable_share
from study.design.base_orders import williams
from study.design.subsets import scale_orders

#: Random shapes that are planned; SHAPES=1000 in the environment takes about a minute and a half (busy: --timeout=0).
SHAPES = int(os.environ.get("SHAPES", "240"))
PARTS = 8
PAPER = (("men", 13), ("women", 13))


def shape(
    systems: int = 6,
    clips: int = 13,
    heard: int = 10,
    groups: tuple[tuple[str, int], ...] = PAPER,
    repeats: int = 6,
    seed: int = 1,
) -> DesignSpec:
    return DesignSpec(
        systems=tuple("ABCDEFGHIJKL"[:systems]),
        clips=clips,
        heard=heard,
        groups=groups,
        repeats=repeats,
        practice=3,
        break_after=33,
        questions=("valence", "arousal", "authenticity", "harmony", "overall"),
        seed=seed,
    )


def firsts(slot: dict[str, Any]) -> list[dict[str, Any]]:
    return [trial for trial in slot["trials"] if not trial["repeat"]]


@st.composite
def shapes(draw: st.DrawFn) -> DesignSpec:
    systems = draw(st.integers(2, 12))
    clips = draw(st.integers(1, 20))
    heard = draw(st.integers(1, min(clips, 12)))
    sizes = draw(st.lists(st.integers(1, 20), min_size=1, max_size=3).filter(lambda sizes: sum(sizes) >= 2))
    most = min(6, systems * heard) if systems * heard >= REPEAT_GAP else 0
    return shape(
        systems,
        clips,
        heard,
        tuple((f"g{index}", size) for index, size in enumerate(sizes)),
        draw(st.integers(0, most)),
        draw(st.integers(0, 2**53 - 1)),
    )


def drawn_shape(rng: Random) -> DesignSpec:
    """A shape at random: 2 to 12 systems, 2 to 36 slots in one to three groups, now and then up to 200."""
    systems, clips = rng.randint(2, 12), rng.randint(1, 20)
    heard = rng.randint(1, min(clips, 10))
    sizes = [rng.randint(1, 12) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.02:
        sizes = [rng.randint(37, 200)]
    if sum(sizes) == 1:
        sizes = [2]
    most = min(6, systems * heard) if systems * heard >= REPEAT_GAP else 0
    groups = tuple((f"g{index}", size) for index, size in enumerate(sizes))
    return shape(systems, clips, heard, groups, rng.randint(0, most), rng.randrange(2**53))


def is_hard(shape: DesignSpec) -> bool:
    """Whether even orders are impossible or rarely found: docs/datasets.md says why."""
    odd = len(shape.systems) % 2 == 1
    return shape.slots < len(shape.systems) or (odd and shape.heard == 1)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_plan_of_many_random_shapes_keeps_its_promises(part: int) -> None:
    rng, uneven = Random(part), []
    for _ in range(SHAPES // PARTS):
        shape = drawn_shape(rng)
        certificate = certificate_of(make_sessions(shape))
        assert certificate["trial_number_spread"] <= 1
        assert all(high - low <= 1 for low, high in certificate["clip_counts"].values())
        assert certificate["repeats_per_slot"] == shape.repeats
        assert shape.repeats == 0 or certificate["shortest_repeat_gap"] >= REPEAT_GAP
        assert len(shape.systems) < 4 or certificate["immediate_repetitions"] == 0
        assert is_hard(shape) or certificate["place_spread"] <= 1
        assert certificate["place_spread"] <= 2
        assert certificate["carry_over_spread"] <= (4 if is_hard(shape) else 2)
        if certificate["carry_over_spread"] > 1 and not is_hard(shape):
            uneven.append(shape)
        assert bool(certificate["uneven"]) == (max(certificate["place_spread"], certificate["carry_over_spread"]) > 1)
    assert len(uneven) <= 0.02 * SHAPES / PARTS + 1


@given(shapes())
@settings(max_examples=20, deadline=None)
def test_each_slot_hears_its_share_of_each_system_and_no_clip_twice_but_repeats(shape: DesignSpec) -> None:
    for slot in make_sessions(shape)["slots"]:
        heard = [(trial["system"], trial["clip"]) for trial in firsts(slot)]
        assert len(set(heard)) == len(heard) == shape.heard * len(shape.systems)
        assert {system: sum(name == system for name, _ in heard) for system in shape.systems} == dict.fromkeys(
            shape.systems, shape.heard
        )
        again = [(trial["system"], trial["clip"]) for trial in slot["trials"] if trial["repeat"]]
        assert len(set(again)) == len(again)
        assert set(again) <= set(heard)
        assert sorted(slot["scales"]) == sorted(shape.questions)


@pytest.mark.parametrize("systems", [2, 3, 4, 5, 6, 12])
def test_the_papers_study_is_even_within_one_everywhere(systems: int) -> None:
    certificate = certificate_of(make_sessions(shape(systems)))
    assert certificate["trial_number_spread"] <= 1
    assert certificate["place_spread"] <= 1
    assert certificate["carry_over_spread"] <= 1


def test_the_papers_study_hears_each_clip_20_times_and_each_pair_15_times() -> None:
    sessions = make_sessions(shape())
    certificate = certificate_of(sessions)
    assert set(map(tuple, certificate["clip_counts"].values())) == {(20, 20)}
    assert certificate["concurrence"] == [15, 15]
    men = [slot for slot in sessions["slots"] if slot["group"] == "men"]
    counts = [
        sum((trial["system"], trial["clip"]) == ("A", clip) for slot in men for trial in firsts(slot))
        for clip in range(13)
    ]
    assert counts == [10] * 13


@pytest.mark.parametrize("systems", [2, 4])
def test_repeats_right_after_the_shortest_sessions_still_lie_eight_trials_back(systems: int) -> None:
    for seed in range(3):
        sessions = make_sessions(shape(systems, 8 // systems, 8 // systems, (("all", 40),), repeats=4, seed=seed))
        for slot in sessions["slots"]:
            place = {(trial["system"], trial["clip"]): at for at, trial in enumerate(firsts(slot))}
            again = [place[trial["system"], trial["clip"]] for trial in slot["trials"] if trial["repeat"]]
            assert all(first <= number for number, first in enumerate(again)), "eight trials, then the first may come"
        certificate = certificate_of(sessions)
        assert certificate["shortest_repeat_gap"] == REPEAT_GAP
        assert systems < 4 or certificate["immediate_repetitions"] == 0


def test_26_slots_in_one_group_hear_each_pair_of_clips_15_times_too() -> None:
    assert certificate_of(make_sessions(shape(groups=(("all", 26),))))["concurrence"] == [15, 15]
    assert certificate_of(make_sessions(shape(groups=(("all", 27),))))["clip_counts"]["A"] == [20, 21]


@pytest.mark.parametrize("systems", [4, 5])
def test_no_system_comes_twice_running_in_many_slots_repeats_included(systems: int) -> None:
    certificate = certificate_of(make_sessions(shape(systems, 4, 4, (("all", 40),), repeats=6)))
    assert certificate["immediate_repetitions"] == 0


def test_repeats_are_numbered_as_a_block_of_their_own() -> None:
    for slot in make_sessions(shape(4, 4, 4, (("all", 10),), repeats=12))["slots"]:
        again = [trial for trial in slot["trials"] if trial["repeat"]]
        assert [(trial["block"], trial["position"]) for trial in again] == [(5, place) for place in range(1, 13)]


def places_of_repeats(shape: DesignSpec) -> list[list[int]]:
    """Per slot the trial numbers, from 0, at which a clip is heard again."""
    slots = make_sessions(shape)["slots"]
    return [[number for number, trial in enumerate(slot["trials"]) if trial["repeat"]] for slot in slots]


def test_repeats_are_spread_over_the_second_half() -> None:
    """One in each sixth of the second half, 33 trials in stretches of five or six."""
    for places in places_of_repeats(shape()):
        assert [next(n for n in range(6) if place < 33 + 33 * (n + 1) // 6) for place in places] == [*range(6)]
    every = {place for places in places_of_repeats(shape(groups=(("all", 200),))) for place in places}
    assert every == set(range(33, 66))


def test_repeat_is_not_foretold_by_trial_number_or_system() -> None:
    slots = make_sessions(shape(groups=(("all", 200),)))["slots"]
    again = Counter(n for slot in slots for n, trial in enumerate(slot["trials"]) if trial["repeat"])
    assert max(again.values()) < 0.3 * len(slots)
    first = Counter(next(trial["system"] for trial in slot["trials"] if trial["repeat"]) for slot in slots)
    assert set(first) == set("ABCDEF")
    assert max(first.values()) < 0.3 * len(slots)


def test_each_system_is_repeated_equally_often() -> None:
    for slot in make_sessions(shape(repeats=12))["slots"]:
        assert Counter(trial["system"] for trial in slot["trials"] if trial["repeat"]) == dict.fromkeys("ABCDEF", 2)
    for slot in make_sessions(shape(repeats=8))["slots"]:
        counts = Counter(trial["system"] for trial in slot["trials"] if trial["repeat"])
        assert set(counts.values()) == {1, 2}


@given(shapes())
@settings(max_examples=40, deadline=None)
def test_repeats_of_any_shape_keep_their_promises(shape: DesignSpec) -> None:
    """In the second half where that many are that far back, of systems as even as can be, and the firsts unmoved."""
    sessions, without = make_sessions(shape), make_sessions(replace(shape, repeats=0))
    certificate = certificate_of(sessions)
    assert shape.repeats == 0 or certificate["shortest_repeat_gap"] >= REPEAT_GAP
    assert shape.repeats == sum(certificate["repeats_by_trial_number"]) / shape.slots
    for slot in sessions["slots"]:
        assert all(n >= len(slot["trials"]) // 2 for n, trial in enumerate(slot["trials"]) if trial["repeat"])
        counts = Counter(trial["system"] for trial in slot["trials"] if trial["repeat"])
        if shape.heard * len(shape.systems) >= 4 * REPEAT_GAP:
            assert max(counts.values(), default=0) - min(counts[system] for system in shape.systems) <= 1
    assert firsts(sessions["slots"][0]) == firsts(without["slots"][0])


def test_repeats_of_two_systems_do_not_take_turns() -> None:
    slots = make_sessions(shape(2, groups=(("all", 20),)))["slots"]
    again = [[trial["system"] for trial in slot["trials"] if trial["repeat"]] for slot in slots]
    assert any(before == after for systems in again for before, after in pairwise(systems))
    assert all(systems.count("A") == 3 for systems in again)


@pytest.mark.parametrize(("scales", "slots"), [(1, 3), (2, 8), (3, 12), (4, 8), (5, 20)])
def test_every_scale_stands_at_each_place_and_follows_each_other_one_equally_often(scales: int, slots: int) -> None:
    orders = scale_orders(scales, slots, np.random.default_rng(1))
    assert [sorted(order) for order in orders] == [list(range(scales))] * slots
    assert all(len({place.count(scale) for scale in range(scales)}) == 1 for place in zip(*orders, strict=True))
    follows = [pair for order in orders for pair in pairwise(order)]
    assert len({follows.count((a, b)) for a in range(scales) for b in range(scales) if a != b}) <= 1


def test_the_papers_study_is_planned_evenly() -> None:
    certificate = certificate_of(make_sessions(shape()))
    assert certificate["uneven"] == []
    assert certificate["carry_over_from_even"] < 1


def test_the_certificate_names_what_is_uneven() -> None:
    sessions = make_sessions(shape(systems=4, clips=4, heard=4, groups=(("all", 4),), repeats=2))
    assert certificate_of(sessions)["uneven"] == []
    for slot in sessions["slots"]:
        slot["trials"].sort(key=lambda trial: (trial["repeat"], trial["system"]))
    uneven = certificate_of(sessions)["uneven"]
    assert {"trial_number_spread", "carry_over_spread", "immediate_repetitions"} <= set(uneven)


def test_no_two_slots_hear_the_same_order() -> None:
    for systems in (2, 3, 4, 6, 7):
        slots = make_sessions(shape(systems))["slots"]
        assert len({tuple(trial["system"] for trial in slot["trials"]) for slot in slots}) == len(slots)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_plan() -> None:
    assert rfc8785.dumps(make_sessions(shape())) == rfc8785.dumps(make_sessions(shape()))
    assert make_sessions(shape())["slots"] != make_sessions(shape(seed=2))["slots"]


def test_two_systems_do_not_take_turns() -> None:
    sessions = make_sessions(shape(systems=2, repeats=0))
    orders = ["".join(trial["system"] for trial in slot["trials"]) for slot in sessions["slots"]]
    assert not any("ABABABAB" in order or "BABABABA" in order for order in orders)
    assert not any("AAAA" in order or "BBBB" in order for order in orders)
    steps = [before != after for order in orders for before, after in pairwise(order)]
    assert 0.4 < sum(steps) / len(steps) < 0.65
    assert len(set(orders)) > 20


def test_two_systems_are_each_others_image_in_every_pair_of_slots() -> None:
    sessions = make_sessions(shape(systems=2, repeats=0, groups=(("all", 8),)))
    orders = ["".join(trial["system"] for trial in slot["trials"]) for slot in sessions["slots"]]
    swapped = str.maketrans("AB", "BA")
    assert all(first.translate(swapped) == second for first, second in zip(orders[::2], orders[1::2], strict=True))


@pytest.mark.parametrize("systems", range(4, 13))
def test_no_clip_foretells_the_next_from_its_place_and_system(systems: int) -> None:
    assert predictable_share(make_sessions(shape(systems))) < 0.4


def test_rows_that_follow_one_rule_are_seen_to_foretell_every_clip() -> None:
    sessions = make_sessions(shape(groups=(("all", 4),)))
    for slot in sessions["slots"]:
        for trial in slot["trials"]:
            trial["system"] = "ABCDEF"[(trial["position"] + trial["block"]) % 6]
    assert predictable_share(sessions) == 1


@pytest.mark.parametrize("systems", range(2, 13))
def test_williams_rows_balance_places_and_carry_over_exactly(systems: int) -> None:
    rows = williams(systems)
    share = len(rows) // systems
    assert share == 1 + systems % 2
    for place in range(systems):
        assert sorted(row[place] for row in rows) == sorted(list(range(systems)) * share)
    follows = [pair for row in rows for pair in pairwise(row)]
    assert {follows.count((a, b)) for a in range(systems) for b in range(systems) if a != b} == {share}


def test_the_certificate_counts_what_the_plan_holds() -> None:
    sessions = make_sessions(shape(systems=4, clips=3, heard=2, groups=(("all", 4),), repeats=0))
    certificate = certificate_of(sessions)
    assert certificate["systems_by_trial_number"]["A"] == [1] * 8
    assert sum(sum(row.values()) for row in certificate["carry_over"].values()) == 4 * 7
    sessions["slots"][0]["trials"][0] = {
        **sessions["slots"][0]["trials"][0],
        "system": sessions["slots"][0]["trials"][1]["system"],
    }
    altered = certificate_of(sessions)
    assert altered["immediate_repetitions"] == 1
    assert altered["trial_number_spread"] == 2
    assert altered["sessions_sha256"] != certificate["sessions_sha256"]
