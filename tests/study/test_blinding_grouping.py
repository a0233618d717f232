"""Experts who compare notes: how far the plan alone lets them sort clips by system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from study.blinding.grouping import grouped
from study.design import make_sessions
from study.management.blinding import check_and_record, in_words
from study.models import Event
from study.sequences import sessions_of
from tests.factories import make_study
from tests.study.test_design import shape


def plan(*slots: str) -> dict[str, Any]:
    """Slots as texts such as "A0B0C0D0 B1A1D1C1", a word a block."""
    rows = [
        [
            {"system": word[at], "clip": int(word[at + 1]), "block": block, "repeat": False}
            for block, word in enumerate(slot.split())
            for at in range(0, len(word), 2)
        ]
        for slot in slots
    ]
    return {"systems": list("ABCD"), "slots": [{"trials": row} for row in rows]}


def test_experts_of_the_same_blocks_sort_no_better_than_chance() -> None:
    """Two clips of each of four systems, in the same two blocks for everybody: 24 ways to pair them, all as good."""
    found = grouped(plan("A0B0C0D0 B1A1D1C1", "A0B0C0D0 B1A1D1C1"), draws=200)
    assert set(found) == {2}
    assert found[2].pairs == pytest.approx(0.25, abs=0.12)


def test_experts_whose_blocks_leave_one_way_sort_every_clip() -> None:
    """Each clip of the second block stands beside three of the first somewhere, so it is the fourth's fellow."""
    slots = ("A0B0C0D0 A1B1C1D1", "A0B1C1D1 A1B0C0D0", "B0A1C1D1 B1A0C0D0", "C0A1B1D1 C1A0B0D0")
    assert grouped(plan(*slots), draws=5)[4] == (1.0, 1.0)


def test_more_experts_of_the_papers_study_sort_more() -> None:
    found = grouped(make_sessions(shape()), draws=4)
    assert list(found) == [2, 3, 4, 5, 6]
    assert found[2].pairs < 0.35
    assert found[6] == (1.0, 1.0)
    assert found[2].pairs < found[3].pairs < found[5].pairs


def test_same_plan_gives_the_same_figures() -> None:
    sessions = make_sessions(shape(4, 4, 4, (("all", 6),), repeats=4))
    assert grouped(sessions) == grouped(sessions)


@pytest.mark.parametrize("systems", [2, 3])
def test_two_or_three_systems_have_no_complete_blocks(systems: int) -> None:
    assert grouped(make_sessions(shape(systems))) == {}


@pytest.mark.django_db
def test_check_says_and_records_how_far_experts_get(tmp_path: Path) -> None:
    systems = ("a1", "b1", "c1", "real")
    study = make_study(tmp_path, systems=systems, clips=4, heard=4, slots=2, draft=True)
    report = check_and_record(study)
    shares = {number: round(share.pairs, 2) for number, share in grouped(sessions_of(study)).items()}
    assert list(shares) == [2]
    detail = Event.objects.get(study=study, kind="blinding checked").detail
    assert detail["grouped"] == {str(number): share for number, share in shares.items()}
    assert f"2 experts {report.grouped[2].pairs:.0%}" in in_words(report)
