"""Which figures a report has: each with the numbers behind it, its caption, and how it is drawn in a language."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report import figures, reasons, under_codes
from analysis.report.figures import clips, contrasts, experts, power, spread
from analysis.report.findings import Findings, primary_scale
from analysis.statistics import effect_sizes, screening
from analysis.statistics.mixed_model import Fit
from analysis.words import WORDS
from analysis.words_figures import CAPTIONS
from analysis.words_findings import say_missing
from formats.messages import LazyText, in_a_row

#: Fewer experts than this have no panel to agree with.
FEWEST_EXPERTS = 3


@dataclass(frozen=True)
class Drawing:
    """`frame` is written beside the figure; `draw` is called inside `figure_style`."""

    name: str
    frame: pd.DataFrame
    caption: Text
    draw: Callable[[str], Figure]


def drawings(ratings: Ratings, found: Findings, means: pd.DataFrame) -> tuple[list[Drawing], list[Text]]:
    """The figures that can be drawn of these ratings, in their order, and for each of the others the reason."""
    made = [
        _figure7(ratings, means, is_fitted=found.is_fitted),
        *(drawing for drawing in _further(ratings, found) if len(drawing.frame)),
    ]
    if ratings.is_sealed:
        return [drawing for drawing in made if drawing.name in under_codes.FIGURES], []
    there = {drawing.name for drawing in made}
    return made, [missing_figure(name, ratings, found) for name in CAPTIONS if name not in there]


def missing_figure(name: str, ratings: Ratings, found: Findings) -> Text:
    """A sentence on a figure that is left out: only what holds of these ratings."""
    fits = found.fits
    fit = fits[primary_scale(ratings)]
    one = {fit.scale: fit}
    few = ratings.counted["expert_id"].nunique() < FEWEST_EXPERTS
    known = effect_sizes.plannable(ratings, fit)
    why = {
        "figure7b": ["no_steps"],
        "figure8": reasons.unresampled(ratings, fits),
        "figure9": ["fewer_than_three"] if few else reasons.unrelated(ratings, one),
        "figure10": reasons.unmeasured(ratings, fits),
        "figure11": [fit.why or next(filter(None, fit.shortages.values()), "") or _no_departures(fit)],
        "figure12": reasons.unordered(ratings, fits),
        "figure13": [known if isinstance(known, str) else "beyond_scale"],
    }
    return say_missing(name, why[name])


def _no_departures(fit: Fit) -> str:
    """Why neither experts nor clips depart from the average."""
    variances = fit.variance_components.set_index("component")["variance"]
    return "not_separable" if variances[["expert", "clip"]].isna().any() else "at_zero"


def _figure7(ratings: Ratings, means: pd.DataFrame, *, is_fitted: bool) -> Drawing:
    """Its caption tells what is drawn, and nothing else."""
    real = means[means["system"] == ratings.real_system]
    others = means[means["system"] != ratings.real_system]
    holds = {
        "figure7": True,
        "figure7_model": is_fitted,
        "figure7_line": bool(others["ci_low"].notna().any()),
        "figure7_real": len(real) > 0,
        "figure7_band": bool(real["ci_low"].notna().any()),
        "figure7_axis": True,
        "figure7_sealed": ratings.is_sealed,
    }
    keys = [key for key, held in holds.items() if held]
    caption = LazyText.of(
        lambda lang: in_a_row(lang, (WORDS[lang][key].strip() for key in keys)).format(level=ratings.level)
    )
    behind = means[["scale", "system", "mean", "ci_low", "ci_high"]]
    return Drawing("figure7", behind, caption, lambda lang: figures.figure7(ratings, means, lang))


def _further(ratings: Ratings, found: Findings) -> Iterator[Drawing]:
    scale = primary_scale(ratings)

    def drawing(name: str, frame: pd.DataFrame, draw: Callable[[str], Figure]) -> Drawing:
        return Drawing(name, frame, _caption(ratings, name, scale), draw)

    shares = spread.spread_frame(ratings)
    yield drawing("figure7b", shares, lambda lang: spread.figure7b(ratings, shares, lang))
    gaps = contrasts.contrasts_frame(ratings, found)
    yield drawing("figure8", gaps, lambda lang: contrasts.figure8(ratings, gaps, lang))
    agreeing = _agreement(ratings, found, scale)
    yield drawing("figure9", agreeing, lambda lang: experts.figure9(ratings, agreeing, scale, lang))
    measured = clips.metrics_frame(ratings, scale) if "clip_correlations" in found.frames else pd.DataFrame()
    correlations = found.frames.get("clip_correlations", pd.DataFrame())
    yield drawing("figure10", measured, lambda lang: clips.figure10(ratings, measured, correlations, scale, lang))
    departing = clips.random_effect_predictions(found.fits[scale], ratings.alpha)
    yield drawing("figure11", departing, lambda lang: clips.figure11(ratings, departing, scale, lang))
    curve = screening.order_curve(ratings.frame, ratings.rated_scales)
    yield drawing("figure12", curve, lambda lang: experts.figure12(ratings, curve, lang))
    yield from _power(ratings, found, scale)


def _agreement(ratings: Ratings, found: Findings, scale: str) -> pd.DataFrame:
    if "screening" not in found.frames or ratings.counted["expert_id"].nunique() < FEWEST_EXPERTS:
        return pd.DataFrame()
    return experts.agreement_frame(ratings, found.frames["screening"], scale)


def _power(ratings: Ratings, found: Findings, scale: str) -> Iterator[Drawing]:
    """The power curve of another study like this one, for the smallest gap of interest or the one it would find."""
    known = effect_sizes.plannable(ratings, found.fits[scale])
    smallest = math.nan if isinstance(known, str) else effect_sizes.gap_on_scale(ratings, known)
    if isinstance(known, str) or math.isnan(smallest):
        return
    scenarios = {"study": known.variances}
    gap = ratings.gap or round(smallest, 2)
    frame = power.power_curve_frame(known.design, gap, scenarios)
    frame = frame[frame["gap"] <= max(gap, effect_sizes.span(ratings, scale))]
    caption = _caption(ratings, "figure13", scale)

    def draw(lang: str) -> Figure:
        simulated = ratings.is_simulated
        return power.power_curve(frame, known.design, gap, scenarios, lang, is_simulated=simulated)

    yield Drawing("figure13", frame, caption, draw)


def _caption(ratings: Ratings, name: str, scale: str) -> LazyText:
    label = next((entry.label for entry in ratings.scales if entry.key == scale), {})
    return LazyText(CAPTIONS[name], level=ratings.level, scale=label or scale)
