"""MIDI-GAN: a WGAN-GP with a multi-scale critic and a matching module.

After Zhang (2025), whose paper names the parts and their size (2.13M parameters) and leaves the layers open; those
chosen here are documented in docs/models.md. The loss is that of Gulrajani et al. 2017, "Improved training of
Wasserstein GANs". The multi-scale module has parallel convolutions with dilations of a sixteenth, an eighth, a beat,
half a bar and a bar; the matching module uses attention. All inner tensors are channels-last, (batch, steps, channels).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from generation import melody
from generation.melody import ONSET_ROW, PITCHES, ROWS, STEPS, VOCABULARY, Tokens
from generation.networks.contract import Network, Profile
from generation.networks.convolution import Conv, UpConv
from generation.networks.parts import BatchNorm, attention, autocast, figures, rand, randn, summed, update
from generation.networks.planned import HALVES, SYMBOLS, symbols_of
from generation.networks.tied import count_symbols, draw_symbols, follow, ties_of

#: Carries a gradient of a block's output back to its input.
Back = Callable[[Tensor], Tensor]
SLOPE = 0.2


@dataclass(frozen=True)
class Settings:
    """What the paper leaves open.

    Attributes
    ----------
    batch_size : int
        Segments per critic update.
    learning_rate : float
    critic_steps : int
        Critic updates for each generator update.
    penalty_weight, matching_weight : float
        Of the gradient penalty and of the matching loss.
    matching_margin : float
        By how much real segments should be more similar to each other than to generated ones.
    latent : int
        Length of the noise vector.
    average_decay : float
        Of the running mean of the generator's weights.
    soft_until, hard_from : int
        The generator's outputs are soft until the one iteration and entirely hard from the other.
    cool_from, cool_until : int
        Between these iterations the learning rates fall linearly to 1/50.
    critic : {"multi-scale", "plain"}
    lipschitz : {"penalty", "clipping"}
        WGAN-GP (Gulrajani et al. 2017) or weight clipping (Arjovsky et al. 2017).
    clip, clip_learning_rate : float
        Bound of the weights and learning rate with clipping.
    tied : bool
        Whether half bars that a plan says to be alike share what the generator makes of them.
    """

    batch_size: int = 64
    learning_rate: float = 2e-4
    critic_steps: int = 5
    penalty_weight: float = 10.0
    matching_weight: float = 1.0
    matching_margin: float = 0.5
    latent: int = 128
    average_decay: float = 0.999
    soft_until: int = 500
    hard_from: int = 2000
    cool_from: int = 50_000
    cool_until: int = 100_000
    critic: str = "multi-scale"
    lipschitz: str = "penalty"
    clip: float = 0.01
    clip_learning_rate: float = 5e-5
    tied: bool = False


class ResUp(nn.Module):
    """Residual block that doubles the time resolution.

    Maps (batch, steps, i) to (batch, 2 * steps, o).

    Parameters
    ----------
    i, o : int
        Channels of input and output.
    """

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = BatchNorm(i), UpConv(i, o)
        self.norm2, self.conv2 = BatchNorm(o), Conv(o, o, 3)
        self.skip = Conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.relu(self.norm1(x)))
        # A 1 x 1 convolution commutes with repetition and costs half as much before it.
        out: Tensor = self.conv2(F.relu(self.norm2(h))) + self.skip(x).repeat_interleave(2, dim=1)
        return out


class Generator(nn.Module):
    """Maps noise (batch, latent) to a matrix (batch, 80, 89).

    Softmax over pitches and rest, sigmoid for the onset.

    Parameters
    ----------
    latent : int
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.start = nn.Linear(latent, 5 * 432)
        self.blocks = nn.Sequential(ResUp(432, 272), ResUp(272, 112), ResUp(112, 64), ResUp(64, 32))
        self.norm, self.end = BatchNorm(32), Conv(32, VOCABULARY, 3)

    def logits(self, z: Tensor, ties: Tensor | None = None) -> Tensor:
        """Compute the logits of 88 pitches, rest and onset.

        Parameters
        ----------
        z : tensor of shape (batch, latent)
        ties : int64 tensor of shape (batch, 40), optional
            The eighth that each one repeats.

        Returns
        -------
        tensor of shape (batch, 80, 90)
        """
        h = self.blocks[:-1](self.start(z).view(len(z), 5, 432))
        h = self.blocks[-1](h if ties is None else follow(h, ties))
        out: Tensor = self.end(F.relu(self.norm(h)))
        return out if ties is None else follow(out, ties)

    def forward(self, z: Tensor, hardness: float = 0.0, ties: Tensor | None = None) -> Tensor:
        """Compute the melodies as the critic sees them.

        What is hard has the gradient of what is soft (the straight-through estimator, Bengio et al. 2013).

        Parameters
        ----------
        z : tensor of shape (batch, latent)
        hardness : float, default 0
            From 0, probabilities, to 1, exactly the matrices of the decoded melodies.
        ties : int64 tensor of shape (batch, 40), optional

        Returns
        -------
        float32 tensor of shape (batch, 80, 89)
        """
        logits = self.logits(z, ties).float()
        pitches = logits[..., : PITCHES + 1].softmax(dim=-1)
        onset = logits[..., PITCHES + 1 :].sigmoid()
        if hardness:
            chosen, struck = choose(logits.detach())
            pitches = pitches + hardness * (F.one_hot(chosen, PITCHES + 1) - pitches).detach()
            onset = onset + hardness * (struck.unsqueeze(2).float() - onset).detach()
        return torch.cat([pitches[..., :PITCHES], signed_onset(onset, pitches[..., PITCHES:])], dim=-1)


