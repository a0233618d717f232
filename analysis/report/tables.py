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
from textwrap import wrap

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
    **{"−": "$-$", "–": "--", "±": r"$\pm$", "≤": r"$\leq$", "≥": r"$\geq$", "²": "$^2$", "′": "$'$"},
    **{"α": r"$\alpha$", "β": r"$\beta$", "κ": r"$\kappa$", "ρ": r"$\rho$", "σ": r"$\sigma$", "χ": r"$\chi$"},
    **{"ζ": r"$\zeta$", "✓": r"$\surd$"},
    **{"[": "{[}", "*": "{*}"},  # at the start of a row, `\\` before it would take them for its own options
}
#: Longer tables go on over pages.
MAX_FLOAT_LENGTH = 35
#: Letters: a column of words up to SHORT is never set in lines; one beyond WIDEST_CELL need not be in one line.
SHORT, WIDEST_CELL = 12, 34
#: Points: the text's width and height in LaTeX's article, the room on either side of a column, and a column's least.
TEXT_WIDTH, TEXT_HEIGHT, GAP, MIN_CELL = 345, 550, 3, 30
#: Print by the number of columns, and about how wide a letter is in it, in points.
LATEX_SIZES = ((5, r"\small", 5.0), (8, r"\footnotesize", 4.5), (99, r"\scriptsize", 4.3))
#: Hashes, which may be broken.
HASH = re.compile(r"\b[0-9a-f]{40,}\b")
NUMERIC = re.compile(r"[-−<=.,\d\s()–%]*")
Rows = tuple[Sequence[str], Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Table:
    """A table with its caption and notes in both languages; `decimals` and `printed`, a frame of words in place of
    the numbers, are for reading, not for the CSV. `reading`: heading and rows as the page has them in English."""

    name: str
    frame: pd.DataFrame
    caption: Text
    notes: tuple[Text, ...]
    is_simulated: bool
    decimals: int = 2
    printed: pd.DataFrame | None = None
    reading: Rows | None = None

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
    """The table in LaTeX as the page shows it in English, with the packages that it needs in its first line.

    A long one goes on over pages (longtable), a wide one lies on its side (pdflscape). Names stay as the study has
    them: Chinese ones need XeLaTeX or LuaLaTeX and the package ctex.
    """
    header, rows = table.reading or ([str(name) for name in table.shown.columns], readable_rows(table))
    heads = _latex_heads(header, rows)
    columns, is_wide = _latex_columns(heads, rows)
    is_long = len(rows) > MAX_FLOAT_LENGTH
    packages = ["booktabs", *(["longtable"] if is_long else []), *(["pdflscape"] if is_wide else [])]
    body = [" & ".join(map(latex_escape, row)) + r" \\" for row in rows]
    notes = [*(["SIMULATED ratings."] if table.is_simulated else []), *(note[SOURCE] for note in table.notes)]
    lines, size = _latex_long if is_long else _latex_float, _latex_size(header)[0]
    made = lines(
        rf"\caption{{{latex_escape(table.caption[SOURCE])}}}\label{{tab:{table.name}}}",
        columns,
        " & ".join(map(_latex_head, heads)) + r" \\",
        body,
        rf"\par\smallskip\footnotesize {latex_escape(' '.join(notes))}" if notes else "",
    )
    mark = [f"% {simulated_mark()}"] if table.is_simulated else []
    sized = [r"\begingroup", rf"{size}\setlength{{\tabcolsep}}{{{GAP}pt}}", *made, r"\endgroup"]
    turned = [r"\begin{landscape}", *sized, r"\end{landscape}"] if is_wide else sized
    return "\n".join([*mark, rf"% \usepackage{{{','.join(packages)}}}", *turned]) + "\n"


def _latex_float(caption: str, columns: str, header: str, body: Sequence[str], notes: str) -> list[str]:
    tabular = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", header, r"\midrule", *body, r"\bottomrule"]
    return [r"\begin{table}[htbp]", r"\centering", caption, *tabular, r"\end{tabular}", notes, r"\end{table}"]


def _latex_long(caption: str, columns: str, header: str, body: Sequence[str], notes: str) -> list[str]:
    head = [r"\toprule", header, r"\midrule"]
    start = [rf"\begin{{longtable}}{{{columns}}}", caption + r"\\", *head, r"\endfirsthead", *head, r"\endhead"]
    return [*start, r"\bottomrule", r"\endfoot", *body, r"\end{longtable}", notes]


def _letters(text: str) -> float:
    """How many common letters a text is as wide as."""
    return sum(1.5 if sign.isupper() or sign in "−–<" else 1.0 for sign in text)


def _latex_size(header: Sequence[object]) -> tuple[str, float]:
    return next((size, letter) for most, size, letter in LATEX_SIZES if len(header) <= most)


def _latex_heads(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The lines of each heading: one, or several above numbers where the table would be too wide."""
    whole, numeric = [[name] for name in header], _numeric(rows, len(header))
    letter, body = _latex_size(header)[1], [max(map(_letters, cells), default=0) for cells in zip(*rows, strict=True)]
    widths = [max(_letters(name), width) for name, width in zip(header, body, strict=True)]
    if letter * sum(widths) + 2 * GAP * len(widths) <= TEXT_WIDTH:
        return whole
    return [
        wrap(name, max(SHORT, int(width))) if number and name else [name]
        for name, width, number in zip(header, body, numeric, strict=True)
    ]


def _latex_head(lines: Sequence[str]) -> str:
    words = r"\\".join(map(latex_escape, lines))
    return words if len(lines) == 1 else rf"\shortstack[r]{{{words}}}"


def _latex_columns(heads: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> tuple[str, bool]:
    """Numbers to the right, words to the left and in lines where there is no room; whether it lies on its side."""
    letter, cells = _latex_size(heads)[1], zip(*rows, strict=True)
    widths = [max(map(_letters, [*lines, *column])) for lines, column in zip(heads, cells, strict=True)]
    numeric = _numeric(rows, len(heads))
    are_words = [width > SHORT and not number for width, number in zip(widths, numeric, strict=True)]
    needs = [letter * width + 2 * GAP for width in widths]
    fixed = sum(need for need, words in zip(needs, are_words, strict=True) if not words)
    asked = [min(need, WIDEST_CELL * letter) for need, words in zip(needs, are_words, strict=True) if words]
    is_wide = fixed + sum(asked) > TEXT_WIDTH
    spare = (TEXT_HEIGHT if is_wide else TEXT_WIDTH) - fixed
    weights = [min(width, 2 * WIDEST_CELL) for width in widths]
    all_weights = sum(weight for weight, words in zip(weights, are_words, strict=True) if words)
    is_tight = sum(need for need, words in zip(needs, are_words, strict=True) if words) > spare
    return "".join(
        ("r" if number else "l")
        if not (words and is_tight)
        else rf"p{{{max(MIN_CELL, spare * weight / all_weights - 2 * GAP):.0f}pt}}"
        for number, words, weight in zip(numeric, are_words, weights, strict=True)
    ), is_wide


def _numeric(rows: Sequence[Sequence[str]], count: int) -> list[bool]:
    """Which columns hold numbers and nothing else."""
    return [any(row[n] for row in rows) and all(NUMERIC.fullmatch(row[n]) for row in rows) for n in range(count)]


def latex_escape(text: str) -> str:
    """Text with LaTeX's special characters made plain."""
    plain = re.sub("|".join(map(re.escape, LATEX_SPECIAL)), lambda match: LATEX_SPECIAL[match[0]], text)
    return HASH.sub(lambda match: r"\allowbreak{}".join(re.findall(".{1,8}", match[0])), plain)
