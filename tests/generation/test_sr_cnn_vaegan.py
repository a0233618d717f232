from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generation import melody
from generation.melody import REST
from generation.networks import sr_cnn_vaegan
from generation.networks.channels_last import BatchNorm
from generation.networks.sr_cnn_vaegan import SRCNNVAEGAN, Settings, as_bars, pairs, thresholds, unlikeness
from generation.training import as_stored, as_used
from tests.generation.songs import random_tokens


@pytest.fixture(scope="module")
def model() -> SRCNNVAEGAN:
    """After two steps, so that the batch statistics are known."""
    torch.manual_seed(0)
    model = SRCNNVAEGAN(Settings(batch_size=2, encoder_steps=1, generator_steps=1))
    optimisers = model.optimisers()
    for _ in range(2):
        model.training_step(songs(2), optimisers)
    return model


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sr_cnn_vaegan, "CHUNK", 4)


def songs(n: int) -> Tensor:
    return torch.from_numpy(random_tokens(n))


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())


def flat(module: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten().clone() for value in module.parameters()])


def test_the_network_has_the_papers_number_of_parameters(model: SRCNNVAEGAN) -> None:
    assert (count(model.encoder), count(model.generator), count(model.discriminator)) == (213_176, 11_781_105, 115_745)
    assert count(model) == 12_110_026


def test_batch_normalisation_equals_torchs() -> None:
    torch.manual_seed(0)
    ours, theirs = BatchNorm(3), nn.BatchNorm1d(3)
    with torch.no_grad():
        ours.weight.uniform_()
        ours.bias.uniform_()
    theirs.load_state_dict(ours.state_dict(), strict=False)
    x = (2 * torch.randn(4, 5, 6, 3) + 1).requires_grad_()
    y = x.detach().clone().requires_grad_()
    slope = torch.randn(4, 5, 6, 3)
    for _ in range(2):
        (ours(x) * slope).sum().backward()
        (theirs(y.flatten(0, 2)).view(y.shape) * slope).sum().backward()
    torch.testing.assert_close(x.grad, y.grad)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x.flatten(0, 2)).view(x.shape))


def test_unlikeness_is_half_the_squared_difference_of_the_logits() -> None:
    assert unlikeness(torch.tensor([3.0, -1.0]), torch.tensor([1.0, -1.0])).tolist() == [2.0, 0.0]


def test_each_pair_is_of_neighbouring_bars_of_its_segment() -> None:
    tokens = songs(40)
    bars, following = pairs(tokens)
    matrix = torch.from_numpy(melody.tokens_to_matrix(tokens.numpy()))
    places = []
    for number in range(40):
        windows = [matrix[number, :, 16 * bar : 16 * bar + 32] for bar in range(4)]
        found = [bool((torch.cat([bars[number], following[number]], dim=1) == two).all()) for two in windows]
        assert any(found)
        places.append(found.index(True))
    assert set(places) == {0, 1, 2, 3}


def test_each_update_changes_its_own_network_alone() -> None:
    torch.manual_seed(0)
    model = SRCNNVAEGAN(Settings(batch_size=4))
    optimisers = model.optimisers()
    bars, following = pairs(songs(4))
    wanted = model.discriminator(following).detach()
    updates: dict[str, Callable[[], object]] = {
        "encoder": lambda: model.update_encoder(bars, wanted, optimisers["encoder"]),
        "discriminator": lambda: model.update_discriminator(bars, following, optimisers["discriminator"]),
        "generator": lambda: model.update_generator(bars, wanted, optimisers["generator"]),
    }
    for name, update in updates.items():
        before = {part: flat(model.get_submodule(part)) for part in updates}
        update()
        changed = {part for part in updates if not torch.equal(before[part], flat(model.get_submodule(part)))}
        assert changed == {name}
    assert all(value.requires_grad for value in model.parameters())


def test_a_step_trains_the_encoder_and_gives_the_columns_of_the_log(model: SRCNNVAEGAN) -> None:
    before = flat(model.encoder)
    log = model.training_step(songs(4), model.optimisers())
    assert not torch.equal(before, flat(model.encoder))
    assert set(log) | set(model.validate(songs(4))) == set(SRCNNVAEGAN.columns)


