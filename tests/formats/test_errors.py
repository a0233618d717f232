"""Faults as data: templates and parameters, in words at the edge."""

from __future__ import annotations

import ast
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

from formats.errors import InputError, Message
from tests.translations import ROOMS, ROOT

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


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Where messages are made, and how."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in {"InputError", "Message", "Failed", "fault"} and isinstance(node, ast.Call) and node.args:
                yield f"{path.name}:{node.lineno}", node


def test_message_is_template_never_finished_sentence() -> None:
    assert [where for where, call in calls() if isinstance(call.args[0], ast.JoinedStr)] == []


def test_message_is_filled_with_what_its_template_names() -> None:
    checked, wrong = 0, []
    for where, call in calls():
        template, given = call.args[0], {keyword.arg for keyword in call.keywords}
        if isinstance(template, ast.Constant) and call.func.id == "InputError" and None not in given:  # type: ignore[attr-defined]
            checked += 1
            wrong += [where] if given != set(re.findall(r"%\((\w+)\)", str(template.value))) else []
    assert wrong == []
    assert checked > 150
