"""What a reviewer will ask: the questions that no finding owns, and the table of all."""

from __future__ import annotations

from analysis.data.ratings import Ratings
from analysis.report.checklist import checklist, checklist_frame, question
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Rows, Section
from analysis.report.style import system_label, system_order
from analysis.report.tables import say
from analysis.words_methods import ANSWERS
from formats.messages import counter, in_language


def _is_planned(found: Findings) -> bool:
    return bool(found.ratings.plan_sha256)


def _is_unplanned(found: Findings) -> bool:
    return not found.ratings.plan_sha256


def _groups(ratings: Ratings, lang: str) -> str:
    if "group" not in ratings.frame:
        return ""
    counts = ratings.frame.drop_duplicates("expert_id")["group"].value_counts().sort_index()
    labels = {key: in_language(text, lang) for key, text in ratings.group_labels.items()}
    named = [f"{labels.get(str(group)) or group} {count}" for group, count in counts.items() if group]
    return f" ({', '.join(named)})" if named else ""


def _clips(found: Findings, lang: str) -> dict[str, str]:
    """How many clips each system has, and how many ratings each clip."""
    ratings = found.ratings
    counts = ratings.counted.groupby("system")["clip_id"].nunique().to_dict()
    order = system_order([str(name) for name in counts], ratings.real_system)
    sizes = ratings.counted.groupby(["scale", "system", "clip_id"]).size()
    low, high = int(sizes.min()), int(sizes.max())
    number, ngettext = f"{low}" if low == high else f"{low}–{high}", counter(lang)
    return {
        "per_system": ", ".join(f"{system_label(name, lang, ratings.system_labels)} {counts[name]}" for name in order),
        "per_clip_named": ngettext("{number} rating", "{number} ratings", high, number=number),
    }


def _real(ratings: Ratings, lang: str) -> str:
    if ratings.is_sealed:
        return ANSWERS[lang]["sealed"]
    if ratings.real_system is None:
        return ANSWERS[lang]["no"]
    return ANSWERS[lang]["yes"].format(name=system_label(ratings.real_system, lang, ratings.system_labels))


def _frozen(found: Findings, lang: str) -> dict[str, str]:
    key = "frozen" if _is_planned(found) else "not_frozen"
    return {"frozen": ANSWERS[lang][key].format(hash=found.ratings.plan_sha256)}


def _grid(found: Findings, lang: str) -> Rows:
    words = ANSWERS[lang]
    rows = [[item[lang], answer[lang], words[status]] for status, item, answer in checklist(found)]
    return [words["item"], words["answer"], ""], rows


CHECKLIST = Finding[Findings](
    "checklist",
    say("checklist"),
    say("checklist"),
    lambda found: checklist_frame(checklist(found)),
    grid=_grid,
    folded=False,
    under_codes=True,
)

SECTION = Section(
    "checklist",
    say("checklist"),
    [CHECKLIST],
    questions=[
        question("listeners", lambda found, lang: {"groups": _groups(found.ratings, lang)}),
        question("recruited", is_open=True),
        question("asked", holds=_is_planned),
        question("asked_open", holds=_is_unplanned, is_open=True),
        question("heard_how", is_open=True),
        question("clips", _clips),
        question("drawn", holds=_is_planned, is_open=True),
        question("drawn_open", holds=_is_unplanned, is_open=True),
        question("order", holds=_is_planned),
        question("order_open", holds=_is_unplanned, is_open=True),
        question("real", lambda found, lang: {"real": _real(found.ratings, lang)}),
        question("frozen", _frozen),
        question("across"),
        question("open_data", lambda found, lang: {"dataset_hash": found.ratings.sha256}, is_open=True),
    ],
)
