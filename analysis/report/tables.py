"""The tables of a report, each as CSV (exact columns, six decimals, p in full), Markdown and LaTeX (for reading)."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from analysis.data.dataset import Text
from analysis.report.format_p import p_number
from analysis.report.style import simulated_mark
from formats.messages import LANGUAGES, SOURCE, CountedText, LazyText

P_VALUES = frozenset({"p", "p_holm", "p_simultaneous", "p_linear", "p_ordinal"})
LATEX_SPECIAL = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "×": r"$\times$"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"},
    **{"[": "{[}", "*": "{*}"},  # at the start of a row, `\\` before it would take them for its own options
}


@dataclass(frozen=True)
class Table:
    """A table with its caption and notes in both languages; `decimals` and `printed`, a frame of words
    in place of the numbers, are for reading, not for the CSV."""

    name: str
    frame: pd.DataFrame
    caption: Text
    notes: tuple[Text, ...]
    is_simulated: bool
    decimals: int = 2
    printed: pd.DataFrame | None = None

    @property
    def shown(self) -> pd.DataFrame:
        """The frame for reading."""
        return self.frame if self.printed is None else self.printed


def points(number: float) -> LazyText:
    """A difference with its unit: 0.5 points."""
    return CountedText("{number:g} point", "{number:g} points", 1 if number == 1 else 2, number=number)


def write_table(table: Table, folder: Path) -> list[Path]:
    """Write the table as CSV, Markdown and LaTeX into a folder."""
    texts = {
        "csv": csv_text(table.frame, is_simulated=table.is_simulated),
        "md": markdown_text(table),
        "tex": latex_text(table),
    }
    paths = [folder / f"{table.name}.{ending}" for ending in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths


def csv_text(frame: pd.DataFrame, *, is_simulated: bool, numbers: str = "%.6f") -> str:
    """UTF-8 CSV with LF, six decimals, p to six digits however small, empty cells for NaN, no minus before nothing but
    zeros. Simulated: one last row says so in its first cell."""
    stream = io.StringIO()
    exact = {name: frame[name].map(_exact_p) for name in frame.columns if name in P_VALUES}
    floats = frame.select_dtypes("float64").columns.difference(list(exact))
    plain = {name: frame[name].map(lambda value: 0.0 if float(numbers % value) == 0 else value) for name in floats}
    frame.assign(**exact, **plain).to_csv(stream, index=False, float_format=numbers, lineterminator="\n")
    if is_simulated:
        csv.writer(stream, lineterminator="\n").writerow([simulated_mark(), *[""] * (len(frame.columns) - 1)])
    return stream.getvalue()


def _exact_p(p: float) -> str:
    return "" if math.isnan(p) else f"{p:.6g}"


def readable(value: object, decimals: int, column: str = "") -> str:
    """A cell for reading: rounded, a p value as p values are read, and empty for NaN."""
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return ""
    return p_number(value) if column in P_VALUES else fixed(value, decimals)


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals, and no minus before nothing but zeros."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def span(low: str, high: str) -> str:
    """Two written numbers as an interval, with room for the sign where one is negative."""
    dash = " – " if "-" in low + high else "–"
    return f"{low}{dash}{high}".replace("-", "−")


def readable_rows(table: Table) -> list[list[str]]:
    """The cells of a table for reading."""
    names = [str(name) for name in table.shown.columns]
    rows = table.shown.itertuples(index=False)
    return [[readable(value, table.decimals, name) for name, value in zip(names, row, strict=True)] for row in rows]


def markdown_text(table: Table) -> str:
    """The table in Markdown, captions and notes in both languages."""
    header = [str(name) for name in table.shown.columns]
    rows = readable_rows(table)
    lines = [f"**{simulated_mark()}**", ""] if table.is_simulated else []
    lines += [f"**{table.caption[lang]}**\n" for lang in LANGUAGES]
    lines += [_markdown_row(header), _markdown_row(["---"] * len(header)), *map(_markdown_row, rows), ""]
    lines += [f"- {markdown_escape(note[lang])}" for lang in LANGUAGES for note in table.notes]
    return "\n".join(lines) + "\n"


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(markdown_escape, cells)) + " |"


def markdown_escape(text: str) -> str:
    """Text without Markdown's links, images, code, stars, cell borders and HTML."""
    return re.sub(r"[\\`*\[|]", r"\\\g<0>", escape(text, quote=False))


def latex_text(table: Table) -> str:
    """The table in LaTeX (needs booktabs), caption and notes in English.

    Names stay as the study has them: Chinese ones need XeLaTeX or LuaLaTeX and the package ctex.
    """
    header = [latex_escape(str(name)) for name in table.shown.columns]
    align = "".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in table.shown.dtypes)
    notes = [*(["SIMULATED ratings."] if table.is_simulated else []), *(note[SOURCE] for note in table.notes)]
    lines = [f"% {simulated_mark()}"] if table.is_simulated else []
    lines += [r"\begin{table}", r"\centering", rf"\caption{{{latex_escape(table.caption['en'])}}}"]
    lines += [rf"\label{{tab:{table.name}}}", rf"\begin{{tabular}}{{{align}}}", r"\toprule"]
    lines += [" & ".join(header) + r" \\", r"\midrule"]
    lines += [" & ".join(map(latex_escape, row)) + r" \\" for row in readable_rows(table)]
    lines += [r"\bottomrule", r"\end{tabular}", rf"\par\smallskip\footnotesize {latex_escape(' '.join(notes))}"]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def latex_escape(text: str) -> str:
    """Text with LaTeX's special characters made plain."""
    return re.sub("|".join(map(re.escape, LATEX_SPECIAL)), lambda match: LATEX_SPECIAL[match[0]], text)
