"""The report folder: figures, tables and report.html, made beside its place and then moved into it."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from analysis.data import intake
from analysis.data.ratings import Ratings
from analysis.data.size import check_size
from analysis.report import (
    checklist,
    drawings,
    findings,
    methods,
    page,
    pdf,
    style,
    tables,
    tables_findings,
    under_codes,
)
from analysis.report.document import Contents
from analysis.report.formulas import scales_by_formula
from analysis.statistics import bootstrap
from analysis.statistics.threads import one_blas_thread
from analysis.words_figures import CAPTIONS
from formats.errors import InputError
from formats.messages import LANGUAGES

STAMP = "report.json"
FEWEST_REPLICATES, MOST_REPLICATES = 1_000, 100_000
#: How often `on_step` is called at most: the statistics, each figure and each PDF in each language, the page.
STEPS = 1 + (len(CAPTIONS) + 1 + 1) * len(LANGUAGES) + 1


@dataclass(frozen=True)
class Report:
    """What was written, and what the reader should know about it."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """Resamples behind an interval, the seed of the resampling, and whether there are figures and a PDF."""

    replicates: int = 10_000
    seed: int = 1
    draw: bool = True


def write_report(
    ratings: Ratings,
    out: Path,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    draw: bool = True,
    on_step: Callable[[], object] = lambda: None,
) -> Report:
    """Write the report of some ratings to the folder `out`; the same ratings and seed give the same bytes.

    Without `draw` there are tables, texts and the page, and no figures and no PDF.
    A former report in `out` is replaced whole. Raises InputError where `out` is anything else, or cannot be written,
    and for more ratings than can be done (`size`).
    """
    if not FEWEST_REPLICATES <= replicates <= MOST_REPLICATES:
        raise InputError(f"--replicates {replicates} must lie between {FEWEST_REPLICATES} and {MOST_REPLICATES}.")
    if seed < 0:
        raise InputError(f"--seed {seed} must not be negative.")
    counted = ratings.counted
    check_size(
        ratings.source,
        experts=counted["expert_id"].nunique(),
        clips=len(counted[["system", "clip_id"]].drop_duplicates()),
        systems=counted["system"].nunique(),
        scales=len(ratings.scales),
    )
    out = out.resolve()
    check_out(out)
    try:
        with moved_into_place(out) as folder, one_blas_thread():
            names, warnings = _fill(ratings, folder, Options(replicates, seed, draw), on_step)
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
def moved_into_place(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` when the block ends, and leaves nothing if it fails."""
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
    ratings: Ratings, folder: Path, options: Options, on_step: Callable[[], object]
) -> tuple[list[str], list[str]]:
    order = style.system_order(ratings.counted["system"].unique(), ratings.real_system)
    keys = [scale.key for scale in ratings.scales]
    draws = {"replicates": options.replicates, "seed": options.seed}
    resampled = bootstrap.system_means(ratings.counted, keys, order, alpha=ratings.alpha, **draws)
    found = tables_findings.without_resampling(findings.compute(ratings, **draws), resampled)
    if ratings.is_sealed:
        found = under_codes.aggregates(found)
    means = tables_findings.model_means(found, resampled)
    method = tables.say("bootstrap_method", level=ratings.level, **draws)
    again = [] if ratings.is_sealed else tables_findings.bootstrap_tables(ratings, resampled, method)
    stamp = _stamp(ratings, options.seed)
    contents = Contents(
        ratings=ratings,
        means=tables.system_means_table(
            ratings, means, tables.means_method(ratings, means, list(scales_by_formula(found.fits)))
        ),
        objective=tables.objective_means_table(ratings),
        found=found,
        further=[*again, *tables_findings.finding_tables(ratings, found)],
        stamp=stamp,
        checked=checklist.checklist(ratings, found),
        methods=methods.methods(ratings, found, stamp, options.replicates),
    )
    on_step()
    written, warnings = _write_tables(contents, folder), list[str]()
    if options.draw:
        contents, drawn, warnings = _write_figures(contents, folder, means, on_step)
        written += drawn
    names = [path.relative_to(folder).as_posix() for path in written]
    contents = replace(contents, files=[*names, "report.html", STAMP])
    (folder / "report.html").write_text(page.page_html(contents), encoding="utf-8", newline="\n")
    about = {
        **contents.stamp,
        **draws,
        "simulated": ratings.is_simulated,
        **intake.as_json(ratings),
        "files": contents.files,
    }
    text = json.dumps({"report": about}, indent=2, ensure_ascii=False) + "\n"
    (folder / STAMP).write_text(text, encoding="utf-8", newline="\n")
    on_step()
    return list(contents.files), warnings


def _write_tables(contents: Contents, folder: Path) -> list[Path]:
    """Every table in each form, the checklist among them, and the methods text in each language."""
    (folder / "tables").mkdir()
    ratings = contents.ratings
    rows = checklist.checklist_frame(contents.checked)
    asked = tables.Table("checklist", rows, tables.say("checklist"), (), ratings.is_simulated)
    written = []
    for table in filter(None, (contents.means, *contents.further, contents.objective, asked)):
        written += tables.write_table(table, folder / "tables")
    for lang in LANGUAGES:
        path = folder / f"methods.{lang}.md"
        path.write_text("\n\n".join(text[lang] for text in contents.methods) + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


def _write_figures(
    contents: Contents, folder: Path, means: pd.DataFrame, on_step: Callable[[], object]
) -> tuple[Contents, list[Path], list[str]]:
    """Every figure that can be drawn, with the numbers behind it, and the whole report as a PDF in each language."""
    (folder / "figures").mkdir()
    ratings, written, warnings = contents.ratings, list[Path](), list[str]()
    made, not_drawn = drawings.drawings(ratings, contents.found, means)
    for drawing in made:
        path = folder / "figures" / f"{drawing.name}.csv"
        text = tables.csv_text(drawing.frame, is_simulated=ratings.is_simulated)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    stems: dict[str, dict[str, Path]] = {drawing.name: {} for drawing in made}
    languages = style.drawn_languages()
    if len(languages) < len(LANGUAGES):
        warnings.append(style.NO_CHINESE_FONT)
    for lang in languages:
        for drawing in made:
            stem = f"{drawing.name}.{lang}"
            with style.figure_style(lang):
                written += style.save(drawing.draw(lang), folder / "figures", stem, _subject(contents))
            stems[drawing.name][lang] = folder / "figures" / stem
            on_step()
    captions = {drawing.name: drawing.caption for drawing in made}
    contents = replace(contents, figures=stems, captions=captions, not_drawn=not_drawn)
    for lang in languages:
        written.append(pdf.write_pdf(contents, folder / f"report.{lang}.pdf", lang))
        on_step()
    return contents, written, warnings


def _subject(contents: Contents) -> str:
    ratings = contents.ratings
    subject = f"data {ratings.sha256}; plan {ratings.plan_sha256 or 'none'}; seed {contents.stamp['seed']}"
    return subject + ("; SIMULATED" if ratings.is_simulated else "")


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
