"""The scripts in a report's folder compute its means and differences again from the dataset."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.ratings import read
from analysis.report.folder import write_report
from tests.analysis.builders import SIX, make_dataset, make_frame, make_ratings

ROOT = Path(__file__).parents[2]
HAS_R = "suppressPackageStartupMessages(library(lmerTest))"
PLAN = {
    "primary_scale": "overall",
    "contrasts": [["midi-gan", "real"], ["mlstm", "real"]],
    "smallest_gap": 0.5,
    "alpha": 0.1,
}


ANCHORED = {**PLAN, "contrasts": [["mlstm", "mid"]], "post_screening": True, "failed_checks": 2}


@pytest.fixture(scope="module", params=[(), ("low", "mid")], ids=["plain", "anchors"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset and its report; with anchors, and then without an expert who missed the reference and one
    who failed attention checks. An expert has the code NA, one system equal ratings and one two clips."""
    folder = tmp_path_factory.mktemp("scripts")
    anchors = request.param
    frame = make_frame((*SIX[:2], *SIX[3:], *anchors), experts=9, clips=8).sample(frac=0.9, random_state=3)
    frame["expert_id"] = frame["expert_id"].replace("e08", "NA")
    frame.loc[frame["system"] == "transformer", "rating"] = 3.0
    frame = frame[(frame["system"] != "music-vae") | frame["clip_id"].str[-1].isin(["0", "1"])]
    if anchors:
        own = frame["expert_id"].str[-1] == frame["clip_id"].str[-1]
        frame.loc[frame["system"] == "real", "rating"] = 5.0 - own
        frame["rating"] -= frame["system"].isin(anchors) & (frame["rating"] > 1)
        frame.loc[(frame["system"] == "real") & (frame["expert_id"] == "e03"), "rating"] = 2
    trial = {"clips": "all", "reference": "real", "hidden_reference": True, "anchors": list(anchors)}
    plan, trial = (ANCHORED, trial) if anchors else (PLAN, {})
    made = make_dataset(folder / "dataset", frame, plan=plan, trial=trial, failed={"e05": 2, "e06": 1})
    ratings = read(made)
    assert (ratings.anchors, ratings.excluded) == (anchors, ("e03",) if anchors else ())
    assert ratings.left_out == (("e05", "e03") if anchors else ())
    write_report(ratings, folder / "report", replicates=1000, draw=False)
    return folder


def again(made: Path, out: Path, program: str, script: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means and differences as a script writes them."""
    command = [program, str(made / "report" / script), str(made / "dataset"), str(out)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)
    return pd.read_csv(out / "system_means.csv"), pd.read_csv(out / "contrasts.csv")


def compare(table: pd.DataFrame, own: pd.DataFrame, keys: list[str], columns: dict[str, float]) -> None:
    """The rows with the same keys have the same numbers, each within its share."""
    both = own.merge(table, on=keys, suffixes=("", "_again"))
    assert len(both) == len(own) == len(table)
    for column, share in columns.items():
        assert both[f"{column}_again"].to_numpy() == pytest.approx(
            both[column].to_numpy(), rel=share, abs=2e-5, nan_ok=True
        )


def own_tables(made: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    tables = made / "report" / "tables"
    means = [pd.read_csv(path) for path in (tables / "system_means.csv", tables / "anchor_means.csv") if path.exists()]
    return pd.concat(means), pd.read_csv(tables / "contrasts.csv")


def test_python_script_computes_the_tables_again(made: Path, tmp_path: Path) -> None:
    means, contrasts = again(made, tmp_path, sys.executable, "reproduce.py")
    own_means, own_contrasts = own_tables(made)
    compare(means, own_means, ["scale", "system"], dict.fromkeys(("mean", "se", "df", "ci_low", "ci_high"), 1e-5))
    columns = dict.fromkeys(("difference", "se", "df", "p", "p_holm", "p_simultaneous"), 1e-5)
    compare(contrasts, own_contrasts, ["scale", "system_a", "system_b"], columns)
    assert set(means.loc[means["ci_low"].isna(), "system"]) == {"music-vae", "transformer"}
    assert (means["plain_mean"] - means["mean"]).abs().max() < 0.2
    assert {"low", "mid"} & set(contrasts["system_b"]) == ({"mid"} if "mid" in set(means["system"]) else set())


def test_r_script_computes_the_tables_again(made: Path, tmp_path: Path) -> None:
    if not shutil.which("Rscript") or subprocess.run(["Rscript", "-e", HAS_R], capture_output=True).returncode:
        pytest.skip("R with lmerTest is not installed (apt install r-cran-lmertest)")
    means, contrasts = again(made, tmp_path, "Rscript", "reproduce.R")
    own_means, own_contrasts = own_tables(made)
    numbers = {"se": 2e-3, "df": 0.02, "ci_low": 2e-3, "ci_high": 2e-3}
    compare(means, own_means, ["scale", "system"], {"mean": 1e-4, **numbers})
    columns = {"difference": 1e-3, "se": 2e-3, "df": 0.02, "p": 0.02}
    compare(contrasts, own_contrasts, ["scale", "system_a", "system_b"], columns)


def test_table_of_ratings_has_no_scripts(tmp_path: Path) -> None:
    write_report(make_ratings(SIX[:2]), tmp_path / "r", replicates=1000, draw=False)
    assert not list((tmp_path / "r").glob("reproduce*"))
