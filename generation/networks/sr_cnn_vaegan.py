"""SR-CNN-VAEGAN: a convolutional VAE-GAN that continues bar by bar.

After Akbari & Liang 2018, "Semi-recurrent CNN-based VAE-GAN for sequential data generation", with the layers, losses
and update counts of the authors' own program, at 89 rows: that gives the 12.11M parameters of Zhang 2025. The encoder
reads a bar into a latent vector, the generator makes the next bar of it, and the discriminator tells real next bars
from generated ones, those of the encoder and those of the prior. The authors' program never updates its encoder,
which it picks by a name that no weight has; here it is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from generation.melody import BARS, HOLD, ONSET_ROW, PITCHES, REST, ROWS, STEPS, STEPS_PER_BAR, Tokens, tokens_to_matrix
from generation.networks.autoregressive import evaluation_mode
from generation.networks.channels_last import BatchNorm, Conv
from generation.networks.contract import Network, Profile
from generation.networks.music_vae import divergence
from generation.networks.parts import autocast, figures, own, randn, share, update

CELLS = ROWS * STEPS_PER_BAR
#: How many melodies are drawn side by side.
CHUNK = 64


@dataclass(frozen=True)
class Settings:
    """A step takes one pair of neighbouring bars from each segment.

    Attributes
    ----------
    batch_size : int
        Segments per step.
    learning_rate, discriminator_rate : float
        Of the encoder and the generator; of the discriminator.
    encoder_steps, generator_steps : int
        Updates per step.
    latent : int
        Length of the latent vector.
    """

    batch_size: int = 64
    learning_rate: float = 5e-4
    discriminator_rate: float = 1e-4
    encoder_steps: int = 2
    generator_steps: int = 2
    latent: int = 128


class Encoder(nn.Module):
    """Maps a bar to the mean and deviation of a normal posterior.

    From (batch, 89, 16) to two tensors of shape (batch, latent).

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        layers = [(Conv(i, o, 5, stride=2, bias=False), BatchNorm(o), nn.ELU()) for i, o in ((1, 8), (8, 16), (16, 32))]
        self.layers = nn.Sequential(*(layer for three in layers for layer in three))
        self.mean, self.log_variance = nn.Linear(12 * 2 * 32, latent), nn.Linear(12 * 2 * 32, latent)

    def forward(self, bar: Tensor) -> tuple[Tensor, Tensor]:
        h = self.layers(bar.unsqueeze(3)).flatten(1)
        return self.mean(h).float(), (self.log_variance(h).float() / 2).exp()


