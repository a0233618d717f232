"""MusicVAE: a hierarchical recurrent variational autoencoder of five bars.

After Roberts et al. 2018, "A hierarchical latent vector model for learning long-term structure in music", in the size
that Zhang 2025 prints (4.62M parameters). A bidirectional LSTM reads the segment into a latent vector; a conductor
LSTM unrolls it into one vector a bar; a decoder LSTM, started afresh in each bar from the conductor's vector, writes
the bar's sixteen tokens, each after the token before it. Bars learn of each other through the conductor and the one
token before the barline, without which a note could not be held across it.

The loss is cross entropy + beta max(KL - free bits, 0), after Roberts et al.; docs/models.md says which of its
weights were chosen here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generation.melody import BARS, REST, STEPS, STEPS_PER_BAR, VOCABULARY, Tokens
from generation.networks.autoregressive import CHUNK, evaluation_mode, next_token
from generation.networks.contract import Network, Profile
from generation.networks.parts import autocast, figures, rand, randn, update

#: A latent number is active where its posterior mean varies more than this over the songs (Burda et al. 2016).
ACTIVE = 0.01


@dataclass(frozen=True)
class Settings:
    """Settings of the training and the size of the latent vector.

    Attributes
    ----------
    batch_size : int
        Segments per step.
    learning_rate, rate_decay, lowest_rate : float
        The rate at step t is max(learning_rate * rate_decay ** t, lowest_rate).
    largest_gradient : float
        Maximum of the gradient's norm.
    beta, beta_rate : float
        The weight of the divergence at step t is beta * (1 - beta_rate ** t).
    free_bits : float
        Bits of a segment's divergence that cost nothing.
    word_dropout : float
        Share, 0 to 1, of the tokens hidden from the decoder, so that it depends on the latent vector.
    latent : int
        Length of the latent vector.
    """

    batch_size: int = 64
    learning_rate: float = 1e-3
    rate_decay: float = 0.9999
    lowest_rate: float = 1e-5
    largest_gradient: float = 1.0
    beta: float = 1.0
    beta_rate: float = 0.9995
    free_bits: float = 4.0
    word_dropout: float = 0.1
    latent: int = 512


class Encoder(nn.Module):
    """Maps tokens to the mean and deviation of a normal posterior.

    From (batch, 80) to two tensors of shape (batch, latent).

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(VOCABULARY, 256, batch_first=True, bidirectional=True)
        # The mean has no bias: the prior is centred on zero. With it the network would print as 4.63M.
        self.mean, self.deviation = nn.Linear(512, latent, bias=False), nn.Linear(512, latent)
        for head in (self.mean, self.deviation):
            nn.init.normal_(head.weight, std=1e-3)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        _, (last, _) = self.lstm(one_hot(tokens))
        h = last.transpose(0, 1).flatten(1)
        return self.mean(h).float(), F.softplus(self.deviation(h).float())


class Decoder(nn.Module):
    """Maps a latent vector to the logits of 80 tokens, bar by bar.

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.start_conductor, self.conductor = nn.Linear(latent, 2 * 2 * 256), nn.LSTM(1, 256, 2, batch_first=True)
        self.start_bar, self.bar = nn.Linear(256, 2 * 512), nn.LSTM(VOCABULARY + 256, 512, batch_first=True)
        self.end = nn.Linear(512, VOCABULARY)

    def conduct(self, z: Tensor) -> Tensor:
        """Unroll latent vectors into a vector for each bar.

        The conductor's own input is zero.

        Parameters
        ----------
        z : tensor of shape (batch, latent)

        Returns
        -------
        tensor of shape (batch, 5, 256)
        """
        states = self.start_conductor(z).tanh().view(len(z), 2, 2, 256)
        h, c = states.permute(1, 2, 0, 3).contiguous()
        bars: Tensor = self.conductor(z.new_zeros(len(z), BARS, 1), (h, c))[0]
        return bars

    def start(self, bars: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the decoder's state at the start of a bar.

        Parameters
        ----------
        bars : tensor of shape (batch, 256)

        Returns
        -------
        h, c : tensors of shape (1, batch, 512)
        """
        h, c = self.start_bar(bars).tanh().chunk(2, dim=1)
        return h.unsqueeze(0).contiguous(), c.unsqueeze(0).contiguous()

    def forward(self, z: Tensor, before: Tensor) -> Tensor:
        """Compute the logits of all tokens.

        Parameters
        ----------
        z : tensor of shape (batch, latent)
        before : tensor of shape (batch, 80, 90)
            The one-hot token before each step.

        Returns
        -------
        float32 tensor of shape (batch, 80, 90)
        """
        bars = self.conduct(z).flatten(0, 1)
        seen = before.view(len(bars), STEPS_PER_BAR, VOCABULARY)
        told = bars.unsqueeze(1).expand(-1, STEPS_PER_BAR, -1)
        h = self.bar(torch.cat([seen.to(told.dtype), told], dim=2), self.start(bars))[0]
        logits: Tensor = self.end(h)
        return logits.view(len(z), STEPS, VOCABULARY).float()


