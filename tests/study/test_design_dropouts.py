"""Whoever leaves and whoever comes instead: the plan's balance stays."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import translation

from formats.errors import InputError
from study import services
from study.design import certificate_of
from study.models import Study
from study.sequences import sessions_of
from tests.factories import make_link, make_study

pytestmark = pytest.mark.django_db
SPREADS = ("trial_number_spread", "place_spread", "carry_over_spread")


def held(study: Study) -> dict[str, Any]:
    """The certificate of the plans that experts hold now."""
    numbers = set(study.experts.exclude(slot=None).values_list("slot__number", flat=True))
    sessions = sessions_of(study)
    return certificate_of({**sessions, "slots": [slot for slot in sessions["slots"] if slot["slot"] in numbers]})


def join(study: Study, code: str, group: str) -> None:
    _, secret = make_link(study, code, group)
    services.accept_invitation(services.find_invitation(secret))


def test_after_any_five_drop_outs_and_five_joiners_the_bounds_are_the_plans(tmp_path: Path) -> None:
    systems = ("a1", "b1", "c1", "d1")
    study = make_study(tmp_path, systems=systems, clips=4, heard=3, slots=7, groups=("men", "women"), practice=0)
    codes, rng = (f"e{number}" for number in count()), Random(5)
    for group in ("men", "women"):
        for _ in range(7):
            join(study, next(codes), group)
    whole = held(study)
    assert max(whole[spread] for spread in SPREADS) <= 1
    for _ in range(4):
        gone: list[str] = []
        left, coming = 5, 5
        while left or coming:
            if left and (not gone or rng.random() < 0.5):
                expert = rng.choice(list(study.experts.filter(withdrawn_at=None)))
                services.withdraw(expert, actor="test")
                gone.append(expert.group)
                left -= 1
            else:
                join(study, next(codes), gone.pop())
                coming -= 1
        now = held(study)
        assert {spread: now[spread] - whole[spread] for spread in SPREADS} == dict.fromkeys(SPREADS, 0)
        assert now["clip_counts"] == whole["clip_counts"]
    with translation.override("en"), pytest.raises(InputError, match="would have 8 experts, but it has 7 slots"):
        join(study, "one-more", "men")
