"""Faults as data: templates and parameters, in words at the edge."""

from __future__ import annotations

import ast
import json
import pickle
from pathlib import Path

from formats.errors import InputError, Message
from tests.translations import ROOMS, ROOT, TEMPLATES

CHINESE = {
    "%(file)s is empty.": "%(file)s 是空的。",
    "%(file)s holds no clip (%(reasons)s).": "%(file)s 中没有片段（%(reasons)s）。",
    "it is silent": "没有声音",
}


def chinese(template: str) -> str:
    return CHINESE[template]


def test_error_as_text_is_plain_english() -> None:
    assert str(InputError("%(file)s is empty.", file=Path("a.csv"))) == "a.csv is empty."


def test_error_in_words_translates_template() -> None:
    assert InputError("%(file)s is empty.", file="a.csv").words(chinese) == "a.csv 是空的。"


def test_error_without_parameters_keeps_per_cent_sign() -> None:
    assert str(InputError("95% of it is silent.")) == "95% of it is silent."


def test_error_of_messages_has_one_line_each() -> None:
    error = InputError.of([Message("it is silent"), Message("%(file)s is empty.", file="b")])
    assert str(error).splitlines() == ["it is silent", "b is empty."]


def test_messages_within_a_message_are_translated() -> None:
    reasons = [Message("it is silent"), Message("it is silent")]
    error = InputError("%(file)s holds no clip (%(reasons)s).", file="a.zip", reasons=reasons)
    assert error.words(chinese) == "a.zip 中没有片段（没有声音; 没有声音）。"


def test_message_survives_json() -> None:
    inner = Message("%(file)s is empty.", file=Path("a.csv"))
    message = Message("%(file)s holds no clip (%(reasons)s).", file="z", reasons=[inner, InputError("no")])
    again = Message.from_json(json.loads(json.dumps(message.as_json())))
    assert str(again) == str(message) == "z holds no clip (a.csv is empty.; no)."


def test_error_survives_another_process() -> None:
    error = pickle.loads(pickle.dumps(InputError("%(file)s is empty.", file="a.csv")))
    assert error.words(chinese) == "a.csv 是空的。"


def test_converted_modules_raise_templates() -> None:
    """A sentence that is filled in before it is raised is in no catalogue."""
    found = []
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        if not path.relative_to(ROOT).as_posix().startswith(TEMPLATES):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in {"InputError", "Message", "Failed", "fault"} and isinstance(node, ast.Call):
                found += [f"{path.name}:{node.lineno}" for given in node.args[:1] if isinstance(given, ast.JoinedStr)]
    assert found == []
