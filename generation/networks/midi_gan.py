"""MIDI-GAN: a WGAN-GP with a multi-scale critic and an attention-based matching module.

After Zhang 2025, whose paper names the parts and their size (2.13M parameters) and leaves the layers open; those
chosen here are documented in docs/models.md. The loss is that of Gulrajani et al. 2017, "Improved training of
Wasserstein GANs"; the multi-scale module has parallel dilated convolutions that see a sixteenth, an eighth, a beat,
half a bar and a bar.

All inner tensors are channels-last, (batch, steps, channels): a convolution is then one matrix product over shifted
copies, which is faster on a processor than Conv1d (docs/benchmarks.md) and differentiates twice.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from generation import melody
from generation.melody import ONSET_ROW, PITCHES, ROWS, STEPS, VOCABULARY, Tokens


@dataclass(frozen=True)
class Settings:
    """What the paper leaves open. ``critic_steps`` critic updates go with each generator update."""

    batch_size: int = 64
    learning_rate: float = 2e-4
    critic_steps: int = 5
    penalty_weight: float = 10.0
    matching_weight: float = 1.0
    matching_margin: float = 0.5
    latent: int = 128
    average_decay: float = 0.999


class Shifted(torch.autograd.Function):
    """Copies of (batch, steps, i) shifted by multiples of the dilation, side by side: (batch, steps / stride, width i).

    Its gradient is the adjoint `Gathered` and the other way round, so that either can be differentiated any number of
    times. Built from slices and cat, each gradient would fill and add a whole tensor for every copy.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, width: int, dilation: int, stride: int) -> Tensor:
        ctx.how = x.shape[1], width, dilation, stride
        out = x.new_empty(len(x), x.shape[1] // stride, width, x.shape[2])
        for k, (into, out_of) in enumerate(overlaps(*ctx.how)):
            out[:, : into.start, k] = 0
            out[:, into.stop :, k] = 0
            out[:, into, k] = x[:, out_of]
        return out.flatten(2)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None, None, None]:
        back: Tensor = Gathered.apply(gradient[0], *ctx.how)  # type: ignore[no-untyped-call]
        return back, None, None, None


class Gathered(torch.autograd.Function):
    """The adjoint of `Shifted`: every copy moved back to where it came from, and added up."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, steps: int, width: int, dilation: int, stride: int) -> Tensor:
        ctx.how = width, dilation, stride
        copies = y.view(*y.shape[:2], width, -1)
        x = y.new_zeros(len(y), steps, copies.shape[3])
        for k, (into, out_of) in enumerate(overlaps(steps, width, dilation, stride)):
            x[:, out_of] += copies[:, into, k]
        return x

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        back: Tensor = Shifted.apply(gradient[0], *ctx.how)  # type: ignore[no-untyped-call]
        return back, None, None, None, None


@functools.cache
def overlaps(steps: int, width: int, dilation: int, stride: int) -> list[tuple[slice, slice]]:
    """For each shifted copy, which of its steps come from which steps of the input; the others are padding."""
    found = []
    for k in range(width):
        shift = (k - (width - 1) // 2) * dilation
        first = max(0, -(shift // stride))
        last = min(steps // stride, (steps - 1 - shift) // stride + 1)
        found.append((slice(first, last), slice(first * stride + shift, (last - 1) * stride + shift + 1, stride)))
    return found


class Conv(nn.Module):
    """A convolution over time as one matrix product, (batch, steps, i) to (batch, steps / stride, o)."""

    def __init__(self, i: int, o: int, width: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.width, self.dilation, self.stride = width, dilation, stride
        self.weight = nn.Parameter(torch.empty(o, width * i))
        self.bias = nn.Parameter(torch.empty(o))
        # The start that torch gives its own convolutions (He et al. 2015 with a = sqrt 5).
        bound = 1 / math.sqrt(width * i)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        if self.width == 1:
            return F.linear(x, self.weight, self.bias)
        copies: Tensor = Shifted.apply(x, self.width, self.dilation, self.stride)  # type: ignore[no-untyped-call]
        return F.linear(copies, self.weight, self.bias)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation of the channels of (batch, steps, channels)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(0, 1)).view(x.shape)


class ResUp(nn.Module):
    """Residual block that doubles the time resolution."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = BatchNorm(i), Conv(i, o, 3)
        self.norm2, self.conv2 = BatchNorm(o), Conv(o, o, 3)
        self.skip = Conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.relu(self.norm1(x)).repeat_interleave(2, dim=1))
        # A 1 x 1 convolution commutes with repetition and costs half as much before it.
        out: Tensor = self.conv2(F.relu(self.norm2(h))) + self.skip(x).repeat_interleave(2, dim=1)
        return out


