"""The report as the desk shows it: the part of report.html in the reader's language, in the site's own dress."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

from formats.messages import SOURCE

#: The page that `analyse` writes: a section for each language, with no section inside.
PAGE = "report.html"
#: What the site's headers do not let through, or what a keyboard needs beside it.
CHANGES = (
    (re.compile(r'(<[^>]*?) style="[^"]*"'), r"\1"),
    (re.compile(r'<div class="scroll">'), '<div class="scroll" tabindex="0">'),
    (re.compile(r"<table>"), '<table class="table">'),
)


def shown(folder: Path, language: str) -> SafeString:
    """The report's words, figures and tables as HTML; "" where the page is missing or of an earlier form.

    It comes from our own template, which escapes what people wrote, and the site's headers let no script in it run.
    """
    try:
        page = (folder / PAGE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return mark_safe("")
    part = _part(page, language) or _part(page, SOURCE)
    for pattern, instead in CHANGES:
        part = pattern.sub(instead, part)
    return mark_safe(part)  # noqa: S308


def _part(page: str, language: str) -> str:
    _before, start, rest = page.partition(f'<section id="{language}"')
    return rest.partition(">")[2].partition("</section>")[0] if start else ""
