"""Which figures a report has: each with the numbers behind it, its caption, and how it is drawn in a language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analysis import figures, figures_power, pilot, power, screening
from analysis.dataset import Text
from analysis.errors import InputError
from analysis.figures import clips, contrasts, experts, spread
from analysis.findings import Findings, primary_scale
from analysis.ratings import Ratings
from analysis.words import WORDS, in_language
from analysis.words_figures import CAPTIONS, MISSING

#: Fewer experts than this have no panel to agree with.
FEWEST_EXPERTS = 3


@dataclass(frozen=True)
class Drawing:
    """`frame` is written beside the figure; `draw` is called inside `look.house_style`."""

    name: str
    frame: pd.DataFrame
    caption: Text
    draw: Callable[[str], Figure]


def drawings(ratings: Ratings, found: Findings, means: pd.DataFrame) -> tuple[list[Drawing], list[Text]]:
    """The figures that can be drawn of these ratings, in their order, and for each of the others the reason."""
    made = [_figure7(ratings, means), *(drawing for drawing in _further(ratings, found) if len(drawing.frame))]
    there = {drawing.name for drawing in made}
    return made, [text for name, text in MISSING.items() if name not in there]


def _figure7(ratings: Ratings, means: pd.DataFrame) -> Drawing:
    sealed = {lang: words["figure7_sealed"] if ratings.is_sealed else "" for lang, words in WORDS.items()}
    caption = {lang: words["figure7"].format(level=ratings.level) + sealed[lang] for lang, words in WORDS.items()}
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
    departing = clips.departures_frame(found.fits[scale], ratings.alpha)
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
    try:
        known = pilot.from_fitted(ratings, scale, found.fits[scale].variance_components)
    except InputError:
        return
    if known.design.experts < 6 or known.design.clips < 3:
        return
    scenarios = {"study": known.variances}
    gap = ratings.gap or round(power.smallest_gap(known.design, known.variances), 2)
    frame = figures_power.power_curve_frame(known.design, gap, scenarios)
    caption = _caption(ratings, "figure13", scale)

    def draw(lang: str) -> Figure:
        simulated = ratings.is_simulated
        return figures_power.power_curve(frame, known.design, gap, scenarios, lang, is_simulated=simulated)

    yield Drawing("figure13", frame, caption, draw)


def _caption(ratings: Ratings, name: str, scale: str) -> Text:
    label = next((entry.label for entry in ratings.scales if entry.key == scale), {})
    return {
        lang: text.format(level=ratings.level, scale=in_language(label, lang) or scale)
        for lang, text in CAPTIONS[name].items()
    }
