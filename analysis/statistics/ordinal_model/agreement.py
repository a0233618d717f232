"""Where the ordinal and the linear model draw different conclusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.format_p import p_text
from analysis.statistics.mixed_model.inference import bonferroni
from analysis.statistics.mixed_model.model import PLANNED, Fit, by_family
from analysis.statistics.mixed_model.notes import Name, Text
from analysis.statistics.ordinal_model.model import OrdinalFit
from analysis.statistics.ordinal_model.words import plural, say

COLUMNS = (
    *("scale", "link", "system_a", "system_b", "difference", "p_linear"),
    *("estimate", "p_ordinal", "test", "kind"),
)


def compare(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> pd.DataFrame:
    """The linear model's contrasts beside the ordinal ones: COLUMNS, in the order and orientation of the first.

    p of both adjusted as the linear model's `p_simultaneous`; `test` is the ordinal model's. `kind`: "" (they agree, or
    there is no test), "sign" (the differences have other signs), "linear_only" or "ordinal_only" (significant there
    alone). A last column `sign` is that of the ordinal difference.
    """
    columns = ["scale", "system_a", "system_b", "difference", "p_simultaneous", "family"]
    table = linear.contrasts[columns].rename(columns={"p_simultaneous": "p_linear"})
    of_pair: dict[tuple[str, str], tuple[float, float, str, float]] = {}
    cells = (ordinal.contrasts[name] for name in ("system_a", "system_b", "estimate", "p", "test", "sign"))
    for a, b, estimate, p, test, sign in zip(*cells, strict=True):
        of_pair |= {(a, b): (estimate, p, test, sign), (b, a): (-estimate, p, test, -sign)}
    nothing = (np.nan, np.nan, "", np.nan)
    found = [of_pair.get(pair, nothing) for pair in zip(table["system_a"], table["system_b"], strict=True)]
    is_planned = (table["family"] == PLANNED).to_numpy()
    tested = np.array([row[1] for row in found], dtype=np.float64)
    table = table.assign(
        link=ordinal.link if len(ordinal.contrasts) else "",
        estimate=np.array([row[0] for row in found], dtype=np.float64),
        p_ordinal=by_family(bonferroni, tested, is_planned),
        test=[row[2] for row in found],
        sign=[row[3] for row in found],
    )
    table["kind"] = [_kind(row, alpha) for row in table.itertuples()]
    return table[[*COLUMNS, "sign"]]


def _kind(row: Any, alpha: float) -> str:
    if np.isnan(row.p_linear) or np.isnan(row.p_ordinal):
        return ""
    if row.difference * row.sign < 0:
        return "sign"
    linear, ordinal = row.p_linear < alpha, row.p_ordinal < alpha
    return "" if linear == ordinal else ("linear_only" if linear else "ordinal_only")


def disagreements(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> pd.DataFrame:
    """The rows of `compare` in which the two models disagree in sign or significance."""
    table = compare(linear, ordinal, alpha=alpha)
    return table.loc[table["kind"] != "", list(COLUMNS)].reset_index(drop=True)


def say_disagreements(
    linear: Fit,
    ordinal: OrdinalFit,
    *,
    alpha: float = 0.05,
    called: Name = "",
    labels: Mapping[str, Name] | None = None,
) -> tuple[Text, ...]:
    """One sentence a disagreement, in every language; one that says so where the models agree or were not compared.

    `called` and `labels` as for `mixed_model.fit`.
    """
    table = compare(linear, ordinal, alpha=alpha)
    tested = int(table[["p_linear", "p_ordinal"]].notna().all(axis=1).sum())
    if not tested:
        return (say("unchecked", scale=called or linear.scale, link=ordinal.link),)
    rows = [row for row in table.itertuples() if row.kind]
    if not rows:
        return (say(plural("agree", tested), scale=called or linear.scale, link=ordinal.link, count=tested),)
    return tuple(_sentence(row, alpha, called or linear.scale, labels or {}) for row in rows)


def _sentence(row: Any, alpha: float, called: Name, labels: Mapping[str, Name]) -> Text:
    a, b = (labels.get(system, system) for system in (row.system_a, row.system_b))
    names = {"scale": called, "link": row.link, "a": a, "b": b}
    if row.kind != "sign":
        return say(row.kind, **names, p_linear=p_text(row.p_linear), p_ordinal=p_text(row.p_ordinal))
    grave = min(row.p_linear, row.p_ordinal) < alpha
    return say(
        "sign",
        **names,
        higher_linear=say("first" if row.difference > 0 else "second"),
        higher_ordinal=say("first" if row.sign > 0 else "second"),
        weight=say("sign_grave" if grave else "sign_small"),
    )
