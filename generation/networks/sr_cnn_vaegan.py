"""SR-CNN-VAEGAN: a convolutional VAE-GAN that continues bar by bar.

After Akbari & Liang 2018, "Semi-recurrent CNN-based VAE-GAN for sequential data generation": an encoder, a generator
that makes the next bar, and a discriminator; a segment is drawn bar by bar. Layers and losses are ours, in the size of
Zhang 2025 (12.11M parameters), because those of the authors' program played noise; docs/models.md says what differs.

A training has three stages, by iteration. As a conditional VAE (Sohn et al. 2015), the encoder reads both bars of a
pair into a latent vector, a prior with a normalising flow guesses that vector from the first bar, and the generator
makes the second bar of the first and the vector. Then a critic of pairs trains prior and generator on five-bar melodies
drawn from the prior. Last, the critic alone goes on, as it chooses among drawn bars when melodies are sampled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from generation.melody import BARS, HOLD, PITCHES, REST, STEPS, STEPS_PER_BAR, Tokens, sounding
from generation.networks.autoregressive import evaluation_mode
from generation.networks.contract import Network, Profile
from generation.networks.convolution import Conv
from generation.networks.parts import Dropout, autocast, figures, own, randn, share, update

#: Of a step: 88 pitches and rest, of which one is 1, and the onset.
CHANNELS = PITCHES + 2
ONSET = PITCHES + 1
#: How many melodies are drawn side by side.
CHUNK = 64
#: How many melodies are drawn to set the rest margin.
DRAWN = 128
SLOPE = 0.2


@dataclass(frozen=True)
class Settings:
    """Settings of the three stages.

    Attributes
    ----------
    batch_size : int
        Segments per step, each of which gives one pair of neighbouring bars to the VAE.
    learning_rate : float
        Of the VAE in the first stage.
    cool_until : int
        Iteration until which that rate falls linearly to a fifth.
    divergence_weight : float
        Of the divergence of the posterior from the prior.
    warm_from, warm_until : int
        Iterations between which that weight rises linearly from a quarter. Were it whole from the beginning, the
        latent vector would be left unused.
    adversarial_from, refine_from : int
        Iterations at which the second and the third stage begin.
    adversarial_rate : float
        Learning rate of the VAE in the second stage.
    adversarial_cool_until : int
        Iteration until which that rate falls linearly to a tenth.
    critic_rate, refine_rate : float
        Learning rates of the critic in the second and in the third stage.
    rollouts : int
        Melodies drawn per step in the second and the third stage.
    likelihood_weight : float
        Of the VAE's loss beside the critic's in the second stage.
    penalty_weight, refine_penalty_weight : float
        Of the squared gradient of the critic at real pairs (R1, Mescheder et al. 2018), in the second and in the third
        stage.
    penalty_every : int
        Steps between two penalties, which then count as often (Karras et al. 2020).
    candidates : int
        Bars drawn for each place of a melody, among which the critic chooses.
    latent : int
        Length of the latent vector.
    """

    batch_size: int = 48
    learning_rate: float = 1e-3
    cool_until: int = 20_000
    divergence_weight: float = 0.3
    warm_from: int = 700
    warm_until: int = 1_400
    adversarial_from: int = 20_000
    refine_from: int = 45_000
    adversarial_rate: float = 2e-4
    adversarial_cool_until: int = 45_000
    critic_rate: float = 2e-4
    refine_rate: float = 1e-3
    rollouts: int = 16
    likelihood_weight: float = 0.02
    penalty_weight: float = 1.0
    refine_penalty_weight: float = 0.1
    penalty_every: int = 4
    candidates: int = 4
    latent: int = 64


class Reader(nn.Module):
    """Three convolutions that quarter the steps.

    Maps (batch, steps, 90) to (batch, steps / 4 * 256).

    Parameters
    ----------
    normalised : bool
        Whether layer normalisation and ELU follow each convolution, or LeakyReLU alone.
    """

    def __init__(self, normalised: bool) -> None:
        super().__init__()
        shapes = ((CHANNELS, 96, 3, 1), (96, 192, 4, 2), (192, 256, 4, 2))
        layers = [
            (Conv(i, o, width, stride=stride), *((nn.LayerNorm(o), nn.ELU()) if normalised else (nn.LeakyReLU(SLOPE),)))
            for i, o, width, stride in shapes
        ]
        self.layers = nn.Sequential(*(layer for group in layers for layer in group))

    def forward(self, bars: Tensor) -> Tensor:
        features: Tensor = self.layers(bars)
        return features.flatten(1)


class Gaussian(nn.Module):
    """Maps features to a normal distribution.

    From (batch, features) to its mean and the logarithm of its deviation, of shape (batch, latent) each.

    Parameters
    ----------
    features, hidden, latent : int
    """

    def __init__(self, features: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.ELU(), nn.Linear(hidden, 2 * latent))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_deviation = self.layers(features).float().chunk(2, dim=1)
        # Bounded smoothly: a deviation that vanishes or explodes ends a training.
        return mean, 4 * torch.tanh(log_deviation / 4)


class Encoder(nn.Module):
    """Maps pairs of neighbouring bars (batch, 32, 90) to a normal posterior.

    To the mean and the logarithm of the deviation of the latent vector, of shape (batch, latent) each.

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.reader, self.end = Reader(normalised=True), Gaussian(8 * 256, 1728, latent)

    def forward(self, pair: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_deviation = self.end(self.reader(pair))
        return mean, log_deviation


class Context(nn.Module):
    """Maps the bar before (batch, 16, 90) to features (batch, 512).

    At the beginning of a melody that bar is all zeros.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reader, self.end = Reader(normalised=True), nn.Linear(4 * 256, 512)

    def forward(self, bar: Tensor) -> Tensor:
        return F.elu(self.end(self.reader(bar)))


class Generator(nn.Module):
    """Maps latent vectors and features of the bar before to logits of a bar.

    From (batch, latent) and (batch, 512) to (batch, 16, 90): 88 pitches, rest, onset.

    Parameters
    ----------
    latent : int
    """

    width = 512

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.start = nn.Linear(latent + 512, STEPS_PER_BAR * self.width)
        layers = [(nn.LayerNorm(i), nn.ReLU(), Conv(i, o, 3)) for i, o in ((self.width, 192), (192, 192))]
        self.layers = nn.Sequential(*(layer for three in layers for layer in three))
        self.end = nn.Sequential(nn.LayerNorm(192), nn.ReLU(), Conv(192, CHANNELS, 3))

    def forward(self, z: Tensor, context: Tensor) -> Tensor:
        h = self.start(torch.cat([z, context], dim=1)).view(len(z), STEPS_PER_BAR, self.width)
        logits: Tensor = self.end(self.layers(h))
        return logits.float()


class Critic(nn.Module):
    """Maps pairs of bars (batch, 32, 90) to logits (batch,) of being of a song.

    It has no batch normalisation: the penalty is per pair.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reader, self.middle, self.end = Reader(normalised=False), nn.Linear(8 * 256, 256), nn.Linear(256, 1)

    def forward(self, pair: Tensor) -> Tensor:
        logits: Tensor = self.end(F.leaky_relu(self.middle(self.reader(pair)), SLOPE))
        return logits.float().squeeze(1)


class Coupling(nn.Module):
    """Shifts and scales one half of a vector as a function of the other half.

    And of the context. An affine coupling layer (Dinh et al. 2017), at first the identity.

    Parameters
    ----------
    latent, context, hidden : int
    """

    def __init__(self, latent: int, context: int, hidden: int) -> None:
        super().__init__()
        self.kept = latent // 2
        self.layers = nn.Sequential(
            nn.Linear(self.kept + context, hidden), nn.ELU(),
            nn.Linear(hidden, hidden), nn.ELU(),
            nn.Linear(hidden, 2 * (latent - self.kept)),
        )  # fmt: skip
        end = cast(nn.Linear, self.layers[-1])
        nn.init.zeros_(end.weight)
        nn.init.zeros_(end.bias)

    def forward(self, kept: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Compute what the other half is shifted by, and the logarithm of its scale.

        Parameters
        ----------
        kept : tensor of shape (n, latent // 2)
        context : tensor of shape (n, context)

        Returns
        -------
        shift, log_scale : tensors of shape (n, latent - latent // 2)
        """
        shift, log_scale = self.layers(torch.cat([kept, context], dim=1)).to(kept.dtype).chunk(2, dim=1)
        return shift, torch.tanh(log_scale)


class Flow(nn.Module):
    """A conditional normalising flow.

    Between the prior's standardised latent vectors and normal noise.

    Parameters
    ----------
    latent : int
    """

    depth = 8

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.read = nn.Sequential(Dropout(0.1), nn.Linear(512, 128), nn.ELU())
        self.couplings = nn.ModuleList([Coupling(latent, 128, 256) for _ in range(self.depth)])
        source = torch.Generator().manual_seed(0)
        orders = torch.stack([torch.randperm(latent, generator=source) for _ in range(self.depth)])
        self.orders: Tensor
        #: Kept with the weights, as another version of torch may draw others.
        self.register_buffer("orders", orders)

    def forward(self, u: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Map standardised latent vectors to noise.

        Parameters
        ----------
        u : tensor of shape (n, latent)
        context : tensor of shape (n, 512)

        Returns
        -------
        noise : tensor of shape (n, latent)
        log_volume : tensor of shape (n,)
            Logarithm of the determinant of the map's derivative.
        """
        features, log_volume = self.read(context), u.new_zeros(len(u))
        for order, coupling in zip(self.orders, self.couplings, strict=True):
            kept, changed = u[:, order].tensor_split([u.shape[1] // 2], dim=1)
            shift, log_scale = coupling(kept, features)
            u = torch.cat([kept, changed * log_scale.exp() + shift], dim=1)
            log_volume = log_volume + log_scale.sum(dim=1)
        return u, log_volume

    def inverse(self, noise: Tensor, context: Tensor) -> Tensor:
        """Map noise to standardised latent vectors: the inverse of ``forward``.

        Parameters
        ----------
        noise : tensor of shape (n, latent)
        context : tensor of shape (n, 512)

        Returns
        -------
        tensor of shape (n, latent)
        """
        features, u = self.read(context), noise
        for order, coupling in zip(self.orders.flip(0), list(self.couplings)[::-1], strict=True):
            kept, changed = u.tensor_split([u.shape[1] // 2], dim=1)
            shift, log_scale = coupling(kept, features)
            u = torch.cat([kept, (changed - shift) * (-log_scale).exp()], dim=1)[:, order.argsort()]
        return u


class SRCNNVAEGAN(Network):
    """The networks, and the updates of the three stages."""

    settings_type = Settings
    columns: ClassVar[tuple[str, ...]] = (
        "nll", "kl", "critic_loss", "critic_gap", "generator_loss", "nll_validation", "kl_validation", "rest_margin",
    )  # fmt: skip
    kept_by: ClassVar[str] = "distance"
    profiles: ClassVar[Mapping[str, Profile]] = {
        "smoke": Profile(
            4,
            log_every=1,
            measure_every=2,
            samples=32,
            settings={"batch_size": 8, "rollouts": 4, "adversarial_from": 1, "refine_from": 3},
        ),
        "cpu": Profile(
            2_200,
            log_every=100,
            measure_every=200,
            settings={
                "cool_until": 1_800,
                "adversarial_from": 1_800,
                "adversarial_cool_until": 2_300,
                "refine_from": 1_900,
            },
        ),
        "full": Profile(50_000, log_every=100, measure_every=1_000, samples=1_000),
    }

    settings: Settings
    rest_margin: Tensor
    iterations: Tensor
    compass: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder, self.context, self.generator = Encoder(settings.latent), Context(), Generator(settings.latent)
        self.prior, self.critic, self.flow = Gaussian(512, 256, settings.latent), Critic(), Flow(settings.latent)
        #: By how much a rest must lead every pitch.
        self.register_buffer("rest_margin", torch.zeros(()))
        self.register_buffer("iterations", torch.zeros((), dtype=torch.int64))
        #: Lowest and highest pitch of the songs trained on.
        self.register_buffer("compass", torch.tensor([PITCHES, -1]))

    @property
    def kept_after(self) -> int:
        """Weights are kept from the third stage alone: simple melodies of an early iteration can be near on average."""
        return self.settings.refine_from

    def optimisers(self) -> dict[str, Optimizer]:
        """Create two Adam optimisers with the first moment's decay 0.5.

        The authors use that in place of the usual 0.9.
        """
        made = (self.encoder, self.context, self.prior, self.flow, self.generator)
        vae, betas = [value for part in made for value in part.parameters()], (0.5, 0.999)
        return {
            "vae": Adam(vae, self.settings.learning_rate, betas, fused=True),
            "critic": Adam(self.critic.parameters(), self.settings.critic_rate, betas, fused=True),
        }

    def training_step(self, tokens: Tensor, optimisers: dict[str, Optimizer]) -> dict[str, float]:
        """Update what this iteration's stage trains."""
        self.train()
        self.widen_compass(tokens)
        self.set_rates(optimisers)
        before, following = pairs(as_bars(tokens))
        each = torch.arange(len(tokens), device=tokens.device)
        chosen = own(torch.randint(BARS, (len(tokens) * share()[1],), device=tokens.device))
        pair = before[each, chosen], following[each, chosen]
        real = torch.cat([before, following], dim=2)[: max(1, self.settings.rollouts // share()[1])].flatten(0, 1)
        with autocast(tokens.device):
            if self.iterations < self.settings.adversarial_from:
                log = self.update_vae(*pair, optimisers["vae"])
            elif self.iterations < self.settings.refine_from:
                log = self.update_adversaries(*pair, real, optimisers)
            else:
                with torch.no_grad():
                    fake = self.rollout(self.training_noise(len(real) // BARS))
                log = self.update_critic(real, fake, optimisers["critic"])
        self.iterations += 1
        return figures(log)

    @torch.no_grad()
    def widen_compass(self, tokens: Tensor) -> None:
        """Widen the compass by the pitches of songs.

        Parameters
        ----------
        tokens : int8 tensor of shape (n, 80)
        """
        pitches = tokens[tokens < PITCHES].long()
        if len(pitches):
            self.compass[0] = torch.minimum(self.compass[0], pitches.min())
            self.compass[1] = torch.maximum(self.compass[1], pitches.max())

    def set_rates(self, optimisers: dict[str, Optimizer]) -> None:
        """Set the learning rates of this iteration.

        Parameters
        ----------
        optimisers : dict of str to Optimizer
            Changed in place.
        """
        now, settings = int(self.iterations), self.settings
        vae, critic = settings.adversarial_rate, settings.critic_rate
        if now < settings.adversarial_from:
            vae = settings.learning_rate * (1 - min(0.8, 0.8 * now / settings.cool_until))
        elif now < settings.refine_from:
            start, end = settings.adversarial_from, settings.adversarial_cool_until
            vae = settings.adversarial_rate * (1 - 0.9 * min(1.0, (now - start) / max(1, end - start)))
        else:
            critic = settings.refine_rate
        for name, rate in {"vae": vae, "critic": critic}.items():
            for group in optimisers[name].param_groups:
                group["lr"] = rate

    def divergence_weight(self) -> float:
        """Give the weight of the divergence at this iteration.

        Returns
        -------
        float
        """
        start, end = self.settings.warm_from, self.settings.warm_until
        warmth = min(1.0, max(0.0, (int(self.iterations) - start) / max(1, end - start)))
        return self.settings.divergence_weight * (0.25 + 0.75 * warmth)

    def update_vae(self, before: Tensor, following: Tensor, optimiser: Optimizer) -> dict[str, Tensor]:
        """Update encoder, prior and generator once, to lower the VAE's loss.

        Parameters
        ----------
        before, following : tensors of shape (n, 16, 90)
        optimiser : Optimizer

        Returns
        -------
        dict of str to tensor of shape (n,)
            ``nll`` and ``kl``.
        """
        nll, kl = self.losses(before, following, randn(len(before), self.settings.latent, device=before.device))
        update(optimiser, (nll + self.divergence_weight() * kl).mean(), clip=10.0)
        return {"nll": nll, "kl": kl}

    def losses(self, before: Tensor, following: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the likelihood of second bars and the latent vector's cost.

        Parameters
        ----------
        before, following : tensors of shape (n, 16, 90)
        noise : tensor of shape (n, latent)

        Returns
        -------
        nll, kl : tensors of shape (n,)
            Negative log likelihood of the second bar, and the logarithm by which the drawn latent vector is likelier
            under the posterior than under prior and flow; in nats. The mean of the latter over the noise is the
            divergence of the one from the other.
        """
        context = self.context(before)
        mean, log_deviation = self.encoder(torch.cat([before, following], dim=1))
        z = mean + log_deviation.exp() * noise
        posterior = -(noise.square() / 2 + log_deviation).sum(dim=1)
        return bar_nll(self.generator(z, context), following), posterior - self.prior_log_density(z, context)

    def prior_log_density(self, z: Tensor, context: Tensor) -> Tensor:
        """Compute the logarithm of the prior's density with the flow.

        Parameters
        ----------
        z : tensor of shape (n, latent)
        context : tensor of shape (n, 512)
            Features of the bars before.

        Returns
        -------
        tensor of shape (n,)
            In nats, without the constant of the normal density.
        """
        mean, log_deviation = self.prior(context)
        noise, log_volume = self.flow((z - mean) * (-log_deviation).exp(), context)
        density: Tensor = log_volume - (noise.square() / 2 + log_deviation).sum(dim=1)
        return density

    def update_adversaries(
        self, before: Tensor, following: Tensor, real: Tensor, optimisers: dict[str, Optimizer]
    ) -> dict[str, Tensor]:
        """Update the critic, then encoder, prior and generator.

        Parameters
        ----------
        before, following : tensors of shape (n, 16, 90)
            Pairs for the VAE's loss.
        real : tensor of shape (5 * melodies, 32, 90)
            Pairs of songs for the critic.
        optimisers : dict of str to Optimizer

        Returns
        -------
        dict of str to tensor
            The columns of ``update_critic``, ``nll``, ``kl`` and ``generator_loss``.
        """
        fake = self.rollout(self.training_noise(len(real) // BARS))
        log = self.update_critic(real, fake.detach(), optimisers["critic"])
        deceived = F.softplus(-self.critic(fake)).mean()
        nll, kl = self.losses(before, following, randn(len(before), self.settings.latent, device=before.device))
        likelihood = (nll + self.divergence_weight() * kl).mean()
        update(optimisers["vae"], deceived + self.settings.likelihood_weight * likelihood, clip=10.0)
        return log | {"nll": nll, "kl": kl, "generator_loss": deceived}

    def update_critic(self, real: Tensor, fake: Tensor, optimiser: Optimizer) -> dict[str, Tensor]:
        """Update the critic once, to separate pairs of songs from drawn ones.

        The logistic loss with a penalty on the gradient at real pairs (R1, Mescheder et al. 2018).

        Parameters
        ----------
        real, fake : tensors of shape (n, 32, 90)
        optimiser : Optimizer

        Returns
        -------
        dict of str to tensor
            ``critic_loss``, without the penalty, and ``critic_gap``, the difference of the mean logits.
        """
        punished = int(self.iterations) % self.settings.penalty_every == 0
        real = real.detach().requires_grad_(punished)
        of_real, of_fake = self.critic(real), self.critic(fake)
        loss = (F.softplus(-of_real) + F.softplus(of_fake)).mean()
        penalty = loss.new_zeros(())
        if punished:
            (gradient,) = torch.autograd.grad(of_real.sum(), real, create_graph=True)
            penalty = gradient.square().sum(dim=(1, 2)).mean() * self.settings.penalty_every / 2
        refining = int(self.iterations) >= self.settings.refine_from
        weight = self.settings.refine_penalty_weight if refining else self.settings.penalty_weight
        update(optimiser, loss + weight * penalty)
        return {"critic_loss": loss, "critic_gap": of_real.mean() - of_fake.mean()}

    def training_noise(self, n: int) -> Tensor:
        """Draw the noise of n melodies for this process.

        Parameters
        ----------
        n : int

        Returns
        -------
        tensor of shape (n, 5, latent)
        """
        return randn(n, BARS, self.settings.latent, device=self.rest_margin.device)

    def rollout(self, noise: Tensor) -> Tensor:
        """Draw melodies bar by bar, as the critic sees them.

        The bars are those of the decoded melody; the gradient passes as if they were soft (the straight-through
        estimator, Bengio et al. 2013).

        Parameters
        ----------
        noise : tensor of shape (n, 5, latent)

        Returns
        -------
        tensor of shape (5 * n, 32, 90)
            Each bar with the bar before it.
        """
        before = noise.new_zeros(len(noise), STEPS_PER_BAR, CHANNELS)
        last = torch.full((len(noise),), REST, device=noise.device)
        drawn = []
        for part in noise.unbind(1):
            logits = self.next_logits(self.context(before), part)
            rows, struck = self.decode(logits.detach(), last)
            soft = torch.cat([logits[..., :ONSET].softmax(dim=2), logits[..., ONSET:].sigmoid()], dim=2)
            bar = soft + (as_bar(rows, struck) - soft).detach()
            drawn.append(torch.cat([before, bar], dim=1))
            before, last = bar, rows[:, -1]
        return torch.stack(drawn, dim=1).flatten(0, 1)

    def next_logits(self, context: Tensor, noise: Tensor) -> Tensor:
        """Draw the logits of next bars.

        Pitches beyond the compass are impossible in them.

        Parameters
        ----------
        context : tensor of shape (n, 512)
            Features of the bars before.
        noise : tensor of shape (n, latent)

        Returns
        -------
        tensor of shape (n, 16, 90)
        """
        mean, log_deviation = self.prior(context)
        z = mean + log_deviation.exp() * self.flow.inverse(noise, context)
        pitches = torch.arange(CHANNELS, device=noise.device)
        beyond = (pitches < PITCHES) & ((pitches < self.compass[0]) | (pitches > self.compass[1]))
        logits: Tensor = self.generator(z, context)
        return logits.masked_fill(beyond, -torch.inf)

    def decode(self, logits: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        """Decide what sounds at each step and where notes begin.

        A rest is where its logit exceeds every pitch's by the rest margin. A note begins where an onset is likelier
        than not, and after a rest. It has the pitch of the largest likelihood over all its steps; what sounds on from
        the bar before keeps its pitch.

        Parameters
        ----------
        logits : tensor of shape (n, 16, 90)
        last : int64 tensor of shape (n,)
            Pitch or rest before the bar.

        Returns
        -------
        rows : int64 tensor of shape (n, 16)
            Pitch or rest at each step.
        struck : bool tensor of shape (n, 16)
            Whether a note begins.
        """
        rest = rest_lead(logits) > self.rest_margin
        after_rest = torch.cat([(last == REST).unsqueeze(1), rest[:, :-1]], dim=1)
        struck = ~rest & ((logits[..., ONSET] > 0) | after_rest)
        number = struck.long().cumsum(dim=1)
        of_note = F.one_hot(number, STEPS_PER_BAR + 1).float() * (~rest).unsqueeze(2)
        # Clamped, as nothing times minus infinity is no number.
        votes = of_note.transpose(1, 2) @ logits[..., :PITCHES].log_softmax(dim=2).clamp(min=-1e4)
        pitch = torch.cat([last.unsqueeze(1), votes[:, 1:].argmax(dim=2)], dim=1)
        return torch.where(rest, REST, pitch.gather(1, number)), struck

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute the losses on all pairs of held-out segments, always with the same noise.

        Also sets the margin by which a rest must lead when melodies are drawn, so that about as large a share of clips
        has a rest as of these segments.
        """
        before, following = (part.flatten(0, 1) for part in pairs(as_bars(tokens)))
        source = np.random.default_rng(0)
        noise = torch.from_numpy(source.standard_normal((len(before), self.settings.latent), dtype=np.float32))
        noise = noise.to(before.device)
        with evaluation_mode(self):
            nll, kl = self.losses(before, following, noise)
            leads: list[Tensor] = []
            for part in torch.split(self.noise(DRAWN, source), CHUNK):
                self.chain(part, leads)
        silent = (tokens == REST).any(dim=1).float().mean()
        self.rest_margin.copy_(torch.cat(leads).quantile(1 - silent).clamp(min=0.0))
        return {
            "nll_validation": float(nll.mean()),
            "kl_validation": float(kl.mean()),
            "rest_margin": float(self.rest_margin),
        }

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw melodies bar by bar; from the second stage on the critic chooses among several next bars.

        The i-th melody depends on the generator's state and on i alone, not on n.
        """
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(self.noise(n, rng), (0, 0, 0, 0, 0, -n % CHUNK))
        with evaluation_mode(self):
            drawn = [self.chain(part) for part in torch.split(whole, CHUNK)]
        return torch.cat(drawn)[:n].to(torch.int8).cpu().numpy() if drawn else np.empty((0, STEPS), dtype=np.int8)

    def noise(self, n: int, rng: np.random.Generator) -> Tensor:
        """Draw standard normal numbers for n melodies.

        For the candidates of every bar, and for the choice among them.

        Parameters
        ----------
        n : int
        rng : np.random.Generator

        Returns
        -------
        float32 tensor of shape (n, 5, candidates * latent + 1)
        """
        numbers = rng.standard_normal((n, BARS, self.settings.candidates * self.settings.latent + 1), dtype=np.float32)
        return torch.from_numpy(numbers).to(self.rest_margin.device)

    def chain(self, noise: Tensor, leads: list[Tensor] | None = None) -> Tensor:
        """Generate melodies bar by bar, each from the bar before it.

        A bar is chosen among its candidates with a probability in proportion to the critic's odds that it and the bar
        before are of a song (discriminator rejection sampling after Azadi et al. 2019, by resampling).

        Parameters
        ----------
        noise : tensor of shape (n, 5, candidates * latent + 1)
        leads : list of tensors, optional
            Receives the largest lead of a rest in each melody, shape (n,).

        Returns
        -------
        int64 tensor of shape (n, 80)
            Tokens.
        """
        n, each = len(noise), torch.arange(len(noise), device=noise.device)
        count = self.settings.candidates if self.iterations > self.settings.adversarial_from else 1
        before = noise.new_zeros(n, STEPS_PER_BAR, CHANNELS)
        last = torch.full((n,), REST, device=noise.device)
        tokens, lead = [], torch.full((n,), -math.inf, device=noise.device)
        for part in noise.unbind(1):
            normal = part[:, : count * self.settings.latent].reshape(n * count, self.settings.latent)
            context = self.context(before).repeat_interleave(count, dim=0)
            logits = self.next_logits(context, normal)
            rows, struck = self.decode(logits, last.repeat_interleave(count))
            bars = as_bar(rows, struck)
            picked = each * count
            if count > 1:
                odds = self.critic(torch.cat([before.repeat_interleave(count, dim=0), bars], dim=1)).view(n, count)
                passed = odds.double().softmax(dim=1).cumsum(dim=1)
                chance = torch.special.ndtr(part[:, -1:].double())
                picked = picked + (passed[:, :-1] <= chance).sum(dim=1)
            rows, struck, before = rows[picked], struck[picked], bars[picked]
            lead = torch.maximum(lead, rest_lead(logits[picked]).amax(dim=1))
            last = rows[:, -1]
            tokens.append(torch.where((rows == REST) | struck, rows, HOLD))
        if leads is not None:
            leads.append(lead)
        return torch.cat(tokens, dim=1)

    def sampling_state(self) -> dict[str, Tensor]:
        """Collect everything but the encoder, which only training needs."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("encoder.")}

    def load_sampling_state(self, state: dict[str, Tensor]) -> None:
        self.load_state_dict({**state, **{f"encoder.{name}": x for name, x in self.encoder.state_dict().items()}})


def as_bars(tokens: Tensor) -> Tensor:
    """Convert tokens to bars.

    Parameters
    ----------
    tokens : int8 tensor of shape (n, 80)

    Returns
    -------
    float32 tensor of shape (n, 5, 16, 90)
    """
    rows = torch.from_numpy(sounding(tokens.cpu().numpy())).to(tokens.device).long()
    bars = as_bar(torch.where(rows < 0, REST, rows), tokens < PITCHES)
    return bars.view(len(tokens), BARS, STEPS_PER_BAR, CHANNELS)


def as_bar(rows: Tensor, struck: Tensor) -> Tensor:
    """Build the input of the networks.

    Parameters
    ----------
    rows : int64 tensor of shape (n, steps)
        Pitch or rest at each step.
    struck : bool tensor of shape (n, steps)
        Whether a note begins.

    Returns
    -------
    float32 tensor of shape (n, steps, 90)
        88 pitches and rest, one of which is 1, and the onset.
    """
    bar = F.one_hot(rows, CHANNELS).float()
    bar[..., ONSET] = struck.float()
    return bar


def pairs(bars: Tensor) -> tuple[Tensor, Tensor]:
    """Pair each bar with the bar before it.

    Parameters
    ----------
    bars : tensor of shape (n, 5, 16, 90)

    Returns
    -------
    before, following : tensors of shape (n, 5, 16, 90)
        Before the first bar of a segment there are zeros.
    """
    return F.pad(bars[:, :-1], (0, 0, 0, 0, 1, 0)), bars


def bar_nll(logits: Tensor, bars: Tensor) -> Tensor:
    """Compute the negative log likelihood of bars.

    Parameters
    ----------
    logits, bars : tensors of shape (n, 16, 90)

    Returns
    -------
    tensor of shape (n,)
        Cross entropy of onset and rest at each step, and of each note's pitch as the mean over its steps, so that a
        long note counts no more than a short one; in nats.
    """
    rows = F.cross_entropy(logits[..., :ONSET].transpose(1, 2), bars[..., :ONSET].argmax(dim=2), reduction="none")
    onsets = F.binary_cross_entropy_with_logits(logits[..., ONSET], bars[..., ONSET], reduction="none")
    begins = (bars[..., ONSET] + bars[..., REST]) > 0
    of_note = F.one_hot(begins.long().cumsum(dim=1), STEPS_PER_BAR + 1).float()
    length = of_note @ of_note.sum(dim=1).unsqueeze(2)
    return (rows / length.squeeze(2) + onsets).sum(dim=1)


def rest_lead(logits: Tensor) -> Tensor:
    """Compute by how much the logit of a rest exceeds that of every pitch.

    Parameters
    ----------
    logits : tensor of shape (n, 16, 90)

    Returns
    -------
    tensor of shape (n, 16)
    """
    return logits[..., REST] - logits[..., :PITCHES].amax(dim=2)
