"""Likelihood, training and sampling of networks that predict token by token."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generation.melody import HOLD, REST, STEPS, VOCABULARY, Tokens
from generation.networks.contract import Network, Profile
from generation.networks.parts import autocast, figures, update

#: The input before the first token; never an output.
BEGIN = VOCABULARY
#: How many melodies are drawn side by side.
CHUNK = 64


class Autoregressive(Network):
    """A network that draws a melody step by step, each given those before it.

    Its settings have, in addition to those of ``Network``, ``weight_decay`` and ``cooling``: the factor by which each
    step lowers the learning rate, down to 1/50 of its start.
    """

    temperatures: ClassVar[tuple[float, ...]] = (0.9, 0.95, 1.0, 1.05, 1.1)
    profiles: ClassVar[Mapping[str, Profile]] = {
        "smoke": Profile(4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
        "cpu": Profile(6_000, log_every=50, measure_every=100, patience=12),
        "full": Profile(20_000, log_every=50, measure_every=100, patience=30),
    }
    #: Uniform numbers that a melody is drawn by.
    numbers: ClassVar[int] = STEPS
    temperature: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """AdamW (Loshchilov & Hutter 2019); only matrices decay, as nanoGPT has it."""
        matrices = [value for value in self.parameters() if value.dim() > 1]
        vectors = [value for value in self.parameters() if value.dim() == 1]
        groups = [
            {"params": matrices, "weight_decay": self.settings.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return {"all": torch.optim.AdamW(groups, self.settings.learning_rate, (0.9, 0.99), fused=True)}

    @abstractmethod
    def nll(self, tokens: Tensor) -> Tensor:
        """Compute the negative log-likelihood of each step given those before it.

        Parameters
        ----------
        tokens : integer tensor of shape (n, 80)

        Returns
        -------
        float32 tensor of shape (n, 80)
            In nats, over all 90 tokens.
        """

    @abstractmethod
    def memory(self, chances: Tensor) -> Any:
        """Create the memory of n melodies before their first token.

        Parameters
        ----------
        chances : float64 tensor of shape (n, numbers - 80)
            Uniform numbers in [0, 1) for what is drawn beside the tokens.

        Returns
        -------
        object
            ``logits_at`` updates it in place.
        """

    @abstractmethod
    def logits_at(self, step: int, tokens: Tensor, memory: Any) -> Tensor:
        """Compute the logits of the tokens at one step.

        Parameters
        ----------
        step : int
            From 0 to 79; the steps come in order.
        tokens : int64 tensor of shape (n, 80)
            Those before the step are read.
        memory : object
            What ``memory`` created; updated in place.

        Returns
        -------
        tensor of shape (n, 90)
        """

    def draw(self, chances: Tensor) -> Tensor:
        """Draw tokens by inverse transform sampling.

        Each token is the first at which the cumulative probability exceeds its number.

        Parameters
        ----------
        chances : tensor of shape (n, numbers)
            Uniform numbers in [0, 1); the last 80 draw the tokens.

        Returns
        -------
        int64 tensor of shape (n, 80)
        """
        others, numbers = chances.double().tensor_split([self.numbers - STEPS], dim=1)
        memory = self.memory(others)
        tokens = torch.full((len(chances), STEPS), REST, device=chances.device)
        for step, chance in enumerate(numbers.unbind(1)):
            silent = silent_at(step, tokens)
            tokens[:, step] = next_token(self.logits_at(step, tokens, memory), self.temperature, chance, silent)
        return tokens

    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """Update the weights once, to lower the mean of ``nll`` over the tokens."""
        with autocast(tokens.device):
            nll = self.nll(tokens).mean()
        update(optimisers["all"], nll, clip=1.0)
        for group in optimisers["all"].param_groups:
            # The optimiser's state carries the rate, so that a resumed run goes on with it.
            group["lr"] = max(group["lr"] * self.settings.cooling, self.settings.learning_rate / 50)
        return figures({"nll": nll})

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute the mean nats per step of held-out tokens."""
        with evaluation_mode(self):
            sums = [self.nll(part).double().sum() for part in torch.split(tokens, CHUNK)]
        return {"nll_validation": float(torch.stack(sums).sum() / tokens.numel())}

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw melodies at the set temperature.

        A hold without a note before it is never drawn. The i-th melody depends on the generator's state and on i alone,
        not on n.
        """
        chances = torch.from_numpy(rng.random((n, self.numbers), dtype=np.float32))
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(chances, (0, 0, 0, -n % CHUNK)).to(self.temperature.device)
        with evaluation_mode(self):
            drawn = torch.cat([self.draw(part) for part in torch.split(whole, CHUNK)])
        return drawn[:n].to(torch.int8).cpu().numpy()


class TokenByToken(Autoregressive):
    """A network that predicts each token from the tokens before it alone."""

    @abstractmethod
    def forward(self, before: Tensor) -> Tensor:
        """Compute the logits of every token of a batch.

        Parameters
        ----------
        before : int64 tensor of shape (n, 80)
            The token before each step; ``BEGIN`` at step 0.

        Returns
        -------
        tensor of shape (n, 80, 90)
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
            ``next_logits`` updates them in place.
        """

    @abstractmethod
    def next_logits(self, before: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        """Compute the logits of the tokens at one step.

        Parameters
        ----------
        before : int64 tensor of shape (n,)
            The tokens of the step before; ``BEGIN`` at step 0.
        step : int
            From 0 to 79.
        state : tuple of tensors
            What ``state`` created; updated in place.

        Returns
        -------
        tensor of shape (n, 90)
        """

    def nll(self, tokens: Tensor) -> Tensor:
        """Compute the negative log-likelihood of each token given those before it.

        Parameters
        ----------
        tokens : integer tensor of shape (n, 80)

        Returns
        -------
        float32 tensor of shape (n, 80)
            In nats, over all 90 tokens.
        """
        target = tokens.long()
        logits = self(torch.cat([torch.full_like(target[:, :1], BEGIN), target[:, :-1]], dim=1))
        return F.cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none").view(target.shape)

    def memory(self, chances: Tensor) -> tuple[Tensor, ...]:
        return self.state(len(chances))

    def logits_at(self, step: int, tokens: Tensor, memory: tuple[Tensor, ...]) -> Tensor:
        return self.next_logits(token_before(step, tokens), step, memory)


def token_before(step: int, tokens: Tensor) -> Tensor:
    """Give the token before a step: ``BEGIN`` at step 0.

    Parameters
    ----------
    step : int
    tokens : int64 tensor of shape (n, 80)

    Returns
    -------
    int64 tensor of shape (n,)
    """
    return tokens[:, step - 1] if step else torch.full_like(tokens[:, 0], BEGIN)


def silent_at(step: int, tokens: Tensor) -> Tensor:
    """Mark the melodies in which nothing sounds before a step.

    Parameters
    ----------
    step : int
    tokens : int64 tensor of shape (n, 80)

    Returns
    -------
    bool tensor of shape (n,)
    """
    before = token_before(step, tokens)
    return (before == REST) | (before == BEGIN)


def next_token(logits: Tensor, temperature: Tensor, chance: Tensor, silent: Tensor) -> Tensor:
    """Choose the token at which the cumulative probability exceeds a number.

    Parameters
    ----------
    logits : tensor of shape (n, 90)
    temperature : tensor of shape ()
        Divides the logits.
    chance : float64 tensor of shape (n,)
        Uniform numbers in [0, 1).
    silent : bool tensor of shape (n,)
        Where nothing sounds before the step. ``HOLD`` is not drawn there.

    Returns
    -------
    int64 tensor of shape (n,)
    """
    logits = logits.double() / temperature
    logits[:, HOLD].masked_fill_(silent, -torch.inf)
    return draw_from(logits, chance)


def draw_from(logits: Tensor, chance: Tensor) -> Tensor:
    """Choose the outcome at which the cumulative probability exceeds a number.

    Parameters
    ----------
    logits : tensor of shape (n, outcomes)
    chance : float64 tensor of shape (n,)
        Uniform numbers in [0, 1).

    Returns
    -------
    int64 tensor of shape (n,)
    """
    passed = logits.double().softmax(dim=1).cumsum(dim=1)
    return torch.searchsorted(passed, (chance * passed[:, -1]).unsqueeze(1), right=True).squeeze(1)


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Put a module into evaluation mode inside the context.

    Parameters
    ----------
    module : nn.Module
        Returns to its former mode afterwards.

    Yields
    ------
    None
    """
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
