"""That all clips are alike in everything but their music: the files, their sound and the headers they come with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

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
MEND = "create the pack again (generate_stimuli; for recordings, with --from), then the study"


class AudioProperties(NamedTuple):
    """What can be said of an audio file without listening: its form, tags, loudness and how loud its edges are."""

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


#: What must be the same to the last byte or sample, in words.
EXACT = {
    "size": "bytes",
    "samples": "samples",
    "rate": "samples a second",
    "channels": "channels",
    "codec": "as their format",
    "tags": "as their tags",
}


def unlike(sounds: Mapping[str, AudioProperties]) -> list[str]:
    """A sentence for each way in which clips, by their ids in the study, differ other than by their music."""
    faults = [fault for key, unit in EXACT.items() for fault in _not_one(sounds, key, unit)]
    middle = median(sound.lufs for sound in sounds.values())
    edge = f"with {EDGE_S * 1000:.0f} ms of silence"
    odd: dict[str, Callable[[AudioProperties], bool]] = {
        f"more than {TOLERANCE_LU} LU from the others' {middle:.2f} LUFS": lambda s: (
            abs(s.lufs - middle) > TOLERANCE_LU
        ),
        "without a loudness": lambda s: not math.isfinite(s.lufs),
        f"peaking above {CEILING_DBTP:.0f} dBTP": lambda s: s.true_peak_dbtp > CEILING_DBTP,
        f"not beginning {edge}": lambda s: s.first_edge_dbfs > SILENCE_DBFS,
        f"not ending {edge}": lambda s: s.last_edge_dbfs > SILENCE_DBFS,
    }
    for what, is_so in odd.items():
        if found := [clip for clip, sound in sounds.items() if is_so(sound)]:
            faults.append(f"{len(found)} of {len(sounds)} clips are {what} (the first is {found[0]}): {MEND}.")
    return faults


def unlike_wrappings(files: Mapping[str, bytes]) -> list[str]:
    """A sentence where MP3 files, by clip, differ in what lies around their music."""
    found = Counter(mp3_container_bytes(data) for data in files.values())
    odd = len(files) - max(found.values())
    fault = f"{odd} of {len(files)} clips have other MP3 headers, frames or tags than the rest: {MEND}."
    return [fault] if odd else []


def mp3_container_bytes(data: bytes) -> tuple[bytes, ...]:
    """What an MP3 holds besides its music: the bytes before and after its frames, the first frame, and all headers.

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


def _not_one(sounds: Mapping[str, AudioProperties], key: str, unit: str) -> Iterator[str]:
    found = Counter(getattr(sound, key) for sound in sounds.values())
    if len(found) > 1:
        (usual, _), *others = found.most_common()
        odd = sum(count for _, count in others)
        yield f"{odd} of {len(sounds)} clips have {others[0][0]} {unit}, the others {usual}: {MEND}."


def unlike_replies(exchanges: Iterable[Exchange]) -> list[str]:
    """A sentence where clips come with unlike headers, or the other replies of a kind with unlike sets of headers."""
    kinds: dict[tuple[str, str], dict[tuple[Any, ...], None]] = {}
    for exchange in exchanges:
        if exchange.trial:
            kinds.setdefault((exchange.kind, exchange.header("Content-Language")), {})[_headers(exchange)] = None
    return [_differing(kind, list(found)) for (kind, _), found in kinds.items() if len(found) > 1]


def _headers(exchange: Exchange) -> tuple[Any, ...]:
    """What must be equal: status and names, and of a clip values as well, but for the time of the reply."""
    named = exchange.kind != "audio"
    return exchange.status, tuple(sorted((name, "" if named or name in TIMED else v) for name, v in exchange.headers))


def _differing(kind: str, found: Sequence[tuple[Any, ...]]) -> str:
    (status, usual), (other_status, other) = found[:2]
    odd = sorted({name for name, _ in set(usual) ^ set(other)})
    what = f"the header {', '.join(odd)}" if odd else f"the status {status} or {other_status}"
    return f"Replies of the kind {kind} differ between trials in {what}."


def level(peak: float) -> float:
    """An amplitude of 0 to 1 in dBFS; minus infinity for silence."""
    return 20 * math.log10(peak) if peak > 0 else -math.inf
