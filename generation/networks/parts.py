"""Building blocks of several networks, and training in several processes.

With `torchrun` each process takes an equal share of every batch. Everything random is drawn for the whole batch by
each process, which then keeps its own rows; gradients and batch statistics are averaged over the processes. So two
processes compute the losses of one, within the error of floating-point sums.
"""

from __future__ import annotations

import faulthandler
import functools
import os
import resource
import time
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn


def share() -> tuple[int, int]:
    """Give this process's number and the number of processes.

    Returns
    -------
    rank, world : int
        0 and 1 without torch.distributed.
    """
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def own(whole: Tensor) -> Tensor:
    """Select this process's rows of a tensor drawn for all processes.

    Parameters
    ----------
    whole : tensor of shape (n * processes, ...)

    Returns
    -------
    tensor of shape (n, ...)
    """
    rank, world = share()
    return whole.chunk(world)[rank]


def randn(n: int, *shape: int, device: torch.device) -> Tensor:
    """Draw standard normal numbers for this process's rows of a batch.

    Parameters
    ----------
    n : int
        Rows per process.
    *shape : int
        The other axes.
    device : torch.device

    Returns
    -------
    tensor of shape (n, *shape)
    """
    return own(torch.randn(n * share()[1], *shape, device=device))


def rand(n: int, *shape: int, device: torch.device) -> Tensor:
    """Draw uniform numbers in [0, 1) for this process's rows of a batch.

    Parameters
    ----------
    n : int
        Rows per process.
    *shape : int
        The other axes.
    device : torch.device

    Returns
    -------
    tensor of shape (n, *shape)
    """
    return own(torch.rand(n * share()[1], *shape, device=device))


class Dropout(nn.Module):
    """Dropout whose mask does not depend on the number of processes.

    Parameters
    ----------
    p : float
        Probability, 0 to 1, that an element is set to zero.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        return x * (rand(*x.shape, device=x.device) >= self.p) / (1 - self.p)


class Averaged(torch.autograd.Function):
    """Average a tensor over the processes; its own adjoint."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total / share()[1]

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> Tensor:
        back: Tensor = Averaged.apply(gradient[0])  # type: ignore[no-untyped-call]
        return back


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (batch, ..., channels) over all processes."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or share()[1] == 1:
            return super().forward(x.flatten(0, -2)).view(x.shape)
        flat = x.flatten(0, -2).float()
        mean: Tensor = Averaged.apply(flat.mean(dim=0))  # type: ignore[no-untyped-call]
        variance: Tensor = Averaged.apply(((flat - mean) ** 2).mean(dim=0))  # type: ignore[no-untyped-call]
        n = len(flat) * share()[1]
        self.get_buffer("running_mean").lerp_(mean.detach(), self.momentum or 0.0)
        self.get_buffer("running_var").lerp_(variance.detach() * n / (n - 1), self.momentum or 0.0)
        scaled = (flat - mean) * torch.rsqrt(variance + self.eps)
        return (scaled * self.weight + self.bias).view(x.shape).to(x.dtype)


def attention(q: Tensor, k: Tensor, v: Tensor, causal: bool = False) -> Tensor:
    """Compute scaled dot-product attention (Vaswani et al. 2017).

    On a processor it is computed in fp32: torch's backward pass takes eight times as long in bf16 (docs/benchmarks.md).

    Parameters
    ----------
    q, k, v : tensors of shape (batch, heads, steps, channels)
        Queries, keys and values.
    causal : bool, default False
        Whether a step attends to itself and earlier steps only.

    Returns
    -------
    tensor of shape (batch, heads, steps, channels)
    """
    if q.device.type == "cuda":
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    with torch.autocast(q.device.type, enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=causal)


def update(optimiser: torch.optim.Optimizer, loss: Tensor, clip: float | None = None) -> None:
    """Take one step of an optimiser down the loss, averaged over the processes.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
    loss : tensor of shape ()
    clip : float, optional
        Maximum of the gradient's norm over all weights.
    """
    chosen = [value for group in optimiser.param_groups for value in group["params"]]
    # Not backward(), which would also compute the gradients of other networks that the loss goes through.
    for value, gradient in zip(chosen, torch.autograd.grad(loss, chosen, allow_unused=True), strict=True):
        value.grad = gradient
    gradients = [value.grad for value in chosen if value.grad is not None]
    if share()[1] > 1:
        # One message for all gradients: a message each would wait longer than it computes.
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= share()[1]
        parts = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
    if clip is not None:
        nn.utils.clip_grad_norm_(chosen, clip)
    optimiser.step()


def figures(log: dict[str, Tensor]) -> dict[str, float]:
    """Average values over the batch and over the processes, for the log.

    Parameters
    ----------
    log : dict of str to tensor

    Returns
    -------
    dict of str to float
    """
    values = torch.stack([value.detach().float().mean() for value in log.values()])
    if share()[1] > 1:
        dist.all_reduce(values)
        values /= share()[1]
    return dict(zip(log, values.tolist(), strict=True))


def summed(x: Tensor) -> Tensor:
    """Add up a tensor over the processes.

    Parameters
    ----------
    x : tensor
        Changed in place.

    Returns
    -------
    tensor of the same shape
    """
    if share()[1] > 1:
        dist.all_reduce(x)
    return x


def autocast(device: torch.device) -> torch.autocast:
    """Create a context in which matrix products use bf16 where that is faster.

    Parameters
    ----------
    device : torch.device

    Returns
    -------
    torch.autocast
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16_pays(device))


def bf16_pays(device: torch.device) -> bool:
    """Decide whether bf16 matrix products are faster than fp32 on a device.

    Parameters
    ----------
    device : torch.device

    Returns
    -------
    bool
    """
    return device.type == "cuda" or (torch.cpu._is_amx_tile_supported() and faster_in_bf16())


@functools.cache
def faster_in_bf16() -> bool:
    """Measure whether this processor is at least twice as fast in bf16.

    It is measured in a child process, as a processor that lists AMX need not run it. A virtual machine can hide the
    layout of its tiles, and torch dies of an illegal instruction. oneDNN can be set to do without (ONEDNN_MAX_CPU_ISA),
    which makes bf16 slower than fp32.

    Returns
    -------
    bool
        False if the child process dies.
    """
    child = os.fork()
    if not child:
        try:
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            torch.set_num_threads(1)
            slow, fast = (seconds(torch.ones(512, 512, dtype=kind)) for kind in (torch.float32, torch.bfloat16))
            os._exit(0 if 2 * fast < slow else 1)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def seconds(square: Tensor) -> float:
    """Time the product of a square matrix with itself.

    Returns
    -------
    float
        Seconds of the processor of the fastest of five products, whatever else it is busy with.
    """
    times = []
    for _ in range(5):
        start = time.process_time()
        square @ square
        times.append(time.process_time() - start)
    return min(times)
