"""`make bench-stats`: false alarms and coverage of the mixed model over simulated studies, printed as JSON.

Six equal systems, 26 experts, ratings rounded to 1-5 as experts give them; at three sizes of variance; complete (10
clips a system) and incomplete (13 clips a system, of which each expert hears 10, by the blocks of a Steiner system).
Then the ordinal check beside it, in seven designs of equal systems, most of them small: family-wise false alarms after
Holm by t, by Wald's z, and by the linear model.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from tqdm import tqdm

from analysis.statistics import mixed_model, ordinal_model
from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.power import FELT, Design
from generation.workers import pool, workers
from tests.benchmarks.power import heard as dealt

Floats = npt.NDArray[np.float64]

SYSTEMS, EXPERTS = 6, 26
DESIGNS = ("complete", "STS(13)")
#: How far the systems' latent means lie from the middle of the scale, for the coverage of gaps that are there.
GAPS = np.array([-0.5, -0.2, 0.0, 0.1, 0.3, 0.6])
NONE = np.zeros(SYSTEMS)
ALPHA = 0.05
DEFAULT_STUDIES, DEFAULT_SEED = 1000, 1


def heard(design: str) -> npt.NDArray[np.bool_]:
    """Who hears which clips of a system (experts, clips): all of ten, or all but three of thirteen.

    The blocks {0, 1, 4} and {0, 2, 7}, shifted by 0 to 12 modulo 13, are the 26 triples of a Steiner system STS(13).
    """
    if design == "complete":
        return np.ones((EXPERTS, 10), dtype=bool)
    table = np.ones((EXPERTS, 13), dtype=bool)
    for half, block in enumerate(((0, 1, 4), (0, 2, 7))):
        for shift in range(13):
            table[13 * half + shift, [(clip + shift) % 13 for clip in block]] = False
    return table


def simulate(design: str, spread: str, shifts: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Ratings of one study as `mixed_model.fit` takes them."""
    table = heard(design)
    expert, interaction, clip, rest = FELT[spread]
    size = (EXPERTS, SYSTEMS, table.shape[1])
    latent = 3 + shifts[None, :, None] + rng.normal(0, expert, (EXPERTS, 1, 1))
    latent = latent + rng.normal(0, interaction, (EXPERTS, SYSTEMS, 1)) + rng.normal(0, clip, (1, *size[1:]))
    ratings = np.clip(np.rint(latent + rng.normal(0, rest, size)), 1, 5)
    experts, systems, clips = np.nonzero(np.broadcast_to(table[:, None, :], size))
    names = {"expert_id": experts, "system": systems, "clip_id": clips}
    return pd.DataFrame({**names, "scale": "overall", "rating": ratings[experts, systems, clips]})


def expected(spread: str, shifts: Floats) -> Floats:
    """The mean rating of each system over all experts and clips, after rounding to 1-5."""
    sd = np.sqrt(np.square(FELT[spread]).sum())
    above: Floats = stats.norm.sf((np.arange(1.5, 5) - 3 - shifts[:, None]) / sd)
    means: Floats = 1 + above.sum(axis=1)
    return means


def null_study(design: str, spread: str, rng: np.random.Generator) -> dict[str, float]:
    """What the model says of six equal systems: shares of alarms, and whether the intervals hold the truth."""
    found = mixed_model.fit(simulate(design, spread, NONE, rng), "overall")
    means, truth = found.means, expected(spread, NONE)
    return {
        "false_alarms_contrast": float((found.contrasts["p"] < ALPHA).mean()),
        "false_alarm_omnibus": float(found.omnibus["p"].iloc[0] < ALPHA),
        "family_wise_after_holm": float((found.contrasts["p_holm"] < ALPHA).any()),
        "family_wise_simultaneous": float((found.contrasts["p_simultaneous"] < ALPHA).any()),
        "coverage_means": float(((means["ci_low"] <= truth) & (truth <= means["ci_high"])).mean()),
        "not_converged": float(any("not_converged" in note.code for note in found.notes)),
    }


def gap_study(design: str, spread: str, rng: np.random.Generator) -> dict[str, float]:
    """The share of contrasts' intervals that hold the true difference, where there are differences, and whether all of
    the simultaneous ones do."""
    contrasts = mixed_model.fit(simulate(design, spread, GAPS, rng), "overall").contrasts
    means = expected(spread, GAPS)
    truth = means[contrasts["system_a"].to_numpy(int)] - means[contrasts["system_b"].to_numpy(int)]
    alone = (contrasts["ci_low"] <= truth) & (truth <= contrasts["ci_high"])
    together = (contrasts["ci_low_simultaneous"] <= truth) & (truth <= contrasts["ci_high_simultaneous"])
    return {"coverage_contrasts": float(alone.mean()), "coverage_simultaneous": float(together.all())}


