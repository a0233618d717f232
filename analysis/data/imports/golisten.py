"""GoListen's export of a test of single ratings (ACR): tags of the researcher over the header, several in a cell."""

from __future__ import annotations

from analysis.data.imports.files import lines_of
from analysis.data.imports.roles import Roles, clip_named
from formats.errors import InputError
from formats.messages import LazyText


def fits(header: set[str]) -> bool:
    return "Tags" in header


def read(roles: Roles) -> None:
    """Ratings of the systems that the tags name as item|first system|second system, in the order of the sounds."""
    lines = lines_of(roles.path)
    tags = next((row for _, row in lines if row[1:2] == ["Tags"]), None)
    start = next((n for n, (_, row) in enumerate(lines) if row[:2] == ["Name", "Date"]), None)
    if tags is None or start is None:
        raise InputError(
            "%(file)s has no row Tags and no row that begins with Name and Date, which GoListen writes.",
            file=roles.path,
        )
    header = lines[start][1]
    tagged = [n for n, tag in enumerate(tags) if n > 1 and "|" in tag and n < len(header)]
    if not tagged:
        raise InputError(
            "%(file)s: no example has a tag as item|first system|second system. GoListen names the sounds nowhere "
            "else; add the tags there or in the file's first line.",
            file=roles.path,
        )
    others = [name for n, name in enumerate(header) if n > 1 and n not in tagged]
    if others:
        roles.found.note(LazyText("Columns without such a tag are left out: {columns}.", columns=", ".join(others)))
    roles.found.note(LazyText("An untouched slider of GoListen is stored as 3."))
    for line, row in lines[start + 1 :]:
        for n in tagged:
            _rate(roles, row[0], tags[n], row[n] if n < len(row) else "", line)


def _rate(roles: Roles, expert: str, tag: str, cell: str, line: int) -> None:
    item, *systems = (part.strip() for part in tag.split("|"))
    ratings = cell.split(",")
    if cell and len(ratings) != len(systems):
        raise InputError(
            "%(file)s, line %(line)d: %(count)d ratings in %(cell)s where the tag %(tag)s names %(systems)d systems.",
            file=roles.path,
            line=line,
            cell=cell,
            count=len(ratings),
            tag=tag,
            systems=len(systems),
        )
    for system, rating in zip(systems, ratings or [""] * len(systems), strict=False):
        clip = clip_named(item, system)
        roles.found.rate(expert=expert, system=system, clip=clip, prompt=item, scale="rating", rating=rating, line=line)
