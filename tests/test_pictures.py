from __future__ import annotations

import csv
import tomllib

from tests.pictures import DATA, PICTURES, ROOT, shown


def test_committed_pictures_are_those_that_docs_show() -> None:
    assert {path.name for path in PICTURES.iterdir()} == {*shown(), DATA}


def test_picture_of_the_means_shows_the_systems_of_the_demo() -> None:
    study = tomllib.loads((ROOT / "fixtures" / "studies" / "daur.toml").read_text(encoding="utf-8"))
    with (PICTURES / DATA).open(encoding="utf-8", newline="") as file:
        drawn = {row["system"] for row in csv.DictReader(file) if row["system"]}  # the last row marks simulated ratings
    assert drawn == {system["id"] for system in study["systems"]}
