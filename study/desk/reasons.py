"""Why a clip could not be used, in the reader's language: generate_stimuli says it in English."""

from __future__ import annotations

import re

from django.utils.translation import gettext


def N_(sentence: str) -> str:
    """Marks a sentence for the catalogue."""
    return sentence


#: The sentences of generation/pack; what stands for a number or a name in them has a name here.
REASONS = (
    N_("it lies beside the systems' folders, not in one"),
    N_("it is not a file"),
    N_("it is the same file as %(file)s"),
    N_("it is not a WAV, FLAC, MP3 or MIDI file"),
    N_("it is silent (below %(lufs)s LUFS once its channels are mixed to one)"),
    N_("its highest peak stands %(crest)s dB above its loudness (a click?): remove the peak or compress it"),
    N_("it cannot be read as MIDI: export it again as standard MIDI"),
    N_("it has no note in its first %(seconds)s seconds (drums are not played)"),
    N_("it has the pitch %(pitch)s, outside the piano (%(lowest)s-%(highest)s): transpose it"),
    N_("it has %(rate)s samples a second, not 8,000 to 192,000: export it at 44,100"),
    N_("it cannot be decoded: export it again as WAV, FLAC or MP3"),
    N_("it holds values that are no numbers: export it again"),
    N_("it is clipped (%(share)s of its samples at full scale): export it at a lower level"),
    N_("it lasts %(length)s s, and %(least)s s is the least"),
)


def in_the_readers_words(reason: str) -> str:
    """A reason in the active language; as it is where it is none of these."""
    for sentence in REASONS:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence))
        if found := re.fullmatch(pattern, reason):
            return gettext(sentence) % found.groupdict()
    return reason
