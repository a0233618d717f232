"""Length and channels of all clips of a pack, as asked or as the files have them in common, and what that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from generation.audio import Frame
from generation.pack.recordings import Judgement

#: Where no length was asked for, clips are as long as the shortest usable file, and at most this.
MAX_COMMON_S = 60.0
#: So much silence after a file is no change worth a word, in seconds.
TOLERANCE_S = 0.01
#: What can be done to a file, in the order in which it is listed.
CHANGES = ("cut", "padded", "mixed", "doubled")


class Asked(NamedTuple):
    """Seconds of music and channels that were asked for; None where the files decide."""

    seconds: float | None = None
    channels: int | None = None

    @property
    def widest(self) -> Frame:
        """The frame in which files are first looked at."""
        return Frame(self.seconds or MAX_COMMON_S, self.channels or 2)

    def common_to(self, usable: Sequence[Judgement]) -> Frame:
        """What was asked for; else the length that all usable files have, and stereo where all of them are."""
        shortest = min((each.seconds for each in usable), default=MAX_COMMON_S)
        are_stereo = bool(usable) and all(each.channels == 2 for each in usable)
        return Frame(self.seconds or min(MAX_COMMON_S, shortest), self.channels or (2 if are_stereo else 1))


NOTHING_ASKED = Asked()


def changes_of(file: Judgement, frame: Frame) -> list[str]:
    """What is done to a file so that it fits the frame, beside its loudness."""
    done = {
        "cut": file.seconds > frame.music_s,
        "padded": file.seconds < frame.music_s - TOLERANCE_S,
        "mixed": file.channels > 1 and file.channels != frame.channels,
        "doubled": frame.channels > 1 and file.channels == 1,
    }
    return [name for name in CHANGES if done[name]]


def summary_of(frame: Frame, changes: Iterable[Sequence[str]]) -> dict[str, Any]:
    """For the manifest: the length and channels of all clips, and to how many files each change was made."""
    counts = Counter(name for each in changes for name in each)
    return {
        "seconds": frame.music_s,
        "channels": frame.channels,
        "changes": {name: counts[name] for name in CHANGES if counts[name]},
    }
