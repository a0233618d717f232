"""Plans of repetition: the symbols of half bars, what they point at, and that they are kept when melodies are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from generation import melody, metrics
from generation.melody import HOLD, REST, STEPS, Tokens, legal
from generation.networks.autoregressive import BEGIN
from generation.networks.mlstm import MLSTM, Settings
from generation.networks.planned import (
    HALF,
    HALVES,
    NEAR,
    NEW,
    SAME,
    SEQUENCE,
    SYMBOLS,
    Planned,
    kind_of,
    lag_of,
    sources_of,
    symbols_of,
)
from generation.networks.transformer import Transformer
from generation.validation import ValidationSet
from tests.generation.songs import random_tokens

#: Four notes of half a bar, and the same in other ways; pitches are rows, 39 is middle C.
CALL = [39, HOLD, 41, HOLD, 43, HOLD, 46, HOLD]
NEARLY = [39, HOLD, 41, HOLD, 43, HOLD, 44, HOLD]
HIGHER = [41, HOLD, 43, HOLD, 45, HOLD, 48, HOLD]
ANSWER = [43, 46, HOLD, HOLD, HOLD, HOLD, REST, REST]
#: Half bars that resemble neither one another nor those above.
OTHERS = [[50 + number, 60 + number, *[HOLD] * number, *[REST] * (6 - number)] for number in range(6)]
OTHERS += [[70 + number, HOLD, 75 + number, *[HOLD] * number, *[REST] * (5 - number)] for number in range(3)]


def tune(*halves: list[int]) -> Tensor:
    fill = [half for half in OTHERS if half not in halves][: HALVES - len(halves)]
    return torch.tensor([[token for half in [*halves, *fill] for token in half]])


def read(*halves: list[int]) -> list[tuple[int, int]]:
    """Kind and distance in half bars of the half bars given."""
    symbols = symbols_of(tune(*halves))[:, : len(halves)]
    return list(zip(kind_of(symbols)[0].tolist(), (lag_of(symbols) // HALF)[0].tolist(), strict=True))


def model(seed: int = 0, **settings: float) -> MLSTM:
    torch.manual_seed(seed)
    return MLSTM(Settings(**settings))  # type: ignore[arg-type]


def alike(tokens: Tokens) -> Tokens:
    """The same melodies with some half bars copied from earlier ones."""
    rng = np.random.default_rng(3)
    for row in tokens:
        for half in range(1, HALVES):
            if rng.random() < 0.5:
                row[HALF * half : HALF * (half + 1)] = row[HALF * (half - 1) : HALF * half].copy()
    return legal(tokens)


# Symbols


def test_half_bars_that_come_back_are_read() -> None:
    assert read(CALL, ANSWER, CALL) == [(NEW, 0), (NEW, 0), (SAME, 2)]
    assert read(CALL, ANSWER, NEARLY) == [(NEW, 0), (NEW, 0), (NEAR, 2)]
    assert read(CALL, ANSWER, HIGHER) == [(NEW, 0), (NEW, 0), (SEQUENCE, 2)]
    assert read(CALL, HIGHER, ANSWER, NEARLY) == [(NEW, 0), (SEQUENCE, 1), (NEW, 0), (NEAR, 3)]


def test_a_sequence_takes_three_notes_in_one_transposition() -> None:
    two_notes = [39, HOLD, HOLD, HOLD, 41, HOLD, HOLD, HOLD]
    two_higher = [41, HOLD, HOLD, HOLD, 43, HOLD, HOLD, HOLD]
    bent = [41, HOLD, 43, HOLD, 45, HOLD, 47, HOLD]
    assert read(two_notes, two_higher) == [(NEW, 0), (NEW, 0)]
    assert read(CALL, bent) == [(NEW, 0), (NEW, 0)]


def test_of_equals_the_distance_goes_on_then_whole_bars_count_then_the_nearest() -> None:
    assert read(CALL, CALL, CALL) == [(NEW, 0), (SAME, 1), (SAME, 1)]
    assert read(CALL, CALL, ANSWER, CALL) == [(NEW, 0), (SAME, 1), (NEW, 0), (SAME, 2)]
    assert read(CALL, ANSWER, CALL, ANSWER, CALL)[2:] == [(SAME, 2)] * 3
    assert read(CALL, OTHERS[0], OTHERS[1], CALL, ANSWER, CALL)[5] == (SAME, 2)


def test_what_is_held_over_must_sound_alike() -> None:
    held, other = [HOLD] * 8, [HOLD] * 8
    assert read(CALL, held, NEARLY, other)[3] == (NEW, 0)
    assert read(CALL, held, CALL, other)[3] == (SAME, 2)


def test_symbols_have_kinds_and_distances() -> None:
    symbols = torch.arange(SYMBOLS)
    kinds, lags = kind_of(symbols).tolist(), lag_of(symbols).tolist()
    assert len(set(zip(kinds, lags, strict=True))) == SYMBOLS == 28
    assert (kinds[0], lags[0]) == (NEW, 0)
    assert sorted(set(lags)) == [HALF * distance for distance in range(HALVES)]


# What symbols point at


def test_the_same_half_bar_has_the_tokens_of_its_source() -> None:
    tokens = torch.from_numpy(alike(random_tokens(40))).long()
    symbols = symbols_of(tokens).repeat_interleave(HALF, dim=1)
    literal, _ = sources_of(tokens, symbols, torch.arange(STEPS))
    same = kind_of(symbols) == SAME
    assert same.float().mean() > 0.2
    assert torch.equal(literal[same], tokens[same])
    assert (literal[kind_of(symbols) == NEW] == BEGIN).all()


def test_a_sequence_has_the_transposed_tokens_of_its_source_after_its_first_note() -> None:
    tokens = tune(CALL, ANSWER, HIGHER)
    steps = torch.arange(2 * HALF, 3 * HALF)
    symbols = symbols_of(tokens)[:, 2:3].expand(-1, HALF)
    literal, transposed = sources_of(tokens, symbols, steps)
    assert literal[0].tolist() == CALL
    assert transposed[0, 1:].tolist() == HIGHER[1:]


# The network


@pytest.mark.parametrize("kind", [MLSTM, Transformer])
def test_steps_have_the_likelihood_of_the_whole(kind: type[Planned]) -> None:
    torch.manual_seed(0)
    network = kind(kind.settings_type()).eval()  # type: ignore[call-arg]
    tokens = torch.from_numpy(alike(random_tokens(6))).long()
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.02 * torch.randn_like(value))
        logits, plans = network(tokens)
        plan, state, h = symbols_of(tokens), network.state(6), torch.zeros(6, 1, network.hidden)
        before, symbol = torch.full((6, 1), BEGIN), torch.zeros(6, 1, dtype=torch.int64)
        known = torch.full_like(tokens, REST)
        for step in range(STEPS):
            now, half = torch.tensor([step]), step // HALF
            if step % HALF == 0:
                found = network.plan_logits(h, before, symbol, now // HALF).squeeze(1)
                if half:
                    torch.testing.assert_close(found, plans[:, half - 1], atol=1e-4, rtol=1e-4)
                assert torch.isfinite(found).sum(dim=1).tolist() == [1 + 3 * half] * 6
                symbol = plan[:, half : half + 1]
            literal, transposed = sources_of(known, symbol, now)
            x = network.inputs(before, symbol, literal, now)
            h = network.encode_step(x.squeeze(1), step, state).unsqueeze(1)
            found = network.token_logits(h, x, symbol, literal, transposed).squeeze(1)
            torch.testing.assert_close(found, logits[:, step], atol=1e-4, rtol=1e-4)
            known[:, step : step + 1] = before = tokens[:, step : step + 1]


def test_a_symbol_is_charged_to_the_first_step_of_its_half_bar() -> None:
    network = model().eval()
    tokens = torch.from_numpy(random_tokens(3))
    with torch.no_grad():
        plain = network.nll(tokens)
        network.number.weight[:, 0] -= 5
        moved = network.nll(tokens) - plain
    charged = (moved.abs() > 1e-3).any(dim=0)
    assert charged.nonzero().flatten().tolist() == list(range(HALF, STEPS, HALF))


def test_place_in_the_bar_is_heard_from_the_start() -> None:
    """All of it is worth .02 nats: embeddings that start near zero never grow."""
    network = model()
    assert 0.25 < float(network.place.weight.detach().std()) < 0.35
    logits, _ = network.eval()(torch.from_numpy(random_tokens(1)).long())
    with torch.no_grad():
        network.place.weight[5] += 1
    moved, _ = network(torch.from_numpy(random_tokens(1)).long())
    assert torch.equal(logits[:, :5], moved[:, :5])
    assert not torch.equal(logits[:, 5], moved[:, 5])


@pytest.mark.parametrize("distance", [1, 2, 4])
def test_a_plan_of_the_same_half_bars_is_kept_when_drawn(distance: int) -> None:
    network = model()
    with torch.no_grad():
        network.number.weight[distance:, 3 * (distance - 1) + SAME] = 100
    tokens = network.sample(70, np.random.default_rng(1))
    melody.check_tokens(tokens)
    halves = tokens.reshape(70, HALVES, HALF)
    kept = halves[:, distance:] == halves[:, :-distance]
    # Only a hold with nothing to hold is drawn.
    assert (kept | (halves[:, :-distance] == HOLD)).all()
    assert kept.mean() > 0.95


def test_less_novelty_brings_more_half_bars_back() -> None:
    network = model()
    found = []
    for novelty in (6.0, -2.0):
        network.novelty.fill_(novelty)
        symbols = symbols_of(torch.from_numpy(network.sample(64, np.random.default_rng(2))).long())
        found.append(float((kind_of(symbols)[:, 1:] != NEW).float().mean()))
    assert found[1] > found[0] + 0.2


def test_a_run_chooses_the_novelty_whose_samples_come_back_as_often_as_songs(monkeypatch: pytest.MonkeyPatch) -> None:
    songs = ValidationSet(random_tokens(30), None)
    drawn = {0.0: (0.1, 0.17), -0.1: (0.3, 0.18), -0.2: (0.5, 0.19), -0.3: (0.45, 0.21)}
    sampled: list[float] = []
    network = model()
    monkeypatch.setattr(type(network), "novelties", tuple(drawn))

    def sample(n: int, rng: np.random.Generator) -> Tokens:
        sampled.append(round(float(network.novelty), 3))
        return random_tokens(2)

    def form(tokens: Tokens) -> dict[str, float]:
        repeats, similarity = drawn[sampled[-1]] if sampled else (0.44, 0.172)
        return {"repeats": repeats, "bar_similarity": similarity}

    monkeypatch.setattr(network, "sample", sample)
    monkeypatch.setattr(songs, "form", form)
    assert list(songs.choose_novelty(network, 2, 1)) == ["0.0", "-0.1", "-0.2", "-0.3"]
    # At -.3, which comes nearest, the bars are too much alike.
    assert float(network.novelty) == pytest.approx(-0.2)


def test_songs_and_samples_are_judged_by_the_same_metrics_of_form() -> None:
    tokens = alike(random_tokens(20))
    assert ValidationSet.form(tokens) == {
        "repeats": metrics.repeats(tokens).mean(),
        "bar_similarity": metrics.bar_similarity(tokens).mean(),
    }
