"""ABX: the proportion of right answers by pair of systems, and what is said where the model has none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from analysis.statistics import abx


def answers(right: Callable[[int, int, int], bool], *, experts: int = 12, clips: int = 8) -> pd.DataFrame:
    """One answer of each expert to each pair of clips, of two pairs of systems: right(pair, expert, clip)."""
    rows = [
        (f"e{expert:02d}", f"pair {pair}", f"clip {clip}", int(right(pair, expert, clip)))
        for pair in range(2)
        for expert in range(experts)
        for clip in range(clips)
    ]
    return pd.DataFrame(rows, columns=["expert_id", "pair", "clip_id", "right"])


def test_without_variance_the_proportion_is_the_share() -> None:
    fitted = abx.fit(answers(lambda pair, expert, clip: (expert + clip) % 4 < 2 + pair))
    assert list(fitted.pairs["share"]) == [0.5, 0.75]
    assert list(fitted.variance_components["sd"]) == [0, 0]
    assert list(fitted.pairs["proportion"]) == pytest.approx([0.5, 0.75], abs=1e-6)
    assert list(fitted.pairs["estimate"]) == pytest.approx(ndtri([0.5, 0.75]), abs=1e-6)
    guess, clear = fitted.pairs.to_dict("records")
    assert (guess["p"], clear["p"] < 1e-4) == (pytest.approx(1), True)
    assert guess["ci_low"] < 0.5 < guess["ci_high"] < 0.62 < clear["ci_low"] < 0.75 < clear["ci_high"]
    # Of n independent answers a probit of 1/2 has the standard error sqrt(pi / 2 / n).
    assert guess["se"] == pytest.approx(np.sqrt(np.pi / 2 / 96), rel=1e-3)


def test_experts_who_differ_make_the_interval_wider() -> None:
    alike = abx.fit(answers(lambda pair, expert, clip: (expert + clip) % 4 > 0)).pairs
    differ = abx.fit(answers(lambda pair, expert, clip: (expert + clip) % 8 < (8 if expert % 2 else 4)))
    assert list(alike["share"]) == list(differ.pairs["share"]) == [0.75, 0.75]
    assert differ.variance_components.set_index("component")["sd"]["sensitivity"] > 0.5
    assert (differ.pairs["se"] > 1.5 * alike["se"]).all()
    assert (differ.pairs["proportion"] > 0.75).all()  # of an average expert, not of the average answer


def test_many_guesses_are_equivalent_to_guessing() -> None:
    few, many = (
        abx.fit(answers(lambda pair, expert, clip: (expert + clip) % 2 == 0, experts=experts, clips=clips)).pairs
        for experts, clips in ((6, 4), (24, 16))
    )
    assert (few["p_equivalence"] > 0.05).all()
    assert (many["p_equivalence"] < 0.001).all()


def test_pair_with_one_answer_alone_has_counts_only() -> None:
    fitted = abx.fit(answers(lambda pair, expert, clip: pair == 1 or (expert + clip) % 4 > 0))
    other, every = fitted.pairs.to_dict("records")
    assert fitted.why == {"pair 1": "all_right"}
    assert (every["right"], every["answers"], every["share"]) == (96, 96, 1)
    assert np.isnan(every["estimate"])
    assert other["p_holm"] == other["p"] < 0.001
    assert abx.fit(answers(lambda pair, expert, clip: False)).why == dict.fromkeys(("pair 0", "pair 1"), "all_wrong")


def test_few_experts_have_no_test() -> None:
    fitted = abx.fit(answers(lambda pair, expert, clip: (expert + clip) % 4 > 0, experts=5))
    assert fitted.shortage == "few_experts"
    assert fitted.pairs["proportion"].notna().all()
    assert fitted.pairs[["se", "p", "ci_low", "p_equivalence"]].isna().all(axis=None)


@pytest.mark.parametrize(("changes", "margin"), [({"right": 2}, 0.5), ({}, 0.0)])
def test_bad_input_is_refused(changes: dict[str, int], margin: float) -> None:
    with pytest.raises(ValueError, match="neither 0 .wrong. nor 1|must be above 0"):
        abx.fit(answers(lambda pair, expert, clip: True).assign(**changes), margin=margin)
