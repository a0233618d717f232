"""Small checks of what people type and hand in: text files and slugs."""

from __future__ import annotations

import re
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from config.text import WESTERN, decoded, decoded_western
from formats.errors import InputError
from study.models import Study

#: Of a table of experts, in bytes.
LARGEST_TABLE = 1 << 20
#: How a workbook (.xlsx, .ods) begins; as text it would only lack a column.
WORKBOOK = b"PK\x03\x04"


def read_text(path: Path) -> str:
    """A UTF-8 file's text, whatever its line ends. Raises `InputError` where it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}); check the name.") from error


def read_table(path: Path) -> tuple[str, str]:
    """A table's text and its encoding, as spreadsheets save it. Raises `InputError` where it can't be read."""
    try:
        return decoded(path.read_bytes())
    except UnicodeDecodeError as error:
        guess = f", but probably {WESTERN}" if _is_western(path.read_bytes()) else ""
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}){guess}; save it as “CSV UTF-8”.") from error
    except OSError as error:
        raise InputError(f"{path} can't be read ({error.strerror}); check the name.") from error


def uploaded_table(file: UploadedFile[bytes]) -> tuple[str, str]:
    """The same of a table that came by a form. Raises `InputError`."""
    if (file.size or 0) > LARGEST_TABLE:
        raise InputError(_("The file is larger than 1 MB; a table of experts is not."))
    content = file.read()
    message = _("The file is not UTF-8 text; save it as “CSV UTF-8” and choose it again.")
    if content.startswith(WORKBOOK):
        raise InputError(message)
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        if _is_western(content):
            message = _("The file is not UTF-8 text, but probably %(encoding)s; save it as “CSV UTF-8”.")
            raise InputError(message % {"encoding": WESTERN}) from error
        raise InputError(message) from error


def _is_western(content: bytes) -> bool:
    try:
        decoded_western(content)
    except UnicodeDecodeError:
        return False
    return True


def slug_of(text: str) -> str:
    """A study's short name, as it stands in addresses and file names."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > 60:
        message = _("%(text)s can't be a slug: use small letters, digits and single hyphens, at most 60.")
        raise InputError(message % {"text": repr(text)})
    return text


def study_of(slug: str) -> Study:
    """The study of that slug. Raises `InputError` naming those there are."""
    found = Study.objects.filter(slug=slug).first()
    if found is None:
        there = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
        raise InputError(f"There is no study {slug!r}; there are: {there}.")
    return found
