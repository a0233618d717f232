"""Somebody who wants to know which code is which system before the seal is opened, and all that they try.

They have the pack, the owner's login with every page, form and download of the desk, previews, and one expert's
browser. An attack returns what it claims of codes, {} where it finds nothing to go by; a guess is no attack.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import pairwise, permutations
from string import ascii_uppercase
from typing import Any

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
import pyreadstat
import soundfile

from formats.pack import PackClip
from formats.study_file import StudyFile
from study.sequences import places_of
from study.services.study_creation import sessions_for

Row = Mapping[str, str]
#: Code -> system.
Claim = dict[str, str]


@dataclass
class Evidence:
    """What the attacker has. `seen`: every address of the desk with what it gave, archives unpacked.

    `browser`: the system of each clip of their expert, known from the music, by the clip's number in the session: with
    one clip a trial the trial's, else trials have their clips by place. `given`: that expert's ratings by (clip,
    scale); `previewed`: the same of the previews they walked through. `snapshots`: the board before the first trial and
    after each. `file`: the study file, which the owner wrote.
    """

    expert: str
    systems: Sequence[str]
    file: StudyFile
    seen: dict[str, bytes] = field(default_factory=dict)
    browser: dict[int, str] = field(default_factory=dict)
    given: dict[tuple[int, str], int] = field(default_factory=dict)
    previewed: list[dict[int, str]] = field(default_factory=list)
    snapshots: list[bytes] = field(default_factory=list)

    @property
    def codes(self) -> str:
        """The letters that stand for systems."""
        return ascii_uppercase[: len(self.systems)]

    @property
    def places(self) -> int:
        """Clips of a trial."""
        return self.file.clips_per_trial

    def trials(self) -> Iterator[tuple[int, list[str]]]:
        """Each trial's number with the systems of its clips by place."""
        for first in range(1, max(self.browser, default=0) + 1, self.places):
            if first in self.browser:
                yield (first - 1) // self.places + 1, [self.browser[first + n] for n in range(self.places)]

    def tables(self) -> Iterator[list[Row]]:
        """Every table in what was seen: of pages, CSV, workbooks and SPSS files."""
        for content in self.seen.values():
            yield from tables_of(content)

    def objects(self) -> Iterator[Any]:
        """Everything that is JSON, by whole files and by lines."""
        for content in self.seen.values():
            text = content.decode("utf-8", "replace")
            for piece in (text, *text.splitlines()) if text.startswith("{") else ():
                try:
                    yield json.loads(piece)
                except ValueError:
                    continue


class Ears:
    """Knows a clip of the pack again by its sound, whatever bytes were put around it."""

    def __init__(self, pack: Sequence[PackClip]) -> None:
        self.known = {_samples(clip.audio): clip for clip in pack}

    def system(self, audio: bytes) -> str:
        """Whose clip this is; "practice" for those of nobody."""
        return self.known[_samples(audio)].system


def _samples(data: bytes) -> bytes:
    return bytes(soundfile.read(io.BytesIO(data), dtype="int16")[0])


def revealed_x(evidence: Evidence) -> set[tuple[str, int]]:
    """The trials of whose X a table says which clip it is, or whether an answer about it is right."""
    rows = (
        {name.partition(" ")[2]: cell for name, cell in row.items()} for table in evidence.tables() for row in table
    )
    return {
        (row["expert_id"], int(row["trial"])) for row in rows if (row.get("x") or row.get("correct")) and "trial" in row
    }


#: What a row would call a clip whose system its study file names: the hidden reference, or an anchor.
ROLES = {"reference", "hidden reference", "hidden_reference", "anchor", "real"}


def revealed_roles(evidence: Evidence) -> set[tuple[str, int, int]]:
    """The places, by expert and trial, whose clip a table calls the hidden reference, an anchor, or a system's.

    The study file says which systems these are, so that a place's role names its system.
    """
    labels = {text.lower() for system in evidence.file.systems for text in system.label.values()}
    telling = ROLES | labels | set(evidence.systems)
    found = set()
    for row in (row for table in evidence.tables() for row in table):
        named = {name.partition(" ")[2]: cell for name, cell in row.items()}
        if {"expert_id", "trial", "place"} <= named.keys() and telling & {cell.lower() for cell in row.values()}:
            found.add((named["expert_id"], int(named["trial"]), int(_number(named["place"]) or 0)))
    return found


