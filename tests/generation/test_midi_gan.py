from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from generation import melody
from generation.networks import midi_gan
from generation.networks.midi_gan import Conv, MidiGAN, Settings, Shifted, as_input, decode
from tests.generation.songs import random_tokens


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters() if value.requires_grad)


def test_the_network_has_the_papers_number_of_parameters() -> None:
    model = MidiGAN(Settings())
    assert (count(model.generator), count(model.critic), count(model.matcher)) == (1_195_274, 890_721, 44_352)
    assert count(model) == 2_130_347


@pytest.mark.parametrize(("width", "dilation", "stride"), [(1, 1, 1), (3, 1, 1), (3, 4, 1), (3, 16, 1), (4, 1, 2)])
def test_the_convolution_equals_torchs(width: int, dilation: int, stride: int) -> None:
    torch.manual_seed(0)
    ours = Conv(5, 7, width, dilation, stride)
    padding = dilation * (width - 1) // 2
    theirs = nn.Conv1d(5, 7, width, stride=stride, padding=padding, dilation=dilation)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.view(7, width, 5).transpose(1, 2))
        torch.nn.utils.vector_to_parameters(ours.bias, [theirs.bias] if theirs.bias is not None else [])
    x = torch.randn(2, 80, 5)
    torch.testing.assert_close(ours(x), theirs(x.transpose(1, 2)).transpose(1, 2))


@pytest.mark.parametrize(("width", "dilation", "stride"), [(3, 1, 1), (3, 2, 1), (3, 8, 1), (4, 1, 2)])
def test_the_convolutions_own_gradients_are_right_twice(width: int, dilation: int, stride: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 8, 3, dtype=torch.double, requires_grad=True)

    def squared(x: torch.Tensor) -> torch.Tensor:
        copies: torch.Tensor = Shifted.apply(x, width, dilation, stride)  # type: ignore[no-untyped-call]
        return copies**2

    assert torch.autograd.gradcheck(squared, x)
    assert torch.autograd.gradgradcheck(squared, x)


def test_the_penalty_is_of_each_segments_whole_gradient() -> None:
    """With a linear critic the gradient is the same everywhere, so the penalty is known exactly."""
    model = MidiGAN(Settings())
    weight = torch.randn(80 * 89)

    class Linear(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1) @ weight

    model.critic = Linear()  # type: ignore[assignment]
    real = as_input(torch.from_numpy(random_tokens(4)))
    expected = (weight.norm() - 1) ** 2
    torch.testing.assert_close(model.penalty(real, torch.zeros_like(real)), expected)


def test_the_critic_sees_a_rest() -> None:
    tokens = np.full((1, 80), melody.REST, dtype=np.int8)
    tokens[0, 0] = 40
    seen = as_input(torch.from_numpy(tokens))[0, :, melody.ONSET_ROW]
    assert seen.tolist() == [1.0] + [-1.0] * 79


def test_real_and_generated_segments_have_one_range() -> None:
    model = MidiGAN(Settings())
    real = as_input(torch.from_numpy(random_tokens(3)))
    fake = model.generator(torch.randn(3, 128)).detach()
    assert fake.shape == real.shape
    assert float(fake.min()) >= -1
    assert float(fake.max()) <= 1
    assert float(fake[..., : melody.PITCHES].sum(dim=2).max()) <= 1 + 1e-6


def test_a_step_changes_all_three_networks_and_their_average() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings(batch_size=4, critic_steps=2))
    parts = {"generator": model.generator, "critic": model.critic, "matcher": model.matcher, "average": model.average}
    before = {name: torch.cat([value.flatten().clone() for value in part.parameters()]) for name, part in parts.items()}
    log = model.training_step(torch.from_numpy(random_tokens(8)), model.optimisers())
    assert set(log) == {
        "negative_critic_loss", "wasserstein", "penalty", "match_fake", "match_real", "generator_loss",
    }  # fmt: skip
    for name, part in parts.items():
        assert not torch.equal(before[name], torch.cat([value.flatten() for value in part.parameters()]))


def test_the_critic_learns_to_tell_noise_from_songs() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings(learning_rate=1e-3))
    judges = model.optimisers()["judges"]
    real = as_input(torch.from_numpy(random_tokens(32)))
    scores = [model.judge(real[:16], real[16:], judges)["wasserstein"] for _ in range(30)]
    assert float(scores[-1]) > float(scores[0]) + 0.5


def test_samples_are_legal_and_follow_the_generator_state() -> None:
    model = MidiGAN(Settings()).eval()
    tokens = model.sample(5, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens, model.sample(5, np.random.default_rng(3)))
    assert not np.array_equal(tokens, model.sample(5, np.random.default_rng(4)))


def test_any_logits_decode_to_a_melody() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 80, 90))
    melody.check_tokens(decode(logits))


def test_decoding_strikes_a_note_where_the_pitch_changes_and_where_an_onset_is_likely() -> None:
    logits = np.full((1, 80, 90), -5.0)
    logits[0, :, melody.REST] = 0
    logits[0, 0:6, 40] = 9
    logits[0, 6:8, 43] = 9
    logits[0, 3, 89] = 1
    assert decode(logits)[0, :10].tolist() == [40, 89, 89, 40, 89, 89, 43, 89, 88, 88]


def test_bf16_is_used_only_where_it_is_faster() -> None:
    context = midi_gan.autocast(torch.zeros(1))
    assert context._enabled == midi_gan.bf16_pays(torch.device("cpu"))
