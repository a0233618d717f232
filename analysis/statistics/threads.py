"""How many threads linear algebra may use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_blas_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread inside a ``with`` statement.

    For tables of the size of a study more threads are many times slower.

    Returns
    -------
    context manager
    """
    return cast(AbstractContextManager[object], threadpool_limits(limits=1, user_api="blas"))
