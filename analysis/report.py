"""The report folder: figures, tables and report.html, made beside its place and then moved into it."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from analysis import bootstrap, figures, findings, look, page, tables, tables_findings
from analysis.errors import InputError
from analysis.ratings import Ratings

STAMP = "report.json"
FEWEST_REPLICATES, MOST_REPLICATES = 1_000, 100_000
#: How often `on_step` is called.
STEPS = 1 + len(look.LANGUAGES) + 1


@dataclass(frozen=True)
class Report:
    """What was written, and what the reader should know about it."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def write_report(
    ratings: Ratings,
    out: Path,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    on_step: Callable[[], object] = lambda: None,
) -> Report:
    """Write the report of some ratings to the folder `out`; the same ratings and seed give the same bytes.

    A former report in `out` is replaced whole. Raises InputError where `out` is anything else, or cannot be written.
    """
    if not FEWEST_REPLICATES <= replicates <= MOST_REPLICATES:
        raise InputError(f"--replicates {replicates} must lie between {FEWEST_REPLICATES} and {MOST_REPLICATES}.")
    if seed < 0:
        raise InputError(f"--seed {seed} must not be negative.")
    out = out.resolve()
    check_out(out)
    try:
        with _moved_into_place(out) as folder:
            names, warnings = _fill(ratings, folder, replicates, seed, on_step)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error
    return Report(tuple(out / name for name in names), tuple(warnings))


def check_out(out: Path) -> None:
    """Raise InputError unless `out` is free, an empty folder, or a report folder with nothing added to it."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file; name a folder for the report.")
    listed = _listed(out / STAMP)
    present = out.rglob("*") if listed else out.iterdir()
    names = (path.relative_to(out).as_posix() for path in present if not (listed and path.is_dir()))
    foreign = next((name for name in names if name not in listed), None)
    if foreign:
        raise InputError(f"{out} holds {foreign!r}, which is not part of a report; name another folder.")


def _listed(stamp: Path) -> set[str]:
    try:
        return set(json.loads(stamp.read_text(encoding="utf-8"))["report"]["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def _moved_into_place(out: Path) -> Iterator[Path]:
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = (out.with_name(f".{out.name}.{os.getpid()}.{word}") for word in ("new", "old"))
    try:
        new.mkdir()
        yield new
        if out.exists():
            os.replace(out, old)
        os.replace(new, out)
    finally:
        for folder in (new, old):
            shutil.rmtree(folder, ignore_errors=True)


def _fill(
    ratings: Ratings, folder: Path, replicates: int, seed: int, on_step: Callable[[], object]
) -> tuple[list[str], list[str]]:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    order = look.system_order(ratings.counted["system"].unique(), ratings.real_system)
    keys = [scale.key for scale in ratings.scales]
    resampled = bootstrap.system_means(ratings.counted, keys, order, replicates=replicates, seed=seed)
    found = findings.compute(ratings, replicates=replicates, seed=seed)
    means = tables_findings.model_means(found, resampled)
    on_step()
    written, warnings = _write_figure7(ratings, means, folder / "figures", seed, on_step)
    method = tables.say("bootstrap_method", replicates=replicates, seed=seed)
    means_table = tables.system_means_table(ratings, means, tables.say("model_method"))
    objective = tables.objective_means_table(ratings)
    further = [
        tables_findings.bootstrap_table(ratings, resampled, method),
        *tables_findings.finding_tables(ratings, found),
    ]
    for table in filter(None, (means_table, *further, objective)):
        written += tables.write_table(table, folder / "tables")
    names = [path.relative_to(folder).as_posix() for path in written]
    names = [*names, "report.html", STAMP]
    drawn = {lang: folder / f"figures/figure7.{lang}.svg" for lang in look.LANGUAGES}
    drawn = {lang: path for lang, path in drawn.items() if path.exists()}
    stamp = _stamp(ratings, seed)
    contents = page.Page(ratings, means_table, objective, drawn, stamp, names, found, further)
    (folder / "report.html").write_text(page.page_html(contents), encoding="utf-8", newline="\n")
    about = {**stamp, "replicates": replicates, "simulated": ratings.is_simulated, "files": names}
    text = json.dumps({"report": about}, indent=2, ensure_ascii=False) + "\n"
    (folder / STAMP).write_text(text, encoding="utf-8", newline="\n")
    on_step()
    return names, warnings


def _write_figure7(
    ratings: Ratings, means: pd.DataFrame, folder: Path, seed: int, on_step: Callable[[], object]
) -> tuple[list[Path], list[str]]:
    subject = f"data {ratings.sha256}; plan {ratings.plan_sha256 or 'none'}; seed {seed}"
    subject += "; SIMULATED" if ratings.is_simulated else ""
    behind = folder / "figure7.csv"
    columns = means[["scale", "system", "mean", "ci_low", "ci_high"]]
    behind.write_text(tables.csv_text(columns, is_simulated=ratings.is_simulated), encoding="utf-8", newline="\n")
    written, warnings = [behind], []
    for lang in look.LANGUAGES:
        if lang == "zh-hans" and look.chinese_font() is None:
            warnings.append(look.NO_CHINESE_FONT)
        else:
            with look.house_style(lang):
                written += look.save(figures.figure7(ratings, means, lang), folder, f"figure7.{lang}", subject)
        on_step()
    return written, warnings


def _stamp(ratings: Ratings, seed: int) -> dict[str, str]:
    versions = {"Python": platform.python_version()}
    versions |= {module.__name__: module.__version__ for module in (np, pd, matplotlib)}
    return {
        "source": ratings.source.name,
        "dataset_hash": ratings.sha256,
        "plan_hash": ratings.plan_sha256 or "",
        "seed": str(seed),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
