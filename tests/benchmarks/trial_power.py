"""Power of sets, of clips matched by prompt, of choices, of pairs and of ABX by simulated studies, beside `plan_study`.

`python -m tests.benchmarks.trial_power` prints tables: complete sets by the closed form of the model with prompts,
choices by `discrimination.fit`, pairs by `comparison_model.fit` and ABX by `abx.fit`.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from analysis.statistics import abx, abx_power, comparison_model, discrimination, effect_power, pair_power, power
from analysis.statistics.abx_power import AbxDesign
from analysis.statistics.choice_power import ASSUMED, ChoiceDesign, Spread
from analysis.statistics.information import Variances
from analysis.statistics.pair_power import CUTS, PairDesign
from analysis.statistics.power import Design
from tests.analysis.comparisons import QUESTION, make_pairs
from tests.benchmarks.power import Floats, scatter, studies

#: Standard deviations of what the clips of a prompt, and an expert's ratings of them, have in common.
PROMPT_SD, PAGE_SD = 0.5, 0.3
SETS = tuple(
    (name, Design(experts, prompts, prompts, systems, kind="sets"), gap)
    for name in ("low", "middle", "high")
    for experts, prompts, systems, gap in ((14, 10, 4, 0.5), (12, 8, 2, 0.6), (26, 13, 6, 0.3), (8, 6, 3, 0.8))
)
CHOICES = (
    ("middle", ChoiceDesign(20, 6, 8, 8, 16, 16), 0.5),
    ("middle", ChoiceDesign(26, 6, 13, 10, 13, 10), 0.5),
    ("low", ChoiceDesign(12, 3, 10, 10, 10, 10), 0.6),
    ("high", ChoiceDesign(30, 3, 20, 10, 20, 10), 0.8),
)
PAIRS = (
    ("middle", PairDesign(17, 5, 8, 4, "binary"), 0.4),
    ("middle", PairDesign(17, 5, 8, 4, "graded"), 0.4),
    ("low", PairDesign(26, 6, 13, 4, "binary"), 0.25),
    ("high", PairDesign(26, 6, 13, 4, "graded"), 0.6),
)

ABX = (
    ("low", AbxDesign(20, 2, 16, 16), 0.6),
    ("middle", AbxDesign(17, 4, 10, 10), 0.6),
    ("middle", AbxDesign(26, 3, 12, 8), 0.5),
    ("high", AbxDesign(30, 3, 20, 10), 0.8),
)


def set_p(design: Design, felt: Variances, gap: float, count: int, seed: int) -> Floats:
    """p (count,) of the first system against the second in complete sets.

    2 (MS_es + MS_sp - MS_esp) / (E P); a mean square below that of the residual is pooled with it, as REML does.
    """
    rng = np.random.default_rng((seed, 1))
    e, p, s = design.experts, design.clips, design.systems
    y = studies(design, felt, gap, count, seed)
    y = y + rng.normal(0, PROMPT_SD, (count, 1, 1, p)) + rng.normal(0, PAGE_SD, (count, 1, e, p))
    y = y - y.mean(axis=1, keepdims=True)
    system, by_expert, by_prompt = (y.mean(axis=axes, keepdims=True) for axes in ((2, 3), 3, 2))
    parts = (by_expert - system, by_prompt - system, y - by_expert - by_prompt + system)
    squares = np.stack([(part**2).sum(axis=(1, 2, 3)) for part in parts]) * np.array([[p], [e], [1]])
    dfs = (s - 1) * np.array([[e - 1], [p - 1], [(e - 1) * (p - 1)]], dtype=float)
    kept = squares / dfs > squares[2] / dfs[2]
    kept[2] = False
    pooled_df = np.where(kept, 0, dfs).sum(axis=0)
    pooled = np.where(kept, 0, squares).sum(axis=0) / pooled_df * (1 - kept.sum(axis=0))
    own = np.where(kept, squares / dfs, 0)
    variance = own.sum(axis=0) + pooled
    df = variance**2 / ((own**2 / dfs).sum(axis=0) + pooled**2 / pooled_df)
    gaps = system[:, 0, 0, 0] - system[:, 1, 0, 0]
    return np.asarray(2 * stats.t.sf(np.abs(gaps) / np.sqrt(2 * variance / (e * p)), df))


def choices(design: ChoiceDesign, spread: Spread, d_prime: float, rng: np.random.Generator) -> pd.DataFrame:
    """Answers of one study in which all generators have the same d'; experts stand midway."""
    criterion = rng.normal(-d_prime / 2, spread.criterion, design.experts)
    sensitivity = rng.normal(d_prime, spread.sensitivity, design.experts)
    tables = []
    for system in range(design.systems):
        clips, heard = (design.clips, design.heard) if system else (design.real, design.real_heard)
        luck = rng.normal(0, spread.clip, clips)
        expert = np.repeat(np.arange(design.experts), heard)
        clip = (np.arange(design.experts)[:, None] * heard + np.arange(heard)).ravel() % clips
        eta = criterion[expert] + luck[clip] + (sensitivity[expert] if system else 0.0)
        said = (eta + rng.normal(size=len(eta)) > 0).astype(int)
        name = f"s{system}" if system else "real"
        tables.append(pd.DataFrame({"expert_id": expert, "system": name, "clip_id": clip, "said": said}))
    return pd.concat(tables, ignore_index=True)