def measure(design: str, spread: str, studies: int, seed: int) -> dict[str, float]:
    """Averages over `studies` null studies and as many with gaps; each condition has a stream of its own."""
    stream = (seed, DESIGNS.index(design), list(FELT).index(spread))
    rng = np.random.default_rng(stream)
    steps = tqdm(range(studies), desc=f"{design}, {spread}", disable=None)
    rows = [null_study(design, spread, rng) | gap_study(design, spread, rng) for _ in steps]
    return {str(name): round(float(value), 4) for name, value in pd.DataFrame(rows).mean().items()}


class Small(NamedTuple):
    """Equal systems rated in the middle of 1-5, at middle variance but for the clips' standard deviation."""

    experts: int
    systems: int
    clips: int
    heard: int
    clip_sd: float = 0.35


SMALL = (
    Small(6, 4, 4, 4),
    Small(6, 3, 3, 3),
    Small(26, 4, 3, 3, clip_sd=0.6),
    Small(8, 2, 4, 4),
    Small(12, 4, 6, 6),
    Small(26, 6, 5, 5),
    Small(26, 6, 13, 10),
)
DEFAULT_SMALL = 400


def ordinal_study(small: Small, rng: np.random.Generator) -> dict[str, float]:
    """What both models say of equal systems: family-wise alarms after Holm, and intervals that contain 0.

    The ordinal model has no test, or no standard error, where a variance or a coefficient has no bound: there is no
    alarm in what is not tested, and coverage is that of what is (NaN where nothing is).
    """
    table = dealt(Design(small.experts, small.clips, small.heard, small.systems))
    expert, interaction, _, rest = FELT["middle"]
    size = (small.experts, small.systems, small.clips)
    latent = 3 + rng.normal(0, expert, (size[0], 1, 1)) + rng.normal(0, interaction, (*size[:2], 1))
    latent = latent + rng.normal(0, small.clip_sd, (1, *size[1:])) + rng.normal(0, rest, size)
    experts, systems, clips = np.nonzero(np.broadcast_to(table[:, None, :], size))
    names = {"expert_id": experts, "system": systems, "clip_id": clips, "scale": "overall"}
    frame = pd.DataFrame({**names, "rating": np.clip(np.rint(latent), 1, 5)[experts, systems, clips]})
    linear = mixed_model.fit(frame, "overall")
    ordinal = ordinal_model.fit(frame, "overall", linear=linear).contrasts
    by_z = pd.Series(2 * stats.norm.sf(ordinal["z"].abs()))
    return {
        "family_wise_ordinal_t": float((holm(ordinal["p"]) < ALPHA).any()),
        "family_wise_ordinal_z": float((holm(by_z) < ALPHA).any()),
        "family_wise_linear": float((linear.contrasts["p_holm"] < ALPHA).any()),
        "coverage_ordinal_t": coverage(ordinal["p"]),
        "coverage_ordinal_z": coverage(by_z),
        "untested_ordinal_t": float(ordinal["p"].isna().mean()),
        "coverage_linear": float((linear.contrasts["p"] >= ALPHA).mean()),
    }


def coverage(p: pd.Series) -> float:
    """The share of tested differences whose interval contains 0; NaN where none is tested."""
    return float((p.dropna() >= ALPHA).mean())


def measure_small(small: Small, studies: int, seed: int) -> dict[str, float | None]:
    """Averages over `studies`; each design has a stream of its own. None where no study has the number."""
    rng = np.random.default_rng((seed, *small[:4]))
    rows = [ordinal_study(small, rng) for _ in tqdm(range(studies), desc=str(small), disable=None)]
    means = pd.DataFrame(rows).mean()
    return {str(name): None if np.isnan(value) else round(float(value), 4) for name, value in means.items()}


def conditions() -> Iterator[tuple[str, str]]:
    return ((design, spread) for design in DESIGNS for spread in FELT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=DEFAULT_STUDIES, help="null studies a condition, and with gaps")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--workers", type=workers, default=1, help="processes, or tcp://HOST:PORT of a Dask cluster")
    parser.add_argument("--small", type=int, default=DEFAULT_SMALL, help="studies of each design of the ordinal check")
    given = parser.parse_args()
    with pool(given.workers, len(list(conditions()))) as executor:
        checks = [(each, executor.submit(measure_small, each, given.small, given.seed)) for each in SMALL]
        jobs = [(each, executor.submit(measure, *each, given.studies, given.seed)) for each in conditions()]
        results = [{"design": design, "variance": spread, **job.result()} for (design, spread), job in jobs]
    about = {"seed": given.seed, "studies": given.studies, "experts": EXPERTS, "systems": SYSTEMS, "alpha": ALPHA}
    ordinal = [{**each._asdict(), "studies": given.small, **job.result()} for each, job in checks]
    json.dump({**about, "results": results, "ordinal": ordinal}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
