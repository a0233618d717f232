"""The certificate of plans that are small enough to be counted by hand."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785

from study.design import certificate_of, predictable_share, share_from_another


def plan(*slots: str, clips: int = 2, size: int = 2) -> dict[str, Any]:
    """Slots as texts such as "A0 B0 B1 A1 again A0", in blocks of `size`."""
    systems = sorted({word[0] for slot in slots for word in slot.split() if word != "again"})
    made = [{"trials": list(_trials(slot.partition(" again "), size))} for slot in slots]
    return {"seed": 7, "systems": systems, "clips_per_system": clips, "slots": made}


def _trials(parts: tuple[str, str, str], size: int) -> list[dict[str, Any]]:
    first, again = parts[0].split(), parts[2].split()
    blocks = [(n // size + 1, n % size + 1) for n in range(len(first))]
    blocks += [(len(first) // size + 1, n + 1) for n in range(len(again))]
    return [
        {"system": word[0], "clip": int(word[1:]), "block": block, "position": position, "repeat": n >= len(first)}
        for n, (word, (block, position)) in enumerate(zip(first + again, blocks, strict=True))
    ]


def test_every_figure_of_a_plan_counted_by_hand() -> None:
    sessions = plan("A0 B0 B1 A1 again A0", "A1 B0 A0 B1 again A1")
    assert certificate_of(sessions) == {
        "seed": 7,
        "sessions_sha256": hashlib.sha256(rfc8785.dumps(sessions)).hexdigest(),
        "slots": 2,
        "trials_per_slot": 5,
        "systems_by_trial_number": {"A": [2, 0, 1, 1], "B": [0, 2, 1, 1]},
        "trial_number_spread": 2,
        "systems_by_place_in_block": {"A": [3, 1], "B": [1, 3]},
        "place_spread": 2,
        "carry_over": {"A": {"A": 0, "B": 3}, "B": {"A": 2, "B": 1}},
        "carry_over_spread": 1,
        "carry_over_from_even": 0.5,
        "self_following_spread": 1,
        "clip_counts": {"A": [2, 2], "B": [2, 2]},
        "concurrence": [2, 2],
        "immediate_repetitions": 2,
        "repeats_per_slot": 1,
        "shortest_repeat_gap": 4,
        "longest_repeat_gap": 4,
        "repeats_by_trial_number": [0, 0, 0, 0, 2],
        "uneven": ["trial_number_spread", "place_spread", "shortest_repeat_gap"],
    }


def test_clips_heard_unequally_are_named_and_so_are_pairs_that_seldom_meet() -> None:
    certificate = certificate_of(plan("A0 B0 A1 B1", "B0 A0 B2 A1", "A0 B1 A2 B0", clips=4))
    assert certificate["clip_counts"] == {"A": [0, 3], "B": [0, 3]}
    assert certificate["concurrence"] == [0, 2]
    assert "clip_counts" in certificate["uneven"]


def test_one_clip_a_system_meets_no_other_and_without_repeats_there_is_no_gap() -> None:
    certificate = certificate_of(plan("A0 B0", "B0 A0", clips=1))
    assert (certificate["concurrence"], certificate["shortest_repeat_gap"]) == ([0, 0], 0)


@pytest.mark.parametrize(("slots", "spread", "off"), [(1, 1, 0.667), (2, 2, 1.333)])
def test_carry_over_is_even_up_to_one_more(slots: int, spread: int, off: float) -> None:
    """Of the six successions of three systems two come once in each slot, the others never."""
    certificate = certificate_of(plan(*["A0 B0 C0"] * slots, clips=1, size=3))
    assert (certificate["carry_over_spread"], certificate["carry_over_from_even"]) == (spread, off)
    assert ("carry_over_spread" in certificate["uneven"]) is (spread > 1)


def test_clips_are_even_where_no_one_is_heard_more_than_once_more_than_another() -> None:
    certificate = certificate_of(plan("A0 B0", "B1 A1", "A0 B1"))
    assert certificate["clip_counts"] == {"A": [1, 2], "B": [1, 2]}
    assert certificate["uneven"] == []


def test_a_repeat_after_eight_trials_is_late_enough_and_one_after_seven_is_not() -> None:
    eight = "A0 B0 A1 B1 A2 B2 A3 B3"
    for again, gap, uneven in (("A0 B0", 8, False), ("B0", 7, True)):
        slots = (
            f"{eight} again {again}",
            f"B0 A0 B1 A1 B2 A2 B3 A3 again {again.translate(str.maketrans('AB', 'BA'))}",
        )
        certificate = certificate_of(plan(*slots, clips=4))
        assert certificate["shortest_repeat_gap"] == gap
        assert ("shortest_repeat_gap" in certificate["uneven"]) is uneven


@pytest.mark.parametrize(("systems", "named"), [("ABC", False), ("ABCD", True)])
def test_a_system_heard_twice_running_is_a_fault_from_four_systems_on(systems: str, named: bool) -> None:
    rows = [systems[n:] + systems[:n] for n in range(len(systems))]
    slots = [" ".join(f"{system}0" for system in row) + " again " + row[-1] + "0" for row in rows]
    certificate = certificate_of(plan(*slots, clips=1, size=len(systems)))
    assert certificate["immediate_repetitions"] == len(systems)
    assert ("immediate_repetitions" in certificate["uneven"]) is named


def test_a_guess_goes_by_the_other_slots_and_chooses_among_equals_at_random() -> None:
    assert predictable_share(plan("A0 B0 C0", "A0 B0 C0", size=3)) == 1
    # A after which B and C came once each: without the trial itself the best guess is the other one, and wrong.
    assert predictable_share(plan("A0 B0", "A0 C0", size=2)) == 0
    # A single step: nothing is known of it, so each of the two others is as likely.
    assert predictable_share(plan("A0 B0 C0", size=3)) == 0.5
    # Across the border of two blocks nothing is guessed.
    assert predictable_share(plan("A0 B0 C0 D0", size=1)) == 0
    # What is repeated at the end is not guessed, nor does it teach anything.
    assert predictable_share(plan("A0 B0 C0", "A0 C0 B0", size=3)) == predictable_share(
        plan("A0 B0 C0 again A0 B0", "A0 C0 B0 again A0 B0", size=3)
    )
    # One step in all, with only one other system to guess.
    assert predictable_share(plan("A0 B0")) == 1


def test_systems_that_follow_themselves_differ_by_the_most_less_the_fewest_times() -> None:
    certificate = certificate_of(plan("A0 A1 A2 B0 B1 B2", "B0 A0 A1 B1 B2 A2", clips=3, size=6))
    assert [certificate["carry_over"][system][system] for system in "AB"] == [3, 3]
    assert certificate["self_following_spread"] == 0
    certificate = certificate_of(plan("A0 A1 A2 B0 B1 A3 B2", clips=4, size=7))
    assert [certificate["carry_over"][system][system] for system in "AB"] == [2, 1]
    assert certificate["self_following_spread"] == 1


def test_of_several_repeats_the_gap_is_that_of_the_one_that_comes_soonest() -> None:
    assert certificate_of(plan("A0 B0 A1 B1 again A0 B1"))["shortest_repeat_gap"] == 2


def test_one_system_with_a_clip_heard_twice_more_than_another_is_named() -> None:
    certificate = certificate_of(plan("A0 B0", "B1 A0"))
    assert certificate["clip_counts"] == {"A": [0, 2], "B": [1, 1]}
    assert certificate["uneven"] == ["clip_counts"]


def test_session_plan_tells_of_another_by_what_it_never_shares() -> None:
    assert share_from_another(plan("A0 B0", "B0 A0", size=2)) == 1
    assert share_from_another(plan("A0 B0", "A0 B0", size=2)) == 1
    assert share_from_another(plan("A0 B0", "A1 B1", "B0 A0", "B1 A1", size=2)) == pytest.approx(2 / 3)
    assert share_from_another(plan("A0 B0 C0", "B0 C0 A0", "C0 A0 B0", size=3)) == 0.5
    assert share_from_another(plan("A0 B0", size=2)) == 0
