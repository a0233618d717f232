"""The reference says what the code has: commands, settings, keys, and how to cite it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

from tests import reference, schemas

ROOT = Path(__file__).resolve().parent.parent


def test_command_reference_fits_the_commands() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run `make reference`"


def test_every_argument_of_a_command_has_a_meaning() -> None:
    assert re.findall(r"^\| (`[^`]*`) +\| +\|$", reference.page(), re.MULTILINE) == []


def test_every_setting_is_documented() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "config").glob("*.py"))
    settings = set(re.findall(r'env_\w+\("([A-Z_]+)"', code))
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")))
    assert len(settings) > 8
    assert settings - documented == set()


def keys(part: Any) -> Iterator[str]:
    """The keys of a JSON Schema's objects, at every depth."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for value in part.values():
            yield from keys(value)
    elif isinstance(part, list):
        for value in part:
            yield from keys(value)


def test_every_key_of_the_study_file_is_documented() -> None:
    known = set(keys(json.loads(schemas.schema("study-file.json"))))
    pages = "".join(
        (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("study-file.md", "compare-pairs.md")
    )
    assert len(known) > 40
    assert {key for key in known if not re.search(rf"\b{key}\b", pages)} == set()


def test_citation_names_the_version_and_the_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (?!Unreleased)(.+)", changes, re.MULTILINE)[0]
    assert released == f"{citation['version']} – {citation['date-released']}"
    # The schema of the Citation File Format 1.2.0 as `cffconvert` ships it, which needs an old jsonschema (CC BY 4.0).
    schema = json.loads((ROOT / "tests" / "citation-1.2.0.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft7Validator(schema).iter_errors(citation)] == []
