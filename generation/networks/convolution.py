"""Convolution over time of tensors (batch, steps, channels).

On a processor it is faster than Conv1d (docs/benchmarks.md).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Shifted(torch.autograd.Function):
    """Stack copies of a tensor that are shifted by multiples of the dilation.

    Maps (batch, steps, i) to (batch, steps // stride, width * i). Its gradient is the adjoint ``Gathered`` and the
    other way round, so that either can be differentiated any number of times. Built from slices and cat, each gradient
    would fill and add a whole tensor for every copy.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, width: int, dilation: int, stride: int) -> Tensor:
        ctx.how = x.shape[1], width, dilation, stride
        out = x.new_empty(len(x), x.shape[1] // stride, width, x.shape[2])
        for k, (into, out_of) in enumerate(overlaps(*ctx.how)):
            out[:, : into.start, k] = 0
            out[:, into.stop :, k] = 0
            out[:, into, k] = x[:, out_of]
        return out.flatten(2)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None, None, None]:
        back: Tensor = Gathered.apply(gradient[0], *ctx.how)  # type: ignore[no-untyped-call]
        return back, None, None, None


class Gathered(torch.autograd.Function):
    """Move shifted copies back to their place and add them: adjoint of Shifted.

    Maps (batch, steps // stride, width * i) to (batch, steps, i).
    """

    @staticmethod
    def forward(ctx: Any, y: Tensor, steps: int, width: int, dilation: int, stride: int) -> Tensor:
        ctx.how = width, dilation, stride
        copies = y.view(*y.shape[:2], width, -1)
        x = y.new_zeros(len(y), steps, copies.shape[3])
        for k, (into, out_of) in enumerate(overlaps(steps, width, dilation, stride)):
            x[:, out_of] += copies[:, into, k]
        return x

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        back: Tensor = Shifted.apply(gradient[0], *ctx.how)  # type: ignore[no-untyped-call]
        return back, None, None, None, None


@functools.cache
def overlaps(steps: int, width: int, dilation: int, stride: int) -> list[tuple[slice, slice]]:
    """Find which steps of each shifted copy come from which steps of the input.

    Parameters
    ----------
    steps : int
        Steps of the input.
    width, dilation, stride : int
        Of the convolution.

    Returns
    -------
    list of (slice, slice)
        For each of ``width`` copies the steps of the copy and those of the input. Other steps of the copy are padding.
    """
    found = []
    for k in range(width):
        shift = (k - (width - 1) // 2) * dilation
        first = max(0, -(shift // stride))
        last = min(steps // stride, (steps - 1 - shift) // stride + 1)
        found.append((slice(first, last), slice(first * stride + shift, (last - 1) * stride + shift + 1, stride)))
    return found


#: Up to so many channels torch's own convolution is faster than a product over shifted copies.
NARROW = 64


class Conv(nn.Module):
    """Convolution over time with the channels last.

    Maps (batch, steps, i) to (batch, steps / stride, o). With up to ``NARROW`` channels it is torch's own convolution
    in two dimensions of which one has length 1, for which torch has a fast method with the channels last. With more
    channels it is one matrix product over shifted copies.

    Parameters
    ----------
    i, o : int
        Channels of input and output.
    width : int
        Steps of the kernel.
    dilation, stride : int, default 1
    """

    def __init__(self, i: int, o: int, width: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.width, self.dilation, self.stride = width, dilation, stride
        self.narrow = width > 1 and i <= NARROW
        self.padding = (width - 1) // 2 * dilation
        self.weight = nn.Parameter(torch.empty(o, width * i))
        self.bias = nn.Parameter(torch.empty(o))
        # The start that torch gives its own convolutions (He et al. 2015 with a = sqrt 5).
        bound = 1 / math.sqrt(width * i)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        if self.narrow:
            how = (1, self.stride), (0, self.padding), (1, self.dilation)
            return as_steps(F.conv2d(as_image(x), self.kernel(), self.bias, *how))
        if self.width > 1:
            x = Shifted.apply(x, self.width, self.dilation, self.stride)  # type: ignore[no-untyped-call]
        return F.linear(x, self.weight, self.bias)

    def back(self, gradient: Tensor) -> Tensor:
        """Propagate a gradient of the output back to the input.

        Parameters
        ----------
        gradient : tensor of shape (batch, steps / stride, o)

        Returns
        -------
        tensor of shape (batch, steps, i)
        """
        if self.narrow:
            missing = self.stride - 1 + 2 * self.padding - self.dilation * (self.width - 1)
            how = (1, self.stride), (0, self.padding), (0, missing), 1, (1, self.dilation)
            return as_steps(F.conv_transpose2d(as_image(gradient), self.kernel(), None, *how))
        x = gradient @ self.weight
        if self.width > 1:
            steps = gradient.shape[1] * self.stride
            x = Gathered.apply(x, steps, self.width, self.dilation, self.stride)  # type: ignore[no-untyped-call]
        return x

    def kernel(self) -> Tensor:
        """View the weights as torch's two-dimensional convolution takes them.

        Returns
        -------
        tensor of shape (o, i, 1, width)
            Nothing is copied.
        """
        return self.weight.view(len(self.weight), 1, self.width, -1).permute(0, 3, 1, 2)


def as_image(x: Tensor) -> Tensor:
    """View (batch, steps, channels) as an image of height 1.

    Returns
    -------
    tensor of shape (batch, channels, 1, steps)
        Nothing is copied.
    """
    return x.unsqueeze(1).permute(0, 3, 1, 2)


def as_steps(image: Tensor) -> Tensor:
    """Reverse ``as_image``: view (batch, channels, 1, steps) as a sequence.

    Returns
    -------
    tensor of shape (batch, steps, channels)
    """
    return image.permute(0, 2, 3, 1).squeeze(1)


class UpConv(nn.Module):
    """Transposed convolution of width 3 that doubles the steps.

    Maps (batch, steps, i) to (batch, 2 * steps, o). Even and odd steps have weights of their own. After plain
    repetition a convolution could not distinguish a strong sixteenth from a weak one where its input does not change.

    Parameters
    ----------
    i, o : int
        Channels of input and output.
    """

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3 * o, i))
        self.bias = nn.Parameter(torch.empty(o))
        # On average one and a half of the three taps meet each output.
        bound = 1 / math.sqrt(1.5 * i)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        taps = F.linear(x, self.weight)
        out: Tensor = Gathered.apply(taps, 2 * x.shape[1], 3, 1, 2)  # type: ignore[no-untyped-call]
        return out + self.bias
