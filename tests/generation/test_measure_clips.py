from __future__ import annotations

import csv
import json
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from generation import metrics
from generation.corpus import save_corpus
from generation.management import cli
from generation.melody import to_pretty_midi
from generation.networks.reference import Reference, Settings
from generation.sampling import load_reference
from tests.generation.songs import random_tokens, small_corpus

TOKENS = random_tokens(6, seed=40)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clips, a corpus and an untrained reference model."""
    room = tmp_path_factory.mktemp("room")
    for name in ("clips", "reference"):
        (room / name).mkdir()
    for number, midi in enumerate(to_pretty_midi(TOKENS)):
        midi.write(str(room / "clips" / f"clip{number}.mid"))
    save_corpus(small_corpus(), room / "corpus.npz")
    torch.manual_seed(0)
    save_file(Reference(Settings()).sampling_state(), room / "reference" / "weights.safetensors")
    config = {"model": "reference", "settings": asdict(Settings())}
    (room / "reference" / "config.json").write_text(json.dumps(config))
    return room


@pytest.fixture(autouse=True)
def _nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "REFERENCE", tmp_path / "none")


def measured(room: Path, out: Path, *arguments: str) -> tuple[list[dict[str, str]], str, str]:
    said, warned = StringIO(), StringIO()
    call_command(
        "measure_clips", str(room / "clips"), "--out", str(out / "m.csv"), *arguments, stdout=said, stderr=warned
    )
    with (out / "m.csv").open(newline="") as file:
        return list(csv.DictReader(file)), said.getvalue(), warned.getvalue()


SHORT_NOTES = "long_on_bar is empty for 1 of 6 clips: they have no note of six sixteenths or more.\n"


def test_without_a_reference_model_perplexity_is_empty_and_it_is_said_why(room: Path, tmp_path: Path) -> None:
    rows, said, warned = measured(room, tmp_path)
    assert [row["ppl"] for row in rows] == [""] * 6
    assert "6 clips measured" in said
    assert warned == (
        SHORT_NOTES + "ppl is empty for 6 of 6 clips: name a reference model to read them with (--reference).\n"
    )


def test_with_a_reference_model_each_clip_has_its_perplexity(room: Path, tmp_path: Path) -> None:
    rows, _, warned = measured(room, tmp_path, "--reference", str(room / "reference"))
    expected = metrics.clip_perplexity(load_reference(room / "reference"), TOKENS)
    assert np.allclose([float(row["ppl"]) for row in rows], expected, atol=1e-4)
    assert warned == SHORT_NOTES


def test_the_shipped_reference_model_is_used_unless_another_is_named(
    room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "REFERENCE", room / "reference")
    rows, _, _ = measured(room, tmp_path)
    assert all(row["ppl"] for row in rows)


def test_with_a_corpus_copies_show_beside_held_out_songs(room: Path, tmp_path: Path) -> None:
    rows, said, _ = measured(room, tmp_path, "--corpus", str(room / "corpus.npz"))
    found = metrics.memorisation(TOKENS, small_corpus())
    assert [float(row["longest_shared"]) for row in rows] == found.longest_shared.tolist()
    assert {row["duplicate"] for row in rows} == {"0"}
    songs = metrics.memorisation(metrics.held_out(small_corpus()), small_corpus()).figures()
    (line,) = (line.split() for line in said.splitlines() if line.startswith("longest_shared_mean"))
    assert line[1:] == [f"{found.figures()['longest_shared_mean']:.3f}", f"{songs['longest_shared_mean']:.3f}"]


def test_features_are_written_as_arrays(room: Path, tmp_path: Path) -> None:
    measured(room, tmp_path, "--features", str(tmp_path / "f.npz"))
    with np.load(tmp_path / "f.npz") as arrays:
        assert arrays["clip_id"].tolist() == [f"clip{number}" for number in range(6)]
        for name, values in metrics.features(TOKENS).items():
            assert np.array_equal(arrays[name], values, equal_nan=True)


@pytest.mark.parametrize(
    ("option", "place", "sentence"),
    [("--reference", "nowhere", "is missing"), ("--corpus", "nowhere.npz", "does not exist")],
)
def test_what_is_not_there_is_named_and_nothing_written(
    room: Path, tmp_path: Path, option: str, place: str, sentence: str
) -> None:
    with pytest.raises(CommandError, match=f"{place}.*{sentence}"):
        measured(room, tmp_path, option, str(tmp_path / place))
    assert not (tmp_path / "m.csv").exists()
