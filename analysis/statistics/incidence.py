"""Which coefficients and random effects each answer depends on.

A row of the design has few entries, the same number in every row, so that products with it cost little: in a comparison
of two clips the strengths of both, one with a minus sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import lapack

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

#: The group of a column that has no prior: a coefficient.
FLAT = -1


@dataclass(frozen=True)
class Incidence:
    """A sparse design Z of n answers by q columns.

    Attributes
    ----------
    columns : int array of shape (n, m)
        The columns in which a row has its entries.
    values : float64 array of shape (n, m)
        Those entries; may be 0.
    group : int array of shape (q,)
        ``FLAT`` for a coefficient, else the number of the random effect that the column belongs to.
    effects : tuple of str
        The names of the random effects.
    """

    columns: Integers
    values: Floats
    group: Integers
    effects: tuple[str, ...]

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """Z as a sparse matrix, shape (n, q)."""
        rows, width = self.columns.shape
        ends = np.arange(0, rows * width + 1, width)
        return sparse.csr_array((self.values.ravel(), self.columns.ravel(), ends), shape=(rows, len(self.group)))

    @cached_property
    def of_group(self) -> list[Integers]:
        """The columns of each random effect."""
        return [np.flatnonzero(self.group == number) for number in range(len(self.effects))]

    @property
    def flat(self) -> Integers:
        """The columns without a prior."""
        return np.flatnonzero(self.group == FLAT)

    @cached_property
    def _products(self) -> tuple[sparse.csr_array, Integers, Integers, Floats]:
        """(cells, n): what a row adds to each cell of Z'WZ on and above its diagonal; the rows and columns of these
        cells; and how often each stands in the matrix."""
        rows, width = self.columns.shape
        one, other = np.triu_indices(width)
        a, b = self.columns[:, one], self.columns[:, other]
        value = self.values[:, one] * self.values[:, other]
        value = np.where((one != other) & (a == b), 2 * value, value)
        keys, place = np.unique(np.minimum(a, b) * len(self.group) + np.maximum(a, b), return_inverse=True)
        row = np.repeat(np.arange(rows), len(one))
        added = sparse.csr_array((value.ravel(), (place.ravel(), row)), shape=(len(keys), rows))
        low, high = keys // len(self.group), keys % len(self.group)
        return added, low, high, np.where(low == high, 1.0, 2.0)

    def cross_product(self, weights: Floats) -> Floats:
        """Compute Z' diag(weights) Z.

        Parameters
        ----------
        weights : float64 array of shape (n,)

        Returns
        -------
        float64 array of shape (q, q)
        """
        added, low, high, _ = self._products
        cells = added @ weights
        full = np.zeros((len(self.group), len(self.group)))
        full[low, high], full[high, low] = cells, cells
        return full

    def leverages(self, matrix: Floats) -> Floats:
        """Compute the quadratic form of each row.

        Parameters
        ----------
        matrix : float64 array of shape (q, q)
            Symmetric.

        Returns
        -------
        float64 array of shape (n,)
        """
        added, low, high, times = self._products
        forms: Floats = added.T @ (matrix[low, high] * times)
        return forms

    def scaling(self, sds: Floats) -> Floats:
        """List for each column the standard deviation of its effect.

        Parameters
        ----------
        sds : float64 array of shape (effects,)

        Returns
        -------
        float64 array of shape (q,)
            1 for coefficients.
        """
        scales: Floats = np.append(sds, 1.0)[self.group]
        return scales

    def without(self, effects: npt.NDArray[np.bool_]) -> Incidence:
        """Leave out random effects.

        Parameters
        ----------
        effects : bool array of shape (effects,)
            Which to leave out.

        Returns
        -------
        Incidence
        """
        gone = np.append(effects, False)[self.group]
        kept_entries = ~gone[self.columns[0]]
        new_place = np.cumsum(~gone) - 1
        numbers = np.append(np.cumsum(~effects) - 1, FLAT)
        return Incidence(
            new_place[self.columns[:, kept_entries]],
            self.values[:, kept_entries],
            numbers[self.group[~gone]],
            tuple(name for name, off in zip(self.effects, effects, strict=True) if not off),
        )


def join(
    parts: list[tuple[str, Integers, Floats, int]],
) -> Incidence:
    """Put effects beside one another.

    Parameters
    ----------
    parts : list of (str, int array of shape (n, k), float64 array of shape (n, k), int)
        Of each effect its name ("" for coefficients), the units of the rows' entries, those entries, and the number of
        units.

    Returns
    -------
    Incidence
    """
    names = tuple(name for name, *_ in parts if name)
    ends = np.cumsum([0, *(count for *_, count in parts)])
    columns = [units + start for (_, units, _, _), start in zip(parts, ends[:-1], strict=True)]
    group = [np.full(count, names.index(name) if name else FLAT, dtype=np.intp) for name, _, _, count in parts]
    return Incidence(np.hstack(columns), np.hstack([values for _, _, values, _ in parts]), np.concatenate(group), names)


def invert(matrix: Floats) -> tuple[Floats, float]:
    """Invert a positive definite matrix.

    Parameters
    ----------
    matrix : float64 array of shape (q, q)

    Returns
    -------
    inverse : float64 array of shape (q, q)
    log_determinant : float

    Raises
    ------
    LinAlgError
        If it is not positive definite.
    """
    factor, failed = lapack.dpotrf(matrix, lower=True)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    lower, _ = lapack.dpotri(factor, lower=True)
    inverse = np.tril(lower) + np.tril(lower, -1).T
    return inverse, float(2 * np.log(np.diagonal(factor)).sum())
