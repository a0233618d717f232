"""Networks that plan where a melody comes back to itself, then copy.

Songs repeat what they said; a network that is asked for one token after another seldom does, because no single token
decides to. So each half bar is given a *symbol* before its tokens: whether it is new, or which earlier half bar it
resembles and how. The network learns the symbols' probabilities from those of training songs, and the tokens'
probabilities given the symbol. ``symbols_of`` reads the symbols off a melody by a fixed rule, so the likelihood of a
melody with its symbols bounds that of the melody alone from below.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generation.melody import HOLD, PITCHES, REST, STEPS, STEPS_PER_BAR, VOCABULARY
from generation.networks.autoregressive import BEGIN, Autoregressive, draw_from, silent_at, token_before
from generation.networks.parts import Dropout

#: Steps and number of half bars.
HALF = STEPS_PER_BAR // 2
HALVES = STEPS // HALF
NEW, SAME, NEAR, SEQUENCE = range(4)
KINDS = 4
#: The symbols: 0 is new, then for each distance in half bars from 1 to 9 same, near and sequence.
SYMBOLS = 1 + (HALVES - 1) * (KINDS - 1)
#: Steps in agreement from which on a half bar is near another, and notes from which on it is its sequence.
NEAR_STEPS, SEQUENCE_NOTES = 6, 3
#: What is added at the start of training to the logit of the token at the source, and of that token transposed.
GATES = {NEW: (0.0, 0.0), SAME: (6.0, 0.0), NEAR: (3.0, 0.0), SEQUENCE: (0.0, 4.0)}
#: Deviation at which the embeddings of place, symbol and source start. From zero the place was never learnt: all of it
#: is worth .02 nats a step.
DEVIATION = 0.3


def kind_of(symbols: Tensor) -> Tensor:
    """Give the kind of each symbol: ``NEW``, ``SAME``, ``NEAR`` or ``SEQUENCE``.

    Parameters
    ----------
    symbols : int64 tensor

    Returns
    -------
    int64 tensor of the same shape
    """
    return torch.where(symbols == 0, NEW, 1 + (symbols - 1) % (KINDS - 1))


def lag_of(symbols: Tensor) -> Tensor:
    """Give the steps between a half bar and the one that its symbol points at.

    Parameters
    ----------
    symbols : int64 tensor

    Returns
    -------
    int64 tensor of the same shape
        0 where the half bar is new.
    """
    return torch.where(symbols == 0, 0, HALF * (1 + (symbols - 1) // (KINDS - 1)))


def sounding(tokens: Tensor) -> Tensor:
    """Give the token that sounds at each step.

    Parameters
    ----------
    tokens : int64 tensor of shape (n, steps)

    Returns
    -------
    int64 tensor of shape (n, steps)
        A pitch (0 to 87) or ``REST``.
    """
    steps = torch.arange(tokens.shape[1], device=tokens.device)
    return tokens.gather(1, torch.where(tokens == HOLD, 0, steps).cummax(dim=1).values)


def symbols_of(tokens: Tensor) -> Tensor:
    """Read the symbols off melodies.

    Two half bars are the same where at each of their eight steps the same pitch or silence sounds and a note begins in
    both or neither, near where they are so at six steps or seven; one is the sequence of another where at each step
    they are so after one transposition of all its notes, which are three or more. Of several earlier half
    bars the most alike counts (same, sequence, near); of equals the one at the distance of the half bar before, then
    one at whole bars, then the nearest.

    Parameters
    ----------
    tokens : int64 tensor of shape (n, 80)

    Returns
    -------
    int64 tensor of shape (n, 10)
    """
    kinds = torch.stack([kinds_at(tokens, distance) for distance in range(1, HALVES)], dim=2)
    rank = torch.tensor([0, 300, 100, 200], device=tokens.device)[kinds]
    distances = torch.arange(1, HALVES, device=tokens.device)
    rank = rank + torch.where(distances % 2 == 0, 20, 0) - distances
    before = torch.zeros_like(tokens[:, 0])
    symbols = [before]
    for half in range(1, HALVES):
        chosen = (rank[:, half] + 50 * (distances == before.unsqueeze(1))).argmax(dim=1)
        kind = kinds[:, half].gather(1, chosen.unsqueeze(1)).squeeze(1)
        symbols.append(torch.where(kind == NEW, 0, chosen * (KINDS - 1) + kind))
        before = torch.where(kind == NEW, 0, chosen + 1)
    return torch.stack(symbols, dim=1)


def kinds_at(tokens: Tensor, distance: int) -> Tensor:
    """Compare each half bar with the one at a distance before it.

    Parameters
    ----------
    tokens : int64 tensor of shape (n, 80)
    distance : int
        In half bars.

    Returns
    -------
    int64 tensor of shape (n, 10)
        ``NEW`` where there is no half bar at that distance.
    """
    lag, heard, onset = HALF * distance, sounding(tokens), tokens < PITCHES
    now, then = heard[:, lag:], heard[:, :-lag]
    together = onset[:, lag:] == onset[:, :-lag]
    equal = by_half(together & (now == then)).sum(dim=2)
    begins = by_half(onset[:, lag:])
    shift = by_half(now - then)
    first = shift.gather(2, begins.int().argmax(dim=2, keepdim=True))
    alike = by_half(together & ((now == REST) == (then == REST)))
    moved = (alike & ((shift == first) | ~begins)).all(dim=2) & (first.squeeze(2) != 0)
    moved &= begins.sum(dim=2) >= SEQUENCE_NOTES
    kinds = torch.where(equal == HALF, SAME, torch.where(moved, SEQUENCE, torch.where(equal >= NEAR_STEPS, NEAR, NEW)))
    return F.pad(kinds, (distance, 0), value=NEW)


def by_half(x: Tensor) -> Tensor:
    """Reshape steps into half bars.

    Parameters
    ----------
    x : tensor of shape (n, steps)

    Returns
    -------
    tensor of shape (n, half bars, 8)
    """
    return x.view(len(x), -1, HALF)


def sources_of(tokens: Tensor, symbols: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """Look up what stood where the symbols point.

    Parameters
    ----------
    tokens : int64 tensor of shape (n, 80)
        Of each step only the tokens before it are read.
    symbols : int64 tensor of shape (n, k)
        Of the half bars of the steps.
    steps : int64 tensor of shape (k,)

    Returns
    -------
    literal, transposed : int64 tensors of shape (n, k)
        The token at the source, and the same moved by the interval between what sounds before the step and what sounds
        before the source; a token without such an interval is not moved. ``BEGIN`` where the half bar is new.
    """
    heard = F.pad(sounding(tokens)[:, :-1], (1, 0), value=REST)
    lag = lag_of(symbols)
    source = steps - lag
    literal = torch.where(lag > 0, tokens.gather(1, source), BEGIN)
    now, then = heard[:, steps], heard.gather(1, source)
    moved = literal + now - then
    known = (literal < PITCHES) & (now < PITCHES) & (then < PITCHES) & (moved >= 0) & (moved < PITCHES)
    return literal, torch.where(known, moved, literal)


@dataclass
class Memory:
    """What drawing n melodies step by step goes on with.

    Attributes
    ----------
    chances : float64 tensor of shape (n, 10)
        Uniform numbers in [0, 1) that draw the symbols.
    symbol : int64 tensor of shape (n, 1)
        Of the half bar at hand.
    h : tensor of shape (n, 1, hidden)
        The hidden state of the step before.
    state : tuple of tensors
        That of the network's own layers.
    """

    chances: Tensor
    symbol: Tensor
    h: Tensor
    state: tuple[Tensor, ...]


class Planned(Autoregressive):
    """A network that draws each half bar's symbol, then its tokens.

    Tokens depend on the symbol and on the token that it points at.

    A subclass has the layers between the inputs and the hidden states.

    Parameters
    ----------
    width : int
        Channels of the inputs.
    hidden : int
        Channels of the hidden states.
    dropout : float
        Of inputs and hidden states.
    """

    numbers: ClassVar[int] = HALVES + STEPS
    novelties: ClassVar[tuple[float, ...]] = (0.0, -0.1, -0.2, -0.3, -0.4, -0.5)
    novelty: Tensor
    steps: Tensor
    reachable: Tensor

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.hidden, self.dropout = hidden, Dropout(dropout)
        self.token = nn.Embedding(VOCABULARY + 1, width)
        self.place, self.symbol = nn.Embedding(STEPS_PER_BAR, width), nn.Embedding(SYMBOLS, width)
        self.source = nn.Embedding(VOCABULARY + 1, width)
        self.end, self.skip = nn.Linear(hidden, VOCABULARY), nn.Linear(width, VOCABULARY, bias=False)
        self.gates, self.kind = nn.Linear(hidden, 2), nn.Embedding(KINDS, 2)
        self.plan, self.after = nn.Linear(hidden + width, SYMBOLS), nn.Embedding(SYMBOLS, SYMBOLS)
        self.number = nn.Embedding(HALVES, SYMBOLS)
        self.register_buffer("novelty", torch.zeros(()))
        self.register_buffer("steps", torch.arange(STEPS), persistent=False)
        lags = lag_of(torch.arange(SYMBOLS))
        self.register_buffer("reachable", lags <= HALF * torch.arange(HALVES).unsqueeze(1), persistent=False)
        with torch.no_grad():
            for embedding in (self.place, self.symbol, self.source):
                embedding.weight.normal_(std=DEVIATION)
            self.kind.weight.copy_(torch.tensor([GATES[kind] for kind in range(KINDS)]))
            for start in (self.after, self.number):
                start.weight.zero_()

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """Compute the hidden state of every step.

        Parameters
        ----------
        x : tensor of shape (n, 80, width)

        Returns
        -------
        tensor of shape (n, 80, hidden)
        """

    @abstractmethod
    def state(self, n: int) -> tuple[Tensor, ...]:
        """Create the memory of n melodies before their first token.

        Parameters
        ----------
        n : int

        Returns
        -------
        tuple of tensors
            ``encode_step`` updates them in place.
        """

    @abstractmethod
    def encode_step(self, x: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        """Compute the hidden state of one step.

        Parameters
        ----------
        x : tensor of shape (n, width)
        step : int
            From 0 to 79.
        state : tuple of tensors
            What ``state`` created; updated in place.

        Returns
        -------
        tensor of shape (n, hidden)
        """

    def inputs(self, before: Tensor, symbols: Tensor, literal: Tensor, steps: Tensor) -> Tensor:
        """Embed the token before a step, its place, its symbol and its source.

        Parameters
        ----------
        before, symbols, literal : int64 tensors of shape (n, k)
        steps : int64 tensor of shape (k,)

        Returns
        -------
        tensor of shape (n, k, width)
        """
        x: Tensor = self.token(before) + self.place(steps % STEPS_PER_BAR) + self.symbol(symbols) + self.source(literal)
        return x

    def token_logits(self, h: Tensor, x: Tensor, symbols: Tensor, literal: Tensor, transposed: Tensor) -> Tensor:
        """Compute the logits of tokens, raised where the symbol points.

        Parameters
        ----------
        h : tensor of shape (n, k, hidden)
        x : tensor of shape (n, k, width)
        symbols, literal, transposed : int64 tensors of shape (n, k)

        Returns
        -------
        tensor of shape (n, k, 90)
        """
        gates = (self.gates(h) + self.kind(kind_of(symbols))) * (symbols != 0).unsqueeze(2)
        pointed = torch.stack([literal, transposed], dim=2).clamp(max=VOCABULARY - 1)
        logits: Tensor = self.end(h) + self.skip(x)
        return logits.scatter_add(2, pointed, gates.to(logits.dtype))

    def plan_logits(self, h: Tensor, before: Tensor, last: Tensor, halves: Tensor) -> Tensor:
        """Compute the logits of half bars' symbols.

        Parameters
        ----------
        h : tensor of shape (n, k, hidden)
            The hidden state of the last step of the half bar before.
        before, last : int64 tensors of shape (n, k)
            The token and the symbol before the half bar.
        halves : int64 tensor of shape (k,)
            Their numbers, from 0 to 9.

        Returns
        -------
        tensor of shape (n, k, 28)
            Minus infinity for a symbol that points before the start.
        """
        logits: Tensor = self.plan(torch.cat([h, self.token(before)], dim=2)) + self.after(last) + self.number(halves)
        return logits.float().masked_fill(~self.reachable[halves], -torch.inf)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the logits of a batch with the symbols read off it.

        Parameters
        ----------
        tokens : int64 tensor of shape (n, 80)

        Returns
        -------
        token_logits : tensor of shape (n, 80, 90)
        plan_logits : tensor of shape (n, 9, 28)
            Of the half bars from the second; the first is always new.
        """
        plan = symbols_of(tokens)
        symbols = plan.repeat_interleave(HALF, dim=1)
        literal, transposed = sources_of(tokens, symbols, self.steps)
        before = F.pad(tokens[:, :-1], (1, 0), value=BEGIN)
        x = self.dropout(self.inputs(before, symbols, literal, self.steps))
        h = self.dropout(self.encode(x))
        halves = torch.arange(1, HALVES, device=tokens.device)
        plan_logits = self.plan_logits(h[:, halves * HALF - 1], before[:, halves * HALF], plan[:, :-1], halves)
        return self.token_logits(h, x, symbols, literal, transposed), plan_logits

    def nll(self, tokens: Tensor) -> Tensor:
        """Compute the negative log-likelihood of each token with its symbol.

        A symbol is charged to the first step of its half bar.

        Parameters
        ----------
        tokens : integer tensor of shape (n, 80)

        Returns
        -------
        float32 tensor of shape (n, 80)
            In nats; their sum bounds the melody's negative log-likelihood from above.
        """
        target = tokens.long()
        logits, plan_logits = self(target)
        nll = F.cross_entropy(logits.float().transpose(1, 2), target, reduction="none")
        plan = F.cross_entropy(plan_logits.transpose(1, 2), symbols_of(target)[:, 1:], reduction="none")
        charged = torch.zeros_like(nll)
        charged[:, HALF::HALF] = plan
        return nll + charged

    def memory(self, chances: Tensor) -> Memory:
        n = len(chances)
        symbol = torch.zeros(n, 1, dtype=torch.int64, device=chances.device)
        return Memory(chances, symbol, self.temperature.new_zeros(n, 1, self.hidden), self.state(n))

    def logits_at(self, step: int, tokens: Tensor, memory: Memory) -> Tensor:
        """Compute the logits of the tokens at one step, after the half bar's symbol is drawn.

        Symbols are drawn at temperature 1, ``novelty`` added to the logit of a new half bar. A half bar that is to be
        the same as another is copied, which is what the symbol says; only a hold with nothing to hold is drawn.
        """
        now, before = self.steps[step : step + 1], token_before(step, tokens).unsqueeze(1)
        if step % HALF == 0:
            plan = self.plan_logits(memory.h, before, memory.symbol, now // HALF).squeeze(1)
            plan[:, 0] += self.novelty
            memory.symbol = draw_from(plan, memory.chances[:, step // HALF]).unsqueeze(1)
        literal, transposed = sources_of(tokens, memory.symbol, now)
        x = self.inputs(before, memory.symbol, literal, now)
        memory.h = self.encode_step(x.squeeze(1), step, memory.state).unsqueeze(1)
        logits = self.token_logits(memory.h, x, memory.symbol, literal, transposed).squeeze(1)
        copied = (kind_of(memory.symbol) == SAME) & ~((literal == HOLD) & silent_at(step, tokens).unsqueeze(1))
        others = torch.arange(VOCABULARY, device=tokens.device) != literal
        return logits.masked_fill(copied & others, -torch.inf)
