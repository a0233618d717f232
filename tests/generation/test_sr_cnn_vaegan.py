from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

from generation import melody
from generation.melody import HOLD, PITCHES, REST
from generation.networks import sr_cnn_vaegan
from generation.networks.convolution import Conv
from generation.networks.parts import update
from generation.networks.sr_cnn_vaegan import (
    CHANNELS,
    ONSET,
    SRCNNVAEGAN,
    Flow,
    Settings,
    as_bar,
    as_bars,
    bar_nll,
    pairs,
)
from generation.run_folder import read_log
from generation.training import Run, as_stored, as_used
from tests.generation.songs import PENTATONIC, random_tokens, small_corpus

SMALL = Settings(batch_size=4, rollouts=2, adversarial_from=2, refine_from=4)
#: The networks that are trained together.
PARTS = {"vae": ("encoder", "context", "prior", "generator"), "critic": ("critic",), "flow": ("flow",)}


@pytest.fixture(scope="module")
def model() -> SRCNNVAEGAN:
    """In its third stage by number, with the weights of the beginning, whose melodies differ widely."""
    torch.manual_seed(0)
    model = SRCNNVAEGAN(SMALL)
    model.widen_compass(songs(4))
    model.iterations.fill_(6)
    return model.eval()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sr_cnn_vaegan, "CHUNK", 4)
    monkeypatch.setattr(sr_cnn_vaegan, "DRAWN", 8)


def songs(n: int) -> Tensor:
    return torch.from_numpy(random_tokens(n))


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())


def flat(model: SRCNNVAEGAN, optimiser: str) -> Tensor:
    parts = [model.get_submodule(part) for part in PARTS[optimiser]]
    return torch.cat([value.detach().flatten().clone() for part in parts for value in part.parameters()])


def log_density(z: Tensor, mean: Tensor, log_deviation: Tensor) -> Tensor:
    density: Tensor = Normal(mean, log_deviation.exp()).log_prob(z)  # type: ignore[no-untyped-call]
    return density.sum(dim=1)


def logits_of(bars: Tensor) -> Tensor:
    """Logits that leave no doubt."""
    return 20 * bars - 10


def test_the_network_has_the_papers_number_of_parameters_within_one_per_cent(model: SRCNNVAEGAN) -> None:
    parts = {name: count(part) for name, part in model.named_children()}
    assert parts == {
        "encoder": 4_059_872, "context": 822_688, "generator": 5_186_394,
        "prior": 164_224, "critic": 821_601, "flow": 1_053_312,
    }  # fmt: skip
    assert count(model) == 12_108_091
    assert abs(count(model) / 12_110_026 - 1) < 0.01


def test_bars_hold_pitch_rest_and_onset_of_each_step() -> None:
    tokens = songs(6)
    bars = as_bars(tokens)
    matrix = torch.from_numpy(melody.tokens_to_matrix(tokens.numpy()))
    steps = bars.flatten(1, 2).transpose(1, 2)
    assert torch.equal(steps[:, :PITCHES], matrix[:, :PITCHES])
    assert torch.equal(steps[:, REST], (matrix[:, :PITCHES].sum(dim=1) == 0).float())
    assert torch.equal(steps[:, ONSET], matrix[:, melody.ONSET_ROW])


def test_before_each_bar_stands_its_neighbour_and_zeros_at_the_beginning() -> None:
    bars = as_bars(songs(3))
    before, following = pairs(bars)
    assert torch.equal(before[:, 1:], bars[:, :-1])
    assert not before[:, 0].any()
    assert following is bars


def test_the_bars_of_a_song_give_its_tokens_back(model: SRCNNVAEGAN) -> None:
    tokens = songs(6)
    last, written = torch.full((6,), REST), []
    for bar in as_bars(tokens).unbind(1):
        rows, struck = model.decode(logits_of(bar), last)
        assert torch.equal(as_bar(rows, struck), bar)
        written.append(torch.where((rows == REST) | struck, rows, HOLD))
        last = rows[:, -1]
    assert torch.equal(torch.cat(written, dim=1), tokens.long())


