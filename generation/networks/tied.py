"""Plans of repetition for a generator that makes all of a melody at once.

The symbols of ``planned`` say of each half bar whether it is new, or which earlier one it resembles. A generator
follows them by *ties*: steps of its inner tensors take what stands at the step they are tied to.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from generation.networks.autoregressive import draw_from
from generation.networks.planned import HALF, HALVES, NEAR, SAME, SYMBOLS, kind_of, lag_of

#: Eighths in a half bar.
EIGHTHS = HALF // 2


def ties_of(symbols: Tensor, chances: Tensor) -> Tensor:
    """Convert symbols to ties between eighths.

    A half bar that is the same as another is tied to it, one that is near it in all eighths but one, which stays its
    own. A sequence stays free.

    Parameters
    ----------
    symbols : int64 tensor of shape (n, 10)
    chances : tensor of shape (n, 10)
        Uniform in [0, 1); they draw the eighth in which a near half bar differs.

    Returns
    -------
    int64 tensor of shape (n, 40)
        The eighth that each one repeats; its own number where it is free.
    """
    kind, halves = kind_of(symbols).unsqueeze(2), torch.arange(HALVES, device=symbols.device)
    eighths = torch.arange(EIGHTHS, device=symbols.device)
    differs = (chances * EIGHTHS).long().unsqueeze(2) == eighths
    tied = (kind == SAME) | ((kind == NEAR) & ~differs)
    place = (halves.unsqueeze(1) * EIGHTHS + eighths).repeat(len(symbols), 1, 1)
    rows = torch.arange(len(symbols), device=symbols.device)
    source = halves - lag_of(symbols) // HALF
    for half in range(1, HALVES):
        place[:, half] = torch.where(tied[:, half], place[rows, source[:, half]], place[:, half])
    return place.flatten(1)


def follow(x: Tensor, ties: Tensor) -> Tensor:
    """Take the values of each eighth from the one it is tied to.

    Parameters
    ----------
    x : tensor of shape (n, 40 * k, channels)
        k steps an eighth.
    ties : int64 tensor of shape (n, 40)

    Returns
    -------
    tensor of shape (n, 40 * k, channels)
    """
    k = x.shape[1] // ties.shape[1]
    steps = (ties.unsqueeze(2) * k + torch.arange(k, device=x.device)).flatten(1)
    return x.gather(1, steps.unsqueeze(2).expand(-1, -1, x.shape[2]))


def count_symbols(symbols: Tensor) -> Tensor:
    """Count how often each symbol follows another, by the half bar it stands at.

    Parameters
    ----------
    symbols : int64 tensor of shape (n, 10)

    Returns
    -------
    int64 tensor of shape (10, 28, 28)
        Of half bar, symbol before and symbol; the first half bar follows ``NEW``.
    """
    halves = torch.arange(HALVES, device=symbols.device)
    before = F.pad(symbols[:, :-1], (1, 0))
    index = (halves * SYMBOLS + before) * SYMBOLS + symbols
    return torch.bincount(index.flatten(), minlength=HALVES * SYMBOLS**2).view(HALVES, SYMBOLS, SYMBOLS)


def draw_symbols(counts: Tensor, chances: Tensor) -> Tensor:
    """Draw plans from the counts, each symbol given the one before it and its place.

    Parameters
    ----------
    counts : int64 tensor of shape (10, 28, 28)
    chances : tensor of shape (n, 10)
        Uniform in [0, 1).

    Returns
    -------
    int64 tensor of shape (n, 10)
    """
    logits = counts.double().log()
    # A new half bar is possible everywhere, so that counts of nothing give plans without repetition.
    logits[..., 0].clamp_(min=-50.0)
    before, plan = torch.zeros(len(chances), dtype=torch.int64, device=chances.device), []
    for half in range(HALVES):
        before = draw_from(logits[half, before], chances[:, half])
        plan.append(before)
    return torch.stack(plan, dim=1)
