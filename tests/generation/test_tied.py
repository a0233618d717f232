"""Ties of half bars in MIDI-GAN: that a plan of repetition is followed, learnt, and drawn as songs have it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from generation import melody
from generation.networks.midi_gan import MidiGAN, Settings, decode
from generation.networks.planned import HALF, HALVES, KINDS, NEAR, NEW, SAME, SEQUENCE, SYMBOLS, kind_of, symbols_of
from generation.networks.tied import EIGHTHS, count_symbols, draw_symbols, follow, ties_of
from tests.generation.songs import random_tokens
from tests.generation.test_planned import alike

FREE = torch.arange(HALVES * EIGHTHS).view(HALVES, EIGHTHS)


def symbol(kind: int, distance: int) -> int:
    return (distance - 1) * (KINDS - 1) + kind if kind else 0


def plan(**halves: tuple[int, int]) -> Tensor:
    """A plan of new half bars, except those named, as ``h4=(SAME, 2)``."""
    symbols = torch.zeros(1, HALVES, dtype=torch.int64)
    for name, (kind, distance) in halves.items():
        symbols[0, int(name[1:])] = symbol(kind, distance)
    return symbols


def tied(symbols: Tensor, chance: float = 0.0) -> Tensor:
    return ties_of(symbols, torch.full((1, HALVES), chance)).view(HALVES, EIGHTHS)


def chances(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, HALVES, generator=torch.Generator().manual_seed(seed)).double()


def model(**settings: object) -> MidiGAN:
    torch.manual_seed(0)
    return MidiGAN(Settings(tied=True, **settings)).eval()  # type: ignore[arg-type]


def test_new_half_bars_and_sequences_are_free() -> None:
    assert torch.equal(tied(plan(h3=(SEQUENCE, 2))), FREE)


def test_the_same_half_bar_is_tied_whole_and_a_near_one_except_one_eighth() -> None:
    found = tied(plan(h4=(SAME, 2), h9=(NEAR, 8)), chance=0.3)
    assert torch.equal(found[4], FREE[2])
    assert found[9].tolist() == [FREE[1, 0], FREE[9, 1], FREE[1, 2], FREE[1, 3]]
    others = [half for half in range(HALVES) if half not in (4, 9)]
    assert torch.equal(found[others], FREE[others])


def test_ties_of_ties_lead_to_where_the_chain_begins() -> None:
    found = tied(plan(h2=(NEAR, 2), h4=(SAME, 2), h8=(SAME, 4)), chance=0.9)
    assert found[2].tolist() == [FREE[0, 0], FREE[0, 1], FREE[0, 2], FREE[2, 3]]
    assert torch.equal(found[4], found[2])
    assert torch.equal(found[8], found[2])


def test_steps_follow_their_eighth() -> None:
    steps = torch.arange(80.0).view(1, 80, 1)
    found = follow(steps, tied(plan(h1=(SAME, 1))).view(1, -1)).view(HALVES, HALF)
    assert torch.equal(found[1], found[0])
    assert torch.equal(found[2:], steps.view(HALVES, HALF)[2:])


def test_symbols_are_counted_by_place_and_by_the_one_before() -> None:
    symbols = torch.cat([plan(h1=(SAME, 1)), plan(h1=(SAME, 1), h2=(NEAR, 2))])
    counts = count_symbols(symbols)
    assert counts.sum() == 2 * HALVES
    assert counts[0, NEW, NEW] == 2
    assert counts[1, NEW, symbol(SAME, 1)] == 2
    assert counts[2, symbol(SAME, 1)].nonzero().flatten().tolist() == [NEW, symbol(NEAR, 2)]


def test_plans_are_drawn_as_songs_have_them() -> None:
    symbols = symbols_of(torch.from_numpy(alike(random_tokens(400))).long())
    drawn = draw_symbols(count_symbols(symbols), chances(4000))
    for half in range(HALVES):
        found, expected = (torch.bincount(x[:, half], minlength=SYMBOLS) / len(x) for x in (drawn, symbols))
        assert float((found - expected).abs().max()) < 0.04
    reach = torch.arange(HALVES)
    assert bool((((drawn - 1) // (KINDS - 1) + 1)[drawn > 0] <= reach.expand_as(drawn)[drawn > 0]).all())


def test_without_any_count_all_is_new() -> None:
    drawn = draw_symbols(torch.zeros(HALVES, SYMBOLS, SYMBOLS, dtype=torch.int64), chances(20))
    assert not drawn.any()


def test_a_tied_half_bar_sounds_as_its_source_does() -> None:
    network, noise = model(), torch.randn(40, 128)
    ties = tied(plan(h4=(SAME, 4))).view(1, -1).expand(40, -1)
    logits = network.generator.logits(noise, ties).detach()
    logits[:, ::HALF, 89] = 1.0  # a note or a rest begins each half bar, so that none sounds over from the one before
    symbols = symbols_of(torch.from_numpy(decode(logits)).long())
    assert bool((kind_of(symbols)[:, 4] == SAME).all())
    free = network.generator.logits(noise).detach()
    assert torch.equal(network.generator.logits(noise, FREE.view(1, -1).expand(40, -1)), free)


def test_training_counts_the_songs_plans_and_ties_what_it_generates() -> None:
    network = model(batch_size=4, critic_steps=2)
    tokens = torch.from_numpy(alike(random_tokens(8)))
    network.training_step(tokens, network.optimisers())
    assert torch.equal(network.symbol_counts, count_symbols(symbols_of(tokens.long())))
    symbols = plan(h2=(SAME, 2)).expand(6, -1)
    seen = network.draw(symbols)
    assert torch.equal(seen[:, 16:32, :88].detach(), seen[:, :16, :88].detach()) is False
    assert torch.equal(seen[:, 2 * HALF : 3 * HALF].detach(), seen[:, :HALF].detach())


def test_untied_networks_know_no_plans() -> None:
    network = MidiGAN(Settings(batch_size=4, critic_steps=2))
    network.training_step(torch.from_numpy(alike(random_tokens(8))), network.optimisers())
    assert set(network.sampling_state()) == {*network.average.state_dict(), "rest_margin"}
    assert network.numbers == 0


def test_sampling_weights_hold_the_plans() -> None:
    network, other = model(), model()
    network.symbol_counts += count_symbols(symbols_of(torch.from_numpy(alike(random_tokens(50))).long()))
    with torch.no_grad():
        for value in other.average.parameters():
            value.add_(1.0)
    other.load_sampling_state(network.sampling_state())
    drawn = network.sample(5, np.random.default_rng(1))
    melody.check_tokens(drawn)
    assert np.array_equal(drawn, other.sample(5, np.random.default_rng(1)))
    assert not np.array_equal(drawn, network.sample(5, np.random.default_rng(2)))
