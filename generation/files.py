"""Files as generation leaves them: whole or not at all, and those of a pack with one time of change."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from formats.errors import InputError

#: 2020-01-01 00:00 UTC. Servers turn a file's time into headers, and the order of rendering is not for experts to see.
CLIP_TIME = 1_577_836_800


def write_whole(path: Path, data: bytes, *, dated: bool = True) -> None:
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
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sha256(data: bytes) -> str:
    """SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
