"""Mutation testing: is wrong code noticed? `make mutants`, or `python -m tests.robustness.mutants save --sample 0`.

Each mutant is one small change of one function: another comparison, operator or number, a condition that always or
never holds, a statement left out, None returned. The tests run once unharmed, which tells the functions that each of
them calls. Then every mutant lives in a forked process that begins where imports, collection and migrations have
ended, and meets the tests that call its function, the quickest first, until one fails or none is left.

The code of living functions is exchanged, so that decorated ones are mutated too. Annotations, texts, default arguments
and the bodies of classes are left alone. Numbers at the head of a module are mutated wherever they were imported.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import CodeType, FrameType, FunctionType
from typing import Any, cast

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from tqdm import tqdm

from tests.robustness.mutations import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
ROOMS = ("formats", "study", "generation", "analysis", "config", "tests")
SAVES = (
    "services/saving/answers",
    "services/saving/rules",
    "services/saving/listening",
    "services/saving/context",
    "room/trials",
)
SAVE_TESTS = ("services_*", "room_saves", "room_remarks", "room_trials", "room_progress", "room_bad_input", "saving")

#: For each part the files that are mutated, and the tests that are to notice it.
TARGETS: dict[str, tuple[list[str], list[str]]] = {
    "design": (["study/design/*.py"], ["tests/study/test_design*.py"]),
    "blinding": (["study/blinding/*.py"], ["tests/study/test_blinding*.py"]),
    "save": ([f"study/{name}.py" for name in SAVES], [f"tests/study/test_{name}.py" for name in SAVE_TESTS]),
    "mixed_model": (["analysis/statistics/mixed_model/*.py"], ["tests/analysis/test_mixed_model*.py"]),
}
#: Tests that take far longer than all others and are there for speed or for chance.
SLOW = "not a_thousand_experts and not two_hundred_null_studies"
#: A mutant that takes so many times as long as its tests, and some seconds, is noticed by the time limit.
PATIENCE, PATIENCE_S = 5, 10
#: How a mutant's process ends where a test failed, and where the tests could not even begin.
NOTICED, BROKEN = 1, 2


def main() -> int:
    given = _arguments()
    for target in given.targets or TARGETS:
        if (child := os.fork()) == 0:  # one process a part: pytest and Django set up once in each
            os._exit(_run(target, given))
        if os.waitpid(child, 0)[1]:
            return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="PART", help=f"of {', '.join(TARGETS)} (all)")
    parser.add_argument("--sample", type=int, default=150, help="mutants of each part, at random; 0 for all (150)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (1)")
    parser.add_argument("--minutes", type=float, default=60, help="for each part; no mutant begins after that (60)")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time (1)")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"There is no part called {', '.join(sorted(unknown))}.")
    return given


def _run(target: str, given: argparse.Namespace) -> int:
    sources, tests = ([str(path) for glob in globs for path in sorted(ROOT.glob(glob))] for globs in TARGETS[target])
    os.environ.setdefault("SHAPES", "24")  # of tests/study/test_design.py: enough for what any plan must keep
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    mutants = [mutant for source in sources for mutant in mutants_of(Path(source))]
    sample = Random(given.seed).sample(mutants, min(given.sample or len(mutants), len(mutants)))
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(target, sources, sample, len(mutants), given, Path(folder))
        options = ["-s", "-q", "--timeout=0", f"--basetemp={folder}/tests", "-o", "tmp_path_retention_policy=none"]
        return int(pytest.main([*options, "-k", SLOW, "-p", "no:cacheprovider", *tests], plugins=[killer]))


class Killer:
    """A plugin of pytest that runs the collected tests unharmed and then on every mutant."""

    def __init__(
        self,
        target: str,
        sources: list[str],
        mutants: list[Mutant],
        whole: int,
        given: argparse.Namespace,
        folder: Path,
    ) -> None:
        self.target, self.mutants, self.whole, self.jobs = target, mutants, whole, given.jobs
        self.folder = folder
        self.until = time.monotonic() + 60 * given.minutes
        self.calls: dict[tuple[str, str], set[pytest.Item]] = {}
        self.seconds: dict[pytest.Item, float] = {}
        self.sources = set(sources)
        self.living: list[FunctionType] = []
        self.caches: list[Any] = []
        self.out = os.fdopen(os.dup(1), "w")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Failed("The tests could not be collected.")
        with _silence():
            for item in session.items:
                self._learn(session, item)
            self.living = [found for found in _objects(FunctionType) if found.__code__.co_filename in self.sources]
            self.caches = _objects(functools._lru_cache_wrapper)
            gc.collect()
            gc.freeze()  # else each process would copy all memory by looking through it
            self._report(self._fates(session))
        return True

    def _learn(self, session: pytest.Session, item: pytest.Item) -> None:
        """How long a test takes on unharmed code, and which of the functions it calls."""

        def called(frame: FrameType, event: str, argument: Any) -> None:
            if frame.f_code.co_filename in self.sources:
                name = frame.f_code.co_qualname.partition(".<locals>")[0]
                self.calls.setdefault((frame.f_code.co_filename, name), set()).add(item)

        begun = time.monotonic()
        threading.settrace(called)
        sys.settrace(called)
        passed = _passes(session, item)
        sys.settrace(None)
        threading.settrace(None)
        if passed:
            self.seconds[item] = time.monotonic() - begun
        else:
            print(f"left out, for it fails on unharmed code: {item.nodeid}", file=self.out, flush=True)

    def _fates(self, session: pytest.Session) -> Iterator[tuple[Mutant, str]]:
        """What became of each mutant: killed, timed out, survived, or not called by any test."""
        from django.db import connections

        connections.close_all()  # SQLite's connections must not be carried into a forked process
        unharmed = replace(self.mutants[0], new=self.mutants[0].old)
        control = self._fork(session, unharmed, list(self.seconds))
        if os.waitpid(control, 0)[1]:
            raise RuntimeError("The tests fail in a forked process although nothing is changed.")
        self._database_of(control).unlink(missing_ok=True)
        waiting, running = list(self.mutants[::-1]), dict[int, tuple[Mutant, float]]()
        while running or (waiting and time.monotonic() < self.until):
            while waiting and len(running) < self.jobs and time.monotonic() < self.until:
                mutant = waiting.pop()
                if tests := self._tests(mutant):
                    limit = PATIENCE_S + PATIENCE * sum(self.seconds[item] for item in tests)
                    running[self._fork(session, mutant, tests)] = mutant, time.monotonic() + limit
                else:
                    yield mutant, "not called"
            for child, (mutant, deadline) in list(running.items()):
                if fate := _fate(child, deadline):
                    del running[child]
                    self._database_of(child).unlink(missing_ok=True)
                    yield mutant, fate
            time.sleep(0.005)

    def _tests(self, mutant: Mutant) -> list[pytest.Item]:
        """The tests that call the mutant's function, the quickest first; all of them for a number of a module."""
        known = self.calls.get((str(mutant.path), mutant.function), set()) if mutant.function else self.seconds
        return sorted((item for item in known if item in self.seconds), key=lambda item: self.seconds[item])

    def _fork(self, session: pytest.Session, mutant: Mutant, tests: list[pytest.Item]) -> int:
        child = os.fork()
        if child:
            return child
        status = BROKEN
        try:
            os.setpgid(0, 0)
            self._own_database()
            self._become(mutant)
            status = NOTICED
            failed = next((item for item in tests if not _passes(session, item)), None)
            if failed and mutant.old is mutant.new:
                print(f"fails although nothing is changed: {failed.nodeid}", file=self.out, flush=True)
            status = NOTICED if failed else 0
        finally:
            os._exit(status)

    def _own_database(self) -> None:
        """Gives this process a copy of the tests' database, for it may be ended in the middle of a transaction."""
        from django.db import connection

        name = connection.settings_dict["NAME"]
        if Path(name).is_relative_to(self.folder):  # else no test has used one
            connection.settings_dict["NAME"] = shutil.copyfile(name, self._database_of(os.getpid()))

    def _database_of(self, process: int) -> Path:
        return self.folder / f"{process}.sqlite3"

    def _become(self, mutant: Mutant) -> None:
        """Lets the living functions of this process run the mutant's code."""
        if mutant.constant:
            _set_constant(mutant)
        codes = {_place(code): code for code in _codes(mutant.code())}
        for function in self.living:
            code, free = codes.get(_place(function.__code__)), function.__code__.co_freevars
            if code is not None and not code.co_freevars:
                code = code.replace(co_freevars=free)  # what it used of its surroundings may be left out
            if code is not None and code.co_freevars == free:
                function.__code__ = code
        for cached in self.caches:
            cached.cache_clear()

    def _report(self, fates: Iterator[tuple[Mutant, str]]) -> None:
        counts: Counter[str] = Counter()
        left: list[str] = []
        bar = tqdm(fates, self.target, len(self.mutants), unit="mutant", disable=None, delay=2, file=self.out)
        for mutant, fate in bar:
            counts[fate] += 1
            if fate in ("survived", "not called"):
                left.append(f"{fate}: {mutant}")
                bar.write(left[-1], file=self.out)
                self.out.flush()
        killed, late, unseen = counts["killed"] + counts["timed out"], counts["timed out"], counts["not called"]
        print(
            f"{self.target}: {counts.total()} of {self.whole} mutants, {killed} killed ({late} of them by the time "
            f"limit), {len(left)} survived ({unseen} of them in functions that no test calls)",
            file=self.out,
            flush=True,
        )


