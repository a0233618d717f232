"""The comparison's part of `make bench`: every metric of six systems, and how they compare with real music."""

from __future__ import annotations

import time

import numpy as np
import torch

from analysis.management.measuring import UNSEEN, measured
from analysis.statistics.objective import compare
from generation.networks.reference import Reference, Settings
from tests.benchmarks.metrics import CLIPS, HELD_OUT, SYSTEMS, TRAINING
from tests.generation.songs import random_tokens, small_corpus


def main() -> None:
    corpus = small_corpus(train=TRAINING, other=HELD_OUT)
    torch.manual_seed(0)
    reference = Reference(Settings()).eval()
    systems = [random_tokens(CLIPS, seed) for seed in range(SYSTEMS)]
    real = corpus.tokens[np.isin(corpus.split, UNSEEN)]
    start, processor = time.perf_counter(), time.process_time()
    sets = [measured(tokens, corpus, reference, f"system{n}") for n, tokens in enumerate(systems)]
    compare(sets, measured(real, corpus, reference, "real"))
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    print(f"{SYSTEMS} systems of {CLIPS} clips measured and compared with {len(real)} real ones: {seconds:.1f} s")
    print(f"  of them on the processor: {processor:.1f} s")


if __name__ == "__main__":
    main()
