"""Generators without a network, for tests of what is made of their melodies."""

from __future__ import annotations

import numpy as np

from generation.melody import Tokens
from tests.generation.songs import random_tokens


class Babbler:
    """A generator without a network: legal random melodies."""

    sha256 = "0" * 64

    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        return random_tokens(n, seed=int(rng.integers(2**32)))


class Reciter:
    """A generator that gives the same melodies over and over."""

    sha256 = "1" * 64

    def __init__(self, *melodies: Tokens) -> None:
        self.melodies = np.stack(melodies)

    def sample(self, n: int, rng: np.random.Generator) -> Tokens:
        return self.melodies[np.arange(n) % len(self.melodies)]
