"""How much data the analysis can do, told before it begins."""

from __future__ import annotations

from pathlib import Path

from formats.errors import InputError

#: Time grows with the cube of the clips, memory with experts x clips x scales, pairs with the square of the systems.
MOST_CLIPS, MOST_PLACES, MOST_SYSTEMS = 2_000, 10_000_000, 300


def check_size(source: Path, *, experts: int, clips: int, systems: int, scales: int = 1) -> None:
    """Raise InputError for ratings of more experts, clips (of all systems together), systems or scales than that."""
    if clips > MOST_CLIPS:
        _refuse(source, f"{clips:,} clips", f"{MOST_CLIPS:,} clips of all systems together")
    if experts * clips * scales > MOST_PLACES:
        has = f"{experts:,} experts × {clips:,} clips × {scales} scale{'s' if scales > 1 else ''}"
        _refuse(source, has, f"{MOST_PLACES:,} in this product")
    if systems > MOST_SYSTEMS:
        _refuse(source, f"{systems:,} systems", f"{MOST_SYSTEMS} systems")


def _refuse(source: Path, has: str, most: str) -> None:
    raise InputError(
        f"{source} has {has}; analyse can do at most {most}. Leave out scales with --scales, or experts, clips or "
        "systems in a smaller table."
    )