def found(design: ChoiceDesign, spread: Spread, d_prime: float, count: int, seed: int) -> tuple[float, float]:
    """Shares of d' that differ from 0, and, where it is 0, shown to be near it."""
    rng = np.random.default_rng(seed)
    detected, near = [], []
    for _ in tqdm(range(count), desc=str(design), disable=None):
        fit = discrimination.fit(choices(design, spread, d_prime, rng), margin=design.margin)
        detected.append((fit.systems["p"].iloc[:-1] < design.alpha).mean())
        fit = discrimination.fit(choices(design, spread, 0.0, rng), margin=design.margin)
        near.append((fit.systems["p_equivalence"].iloc[:-1] < design.alpha).mean())
    return float(np.mean(detected)), float(np.mean(near))


def found_pairs(
    design: PairDesign, spread: pair_power.Spread, difference: float, count: int, seed: int
) -> tuple[float, Floats]:
    """The share of studies that find the difference between the last system and another, and their standard errors."""
    detected, errors = [], []
    strengths = [0.0] * (design.systems - 1) + [difference]
    for study in tqdm(range(count), desc=str(design), disable=None):
        frame = make_pairs(
            strengths,
            experts=design.experts,
            prompts=design.prompts,
            votes=design.rounds,
            cuts=CUTS[design.form],
            sds=(spread.expert_system, spread.clip),
            seed=seed + study,
        )
        contrasts = comparison_model.fit(frame, QUESTION).contrasts
        last = contrasts[contrasts["system_b"] == f"s{design.systems}"]
        detected.append((last["p"] < design.alpha).mean())
        errors.append(last["se"].mean())
    return float(np.mean(detected)), np.array(errors)


def abx_answers(design: AbxDesign, spread: abx_power.Spread, effect: float, rng: np.random.Generator) -> pd.DataFrame:
    """Answers of one ABX study in which experts know all pairs of systems as well."""
    able, tables = rng.normal(effect / 2, spread.sensitivity, design.experts), []
    for pair in range(math.comb(design.systems, 2)):
        easy = rng.normal(0, spread.clip, design.prompts)
        expert = np.repeat(np.arange(design.experts), design.rounds)
        number = np.arange(design.experts)[:, None] * design.rounds + np.arange(design.rounds)
        clip = (number.ravel() + pair * design.rounds) % design.prompts
        right = (able[expert] + easy[clip] + rng.normal(size=len(expert)) > 0).astype(int)
        tables.append(
            pd.DataFrame({"expert_id": expert, "pair": f"p{pair}", "clip_id": clip.astype(str), "right": right})
        )
    return pd.concat(tables, ignore_index=True)


def found_abx(
    design: AbxDesign, spread: abx_power.Spread, effect: float, count: int, seed: int
) -> tuple[float, float, float]:
    """Shares of pairs that differ, and, where experts guess, shown to be near it; the median standard error of 2 b."""
    rng = np.random.default_rng(seed)
    detected, near, errors = [], [], []
    for _ in tqdm(range(count), desc=str(design), disable=None):
        table = abx.fit(abx_answers(design, spread, effect, rng), margin=design.margin).pairs
        detected.append((table["p"] < design.alpha).mean())
        errors.append(2 * table["se"].mean())
        table = abx.fit(abx_answers(design, spread, 0.0, rng), margin=design.margin).pairs
        near.append((table["p_equivalence"] < design.alpha).mean())
    return float(np.mean(detected)), float(np.mean(near)), float(np.median(errors))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=5000, help="simulated studies of each design")
    parser.add_argument("--choices", type=int, default=1000, help="the same of choices")
    parser.add_argument("--pairs", type=int, default=500, help="the same of pairs")
    parser.add_argument("--abx", type=int, default=300, help="the same of ABX")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("| experts | prompts | systems | scatter | gap | found | page |\n|---|---|---|---|---|---|---|")
    for name, design, gap in SETS:
        share = np.mean(set_p(design, scatter(name), gap, given.sets, given.seed) < design.alpha)
        numbers = f"| {design.experts} | {design.clips} | {design.systems} | {name} | {gap} "
        print(f"{numbers}| {share:.3f} | {power.power(design, scatter(name), gap):.3f} |")
    print("\n| design | scatter | d' | found | page | near chance | page |\n|---|---|---|---|---|---|---|")
    for name, planned, d_prime in CHOICES if given.choices else ():
        detected, near = found(planned, ASSUMED[name], d_prime, given.choices, given.seed)
        by_formula = effect_power.power(planned, ASSUMED[name], d_prime)
        equal = effect_power.equivalence_power(planned, ASSUMED[name])
        print(f"| {planned} | {name} | {d_prime} | {detected:.3f} | {by_formula:.3f} | {near:.3f} | {equal:.3f} |")
    print("\n| design | scatter | difference | found | page | median SE | page |\n|---|---|---|---|---|---|---|")
    for name, compared, difference in PAIRS if given.pairs else ():
        spread = pair_power.ASSUMED[name]
        detected, errors = found_pairs(compared, spread, difference, given.pairs, given.seed)
        by_formula, (se, _) = effect_power.power(compared, spread, difference), compared.precision(spread, difference)
        numbers = f"| {compared} | {name} | {difference} | {detected:.3f} | {by_formula:.3f} "
        print(f"{numbers}| {np.median(errors):.3f} | {se:.3f} |")
    print("\n| design | scatter | effect | found | page | near guessing | page | SE | page |\n" + "|---" * 9 + "|")
    for name, heard, effect in ABX if given.abx else ():
        felt = abx_power.ASSUMED[name]
        apart, near, error = found_abx(heard, felt, effect, given.abx, given.seed)
        by_formula, equal = effect_power.power(heard, felt, effect), effect_power.equivalence_power(heard, felt)
        numbers = f"| {heard} | {name} | {effect} | {apart:.3f} | {by_formula:.3f} | {near:.3f} | {equal:.3f} "
        print(f"{numbers}| {error:.3f} | {heard.precision(felt, effect)[0]:.3f} |")


if __name__ == "__main__":
    main()
