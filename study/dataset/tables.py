"""Write the tables of a dataset as CSV, row by row, with their description."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from formats.dataset import CHOICES, MIDDLE, WORDING, Column, Table, View, book_columns
from formats.messages import LANGUAGES, LazyText
from formats.progress import bar
from formats.study_file import Preference, StudyFile
from formats.text import many_lines, one_line
from study.dataset import rows, schema
from study.dataset.disguise import Disguise
from study.models import Study

#: White space, control characters and invisible ones, which a spreadsheet may pass over before it takes a text for a
#: formula; without those after which a cell may begin.
UNSEEN = r"(?:(?![;\t\n])[\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff])"
#: Where an apostrophe goes: at the start of the text, of each line and after each semicolon and tab (the separators of
#: other tables), if a formula could begin there. A text that has apostrophes there already gets one more, so that
#: removing one always gives the text back.
RISKY = re.compile(rf"(?<![^;\t\n])(?='*{UNSEEN}*[=+\-@＝＋－＠])|^(?='* *\t)", re.MULTILINE)


def file_stem(slug: str) -> str:
    """The slug as Psych-DS file names can hold it: without hyphens."""
    return slug.replace("-", "")


def write_tables(study: Study, folder: Path, view: View) -> list[Table]:
    """All tables of the study, and what each holds."""
    codes = Disguise(study) if view == "coded" else None
    file = study.file
    answers = write_ratings(study, folder, view, codes) if file.scales else []
    if file.of_pairs and not file.has_x:
        answers.append(write_comparisons(study, folder, view, codes))
    answers += [write_choices(study, folder, view, codes)] if file.clip_choices or file.has_x else []
    answers += [write_trial_choices(study, folder, view, codes)] if file.trial_choices else []
    answers.append(write_remarks(study, folder, *((view, codes) if file.trial.clips == 1 else ("sealed", None))))
    answers += [write_attention_checks(study, folder)] if file.attention_checks else []
    answers += [write_listening(study, folder)] if file.clips_per_trial > 1 or file.has_reference else []
    tables = [*answers, write_experts(study, folder)]
    worded = wordings_table(study.file)
    tables.append(_write(folder, worded, rows.wordings(study.file, [column.name for column in worded.columns])))
    if view == "open":
        tables += write_clips(study, folder)
    book = Table(
        "codebook.csv",
        LazyText("Every column of every table"),
        book_columns(),
        ("file", "column"),
    )
    tables.append(book)
    _write(folder, book, book_rows(tables))
    return tables


def write_ratings(study: Study, folder: Path, view: View, codes: Disguise | None) -> list[Table]:
    """Both tables of ratings in one pass: a row a trial and scale, and a row a trial."""
    stem = f"data/study-{file_stem(study.slug)}_task-rating"
    rated = ("place",) if study.file.asks_of_places else ()
    refers = {"expert_id": "experts.csv"} | ({"clip_id": "clips.csv"} if view == "open" else {})
    long = Table(
        f"{stem}_data.csv",
        LazyText("Ratings, a row for each clip of a trial and each scale")
        if rated
        else LazyText("Ratings, a row for each trial and scale"),
        schema.long_columns(study.file, view),
        ("expert_id", "trial", *rated, "scale"),
        refers,
    )
    wide = Table(
        f"{stem}_description-wide_data.csv",
        LazyText("Ratings, a row for each clip of a trial") if rated else LazyText("Ratings, a row for each trial"),
        schema.wide_columns(study.file, view),
        ("expert_id", "trial", *rated),
        refers,
    )
    scales = [scale.key for scale in study.file.scales]
    with (
        (folder / long.path).open("w", encoding="utf-8", newline="") as one,
        (folder / wide.path).open("w", encoding="utf-8", newline="") as other,
    ):
        long_rows, wide_rows = (csv.writer(stream, lineterminator="\n") for stream in (one, other))
        long_rows.writerow([column.name for column in long.columns])
        wide_rows.writerow([column.name for column in wide.columns])
        trials = bar(rows.trials(study, view, codes), "Exporting", unit="trial")
        for said, answers in trials:
            about = [escape_formula(many_lines(value)) if isinstance(value, str) else value for value in said]
            long_rows.writerows([*about, scale, *answers[scale]] for scale in scales if scale in answers)
            wide_rows.writerow([*about, *rows.side_by_side(study.file, answers)])
    return [long, wide]


def write_choices(study: Study, folder: Path, view: View, codes: Disguise | None) -> Table:
    """Answers that were chosen, a row a clip and question; with an X, a row a trial and question."""
    file = study.file
    names_clips = view == "open" and not file.has_x
    table = Table(
        f"data/study-{file_stem(study.slug)}_task-choice_data.csv",
        LazyText("Choices, a row for each trial and question"),
        schema.x_columns(file, view) if file.has_x else schema.choice_columns(file, view),
        ("expert_id", "trial", *(("place",) if file.asks_of_places else ()), "question"),
        {"expert_id": "experts.csv"} | ({"clip_id": "clips.csv"} if names_clips else {}),
    )
    found = (rows.x_choices if file.has_x else rows.choices)(study, view, codes)
    return _write(folder, table, bar(found, "Exporting", unit="answer"))


def write_trial_choices(study: Study, folder: Path, view: View, codes: Disguise | None) -> Table:
    """Answers that were chosen of trials of several clips, a row a trial and question."""
    table = Table(
        f"data/study-{file_stem(study.slug)}_task-choice_description-trial_data.csv",
        LazyText("Choices of whole pages, a row for each trial and question"),
        schema.trial_choice_columns(study.file, view),
        ("expert_id", "trial", "question"),
        {"expert_id": "experts.csv"},
    )
    return _write(folder, table, bar(rows.trial_choices(study, view, codes), "Exporting", unit="answer"))


def write_comparisons(study: Study, folder: Path, view: View, codes: Disguise | None) -> Table:
    """Answers on two clips, a row a trial and question."""
    table = Table(
        f"data/study-{file_stem(study.slug)}_task-comparison_data.csv",
        LazyText("Comparisons, a row for each trial and question"),
        schema.comparison_columns(study.file, view),
        ("expert_id", "trial", "question"),
        {"expert_id": "experts.csv"},
    )
    return _write(folder, table, bar(rows.comparisons(study, view, codes), "Exporting", unit="answer"))


def write_remarks(study: Study, folder: Path, view: View, codes: Disguise | None) -> Table:
    """What experts said of clips."""
    titled = LazyText("Known songs and comments, a row for each trial")
    table = Table(
        "remarks.csv",
        LazyText("Known songs, comments and answers in words, a row for each trial") if study.file.texts else titled,
        schema.remark_columns(study.file, view),
        ("expert_id", "trial"),
        {"expert_id": "experts.csv"},
    )
    return _write(folder, table, rows.remarks(study, view, codes))


def write_attention_checks(study: Study, folder: Path) -> Table:
    """Answers to attention checks, a row a check."""
    table = Table(
        "attention_checks.csv",
        LazyText("Attention checks, a row for each that was answered"),
        schema.check_columns(study.file),
        ("expert_id", "trial"),
        {"expert_id": "experts.csv"},
    )
    return _write(folder, table, rows.attention_checks(study))


def write_listening(study: Study, folder: Path) -> Table:
    """What was listened to where a trial has several players, a row a clip, reference or X."""
    table = Table(
        "listening.csv",
        LazyText("Listening, a row for each clip of a trial and its reference or X"),
        schema.listening_columns(study.file),
        ("expert_id", "trial", "place"),
        {"expert_id": "experts.csv"},
    )
    return _write(folder, table, rows.listening(study))


def write_experts(study: Study, folder: Path) -> Table:
    """Who took part."""
    table = Table(
        "experts.csv",
        LazyText("Experts"),
        schema.expert_columns(study.file),
        ("expert_id",),
    )
    return _write(folder, table, rows.experts(study))


def wordings_table(file: StudyFile) -> Table:
    """The scales as worded; of preferences also the words for neither clip, and of choices the answers."""
    title = LazyText("The scales as worded in each language")
    columns = list(WORDING)
    if any(isinstance(asked, Preference) for asked in file.questions):
        columns.append(MIDDLE)
    if file.choices or file.attention_checks:  # which have no lowest and highest
        ends = {"minimum", "maximum", "low", "high", "middle", *(["definition"] if file.attention_checks else [])}
        columns = [replace(column, required=column.name not in ends) for column in columns]
        columns.append(CHOICES)
    return Table("wordings.csv", title, columns, ("scale", "language"))


def write_clips(study: Study, folder: Path) -> list[Table]:
    """Write the source and metrics of each clip; only after unblinding."""
    found = rows.study_clips(study)
    provenance = sorted({key for clip in found for key in clip.pack_entry.get("provenance", {})})
    clips = Table(
        "clips.csv",
        LazyText("Clips: system, origin and loudness"),
        schema.clip_columns(study.file, provenance),
        ("clip_id",),
    )
    _write(folder, clips, (rows.origin(clip, provenance) for clip in found))
    names = list(dict.fromkeys(name for clip in found for name in clip.metrics))
    if not names:
        return [clips]
    kinds = {
        escape_formula(one_line(name)): schema.kind_of(str(clip.metrics.get(name, "")) for clip in found)
        for name in names
    }
    metrics = Table(
        "metrics.csv",
        LazyText("Objective metrics of the clips"),
        schema.metric_columns(kinds),
        ("clip_id",),
        {"clip_id": "clips.csv"},
    )
    _write(folder, metrics, ([clip.clip_id, *(clip.metrics.get(name, "") for name in names)] for clip in found))
    return [clips, metrics]


def book_rows(tables: list[Table]) -> Iterable[rows.Row]:
    """The codebook for programs: a row for each column of each table."""
    for table in tables:
        for c in table.columns:
            bounds = ["" if bound is None else bound for bound in (c.minimum, c.maximum)]
            words = [*map(c.coding, LANGUAGES), *(c.meaning[language] for language in LANGUAGES)]
            yield [table.path, c.name, c.kind, c.unit, *bounds, *words]


def _write(folder: Path, table: Table, content: Iterable[rows.Row]) -> Table:
    with (folder / table.path).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in table.columns])
        writer.writerows(map(_cell, table.columns, row) for row in content)
    return table


def _cell(column: Column, value: object) -> object:
    """A value as a cell: texts with normal line ends and no formula."""
    if not isinstance(value, str):
        return value
    is_text = column.kind == "text" or schema.kind_of([value]) == "text"
    return escape_formula(many_lines(value)) if is_text else value.strip()


def escape_formula(text: str) -> str:
    """Guard a text against formulas with apostrophes (docs/datasets.md)."""
    return RISKY.sub("'", text)
