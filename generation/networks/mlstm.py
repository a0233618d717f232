"""The multiplicative LSTM of Krause et al. (2016).

B. Krause et al., "Multiplicative LSTM for sequence modelling".

Its formulas here are those of the authors' later code and of Radford et al. 2017: the new content is a tanh and the
output gate is outside the cell's tanh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from generation.networks.planned import Planned

EMBEDDING, HIDDEN = 64, 640


@dataclass(frozen=True)
class Settings:
    """The paper gives none; docs/models.md explains how these were chosen.

    Attributes
    ----------
    batch_size : int
        Segments per step.
    learning_rate, cooling, weight_decay : float
        As in ``Autoregressive``.
    dropout : float
        Of the layer's inputs and outputs.
    weight_dropout : float
        Of its recurrent weights.
    """

    batch_size: int = 32
    learning_rate: float = 1e-3
    cooling: float = 0.999
    weight_decay: float = 0.1
    dropout: float = 0.3
    weight_dropout: float = 0.3


class Recurrence(torch.autograd.Function):
    """The multiplicative LSTM over all steps, from a state of zeros.

    m = xm * (h W_mh'), gates = xg + m W_m', then an LSTM's cell (Krause et al. 2016). Maps xm (steps, n, hidden) and
    xg (steps, n, 4 * hidden) to h (steps, n, hidden). Differentiated by hand: the gradients of the two matrices are
    then one product each over all steps, where autograd would add up a whole matrix at every step. Products are
    computed in ``dtype``, everything else in the type of its inputs.
    """

    @staticmethod
    def forward(ctx: Any, xm: Tensor, xg: Tensor, w_mh: Tensor, w_m: Tensor, dtype: torch.dtype) -> Tensor:
        steps, n, hidden = xm.shape
        into_m, into_gates = w_mh.to(dtype).t(), w_m.to(dtype).t()
        a, m = (xm.new_empty(steps, n, hidden, dtype=dtype) for _ in range(2))
        gates = xg.new_empty(steps, n, 4 * hidden)
        h, c = (xm.new_zeros(steps + 1, n, hidden) for _ in range(2))
        for t in range(steps):
            torch.mm(h[t].to(dtype), into_m, out=a[t])
            torch.mul(xm[t], a[t], out=m[t])
            torch.add(xg[t], m[t] @ into_gates, out=gates[t])
            cell(gates[t], c[t], c[t + 1], h[t + 1])
        ctx.save_for_backward(xm, a, m, gates, h, c, w_mh, w_m)
        ctx.dtype = dtype
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        xm, a, m, gates, h, c, w_mh, w_m = ctx.saved_tensors
        w_mh, w_m = w_mh.to(ctx.dtype), w_m.to(ctx.dtype)
        d_gates, d_m, d_a = torch.empty_like(gates, dtype=ctx.dtype), torch.empty_like(a), torch.empty_like(a)
        d_c = torch.zeros_like(c[0])
        d_h = torch.zeros_like(c[0])
        for t in reversed(range(len(xm))):
            cell_backward(gates[t], c[t], c[t + 1], d_h + gradient[0][t], d_c, d_gates[t])
            torch.mm(d_gates[t], w_m, out=d_m[t])
            torch.mul(d_m[t], xm[t], out=d_a[t])
            d_h = d_a[t] @ w_mh
        d_w_m = d_gates.flatten(0, 1).t() @ m.flatten(0, 1)
        d_w_mh = d_a.flatten(0, 1).t() @ h[:-1].flatten(0, 1).to(ctx.dtype)
        return (d_m * a).to(xm.dtype), d_gates.to(gates.dtype), d_w_mh.float(), d_w_m.float(), None


def cell(gates: Tensor, c_before: Tensor, c: Tensor, h: Tensor) -> None:
    """Compute one step of an LSTM's cell in place.

    c = i * u + f * c_before and h = o * tanh(c), with i, f, o = sigmoid and u = tanh of the gates.

    Parameters
    ----------
    gates : tensor of shape (n, 4 * hidden)
        Input, forget and output gate and new content before activation; activated in place.
    c_before : tensor of shape (n, hidden)
        The cell's content before the step.
    c, h : tensors of shape (n, hidden)
        Receive the content and the output.
    """
    hidden = c.shape[1]
    gates[:, : 3 * hidden].sigmoid_()
    gates[:, 3 * hidden :].tanh_()
    i, f, o, u = gates.chunk(4, dim=1)
    torch.mul(i, u, out=c)
    c.addcmul_(f, c_before)
    torch.tanh(c, out=h)
    h.mul_(o)


def cell_backward(gates: Tensor, c_before: Tensor, c: Tensor, d_h: Tensor, d_c: Tensor, d_gates: Tensor) -> None:
    """Compute the gradient of ``cell`` in place.

    Parameters
    ----------
    gates : tensor of shape (n, 4 * hidden)
        Activated, as ``cell`` leaves them.
    c_before, c : tensors of shape (n, hidden)
        The cell's content before and after the step.
    d_h : tensor of shape (n, hidden)
        Gradient of the output.
    d_c : tensor of shape (n, hidden)
        Gradient of the content after the step; becomes that of the content before it.
    d_gates : tensor of shape (n, 4 * hidden)
        Receives the gradient of the gates before activation.
    """
    i, f, o, u = gates.chunk(4, dim=1)
    bent = torch.tanh(c)
    d_c += d_h * o * (1 - bent * bent)
    d_i, d_f, d_o, d_u = d_gates.chunk(4, dim=1)
    d_i.copy_(d_c * u * i * (1 - i))
    d_f.copy_(d_c * c_before * f * (1 - f))
    d_o.copy_(d_h * bent * o * (1 - o))
    d_u.copy_(d_c * i * (1 - u * u))
    d_c *= f


class MLSTM(Planned):
    """Embeddings of 64, one multiplicative LSTM of 640 units, planned outputs."""

    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(EMBEDDING, HIDDEN, settings.dropout)
        self.settings = settings
        self.x_to_m = nn.Linear(EMBEDDING, HIDDEN, bias=False)
        self.h_to_m = nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.x_to_gates = nn.Linear(EMBEDDING, 4 * HIDDEN)
        self.m_to_gates = nn.Linear(HIDDEN, 4 * HIDDEN, bias=False)
        with torch.no_grad():
            self.x_to_gates.bias.zero_()
            self.x_to_gates.bias[HIDDEN : 2 * HIDDEN] = 1.0

    def encode(self, x: Tensor) -> Tensor:
        x = x.transpose(0, 1)
        xm, xg = self.x_to_m(x), self.x_to_gates(x)
        w_mh, w_m = self.drop_weights(self.h_to_m.weight), self.drop_weights(self.m_to_gates.weight)
        h: Tensor = Recurrence.apply(xm.float(), xg.float(), w_mh, w_m, xm.dtype)  # type: ignore[no-untyped-call]
        return h.transpose(0, 1)

    def drop_weights(self, weight: Tensor) -> Tensor:
        """Drop part of a weight in training, the same at every step.

        Weight dropout as in Merity et al. (2018). Every process draws the same mask.

        Parameters
        ----------
        weight : tensor

        Returns
        -------
        tensor of the same shape
            The weight itself in evaluation mode.
        """
        p = self.settings.weight_dropout
        if not self.training or not p:
            return weight
        thin: Tensor = weight * (torch.rand(weight.shape, device=weight.device) >= p) / (1 - p)
        return thin

    def state(self, n: int) -> tuple[Tensor, ...]:
        zeros = self.temperature.new_zeros(2, n, HIDDEN)
        return zeros[0], zeros[1]

    def encode_step(self, x: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        h, c = state
        gates = self.x_to_gates(x) + self.m_to_gates(self.x_to_m(x) * self.h_to_m(h))
        cell(gates, c.clone(), c, h)
        return h
