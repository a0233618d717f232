"""Power by simulated studies beside the formula; `python -m tests.benchmarks.power` does it at length, and prints JSON.

Sparse designs, in which each expert hears some of the clips as a study deals them to its sessions, are analysed by
`mixed_model.fit`; complete ones by its closed form, with ratings as they are felt and rounded to 1-5.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats
from tqdm import tqdm

from analysis.statistics import mixed_model
from analysis.statistics.information import Variances
from analysis.statistics.power import FELT, FELT_MEAN, Design, assumed_variances, degrees_of_freedom, power
from generation.workers import pool, workers
from study.design.spec import DesignSpec
from study.design.subsets import clip_subsets

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Scatter, design and gap. In the first two and the sixth a clip is heard by one or two experts, in the third by one or
#: nobody; in the seventh an expert hears one clip of a system.
SPARSE = (
    ("middle", Design(6, 20, 4, systems=4), 0.5),
    ("middle", Design(12, 40, 4, systems=4), 0.5),
    ("middle", Design(6, 30, 4, systems=4), 0.5),
    ("middle", Design(12, 13, 10, systems=3), 0.5),
    ("high", Design(26, 40, 4, systems=2), 0.5),
    ("middle", Design(26, 40, 2, systems=2), 0.6),
    ("middle", Design(26, 20, 1, systems=3), 0.6),
    ("low", Design(20, 8, 2, systems=4), 0.4),
)
#: What `plan_study` prints, with its variances, which are those of ratings 1-5, and gaps in rating points. True: the
#: studies have ratings 1-5; False: normal ones, as the page assumes.
PRINTED = (
    ("middle", Design(6, 20, 4, systems=4), 0.5, True),
    ("middle", Design(12, 40, 4, systems=4), 0.5, True),
    ("middle", Design(3, 3, 3, systems=2), 1.5, False),
    ("middle", Design(2, 6, 1, systems=6), 1.5, False),
    ("low", Design(8, 10, 1, systems=2), 1.0, False),
    ("low", Design(10, 10, 1, systems=2), 0.8, False),
    ("low", Design(8, 10, 1, systems=3), 0.86, False),
    ("low", Design(10, 10, 1, systems=3), 0.75, False),
    ("low", Design(12, 5, 5), 0.39, False),
)


def studies(
    design: Design, felt: Variances, gap: float, count: int, seed: int | tuple[int, int], *, mean: float | None = None
) -> Floats:
    """Ratings (count, systems, experts, clips), everybody hearing all; the first two systems lie `gap` apart.

    With a `mean` they are rounded to 1-5 about it; without one they stay as they are felt.
    """
    rng = np.random.default_rng(seed)
    expert, expert_system, clip, residual = felt.sds()
    s, r, k = design.systems, design.experts, design.clips
    ratings: Floats = rng.normal(0, expert, (count, 1, r, 1)) + rng.normal(0, expert_system, (count, s, r, 1))
    ratings = ratings + rng.normal(0, clip, (count, s, 1, k)) + rng.normal(0, residual, (count, s, r, k))
    level = np.zeros(s)
    level[:2] = gap / 2, -gap / 2
    ratings += level[:, None, None]
    return ratings if mean is None else np.clip(np.rint(ratings + mean), 1, 5)


def closed_form_p(ratings: Floats) -> Floats:
    """p (count,) of the first system against the second by the mixed model's closed form for complete data.

    Where a component would be negative its mean square is pooled with the residual's, as REML does. The variance is
    2 (MS + MS - MS) / cells, of expert:system, clip and residual.
    """
    s, r, k = ratings.shape[1:]
    system = ratings.mean(axis=(2, 3), keepdims=True)
    by_expert = ratings.mean(axis=3, keepdims=True)
    by_clip = ratings.mean(axis=2, keepdims=True)
    everybody = ratings.mean(axis=(1, 3), keepdims=True)
    interaction = k * (by_expert - system - everybody + ratings.mean(axis=(1, 2, 3), keepdims=True)) ** 2
    clips, rest = r * (by_clip - system) ** 2, (ratings - by_expert - by_clip + system) ** 2
    squares = np.stack([part.sum(axis=(1, 2, 3)) for part in (interaction, clips, rest)])
    dfs = np.array([[(r - 1) * (s - 1)], [s * (k - 1)], [s * (r - 1) * (k - 1)]], dtype=float)
    kept = squares / dfs > squares[2] / dfs[2]
    kept[2] = False
    pooled_df = np.where(kept, 0, dfs).sum(axis=0)
    pooled = np.where(kept, 0, squares).sum(axis=0) / pooled_df * (1 - kept.sum(axis=0))
    parts = np.where(kept, squares / dfs, 0)
    variance = parts.sum(axis=0) + pooled
    df = variance**2 / ((parts**2 / dfs).sum(axis=0) + pooled**2 / pooled_df)
    gaps = system[:, 0, 0, 0] - system[:, 1, 0, 0]
    p: Floats = 2 * stats.t.sf(np.abs(gaps) / np.sqrt(2 * variance / (r * k)), df)
    return p


def observed_gap(felt: Variances, gap: float, mean: float) -> float:
    """The difference of mean ratings 1-5 that a felt gap about `mean` makes."""
    cuts = np.arange(1, 5) + 0.5
    levels = [stats.norm.sf((cuts - mean - shift) / math.sqrt(sum(felt))).sum() for shift in (gap / 2, -gap / 2)]
    return float(levels[0] - levels[1])


def heard(design: Design) -> npt.NDArray[np.bool_]:
    """Who hears which clips of a system (experts, clips), as a study deals them to its sessions."""
    shape = DesignSpec(
        systems=tuple("abcdef")[: design.systems],
        clips=design.clips,
        heard=design.heard,
        groups=(("all", design.experts),),
        repeats=0,
        practice=0,
        break_after=0,
        questions=("q",),
        seed=1,
    )
    table = np.zeros((design.experts, design.clips), dtype=bool)
    for row, clips in zip(table, clip_subsets(shape, np.random.default_rng(1)), strict=True):
        row[clips] = True
    return table


def felt_gap(felt: Variances, gap: float, mean: float) -> float:
    """The felt gap about `mean` that makes a difference `gap` of mean ratings 1-5."""
    return float(optimize.brentq(lambda wide: observed_gap(felt, wide, mean) - gap, 0.0, 20.0))


def fitted_p(
    design: Design, felt: Variances, gap: float, count: int, seed: int, *, mean: float | None = None
) -> Iterator[float]:
    """p of the first two systems by `mixed_model.fit`, study by study; ratings as `studies` makes them."""
    table = np.broadcast_to(heard(design), (design.systems, design.experts, design.clips))
    systems, experts, clips = np.nonzero(table)
    names = {"expert_id": experts, "system": systems, "clip_id": systems * design.clips + clips, "scale": "q"}
    frame = pd.DataFrame(names)
    for part in range(count):
        ratings = studies(design, felt, gap, 1, (seed, part), mean=mean)[0][table]
        yield float(mixed_model.fit(frame.assign(rating=ratings), "q").contrasts["p"].iloc[0])


def scatter(name: str) -> Variances:
    """Variances of what is felt, one of `power.FELT`."""
    return Variances(*(sd * sd for sd in FELT[name]))


def sparse(name: str, design: Design, gap: float, count: int, seed: int) -> dict[str, float | str]:
    """One design of SPARSE, by simulated studies and by the formula."""
    felt = scatter(name)
    return _beside(name, design, gap, fitted_p(design, felt, gap, count, seed), count, felt)


def _beside(
    name: str, design: Design, gap: float, chances: Iterator[float], count: int, variances: Variances
) -> dict[str, float | str]:
    share = sum(p < design.alpha for p in chances) / count
    numbers = {"experts": design.experts, "clips": design.clips, "heard": design.heard, "systems": design.systems}
    simulated = {"simulated": round(share, 4), "se": round(math.sqrt(share * (1 - share) / count), 4)}
    formula = {"formula": round(power(design, variances, gap), 4)}
    formula["df"] = round(degrees_of_freedom(design, variances), 1)
    return {"scatter": name, **numbers, "gap": gap, "studies": count, **simulated, **formula}


def printed(name: str, design: Design, gap: float, is_rounded: bool, count: int, seed: int) -> dict[str, float | str]:
    """One design of PRINTED, by simulated studies and by the formula with the variances of the page."""
    variances, felt = assumed_variances()[name], scatter(name)
    if is_rounded:
        chances = fitted_p(design, felt, felt_gap(felt, gap, FELT_MEAN), count, seed, mean=FELT_MEAN)
    else:
        chances = fitted_p(design, variances, gap, count, seed)
    return _beside(name, design, gap, chances, count, variances) | {"ratings": "1-5" if is_rounded else "normal"}


def complete(seed: int, count: int = 2000) -> pd.DataFrame:
    """Complete studies with felt and with rounded ratings, by the closed form, beside the formula."""
    rows = []
    for name in FELT:
        felt = scatter(name)
        for experts, clips, gap in itertools.product((6, 12, 26, 60), (5, 10, 20), (0.17, 0.4)):
            design = Design(experts, clips, clips)
            plain = float(np.mean(closed_form_p(studies(design, felt, gap, count, seed)) < 0.05))
            rated = float(np.mean(closed_form_p(studies(design, felt, gap, count, seed + 1, mean=FELT_MEAN)) < 0.05))
            shown = observed_gap(felt, gap, FELT_MEAN)
            rows.append((name, "felt", experts, clips, gap, plain, power(design, felt, gap)))
            rows.append((name, "rounded", experts, clips, gap, rated, power(design, assumed_variances()[name], shown)))
    return pd.DataFrame(rows, columns=["scatter", "ratings", "experts", "clips", "gap", "simulated", "formula"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2500, help="simulated studies of a sparse design")
    parser.add_argument("--printed", type=int, default=1000, help="simulated studies of a design as the page has it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=workers, default=1, help="processes, or tcp://HOST:PORT of a Dask cluster")
    given = parser.parse_args()
    with pool(given.workers, len(SPARSE)) as executor:
        jobs = [executor.submit(sparse, *each, given.studies, given.seed) for each in SPARSE]
        pages = [executor.submit(printed, *each, given.printed, given.seed) for each in PRINTED]
        results = [job.result() for job in tqdm(jobs, desc="sparse designs", disable=None)]
        shown = [job.result() for job in tqdm(pages, desc="as the page prints", disable=None)]
    table = complete(given.seed)
    off = (table["simulated"] - table["formula"]).abs()
    worst = {kind: round(float(off[table["ratings"] == kind].max()), 4) for kind in ("felt", "rounded")}
    about = {"command": "python -m tests.benchmarks.power", "seed": given.seed, "alpha": 0.05}
    json.dump(
        {
            **about,
            "complete": {"designs": len(table), "studies": 2000, "largest": worst},
            "sparse": results,
            "printed": shown,
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
