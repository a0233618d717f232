"""How much data the analysis can do, told before it begins."""

from __future__ import annotations

from pathlib import Path

from formats.errors import InputError, Message

#: Time grows with the cube of the clips, memory with experts x clips x scales, pairs with the square of the systems.
MAX_CLIPS, MAX_PLACES, MAX_SYSTEMS = 2_000, 10_000_000, 300


def check_size(source: Path, *, experts: int, clips: int, systems: int, scales: int = 1) -> None:
    """Raise InputError for ratings of more experts, clips (of all systems together), systems or scales than that."""
    if clips > MAX_CLIPS:
        has = Message("%(clips)s clips", clips=f"{clips:,}")
        _refuse(source, has, Message("%(most)s clips of all systems together", most=f"{MAX_CLIPS:,}"))
    if experts * clips * scales > MAX_PLACES:
        sizes = {"experts": f"{experts:,}", "clips": f"{clips:,}", "scales": scales}
        has = Message("%(experts)s experts × %(clips)s clips × %(scales)s scales", **sizes)
        has = Message("%(experts)s experts × %(clips)s clips × 1 scale", **sizes) if scales == 1 else has
        _refuse(source, has, Message("%(most)s in this product", most=f"{MAX_PLACES:,}"))
    if systems > MAX_SYSTEMS:
        has = Message("%(systems)s systems", systems=f"{systems:,}")
        _refuse(source, has, Message("%(systems)s systems", systems=MAX_SYSTEMS))


def _refuse(source: Path, has: Message, most: Message) -> None:
    raise InputError(
        "%(source)s has %(has)s; analyse can do at most %(most)s. Leave out scales with --scales, or experts, clips or "
        "systems in a smaller table.",
        source=source,
        has=has,
        most=most,
    )
