"""How near a generator's melodies are to held-out songs: what a run watches and keeps weights by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from generation import metrics
from generation.melody import Tokens
from generation.networks.contract import Network

#: One unit of distance from the validation songs, for each clip metric: the gap that docs/models.md calls close.
TOLERANCES = {"upc": 0.3, "gc": 0.03, "ebr_onset": 0.02, "with_rests": 0.1, "log_ppl": 0.26}
#: How far the log perplexity of a likelihood model's samples may be from the songs'.
CLOSE_LOG_PPL = 0.14
#: How far the bar similarity of planned samples may be from the songs'.
CLOSE_SIMILARITY = 0.02
JSD = [f"jsd_{n}" for n in metrics.ORDERS]
#: The columns of a log that hold figures of samples.
COLUMNS = ["upc", "gc", "ebr", "ebr_onset", "with_rests", "log_ppl", *JSD, "distance"]


class ValidationSet:
    """Held-out songs, and the reference model of perplexity where there is one."""

    def __init__(self, songs: Tokens, reference: metrics.Reference | None) -> None:
        self.songs, self.reference = songs, reference
        self.real = self.figures(songs)

    def figures(self, tokens: Tokens) -> dict[str, float]:
        """Means over clips of the clip metrics; ``log_ppl`` only with a reference model."""
        found = {
            "upc": float(np.nanmean(metrics.upc(tokens))),
            "gc": float(np.nanmean(metrics.gc(tokens))),
            "ebr": float(np.nanmean(metrics.ebr(tokens))),
            "ebr_onset": float(np.nanmean(metrics.ebr_onset(tokens))),
            "with_rests": float(np.mean(metrics.with_rests(tokens))),
        }
        if self.reference is not None:
            found["log_ppl"] = math.log(metrics.perplexity(self.reference, tokens))
        return found

    def measure(self, tokens: Tokens) -> dict[str, float]:
        """The same of samples, with the n-gram divergences from the songs and the distance in units of TOLERANCES."""
        found = self.figures(tokens)
        gaps = [abs(found[name] - self.real[name]) / unit for name, unit in TOLERANCES.items() if name in found]
        jsd = {name: metrics.ngram_jsd(tokens, self.songs, n) for name, n in zip(JSD, metrics.ORDERS, strict=True)}
        return found | jsd | {"distance": sum(gaps)}

    def choose_novelty(self, model: Network, samples: int, seed: int) -> dict[str, dict[str, float]]:
        """Set the novelty at which as many samples come back to themselves as songs do.

        Of those whose bars are as alike as the songs' (within CLOSE_SIMILARITY), the one of the nearest share of
        repeats; if there is none, the one of the nearest bar similarity. Returns the figures by novelty.
        """
        songs = self.form(self.songs)
        found = {}
        for novelty in model.novelties:
            set_buffer(model, "novelty", novelty)
            found[novelty] = self.form(model.sample(samples, np.random.default_rng([seed, 0])))
        gaps = {name: abs(figures["bar_similarity"] - songs["bar_similarity"]) for name, figures in found.items()}
        close = [name for name, gap in gaps.items() if gap <= CLOSE_SIMILARITY]
        chosen = (
            min(close, key=lambda name: abs(found[name]["repeats"] - songs["repeats"]))
            if close
            else min(gaps, key=lambda name: gaps[name], default=0.0)
        )
        if found:
            set_buffer(model, "novelty", chosen)
        return {str(name): figures for name, figures in found.items()}

    @staticmethod
    def form(tokens: Tokens) -> dict[str, float]:
        """Share of clips with repeats, and mean bar similarity."""
        return {
            "repeats": float(np.mean(metrics.repeats(tokens))),
            "bar_similarity": float(np.mean(metrics.bar_similarity(tokens))),
        }

    def choose_temperature(self, model: Network, samples: int, seed: int) -> dict[str, dict[str, float]]:
        """Set the sampling temperature of least distance among those whose samples are as foreseeable as the songs.

        Where none is within CLOSE_LOG_PPL, the one that comes nearest. Returns the figures by temperature; none
        without a reference model.
        """
        if self.reference is None:
            return {}
        found = {}
        for temperature in model.temperatures:
            set_buffer(model, "temperature", temperature)
            figures = self.measure(model.sample(samples, np.random.default_rng([seed, 0])))
            ratio = figures["log_ppl"] - self.real["log_ppl"]
            found[temperature] = {"log_ppl_ratio": ratio, "distance": figures["distance"]}
        close = [name for name, figures in found.items() if abs(figures["log_ppl_ratio"]) <= CLOSE_LOG_PPL]
        chosen = (
            min(close, key=lambda name: found[name]["distance"])
            if close
            else min(found, key=lambda name: abs(found[name]["log_ppl_ratio"]))
        )
        set_buffer(model, "temperature", chosen)
        return {str(name): figures for name, figures in found.items()}


def set_buffer(model: Network, name: str, value: float) -> None:
    with torch.no_grad():
        model.get_buffer(name).fill_(value)


def convergence(
    epochs: Sequence[float], values: Sequence[float], within: float = 20, gain: float = 0.01
) -> float | None:
    """The first epoch after which a criterion, smaller is better, improves by less than 1 % over 20 epochs.

    The criterion is smoothed by the mean of five neighbouring measurements. None where the run ended sooner.
    """
    if len(values) < 5:
        return None
    smooth = np.convolve(values, np.full(5, 0.2), "valid")
    middle = np.asarray(epochs[2:-2])
    for epoch, value in zip(middle, smooth, strict=True):
        later = smooth[(middle > epoch) & (middle <= epoch + within)]
        if middle[-1] >= epoch + within and later.min() > value - gain * abs(value):
            return float(epoch)
    return None
