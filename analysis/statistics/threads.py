"""How many threads linear algebra may use."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_blas_thread() -> AbstractContextManager[object]:
    """One BLAS thread inside the `with`: for tables of the size of a study more are many times slower."""
    return cast(AbstractContextManager[object], threadpool_limits(limits=1, user_api="blas"))
