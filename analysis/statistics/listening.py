"""How experts listened: plays, time and headphone check."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

COLUMNS = ("statistic", "value", "q1", "q3", "n")
CURVE_COLUMNS = ("panel", "x", "n", "share", "median", "q1", "q3")
#: What became of the headphone check, by expert.
HEADPHONES = ("passed", "failed", "skipped", "not_reached")
#: Rounds that pass the check (Woods et al. 2017).
MIN_CORRECT = 5
#: So many plays and more are counted together.
MAX_PLAYS = 5


def trials(frame: pd.DataFrame) -> pd.DataFrame:
    """Count plays and seconds of each trial.

    Parameters
    ----------
    frame : DataFrame
        Answers with `expert_id`, and where they were recorded `trial`, `plays` and `rt_ms`.

    Returns
    -------
    DataFrame
        One row for each trial of an expert: `plays` before its first answer and `seconds` to its last one, as far as
        recorded; empty without the order of trials.
    """
    wanted = {"plays": ("plays", "min"), "seconds": ("rt_ms", "max")}
    there = {name: part for name, part in wanted.items() if part[0] in frame and frame[part[0]].notna().any()}
    numbers = pd.to_numeric(frame["trial"], errors="coerce") if "trial" in frame else None
    if numbers is None or not there or numbers.isna().any():
        return pd.DataFrame()
    table = frame.assign(trial=numbers).groupby(["expert_id", "trial"]).agg(**there).reset_index()
    return table.assign(seconds=table["seconds"] / 1000) if "seconds" in table else table


def headphones(experts: pd.DataFrame | None) -> dict[str, int]:
    """Count experts by the outcome of their headphone check.

    Parameters
    ----------
    experts : DataFrame or None
        One row an expert, with `headphones_correct` and `headphones_rounds` as text.

    Returns
    -------
    dict
        Experts by HEADPHONES; empty where nobody reached the check.
    """
    names = ["headphones_correct", "headphones_rounds"]
    if experts is None or not set(names) <= set(experts):
        return {}
    correct, rounds = (pd.to_numeric(experts[name], errors="coerce") for name in names)
    done = rounds > 0
    found = {
        "passed": done & (correct >= MIN_CORRECT),
        "failed": done & (correct < MIN_CORRECT),
        "skipped": rounds == 0,
        "not_reached": rounds.isna(),
    }
    return {name: int(of.sum()) for name, of in found.items()} if rounds.notna().any() else {}


def summary(frame: pd.DataFrame, experts: pd.DataFrame | None, listened: pd.DataFrame | None = None) -> pd.DataFrame:
    """Summarise plays, times and the headphone check.

    Parameters
    ----------
    frame : DataFrame
        Answers with `expert_id`, and where they were recorded `trial`, `plays` and `rt_ms`.
    experts : DataFrame or None
        One row an expert, with `headphones_correct` and `headphones_rounds` as text.
    listened : DataFrame or None
        One row for each clip of a trial that an expert started, with `place` (0: reference or X) and `plays` in all,
        where trials have several; in place of the plays of the answers.

    Returns
    -------
    DataFrame
        COLUMNS: medians with quartiles over trials and sessions, shares and counts, of what was recorded.
    """
    return pd.DataFrame(_rows(frame, experts, listened), columns=list(COLUMNS))


def _rows(
    frame: pd.DataFrame, experts: pd.DataFrame | None, listened: pd.DataFrame | None
) -> Iterator[tuple[object, ...]]:
    table = trials(frame)
    if listened is not None:
        yield from _played(listened)
    elif "plays" in table:
        yield ("replayed", float((table["plays"] > 1).mean()), np.nan, np.nan, len(table))
        yield ("plays", *_quartiles(table["plays"]))
    if "seconds" in table:
        yield ("seconds", *_quartiles(table["seconds"]))
        yield ("minutes", *_quartiles(table.groupby("expert_id")["seconds"].sum() / 60))
    checked = headphones(experts)
    for name, count in checked.items():
        yield (f"headphones_{name}", float(count), np.nan, np.nan, sum(checked.values()))


def _played(listened: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Plays of the clips of each trial, and of its reference or X, if there is one."""
    clips, reference = (listened.loc[listened["place"].gt(0) == is_clip, "plays"] for is_clip in (True, False))
    if len(clips):
        yield ("clips_replayed", float((clips > 1).mean()), np.nan, np.nan, len(clips))
        yield ("clip_plays", *_quartiles(clips))
    if len(reference):
        yield ("reference_plays", *_quartiles(reference))


def _quartiles(values: pd.Series[float]) -> tuple[float, float, float, int]:
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(low), float(high), int(values.notna().sum())


def curves(frame: pd.DataFrame, experts: pd.DataFrame | None, listened: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compute what the figure of listening shows.

    Parameters
    ----------
    frame : DataFrame
        Answers with `expert_id`, and where they were recorded `trial`, `plays` and `rt_ms`.
    experts : DataFrame or None
        One row an expert, with `headphones_correct` and `headphones_rounds` as text.
    listened : DataFrame or None
        One row for each clip of a trial that an expert started, with `place` (0: reference or X) and `plays` in all,
        where trials have several; in place of the plays of the answers.

    Returns
    -------
    DataFrame
        CURVE_COLUMNS: shares of plays, quartiles of the time by trial, and counts of the headphone check.
    """
    table, rows = trials(frame), list[dict[str, object]]()
    if listened is not None:
        rows += _shares("clip_plays", listened.loc[listened["place"] > 0, "plays"])
    elif "plays" in table:
        rows += _shares("plays", table["plays"].dropna())
    if "seconds" in table:
        for trial, seconds in table.groupby("trial")["seconds"]:
            middle, low, high, n = _quartiles(seconds)
            rows.append({"panel": "time", "x": f"{trial:g}", "n": n, "median": middle, "q1": low, "q3": high})
    rows += [{"panel": "headphones", "x": name, "n": n} for name, n in headphones(experts).items()]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def _shares(panel: str, plays: pd.Series[float]) -> Iterator[dict[str, object]]:
    """How often each number of plays occurs."""
    capped = plays.clip(upper=MAX_PLAYS)
    for count in range(int(capped.min()), int(capped.max()) + 1) if len(plays) else ():
        name = f"{count}+" if count == MAX_PLAYS else f"{count}"
        n = int((capped == count).sum())
        yield {"panel": panel, "x": name, "n": n, "share": n / len(plays)}
