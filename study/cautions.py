"""The cautions of a blinding check in words, without names of systems.

While the study is blinded no page names the system: a range over all systems says how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from formats.errors import Message

MIN_SHOWN_P = 0.001
#: By the feature's key in generation/differences.py.
WORDS = {
    "onset_s": gettext_lazy(
        "Clips of some systems begin to sound later: the systems' means range from %(low)s s to %(high)s s (%(p)s)."
    ),
    "end_s": gettext_lazy(
        "Clips of some systems stop sounding later: the systems' means range from %(low)s s to %(high)s s (%(p)s)."
    ),
    "edge_silence_s": gettext_lazy(
        "Clips of some systems have more silence before and after the sound: the systems' means range from %(low)s s "
        "to %(high)s s (%(p)s)."
    ),
    "pauses": gettext_lazy(
        "Clips of some systems are silent for more of the time between first and last sound: the systems' means range "
        "from %(low)s%% to %(high)s%% (%(p)s)."
    ),
    "dc_offset": gettext_lazy(
        "Clips of some systems have a larger DC offset: the systems' means range from %(low)s%% to %(high)s%% of full "
        "scale (%(p)s)."
    ),
    "first_third_lu": gettext_lazy(
        "Clips of some systems have a louder first third: the systems' means range from %(low)s LU to %(high)s LU "
        "relative to the whole clip (%(p)s)."
    ),
    "last_third_lu": gettext_lazy(
        "Clips of some systems have a louder last third: the systems' means range from %(low)s LU to %(high)s LU "
        "relative to the whole clip (%(p)s)."
    ),
    "roll_off_hz": gettext_lazy(
        "Clips of some systems sound higher or brighter: the frequency below which 99%% of the energy lies has means "
        "from %(low)s kHz to %(high)s kHz by system (%(p)s)."
    ),
    "highest_hz": gettext_lazy(
        "Clips of some systems have a wider bandwidth: the systems' means range from %(low)s kHz to %(high)s kHz "
        "(%(p)s)."
    ),
    "stereo_width": gettext_lazy(
        "Clips of some systems are wider in stereo: the systems' means range from %(low)s%% to %(high)s%% of the "
        "energy (%(p)s)."
    ),
    "noise_db": gettext_lazy(
        "Clips of some systems have more steady noise: the systems' means range from %(low)s dB to %(high)s dB "
        "relative to the whole clip (%(p)s)."
    ),
}


def of_check(detail: Mapping[str, Any]) -> list[str]:
    """All cautions of a recorded blinding check: on the design and the pack, then on the recordings."""
    stored = [Message.from_json(caution).words(_) for caution in detail.get("cautions", [])]
    return [*stored, *of_recordings(detail.get("recordings", {}))]


def of_recordings(found: Mapping[str, Any]) -> list[str]:
    """Sentences on the ``differences`` that a check of blinding found, on its ``least_p`` where clips were too few, and
    on how many are ``silent`` for most of their time.

    A difference has its feature, the lowest and the highest mean of a system in the unit of WORDS, and p.
    """
    too_few = _("too few clips for a test") if found.get("least_p") else ""
    sentences = [
        WORDS[difference["feature"]]
        % {"low": _number(difference["low"]), "high": _number(difference["high"]), "p": too_few or _p(difference["p"])}
        for difference in found.get("differences", [])
    ]
    if sentences:
        sentences.append(
            _(
                "Experts can hear this. If it is not part of the music, trim, pad or process all recordings in the "
                "same way, then create the pack and the study again."
            )
        )
    if least := found.get("least_p"):
        few = _(
            "So few clips cannot show whether recordings differ by system: even if they separated the systems "
            "perfectly, p would be %(least)s."
        )
        sentences.append(few % {"least": f"{least:.2f}"})
    if silent := found.get("silent"):
        long = _(
            "%(silent)s of %(clips)s clips are silent for more than half of their length, as clips from short "
            "recordings are. Experts wait through the silence. Use longer recordings if you have any."
        )
        sentences.append(long % {"silent": silent, "clips": found["clips"]})
    return sentences


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= MIN_SHOWN_P else f"p < {MIN_SHOWN_P}"
