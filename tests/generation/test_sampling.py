from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formats.errors import InputError
from generation.sampling import load_checkpoint
from generation.training import Run
from tests.generation.songs import small_corpus


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    Run("midi-gan", small_corpus(), "smoke", 1, out, iterations=2).train_to_end()
    return out


def copy(run: Path, to: Path) -> Path:
    to.mkdir()
    for name in ("config.json", "weights.safetensors"):
        (to / name).write_bytes((run / name).read_bytes())
    return to


def test_the_same_seed_gives_the_same_melodies(run: Path) -> None:
    one, two = load_checkpoint(run), load_checkpoint(run)
    assert np.array_equal(one.sample(4, np.random.default_rng(1)), two.sample(4, np.random.default_rng(1)))
    assert (one.name, len(one.sha256)) == ("midi-gan", 64)


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_missing_parts_are_named(run: Path, tmp_path: Path, name: str) -> None:
    folder = copy(run, tmp_path / "run")
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        load_checkpoint(folder)


def test_damaged_weights_are_refused(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path / "run")
    (folder / "weights.safetensors").write_bytes(b"weights")
    with pytest.raises(InputError, match="does not hold weights that fit"):
        load_checkpoint(folder)


def test_weights_of_other_settings_are_refused(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path / "run")
    config = json.loads((folder / "config.json").read_text())
    config["settings"]["latent"] = 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="does not hold weights that fit"):
        load_checkpoint(folder)


def test_an_unknown_model_is_refused(run: Path, tmp_path: Path) -> None:
    folder = copy(run, tmp_path / "run")
    (folder / "config.json").write_text('{"model": "lstm", "settings": {}}')
    with pytest.raises(InputError, match="the known ones are"):
        load_checkpoint(folder)
