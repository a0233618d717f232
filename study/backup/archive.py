"""The archive itself: a zip whose last entry says what all the others must be."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from formats.errors import InputError
from formats.messages import NN_, listed, translate_count
from formats.results import Backup

FORMAT = 1
DATABASE, MEDIA, MANIFEST = "database.sqlite3", "media/", "manifest.json"
CHUNK = 1 << 20
#: Where jobs keep their files in the media storage; all else there is clips.
JOBS = "jobs/"
#: The tables that people are told of, and what their rows are.
TOLD = {
    "study.study": NN_("{count} study", "{count} studies"),
    "study.expert": NN_("{count} expert", "{count} experts"),
    "study.rating": NN_("{count} rating", "{count} ratings"),
}
#: What a damaged zip may raise while it is read.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass
class Manifest:
    """Contents of an archive: hash and size of files, rows of tables, migrations."""

    made_at: str
    store: str
    migrations: list[list[str]]
    rows: dict[str, int]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def media(self) -> list[str]:
        """Names of the files in the media storage."""
        return [name.removeprefix(MEDIA) for name in self.files if name.startswith(MEDIA)]

    def result(self, path: Path) -> Backup:
        """The same for programs."""
        size = sum(file["bytes"] for file in self.files.values())
        return Backup(file=str(path), made_at=self.made_at, rows=self.rows, files=len(self.files), bytes=size)

    def contents(self, language: str) -> str:
        """How much it holds, for people."""
        rows = [translate_count(language, *forms, self.rows[table]) for table, forms in TOLD.items()]
        clips = [name for name in self.media if not name.startswith(JOBS)]
        return listed(language, [*rows, translate_count(language, "{count} clip", "{count} clips", len(clips))])


def add(archive: zipfile.ZipFile, name: str, source: IO[bytes], manifest: Manifest) -> None:
    """Writes one file and notes its hash and size."""
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED if name == DATABASE else zipfile.ZIP_STORED
    with archive.open(entry, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    manifest.files[name] = {"sha256": digest.hexdigest(), "bytes": size}


def add_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Writes the manifest, last: an archive that ends too early has none."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, sort_keys=True))


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, for reading. Raises `InputError` where it is none."""
    try:
        return zipfile.ZipFile(path)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError("%(path)s can't be read: %(strerror)s.", path=path, strerror=error.strerror) from error
    except DAMAGE as error:
        raise InputError(
            "%(path)s is no whole backup (%(error)s); take another one.", path=path, error=error
        ) from error


def manifest_of(archive: zipfile.ZipFile) -> Manifest:
    """Read the manifest. Raises `InputError` if it is missing, damaged or newer."""
    try:
        given = json.loads(archive.read(MANIFEST))
    except KeyError:
        raise InputError(
            "%(filename)s is no backup: it has no %(manifest)s; take another one.",
            filename=archive.filename,
            manifest=MANIFEST,
        ) from None
    except (*DAMAGE, RecursionError) as error:
        raise damaged(archive, MANIFEST) from error
    if isinstance(given, dict) and type(given.get("format")) is int and given["format"] > FORMAT:
        raise InputError(
            "%(filename)s was made by a later version of Mukulen; restore it with that version.",
            filename=archive.filename,
        )
    if not _is_manifest(given):
        raise damaged(archive, MANIFEST)
    return Manifest(**given)


def _is_manifest(given: object) -> bool:
    if not isinstance(given, dict) or set(given) != set(Manifest.__dataclass_fields__) or given["format"] != FORMAT:
        return False
    migrations, rows, files = given["migrations"], given["rows"], given["files"]
    return (
        isinstance(given["made_at"], str)
        and isinstance(given["store"], str)
        and isinstance(migrations, list)
        and all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in migrations)
        and isinstance(rows, dict)
        and set(TOLD) <= set(rows)
        and all(type(count) is int for count in rows.values())
        and isinstance(files, dict)
        and DATABASE in files
        and all(_is_file(name, entry) for name, entry in files.items())
    )


def _is_file(name: str, entry: object) -> bool:
    """Whether a file has a hash and a name inside the media storage."""
    parts = PurePosixPath(name.removeprefix(MEDIA)).parts
    safe = name == DATABASE or (name.startswith(MEDIA) and bool(parts) and not {"..", "/"} & set(parts))
    # Of the names that Mukulen gives none is longer or has other characters; a file system might refuse them.
    safe = safe and name.isascii() and name.isprintable() and "\\" not in name and len(name) < 256
    return safe and isinstance(entry, dict) and set(entry) == {"sha256", "bytes"}


def check_file(archive: zipfile.ZipFile, name: str, manifest: Manifest, target: IO[bytes] | None = None) -> None:
    """Verify one file and copy it to `target` if given, or raise `InputError`."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(archive, name):
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    if {"sha256": digest.hexdigest(), "bytes": size} != manifest.files[name]:
        raise damaged(archive, name)


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as source:
            while chunk := source.read(CHUNK):
                yield chunk
    except (KeyError, *DAMAGE) as error:
        raise damaged(archive, name) from error


def damaged(archive: zipfile.ZipFile, name: str) -> InputError:
    """The refusal of an archive for one of its files."""
    return InputError(
        "%(filename)s: %(name)s is missing or damaged; nothing was restored. Take another backup.",
        filename=archive.filename,
        name=name,
    )