def test_a_note_has_the_pitch_likeliest_over_all_its_steps(model: SRCNNVAEGAN) -> None:
    logits = torch.full((1, 16, CHANNELS), -5.0)
    logits[0, 0, ONSET] = logits[0, 8, ONSET] = 5.0
    logits[0, :, 40] = 1.0
    logits[0, 0, 50] = 3.0  # at its first step alone
    logits[0, 8:, 45] = 2.0
    rows, struck = model.decode(logits, torch.tensor([REST]))
    assert rows.tolist() == [[40] * 8 + [45] * 8]
    assert struck.nonzero().tolist() == [[0, 0], [0, 8]]


def test_a_note_that_sounds_on_from_the_bar_before_keeps_its_pitch(model: SRCNNVAEGAN) -> None:
    logits = torch.full((2, 16, CHANNELS), -5.0)
    logits[:, :, 40] = 1.0
    rows, struck = model.decode(logits, torch.tensor([33, REST]))
    assert rows[:, 0].tolist() == [33, 40]
    assert struck[:, 0].tolist() == [False, True]  # nothing sounds on after a rest


def test_a_rest_must_lead_every_pitch_by_the_margin(model: SRCNNVAEGAN) -> None:
    logits = torch.zeros(1, 16, CHANNELS)
    logits[0, :, REST] = torch.arange(16.0)
    margin = float(model.rest_margin)
    model.rest_margin.fill_(9.5)
    rows, _ = model.decode(logits, torch.tensor([REST]))
    model.rest_margin.fill_(margin)
    assert (rows == REST).tolist() == [[False] * 10 + [True] * 6]


def test_the_likelihood_of_a_bar_counts_each_note_once() -> None:
    torch.manual_seed(0)
    logits, bar = torch.randn(1, 16, CHANNELS), torch.zeros(1, 16, CHANNELS)
    for row, steps in ((30, slice(0, 4)), (40, slice(4, 6)), (REST, slice(6, 8)), (40, slice(8, 16))):
        bar[0, steps, row] = 1
    bar[0, [4, 8], ONSET] = 1  # the first note sounds on from the bar before
    chances, struck = logits[0, :, ONSET].sigmoid(), bar[0, :, ONSET] == 1
    onsets = torch.where(struck, chances, 1 - chances).log().sum()
    rows = (logits[0, :, :ONSET].softmax(dim=1) * bar[0, :, :ONSET]).sum(dim=1).log()
    expected = -(onsets + rows[:4].mean() + rows[4:6].mean() + rows[6:8].sum() + rows[8:].mean())
    torch.testing.assert_close(bar_nll(logits, bar), expected.unsqueeze(0))


def test_the_flow_is_inverted_and_knows_its_volume() -> None:
    torch.manual_seed(0)
    flow = Flow(6).double().eval()
    u, context = torch.randn(3, 6).double(), torch.randn(3, 512).double()
    assert torch.equal(flow(u, context)[0].sort(dim=1).values, u.sort(dim=1).values)  # at first it moves nothing
    for value in flow.parameters():
        nn.init.normal_(value, std=0.1)
    noise, log_volume = flow(u, context)
    torch.testing.assert_close(flow.inverse(noise, context), u, atol=1e-4, rtol=1e-4)
    for number in range(3):
        one = context[number : number + 1]
        slope = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
            lambda x, one=one: flow(x.unsqueeze(0), one)[0].squeeze(0), u[number]
        )
        torch.testing.assert_close(torch.linalg.slogdet(slope)[1].float(), log_volume[number].float())


def test_the_cost_of_a_latent_vector_is_at_first_the_log_ratio_of_posterior_and_prior() -> None:
    torch.manual_seed(0)
    model = SRCNNVAEGAN(SMALL).eval()
    before, following = (part.flatten(0, 1) for part in pairs(as_bars(songs(2))))
    noise = torch.randn(10, SMALL.latent)
    with torch.no_grad():
        mean, log_deviation = model.encoder(torch.cat([before, following], dim=1))
        prior_mean, prior_log = model.prior(model.context(before))
        z = mean + log_deviation.exp() * noise
        expected = log_density(z, mean, log_deviation) - log_density(z, prior_mean, prior_log)
        torch.testing.assert_close(model.losses(before, following, noise)[1], expected, atol=1e-3, rtol=1e-4)


