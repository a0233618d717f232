"""Where the ordinal and the linear model draw different conclusions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.mixed_model.inference import bonferroni
from analysis.statistics.mixed_model.model import PLANNED, Fit, by_family
from analysis.statistics.notes import Note, note
from analysis.statistics.ordinal_model.model import OrdinalFit

COLUMNS = (
    *("scale", "link", "system_a", "system_b", "difference", "p_linear"),
    *("estimate", "p_ordinal", "test", "kind"),
)


def compare(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> pd.DataFrame:
    """Compare the linear model's contrasts with the ordinal model's.

    Parameters
    ----------
    linear : Fit
    ordinal : OrdinalFit
    alpha : float, default 0.05

    Returns
    -------
    DataFrame
        ``COLUMNS`` and ``sign`` (that of the ordinal difference), in the order and orientation of the linear contrasts.
        p of both are corrected as the linear model's ``p_simultaneous``; ``test`` is the ordinal model's. ``kind`` is
        "" (they agree, or there is no test), "sign" (the differences have opposite signs), "linear_only" or
        "ordinal_only" (significant there alone).
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
    """Select the contrasts in which the models disagree in sign or significance.

    Parameters
    ----------
    linear : Fit
    ordinal : OrdinalFit
    alpha : float, default 0.05

    Returns
    -------
    DataFrame
        Rows of ``compare``.
    """
    table = compare(linear, ordinal, alpha=alpha)
    return table.loc[table["kind"] != "", list(COLUMNS)].reset_index(drop=True)


def notes_on_agreement(linear: Fit, ordinal: OrdinalFit, *, alpha: float = 0.05) -> tuple[Note, ...]:
    """Make notes on the contrasts in which the two models disagree.

    Parameters
    ----------
    linear : Fit
    ordinal : OrdinalFit
    alpha : float, default 0.05

    Returns
    -------
    tuple of Note
        One for each disagreement; a single one where the models agree or were not compared.
    """
    table = compare(linear, ordinal, alpha=alpha)
    tested = int(table[["p_linear", "p_ordinal"]].notna().all(axis=1).sum())
    if not tested:
        return (note("unchecked", linear.scale, link=ordinal.link),)
    rows = [row for row in table.itertuples() if row.kind]
    if not rows:
        return (note("agree_one" if tested == 1 else "agree", linear.scale, link=ordinal.link, count=tested),)
    return tuple(_note(linear.scale, row, alpha) for row in rows)


def _note(scale: str, row: Any, alpha: float) -> Note:
    about = {"link": row.link, "a": row.system_a, "b": row.system_b}
    if row.kind != "sign":
        return note(row.kind, scale, **about, p_linear=row.p_linear, p_ordinal=row.p_ordinal)
    return note(
        "sign",
        scale,
        **about,
        higher_linear=bool(row.difference > 0),
        higher_ordinal=bool(row.sign > 0),
        weight=min(row.p_linear, row.p_ordinal) < alpha,
    )