class Generator(nn.Module):
    """Noise (batch, 128) to a soft matrix (batch, 80, 89): softmax over pitches and rest, sigmoid for the onset."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.start = nn.Linear(latent, 5 * 432)
        self.blocks = nn.Sequential(ResUp(432, 272), ResUp(272, 112), ResUp(112, 64), ResUp(64, 32))
        self.norm, self.end = BatchNorm(32), Conv(32, VOCABULARY, 3)

    def logits(self, z: Tensor) -> Tensor:
        """(batch, 80, 90): 88 pitches, rest, onset."""
        h = self.blocks(self.start(z).view(len(z), 5, 432))
        out: Tensor = self.end(F.relu(self.norm(h)))
        return out

    def forward(self, z: Tensor) -> Tensor:
        logits = self.logits(z).float()
        pitches = logits[..., : PITCHES + 1].softmax(dim=-1)
        onset = logits[..., PITCHES + 1 :].sigmoid()
        return torch.cat([pitches[..., :PITCHES], signed_onset(onset, pitches[..., PITCHES:])], dim=-1)


def signed_onset(onset: Tensor, rest: Tensor) -> Tensor:
    """The onset row as the critic sees it: 1 at an onset, 0 while a note is held, -1 in a rest.

    Were a rest only the absence of a pitch, the critic would hardly see it and the generator never make one.
    """
    return onset * (1 - rest) - rest


class MultiScale(nn.Module):
    """Six parallel views of the melody, a step to a bar wide, joined and added to the input."""

    def __init__(self, channels: int = 32, branch: int = 16) -> None:
        super().__init__()
        dilated = [Conv(channels, branch, 3, dilation=d) for d in (1, 2, 4, 8, 16)]
        self.branches = nn.ModuleList([Conv(channels, branch, 1), *dilated])
        self.join = Conv(6 * branch, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        views = torch.cat([branch(x) for branch in self.branches], dim=2)
        joined: Tensor = self.join(F.leaky_relu(views, 0.2))
        return x + joined


class ResDown(nn.Module):
    """Residual block that halves the time resolution; no normalisation, as the gradient penalty is per sample."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.skip = Conv(i, i, 3), Conv(i, o, 4, stride=2), Conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.leaky_relu(self.conv1(F.leaky_relu(x, 0.2)), 0.2))
        halved = (x[:, ::2] + x[:, 1::2]) / 2
        out: Tensor = h + self.skip(halved)
        return out


