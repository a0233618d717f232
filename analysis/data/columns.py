"""Which columns of a wide table are scales, which are not, and why.

Where ratings are taken from decides everything after it, so no column is taken or left in silence: each has a reason
that the report gives, and `--scales` overrides all of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.data.bounds import infer
from analysis.data.rows import MISSING, Rows, parse_number
from formats.errors import InputError, Message
from formats.text import folded

IDENTITY = ("expert_id", "system", "clip_id")
#: Columns that say how a rating came about. They are never taken for a scale.
CIRCUMSTANCES = (
    *("group", "phase", "session", "trial", "block", "position", "is_repeat", "revision", "rated_at"),
    *("browser_at", "received_at", "prompt_id"),
    *("plays", "heard_ms", "rt_ms", "late", "known", "comment"),
)
LONG = ("scale", "rating")

#: Names that programs give to a time or a count, with the units that may follow.
UNIT = r"([ _.]*[(\[]?(ms|msec|s|sec|secs|seconds|minutes|min|utc|秒|毫秒|分钟)[)\]]?)?"
TIMES = re.compile(
    r"((rt|([a-z]+[ _.]+|reaction|response|answer|listening|elapsed|total|resp)?time\d*)([ _.]?(total|taken|spent"
    r"|elapsed|stamp|on page))?|duration|dur|latency|elapsed|seconds|date|start|end|(started|ended|created)([ _.]?at)?"
    rf"|(反应|作答|答题)?(时间|时长)|用时|反应时){UNIT}"
)
COUNTS = re.compile(
    r"(n|num|number of)?[ _.]?(plays|listens|replays|clicks|attempts|play[ _.]?count)|seed"
    r"|(trial|page|item|question|presentation|event|row|run|display)?[ _.]?(index|order|number|nr|no|id|position)"
)
NAMELESS = re.compile(r"(unnamed: ?\d+(_level_\d+)?|column ?\d+|v\d+)?")
#: A column of other words has no more than a scale has steps, each used this often on average.
MAX_WORDS, USES_OF_WORD = 11, 3
MIN_WORDS = 3
#: As many rows as numbers that count them must have, and trials of each expert.
MIN_ROWS, MIN_TRIALS = 12, 6

#: A scale has no more different values than this where they are not whole numbers and others of the table are.
MAX_FRACTIONS = 101
#: In this share of the rows a column of the experts (age) may say something else than usual, by a slip.
MAX_SLIPS = 0.1

#: Orders in which words of agreement or quality are usually meant, lowest first.
KNOWN_ORDERS = (
    ("strongly disagree", "disagree", "somewhat disagree", "slightly disagree", "neutral", "neither agree nor disagree")
    + ("slightly agree", "somewhat agree", "agree", "strongly agree"),
    ("bad", "very poor", "poor", "fair", "average", "good", "very good", "excellent"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("not at all", "slightly", "somewhat", "moderately", "very", "very much", "extremely"),
    ("very low", "low", "medium", "high", "very high"),
    ("非常不同意", "不同意", "有点不同意", "一般", "中立", "有点同意", "同意", "非常同意"),
    ("很差", "差", "较差", "一般", "较好", "好", "很好"),
)


@dataclass(frozen=True)
class Column:
    """One column of a table, or one scale of a long one: what it was used as, and why (a key of `intake.REASONS`).

    `used_as`: "scale", the name of a column of this project, or "" where it was left out.
    """

    name: str
    used_as: str
    reason: str


def plain_header(rows: Rows, renamed: Mapping[str, str]) -> Rows:
    """The rows with this project's names for its columns, whatever their capitals and blanks; `renamed` as given.

    Raises InputError for a column that is not there and for two of one name.
    """
    for ours, theirs in renamed.items():
        if ours not in (*IDENTITY, *CIRCUMSTANCES, *LONG):
            known = ", ".join((*IDENTITY, *LONG, *CIRCUMSTANCES))
            raise InputError(
                "--columns: %(ours)r is no column of this project; the names are %(known)s.", ours=ours, known=known
            )
        _there(rows, theirs)
    wanted = {_there(rows, theirs): ours for ours, theirs in renamed.items()}
    ours_by_name = {name: name for name in (*IDENTITY, *CIRCUMSTANCES, *LONG) if name not in wanted.values()}
    header = tuple(wanted.get(name) or ours_by_name.get(folded(name).replace(" ", "_"), name) for name in rows.header)
    for name in dict.fromkeys(filter(None, header)):
        same = [theirs for theirs, now in zip(rows.header, header, strict=True) if now == name]
        if len(same) > 1:
            raise InputError(
                "%(path)s, line 1: columns %(one)r and %(other)r are both %(name)s; rename one.",
                path=rows.path,
                one=same[0],
                other=same[1],
                name=name,
            )
    return replace(rows, header=header)


def _there(rows: Rows, name: str) -> str:
    """The column of that name, or the only one that differs from it by capitals and blanks alone."""
    if name in rows.header:
        return name
    same = [one for one in rows.header if folded(one) == folded(name)]
    if len(same) != 1:
        raise InputError(
            "%(path)s: there is no column %(name)r; the first line has %(columns)s.",
            path=rows.path,
            name=name,
            columns=", ".join(rows.header),
        )
    return same[0]


def choose(rows: Rows, wanted: Sequence[str], orders: Mapping[str, Sequence[str]]) -> list[Column]:
    """What each column of a wide table is used as. Raises InputError where words need an order, and where none fits.

    `wanted`: the scales that the user names. `orders`: those in words, with their order.
    """
    further = [name for name in dict.fromkeys(rows.header) if name not in (*IDENTITY, *CIRCUMSTANCES)]
    known = [Column(name, name, "known_name") for name in rows.header if name not in further]
    if wanted:
        named = [_there(rows, name) for name in wanted]
        chosen = [Column(name, "scale", "named") for name in dict.fromkeys(named)]
        return known + chosen + [Column(name, "", "not_named") for name in further if name not in named]
    judged = _without_fractions(rows, [_judged(rows, name, orders) for name in further])
    if not any(column.used_as for column in judged):
        judged = [Column(c.name, "scale", "only_one") if _may_be(rows, c) else c for c in judged]
    scales = [column.name for column in judged if column.used_as]
    words = next((column.name for column in judged if column.reason == "words_in_order"), None)
    if words is not None:
        raise ask_order(rows.path, words, rows.filled(words), scales)
    if not scales:
        raise InputError(
            "%(path)s holds no ratings: it needs the columns scale and rating, or one column of "
            "numbers a scale; name the scales with --scales if they are among %(further)s.",
            path=rows.path,
            further=", ".join(further) or Message("the columns"),
        )
    return known + judged


def _may_be(rows: Rows, column: Column) -> bool:
    """Whether a column that was left out for what its numbers repeat may be the only scale after all."""
    return column.reason in ("of_clip", "constant") and infer(_numbers(rows, column.name)).is_common


def _without_fractions(rows: Rows, columns: list[Column]) -> list[Column]:
    """The columns, those of fractions that hardly repeat no scales where others are: they are times or measurements."""
    fractions = {column.name for column in columns if column.reason == "numbers" and _hardly_repeats(rows, column.name)}
    if all(column.name in fractions for column in columns if column.used_as):
        return columns
    return [Column(column.name, "", "fractions") if column.name in fractions else column for column in columns]


def _hardly_repeats(rows: Rows, name: str) -> bool:
    """Whether a column has fractions, most of them once or more than a slider has, not just from 0 to 1."""
    values = np.array(_numbers(rows, name))
    different = len(np.unique(values))
    is_slider = values.min() >= 0 and values.max() <= 1
    return bool((values % 1 != 0).any() and not is_slider and different > min(MAX_FRACTIONS, len(values) / 2))


def _judged(rows: Rows, name: str, orders: Mapping[str, Sequence[str]]) -> Column:
    if name in orders:
        return Column(name, "scale", "ordered")
    if not rows.filled(name):
        return Column(name, "", "empty")
    if not rows.is_mostly_numeric(name):
        _refuse_commas(rows, name)
        return Column(name, "", "words_in_order" if _are_answers(rows, name) else "words")
    reason = next((key for key, is_so in RULES.items() if is_so(rows, name)), None)
    return Column(name, "", reason) if reason else Column(name, "scale", "numbers")


def _refuse_commas(rows: Rows, name: str) -> None:
    """Raise InputError where numbers of a column have decimal commas: it would be taken for words."""
    cells = rows.column(name)
    found = [place for place, text in enumerate(cells) if rows.has_decimal_comma(text)]
    numbers = sum(parse_number(text, decimal_comma=True) is not None for text in rows.filled(name))
    if found and 2 * numbers >= len(rows.filled(name)):
        raise rows.no_comma(cells[found[0]], rows.lines[found[0]], name)


def _numbers(rows: Rows, name: str) -> list[float]:
    found = (parse_number(text, decimal_comma=rows.decimal_comma) for text in rows.filled(name))
    return [value for value in found if value is not None]


def _is_nameless(rows: Rows, name: str) -> bool:
    return NAMELESS.fullmatch(folded(name)) is not None and (name == "" or _is_index(rows, name, least=1))


def _is_index(rows: Rows, name: str, least: int = MIN_ROWS) -> bool:
    """Whether the column counts the rows: each number one more than the one before."""
    values = _numbers(rows, name)
    return len(values) == len(rows.cells) >= least and bool((np.diff(values) == 1).all())


def _is_count(rows: Rows, name: str) -> bool:
    """Whether the column counts the trials of each expert: every number of a run once, in any order."""
    of_expert: dict[str, list[str]] = {}
    for expert, text in zip(rows.column("expert_id"), rows.column(name), strict=True):
        of_expert.setdefault(expert, []).append(text)
    return all(map(_is_run, of_expert.values()))


def _is_run(cells: Sequence[str]) -> bool:
    if len(cells) < MIN_TRIALS or not all(text.isdecimal() for text in cells):
        return False
    numbers = sorted(map(int, cells))
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _is_constant(rows: Rows, name: str) -> bool:
    return len(rows.cells) > 1 and len(set(rows.column(name))) == 1


def _is_of(keys: Sequence[str], most_slips: float = 0) -> Callable[[Rows, str], bool]:
    """Whether a column says the same in all rows of an expert (or clip) and not the same of all of them.

    Empty cells say nothing. Where each has many rows, this share of the cells may be slips that say something else.
    """

    def is_so(rows: Rows, name: str) -> bool:
        said: dict[tuple[str, ...], Counter[str]] = {}
        for *unit, text in zip(*map(rows.column, keys), rows.column(name), strict=True):
            if text.lower() not in MISSING:
                said.setdefault(tuple(unit), Counter())[text] += 1
        usual = [counts.most_common(1)[0] for counts in said.values()]
        differs, cells = len({text for text, _ in usual}) > 1, sum(counts.total() for counts in said.values())
        slips = cells - sum(count for _, count in usual)
        may_slip = all(counts.total() >= MIN_ROWS for counts in said.values())
        return differs and len(said) < cells and slips <= (most_slips * cells if may_slip else 0)

    return is_so


def _has_name(pattern: re.Pattern[str]) -> Callable[[Rows, str], bool]:
    return lambda rows, name: pattern.fullmatch(folded(name)) is not None


def names_no_scale(name: str) -> bool:
    """Whether a column's name alone may tell that it is no scale: that of a time or a count, or no name."""
    return any(pattern.fullmatch(folded(name)) for pattern in (NAMELESS, TIMES, COUNTS))


