"""Drafts as TOML, and TOML as drafts: the same thing in both directions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from formats.toml import read_toml
from study.builder.content import Content, as_file, drafted

BARE = re.compile(r"[A-Za-z0-9_-]+")
#: Tables and arrays of tables in the order in which a file has them; other keys come before.
ORDER = (
    *("instructions", "consent", "trial", "clips", "design", "systems", "groups", "scales", "questions"),
    *("attention_checks", "background", "open_link", "publication", "analysis"),
)


def toml_of(content: Content) -> str:
    """A draft as the text of a study file."""
    file = as_file(content)
    top = [f"{_key(key)} = {_value(value)}" for key, value in file.items() if key not in ORDER]
    parts = ["\n".join(top)] if top else []
    for key in ORDER:
        if isinstance(file.get(key), list):
            parts += ["\n".join([f"[[{key}]]", *_lines(row)]) for row in file[key]]
        elif key in file:
            parts += _tables(key, file[key])
    return "\n\n".join(parts) + "\n"


def content_of(text: str) -> Content:
    """The text of a study file as a draft. Raises `InputError` where it is not TOML."""
    return drafted(read_toml(text))


def _tables(name: str, table: Content) -> Iterator[str]:
    """A table, and after it the tables in it that have long texts."""
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    long = {key for key, value in tables.items() if any("\n" in str(text) for text in value.values())}
    yield "\n".join([f"[{name}]", *_lines({key: value for key, value in table.items() if key not in long})])
    for key in sorted(long):
        yield from _tables(f"{name}.{_key(key)}", table[key])


def _lines(table: Content) -> list[str]:
    return [f"{_key(key)} = {_value(value, may_break=True)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _text(key)


def _value(value: Any, *, may_break: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, int | float):
        return repr(value)
    return _long(str(value)) if may_break and "\n" in str(value) else _text(str(value))


def _text(text: str) -> str:
    """JSON's texts are TOML's, except one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long(text: str) -> str:
    """A text of several lines as it reads, with the escapes of a text of one line."""
    return '"""\n' + "\n".join(_text(line)[1:-1] for line in text.split("\n")) + '"""'