class Critic(nn.Module):
    """Matrix (batch, 80, 89) to a score (batch,): larger for what looks real."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.scales = Conv(ROWS, 32, 1), MultiScale()
        self.blocks = nn.Sequential(ResDown(32, 48), ResDown(48, 112), ResDown(112, 256), ResDown(256, 352))
        self.end = nn.Linear(5 * 352, 1)

    def forward(self, x: Tensor) -> Tensor:
        score: Tensor = self.end(self.blocks(self.scales(self.embed(x))).flatten(1))
        return score.float().squeeze(1)


class Matcher(nn.Module):
    """Self-attention features under which a generated segment is compared with a real one."""

    def __init__(self, width: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.embed = Conv(ROWS, width, 1)
        self.position = nn.Parameter(0.02 * torch.randn(STEPS, width))
        self.norm1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.wide, self.narrow = nn.LayerNorm(width), nn.Linear(width, 128), nn.Linear(128, width)

    def features(self, x: Tensor) -> Tensor:
        """(batch, 80, 64), each step of unit length."""
        h = self.embed(x) + self.position
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(self.norm1(h)).chunk(3, dim=2)
        )
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        h = h + self.out(attended)
        return F.normalize((h + self.narrow(F.relu(self.wide(self.norm2(h))))).float(), dim=2)

    def forward(self, *melodies: Tensor) -> list[Tensor]:
        """Similarity (batch,) in [-1, 1] of each batch of melodies with the last one.

        Each step of the one looks for its like in the other and is compared with what it finds.
        """
        *ones, other = self.features(torch.cat(melodies)).chunk(len(melodies))
        found = [(8 * one @ other.transpose(1, 2)).softmax(dim=2) @ other for one in ones]
        return [F.cosine_similarity(one, like, dim=2).mean(dim=1) for one, like in zip(ones, found, strict=True)]


class MidiGAN(nn.Module):
    """The three networks, their optimisers and the training of one generator iteration."""

    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.generator, self.critic, self.matcher = Generator(settings.latent), Critic(), Matcher()
        #: The running mean of the generator's weights, from which samples are drawn; no parameters of its own.
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.iterations = 0

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Adam as in Gulrajani et al. 2017: no momentum, one for the generator and one for its two judges."""
        rate, betas = self.settings.learning_rate, (0.0, 0.9)
        judges = [*self.critic.parameters(), *self.matcher.parameters()]
        return {
            "generator": torch.optim.Adam(self.generator.parameters(), rate, betas, fused=True),
            "judges": torch.optim.Adam(judges, rate, betas, fused=True),
        }

    @property
    def segments_per_step(self) -> int:
        """How many real segments one call of training_step takes: a fresh batch for every critic update."""
        return self.settings.batch_size * self.settings.critic_steps

    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """One generator iteration on tokens (segments_per_step, 80): the critic's updates, then the generator's."""
        batches = torch.split(as_input(tokens), self.settings.batch_size)
        for real, other in zip(batches, (*batches[1:], batches[0]), strict=True):
            log = self.judge(real, other, optimisers["judges"])
        log |= self.generate(batches[0], optimisers["generator"])
        self.update_average()
        return {name: float(value) for name, value in log.items()}

    def judge(self, real: Tensor, other: Tensor, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
        """One update of critic and matcher. ``other`` is a second batch of real segments, for the matcher."""
        with torch.no_grad(), autocast(real):
            fake = self.generator(self.noise(len(real), real.device))
        with autocast(real):
            scores = self.critic(torch.cat([fake, real]))
            wasserstein = scores[len(fake) :].mean() - scores[: len(fake)].mean()
            penalty = self.penalty(real, fake)
            loss = self.settings.penalty_weight * penalty - wasserstein
            log = {
                "negative_critic_loss": -loss.detach(),
                "wasserstein": wasserstein.detach(),
                "penalty": penalty.detach(),
            }
            if self.settings.matching_weight:
                unlike, alike = self.matcher(fake, other, real)
                loss = loss + F.relu(self.settings.matching_margin + unlike - alike).mean()
                log |= {"match_fake": unlike.detach().mean(), "match_real": alike.detach().mean()}
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return log

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean squared distance from 1 of the critic's gradient norm, between real and generated segments."""
        share = torch.rand(len(real), 1, 1, device=real.device)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(self.critic(between).sum(), between, create_graph=True)
        norms: Tensor = gradient.flatten(1).norm(2, dim=1)
        return ((norms - 1) ** 2).mean()

    def generate(self, real: Tensor, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
        """One update of the generator."""
        with autocast(real):
            fake = self.generator(self.noise(len(real), real.device))
            loss = -self.critic(fake).mean()
            if self.settings.matching_weight:
                (alike,) = self.matcher(fake, real)
                loss = loss + self.settings.matching_weight * (1 - alike.mean())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return {"generator_loss": loss.detach()}

    @torch.no_grad()
    def wasserstein(self, tokens: Tensor) -> float:
        """The critic's Wasserstein estimate on other real segments, such as the validation songs'."""
        real = as_input(tokens)
        fake = self.generator(self.noise(len(real), real.device))
        return float(self.critic(real).mean() - self.critic(fake).mean())

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the average towards the generator; slower as it grows older, up to the set decay."""
        self.iterations += 1
        decay = min(self.settings.average_decay, self.iterations / (self.iterations + 10))
        for mean, value in zip(tensors(self.average), tensors(self.generator), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def noise(self, n: int, device: torch.device) -> Tensor:
        return torch.randn(n, self.settings.latent, device=device)

    def sampling_state(self) -> dict[str, Tensor]:
        """The tensors that sampling needs: the averaged generator alone."""
        return dict(self.average.state_dict())

    def load_sampling_state(self, state: dict[str, Tensor]) -> None:
        """Take tensors that sampling_state gave."""
        self.average.load_state_dict(state)

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw tokens (n, 80): at each step the likeliest pitch or rest, an onset where its chance exceeds 1/2."""
        noise = torch.from_numpy(rng.standard_normal((n, self.settings.latent), dtype=np.float32))
        device = next(self.average.parameters()).device
        logits = torch.cat([self.average.logits(part.to(device)).float().cpu() for part in torch.split(noise, 256)])
        return decode(logits.numpy())


def decode(logits: NDArray[np.floating]) -> Tokens:
    """Logits (n, 80, 90) to tokens (n, 80): an onset is where it is likely, or where the pitch changes."""
    pitch = logits[..., : PITCHES + 1].argmax(axis=-1)
    before = np.concatenate([np.full((len(pitch), 1), melody.REST), pitch[:, :-1]], axis=1)
    onset = (logits[..., PITCHES + 1] > 0) | (pitch != before)
    return np.where(pitch == melody.REST, melody.REST, np.where(onset, pitch, melody.HOLD)).astype(np.int8)


def as_input(tokens: Tensor) -> Tensor:
    """Tokens (n, 80) to what the critic sees, (n, 80, 89): the matrix with its onset row signed."""
    matrix = torch.from_numpy(melody.tokens_to_matrix(tokens.cpu().numpy().astype(np.int8))).to(tokens.device)
    rest = 1 - matrix[:, :PITCHES].sum(dim=1)
    matrix[:, ONSET_ROW] = matrix[:, ONSET_ROW] - rest
    return matrix.transpose(1, 2).contiguous()


def autocast(like: Tensor) -> torch.autocast:
    """bf16 for matrix products, where the machine gains by it."""
    return torch.autocast(like.device.type, dtype=torch.bfloat16, enabled=bf16_pays(like.device))


def bf16_pays(device: torch.device) -> bool:
    """Whether bf16 matrix products are faster than fp32 here."""
    return device.type == "cuda" or torch.cpu._is_amx_tile_supported()


def tensors(module: nn.Module) -> Iterator[Tensor]:
    """Parameters and buffers, in a fixed order."""
    yield from module.parameters()
    yield from module.buffers()
