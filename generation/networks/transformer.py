"""A Transformer language model of tokens that plans repetition.

Decoder only, layer norm first, learned positions.

The layers are those of GPT-2 (Radford et al. 2019), as nanoGPT has them, at 192 channels, 6 layers and 6 heads. What
goes in and out of them is that of ``Planned``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from generation.melody import STEPS
from generation.networks.parts import Dropout, attention
from generation.networks.planned import Planned

WIDTH, LAYERS, HEADS = 192, 6, 6


@dataclass(frozen=True)
class Settings:
    """The paper gives none; docs/models.md explains how these were chosen.

    Attributes
    ----------
    batch_size : int
        Segments per step.
    learning_rate, cooling, weight_decay : float
        As in ``Autoregressive``.
    dropout : float
        Of the embeddings, of what each layer adds and of the outputs.
    """

    batch_size: int = 32
    learning_rate: float = 7e-4
    cooling: float = 0.999
    weight_decay: float = 0.1
    dropout: float = 0.25


class Block(nn.Module):
    """Causal self-attention, then two dense layers; each is added to its input.

    Parameters
    ----------
    dropout : float
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.norm1, self.qkv, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.norm2, self.wide = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, past: Tensor | None = None, step: int = 0) -> Tensor:
        """Map (n, steps, 192) to the same shape.

        Parameters
        ----------
        x : tensor of shape (n, steps, 192)
            With ``past`` a single step.
        past : tensor of shape (2, n, heads, 80, 192 / heads), optional
            Keys and values of the earlier steps; those of this step are written into it.
        step : int, default 0
            The number of that single step.

        Returns
        -------
        tensor of shape (n, steps, 192)
        """
        qkv = self.qkv(self.norm1(x)).unflatten(2, (3, HEADS, -1)).transpose(1, 3)
        q, k, v = qkv.unbind(2)
        if past is not None:
            past[0, :, :, step], past[1, :, :, step] = k[:, :, 0], v[:, :, 0]
            k, v = past[:, :, :, : step + 1]
        attended = attention(q, k, v, causal=past is None)
        x = x + self.dropout(self.out(attended.transpose(1, 2).flatten(2)))
        added: Tensor = x + self.dropout(self.narrow(F.gelu(self.wide(self.norm2(x)))))
        return added


class Transformer(Planned):
    """Embeddings of 192 with learned positions, six blocks, planned outputs."""

    settings_type = Settings

    def __init__(self, settings: Settings) -> None:
        super().__init__(WIDTH, WIDTH, settings.dropout)
        self.settings = settings
        self.position = nn.Embedding(STEPS, WIDTH)
        self.blocks = nn.ModuleList(Block(settings.dropout) for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        learnt = {self.after, self.number, self.kind}
        for name, module in self.named_modules():
            if module not in learnt:
                initialise(name, module)

    def encode(self, x: Tensor) -> Tensor:
        x = x + self.position.weight
        for block in self.blocks:
            x = block(x)
        h: Tensor = self.norm(x)
        return h

    def state(self, n: int) -> tuple[Tensor, ...]:
        shape = 2, n, HEADS, STEPS, WIDTH // HEADS
        return tuple(self.temperature.new_zeros(shape) for _ in self.blocks)

    def encode_step(self, x: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        x = (x + self.position.weight[step]).unsqueeze(1)
        for block, past in zip(self.blocks, state, strict=True):
            x = block(x, past, step)
        h: Tensor = self.norm(x.squeeze(1))
        return h


def initialise(name: str, module: nn.Module) -> None:
    """Initialise a module's weights as GPT-2 does (Radford et al. 2019).

    Weights are normal with deviation 0.02, divided by sqrt(2 * LAYERS) in the layers that add to the residual stream;
    biases are zero.

    Parameters
    ----------
    name : str
        Path of the module in the network.
    module : nn.Module
        Changed in place if it is linear or an embedding.
    """
    if isinstance(module, nn.Linear | nn.Embedding):
        adds = name.endswith((".out", ".narrow"))
        nn.init.normal_(module.weight, std=0.02 / math.sqrt(2 * LAYERS) if adds else 0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
