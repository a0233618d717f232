from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from generation import melody
from generation.networks import parts
from generation.networks.convolution import NARROW, Conv, Shifted
from generation.networks.midi_gan import Critic, MidiGAN, Settings, as_input, decode
from generation.networks.planned import HALVES
from tests.generation.songs import random_tokens


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters() if value.requires_grad)


def test_the_network_has_the_papers_number_of_parameters() -> None:
    model = MidiGAN(Settings())
    assert (count(model.generator), count(model.critic), count(model.matcher)) == (1_195_274, 890_721, 44_352)
    assert count(model) == 2_130_347


@pytest.mark.parametrize("channels", [5, NARROW + 1])
@pytest.mark.parametrize(
    ("width", "dilation", "stride"), [(1, 1, 1), (3, 1, 1), (3, 4, 1), (3, 16, 1), (3, 1, 2), (4, 1, 2)]
)
def test_the_convolution_and_its_adjoint_equal_torchs(width: int, dilation: int, stride: int, channels: int) -> None:
    torch.manual_seed(0)
    ours = Conv(channels, 7, width, dilation, stride)
    padding = dilation * (width - 1) // 2
    theirs = nn.Conv1d(channels, 7, width, stride=stride, padding=padding, dilation=dilation)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.view(7, width, channels).transpose(1, 2))
        torch.nn.utils.vector_to_parameters(ours.bias, [theirs.bias] if theirs.bias is not None else [])
    x = torch.randn(2, 80, channels, requires_grad=True)
    out, expected = ours(x), theirs(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(out, expected)
    gradient = torch.randn_like(out)
    torch.testing.assert_close(ours.back(gradient), torch.autograd.grad(expected, x, gradient)[0])


@pytest.mark.parametrize(("width", "dilation", "stride"), [(3, 1, 1), (3, 2, 1), (3, 8, 1), (4, 1, 2)])
def test_the_convolutions_own_gradients_are_right_twice(width: int, dilation: int, stride: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 8, 3, dtype=torch.double, requires_grad=True)

    def squared(x: torch.Tensor) -> torch.Tensor:
        copies: torch.Tensor = Shifted.apply(x, width, dilation, stride)  # type: ignore[no-untyped-call]
        return copies**2

    assert torch.autograd.gradcheck(squared, x)
    assert torch.autograd.gradgradcheck(squared, x)


@pytest.mark.parametrize("scales", ["multi-scale", "plain"])
def test_the_critics_written_out_gradient_and_its_penalty_are_autograds(scales: str) -> None:
    torch.manual_seed(0)
    critic = Critic(scales)
    x = as_input(torch.from_numpy(random_tokens(4))) + torch.rand(4, 80, 89)
    (expected,) = torch.autograd.grad(critic(x.requires_grad_()).sum(), x, create_graph=True)
    found = critic.gradient(x.detach())
    torch.testing.assert_close(found, expected)
    weights = [value for name, value in critic.named_parameters() if "bias" not in name]
    twice = [
        torch.autograd.grad(((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean(), weights)
        for gradient in (found, expected)
    ]
    torch.testing.assert_close(*twice)


def test_the_penalty_is_of_each_segments_whole_gradient() -> None:
    """With a linear critic the gradient is the same everywhere, so the penalty is known exactly."""
    model = MidiGAN(Settings())
    weight = torch.randn(80, 89)

    class Linear(nn.Module):
        def gradient(self, x: torch.Tensor) -> torch.Tensor:
            return weight.expand(len(x), -1, -1)

    model.critic = Linear()  # type: ignore[assignment]
    real = as_input(torch.from_numpy(random_tokens(4)))
    expected = (weight.norm() - 1) ** 2
    torch.testing.assert_close(model.penalty(real, torch.zeros_like(real)), expected)


def test_the_plain_critic_is_as_large_as_the_multi_scale_one() -> None:
    plain, multi = count(Critic("plain")), count(Critic("multi-scale"))
    assert abs(plain - multi) / multi < 0.001


def test_a_hard_output_is_what_the_critic_sees_of_the_decoded_melody() -> None:
    model = MidiGAN(Settings()).eval()
    z = torch.randn(6, 128)
    seen = model.generator(z, hardness=1.0)
    torch.testing.assert_close(seen.detach(), as_input(torch.from_numpy(decode(model.generator.logits(z).detach()))))
    seen[..., 40].sum().backward()
    assert float(model.generator.end.weight.grad.abs().sum()) > 0  # type: ignore[union-attr]


def test_hardness_grows_from_soft_until_to_hard_from() -> None:
    model = MidiGAN(Settings(soft_until=10, hard_from=20))
    found = []
    for iteration in (0, 10, 15, 20, 99):
        model.iterations.fill_(iteration)
        found.append(model.hardness)
    assert found == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_clipping_keeps_every_weight_of_the_critic_within_its_bounds() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings(batch_size=4, critic_steps=2, lipschitz="clipping"))
    log = model.training_step(torch.from_numpy(random_tokens(8)), model.optimisers())
    assert "penalty" not in log
    assert float(model.histogram_weights().abs().max()) <= 0.01


def test_without_the_matcher_its_weights_stay_and_the_rest_learns() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings(batch_size=4, critic_steps=2, matching_weight=0.0))
    before = [value.clone() for value in model.matcher.parameters()]
    log = model.training_step(torch.from_numpy(random_tokens(8)), model.optimisers())
    assert "match_fake" not in log
    assert all(torch.equal(one, two) for one, two in zip(before, model.matcher.parameters(), strict=True))


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
    optimiser = model.optimisers()["critic"]
    real = as_input(torch.from_numpy(random_tokens(16)))
    plan = torch.zeros(16, HALVES, dtype=torch.int64)
    scores = [model.judge(real, plan, optimiser)[0]["wasserstein"].detach() for _ in range(30)]
    assert float(scores[-1]) > float(scores[0]) + 0.5


def test_samples_are_legal_and_follow_the_generator_state() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings()).eval()
    tokens = model.sample(5, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens, model.sample(5, np.random.default_rng(3)))
    assert not np.array_equal(tokens, model.sample(5, np.random.default_rng(4)))


