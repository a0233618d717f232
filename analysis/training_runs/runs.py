"""Run folders of `manage.py train`: what was trained, its log, what came out, the weights' histograms."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.report.style import system_order
from formats.errors import InputError
from formats.fields import field, number

CONFIG, LOG, SUMMARY, HISTOGRAMS, WEIGHTS = (
    *("config.json", "log.csv", "summary.json", "histograms.npz"),
    "weights.safetensors",
)
#: What may differ between runs that are averaged: the seed, and the name by which the corpus was called.
OWN = ("seed", "source")
NEEDED = ("iteration", "epoch", "seconds")


@dataclass(frozen=True)
class Histograms:
    """Counts of weights in wide and in fine bins of equal edges over all runs, and of all weights."""

    wide: npt.NDArray[np.int64]
    wide_edges: npt.NDArray[np.float64]
    fine: npt.NDArray[np.int64]
    fine_edges: npt.NDArray[np.float64]
    total: int

    def near(self, bound: float, within: float = 0.01) -> float:
        """Share of all weights whose size lies within a share of a bound; by the fine bins, so to a bin's width."""
        middles = np.abs(self.fine_edges[:-1] + self.fine_edges[1:]) / 2
        return float(self.fine[np.abs(middles - bound) <= within * bound].sum() / self.total)


@dataclass(frozen=True)
class Run:
    """A run folder. What it lacks so far is None: a run that still goes has no summary."""

    folder: Path
    model: str
    variant: str
    seed: int
    config: Mapping[str, Any]
    log: pd.DataFrame | None
    summary: Mapping[str, Any] | None
    histograms: Histograms | None
    sha256: str

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    def setting(self, name: str) -> object:
        """One of its network's settings, None where there is none of this name."""
        return self.config["settings"].get(name)


def read_run(folder: Path) -> Run:
    """Read a run folder. Raises InputError where it is none, or a file of it is damaged."""
    if not folder.is_dir():
        raise InputError("%(folder)s is not a folder: name a run folder of `manage.py train`.", folder=folder)
    if not (folder / CONFIG).is_file():
        raise InputError(
            "%(folder)s holds no %(config)s: name a run folder of `manage.py train`.", folder=folder, config=CONFIG
        )
    config = _json(folder / CONFIG)
    try:
        model, seed = field(config, "model", str), int(number(config, "seed"))
        field(config, "settings", dict)
        variant = field(config, "variant", str) if "variant" in config else ""
    except ValueError as error:
        raise _damaged(folder / CONFIG, error) from error
    return Run(
        folder,
        model,
        variant,
        seed,
        config,
        _log(folder / LOG),
        _summary(folder / SUMMARY),
        _histograms(folder / HISTOGRAMS),
        _digest(folder),
    )


def read_runs(folders: Sequence[Path]) -> dict[tuple[str, str], list[Run]]:
    """The runs by model and variant, in the order of every table, seeds ascending.

    Raises InputError for a damaged run, for the same run twice, and for runs of a model that cannot be averaged.
    """
    found: dict[tuple[str, str], list[Run]] = {}
    for run in map(read_run, folders):
        found.setdefault((run.model, run.variant), []).append(run)
    for group in found.values():
        group.sort(key=lambda run: run.seed)
        for one, other in zip(group, group[1:], strict=False):
            _check_alike(one, other)
    places = {model: place for place, model in enumerate(system_order({model for model, _ in found}))}
    return dict(sorted(found.items(), key=lambda item: (places[item[0][0]], item[0][1])))


def _check_alike(one: Run, other: Run) -> None:
    if one.seed == other.seed:
        raise InputError(
            "%(folder)s and %(other)s are of the same model and seed: leave one out.",
            folder=one.folder,
            other=other.folder,
        )
    keys = [key for key in sorted({*one.config, *other.config} - set(OWN)) if _differ(one, other, key)]
    if keys:
        raise InputError(
            "%(folder)s and %(other)s are of the same model, but differ in %(keys)s (%(config)s): "
            "give them to two reports.",
            folder=one.folder,
            other=other.folder,
            keys=", ".join(keys),
            config=CONFIG,
        )


def _differ(one: Run, other: Run, key: str) -> bool:
    return bool(one.config.get(key) != other.config.get(key))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise InputError("%(path)s holds no object: train this model again.", path=path)
    return content


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError("%(path)s is damaged (%(error)s): restore it, or train this model again.", path=path, error=error)


def _log(path: Path) -> pd.DataFrame | None:
    """The log as numbers, empty cells as NaN; a last row torn by a crash is left out. None where there is no row."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        table = csv.DictReader(file)
        columns = list(table.fieldnames or [])
        rows = [row for row in table if None not in row and None not in row.values()]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise InputError(
            "%(path)s has no column %(missing)r: restore it, or train this model again.", path=path, missing=missing[0]
        )
    try:
        values = [[float(row[name]) if row[name] else np.nan for name in columns] for row in rows]
    except ValueError as error:
        raise _damaged(path, error) from error
    return pd.DataFrame(values, columns=columns) if values else None


def _summary(path: Path) -> dict[str, Any] | None:
    """summary.json with the numbers of Table 1 as numbers, None where they are null or were not written."""
    if not path.is_file():
        return None
    content = _json(path)
    try:
        numbers: dict[str, float | None] = {name: number(content, name) for name in ("parameters", "epochs", "seconds")}
        for name in ("seconds_per_epoch", "convergence_epoch"):
            numbers[name] = number(content, name) if content.get(name) is not None else None
    except ValueError as error:
        raise _damaged(path, error) from error
    return {**content, **numbers}


def _histograms(path: Path) -> Histograms | None:
    """The histograms; None where there are none, or none in fine bins, as runs of an older version wrote."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            if "fine" not in file:
                return None
            arrays = {name: file[name] for name in ("wide", "wide_edges", "fine", "fine_edges")}
            total = int(file["wide"].sum() + file["beyond"])
    except Exception as error:  # numpy raises half a dozen kinds for a damaged archive
        raise _damaged(path, error) from error
    whole = all(len(arrays[f"{name}_edges"]) == len(arrays[name]) + 1 for name in ("wide", "fine"))
    if not whole or total <= 0:
        raise InputError("%(path)s is damaged (its counts do not fit its bins): train this model again.", path=path)
    return Histograms(**arrays, total=total)


def _digest(folder: Path) -> str:
    """SHA-256 of the names and contents of the files that are read."""
    digest = hashlib.sha256()
    for name in (CONFIG, LOG, SUMMARY, HISTOGRAMS):
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
