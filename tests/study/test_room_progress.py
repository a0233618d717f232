"""Progress on a trial page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from study.models import Expert, Study, Trial
from tests.factories import begin, enter, hear, make_expert, make_study, rate, study_toml, trials_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, practice=1)


def page(client: Client, trial: Trial) -> str:
    return client.get(f"/room/t/{trial.token}/").text


def rate_whole(expert: Expert, trial: Trial) -> None:
    hear(expert, trial)
    for scale in expert.study.file.scales:
        rate(expert, trial, scale.key)


def test_the_bar_counts_the_clips_before_this_one_in_its_phase(client: Client, alice: Expert) -> None:
    trials = [*trials_of(alice, "practice"), *trials_of(alice)[:2]]
    bars = []
    for trial in trials:
        text = page(client, trial)
        bars.append((f'max="{1 if trial.phase == "practice" else 4}" value="{trial.number - 1}"' in text, trial.number))
        rate_whole(alice, trial)
    assert bars == [(True, 1), (True, 1), (True, 2)]


def test_the_study_is_announced_once_after_practice_and_not_before_each_clip(client: Client, alice: Expert) -> None:
    [practice], [first, second, *_] = trials_of(alice, "practice"), trials_of(alice)
    announced = []
    for trial in (practice, first, second):
        announced.append("End of practice" in page(client, trial))
        rate_whole(alice, trial)
    assert announced == [False, True, False]


@pytest.mark.parametrize("sliders", [0, 1])
def test_what_sliders_look_like_comes_where_one_scale_has_a_slider(
    tmp_path: Path, client: Client, sliders: int
) -> None:
    expert = make_expert(make_study(tmp_path, text=study_toml().replace("maximum = 5", "maximum = 100", sliders)))
    begin(expert)
    enter(client, expert)
    text = page(client, trials_of(expert, "practice")[0])
    assert text.count("mukulen/slider.css") == sliders
