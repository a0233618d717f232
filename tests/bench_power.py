"""Power by simulated studies beside the formula; `python -m tests.bench_power` does it at length."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pandas as pd
from scipy import stats

from analysis import mixed_model
from analysis.power import FELT, FELT_MEAN, Design, Variances, bracket, power

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def studies(design: Design, felt: Variances, gap: float, count: int, seed: int, *, mean: float | None = None) -> Floats:
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

    Where a component would be negative its mean square is pooled with the residual's, as REML does.
    """
    s, r, k = ratings.shape[1:]
    system = ratings.mean(axis=(2, 3), keepdims=True)
    by_expert = ratings.mean(axis=3, keepdims=True)
    by_clip = ratings.mean(axis=2, keepdims=True)
    everybody = ratings.mean(axis=(1, 3), keepdims=True)
    interaction = k * ((by_expert - system - everybody + ratings.mean(axis=(1, 2, 3), keepdims=True)) ** 2)
    squares = [interaction.sum(axis=(1, 2, 3)), r * ((by_clip - system) ** 2).sum(axis=(1, 2, 3))]
    squares.append(((ratings - by_expert - by_clip + system) ** 2).sum(axis=(1, 2, 3)))
    dfs = [float((r - 1) * (s - 1)), float(s * (k - 1)), float(s * (r - 1) * (k - 1))]
    return np.array([_p(gap, *row, dfs=dfs, cells=r * k) for gap, *row in zip(_gaps(system), *squares, strict=True)])


def _gaps(system: Floats) -> Floats:
    found: Floats = system[:, 0, 0, 0] - system[:, 1, 0, 0]
    return found


def _p(gap: float, *squares: float, dfs: list[float], cells: int) -> float:
    """By mean squares of expert:system, clip and residual: variance 2 (MS + MS - MS) / cells."""
    kept = [n for n in (0, 1) if squares[n] / dfs[n] > squares[2] / dfs[2]]
    pooled = [n for n in (0, 1, 2) if n not in kept]
    rest = sum(squares[n] for n in pooled) / sum(dfs[n] for n in pooled)
    terms = [(squares[n] / dfs[n], dfs[n], 1.0) for n in kept]
    terms.append((rest, sum(dfs[n] for n in pooled), 1.0 - len(kept)))
    variance = sum(weight * ms for ms, _, weight in terms)
    df = variance**2 / sum((weight * ms) ** 2 / df for ms, df, weight in terms)
    return float(2 * stats.t.sf(abs(gap) / math.sqrt(2 * variance / cells), df))


def observed_gap(felt: Variances, gap: float, mean: float) -> float:
    """The difference of mean ratings 1-5 that a felt gap about `mean` makes."""
    cuts = np.arange(1, 5) + 0.5
    levels = [stats.norm.sf((cuts - mean - shift) / math.sqrt(sum(felt))).sum() for shift in (gap / 2, -gap / 2)]
    return float(levels[0] - levels[1])


def incomplete_power(design: Design, felt: Variances, gap: float, count: int, seed: int) -> float:
    """Share of studies found by `mixed_model.fit`, each expert hearing a balanced part of the clips."""
    ratings = studies(design, felt, gap, count, seed)
    steps = np.arange(design.experts)[:, None] + np.arange(design.heard) * 3  # coprime with 13 and most other counts
    heard = np.zeros((design.experts, design.clips), dtype=bool)
    np.put_along_axis(heard, steps % design.clips, values=True, axis=1)
    cells = [
        (f"e{e:03d}", f"s{s}", f"s{s}c{c}")
        for s, e, c in itertools.product(*map(range, ratings.shape[1:]))
        if heard[e, c]
    ]
    frame = pd.DataFrame(cells, columns=["expert_id", "system", "clip_id"]).assign(scale="q")
    found, start = 0, None
    for study in ratings:
        fitted = mixed_model.fit(frame.assign(rating=study[:, heard].ravel()), "q", start=start)
        start = fitted.ratios
        is_pair = (fitted.contrasts["system_a"] == "s0") & (fitted.contrasts["system_b"] == "s1")
        found += bool((fitted.contrasts.loc[is_pair, "p"] < design.alpha).all())
    return found / count


def main() -> None:
    """Formula against simulation: complete studies with felt and rounded ratings, incomplete ones by the REML fit."""
    rows = []
    for name, sds in FELT.items():
        felt = Variances(*(sd * sd for sd in sds))
        for experts, clips, gap in itertools.product((12, 26, 60), (5, 10, 20), (0.17, 0.4)):
            design = Design(experts, clips, clips)
            plain = float(np.mean(closed_form_p(studies(design, felt, gap, 2000, 1)) < 0.05))
            rated = float(np.mean(closed_form_p(studies(design, felt, gap, 2000, 2, mean=FELT_MEAN)) < 0.05))
            shown = observed_gap(felt, gap, FELT_MEAN)
            rows.append((name, "felt", experts, clips, gap, plain, power(design, felt, gap)))
            rows.append((name, "rounded", experts, clips, gap, rated, power(design, bracket()[name], shown)))
        design, gap = Design(26, 13, 10), 0.4
        share = incomplete_power(design, felt, gap, 400, 3)
        rows.append((name, "incomplete", 26, 13, gap, share, power(design, felt, gap)))
    columns = ["scatter", "ratings", "experts", "clips", "gap", "simulated", "formula"]
    table = pd.DataFrame(rows, columns=columns)
    off = (table["simulated"] - table["formula"]).abs()
    worst = {kind: round(float(off[table["ratings"] == kind].max()), 4) for kind in ("felt", "rounded", "incomplete")}
    print(table.round(3).to_string(index=False))
    print(json.dumps({"largest difference": worst, "seeds": [1, 2, 3], "studies": 2000, "incomplete studies": 400}))


if __name__ == "__main__":
    main()
