"""What a report tells, in its order and in a language, as blocks that a page or a PDF can set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.data.dataset import Text
from analysis.data.intake import columns_grid, columns_notes, columns_title
from analysis.data.ratings import Ratings
from analysis.report.conclusions import verdicts
from analysis.report.findings import Findings
from analysis.report.style import system_label, system_order
from analysis.report.tables import Table, fixed, readable, span
from analysis.report.tables_findings import shown
from analysis.words import WORDS
from analysis.words_methods import ANSWERS
from formats.messages import SOURCE, in_language
from formats.text import UTF_8

FEW_EXPERTS = 20


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    text: str
    is_warning: bool = False


@dataclass(frozen=True)
class Bullets:
    texts: Sequence[str]


@dataclass(frozen=True)
class Facts:
    pairs: Mapping[str, object]


@dataclass(frozen=True)
class Grid:
    """A table; a `folded` one is not needed to understand the rest. `name` is that of its files, if it has any."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    notes: Sequence[str] = ()
    name: str = ""
    folded: bool = False
    is_simulated: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure by its name, drawn in `lang`; `stem` is the path of its files without the ending."""

    stem: Path
    caption: str


Block = Heading | Paragraph | Bullets | Facts | Grid | Picture


@dataclass(frozen=True)
class Contents:
    """All that a report tells. `checked`: the checklist; `methods`: the paragraphs of the methods text; `figures`: of
    each drawn figure the files' stem by language; `captions` go with them."""

    ratings: Ratings
    means: Table
    objective: Table | None
    found: Findings
    further: Sequence[Table]
    stamp: Mapping[str, str]
    checked: Sequence[tuple[str, Text, Text]]
    methods: Sequence[Text]
    figures: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    captions: Mapping[str, Text] = field(default_factory=dict)
    not_drawn: Sequence[Text] = ()
    files: Sequence[str] = ()


def title(contents: Contents, lang: str) -> str:
    return in_language(contents.ratings.title, lang)


def blocks(contents: Contents, lang: str) -> Iterator[Block]:
    """The whole report in a language: what was asked, who listened, what can be said, what cannot; then the rest."""
    words = WORDS[lang]
    yield Heading(title(contents, lang), 1)
    yield Paragraph(words["report"])
    if contents.ratings.is_simulated:
        yield Paragraph(words["simulated"], is_warning=True)
    yield Heading(words["asked"])
    yield _scales(contents.ratings, lang)
    yield Heading(words["listened"])
    yield Facts(_facts(contents.ratings, lang))
    yield from _tables(contents, lang, "participants", folded=False)
    yield from _reading(contents.ratings, lang)
    yield Heading(words["said"])
    yield from _said(contents, lang)
    yield Heading(words["cannot"])
    yield Bullets(_limits(contents, lang))
    yield Heading(words["means"])
    yield from _answered(contents, lang)
    yield Heading(words["trusted"])
    yield from _trusted(contents, lang)
    yield from _objective(contents, lang)
    if "figure13" in contents.figures:
        yield Heading(words["course"])
        yield from _pictures(contents, lang, "figure13")
    yield Heading(words["methods"])
    for text in contents.methods:
        yield Paragraph(text[lang])
    yield Paragraph(words["files_of"])
    yield Heading(words["checklist"])
    yield _checklist(contents.checked, lang)
    yield Heading(words["all_tables"])
    yield from _rest(contents, lang)
    yield Heading(words["made"])
    yield _made(contents, lang)


def _facts(ratings: Ratings, lang: str) -> dict[str, object]:
    words, frame = WORDS[lang], ratings.counted
    facts: dict[str, object] = {
        words["experts"]: frame["expert_id"].nunique(),
        words["systems"]: frame["system"].nunique(),
        words["clips"]: len(frame[["system", "clip_id"]].drop_duplicates()),
        words["ratings"]: len(frame),
    }
    if len(ratings.frame) > len(frame):
        facts[words["repeats"]] = len(ratings.frame) - len(frame)
    if ratings.n_missing:
        facts[words["missing"]] = ratings.n_missing
    if ratings.encoding != UTF_8:
        facts[words["encoding"]] = ratings.encoding
    return facts


