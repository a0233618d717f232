"""How far experts went and how they listened, the same in every report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.data.answers import Answers
from analysis.data.dataset import Text
from analysis.report.figures.participation import HEADPHONE_WORDS, draw_flow, draw_listening
from analysis.report.registry import Finding, Question, Rows
from analysis.report.tables import readable
from analysis.statistics import listening
from formats.messages import LazyText, translate

#: The answers that a report is made from.
Of = Callable[[Any], Answers]
HEADINGS = (
    *(LazyText("Statistic"), LazyText("Value"), LazyText("Lower quartile"), LazyText("Upper quartile")),
    LazyText("n"),
)
HEADPHONES = "headphones_"
STATISTICS: Mapping[str, Text] = {
    "replayed": LazyText("share of trials with more than one play"),
    "plays": LazyText("plays before the first answer, median"),
    "clips_replayed": LazyText("share of clips of trials with more than one play"),
    "clip_plays": LazyText("plays of a clip in its trial, median"),
    "reference_plays": LazyText("plays of the reference or X in its trial, median"),
    "seconds": LazyText("time to the last answer of a trial (s), median"),
    "minutes": LazyText("time of all trials of an expert (min), median"),
}


class Participation(NamedTuple):
    """The findings, in reading order."""

    flow: Finding[Any]
    figure: Finding[Any]
    table: Finding[Any]


def participation(of: Of, missing: str = "no_listening") -> Participation:
    """The flow of participants and how they listened; `missing`: the reason where of that nothing was recorded."""
    return Participation(_flow(of), _figure(of, missing), _table(of, missing))


def _flow(of: Of) -> Finding[Any]:
    return Finding[Any](
        "flow_figure",
        LazyText("Flow of participants"),
        LazyText(
            "Flow of participants: experts invited, those who gave an answer, and those whose answers are analysed. "
            "Answers of experts who did not submit are included; those of experts who withdrew are not in the dataset."
        ),
        lambda found: pd.DataFrame(list(of(found).flow.items()), columns=["stage", "n"]),
        lambda found: ["no_experts"],
        draw=draw_flow,
        questions=[
            Question(
                "flow",
                LazyText("Invited, withdrawn and dropped-out participants"),
                LazyText(
                    "Invited: {n_invited}; withdrew: {n_withdrawn}; gave no answer: {n_not_begun}; did not submit: "
                    "{n_dropped_out}; analysed: {n_analysed}."
                ),
                lambda found, lang: {f"n_{stage}": count for stage, count in of(found).flow.items()},
                holds=lambda found: bool(of(found).flow),
            )
        ],
    )


def _figure(of: Of, missing: str) -> Finding[Any]:
    return Finding[Any](
        "listening_figure",
        LazyText("Figure of listening"),
        LazyText(
            "How the experts listened, as far as it was recorded: plays of a clip, time to the last answer of a trial "
            "(line: median, band: quartiles), and the headphone check."
        ),
        lambda found: listening.curves(of(found).frame, of(found).experts, of(found).listened),
        lambda found: [missing],
        draw=draw_listening,
    )


def _table(of: Of, missing: str) -> Finding[Any]:
    return Finding[Any](
        "listening",
        LazyText("Listening"),
        LazyText("How the experts listened"),
        lambda found: listening.summary(of(found).frame, of(found).experts, of(found).listened),
        lambda found: [missing],
        grid=_grid,
        notes=[
            LazyText(
                "n: trials, clips of trials, or experts. The browser reports plays and times. Hidden repeats are "
                "included."
            )
        ],
    )


def _grid(found: Any, lang: str) -> Rows:
    rows = [
        [_statistic(row["statistic"], lang), *(readable(row[name], 2) for name in ("value", "q1", "q3")), f"{row['n']}"]
        for row in found.frame("listening").to_dict("records")
    ]
    return [heading[lang] for heading in HEADINGS], rows


def _statistic(name: str, lang: str) -> str:
    if name in STATISTICS:
        return STATISTICS[name][lang]
    return f"{translate(lang, 'Headphone check')}: {HEADPHONE_WORDS[name.removeprefix(HEADPHONES)][lang]}"
