"""`make bench-stats`: false alarms and coverage of comparisons, sets, prompts and choices, printed as tables.

Systems are equal; experts and clips differ. Comparisons: each expert hears every pair of systems four times, with a
side advantage of 0.2; beside the crossed model stand what independent votes and a sandwich over experts give, and the
linear check; every fourth study again with gaps between systems, for the coverage of intervals. Sets: all systems'
clips of a prompt on one page, 0-100; beside the model with prompts stand the one without and tests on means of experts
and pages. Prompts: the same of single clips, 1-5. Choices: "human or computer?" where experts know nothing; beside the
mixed probit stand pooled tables and t tests of experts' d'; every fourth study again with d' from 0 up.

With `--out` each study is a line of a CSV file as soon as it is done, and the same command continues after the last.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
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
from analysis.statistics.power import FELT
from analysis.statistics.power import Design as Ratings
from tests.analysis.comparisons import QUESTION, make_pairs
from tests.benchmarks.power import heard as dealt

ALPHA = 0.05
BINARY, GRADED = (0.0,), (-1.9, -1.15, -0.4, 0.4, 1.15, 1.9)
GAP = 0.25
DEFAULT_STUDIES, DEFAULT_SEED = 1000, 1
#: Of how many studies one has gaps too; and how many of a design are done before the next has its turn.
GAPS_EVERY, ROUND = 4, 20


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


class Prompts(NamedTuple):
    """Experts, systems, prompts, and how many of them an expert hears, each by every system as single clips."""

    experts: int
    systems: int
    prompts: int
    heard: int


class Choosing(NamedTuple):
    """Experts, generators, clips of each, and real clips."""

    experts: int
    systems: int
    clips: int
    real: int


class ChoosingSets(NamedTuple):
    """Experts, generators, and prompts: each page has a clip of every generator and a real one."""

    experts: int
    systems: int
    prompts: int


SETS = (Sets(14, 4, 10, 4.0), Sets(14, 4, 10, 7.0))
PROMPTS = (Prompts(14, 4, 10, 10), Prompts(26, 6, 13, 10))
CHOICES = (Choosing(26, 5, 13, 13),)
CHOICE_SETS = (ChoosingSets(26, 5, 13), ChoosingSets(8, 3, 8), ChoosingSets(14, 1, 10))
#: Those that docs/benchmarks.md promises first.
EVERYTHING: tuple[Design | Sets | Prompts | Choosing | ChoosingSets, ...] = (
    *DESIGNS[:4],
    *CHOICES,
    *SETS,
    *PROMPTS,
    *DESIGNS[4:],
    *CHOICE_SETS,
)
#: Standard deviations of a set's ratings: expert, prompt, expert:system, page, noise.
SPREADS = (8.0, 7.0, 4.0, 3.5, 9.0)
#: Standard deviations of choices in sets, in probits: prompt, page and clip.
CHOICE_SPREADS = (0.3, 0.4, 0.3)
#: Of what single clips of one prompt have in common, on 1-5.
PROMPT_SD = 0.5
#: Steps of d' between systems where there are any.
D_STEP = 0.5


def simulate_sets(design: Sets, rng: np.random.Generator) -> pd.DataFrame:
    """Ratings of complete sets of equal systems, whole numbers from 0 to 100."""
    experts, systems, prompts, clip_sd = design
    expert, prompt, within, page, noise = SPREADS
    y = 55 + rng.normal(0, expert, (experts, 1, 1)) + rng.normal(0, prompt, (1, 1, prompts))
    y = y + rng.normal(0, clip_sd, (1, systems, prompts)) + rng.normal(0, within, (experts, systems, 1))
    y = y + rng.normal(0, page, (experts, 1, prompts)) + rng.normal(0, noise, (experts, systems, prompts))
    return _as_ratings(np.clip(np.rint(y), 0, 100), np.ones((experts, prompts), dtype=bool))


def simulate_prompts(design: Prompts, rng: np.random.Generator) -> pd.DataFrame:
    """Ratings 1-5 of single clips of equal systems, at middle scatter and with that of prompts."""
    experts, systems, prompts, heard = design
    expert, within, clip, noise = FELT["middle"]
    y = 3 + rng.normal(0, expert, (experts, 1, 1)) + rng.normal(0, PROMPT_SD, (1, 1, prompts))
    y = y + rng.normal(0, clip, (1, systems, prompts)) + rng.normal(0, within, (experts, systems, 1))
    y = y + rng.normal(0, noise, (experts, systems, prompts))
    return _as_ratings(np.clip(np.rint(y), 1, 5), dealt(Ratings(experts, prompts, heard, systems)))


def _as_ratings(y: Floats, heard: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Of ratings (experts, systems, prompts) those that are heard (experts, prompts), for `mixed_model.fit`."""
    e, s, p = np.nonzero(np.broadcast_to(heard[:, None, :], y.shape))
    frame = pd.DataFrame({"expert_id": e, "system": s, "prompt_id": p, "rating": y[e, s, p]})
    return frame.assign(clip_id=frame["prompt_id"].astype(str) + "-" + frame["system"].astype(str), scale="overall")


