"""The notes of the clips: their metrics beside the ratings."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.report import reasons
from analysis.report.blocks import Block, Bullets
from analysis.report.columns import system_called
from analysis.report.document import Contents
from analysis.report.figures import clips
from analysis.report.figures.parts import caption_of, in_order
from analysis.report.findings import Findings, tested
from analysis.report.metric_names import metric_name
from analysis.report.registry import Column, Finding, Rows, Section, Sentence
from analysis.report.tables import readable
from analysis.statistics import objective_subjective
from analysis.statistics.objective_subjective import metric_columns
from formats.errors import N_
from formats.messages import LazyText, translator

DECIMALS = 3


def _notes(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    if contents.made.metric_notes:
        yield Bullets([text[lang] for text in contents.made.metric_notes])


# --- metrics and ratings of clips, drawn


def _measured(found: Findings) -> pd.DataFrame:
    if found.frame("clip_correlations").empty:
        return pd.DataFrame()
    return clips.metrics_frame(found.ratings, found.primary)


METRICS_FIGURE = Finding[Findings](
    "metrics_figure",
    LazyText("Figure of metrics and ratings"),
    caption_of(
        N_(
            "Objective metrics and mean rating of each clip ({scale}). Correlations are within systems, "
            "so differences between systems do not affect them. Between systems there are only as many points as "
            "systems, too few for a correlation."
        )
    ),
    _measured,
    reasons.of(reasons.unmeasured),
    draw=lambda found, frame, lang: clips.draw_metrics(
        found.ratings, frame, found.frame("clip_correlations"), found.primary, lang
    ),
)


# --- metrics by system


def _objective_means(found: Findings) -> pd.DataFrame:
    """system, metric, mean, sd, n_clips over the rated clips that have the metric; sd is empty for a single clip."""
    metrics = found.ratings.metrics
    if metrics is None:
        return pd.DataFrame()
    there = metric_columns(metrics)
    names = [*(name for name in clips.METRICS if name in there), *(name for name in there if name not in clips.METRICS)]
    long = metrics.melt(["clip_id", "system"], names, "metric", "value")
    rows = []
    for system in in_order(found.ratings, metrics["system"].unique()):
        for name in names:
            values = long.loc[(long["system"] == system) & (long["metric"] == name), "value"].dropna()
            rows.append((system, name, values.mean(), values.std(ddof=1), len(values)))
    return pd.DataFrame(rows, columns=["system", "metric", "mean", "sd", "n_clips"])


def _objective_grid(found: Findings, lang: str) -> Rows:
    _ = translator(lang)
    rows = [
        [
            system_called(found.ratings, str(system), lang),
            metric_name(str(metric), lang),
            *(readable(value, DECIMALS) for value in values),
        ]
        for system, metric, *values in found.frame("objective_means").itertuples(index=False)
    ]
    return [_("System"), _("Metric"), _("Mean"), _("SD"), _("Clips")], rows


OBJECTIVE_MEANS = Finding[Findings](
    "objective_means",
    LazyText("Objective metrics of the rated clips, by system"),
    LazyText("Objective metrics of the rated clips, by system"),
    _objective_means,
    None,
    notes=[
        LazyText(
            "Metrics describe the notes, not how a clip sounds: UPC is the number of different pitches, GC groove "
            "consistency, EBR the share of beats in which nothing sounds. SD is between clips."
        ),
        LazyText("Exploratory: not in a frozen analysis plan."),
    ],
    grid=_objective_grid,
    decimals=DECIMALS,
)


# --- metrics and ratings


def _clip_correlations(found: Findings) -> pd.DataFrame:
    ratings, metrics = found.ratings, found.ratings.metrics
    if metrics is None or not metric_columns(metrics):
        return pd.DataFrame()
    return objective_subjective.clip_correlations(
        ratings.counted, metrics, found.scales, real=ratings.real_system, seed=found.seed
    )


def _system_correlations(found: Findings) -> pd.DataFrame:
    ratings, metrics = found.ratings, found.ratings.metrics
    if metrics is None or not metric_columns(metrics):
        return pd.DataFrame()
    table = objective_subjective.system_correlations(ratings.counted, metrics, found.scales, real=ratings.real_system)
    return tested(table, "rho")


FORM = Column(
    LazyText("Form"),
    {
        objective_subjective.VALUE: LazyText("as it is"),
        objective_subjective.DISTANCE: LazyText("distance from real music"),
    },
)

CLIP_CORRELATIONS = Finding[Findings](
    "clip_correlations",
    LazyText("Metrics and ratings of clips"),
    LazyText("Objective metrics and ratings of clips"),
    _clip_correlations,
    reasons.of(reasons.unmeasured),
    columns={
        "form": FORM,
        "note": Column(
            LazyText("Note"),
            {
                **reasons.WHY,
                "constant": LazyText("constant within systems"),
                "hardly_varies": LazyText("almost no variation"),
                "fewer_than_ten": LazyText("fewer than 10 clips"),
            },
        ),
    },
    sentences=[
        Sentence(
            "metrics",
            "metrics",
            LazyText(
                "Objective metrics were compared with ratings by rank correlations of clips within systems, with a "
                "two-way bootstrap confidence interval; p values and confidence intervals are adjusted for all rows "
                "of a scale by Bonferroni's method."
            ),
            lambda found: found.has("clip_correlations", "p"),
        )
    ],
)

SYSTEM_CORRELATIONS = Finding[Findings](
    "system_correlations",
    LazyText("Metrics and ratings of systems"),
    LazyText("Objective metrics and ratings of systems"),
    _system_correlations,
    reasons.of(reasons.unmeasured),
    columns={"form": FORM, "same_best": Column(LazyText("Same best system"))},
    sentences=[
        Sentence(
            "metrics",
            "systems",
            LazyText("Between systems the correlations have only as many points as systems, too few for a conclusion."),
            lambda found: found.has("system_correlations", "rho"),
        )
    ],
)

SECTION = Section(
    "notes",
    LazyText("Objective metrics"),
    [METRICS_FIGURE, OBJECTIVE_MEANS, CLIP_CORRELATIONS, SYSTEM_CORRELATIONS],
    before=_notes,
    in_pdf=False,
)
