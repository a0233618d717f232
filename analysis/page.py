"""report.html: one self-contained page, first in Chinese or English by anchor, with the figures inside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from analysis.findings import Findings, verdicts
from analysis.look import LANGUAGES, system_label, system_order
from analysis.ratings import Ratings
from analysis.tables import Table, readable
from analysis.tables_findings import shown
from analysis.words import WORDS, in_language

FEW_EXPERTS = 20
HTML_LANG = {"en": "en", "zh-hans": "zh-Hans"}


@dataclass(frozen=True)
class Page:
    """All that the page tells. `figures` holds the SVG of Figure 7 by language, without those that were not drawn."""

    ratings: Ratings
    means: Table
    objective: Table | None
    figures: Mapping[str, Path]
    stamp: Mapping[str, str]
    files: Sequence[str]
    found: Findings
    further: Sequence[Table]


def page_html(page: Page) -> str:
    """The whole page as HTML."""
    title = escape(in_language(page.ratings.title, "en"))
    css = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{lang}" lang="{HTML_LANG[lang]}">{WORDS[lang]["lang_name"]}</a>' for lang in LANGUAGES)
    sections = "\n".join(_section(page, lang) for lang in LANGUAGES)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{css}</style>\n</head>\n'
        f"<body>\n<nav>{links}</nav>\n<main>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(page: Page, lang: str) -> str:
    words = WORDS[lang]
    parts = [
        f"<h1>{escape(in_language(page.ratings.title, lang))}</h1>",
        f"<p>{words['report']}</p>",
        _simulated(page, lang),
        f"<h2>{words['asked']}</h2>",
        _facts(page.ratings, lang),
        _scales(page.ratings, lang),
        f"<h2>{words['said']}</h2>",
        _said(page, lang),
        f"<h2>{words['means']}</h2>",
        _figure(page, lang),
        _means(page, lang),
        f"<h2>{words['interval']}</h2><p>{words['interval_text']}</p>",
        f"<p>{escape(page.means.notes[0][lang])}</p>",
        f"<h2>{words['trusted']}</h2>",
        _trusted(page, lang),
        _objective(page, lang),
        f"<h2>{words['cannot']}</h2>",
        _list(_limits(page, lang)),
        f"<h2>{words['all_tables']}</h2>",
        _all_tables(page, lang),
        f"<h2>{words['made']}</h2>",
        _made(page, lang),
    ]
    return f'<section id="{lang}" lang="{HTML_LANG[lang]}">\n' + "\n".join(filter(None, parts)) + "\n</section>"


def _simulated(page: Page, lang: str) -> str:
    return f'<p class="simulated">{WORDS[lang]["simulated"]}</p>' if page.ratings.is_simulated else ""


def _facts(ratings: Ratings, lang: str) -> str:
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
    if ratings.columns_left_out:
        facts[words["columns_left_out"]] = ", ".join(ratings.columns_left_out)
    return _definitions(facts)


def _scales(ratings: Ratings, lang: str) -> str:
    words = WORDS[lang]
    columns = ["scale", "range", "low", "high", "status"]
    rows = []
    for scale in ratings.scales:
        ends = [in_language(scale.low, lang), in_language(scale.high, lang)]
        bounds = f"{scale.minimum:g}–{scale.maximum:g}"
        rows.append([in_language(scale.label, lang), bounds, *ends, words[ratings.status(scale.key)]])
    kept = [n for n, name in enumerate(columns) if name not in {"low", "high"} or any(row[n] for row in rows)]
    return _table([words[columns[n]] for n in kept], [[row[n] for n in kept] for row in rows])


def _figure(page: Page, lang: str) -> str:
    words = WORDS[lang]
    drawn = lang if lang in page.figures else "en"
    caption = words["figure7"] + (words["figure7_sealed"] if page.ratings.is_sealed else "")
    if drawn != lang:
        caption += words["no_chinese_figure"]
    data = base64.b64encode(page.figures[drawn].read_bytes()).decode()
    image = f'<img alt="{escape(words["figure7"])}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _means(page: Page, lang: str) -> str:
    ratings, words = page.ratings, WORDS[lang]
    rows_of = {(row["scale"], row["system"]): row for row in page.means.frame.to_dict("records")}
    rows = []
    for system in system_order(ratings.systems, ratings.real_system):
        cells = [rows_of.get((scale.key, system)) for scale in ratings.scales]
        rows.append([_name(page, system, lang), *("" if row is None else _mean_cell(row) for row in cells)])
    header = [words["system"], *(in_language(scale.label, lang) for scale in ratings.scales)]
    notes = [note[lang] for note in page.means.notes[1:]]
    return _simulated(page, lang) + _table(header, rows, page.means.caption[lang]) + _list(notes)


def _mean_cell(row: Mapping[object, float]) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({row['ci_low']:.2f}–{row['ci_high']:.2f})"
    return f"{row['mean']:.2f}{interval}"


def _said(page: Page, lang: str) -> str:
    """One sentence a named contrast, or one a scale; then every difference in a table."""
    sentences = [text[lang] for text in verdicts(page.ratings, page.found)]
    if page.ratings.is_sealed and page.ratings.plan_sha256:
        sentences.append(WORDS[lang]["seal_plan"])
    return _list(sentences) + _further(page, lang, ["contrasts", "equivalence", "omnibus"])


def _trusted(page: Page, lang: str) -> str:
    """What the models say of themselves, how experts agree, and whether other analyses end alike."""
    words = WORDS[lang]
    notes = _list([text[lang] for text in page.found.fit_notes])
    missing = _list([text[lang] for text in page.found.missing.values()])
    parts = [f"<h3>{words['doubts']}</h3>{notes}" if notes else ""]
    parts.append(_further(page, lang, ["reliability", "screening", "order_effects", "sensitivity"]))
    parts.append(f"<h3>{words['not_made']}</h3>{missing}" if missing else "")
    return "".join(parts)


def _all_tables(page: Page, lang: str) -> str:
    elsewhere = {"contrasts", "equivalence", "omnibus", "reliability", "screening", "order_effects", "sensitivity"}
    metrics = {"clip_correlations", "system_correlations"}
    return _further(page, lang, [table.name for table in page.further if table.name not in elsewhere | metrics])


def _further(page: Page, lang: str, names: Sequence[str]) -> str:
    """Tables to open and close, so that the page can be read without them."""
    parts = []
    for table in (table for table in page.further if table.name in names):
        header, rows = shown(table, page.ratings, lang)
        notes = _list([note[lang] for note in table.notes])
        inside = _simulated(page, lang) + _table(header, rows) + notes
        parts.append(
            f'<details id="{lang}-{table.name}"><summary>{escape(table.caption[lang])}</summary>{inside}</details>'
        )
    return "\n".join(parts)


def _limits(page: Page, lang: str) -> list[str]:
    ratings, words = page.ratings, WORDS[lang]
    frame = ratings.counted
    cells = frame.groupby("scale").agg({"expert_id": "nunique"})["expert_id"]
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    keys = ["cannot_rank", "cannot_many", "cannot_beyond"]
    if len(frame) < cells.sum() * clips:
        keys.append("cannot_incomplete")
    if frame["expert_id"].nunique() < FEW_EXPERTS:
        keys.append("cannot_few")
    if ratings.bounds_observed:
        keys.append("cannot_range")
    if ratings.plan_sha256 is None:
        keys.append("no_plan")
    return [words[key] for key in keys]


def _objective(page: Page, lang: str) -> str:
    if page.objective is None:
        return ""
    words = WORDS[lang]
    header = [words["system"], words["metric"], words["mean"], "sd", words["clips"]]
    rows = [
        [_name(page, str(row[0]), lang), *(readable(value, page.objective.decimals) for value in row[1:])]
        for row in page.objective.frame.itertuples(index=False)
    ]
    notes = [note[lang] for note in page.objective.notes]
    table = _table(header, rows, page.objective.caption[lang])
    said = _list([text[lang] for text in page.found.metric_notes])
    correlations = _further(page, lang, ["clip_correlations", "system_correlations"])
    return f"<h2>{words['objective']}</h2>" + _simulated(page, lang) + table + _list(notes) + said + correlations


def _made(page: Page, lang: str) -> str:
    words = WORDS[lang]
    facts = {words[key]: value or words["none"] for key, value in page.stamp.items()}
    return _definitions({**facts, words["files"]: ", ".join(page.files)})


def _name(page: Page, system: str, lang: str) -> str:
    name = system_label(system, lang, page.ratings.system_labels)
    return WORDS[lang]["legend_code"].format(name=name) if page.ratings.is_sealed else name


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="scroll"><table>{title}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    return f'<td class="number">{escape(text)}</td>' if text.lstrip("−< ")[:1].isdigit() else f"<td>{escape(text)}</td>"


def _list(texts: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if texts else ""


def _definitions(facts: Mapping[str, object]) -> str:
    return (
        "<dl>"
        + "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items())
        + "</dl>"
    )
