"""Search replies for identifiers of systems, clips and packs."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from formats.errors import N_, Message
from study.blinding.sessions import Exchange
from study.models import Seal, Study

SYSTEM = N_("the name of a system")
AROUND, CONTENT = N_("the address or a header"), N_("the content")
KINDS = {
    "audio": N_("a clip"),
    "trial": N_("a trial page"),
    "page": N_("a page"),
    "form": N_("a page"),
    "static": N_("a script"),
}
#: Shorter marks and smaller numbers turn up by chance.
MIN_MARK, MIN_NUMBER, MIN_NAME = 8, 10_000, 3
#: Of a name this short a stretch of random bytes may hold one.
SAFE_NAME = 6
#: The kind of a file that is the same for every expert and study: a font may be called Han as a people is.
STATIC = "static"
RUN = re.compile(r"[0-9A-Za-z_-]{8,}")
PRINTED = re.compile(rb"[\x20-\x7e]{8,}")
BASE64 = re.compile(r"[0-9A-Za-z+/_-]{8,}={0,2}")


@dataclass(frozen=True)
class Identifiers:
    """What no browser may see: marks (ids, hashes, file names) and names (words).

    Spoken names stand in texts that the study file or the site shows to everybody (`real`, `Daur`): they may stand on
    a page, but as often on every trial's page.
    """

    marks: dict[str, str]
    names: dict[str, str]
    spoken: dict[str, str]
    systems: frozenset[str]

    def marks_in(self, run: str) -> set[str]:
        """Marks that a run of letters and digits is or holds."""
        places = ((at, length) for length in self._lengths for at in range(len(run) - length + 1))
        return {run[at : at + length] for at, length in places} & self.marks.keys()

    @cached_property
    def _lengths(self) -> set[int]:
        return {len(mark) for mark in self.marks}


def secrets_of(study: Study, shown: str) -> Identifiers:
    """All identifiers of a study to hide; `shown` is the text that every expert sees."""
    marks, names = {}, {}
    for text, what in _everything(study):
        text = text.strip().lower()
        if RUN.fullmatch(text) and any(letter.isdigit() for letter in text) and len(text) >= MIN_MARK:
            marks[text] = what
        elif len(text) >= MIN_NAME or not text.isascii():
            names[text] = what
    said = {name: what for name, what in names.items() if count_occurrences(name, shown.lower())}
    hidden = {name: what for name, what in names.items() if name not in said}
    return Identifiers(marks, hidden, said, frozenset(name for name, what in names.items() if what == SYSTEM))


def _everything(study: Study) -> Iterator[tuple[str, str]]:
    """(text, what it is) of every name, hash and number to be looked for."""
    for clip in study.clips.all():
        yield clip.clip_id, N_("a clip's id in the study")
        yield Path(clip.audio).stem, N_("a clip's file name")
        passed_over = {"role"} if clip.system_id else {"role", "system"}
        yield from ((text, N_("a clip's entry in the pack")) for text in _texts(clip.pack_entry, passed_over))
    for system in study.file.systems:
        for name in (system.id, *system.label.values()):
            yield name, SYSTEM
    yield study.file_sha256, N_("the study file's hash")
    yield study.plan_sha256, N_("the study plan's hash")
    yield study.certificate["sessions_sha256"], N_("the session plans' hash")
    for content in Seal.objects.filter(study=study).values_list("content", flat=True):
        yield content["nonce"], N_("the seal's number")
    if "commitment" in study.plan:
        yield study.plan["commitment"], N_("the plan's commitment")
    if study.seed >= MIN_NUMBER:
        yield str(study.seed), N_("the random seed of the session plans")


def _texts(entry: Any, passed_over: set[str]) -> Iterator[str]:
    """Every text and large number in a piece of JSON, except under some keys."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            yield from _texts(value, passed_over) if key not in passed_over else ()
    elif isinstance(entry, list):
        for value in entry:
            yield from _texts(value, passed_over)
    elif isinstance(entry, str) or (type(entry) is int and entry >= MIN_NUMBER):
        yield str(entry)


