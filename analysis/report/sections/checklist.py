"""What a reviewer will ask: the questions that no finding owns, and the table of all."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.ratings import Ratings
from analysis.report import reference
from analysis.report.checklist import checklist, checklist_frame, checklist_grid
from analysis.report.findings import Findings
from analysis.report.registry import Finding, Question, Rows, Section
from analysis.report.style import system_label, system_order
from analysis.statistics.listening import headphones, summary
from formats.messages import LazyText, counter, in_language, translate


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
    order = system_order([str(name) for name in counts], ratings.real_system, ratings.anchors)
    sizes = ratings.counted.groupby(["scale", "system", "clip_id"]).size()
    low, high = int(sizes.min()), int(sizes.max())
    number, ngettext = f"{low}" if low == high else f"{low}–{high}", counter(lang)
    return {
        "per_system": ", ".join(f"{system_label(name, lang, ratings.system_labels)} {counts[name]}" for name in order),
        "per_clip_named": ngettext("{number} rating", "{number} ratings", high, number=number),
    }


def _real(ratings: Ratings, lang: str) -> str:
    if ratings.is_sealed:
        return translate(lang, "hidden until unblinding")
    if ratings.real_system is None:
        return translate(lang, "none in the data")
    return translate(lang, "yes, {name}", name=system_label(ratings.real_system, lang, ratings.system_labels))


def _frozen(found: Findings, lang: str) -> dict[str, str]:
    planned = translate(lang, "Yes (SHA-256 {hash}).", hash=found.ratings.plan_sha256)
    return {"frozen": planned if _is_planned(found) else translate(lang, "No. All results are exploratory.")}


def _checked(found: Findings) -> dict[str, int]:
    return headphones(found.ratings.experts)


def _days(found: Findings) -> list[str]:
    """The first and the last day on which ratings were given, in UTC; none where the times are not known."""
    frame = found.ratings.frame
    given = [str(time) for time in frame["rated_at"].dropna() if time] if "rated_at" in frame else []
    return [min(given)[:10], max(given)[:10]] if given else []


def _minutes(found: Findings) -> Mapping[str, object]:
    """Median and quartiles of the time that an expert's trials took, as text; empty where it is not known."""
    rows = summary(found.ratings.frame, found.ratings.experts)
    rows = rows[rows["statistic"] == "minutes"] if len(rows) else rows
    return {} if rows.empty else {name: f"{rows.iloc[0][name]:.0f}" for name in ("value", "q1", "q3")}


def _grid(found: Findings, lang: str) -> Rows:
    return checklist_grid(checklist(found), lang, LazyText("in this report"), LazyText("for the authors to report"))


CHECKLIST = Finding[Findings](
    "checklist",
    LazyText("Reporting checklist"),
    LazyText("Reporting checklist"),
    lambda found: checklist_frame(checklist(found), "here", "authors"),
    grid=_grid,
    folded=False,
    under_codes=True,
)

SECTION = Section(
    "checklist",
    LazyText("Reporting checklist"),
    [CHECKLIST],
    in_pdf=False,
    questions=[
        Question(
            "listeners",
            LazyText("Number of participants and their expertise"),
            LazyText("{experts_named}{groups}. Describe their expertise."),
            lambda found, lang: {"groups": _groups(found.ratings, lang)},
        ),
        Question(
            "recruited",
            LazyText("Recruitment and payment"),
            LazyText("Not in the data."),
            is_open=True,
        ),
        Question(
            "asked",
            LazyText("Questions and wording"),
            LazyText("{scales}; the report gives the wording."),
            holds=_is_planned,
        ),
        Question(
            "asked_open",
            LazyText("Questions and wording"),
            LazyText("{scales}. The file has names only; give the wording and the bounds."),
            holds=_is_unplanned,
            is_open=True,
        ),
        Question(
            "consent",
            LazyText("Informed consent"),
            LazyText(
                "Given by each expert on the study's first page, before the first trial. Name the ethics approval."
            ),
            holds=_is_planned,
        ),
        Question(
            "period",
            LazyText("Period of data collection"),
            LazyText("Ratings given from {first} to {last} (UTC)."),
            lambda found, lang: dict(zip(("first", "last"), _days(found), strict=True)),
            holds=lambda found: _is_planned(found) and bool(_days(found)),  # another table's times are of any form
        ),
        Question(
            "heard_how",
            LazyText("Playback (device, room, volume, practice)"),
            LazyText(
                "In a browser on the expert's own device, after {practice_named}. Headphone check: {passed} passed, "
                "{failed} not passed, {skipped} skipped, {not_reached} not reached. The room was not recorded."
            ),
            lambda found, lang: _checked(found),
            holds=lambda found: _is_planned(found) and bool(_checked(found)),
        ),
        Question(
            "heard_how_open",
            LazyText("Playback (device, room, volume, practice)"),
            LazyText("Not in the data."),
            holds=lambda found: not (_is_planned(found) and _checked(found)),
            is_open=True,
        ),
        Question(
            "length",
            LazyText("Length of a session"),
            LazyText("All trials of an expert took a median of {value} min (quartiles {q1} and {q3})."),
            lambda found, lang: _minutes(found),
            holds=lambda found: bool(_minutes(found)),
        ),
        Question(
            "clips",
            LazyText("Number of clips per system"),
            LazyText("{per_system}; {clips} in total, {per_clip_named} per clip and scale."),
            _clips,
        ),
        Question(
            "drawn",
            LazyText("Selection of clips"),
            LazyText("All clips of the study's pack; after unblinding, the dataset names the source of each clip."),
            holds=_is_planned,
        ),
        Question(
            "drawn_open",
            LazyText("Selection of clips"),
            LazyText("Not in the data."),
            holds=_is_unplanned,
            is_open=True,
        ),
        Question(
            "order",
            LazyText("Blinding and counterbalancing"),
            LazyText("By the frozen session plans; see certificate.json."),
            holds=_is_planned,
        ),
        Question(
            "order_open",
            LazyText("Blinding and counterbalancing"),
            LazyText("Not in the data."),
            holds=_is_unplanned,
            is_open=True,
        ),
        Question(
            "real",
            LazyText("Real music among the clips, unmarked"),
            LazyText("Real music: {real}."),
            lambda found, lang: {"real": _real(found.ratings, lang)},
        ),
        reference.question(lambda found: found.ratings.reference),
        reference.waveform_question(lambda found: found.ratings.has_waveform),
        reference.switching_question(lambda found: found.ratings.is_synchronous),
        Question("frozen", LazyText("Preregistration"), LazyText.same("{frozen}"), _frozen),
        Question(
            "across",
            LazyText("Comparison of means with other studies"),
            LazyText("Not advised: other experts and clips give other means."),
        ),
        Question(
            "open_data",
            LazyText("Data and code availability"),
            LazyText("State where ratings, clips and code are available. Data: SHA-256 {dataset_hash}."),
            lambda found, lang: {"dataset_hash": found.ratings.sha256},
            is_open=True,
        ),
    ],
)
