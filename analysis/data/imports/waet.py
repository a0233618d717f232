"""Results of the Web Audio Evaluation Tool: one XML file a session, in a folder or ZIP."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from analysis.data.imports.files import is_practice, parts_of, stem
from analysis.data.imports.found import UNFINISHED
from analysis.data.imports.roles import Roles
from formats.errors import InputError

REPEATED = re.compile(r"-repeat-\d+$")
#: Copies that the tool saves while a session goes on.
COPY = "update-"


def fits(header: set[str]) -> bool:
    """No table is one of these files."""
    return False


def read(roles: Roles) -> None:
    """Ratings (0 to 1) by their interface; a page is an item, and the name of its fragment's file says the system."""
    for path, text in parts_of(roles.path, (".xml",)):
        root = _root(path, text)
        pages = root.findall("page")
        if path.name.startswith(COPY):
            roles.found.leave_out(UNFINISHED, len(pages))
            continue
        for number, page in enumerate(pages, 1):
            if page.get("state", "complete") != "complete":
                roles.found.leave_out(UNFINISHED)
            elif not is_practice(roles.found, page.get("ref", "")):
                _page(roles, root.get("key") or path.stem, page, number)


def _page(roles: Roles, expert: str, page: ElementTree.Element, number: int) -> None:
    item = page.get("ref", "")
    for element in page.findall("audioelement"):
        clip = stem(element.get("url", "")) or element.get("ref", "")
        for value in element.findall("value"):
            system, prompt = roles.in_name(clip, number)
            scale = value.get("interface-name") or "rating"
            roles.found.rate(
                expert=expert,
                system=system,
                clip=clip,
                prompt=prompt or REPEATED.sub("", item),
                scale="rating" if scale == "null" else scale,
                rating=value.text,
                is_repeat=bool(REPEATED.search(item)),
                line=number,
            )


def _root(path: Path, text: str) -> ElementTree.Element:
    """The session in a file. Raises InputError; also for declarations of entities, which none needs."""
    try:
        root = None if "<!" in text.replace("<![CDATA[", "").replace("<!--", "") else ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise InputError("%(file)s: not readable XML (%(reason)s).", file=path, reason=error) from error
    if root is None or root.tag != "waetresult":
        raise InputError("%(file)s is no session of the Web Audio Evaluation Tool.", file=path)
    return root