def choose(logits: Tensor, rest_margin: float = 0.0) -> tuple[Tensor, Tensor]:
    """Decide what sounds at each step and where notes begin.

    A rest is where its logit exceeds every pitch's by the margin. Elsewhere the onset row alone decides where notes
    begin: where an onset is likelier than not, and after a rest. A note keeps the pitch that is likeliest where it
    begins. If a change of pitch were an onset too, every pitch that changes a sixteenth too late would add a note.

    Parameters
    ----------
    logits : tensor of shape (n, 80, 90)
    rest_margin : float, default 0

    Returns
    -------
    sounding : int64 tensor of shape (n, 80)
        Pitch or rest.
    struck : bool tensor of shape (n, 80)
        Whether a note begins.
    """
    rest = rest_lead(logits) > rest_margin
    likeliest = torch.where(rest, melody.REST, logits[..., :PITCHES].argmax(dim=-1))
    after_rest = F.pad(rest[:, :-1], (1, 0), value=True)
    struck = ~rest & ((logits[..., PITCHES + 1] > 0) | after_rest)
    steps = torch.arange(STEPS, device=logits.device)
    begun = torch.where(struck | rest, steps, 0).cummax(dim=1).values
    return likeliest.gather(1, begun), struck


def rest_lead(logits: Tensor) -> Tensor:
    """Compute by how much the logit of a rest exceeds that of every pitch.

    Parameters
    ----------
    logits : tensor of shape (n, 80, 90)

    Returns
    -------
    tensor of shape (n, 80)
    """
    return logits[..., PITCHES] - logits[..., :PITCHES].amax(dim=-1)


def signed_onset(onset: Tensor, rest: Tensor) -> Tensor:
    """Combine onset and rest into the row that the critic sees.

    onset * (1 - rest) - rest: 1 at an onset, 0 while a note is held, -1 in a rest. If a rest were only the absence of a
    pitch, the critic would hardly see it and the generator never make one.

    Parameters
    ----------
    onset, rest : tensors of equal shape
        From 0 to 1.

    Returns
    -------
    tensor of the same shape
    """
    return onset * (1 - rest) - rest


