from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from formats.errors import InputError
from generation.pack import archive
from generation.pack.archive import unpacked
from generation.pack.build import build_from_folder
from tests.generation.test_pack import contents
from tests.generation.test_pack_folder import folder_of


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


def names(path: Path) -> list[str]:
    with unpacked(path) as folder:
        return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_a_zip_file_gives_the_pack_that_its_folder_gives(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "own", "ours/a.wav", "ours/b.wav", "theirs/c.wav")
    files = {f"own/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in folder.rglob("*.wav")}
    source = zipped(tmp_path / "own.zip", {**files, "__MACOSX/own/ours/._a.wav": b"", "own/.DS_Store": b""})
    build_from_folder(tmp_path / "one", folder)
    with unpacked(source) as inside:
        build_from_folder(tmp_path / "other", inside)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert not inside.exists()


def test_one_folder_around_the_systems_is_looked_through_and_a_system_alone_is_not(tmp_path: Path) -> None:
    assert names(zipped(tmp_path / "a.zip", {"top/a/1.wav": b"", "top/b/2.wav": b""})) == ["a/1.wav", "b/2.wav"]
    assert names(zipped(tmp_path / "b.zip", {"a/1.wav": b"", "a/2.wav": b""})) == ["a/1.wav", "a/2.wav"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_names_come_out_whole_whatever_system_packed_them(tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "a.zip"
    with zipfile.ZipFile(source, "w") as packed:
        entry = zipfile.ZipInfo("a/" + "x" * len("乌春.wav".encode(encoding)))
        packed.writestr(entry, b"")
    marked = source.read_bytes().replace(entry.filename.encode(), b"a/" + "乌春.wav".encode(encoding))
    source.write_bytes(marked)
    assert names(source) == ["a/乌春.wav"]


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    with unpacked(tmp_path) as folder:
        assert folder == tmp_path


@pytest.mark.parametrize("name", ["../up.wav", "/etc/x.wav", "a\\..\\..\\up.wav", "C:/x.wav"])
def test_a_name_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    source = zipped(tmp_path / "deep" / "a.zip", {name: b"x"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="leads out of it"), unpacked(source):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_what_cannot_be_unpacked_is_refused_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(InputError, match="neither a folder nor a ZIP file"), unpacked(tmp_path / "text.zip"):
        pass
    source = zipped(tmp_path / "a.zip", {"a/1.wav": b"x" * 5000, "b/2.wav": b"y" * 5000})
    data = bytearray(source.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(InputError, match="password"), unpacked(tmp_path / "locked.zip"):
        pass
    monkeypatch.setattr(archive, "MAX_BYTES", 8000)
    with pytest.raises(InputError, match="holds more than"), unpacked(source):
        pass
    monkeypatch.setattr(archive, "MAX_FILES", 1)
    with pytest.raises(InputError, match="holds 2 files"), unpacked(source):
        pass


@pytest.mark.parametrize("files", [["sys", "sys/a.wav"], ["sys/a.wav", "sys"]])
def test_a_name_for_a_file_and_a_folder_is_refused_with_the_zip_files_name(tmp_path: Path, files: list[str]) -> None:
    source = zipped(tmp_path / "a.zip", {"other/b.wav": b"", **dict.fromkeys(files, b"")})
    with pytest.raises(InputError) as refused:
        names(source)
    assert str(refused.value).startswith(f"{source} holds 'sys' both as a file and as a folder")


def test_a_fault_found_inside_names_the_zip_file(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", {"ours/a.wav": b"no sound"})
    with pytest.raises(InputError, match=r"a\.zip/ours holds no clip"), unpacked(source) as folder:
        build_from_folder(tmp_path / "pack", folder)
