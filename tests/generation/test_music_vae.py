from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from generation import melody
from generation.networks.music_vae import MusicVAE, Settings, divergence, excess_divergence, shift_tokens
from generation.training import as_stored, as_used
from tests.generation.songs import random_tokens


@pytest.fixture(scope="module")
def model() -> MusicVAE:
    """Untrained, but with weights that say more than a beginner's."""
    torch.manual_seed(0)
    model = MusicVAE(Settings())
    with torch.no_grad():
        for value in model.parameters():
            value.mul_(3)
    return model


def songs(n: int) -> Tensor:
    return torch.from_numpy(random_tokens(n))


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())


def test_the_network_has_the_papers_number_of_parameters(model: MusicVAE) -> None:
    assert (count(model.encoder), count(model.decoder)) == (1_237_504, 3_387_482)
    assert count(model) == 4_624_986
    assert f"{count(model) / 1e6:.2f}" == "4.62"


def test_the_divergence_is_that_of_normal_distributions() -> None:
    mean, deviation = torch.randn(3, 7), torch.rand(3, 7) + 0.1
    expected = kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(divergence(mean, deviation), expected)


def test_free_bits_cost_nothing() -> None:
    paid = excess_divergence(torch.tensor([5.0, 16 * math.log(2), 20.0]), 16.0)
    torch.testing.assert_close(paid, torch.tensor([0.0, 0.0, 20.0 - 11.0904]), atol=1e-4, rtol=0)


def test_beta_rises_from_nothing_to_its_setting() -> None:
    model = MusicVAE(Settings(beta=0.8, beta_rate=0.999))
    found = []
    for step in (0, 1, 1_000, 100_000):
        model.steps.fill_(step)
        found.append(model.beta())
    assert found == pytest.approx([0.0, 0.0008, 0.8 * (1 - 0.999**1_000), 0.8])


def test_training_lowers_the_loss_and_moves_the_encoder() -> None:
    torch.manual_seed(0)
    model = MusicVAE(Settings(batch_size=8))
    optimisers = model.optimisers()
    tokens = songs(8)
    before = [value.clone() for value in model.encoder.parameters()]
    logs = [model.training_step(tokens, optimisers) for _ in range(12)]
    assert logs[-1]["nll"] < logs[0]["nll"] - 0.5
    assert set(logs[0]) | set(model.validate(tokens)) == set(MusicVAE.columns)
    for old, value in zip(before, model.encoder.parameters(), strict=True):
        assert not torch.equal(old, value)


def test_the_learning_rate_falls_to_its_lowest() -> None:
    model = MusicVAE(Settings(batch_size=2, learning_rate=1e-3, rate_decay=0.9, lowest_rate=5e-4))
    optimisers = model.optimisers()
    rates = []
    for step in (0, 1, 100):
        model.steps.fill_(step)
        model.training_step(songs(2), optimisers)
        rates.append(optimisers["all"].param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 9e-4, 5e-4])


def test_validation_repeats_itself_and_leaves_the_training_as_it_was(model: MusicVAE) -> None:
    model.train()
    state = torch.get_rng_state()
    found = model.validate(songs(4))
    assert found == model.validate(songs(4))
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    assert found["bound_validation"] == pytest.approx(found["nll_validation"] + found["kl_validation"] / 80)


def test_active_units_count_the_latent_numbers_that_differ_between_songs(model: MusicVAE) -> None:
    weight = model.encoder.mean.weight.detach().clone()
    with torch.no_grad():
        model.encoder.mean.weight[:10] = torch.randn(10, 512)
        model.encoder.mean.weight[10:] = 0
    assert model.validate(songs(16))["active_units"] == 10
    with torch.no_grad():
        model.encoder.mean.weight.copy_(weight)


def test_a_bar_knows_of_the_bars_before_it_only_the_token_before_the_barline(model: MusicVAE) -> None:
    z, tokens = torch.randn(1, 512), songs(1)
    logits = model.decoder(z, shift_tokens(tokens))
    for step, moved in ((3, range(4, 16)), (15, range(16, 32))):
        other = tokens.clone()
        other[0, step] = 60 if tokens[0, step] != 60 else 61
        differs = (model.decoder(z, shift_tokens(other)) != logits).any(dim=2)[0]
        assert set(differs.nonzero().flatten().tolist()) == set(moved)


def test_melodies_are_drawn_from_the_probabilities_that_are_trained(model: MusicVAE) -> None:
    """Each token is where the cumulative probability, of what may be said, passes the chance."""
    rng = torch.Generator().manual_seed(1)
    z, chances = torch.randn(3, 512, generator=rng), torch.rand(3, 80, generator=rng, dtype=torch.double)
    tokens = model.draw(z, chances)
    logits = model.decoder(z, shift_tokens(tokens)).detach().double()
    logits[..., melody.HOLD][torch.from_numpy(silent(tokens.numpy()))] = -torch.inf
    expected = (logits.softmax(dim=2).cumsum(dim=2) < chances.unsqueeze(2)).sum(dim=2)
    assert torch.equal(tokens, expected)


def silent(tokens: melody.Tokens) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where nothing sounds before a step."""
    rests = melody.sounding(tokens) < 0
    return np.concatenate([np.ones((len(tokens), 1), dtype=bool), rests[:, :-1]], axis=1)


def test_samples_are_legal_and_follow_the_generator_state_alone(model: MusicVAE) -> None:
    tokens = model.sample(5, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens[:3], model.sample(3, np.random.default_rng(3)))
    assert not np.array_equal(tokens, model.sample(5, np.random.default_rng(4)))
    assert model.sample(0, np.random.default_rng(3)).shape == (0, 80)


def test_a_low_temperature_says_what_is_likeliest(model: MusicVAE) -> None:
    z = torch.randn(1, 512).repeat(2, 1)
    chances = torch.rand(2, 80, dtype=torch.double)
    model.temperature.fill_(1e-4)
    one, other = model.draw(z, chances)
    model.temperature.fill_(1.0)
    assert torch.equal(one, other)


def test_half_precision_keeps_what_was_learnt(model: MusicVAE) -> None:
    stored = {name: as_used(as_stored(value)) for name, value in model.sampling_state().items()}
    other = MusicVAE(Settings())
    other.load_sampling_state(stored)
    assert other.validate(songs(8)) == pytest.approx(model.validate(songs(8)), rel=1e-2)
    melody.check_tokens(other.sample(2, np.random.default_rng(0)))