def count_occurrences(name: str, text: str) -> int:
    """How often a name occurs in a lower-case text; Latin names only as whole words."""
    if name not in text:
        return 0
    return len(re.findall(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text)) if name.isascii() else text.count(name)


def leaks(seen: Iterable[Exchange], secrets: Identifiers) -> list[Message]:
    """A sentence for each secret found, once for each kind of exchange."""
    found: dict[tuple[str, str, str], Message] = {}
    marks_in = cache(secrets.marks_in)  # most runs stand in every reply
    clips: set[bytes] = set()  # several sessions hear the same
    for exchange in seen:
        parts = [(AROUND, _around(exchange))]
        if exchange.kind != "audio" or exchange.body not in clips:
            parts.append((CONTENT, _readable(exchange)))
        if exchange.kind == "audio":
            clips.add(exchange.body)
        for where, text in parts:
            for secret, what in _secrets_in(text, where, exchange, secrets, marks_in):
                message = Message(
                    "%(secret)s (%(what)s) appears in %(where)s of %(whose)s (%(path)s).",
                    secret=repr(secret),
                    what=Message(what),
                    where=Message(where),
                    whose=_kind(exchange),
                    path=_path(exchange),
                )
                found.setdefault((secret, exchange.kind, where), message)
    return list(found.values())


def uneven_names(pages: Iterable[Exchange], secrets: Identifiers) -> list[Message]:
    """A sentence for each spoken name whose frequency differs between trial pages."""
    texts = [_readable(page).lower() for page in pages]
    uneven = (name for name in secrets.spoken if len({count_occurrences(name, text) for text in texts}) > 1)
    return [
        Message(
            "%(name)s (%(what)s) appears more often on some trial pages than on others.",
            name=repr(name),
            what=Message(secrets.spoken[name]),
        )
        for name in uneven
    ]


def _secrets_in(
    text: str, where: str, exchange: Exchange, secrets: Identifiers, marks_in: Callable[[str], set[str]]
) -> Iterator[tuple[str, str]]:
    """(secret, what it is) of what stands in one part of an exchange."""
    hidden = "" if exchange.kind == "audio" else _decoded(text).lower()
    plain = text.lower()
    for run in RUN.findall(f"{plain}\n{hidden}"):
        yield from ((mark, secrets.marks[mark]) for mark in marks_in(run))
    is_shown = where == CONTENT and exchange.header("Content-Type").startswith("text/")
    for name, what in (secrets.names if is_shown else {**secrets.names, **secrets.spoken}).items():
        if exchange.kind == STATIC and name not in secrets.systems:
            continue
        if count_occurrences(name, plain) or (len(name) >= SAFE_NAME and count_occurrences(name, hidden)):
            yield name, what


def _around(exchange: Exchange) -> str:
    """The address and all headers, as they are and unquoted."""
    text = "\n".join([exchange.url, *(f"{name}: {value}" for name, value in exchange.headers)])
    return f"{text}\n{unquote(text)}" if "%" in text else text


def _readable(exchange: Exchange) -> str:
    """The content, with what HTML, JSON and addresses escape said plainly as well."""
    if exchange.kind == "audio":
        return "\n".join(run.decode("ascii") for run in PRINTED.findall(exchange.body))
    text = exchange.text
    if exchange.header("Content-Type").startswith("application/json"):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    plain = unquote(unescape(text))
    return plain if plain == text else f"{text}\n{plain}"


def _decoded(text: str) -> str:
    """What the runs of a text say if they are base64."""
    pieces = []
    for run in BASE64.findall(text):
        padded = run.rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            pieces.append(base64.b64decode(padded + "=" * (-len(padded) % 4)).decode("utf-8", "ignore"))
        except binascii.Error:
            continue
    return "\n".join(pieces)


def _kind(exchange: Exchange) -> Message:
    known = KINDS.get(exchange.kind)
    return Message(known) if known else Message("the reply to a %(kind)s", kind=exchange.kind)


def _path(exchange: Exchange) -> str:
    return exchange.url.replace(exchange.trial, "…") if exchange.trial else exchange.url
