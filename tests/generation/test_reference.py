from __future__ import annotations

import numpy as np
import torch

from generation import melody
from generation.networks.autoregressive import BEGIN
from generation.networks.reference import Reference, Settings
from tests.generation.songs import random_tokens


def model(seed: int = 0, **settings: float) -> Reference:
    torch.manual_seed(seed)
    return Reference(Settings(**settings))  # type: ignore[arg-type]


def test_the_reference_model_is_small() -> None:
    assert sum(value.numel() for value in model().parameters()) == 125_210


def test_the_probabilities_of_all_next_tokens_sum_to_one() -> None:
    """The likelihood is over all 90 tokens, illegal ones too: exp(-nll) of every candidate adds up to 1."""
    judge = model().eval()
    candidates = torch.from_numpy(random_tokens(1)).repeat(melody.VOCABULARY, 1)
    candidates[:, 17] = torch.arange(melody.VOCABULARY, dtype=torch.int8)
    nll = judge.nll(candidates)
    assert nll.shape == (melody.VOCABULARY, melody.STEPS)
    assert nll.dtype == torch.float32
    torch.testing.assert_close((-nll[:, 17]).exp().sum(), torch.tensor(1.0))


def test_a_token_changes_no_likelihood_before_it() -> None:
    judge = model().eval()
    tokens = torch.from_numpy(random_tokens(2))
    other = tokens.clone()
    other[:, 30] = 60
    before, after = judge.nll(tokens), judge.nll(other)
    assert torch.equal(before[:, :30], after[:, :30])
    assert not torch.equal(before[:, 31:], after[:, 31:])


def test_the_place_in_the_bar_matters() -> None:
    judge = model().eval()
    same = torch.full((1, melody.STEPS), BEGIN)
    logits = judge(same)[0]
    with torch.no_grad():
        judge.place.weight[5] += 1
    moved = judge(same)[0]
    assert torch.equal(logits[:5], moved[:5])
    assert not torch.equal(logits[5], moved[5])


def test_training_lowers_the_loss_of_held_out_melodies_alike() -> None:
    judge = model(learning_rate=1e-2)
    train, held_out = torch.from_numpy(random_tokens(64)), torch.from_numpy(random_tokens(64, seed=1))
    optimisers = judge.optimisers()
    before = judge.validate(held_out)["nll_validation"]
    log = [judge.training_step(train, optimisers)["nll"] for _ in range(25)]
    assert log[-1] < log[0] - 1
    assert judge.validate(held_out)["nll_validation"] < before - 1
    assert judge.training


def test_every_step_lowers_the_learning_rate_down_to_a_fiftieth() -> None:
    judge = model(learning_rate=1e-3, cooling=0.1)
    tokens, optimisers = torch.from_numpy(random_tokens(4)), judge.optimisers()
    rates = []
    for _ in range(3):
        judge.training_step(tokens, optimisers)
        rates.append([group["lr"] for group in optimisers["all"].param_groups])
    assert np.allclose(rates, [[1e-4] * 2, [2e-5] * 2, [2e-5] * 2])


def test_only_matrices_decay() -> None:
    judge = model(weight_decay=0.2)
    matrices, vectors = judge.optimisers()["all"].param_groups
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.2, 0)
    assert {value.dim() for value in matrices["params"]} == {2}
    assert len(matrices["params"]) + len(vectors["params"]) == len(list(judge.parameters()))


def test_validation_is_the_mean_over_all_steps_whatever_the_mode() -> None:
    judge = model(dropout=0.5).train()
    tokens = torch.from_numpy(random_tokens(200))
    found = judge.validate(tokens)["nll_validation"]
    assert judge.training
    assert np.isclose(found, float(judge.eval().nll(tokens).detach().mean()), rtol=1e-5)


def test_samples_are_legal_and_follow_the_generator_state() -> None:
    drawn = model().train()
    tokens = drawn.sample(70, np.random.default_rng(3))
    melody.check_tokens(tokens)
    assert drawn.training
    assert np.array_equal(tokens, drawn.sample(70, np.random.default_rng(3)))
    assert np.array_equal(tokens[:5], drawn.sample(5, np.random.default_rng(3)))
    assert not np.array_equal(tokens, drawn.sample(70, np.random.default_rng(4)))


def test_samples_have_the_probabilities_of_the_model() -> None:
    """With all weights zero but the output's bias, each step is drawn from that bias, less the illegal holds."""
    drawn = model()
    with torch.no_grad():
        for value in drawn.parameters():
            value.zero_()
        drawn.end.bias.fill_(-torch.inf)
        drawn.end.bias[[40, melody.REST, melody.HOLD]] = torch.tensor([0.5, 0.2, 0.3]).log()
    tokens = drawn.sample(1024, np.random.default_rng(0))
    assert abs(float((tokens[:, 0] == 40).mean()) - 5 / 7) < 0.05
    after_note = tokens[:, 1:][tokens[:, :-1] == 40]
    assert np.allclose(
        [(after_note == token).mean() for token in (40, melody.REST, melody.HOLD)], [0.5, 0.2, 0.3], atol=0.02
    )


def test_a_lower_temperature_draws_likelier_tokens() -> None:
    drawn = model()
    with torch.no_grad():
        drawn.end.weight.mul_(20)
    nll = []
    for temperature in (0.5, 1.0, 2.0):
        drawn.temperature.fill_(temperature)
        tokens = torch.from_numpy(drawn.sample(64, np.random.default_rng(0)))
        nll.append(drawn.validate(tokens)["nll_validation"])
    assert nll == sorted(nll)


def test_half_precision_hardly_changes_the_likelihood() -> None:
    judge = model().eval()
    stored = {name: value.half().float() for name, value in judge.sampling_state().items()}
    assert {"temperature"} < set(stored)
    other = model(seed=9).eval()
    other.load_sampling_state(stored)
    tokens = torch.from_numpy(random_tokens(20))
    torch.testing.assert_close(judge.nll(tokens), other.nll(tokens), atol=5e-3, rtol=0)
    melody.check_tokens(other.sample(20, np.random.default_rng(0)))


def test_the_states_of_a_melody_depend_on_that_melody_alone() -> None:
    judge = model(dropout=0.5).train()
    tokens = torch.from_numpy(random_tokens(150))
    found = judge.states(tokens)
    assert judge.training
    assert found.shape == (150, 128)
    assert not found.requires_grad
    assert torch.equal(judge.states(tokens[:3]), found[:3])
    assert torch.equal(judge.states(tokens.flip(0)), found.flip(0))
    assert judge.states(tokens[:0]).shape == (0, 128)


def test_the_states_are_the_means_of_those_from_which_each_token_is_foreseen() -> None:
    judge = model().eval()
    tokens = torch.from_numpy(random_tokens(2))
    before = torch.cat([torch.full((2, 1), BEGIN), tokens[:, :-1].long()], dim=1)
    memory, steps = judge.state(2), []
    with torch.no_grad():
        for step in range(melody.STEPS):
            judge.next_logits(before[:, step], step, memory)
            steps.append(memory[0][0].clone())
    torch.testing.assert_close(judge.states(tokens), torch.stack(steps).mean(dim=0))
