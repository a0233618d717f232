"""What the mixed model refuses, what it can tell apart, and what it says at its borders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.report.fit_notes import in_words
from analysis.statistics import mixed_model
from analysis.statistics.mixed_model import reml
from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.layout import lay_out, separable
from analysis.statistics.notes import note
from tests.analysis.builders import make_frame, make_incomplete, read_oracle


def words(frame: pd.DataFrame) -> str:
    return " ".join(in_words(note)["en"] for note in mixed_model.fit(frame, "x").notes)


def frame_of(*rated: str) -> pd.DataFrame:
    """Ratings given as "e1 a1": the expert and the clip, whose first letter is its system."""
    rows = [(*pair.split(), float(n % 3)) for n, pair in enumerate(rated)]
    frame = pd.DataFrame(rows, columns=["expert_id", "clip_id", "rating"]).assign(scale="x")
    return frame.assign(system=frame["clip_id"].str[0])


def cells_of(*rated: str) -> Cells:
    return lay_out(frame_of(*rated), "x").cells


# --- refusals


def test_a_scale_without_a_rating_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no rating on the scale 'beauty'"):
        mixed_model.fit(make_frame(), "beauty")
    with pytest.raises(ValueError, match="no rating on the scale 'overall'"):
        mixed_model.fit(make_frame().assign(rating=np.nan), "overall")


def test_a_covariate_with_gaps_is_refused_by_its_name() -> None:
    frame = make_frame(("a", "b"), ("x",)).assign(trial=range(64))
    frame.loc[3, "trial"] = np.nan
    with pytest.raises(ValueError, match="trial is not known for every rating on the scale 'x'"):
        mixed_model.fit(frame, "x", covariates=["trial"])


@pytest.mark.parametrize("gap", [0, -0.1, float("nan")])
def test_a_gap_of_nothing_or_less_is_refused(gap: float) -> None:
    contrasts = mixed_model.fit(make_frame(("a", "b"), ("x",)), "x").contrasts
    with pytest.raises(ValueError, match="must be above 0"):
        mixed_model.equivalence(contrasts, gap)


# --- what a design can tell apart


@pytest.mark.parametrize(
    ("rated", "expected"),
    [
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1", (True, True, True)),
        ("e1 a1, e1 a2, e1 b1, e1 b2", (False, False, False)),  # one expert
        ("e1 a1, e2 a1, e1 b1, e2 b1", (True, False, False)),  # one clip a system
        ("e1 a1, e2 a1, e3 a1", (False, False, False)),  # every expert rated once
        ("e1 a1, e1 a2, e2 a1, e2 a2, e3 b1, e3 b2", (True, True, False)),  # no expert heard two systems
        ("e1 a1, e1 a2, e1 b1, e2 a3, e2 a4, e2 b2", (True, False, True)),  # no clip heard by two
        ("e1 a1, e1 b1, e2 a2, e2 b1, e3 a1, e3 b2", (True, True, False)),  # no system heard twice by an expert
    ],
)
def test_only_variances_that_the_design_can_tell_apart_are_estimated(
    rated: str, expected: tuple[bool, bool, bool]
) -> None:
    assert separable(cells_of(*rated.split(", "))) == expected


@pytest.mark.parametrize(
    ("rated", "balanced"),
    [
        ("e1 a1, e1 a2, e2 a1, e2 a2", False),
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1, e2 b2", True),
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e1 b2, e2 b1", False),  # one is missing
        ("e1 a1, e1 a2, e2 a1, e2 a2, e1 b1, e2 b1", False),  # systems of two clips and of one
        ("e1 a1, e1 a2", False),
        ("e1 a1, e2 a1, e1 b1, e2 b1", False),
    ],
)
def test_balanced_is_what_is_complete_with_two_or_more_of_everything(rated: str, balanced: bool) -> None:
    assert reml.is_balanced(cells_of(*rated.split(", "))) is balanced


def test_ratings_with_a_covariate_are_never_called_balanced() -> None:
    frame = make_frame(("a", "b"), ("x",)).assign(trial=np.arange(64) % 7)
    fitted = mixed_model.fit(frame, "x", covariates=["trial"])
    assert (fitted.method, mixed_model.fit(frame, "x").method) == ("REML", "closed form")


@pytest.mark.parametrize(("rated", "method"), [("e1 a1, e1 b1, e1 b2", "REML"), ("e1 a1, e1 b1", "none")])
def test_a_residual_variance_takes_one_rating_more_than_there_are_systems(rated: str, method: str) -> None:
    fitted = mixed_model.fit(frame_of(*rated.split(", ")), "x")
    assert fitted.method == method
    assert np.isfinite(fitted.means["se"]).all() == (method == "REML")


def test_equal_ratings_are_found_so_when_some_are_missing() -> None:
    fitted = mixed_model.fit(make_incomplete().assign(rating=4.0), "x")
    assert [note.code for note in fitted.notes] == ["all_equal"]


# --- notes


@pytest.mark.parametrize(("experts", "said"), [(5, True), (6, False)])
def test_fewer_than_six_experts_are_called_few(experts: int, said: bool) -> None:
    note = f"{experts} experts. This is too few to generalise to other experts"
    assert (note in words(make_frame(("a", "b"), ("x",), experts=experts, clips=5))) is said


@pytest.mark.parametrize(("clips", "said"), [(2, "fewer than 3 clips of a, b. This"), (3, "")])
def test_fewer_than_three_clips_are_called_few(clips: int, said: str) -> None:
    text = words(make_frame(("a", "b"), ("x",), clips=clips))
    assert said in text
    assert ("fewer than" in text) is bool(said)


def test_of_systems_with_three_clips_and_with_two_only_the_latter_are_named() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), clips=3)
    assert "fewer than 3 clips of b. This" in words(frame[frame["clip_id"] != "1x2"])


def test_an_ordinary_study_needs_no_notes() -> None:
    fitted = mixed_model.fit(read_oracle("sim_incomplete.csv"), "overall", contrasts=[("s1", "s2")])
    assert fitted.notes == ()


def test_only_what_is_at_zero_is_called_so() -> None:
    frame = make_frame(("a", "b", "c"), ("x",), experts=10, clips=6)
    frame["rating"] = np.random.default_rng(0).permutation(frame["rating"])
    fitted = mixed_model.fit(frame, "x")
    variances = fitted.variance_components.set_index("component")["variance"].iloc[:3]
    zero = list(variances.index[variances == 0])
    assert 0 < len(zero) < 3
    assert note("at_zero", "x", components=zero) in fitted.notes
    assert "is zero" not in words(make_frame(("a", "b"), ("x",), experts=1, clips=8))


def test_twelve_systems_are_still_named_one_by_one() -> None:
    text = words(make_frame([f"s{n:02d}" for n in range(12)], ("x",), experts=6, clips=2))
    assert "s10, s11. This" in text


def test_one_system_is_said_to_have_no_rival() -> None:
    assert "one system was rated; there is nothing to compare it with" in words(make_frame(("a",), ("x",)))
