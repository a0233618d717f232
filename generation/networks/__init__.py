"""The generators. A new one is a file beside this and a line in REGISTRY."""

from __future__ import annotations

from generation.errors import InputError
from generation.networks.midi_gan import MidiGAN

REGISTRY: dict[str, type[MidiGAN]] = {"midi-gan": MidiGAN}


def network(name: str) -> type[MidiGAN]:
    """The class of a generator. Raises InputError for an unknown name."""
    if name not in REGISTRY:
        raise InputError(f"There is no generator {name!r}: the known ones are {', '.join(sorted(REGISTRY))}.")
    return REGISTRY[name]
