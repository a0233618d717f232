"""The reference model behind PPL: a small LSTM that is told the place in the bar.

It judges the clips of the generators and of the real songs alike, so it is none of the generators that it judges.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from generation.melody import REST, STEPS, STEPS_PER_BAR, VOCABULARY
from generation.networks.autoregressive import BEGIN, CHUNK, TokenByToken, evaluation_mode
from generation.networks.parts import Dropout


@dataclass(frozen=True)
class Settings:
    """Small enough for a few minutes of training; docs/models.md explains them.

    Attributes
    ----------
    batch_size : int
        Segments per step.
    learning_rate, cooling, weight_decay : float
        As in ``Autoregressive``.
    dropout : float
        Of the inputs and outputs of the LSTM.
    """

    batch_size: int = 64
    learning_rate: float = 3e-3
    cooling: float = 0.9993
    weight_decay: float = 0.01
    dropout: float = 0.3


class Reference(TokenByToken):
    """LSTM of 128 units over the previous token and the place in the bar.

    The embeddings have 64 numbers for the token and 16 for the sixteenth in the bar.
    """

    settings_type = Settings
    places: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.token, self.place = nn.Embedding(VOCABULARY + 1, 64), nn.Embedding(STEPS_PER_BAR, 16)
        self.lstm, self.end = nn.LSTM(64 + 16, 128, batch_first=True), nn.Linear(128, VOCABULARY)
        self.dropout = Dropout(settings.dropout)
        self.register_buffer("places", torch.arange(STEPS) % STEPS_PER_BAR, persistent=False)

    def forward(self, before: Tensor) -> Tensor:
        logits: Tensor = self.end(self.dropout(self.hidden(before)))
        return logits

    def hidden(self, before: Tensor) -> Tensor:
        """Compute the hidden states from which each token is predicted.

        Parameters
        ----------
        before : int64 tensor of shape (n, 80)
            The token before each step.

        Returns
        -------
        tensor of shape (n, 80, 128)
        """
        place = self.place(self.places).expand(len(before), -1, -1)
        h: Tensor = self.lstm(self.dropout(torch.cat([self.token(before), place], dim=2)))[0]
        return h

    @torch.no_grad()
    def states(self, tokens: Tensor) -> Tensor:
        """Embed each melody as the mean of its hidden states over the steps.

        A melody's row depends on that melody alone, in any batch.

        Parameters
        ----------
        tokens : integer tensor of shape (n, 80)

        Returns
        -------
        float32 tensor of shape (n, 128)
        """
        before = F.pad(tokens[:, :-1].long(), (1, 0), value=BEGIN)
        # Always whole chunks: the last digits of a matrix product depend on its number of rows.
        whole = F.pad(before, (0, 0, 0, -len(before) % CHUNK), value=REST)
        with evaluation_mode(self):
            found = [self.hidden(part).mean(dim=1) for part in torch.split(whole, CHUNK)]
        return torch.cat(found)[: len(tokens)] if len(tokens) else self.temperature.new_empty(0, self.lstm.hidden_size)

    def state(self, n: int) -> tuple[Tensor, ...]:
        zeros = self.temperature.new_zeros(2, 1, n, 128)
        return zeros[0], zeros[1]

    def next_logits(self, before: Tensor, step: int, state: tuple[Tensor, ...]) -> Tensor:
        place = self.place(self.places[step]).expand(len(before), -1)
        h, after = self.lstm(torch.cat([self.token(before), place], dim=1).unsqueeze(1), state)
        for old, new in zip(state, after, strict=True):
            old.copy_(new)
        logits: Tensor = self.end(h.squeeze(1))
        return logits