class Generator(nn.Module):
    """Maps latent vectors (batch, latent) to bars (batch, 89, 16).

    Values are in -1 to 1; those of songs are zeros and ones.

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.start = nn.Linear(latent, CELLS * 64)
        layers = [(BatchNorm(i), nn.ReLU(), Conv(i, o)) for i, o in ((64, 32), (32, 16), (16, 8), (8, 1))]
        self.layers = nn.Sequential(*(layer for three in layers for layer in three))

    def forward(self, z: Tensor) -> Tensor:
        bars: Tensor = self.layers(self.start(z).view(len(z), ROWS, STEPS_PER_BAR, 64))
        return bars.squeeze(3).float().tanh()


class Discriminator(nn.Module):
    """Maps bars (batch, 89, 16) to logits (batch,) that they are real."""

    def __init__(self) -> None:
        super().__init__()
        layers = [(Conv(i, o), BatchNorm(o), nn.LeakyReLU(0.2)) for i, o in ((8, 16), (16, 32), (32, 64))]
        self.layers = nn.Sequential(Conv(1, 8), nn.LeakyReLU(0.2), *(layer for three in layers for layer in three))
        self.end = nn.Linear(CELLS * 64, 1)

    def forward(self, bars: Tensor) -> Tensor:
        logits: Tensor = self.end(self.layers(bars.unsqueeze(3)).flatten(1))
        return logits.float().squeeze(1)


class SRCNNVAEGAN(Network):
    """The three networks, and the updates of one batch of neighbouring bars."""

    settings_type = Settings
    columns: ClassVar[tuple[str, ...]] = (
        "discriminator_loss", "generator_loss", "similarity", "kl", "similarity_validation", "kl_validation",
        "rest_below", "onset_above",
    )  # fmt: skip
    kept_by: ClassVar[str] = "distance"
    profiles: ClassVar[Mapping[str, Profile]] = {
        **Network.profiles,
        "cpu": Profile(3_000, log_every=25, measure_every=100, settings={"batch_size": 32}),
        "full": Profile(50_000, log_every=100, measure_every=1_000),
    }

    settings: Settings
    rest_below: Tensor
    onset_above: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder, self.generator = Encoder(settings.latent), Generator(settings.latent)
        self.discriminator = Discriminator()
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        #: A step is silent where no pitch exceeds the one; a note begins where the onset row exceeds the other.
        self.register_buffer("rest_below", torch.tensor(0.5))
        self.register_buffer("onset_above", torch.tensor(0.5))

    def optimisers(self) -> dict[str, Optimizer]:
        """Create three Adam optimisers with the first moment's decay 0.5.

        The authors use that in place of the usual 0.9.
        """
        rate = self.settings.learning_rate
        rates = {"encoder": rate, "discriminator": self.settings.discriminator_rate, "generator": rate}
        return {
            name: Adam(self.get_submodule(name).parameters(), rate, (0.5, 0.999), fused=True)
            for name, rate in rates.items()
        }

    def training_step(self, tokens: Tensor, optimisers: dict[str, Optimizer]) -> dict[str, float]:
        """Update encoder, discriminator and generator on one batch."""
        self.train()
        bars, following = pairs(tokens)
        with autocast(tokens.device):
            wanted = self.discriminator(following).detach()
            for _ in range(self.settings.encoder_steps):
                log = self.update_encoder(bars, wanted, optimisers["encoder"])
            log |= self.update_discriminator(bars, following, optimisers["discriminator"])
            wanted = self.discriminator(following).detach()
            for _ in range(self.settings.generator_steps):
                log |= self.update_generator(bars, wanted, optimisers["generator"])
        return figures(log)

    def update_encoder(self, bars: Tensor, wanted: Tensor, optimiser: Optimizer) -> dict[str, Tensor]:
        """Update the encoder, to lower divergence and distance to the next bar.

        Parameters
        ----------
        bars : tensor of shape (n, 89, 16)
        wanted : tensor of shape (n,)
            Logits of the bars that follow.
        optimiser : Optimizer

        Returns
        -------
        dict of str to tensor
            ``similarity`` and ``kl``, shape (n,).
        """
        with only(self.encoder, self):
            mean, deviation = self.encoder(bars)
            logits = self.discriminator(self.generator(mean + deviation * randn(*mean.shape, device=mean.device)))
            similarity, kl = unlikeness(logits, wanted), divergence(mean, deviation)
            update(optimiser, (kl + similarity).mean() / CELLS)
        return {"similarity": similarity, "kl": kl}

    def update_discriminator(self, bars: Tensor, following: Tensor, optimiser: Optimizer) -> dict[str, Tensor]:
        """Update the discriminator, to separate real bars from generated ones.

        Parameters
        ----------
        bars, following : tensors of shape (n, 89, 16)
            Bars, and the real bars that follow them.
        optimiser : Optimizer

        Returns
        -------
        dict of str to tensor
            ``discriminator_loss``, shape ().
        """
        with torch.no_grad():
            generated = [self.generator(z) for z in self.latents(bars)]
        real, made, dreamt = (self.discriminator(part) for part in (following, *generated))
        loss = (label_loss(real, 1) + label_loss(made, 0) + label_loss(dreamt, 0)) / 2
        update(optimiser, loss)
        return {"discriminator_loss": loss}

    def update_generator(self, bars: Tensor, wanted: Tensor, optimiser: Optimizer) -> dict[str, Tensor]:
        """Update the generator, to make bars that pass as real.

        Its bars should also be like those that follow.

        Parameters
        ----------
        bars : tensor of shape (n, 89, 16)
        wanted : tensor of shape (n,)
            Logits of the bars that follow.
        optimiser : Optimizer

        Returns
        -------
        dict of str to tensor
            ``generator_loss``, shape ().
        """
        with only(self.generator, self):
            made, dreamt = (self.discriminator(self.generator(z)) for z in self.latents(bars))
            loss = (label_loss(made, 1) + label_loss(dreamt, 1)) / 2
            similarity = unlikeness(made, wanted)
            update(optimiser, loss + similarity.mean() / CELLS)
        return {"generator_loss": loss}

    @torch.no_grad()
    def latents(self, bars: Tensor) -> tuple[Tensor, Tensor]:
        """Draw latent vectors from the bars' posterior and from the prior.

        Parameters
        ----------
        bars : tensor of shape (n, 89, 16)

        Returns
        -------
        posterior, prior : tensors of shape (n, latent)
        """
        noise, prior = (randn(len(bars), self.settings.latent, device=bars.device) for _ in range(2))
        mean, deviation = self.encoder(bars)
        return mean + deviation * noise, prior

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute the encoder's two losses on at most 64 held-out segments.

        Always with the same noise. Also sets the thresholds at which what is made from these segments has their share
        of silent steps and onsets.
        """
        tokens = tokens[:CHUNK]
        noise = self.noise(len(tokens), np.random.default_rng(0))
        bars = as_bars(tokens)
        with evaluation_mode(self):
            mean, deviation = self.encoder(bars[:, :-1].flatten(0, 1))
            made = self.generator(mean + deviation * noise[:, 1:].flatten(0, 1))
            similarity = unlikeness(self.discriminator(made), self.discriminator(bars[:, 1:].flatten(0, 1)))
            values = torch.cat([self.generator(noise[:, 0]), made])
        rest_below, onset_above = thresholds(values, tokens)
        self.rest_below.copy_(rest_below)
        self.onset_above.copy_(onset_above)
        return {
            "similarity_validation": float(similarity.mean()),
            "kl_validation": float(divergence(mean, deviation).mean()),
            "rest_below": float(rest_below),
            "onset_above": float(onset_above),
        }

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw a first bar from the prior, then each bar from the one before it.

        The i-th melody depends on the generator's state and on i alone, not on n.
        """
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(self.noise(n, rng), (0, 0, 0, 0, 0, -n % CHUNK))
        with evaluation_mode(self):
            made = [self.chain(part) for part in torch.split(whole, CHUNK)]
        return torch.cat(made)[:n].to(torch.int8).cpu().numpy() if made else np.empty((0, STEPS), dtype=np.int8)

    def noise(self, n: int, rng: np.random.Generator) -> Tensor:
        """Draw a standard normal vector for every bar of n melodies.

        Parameters
        ----------
        n : int
        rng : np.random.Generator

        Returns
        -------
        float32 tensor of shape (n, 5, latent)
        """
        numbers = rng.standard_normal((n, BARS, self.settings.latent), dtype=np.float32)
        return torch.from_numpy(numbers).to(self.rest_below.device)

    def chain(self, noise: Tensor) -> Tensor:
        """Generate melodies bar by bar, each from the bar before it.

        Parameters
        ----------
        noise : tensor of shape (n, 5, latent)

        Returns
        -------
        int64 tensor of shape (n, 80)
            Tokens.
        """
        z, last = noise[:, 0], torch.full((len(noise), 1), REST, device=noise.device)
        tokens = []
        for number in range(BARS):
            rows, onset = self.binarise(self.generator(z), last)
            tokens.append(torch.where((rows == REST) | onset, rows, HOLD))
            last = rows[:, -1:]
            if number + 1 < BARS:
                mean, deviation = self.encoder(as_matrix(rows, onset))
                z = mean + deviation * noise[:, number + 1]
        return torch.cat(tokens, dim=1)

    def binarise(self, values: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """Cut bars at the thresholds.

        Parameters
        ----------
        values : tensor of shape (n, 89, 16)
            Bars of the generator.
        last : int64 tensor of shape (n, 1)
            Pitch or rest before the bar; it is held where nothing begins.

        Returns
        -------
        rows : int64 tensor of shape (n, 16)
            Pitch or rest at each step.
        onset : bool tensor of shape (n, 16)
            Whether a note begins.
        """
        best, pitch = values[:, :PITCHES].max(dim=1)
        rows = torch.where(best > self.rest_below, pitch, REST)
        changed = rows != torch.cat([last, rows[:, :-1]], dim=1)
        return rows, (rows != REST) & (changed | (values[:, ONSET_ROW] > self.onset_above))


def as_bars(tokens: Tensor) -> Tensor:
    """Convert tokens to the matrices of their bars.

    Parameters
    ----------
    tokens : int8 tensor of shape (n, 80)

    Returns
    -------
    tensor of shape (n, 5, 89, 16)
    """
    matrix = torch.from_numpy(tokens_to_matrix(tokens.cpu().numpy())).to(tokens.device)
    return matrix.view(len(tokens), ROWS, BARS, STEPS_PER_BAR).transpose(1, 2)


def as_matrix(rows: Tensor, onset: Tensor) -> Tensor:
    """Build the matrix of a bar.

    Parameters
    ----------
    rows : int64 tensor of shape (n, 16)
        Pitch or rest at each step.
    onset : bool tensor of shape (n, 16)

    Returns
    -------
    float32 tensor of shape (n, 89, 16)
    """
    matrix = F.one_hot(rows, ROWS).float().transpose(1, 2).contiguous()
    matrix[:, ONSET_ROW] = onset.float()  # where the rests had landed
    return matrix


def thresholds(values: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Find the thresholds that give generated bars the songs' rests and onsets.

    With them as many steps are silent, and as many notes begin, as in the tokens. Where the pitch changes a note begins
    in any case.

    Parameters
    ----------
    values : tensor of shape (n, 89, 16)
        Bars of the generator.
    tokens : int8 tensor of shape (m, 80)
        Tokens of songs.

    Returns
    -------
    rest_below, onset_above : tensors of shape ()
        A step is silent if its strongest pitch is at most the one. A note begins if the onset row exceeds the other.
    """
    best, pitch = values[:, :PITCHES].max(dim=1)
    rest_below = torch.quantile(best, (tokens == REST).float().mean())
    sounds = best > rest_below
    same = sounds[:, 1:] & sounds[:, :-1] & (pitch[:, 1:] == pitch[:, :-1])
    if not same.any():
        return rest_below, torch.ones_like(rest_below)
    changes = (sounds[:, 1:] & ~same).float().mean()
    wanted = (tokens < PITCHES).view(-1, STEPS_PER_BAR)[:, 1:].float().mean()
    repeated = ((wanted - changes) / same.float().mean()).clamp(0, 1)
    return rest_below, torch.quantile(values[:, ONSET_ROW, 1:][same], 1 - repeated)


