"""Trained weights to melodies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load

from formats.errors import InputError
from formats.files import sha256
from generation.melody import Tokens
from generation.metrics.likelihood import Reference, one_thread
from generation.networks import REFERENCE, network
from generation.networks.contract import Network


@dataclass(frozen=True)
class Checkpoint:
    """A generator ready to sample, and the hash of the weights it has."""

    name: str
    sha256: str
    model: Network

    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        """Tokens (n, 80); the same generator state gives the same melodies on the same machine."""
        with one_thread():
            return self.model.sample(n, rng)


def load_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a run folder or in fixtures/checkpoints. Raises InputError where it cannot be used."""
    config, weights = folder / "config.json", folder / "weights.safetensors"
    for path in (config, weights):
        if not path.is_file():
            raise InputError(
                "%(path)s is missing: train a model into this folder first (`manage.py train --help`).", path=path
            )
    try:
        description = json.loads(config.read_text(encoding="utf-8"))
        kind = network(description["model"])
        model = kind(kind.settings_type(**description["settings"]))
        data = weights.read_bytes()
        state = load(data)
        model.load_sampling_state(
            {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
        )
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(
            "%(folder)s does not hold weights that fit its config.json: train this model again.", folder=folder
        ) from error
    return Checkpoint(description["model"], sha256(data), model.eval())


def load_reference(folder: Path) -> Reference:
    """The reference model in a run folder or in fixtures/checkpoints/reference. Raises InputError for any other."""
    checkpoint = load_checkpoint(folder)
    if checkpoint.name != REFERENCE:
        raise InputError(
            "%(folder)s holds %(name)s: name a run of `manage.py train %(reference)s`.",
            folder=folder,
            name=checkpoint.name,
            reference=REFERENCE,
        )
    return cast(Reference, checkpoint.model)
