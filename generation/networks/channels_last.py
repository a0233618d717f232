"""Layers over (batch, rows, steps, channels).

With the channels last, a convolution is faster on a processor.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from generation.networks import parts
from generation.networks.parts import share


class Conv(nn.Conv2d):
    """Two-dimensional convolution with the channels last.

    Maps (batch, rows, steps, i) to (batch, ceil(rows / stride), ceil(steps / stride), o), for an odd width.

    Parameters
    ----------
    i, o : int
        Channels of input and output.
    width : int, default 3
        Of the square kernel; the padding is ``width // 2``.
    stride : int, default 1
    bias : bool, default True
    """

    def __init__(self, i: int, o: int, width: int = 3, stride: int = 1, bias: bool = True) -> None:
        super().__init__(i, o, width, stride, padding=width // 2, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        # The permuted view is what torch calls channels-last: nothing is copied.
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Normalised(torch.autograd.Function):
    """Standardise each channel over the rows of all processes.

    Maps x (n, channels) to weight * (x - mean) / sqrt(variance + eps) + bias, and returns the mean and the variance
    (divided by n) too, shape (channels,) each. torch's own batch normalisation is five times slower where the channels
    come last.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        mean, square = average_over_processes(x.mean(dim=0), (x * x).mean(dim=0))
        variance = (square - mean**2).clamp(min=0)
        root = torch.rsqrt(variance + eps)
        ctx.save_for_backward(x, mean, root, weight)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias - mean * root * weight, x, root * weight), mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, mean, root, weight = ctx.saved_tensors
        for_bias, product = gradient[0].sum(dim=0), (gradient[0] * x).sum(dim=0)
        for_weight = (product - mean * for_bias) * root
        # The statistics depend on the rows of all processes, and those on this one's gradient.
        all_bias, all_weight = average_over_processes(for_bias / len(x), for_weight / len(x))
        slope = -all_weight * root**2 * weight
        level = -all_bias * root * weight - slope * mean
        back = torch.addcmul(torch.addcmul(level, x, slope), gradient[0], root * weight)
        return back, for_weight, for_bias, None


def average_over_processes(*values: Tensor) -> tuple[Tensor, ...]:
    """Average tensors of equal shape over the processes.

    Parameters
    ----------
    *values : tensors

    Returns
    -------
    tuple of tensors
        One mean for each value; the values themselves in a single process.
    """
    if share()[1] == 1:
        return values
    total = torch.stack(values)
    dist.all_reduce(total)
    return (total / share()[1]).unbind()


class BatchNorm(parts.BatchNorm):
    """Batch normalisation of (batch, ..., channels) over all processes.

    It takes the time of a few passes over memory.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            scale = self.weight * torch.rsqrt(self.get_buffer("running_var") + self.eps)
            return torch.addcmul(self.bias - self.get_buffer("running_mean") * scale, x, scale)
        flat = x.flatten(0, -2).float()
        n = len(flat) * share()[1]
        out, mean, variance = Normalised.apply(flat, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]
        self.get_buffer("running_mean").lerp_(mean, self.momentum or 0.0)
        self.get_buffer("running_var").lerp_(variance * n / (n - 1), self.momentum or 0.0)
        whole: Tensor = out.view(x.shape)
        return whole
