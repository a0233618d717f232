"""Clips that come as one ZIP file, unpacked for as long as they are read: nothing outside, nothing without bound."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from formats.errors import InputError
from formats.progress import bar

MAX_FILES, MAX_BYTES = 5_000, 4 * 1024**3
CHUNK = 1 << 20
#: What programs call a file's name where it is not marked as UTF-8.
ENCODINGS = ("utf-8", "gb18030", "cp437")
ENCRYPTED = 0x1
#: Of a name in a complaint; a ZIP file's may have 64 kB.
MAX_SHOWN_LENGTH = 200


@contextmanager
def unpacked(source: Path) -> Iterator[Path]:
    """A folder of clips as it is, or the content of a ZIP file. Raises InputError where the file cannot be unpacked.

    A sentence about a file in it names it as ``clips.zip/system/file``.
    """
    if not source.is_file():
        yield source
        return
    with TemporaryDirectory() as place:
        folder = Path(place) / "clips"
        _unpack(source, folder)
        try:
            yield folder
        except InputError as error:
            raise error.renamed(str(folder), str(source)) from error


def _unpack(source: Path, folder: Path) -> None:
    try:
        with _opened(source) as archive:
            _write_all(archive, source, folder)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise InputError(
            "%(file)s cannot be unpacked (%(reason)s): make the ZIP file again.", file=source, reason=error
        ) from error


def _opened(source: Path) -> zipfile.ZipFile:
    for encoding in ENCODINGS:
        try:
            return zipfile.ZipFile(source, metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
        except zipfile.BadZipFile as error:
            raise InputError(
                "%(file)s is neither a folder nor a ZIP file: pack the folders again.", file=source
            ) from error
    raise InputError("%(file)s has file names that cannot be read: pack the systems' folders again.", file=source)


def _write_all(archive: zipfile.ZipFile, source: Path, folder: Path) -> None:
    entries = [(entry, _parts(entry, source)) for entry in archive.infolist() if not entry.is_dir()]
    entries = [(entry, parts) for entry, parts in entries if not any(part.startswith((".", "__")) for part in parts)]
    if len(entries) > MAX_FILES:
        raise InputError(
            "%(file)s holds %(number)s files, and %(most)s is the most: leave some out.",
            file=source,
            number=len(entries),
            most=MAX_FILES,
        )
    _refuse_both([parts for _, parts in entries], source)
    depth = _shared_depth([parts for _, parts in entries])
    left = MAX_BYTES
    for entry, parts in bar(entries, "Unpacking", unit="file"):
        if entry.flag_bits & ENCRYPTED:
            raise InputError("%(file)s is protected by a password: make the ZIP file again without one.", file=source)
        target = folder.joinpath(*parts[depth:])
        target.parent.mkdir(parents=True, exist_ok=True)
        left = _write(archive, entry, target, left)
        if left < 0:
            raise InputError(
                "%(file)s holds more than %(most)s GiB: shorten the clips or leave some out.",
                file=source,
                most=MAX_BYTES >> 30,
            )
    folder.mkdir(exist_ok=True)


def _parts(entry: zipfile.ZipInfo, source: Path) -> tuple[str, ...]:
    """The folders and the name of an entry. Raises InputError where they lead out of the archive."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        name = entry.filename[:MAX_SHOWN_LENGTH]
        raise InputError(
            "%(file)s holds %(name)s, which leads out of it: make the ZIP file again.", file=source, name=repr(name)
        )
    return path.parts


def _refuse_both(files: Sequence[tuple[str, ...]], source: Path) -> None:
    """Refuses an archive with a file where another one has a folder."""
    for file, following in pairwise(sorted(files)):
        if len(following) > len(file) and following[: len(file)] == file:
            name = "/".join(file)[:MAX_SHOWN_LENGTH]
            raise InputError(
                "%(file)s holds %(name)s both as a file and as a folder: rename one and pack it again.",
                file=source,
                name=repr(name),
            )


def _shared_depth(files: Sequence[tuple[str, ...]]) -> int:
    """1 where the systems' folders lie together in one, as file managers pack them; else 0."""
    return int(len({parts[0] for parts in files}) == 1 and all(len(parts) > 2 for parts in files))


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Writes one file, whatever size it claims, and says how many bytes may follow; below 0 it is cut off."""
    with archive.open(entry) as packed, target.open("wb") as file:
        while most >= 0 and (chunk := packed.read(CHUNK)):
            file.write(chunk)
            most -= len(chunk)
    return most