def _reading(ratings: Ratings, lang: str) -> Iterator[Block]:
    """Of a user's own table: what each column was used as and why, the scales' bounds, and what was forgiven."""
    if ratings.columns:
        yield Heading(columns_title(lang), 3)
        yield Grid(*columns_grid(ratings, lang))
        yield Bullets(columns_notes(ratings, lang))


def _scales(ratings: Ratings, lang: str) -> Grid:
    words = WORDS[lang]
    columns = ["scale", "question", "range", "low", "high", "status"]
    rows = []
    for scale in ratings.scales:
        worded = [in_language(text, lang) for text in (scale.definition, scale.low, scale.high)]
        bounds = span(f"{scale.minimum:g}", f"{scale.maximum:g}")
        status = words[ratings.status(scale.key)]
        rows.append([in_language(scale.label, lang), worded[0], bounds, *worded[1:], status])
    optional = {"question", "low", "high"}
    kept = [n for n, name in enumerate(columns) if name not in optional or any(row[n] for row in rows)]
    return Grid([words[columns[n]] for n in kept], [[row[n] for n in kept] for row in rows])


def _said(contents: Contents, lang: str) -> Iterator[Block]:
    """One sentence a named contrast, or one a scale; then the means and every difference."""
    words, ratings = WORDS[lang], contents.ratings
    sentences = [text[lang] for text in verdicts(ratings, contents.found)]
    if ratings.is_sealed and ratings.plan_sha256:
        sentences.append(words["seal_plan"])
    yield Bullets(sentences)
    yield from _pictures(contents, lang, "figure7", "figure8")
    if contents.means.frame["ci_low"].notna().any():
        yield Heading(words["interval"], 3)
        yield Paragraph(words["interval_text"].format(level=ratings.level))


def _answered(contents: Contents, lang: str) -> Iterator[Block]:
    yield _means(contents, lang)
    yield from _pictures(contents, lang, "figure7b")
    yield from _tables(contents, lang, "contrasts", "equivalence", "effects", "omnibus")


def _means(contents: Contents, lang: str) -> Grid:
    ratings, table = contents.ratings, contents.means
    rows_of = {(row["scale"], row["system"]): row for row in table.frame.to_dict("records")}
    rows = []
    for system in system_order(ratings.systems, ratings.real_system):
        cells = [rows_of.get((scale.key, system)) for scale in ratings.scales]
        rows.append([_name(ratings, system, lang), *("" if row is None else _mean_cell(row) for row in cells)])
    header = [WORDS[lang]["system"], *(in_language(scale.label, lang) for scale in ratings.scales)]
    notes = [note[lang] for note in table.notes]
    return Grid(header, rows, table.caption[lang], notes, "system_means", is_simulated=ratings.is_simulated)


def _mean_cell(row: Mapping[object, float]) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({span(fixed(row['ci_low'], 2), fixed(row['ci_high'], 2))})"
    return fixed(row["mean"], 2).replace("-", "−") + interval


def _trusted(contents: Contents, lang: str) -> Iterator[Block]:
    """What the models say of themselves, how experts agree, and whether other analyses end alike."""
    words, found = WORDS[lang], contents.found
    if found.fit_notes:
        yield Heading(words["doubts"], 3)
        yield Bullets([text[lang] for text in found.fit_notes])
    yield from _pictures(contents, lang, "figure9", "figure11", "figure12")
    yield from _tables(contents, lang, "precision", "reliability", "agreement_by_group", "scale_correlations")
    yield from _tables(contents, lang, "screening", "order_effects", "sensitivity")
    missing = [text[lang] for text in (*found.missing.values(), *contents.not_drawn)]
    if missing:
        yield Heading(words["not_made"], 3)
        yield Bullets(missing)


