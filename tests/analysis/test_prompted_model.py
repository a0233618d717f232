"""Ratings of clips that share prompts: the mixed model with prompts and pages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from analysis.statistics import mixed_model
from analysis.statistics.incidence import join
from analysis.statistics.mixed_model import crossed, prompts
from tests.analysis.builders import ORACLES, make_frame

#: lmerTest (R 4.2.2): REML log-likelihood; variances of expert, prompt, clip, expert:system, expert:prompt, residual.
FULL = {
    "set_ratings": (-1801.585984, (36.4524602, 51.8782322, 16.0956966, 14.9158107, 10.1685063, 74.5262961)),
    "set_ratings_incomplete": (-1712.529475, (35.5341448, 51.4277026, 15.9975407, 15.8971695, 11.9426455, 72.9532271)),
}
#: Means with SE and df, differences with SE, df and p, F with its denominator's df.
MEANS = {
    "set_ratings": [(56.4583333, 3.4327645, 27.16529), (76.9583333, 3.4327645, 27.16529)],
    "set_ratings_incomplete": [(56.7106065, 3.42861423, 27.2558102), (77.349788, 3.43638117, 27.5018162)],
}
DIFFERENCES = {
    "set_ratings": [
        (-4.54166667, 2.63575657, 41.4815514, 9.2318825e-02),
        (-10.93333333, 2.63575657, 41.4815514, 1.62098e-4),
    ],
    "set_ratings_incomplete": [
        (-4.0970121, 2.66808587, 41.7366011, 0.132192646),
        (-11.48153769, 2.67848933, 42.3607967, 1.02552e-4),
    ],
}
OMNIBUS = {"set_ratings": (22.3556, 41.48155), "set_ratings_incomplete": (22.2603, 42.05997)}


def sets(name: str) -> pd.DataFrame:
    return pd.read_csv(ORACLES / f"{name}.csv").assign(scale="overall")


@pytest.mark.parametrize("study", FULL)
def test_model_with_prompts_agrees_with_lmertest(study: str) -> None:
    found = mixed_model.fit(sets(study), "overall")
    log_likelihood, variances = FULL[study]
    assert found.method == ("closed form" if study == "set_ratings" else "REML")
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=1e-4)
    assert_allclose(found.variance_components["variance"], variances, rtol=1e-4)
    assert_allclose(found.means[["mean", "se", "df"]].iloc[[0, 3]], MEANS[study], rtol=1e-4)
    assert_allclose(
        found.contrasts[["difference", "se", "df"]].iloc[[0, 5]], np.array(DIFFERENCES[study])[:, :3], rtol=1e-4
    )
    assert_allclose(found.contrasts["p"].iloc[[0, 5]], np.array(DIFFERENCES[study])[:, 3], rtol=1e-3)
    assert_allclose(found.omnibus[["f", "den_df"]].iloc[0], OMNIBUS[study], rtol=1e-4)


def test_place_on_the_page_agrees_with_lmertest() -> None:
    """With the place as a fixed factor, in three columns."""
    frame = sets("set_ratings")
    columns = {f"place{n}": (frame["place"] == n).astype(float) for n in (2, 3, 4)}
    found = mixed_model.fit(frame.assign(**columns), "overall", covariates=list(columns))
    assert found.method == "REML"
    assert found.log_likelihood == pytest.approx(-1798.529075, abs=1e-3)
    assert_allclose(found.covariates["slope"], [0.609516878, 0.193389594, 0.302823133], atol=1e-3)
    assert_allclose(found.covariates["se"], [1.19259479, 1.1884058, 1.16753386], rtol=1e-4)
    assert_allclose(found.covariates["df"], [326.2993308, 320.1751108, 314.4773152], rtol=1e-2)


@pytest.mark.parametrize("study", FULL)
def test_ratings_without_prompts_are_fitted_as_before(study: str) -> None:
    found = mixed_model.fit(sets(study).drop(columns="prompt_id"), "overall")
    assert found.variance_components["component"].tolist() == ["expert", "clip", "expert:system", "residual"]
    assert found.contrasts["se"].iloc[0] == pytest.approx(4.162, abs=1e-3)


def test_closed_form_is_what_the_search_finds() -> None:
    frame = sets("set_ratings")
    names = (["system"], ["expert_id"], ["prompt_id"], ["clip_id"], ["expert_id", "system"], ["expert_id", "prompt_id"])
    effects = ("", "expert", "prompt", "clip", "expert:system", "expert:prompt")
    parts = []
    for effect, keys in zip(effects, names, strict=True):
        units = np.asarray(frame.groupby(keys).ngroup(), dtype=np.intp)
        parts.append((effect, units[:, None], np.ones((len(frame), 1)), int(units.max()) + 1))
    searched = crossed.fit(join(parts), frame["rating"].to_numpy(np.float64))
    closed = mixed_model.fit(frame, "overall")
    assert searched.log_likelihood == pytest.approx(closed.log_likelihood, abs=1e-6)
    assert_allclose(searched.variances, closed.variance_components["variance"][:-1], rtol=1e-3)


def test_prompts_of_one_system_each_are_not_used() -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=8, clips=4)
    own = mixed_model.fit(frame.assign(prompt_id=frame["system"] + frame["clip_id"]), "overall")
    plain = mixed_model.fit(frame, "overall")
    pd.testing.assert_frame_equal(own.contrasts, plain.contrasts)
    assert "prompt" not in own.variance_components["component"].tolist()


def test_one_prompt_for_all_is_not_used() -> None:
    frame = make_frame(("a", "b"), ("overall",), experts=8, clips=4).assign(prompt_id="only")
    assert "prompt" not in mixed_model.fit(frame, "overall").variance_components["component"].tolist()


def test_partly_matched_prompts_are_used() -> None:
    frame = make_frame(("a", "b", "c"), ("overall",), experts=8, clips=4)
    prompt = frame["clip_id"].str[2:].where(frame["system"] != "c", "")
    found = mixed_model.fit(frame.assign(prompt_id=prompt), "overall")
    assert found.method == "REML"
    assert "prompt" in found.variance_components["component"].tolist()
    assert [note.about["count"] for note in found.notes if note.code == "prompts"] == [8]


def test_too_many_effects_leave_prompts_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "MAX_EFFECTS", 50)
    found = mixed_model.fit(sets("set_ratings"), "overall")
    assert "prompt" not in found.variance_components["component"].tolist()
    assert [note.about["most"] for note in found.notes if note.code == "prompts_too_large"] == [50]


def test_prompts_sharpen_differences_between_single_clips() -> None:
    """Each expert hears half of the clips, one trial a clip; systems share prompts that differ much."""
    rng = np.random.default_rng(3)
    rows = []
    luck = rng.normal(0, 1.0, 12)
    for expert in range(14):
        for system in range(4):
            for prompt in range(12):
                if (expert + system + prompt) % 2:
                    rating = 3 + luck[prompt] + 0.2 * system + rng.normal(0, 0.6)
                    rows.append((f"e{expert}", f"s{system}", f"{prompt}-{system}", f"p{prompt}", rating))
    frame = pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "prompt_id", "rating"]).assign(scale="x")
    matched = mixed_model.fit(frame, "x")
    blind = mixed_model.fit(frame.drop(columns="prompt_id"), "x")
    assert (matched.contrasts["se"] < 0.5 * blind.contrasts["se"]).all()
    assert_allclose(matched.contrasts["difference"], blind.contrasts["difference"], atol=0.3)
