"""The verifier of one file: it confirms a dataset as exported, and no edit escapes it."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from study import dataset, services
from study.dataset import file_formats, verify
from study.models import Study
from study.simulation import simulate
from tests.factories import make_study
from tests.study.test_dataset import LONG, rated_study, unseal

SCRIPT = Path(verify.__file__)
#: Random edits of each kind; `make fuzz` sets FUZZ to 10,000.
EDITS = int(os.environ.get("FUZZ", "300"))
Files = dict[str, bytes]


@pytest.fixture(params=["sealed", "unsealed"])
def study(request: pytest.FixtureRequest, tmp_path: Path, db: None) -> Study:
    study = rated_study(tmp_path)
    if request.param == "unsealed":
        unseal(study)
    return study


@pytest.fixture
def exported(study: Study, tmp_path: Path) -> Path:
    dataset.export(study, tmp_path / "out")
    return tmp_path / "out"


def packed(study: Study, folder: Path, path: Path) -> Path:
    with path.open("wb") as target:
        file_formats.as_zip(study, folder, target, "en")
    return path


def rehashed(files: Files) -> Files:
    """The files with all hashes of the listing made to fit, as somebody would who hides an edit."""
    listing = json.loads(files["hashes.json"])
    listing["files"] = {name: verify.sha256(files[name]) for name in sorted(files) if name != "hashes.json"}
    tables = [part["path"] for part in json.loads(files["datapackage.json"])["resources"]]
    listing["tables_sha256"] = verify.sha256({name: listing["files"][name] for name in tables})
    listing["dataset_sha256"] = verify.sha256(listing["files"])
    return files | {"hashes.json": (json.dumps(listing, ensure_ascii=False, indent=1) + "\n").encode()}


def refusal(files: Files, expected: str = "") -> str:
    with pytest.raises(verify.Broken) as caught:
        verify.verify(files, expected)
    return str(caught.value)


def test_folder_and_archive_are_confirmed(study: Study, exported: Path, tmp_path: Path) -> None:
    archive = packed(study, exported, tmp_path / "out.zip")
    of_folder = verify.verify(verify.files_of(exported))
    assert verify.verify(verify.files_of(archive)) == of_folder
    assert of_folder[0] == json.loads((exported / "hashes.json").read_text(encoding="utf-8"))["dataset_sha256"]


def test_script_runs_alone_and_names_what_was_changed(study: Study, exported: Path, tmp_path: Path) -> None:
    archive = packed(study, exported, tmp_path / "out.zip")
    alone = [sys.executable, "-I", "-S", str(SCRIPT)]
    done = subprocess.run([*alone, str(archive)], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "each as exported" in done.stdout
    digest = done.stdout.split()[-1]
    subprocess.run([*alone, str(archive), "--expect", digest], cwd=tmp_path, check=True, capture_output=True)
    (exported / "README.md").write_text("other", encoding="utf-8")
    refused = subprocess.run([*alone, str(exported)], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "README.md was changed" in refused.stderr


def test_script_stays_short_and_needs_the_standard_library_alone() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        for name in ([part.name for part in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    assert imported <= sys.stdlib_module_names | {"__future__"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_as_rfc_8785_says(value: float) -> None:
    assert verify.canonical(value).encode() == rfc8785.dumps(value)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**53) + 1, 2**53 - 1)))
def test_objects_are_written_as_rfc_8785_says(value: dict[str, int]) -> None:
    assert verify.canonical([value, True, None]).encode() == rfc8785.dumps([value, True, None])


def edited(files: Files, rng: random.Random) -> Files:
    """One random edit of the content: of a byte, a line or a file."""
    name = rng.choice(sorted(files))
    data = files[name]
    place = rng.randrange(len(data) + 1)
    other = bytes([rng.randrange(256)])
    lines = data.splitlines(keepends=True)
    first, second = rng.randrange(len(lines) + 1), rng.randrange(len(lines) + 1)
    edits: list[Files] = [
        files | {name: data[:place] + other + data[place + 1 :]},
        files | {name: data[:place] + other + data[place:]},
        files | {name: data[:place] + data[place + 1 :]},
        files | {name: b"".join(lines[: min(first, second)] + lines[max(first, second) :])},
        files | {name: b"".join(lines[:first] + lines[second : second + 1] + lines[first:])},
        {key: part for key, part in files.items() if key != name},
        files | {name + "x": other},
        files | {name: files[rng.choice(sorted(files))]},
    ]
    return rng.choice(edits)


def test_no_random_edit_of_a_file_escapes(exported: Path) -> None:
    files = verify.files_of(exported)
    rng = random.Random(8)
    missed = 0
    for _ in range(EDITS):
        changed = edited(files, rng)
        if changed == files:
            continue
        try:
            verify.verify(changed)
            missed += 1
        except verify.Broken:
            pass
    assert missed == 0


def test_no_random_edit_of_the_archive_changes_a_file_unseen(study: Study, exported: Path, tmp_path: Path) -> None:
    archive = packed(study, exported, tmp_path / "out.zip")
    content, files = archive.read_bytes(), verify.files_of(archive)
    rng = random.Random(8)
    for _ in range(EDITS):
        place = rng.randrange(len(content))
        archive.write_bytes(content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :])
        try:
            read = verify.files_of(archive)
            verify.verify(read)
        except verify.Broken:
            continue
        assert read == files  # of the container alone: a date, a flag, a bit that pads


def with_event(files: Files, number: int, **parts: Any) -> Files:
    """The log with one event rewritten and the chain after it made to fit."""
    before, lines = "", []
    for event in map(json.loads, files["events.jsonl"].decode().splitlines()):
        if event["number"] == number:
            event |= parts
        content = {key: part for key, part in event.items() if key != "hash"} | {"previous_hash": before}
        before = verify.sha256(content)
        lines.append(verify.canonical(content | {"hash": before}) + "\n")
    return files | {"events.jsonl": "".join(lines).encode()}


def number_of(files: Files, kind: str) -> int:
    events = map(json.loads, files["events.jsonl"].decode().splitlines())
    return next(int(event["number"]) for event in events if event["kind"] == kind)


HIDDEN: dict[str, tuple[Callable[[Files], Files], str]] = {
    "one event": (
        lambda files: files | {"events.jsonl": files["events.jsonl"].replace(b'"opened"', b'"0pened"', 1)},
        "event changed",
    ),
    "the plan": (
        lambda files: files | {"plan.json": files["plan.json"].replace(b'"overall"', b'"overell"', 1)},
        "plan.json is not the plan that was frozen",
    ),
    "a plan that says it was cut": (
        lambda files: (
            files | {"plan.json": json.dumps(json.loads(files["plan.json"]) | {"sessions": verify.CUT}).encode()}
        ),
        "plan.json is not the plan that was frozen",
    ),
    "opened later than rated": (
        lambda files: with_event(files, number_of(files, "opened"), at="2999-01-01T00:00:00+00:00"),
        "came before the study was created and opened",
    ),
}


@pytest.mark.parametrize("edit", HIDDEN)
def test_edit_whose_hashes_were_made_to_fit_is_found_by_what_contradicts_it(exported: Path, edit: str) -> None:
    change, sentence = HIDDEN[edit]
    files = verify.files_of(exported)
    assert sentence in refusal(rehashed(change(files)))


def test_rating_of_another_clip_contradicts_the_published_plans(tmp_path: Path, db: None) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    files = verify.files_of(tmp_path / "out")
    header, first, *rest = files[LONG].decode().splitlines(keepends=True)
    place = header.split(",").index("system")
    cells = first.split(",")
    others = {row.split(",")[place] for row in rest} - {cells[place]}
    cells[place] = sorted(others)[0]
    swapped = header + ",".join(cells) + "".join(rest)
    assert "another clip was rated than was planned" in refusal(rehashed(files | {LONG: swapped.encode()}))


def test_published_plans_cannot_be_left_out_after_the_unblinding(tmp_path: Path, db: None) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    files = verify.files_of(tmp_path / "out")
    fewer = {name: data for name, data in files.items() if name != "sequences.json"}
    assert "sequences.json is missing" in refusal(rehashed(fewer))
    cut = json.loads(files["plan.json"])
    del cut["commitment"]
    plan = json.dumps(cut | {"sessions": verify.CUT}).encode()
    assert "plan.json is not the plan that was frozen" in refusal(rehashed(files | {"plan.json": plan}))


def test_rating_after_the_unblinding_is_found(tmp_path: Path, db: None) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    files = verify.files_of(tmp_path / "out")
    early = with_event(files, number_of(files, "unsealed"), at="2001-01-01T00:00:00+00:00")
    assert "came after the unblinding" in refusal(rehashed(early))


def test_simulated_study_whose_times_are_made_up_is_confirmed(tmp_path: Path, db: None) -> None:
    copy = simulate(make_study(tmp_path), seed=1, replace=False)
    dataset.export(copy, tmp_path / "out")
    verify.verify(verify.files_of(tmp_path / "out"))


def test_whole_rewriting_is_found_by_the_published_hash(exported: Path) -> None:
    files = verify.files_of(exported)
    digest = verify.verify(files)[0]
    name = "remarks.csv"
    rewritten = rehashed(files | {name: files[name] + b"\n"})
    assert verify.verify(rewritten)[0] != digest
    assert f"not {digest}" in refusal(rewritten, digest)


def test_line_separators_within_an_event_end_no_line(tmp_path: Path, db: None) -> None:
    study = rated_study(tmp_path)
    services.log_event(study, actor="researcher", kind="noted", detail={"text": "one\u2028two\u2029three\x85four"})
    dataset.export(study, tmp_path / "out")
    assert verify.verify(verify.files_of(tmp_path / "out"))[2] == study.events.count()


def test_amended_plan_is_followed(tmp_path: Path, db: None) -> None:
    study = rated_study(tmp_path)
    analysis = {**study.plan["analysis"], "alpha": 0.01}
    services.amend_plan(study, analysis=analysis, reason="A stricter level.", actor="researcher")
    dataset.export(study, tmp_path / "out")
    files = verify.files_of(tmp_path / "out")
    verify.verify(files)
    number = number_of(files, "plan amended")
    event = json.loads(files["events.jsonl"].decode().splitlines()[number - 1])
    changed = with_event(files, number, detail=event["detail"] | {"amends": "0" * 64})
    assert "amends another version" in refusal(rehashed(changed))