def _is_beyond(rows: Rows, name: str) -> bool:
    return not infer(_numbers(rows, name)).is_common


#: Why a column of numbers is no scale, the first that fits.
RULES: Mapping[str, Callable[[Rows, str], bool]] = {
    "nameless": _is_nameless,
    "index": _is_index,
    "time": _has_name(TIMES),
    "count": _has_name(COUNTS),
    "counts_trials": _is_count,
    "of_expert": _is_of(("expert_id",), MAX_SLIPS),
    "of_clip": _is_of(("system", "clip_id")),
    "constant": _is_constant,
    "beyond": _is_beyond,
}


#: Those of them that hold for a scale of a long table as well.
OF_LONG = ("time", "count", "of_expert", "beyond")


def reason_of_long(rows: Rows, key: str) -> str | None:
    """Why a scale of a long table, of which these are the rows, is no scale; None for a scale.

    People who melt a wide table melt its times and ages with it.
    """
    place = rows.header.index("rating")
    named = replace(rows, header=(*rows.header[:place], key, *rows.header[place + 1 :]))
    if not rows.is_mostly_numeric("rating"):
        return None
    return next((reason for reason in OF_LONG if RULES[reason](named, key)), None)


def _are_answers(rows: Rows, name: str) -> bool:
    """Whether words may be the steps of a scale: few, each used often, and not the same of an expert or a clip."""
    words = {folded(text) for text in rows.filled(name)}
    is_few = MIN_WORDS <= len(words) <= MAX_WORDS and len(rows.filled(name)) >= USES_OF_WORD * len(words)
    repeats = _is_of(("expert_id",))(rows, name) or _is_of(("system", "clip_id"))(rows, name)
    return is_few and not repeats


def ask_order(path: Path, name: str, cells: Sequence[str], others: Sequence[str] = ()) -> InputError:
    """The refusal of a scale in words: it asks for their order, or for the scales without it."""
    words = guessed_order(cells)
    return InputError(
        "%(path)s: %(name)s holds words and no numbers; give their order, the lowest first, with --order "
        "'%(name)s=%(words)s' (check this order)%(without)s.",
        path=path,
        name=name,
        words=",".join(words),
        without=Message(", or leave it out with --scales %(others)s", others=",".join(others)) if others else "",
    )


def guessed_order(cells: Sequence[str]) -> list[str]:
    """The different words of a column, lowest first where the words are usual ones, else as they come."""
    words = list({folded(text): text for text in reversed(cells)}.values())[::-1]
    order = next((known for known in KNOWN_ORDERS if all(folded(word) in known for word in words)), None)
    return sorted(words, key=lambda word: order.index(folded(word))) if order else words
