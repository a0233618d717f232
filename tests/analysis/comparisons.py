"""Comparisons of two clips for tests: known studies and simulated ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from tests.analysis.builders import ORACLES

QUESTION = "overall"


def read_pairs(name: str) -> pd.DataFrame:
    """A known study as `comparison_model.fit` takes it: "pairs_binary" or "pairs_graded"."""
    table = pd.read_csv(ORACLES / f"{name}.csv")
    graded = "preference" in table
    answer = table["preference"] if graded else 2 * table["first_preferred"] - 1
    names = {f"{kind}_{x}": table[f"{kind}_{place}"] for kind in ("clip", "system") for x, place in PLACES.items()}
    return table[["expert_id", "trial", "prompt_id"]].assign(question=QUESTION, **names, value=-answer)


PLACES = {"a": "first", "b": "second"}


def printed_contrasts(name: str, link: str) -> pd.DataFrame:
    """The table "All contrasts" of a known study, by pair."""
    text = (ORACLES / f"{name}.txt").read_text(encoding="utf-8")
    lines = re.search(rf"# All contrasts, {link}.*?\npair (.*?)\n(.*?)\nREML-like", text, re.DOTALL)
    assert lines
    rows = [line.split() for line in lines[2].splitlines()]
    table = pd.DataFrame([row[1:] for row in rows], columns=lines[1].split(), index=[row[0] for row in rows])
    return table.astype(float)


def make_pairs(
    strengths: Sequence[float] = (0.0, 0.5, 1.0),
    *,
    experts: int = 8,
    prompts: int = 6,
    votes: int = 4,
    cuts: Sequence[float] = (0.0,),
    side: float = 0.2,
    sds: tuple[float, float] = (0.25, 0.25),
    seed: int = 1,
) -> pd.DataFrame:
    """Comparisons in which each expert hears each pair `votes` times, each system as often first as second.

    `cuts` divide the latent preference for the first clip into grades; `sds` of expert:system and of clip.
    """
    rng = np.random.default_rng(seed)
    systems = len(strengths)
    taste = rng.normal(0, sds[0], (experts, systems)) + np.asarray(strengths)
    luck = rng.normal(0, sds[1], (prompts, systems))
    rows = []
    for expert in range(experts):
        for k, pair in enumerate(combinations(range(systems), 2)):
            for vote in range(votes):
                prompt = (expert * votes + k * votes + vote) % prompts
                a, b = pair if (vote + expert + k) % 2 else pair[::-1]
                eta = side + taste[expert, a] - taste[expert, b] + luck[prompt, a] - luck[prompt, b]
                grade = int(np.searchsorted(np.asarray(cuts), eta + rng.normal()))
                value = (len(cuts) - 2 * grade) if len(cuts) % 2 else len(cuts) // 2 - grade
                rows.append((f"e{expert:02d}", f"p{prompt:02d}", a, b, np.sign(value) if len(cuts) == 1 else value))
    table = pd.DataFrame(rows, columns=["expert_id", "prompt_id", "a", "b", "value"])
    for x in "ab":
        table[f"system_{x}"] = "s" + (table[x] + 1).astype(str)
        table[f"clip_{x}"] = table["prompt_id"] + "-" + table[f"system_{x}"]
    table["trial"] = table.groupby("expert_id").cumcount() + 1
    return table.drop(columns=["a", "b"]).assign(question=QUESTION)
