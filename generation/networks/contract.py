"""The interface of a generator for training and sampling.

docs/models.md shows how to add one.
"""

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
    """Length of a training run and how often it logs and measures.

    Attributes
    ----------
    iterations : int
        Training steps.
    log_every, measure_every : int
        Training steps between two rows of the log and between two measurements.
    samples : int, default 500
        Clips drawn for each measurement.
    patience : int, optional
        Measurements without an improvement after which a run ends; None: it does not end early.
    settings : mapping
        Values that replace those of the network's settings.
    """

    iterations: int
    log_every: int
    measure_every: int
    samples: int = 500
    patience: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Network(nn.Module, ABC):
    """A generator: its layers, the update of a training step, and sampling.

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
    #: What may be added to the logit of a new half bar, chosen before the temperature; needs a buffer ``novelty``.
    novelties: ClassVar[tuple[float, ...]] = ()
    profiles: ClassVar[Mapping[str, Profile]] = {
        "smoke": Profile(4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
        "cpu": Profile(20_000, log_every=50, measure_every=100, patience=20),
        "full": Profile(40_000, log_every=50, measure_every=100, patience=40),
    }

    settings: Any

    @property
    def segments_per_step(self) -> int:
        """Number of training segments that one step takes, over all processes."""
        return int(self.settings.batch_size)

    @property
    def kept_after(self) -> int:
        """Iteration after which weights may be kept.

        More than 0 where a training begins with other stages.
        """
        return 0

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Create the optimisers.

        They are fused: training on a processor spends much of its time here otherwise.

        Returns
        -------
        dict of str to Optimizer
        """
        return {"all": torch.optim.Adam(self.parameters(), self.settings.learning_rate, fused=True)}

    @abstractmethod
    def training_step(self, tokens: Tensor, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """Update the weights once.

        Parameters
        ----------
        tokens : int8 tensor of shape (segments_per_step / processes, 80)
            This process's share of a step's segments.
        optimisers : dict of str to Optimizer
            What ``optimisers`` created.

        Returns
        -------
        dict of str to float
            Values for the log, by column.
        """

    @abstractmethod
    def validate(self, tokens: Tensor) -> dict[str, float]:
        """Compute figures of held-out segments, without gradients.

        The module may be in training mode when this is called.

        Parameters
        ----------
        tokens : int8 tensor of shape (n, 80)

        Returns
        -------
        dict of str to float
            Values for the log, by column.
        """

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Draw melodies.

        Parameters
        ----------
        n : int
        rng : np.random.Generator
            All randomness comes from it.

        Returns
        -------
        int8 array of shape (n, 80)
            Legal tokens.
        """

    def sampling_state(self) -> dict[str, Tensor]:
        """Collect the tensors that sampling needs: the content of a weights file.

        Returns
        -------
        dict of str to tensor
        """
        return dict(self.state_dict())

    def load_sampling_state(self, state: dict[str, Tensor]) -> None:
        """Load tensors that ``sampling_state`` returned."""
        self.load_state_dict(state)

    def histogram_weights(self) -> Tensor:
        """Collect the weights of which a run keeps a histogram: all parameters.

        Returns
        -------
        tensor of shape (number of weights,)
        """
        return torch.cat([value.detach().flatten() for value in self.parameters()])