def test_each_stage_trains_its_own_networks_alone() -> None:
    torch.manual_seed(0)
    model = SRCNNVAEGAN(SMALL)
    optimisers = model.optimisers()
    trained = []
    for _ in range(6):
        before = {name: flat(model, name) for name in PARTS}
        log = model.training_step(songs(4), optimisers)
        trained.append({name for name in PARTS if not torch.equal(before[name], flat(model, name))})
        assert set(log) <= set(SRCNNVAEGAN.columns)
    assert trained == [{"vae", "flow"}] * 2 + [{"vae", "flow", "critic"}] * 2 + [{"critic"}] * 2
    assert all(value.requires_grad for value in model.parameters())


def test_the_log_has_a_column_for_each_figure(model: SRCNNVAEGAN) -> None:
    torch.manual_seed(0)
    other = SRCNNVAEGAN(SMALL)
    optimisers = other.optimisers()
    found = {name for _ in range(5) for name in other.training_step(songs(4), optimisers)}
    assert found | set(model.validate(songs(4))) == set(SRCNNVAEGAN.columns)


def test_the_vaes_updates_lower_its_loss() -> None:
    torch.manual_seed(0)
    model = SRCNNVAEGAN(SMALL)
    optimiser = model.optimisers()["vae"]
    before, following = (part.flatten(0, 1) for part in pairs(as_bars(songs(2))))
    found = [model.update_vae(before, following, optimiser) for _ in range(12)]
    losses = [float((log["nll"] + 0.15 * log["kl"]).mean().detach()) for log in found]
    assert losses[-1] < losses[0] / 2


def test_the_critic_learns_to_separate_songs_from_drawn_melodies_and_the_generator_to_deceive_it() -> None:
    torch.manual_seed(0)
    model = SRCNNVAEGAN(replace(SMALL, critic_rate=1e-3, adversarial_rate=1e-3, likelihood_weight=0.0))
    model.widen_compass(songs(4))
    optimisers = model.optimisers()
    real = torch.cat(pairs(as_bars(songs(4))), dim=2).flatten(0, 1)
    noise = torch.randn(4, 5, SMALL.latent)
    judged = [model.update_critic(real, model.rollout(noise).detach(), optimisers["critic"]) for _ in range(8)]
    assert judged[-1]["critic_loss"] < judged[0]["critic_loss"] - 0.2
    assert judged[-1]["critic_gap"] > 0.2
    deceived = []
    for _ in range(5):
        loss = F.softplus(-model.critic(model.rollout(noise))).mean()
        update(optimisers["vae"], loss)
        deceived.append(float(loss.detach()))
    assert deceived[-1] < deceived[0] - 0.05


def test_the_penalty_flattens_the_critic_at_songs() -> None:
    """Alone, it leaves a smaller gradient; without it the gradient grows as the critic learns."""
    real = torch.cat(pairs(as_bars(songs(2))), dim=2).flatten(0, 1)
    fake = torch.cat(pairs(as_bars(songs(4)[2:])), dim=2).flatten(0, 1)
    steepness = {}
    for weight in (0.0, 100.0):
        torch.manual_seed(0)
        model = SRCNNVAEGAN(replace(SMALL, penalty_weight=weight, penalty_every=1, critic_rate=1e-3))
        optimiser = model.optimisers()["critic"]
        for _ in range(6):
            model.update_critic(real, fake, optimiser)
        at = real.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model.critic(at).sum(), at)
        steepness[weight] = float(gradient.square().sum(dim=(1, 2)).mean())
    assert steepness[100.0] < steepness[0.0] / 10


