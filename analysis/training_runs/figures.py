"""Figures 5 and 6 from run folders, and the numbers behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, MultipleLocator, NullLocator
from scipy.special import stdtrit

from analysis.data.dataset import Text
from analysis.report.figures.parts import fitted, is_narrow, page_width, wrap
from analysis.report.style import NAMED_COLOURS
from analysis.training_runs.runs import Run
from formats.errors import N_
from formats.messages import LazyText, translate

MODEL = "midi-gan"
#: What each figure sets against each other, what readers call it, and the variants of the runs.
FIGURE_5 = ("multi-scale", "plain")
FIGURE_6 = ("penalty", "clipping")
NAMES: Mapping[str, Text] = {
    "multi-scale": LazyText("multi-scale critic"),
    "plain": LazyText("plain critic of equal size"),
    "penalty": LazyText("gradient penalty"),
    "clipping": LazyText("weight clipping"),
}
VARIANTS = {"multi-scale": "", "plain": "plain", "penalty": "", "clipping": "clipping"}
COLOURS = {
    "multi-scale": NAMED_COLOURS["midi-gan"],
    "plain": "#332288",
    "penalty": NAMED_COLOURS["midi-gan"],
    "clipping": "#882255",
}
LINES: Mapping[str, Literal["-", "--"]] = {"multi-scale": "-", "plain": "--", "penalty": "-", "clipping": "-"}
LOSS, DISTANCE = "negative_critic_loss", "distance"
TITLES: Mapping[str, Text] = {
    LOSS: LazyText("Negative critic loss"),
    DISTANCE: LazyText("Distance of samples from validation songs"),
}
BINS = {"fine": N_("About the bounds (bins of {width:.2g})"), "wide": N_("All weights (bins of {width:.2g})")}
#: Rows of the log whose running mean the thick line shows.
SMOOTHED = 5
#: A band needs this many seeds.
BAND = 3
MEAN = "mean"
COLUMNS_5 = ("critic", "measure", "seed", "iteration", "epoch", "value", "ci_low", "ci_high")
COLUMNS_6 = ("lipschitz", "bins", "seed", "bin_low", "bin_high", "share")


def figure5_frame(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Logged values by critic, measure and seed, and the mean over seeds of their running means, with COLUMNS_5.

    The measures are the negative critic loss (a row is the mean of the iterations since the row before) and the
    distance of samples from the validation songs. The mean is taken where all seeds have a row; the 95% interval is
    Student's t over seeds, for three seeds or more; no distance is below 0, and no interval of one.
    """
    parts = []
    for critic, group in runs.items():
        logs = {run.seed: run.log for run in group if run.log is not None}
        for measure in (LOSS, DISTANCE):
            series = {seed: _series(log, measure) for seed, log in logs.items() if measure in log}
            for seed, values in series.items():
                parts.append(_part(critic, measure, str(seed), values))
            if series:
                mean = _mean_over_seeds(list(series.values()))
                low = mean["ci_low"].clip(lower=0 if measure == DISTANCE else None)
                parts.append(_part(critic, measure, MEAN, mean.assign(ci_low=low)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS_5))


def _series(log: pd.DataFrame, measure: str) -> pd.DataFrame:
    rows = log[["iteration", "epoch", measure]].dropna()
    return rows.rename(columns={measure: "value"}).assign(ci_low=np.nan, ci_high=np.nan)


def _mean_over_seeds(series: Sequence[pd.DataFrame]) -> pd.DataFrame:
    smooth = [one.assign(value=one["value"].rolling(SMOOTHED, center=True, min_periods=1).mean()) for one in series]
    together = pd.concat(smooth).groupby("iteration")
    found = together.agg(epoch=("epoch", "mean"), value=("value", "mean"), sd=("value", "std"), n=("value", "size"))
    found = found[found["n"] == len(series)].reset_index()
    if len(series) < BAND:
        return found[["iteration", "epoch", "value"]].assign(ci_low=np.nan, ci_high=np.nan)
    half = found["sd"] * float(stdtrit(len(series) - 1, 0.975)) / np.sqrt(len(series))
    return found[["iteration", "epoch", "value"]].assign(ci_low=found["value"] - half, ci_high=found["value"] + half)


