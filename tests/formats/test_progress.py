"""Progress for people and for programs."""

from __future__ import annotations

import io
import json
from typing import Any

from formats import progress
from formats.errors import Message


def lines(listener: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in listener.getvalue().splitlines()]


def test_bar_tells_a_listener_its_first_and_last_step() -> None:
    listener = io.StringIO()
    with progress.as_json_lines(listener):
        assert list(progress.bar(range(3), "Rendering")) == [0, 1, 2]
    told = [line["progress"] for line in lines(listener)]
    assert told[0] == {"label": "Rendering", "done": 0, "total": 3}
    assert told[-1] == {"label": "Rendering", "done": 3, "total": 3}


def test_bar_is_silent_where_nobody_looks(capsys: Any) -> None:
    assert list(progress.bar(range(3), "Rendering", delay=0)) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_faults_are_told_as_data() -> None:
    listener = io.StringIO()
    with progress.as_json_lines(listener):
        progress.tell_faults([Message("%(file)s is empty.", file="a")])
    assert lines(listener) == [{"faults": [{"template": "%(file)s is empty.", "parameters": {"file": "a"}}]}]


def test_faults_without_a_listener_go_nowhere(capsys: Any) -> None:
    progress.tell_faults([Message("no")])
    assert capsys.readouterr() == ("", "")
