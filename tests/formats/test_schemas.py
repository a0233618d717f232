"""The published JSON Schemas accept what the site accepts."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests import schemas
from tests.factories import make_pack, study_toml


def validator(name: str) -> Any:
    content = json.loads((schemas.FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


def test_schemas_are_those_of_the_models() -> None:
    assert schemas.stale() == [], "run `python -m tests.schemas --update`"


@pytest.mark.parametrize("path", sorted(Path("fixtures/studies").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_study_file_fits_its_schema(path: Path) -> None:
    assert list(validator("study-file.json").iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("maximum = 5", "maximum = 101"),
        ("alpha = 0.05", "alpha = 5"),
        ("alpha = 0.05", ""),
        ("alpha = 0.05", "alpha = 0.05\nbeta = 0.2"),
        ('id = "midi-gan"', 'id = "MIDI GAN"'),
        ("clips_per_system = 3", 'clips_per_system = "three"'),
    ],
)
def test_schema_finds_fault_of_study_file(before: str, after: str) -> None:
    text = study_toml()
    assert before in text
    assert list(validator("study-file.json").iter_errors(tomllib.loads(text.replace(before, after, 1))))


def test_manifest_fits_its_schema(tmp_path: Path) -> None:
    manifest = json.loads((make_pack(tmp_path / "pack") / "manifest.json").read_text(encoding="utf-8"))
    assert list(validator("manifest.json").iter_errors(manifest)) == []
    manifest["clips"][0]["role"] = "spare"
    assert list(validator("manifest.json").iter_errors(manifest))