@contextmanager
def _silence() -> Iterator[None]:
    """What the tests and all their processes say goes nowhere."""
    kept, nowhere = [os.dup(stream) for stream in (1, 2)], os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    try:
        yield
    finally:
        for stream, old in zip((1, 2), kept, strict=True):
            os.dup2(old, stream)


def _passes(session: pytest.Session, item: pytest.Item) -> bool:
    """Runs a test; what lasts for the session stays set up."""
    reports = runtestprotocol(item, log=False, nextitem=cast("pytest.Item", session))
    return not any(report.failed for report in reports)


def _fate(child: int, deadline: float) -> str:
    """What became of a mutant's process, "" while it runs."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended and os.waitstatus_to_exitcode(status) == BROKEN:
        raise RuntimeError("A mutant could not be put in place.")
    if ended:
        return "killed" if status else "survived"
    if time.monotonic() < deadline:
        return ""
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def _objects(kind: type[Any]) -> list[Any]:
    return [found for found in gc.get_objects() if issubclass(type(found), kind)]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """All functions' code in a module's."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _set_constant(mutant: Mutant) -> None:
    """Gives a module's constant its other value, in every module that has it."""
    home = next(module for module in sys.modules.values() if getattr(module, "__file__", None) == str(mutant.path))
    old, names = getattr(home, mutant.constant), dict(vars(home))
    try:
        exec(mutant.code(), names)
    except Exception:  # a module that can't be loaded: every test notices that
        os._exit(NOTICED)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ROOMS and vars(module).get(mutant.constant) is old:
            setattr(module, mutant.constant, names[mutant.constant])


if __name__ == "__main__":
    sys.exit(main())
