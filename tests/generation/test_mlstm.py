from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from generation import melody
from generation.networks.autoregressive import BEGIN
from generation.networks.mlstm import HIDDEN, MLSTM, Recurrence, Settings
from generation.networks.parts import faster_in_bf16
from tests.generation.songs import random_tokens


def model(seed: int = 0, **settings: float) -> MLSTM:
    torch.manual_seed(seed)
    return MLSTM(Settings(**settings))  # type: ignore[arg-type]


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


def test_the_mlstm_has_its_number_of_parameters() -> None:
    assert sum(value.numel() for value in model().parameters()) == 2_318_874


def test_the_forget_gate_starts_open() -> None:
    bias = model().x_to_gates.bias
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
    network = model(weight_dropout=0.25)
    weight = network.h_to_m.weight
    thin = network.thinned(weight)
    assert abs(float((thin == 0).float().mean()) - 0.25) < 0.01
    torch.testing.assert_close(thin[thin != 0], weight[thin != 0] / 0.75)
    assert network.eval().thinned(weight) is weight


def test_a_token_changes_no_likelihood_before_it() -> None:
    network = model().eval()
    tokens = torch.from_numpy(random_tokens(2))
    other = tokens.clone()
    other[:, 30] = 60
    before, after = network.nll(tokens), network.nll(other)
    torch.testing.assert_close(before[:, :30], after[:, :30])
    assert (before[:, 31:] != after[:, 31:]).float().mean() > 0.9


def test_step_by_step_it_says_what_it_says_of_the_whole() -> None:
    network = model().eval()
    before = torch.from_numpy(random_tokens(3)).long()
    before[:, 0] = BEGIN
    state = network.state(3)
    with torch.no_grad():
        steps = [network.following(before[:, step], step, state) for step in range(melody.STEPS)]
        torch.testing.assert_close(torch.stack(steps, dim=1), network(before), atol=1e-4, rtol=1e-4)


def test_training_lowers_the_loss() -> None:
    network = model(learning_rate=3e-3)
    tokens = torch.from_numpy(random_tokens(8))
    optimisers = network.optimisers()
    log = [network.training_step(tokens, optimisers)["nll"] for _ in range(6)]
    assert log[-1] < log[0] - 0.5


def test_samples_are_legal_and_follow_the_generator_state() -> None:
    network = model()
    tokens = network.sample(4, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens[:2], network.sample(2, np.random.default_rng(3)))


def test_half_precision_hardly_changes_the_likelihood() -> None:
    network, other = model().eval(), model(seed=9).eval()
    other.load_sampling_state({name: value.half().float() for name, value in network.sampling_state().items()})
    tokens = torch.from_numpy(random_tokens(5))
    torch.testing.assert_close(network.nll(tokens), other.nll(tokens), atol=5e-3, rtol=0)