def null_ratings(design: Sets | Prompts, rng: np.random.Generator) -> dict[str, float]:
    """Shares of false alarms in one study of sets, or of single clips of shared prompts."""
    frame = simulate_sets(design, rng) if isinstance(design, Sets) else simulate_prompts(design, rng)
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


def simulate_choices(design: Choosing, truth: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Answers "generated" (1) or "real" (0) of one study, at these d'."""
    criterion, sensitivity = rng.normal(-0.3, 0.35, design.experts), rng.normal(0, 0.35, design.experts)
    rows = []
    for system in range(design.systems + 1):
        luck = rng.normal(0, 0.3, design.clips if system else design.real)
        eta = criterion[:, None] + luck + (sensitivity[:, None] + truth[system - 1] if system else 0)
        said = (eta + rng.normal(size=eta.shape) > 0).astype(int)
        e, c = np.indices(said.shape).reshape(2, -1)
        name = f"s{system}" if system else "real"
        clips = [f"{name}-{clip}" for clip in c]
        rows.append(pd.DataFrame({"expert_id": e, "system": name, "clip_id": clips, "said": said.ravel()}))
    return pd.concat(rows, ignore_index=True)


def null_choices(design: Choosing, rng: np.random.Generator) -> dict[str, float]:
    """Shares of false alarms where nobody can tell generated from real music."""
    frame = simulate_choices(design, np.zeros(design.systems), rng)
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
    return _rates(alarms) | {"median_df": float(found["df"].median())}


def simulate_choice_sets(design: ChoosingSets, rng: np.random.Generator, *, is_one: bool = False) -> pd.DataFrame:
    """Choices of each clip of complete sets where nobody can tell; `is_one`: one clip of each page is called real."""
    experts, systems, prompts = design
    criterion, sensitivity = rng.normal(-0.3, 0.35, experts), rng.normal(0, 0.35, experts)
    prompt, page, clip = CHOICE_SPREADS
    of_page = rng.normal(0, prompt, prompts) + rng.normal(0, page, (experts, prompts)) + criterion[:, None]
    eta = of_page[:, None, :] + rng.normal(0, clip, (systems + 1, prompts))
    eta = np.concatenate([eta[:, :1], eta[:, 1:] + sensitivity[:, None, None]], axis=1)
    felt = eta + rng.normal(size=eta.shape)
    said = (felt > felt.min(axis=1, keepdims=True)) if is_one else felt > 0
    e, s, p = np.indices(said.shape).reshape(3, -1)
    frame = pd.DataFrame({"expert_id": e, "system": np.where(s, "s", "real"), "page": p.astype(str)})
    frame["system"] += np.where(s, s.astype(str), "")
    frame["prompt_id"] = frame["page"]
    return frame.assign(clip_id=frame["system"] + "-" + frame["page"], said=said[e, s, p].astype(int))


def null_choice_sets(design: ChoosingSets, rng: np.random.Generator) -> dict[str, float]:
    """Shares of false alarms of choices in sets, and how often the guard finds a choice among a page's clips."""
    free, one = simulate_choice_sets(design, rng), simulate_choice_sets(design, rng, is_one=True)
    found, chosen = discrimination.fit(free), discrimination.fit(one)
    blind = discrimination.fit(free.drop(columns="prompt_id"))
    alarms: dict[str, Any] = {
        "mixed_probit": found.systems["p"].iloc[: design.systems],
        "no_prompts": blind.systems["p"].iloc[: design.systems],
        "mixed_probit_one_of_page": chosen.systems["p"].iloc[: design.systems],
    }
    guarded = {"guarded": found.shortage == "one_of_page", "guarded_one_of_page": chosen.shortage == "one_of_page"}
    return _rates(alarms) | {name: float(value) for name, value in guarded.items()}


def gap_choices(design: Choosing, rng: np.random.Generator) -> dict[str, float]:
    """The share of intervals that contain the true d', where systems differ."""
    truth: Floats = D_STEP * np.arange(design.systems, dtype=np.float64)
    found = discrimination.fit(simulate_choices(design, truth, rng)).systems.iloc[: design.systems]
    tested = found["se"].notna()
    inside = (found["ci_low"] <= truth) & (truth <= found["ci_high"])
    return {"coverage": float(inside[tested].mean()), "bias": float((found["d_prime"] - truth).mean())}


def _rates(alarms: dict[str, Any]) -> dict[str, float]:
    rates = {f"contrast_{name}": float((np.asarray(p, dtype=float) < ALPHA).mean()) for name, p in alarms.items()}
    return {**rates, **{f"family_{name}": float((holm(p) < ALPHA).any()) for name, p in alarms.items()}}


def study(design: Design | Sets | Prompts | Choosing | ChoosingSets, number: int, seed: int) -> dict[str, float]:
    """Simulate and analyse one study; every fourth once more with gaps between systems."""
    with_gaps = number % GAPS_EVERY == 0
    rng = np.random.default_rng((seed, EVERYTHING.index(design), number))
    if isinstance(design, Design):
        first, second = (int(each) for each in rng.integers(2**31, size=2))
        return null_study(design, first) | (gap_study(design, second) if with_gaps else {})
    if isinstance(design, Choosing):
        return null_choices(design, rng) | (gap_choices(design, rng) if with_gaps else {})
    if isinstance(design, ChoosingSets):
        return null_choice_sets(design, rng)
    return null_ratings(design, rng)


def measure(designs: Sequence[int], studies: int, seed: int, folder: Path) -> None:
    """Simulate studies until the file of each design has so many, a few of every design in turn."""
    for until in tqdm(range(ROUND, studies + ROUND, ROUND), disable=None):
        for design in designs:
            for number in range(len(read(folder, design)), min(until, studies)):
                add(path_of(folder, design), study(EVERYTHING[design], number, seed))


def path_of(folder: Path, design: int) -> Path:
    """The file of one design."""
    return folder / f"{design:02d}-{type(EVERYTHING[design]).__name__.lower()}.csv"


def read(folder: Path, design: int) -> pd.DataFrame:
    """The studies of one design that are done; no rows where there are none."""
    path = path_of(folder, design)
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def add(path: Path, row: dict[str, float]) -> None:
    """Append one study. The first has gaps, so the columns of the file are those of every study."""
    columns = list(row) if not path.exists() else path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    lines = pd.DataFrame([row], columns=columns)
    lines.to_csv(path, mode="a", header=not path.exists(), index=False)


def table(folder: Path, design: int) -> str:
    """The means of one design as a table, and its other numbers below."""
    rows = read(folder, design)
    if rows.empty:
        return ""
    means = {str(name): float(value) for name, value in rows.mean().items()}
    methods = [name.removeprefix("contrast_") for name in means if name.startswith("contrast_")]
    of_methods = [f"| {name} | {means[f'contrast_{name}']:.3f} | {means[f'family_{name}']:.3f} |" for name in methods]
    others = [name for name in means if name.partition("_")[2] not in methods]
    below = [f"{name} {means[name]:.3f} ({rows[name].count()} studies)" for name in others]
    title = f"{EVERYTHING[design]}: {len(rows)} studies"
    return "\n".join([title, "", "| method | a difference | a study |", "|---|---|---|", *of_methods, "", *below, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=DEFAULT_STUDIES, help="of each design; 0 prints what is there")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--designs", default="", metavar="0,1", help="only these of the designs, by number")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="a CSV file of each design, to continue later")
    given = parser.parse_args()
    designs = [int(n) for n in given.designs.split(",") if n] or list(range(len(EVERYTHING)))
    with TemporaryDirectory() as temporary:
        folder = given.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measure(designs, given.studies, given.seed, folder)
        for design in designs:
            print(table(folder, design))


if __name__ == "__main__":
    main()
