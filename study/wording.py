"""In which words a scale was put before an expert: study data like the answers (docs/datasets.md)."""

from __future__ import annotations

from typing import Any

from formats.files import json_sha256
from study.study_file import localised

#: The texts of a scale that an expert reads.
TEXTS = ("label", "definition", "low", "high")
#: Hexadecimal digits of a wording's version.
DIGITS = 12


def language_shown(file: dict[str, Any], language: str) -> str:
    """The language in which a study's texts come to a page of that language."""
    languages: list[str] = file["languages"]
    return language if language in languages else languages[0]


def wording_of(file: dict[str, Any], scale: str, language: str) -> str:
    """The version of a scale's wording in a language: the beginning of the SHA-256 of its texts as RFC 8785 JSON."""
    texts = next(item for item in file["scales"] if item["key"] == scale)
    read = {name: localised(texts[name], language) for name in TEXTS}
    return json_sha256(read)[:DIGITS]
