"""Small songs of our own, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pretty_midi

from generation.corpus import Corpus, assemble
from generation.melody import HOLD, REST, STEPS, Tokens

PENTATONIC = [60, 62, 64, 67, 69, 72]


def write_song(
    path: Path,
    notes: Sequence[tuple[float, float, int]],
    *,
    metre: tuple[int, int] = (2, 4),
    key: str | None = "C major",
    tempo: float = 120.0,
) -> Path:
    """A MIDI file of notes given as (start, length, pitch) in beats."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=tempo, resolution=480)
    midi.time_signature_changes = [pretty_midi.TimeSignature(*metre, 0)]
    if key is not None:
        midi.key_signature_changes = [pretty_midi.KeySignature(pretty_midi.key_name_to_key_number(key), 0)]
    track = pretty_midi.Instrument(0)
    beat = 60 / tempo
    track.notes = [pretty_midi.Note(90, pitch, start * beat, (start + length) * beat) for start, length, pitch in notes]
    midi.instruments = [track]
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(str(path))
    return path


def walk(beats: int, seed: int = 0, lowest: int = 0) -> list[tuple[float, float, int]]:
    """A pentatonic walk in eighths."""
    rng = np.random.default_rng(seed)
    return [(step / 2, 0.5, PENTATONIC[int(rng.integers(6))] + lowest) for step in range(beats * 2)]


def without_last_column(table: Path) -> bytes:
    """The content of a CSV file of plain cells, its last column cut off."""
    return b"".join(line.rpartition(b",")[0] + b"\n" for line in table.read_bytes().splitlines())


def random_tokens(n: int, seed: int = 0) -> Tokens:
    """Legal tokens (n, 80) with onsets, holds and a few rests."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(3, size=(n, STEPS), p=[0.4, 0.55, 0.05])
    pitches = rng.choice(np.array(PENTATONIC) - 21, size=(n, STEPS))
    tokens = np.select([kinds == 0, kinds == 1], [pitches, HOLD], REST).astype(np.int8)
    tokens[:, 0] = pitches[:, 0]
    after_rest = (tokens[:, 1:] == HOLD) & (tokens[:, :-1] == REST)
    while after_rest.any():
        tokens[:, 1:][after_rest] = REST
        after_rest = (tokens[:, 1:] == HOLD) & (tokens[:, :-1] == REST)
    return tokens


def small_corpus(train: int = 64, other: int = 16, seed: int = 0) -> Corpus:
    """A corpus of random melodies with every split."""
    tokens = random_tokens(train + 3 * other, seed)
    splits = ["train"] * train + ["validation"] * other + ["test"] * other + ["near-daur"] * other
    rows = [
        (split, f"song{number:03}", "Daur" if split == "near-daur" and number % 4 == 0 else "", 0, row)
        for number, (split, row) in enumerate(zip(splits, tokens, strict=True))
    ]
    return assemble(rows, "songs of our own")
