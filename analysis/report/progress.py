"""A sign of life for work that takes longer than two seconds, also while a single step takes long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from formats.progress import bar

AFTER, EVERY = 2.0, 1.0


@contextmanager
def shown(
    total: int, desc: str, about: str, tell: Callable[[str], object], *, after: float = AFTER, out: TextIO | None = None
) -> Iterator[Callable[[], object]]:
    """A bar of `total` steps that goes on counting seconds within a step; yields the function that makes a step.

    Where the output is no terminal, `tell` gets the sentence `about` once instead.
    """
    ended = threading.Event()
    with bar(None, desc, total=total, delay=after, file=out) as steps:

        def live() -> None:
            if ended.wait(after):
                return
            if steps.disable:
                tell(about)
                return
            steps.refresh()
            while not ended.wait(EVERY):
                steps.refresh()

        thread = threading.Thread(target=live, daemon=True)
        thread.start()
        try:
            yield steps.update
        finally:
            ended.set()
            thread.join()
