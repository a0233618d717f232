from __future__ import annotations

import numpy as np
import pytest

from analysis.statistics import pilot, power
from tests.analysis.shared_findings import found, study


def test_the_spread_of_single_ratings_is_that_of_the_counted_ones() -> None:
    frame = study().counted
    given = frame[(frame["scale"] == "overall") & (frame["system"] == "real")]["rating"]
    table = found().frames["rating_spread"]
    row = table[(table["scale"] == "overall") & (table["system"] == "real")].iloc[0]
    assert row["sd"] == pytest.approx(given.std(ddof=1))
    assert row["top_two"] == pytest.approx((given >= 4).mean())


def test_effects_stand_beside_the_ordinal_models_and_say_whether_both_agree() -> None:
    table = found().frames["effects"]
    assert set(table["kind"]) <= {"agree", "sign", "linear_only", "ordinal_only"}
    assert (np.sign(table["d"]) == np.sign(table["superiority"] - 0.5)).all()


def test_shares_of_variance_sum_to_one_and_the_smallest_gap_is_the_planners() -> None:
    frame = found().frames["precision"]
    table = frame[frame["scale"] == "overall"].set_index("statistic")["value"]
    assert table[table.index.str.startswith("share_")].sum() == pytest.approx(1)
    assert 0 <= table["g_coefficient"] <= 1
    known = pilot.from_ratings(study(), "overall")
    assert table["smallest_gap"] == pytest.approx(power.smallest_gap(known.design, known.variances))
