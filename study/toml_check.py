"""Checking TOML by hand-written rules: every fault at once, each with its line, its key and the mend."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from formats.errors import InputError
from formats.text import first_control, is_text, many_lines, one_line

#: A key's way from the top: names, and numbers of entries in arrays of tables.
KeyPath = tuple[str | int, ...]
#: Of a study file, in bytes.
LARGEST_FILE = 256 * 1024
#: Told at once; a file with more is hardly a study file.
MOST_FAULTS = 100
#: Names in a key, dots between them: to read one takes time by the square of their number.
MOST_NAMES = 8
#: Texts and comments of TOML. One without an end goes on to the end of its line, or of the file, so that this ends too.
TEXT = re.compile(
    r'''"""(?:\\.|(?!""")[^\\])*+"{0,5}|"(?:\\.|[^"\\\n])*+"?|#[^\n]*+|'''
    r"""'''(?:(?!''')[\s\S])*+'{0,5}|'[^'\n]*+'?""",
    re.DOTALL,
)
KEY = re.compile(r"""\s*+([\w"'.\- \t]++)=""")
HEADING = re.compile(r"\s*+(\[\[?)([^\]]++)\]")


class Check:
    """Collects faults; knows on which line of the text each key stands."""

    def __init__(self, text: str, content: dict[str, Any]) -> None:
        self.lines = dict(_key_lines(text))
        self.languages: list[str] = []
        self.faults: list[tuple[int, str, str]] = []
        self.storable(content)

    def fault(self, path: KeyPath, message: str, **values: object) -> None:
        """Notes a fault at a key, or at the nearest table around it that stands in the text; `values` go into it."""
        known = next((path[:size] for size in range(len(path), 0, -1) if path[:size] in self.lines), ())
        self.faults.append((self.lines.get(known, 1), _dotted(path), message % values if values else message))
        if len(self.faults) > MOST_FAULTS:
            self.raise_faults()

    def storable(self, content: object, path: KeyPath = ()) -> None:
        """Notes a fault at every text with a control character in it that an escape stands for: it is a slip."""
        if isinstance(content, dict):
            for key, value in content.items():
                self.storable(value, (*path, key))
        elif isinstance(content, list):
            for index, value in enumerate(content):
                self.storable(value, (*path, index))
        elif isinstance(content, str) and not is_text(content):
            self.fault(path, _("The text contains \\u0000, which the database cannot store. Delete it."))
        elif isinstance(content, str) and first_control(content):
            message = _("The text contains the control character %(character)s. Delete it.")
            self.fault(path, message, character=first_control(content))

    def raise_faults(self) -> None:
        """Raises `InputError` with a line for each fault, in the order of the text, if there is one."""
        if self.faults:
            told = _("line %(line)d, %(key)s: %(fault)s")
            faults = sorted(self.faults[:MOST_FAULTS])
            lines = [told % {"line": line, "key": key, "fault": fault} for line, key, fault in faults]
            if len(self.faults) > MOST_FAULTS:
                lines.append(_("There are more errors. Fix these first."))
            raise InputError("\n".join(lines))

    def sound(self, *keys: str) -> bool:
        """Whether none of these keys, written as in a fault, has one. What depends on them can be judged only then."""
        return not {key for _, key, _ in self.faults} & {*keys}

    def table(self, value: object, path: KeyPath, required: str, optional: str = "") -> dict[str, Any]:
        """A table with no key missing and none unknown; {} where there is no table at all."""
        if not isinstance(value, dict):
            self.fault(path, _("Write a table with the keys %(keys)s."), keys=required.replace(" ", ", "))
            return {}
        allowed = [*required.split(), *optional.split()]
        for key in sorted(value.keys() - set(allowed)):
            close = difflib.get_close_matches(key, allowed, n=1)
            if close:
                self.fault((*path, key), _("There is no such key. Did you mean '%(close)s'?"), close=close[0])
            else:
                known = ", ".join(allowed)
                self.fault((*path, key), _("There is no such key. Delete it, or use one of: %(known)s."), known=known)
        for key in required.split():
            if key not in value:
                self.fault((*path, key), _("This key is missing. Add it."))
        return value

    def rows(self, content: dict[str, Any], key: str, least: int, most: int) -> list[Any]:
        """An array of tables with so many entries; none beyond the most."""
        value = content.get(key, [])
        if key in content and not isinstance(value, list):
            self.fault((key,), _("Write it as [[%(key)s]], once per entry."), key=key)
            return []
        if key in content and not least <= len(value) <= most:
            count = len(value)
            message = _("There are %(count)d entries. Write %(least)d to %(most)d.")
            self.fault((key,), message, count=count, least=least, most=most)
        return list(value[:most])

    def text(self, table: dict[str, Any], key: str, path: KeyPath) -> str:
        value = table.get(key, "")
        if key in table and (not isinstance(value, str) or not value.strip()):
            self.fault((*path, key), _('Write a text in quotes, such as "…".'))
        return many_lines(value) if isinstance(value, str) else ""

    def name(self, table: dict[str, Any], key: str, path: KeyPath, pattern: str, meaning: object) -> str:
        """A machine name of a pattern."""
        value = self.text(table, key, path)
        if value.strip() and not re.fullmatch(pattern, value):
            self.fault((*path, key), _("%(value)s is not valid. Use %(meaning)s."), value=repr(value), meaning=meaning)
        return value

    def whole(self, table: dict[str, Any], key: str, path: KeyPath, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        value = table.get(key, least)
        if type(value) is int and least <= value <= most:
            return value
        message = _("%(value)s is not valid. Enter a whole number from %(least)d to %(most)d.")
        self.fault((*path, key), message, value=repr(value), least=least, most=most)
        return least

    def texts(self, table: dict[str, Any], key: str, path: KeyPath, *, lines: bool = False) -> dict[str, str]:
        """A text in each of the file's languages, of one line or of several."""
        value = table.get(key, {})
        if key not in table or not self.languages:
            return {}
        wanted = ", ".join(f'{language} = "…"' for language in self.languages)
        if not isinstance(value, dict) or not all(isinstance(text, str) and text.strip() for text in value.values()):
            self.fault((*path, key), _("Write a text in each language: { %(wanted)s }."), wanted=wanted)
            return {}
        for language in set(self.languages) ^ value.keys():
            missing = _("The language is missing. Write { %(wanted)s }.")
            foreign = _("This is not a language of the study file. Write { %(wanted)s }.")
            self.fault((*path, key, language), missing if language in self.languages else foreign, wanted=wanted)
        written = many_lines if lines else one_line
        return {language: written(text).strip() for language, text in value.items()}

    def unique(self, values: list[str], path: KeyPath, key: str) -> None:
        seen: set[str] = set()
        for index, value in enumerate(values):
            if value and value in seen:
                self.fault(
                    (*path, index, key), _("%(value)s appears twice. Each value must be unique."), value=repr(value)
                )
            seen.add(value)


def read_toml(text: str) -> dict[str, Any]:
    """A text's content. Raises `InputError` with the first line that is not TOML or has a key of too many names."""
    if len(text) > LARGEST_FILE:
        raise InputError(
            _("The study file is larger than %(most)d kB. Check that this is the right file.") % {"most": 256}
        )
    _refuse_long_keys(text)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        what, _at, where = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", where)
        number = int(line[1]) if line else text.count("\n") + 1
        message = _(
            "line %(line)d: this is not valid TOML (%(what)s). Put texts in quotation marks, and close each "
            "quotation mark and bracket."
        )
        raise InputError(message % {"line": number, "what": what}) from error
    except RecursionError as error:
        raise InputError(_("line 1: this is not a study file. Its lists are nested too deeply.")) from error


def _refuse_long_keys(text: str) -> None:
    for number, line in enumerate(_bare(text).split("\n"), start=1):
        if any(part.count(".") >= MOST_NAMES for part in re.split(r"[=,\[\]{}]", line)):
            message = _("line %(line)d: a key has more than %(most)d parts separated by dots. Use fewer parts.")
            raise InputError(message % {"line": number, "most": MOST_NAMES})


def _dotted(path: KeyPath) -> str:
    """scales[2].minimum, counting from 1."""
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
