from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import bootstrap
from tests.analysis.builders import make_frame, read_oracle


def test_weighted_means_equal_an_explicit_loop_over_resampled_cells_of_incomplete_data() -> None:
    frame = read_oracle("sim_incomplete.csv")
    systems = sorted(frame["system"].unique())
    crossed = bootstrap.cross(frame, ["overall"], systems)
    rng = np.random.default_rng(3)
    experts = bootstrap.draw_counts(crossed.values.shape[1], 4, rng)
    clips = np.hstack([bootstrap.draw_counts(n, 4, rng) for n in crossed.clips_of_system])
    fast = bootstrap.weighted_means(crossed, experts, clips)
    owner = np.repeat(np.arange(len(systems)), crossed.clips_of_system)
    for replicate in range(4):
        for place in range(len(systems)):
            drawn = [
                crossed.values[0, expert, clip]
                for expert in np.repeat(np.arange(len(experts[0])), experts[replicate])
                for clip in np.repeat(np.arange(len(owner)), clips[replicate])
                if owner[clip] == place and not np.isnan(crossed.values[0, expert, clip])
            ]
            assert fast[replicate, 0, place] == pytest.approx(sum(drawn) / len(drawn), abs=1e-12)


def test_the_standard_error_of_complete_data_is_the_closed_form() -> None:
    frame = read_oracle("sim26x60x5.csv")
    table = bootstrap.system_means(frame, ["overall"], sorted(frame["system"].unique()))
    for row in table.itertuples():
        part = frame[(frame["system"] == row.system) & (frame["scale"] == "overall")]
        cells = part.pivot(index="expert_id", columns="clip_id", values="rating").to_numpy()
        by_expert = cells.mean(axis=1) - cells.mean()
        by_clip = cells.mean(axis=0) - cells.mean()
        rest = cells - cells.mean() - by_expert[:, None] - by_clip
        n, k = cells.shape
        variance = (by_expert**2).sum() / n**2 + (by_clip**2).sum() / k**2 + (rest**2).sum() / (n * k) ** 2
        assert row.se == pytest.approx(variance**0.5, rel=0.03)
        assert row.mean == pytest.approx(cells.mean())


def test_experts_are_drawn_once_for_all_systems_and_scales() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x", "y"), experts=10, clips=5)
    level = frame["expert_id"].str[1:].astype(float)
    crossed = bootstrap.cross(frame.assign(rating=level), ["x", "y"], ["a", "b"])
    draws = bootstrap.replicate_means(crossed, 200, seed=5)
    assert np.ptp(draws, axis=(1, 2)).max() < 1e-9
    assert draws[:, 0, 0].std() > 0.5


def test_clips_are_drawn_within_their_system() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x",), experts=10, clips=5)
    crossed = bootstrap.cross(frame.assign(rating=(frame["system"] == "b") * 1.0), ["x"], ["a", "b"])
    draws = bootstrap.replicate_means(crossed, 50, seed=5)
    assert (draws[:, 0, 0] == 0).all()
    assert (draws[:, 0, 1] == 1).all()


def test_one_clip_id_in_two_systems_means_two_clips() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x",))
    frame["clip_id"] = frame["clip_id"].str[-1]
    table = bootstrap.system_means(frame, ["x"], ["a", "b"], replicates=1000)
    assert table["n_clips"].tolist() == [4, 4]


def interval_covers(rng: np.random.Generator) -> bool:
    """One study of 20 experts and 10 clips with middling variances: is the true mean 3 inside?"""
    experts, clips = 20, 10
    by_system = rng.normal(0, (0.4**2 + 0.25**2) ** 0.5, (experts, 1))
    ratings = 3 + by_system + rng.normal(0, 0.35, (1, clips)) + rng.normal(0, 0.8, (experts, clips))
    cells = np.indices(ratings.shape).reshape(2, -1)
    frame = pd.DataFrame({"expert_id": cells[0], "clip_id": cells[1], "rating": ratings.ravel()})
    frame = frame.assign(system="s", scale="q")
    row = bootstrap.system_means(frame, ["q"], ["s"], replicates=400, seed=1).iloc[0]
    return bool(row["ci_low"] <= 3 <= row["ci_high"])


def test_intervals_cover_the_true_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    coverage = np.mean([interval_covers(rng) for _ in range(300)])
    assert 0.91 <= coverage <= 0.985


def test_a_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    frame = make_frame()
    first, again, other = (
        bootstrap.system_means(frame, ["overall"], ["real"], replicates=1000, seed=seed) for seed in (1, 1, 2)
    )
    assert first.equals(again)
    assert not first["ci_low"].equals(other["ci_low"])


@pytest.mark.parametrize(
    ("experts", "clips", "reason"), [(5, 4, "few_experts"), (6, 2, "few_clips"), (6, 3, ""), (1, 1, "few_experts")]
)
def test_too_few_experts_or_clips_leave_the_interval_empty_with_a_reason(experts: int, clips: int, reason: str) -> None:
    frame = make_frame(systems=("a",), scales=("x",), experts=experts, clips=clips)
    row = bootstrap.system_means(frame, ["x"], ["a"], replicates=1000).iloc[0]
    assert row["reason"] == reason
    assert np.isnan(row["ci_low"]) == np.isnan(row["ci_high"]) == np.isnan(row["se"]) == bool(reason)
    assert row["mean"] == pytest.approx(frame["rating"].mean())
    assert (row["n_ratings"], row["n_experts"], row["n_clips"]) == (experts * clips, experts, clips)


def test_equal_ratings_give_no_interval_of_width_zero() -> None:
    row = bootstrap.system_means(make_frame().assign(rating=4.0), ["overall"], ["real"], replicates=1000).iloc[0]
    assert (row["mean"], row["reason"]) == (4.0, "all_equal")
    assert np.isnan(row["ci_low"])


def test_ratings_too_sparse_for_a_replicate_give_no_interval() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x",), experts=30, clips=6)
    diagonal = frame["expert_id"].str[1:].astype(int) == frame["clip_id"].str[-1].astype(int)
    table = bootstrap.system_means(frame[diagonal | (frame["system"] == "b")], ["x"], ["a", "b"], replicates=1000)
    assert table["reason"].tolist() == ["sparse", ""]
    assert table["n_ratings"].tolist() == [6, 180]


def test_a_scale_on_which_a_system_was_not_rated_has_no_row() -> None:
    frame = make_frame(systems=("a", "b"), scales=("x", "y"))
    frame = frame[(frame["system"] != "b") | (frame["scale"] != "y")]
    table = bootstrap.system_means(frame, ["x", "y"], ["a", "b"], replicates=1000)
    assert list(zip(table["scale"], table["system"], strict=True)) == [("x", "a"), ("x", "b"), ("y", "a")]
