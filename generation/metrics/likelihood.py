"""Perplexity: how well a reference model predicts clips.

The model is trained on real songs, none of which is among those compared. A small perplexity is not good by itself: a
note held for five bars is easier to predict than any song. Compare a system with real held-out songs, by the log of the
ratio of their perplexities.
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
MIN_SAMPLES = 1_000


class Reference(Protocol):
    """A language model of tokens, in evaluation mode."""

    def nll(self, tokens: Tensor) -> Tensor:
        """Compute the negative log-likelihood of each step given the earlier ones.

        Parameters
        ----------
        tokens : int64 tensor of shape (n, 80)

        Returns
        -------
        float32 tensor of shape (n, 80)
            In nats.
        """


def clip_nll(reference: Reference, tokens: Tokens) -> Values:
    """Compute the mean negative log-likelihood per step of each clip.

    Parameters
    ----------
    reference : Reference
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        In nats per step.
    """
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
    """Limit torch to one thread inside the context, and restore its number after.

    Small models gain nothing from two threads, and lose much where other processes use the cores.

    Yields
    ------
    None
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def clip_perplexity(reference: Reference, tokens: Tokens) -> Values:
    """Compute the perplexity of each clip: exp of ``clip_nll``.

    Parameters
    ----------
    reference : Reference
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float64 array of shape (n,)
        1 or more; 1 is a clip that the model predicts with certainty.
    """
    return np.asarray(np.exp(clip_nll(reference, tokens)), dtype=np.float64)


def perplexity(reference: Reference, tokens: Tokens) -> float:
    """Compute the perplexity of a system: exp of the mean of ``clip_nll``.

    Parameters
    ----------
    reference : Reference
    tokens : int8 array of shape (n, 80)

    Returns
    -------
    float
        1 or more; NaN if there is no clip.
    """
    return math.exp(clip_nll(reference, tokens).mean()) if len(tokens) else math.nan


def log_perplexity_ratio(reference: Reference, tokens: Tokens, real: Tokens) -> float:
    """Compute the log of a system's perplexity over that of real clips.

    Parameters
    ----------
    reference : Reference
    tokens, real : int8 arrays of shape (n, 80) and (m, 80)

    Returns
    -------
    float
        0 if the clips are as predictable as real songs, below 0 if more predictable, above 0 if less. NaN if either
        set is empty.
    """
    return math.log(perplexity(reference, tokens)) - math.log(perplexity(reference, real))


def reverse_perplexity(
    fit: Callable[[Tokens, Tokens], Reference], samples: Tokens, validation: Tokens, real: Tokens
) -> float:
    """Compute the perplexity of real songs under a model trained on samples.

    Samples that lack what songs have (mode collapse) make it large, whatever their own perplexity (Semeniuta et al.,
    2018; Tevet et al., NAACL 2019).

    Parameters
    ----------
    fit : callable
        ``fit(training, validation)`` trains a new reference model and stops early on the validation songs.
    samples : int8 array of shape (n, 80)
        Clips of one system, on which the model is trained.
    validation, real : int8 arrays of shape (m, 80) and (k, 80)
        Segments of real validation songs and of real test songs.

    Returns
    -------
    float
        NaN if there are fewer than ``MIN_SAMPLES`` (1,000) samples or no real segment.
    """
    if len(samples) < MIN_SAMPLES or not len(real):
        return math.nan
    return perplexity(fit(samples, validation), real)