def _objective(contents: Contents, lang: str) -> Iterator[Block]:
    table = contents.objective
    if table is None:
        return
    words, ratings = WORDS[lang], contents.ratings
    yield Heading(words["objective"])
    yield Bullets([text[lang] for text in contents.found.metric_notes])
    yield from _pictures(contents, lang, "figure10")
    header = [words["system"], words["metric"], words["mean"], "sd", words["clips"]]
    rows = [
        [_name(ratings, str(row[0]), lang), *(readable(value, table.decimals) for value in row[1:])]
        for row in table.frame.itertuples(index=False)
    ]
    notes = [note[lang] for note in table.notes]
    yield Grid(header, rows, table.caption[lang], notes, table.name, folded=True, is_simulated=ratings.is_simulated)
    yield from _tables(contents, lang, "clip_correlations", "system_correlations")


def _pictures(contents: Contents, lang: str, *names: str) -> Iterator[Picture]:
    for name in names:
        if name in contents.figures:
            drawn = contents.figures[name]
            missing = "" if lang in drawn else WORDS[lang]["no_figure"]
            yield Picture(drawn.get(lang, drawn[SOURCE]), contents.captions[name][lang] + missing)


def _tables(contents: Contents, lang: str, *names: str, folded: bool = True) -> Iterator[Grid]:
    of_name = {table.name: table for table in contents.further}
    for table in (of_name[name] for name in names if name in of_name):
        header, rows = shown(table, contents.ratings, lang)
        notes = [note[lang] for note in table.notes]
        simulated = contents.ratings.is_simulated
        yield Grid(header, rows, table.caption[lang], notes, table.name, folded=folded, is_simulated=simulated)


#: Tables with a place of their own above.
PLACED = frozenset(
    {
        *("participants", "contrasts", "equivalence", "effects", "omnibus", "precision", "reliability"),
        *("agreement_by_group", "scale_correlations", "screening", "order_effects", "sensitivity"),
        *("clip_correlations", "system_correlations"),
    }
)


def _rest(contents: Contents, lang: str) -> Iterator[Grid]:
    return _tables(contents, lang, *(table.name for table in contents.further if table.name not in PLACED))


def _checklist(checked: Sequence[tuple[str, Text, Text]], lang: str) -> Grid:
    words = ANSWERS[lang]
    rows = [[item[lang], answer[lang], words[status]] for status, item, answer in checked]
    return Grid([words["item"], words["answer"], ""], rows)


def _limits(contents: Contents, lang: str) -> list[str]:
    ratings, words = contents.ratings, WORDS[lang]
    frame = ratings.counted
    cells = frame.groupby("scale").agg({"expert_id": "nunique"})["expert_id"]
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    is_tested = any(fit.contrasts["p"].notna().sum() > 1 for fit in contents.found.fits.values())
    keys = ["cannot_rank", *(["cannot_many"] if is_tested else []), "cannot_beyond"]
    if len(frame) < cells.sum() * clips:
        keys.append("cannot_incomplete")
    if frame["expert_id"].nunique() < FEW_EXPERTS:
        keys.append("cannot_few")
    if ratings.bounds_inferred:
        keys.append("cannot_range")
    if ratings.plan_sha256 is None:
        keys.append("no_plan")
    adjusted = {"cannot_incomplete": words["cannot_adjusted"] if contents.found.is_fitted else ""}
    return [words[key] + adjusted.get(key, "") for key in keys]


def _made(contents: Contents, lang: str) -> Facts:
    words = WORDS[lang]
    facts: dict[str, object] = {words[key]: value or words["none"] for key, value in contents.stamp.items()}
    return Facts({**facts, words["files"]: ", ".join(contents.files)} if contents.files else facts)


def _name(ratings: Ratings, system: str, lang: str) -> str:
    name = system_label(system, lang, ratings.system_labels)
    return WORDS[lang]["legend_code"].format(name=name) if ratings.is_sealed else name
