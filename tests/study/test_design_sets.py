"""Plans of sets over random shapes: what the construction promises, counted again here."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from study.design import REPEAT_GAP
from study.design.sets import SetSpec, make_set_session_apart, make_set_sessions, set_certificate
from study.design.sets.places import even_colours

#: Random shapes that are planned; SHAPES=400 in the environment takes some minutes.
SHAPES = int(os.environ.get("SHAPES", "60"))


def shape(
    systems: int = 6,
    prompts: int = 10,
    heard: int = 10,
    groups: tuple[tuple[str, int], ...] = (("men", 9), ("women", 9)),
    repeats: int = 2,
    seed: int = 1,
) -> SetSpec:
    return SetSpec(
        systems=tuple("ABCDEFGHIJKL"[:systems]),
        prompts=prompts,
        heard=heard,
        groups=groups,
        repeats=repeats,
        practice=1,
        break_after=0,
        questions=("one", "two"),
        seed=seed,
    )


@st.composite
def shapes(draw: st.DrawFn) -> SetSpec:
    prompts = draw(st.integers(1, 16))
    heard = draw(st.integers(1, prompts))
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3).filter(lambda sizes: sum(sizes) >= 2))
    repeats = draw(st.integers(0, heard)) if heard >= REPEAT_GAP else 0
    groups = tuple((f"g{index}", size) for index, size in enumerate(sizes))
    return shape(draw(st.integers(2, 12)), prompts, heard, groups, repeats, draw(st.integers(0, 2**53 - 1)))


def firsts(sessions: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [[trial for trial in slot["trials"] if not trial["repeat"]] for slot in sessions["slots"]]


def spread(counts: Counter[Any], every: int) -> int:
    values = [*counts.values(), *[0] * (every - len(counts))]
    return max(values) - min(values)


@settings(max_examples=SHAPES, deadline=None)
@given(spec=shapes())
def test_random_plan_keeps_every_promise(spec: SetSpec) -> None:
    sessions = make_set_sessions(spec)
    certificate = set_certificate(sessions)
    assert certificate["uneven"] == []
    systems, whole = len(spec.systems), firsts(sessions)
    by_prompt, pages = Counter[Any](), Counter[int]()
    for row in whole:
        assert len(row) == spec.heard
        own, prompts = Counter[Any](), set()
        for trial in row:
            assert {place["system"] for place in trial["places"]} == set(spec.systems)
            [prompt] = {place["clip"] for place in trial["places"]}
            prompts.add(prompt)
            pages[prompt] += 1
            for number, place in enumerate(trial["places"]):
                own[place["system"], number] += 1
                by_prompt[prompt, place["system"], number] += 1
        assert len(prompts) == spec.heard
        assert spread(own, systems**2) <= 1
    assert spread(pages, spec.prompts) <= 1
    for prompt in range(spec.prompts):
        counts = Counter({key[1:]: count for key, count in by_prompt.items() if key[0] == prompt})
        assert spread(counts, systems**2) <= (2 if systems % 2 else 1)


def test_prompts_whose_pages_are_of_one_square_are_no_fault() -> None:
    """Three at most between the counts of all prompts, two within one."""
    groups = (("g0", 1), ("g1", 1), ("g2", 6))
    assert set_certificate(make_set_sessions(shape(3, 14, 8, groups, 0, seed=0)))["uneven"] == []


@settings(max_examples=SHAPES, deadline=None)
@given(spec=shapes())
def test_hidden_repeats_come_late_with_places_turned_round(spec: SetSpec) -> None:
    for slot in make_set_sessions(spec)["slots"]:
        trials = slot["trials"]
        assert sum(trial["repeat"] for trial in trials) == spec.repeats
        seen: dict[int, int] = {}
        for number, trial in enumerate(trials):
            prompt = trial["places"][0]["clip"]
            if trial["repeat"]:
                before = seen.pop(prompt)
                assert number - before >= REPEAT_GAP
                assert trials[before]["places"][::-1] == trial["places"]
                assert number >= len(trials) // 2
            else:
                seen[prompt] = number


def test_complete_plan_of_even_systems_is_exact() -> None:
    certificate = set_certificate(make_set_sessions(shape(4, 8, 8, (("all", 16),), 0)))
    assert certificate["places_per_slot_and_system"] == [2, 2]
    assert certificate["places_per_prompt_and_system"] == [4, 4]
    assert certificate["places_per_system"] == [32, 32]
    assert certificate["pages_per_prompt"] == [16, 16]
    assert certificate["prompts_per_trial_number"] == [2, 2]
    assert certificate["prompt_carry_over_range"] == [2, 2]


def test_neighbours_on_the_page_are_nearly_even() -> None:
    for systems in (4, 5, 6, 9):
        low, high = set_certificate(make_set_sessions(shape(systems, 10, 10, (("all", 18),), 0)))["neighbours_range"]
        assert high - low <= 0.5 * (low + high) / 2


@pytest.mark.parametrize(("left", "right", "colours"), [(1, 1, 2), (7, 5, 3), (12, 13, 4), (26, 10, 6)])
def test_colours_are_even_at_each_vertex(left: int, right: int, colours: int) -> None:
    rng = np.random.default_rng(left)
    edges = [(a, b) for a in range(left) for b in range(right) if rng.random() < 0.7]
    found = even_colours(edges, colours, rng)
    for side in (0, 1):
        for vertex in {edge[side] for edge in edges}:
            counts = Counter(colour for edge, colour in found.items() if edge[side] == vertex)
            assert spread(counts, colours) <= 1


def test_same_seed_gives_same_bytes_and_another_seed_others() -> None:
    one, again, other = (rfc8785.dumps(make_set_sessions(shape(seed=seed))) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_session_apart_is_a_whole_session() -> None:
    trials = make_set_session_apart(shape())
    assert len(trials) == 12
    assert {place["system"] for place in trials[0]["places"]} == set(range(6))


def test_certificate_names_what_is_uneven() -> None:
    sessions = make_set_sessions(shape())
    for trial in sessions["slots"][0]["trials"]:
        trial["places"].sort(key=lambda place: str(place["system"]))
    assert "places_per_slot_and_system" in set_certificate(sessions)["uneven"]
