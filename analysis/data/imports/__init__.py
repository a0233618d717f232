"""Result files of other tools as tables of this project. A further tool is one file here and one line of TOOLS.

`read` understands a file; nothing is left out or decided in silence, but noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from analysis.data.given import Given
from analysis.data.imports import (
    golisten,
    gorilla,
    jspsych,
    label_studio,
    listen_and_rate,
    music_arena,
    musiceval,
    otree,
    p808,
    potato,
    psynet,
    qualtrics,
    reseval,
    revisit,
    waet,
    webmushra,
)
from analysis.data.imports.found import Found
from analysis.data.imports.roles import CLIPS, EXPERTS, PROMPTS, SYSTEMS, Roles
from analysis.data.rows import Rows
from analysis.data.table_files import read_table
from formats.errors import InputError
from formats.messages import LazyText
from formats.text import folded


@dataclass(frozen=True)
class Tool:
    """Another tool. `fits` tells its files by the names of their columns (or keys); `read` fills `Roles.found`."""

    name: str
    fits: Callable[[set[str]], bool]
    read: Callable[[Roles], None]


TOOLS: Mapping[str, Tool] = {
    "webmushra": Tool("webMUSHRA", webmushra.fits, webmushra.read),
    "listen-and-rate": Tool("listen-and-rate", listen_and_rate.fits, listen_and_rate.read),
    "golisten": Tool("GoListen", golisten.fits, golisten.read),
    "jspsych": Tool("jsPsych", jspsych.fits, jspsych.read),
    "psynet": Tool("PsyNet", psynet.fits, psynet.read),
    "otree": Tool("oTree", otree.fits, otree.read),
    "revisit": Tool("reVISit", revisit.fits, revisit.read),
    "gorilla": Tool("Gorilla", gorilla.fits, gorilla.read),
    "qualtrics": Tool("Qualtrics", qualtrics.fits, qualtrics.read),
    "p808": Tool("P.808", p808.fits, p808.read),
    "label-studio": Tool("Label Studio", label_studio.fits, label_studio.read),
    "potato": Tool("Potato", potato.fits, potato.read),
    "music-arena": Tool("Music Arena", music_arena.fits, music_arena.read),
    "reseval": Tool("ReSEval", reseval.fits, reseval.read),
    "waet": Tool("Web Audio Evaluation Tool", waet.fits, waet.read),
    "musiceval": Tool("MusicEval", musiceval.fits, musiceval.read),
}


_kept: ContextVar[dict[Path, tuple[Rows, list[Mapping[str, str]]]] | None] = ContextVar("kept", default=None)


def read(path: Path, given: Given) -> tuple[Rows, list[Mapping[str, str]]]:
    """The file of `given.tool` as long ratings or as comparisons, and what was understood and left out.

    Raises InputError.
    """
    if given.tool not in TOOLS:
        raise InputError(
            "--from: %(tool)s is not known; the tools are %(tools)s.", tool=given.tool, tools=", ".join(TOOLS)
        )
    tool, found = TOOLS[given.tool], Found()
    tool.read(Roles(path, given, found))
    return found.rows(path, tool.name), [LazyText("Read as a file of {tool}.", tool=tool.name), *found.sentences()]


@contextmanager
def read_once() -> Iterator[None]:
    """Read each table once inside this context, in which the same is given of it whenever it is asked for."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def written(path: Path, given: Given) -> tuple[Rows, list[Mapping[str, str]]]:
    """A table as it is written, or as another tool's file is understood, and what was understood."""
    kept = _kept.get()
    if kept is None or path not in kept:
        found = read(path, given) if given.tool else (read_table(path), [])
        if kept is None:
            return found
        kept[path] = found
    rows, notes = kept[path]
    return rows, list(notes)


def guess(names: Iterable[str]) -> str:
    """The tool whose files have such columns, or ""."""
    header = set(names)
    return next((key for key, tool in TOOLS.items() if tool.fits(header)), "")


def usual_column(role: str, header: Iterable[str]) -> str:
    """The column that most likely plays a part (expert_id, system, clip_id), by its name; "" where none does."""
    usual = {"expert_id": EXPERTS, "system": SYSTEMS, "clip_id": (*CLIPS, *PROMPTS)}[role]
    by_fold = {folded(name): name for name in header}
    return next((by_fold[folded(name)] for name in usual if folded(name) in by_fold), "")
