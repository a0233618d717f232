"""The words that this project leaves behind: how often each stands in docs, tests and code may only go down.

`python -m tests.test_language` writes the present numbers to tests/language.json, where none of them has grown.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = Path(__file__).with_name("language.json")
ENGLISH = (
    "whoever|anew|mend(?:s|ed|ing)?|oftener|foretell|amiss|reckon(?:s|ed|ing)?|told|for good|but for|hands? on|"
    "hand(?:s|ed)? out|makes no sense|at work|stands twice|watchman|nought|control signs?|she|hers?|herself"
)
CHINESE = "封条|抹除|盲性|散列值|校验值|听评包|片段包|证明书|研究人员|测评|答案|进度板|简称|检验功效|标头"
WORDS = re.compile(rf"\b(?:{ENGLISH})\b|{CHINESE}|\d %(?= [a-z]|[.,;:)])", re.IGNORECASE)
READ = {".css", ".html", ".js", ".md", ".po", ".py", ".toml", ".txt"}


def found_in(text: str) -> list[str]:
    """The words in a text, those of names in code (`told_once`) and those across the end of a line among them."""
    return [re.sub(r"\d", "5", word.lower()) for word in WORDS.findall(re.sub(r"[\s_]+", " ", text))]


def counts() -> dict[str, int]:
    """How often each word stands in docs, in tests and in everything else."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found: Counter[str] = Counter()
    for path in (ROOT / name for name in files.split("\0")):
        if path.suffix in READ and path != Path(__file__) and path.exists():
            part = path.relative_to(ROOT).parts[0] if path.suffix != ".md" else "docs"
            part = part if part in ("docs", "tests") else "code"
            found.update(f"{part}: {word}" for word in found_in(path.read_text(encoding="utf-8")))
    return dict(sorted(found.items()))


def grown() -> dict[str, str]:
    """The words that stand more often than they did."""
    allowed = json.loads(ALLOWED.read_text(encoding="utf-8"))
    return {
        word: f"{allowed.get(word, 0)} -> {count}" for word, count in counts().items() if count > allowed.get(word, 0)
    }


def test_words_left_behind_come_no_more_often() -> None:
    assert grown() == {}, "git diff main | grep '^+' shows where"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def test_whoever_is_told() -> None:", ["whoever", "told"]),
        ("It is gone for\n    good, she said.", ["for good", "she"]),
        ("a 95 % interval, 7 %.", ["5 %", "5 %"]),
        ("recommend; remainder = 7 % 2; shepherd", []),
        ("封条尚未开启", ["封条"]),
    ],
)
def test_a_word_is_found_in_names_and_across_lines(text: str, words: list[str]) -> None:
    assert found_in(text) == words


if __name__ == "__main__":
    if ALLOWED.exists() and (more := grown()):
        sys.exit(f"These words stand more often than they did: {more}")
    ALLOWED.write_text(json.dumps(counts(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
