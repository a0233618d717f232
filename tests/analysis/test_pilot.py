from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import pilot, power
from analysis.statistics.information import Variances
from analysis.statistics.power import Design
from formats.errors import InputError
from tests.analysis.builders import make_frame, make_ratings
from tests.benchmarks.power import studies

FELT = Variances(0.16, 0.09, 0.16, 0.64)


def ratings_of(design: Design, seed: int) -> pd.DataFrame:
    """A simulated pilot as a long frame."""
    table = studies(design, FELT, 0.0, 1, seed)[0]
    place = np.indices(table.shape).reshape(3, -1)
    frame = pd.DataFrame({"expert_id": place[1], "system": place[0], "clip_id": place[2]}).astype(str)
    return frame.assign(scale="overall", rating=table.ravel(), is_repeat=False)


def test_a_large_pilot_gives_back_the_variances_it_was_made_from() -> None:
    frame = ratings_of(Design(60, 40, 40, systems=3), seed=1)
    found = pilot.from_ratings(make_ratings(("0", "1", "2"), ("overall",), frame=frame))
    assert found.design == Design(60, 40, 40, systems=3)
    assert found.scale == "overall"
    assert list(found.variances[1:]) == pytest.approx(list(FELT[1:]), rel=0.3)
    assert found.variances.residual == pytest.approx(0.64, rel=0.05)


def test_the_plans_primary_scale_is_taken_unless_another_is_named() -> None:
    ratings = make_ratings(plan={"primary_scale": "overall"})
    assert pilot.from_ratings(ratings).scale == "overall"
    assert pilot.from_ratings(ratings, "valence").scale == "valence"
    assert pilot.from_ratings(make_ratings()).scale == "valence"
    with pytest.raises(InputError, match="there is no scale 'beauty'; it has valence, overall"):
        pilot.from_ratings(ratings, "beauty")


def test_a_pilot_with_one_clip_or_one_system_is_refused_in_a_sentence() -> None:
    for frame in (make_frame(clips=1), make_frame(systems=("real",)), make_frame(experts=1)):
        with pytest.raises(InputError, match="is too small for a pilot: a study needs at least 2 experts, 2 systems"):
            pilot.from_ratings(make_ratings(frame=frame.assign(is_repeat=False)))


def test_ratings_that_do_not_vary_are_no_pilot() -> None:
    with pytest.raises(InputError, match="ratings do not scatter"):
        pilot.from_ratings(make_ratings(frame=make_frame().assign(rating=3.0, is_repeat=False)))


def test_the_range_of_power_holds_the_true_power_about_as_often_as_it_says() -> None:
    tried, planned = Design(10, 6, 6, systems=4), Design(26, 13, 10)
    true = power.power(planned, FELT, 0.4)
    inside = []
    for seed in range(30):
        found = pilot.from_ratings(make_ratings(tuple("0123"), ("overall",), frame=ratings_of(tried, seed)))
        possible = pilot.possible_variances(found, draws=60)
        low, high = pilot.power_range(planned, possible, 0.4)
        inside.append(low <= true <= high)
    assert 0.6 <= np.mean(inside) <= 0.95


def test_a_larger_pilot_leaves_less_open() -> None:
    planned = Design(26, 13, 10)
    widths = []
    for tried in (Design(6, 4, 4, systems=3), Design(40, 20, 20, systems=6)):
        made = pilot.Pilot("p", "overall", tried, FELT)
        low, high = pilot.power_range(planned, pilot.possible_variances(made), 0.4)
        widths.append(high - low)
    assert widths[0] > 2 * widths[1]


@pytest.mark.parametrize(
    "design", [Design(6, 20, 4, systems=4), Design(6, 24, 4, systems=4), Design(20, 10, 1, systems=4)], ids=str
)
def test_a_sparse_pilot_leaves_variances_about_its_own(design: Design) -> None:
    """Half of what is drawn lies on either side; no draw runs away with a part that the design hardly knows."""
    rows = np.array(pilot.possible_variances(pilot.Pilot("p", "overall", design, FELT)))
    assert np.isfinite(rows).all()
    assert (rows >= 0).all()
    totals = rows[:, 1:].sum(axis=1)
    assert np.median(totals) == pytest.approx(sum(FELT[1:]), rel=0.2)
    assert np.quantile(totals, 0.95) < 2 * sum(FELT[1:])
