"""`make bench-stats`: false alarms and coverage of comparisons, sets and choices, printed as JSON.

Systems are equal; experts and clips differ. Comparisons: each expert hears every pair of systems four times, with a
side advantage of 0.2; beside the crossed model stand what independent votes and a sandwich over experts give, and the
linear check; then the same with gaps between systems, for the coverage of intervals. Sets: all systems' clips of a
prompt on one page, 0-100; beside the model with prompts stand the one without and tests on means of experts and pages.
Choices: "human or computer?" where experts know nothing; beside the mixed probit stand pooled tables and t tests of
experts' d'.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from analysis.statistics import comparison_model, discrimination, mixed_model
from analysis.statistics.comparison_model import laplace
from analysis.statistics.comparison_model.laplace import Answers
from analysis.statistics.comparison_model.votes import Votes, lay_out
from analysis.statistics.incidence import Floats, join
from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.ordinal_model.links import LINKS, score_and_curvature
from generation.workers import pool, workers
from tests.analysis.comparisons import QUESTION, make_pairs

ALPHA = 0.05
BINARY, GRADED = (0.0,), (-1.9, -1.15, -0.4, 0.4, 1.15, 1.9)
GAP = 0.25
DEFAULT_STUDIES, DEFAULT_SEED = 1000, 1


class Design(NamedTuple):
    """Experts, systems, prompts, standard deviation of expert:system and of clip, and whether answers are graded."""

    experts: int
    systems: int
    prompts: int
    sd: float
    is_graded: bool


DESIGNS = tuple(
    Design(*size, sd, is_graded)
    for size, sd in (((17, 5, 8), 0.25), ((26, 6, 13), 0.25), ((8, 4, 6), 0.4), ((17, 5, 8), 0.4))
    for is_graded in (False, True)
)


def simulate(design: Design, strengths: Floats, seed: int) -> pd.DataFrame:
    """Comparisons of one study."""
    return make_pairs(
        strengths.tolist(),
        experts=design.experts,
        prompts=design.prompts,
        cuts=GRADED if design.is_graded else BINARY,
        sds=(design.sd, design.sd),
        seed=seed,
    )


def independent(votes: Votes) -> tuple[Floats, Floats]:
    """p of all pairs where votes are taken as independent, and with a sandwich over experts and t(E - 1)."""
    size = len(votes.systems)
    design = join(
        [("", *votes.signed()), ("", np.zeros((len(votes.answer), 1), int), np.ones((len(votes.answer), 1)), 1)]
    )
    found = laplace.maximise(
        Answers(votes.levels, votes.count, design, np.zeros((len(votes.answer), 0)), LINKS["probit"])
    )
    table, ends = design.matrix.toarray(), np.concatenate([[-1e4], found.cuts, [1e4]])
    eta = table @ found.coefficients
    _, score, _ = score_and_curvature(LINKS["probit"], ends[votes.levels] - eta, ends[votes.levels + 1] - eta)
    sums = np.zeros((len(votes.experts), size))
    np.add.at(sums, votes.expert, score[:, None] * table)
    robust = found.covariance @ (sums.T @ sums) @ found.covariance
    weights = np.zeros((size * (size - 1) // 2, size))
    for row, (a, b) in enumerate(combinations(range(size), 2)):
        if a:
            weights[row, a - 1] = 1
        weights[row, b - 1] = -1
    z, t = (
        weights @ found.coefficients / np.sqrt(((weights @ v) * weights).sum(axis=1))
        for v in (found.covariance, robust)
    )
    return 2 * stats.norm.sf(np.abs(z)), 2 * stats.t.sf(np.abs(t), len(votes.experts) - 1)


def null_study(design: Design, seed: int) -> dict[str, float]:
    """Shares of false alarms of all methods in one study of equal systems."""
    frame = simulate(design, np.zeros(design.systems), seed)
    found = comparison_model.fit(frame, QUESTION)
    votes = lay_out(frame, QUESTION)
    naive, clustered = independent(votes)
    simultaneous = found.contrasts[["ci_low_simultaneous", "ci_high_simultaneous"]].to_numpy(np.float64)
    alarms: dict[str, Any] = {
        "crossed": found.contrasts["p"],
        "linear": found.linear["p"],
        "independent": naive,
        "experts": clustered,
    }
    rates = {f"contrast_{name}": float((np.asarray(p) < ALPHA).mean()) for name, p in alarms.items()}
    family = {f"family_{name}": float((holm(p) < ALPHA).any()) for name, p in alarms.items()}
    return {
        **rates,
        **family,
        "family_simultaneous": float((simultaneous[:, 0] > 0).any() or (simultaneous[:, 1] < 0).any()),
        "omnibus": float(found.omnibus["p"].iloc[0] < ALPHA),
        "one_scale": float(found.one_scale["p"].iloc[0] < ALPHA),
        "unbounded": float(not found.is_bounded),
        "median_df": float(found.contrasts["df"].median()),
    }


def gap_study(design: Design, seed: int) -> dict[str, float]:
    """The shares of intervals that contain the true difference, and of ranks that contain the true one."""
    truth: Floats = GAP * np.arange(design.systems, dtype=np.float64)
    found = comparison_model.fit(simulate(design, truth, seed), QUESTION)
    places = {f"s{n + 1}": value for n, value in enumerate(truth)}
    contrasts = found.contrasts
    gaps = contrasts["system_a"].map(places) - contrasts["system_b"].map(places)
    alone = (contrasts["ci_low"] <= gaps) & (gaps <= contrasts["ci_high"])
    together = (contrasts["ci_low_simultaneous"] <= gaps) & (gaps <= contrasts["ci_high_simultaneous"])
    ranks = design.systems - np.arange(design.systems)
    inside = (found.ranks["rank_best"] <= ranks) & (ranks <= found.ranks["rank_worst"])
    tested = contrasts["se"].notna()
    return {
        "coverage": float(alone[tested].mean()),
        "coverage_simultaneous": float(together[tested].all()),
        "coverage_ranks": float(inside.all()),
        "power_adjacent": float((contrasts["p"][np.isclose(gaps.abs(), GAP)] < ALPHA).mean()),
    }


class Sets(NamedTuple):
    """Experts, systems, prompts, and standard deviation of clips."""

    experts: int
    systems: int
    prompts: int
    clip_sd: float


class Choosing(NamedTuple):
    """Experts, generators, clips of each, and real clips."""

    experts: int
    systems: int
    clips: int
    real: int


SETS = (Sets(14, 4, 10, 4.0), Sets(14, 4, 10, 7.0))
CHOICES = (Choosing(26, 5, 13, 13),)
#: Standard deviations of a set's ratings: expert, prompt, expert:system, page, noise.
SPREADS = (8.0, 7.0, 4.0, 3.5, 9.0)


def simulate_sets(design: Sets, rng: np.random.Generator) -> pd.DataFrame:
    """Ratings of complete sets of equal systems, whole numbers from 0 to 100."""
    experts, systems, prompts, clip_sd = design
    expert, prompt, within, page, noise = SPREADS
    y = 55 + rng.normal(0, expert, (experts, 1, 1)) + rng.normal(0, prompt, (1, 1, prompts))
    y = y + rng.normal(0, clip_sd, (1, systems, prompts)) + rng.normal(0, within, (experts, systems, 1))
    y = y + rng.normal(0, page, (experts, 1, prompts)) + rng.normal(0, noise, (experts, systems, prompts))
    e, s, p = np.indices(y.shape).reshape(3, -1)
    frame = pd.DataFrame({"expert_id": e, "system": s, "prompt_id": p, "rating": np.clip(np.rint(y.ravel()), 0, 100)})
    return frame.assign(clip_id=frame["prompt_id"].astype(str) + "-" + frame["system"].astype(str), scale="overall")


def null_sets(design: Sets, rng: np.random.Generator) -> dict[str, float]:
    """Shares of false alarms in one study of sets."""
    frame = simulate_sets(design, rng)
    full = mixed_model.fit(frame, "overall").contrasts
    blind = mixed_model.fit(frame.drop(columns="prompt_id"), "overall").contrasts
    of_experts = frame.pivot_table(index="expert_id", columns="system", values="rating").to_numpy()
    of_pages = frame.pivot(index=["expert_id", "prompt_id"], columns="system", values="rating").to_numpy()
    pairs = list(combinations(range(design.systems), 2))
    alarms: dict[str, Any] = {
        "prompts": full["p"],
        "no_prompts": blind["p"],
        "t_expert_means": [stats.ttest_rel(of_experts[:, a], of_experts[:, b]).pvalue for a, b in pairs],
        "wilcoxon_expert_means": [stats.wilcoxon(of_experts[:, a], of_experts[:, b]).pvalue for a, b in pairs],
        "wilcoxon_pages": [stats.wilcoxon(of_pages[:, a], of_pages[:, b]).pvalue for a, b in pairs],
    }
    return _rates(alarms) | {"coverage": float(((full["ci_low"] <= 0) & (full["ci_high"] >= 0)).mean())}


def null_choices(design: Choosing, rng: np.random.Generator) -> dict[str, float]:
    """Shares of false alarms where nobody can tell generated from real music."""
    criterion, sensitivity = rng.normal(-0.3, 0.35, design.experts), rng.normal(0, 0.35, design.experts)
    rows = []
    for system in range(design.systems + 1):
        luck = rng.normal(0, 0.3, design.clips if system else design.real)
        eta = criterion[:, None] + luck + (sensitivity[:, None] if system else 0)
        said = (eta + rng.normal(size=eta.shape) > 0).astype(int)
        e, c = np.indices(said.shape).reshape(2, -1)
        name = f"s{system}" if system else "real"
        clips = [f"{name}-{clip}" for clip in c]
        rows.append(pd.DataFrame({"expert_id": e, "system": name, "clip_id": clips, "said": said.ravel()}))
    frame = pd.concat(rows, ignore_index=True)
    found = discrimination.fit(frame).systems.iloc[: design.systems]
    rates = frame.groupby(["expert_id", "system"])["said"].agg(["sum", "count"])
    z = stats.norm.ppf((rates["sum"] + 0.5) / (rates["count"] + 1))
    table = pd.Series(z, index=rates.index).unstack()
    counts = pd.crosstab(frame["system"], frame["said"])
    names = list(found["system"])
    alarms: dict[str, Any] = {
        "mixed_probit": found["p"],
        "pooled_table": [
            stats.chi2_contingency(counts.loc[["real", name]].to_numpy(), correction=False).pvalue for name in names
        ],
        "t_expert_d_prime": [stats.ttest_rel(table[name], table["real"]).pvalue for name in names],
    }
    return _rates(alarms) | {"coverage": float(((found["ci_low"] <= 0) & (found["ci_high"] >= 0)).mean())}


def _rates(alarms: dict[str, Any]) -> dict[str, float]:
    rates = {f"contrast_{name}": float((np.asarray(p, dtype=float) < ALPHA).mean()) for name, p in alarms.items()}
    return {**rates, **{f"family_{name}": float((holm(p) < ALPHA).any()) for name, p in alarms.items()}}


def measure_further(design: Sets | Choosing, studies: int, seed: int) -> dict[str, float]:
    """Averages over studies of sets or choices."""
    rng = np.random.default_rng((seed, *map(int, design)))
    null = null_sets if isinstance(design, Sets) else null_choices
    rows = [null(design, rng) for _ in tqdm(range(studies), desc=str(design), disable=None)]  # type: ignore[arg-type]
    return {str(name): round(float(value), 4) for name, value in pd.DataFrame(rows).mean().items()}


def measure(design: Design, studies: int, seed: int) -> dict[str, float]:
    """Averages over `studies` null studies and a quarter as many with gaps."""
    first = np.random.default_rng((seed, DESIGNS.index(design))).integers(2**31)
    null = [null_study(design, int(first) + n) for n in tqdm(range(studies), desc=str(design), disable=None)]
    gaps = [gap_study(design, int(first) - 1 - n) for n in tqdm(range(max(studies // 4, 1)), desc="gaps", disable=None)]
    means = {**pd.DataFrame(null).mean(), **pd.DataFrame(gaps).mean()}
    return {str(name): round(float(value), 4) for name, value in means.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=DEFAULT_STUDIES, help="null studies of each design")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--workers", type=workers, default=1, help="processes, or tcp://HOST:PORT of a Dask cluster")
    parser.add_argument("--designs", default="", metavar="0,1", help="only these of the designs, by number")
    given = parser.parse_args()
    everything: list[Any] = [*DESIGNS, *SETS, *CHOICES]
    chosen = [everything[int(n)] for n in given.designs.split(",") if n] or everything
    with pool(given.workers, len(chosen)) as executor:
        jobs = [
            (design, executor.submit(measure if isinstance(design, Design) else measure_further, design, *numbers))
            for design, numbers in ((design, (given.studies, given.seed)) for design in chosen)
        ]
        results = [{"kind": type(design).__name__, **design._asdict(), **job.result()} for design, job in jobs]
    json.dump({"seed": given.seed, "studies": given.studies, "alpha": ALPHA, "results": results}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