def share_of_guesses(file: StudyFile, seeds: Sequence[int]) -> float:
    """How often somebody names the system of another expert's clip who has one session and knows how plans are made.

    They make plans of other seeds, and learn for each clip of another session at which trial and place of their own
    they most often, or most rarely, had its system. The first half of the seeds is for learning, the second is guessed.
    """
    codes = ascii_uppercase[: len(file.systems)]
    plans = [np.array([_numbered(slot, codes) for slot in sessions_for(file, [*codes], n)["slots"]]) for n in seeds]
    learnt, guessed = (_agreement(half) for half in (plans[: len(plans) // 2], plans[len(plans) // 2 :]))
    rows = np.arange(len(learnt))
    most, least = learnt.argmax(axis=1), learnt.argmin(axis=1)
    others = len(codes) - 1
    is_same = learnt[rows, most] > (1 - learnt[rows, least]) / others
    return float(np.where(is_same, guessed[rows, most], (1 - guessed[rows, least]) / others).mean())


def _numbered(slot: Mapping[str, Any], codes: str) -> list[int]:
    firsts = (trial for trial in slot["trials"] if not trial["repeat"])
    return [codes.index(place["system"]) for trial in firsts for place in places_of(trial)]


def _agreement(plans: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.float64]:
    """How often the clip at a row's place of one session has the system of the clip at a column's of another."""
    pairs = [(other, own) for plan in plans for other, own in permutations(plan, 2)]
    total = sum((other[:, None] == own[None, :] for other, own in pairs), np.zeros((len(pairs[0][0]),) * 2))
    return np.asarray(total / len(pairs))


def tables_of(content: bytes) -> Iterator[list[Row]]:
    """Every table in a file or a page, its rows by the names of their columns."""
    if content.startswith(b"$FL"):
        with io.BytesIO(content) as file:
            yield _spss(file)
    elif content.startswith(b"PK"):
        for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
            yield _named([[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)])
    elif b"\0" not in content[:1000]:
        text = content.decode("utf-8-sig", "replace")
        if text.lstrip().startswith("<"):
            yield from (_named(_cells(table)) for table in re.findall(r"<table.*?</table>", text, re.DOTALL))
        elif "," in text.partition("\n")[0]:
            yield _named(list(csv.reader(io.StringIO(text))))


def _spss(file: io.BytesIO) -> list[Row]:
    with tempfile.NamedTemporaryFile(suffix=".sav") as scratch:
        scratch.write(file.read())
        scratch.flush()
        frame: pd.DataFrame = pyreadstat.read_sav(scratch.name)[0]
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cells(table: str) -> list[list[str]]:
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row] for row in found]


def _named(rows: list[list[str]]) -> list[Row]:
    head, *body = rows or [[]]
    return [dict(zip([f"{n} {name}" for n, name in enumerate(head)], row, strict=False)) for row in body]


# The attacks


def of_rows(evidence: Evidence) -> Claim:
    """A row names the expert, a trial and a code."""
    found = [
        _settled((row[code], evidence.browser[number]) for row, number in mine)
        for rows in evidence.tables()
        for code in _columns_of_codes(rows, evidence.codes)
        for mine in _of_the_expert(rows, evidence)
    ]
    return max(found, key=len, default={})


def of_clips(evidence: Evidence) -> Claim:
    """A row of the expert's names something of the clip, and another row, anywhere, the same thing with a code."""
    tables = [rows for rows in evidence.tables() if rows]
    coded = [(row, row[code]) for rows in tables for code in _columns_of_codes(rows, evidence.codes) for row in rows]
    found = []
    for mine in (mine for rows in tables for mine in _of_the_expert(rows, evidence)):
        heard: dict[str, set[str]] = {}
        for row, number in mine:
            for cell in row.values():
                heard.setdefault(cell, set()).add(evidence.browser[number])
        names = {cell: min(of) for cell, of in heard.items() if len(of) == 1 and len(cell) > 7}
        found.append(_settled((code, names[cell]) for row, code in coded for cell in row.values() if cell in names))
    return max(found, key=len, default={})


def _of_the_expert(rows: list[Row], evidence: Evidence) -> Iterator[list[tuple[Row, int]]]:
    """The expert's rows of a table with the clip's number, by each column that might be the trial's and the place."""
    own = [row for row in rows if evidence.expert in row.values()]
    every = range(1, evidence.places + 1)
    cells = {column: [_number(row.get(column, "")) for row in own] for column in (own[0] if own else ())}
    places: list[Sequence[int | None]] = [[place] * len(own) for place in every]
    places += [found for found in cells.values() if evidence.places > 1 and set(found) == set(every)]
    for numbers in cells.values():
        for place in places:
            stands = [((n or 0) - 1) * evidence.places + (at or 0) for n, at in zip(numbers, place, strict=True)]
            if mine := [(row, stand) for row, stand in zip(own, stands, strict=True) if stand in evidence.browser]:
                yield mine


def of_sequences(evidence: Evidence) -> Claim:
    """Somewhere stands an order of codes that is the expert's, or a preview's, under other names."""
    wanted = [evidence.browser, *evidence.previewed]
    orders = [order for item in evidence.objects() for order in _orders_in(item, evidence.codes)]
    return _fitting(orders, wanted, evidence.places)


def of_seeds(evidence: Evidence) -> Claim:
    """Any number that is called a seed, put into the program that makes session plans, gives the expert's order."""
    texts = [content.decode("utf-8", "replace") for content in evidence.seen.values()]
    found = {number for text in texts for number in re.findall(r"(?i)seed[^0-9]{0,60}(\d{1,16})\b", text)}
    seeds = {int(number) for number in found} | {evidence.file.design.seed or 0}
    plans = (sessions_for(evidence.file, list(evidence.codes), seed) for seed in sorted(seeds) if seed < 2**53)
    rows = [slot["trials"] for plan in plans for slot in plan["slots"]]
    orders = [[place["system"] for trial in row for place in places_of(trial)] for row in rows]
    return _fitting(orders, [evidence.browser], evidence.places)


def of_places(evidence: Evidence) -> Claim:
    """Clips of a page stand in the order of their systems' codes. A few pages do by chance."""
    pages = [systems for _, systems in evidence.trials()]
    if evidence.places == 1 or len(evidence.browser) < 3 * len(evidence.systems):
        return {}
    fitting = [
        names
        for names in _namings(evidence)
        if all(codes == sorted(codes) for codes in ([names[system] for system in page] for page in pages))
    ]
    return _common(fitting)


def of_counts(evidence: Evidence) -> Claim:
    """A table says how often a code stands at each trial number: never where the expert heard another."""
    for item in evidence.objects():
        for table in _dicts_in(item):
            if set(table) == set(evidence.codes) and all(isinstance(row, list) for row in table.values()):
                fitting = [
                    names
                    for names in _namings(evidence)
                    if all(
                        number > len(table[names[system]]) or table[names[system]][number - 1]
                        for number, systems in evidence.trials()
                        for system in systems
                    )
                ]
                if len(fitting) == 1:
                    return {code: system for system, code in fitting[0].items()}
    return {}


def of_changes(evidence: Evidence) -> Claim:
    """After the expert's trial the board changed in the rows that have the codes of its clips."""
    seen = []
    for (_, systems), (before, after) in zip(evidence.trials(), pairwise(evidence.snapshots), strict=False):
        old, new = (Counter(_lines(content)) for content in (before, after))
        changed = {cell for line in new - old for cell in line if cell in evidence.codes and cell}
        if len(changed) == len(set(systems)):
            seen.append((changed, systems))
    if not seen:
        return {}
    return _common([names for names in _namings(evidence) if all({names[one] for one in s} == c for c, s in seen)])


def of_numbers(evidence: Evidence) -> Claim:
    """A code has fewer ratings than another, as the systems in a session that was left half-way."""
    own = Counter(evidence.browser.values())  # of pairs and sets, clips that were compared or rated
    if len({own[system] for system in evidence.systems}) == 1:
        return {}
    for rows in evidence.tables():
        for code in _columns_of_codes(rows, evidence.codes):
            for column in rows[0]:
                counts = {row[code]: _number(row.get(column, "")) for row in rows}
                if len(counts) == len(evidence.codes) and None not in counts.values():
                    fitting = [
                        names
                        for names in _namings(evidence)
                        if len({(counts[code] or 0) - own[system] for system, code in names.items()}) == 1
                    ]
                    if sure := _common(fitting):
                        return sure
    return {}


def of_differences(evidence: Evidence) -> Claim:
    """Two sets of means by code differ by just what the expert gave to each system."""
    means = [found for rows in evidence.tables() if (found := _means(rows, evidence.codes))]
    scales = {scale for _number, scale in evidence.given}
    own = {
        (system, scale): sum(
            evidence.given.get((n, scale), 0) for n, name in evidence.browser.items() if name == system
        )
        for system in evidence.systems
        for scale in scales
    }
    heard = evidence.file.design.heard_per_expert or 0
    for one in means:
        for other in means:
            for sessions in range(1, 200) if one != other else ():
                fitting = [names for names in _namings(evidence) if _explains(one, other, own, names, heard, sessions)]
                if len(fitting) == 1:
                    return {code: system for system, code in fitting[0].items()}
    return {}


ATTACKS: dict[str, Callable[[Evidence], Claim]] = {
    "rows": of_rows,
    "clips": of_clips,
    "sequences": of_sequences,
    "seeds": of_seeds,
    "places": of_places,
    "counts": of_counts,
    "changes": of_changes,
    "numbers": of_numbers,
    "differences": of_differences,
}


def claims(evidence: Evidence) -> dict[str, Claim]:
    """What each attack that finds anything claims."""
    return {name: claim for name, attack in ATTACKS.items() if (claim := attack(evidence))}


# Their tools


def _columns_of_codes(rows: list[Row], codes: str) -> list[str]:
    """The columns in which nothing stands but codes, more than one of them."""
    if not rows:
        return []
    found = []
    for name in rows[0]:
        values = {row.get(name, "") for row in rows}
        if len(values) > 1 and all(len(value) == 1 and value in codes for value in values):
            found.append(name)
    return found


def _number(cell: str) -> int | None:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 16 else None


def _settled(pairs: Iterator[tuple[str, str]]) -> Claim:
    """Code -> system where the pairs are all of one mind, and no two codes have one system."""
    seen: dict[str, set[str]] = {}
    for code, system in pairs:
        seen.setdefault(code, set()).add(system)
    sure = {code: next(iter(systems)) for code, systems in seen.items() if len(systems) == 1}
    return sure if len(set(sure.values())) == len(sure) else {}


def _namings(evidence: Evidence) -> Iterator[dict[str, str]]:
    """Every way in which codes may stand for systems: {system: code}."""
    for codes in permutations(evidence.codes):
        yield dict(zip(evidence.systems, codes, strict=True))


def _common(namings: Sequence[Mapping[str, str]]) -> Claim:
    """Code -> system where all namings have it so."""
    pairs = [{(code, system) for system, code in naming.items()} for naming in namings]
    return dict(set.intersection(*pairs)) if pairs else {}


def _dicts_in(item: Any) -> Iterator[dict[str, Any]]:
    if isinstance(item, dict):
        yield item
    for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
        yield from _dicts_in(inner)


def _orders_in(item: Any, codes: str) -> Iterator[list[str]]:
    """Every list in a piece of JSON whose items name codes, or have lists of what names codes, as a list of codes."""
    if isinstance(item, list) and item and all(isinstance(inner, dict) for inner in item):
        for key in item[0]:
            lists = [inner.get(key) for inner in item]
            if all(isinstance(each, list) for each in lists):
                yield from _orders_in([one for each in lists for one in each], codes)
            order = [str(each) for each in lists]
            if len(set(order)) > 1 and all(len(code) == 1 and code in codes for code in order):
                yield order
    for inner in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
        yield from _orders_in(inner, codes)


def _fitting(orders: Sequence[Sequence[str]], wanted: Sequence[Mapping[int, str]], places: int) -> Claim:
    """The one way to read an order of codes as an order of systems that was heard; {} where there are several.

    A few trials fit some order by chance: three of each system and more are asked for, and of sets, whose pages have
    all systems in one of a square's few rows, three pages for each row.
    """
    found = set()
    for heard in wanted:
        systems_heard = len(set(heard.values()))
        if len(heard) < 3 * systems_heard * (places if places == systems_heard else 1):
            continue
        for order in orders:
            pairs = {(order[number - 1], system) for number, system in heard.items() if number <= len(order)}
            codes, systems = ({pair[n] for pair in pairs} for n in (0, 1))
            if len(heard) <= len(order) and len(pairs) == len(codes) == len(systems) > 1:
                found.add(frozenset(pairs))
    return dict(next(iter(found))) if len(found) == 1 else {}


def _lines(content: bytes) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for rows in tables_of(content) for row in rows]


def _means(rows: list[Row], codes: str) -> dict[tuple[str, str], float]:
    """Means by code and scale, where a table has them."""
    names = {name.partition(" ")[2]: name for name in rows[0]} if rows else {}
    if not {"scale", "system", "mean"} <= set(names) or {row[names["system"]] for row in rows} - set(codes):
        return {}
    return {(row[names["system"]], row[names["scale"]]): float(row[names["mean"]]) for row in rows}


def _explains(
    one: Mapping[tuple[str, str], float],
    other: Mapping[tuple[str, str], float],
    own: Mapping[tuple[str, str], int],
    names: Mapping[str, str],
    heard: int,
    sessions: int,
) -> bool:
    """Whether the second means are the first with one more session, the expert's own."""
    for (system, scale), total in own.items():
        cell = names[system], scale
        more = (other[cell] * (sessions + 1) - one[cell] * sessions) * heard
        if abs(more - total) >= 0.01:
            return False
    return True
