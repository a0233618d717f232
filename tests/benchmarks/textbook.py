"""The WGAN-GP loop as textbooks print it, the baseline of `make bench`.

torch's Conv1d on (batch, channels, steps), fp32, real and generated segments scored apart, the gradient penalty by
differentiating twice, the matcher updated beside every critic update, one optimiser for both, plain Adam. The
networks have the layers of MIDI-GAN and can take its weights, so that both loops can start from the same place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generation.networks.midi_gan import Matcher, MidiGAN, as_input, signed_onset


def conv(i: int, o: int, width: int, dilation: int = 1, stride: int = 1) -> nn.Conv1d:
    return nn.Conv1d(i, o, width, stride, dilation * (width - 1) // 2, dilation)


class Up(nn.Module):
    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm1d(i), conv(i, o, 3)
        self.norm2, self.conv2 = nn.BatchNorm1d(o), conv(o, o, 3)
        self.skip = conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.interpolate(F.relu(self.norm1(x)), scale_factor=2))
        out: Tensor = self.conv2(F.relu(self.norm2(h))) + self.skip(F.interpolate(x, scale_factor=2))
        return out


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Linear(128, 432 * 5)
        self.blocks = nn.Sequential(Up(432, 272), Up(272, 112), Up(112, 64), Up(64, 32))
        self.norm, self.end = nn.BatchNorm1d(32), conv(32, 90, 3)

    def forward(self, z: Tensor) -> Tensor:
        h = self.blocks(self.start(z).view(len(z), 5, 432).transpose(1, 2))
        logits = self.end(F.relu(self.norm(h))).transpose(1, 2)
        pitches = logits[..., :89].softmax(dim=-1)
        onset = logits[..., 89:].sigmoid()
        return torch.cat([pitches[..., :88], signed_onset(onset, pitches[..., 88:])], dim=-1)


class Scales(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList([conv(32, 16, 1), *(conv(32, 16, 3, dilation=d) for d in (1, 2, 4, 8, 16))])
        self.join = conv(96, 32, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.join(F.leaky_relu(torch.cat([branch(x) for branch in self.branches], dim=1), 0.2))
        return out


class Down(nn.Module):
    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.skip = conv(i, i, 3), conv(i, o, 4, stride=2), conv(i, o, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.leaky_relu(self.conv1(F.leaky_relu(x, 0.2)), 0.2))
        out: Tensor = h + self.skip(F.avg_pool1d(x, 2))
        return out


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = conv(89, 32, 1)
        self.blocks = nn.ModuleList([Scales(), Down(32, 48), Down(48, 112), Down(112, 256), Down(256, 352)])
        self.end = nn.Linear(5 * 352, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embed(x.transpose(1, 2))
        for block in self.blocks:
            h = block(h)
        score: Tensor = self.end(h.transpose(1, 2).flatten(1)).squeeze(1)
        return score


class Loop:
    """The three networks and one generator iteration of them."""

    def __init__(self, like: MidiGAN) -> None:
        self.settings = like.settings
        self.generator, self.critic, self.matcher = Generator(), Critic(), Matcher()
        take(self.generator, like.generator)
        take(self.critic, like.critic)
        self.matcher.load_state_dict(like.matcher.state_dict())
        judges = [*self.critic.parameters(), *self.matcher.parameters()]
        self.generator_adam = torch.optim.Adam(self.generator.parameters(), like.settings.learning_rate, (0.0, 0.9))
        self.judges_adam = torch.optim.Adam(judges, like.settings.learning_rate, (0.0, 0.9))

    def training_step(self, tokens: Tensor) -> dict[str, float]:
        batches = as_input(tokens).chunk(self.settings.critic_steps)
        for real, other in zip(batches, (*batches[1:], batches[0]), strict=True):
            fake = self.generator(torch.randn(len(real), 128)).detach()
            wasserstein = self.critic(real).mean() - self.critic(fake).mean()
            share = torch.rand(len(real), 1, 1)
            between = (share * real + (1 - share) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(self.critic(between).sum(), between, create_graph=True)
            penalty = ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
            unlike, alike = self.matcher(fake, other, real)
            matching = F.relu(self.settings.matching_margin + unlike - alike).mean()
            loss = self.settings.penalty_weight * penalty - wasserstein
            self.judges_adam.zero_grad()
            (loss + matching).backward()
            self.judges_adam.step()
        fake = self.generator(torch.randn(len(batches[0]), 128))
        (alike,) = self.matcher(fake, batches[0])
        generator_loss = self.settings.matching_weight * (1 - alike.mean()) - self.critic(fake).mean()
        self.generator_adam.zero_grad()
        generator_loss.backward()
        self.generator_adam.step()
        log = {"negative_critic_loss": -loss, "wasserstein": wasserstein, "penalty": penalty}
        return {name: value.item() for name, value in log.items()}


def take(module: nn.Module, ours: nn.Module) -> None:
    """Copy the weights of a network of ours into its textbook form, whose kernels are (o, i, width)."""
    state, wanted = {}, module.state_dict()
    for (name, value), (like_name, like) in zip(ours.state_dict().items(), wanted.items(), strict=True):
        kernel = like.dim() == 3
        state[like_name] = value.view(like.shape[0], like.shape[2], like.shape[1]).transpose(1, 2) if kernel else value
        if name != like_name:
            raise ValueError(f"{name} stands where {like_name} should.")
    module.load_state_dict(state)
