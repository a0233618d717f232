"""The metrics' part of `make bench`: speed beside MusPy, and every metric of six systems."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import muspy
import torch

from generation import metrics
from generation.melody import Note, tokens_to_notes
from generation.networks.reference import Reference, Settings
from tests.benchmarks.training import fastest
from tests.generation.songs import random_tokens, small_corpus

CLIPS, SYSTEMS = 1_000, 6
#: As many training and held-out segments as essen-china has.
TRAINING, HELD_OUT = 6_815, 143


def as_muspy(melodies: Sequence[Sequence[Note]]) -> list[muspy.Music]:
    """What MusPy needs before it can measure anything."""
    return [
        muspy.Music(
            resolution=4,
            tracks=[
                muspy.Track(
                    notes=[muspy.Note(time=start, pitch=pitch, duration=length) for start, length, pitch in notes]
                )
            ],
        )
        for notes in melodies
    ]


def muspy_measures(music: Sequence[muspy.Music]) -> list[tuple[float, float, float]]:
    return [(muspy.n_pitches_used(one), muspy.groove_consistency(one, 16), muspy.empty_beat_rate(one)) for one in music]


def against_muspy() -> None:
    """UPC, GC and EBR of the same clips: MusPy's from where we start, from notes, and from its own objects."""
    tokens = random_tokens(CLIPS)
    melodies = tokens_to_notes(tokens)
    music = as_muspy(melodies)
    (ours,) = fastest(lambda: (metrics.upc(tokens), metrics.gc(tokens), metrics.ebr(tokens)), repeats=50)
    print(f"UPC + GC + EBR a clip, {CLIPS} clips, processor time: {ours / CLIPS * 1e6:.3f} µs from tokens")
    new = ("strong_beats", "downbeats", "long_on_bar", "repeats", "bar_similarity", "leaps")
    (form,) = fastest(lambda: [metrics.METRICS[name](tokens) for name in new], repeats=20)
    print(f"metre and form ({', '.join(new)}) a clip: {form / CLIPS * 1e6:.2f} µs from tokens")
    theirs: dict[str, Callable[[], object]] = {
        "from tokens, by way of notes": lambda: muspy_measures(as_muspy(tokens_to_notes(tokens))),
        "from notes": lambda: muspy_measures(as_muspy(melodies)),
        "its Music objects at hand": lambda: muspy_measures(music),
    }
    for start, work in theirs.items():
        (seconds,) = fastest(work)
        print(f"  MusPy, {start}: {seconds / CLIPS * 1e6:.0f} µs, {seconds / ours:.0f} times as long")


def six_systems() -> None:
    """Every metric but reverse perplexity, for which a model is trained."""
    corpus = small_corpus(train=TRAINING, other=HELD_OUT)
    real = metrics.held_out(corpus)
    torch.manual_seed(0)
    reference = Reference(Settings()).eval()
    systems = [random_tokens(CLIPS, seed) for seed in range(SYSTEMS)]
    start, processor = time.perf_counter(), time.process_time()
    for tokens in systems:
        metrics.measure_set(tokens, real, corpus, reference)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    print(f"every metric of {SYSTEMS} systems of {CLIPS} clips beside {TRAINING} training segments: {seconds:.1f} s")
    print(f"  of them on the processor: {processor:.1f} s, one thread")


def main() -> None:
    against_muspy()
    six_systems()


if __name__ == "__main__":
    main()
