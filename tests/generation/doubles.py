"""Training in double precision, so that runs which add up in another order can be compared closely.

In single precision such a comparison measures the processor: Adam divides the first steps of nearly dead weights by
gradients as small as their rounding, so two correct runs differ by whatever the kernels round. In double precision the
rounding is 2**29 times smaller, and a bound far above it is still far below any real difference.

As a program (``python -m tests.generation.doubles train ...``) it is manage.py with this switched on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from generation.networks import parts

from_numpy = torch.from_numpy


def widened(array: Any) -> Tensor:
    """A tensor of the array, its floating-point numbers as doubles."""
    tensor = from_numpy(array)
    return tensor.double() if tensor.is_floating_point() else tensor


@contextmanager
def in_doubles() -> Iterator[None]:
    """Computes everything in double precision: what the networks make, receive and convert."""
    single = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with (
            patch.object(Tensor, "float", Tensor.double),
            patch.object(torch, "from_numpy", widened),
            patch.object(parts, "bf16_pays", lambda device: False),
        ):
            yield
    finally:
        torch.set_default_dtype(single)


if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with in_doubles():
        execute_from_command_line(sys.argv)
