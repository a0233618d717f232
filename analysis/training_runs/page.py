"""report.html of training runs: one self-contained page, in English and Chinese."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from analysis.data.dataset import Text
from analysis.report.page import STYLES
from analysis.report.page import _definitions as definitions
from analysis.report.page import _list as listed
from analysis.report.page import _table as table
from analysis.training_runs.runs import Run
from analysis.training_runs.tables import Sheet, label
from analysis.training_runs.words import WORDS
from formats.messages import LANGUAGES, SOURCE, language_tag

#: Heading and contents of each part: figures and tables by name.
PARTS = (
    ("complexity", ("table1",)),
    ("curves", ("figure5",)),
    ("weights", ("figure6",)),
    ("metrics", ("table2", "differences")),
    ("spread", ("overlap", "sets")),
    ("pack", ("pack_means", "pack_differences")),
)


#: Tables of ten columns want room.
WIDE = (
    "body { max-width: 76rem; } table { font-size: .8rem; }\n"
    "th, td { min-width: 3.6rem; overflow-wrap: normal; } td.number { white-space: normal; }\n"
)


@dataclass(frozen=True)
class Page:
    """All that the page tells. ``figures`` holds the SVG of each figure by language."""

    runs: Mapping[tuple[str, str], Sequence[Run]]
    sheets: Sequence[Sheet]
    figures: Mapping[str, Mapping[str, Path]]
    facts: Sequence[Text]
    left_out: Sequence[Text]
    stamp: Mapping[str, str]
    files: Sequence[str]


def page_html(page: Page) -> str:
    """The whole page as HTML."""
    css = STYLES.read_text(encoding="utf-8")
    links = "".join(f'<a href="#{lang}" lang="{language_tag(lang)}">{LANGUAGES[lang]}</a>' for lang in LANGUAGES)
    sections = "\n".join(_section(page, lang) for lang in LANGUAGES)
    return (
        f'<!doctype html>\n<html lang="{SOURCE}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{WORDS[SOURCE]['title']}</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{css}{WIDE}</style>\n</head>\n'
        f"<body>\n<nav>{links}</nav>\n<main>\n{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(page: Page, lang: str) -> str:
    words = WORDS[lang]
    body = [f"<h1>{words['title']}</h1>", f"<h2>{words['asked']}</h2>", _asked(page, lang)]
    sheets = {sheet.name: sheet for sheet in page.sheets}
    for heading, names in PARTS:
        parts = [_figure(page, name, lang) for name in names if name in page.figures]
        parts += [_sheet(sheets[name], lang) for name in names if name in sheets]
        if parts:
            body += [f"<h2>{words[heading]}</h2>", *parts]
    if page.left_out:
        body += [f"<h2>{words['left_out']}</h2>", listed([text[lang] for text in page.left_out])]
    body += [f"<h2>{words['cannot']}</h2>", listed(_limits(page, lang)), f"<h2>{words['made']}</h2>", _made(page, lang)]
    return f'<section id="{lang}" lang="{language_tag(lang)}">\n' + "\n".join(body) + "\n</section>"


def _asked(page: Page, lang: str) -> str:
    runs = [f"{label(*key, lang)}: {len(group)}" for key, group in page.runs.items()]
    facts = "".join(f"<p>{escape(fact[lang])}</p>" for fact in page.facts)
    return definitions({WORDS[lang]["runs"]: "; ".join(runs)}) + facts


def _figure(page: Page, name: str, lang: str) -> str:
    drawn = page.figures[name]
    caption = WORDS[lang][name] + ("" if lang in drawn else WORDS[lang]["no_figure"])
    data = base64.b64encode(drawn.get(lang, drawn[SOURCE]).read_bytes()).decode()
    image = f'<img alt="{escape(WORDS[lang][name])}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _sheet(sheet: Sheet, lang: str) -> str:
    shown = sheet.shown[lang]
    rows = [[_unbroken(str(cell)) for cell in row] for row in shown.itertuples(index=False)]
    return table(list(shown.columns), rows, sheet.caption[lang]) + listed([note[lang] for note in sheet.notes])


def _unbroken(cell: str) -> str:
    """A cell that breaks before its interval, not within it."""
    return cell.replace(" … ", "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}").replace(" / ", "\N{NO-BREAK SPACE}/ ")


def _limits(page: Page, lang: str) -> list[str]:
    words = WORDS[lang]
    alone = [label(*key, lang) for key, group in page.runs.items() if len(group) == 1]
    once = [words["cannot_one_seed"].format(models=", ".join(alone))] if alone else []
    return [words["cannot_ear"], words["cannot_best"], *once, words["cannot_beyond"]]


def _made(page: Page, lang: str) -> str:
    words = WORDS[lang]
    facts = {words[key]: value or words["none"] for key, value in page.stamp.items()}
    return definitions({**facts, words["files"]: ", ".join(page.files)})
