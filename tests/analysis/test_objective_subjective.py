from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.data.ratings import read
from analysis.report import metric_sentences
from analysis.statistics import objective_subjective as joined
from tests.analysis.builders import SIX, make_dataset

CLIPS = 12


def study(strength: float, *, experts: int = 14, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ratings and metrics of six systems: `gc` moves the ratings within systems by `strength`, `ebr` does not."""
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(SIX)), CLIPS)
    gc, ebr = rng.normal(size=(2, len(place)))
    clip = [f"{system}x{number}" for system in range(len(SIX)) for number in range(CLIPS)]
    metrics = pd.DataFrame({"clip_id": clip, "system": np.array(SIX)[place], "gc": gc + 5 * place, "ebr": ebr})
    quality = 3 - 0.4 * place + strength * gc + rng.normal(0, 0.3, len(place))
    rated = np.clip(np.rint(quality + rng.normal(0, 0.8, (experts, len(place)))), 1, 5)
    parts = [
        metrics[["clip_id", "system"]].assign(expert_id=f"e{expert:02d}", scale="overall", rating=row)
        for expert, row in enumerate(rated)
    ]
    return pd.concat(parts, ignore_index=True), metrics.assign(same=4.0, padded_steps=np.arange(len(place)))


def correlations(
    frame: pd.DataFrame, metrics: pd.DataFrame, real: str | None = None, replicates: int = 50
) -> dict[tuple[str, str], dict[str, Any]]:
    """The row of each metric and form."""
    table = joined.clip_correlations(frame, metrics, ["overall"], real=real, replicates=replicates)
    assert tuple(table.columns) == joined.COLUMNS
    return {(row["metric"], row["form"]): {str(k): cell for k, cell in row.items()} for row in table.to_dict("records")}


def test_a_metric_that_moves_ratings_within_systems_is_found_and_another_is_not() -> None:
    table = correlations(*study(0.6), replicates=300)
    gc, ebr = table["gc", "value"], table["ebr", "value"]
    assert gc["rho"] > 0.5
    assert gc["ci_low"] > 0
    assert gc["p_holm"] < 0.001
    assert ebr["ci_low"] < 0 < ebr["ci_high"]
    assert (gc["n_clips"], gc["n_systems"]) == (72, 6)


def test_a_metric_that_only_tells_systems_apart_does_not_correlate_within_them() -> None:
    frame, metrics = study(0.0)
    assert metrics.groupby("system")["gc"].mean().max() > 20
    found = correlations(frame, metrics, replicates=300)["gc", "value"]
    assert found["ci_low"] < 0 < found["ci_high"]


def test_independent_metrics_raise_false_alarms_no_more_often_than_they_may() -> None:
    studies = [study(0.0, experts=8, seed=seed) for seed in range(30)]
    p = [correlations(*one, replicates=150)["ebr", "value"]["p"] for one in studies]
    assert np.mean(np.array(p) < 0.05) <= 0.1


def test_distance_is_from_the_mean_of_real_music_and_needs_real_music() -> None:
    frame, metrics = study(0.6)
    table = correlations(frame, metrics, real="real", replicates=100)
    mean = metrics.loc[metrics["system"] == "real", "gc"].mean()
    direct = correlations(frame, metrics.assign(gc=(metrics["gc"] - mean).abs()), replicates=100)
    assert table["gc", "distance"]["rho"] == pytest.approx(direct["gc", "value"]["rho"])
    assert {form for _, form in direct} == {"value"}


def test_what_has_no_interval_says_why() -> None:
    frame, metrics = study(0.3)
    table = correlations(frame, metrics, replicates=50)
    assert table["same", "value"]["note"] == "constant"
    assert "padded_steps" not in {metric for metric, _ in table}
    few = correlations(frame[frame["expert_id"] < "e05"], metrics, replicates=50)
    assert few["gc", "value"]["note"] == "few_experts"
    assert np.isnan(few["gc", "value"]["p"])
    small = metrics[metrics["clip_id"].isin(["0x1", "0x2", "1x1", "1x2", "1x3"])]
    assert correlations(frame, small)["gc", "value"]["note"] == "few_clips"
    nine = metrics[metrics["system"].isin(sorted(metrics["system"].unique())[:3])].groupby("system").head(3)
    assert correlations(frame, nine)["gc", "value"]["note"] == "fewer_than_ten"
    metrics["ebr"] = (metrics["clip_id"] == "0x1") * 1.0
    assert correlations(frame, metrics)["ebr", "value"]["note"] == "hardly_varies"


def test_clips_without_ratings_and_ratings_without_metrics_are_passed_over() -> None:
    frame, metrics = study(0.4)
    more = pd.concat([metrics, metrics.iloc[:1].assign(clip_id="never rated")])
    table = correlations(frame, more[more["clip_id"] != "2x3"], replicates=50)
    assert table["gc", "value"]["n_clips"] == 71
    assert correlations(frame, metrics.assign(clip_id="other")) == {}


def test_at_system_level_there_is_a_correlation_of_few_points_and_the_warning() -> None:
    frame, metrics = study(0.3)
    table = joined.system_correlations(frame, metrics, ["overall"], real="real")
    assert tuple(table.columns) == joined.SYSTEM_COLUMNS
    closest = table[(table["metric"] == "gc") & (table["form"] == "distance")].iloc[0]
    assert (closest["rho"], closest["n_systems"], bool(closest["same_best"])) == (-1.0, 5, True)
    assert closest["p"] == pytest.approx(0.0167, abs=1e-4)
    sentence = metric_sentences.systems_sentence(table)
    assert sentence["en"].startswith("5 systems are 5 points, too few for a correlation. Even a perfect order")
    assert "p = .017" in sentence["en"]
    assert "5 个点" in sentence["zh-hans"]
    assert (
        "distance of Groove consistency (GC) from real music (rho −1.00)"
        in metric_sentences.rankings(table, "overall")["en"]
    )


def test_with_two_systems_there_is_nothing_to_correlate_between_them() -> None:
    frame, metrics = study(0.3)
    both = ["midi-gan", "real"]
    table = joined.system_correlations(
        frame[frame["system"].isin(both)], metrics[metrics["system"].isin(both)], ["overall"], real="real"
    )
    assert table["rho"].isna().all()
    assert metric_sentences.systems_sentence(table) == {}
    assert metric_sentences.rankings(table, "overall")["en"].startswith("On overall, no metric ranks the systems")


def test_the_verdict_names_the_metrics_that_survive_correction_or_says_that_none_does() -> None:
    strong = joined.clip_correlations(*study(0.6), ["overall"], replicates=300)
    assert metric_sentences.predictors(strong, "overall")["en"].startswith(
        "On overall, these correlate with the ratings of clips within systems: Groove consistency (GC) (rho 0."
    )
    assert "（GC）（rho 0." in metric_sentences.predictors(strong, "overall")["zh-hans"]
    none = joined.clip_correlations(*study(0.0, seed=3), ["overall"], replicates=300)
    assert "no metric correlates with the ratings" in metric_sentences.predictors(none, "overall")["en"]


def test_metrics_of_a_dataset_join_its_ratings(tmp_path_factory: pytest.TempPathFactory) -> None:
    ratings = read(make_dataset(tmp_path_factory.mktemp("work") / "d"))
    assert ratings.metrics is not None
    table = joined.clip_correlations(
        ratings.counted, ratings.metrics, ["overall"], real=ratings.real_system, replicates=50
    )
    assert set(table["metric"]) == {"upc", "gc", "ebr"}
    assert (table["n_clips"] == 24).all()
