"""The generators.

A new one is a file in this package and a line in SYSTEMS, or an entry point ``mukulen.systems`` of another package
(docs/models.md).
"""

from __future__ import annotations

from importlib import import_module

from formats.errors import InputError
from generation.networks.contract import Network
from generation.plugins import provided

#: The class of each system's generator, as "module:class", so that a command loads only what it uses.
SYSTEMS = {
    "midi-gan": "generation.networks.midi_gan:MidiGAN",
    "sr-cnn-vaegan": "generation.networks.sr_cnn_vaegan:SRCNNVAEGAN",
    "music-vae": "generation.networks.music_vae:MusicVAE",
    "transformer": "generation.networks.transformer:Transformer",
    "mlstm": "generation.networks.mlstm:MLSTM",
}
#: The model behind perplexity: trained like the others, compared with none.
REFERENCE = "reference"


def systems() -> dict[str, str]:
    """List the generators, those of other packages after ours.

    Returns
    -------
    dict of str to str
        "module:class" by system.

    Raises
    ------
    InputError
        If a package provides a name that exists already.
    """
    others = provided("mukulen.systems", {*SYSTEMS, REFERENCE, "real"})
    return {**SYSTEMS, **{name: point.value for name, point in others.items()}}


def network(name: str) -> type[Network]:
    """Import the class of a generator or of the reference model.

    Parameters
    ----------
    name : str
        A key of ``systems()``, or ``REFERENCE``.

    Returns
    -------
    type of Network

    Raises
    ------
    InputError
        If the name is unknown.
    """
    known = {**systems(), REFERENCE: "generation.networks.reference:Reference"}
    if name not in known:
        raise InputError(
            "There is no generator %(name)r: the known ones are %(known)s.", name=name, known=", ".join(sorted(known))
        )
    module, kind = known[name].split(":")
    found: type[Network] = getattr(import_module(module), kind)
    return found
