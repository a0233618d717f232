"""Work on audio files in threads: decoding and filtering leave the interpreter to other threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from formats.progress import bar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Files decoded at once: half an hour of stereo takes a gigabyte.
MOST_THREADS = 4


def side_by_side(work: Callable[[Item], Result], items: Collection[Item], label: str) -> Iterator[Result]:
    """The results in the order of the items, with a progress bar. The first error stops the rest."""
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        yield from bar(pool.map(work, items), label, total=len(items), unit="clip")
