"""The report of training runs: Tables 1 and 2, Figures 5 and 6, and one page that holds them all."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import scipy

from analysis.data.dataset import Text
from analysis.report import style
from analysis.report.folder import FEWEST_REPLICATES, MOST_REPLICATES, STAMP, Report, check_out, moved_into_place
from analysis.statistics import objective
from analysis.statistics.objective import ClipSet
from analysis.statistics.threads import one_blas_thread
from analysis.training_runs import figures, page, tables
from analysis.training_runs.runs import Run
from analysis.training_runs.tables import Sheet
from analysis.training_runs.words import say
from formats.errors import InputError

Runs = Mapping[tuple[str, str], Sequence[Run]]


@dataclass(frozen=True)
class Samples:
    """What was measured of clips: those of the runs beside real music, those of a pack beside its own real clips.

    ``real`` and ``pack_real`` are None where there is nothing to compare with. ``facts`` are said on the page,
    ``left_out`` says what could not be measured and why, ``hashes`` go into the stamp under the words' keys.
    """

    sets: Sequence[ClipSet] = ()
    real: ClipSet | None = None
    pack: Sequence[ClipSet] = ()
    pack_real: ClipSet | None = None
    facts: Sequence[Text] = ()
    left_out: Sequence[Text] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)


def write_report(
    runs: Runs,
    samples: Samples,
    out: Path,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    on_step: Callable[[], object] = lambda: None,
) -> Report:
    """Write the report of runs, by model and variant, and of their clips; the same input gives the same bytes.

    A former report in `out` is replaced whole. Raises InputError where `out` is anything else, or cannot be written.
    """
    check_numbers(replicates, seed)
    out = out.resolve()
    check_out(out)
    try:
        with moved_into_place(out) as folder, one_blas_thread():
            names, warnings = _fill(runs, samples, folder, replicates, seed, on_step)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}.") from error
    return Report(tuple(out / name for name in names), tuple(warnings))


def check_numbers(replicates: int, seed: int) -> None:
    """Raise InputError for a number of replicates or a seed that makes no sense."""
    if not FEWEST_REPLICATES <= replicates <= MOST_REPLICATES:
        raise InputError(f"--replicates {replicates} must lie between {FEWEST_REPLICATES} and {MOST_REPLICATES}.")
    if seed < 0:
        raise InputError(f"--seed {seed} must not be negative.")


def _fill(
    runs: Runs, samples: Samples, folder: Path, replicates: int, seed: int, on_step: Callable[[], object]
) -> tuple[list[str], list[str]]:
    for name in ("figures", "tables"):
        (folder / name).mkdir()
    stamp = _stamp(runs, samples, seed)
    sheets = _sheets(runs, samples, replicates, seed, on_step)
    written = [path for sheet in sheets for path in tables.write_sheet(sheet, folder / "tables")]
    drawn, missing = figures.drawings(runs)
    drawn_files = {}
    for drawing in drawn:
        paths, of_page = _draw(drawing, folder / "figures", f"runs {stamp['runs_hash']}")
        written += paths
        drawn_files[drawing[0]] = of_page
        on_step()
    names = [path.relative_to(folder).as_posix() for path in written]
    names = [*names, "report.html", STAMP]
    left_out = [*samples.left_out, *map(say, missing.values())]
    contents = page.Page(runs, sheets, drawn_files, samples.facts, left_out, stamp, names)
    (folder / "report.html").write_text(page.page_html(contents), encoding="utf-8", newline="\n")
    about = {**stamp, "replicates": replicates, "runs": _listed(runs), "files": names}
    text = json.dumps({"report": about}, indent=2, ensure_ascii=False) + "\n"
    (folder / STAMP).write_text(text, encoding="utf-8", newline="\n")
    warnings = [f"left out: {text['en']}" for text in left_out]
    return names, [*warnings, style.NO_CHINESE_FONT] if drawn and style.chinese_font() is None else warnings


def _sheets(runs: Runs, samples: Samples, replicates: int, seed: int, on_step: Callable[[], object]) -> list[Sheet]:
    sheets = [tables.table1(runs)]
    method = say("bootstrap", replicates=replicates, seed=seed)
    for sets, real, prefix in ((samples.sets, samples.real, ""), (samples.pack, samples.pack_real, "pack_")):
        if sets:
            found = objective.compare(sets, real, replicates=replicates, seed=seed, on_step=on_step)
            sheets += tables.comparison_sheets(found, method, prefix)
    return sheets


def _draw(drawing: figures.Drawing, folder: Path, subject: str) -> tuple[list[Path], dict[str, Path]]:
    """The files of a figure, and its SVG by language, without the Chinese one where there is no font."""
    name, frame, draw = drawing
    written = [folder / f"{name}.csv"]
    frame.to_csv(written[0], index=False, float_format="%.6g", lineterminator="\n")
    of_page = {}
    for lang in style.drawn_languages():
        with style.figure_style(lang):
            written += style.save(draw(lang), folder, f"{name}.{lang}", subject)
        of_page[lang] = folder / f"{name}.{lang}.svg"
    return written, of_page


def _stamp(runs: Runs, samples: Samples, seed: int) -> dict[str, str]:
    versions = {"Python": platform.python_version()}
    versions |= {module.__name__: module.__version__ for module in (np, scipy, pd, matplotlib)}
    digests = [f"{run.name} {run.sha256}" for group in runs.values() for run in group]
    return {
        "runs_hash": "; ".join(digests),
        **samples.hashes,
        "seed": str(seed),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


def _listed(runs: Runs) -> list[dict[str, object]]:
    return [
        {"folder": run.name, "model": model, "variant": variant, "seed": run.seed, "sha256": run.sha256}
        for (model, variant), group in runs.items()
        for run in group
    ]
