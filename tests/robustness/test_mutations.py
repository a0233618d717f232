"""What a mutant is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.robustness.mutations import Mutant, mutants_of

CODE = '''
MOST = 3
WORDS = {"a": len("b")}


def short(items: list[int] = [1]) -> bool:
    """Whether they are few."""
    return len(items) < MOST and not items.index(0)


class Box:
    size = 1

    @property
    def big(self) -> int:
        total = 0
        for item in (1, 2):
            total += item
        return total
'''


def made(folder: Path, code: str = CODE) -> list[Mutant]:
    (folder / "code.py").write_text(code)
    return mutants_of(folder / "code.py")


def test_functions_methods_and_numbers_are_mutated_and_texts_defaults_and_class_bodies_are_not(tmp_path: Path) -> None:
    found = [
        (mutant.function or mutant.constant, *map(ast.unparse, (mutant.old, mutant.new))) for mutant in made(tmp_path)
    ]
    assert [(name, old, new) for name, old, new in found if "\n" not in old] == [
        ("MOST", "3", "4"),
        ("short", "return len(items) < MOST and (not items.index(0))", "return None"),
        ("short", "len(items) < MOST and (not items.index(0))", "len(items) < MOST or not items.index(0)"),
        ("short", "len(items) < MOST", "len(items) <= MOST"),
        ("short", "len(items) < MOST", "len(items) >= MOST"),
        ("short", "not items.index(0)", "items.index(0)"),
        ("short", "0", "1"),
        ("Box.big", "0", "1"),
        ("Box.big", "1", "2"),
        ("Box.big", "2", "3"),
        ("Box.big", "total += item", "pass"),
        ("Box.big", "return total", "return None"),
    ]


def test_a_mutants_code_differs_in_one_place_and_leaves_the_next_one_alone(tmp_path: Path) -> None:
    results = []
    for mutant in made(tmp_path, "def add(a, b):\n    return a + b if a < 9 else 0\n"):
        names: dict[str, object] = {}
        exec(mutant.code(), names)
        add = names["add"]
        assert callable(add)
        results.append((add(1, 2), add(9, 2)))
    assert results == [(None, None), (3, 11), (0, 11), (3, 11), (-1, 0), (3, 1)]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("if a: return 1", ["if True:\n    return 1", "if False:\n    return 1"]),
        ("return min(a)", ["return None", "max(a)"]),
        ("return [x for x in a if x]", ["return None", "for ... in a"]),
        ("raise a", ["pass"]),
        ("a.b = c", ["pass"]),
        ("a.b(strict=True)", ["pass"]),
        ("return -a", ["return None", "a"]),
    ],
)
def test_what_may_stand_in_place_of_a_line(tmp_path: Path, line: str, changed: list[str]) -> None:
    mutants = made(tmp_path, f"def of(a, c):\n    {line}\n")
    assert [str(mutant).rpartition("+ ")[2] for mutant in mutants][: len(changed)] == [
        text.split("\n")[0] for text in changed
    ]


def test_what_is_none_already_is_no_mutant(tmp_path: Path) -> None:
    assert made(tmp_path, "def of():\n    return None\n\ndef other():\n    return\n") == []