def test_the_critic_sees_the_bars_of_the_decoded_melody_and_the_gradient_passes(model: SRCNNVAEGAN) -> None:
    model.eval()
    torch.manual_seed(0)
    noise = torch.randn(3, 5, model.settings.latent, requires_grad=True)
    drawn = model.rollout(noise)
    assert drawn.shape == (15, 32, CHANNELS)
    assert set(drawn.detach().round(decimals=5).flatten().tolist()) == {0.0, 1.0}
    halves = drawn.detach().view(3, 5, 2, 16, CHANNELS)
    assert not halves[:, 0, 0].any()
    torch.testing.assert_close(halves[:, 1:, 0], halves[:, :-1, 1])
    (gradient,) = torch.autograd.grad(model.critic(drawn)[4::5].sum(), noise)
    assert gradient.flatten(2).abs().sum(dim=2).all()  # of the last pairs alone: also through the bars before


def test_no_note_lies_beyond_the_songs_trained_on(model: SRCNNVAEGAN) -> None:
    assert (model.compass + melody.LOWEST).tolist() == [min(PENTATONIC), max(PENTATONIC)]
    torch.manual_seed(0)
    for other in (model, SRCNNVAEGAN(SMALL)):
        other.compass.copy_(torch.tensor([30, 34]))
        tokens = other.sample(8, np.random.default_rng(0))
        assert set(tokens[tokens < PITCHES].tolist()) <= set(range(30, 35))
    model.compass.copy_(torch.tensor([min(PENTATONIC), max(PENTATONIC)]) - melody.LOWEST)


def test_the_critic_chooses_by_its_odds(model: SRCNNVAEGAN, monkeypatch: pytest.MonkeyPatch) -> None:
    """A critic that is certain takes the bar that it prefers; one without a preference takes all equally often."""

    def onsets(pair: Tensor) -> Tensor:
        return pair[:, 16:, ONSET].sum(dim=1)

    noise = model.noise(40, np.random.default_rng(0))
    counts = {}
    for name, critic in {"more": lambda x: 50 * onsets(x), "fewer": lambda x: -50 * onsets(x)}.items():
        monkeypatch.setattr(model.critic, "forward", critic)
        counts[name] = int((model.eval().chain(noise)[:, :16] < PITCHES).sum())
    seen: list[Tensor] = []

    def indifferent(pair: Tensor) -> Tensor:
        seen.append(onsets(pair).view(-1, model.settings.candidates))
        return torch.zeros(len(pair))

    monkeypatch.setattr(model.critic, "forward", indifferent)
    model.chain(noise)
    assert counts["more"] > counts["fewer"]
    assert counts["more"] == int(seen[0].amax(dim=1).sum())
    assert counts["fewer"] == int(seen[0].amin(dim=1).sum())


