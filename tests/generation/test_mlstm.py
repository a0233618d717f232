from __future__ import annotations

import pytest
import torch
from torch import Tensor

from generation.networks.mlstm import HIDDEN, MLSTM, Recurrence, Settings
from generation.networks.parts import faster_in_bf16


def plain(xm: Tensor, xg: Tensor, w_mh: Tensor, w_m: Tensor) -> Tensor:
    """The paper's formulas as they stand."""
    h = c = torch.zeros_like(xm[0])
    outputs = []
    for x_m, x_g in zip(xm, xg, strict=True):
        gates = x_g + (x_m * (h @ w_mh.t())) @ w_m.t()
        i, f, o, u = gates.chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * u.tanh()
        h = o.sigmoid() * c.tanh()
        outputs.append(h)
    return torch.stack(outputs)


def test_the_forget_gate_starts_open() -> None:
    bias = MLSTM(Settings()).x_to_gates.bias
    assert torch.equal(bias[HIDDEN : 2 * HIDDEN], torch.ones(HIDDEN))
    assert float(bias.detach().sum()) == HIDDEN


def test_the_recurrence_and_its_gradients_are_those_of_the_formulas() -> None:
    torch.manual_seed(0)
    shapes = [(6, 3, 4), (6, 3, 16), (4, 4), (16, 4)]
    inputs = [torch.randn(shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    weights = torch.randn(6, 3, 4, dtype=torch.double)
    ours = Recurrence.apply(*inputs, torch.double)  # type: ignore[no-untyped-call]
    theirs = plain(*inputs)
    torch.testing.assert_close(ours, theirs)
    gradients = torch.autograd.grad((ours * weights).sum(), inputs)
    torch.testing.assert_close(gradients, torch.autograd.grad((theirs * weights).sum(), inputs))


def test_the_recurrence_is_nearly_the_same_with_products_in_bf16() -> None:
    if torch.cpu._is_amx_tile_supported() and not faster_in_bf16():
        pytest.skip("the layout of this processor's tiles is hidden from torch, which dies of products in bf16")
    torch.manual_seed(0)
    shapes = [(6, 3, 32), (6, 3, 128), (32, 32), (128, 32)]
    inputs = [(torch.randn(shape) / 6).requires_grad_() for shape in shapes]
    exact, coarse = (Recurrence.apply(*inputs, dtype) for dtype in (torch.float, torch.bfloat16))  # type: ignore[no-untyped-call]
    assert coarse.dtype == torch.float
    torch.testing.assert_close(coarse, exact, atol=0.01, rtol=0)
    gradients = [torch.autograd.grad(out.square().sum(), inputs) for out in (exact, coarse)]
    for one, other in zip(*gradients, strict=True):
        assert other.dtype == torch.float
        assert float((one - other).norm() / one.norm()) < 0.02


def test_recurrent_weights_are_dropped_in_training_alone() -> None:
    network = MLSTM(Settings(weight_dropout=0.25))
    weight = network.h_to_m.weight
    thin = network.drop_weights(weight)
    assert abs(float((thin == 0).float().mean()) - 0.25) < 0.01
    torch.testing.assert_close(thin[thin != 0], weight[thin != 0] / 0.75)
    assert network.eval().drop_weights(weight) is weight
