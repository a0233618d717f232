"""Perplexity: how well a reference model, trained on real songs and none of those compared, foresees clips.

Small is not good by itself: a note held for five bars is easier to foresee than any song. A system's figure means
something beside that of real held-out songs, as the log of their ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import numpy as np

from generation.melody import REST, STEPS, Tokens
from generation.metrics.clips import Values

if TYPE_CHECKING:
    from torch import Tensor

#: Clips are read so many at a time, the last batch filled up with silence: a matrix product may round by its shape,
#: and a clip's figure shall not depend on which clips stand beside it.
BATCH = 128
#: The fewest samples from which reverse perplexity trains a model.
ENOUGH = 1_000


class Reference(Protocol):
    """A language model of tokens, in evaluation mode."""

    def nll(self, tokens: Tensor) -> Tensor:
        """Negative log-likelihood in nats of each step given the earlier ones: int64 (n, 80) to float32 (n, 80)."""


def clip_nll(reference: Reference, tokens: Tokens) -> Values:
    """Mean negative log-likelihood per step of each clip in nats, shape (n,)."""
    import torch

    found = [np.empty(0)]
    with torch.inference_mode(), one_thread():
        for start in range(0, len(tokens), BATCH):
            batch = np.full((BATCH, STEPS), REST, dtype=np.int64)
            rows = tokens[start : start + BATCH]
            batch[: len(rows)] = rows
            steps = reference.nll(torch.from_numpy(batch))[: len(rows)]
            found.append(steps.double().mean(dim=1).cpu().numpy())
    return np.concatenate(found)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch: small models gain nothing from two, and lose much where the cores are busy."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def clip_perplexity(reference: Reference, tokens: Tokens) -> Values:
    """exp of each clip's mean negative log-likelihood per step, shape (n,); 1 or more."""
    return np.asarray(np.exp(clip_nll(reference, tokens)), dtype=np.float64)


def perplexity(reference: Reference, tokens: Tokens) -> float:
    """A system's perplexity: exp of the mean over clips of their mean negative log-likelihood per step.

    NaN if there is no clip.
    """
    return math.exp(clip_nll(reference, tokens).mean()) if len(tokens) else math.nan


def log_perplexity_ratio(reference: Reference, tokens: Tokens, real: Tokens) -> float:
    """log perplexity of the clips minus that of the real ones: 0 is as foreseeable as real songs.

    Below 0 the clips are plainer than songs, above 0 wilder. NaN if either set is empty.
    """
    return math.log(perplexity(reference, tokens)) - math.log(perplexity(reference, real))


def reverse_perplexity(
    fit: Callable[[Tokens, Tokens], Reference], samples: Tokens, validation: Tokens, real: Tokens
) -> float:
    """Perplexity of real test songs under a model trained on a system's samples.

    Samples that lack what songs have (collapse) make it large, whatever their own perplexity (Semeniuta et al., 2018;
    Tevet et al., NAACL 2019). ``fit(training, validation)`` trains a fresh reference model and stops early on the
    validation songs. NaN if there are fewer than 1,000 samples or no real song.
    """
    if len(samples) < ENOUGH or not len(real):
        return math.nan
    return perplexity(fit(samples, validation), real)
