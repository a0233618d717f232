"""What holds of both networks that plan a melody, then draw it token by token."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from generation import melody
from generation.networks.autoregressive import Autoregressive
from generation.networks.mlstm import MLSTM
from generation.networks.transformer import Transformer
from tests.generation.songs import random_tokens

KINDS: tuple[type[Autoregressive], ...] = (MLSTM, Transformer)
of_each_kind = pytest.mark.parametrize("kind", KINDS)


def model(kind: type[Autoregressive], seed: int = 0, **settings: float) -> Any:
    torch.manual_seed(seed)
    return kind(kind.settings_type(**settings))  # type: ignore[call-arg]


@pytest.mark.parametrize(("kind", "parameters"), [(MLSTM, 2_355_368), (Transformer, 2_775_208)])
def test_a_network_has_its_number_of_parameters(kind: type[Autoregressive], parameters: int) -> None:
    assert sum(value.numel() for value in model(kind).parameters()) == parameters


@of_each_kind
def test_a_token_changes_no_likelihood_before_its_half_bar(kind: type[Autoregressive]) -> None:
    """The symbol is drawn before the half bar's tokens, and says something of all."""
    network = model(kind).eval()
    tokens = torch.from_numpy(random_tokens(2))
    other = tokens.clone()
    other[:, 30] = 60
    before, after = network.nll(tokens), network.nll(other)
    torch.testing.assert_close(before[:, :24], after[:, :24])
    assert (before[:, 31:] != after[:, 31:]).float().mean() > 0.9


@pytest.mark.parametrize(("kind", "rate"), [(MLSTM, 3e-3), (Transformer, 1e-3)])
def test_training_lowers_the_loss(kind: type[Autoregressive], rate: float) -> None:
    network = model(kind, learning_rate=rate)
    tokens = torch.from_numpy(random_tokens(8))
    optimisers = network.optimisers()
    log = [network.training_step(tokens, optimisers)["nll"] for _ in range(6)]
    assert log[-1] < log[0] - 0.5


@of_each_kind
def test_samples_are_legal_and_follow_the_generator_state(kind: type[Autoregressive]) -> None:
    network = model(kind)
    tokens = network.sample(4, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens[:2], network.sample(2, np.random.default_rng(3)))


@of_each_kind
def test_half_precision_hardly_changes_the_likelihood(kind: type[Autoregressive]) -> None:
    network, other = model(kind).eval(), model(kind, seed=9).eval()
    other.load_sampling_state({name: value.half().float() for name, value in network.sampling_state().items()})
    tokens = torch.from_numpy(random_tokens(5))
    torch.testing.assert_close(network.nll(tokens), other.nll(tokens), atol=5e-3, rtol=0)
