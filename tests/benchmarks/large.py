"""`python -m tests.benchmarks.large`: a table of InstEval's size (lme4) through `analyse`, its time and memory.

InstEval is 73,421 ratings of 1,128 lecturers in 14 departments by 2,972 students. Its data are not ours to copy, so
ratings are simulated with its numbers of experts, clips, systems and ratings, and with the variances that lme4 finds.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.ratings import read
from analysis.report.folder import write_report
from analysis.statistics import mixed_model
from analysis.statistics.threads import one_blas_thread

EXPERTS, CLIPS, SYSTEMS, HEARD = 2_972, 1_128, 14, 25
#: What lme4 1.1-31 estimates for y ~ dept + (1|s) + (1|d) + (1|s:dept).
VARIANCES = {"expert": 0.0991, "clip": 0.2672, "expert:system": 0.0282, "residual": 1.3688}


def simulate(*, experts: int, clips: int, systems: int, heard: int, seed: int) -> pd.DataFrame:
    """Ratings (not rounded) of `heard` clips by each expert, drawn without replacement from all systems."""
    rng = np.random.default_rng(seed)
    person, piece, opinion, rest = map(np.sqrt, VARIANCES.values())
    of_clip = np.array([rng.choice(clips, heard, replace=False) for _ in range(experts)]).ravel()
    of_expert, system = np.repeat(np.arange(experts), heard), of_clip % systems
    level = 3.2 + rng.normal(0, person, experts)[of_expert] + rng.normal(0, piece, clips)[of_clip]
    level += rng.normal(0, opinion, (experts, systems))[of_expert, system]
    return pd.DataFrame(
        {
            "expert_id": [f"e{n:04d}" for n in of_expert],
            "system": [f"s{n:02d}" for n in system],
            "clip_id": [f"c{n:04d}" for n in of_clip],
            "scale": "overall",
            "rating": level + rng.normal(0, rest, len(level)),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, help="a table of ratings instead, such as InstEval saved as CSV")
    parser.add_argument("--draw", action="store_true", help="figures and PDF too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.table or Path(folder) / "ratings.csv"
        if not given.table:
            frame = simulate(experts=EXPERTS, clips=CLIPS, systems=SYSTEMS, heard=HEARD, seed=given.seed)
            frame.assign(rating=frame["rating"].round().clip(1, 5)).to_csv(path, index=False)
        begun = time.process_time()
        ratings = read(path)
        after_read = time.process_time()
        with one_blas_thread():
            mixed_model.fit(ratings.counted, ratings.rated_scales[0])
        fitted = time.process_time()
        write_report(ratings, Path(folder) / "report", draw=given.draw)
        ended = time.process_time()
    found = {"ratings": len(ratings.counted), "read": after_read - begun, "model": fitted - after_read}
    found |= {"report": ended - fitted, "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    json.dump({name: round(value, 1) for name, value in found.items()}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
