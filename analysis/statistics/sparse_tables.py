"""Tables of experts and clips in which most places may be empty."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
#: A table, full or sparse.
Table = Floats | sparse.csr_array
#: A table with a smaller share of ratings is multiplied as a sparse one.
SPARSE_BELOW = 0.1


def table_of(
    values: Floats, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], shape: tuple[int, int]
) -> Table:
    """Put values into a table that is 0 elsewhere.

    Parameters
    ----------
    values : float64 array of shape (n,)
    rows, columns : int arrays of shape (n,)
    shape : (int, int)

    Returns
    -------
    float64 array or csr_array
        Sparse where fewer than 10% of the places have a value.
    """
    if len(values) < SPARSE_BELOW * shape[0] * shape[1]:
        return sparse.csr_array((values, (rows, columns)), shape=shape)
    table = np.zeros(shape)
    table[rows, columns] = values
    return table
