"""What metrics say about ratings, in words, with the warning that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.report.format_p import p_text
from analysis.report.metric_names import metric_name
from analysis.report.tables import fixed
from analysis.statistics.correlation import MAX_EXACT, exact_spearman
from analysis.statistics.objective_subjective import DISTANCE, VALUE
from formats.errors import N_
from formats.messages import LazyText, clauses, translate

FORMS: Mapping[str, str] = {
    VALUE: N_("{metric} (rho {rho})"),
    DISTANCE: N_("distance of {metric} from real music (rho {rho})"),
}


def systems_sentence(table: pd.DataFrame) -> Text:
    """What must stand beside `system_correlations`; {} where there is nothing to warn of."""
    table = table[table["rho"].notna()]
    if table.empty or int(table["n_systems"].max()) > MAX_EXACT:
        return {}
    n, m = int(table["n_systems"].max()), len(table)
    p = exact_spearman(range(n), range(n))[1]
    return LazyText(
        "{n} systems are {n} points, too few for a correlation. Even a perfect order of {n} has {p}, and of {m} such "
        "comparisons, one or more would be perfect by chance in {chance:.0%} of studies if they were independent. "
        "This does not show that a metric predicts ratings.",
        n=n,
        p=p_text(p),
        m=m,
        chance=1 - (1 - p) ** m,
    )


def predictors(table: pd.DataFrame, scale: str, alpha: float = 0.05, called: Text | str = "") -> LazyText:
    """Which metrics, if any, go with the experts' ratings of clips on a scale, by `clip_correlations`.

    `called`: what the scale is called, else its key.
    """
    found = table[(table["scale"] == scale) & (table["p_simultaneous"] < alpha)]
    if len(found):
        return LazyText(
            "On {scale}, these correlate with the ratings of clips within systems: {found}.",
            scale=called or scale,
            found=_named(found),
        )
    return LazyText(
        "On {scale}, no metric correlates with the ratings of clips within systems (no adjusted p below {alpha:g}).",
        scale=called or scale,
        alpha=alpha,
    )


def rankings(table: pd.DataFrame, scale: str, called: Text | str = "") -> LazyText:
    """Which metrics, if any, put the systems in the experts' order on a scale, by `system_correlations`.

    Closest to real music best, or, of a metric as it is, either way round. To be followed by `systems_sentence`.
    """
    part = table[(table["scale"] == scale) & table["rho"].notna()]
    sign = np.where(part["form"] == DISTANCE, -part["rho"], part["rho"].abs())
    found = part[sign > 1 - 1e-9]
    if len(found):
        return LazyText(
            "On {scale}, these rank the systems as the experts do: {found}.",
            scale=called or scale,
            found=_named(found),
        )
    return LazyText("On {scale}, no metric ranks the systems as the experts do.", scale=called or scale)


def _named(found: pd.DataFrame) -> LazyText:
    rows = list(zip(found["form"], found["metric"], found["rho"], strict=True))
    return LazyText.of(
        lambda lang: clauses(
            lang,
            (
                translate(lang, FORMS[form], metric=metric_name(metric, lang), rho=fixed(rho, 2).replace("-", "−"))
                for form, metric, rho in rows
            ),
        )
    )
