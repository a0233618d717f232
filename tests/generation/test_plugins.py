"""A package that is installed beside ours brings a metric and a generator."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from formats.errors import InputError
from formats.pack import read_manifest
from generation import metrics, networks
from generation.corpus import save_corpus
from tests.generation.songs import small_corpus, walk, write_song

ROOT = Path(settings.BASE_DIR)


def install(folder: Path, source: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(source)], check=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The example package; its generator is the one of docs/models.md."""
    folder = tmp_path / "source"
    shutil.copytree(ROOT / "tests" / "example_package", folder)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "models.md").read_text("utf-8"), re.DOTALL)
    (folder / "example_laboratory" / "bigram.py").write_text(code, encoding="utf-8")
    return folder


def test_a_packages_metric_and_generator_are_used(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", source)
    monkeypatch.syspath_prepend(tmp_path / "site")
    write_song(tmp_path / "songs" / "1.mid", walk(24))
    call_command("measure_clips", str(tmp_path / "songs"), "--out", str(tmp_path / "m.csv"))
    (row,) = csv.DictReader((tmp_path / "m.csv").read_text("utf-8").splitlines())
    assert row["semitones"] == "0"  # pentatonic
    assert "bigram" in networks.systems()

    corpus, run, pack = tmp_path / "corpus.npz", tmp_path / "run", tmp_path / "pack"
    save_corpus(small_corpus(), corpus)
    call_command("train", "bigram", corpus=corpus, profile="smoke", out=run)
    drawn = ["--systems", "bigram", "--run", str(run), "--corpus", str(corpus), "--clips-per-system", "2"]
    call_command("generate_stimuli", *drawn, "--out", str(pack))
    call_command("check_pack", str(pack))
    assert {clip.system for clip in read_manifest(pack).clips if clip.role == "study"} == {"bigram"}


def test_a_packages_name_that_exists_already_is_refused(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = source / "pyproject.toml"
    text = project.read_text("utf-8").replace("semitones =", "gc =").replace("bigram =", "midi-gan =")
    project.write_text(text, encoding="utf-8")
    install(tmp_path / "site", source)
    monkeypatch.syspath_prepend(tmp_path / "site")
    with pytest.raises(InputError, match="example-laboratory provides 'gc' for mukulen.metrics"):
        metrics.other_metrics()
    with pytest.raises(InputError, match="example-laboratory provides 'midi-gan' for mukulen.systems"):
        networks.systems()
