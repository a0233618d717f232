"""Post-screening of MUSHRA: who is flagged, and who is excluded where the frozen plan says so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.data import ratings
from analysis.statistics.post_screening import post_screening
from formats.errors import InputError
from tests.analysis.builders import make_dataset

TRIAL = {"clips": "all", "reference": "real", "hidden_reference": True, "anchors": ["low", "mid"]}


def rated(reference: dict[str, str], mid: dict[str, str], scale: str = "x") -> pd.DataFrame:
    """Ratings of the hidden reference and of a mid-range anchor: for each expert a word of numbers."""
    cells = [("real", reference), ("mid", mid)]
    rows = [
        (expert, system, f"{system}{clip}", scale, float(value))
        for system, experts in cells
        for expert, values in experts.items()
        for clip, value in enumerate(values.split())
    ]
    return pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"]).assign(is_repeat=False)


def flagged(frame: pd.DataFrame, low: float = 0, high: float = 100) -> list[str]:
    table = post_screening(frame, {"x": (low, high)}, "real", ["mid"])
    return list(table.loc[table["flagged"], "expert_id"])


def test_expert_who_misses_more_than_15_percent_is_flagged() -> None:
    reference = {"a": "90 95 100 100 90 91 92", "b": "89 95 100 100 90 91 92", "c": "89 89 100 100 90 91 92"}
    mid = dict.fromkeys(reference, "50 60 70 20 30 40 50")
    table = post_screening(rated(reference, mid), {"x": (0, 100)}, "real", ["mid"]).set_index("expert_id")
    assert list(table["reference_below"]) == pytest.approx([0, 1 / 7, 2 / 7])
    assert list(table["flagged"]) == [False, False, True]


def test_mid_anchor_counts_unless_a_quarter_of_the_experts_rate_it_high() -> None:
    reference = dict.fromkeys("abcdefgh", "100 100")
    low = dict.fromkeys("abcdefgh", "50 50")
    assert flagged(rated(reference, low | {"a": "91 50", "b": "50 90"})) == ["a"]
    assert flagged(rated(reference, low | {"a": "91 50", "b": "91 50"})) == ["a", "b"]
    assert flagged(rated(reference, low | {"a": "91 50", "b": "91 50", "c": "91 50"})) == []


def test_other_scales_have_the_same_share_of_their_range() -> None:
    frame = rated({"a": "5 5", "b": "4 5"}, {"a": "4 4", "b": "2 2"})
    assert flagged(frame, 1, 5) == ["b"]
    repeats = frame.assign(is_repeat=frame["rating"] == 4)
    assert flagged(repeats, 1, 5) == []


def panel(bad: int) -> pd.DataFrame:
    """Eight experts' ratings of four systems on two scales; the first of them do not find the hidden reference."""
    values = {"real": 5, "mid": 2, "low": 1, "model": 3}
    rows = [
        (f"e{expert}", system, f"{system}{clip}", scale, 3 if system == "real" and expert < bad else value)
        for expert in range(8)
        for system, value in values.items()
        for clip in range(3)
        for scale in ("valence", "overall")
    ]
    return pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"])


def test_experts_are_excluded_only_where_the_plan_says_so(tmp_path: Path) -> None:
    read = ratings.read(make_dataset(tmp_path / "named", panel(2), trial=TRIAL))
    assert read.post_screened is not None
    assert set(read.post_screened.query("flagged")["expert_id"]) == {"e0", "e1"}
    assert (read.excluded, read.frame["expert_id"].nunique(), read.anchors) == ((), 8, ("low", "mid"))
    read = ratings.read(make_dataset(tmp_path / "excluded", panel(2), trial=TRIAL, post_screening=True), ["valence"])
    assert (read.excluded, read.frame["expert_id"].nunique()) == (("e0", "e1"), 6)
    assert set(read.frame["scale"]) == {"valence"}


def test_remedy_where_everyone_is_excluded_works(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "all", panel(8), trial=TRIAL, post_screening=True)
    with pytest.raises(InputError, match="excludes every expert.* copy their table from the folder data to another"):
        ratings.read(folder)
    copied = tmp_path / "copied.csv"
    copied.write_bytes(next((folder / "data").glob("*.csv")).read_bytes())
    assert ratings.read(copied).frame["expert_id"].nunique() == 8


def test_no_reference_or_a_blinded_study_has_no_post_screening(tmp_path: Path) -> None:
    assert ratings.read(make_dataset(tmp_path / "none", panel(2))).post_screened is None
    coded = make_dataset(tmp_path / "codes", panel(2), trial=TRIAL, post_screening=True, unsealed=False)
    read = ratings.read(coded)
    assert (read.post_screened, read.excluded, read.anchors) == (None, (), ())
