"""How the variances are found: the strata of complete ratings, the borders of the search, and when it has arrived."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from analysis.statistics import mixed_model
from analysis.statistics.mixed_model import reml
from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.layout import lay_out
from analysis.statistics.mixed_model.random_effects import Floats
from tests.analysis.builders import make_frame, make_incomplete

EXPERTS, SYSTEMS, CLIPS = 7, 3, 4
ALL = (True, True, True)


def balanced(squares: tuple[float, ...]) -> Cells:
    """Complete ratings with these mean squares of expert, clip, expert:system and the residual."""
    y = np.random.default_rng(3).normal(size=(EXPERTS, SYSTEMS, CLIPS))
    cell, clip = y.mean(axis=2, keepdims=True), y.mean(axis=0, keepdims=True)
    expert, system, mean = y.mean(axis=(1, 2), keepdims=True), y.mean(axis=(0, 2), keepdims=True), y.mean()
    parts = (expert - mean, clip - system, cell - expert - system + mean, y - cell - clip + system)
    several = np.array([EXPERTS, SYSTEMS, CLIPS]) - 1
    freedom = (several[0], SYSTEMS * several[2], several[0] * several[1], SYSTEMS * several[0] * several[2])
    y = np.zeros_like(y)
    for part, df, wanted in zip(parts, freedom, squares, strict=True):
        of_part = np.broadcast_to(part, y.shape)
        y = y + of_part * np.sqrt(wanted * df / np.square(of_part).sum())
    nest = np.repeat(np.eye(SYSTEMS), CLIPS, axis=0)
    layers = np.concatenate([np.broadcast_to(nest.T[:, None, :], (SYSTEMS, EXPERTS, 12)), y.reshape(1, EXPERTS, -1)])
    return Cells.of_tables(layers, np.ones((EXPERTS, SYSTEMS * CLIPS)), nest)


@pytest.mark.parametrize("nothing", list(product((False, True), repeat=3)))
def test_whichever_variances_are_nothing_the_strata_give_what_the_search_finds(nothing: tuple[bool, ...]) -> None:
    expert, clip, within = (0.0 if zero else 0.4 for zero in nothing)
    # a mean square below the one that it should exceed, by a tenth, where a variance is to be nothing
    of_within = 1 + CLIPS * within if within else 0.9
    of_expert = of_within + SYSTEMS * CLIPS * expert if expert else 0.9 * of_within
    cells = balanced((of_expert, 1 + EXPERTS * clip if clip else 0.9, of_within, 1.0))
    closed, searched = reml.closed_form(cells), reml.search(cells, ALL)
    assert [value == 0 for value in closed.values[:3]] == list(nothing)
    assert [value == 0 for value in searched.values[:3]] == list(nothing)
    assert_allclose(searched.values, closed.values, atol=1e-4)
    assert_allclose(searched.covariance, closed.covariance, atol=1e-4)


@pytest.mark.parametrize("ratio", [2e-4, 8e-4])
def test_a_small_variance_that_the_ratings_speak_for_is_not_set_to_nothing(ratio: float) -> None:
    cells = balanced((8.0, 1 + EXPERTS * ratio, 2.0, 1.0))
    assert reml.closed_form(cells).ratios[1] == pytest.approx(ratio)
    assert reml.search(cells, ALL).ratios[1] == pytest.approx(ratio, abs=5e-5)


def test_what_the_ratings_say_nothing_about_has_no_covariance_and_spoils_no_other() -> None:
    cells = lay_out(make_frame(("a", "b", "c"), ("x",), experts=12, clips=1), "x").cells
    without = reml.asymptotic_covariance(cells, np.array([0.4, 0.0, 0.0, 0.5]))
    # with one clip a system, what a clip adds cannot be told from what its system adds
    found = reml.asymptotic_covariance(cells, np.array([0.4, 0.3, 0.0, 0.5]))
    assert_allclose(found, without, atol=1e-6)


def stopped(monkeypatch: pytest.MonkeyPatch, **options: float) -> None:
    def other(criterion: Any, first: Floats, **given: Any) -> Any:
        return minimize(criterion, first, **{**given, "options": {**given["options"], **options}})

    monkeypatch.setattr(reml, "minimize", other)


def incomplete_fit() -> mixed_model.Fit:
    return mixed_model.fit(make_incomplete(), "x")


def said_not_to_settle(fitted: mixed_model.Fit) -> bool:
    return any("not_converged" in note.code for note in fitted.notes)


def test_a_search_that_is_stopped_on_its_way_is_said_not_to_have_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not said_not_to_settle(incomplete_fit())
    stopped(monkeypatch, maxiter=1)
    assert said_not_to_settle(incomplete_fit())


def test_a_search_that_ends_where_rounding_ends_it_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = incomplete_fit()
    stopped(monkeypatch, gtol=0.0)
    exact = incomplete_fit()
    assert not said_not_to_settle(exact)
    assert exact.ratios == pytest.approx(usual.ratios, abs=1e-4)


def test_where_no_variance_can_be_told_apart_there_is_nothing_to_search() -> None:
    fitted = mixed_model.fit(make_frame(("a", "b"), ("x",), experts=1, clips=8), "x")
    assert not said_not_to_settle(fitted)
    assert fitted.ratios == (0, 0, 0)


def test_ratings_that_agree_exactly_are_found_so_without_a_doubt_about_the_search() -> None:
    frame = make_frame(("a", "b"), ("x",), experts=8, clips=5)
    exact = frame.assign(rating=frame.groupby("clip_id")["rating"].transform("median"))
    assert not said_not_to_settle(mixed_model.fit(exact.sample(frac=0.8, random_state=3), "x"))
