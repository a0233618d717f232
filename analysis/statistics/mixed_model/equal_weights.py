"""Random effects of ratings of equal weight.

Computed by sums over experts, clips and cells.

The algebra is that of random_effects.py with all weights 1, on the ratings themselves instead of tables: experts and
experts within systems are eliminated, whose precision is block diagonal, and a full matrix of the clips is left. Time
grows with ratings x clips and with the cube of the clips, so that thousands of experts cost little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lapack

from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.sparse_tables import Table


@dataclass(frozen=True)
class EqualWeights:
    """The posterior of the random effects, with all ratings of equal weight.

    Variances are relative to the residual's.

    Attributes
    ----------
    cells : Cells
    cell, clip : float
        Prior variances of experts within systems and of clips.
    slope : float64 array of shape (K,)
        1 / (1 + cell * ratings of the cell).
    shared : float64 array of shape (R,)
        What the cells of an expert share.
    scaled : array or sparse array of shape (R, C)
        The slope of each rating's cell.
    information : float64 array of shape (C, C)
        About the clips, with the experts integrated out.
    inverse : float64 array of shape (C, C)
        (I + clip * information)^-1.
    log_determinant : float
        log |I + (prior covariance) (precision of the ratings)|.
    """

    cells: Cells
    cell: float  # the prior variance of experts within systems
    clip: float  # that of clips
    slope: Floats  # (K,): 1 / (1 + cell ratings)
    shared: Floats  # (R,)
    scaled: Table  # (R, C): the slope of each rating's cell
    information: Floats  # (C, C): what the ratings say of the clips once experts are integrated out
    inverse: Floats  # (C, C): (I + clip information)^-1
    log_determinant: float  # log |I + (prior covariance) (precision of the ratings)|

    def solve(self, values: Floats) -> Floats:
        """Compute posterior means of expert + expert:system + clip at each rating.

        Parameters
        ----------
        values : float64 array of shape (q, n)
            Responses.

        Returns
        -------
        float64 array of shape (q, n)
        """
        cells, slope = self.cells, self.slope[:, None]
        columns = np.ascontiguousarray(values.T)
        by_cell = cells.by_cell(columns)
        taken = (slope * self._per_slope(by_cell))[cells.cell]
        of_clips = (self.clip * self.inverse @ cells.by_clip(columns - taken))[cells.clip]
        rest = by_cell - cells.by_cell(of_clips)
        means: Floats = (slope * self._per_slope(rest))[cells.cell] + of_clips
        return means.T

    def _per_slope(self, sums: Floats) -> Floats:
        """Posterior means of cells given the clips, for responses summed by cell (K, q), over the slope."""
        total = self.shared[:, None] * self.cells.by_expert(sums * self.slope[:, None])
        means: Floats = self.cell * sums + total[self.cells.expert_of_cell]
        return means

    @cached_property
    def _squares(self) -> tuple[Floats, Floats]:
        """(K,): k' C k with k, a row of `scaled`, kept to the clips of a system on one side, and on both.

        C = clip inverse is the clips' posterior covariance.
        """
        cells, covariance = self.cells, self.clip * self.inverse
        whole = (self.scaled @ covariance)[cells.expert, cells.clip]
        same = np.empty_like(whole)
        for block in cells.blocks():
            there = (cells.clip >= block.start) & (cells.clip < block.stop)
            of_system = self.scaled[:, block] @ covariance[block, block]
            same[there] = of_system[cells.expert[there], cells.clip[there] - block.start]
        weights = self.slope[cells.cell]
        one_side, both = cells.by_cell(weights[:, None] * np.column_stack([whole, same])).T
        return one_side, both

    def informations(self) -> tuple[Floats, Floats, Floats]:
        """Compute z' V^-1 z for each unit of the three effects.

        z marks the ratings of the unit; V is the covariance of the ratings.

        Returns
        -------
        experts, clips, cells : float64 arrays of shape (R,), (C,) and (K,)
        """
        cells, count = self.cells, self.cells.counts[2]
        one_side, both = self._squares
        total, shared = cells.by_expert(one_side), self.shared[cells.expert_of_cell]
        reach = count * shared * self.slope
        own = self.cell * self.slope + shared * self.slope**2
        of_cells = count * (1 - count * own)
        of_cells -= both - 2 * reach * one_side + reach**2 * total[cells.expert_of_cell]
        slopes = cells.by_expert(count * self.slope)
        experts = slopes - self.shared * slopes**2 - (1 - cells.by_expert(reach)) ** 2 * total
        return experts, (self.inverse * self.information).sum(axis=1), of_cells


def eliminate(cells: Cells, variances: Floats) -> EqualWeights:
    """Compute the posterior of the random effects.

    Parameters
    ----------
    cells : Cells
    variances : float64 array of shape (3,)
        Prior variances in the order of ``EFFECTS``, relative to the residual's.

    Returns
    -------
    EqualWeights

    Raises
    ------
    LinAlgError
        If a matrix is not positive definite.
    """
    expert, clip, cell = map(float, variances)
    _, of_clip, of_cell = cells.counts
    slope = 1 / (1 + cell * of_cell)
    precision = cells.by_expert(of_cell * slope)
    shared = expert / (1 + expert * precision)
    scaled = cells.table(slope[cells.cell])
    information: Floats = np.diag(of_clip) - _product(
        scaled, cells.table((shared[cells.expert_of_cell] * slope)[cells.cell])
    )
    if cell:
        ones = cells.table(np.ones(len(cells.expert)))
        for block in cells.blocks():
            information[block, block] -= cell * _product(ones[:, block], scaled[:, block])
    inverse, log_determinant = _inverse(np.eye(len(of_clip)) + clip * information)
    return EqualWeights(
        cells=cells,
        cell=cell,
        clip=clip,
        slope=slope,
        shared=shared,
        scaled=scaled,
        information=information,
        inverse=inverse,
        log_determinant=float(log_determinant - np.log(slope).sum() + np.log1p(expert * precision).sum()),
    )


def _product(one: Table, other: Table) -> Floats:
    """one' other as a full matrix."""
    product = one.T @ other
    full: Floats = product if isinstance(product, np.ndarray) else product.toarray()
    return full


def _inverse(matrix: Floats) -> tuple[Floats, float]:
    """The inverse and the log determinant of a positive definite matrix."""
    factor, failed = lapack.dpotrf(matrix, lower=True)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    lower, _ = lapack.dpotri(factor, lower=True)
    inverse = np.tril(lower) + np.tril(lower, -1).T
    return inverse, float(2 * np.log(np.diagonal(factor)).sum())
