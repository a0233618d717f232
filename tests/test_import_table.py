"""Who may import whom: the rooms stay apart, joined by two folders on disk and one ground floor."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEVER = {
    "generation": {"django", "study", "analysis"},
    "study": {"torch", "scipy", "pandas", "matplotlib", "generation", "analysis", "pretty_midi", "soundfile"},
    "analysis": {"django", "torch", "study", "generation"},
}
OURS = {"analysis", "config", "formats", "generation", "study", "tests"}
#: Names of one module, apart from those to which Python's named tuples and Django's models give a meaning.
PRIVATE = re.compile(r"_(?!_|fields$|meta$|state$|base_manager$|default_manager$)\w")
#: What the ground floor is built from, in addition to the standard library.
GROUND_FLOOR = {"formats", "pydantic", "pydantic_core", "rfc8785", "tqdm"}
#: Django finds these two itself; they hold nothing else.
DJANGO_OWN = {"apps.py"}
NUMPY_IN_STUDY = {"design", "blinding", "blinding.py"}
#: The SPSS file is written from a data frame; another test sees that no page imports one.
ALLOWED = {"study/dataset/file_formats.py": {"pandas"}}


def core_files(package: str) -> Iterator[Path]:
    """The package's own modules, without commands and migrations."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).parts
        if parts[0] not in {"management", "migrations"} and not (package != "study" and parts[-1] in DJANGO_OWN):
            yield path


def imported(path: Path) -> set[str]:
    """Top-level names of everything a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def private_names(path: Path) -> set[str]:
    """Names with a leading underscore that a file takes from our other modules."""
    nodes, ours, names = list(ast.walk(ast.parse(path.read_text(encoding="utf-8")))), set(), set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            ours |= {alias.asname or alias.name for alias in node.names}
            names |= {alias.name for alias in node.names if PRIVATE.match(alias.name)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours:
            names |= {node.attr} if PRIVATE.match(node.attr) else set()
    return names


@pytest.mark.parametrize("package", sorted(OURS))
def test_private_names_stay_in_their_module(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = {str(path.relative_to(ROOT)): private_names(path) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("package", NEVER)
def test_no_core_imports_what_its_room_must_not_know(package: str) -> None:
    files = list(core_files(package))
    assert files
    names = {str(path.relative_to(ROOT)): imported(path) & NEVER[package] for path in files}
    assert {name: found for name, found in names.items() if found - ALLOWED.get(name, set())} == {}


def test_ground_floor_imports_nothing_of_ours() -> None:
    known = sys.stdlib_module_names | GROUND_FLOOR
    assert {str(path): imported(path) - known for path in core_files("formats") if imported(path) - known} == {}


def test_in_the_study_only_plans_and_blinding_checks_use_numpy() -> None:
    users = {path.relative_to(ROOT / "study").parts[0] for path in core_files("study") if "numpy" in imported(path)}
    assert users <= NUMPY_IN_STUDY


def test_commands_turn_bad_input_into_their_error_in_one_place() -> None:
    files = [*ROOT.glob("*/management/**/*.py"), *ROOT.glob("config/*.py")]
    assert len(files) > 20
    turned = re.compile(r"except InputError as error:\s+raise CommandError\(error\.words")
    found = [path for path in files if turned.search(path.read_text())]
    assert [str(path.relative_to(ROOT)) for path in found] == ["config/commands.py"]


def test_the_web_process_starts_without_the_heavy_libraries() -> None:
    code = (
        "import os, sys, django\n"
        "os.environ |= {'DJANGO_SETTINGS_MODULE': 'config.settings', 'SECRET_KEY': 50 * 'x'}\n"
        "django.setup()\n"
        "from django.urls import get_resolver, reverse\n"
        "get_resolver().url_patterns, reverse('desk:studies')\n"
        "import config.wsgi\n"
        "print([name for name in ('torch', 'scipy', 'pandas', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_statistics_return_numbers_and_notes_never_words() -> None:
    files = sorted((ROOT / "analysis" / "statistics").rglob("*.py"))
    assert len(files) > 10
    words = re.compile(r"formats\.messages|analysis\.report|N_\(")
    assert [str(path) for path in files if words.search(path.read_text())] == []