def test_any_logits_decode_to_a_melody() -> None:
    logits = torch.randn(50, 80, 90, generator=torch.Generator().manual_seed(0))
    melody.check_tokens(decode(logits))


def test_decoding_strikes_a_note_where_an_onset_is_likely_and_after_a_rest_and_keeps_its_pitch() -> None:
    logits = torch.full((1, 80, 90), -5.0)
    logits[0, :, melody.REST] = 0
    logits[0, 0:4, 40] = 9
    logits[0, 4:6, 43] = 9
    logits[0, 8:10, 43] = 9
    logits[0, 3, 89] = logits[0, 20, 89] = 1
    assert decode(logits)[0, :12].tolist() == [40, 89, 89, 40, 89, 89, 88, 88, 43, 89, 88, 88]
    assert set(decode(logits)[0, 12:].tolist()) == {melody.REST}


def test_as_many_clips_get_a_rest_as_held_out_songs_have() -> None:
    torch.manual_seed(0)
    model = MidiGAN(Settings()).eval()
    with torch.no_grad():
        model.average.end.bias[melody.REST] += 1
    songs = random_tokens(50)
    share = (songs == melody.REST).any(axis=1).mean()
    model.validate(torch.from_numpy(songs))
    drawn = (model.sample(1000, np.random.default_rng(0)) == melody.REST).any(axis=1).mean()
    model.rest_margin.fill_(0.0)
    free = (model.sample(1000, np.random.default_rng(0)) == melody.REST).any(axis=1).mean()
    assert abs(drawn - share) < 0.06 < abs(free - share)


@pytest.mark.parametrize(
    ("fp32", "bf16", "pays"), [(1.0, 0.1, True), (1.0, 0.6, False), (0.1, 1.0, False), (1.0, None, False)]
)
def test_bf16_is_used_only_where_it_was_tried_and_faster(
    fp32: float, bf16: float | None, pays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where torch dies of it (None), the training must not."""

    def seconds(square: torch.Tensor) -> float:
        taken = fp32 if square.dtype == torch.float32 else bf16
        if taken is None:
            os.kill(os.getpid(), signal.SIGILL)
        return taken or 0.0

    monkeypatch.setattr(parts, "seconds", seconds)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    parts.faster_in_bf16.cache_clear()
    try:
        assert parts.autocast(torch.device("cpu"))._enabled == pays
    finally:
        parts.faster_in_bf16.cache_clear()


def test_bf16_is_not_used_where_onednn_must_do_without_amx() -> None:
    code = "from generation.networks.parts import faster_in_bf16; print(faster_in_bf16())"
    masked = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}
    done = subprocess.run([sys.executable, "-c", code], env=masked, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
