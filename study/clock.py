"""The clock of the study. Only code can replace it, no setting or variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_read: Callable[[], datetime] | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _read() if _read else datetime.now(UTC)


def milliseconds() -> int:
    """The present moment in milliseconds since 1970, as browsers count."""
    return in_milliseconds(now())


def in_milliseconds(moment: datetime) -> int:
    """A moment in milliseconds since 1970, as browsers count."""
    return round(moment.timestamp() * 1000)


def in_zone(moment: datetime, zone: str | None) -> str:
    """A moment in words for a reader whose zone nobody knows: in the study's, with its name, otherwise in UTC."""
    local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
    return f"{local:%Y-%m-%d %H:%M} {f'({zone})' if zone else 'UTC'}"


@contextmanager
def use(read: Callable[[], datetime]) -> Iterator[None]:
    """Within the block every thread of this process takes the time from `read`."""
    global _read
    before, _read = _read, read
    try:
        yield
    finally:
        _read = before
