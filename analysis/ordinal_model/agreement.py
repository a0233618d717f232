"""Where the ordinal and the linear model draw different conclusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.mixed_model.inference import holm
from analysis.mixed_model.model import PLANNED, Fit
from analysis.mixed_model.notes import Name, Text
from analysis.ordinal_model.model import OrdinalFit
from analysis.ordinal_model.words import say
from analysis.p_text import p_text

COLUMNS = ("scale", "link", "system_a", "system_b", "difference", "p_linear", "estimate", "p_ordinal", "kind")


def compare(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> pd.DataFrame:
    """The linear model's contrasts beside the ordinal ones: COLUMNS, in the order and orientation of the first.

    p of both after Holm within the family of the contrast. `kind`: "" (they agree, or there is no test), "sign" (the
    estimates differ in sign), "linear_only" or "ordinal_only" (significant there alone).
    """
    table = linear.contrasts[["scale", "system_a", "system_b", "difference", "p_holm", "family"]]
    columns = (ordinal.contrasts[name] for name in ("system_a", "system_b", "estimate", "p"))
    rows = list(zip(*columns, strict=True))
    estimates = {(a, b): (value, p) for a, b, value, p in rows} | {(b, a): (-value, p) for a, b, value, p in rows}
    pairs = list(zip(table["system_a"], table["system_b"], strict=True))
    found = np.array([estimates.get(pair, (np.nan, np.nan)) for pair in pairs]).reshape(-1, 2)
    is_planned = (table["family"] == PLANNED).to_numpy()
    p = holm(found[:, 1])
    p[is_planned] = holm(found[is_planned, 1])
    table = table.rename(columns={"p_holm": "p_linear"}).assign(link=ordinal.link, estimate=found[:, 0], p_ordinal=p)
    table["kind"] = [_kind(row, alpha) for row in table.itertuples()]
    return table[list(COLUMNS)]


def _kind(row: Any, alpha: float) -> str:
    if np.isnan(row.p_linear) or np.isnan(row.p_ordinal):
        return ""
    if row.difference * row.estimate < 0:
        return "sign"
    linear, ordinal = row.p_linear < alpha, row.p_ordinal < alpha
    return "" if linear == ordinal else ("linear_only" if linear else "ordinal_only")


def disagreements(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> pd.DataFrame:
    """The rows of `compare` in which the two models disagree in sign or significance."""
    table = compare(linear, ordinal, alpha=alpha)
    return table[table["kind"] != ""].reset_index(drop=True)


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
        return (say("agree", scale=called or linear.scale, link=ordinal.link, count=tested),)
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
        higher_ordinal=say("first" if row.estimate > 0 else "second"),
        weight=say("sign_grave" if grave else "sign_small"),
    )
