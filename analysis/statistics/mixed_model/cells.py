"""Ratings of one scale, with the experts, clips and systems that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analysis.statistics.mixed_model.random_effects import Floats
from analysis.statistics.sparse_tables import Table, table_of

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cells:
    """n ratings by R experts of C clips, ordered by expert and then by clip.

    A *cell* is an expert in a system; K of them have ratings.

    Attributes
    ----------
    layers : float64 array of shape (p + 1, n)
        The columns of the fixed part and, last, the ratings.
    expert, clip : int arrays of shape (n,)
        Whose rating, of what.
    nest : float64 array of shape (C, S)
        1 where the clip belongs to the system, else 0. Clips are ordered by system.
    experts : int
        R.
    """

    layers: Floats
    expert: Integers
    clip: Integers
    nest: Floats
    experts: int

    @staticmethod
    def of_tables(layers: Floats, present: Floats, nest: Floats) -> Cells:
        """Make cells of tables.

        Parameters
        ----------
        layers : float64 array of shape (p + 1, R, C)
        present : array of shape (R, C)
            0 where there is no rating.
        nest : float64 array of shape (C, S)

        Returns
        -------
        Cells
        """
        expert, clip = np.nonzero(present)
        return Cells(layers[:, expert, clip], expert, clip, nest, len(present))

    @property
    def free(self) -> int:
        """Number of ratings less the number of fixed coefficients."""
        return len(self.expert) - len(self.layers) + 1

    @property
    def ratings(self) -> Floats:
        """The ratings, shape (n,)."""
        ratings: Floats = self.layers[-1]
        return ratings

    @cached_property
    def _cells(self) -> tuple[Integers, Integers]:
        """(n,): the cell of each rating; (K,): each cell's number among all pairs of experts and systems."""
        systems = self.nest.argmax(axis=1)
        pairs, cell = np.unique(self.expert * self.nest.shape[1] + systems[self.clip], return_inverse=True)
        return cell, pairs

    @property
    def cell(self) -> Integers:
        """The cell of each rating, shape (n,)."""
        return self._cells[0]

    @cached_property
    def system(self) -> Integers:
        """The system of each rating, shape (n,)."""
        return self.system_of_cell[self.cell]

    @property
    def is_flat(self) -> bool:
        """Whether the ratings of each system are all equal."""
        return all(np.ptp(self.ratings[self.system == system]) == 0 for system in np.unique(self.system))

    @cached_property
    def expert_of_cell(self) -> Integers:
        """The expert of each cell, shape (K,)."""
        expert: Integers = self._cells[1] // self.nest.shape[1]
        return expert

    @cached_property
    def system_of_cell(self) -> Integers:
        """The system of each cell, shape (K,)."""
        system: Integers = self._cells[1] % self.nest.shape[1]
        return system

    @cached_property
    def counts(self) -> tuple[Floats, Floats, Floats]:
        """Number of ratings of each expert (R,), clip (C,) and cell (K,)."""
        sizes = ((self.expert, self.experts), (self.clip, len(self.nest)), (self.cell, len(self._cells[1])))
        expert, clip, cell = (np.bincount(units, minlength=size).astype(np.float64) for units, size in sizes)
        return expert, clip, cell

    @cached_property
    def _adders(self) -> tuple[sparse.csr_array, ...]:
        ones, place = np.ones(len(self.expert)), np.arange(len(self.expert))
        return tuple(
            sparse.csr_array((ones, (units, place)), shape=(len(count), len(place)))
            for units, count in zip((self.expert, self.clip, self.cell), self.counts, strict=True)
        )

    def sums(self, values: Floats) -> list[Floats]:
        """Sum values over each expert's, clip's and cell's ratings.

        Parameters
        ----------
        values : float64 array of shape (q, n)

        Returns
        -------
        list of three float64 arrays of shape (q, R), (q, C) and (q, K)
        """
        return [(adder @ values.T).T for adder in self._adders]

    def by_clip(self, columns: Floats) -> Floats:
        """Sum values over each clip's ratings.

        Parameters
        ----------
        columns : float64 array of shape (n, q)

        Returns
        -------
        float64 array of shape (C, q)
        """
        sums: Floats = self._adders[1] @ columns
        return sums

    def by_cell(self, columns: Floats) -> Floats:
        """Sum values over each cell's ratings.

        Parameters
        ----------
        columns : float64 array of shape (n, q)

        Returns
        -------
        float64 array of shape (K, q)
        """
        sums: Floats = self._adders[2] @ columns
        return sums

    @cached_property
    def _of_expert(self) -> sparse.csr_array:
        cells = len(self.expert_of_cell)
        places = (self.expert_of_cell, np.arange(cells))
        return sparse.csr_array((np.ones(cells), places), shape=(self.experts, cells))

    def by_expert(self, of_cells: Floats) -> Floats:
        """Sum values of the cells over each expert's cells.

        Parameters
        ----------
        of_cells : float64 array of shape (K, ...)

        Returns
        -------
        float64 array of shape (R, ...)
        """
        sums: Floats = self._of_expert @ of_cells
        return sums

    def table(self, values: Floats) -> Table:
        """Arrange values of the ratings as a table.

        Parameters
        ----------
        values : float64 array of shape (n,)

        Returns
        -------
        float64 array or csr_array of shape (R, C)
            0 where there is no rating; sparse where most of it is empty.
        """
        return table_of(values, self.expert, self.clip, (self.experts, len(self.nest)))

    def full(self, values: Floats) -> Floats:
        """Arrange values of the ratings as a full table.

        Parameters
        ----------
        values : float64 array of shape (n,)

        Returns
        -------
        float64 array of shape (R, C)
            0 where there is no rating.
        """
        table = np.zeros((self.experts, len(self.nest)))
        table[self.expert, self.clip] = values
        return table

    @cached_property
    def present(self) -> Floats:
        """1 where there is a rating, else 0, shape (R, C)."""
        return self.full(np.ones(len(self.expert)))

    def blocks(self) -> Iterator[slice]:
        """Iterate over the systems' clips.

        Yields
        ------
        slice
            The columns of one system.
        """
        ends = np.cumsum(self.nest.sum(axis=0)).astype(int)
        for start, end in zip((0, *ends[:-1]), ends, strict=True):
            yield slice(int(start), int(end))
