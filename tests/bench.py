"""`make bench`: ratios against something real, measured in the same run (docs/benchmarks.md keeps the figures)."""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest.mock import patch

import torch
from torch import Tensor, nn

from generation.networks import midi_gan
from generation.networks.midi_gan import MidiGAN, Settings
from tests.generation.songs import random_tokens

REPEATS = 3


class TorchConv(nn.Module):
    """torch's own Conv1d in the place of ours."""

    def __init__(self, i: int, o: int, width: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(i, o, width, stride, dilation * (width - 1) // 2, dilation)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x.transpose(1, 2)).transpose(1, 2)
        return out


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs, after one to warm up."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def generator_iteration() -> float:
    """Seconds of one generator iteration of MIDI-GAN: five critic updates and one of the generator, batch 64."""
    torch.manual_seed(0)
    model = MidiGAN(Settings())
    optimisers, tokens = model.optimisers(), torch.from_numpy(random_tokens(model.segments_per_step))
    return fastest(lambda: model.training_step(tokens, optimisers))


def main() -> None:
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    ours = generator_iteration()
    with patch.object(midi_gan, "Conv", TorchConv):
        theirs = generator_iteration()
    with patch.object(midi_gan, "bf16_pays", lambda device: True):
        half = generator_iteration()
    used = "used" if midi_gan.bf16_pays(torch.device("cpu")) else "not used"
    print(f"MIDI-GAN iteration, one thread: {ours:.2f} s; Conv1d {theirs:.2f} s, {theirs / ours:.2f} times as long")
    print(f"  bf16 instead of fp32: {half:.2f} s, {half / ours:.2f} times as long ({used} on this processor)")


if __name__ == "__main__":
    main()
