"""The training loop: one run folder, resumable at any moment, by one process or several (torchrun).

A run folder holds ``config.json`` (what was asked), ``log.csv`` (a row every few iterations), ``weights.safetensors``
(the best sampling weights so far, half precision), ``histograms.npz`` (the critic's weights), ``summary.json`` (what
came out) and ``state.pt`` (everything needed to go on). All but the log are written beside and moved into place, so
that a killed process leaves the last good ones; the log is cut back to the state when a run resumes.
"""

from __future__ import annotations

import fcntl
import io
import math
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import Tensor

from formats.errors import InputError, Message
from formats.files import sha256_of, write_atomically
from formats.progress import bar
from generation.corpus import Corpus
from generation.networks import network
from generation.networks.parts import share
from generation.run_folder import append_log, machine, read_json, read_log, write_histograms, write_json, write_log
from generation.sampling import load_reference
from generation.validation import COLUMNS, ValidationSet, convergence


class Run:
    """A training run in a folder: starts or resumes it, trains to the end or until it is interrupted."""

    def __init__(
        self,
        name: str,
        corpus: Corpus,
        profile: str,
        seed: int,
        out: Path,
        iterations: int | None = None,
        variant: str = "",
        reference: Path | None = None,
    ) -> None:
        kind = network(name)
        if variant and variant not in kind.variants:
            known = ", ".join(kind.variants) or Message("none")
            raise InputError(
                "There is no variant %(variant)r of %(name)s: the known ones are %(known)s.",
                variant=variant,
                name=name,
                known=known,
            )
        self.profile = kind.profiles[profile]
        if iterations is not None:
            self.profile = replace(self.profile, iterations=iterations)
        self.settings = kind.settings_type(**{**self.profile.settings, **kind.variants.get(variant, {})})
        self.out, self.seed = out, seed
        self.train, self.validation = corpus.of("train"), corpus.of("validation")
        self.config = {
            "model": name,
            "variant": variant,
            "settings": asdict(self.settings),
            "profile": profile,
            "seed": seed,
            "corpus": corpus.sha256,
            "source": corpus.source,
            "reference": sha256_of(reference / "weights.safetensors") if reference else None,
        }
        self.columns = ["iteration", "epoch", "seconds", *kind.columns, *COLUMNS]
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(seed)
        self.model = kind(self.settings).to(self.device)
        # Once more, so that a variant with other layers trains on the same random numbers.
        torch.manual_seed(seed)
        self.optimisers = self.model.optimisers()
        self.iteration, self.seconds, self.best, self.stale = 0, 0.0, math.inf, 0
        self._check(corpus.source)
        self.yardstick = ValidationSet(self.validation, load_reference(reference) if reference else None)

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes."""
        return share()[0] == 0

    @property
    def ended(self) -> bool:
        """Whether the last iteration is done, or the weights have not become better for too long."""
        patience = self.profile.patience
        return self.iteration >= self.profile.iterations or (patience is not None and self.stale >= patience)

    def _check(self, source: str) -> None:
        """Refuse a corpus that is too small, and a folder that holds another run."""
        if len(self.train) < self.model.segments_per_step or not len(self.validation):
            raise InputError(
                "%(source)s has %(train)s training and %(validation)s validation segments; this "
                "profile needs %(segments_per_step)s and 1: add songs.",
                source=source,
                train=len(self.train),
                validation=len(self.validation),
                segments_per_step=self.model.segments_per_step,
            )
        if self.settings.batch_size % share()[1]:
            raise InputError(
                "%(processes)s processes cannot share a batch of %(batch_size)s equally.",
                processes=share()[1],
                batch_size=self.settings.batch_size,
            )
        config = self.out / "config.json"
        if self.out.exists() and not self.out.is_dir():
            raise InputError("%(out)s is a file: name a folder for the run.", out=self.out)
        if config.is_file():
            if read_json(config) != self.config:
                raise InputError(
                    "%(out)s holds another run: name a new folder, or repeat that run's own command.", out=self.out
                )
        elif self.out.exists() and any(self.out.iterdir()):
            raise InputError("%(out)s is not empty and holds no run: name a new folder.", out=self.out)
        if share()[1] > 1:
            dist.barrier()  # nobody may write before everybody has looked

    def start(self) -> None:
        """Make the folder, or load the state it holds and cut the log back to it."""
        if self.leads:
            self.out.mkdir(parents=True, exist_ok=True)
            self._lock()
        state = self.out / "state.pt"
        if state.is_file():
            self._load(state)
        if self.leads:
            write_json(self.out / "config.json", self.config)
            log = self.out / "log.csv"
            kept = [row for row in read_log(log) if int(row["iteration"]) <= self.iteration]
            write_log(log, self.columns, kept)

    def _lock(self) -> None:
        """Keep other runs out of the folder for as long as this process lives."""
        self.lock = (self.out / ".lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                "%(out)s is being trained by another process: wait for it, or stop it.", out=self.out
            ) from error

    def train_to_end(self, progress: Callable[[str], None] = lambda text: None) -> None:
        """Train until the run ends. After Ctrl-C a run goes on from the last row of its log."""
        self.start()
        steps = bar(
            total=self.profile.iterations,
            initial=self.iteration,
            unit="it",
            disable=None if self.leads else True,
        )
        window: list[dict[str, float]] = []
        begun = time.monotonic() - self.seconds
        # Saturated soft outputs are full of denormal numbers, which slow a processor fourfold.
        torch.set_flush_denormal(True)
        try:
            while not self.ended:
                window.append(self._step())
                self.seconds = time.monotonic() - begun
                steps.update()
                if self.iteration % self.profile.log_every == 0:
                    row = self._log(window)
                    window = []
                    self.save()
                    # A row of log.csv under the names of its columns: data, the same in every language.
                    progress(" ".join(f"{name}={value:.4g}" for name, value in row.items() if value != ""))
        finally:
            torch.set_flush_denormal(False)
            steps.close()
        self.save()
        if self.leads:
            self.summarise()
            self.lock.close()

    def _step(self) -> dict[str, float]:
        n, batch = self.model.segments_per_step, self.settings.batch_size
        chosen = order(self.seed, len(self.train), self.iteration * n, n)
        rank, world = share()
        own = chosen.reshape(-1, world, batch // world)[:, rank].reshape(-1)
        log = self.model.training_step(torch.from_numpy(self.train[own]).to(self.device), self.optimisers)
        if not all(math.isfinite(value) for value in log.values()):
            raise InputError(
                "The loss is no longer a number at iteration %(iteration)s; %(out)s keeps an earlier state.",
                iteration=self.iteration + 1,
                out=self.out,
            )
        self.iteration += 1
        return log

    def _log(self, window: list[dict[str, float]]) -> dict[str, Any]:
        """Append a row of means over the window, with the figures of fresh samples when they are due."""
        row: dict[str, Any] = {
            "iteration": self.iteration,
            "epoch": self.iteration * self.model.segments_per_step / len(self.train),
            "seconds": self.seconds,
        }
        row |= {name: float(np.mean([log[name] for log in window if name in log])) for name in window[-1]}
        row |= self.model.validate(torch.from_numpy(self.validation).to(self.device))
        if self.iteration % self.profile.measure_every == 0:
            tokens = self.model.sample(self.profile.samples, np.random.default_rng([self.seed, self.iteration]))
            row |= self.yardstick.measure(tokens)
            if self.iteration > self.model.kept_after:
                self._keep(row[self.model.kept_by])
        if self.leads:
            append_log(self.out / "log.csv", self.columns, row)
        return row

    def _keep(self, criterion: float) -> None:
        """Keep the weights if they are the best so far."""
        self.stale += 1
        if criterion < self.best:
            self.best, self.stale = criterion, 0
            self.save_weights()

    def save_weights(self) -> None:
        """Write the sampling weights in half precision."""
        if self.leads:
            state = {name: as_stored(value) for name, value in self.model.sampling_state().items()}
            write_atomically(self.out / "weights.safetensors", save(state))

    def save(self) -> None:
        """Write everything that going on needs."""
        if not self.leads:
            return
        state = {
            "iteration": self.iteration,
            "seconds": self.seconds,
            "best": self.best,
            "stale": self.stale,
            "model": self.model.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }
        content = io.BytesIO()
        torch.save(state, content)
        write_atomically(self.out / "state.pt", content.getvalue())

    def _load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:  # torch raises half a dozen kinds for a damaged file
            raise InputError("%(path)s is damaged: remove %(out)s and train again.", path=path, out=self.out) from error
        self.iteration, self.seconds, self.best, self.stale = (
            state[name] for name in ("iteration", "seconds", "best", "stale")
        )
        self.model.load_state_dict(state["model"])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        torch.set_rng_state(state["random"].cpu())
        if self.device.type == "cuda":
            torch.cuda.set_rng_state_all([part.cpu() for part in state["random_cuda"]])

    def summarise(self) -> dict[str, Any]:
        """Choose how to sample, and write summary.json and the weights' histograms."""
        write_histograms(self.out / "histograms.npz", self.model.histogram_weights())
        if not (self.out / "weights.safetensors").is_file():
            self.save_weights()
        log = read_log(self.out / "log.csv")
        measured = [row for row in log if row["distance"]]
        finished = [row for row in measured if int(row["iteration"]) > self.model.kept_after]
        kept = min(finished, key=lambda row: float(row[self.model.kept_by]), default=None)
        epochs = self.iteration * self.model.segments_per_step / len(self.train)
        criterion = [float(row[self.model.kept_by]) for row in measured]
        summary = {
            "parameters": sum(value.numel() for value in self.model.parameters() if value.requires_grad),
            "iterations": self.iteration,
            "epochs": round(epochs, 3),
            "convergence_epoch": convergence([float(row["epoch"]) for row in measured], criterion),
            "seconds": round(self.seconds, 1),
            "seconds_per_epoch": round(self.seconds / epochs, 3) if epochs else None,
            "device": machine(self.device),
            "processes": share()[1],
            "threads": torch.get_num_threads(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
            "corpus": self.config["corpus"],
            "seed": self.seed,
            "validation": self.yardstick.real,
            "kept_by": self.model.kept_by,
            "weights": {name: float(value) for name, value in kept.items() if value} if kept else None,
            **self._choose_sampling(),
        }
        write_json(self.out / "summary.json", summary)
        return summary

    def _choose_sampling(self) -> dict[str, dict[str, dict[str, float]]]:
        """Choose novelty and temperature where the network has them, of the weights kept, and store them."""
        if not self.model.temperatures:
            return {"temperatures": {}}
        stored = load_file(self.out / "weights.safetensors")
        self.model.load_sampling_state({name: as_used(value) for name, value in stored.items()})
        novelties = self.yardstick.choose_novelty(self.model, self.profile.samples, self.seed)
        temperatures = self.yardstick.choose_temperature(self.model, self.profile.samples, self.seed)
        self.save_weights()
        return {**({"novelties": novelties} if novelties else {}), "temperatures": temperatures}


@contextmanager
def processes() -> Iterator[None]:
    """Joins the other processes of torchrun, where it started this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


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


def as_used(value: Tensor) -> Tensor:
    """A tensor of the weights file as a network computes with it."""
    return value.float() if value.is_floating_point() else value
