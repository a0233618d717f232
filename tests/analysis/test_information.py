"""What REML knows of a planned study, against the matrices of sessions that were dealt."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analysis.statistics.information import Known, Variances, inverse, known
from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.power import FELT, Design, power
from tests.benchmarks.power import heard, scatter

FANO = np.array([[(start + step) % 7 for step in (0, 1, 3)] for start in range(7)])


def by_matrices(table: Floats, systems: int, variances: Variances) -> Known:
    """The textbook's formulas for a table (experts, clips) that every system shares, all matrices written out."""
    cells = np.argwhere(np.broadcast_to(table > 0, (systems, *table.shape)))
    units = (cells[:, 1], [(s, r) for s, r, _ in cells], [(s, c) for s, _, c in cells], np.arange(len(cells)))
    parts = np.array([(z := indicators(of)) @ z.T for of in units])
    fixed = indicators(cells[:, 0])
    weights = np.linalg.inv(np.tensordot(variances, parts, 1))
    covariance = np.linalg.inv(fixed.T @ weights @ fixed)
    project = weights - weights @ fixed @ covariance @ fixed.T @ weights
    pair = np.eye(systems)[0] - np.eye(systems)[1]
    reach = weights @ fixed @ covariance @ pair
    information = [[np.trace(project @ a @ project @ b) / 2 for b in parts] for a in parts]
    return Known(pair @ covariance @ pair, np.array([reach @ part @ reach for part in parts]), np.array(information))


def indicators(of: object) -> Floats:
    rows = np.asarray(of).reshape(len(np.asarray(of)), -1)
    _, which = np.unique(rows, axis=0, return_inverse=True)
    return np.eye(which.max() + 1)[which.ravel()]


def dealt(design: Design) -> Floats:
    table = heard(design).astype(np.float64)
    return table[:, table.any(axis=0)]


def of_design(design: Design, variances: Variances) -> Known:
    return known(design.experts, design.used, design.heard, design.systems, variances)


@pytest.mark.parametrize("name", FELT)
@pytest.mark.parametrize(
    "table",
    [np.ones((5, 4)), np.eye(7)[FANO].sum(axis=1), np.kron(np.eye(4), np.ones((1, 3))), np.eye(6)],
    ids=["all hear all", "every two experts share one clip", "no clip is shared", "one clip each"],
)
def test_even_designs_have_the_information_of_their_matrices(table: Floats, name: str) -> None:
    variances = scatter(name)
    found, exact = (
        known(len(table), table.shape[1], int(table[0].sum()), 3, variances),
        by_matrices(table, 3, variances),
    )
    assert found.variance == pytest.approx(exact.variance, rel=1e-9)
    assert found.slopes == pytest.approx(exact.slopes, rel=1e-7, abs=1e-9)
    assert found.information == pytest.approx(exact.information, rel=1e-7, abs=1e-7)
    assert found.freedom() == pytest.approx(exact.freedom(), rel=1e-6)


@pytest.mark.parametrize("name", FELT)
@pytest.mark.parametrize(
    "design",
    [
        Design(6, 20, 4, systems=4),
        Design(12, 40, 4, systems=4),
        Design(8, 13, 2, systems=3),
        Design(26, 13, 10, systems=2),
        Design(12, 8, 5, systems=3),
        Design(15, 10, 1, systems=3),
    ],
    ids=lambda design: f"{design.experts} x {design.clips}, {design.heard} heard",
)
def test_dealt_sessions_have_nearly_that_information(design: Design, name: str) -> None:
    """A session plan shares clips as evenly as it can, which is not always quite even."""
    variances = scatter(name)
    found, exact = of_design(design, variances), by_matrices(dealt(design), design.systems, variances)
    assert found.variance == pytest.approx(exact.variance, rel=0.003)
    assert found.freedom() == pytest.approx(exact.freedom(), rel=0.04)
    assert power(design, variances, 3 * exact.variance**0.5) == pytest.approx(0.8, abs=0.1)


def test_clips_that_nobody_hears_tell_nothing() -> None:
    variances = scatter("middle")
    for experts, heard_each in itertools.product((4, 9), (1, 3)):
        all_heard = Design(experts, experts * heard_each, heard_each, systems=3)
        more = Design(experts, 100, heard_each, systems=3)
        assert power(more, variances, 0.6) == power(all_heard, variances, 0.6)


def test_variances_that_cannot_be_told_apart_are_left_out() -> None:
    """No clip is heard twice: clip and residual are one, and the difference rests on experts within systems."""
    design, variances = Design(7, 28, 4, systems=3), scatter("high")
    found = of_design(design, variances)
    assert np.linalg.matrix_rank(found.information) == 3
    assert found.freedom() == pytest.approx((design.experts - 1) * (design.systems - 1))
    assert np.linalg.matrix_rank(inverse(found.information)) == 3