def pairs(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Draw a pair of neighbouring bars from each segment.

    Parameters
    ----------
    tokens : int8 tensor of shape (n, 80)

    Returns
    -------
    bars, following : tensors of shape (n, 89, 16)
        One of the first four bars, and the bar after it.
    """
    bars = as_bars(tokens)
    each = torch.arange(len(bars), device=bars.device)
    chosen = own(torch.randint(BARS - 1, (len(bars) * share()[1],), device=bars.device))
    return bars[each, chosen], bars[each, chosen + 1]


def unlikeness(logits: Tensor, wanted: Tensor) -> Tensor:
    """Compute half the squared difference of two logits.

    It is the learned similarity of the authors' program.

    Parameters
    ----------
    logits, wanted : tensors of shape (batch,)

    Returns
    -------
    tensor of shape (batch,)
    """
    return (logits - wanted) ** 2 / 2


def label_loss(logits: Tensor, real: float) -> Tensor:
    """Compute the mean binary cross entropy of logits with one label.

    Parameters
    ----------
    logits : tensor of shape (n,)
    real : float
        1 if all are real, 0 if all are generated.

    Returns
    -------
    tensor of shape ()
    """
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, real))


@contextmanager
def only(part: nn.Module, whole: nn.Module) -> Iterator[None]:
    """Compute gradients for the weights of one part inside the context.

    Those of the others would be thrown away.

    Parameters
    ----------
    part, whole : nn.Module
        The part that is updated, and the network that contains it.

    Yields
    ------
    None
    """
    whole.requires_grad_(False)
    part.requires_grad_(True)
    try:
        yield
    finally:
        whole.requires_grad_(True)
