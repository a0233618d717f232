"""What reviewers of listening studies ask (Table 10), answered from the ratings, or left to the authors.

After Cooper, Le Maguer, Klabbers & Yamagishi (arXiv 2503.03250, 2025) and Chiang et al. (2023), who list what papers
leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.dataset import Text
from analysis.findings import Findings, planned_pairs, primary_scale
from analysis.look import LANGUAGES, system_label, system_order
from analysis.methods import facts
from analysis.ratings import Ratings
from analysis.words import in_language
from analysis.words_methods import ANSWERS, CHECKLIST, OPEN, REPORTED

COLUMNS = ("status", "item", "answer", "item_zh", "answer_zh")
#: Questions that no ratings can answer; the others are answered here.
FOR_AUTHORS = frozenset({"recruited", "asked_open", "heard_how", "drawn", "order_open", "open_data"})
#: Two forms of one question: the second for a file of ratings that no plan and no wording came with.
INSTEAD = {"asked": "asked_open", "order": "order_open"}


def checklist(ratings: Ratings, found: Findings) -> list[tuple[str, Text, Text]]:
    """Status (REPORTED or OPEN), question and answer, in every language."""
    values = {lang: {**facts(ratings, lang), **_answers(ratings, found, lang)} for lang in LANGUAGES}
    rows: list[tuple[str, Text, Text]] = []
    for key in _keys(ratings, found):
        item, answer = ({lang: CHECKLIST[key][lang][n].format(**values[lang]) for lang in LANGUAGES} for n in (0, 1))
        rows.append((OPEN if key in FOR_AUTHORS else REPORTED, item, answer))
    return rows


def checklist_frame(rows: Sequence[tuple[str, Text, Text]]) -> pd.DataFrame:
    """The checklist as a table (COLUMNS)."""
    cells = [(status, item["en"], answer["en"], item["zh-hans"], answer["zh-hans"]) for status, item, answer in rows]
    return pd.DataFrame(cells, columns=list(COLUMNS))


def _keys(ratings: Ratings, found: Findings) -> list[str]:
    passed = set(INSTEAD.values() if ratings.plan_sha256 else INSTEAD)
    passed |= set() if "reliability" in found.frames else {"agreement"}
    passed |= set() if "precision" in found.frames else {"power"}
    return [key for key in CHECKLIST if key not in passed]


def _answers(ratings: Ratings, found: Findings, lang: str) -> dict[str, str]:
    words, scale = ANSWERS[lang], primary_scale(ratings)
    planned = bool(planned_pairs(ratings, scale))
    known = facts(ratings, lang)
    return {
        "groups": _groups(ratings, lang),
        "per_system": _per_system(ratings, lang),
        "per_clip": _per_clip(ratings),
        "real": _real(ratings, lang),
        "frozen": words["frozen" if ratings.plan_sha256 else "not_frozen"].format(hash=ratings.plan_sha256),
        "flagged": str(_flagged(found, scale)),
        "family": words["planned" if planned else "all_pairs"],
        "equivalence": words["tested" if ratings.gap else "not_tested"].format(gap=known["gap"]),
        "ordinal": _ordinal(found, words),
        "icc": _value(found, "reliability", scale, "icc_2_1", words["unknown"]),
        "alpha_ordinal": _value(found, "reliability", scale, "alpha_ordinal", words["unknown"]),
        "smallest": _value(found, "precision", scale, "smallest_gap", words["unknown"]),
        "dataset_hash": ratings.sha256,
    }


def _groups(ratings: Ratings, lang: str) -> str:
    if "group" not in ratings.frame:
        return ""
    counts = ratings.frame.drop_duplicates("expert_id")["group"].value_counts().sort_index()
    labels = {key: in_language(text, lang) for key, text in ratings.group_labels.items()}
    named = [f"{labels.get(str(group)) or group} {count}" for group, count in counts.items() if group]
    return f" ({', '.join(named)})" if named else ""


def _per_system(ratings: Ratings, lang: str) -> str:
    counts = ratings.counted.groupby("system")["clip_id"].nunique().to_dict()
    order = system_order([str(name) for name in counts], ratings.real_system)
    return ", ".join(f"{system_label(name, lang, ratings.system_labels)} {counts[name]}" for name in order)


def _per_clip(ratings: Ratings) -> str:
    counts = ratings.counted.groupby(["scale", "system", "clip_id"]).size()
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low}–{high}"


def _real(ratings: Ratings, lang: str) -> str:
    if ratings.is_sealed:
        return ANSWERS[lang]["sealed"]
    if ratings.real_system is None:
        return ANSWERS[lang]["no"]
    return ANSWERS[lang]["yes"].format(name=system_label(ratings.real_system, lang, ratings.system_labels))


def _flagged(found: Findings, scale: str) -> int:
    table = found.frames.get("screening")
    return 0 if table is None else int((table["flagged"] & (table["scale"] == scale)).sum())


def _ordinal(found: Findings, words: Mapping[str, str]) -> str:
    table = found.frames.get("effects", pd.DataFrame({"kind": []}))
    checked = table[table["kind"] != ""]
    differ = int((checked["kind"] != "agree").sum())
    key = "no_check" if checked.empty else "differ" if differ else "agree"
    return words[key].format(count=len(checked), differ=differ)


def _value(found: Findings, table: str, scale: str, statistic: str, unknown: str) -> str:
    if table not in found.frames:
        return unknown
    frame = found.frames[table]
    values = frame.loc[(frame["scale"] == scale) & (frame["statistic"] == statistic), "value"].dropna()
    return f"{float(values.iloc[0]):.2f}" if len(values) else unknown
