from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from generation import metrics
from generation.melody import HOLD, REST, STEPS, VOCABULARY, Tokens
from generation.networks import reference
from tests.generation.songs import random_tokens

NOTHING = np.empty((0, STEPS), dtype=np.int8)


class Bigrams(nn.Module):
    """A reference model whose answers are known by hand: a table of the next token's probabilities."""

    table: Tensor

    def __init__(self, table: Tensor) -> None:
        """``table`` (91, 90): rows are the token before, the last one the beginning."""
        super().__init__()
        self.register_buffer("table", table)

    def nll(self, tokens: Tensor) -> Tensor:
        before = torch.cat([torch.full_like(tokens[:, :1], VOCABULARY), tokens[:, :-1]], dim=1)
        return -self.table[before, tokens].log()


def counted(training: Tokens, validation: Tokens) -> Bigrams:
    """The table of some clips, every pair counted once more; nothing to stop early."""
    tokens = torch.from_numpy(training.astype(np.int64))
    before = torch.cat([torch.full_like(tokens[:, :1], VOCABULARY), tokens[:, :-1]], dim=1)
    table = torch.ones(VOCABULARY + 1, VOCABULARY)
    table.index_put_((before.reshape(-1), tokens.reshape(-1)), torch.ones(tokens.numel()), accumulate=True)
    return Bigrams(table / table.sum(dim=1, keepdim=True))


def fair() -> Bigrams:
    return Bigrams(torch.full((VOCABULARY + 1, VOCABULARY), 1 / VOCABULARY))


def held_note_model() -> Bigrams:
    """Begins with pitch 40 for certain; after a note or a hold, a hold or a rest; after a rest, any of four tokens."""
    table = torch.zeros(VOCABULARY + 1, VOCABULARY)
    table[VOCABULARY, 40] = 1
    table[40, [HOLD, REST]] = 0.5
    table[HOLD, [HOLD, REST]] = 0.5
    table[REST, [40, 41, 42, REST]] = 0.25
    return Bigrams(table)


def test_perplexity_known_by_hand() -> None:
    held = np.full(STEPS, HOLD, dtype=np.int8)
    held[0] = 40
    silent_after = np.full(STEPS, REST, dtype=np.int8)
    silent_after[0] = 40
    tokens = np.stack([held, silent_after])
    nats = np.array([79 * math.log(2), math.log(2) + 78 * math.log(4)]) / STEPS
    assert np.allclose(metrics.clip_nll(held_note_model(), tokens), nats)
    assert np.allclose(metrics.clip_perplexity(held_note_model(), tokens), np.exp(nats))
    assert metrics.perplexity(held_note_model(), tokens) == pytest.approx(math.exp(nats.mean()))
    assert metrics.log_perplexity_ratio(held_note_model(), tokens[:1], tokens[1:]) == pytest.approx(nats[0] - nats[1])


def test_a_model_that_knows_nothing_finds_as_many_ways_as_there_are_tokens() -> None:
    tokens = random_tokens(300)
    assert np.allclose(metrics.clip_perplexity(fair(), tokens), VOCABULARY)
    assert metrics.log_perplexity_ratio(fair(), tokens[:3], tokens[3:]) == pytest.approx(0)


def test_the_figure_of_a_clip_does_not_depend_on_its_neighbours() -> None:
    torch.manual_seed(0)
    model, tokens = reference.Reference(reference.Settings()).eval(), random_tokens(300)
    together = metrics.clip_nll(model, tokens)
    assert np.array_equal(together[[5, 299]], metrics.clip_nll(model, tokens[[5, 299]]))
    assert np.array_equal(together[::-1], metrics.clip_nll(model, tokens[::-1]))


def test_reading_clips_leaves_torch_as_many_threads_as_it_had() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    metrics.clip_nll(fair(), random_tokens(1))
    found = torch.get_num_threads()
    torch.set_num_threads(before)
    assert found == 2


def test_reverse_perplexity_sees_a_collapse_that_perplexity_rewards() -> None:
    songs, held_out = random_tokens(1000, seed=1), random_tokens(100, seed=2)
    model = counted(songs, held_out)
    collapsed = songs[[np.argmin(metrics.clip_nll(model, songs))]].repeat(1000, axis=0)
    assert metrics.perplexity(model, collapsed) < metrics.perplexity(model, held_out)
    good = metrics.reverse_perplexity(counted, random_tokens(1000, seed=3), held_out, held_out)
    bad = metrics.reverse_perplexity(counted, collapsed, held_out, held_out)
    assert good == pytest.approx(metrics.perplexity(model, held_out), rel=0.05)
    assert bad > 1.5 * good


def test_a_perplexity_that_cannot_be_had_is_not_a_number() -> None:
    songs = random_tokens(1000)
    assert math.isnan(metrics.perplexity(fair(), NOTHING))
    assert math.isnan(metrics.log_perplexity_ratio(fair(), NOTHING, songs))
    assert math.isnan(metrics.log_perplexity_ratio(fair(), songs, NOTHING))
    assert math.isnan(metrics.reverse_perplexity(counted, songs[:999], songs, songs))
    assert math.isnan(metrics.reverse_perplexity(counted, songs, songs, NOTHING))
    assert metrics.clip_nll(fair(), NOTHING).shape == (0,)


def test_the_table_has_perplexity_where_there_is_a_model_and_a_finite_answer() -> None:
    held = np.full(STEPS, HOLD, dtype=np.int8)
    held[0] = 40
    clips = [metrics.own_clip(held), metrics.own_clip(np.full(STEPS, REST, dtype=np.int8))]
    rows = [row.split(",") for row in metrics.table(["held", "impossible"], clips, held_note_model()).decode().split()]
    place = rows[0].index("ppl")
    assert [row[place] for row in rows[1:]] == [f"{math.exp(79 * math.log(2) / STEPS):.4f}", ""]
