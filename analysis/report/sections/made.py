"""How the report was made: data, plan, seed, versions, files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.report.blocks import Block, Facts
from analysis.report.document import Contents
from analysis.report.registry import Section
from analysis.report.tables import say
from analysis.words import WORDS


def _made(contents: Contents[Any], lang: str) -> Iterator[Block]:
    words = WORDS[lang]
    facts: dict[str, object] = {words[key]: value or words["none"] for key, value in contents.stamp.items()}
    yield Facts({**facts, words["files"]: ", ".join(contents.files)} if contents.files else facts)


SECTION: Section[Any] = Section("made", say("made"), before=_made)