def test_training_lowers_the_losses() -> None:
    """Each network's own, while the others stand still."""
    torch.manual_seed(0)
    model = SRCNNVAEGAN(Settings(batch_size=4, learning_rate=2e-3, discriminator_rate=2e-3))
    optimisers = model.optimisers()
    bars, following = pairs(songs(4))
    judging = [model.update_discriminator(bars, following, optimisers["discriminator"]) for _ in range(8)]
    assert judging[-1]["discriminator_loss"] < judging[0]["discriminator_loss"] - 0.2
    wanted = model.discriminator(following).detach()
    making = [model.update_generator(bars, wanted, optimisers["generator"]) for _ in range(5)]
    assert making[-1]["generator_loss"] < making[0]["generator_loss"] - 0.2
    reading = [model.update_encoder(bars, wanted, optimisers["encoder"]) for _ in range(8)]
    losses = torch.stack([(log["similarity"] + log["kl"]).mean() for log in reading])
    assert losses[-1] < losses[0]


def test_the_bars_of_a_song_give_its_tokens_back(model: SRCNNVAEGAN) -> None:
    tokens = songs(6)
    model.rest_below.fill_(0.5)
    model.onset_above.fill_(0.5)
    last = torch.full((6, 1), REST)
    for number, bar in enumerate(as_bars(tokens).unbind(1)):
        rows, onset = model.binarise(bar, last)
        expected = tokens[:, 16 * number : 16 * number + 16]
        assert torch.equal(torch.where((rows == REST) | onset, rows, melody.HOLD), expected.long())
        assert torch.equal(sr_cnn_vaegan.as_matrix(rows, onset), bar)
        last = rows[:, -1:]


def test_the_thresholds_give_bars_the_songs_share_of_rests_and_onsets() -> None:
    torch.manual_seed(0)
    tokens = songs(100)
    values = torch.rand(500, 89, 16)
    values[:, :88] *= 0.9
    values[:, 30, :6], values[:, 40, 6:] = 0.9 + values[:, 30, :6] / 10, 0.9 + values[:, 40, 6:] / 10
    rest, onset = thresholds(values, tokens)
    best, pitch = values[:, :88].max(dim=1)
    sounds, later = best > rest, tokens.view(-1, 16)[:, 1:]
    begun = sounds[:, 1:] & ((values[:, 88, 1:] > onset) | (pitch[:, 1:] != pitch[:, :-1]) | ~sounds[:, :-1])
    assert float((~sounds).float().mean()) == pytest.approx(float((tokens == REST).float().mean()), abs=0.002)
    assert float(begun.float().mean()) == pytest.approx(float((later < 88).float().mean()), abs=0.002)


def test_validation_repeats_itself_and_leaves_the_training_as_it_was(model: SRCNNVAEGAN) -> None:
    model.train()
    state = torch.get_rng_state()
    one, other = model.validate(songs(4)), model.validate(songs(4))
    assert one["similarity_validation"] == other["similarity_validation"]
    assert torch.equal(state, torch.get_rng_state())
    assert model.training


def test_samples_are_legal_and_follow_the_generator_state_alone(model: SRCNNVAEGAN) -> None:
    tokens = model.sample(6, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens[:3], model.sample(3, np.random.default_rng(3)))
    assert not np.array_equal(tokens, model.sample(6, np.random.default_rng(4)))
    assert model.sample(0, np.random.default_rng(3)).shape == (0, 80)


def test_a_bar_follows_from_the_bar_before_it(model: SRCNNVAEGAN) -> None:
    """What the encoder is shown is the bar as it was written down."""
    shown: list[Tensor] = []
    hook = model.encoder.register_forward_pre_hook(lambda _, inputs: shown.extend(inputs))
    tokens = torch.from_numpy(model.sample(4, np.random.default_rng(0)))
    hook.remove()
    assert torch.equal(torch.stack(shown, dim=1), as_bars(tokens)[:, :4])


def test_half_precision_keeps_what_was_learnt(model: SRCNNVAEGAN) -> None:
    stored = {name: as_used(as_stored(value)) for name, value in model.sampling_state().items()}
    other = SRCNNVAEGAN(Settings())
    other.load_sampling_state(stored)
    z = torch.randn(2, 128)
    with torch.no_grad():
        torch.testing.assert_close(other.eval().generator(z), model.eval().generator(z), atol=5e-3, rtol=0)
    melody.check_tokens(other.sample(2, np.random.default_rng(0)))
