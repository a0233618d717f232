"""The files of a run folder: read, written whole, and forgiving where a crash tore the log."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from formats.files import write_atomically

#: Bins of the weights' histograms: wide for all weights, fine about the bound of a clipped critic.
WIDE, FINE = np.linspace(-0.5, 0.5, 401), np.linspace(-0.02, 0.02, 401)


def read_log(path: Path) -> list[dict[str, str]]:
    """The rows of a run's log, none where there is none yet. A row torn by a crash is left out."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        table = csv.DictReader(file)
        return [row for row in table if all(row.get(name) is not None for name in table.fieldnames or ["iteration"])]


def write_log(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A fresh log of these rows."""
    content = io.StringIO()
    table = csv.DictWriter(content, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_atomically(path, content.getvalue().encode())


def append_log(path: Path, columns: Sequence[str], row: Mapping[str, Any]) -> None:
    """One more row."""
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerow(row)


def read_json(path: Path) -> object:
    """The content of a JSON file, None where it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of JSON that a person can read."""
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())


def write_histograms(path: Path, weights: Tensor) -> None:
    """Counts of weights in both sets of bins, and how many lie beyond the wide ones."""
    values = weights.detach().cpu().numpy()
    content = io.BytesIO()
    wide, fine = (np.histogram(values, edges)[0] for edges in (WIDE, FINE))
    beyond = np.sum(np.abs(values) > WIDE[-1])
    np.savez_compressed(content, wide=wide, wide_edges=WIDE, fine=fine, fine_edges=FINE, beyond=beyond)
    write_atomically(path, content.getvalue())


def machine(device: torch.device) -> str:
    """The name of what trained: the graphics card, or the processor where the system tells it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