def _part(critic: str, measure: str, seed: str, values: pd.DataFrame) -> pd.DataFrame:
    return values.assign(critic=critic, measure=measure, seed=seed)[list(COLUMNS_5)]


def figure5(frame: pd.DataFrame, lang: str) -> Figure:
    """Draw `figure5_frame`. Call inside `figure_style`."""
    measures = [measure for measure in (LOSS, DISTANCE) if (frame["measure"] == measure).any()]
    figure, axes = _panels(len(measures))
    for axis, measure in zip(axes, measures, strict=True):
        for (critic, seed), rows in frame[frame["measure"] == measure].groupby(["critic", "seed"], sort=False):
            _curve(axis, rows, str(critic), is_mean=seed == MEAN)
        axis.set_title(TITLES[measure][lang], fontsize=8.5)
        axis.set_xlabel(translate(lang, "Generator iteration"))
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
        if is_narrow():  # ticks that are the same before and after the layout
            axis.locator_params(axis="y", nbins=4)
        _grid(axis)
    seeds = frame[frame["seed"] != MEAN].groupby("critic", sort=False).agg({"seed": "nunique"})["seed"]
    _legend(figure, [(str(critic), f"{NAMES[str(critic)][lang]} (n = {n})") for critic, n in seeds.items()])
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """A figure of panels beside one another; in one column below one another."""
    rows = count if is_narrow() else 1
    size = (page_width() if count > 1 else fitted(0), 0.9 + (2.0 if rows > 1 else 2.4) * rows)
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, count // rows, squeeze=False).ravel().tolist()


def _curve(axis: Axes, rows: pd.DataFrame, critic: str, *, is_mean: bool) -> None:
    colour, dot = COLOURS[critic], "." if len(rows) == 1 else ""
    if not is_mean:
        axis.plot(rows["iteration"], rows["value"], color=colour, linewidth=0.5, alpha=0.45, zorder=2)
        return
    axis.plot(rows["iteration"], rows["value"], LINES[critic] + dot, color=colour, linewidth=1.6, zorder=4)
    if rows["ci_low"].notna().any():
        axis.fill_between(rows["iteration"], rows["ci_low"], rows["ci_high"], color=colour, alpha=0.15, linewidth=0)