class MusicVAE(Network):
    """Encoder and decoder, trained together on the evidence lower bound."""

    settings_type = Settings
    #: ``nll`` is in nats a step, ``kl`` in nats a segment; ``bound_validation`` is the negative evidence lower bound
    #: in nats a step, to be held beside the nll_validation of the likelihood models.
    columns: ClassVar[tuple[str, ...]] = (
        "nll", "kl", "beta", "nll_validation", "kl_validation", "bound_validation", "active_units",
    )  # fmt: skip
    kept_by: ClassVar[str] = "bound_validation"
    temperatures: ClassVar[tuple[float, ...]] = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
    profiles: ClassVar[Mapping[str, Profile]] = {
        **Network.profiles,
        "cpu": Profile(6_000, log_every=50, measure_every=100, patience=15),
    }

    settings: Settings
    temperature: Tensor
    steps: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder, self.decoder = Encoder(settings.latent), Decoder(settings.latent)
        self.register_buffer("temperature", torch.ones(()))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def beta(self) -> float:
        """Give the weight of the divergence at this step of the training.

        Returns
        -------
        float
        """
        return self.settings.beta * (1 - math.pow(self.settings.beta_rate, int(self.steps)))

    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """Update the weights once; the learning rate decays step by step."""
        self.train()
        settings, step = self.settings, int(self.steps)
        for group in optimisers["all"].param_groups:
            group["lr"] = max(settings.learning_rate * settings.rate_decay**step, settings.lowest_rate)
        with autocast(tokens.device):
            mean, deviation = self.encoder(tokens)
            z = mean + deviation * randn(*mean.shape, device=mean.device)
            kept = rand(*tokens.shape, 1, device=tokens.device) >= settings.word_dropout
            logits = self.decoder(z, shift_tokens(tokens) * kept)
        nll, kl = cross_entropy(logits, tokens), divergence(mean, deviation)
        loss = nll + self.beta() * excess_divergence(kl, settings.free_bits)
        update(optimisers["all"], loss.mean(), settings.largest_gradient)
        log = figures({"nll": nll / STEPS, "kl": kl}) | {"beta": self.beta()}
        self.steps.add_(1)
        return log

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute the bound on held-out tokens, always with the same noise."""
        noise = np.random.default_rng(0).standard_normal((len(tokens), self.settings.latent), dtype=np.float32)
        with evaluation_mode(self):
            mean, deviation = self.encoder(tokens)
            z = mean + deviation * torch.from_numpy(noise).to(mean.device)
            nll = cross_entropy(self.decoder(z, shift_tokens(tokens)), tokens).mean() / STEPS
        kl = divergence(mean, deviation).mean()
        return {
            "nll_validation": float(nll),
            "kl_validation": float(kl),
            "bound_validation": float(nll + kl / STEPS),
            "active_units": float((mean.var(dim=0) > ACTIVE).sum()),
        }

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw latent vectors from the prior, then tokens at the set temperature.

        The i-th melody depends on the generator's state and on i alone, not on n.
        """
        numbers = torch.from_numpy(rng.standard_normal((n, self.settings.latent + STEPS)))
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(numbers, (0, 0, 0, -n % CHUNK)).to(self.temperature.device)
        z, chances = whole[:, :-STEPS].float(), torch.special.ndtr(whole[:, -STEPS:])
        with evaluation_mode(self):
            parts = zip(torch.split(z, CHUNK), torch.split(chances, CHUNK), strict=True)
            drawn = [self.draw(*part) for part in parts]
        return torch.cat(drawn)[:n].to(torch.int8).cpu().numpy() if drawn else np.empty((0, STEPS), dtype=np.int8)

    def draw(self, z: Tensor, chances: Tensor) -> Tensor:
        """Decode latent vectors into tokens by inverse transform sampling.

        Parameters
        ----------
        z : tensor of shape (n, latent)
        chances : tensor of shape (n, 80)
            Uniform numbers in [0, 1).

        Returns
        -------
        int64 tensor of shape (n, 80)
        """
        decoder, bars = self.decoder, self.decoder.conduct(z)
        before = z.new_zeros(len(z), VOCABULARY)
        silent = torch.ones(len(z), dtype=torch.bool, device=z.device)
        tokens = []
        for step, chance in enumerate(chances.unbind(1)):
            told = bars[:, step // STEPS_PER_BAR]
            if step % STEPS_PER_BAR == 0:
                state = decoder.start(told)
            h, state = decoder.bar(torch.cat([before, told], dim=1).unsqueeze(1), state)
            token = next_token(decoder.end(h.squeeze(1)), self.temperature, chance, silent)
            before, silent = one_hot(token), token == REST
            tokens.append(token)
        return torch.stack(tokens, dim=1)


def one_hot(tokens: Tensor) -> Tensor:
    """Encode tokens as one-hot vectors.

    Parameters
    ----------
    tokens : integer tensor of shape (n, ...)

    Returns
    -------
    float32 tensor of shape (n, ..., 90)
    """
    return F.one_hot(tokens.long(), VOCABULARY).float()


def shift_tokens(tokens: Tensor) -> Tensor:
    """Encode the token before each step, the input of the decoder.

    Parameters
    ----------
    tokens : integer tensor of shape (n, 80)

    Returns
    -------
    float32 tensor of shape (n, 80, 90)
        One-hot; zeros at step 0.
    """
    return F.pad(one_hot(tokens[:, :-1]), (0, 0, 1, 0))


def cross_entropy(logits: Tensor, tokens: Tensor) -> Tensor:
    """Sum the cross entropy of each segment over its steps.

    Parameters
    ----------
    logits : tensor of shape (n, 80, 90)
    tokens : integer tensor of shape (n, 80)

    Returns
    -------
    tensor of shape (n,)
        In nats.
    """
    return F.cross_entropy(logits.transpose(1, 2), tokens.long(), reduction="none").sum(dim=1)


def divergence(mean: Tensor, deviation: Tensor) -> Tensor:
    """Compute the Kullback-Leibler divergence of a posterior from the prior.

    KL(N(mean, deviation^2) || N(0, I)) = sum (mean^2 + deviation^2 - 1 - log deviation^2) / 2 (Kingma & Welling 2014,
    appendix B).

    Parameters
    ----------
    mean, deviation : tensors of shape (n, latent)

    Returns
    -------
    tensor of shape (n,)
        In nats.
    """
    return 0.5 * (mean**2 + deviation**2 - 1 - 2 * torch.log(deviation)).sum(dim=1)


def excess_divergence(kl: Tensor, bits: float) -> Tensor:
    """Compute the part of a divergence beyond the free bits.

    max(kl - bits * ln 2, 0), as in Roberts et al. (2018), section 2.1.

    Parameters
    ----------
    kl : tensor of shape (n,)
        In nats.
    bits : float

    Returns
    -------
    tensor of shape (n,)
        In nats.
    """
    return F.relu(kl - bits * math.log(2))
