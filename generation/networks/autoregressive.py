"""What the networks share that say a melody token by token: their likelihood, training and sampling."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

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
    """A network that gives each token's probabilities from the tokens before it.

    Its settings have, beside the contract's, ``weight_decay`` and ``cooling``: the factor by which every step lowers
    the learning rate, down to a fiftieth.
    """

    temperatures: ClassVar[tuple[float, ...]] = (0.9, 0.95, 1.0, 1.05, 1.1)
    profiles: ClassVar[Mapping[str, Profile]] = {
        "smoke": Profile(4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
        "cpu": Profile(6_000, log_every=50, measure_every=100, patience=12),
        "full": Profile(20_000, log_every=50, measure_every=100, patience=30),
    }
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
    def forward(self, before: Tensor) -> Tensor:
        """Logits (n, 80, 90) of every token, from the tokens before each, int64 (n, 80) that start with BEGIN."""

    @abstractmethod
    def state(self, n: int) -> tuple[Tensor, ...]:
        """What is remembered of n melodies before their first token; `following` writes into it."""

    @abstractmethod
    def following(self, before: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        """Logits (n, 90) of the tokens at one step, from those of the step before, int64 (n,), and the state."""

    def nll(self, tokens: Tensor) -> Tensor:
        """Negative log likelihood (n, 80) in nats of each token (n, 80) after those before it, over all 90 tokens."""
        target = tokens.long()
        logits = self(torch.cat([torch.full_like(target[:, :1], BEGIN), target[:, :-1]], dim=1))
        return F.cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none").view(target.shape)

    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """One update down the mean of nll over the tokens, int8 (n, 80)."""
        with autocast(tokens.device):
            nll = self.nll(tokens).mean()
        update(optimisers["all"], nll, clip=1.0)
        for group in optimisers["all"].param_groups:
            # The optimiser's state carries the rate, so that a resumed run goes on with it.
            group["lr"] = max(group["lr"] * self.settings.cooling, self.settings.learning_rate / 50)
        return figures({"nll": nll})

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Mean nats a step over held-out tokens (n, 80)."""
        with resting(self):
            sums = [self.nll(part).double().sum() for part in torch.split(tokens, CHUNK)]
        return {"nll_validation": float(torch.stack(sums).sum() / tokens.numel())}

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw tokens (n, 80) at the set temperature; a hold that would hold nothing is never drawn.

        The i-th melody depends on the generator's state and on i alone, not on n.
        """
        chances = torch.from_numpy(rng.random((n, STEPS), dtype=np.float32))
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(chances, (0, 0, 0, -n % CHUNK)).to(self.temperature.device)
        with resting(self):
            drawn = torch.cat([self.draw(part) for part in torch.split(whole, CHUNK)])
        return drawn[:n].to(torch.int8).cpu().numpy()

    def draw(self, chances: Tensor) -> Tensor:
        """Tokens (n, 80) where each step's cumulative probability passes its chance (n, 80), uniform in [0, 1)."""
        state = self.state(len(chances))
        before = torch.full((len(chances),), BEGIN, device=chances.device)
        silent = torch.ones(len(chances), dtype=torch.bool, device=chances.device)
        tokens = []
        for step, chance in enumerate(chances.double().unbind(1)):
            before = next_token(self.following(before, step, state), self.temperature, chance, silent)
            silent = before == REST
            tokens.append(before)
        return torch.stack(tokens, dim=1)


def next_token(logits: Tensor, temperature: Tensor, chance: Tensor, silent: Tensor) -> Tensor:
    """The token, int64 (n,), at which the cumulative probability of logits (n, 90) passes the chance (n,), float64.

    Where it is ``silent`` (n,) before, a hold would hold nothing, and is never drawn.
    """
    logits = logits.double() / temperature
    logits[:, HOLD].masked_fill_(silent, -torch.inf)
    passed = logits.softmax(dim=1).cumsum(dim=1)
    return torch.searchsorted(passed, (chance * passed[:, -1]).unsqueeze(1), right=True).squeeze(1)


@contextmanager
def resting(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode for a while."""
    training = module.training
    module.eval()
    try:
        yield
    finally:
        module.train(training)
