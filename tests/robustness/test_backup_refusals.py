"""What is no backup of ours is refused by its name before anything is touched."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from formats.errors import InputError
from study.backup.archive import manifest_of, open_archive


def archive(folder: Path, **files: str) -> Path:
    path = folder / "given.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(f"{name}.json", text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        manifest_of(open_archive(path))
    assert str(path) in str(refused.value)
    return str(refused.value)


def test_a_file_that_is_not_there_or_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert "can't be read: No such file" in refusal(tmp_path / "none.zip")
    assert "can't be read: Is a directory" in refusal(tmp_path)


def test_an_archive_of_other_things_is_no_backup(tmp_path: Path) -> None:
    assert "is no backup: it has no manifest.json" in refusal(archive(tmp_path, other="{}"))


def test_a_backup_of_a_later_version_says_so(tmp_path: Path) -> None:
    assert "made by a later version of Mukulen" in refusal(archive(tmp_path, manifest=json.dumps({"format": 99})))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": true}', '{"format": 1}', "[" * 100_000, "\udc80"])
def test_a_manifest_that_makes_no_sense_is_damaged(tmp_path: Path, text: str) -> None:
    path = tmp_path / "given.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("manifest.json", text.encode("utf-8", "surrogateescape"))
    assert "manifest.json is missing or damaged" in refusal(path)
