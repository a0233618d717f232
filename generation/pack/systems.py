"""From the names of systems to trained generators, and to the reference model behind perplexity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from formats.errors import InputError
from formats.files import sha256_of
from generation.networks import REFERENCE
from generation.networks import systems as known_systems
from generation.pack.build import Reader
from generation.pack.selection import REAL
from generation.sampling import Checkpoint, load_checkpoint, load_reference

WEIGHTS = "weights.safetensors"


def find_generators(
    systems: Sequence[str] | None, checkpoints: Path, runs: Sequence[Path]
) -> tuple[dict[str, Checkpoint], bool]:
    """The generators of these systems by name, and whether ``real`` is among them.

    ``systems`` None means every system with weights, and ``real``. A run folder stands before the sub-folder of
    ``checkpoints`` for the same system. Raises InputError for an unknown system or missing or foreign weights.
    """
    _check_known(systems or [])
    trained = _from_runs(runs)
    if systems is None:
        shipped = _shipped(checkpoints)
        if not shipped and not trained:
            raise InputError(
                "%(checkpoints)s holds no weights (SYSTEM/%(weights)s): train a system and name its run with --run.",
                checkpoints=checkpoints,
                weights=WEIGHTS,
            )
        wanted = {*shipped, *trained}
    else:
        wanted = set(systems) - {REAL}
        if unasked := set(trained) - wanted:
            raise InputError(
                "A run is of %(system)s, which --systems does not name: add it there, or leave it out.",
                system=min(unasked),
            )
    generators = {name: trained.get(name) or _load(checkpoints / name, name) for name in sorted(wanted)}
    return generators, systems is None or REAL in systems


def find_reader(folder: Path) -> Reader:
    """The reference model of a run folder or of fixtures/checkpoints. Raises InputError for any other folder."""
    return Reader(load_reference(folder), sha256_of(folder / WEIGHTS))


def _check_known(systems: Sequence[str]) -> None:
    known = [*known_systems(), REAL]
    for name in systems:
        if name not in known:
            raise InputError(
                "There is no system %(name)r: the known ones are %(known)s.", name=name, known=", ".join(sorted(known))
            )


def _shipped(checkpoints: Path) -> list[str]:
    names = sorted(path.parent.name for path in checkpoints.glob(f"*/{WEIGHTS}"))
    systems = [name for name in names if name != REFERENCE]
    _check_known(systems)
    return systems


def _from_runs(runs: Sequence[Path]) -> dict[str, Checkpoint]:
    trained: dict[str, Checkpoint] = {}
    for folder in runs:
        checkpoint = load_checkpoint(folder)
        if checkpoint.name in trained:
            raise InputError(
                "%(folder)s is a second run of %(name)s: a pack has one of each system.",
                folder=folder,
                name=checkpoint.name,
            )
        trained[checkpoint.name] = checkpoint
    return trained


def _load(folder: Path, name: str) -> Checkpoint:
    if not (folder / WEIGHTS).is_file():
        raise InputError(
            "%(path)s is missing: train %(name)s and name its run with --run, or leave %(name)s out.",
            path=folder / WEIGHTS,
            name=name,
        )
    checkpoint = load_checkpoint(folder)
    if checkpoint.name != name:
        raise InputError(
            "%(folder)s holds weights of %(name)s: rename the folder to %(name)s.", folder=folder, name=checkpoint.name
        )
    return checkpoint
