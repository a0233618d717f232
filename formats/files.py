"""Files: read with a fault that names them, written whole or not at all, and hashed; canonical JSON."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import rfc8785

from formats.errors import N_, InputError
from formats.text import WESTERN, decoded, decoded_western, looks_western

#: 2020-01-01 00:00 UTC. Servers turn a file's time into headers, and the order of rendering is not for experts to see.
CLIP_TIME = 1_577_836_800
UNREADABLE = N_("%(file)s cannot be read: %(reason)s. Check its name and permissions.")
NO_TABLE = N_("%(file)s is not UTF-8 text (byte %(byte)d). Save it as “CSV UTF-8”.")
WESTERN_TABLE = N_("%(file)s is not UTF-8 text (byte %(byte)d), but probably %(encoding)s. Save it as “CSV UTF-8”.")


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises InputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(UNREADABLE, file=path, reason=error.strerror) from error


def read_text(path: Path) -> str:
    """A UTF-8 file's text with "\\n" at the ends of its lines. Raises InputError where it cannot be read."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "%(file)s is not UTF-8 text (byte %(byte)d). Save it as UTF-8.", file=path, byte=error.start
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_table(path: Path, *, western: bool = False) -> tuple[str, str]:
    """(text, encoding) of a table as spreadsheets save it. Raises InputError where it cannot be read.

    `western`: Windows-1252, which contains Latin-1, is read too.
    """
    content = read_bytes(path)
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        if not looks_western(content):
            raise InputError(NO_TABLE, file=path, byte=error.start) from error
        if not western:
            raise InputError(WESTERN_TABLE, file=path, byte=error.start, encoding=WESTERN) from error
        return decoded_western(content)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises InputError where there is none, or one that could not be written again."""
    try:
        content = json.loads(read_bytes(path))
        json.dumps(content, ensure_ascii=False).encode()  # half a character, as \ud800, cannot be
    except (ValueError, RecursionError) as error:
        raise InputError("%(file)s is not readable JSON: %(reason)s.", file=path, reason=error) from error
    if not isinstance(content, dict):
        raise InputError("%(file)s must contain a JSON object.", file=path)
    return content


def write_atomically(path: Path, data: bytes, *, dated: bool = True) -> None:
    """Write a file under a temporary name, flush it to the disk, then put it in place.

    With ``dated=False`` its time of change is CLIP_TIME, whenever it was written. Raises InputError where it cannot
    be written; then what was there before is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not dated:
            os.utime(temporary, (CLIP_TIME, CLIP_TIME))
        os.replace(temporary, path)
    except OSError as error:
        raise InputError("%(file)s cannot be written: %(reason)s.", file=path, reason=error.strerror) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sha256(data: bytes) -> str:
    """SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits. Raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(UNREADABLE, file=path, reason=error.strerror) from error


def canonical_json(content: Any) -> bytes:
    """JSON in the one form of RFC 8785: sorted keys, no blanks, numbers as the standard writes them, UTF-8."""
    return rfc8785.dumps(content)


def json_sha256(content: Any) -> str:
    """SHA-256 of some content as canonical JSON: the hash of plans, events, sequences and listings."""
    return sha256(canonical_json(content))
