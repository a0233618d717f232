"""Training speed: MIDI-GAN against the textbook loop, and seconds per epoch of three generators.

`python -m tests.benchmarks.training --curves 500` trains both loops from the same weights on the same songs and prints
how far their curves lie apart, beside how far two seeds of the textbook loop do.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from generation.corpus import Corpus, load_corpus
from generation.networks import network
from generation.networks.midi_gan import MidiGAN, Settings
from generation.networks.parts import bf16_pays
from generation.training import order
from tests.benchmarks.textbook import Loop
from tests.generation.songs import random_tokens

REPEATS = 5
#: The paper's seconds per epoch (Zhang 2025, Table 1), as ratios to MIDI-GAN.
PAPER = {"midi-gan": 1.0, "music-vae": 1.97, "sr-cnn-vaegan": 10.0}
#: Training segments of the essen-china corpus.
EPOCH = 6_815


def fastest(*works: Callable[[], object], repeats: int = REPEATS) -> list[float]:
    """Processor seconds of the fastest of a few runs of each, in turns, after one of each to warm up.

    Not seconds by the clock: on a busy machine they favour whatever is over soon.
    """
    times = []
    for _ in range(1 + repeats):
        for work in works:
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [min(times[len(works) + k :: len(works)]) for k in range(len(works))]


def soft(batch: int = Settings.batch_size) -> MidiGAN:
    """MIDI-GAN as it starts: soft outputs, which is all that the textbook loop has."""
    torch.manual_seed(0)
    return MidiGAN(Settings(batch_size=batch, soft_until=10**9, hard_from=10**9 + 1))


def iterations() -> tuple[float, float, float]:
    """Seconds of one generator iteration at batch 64, ours and the textbook's.

    The third is what our iteration's products take at the speed of one large product in fp32.
    """
    model = soft()
    optimisers, tokens = model.optimisers(), torch.from_numpy(random_tokens(model.segments_per_step))
    loop = Loop(model)
    with FlopCounterMode(display=False) as counter:
        model.training_step(tokens, optimisers)
    one, other = torch.randn(2048, 1024), torch.randn(1024, 1024)
    (product,) = fastest(lambda: one @ other, repeats=20)
    floor = product * counter.get_total_flops() / (2 * 2048 * 1024 * 1024)
    ours, textbook = fastest(lambda: model.training_step(tokens, optimisers), lambda: loop.training_step(tokens))
    return ours, textbook, floor


def seconds_per_epoch(name: str) -> float:
    """Measured on one step each, at the batch of the cpu profile."""
    kind = network(name)
    model = kind(kind.settings_type(**kind.profiles["cpu"].settings))
    optimisers, tokens = model.optimisers(), torch.from_numpy(random_tokens(model.segments_per_step))
    (step,) = fastest(lambda: model.training_step(tokens, optimisers))
    return step * EPOCH / model.segments_per_step


def curves(corpus: Corpus, count: int, batch: int) -> None:
    """Means over fifths of the critic's curves, ours and the textbook's with two seeds."""
    train = corpus.of("train")
    found = {}
    for name in ("ours", "textbook", "textbook, another seed"):
        model = soft(batch)
        optimisers, loop = model.optimisers(), Loop(model)
        torch.manual_seed(2 if "another" in name else 1)
        rows = []
        for step in range(count):
            n = model.segments_per_step
            tokens = torch.from_numpy(train[order(1, len(train), step * n, n)])
            rows.append(model.training_step(tokens, optimisers) if name == "ours" else loop.training_step(tokens))
        found[name] = rows
    for column in ("negative_critic_loss", "wasserstein", "penalty"):
        means = {
            name: [f"{np.mean([row[column] for row in part]):.3f}" for part in np.array_split(np.array(rows), 5)]
            for name, rows in found.items()
        }
        print(f"{column}, means over five parts of {count} iterations at batch {batch}:")
        for name, values in means.items():
            print(f"  {name:24}{' '.join(values)}")


def main() -> None:
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    ours, textbook, floor = iterations()
    used = "bf16" if bf16_pays(torch.device("cpu")) else "fp32: bf16 is no faster here"
    print(f"MIDI-GAN, one generator iteration at batch 64, one thread: {ours:.2f} s ({used})")
    print(f"  the textbook loop: {textbook:.2f} s, {textbook / ours:.2f} times as long")
    print(f"  its matrix products, all as fast as one large one in fp32: {floor:.2f} s")
    seconds = {name: seconds_per_epoch(name) for name in PAPER}
    for name, paper in PAPER.items():
        ratio = seconds[name] / seconds["midi-gan"]
        print(f"  {name}: {seconds[name]:.0f} s per epoch, {ratio:.2f} of MIDI-GAN's (the paper: {paper})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, help="compare the curves over so many iterations")
    parser.add_argument("--batch", type=int, default=Settings.batch_size, help="of the curves (default: %(default)s)")
    parser.add_argument("--corpus", type=Path, default=Path("var/corpus.npz"))
    options = parser.parse_args()
    if options.curves:
        torch.set_flush_denormal(True)
        torch.set_num_threads(1)
        curves(load_corpus(options.corpus), options.curves, options.batch)
    else:
        main()
