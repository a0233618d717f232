"""The training loop: one run folder, resumable at any moment.

A run folder holds ``config.json`` (what was asked), ``log.csv`` (a row every few iterations), ``weights.safetensors``
(the best sampling weights so far, half precision), ``histograms.npz`` (the critic's weights), ``summary.json`` (what
came out) and ``state.pt`` (everything needed to go on). All but the log are written beside and moved into place, so
that a killed process leaves the last good ones; the log is cut back to the state when a run resumes.
"""

from __future__ import annotations

import csv
import io
import json
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor
from tqdm import tqdm

from generation import metrics
from generation.corpus import Corpus
from generation.errors import InputError
from generation.files import write_whole
from generation.melody import REST, Tokens
from generation.networks import network
from generation.networks.midi_gan import MidiGAN

LOG_COLUMNS = [
    "iteration", "epoch", "seconds", "negative_critic_loss", "wasserstein", "wasserstein_validation", "penalty",
    "match_fake", "match_real", "generator_loss", "upc", "gc", "ebr", "ebr_onset", "with_rests", "distance",
]  # fmt: skip
#: One unit of distance from the validation songs, for each clip metric: the gap that docs/models.md calls close.
TOLERANCES = {"upc": 0.3, "gc": 0.03, "ebr_onset": 0.02, "with_rests": 0.1}


@dataclass(frozen=True)
class Profile:
    """How long a run is and how often it writes."""

    iterations: int
    log_every: int
    measure_every: int
    samples: int
    settings: dict[str, Any] = field(default_factory=dict)


PROFILES = {
    "smoke": Profile(iterations=4, log_every=1, measure_every=2, samples=32, settings={"batch_size": 8}),
    "cpu": Profile(iterations=10_000, log_every=50, measure_every=250, samples=500, settings={"batch_size": 32}),
    "full": Profile(iterations=100_000, log_every=100, measure_every=1_000, samples=1_000),
}


