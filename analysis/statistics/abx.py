"""ABX: how often experts say rightly which of two clips X is.

P(right) = Phi(b_k + expert + clip pair) for a pair k of systems: a mixed probit in which experts and pairs of clips are
samples. b is 0 where experts guess; Phi(b) is the proportion of an average expert on average clips. X is A as often as
B, so that a habit of answering "A" does not raise it.

No d' of ABX is computed: the same proportion means another d' for experts who compare X with A and with B than for
those who judge each clip by itself (N. A. Macmillan & C. D. Creelman, Detection Theory, 2nd ed., 2005, chapter 9), and
the answers do not say what experts do. 2 b is the d' of an unbiased judge of single clips with the same proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from analysis.statistics.comparison_model.laplace import Answers, Maximum, maximise
from analysis.statistics.comparison_model.model import Bounded
from analysis.statistics.guards import panel_shortage
from analysis.statistics.incidence import join
from analysis.statistics.mixed_model import inference
from analysis.statistics.ordinal_model.links import LINKS

PAIRS = (
    *("pair", "answers", "right", "share", "proportion", "ci_low", "ci_high", "estimate", "se", "df", "t", "p"),
    *("p_holm", "p_equivalence"),
)
#: The random effects: how well an expert tells clips apart, and how easy a pair of clips makes it.
EFFECTS = ("sensitivity", "clip")


@dataclass(frozen=True)
class AbxFit:
    """How well experts say which clip X is.

    Attributes
    ----------
    pairs : DataFrame
        ``PAIRS``; ``share`` is that of the answers, ``proportion`` the model's with its interval, ``estimate`` is b.
        ``p`` is two-sided against a proportion of 1/2, ``p_equivalence`` that of two one-sided tests of 2 b.
    variance_components : DataFrame
        Columns ``component`` (``EFFECTS``), ``variance``, ``sd``.
    why : dict of str to str
        For each pair that has no estimate the reason: "all_right", "all_wrong" or "not_estimable".
    shortage : str
        Why nothing is concluded (``guards``), or "".
    converged : bool
    """

    pairs: pd.DataFrame
    variance_components: pd.DataFrame
    why: dict[str, str]
    shortage: str
    converged: bool


def fit(frame: pd.DataFrame, pairs: Sequence[str] = (), *, margin: float = 0.5, alpha: float = 0.05) -> AbxFit:
    """Estimate the proportion of right answers for each pair of systems.

    Coefficients are integrated out with the random effects, as REML does; t tests with Satterthwaite's degrees of
    freedom. A pair whose answers are all right, or all wrong, has no finite estimate and counts only.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``pair`` (of systems), ``clip_id`` (of the pair of clips) and ``right`` (0 or 1); no
        repeats.
    pairs : sequence of str, optional
        Their order; sorted if not given.
    margin : float, default 0.5
        2 b within it counts as chance: 59.9% right.
    alpha : float, default 0.05

    Returns
    -------
    AbxFit

    Raises
    ------
    ValueError
        If an answer is neither 0 nor 1, or the margin is not above 0.
    """
    if not frame["right"].isin([0, 1]).all():
        raise ValueError("an answer is neither 0 (wrong) nor 1 (right)")
    if not margin > 0:
        raise ValueError(f"the margin {margin:g} must be above 0")
    seen = set(frame["pair"])
    table = _counts(frame, [pair for pair in pairs if pair in seen] or sorted(seen))
    shares = dict(zip(table["pair"], table["share"], strict=True))
    why = {pair: "all_right" if share == 1 else "all_wrong" for pair, share in shares.items() if share in (0, 1)}
    fitted = [pair for pair in table["pair"] if pair not in why]
    maximum = None
    if fitted:
        try:
            maximum = maximise(_answers(frame[frame["pair"].isin(fitted)], fitted))
        except np.linalg.LinAlgError:
            why |= dict.fromkeys(fitted, "not_estimable")
    clips = frame.drop_duplicates(["pair", "clip_id"])["pair"].value_counts()
    shortage = panel_shortage(frame["expert_id"].nunique(), clips.tolist())
    if maximum:
        table = _tested(table, fitted, maximum, margin, alpha, is_short=bool(shortage))
    sds = maximum.sds if maximum else np.full(len(EFFECTS), np.nan)
    components = pd.DataFrame({"component": list(EFFECTS), "variance": sds**2, "sd": sds})
    return AbxFit(table, components, why, shortage, converged=maximum is None or maximum.converged)


def _counts(frame: pd.DataFrame, pairs: Sequence[str]) -> pd.DataFrame:
    counted = frame.groupby("pair")["right"].agg(["size", "sum", "mean"]).loc[list(pairs)]
    table = pd.DataFrame(
        {"pair": list(pairs), "answers": counted["size"].to_numpy(), "right": counted["sum"].to_numpy()}
    )
    return table.assign(share=counted["mean"].to_numpy(), **dict.fromkeys(PAIRS[4:], np.nan))


def _answers(frame: pd.DataFrame, pairs: Sequence[str]) -> Answers:
    place = {pair: number for number, pair in enumerate(pairs)}
    pair = np.array([place[name] for name in frame["pair"]], dtype=np.intp)
    expert, experts = pd.factorize(frame["expert_id"], sort=True)
    clip, clips = pd.factorize(frame["pair"] + "\n" + frame["clip_id"], sort=True)
    ones = np.ones((len(frame), 1))
    design = join(
        [
            ("", pair[:, None], ones, len(pairs)),
            (EFFECTS[0], np.asarray(expert, dtype=np.intp)[:, None], ones, len(experts)),
            (EFFECTS[1], np.asarray(clip, dtype=np.intp)[:, None], ones, len(clips)),
        ]
    )
    right = frame["right"].to_numpy(np.intp)
    return Answers(right, 2, design, np.zeros((len(right), 0)), LINKS["probit"])


def _tested(
    table: pd.DataFrame, fitted: Sequence[str], maximum: Maximum, margin: float, alpha: float, *, is_short: bool
) -> pd.DataFrame:
    estimate = Bounded(maximum.coefficients, maximum.covariance, maximum.derivatives, maximum.of_searched)
    found = inference.t_tests(estimate, np.eye(len(fitted)), alpha)
    columns = {"estimate": found.value, "proportion": ndtr(found.value)}
    if not is_short:
        columns |= {name: getattr(found, name) for name in ("se", "df", "t", "p")}
        columns |= {"ci_low": ndtr(found.low), "ci_high": ndtr(found.high), "p_holm": inference.holm(found.p)}
        columns["p_equivalence"] = inference.equivalence_p(found.value, found.se, found.df, margin / 2)
    table = table.copy()
    table.loc[table["pair"].isin(fitted), list(columns)] = np.column_stack(list(columns.values()))
    return table[list(PAIRS)]
