from __future__ import annotations

import numpy as np
import torch

from generation import melody
from generation.networks.autoregressive import BEGIN
from generation.networks.transformer import Settings, Transformer
from tests.generation.songs import random_tokens


def model(seed: int = 0, **settings: float) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(Settings(**settings))  # type: ignore[arg-type]


def test_the_transformer_has_its_number_of_parameters() -> None:
    assert sum(value.numel() for value in model().parameters()) == 2_719_680


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
    steps = [network.following(before[:, step], step, state) for step in range(melody.STEPS)]
    torch.testing.assert_close(torch.stack(steps, dim=1), network(before), atol=1e-4, rtol=1e-4)


def test_training_lowers_the_loss() -> None:
    network = model(learning_rate=1e-3)
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