class Run:
    """A training run in a folder: starts or resumes it, trains to the end or until it is interrupted."""

    def __init__(
        self, name: str, corpus: Corpus, profile: str, seed: int, out: Path, iterations: int | None = None
    ) -> None:
        self.profile = PROFILES[profile]
        if iterations is not None:
            self.profile = replace(self.profile, iterations=iterations)
        kind = network(name)
        self.settings = kind.settings_type(**self.profile.settings)
        self.out, self.seed = out, seed
        self.train, self.validation = corpus.of("train"), corpus.of("validation")
        self.config = {
            "model": name,
            "settings": asdict(self.settings),
            "profile": profile,
            "seed": seed,
            "corpus": corpus.sha256,
            "source": corpus.source,
        }
        # Saturated soft outputs are full of denormal numbers, which slow a processor fourfold.
        torch.set_flush_denormal(True)
        torch.manual_seed(seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model: MidiGAN = kind(self.settings).to(self.device)
        self.optimisers = self.model.optimisers()
        self.iteration, self.seconds, self.best = 0, 0.0, math.inf
        self._check(corpus.source)
        self.real = clip_metrics(self.validation)

    def _check(self, source: str) -> None:
        """Refuse a corpus that is too small, and a folder that holds another run."""
        if len(self.train) < self.model.segments_per_step or not len(self.validation):
            raise InputError(
                f"{source} has {len(self.train)} training and {len(self.validation)} validation segments; this profile "
                f"needs {self.model.segments_per_step} and 1: add songs."
            )
        config = self.out / "config.json"
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out} is a file: name a folder for the run.")
        if config.is_file():
            if read_json(config) != self.config:
                raise InputError(f"{self.out} holds another run: name a new folder, or repeat that run's own command.")
        elif self.out.exists() and any(self.out.iterdir()):
            raise InputError(f"{self.out} is not empty and holds no run: name a new folder.")

    def start(self) -> None:
        """Make the folder, or load the state it holds and cut the log back to it."""
        self.out.mkdir(parents=True, exist_ok=True)
        write_json(self.out / "config.json", self.config)
        state = self.out / "state.pt"
        if state.is_file():
            self._load(state)
        rows = [row for row in read_log(self.out / "log.csv") if int(row["iteration"]) <= self.iteration]
        log = io.StringIO()
        table = csv.DictWriter(log, LOG_COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        write_whole(self.out / "log.csv", log.getvalue().encode())

    def train_to_end(self, progress: Callable[[str], None] = lambda text: None) -> None:
        """Train until the profile's last iteration. After Ctrl-C a run goes on from the last row of its log."""
        self.start()
        bar = tqdm(total=self.profile.iterations, initial=self.iteration, unit="it", disable=None, delay=2)
        window: list[dict[str, float]] = []
        begun = time.monotonic() - self.seconds
        try:
            while self.iteration < self.profile.iterations:
                window.append(self._step())
                self.seconds = time.monotonic() - begun
                bar.update()
                if self.iteration % self.profile.log_every == 0:
                    row = self._log(window)
                    window = []
                    self.save()
                    progress(" ".join(f"{name}={value:.4g}" for name, value in row.items() if value != ""))
        finally:
            bar.close()
        self.save()
        self.summarise()

    def _step(self) -> dict[str, float]:
        n = self.model.segments_per_step
        chosen = order(self.seed, len(self.train), self.iteration * n, n)
        log = self.model.training_step(torch.from_numpy(self.train[chosen]).to(self.device), self.optimisers)
        if not all(math.isfinite(value) for value in log.values()):
            raise InputError(
                f"The loss is no longer a number at iteration {self.iteration + 1}; {self.out} keeps an earlier state."
            )
        self.iteration += 1
        return log

    def _log(self, window: list[dict[str, float]]) -> dict[str, Any]:
        """Append a row of means over the window, with the clip metrics of fresh samples when they are due."""
        row: dict[str, Any] = {
            name: float(np.mean([log[name] for log in window if name in log])) for name in window[-1]
        }
        row["iteration"] = self.iteration
        row["epoch"] = self.iteration * self.model.segments_per_step / len(self.train)
        row["seconds"] = self.seconds
        row["wasserstein_validation"] = self._validate()
        if self.iteration % self.profile.measure_every == 0:
            row |= self._measure()
        with (self.out / "log.csv").open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, LOG_COLUMNS, lineterminator="\n").writerow(row)
        return row

    def _validate(self) -> float:
        return self.model.wasserstein(torch.from_numpy(self.validation[:256]).to(self.device))

    def _measure(self) -> dict[str, float]:
        """Clip metrics of samples from the sampling weights; keeps the weights if they are the nearest so far."""
        tokens = self.model.sample(self.profile.samples, np.random.default_rng([self.seed, self.iteration]))
        found = clip_metrics(tokens)
        found["distance"] = sum(abs(found[name] - self.real[name]) / unit for name, unit in TOLERANCES.items())
        if found["distance"] < self.best:
            self.best = found["distance"]
            self.save_weights()
        return found

    def save_weights(self) -> None:
        """Write the sampling weights in half precision."""
        state = {name: as_stored(value) for name, value in self.model.sampling_state().items()}
        write_whole(self.out / "weights.safetensors", save(state))

    def save(self) -> None:
        """Write everything that going on needs."""
        state = {
            "iteration": self.iteration,
            "seconds": self.seconds,
            "best": self.best,
            "averaged": self.model.iterations,
            "model": self.model.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }
        content = io.BytesIO()
        torch.save(state, content)
        write_whole(self.out / "state.pt", content.getvalue())

    def _load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:  # torch raises half a dozen kinds for a damaged file
            raise InputError(f"{path} is damaged: remove {self.out} and train again.") from error
        self.iteration, self.seconds, self.best = state["iteration"], state["seconds"], state["best"]
        self.model.iterations = state["averaged"]
        self.model.load_state_dict(state["model"])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        torch.set_rng_state(state["random"].cpu())
        if self.device.type == "cuda":
            torch.cuda.set_rng_state_all([part.cpu() for part in state["random_cuda"]])

    def summarise(self) -> dict[str, Any]:
        """Write summary.json and the histogram of the critic's weights."""
        if not (self.out / "weights.safetensors").is_file():
            self.save_weights()
        weights = torch.cat([value.detach().flatten().cpu() for value in self.model.critic.parameters()]).numpy()
        edges = np.linspace(-0.5, 0.5, 401)
        content = io.BytesIO()
        counts, beyond = np.histogram(weights, edges)[0], np.sum(np.abs(weights) > 0.5)
        np.savez_compressed(content, edges=edges, critic=counts, beyond=beyond)
        write_whole(self.out / "histograms.npz", content.getvalue())
        measured = [row for row in read_log(self.out / "log.csv") if row["distance"]]
        nearest = min(measured, key=lambda row: float(row["distance"]), default=None)
        epochs = self.iteration * self.model.segments_per_step / len(self.train)
        summary = {
            "parameters": sum(value.numel() for value in self.model.parameters() if value.requires_grad),
            "iterations": self.iteration,
            "epochs": round(epochs, 3),
            "seconds": round(self.seconds, 1),
            "seconds_per_epoch": round(self.seconds / epochs, 3) if epochs else None,
            "device": torch.cuda.get_device_name() if self.device.type == "cuda" else processor(),
            "threads": torch.get_num_threads(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
            "corpus": self.config["corpus"],
            "seed": self.seed,
            "validation": self.real,
            "weights": {name: float(value) for name, value in nearest.items() if value} if nearest else None,
        }
        write_json(self.out / "summary.json", summary)
        return summary


def clip_metrics(tokens: Tokens) -> dict[str, float]:
    """Means over clips of the metrics that a run watches."""
    return {
        "upc": float(np.nanmean(metrics.upc(tokens))),
        "gc": float(np.nanmean(metrics.gc(tokens))),
        "ebr": float(np.nanmean(metrics.ebr(tokens))),
        "ebr_onset": float(np.nanmean(metrics.ebr_onset(tokens))),
        "with_rests": float(np.mean((tokens == REST).any(axis=1))),
    }


def order(seed: int, n: int, start: int, count: int) -> NDArray[np.int64]:
    """Which of n segments come at places start … start + count of an endless sequence of shuffled epochs.

    It depends on nothing else, so that a resumed run and every ablation see the same segments in the same order.
    """
    places = np.arange(start, start + count)
    epochs = {int(epoch): np.random.default_rng([seed, int(epoch)]).permutation(n) for epoch in np.unique(places // n)}
    return np.array([epochs[int(place) // n][int(place) % n] for place in places], dtype=np.int64)


def as_stored(value: Tensor) -> Tensor:
    """A tensor as the weights file has it: half precision where it is a floating-point number."""
    value = value.detach().cpu().contiguous()
    return value.half() if value.is_floating_point() else value


def read_log(path: Path) -> list[dict[str, str]]:
    """The rows of a run's log, none where there is none yet. A row torn by a crash is left out."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return [row for row in csv.DictReader(file) if all(row.get(name) is not None for name in LOG_COLUMNS)]


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def read_json(path: Path) -> object:
    """The content of a JSON file, None where it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of JSON that a person can read."""
    write_whole(path, (json.dumps(content, indent=2) + "\n").encode())
