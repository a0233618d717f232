"""Work in a process of its own beside this one, such as the figures of a further language."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[], object], after: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Do the work in a copy of this process while the block runs, on one core after it; then call `after` here.

    What the work writes to disk remains, what it changes in memory does not. An OSError of the work is raised here,
    any other fault as a RuntimeError. If the block fails, the work is stopped.
    """
    if not hasattr(os, "fork") or (os.cpu_count() or 1) < 2:
        yield
        work()
        after()
        return
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _do(work, writing)
    os.close(writing)
    ended = False
    try:
        yield
        with os.fdopen(reading, "rb") as pipe:
            fault = pipe.read()
        ended = True
    finally:
        if not ended:
            os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
    if fault:
        raise pickle.loads(fault)  # noqa: S301  from our own copy
    if status:
        raise RuntimeError(f"a process of the report ended with status {status}")
    after()


def _do(work: Callable[[], object], writing: int) -> None:
    """The copy's whole life: the work, its fault, and no end of what the first process has begun."""
    fault = b""
    try:
        work()
    except OSError as error:
        fault = pickle.dumps(OSError(error.errno, error.strerror, error.filename))
    except BaseException:
        fault = pickle.dumps(RuntimeError(traceback.format_exc()))
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(fault)
    finally:
        os._exit(1 if fault else 0)