class MultiScale(nn.Module):
    """Six parallel convolutions of the melody, joined and added to the input.

    One has width 1, the others width 3 and dilations from one step to a bar (16 steps). Maps (batch, steps, channels)
    to the same shape.

    Parameters
    ----------
    channels : int, default 32
    branch : int, default 16
        Channels of each convolution.
    """

    def __init__(self, channels: int = 32, branch: int = 16) -> None:
        super().__init__()
        dilated = [Conv(channels, branch, 3, dilation=d) for d in (1, 2, 4, 8, 16)]
        self.branches = nn.ModuleList([Conv(channels, branch, 1), *dilated])
        self.join = Conv(6 * branch, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.join(F.leaky_relu_(self.views(x), SLOPE)).add_(x)
        return out

    def views(self, x: Tensor) -> Tensor:
        """Compute the six convolutions side by side.

        Parameters
        ----------
        x : tensor of shape (batch, steps, channels)

        Returns
        -------
        tensor of shape (batch, steps, 6 * branch)
        """
        return torch.cat([branch(x) for branch in self.branches], dim=2)

    def linearise(self, x: Tensor) -> tuple[Tensor, Back]:
        """Compute the output, and a function that propagates its gradient back.

        Parameters
        ----------
        x : tensor of shape (batch, steps, channels)

        Returns
        -------
        output : tensor of shape (batch, steps, channels)
        back : callable
            Maps a gradient of the output to that of the input.
        """
        views = self.views(x)

        def back(gradient: Tensor) -> Tensor:
            parts = through_relu(self.join.back(gradient), views).chunk(len(self.branches), dim=2)
            for branch, part in zip(cast("list[Conv]", self.branches), parts, strict=True):
                gradient = gradient + branch.back(part)
            return gradient

        return x + self.join(F.leaky_relu(views, SLOPE)), back


class SingleScale(nn.Module):
    """Counterpart of ``MultiScale`` of the same size, for the ablation.

    One scale, two convolutions of width 3. Maps (batch, steps, channels) to the same shape.

    Parameters
    ----------
    channels : int, default 32
    inner : int, default 59
        Channels between the two convolutions.
    """

    def __init__(self, channels: int = 32, inner: int = 59) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(channels, inner, 3), Conv(inner, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(F.leaky_relu(self.conv1(x), SLOPE))
        return out

    def linearise(self, x: Tensor) -> tuple[Tensor, Back]:
        """Compute the output, and a function that propagates its gradient back.

        Parameters
        ----------
        x : tensor of shape (batch, steps, channels)

        Returns
        -------
        output : tensor of shape (batch, steps, channels)
        back : callable
            Maps a gradient of the output to that of the input.
        """
        h = self.conv1(x)

        def back(gradient: Tensor) -> Tensor:
            return gradient + self.conv1.back(through_relu(self.conv2.back(gradient), h))

        return x + self.conv2(F.leaky_relu(h, SLOPE)), back


class ResDown(nn.Module):
    """Residual block that halves the time resolution.

    Maps (batch, steps, i) to (batch, steps / 2, o). It has no normalisation, as the gradient penalty is per sample.

    Parameters
    ----------
    i, o : int
        Channels of input and output.
    """

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.skip = Conv(i, i, 3), Conv(i, o, 4, stride=2), Conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.leaky_relu(self.conv1(F.leaky_relu(x, SLOPE)), SLOPE))
        out: Tensor = h + self.skip(halve_steps(x))
        return out

    def linearise(self, x: Tensor) -> tuple[Tensor, Back]:
        """Compute the output, and a function that propagates its gradient back.

        Parameters
        ----------
        x : tensor of shape (batch, steps, i)

        Returns
        -------
        output : tensor of shape (batch, steps / 2, o)
        back : callable
            Maps a gradient of the output to that of the input.
        """
        h = self.conv1(F.leaky_relu(x, SLOPE))

        def back(gradient: Tensor) -> Tensor:
            inner = through_relu(self.conv2.back(gradient), h)
            outer = through_relu(self.conv1.back(inner), x)
            return outer + (self.skip.back(gradient) / 2).repeat_interleave(2, dim=1)

        return self.conv2(F.leaky_relu(h, SLOPE)) + self.skip(halve_steps(x)), back


class Critic(nn.Module):
    """Maps a matrix (batch, 80, 89) to a score (batch,), larger if it looks real.

    Parameters
    ----------
    scales : {"multi-scale", "plain"}
    """

    def __init__(self, scales: str) -> None:
        super().__init__()
        self.embed = Conv(ROWS, 32, 1)
        blocks = [ResDown(32, 48), ResDown(48, 112), ResDown(112, 256), ResDown(256, 352)]
        self.blocks = nn.ModuleList([MultiScale() if scales == "multi-scale" else SingleScale(), *blocks])
        self.end = nn.Linear(5 * 352, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embed(x)
        for block in self.blocks:
            h = block(h)
        # Not as a matrix product: in bf16 the scores, whose small differences count, would have three digits.
        score: Tensor = (h.flatten(1) * self.end.weight).sum(dim=1) + self.end.bias
        return score

    def gradient(self, x: Tensor) -> Tensor:
        """Compute the gradient of the score by its input.

        The critic is piecewise linear, so within a piece the gradient is a product of its weights. Written out it takes
        two thirds of the work of differentiating twice, which would carry zeros back through the forward pass.

        Parameters
        ----------
        x : tensor of shape (batch, 80, 89)

        Returns
        -------
        float32 tensor of shape (batch, 80, 89)
            A function of the weights, to be differentiated.
        """
        backs = []
        with torch.no_grad():
            h = self.embed(x)
            for block in cast("list[MultiScale | SingleScale | ResDown]", self.blocks):
                h, back = block.linearise(h)
                backs.append(back)
        gradient = self.end.weight.view(1, 5, -1).expand(len(x), -1, -1)
        for back in reversed(backs):
            gradient = back(gradient)
        return self.embed.back(gradient).float()


def through_relu(gradient: Tensor, x: Tensor) -> Tensor:
    """Propagate a gradient back through the leaky ReLU.

    Parameters
    ----------
    gradient, x : tensors of equal shape
        Gradient of the output, and the input.

    Returns
    -------
    tensor of the same shape
    """
    back: Tensor = torch.ops.aten.leaky_relu_backward(gradient, x, SLOPE, False)
    return back


def halve_steps(x: Tensor) -> Tensor:
    """Average neighbouring steps.

    Parameters
    ----------
    x : tensor of shape (batch, steps, channels)

    Returns
    -------
    tensor of shape (batch, steps / 2, channels)
    """
    # Unbound, the two halves have one gradient between them; as slices they would fill a tensor each.
    even, odd = x.reshape(len(x), -1, 2, x.shape[2]).unbind(2)
    return (even + odd) * 0.5


class Matcher(nn.Module):
    """Self-attention features by which generated and real segments are compared.

    Parameters
    ----------
    width : int, default 64
        Channels of the features.
    heads : int, default 4
    """

    def __init__(self, width: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.embed = Conv(ROWS, width, 1)
        self.position = nn.Parameter(0.02 * torch.randn(STEPS, width))
        self.norm1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.wide, self.narrow = nn.LayerNorm(width), nn.Linear(width, 128), nn.Linear(128, width)

    def features(self, x: Tensor) -> Tensor:
        """Compute the features of each step, at unit length.

        Parameters
        ----------
        x : tensor of shape (batch, 80, 89)

        Returns
        -------
        tensor of shape (batch, 80, width)
        """
        h = self.embed(x) + self.position
        q, k, v = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(self.norm1(h)).chunk(3, dim=2)
        )
        attended = attention(q, k, v).transpose(1, 2).flatten(2)
        h = h + self.out(attended)
        return unit(h + self.narrow(F.relu(self.wide(self.norm2(h)))))

    def forward(self, *melodies: Tensor) -> list[Tensor]:
        """Compare each batch of melodies with the last one.

        Parameters
        ----------
        *melodies : tensors of shape (batch, 80, 89)
            Two or more.

        Returns
        -------
        list of tensors of shape (batch,)
            Similarities in [-1, 1], one tensor fewer than there are batches.
        """
        *ones, other = self.features(torch.cat(melodies)).chunk(len(melodies))
        return [similarity(one, other) for one in ones]


def similarity(one: Tensor, other: Tensor) -> Tensor:
    """Compare two segments by their features.

    Each step of the one attends to the steps of the other and is compared by the cosine with what it finds; the mean
    over the steps is returned.

    Parameters
    ----------
    one, other : tensors of shape (batch, 80, 64)
        Features of unit length.

    Returns
    -------
    tensor of shape (batch,)
        In [-1, 1].
    """
    found = (8 * one @ other.transpose(1, 2)).softmax(dim=2) @ other
    return (one * unit(found)).sum(dim=2).mean(dim=1)


def unit(x: Tensor) -> Tensor:
    """Scale vectors to length 1.

    Its gradient passes over memory less often than that of ``F.normalize``.

    Parameters
    ----------
    x : tensor of shape (..., channels)

    Returns
    -------
    float32 tensor of the same shape
    """
    x = x.float()
    return x * torch.rsqrt(x.square().sum(dim=-1, keepdim=True) + 1e-12)


#: What differs on a processor, which manages a tenth of the iterations.
CPU = {"batch_size": 32, "cool_from": 4000, "cool_until": 10_000}


class MidiGAN(Network):
    """The three networks, their optimisers and the training of one iteration."""

    settings_type = Settings
    variants = {
        "plain": {"critic": "plain"},
        "clipping": {"lipschitz": "clipping"},
        "unmatched": {"matching_weight": 0.0},
        "tied": {"tied": True},
    }
    columns = (
        "negative_critic_loss", "wasserstein", "wasserstein_validation", "penalty",
        "match_fake", "match_real", "generator_loss",
    )  # fmt: skip
    kept_by = "distance"
    profiles = {
        "smoke": Profile(4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
        "cpu": Profile(10_000, log_every=50, measure_every=250, settings=CPU),
        "full": Profile(100_000, log_every=100, measure_every=1_000, samples=1_000),
    }

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings: Settings = settings
        self.generator, self.critic, self.matcher = Generator(settings.latent), Critic(settings.critic), Matcher()
        #: The running mean of the generator's weights, from which samples are drawn; no parameters of its own.
        self.average = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.iterations: Tensor
        self.register_buffer("iterations", torch.zeros((), dtype=torch.int64))
        self.rest_margin: Tensor
        self.register_buffer("rest_margin", torch.zeros(()))
        if settings.tied:
            self.symbol_counts: Tensor
            self.register_buffer("symbol_counts", torch.zeros(HALVES, SYMBOLS, SYMBOLS, dtype=torch.int64))

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Create an optimiser for each network.

        Adam without momentum (Gulrajani et al. 2017); with clipping RMSProp for generator and critic (Arjovsky et al.
        2017).
        """
        rate, betas = self.settings.learning_rate, (0.0, 0.9)
        adam = {
            name: torch.optim.Adam(getattr(self, name).parameters(), rate, betas, fused=True)
            for name in ("generator", "critic", "matcher")
        }
        if self.settings.lipschitz == "penalty":
            return dict(adam)
        rate = self.settings.clip_learning_rate
        return adam | {
            name: torch.optim.RMSprop(getattr(self, name).parameters(), rate) for name in ("generator", "critic")
        }

    @property
    def segments_per_step(self) -> int:
        """Number of segments of a step: a new batch for every critic update."""
        return self.settings.batch_size * self.settings.critic_steps

    @property
    def numbers(self) -> int:
        """Uniform numbers that a melody's ties are drawn by."""
        return 2 * HALVES if self.settings.tied else 0

    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """Run one iteration: update the critic, then the matcher and the generator."""
        self.cool(optimisers)
        batches = as_input(tokens).chunk(self.settings.critic_steps)
        plans = self.plans(tokens).chunk(self.settings.critic_steps)
        if self.settings.tied:
            self.symbol_counts += summed(count_symbols(torch.cat(plans)))
        for real, plan in zip(batches, plans, strict=True):
            log, fake = self.judge(real, plan, optimisers["critic"])
        if self.settings.matching_weight:
            log |= self.match(batches[-1], batches[0], fake, optimisers["matcher"])
        log |= self.generate(batches[0], plans[0], optimisers["generator"])
        self.update_average()
        return figures(log)

    def judge(self, real: Tensor, plan: Tensor, optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensor], Tensor]:
        """Update the critic once.

        Parameters
        ----------
        real : tensor of shape (n, 80, 89)
        plan : int64 tensor of shape (n, 10)
            Symbols that the generated segments follow where they are tied.
        optimiser : torch.optim.Optimizer

        Returns
        -------
        log : dict of str to tensor of shape ()
        fake : tensor of shape (n, 80, 89)
            The generated segments that the critic saw.
        """
        with torch.no_grad(), autocast(real.device):
            fake = self.draw(plan)
        with autocast(real.device):
            scores = self.critic(torch.cat([fake, real]))
            wasserstein = scores[len(fake) :].mean() - scores[: len(fake)].mean()
            loss, log = -wasserstein, {"wasserstein": wasserstein}
            if self.settings.lipschitz == "penalty":
                penalty = self.penalty(real, fake)
                loss = loss + self.settings.penalty_weight * penalty
                log["penalty"] = penalty
            log["negative_critic_loss"] = -loss
        update(optimiser, loss)
        if self.settings.lipschitz == "clipping":
            with torch.no_grad():
                for value in self.critic.parameters():
                    value.clamp_(-self.settings.clip, self.settings.clip)
        return log, fake

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the gradient penalty of WGAN-GP (Gulrajani et al. 2017).

        Mean of (||gradient of the score|| - 1)^2 at random points between real and generated segments.

        Parameters
        ----------
        real, fake : tensors of shape (n, 80, 89)

        Returns
        -------
        tensor of shape ()
        """
        share = rand(len(real), 1, 1, device=real.device)
        norms = self.critic.gradient(torch.lerp(fake, real, share)).flatten(1).norm(2, dim=1)
        penalty: Tensor = ((norms - 1) ** 2).mean()
        return penalty

    def match(self, real: Tensor, other: Tensor, fake: Tensor, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
        """Update the matcher once.

        It learns that real segments are similar to each other and generated ones are not:
        max(margin + similarity(fake, real) - similarity(other, real), 0).

        Parameters
        ----------
        real, other, fake : tensors of shape (n, 80, 89)
            Real segments, other real segments, generated segments.
        optimiser : torch.optim.Optimizer

        Returns
        -------
        dict of str to tensor of shape (n,)
            ``match_fake`` and ``match_real``.
        """
        with autocast(real.device):
            unlike, alike = self.matcher(fake, other, real)
            update(optimiser, F.relu(self.settings.matching_margin + unlike - alike).mean())
        return {"match_fake": unlike, "match_real": alike}

    def generate(self, real: Tensor, plan: Tensor, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
        """Update the generator once.

        Parameters
        ----------
        real : tensor of shape (n, 80, 89)
        plan : int64 tensor of shape (n, 10)
        optimiser : torch.optim.Optimizer

        Returns
        -------
        dict of str to tensor of shape ()
            ``generator_loss``.
        """
        with autocast(real.device):
            fake = self.draw(plan)
            loss = -self.critic(fake).mean()
            if self.settings.matching_weight:
                with torch.no_grad():
                    other = self.matcher.features(real)
                alike = similarity(self.matcher.features(fake), other)
                loss = loss + self.settings.matching_weight * (1 - alike.mean())
        update(optimiser, loss)
        return {"generator_loss": loss}

    def draw(self, plan: Tensor) -> Tensor:
        """Generate new segments in training, as the critic sees them.

        Parameters
        ----------
        plan : int64 tensor of shape (n, 10)

        Returns
        -------
        tensor of shape (n, 80, 89)
        """
        noise = randn(len(plan), self.settings.latent, device=plan.device)
        chances = rand(len(plan), HALVES, device=plan.device) if self.settings.tied else noise
        fake: Tensor = self.generator(noise, self.hardness, self.ties(plan, chances))
        return fake

    def plans(self, tokens: Tensor) -> Tensor:
        """Read the symbols off melodies.

        Parameters
        ----------
        tokens : integer tensor of shape (n, 80)

        Returns
        -------
        int64 tensor of shape (n, 10)
            All new if half bars are not tied.
        """
        return symbols_of(tokens.long()) if self.settings.tied else tokens.new_zeros(len(tokens), HALVES).long()

    def ties(self, plan: Tensor, chances: Tensor) -> Tensor | None:
        """Convert plans to ties.

        Parameters
        ----------
        plan : int64 tensor of shape (n, 10)
        chances : tensor of shape (n, 10)
            As in ``ties_of``.

        Returns
        -------
        int64 tensor of shape (n, 40), or None
            None if half bars are not tied.
        """
        return ties_of(plan, chances) if self.settings.tied else None

    def cool(self, optimisers: dict[str, torch.optim.Optimizer]) -> None:
        """Set the learning rates of this iteration.

        Parameters
        ----------
        optimisers : dict of str to Optimizer
            Changed in place.
        """
        start, end = self.settings.cool_from, self.settings.cool_until
        factor = 1 - 0.98 * min(1.0, max(0.0, (int(self.iterations) - start) / (end - start)))
        for optimiser in optimisers.values():
            for group in optimiser.param_groups:
                group.setdefault("first_lr", group["lr"])
                group["lr"] = group["first_lr"] * factor

    @property
    def hardness(self) -> float:
        """How hard the generator's outputs are at this iteration, from 0 to 1."""
        start, end = self.settings.soft_until, self.settings.hard_from
        return min(1.0, max(0.0, (int(self.iterations) - start) / max(1, end - start)))

    @torch.no_grad()
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute the critic's Wasserstein estimate on held-out segments.

        Leaves the state of the random numbers alone. Sets the margin by which a rest must lead when melodies are drawn,
        so that as large a share of clips has a rest as of these segments.
        """
        real = as_input(tokens)
        source = torch.Generator().manual_seed(int(self.iterations))
        logits = self.drawn_logits(
            self.fixed_noise(512, source), torch.rand(512, self.numbers, generator=source).double()
        )
        leads = rest_lead(logits).amax(dim=1)
        silent = (tokens == melody.REST).any(dim=1).float().mean()
        self.rest_margin.fill_(leads.quantile(1 - float(silent)).clamp(min=0.0))
        noise = self.fixed_noise(len(real), source)
        self.generator.eval()
        ties = self.ties(self.plans(tokens), torch.rand(len(real), HALVES, generator=source).to(real.device))
        fake: Tensor = self.generator(noise, self.hardness, ties)
        self.generator.train()
        return {"wasserstein_validation": float(self.critic(real).mean() - self.critic(fake).mean())}

    def fixed_noise(self, n: int, source: torch.Generator) -> Tensor:
        """Draw noise that does not use torch's global random state.

        Parameters
        ----------
        n : int
        source : torch.Generator

        Returns
        -------
        tensor of shape (n, latent)
        """
        return torch.randn(n, self.settings.latent, generator=source).to(self.rest_margin.device)

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the averaged generator towards the generator, and count the iteration.

        The decay is min(average_decay, t / (t + 10)) at iteration t.
        """
        self.iterations += 1
        decay = min(self.settings.average_decay, int(self.iterations) / (int(self.iterations) + 10))
        for mean, value in zip(tensors(self.average), tensors(self.generator), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def sampling_state(self) -> dict[str, Tensor]:
        """Collect the averaged generator and what sampling needs beside it."""
        state = {**self.average.state_dict(), "rest_margin": self.rest_margin}
        if self.settings.tied:
            state |= {"symbol_counts": self.symbol_counts.int()}
        return state

    def load_sampling_state(self, state: dict[str, Tensor]) -> None:
        buffers = dict(self.named_buffers(recurse=False)).keys() & state.keys()
        self.average.load_state_dict({name: value for name, value in state.items() if name not in buffers})
        self.load_state_dict({name: state[name] for name in buffers}, strict=False)

    def histogram_weights(self) -> Tensor:
        """Collect the critic's weights.

        Weight clipping drives them to its bounds (Gulrajani et al. 2017, figure 1b).
        """
        return torch.cat([value.detach().flatten() for value in self.critic.parameters()])

    @torch.no_grad()
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw melodies from the averaged generator, decoded by ``choose``."""
        device = self.rest_margin.device
        noise = torch.from_numpy(rng.standard_normal((n, self.settings.latent), dtype=np.float32))
        chances = torch.from_numpy(rng.random((n, self.numbers)))
        parts = zip(torch.split(noise, 256), torch.split(chances, 256), strict=True)
        logits = torch.cat([self.drawn_logits(z.to(device), chance.to(device)).cpu() for z, chance in parts])
        return decode(logits, float(self.rest_margin))

    def drawn_logits(self, noise: Tensor, chances: Tensor) -> Tensor:
        """Compute the averaged generator's logits of plans drawn as the songs have them.

        Parameters
        ----------
        noise : tensor of shape (n, latent)
        chances : float64 tensor of shape (n, 20)
            Uniform in [0, 1); the first ten draw the plan, the others the eighths in which near half bars differ. Not
            read if half bars are not tied.

        Returns
        -------
        float32 tensor of shape (n, 80, 90)
        """
        if not self.settings.tied:
            return self.average.logits(noise).float()
        symbols = draw_symbols(self.symbol_counts, chances[:, :HALVES])
        return self.average.logits(noise, ties_of(symbols, chances[:, HALVES:])).float()


def decode(logits: Tensor, rest_margin: float = 0.0) -> Tokens:
    """Convert logits to tokens.

    Parameters
    ----------
    logits : tensor of shape (n, 80, 90)
    rest_margin : float, default 0
        By how much a rest must lead.

    Returns
    -------
    int8 array of shape (n, 80)
    """
    pitch, struck = (part.numpy() for part in choose(logits, rest_margin))
    tokens: NDArray[np.int8] = np.where(struck | (pitch == melody.REST), pitch, melody.HOLD).astype(np.int8)
    return tokens


def as_input(tokens: Tensor) -> Tensor:
    """Convert tokens to the matrix that the critic sees.

    Parameters
    ----------
    tokens : integer tensor of shape (n, 80)

    Returns
    -------
    tensor of shape (n, 80, 89)
        88 pitches, and the onset row with -1 in rests.
    """
    matrix = torch.from_numpy(melody.tokens_to_matrix(tokens.cpu().numpy().astype(np.int8))).to(tokens.device)
    rest = 1 - matrix[:, :PITCHES].sum(dim=1)
    matrix[:, ONSET_ROW] = matrix[:, ONSET_ROW] - rest
    return matrix.transpose(1, 2).contiguous()


def tensors(module: nn.Module) -> Iterator[Tensor]:
    """Iterate over parameters and buffers, in a fixed order.

    Parameters
    ----------
    module : nn.Module

    Yields
    ------
    tensor
    """
    yield from module.parameters()
    yield from module.buffers()
