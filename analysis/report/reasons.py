"""Why a table or figure could not be had: only what holds of these ratings is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.statistics.guards import panel_shortage
from analysis.statistics.mixed_model import Fit
from analysis.statistics.objective_subjective import metric_columns
from formats.messages import LazyText, clauses

if TYPE_CHECKING:
    from analysis.report.findings import Findings

Fits = Mapping[str, Fit]
#: Why something could not be had; each is said only where it holds.
WHY: Mapping[str, Text] = {
    "unknown": LazyText("the ratings do not allow it"),
    "few_experts": LazyText("fewer than 6 experts"),
    "few_clips": LazyText("fewer than 3 clips of a system"),
    "one_expert": LazyText("there is one expert"),
    "fewer_than_three": LazyText("fewer than 3 experts"),
    "one_system": LazyText("only one system was rated"),
    "all_equal": LazyText("all ratings are equal"),
    "no_variance": LazyText("the ratings of each system are all equal"),
    "too_few": LazyText("too few ratings"),
    "sparse": LazyText("too few ratings for so many experts and clips"),
    "not_separable": LazyText("a required variance cannot be separated in this design"),
    "beyond_scale": LazyText("no difference on the scale is detectable with 80% power"),
    "at_zero": LazyText("the variances between experts and between clips are estimated as zero"),
    "no_gap": LazyText("no analysis plan sets a smallest effect size of interest"),
    "many_pairs": LazyText("there are more than 66 pairs and no planned contrast"),
    "no_groups": LazyText("the file has no groups"),
    "one_scale": LazyText("only one scale was rated"),
    "no_trial": LazyText("the file does not contain the order of trials (column trial)"),
    "sealed": LazyText("the study is blinded"),
    "no_metrics": LazyText("there are no metrics of the clips"),
    "few_systems": LazyText("too few systems, or metrics that do not vary between them"),
    "no_background": LazyText("the file has no background of the experts"),
    "no_experts": LazyText("the file does not say how many experts were invited"),
    "no_listening": LazyText("the file has no plays and no times of the trials (columns plays, rt_ms and trial)"),
    "no_times": LazyText("the file has no times of the trials (columns rt_ms and trial)"),
    "no_steps": LazyText("no scale has 2 to 11 whole steps"),
    "notes": LazyText("the notes give the reason for each scale"),
}
#: All pairs of twelve systems. More, where no plan names any, nobody would read.
MAX_PAIRS = 66


def because(title: Text, keys: Iterable[str]) -> Text:
    """That something is left out, and why, in every language; empty reasons and repetitions are passed over."""
    named = [WHY[key] for key in dict.fromkeys(filter(None, keys))] or [WHY["unknown"]]
    why = LazyText.of(lambda lang: clauses(lang, (text[lang] for text in named)))
    return LazyText("{what}: {why}.", what=title, why=why)


def of(rule: Callable[[Ratings, Fits], list[str]]) -> Callable[[Findings], list[str]]:
    """A rule below, for all scales of some findings."""
    return lambda found: rule(found.ratings, found.fits)


def untested(ratings: Ratings, fits: Fits) -> list[str]:
    """Why no difference has a test, on any scale."""
    found: list[str] = []
    for fit in fits.values():
        found.append("one_system" if len(fit.means) < 2 else fit.why or next(filter(None, fit.shortages.values()), ""))
    return found


def unresampled(ratings: Ratings, fits: Fits) -> list[str]:
    """Why no difference was computed in another way."""
    found = untested(ratings, fits)
    many = any(len(fit.contrasts) > MAX_PAIRS for fit in fits.values())
    return found if any(found) else ["many_pairs"] * many


def unfitted(ratings: Ratings, fits: Fits) -> list[str]:
    """Why there are no variances."""
    return [fit.why for fit in fits.values()]


def unrelated(ratings: Ratings, fits: Fits) -> list[str]:
    """Why experts cannot be compared with one another."""
    one = ratings.counted["expert_id"].nunique() == 1
    equal = [fit.why for fit in fits.values() if fit.why == "all_equal"]
    return ["one_expert"] if one else equal or ["too_few"]


def ungrouped(ratings: Ratings, fits: Fits) -> list[str]:
    frame = ratings.counted
    has_groups = "group" in frame and bool((frame["group"] != "").any())
    return unrelated(ratings, fits) if has_groups else ["no_groups"]


def unordered(ratings: Ratings, fits: Fits) -> list[str]:
    """Why nothing is said of the order in which clips were heard."""
    frame = ratings.frame
    if "trial" not in frame or frame["trial"].isna().any():
        return ["no_trial"]
    clips = ratings.counted.groupby("system")["clip_id"].nunique()
    return [panel_shortage(frame["expert_id"].nunique(), clips) or "too_few"]


def unmeasured(ratings: Ratings, fits: Fits) -> list[str]:
    """Why no metrics stand beside the ratings."""
    if ratings.is_sealed:
        return ["sealed"]
    return ["no_metrics"] if ratings.metrics is None or not metric_columns(ratings.metrics) else ["few_systems"]
