"""What happens while a save waits for the database: one test can order it as two servers would by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

#: A save waits where its transaction begins; one without a transaction, at its INSERT.
WAITS = ("SAVEPOINT", "BEGIN", 'INSERT INTO "study_')


@contextmanager
def meanwhile(act: Callable[[], object], *, at: tuple[str, ...] = WAITS) -> Iterator[None]:
    """Lets an act happen within the block, just before the first statement that begins so. It must happen."""
    waiting = [act]

    def wait(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if waiting and sql.startswith(at):
            waiting.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wait):
        yield
    assert not waiting, "nothing waited"