def figure6_frame(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Share of the critic's weights in each bin, of each seed and their mean, with COLUMNS_6."""
    parts = []
    for kind, group in runs.items():
        for bins in ("fine", "wide"):
            shares = {}
            for run in group:
                if run.histograms is not None:
                    edges = getattr(run.histograms, f"{bins}_edges")
                    shares[str(run.seed)] = getattr(run.histograms, bins) / run.histograms.total
            if shares:
                shares[MEAN] = np.mean(list(shares.values()), axis=0)
            for seed, share in shares.items():
                part = {"lipschitz": kind, "bins": bins, "seed": seed, "bin_low": edges[:-1], "bin_high": edges[1:]}
                parts.append(pd.DataFrame({**part, "share": share}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS_6))


def share_near(runs: Sequence[Run], bound: float) -> list[float]:
    """Of each run with histograms, the share of the critic's weights within 1% of a clipping bound."""
    return [run.histograms.near(bound) for run in runs if run.histograms is not None]


def figure6(frame: pd.DataFrame, bound: float, near: Mapping[str, Sequence[float]], lang: str) -> Figure:
    """Draw `figure6_frame`, with the clipping bound marked and `share_near` in the legend.

    Call inside `figure_style`.
    """
    figure, axes = _panels(2)
    for axis, bins in zip(axes, ("fine", "wide"), strict=True):
        part = frame[frame["bins"] == bins]
        for (kind, seed), rows in part.groupby(["lipschitz", "seed"], sort=False):
            _stairs(axis, rows, str(kind), is_mean=seed == MEAN)
        for edge in (-bound, bound):
            axis.axvline(edge, color="#444444", linewidth=0.8, linestyle=(0, (1, 2)), zorder=5)
        there = part[part["share"] > 0]
        axis.set_xlim(there["bin_low"].min(), there["bin_high"].max())
        axis.xaxis.set_major_locator(MultipleLocator(bound) if bins == "fine" else MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_yscale("log")
        axis.set_ylim(there["share"].min() / 1.5, 2.5 * there["share"].max())
        axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(lambda share, place: f"{100 * share:g}%")
        width = float((part["bin_high"] - part["bin_low"]).median())
        axis.set_title(translate(lang, BINS[bins], width=width), fontsize=8.5)
        axis.set_xlabel(translate(lang, "Weight of the critic"))
        _grid(axis)
    for axis in axes if is_narrow() else axes[:1]:
        axis.set_ylabel(translate(lang, "Share of weights in the bin"))
    text = translate(lang, "{kind}: {share:.1f}% of the weights within 1% of a bound (n = {n})")
    lines = [
        (kind, text.format(kind=NAMES[kind][lang], share=100 * np.mean(shares), n=len(shares)))
        for kind, shares in near.items()
    ]
    _legend(figure, lines, columns=1, bound=translate(lang, "clipping bounds, ±{bound:g}", bound=bound))
    return figure


def _stairs(axis: Axes, rows: pd.DataFrame, kind: str, *, is_mean: bool) -> None:
    shares = np.where(rows["share"] > 0, rows["share"], np.nan)
    edges = [*rows["bin_low"], rows["bin_high"].iloc[-1]]
    width, alpha = (1.1, 1.0) if is_mean else (0.4, 0.4)
    axis.stairs(shares, edges, baseline=None, color=COLOURS[kind], linewidth=width, alpha=alpha, zorder=3)


def _grid(axis: Axes) -> None:
    axis.grid(axis="y", color="#E6E6E6", linewidth=0.5)
    axis.set_axisbelow(True)


def _legend(
    figure: Figure, lines: Sequence[tuple[str, str]], *, columns: int | None = None, bound: str | None = None
) -> None:
    handles = [Line2D([], [], color=COLOURS[kind], linestyle=LINES[kind], linewidth=1.6) for kind, _ in lines]
    room = float(figure.get_size_inches()[0]) - 0.6
    labels = ["\n".join(wrap([label], room, 7.5)) for _, label in lines]
    if bound is not None:
        handles.append(Line2D([], [], color="#444444", linewidth=0.8, linestyle=(0, (1, 2))))
        labels.append(bound)
    ncols = 1 if room < 3 else columns or len(labels)
    figure.legend(handles, labels, loc="outside lower center", ncols=ncols, frameon=False, fontsize=7.5)


#: A drawn figure's name, its CSV's frame, and how it is drawn in a language.
Drawing = tuple[str, pd.DataFrame, Callable[[str], Figure]]


def drawings(runs: Mapping[tuple[str, str], Sequence[Run]]) -> tuple[list[Drawing], dict[str, Text]]:
    """The figures that can be drawn of these runs, and which runs the others need."""
    drawn: list[Drawing] = []
    left_out: dict[str, Text] = {}
    of = of_figures(runs)
    logged = {name: [run for run in of[name] if run.log is not None and LOSS in run.log] for name in FIGURE_5}
    if all(logged.values()):
        frame = figure5_frame(logged)
        drawn.append(("figure5", frame, lambda lang: figure5(frame, lang)))
    else:
        left_out["figure5"] = LazyText(
            "Figure 5 needs a run of midi-gan and one of its variant plain, both with a log.csv that has the critic's "
            "loss: train them with `manage.py train midi-gan` and `--variant plain`, and name both."
        )
    counted = {name: [run for run in of[name] if run.histograms is not None] for name in FIGURE_6}
    bound = _bound(counted["clipping"])
    if all(counted.values()) and bound is not None:
        shares = figure6_frame(counted)
        near = {name: share_near(group, bound) for name, group in counted.items()}
        drawn.append(("figure6", shares, lambda lang: figure6(shares, bound, near, lang)))
    else:
        left_out["figure6"] = LazyText(
            "Figure 6 needs a run of midi-gan and one of its variant clipping, both ended (histograms.npz with fine "
            "bins): train them with `manage.py train midi-gan` and `--variant clipping`, and name both."
        )
    return drawn, left_out


def of_figures(runs: Mapping[tuple[str, str], Sequence[Run]]) -> dict[str, Sequence[Run]]:
    """The runs that the figures set against each other, by the keys of NAMES."""
    return {name: runs.get((MODEL, variant), ()) for name, variant in VARIANTS.items()}


def _bound(runs: Sequence[Run]) -> float | None:
    """The bound to which the weights were clipped."""
    bound = runs[0].setting("clip") if runs else None
    return float(bound) if isinstance(bound, int | float) else None
