"""The rule of when a report concludes anything, as texts and documentation say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS, MIN_PROMPTS, panel_shortage, shortage

ROOT = Path(__file__).parents[2]
#: Texts that name the limit of experts and another one.
BOTH = (
    (r"(?:fewer than|below|from) (\d+) experts (?:or|and) (\d+) clips", MIN_CLIPS),
    (r"专家少于 (\d+) 位，?[^。提]{1,8}少于 (\d+) 个", MIN_CLIPS),
    (r"(?:fewer than|below|from) (\d+) experts (?:or|and) (\d+) prompts", MIN_PROMPTS),
    (r"专家少于 (\d+) 位，?[^。]{0,4}提示少于 (\d+) 个", MIN_PROMPTS),
)


def texts() -> str:
    """All messages in both languages, each on a line of its own, and the documentation."""
    catalogue = (ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    return "\n".join([catalogue.replace('"\n"', ""), *(page.replace("\n", " ") for page in pages)])


def test_shortage_begins_below_the_limits() -> None:
    assert shortage(MIN_EXPERTS, MIN_CLIPS) == ""
    assert shortage(MIN_EXPERTS - 1, MIN_CLIPS) == "few_experts"
    assert panel_shortage(MIN_EXPERTS, [MIN_CLIPS, MIN_CLIPS - 1]) == "few_clips"


@pytest.mark.parametrize(("pattern", "other"), BOTH)
def test_texts_name_the_limits_of_the_guards(pattern: str, other: int) -> None:
    found = re.findall(pattern, texts(), re.IGNORECASE)
    assert set(found) == {(str(MIN_EXPERTS), str(other))}
