"""JSON Schemas of the files that others write too; `python -m tests.schemas --update` generates them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pydantic import BaseModel

from formats import results
from formats.dataset import Description
from formats.pack import Manifest
from formats.report import ReportFile
from formats.study_file import StudyFile

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas"
MODELS: dict[str, type[BaseModel]] = {
    "study-file.json": StudyFile,
    "manifest.json": Manifest,
    "dataset-description.json": Description,
    "report.json": ReportFile,
    **{f"results/{command.replace(' --', '-')}.json": model for command, model in results.OF_COMMAND.items()},
}


def schema(name: str) -> str:
    """A schema as it is kept in the folder."""
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **MODELS[name].model_json_schema(by_alias=True),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def stale() -> list[str]:
    """The files that differ from the models."""
    kept = {name: FOLDER / name for name in MODELS}
    return [name for name, path in kept.items() if not path.is_file() or path.read_text("utf-8") != schema(name)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write them")
    if parser.parse_args().update:
        for name in MODELS:
            (FOLDER / name).write_text(schema(name), encoding="utf-8")
    found = stale()
    print("\n".join(f"{name} differs from its model" for name in found) or "The schemas fit their models.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
