"""What reviewers of listening studies ask (Table 10), answered from the ratings, or left to the authors.

After Cooper, Le Maguer, Klabbers & Yamagishi (arXiv 2503.03250, 2025) and Chiang et al. (2023), who list what papers
leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.findings import Findings, primary_scale
from analysis.report.methods import Made, compared, facts, label_of
from analysis.report.style import system_label, system_order
from analysis.statistics.mixed_model.model import ALL_PAIRS, PLANNED
from analysis.words_methods import ANSWERS, CHECKLIST, OPEN, REPORTED
from formats.messages import LANGUAGES, SOURCE, counter, in_a_row, in_language, listed, translate

#: Questions that no ratings can answer; the others are answered here.
FOR_AUTHORS = frozenset({"recruited", "asked_open", "heard_how", "drawn", "drawn_open", "order_open", "open_data"})
#: Two forms of one question: the second for a file of ratings that no plan and no wording came with.
INSTEAD = {"asked": "asked_open", "drawn": "drawn_open", "order": "order_open"}


def checklist(ratings: Ratings, found: Findings) -> list[tuple[str, Text, Text]]:
    """Status (REPORTED or OPEN), question and answer, in every language."""
    values = {lang: {**facts(ratings, lang), **_answers(ratings, found, lang)} for lang in LANGUAGES}
    rows: list[tuple[str, Text, Text]] = []
    for key in _keys(ratings, found):
        item, answer = (
            {lang: translate(lang, words, **values[lang]) for lang in LANGUAGES} for words in CHECKLIST[key]
        )
        rows.append((OPEN if key in FOR_AUTHORS else REPORTED, item, answer))
    return rows


def checklist_frame(rows: Sequence[tuple[str, Text, Text]]) -> pd.DataFrame:
    """The checklist as a table: status, item and answer in English, item_zh and answer_zh, then further languages."""
    ends = ["" if lang == SOURCE else f"_{lang.split('-')[0]}" for lang in LANGUAGES]
    cells = [(status, *(text[lang] for lang in LANGUAGES for text in (item, answer))) for status, item, answer in rows]
    return pd.DataFrame(cells, columns=["status", *(f"{name}{end}" for end in ends for name in ("item", "answer"))])


def _keys(ratings: Ratings, found: Findings) -> list[str]:
    scale = primary_scale(ratings)
    passed = set(INSTEAD.values() if ratings.plan_sha256 else INSTEAD)
    passed |= set() if _agreement(found, scale) else {"agreement"}
    passed |= {"power", "power_none"} - {_power(found, scale)}
    return [key for key in CHECKLIST if key not in passed]


def _power(found: Findings, scale: str) -> str:
    """Which answer says how large a difference such a study finds: a number, that none is large enough, or neither."""
    table = found.frames.get("precision", pd.DataFrame(columns=["scale", "statistic", "value", "note"]))
    rows = table[(table["scale"] == scale) & (table["statistic"] == "smallest_gap")]
    if rows["value"].notna().any():
        return "power"
    return "power_none" if (rows["note"] == "beyond_scale").any() else ""


def _answers(ratings: Ratings, found: Findings, lang: str) -> dict[str, str]:
    words, made = ANSWERS[lang], Made(ratings, found)
    return {
        "groups": _groups(ratings, lang),
        "per_system": _per_system(ratings, lang),
        "per_clip_named": _per_clip(ratings, lang),
        "real": _real(ratings, lang),
        "frozen": words["frozen" if ratings.plan_sha256 else "not_frozen"].format(hash=ratings.plan_sha256),
        "flags": _flags(made, lang),
        "unit": words[_unit(made)],
        "many": _many(made, words),
        "equivalence": _equivalence(made, lang),
        "ordinal": _ordinal(found, words),
        "agreement": listed(lang, _agreement(found, primary_scale(ratings))),
        "smallest": _value(found, "precision", primary_scale(ratings), "smallest_gap"),
        "dataset_hash": ratings.sha256,
    }


def _flags(made: Made, lang: str) -> str:
    """Whom screening flags on the primary scale, if it could be made, and whether results without them are given."""
    words, scale = ANSWERS[lang], primary_scale(made.ratings)
    if not made.has("screening", "agreement", scale=scale):
        return ""
    count = _flagged(made.found, scale)
    said = [words["flagged"].format(primary=label_of(made.ratings, scale, lang), flagged=count)]
    if made.has("sensitivity", "difference", analysis="screened", scale=scale):
        said.append(words["screened"])
    return in_a_row(lang, [*said, ""])


def _unit(made: Made) -> str:
    if not made.has_intervals:
        return "unit_none"
    return "unit_untold" if made.untold else "unit"


def _many(made: Made, words: Mapping[str, str]) -> str:
    planned, pairs = made.adjusted(PLANNED), made.adjusted(ALL_PAIRS)
    if planned or pairs:
        return words["many"].format(family=words["planned" if planned else "all_pairs"])
    return words["many_one" if made.has("contrasts", "p") else "many_none"]


def _equivalence(made: Made, lang: str) -> str:
    words = ANSWERS[lang]
    if made.ratings.gap is None:
        return words["no_gap"]
    if not made.has("equivalence", "p"):
        return words["gap_untested"]
    return words["tested"].format(gap=facts(made.ratings, lang)["gap"])


def _agreement(found: Findings, scale: str) -> list[str]:
    """The statistics of agreement that there are."""
    named = {"ICC(2,1)": "icc_2_1", "Krippendorff α": "alpha_ordinal"}
    values = {name: _value(found, "reliability", scale, statistic) for name, statistic in named.items()}
    return [f"{name} {value}" for name, value in values.items() if value]


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


def _per_clip(ratings: Ratings, lang: str) -> str:
    counts = ratings.counted.groupby(["scale", "system", "clip_id"]).size()
    low, high = int(counts.min()), int(counts.max())
    number = f"{low}" if low == high else f"{low}–{high}"
    ngettext = counter(lang)
    return ngettext("{number} rating", "{number} ratings", high, number=number)


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
    if "ordinal_model" not in found.frames:
        return words["no_model"]
    count = compared(found)
    if not count:
        return words["no_check"]
    differ = count - int((found.frames["effects"]["kind"] == "agree").sum())
    return words[("differ" if differ else "agree") + "_one" * (count == 1)].format(count=count, differ=differ)


def _value(found: Findings, table: str, scale: str, statistic: str) -> str:
    """A statistic of a scale with two decimals; "" where there is none."""
    if table not in found.frames:
        return ""
    frame = found.frames[table]
    values = frame.loc[(frame["scale"] == scale) & (frame["statistic"] == statistic), "value"].dropna()
    return f"{float(values.iloc[0]):.2f}" if len(values) else ""
