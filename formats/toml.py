"""TOML that people write: read with a fault on its line, and the line on which each key is written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from formats.errors import InputError
from formats.text import one_line

#: A key's way from the top: names, and numbers of entries in arrays of tables.
KeyPath = tuple[str | int, ...]
#: Of a study file, in bytes.
LARGEST_FILE = 256 * 1024
#: Names in a key, dots between them: to read one takes time by the square of their number.
MAX_NAMES = 8
#: Texts and comments of TOML. One without an end goes on to the end of its line, or of the file, so that this ends too.
TEXT = re.compile(
    r'''"""(?:\\.|(?!""")[^\\])*+"{0,5}|"(?:\\.|[^"\\\n])*+"?|#[^\n]*+|'''
    r"""'''(?:(?!''')[\s\S])*+'{0,5}|'[^'\n]*+'?""",
    re.DOTALL,
)
KEY = re.compile(r"""\s*+([\w"'.\- \t]++)=""")
HEADING = re.compile(r"\s*+(\[\[?)([^\]]++)\]")


class Lines:
    """On which line of a TOML text each of its keys is written."""

    def __init__(self, text: str) -> None:
        self.known = dict(_key_lines(text))

    def of(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest table around it that the text has."""
        return next((self.known[path[:size]] for size in range(len(path), 0, -1) if path[:size] in self.known), 1)


def read_toml(text: str) -> dict[str, Any]:
    """A text's content. Raises `InputError` with the first line that is not TOML or has a key of too many names."""
    if len(text) > LARGEST_FILE:
        raise InputError("The study file is larger than %(most)d kB. Check that this is the right file.", most=256)
    _refuse_long_keys(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        what, _at, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        number = int(line[1]) if line else text.count("\n") + 1
        raise InputError(
            "line %(line)d: this is not valid TOML (%(what)s). Put texts in quotation marks, and close each "
            "quotation mark and bracket.",
            line=number,
            what=what,
        ) from error
    except RecursionError as error:
        raise InputError("line 1: this is not a study file. Its lists are nested too deeply.") from error


def _refuse_long_keys(text: str) -> None:
    for number, line in enumerate(_bare(text).split("\n"), start=1):
        if any(part.count(".") >= MAX_NAMES for part in re.split(r"[=,\[\]{}]", line)):
            raise InputError(
                "line %(line)d: a key has more than %(most)d parts separated by dots. Use fewer parts.",
                line=number,
                most=MAX_NAMES,
            )


def dotted(path: KeyPath) -> str:
    """A path as people write it: scales[2].minimum, counting from 1."""
    names = (f"[{part + 1}]" if isinstance(part, int) else f".{one_line(part)}" for part in path)
    return "".join(names).lstrip(".")


def _bare(text: str) -> str:
    """TOML without its texts and comments, line for line: a quotation mark where each began."""
    return TEXT.sub(lambda found: '"' + "\n" * found[0].count("\n"), text)


def _key_lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """(path, line) of every table heading and every `key =` of a valid TOML text; inline tables count as one key."""
    prefix: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    depth = 0
    for number, (line, bare) in enumerate(zip(text.split("\n"), _bare(text).split("\n"), strict=True), start=1):
        if depth:  # within an array of several lines
            depth += _depth(bare)
        elif HEADING.match(bare) and (heading := HEADING.match(line)):
            prefix = _names(heading[2])
            if heading[1] == "[[":
                counts[prefix] = counts.get(prefix, -1) + 1
                if counts[prefix] == 0:
                    yield prefix, number
                prefix = (*prefix, counts[prefix])
            elif prefix[:1] in counts:  # [scales.label] belongs to the latest [[scales]]
                prefix = (prefix[0], counts[prefix[:1]], *prefix[1:])
            yield prefix, number
        elif KEY.match(bare) and (key := KEY.match(line)):
            yield (*prefix, *_names(key[1])), number
            depth = _depth(bare)


def _depth(bare: str) -> int:
    """How many arrays a line opens less those it closes."""
    return bare.count("[") - bare.count("]")


def _names(dotted: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
