"""What training and sampling ask of a generator; docs/models.md walks through adding one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from generation.melody import Tokens


@dataclass(frozen=True)
class Profile:
    """How long a run is, how often it writes and measures, and when it gives up.

    ``patience`` is the number of measurements without a better one after which a run ends; None runs to the end.
    """

    iterations: int
    log_every: int
    measure_every: int
    samples: int = 500
    patience: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Network(nn.Module, ABC):
    """A generator: its layers, the loss and update of one training step, and how melodies are drawn from it.

    Settings are a frozen dataclass with at least ``batch_size`` and ``learning_rate``.
    """

    settings_type: ClassVar[type[Any]]
    #: Named departures from the settings, for ablations: ``train MODEL --variant NAME``.
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    #: The columns of the log that training_step and validate fill, in order.
    columns: ClassVar[tuple[str, ...]] = ("nll", "nll_validation")
    #: The column by which weights are kept, smaller is better: one of the above, or "distance" of the clip metrics.
    kept_by: ClassVar[str] = "nll_validation"
    #: Sampling temperatures among which a run chooses on the validation songs; needs a buffer ``temperature``.
    temperatures: ClassVar[tuple[float, ...]] = ()
    profiles: ClassVar[Mapping[str, Profile]] = {
        "smoke": Profile(4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
        "cpu": Profile(20_000, log_every=50, measure_every=100, patience=20),
        "full": Profile(40_000, log_every=50, measure_every=100, patience=40),
    }

    settings: Any

    @property
    def segments_per_step(self) -> int:
        """How many training segments one step takes, over all processes."""
        return int(self.settings.batch_size)

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """By name; fused, as training on a processor spends much of its time here otherwise."""
        return {"all": torch.optim.Adam(self.parameters(), self.settings.learning_rate, fused=True)}

    @abstractmethod
    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """One update on this process's share of a step's tokens, int8 (segments_per_step / processes, 80)."""

    @abstractmethod
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Figures of held-out tokens (n, 80), without gradients; the module may be in training mode when called."""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw legal tokens (n, 80); all randomness comes from ``rng``."""

    def sampling_state(self) -> dict[str, Tensor]:
        """The tensors that sampling needs: what the weights file holds."""
        return dict(self.state_dict())

    def load_sampling_state(self, state: dict[str, Tensor]) -> None:
        """Take tensors that sampling_state gave."""
        self.load_state_dict(state)

    def histogram_weights(self) -> Tensor:
        """The weights, flat, whose histogram a run keeps: all of them."""
        return torch.cat([value.detach().flatten() for value in self.parameters()])
