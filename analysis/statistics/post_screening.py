"""Post-screening of experts by a hidden reference (ITU-R BS.1534-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from formats.reference import MANY_EXPERTS, MOST_MISSED, RANGE_LIMIT

COLUMNS = ("scale", "expert_id", "reference_below", "n_reference", "mid_above", "n_mid", "flagged")


def post_screening(
    frame: pd.DataFrame, bounds: Mapping[str, tuple[float, float]], reference: str, mid: Sequence[str] = ()
) -> pd.DataFrame:
    """Compute how often each expert missed the hidden reference.

    And the mid-range anchors, where there are any: ITU-R BS.1534-3, 4.1.2.

    A rating x on a scale from l to h is at 100 (x - l) / (h - l) per cent of its range. The hidden reference is missed
    below ``RANGE_LIMIT`` per cent, an anchor above it. Clips of an anchor that more than ``MANY_EXPERTS`` of their
    experts rate above it are not counted. Repeats are ignored.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``system``, ``clip_id``, ``scale``, ``rating`` and ``is_repeat``.
    bounds : mapping of str to (float, float)
        The lowest and the highest rating of each scale.
    reference : str
        The system that is the hidden reference.
    mid : sequence of str, optional
        The systems that are mid-range anchors.

    Returns
    -------
    DataFrame
        ``COLUMNS``, a row for each scale and expert who rated the reference or an anchor on it: shares of trials with
        their numbers, NaN where there are none. ``flagged``: a share is above ``MOST_MISSED``.
    """
    first = frame[~frame["is_repeat"] & frame["scale"].isin(bounds)]
    low, high = (first["scale"].map({key: pair[end] for key, pair in bounds.items()}) for end in (0, 1))
    height = 100 * (first["rating"] - low) / (high - low)
    keys = ["scale", "expert_id"]
    is_reference, is_mid = first["system"] == reference, first["system"].isin(list(mid))
    below = first[is_reference].assign(missed=height < RANGE_LIMIT)
    above = first[is_mid].assign(missed=height > RANGE_LIMIT)
    fair = above.groupby(["scale", "system", "clip_id"])["missed"].transform("mean") <= MANY_EXPERTS
    above = above[fair.astype(bool)]
    table = pd.concat(
        [
            below.groupby(keys)["missed"].agg(reference_below="mean", n_reference="size"),
            above.groupby(keys)["missed"].agg(mid_above="mean", n_mid="size"),
        ],
        axis=1,
    ).sort_index()
    table = table.assign(**{name: table[name].fillna(0).astype(int) for name in ("n_reference", "n_mid")})
    table = table.astype({"reference_below": float, "mid_above": float})
    table["flagged"] = (table["reference_below"] > MOST_MISSED) | (table["mid_above"] > MOST_MISSED)
    return table.reset_index()[list(COLUMNS)]
