"""Builders of run folders and of measured clips."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis.statistics.objective import FEATURES, METRICS, STATES, ClipSet, Floats

WIDE, FINE = np.linspace(-0.5, 0.5, 401), np.linspace(-0.02, 0.02, 401)
WEIGHTS = 20_000


def write_run(
    folder: Path, variant: str = "", seed: int = 1, *, model: str = "midi-gan", rows: int = 12, **changes: Any
) -> Path:
    """A run folder without weights, as `manage.py train` leaves it; ``changes`` go into summary.json."""
    folder.mkdir(parents=True)
    config = {"model": model, "variant": variant, "settings": {"clip": 0.01}, "seed": seed, "corpus": "c" * 64}
    (folder / "config.json").write_text(json.dumps(config))
    rng = np.random.default_rng([seed, len(variant)])
    with (folder / "log.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["iteration", "epoch", "seconds", "negative_critic_loss", "distance"])
        for row in range(1, rows + 1):
            distance = 20 / row + rng.normal() if row % 2 == 0 else ""
            table.writerow([50 * row, 1.2 * row, 30.0 * row, 8 / row + rng.normal(scale=0.1), distance])
    summary: dict[str, Any] = {
        "parameters": 2_130_347,
        "epochs": 14.4,
        "convergence_epoch": 9.0 + seed,
        "seconds": 360.0 + seed,
    }
    summary |= {"seconds_per_epoch": 25.0, "device": "a processor", "threads": 1, **changes}
    (folder / "summary.json").write_text(json.dumps(summary))
    write_histograms(folder / "histograms.npz", critic_weights(rng, is_clipped=variant == "clipping"))
    return folder


def critic_weights(rng: np.random.Generator, *, is_clipped: bool) -> Floats:
    """Weights of a critic: bell-shaped, or most of them at a bound of ±0.01."""
    if not is_clipped:
        return rng.normal(scale=0.06, size=WEIGHTS)
    weights = rng.uniform(-0.0098, 0.0098, size=WEIGHTS)
    weights[: WEIGHTS * 3 // 4] = np.where(rng.random(WEIGHTS * 3 // 4) < 0.5, -0.00999999, 0.00999999)
    return weights


def write_histograms(path: Path, weights: Floats) -> None:
    """histograms.npz as generation.run_folder writes it."""
    wide, fine = (np.histogram(weights, edges)[0] for edges in (WIDE, FINE))
    beyond = np.sum(np.abs(weights) > WIDE[-1])
    np.savez(path, wide=wide, wide_edges=WIDE, fine=fine, fine_edges=FINE, beyond=beyond)


def make_clips(system: str = "midi-gan", n: int = 120, *, shift: float = 0.0, seed: int = 1, **changes: Any) -> ClipSet:
    """Clips with random values of some metrics, all features and states; ``shift`` moves them all."""
    rng = np.random.default_rng([seed, n, int(100 * shift)])
    arrays: dict[str, Any] = {name: rng.normal(5 + shift, 1, n) for name in ("upc", "gc", "notes")}
    arrays["ppl"] = np.exp(rng.normal(1 + shift, 0.1, n))
    arrays |= {name: rng.normal(shift, 1, n if name in METRICS else (n, 3)) for name in FEATURES}
    arrays[STATES] = rng.normal(shift, 1, (n, 40))
    fields: dict[str, Any] = {"seed": seed, "figures": {n: {"jsd_1": 0.1}}, **changes}
    return ClipSet(system, arrays, **fields)
