"""Check that clips differ only in their music: files, audio and headers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from formats.errors import N_, Message
from study.blinding.sessions import Exchange
from study.mp3 import frame_length

TOLERANCE_LU = 0.5
CEILING_DBTP = -1.0
#: At both ends of every clip so much must be silent, below this level.
EDGE_S, SILENCE_DBFS = 0.05, -60.0
#: Headers that say when the reply was made; what they say is among the values that must not tell systems apart.
TIMED = {"Date", "Expires"}
#: Bytes from the word Info to the two checksums, of the music and of these facts themselves.
CHECKSUMS_AT = 152
#: The characters of a waveform.
WAVEFORM_LEVELS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
FIX = N_("create the pack again (generate_stimuli; for recordings, with --from), then the study")


class AudioProperties(NamedTuple):
    """Properties of an audio file: format, tags, loudness, level of its edges."""

    size: int
    samples: int
    rate: int
    channels: int
    codec: str
    tags: str
    lufs: float
    true_peak_dbtp: float
    first_edge_dbfs: float
    last_edge_dbfs: float
    waveform: str


#: What must be the same to the last byte or sample, in words.
EXACT = {
    "size": N_("%(odd)s of %(all)s clips have %(found)s bytes, the others %(usual)s: %(fix)s."),
    "samples": N_("%(odd)s of %(all)s clips have %(found)s samples, the others %(usual)s: %(fix)s."),
    "rate": N_("%(odd)s of %(all)s clips have %(found)s samples a second, the others %(usual)s: %(fix)s."),
    "channels": N_("%(odd)s of %(all)s clips have %(found)s channels, the others %(usual)s: %(fix)s."),
    "codec": N_("%(odd)s of %(all)s clips have %(found)s as their format, the others %(usual)s: %(fix)s."),
    "tags": N_("%(odd)s of %(all)s clips have %(found)s as their tags, the others %(usual)s: %(fix)s."),
}


def unlike(sounds: Mapping[str, AudioProperties]) -> list[Message]:
    """A sentence for each difference between clips other than their music."""
    faults = [fault for key in EXACT for fault in _not_one(sounds, key)]
    middle = median(sound.lufs for sound in sounds.values())
    edge = f"{EDGE_S * 1000:.0f}"
    loud = Message("more than %(most)s LU from the others' %(usual)s LUFS", most=TOLERANCE_LU, usual=f"{middle:.2f}")
    odd: dict[Message, Callable[[AudioProperties], bool]] = {
        loud: lambda s: abs(s.lufs - middle) > TOLERANCE_LU,
        Message("without a loudness"): lambda s: not math.isfinite(s.lufs),
        Message("peaking above %(most)s dBTP", most=f"{CEILING_DBTP:.0f}"): lambda s: s.true_peak_dbtp > CEILING_DBTP,
        Message("not beginning with %(length)s ms of silence", length=edge): lambda s: s.first_edge_dbfs > SILENCE_DBFS,
        Message("not ending with %(length)s ms of silence", length=edge): lambda s: s.last_edge_dbfs > SILENCE_DBFS,
    }
    for what, is_so in odd.items():
        if found := [clip for clip, sound in sounds.items() if is_so(sound)]:
            faults.append(
                Message(
                    "%(odd)s of %(all)s clips are %(what)s (the first is %(clip)s): %(fix)s.",
                    odd=len(found),
                    all=len(sounds),
                    what=what,
                    clip=found[0],
                    fix=Message(FIX),
                )
            )
    return faults


def unlike_waveforms(shown: Mapping[str, str], sounds: Mapping[str, AudioProperties]) -> list[Message]:
    """A sentence where waveforms, by clip, are not those of their audio: another form could tell systems apart."""
    odd = sum(not _is_close(waveform, sounds[clip].waveform) for clip, waveform in shown.items())
    fault = Message(
        "The waveforms of %(odd)s of %(all)s clips are not those of their audio: create the study again.",
        odd=odd,
        all=len(shown),
    )
    return [fault] if odd else []


def _is_close(one: str, other: str) -> bool:
    """Whether two waveforms have the same bars: another decoder may round a level otherwise."""
    is_form = len(one) == len(other) and set(one) <= WAVEFORM_LEVELS
    return is_form and all(abs(int(a, 36) - int(b, 36)) <= 1 for a, b in zip(one, other, strict=True))


def unlike_wrappings(files: Mapping[str, bytes]) -> list[Message]:
    """A sentence where MP3 files, by clip, differ in what lies around their music."""
    found = Counter(mp3_container_bytes(data) for data in files.values())
    odd = len(files) - max(found.values())
    fault = Message(
        "%(odd)s of %(all)s clips have other MP3 headers, frames or tags than the rest: %(fix)s.",
        odd=odd,
        all=len(files),
        fix=Message(FIX),
    )
    return [fault] if odd else []


def mp3_container_bytes(data: bytes) -> tuple[bytes, ...]:
    """Everything in an MP3 except its music: surrounding bytes, first frame, headers.

    The first frame, where it holds LAME's facts of the encoding and no music, is taken without its checksums (those of
    the music). Of a header the extension of the stereo mode, which follows the music, is left out.
    """
    start = at = next((at for at in range(len(data)) if _is_frame(data, at)), len(data))
    headers = bytearray()
    while length := frame_length(data[at : at + 4]):
        headers += data[at : at + 3] + bytes([data[at + 3] & 0xCF])
        at += length
    first = data[start : start + frame_length(data[start : start + 4])]
    facts = max(first.find(b"Info"), first.find(b"Xing"))
    told = first[: facts + CHECKSUMS_AT] + first[facts + CHECKSUMS_AT + 4 :] if facts > 0 else b""
    return data[:start], told, bytes(headers), data[at:]


def _is_frame(data: bytes, at: int) -> bool:
    """Whether a frame begins here, and another one or nothing where it ends."""
    length = frame_length(data[at : at + 4])
    after = data[at + length : at + length + 4]
    return length > 0 and (not after or frame_length(after) > 0)


def _not_one(sounds: Mapping[str, AudioProperties], key: str) -> Iterator[Message]:
    found = Counter(getattr(sound, key) for sound in sounds.values())
    if len(found) > 1:
        (usual, _), *others = found.most_common()
        odd = sum(count for _, count in others)
        values = {"odd": odd, "all": len(sounds), "found": others[0][0], "usual": usual}
        yield Message(EXACT[key], **values, fix=Message(FIX))


def unlike_replies(exchanges: Iterable[Exchange]) -> list[Message]:
    """A sentence for each kind of reply whose headers differ between trials."""
    kinds: dict[tuple[str, str], dict[tuple[Any, ...], None]] = {}
    for exchange in exchanges:
        if exchange.trial:
            kinds.setdefault((exchange.kind, exchange.header("Content-Language")), {})[_headers(exchange)] = None
    return [_differing(kind, list(found)) for (kind, _), found in kinds.items() if len(found) > 1]


def _headers(exchange: Exchange) -> tuple[Any, ...]:
    """What must be equal: status and header names; for clips also values except the time."""
    named = exchange.kind != "audio"
    return exchange.status, tuple(sorted((name, "" if named or name in TIMED else v) for name, v in exchange.headers))


def _differing(kind: str, found: Sequence[tuple[Any, ...]]) -> Message:
    (status, usual), (other_status, other) = found[:2]
    odd = sorted({name for name, _ in set(usual) ^ set(other)})
    what = Message("the status %(one)s or %(other)s", one=status, other=other_status)
    if odd:
        what = Message("the header %(names)s", names=", ".join(odd))
    return Message("Replies of the kind %(kind)s differ between trials in %(what)s.", kind=kind, what=what)


def level(peak: float) -> float:
    """An amplitude of 0 to 1 in dBFS; minus infinity for silence."""
    return 20 * math.log10(peak) if peak > 0 else -math.inf
