"""Generators and metrics that other installed packages provide, as entry points (docs/models.md, docs/packs.md)."""

from __future__ import annotations

from collections.abc import Container
from importlib.metadata import EntryPoint, entry_points

from formats.errors import InputError


def provided(group: str, taken: Container[str]) -> dict[str, EntryPoint]:
    """The entry points of a group by name. Raises InputError for a name that exists already."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group)):
        if point.name in taken or point.name in found:
            raise InputError(
                "The package %(package)s provides %(name)r for %(group)s, but there is one of that name already. "
                "Uninstall one of them.",
                package=point.dist.name if point.dist else "?",
                name=point.name,
                group=group,
            )
        found[point.name] = point
    return found
