"""How far long work has come: a bar on a terminal, or JSON lines for a program (`--progress json`)."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar

from tqdm import tqdm

from formats.errors import Message

Item = TypeVar("Item")
#: Where JSON lines go while a program listens.
_listener: TextIO | None = None


class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
    """A bar of tqdm, which a program that listens gets as lines {"progress": {"label", "done", "total"}} instead."""

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        if _listener is None:
            return bool(super().display(msg, pos))
        _write({"progress": {"label": (self.desc or "").removesuffix(": "), "done": self.n, "total": self.total}})
        return True


def bar(items: Iterable[Item] | None = None, label: str = "", *, delay: float = 2, **more: Any) -> Bar:
    """A bar over some items, or over `total` steps that are counted with `update`.

    It is shown on a terminal from `delay` seconds on, and nowhere else, unless a program listens.
    """
    if _listener is not None:
        quiet = {"file": io.StringIO(), "mininterval": 1, "disable": bool(more.get("disable"))}
        return Bar(items, label, **{**more, **quiet})
    return Bar(items, label, delay=delay, **{"disable": None, **more})


@contextmanager
def as_json_lines(listener: TextIO | None = None) -> Iterator[None]:
    """Meanwhile progress and faults are written as JSON lines, to the standard error stream or another one."""
    global _listener
    before, _listener = _listener, listener or sys.stderr
    try:
        yield
    finally:
        _listener = before


def tell_faults(messages: Iterable[Message]) -> None:
    """Tells a program that listens why the work cannot be done: {"faults": [{"template", "parameters"}]}."""
    _write({"faults": [message.as_json() for message in messages]})


def _write(line: dict[str, Any]) -> None:
    if _listener is not None:
        _listener.write(json.dumps(line) + "\n")
        _listener.flush()
