"""How often means under codes let somebody guess which code is which system: `python -m tests.bench_seal`.

The guesser knows which system every rating of one expert was for, and matches that expert's means with the report's,
which are of all experts. Ratings as `simulate_ratings` draws them (study/simulation.py), six systems, 10 of 13 clips,
five scales; once with the true means of systems from 2.7 to 3.6, once all equal. By chance one in six is right.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np
import numpy.typing as npt

SYSTEMS, CLIPS, HEARD, SCALES = 6, 13, 10, 5
#: As in study/simulation.py.
EXPERT_SD, EXPERT_SYSTEM_SD, CLIP_SD, NOISE_SD, SHARED, TILT_SD = 0.40, 0.25, 0.35, 0.85, 0.5, 0.15
MEANS = (2.7, 3.6)
NAMINGS = np.array(list(itertools.permutations(range(SYSTEMS))))
Floats = npt.NDArray[np.float64]


def effect(rng: np.random.Generator, sd: float, *shape: int) -> Floats:
    """Normal effects on every scale, partly common to all of them."""
    common = rng.normal(0, sd * SHARED**0.5, shape)[..., None]
    return common + rng.normal(0, sd * (1 - SHARED) ** 0.5, (*shape, SCALES))


def means_of(rng: np.random.Generator, experts: int, *, apart: bool) -> Floats:
    """Each expert's mean rating of each system on each scale."""
    low, high = MEANS if apart else (sum(MEANS) / 2,) * 2
    true = np.linspace(low, high, SYSTEMS)[:, None] + rng.normal(0, TILT_SD if apart else 0, (SYSTEMS, SCALES))
    clip = effect(rng, CLIP_SD, SYSTEMS, CLIPS)
    person, taste = effect(rng, EXPERT_SD, experts), effect(rng, EXPERT_SYSTEM_SD, experts, SYSTEMS)
    means = np.zeros((experts, SYSTEMS, SCALES))
    for expert, system in np.ndindex(experts, SYSTEMS):
        heard = rng.choice(CLIPS, HEARD, replace=False)
        latent = true[system] + person[expert] + taste[expert, system] + clip[system][heard]
        means[expert, system] = np.clip(np.round(latent + effect(rng, NOISE_SD, HEARD)), 1, 5).mean(0)
    return means


def guessed(rng: np.random.Generator, experts: int, *, apart: bool) -> float:
    """The share of codes that the naming which fits best gets right."""
    means = means_of(rng, experts, apart=apart)
    shown, own = np.round(means.mean(0), 2), means[0]
    fit = (shown - shown.mean(0)) @ (own - own.mean(0)).T
    best = NAMINGS[fit[np.arange(SYSTEMS), NAMINGS].sum(1).argmax()]
    return float((best == np.arange(SYSTEMS)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("experts  systems differ  all alike")
    for experts in (5, 13, 26):
        rng = np.random.default_rng(given.seed)
        apart, alike = (
            np.mean([guessed(rng, experts, apart=apart) for _ in range(given.studies)]) for apart in (True, False)
        )
        print(f"{experts:7d}  {apart:14.2f}  {alike:9.2f}")


if __name__ == "__main__":
    main()
