"""A report's folder: tables, figures, texts, page and report.json, made beside its place and then moved into it."""

from __future__ import annotations

import gc
import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from PIL import Image

from analysis.data import intake
from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.data.size import check_size
from analysis.report import methods, page, pdf, scripts, style, tables
from analysis.report.beside import beside
from analysis.report.document import Contents, Part, numbered, part_of, table
from analysis.report.figures.parts import NoRoomError
from analysis.report.findings import Findings
from analysis.report.registry import M, Section, all_findings
from analysis.report.sections import SECTIONS, compute
from analysis.statistics.threads import one_blas_thread
from formats.errors import InputError
from formats.messages import LANGUAGES, CountedText
from formats.report import NAME

STAMP = NAME
#: The section that is a page of its own too, for reviewers.
CHECKLIST = "checklist"
MIN_REPLICATES, MAX_REPLICATES = 1_000, 100_000


@dataclass(frozen=True)
class Report:
    """What was written, and what the reader should know about it."""

    files: tuple[Path, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """Of what a report was made (`stamp` on the page, `about` in report.json), and in which forms it comes.

    `narrow`: the figures in the width of one column too. `extras` writes further files into the folder.
    """

    stamp: Mapping[str, str]
    about: Mapping[str, object]
    subject: str
    draw: bool = True
    narrow: bool = False
    has_pdf: bool = False
    css: str = ""
    methods: Callable[[], Sequence[Text]] = tuple
    extras: Callable[[Path], Sequence[Path]] = lambda folder: ()


def steps(sections: Sequence[Section[Any]] = SECTIONS) -> int:
    """How often `on_step` is called at most: the statistics, each figure and each PDF in each language, the page."""
    figures = sum(1 for finding in all_findings(sections) if finding.draw)
    return 1 + (figures + 1) * len(LANGUAGES) + 1


def write_report(
    ratings: Ratings,
    out: Path,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    draw: bool = True,
    narrow: bool = False,
    on_step: Callable[[], object] = lambda: None,
    sections: Sequence[Section[Findings]] = SECTIONS,
) -> Report:
    """Write the report of some ratings to the folder `out`; the same ratings and seed give the same bytes.

    Without `draw` there are tables, texts and the page, and no figures and no PDF; with `narrow`, figures in the width
    of one column too.
    A former report in `out` is replaced whole. Raises InputError where `out` is anything else, or cannot be written,
    and for more ratings than can be done (`size`).
    """
    check_numbers(replicates, seed)
    counted = ratings.counted
    check_size(
        ratings.source,
        experts=counted["expert_id"].nunique(),
        clips=len(counted[["system", "clip_id"]].drop_duplicates()),
        systems=counted["system"].nunique(),
        scales=len(ratings.scales),
    )
    stamp = {
        "source": ratings.source.name,
        "dataset_hash": ratings.sha256,
        "plan_hash": ratings.plan_sha256 or "",
        **amended(ratings.amended),
        "seed": str(seed),
        "versions": versions(np, pd, matplotlib),
    }
    about = {"replicates": replicates, "seed": seed, "simulated": ratings.is_simulated, **intake.as_json(ratings)}
    subject = f"data {ratings.sha256}; plan {ratings.plan_sha256 or 'none'}; seed {seed}"
    found = compute(ratings, replicates=replicates, seed=seed, sections=sections)
    form = Form(
        stamp,
        about,
        subject + ("; SIMULATED" if ratings.is_simulated else ""),
        draw,
        narrow,
        has_pdf=draw,
        methods=lambda: methods.methods(found, stamp),
        extras=lambda folder: scripts.write_scripts(found, folder),
    )
    return write(found, out, form, on_step)


def check_numbers(replicates: int, seed: int) -> None:
    """Raise InputError for a number of replicates or a seed out of bounds."""
    if not MIN_REPLICATES <= replicates <= MAX_REPLICATES:
        raise InputError(
            "--replicates %(replicates)s must lie between %(least)s and %(most)s.",
            replicates=replicates,
            least=MIN_REPLICATES,
            most=MAX_REPLICATES,
        )
    if seed < 0:
        raise InputError("--seed %(seed)s must not be negative.", seed=seed)


def amended(days: Sequence[str]) -> dict[str, str]:
    """What the stamp says of amendments of the analysis plan; nothing where there are none."""
    return {"plan_amended": ", ".join(days)} if days else {}


def versions(*modules: ModuleType) -> str:
    """What the numbers were computed with."""
    named = {"Python": platform.python_version(), **{module.__name__: module.__version__ for module in modules}}
    return ", ".join(f"{name} {version}" for name, version in named.items())


def write(made: M, out: Path, form: Form, on_step: Callable[[], object] = lambda: None) -> Report:
    """Write a report of any kind; the sections of what was made say all that is in it."""
    out = out.resolve()
    check_out(out)
    try:
        with moved_into_place(out) as folder, one_blas_thread(), rare_collection():
            names, warnings = _fill(made, folder, form, on_step)
    except OSError as error:
        raise InputError("%(out)s cannot be written: %(strerror)s.", out=out, strerror=error.strerror) from error
    return Report(tuple(out / name for name in names), tuple(warnings))


def check_out(out: Path) -> None:
    """Raise InputError unless `out` is free, an empty folder, or a report folder with nothing added to it."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError("%(out)s is a file; name a folder for the report.", out=out)
    listed = _listed(out / STAMP)
    present = out.rglob("*") if listed else out.iterdir()
    names = (path.relative_to(out).as_posix() for path in present if not (listed and path.is_dir()))
    foreign = next((name for name in names if name not in listed), None)
    if foreign:
        raise InputError(
            "%(out)s holds %(foreign)r, which is not part of a report; name another folder.", out=out, foreign=foreign
        )


def _listed(stamp: Path) -> set[str]:
    try:
        return set(json.loads(stamp.read_text(encoding="utf-8"))["report"]["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextmanager
def rare_collection() -> Iterator[None]:
    """Search less often for objects that refer to each other in a circle: it takes a twentieth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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


def _fill(made: M, folder: Path, form: Form, on_step: Callable[[], object]) -> tuple[list[str], list[str]]:
    languages = style.drawn_languages()
    contents = _contents(made, folder, form, languages)
    on_step()
    written = _write_tables(contents, folder)
    written += form.extras(folder)
    for lang in LANGUAGES if contents.methods else ():
        path = folder / f"methods.{lang}.md"
        _write(path, "\n\n".join(text[lang] for text in contents.methods) + "\n")
        written.append(path)
    if CHECKLIST in contents.parts:
        written.append(folder / f"{CHECKLIST}.html")
        _write(written[-1], page.page_html(contents, form.css, only=CHECKLIST))
    if form.draw:
        written += _write_figures(contents, folder, form, languages, on_step)
    if form.draw and form.narrow:
        contents = replace(contents, missing=[*contents.missing, *_without_narrow(contents, folder)])
    names = [*(path.relative_to(folder).as_posix() for path in written), "report.html", STAMP]
    contents = replace(contents, files=names)
    _write(folder / "report.html", page.page_html(contents, form.css))
    about = {**form.stamp, **form.about, "files": names, **_described(contents)}
    _write(folder / STAMP, json.dumps({"report": about}, indent=2, ensure_ascii=False) + "\n")
    on_step()
    is_undrawn = form.draw and len(languages) < len(LANGUAGES) and any(map(_is_figure, contents.parts.values()))
    return names, [style.NO_CHINESE_FONT] if is_undrawn else []


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _is_figure(part: Part[Any]) -> bool:
    return part.finding.draw is not None


def _contents(made: M, folder: Path, form: Form, languages: Sequence[str]) -> Contents[M]:
    """Everything computed: each finding that could be had, and the reason for each other one."""
    wanted = [finding for finding in all_findings(made.sections) if form.draw or not finding.draw]
    found = [part for finding in wanted if (part := part_of(made, finding))]
    parts = {part.finding.name: part for part in numbered(found)}
    for name, part in parts.items():
        if _is_figure(part):
            stems = {lang: folder / f"{part.path}.{lang}" for lang in languages}
            parts[name] = replace(part, stems=stems)
    lost = [finding for finding in wanted if finding.why and not (finding.name in parts or made.hides(finding))]
    of_tables, of_figures = (
        [made.because(finding) for finding in lost if bool(finding.draw) == drawn] for drawn in (False, True)
    )
    return Contents(made, parts, [*of_tables, *made.left_out, *of_figures], form.stamp, form.methods())


def _write_tables(contents: Contents[M], folder: Path) -> list[Path]:
    """Every table in each form."""
    (folder / "tables").mkdir()
    written = []
    for part in contents.parts.values():
        if not _is_figure(part):
            written += tables.write_table(table(contents.made, part), folder / "tables")
    return written


def _write_figures(
    contents: Contents[M], folder: Path, form: Form, languages: Sequence[str], on_step: Callable[[], object]
) -> list[Path]:
    """Every figure that can be drawn in each language, the numbers behind it, and the PDFs; a process a language."""
    (folder / "figures").mkdir()
    parts = [part for part in contents.parts.values() if _is_figure(part)]
    written = [folder / f"{part.path}.csv" for part in parts]
    for part, path in zip(parts, written, strict=True):
        _write(path, tables.csv_text(part.frame, is_simulated=contents.made.is_simulated, numbers=part.finding.numbers))
    first, *others = languages
    with ExitStack() as running:
        for lang in others:
            work = partial(_write_language, contents, folder, form, lang)
            running.enter_context(beside(work, partial(_step, on_step, len(parts) + form.has_pdf)))
        _write_language(contents, folder, form, first, on_step)
    stems = [part.stems[lang] for lang in languages for part in parts]
    drawn = [stem.with_name(f"{stem.name}.{end}") for stem in stems for end in style.FORMATS]
    if form.narrow:
        narrow = [_narrow(part, lang) for lang in languages for part in parts]
        drawn += [path for name in narrow for end in style.FORMATS if (path := folder / f"{name}.{end}").exists()]
    return [*written, *drawn, *(_pdf_path(folder, lang) for lang in languages if form.has_pdf)]


def _narrow(part: Part[Any], lang: str) -> str:
    """Where a figure in the width of one column lies, without its ending."""
    return f"{part.path}-single.{lang}"


def _without_narrow(contents: Contents[M], folder: Path) -> list[Text]:
    """That some figures have too much in them for one column."""
    figures = [part for part in contents.parts.values() if _is_figure(part)]
    lost = [
        str(part.number)
        for part in figures
        if not all((folder / f"{_narrow(part, lang)}.svg").exists() for lang in part.stems)
    ]
    numbers = ", ".join(lost)
    said = CountedText(
        "Figure {numbers} is not drawn in the width of one column, where it would not be legible.",
        "Figures {numbers} are not drawn in the width of one column, where they would not be legible.",
        len(lost),
        numbers=numbers,
    )
    return [said] if lost else []


def _step(on_step: Callable[[], object], count: int) -> None:
    for _ in range(count):
        on_step()


def _write_language(
    contents: Contents[M], folder: Path, form: Form, lang: str, on_step: Callable[[], object] = lambda: None
) -> None:
    """The figures in a language, then the PDF that they are in."""
    for part in contents.parts.values():
        if part.finding.draw:
            with style.figure_style(lang):
                figure = part.finding.draw(contents.made, part.frame, lang)
                style.save(figure, folder / "figures", part.stems[lang].name, form.subject)
            with style.figure_style(lang, columns=1), suppress(NoRoomError):
                if form.narrow:
                    figure = part.finding.draw(contents.made, part.frame, lang)
                    style.save(figure, folder / "figures", Path(_narrow(part, lang)).name, form.subject)
            on_step()
    if form.has_pdf:
        gc.collect()  # the pixels of the last figures, which refer to themselves in a circle
        pdf.write_pdf(contents, _pdf_path(folder, lang), lang)
        on_step()


def _pdf_path(folder: Path, lang: str) -> Path:
    return folder / f"report.{lang}.pdf"


def _described(contents: Contents[M]) -> dict[str, object]:
    """Every section with its findings and their words and sizes, for programs that show the report in their own way."""
    sections = [
        {
            "name": section.name,
            "heading": dict(section.heading or {}),
            "findings": [
                _part_described(contents.parts[finding.name])
                for finding in section.findings
                if finding.name in contents.parts
            ],
        }
        for section in contents.made.sections
    ]
    return {"sections": sections, "missing": [dict(text) for text in contents.missing]}


def _part_described(part: Part[Any]) -> dict[str, object]:
    described: dict[str, object] = {
        "name": part.finding.name,
        "path": part.path,
        "title": dict(part.title),
        "caption": dict(part.caption),
        "notes": [dict(note) for note in part.notes],
        "columns": [str(name) for name in part.frame.columns],
        "rows": len(part.frame),
    }
    if part.finding.draw:
        described["pixels"] = {lang: _pixels(stem.with_name(f"{stem.name}.png")) for lang, stem in part.stems.items()}
    return described


def _pixels(picture: Path) -> list[int]:
    """Width and height, so that a page can keep the picture's place."""
    with Image.open(picture) as drawn:
        return list(drawn.size)
