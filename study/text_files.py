"""Small checks of what people type and hand in: text files and slugs."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from formats.errors import N_, InputError, Message
from formats.text import WESTERN, decoded, looks_western
from study.errors import FieldErrors
from study.models import MAX_SLUG, Study

#: Of a table of experts, in bytes.
MAX_TABLE_BYTES = 1 << 20
#: How a workbook (.xlsx, .ods) begins; as text it would only lack a column.
WORKBOOK = b"PK\x03\x04"


def uploaded_table(file: UploadedFile[bytes]) -> tuple[str, str]:
    """(text, encoding) of a table that came by a form. Raises `InputError`."""
    if (file.size or 0) > MAX_TABLE_BYTES:
        raise InputError("The file is larger than 1 MB. Check that this is the table of experts.")
    content = file.read()
    message = N_("The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again.")
    if content.startswith(WORKBOOK):
        raise InputError(message)
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        if looks_western(content):
            raise InputError(
                "The file is not UTF-8 text. It is probably %(encoding)s. Save it as “CSV UTF-8”.", encoding=WESTERN
            ) from error
        raise InputError(message) from error


def slug_of(text: str) -> str:
    """A study's short name, as it stands in addresses and file names."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > MAX_SLUG:
        message = _(
            "%(text)s is not a valid short name. Use lower-case letters, digits and single hyphens, at most "
            "60 characters."
        )
        raise FieldErrors([("slug", message % {"text": repr(text)})])
    return text


def study_of(slug: str) -> Study:
    """The study of that slug. Raises `InputError` naming those there are."""
    found = Study.objects.filter(slug=slug).first()
    if found is None:
        there = ", ".join(Study.objects.values_list("slug", flat=True)) or Message("none yet")
        raise InputError("There is no study %(slug)s; there are: %(known)s.", slug=repr(slug), known=there)
    return found