def test_odds_of_three_to_one_are_chosen_three_times_as_often(
    model: SRCNNVAEGAN, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first candidate of each place has three times the odds of any other of the four: half of all choices."""
    order: list[Tensor] = []

    def critic(pair: Tensor) -> Tensor:
        order.append(pair[:, 16:])
        odds = torch.ones(len(pair) // 4, 4)
        odds[:, 0] = 3
        return odds.log().flatten()

    monkeypatch.setattr(model.critic, "forward", critic)
    noise = model.noise(200, np.random.default_rng(0))
    tokens = torch.cat([model.eval().chain(part) for part in torch.split(noise, 100)])
    first = torch.cat([bars.view(-1, 4, 16, CHANNELS)[:, 0] for bars in order[::5]])
    share = float((as_bars(tokens.to(torch.int8))[:, 0] == first).flatten(1).all(dim=1).float().mean())
    alike = float(
        np.mean([len({bar.numpy().tobytes() for bar in four}) < 4 for four in order[0].view(-1, 4, 16, CHANNELS)])
    )
    assert 0.38 < share < 0.62 + alike


def test_the_margin_gives_clips_the_songs_share_of_rests(model: SRCNNVAEGAN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sr_cnn_vaegan, "DRAWN", 40)
    monkeypatch.setattr(sr_cnn_vaegan, "CHUNK", 40)
    end = model.generator.end[2]
    assert isinstance(end, Conv)
    bias = float(end.bias[REST])
    tokens = songs(40)
    tokens[:30] = torch.where(tokens[:30] == REST, HOLD, tokens[:30])  # a quarter of the songs have a rest
    tokens[:, 0] = 40
    with torch.no_grad():
        end.bias[REST] = 4.0  # far too many
    for _ in range(3):
        model.validate(tokens)
    drawn = model.sample(80, np.random.default_rng(1))
    with torch.no_grad():
        end.bias[REST] = bias
    assert float(model.rest_margin) > 0
    assert (drawn == REST).any(axis=1).mean() == pytest.approx(0.25, abs=0.2)


def test_validation_repeats_itself_and_leaves_the_training_as_it_was(model: SRCNNVAEGAN) -> None:
    model.train()
    state = torch.get_rng_state()
    one, other = model.validate(songs(4)), model.validate(songs(4))
    losses = [name for name in one if name != "rest_margin"]
    assert [one[name] for name in losses] == [other[name] for name in losses]
    assert torch.equal(state, torch.get_rng_state())
    assert model.training


def test_samples_are_legal_and_follow_the_generator_state_alone(model: SRCNNVAEGAN) -> None:
    tokens = model.sample(6, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert np.array_equal(tokens[:3], model.sample(3, np.random.default_rng(3)))
    assert not np.array_equal(tokens, model.sample(6, np.random.default_rng(4)))
    assert model.sample(0, np.random.default_rng(3)).shape == (0, 80)


def test_a_bar_follows_from_the_bar_before_it(model: SRCNNVAEGAN) -> None:
    """What the next bar is drawn from is the bar as it was written down."""
    shown: list[Tensor] = []
    hook = model.context.register_forward_pre_hook(lambda _, inputs: shown.extend(inputs))
    tokens = torch.from_numpy(model.sample(4, np.random.default_rng(0)))
    hook.remove()
    assert torch.equal(torch.stack(shown, dim=1), pairs(as_bars(tokens))[0])


def test_a_run_interrupted_in_each_stage_gives_the_numbers_of_an_uninterrupted_one(tmp_path: Path) -> None:
    def train(out: Path, iterations: int) -> list[dict[str, str]]:
        Run("sr-cnn-vaegan", small_corpus(), "smoke", 1, out, iterations).train_to_end()
        return [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(out / "log.csv")]

    whole = train(tmp_path / "whole", 4)
    for iterations in (1, 3, 4):
        parts = train(tmp_path / "parts", iterations)
    assert parts == whole
    assert whole[0]["critic_loss"] == "" != whole[1]["critic_loss"]
    assert whole[3]["generator_loss"] == "" != whole[2]["generator_loss"]
    # Of the two iterations measured, 2 and 4, the last stage has one.
    assert json.loads((tmp_path / "whole" / "summary.json").read_text())["weights"]["iteration"] == 4


def test_half_precision_keeps_what_was_learnt(model: SRCNNVAEGAN) -> None:
    stored = {name: as_used(as_stored(value)) for name, value in model.sampling_state().items()}
    assert not any(name.startswith("encoder") for name in stored)
    other = SRCNNVAEGAN(model.settings)
    other.load_sampling_state(stored)
    assert torch.equal(other.compass, model.compass)
    assert torch.equal(other.iterations, model.iterations)
    z, context = torch.randn(2, model.settings.latent), torch.randn(2, 512)
    with torch.no_grad():
        torch.testing.assert_close(other.generator(z, context), model.generator(z, context), atol=2e-2, rtol=0)
    melody.check_tokens(other.sample(2, np.random.default_rng(0)))


def test_weights_that_lack_a_part_are_refused(model: SRCNNVAEGAN) -> None:
    stored = dict(model.sampling_state())
    del stored["critic.end.bias"]
    with pytest.raises(RuntimeError, match="critic.end.bias"):
        SRCNNVAEGAN(model.settings).load_sampling_state(stored)
