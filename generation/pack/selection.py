"""Which clips a pack holds: the rule by which they are drawn, so that nobody chooses them by ear.

Clips of a generator are its samples, in the order in which one seeded stream of random numbers gives them. Real
study clips come from the split "near-daur": all complete segments of the Daur songs first, then other held-out
north-eastern songs in a seeded order, one segment a song while songs last. Practice clips come from songs of the
split "test", again one a song. A corpus without the split "near-daur" (anyone's own folder) gives real clips from
"test" and practice clips from "validation" in the same way.

Of all these only three kinds are passed over, and counted: empty (no note, or silent for more than half of its time),
duplicate (token for token a clip already in the pack) and training copy (token for token a training segment).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np

from formats.errors import InputError, Message
from formats.pack import PRACTICE, named_in
from generation.acoustics import MOSTLY
from generation.corpus import Corpus
from generation.melody import Tokens, sounding

REAL = "real"
FIRST_GROUP = "Daur"
PRACTICE_CLIPS = 3
#: Part of the rule: a network may round differently for another batch size.
BATCH = 64
#: A generator that needs more draws than this for each clip of the pack is refused.
DRAWS_PER_CLIP = 100
OUTCOMES = ("used", "empty", "duplicate", "training_copy")


class Sampler(Protocol):
    """A trained generator: SHA-256 of its weights, and ``sample(n, rng)`` to tokens (n, 80)."""

    @property
    def sha256(self) -> str: ...

    def sample(self, n: int, rng: np.random.Generator) -> Tokens: ...


class Candidate(NamedTuple):
    """A melody (tokens, shape (80,)) and where it comes from."""

    tokens: Tokens
    provenance: dict[str, Any]


class SelectedClip(NamedTuple):
    """A clip of the pack before it is rendered."""

    clip_id: str
    system: str
    role: str
    provenance: dict[str, Any]
    tokens: Tokens


class Drawing(NamedTuple):
    """All clips of a pack, sorted by clip id, and the manifest's account of how they were drawn."""

    clips: list[SelectedClip]
    account: dict[str, Any]


class ClipFilter:
    """Remembers what is in the pack and says what becomes of each further candidate."""

    def __init__(self, training: Tokens) -> None:
        self.training = {row.tobytes() for row in training}
        self.taken: set[bytes] = set()

    def fate(self, tokens: Tokens) -> str:
        """One of FATES; a used melody counts as taken from then on."""
        key = tokens.tobytes()
        if (sounding(tokens[None]) < 0).mean() > MOSTLY:
            return "empty"
        if key in self.taken:
            return "duplicate"
        if key in self.training:
            return "training_copy"
        self.taken.add(key)
        return "used"

    def take(self, candidates: Iterator[Candidate], count: int) -> tuple[list[Candidate], dict[str, int]]:
        """Up to ``count`` candidates in their order, and how many met each fate."""
        used: list[Candidate] = []
        fates: Counter[str] = Counter()
        while len(used) < count and (candidate := next(candidates, None)):
            fate = self.fate(candidate.tokens)
            fates[fate] += 1
            if fate == "used":
                used.append(candidate)
        return used, {fate: fates[fate] for fate in OUTCOMES}


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The random numbers of one purpose: they do not change when another system joins the pack."""
    return np.random.default_rng([seed, *purpose.encode()])


def samples(name: str, generator: Sampler, seed: int) -> Iterator[Candidate]:
    """A generator's clips in seed order, without end."""
    rng = stream(seed, name)
    index = 0
    while True:
        for row in generator.sample(BATCH, rng):
            yield Candidate(row, {"checkpoint_sha256": generator.sha256, "seed": seed, "index": index})
            index += 1


def segments(corpus: Corpus, split: str, rng: np.random.Generator) -> Iterator[Candidate]:
    """Segments of a split: those of the Daur songs, then one a song in random order, then the songs' further ones."""
    members = [row for row, name in enumerate(corpus.split) if name == split]
    first = [row for row in members if corpus.groups[row] == FIRST_GROUP]
    by_song: dict[str, list[int]] = {}
    for row in rng.permutation([row for row in members if corpus.groups[row] != FIRST_GROUP]).tolist():
        by_song.setdefault(corpus.songs[row], []).append(row)
    rounds = max((len(rows) for rows in by_song.values()), default=0)
    others = [rows[turn] for turn in range(rounds) for rows in by_song.values() if turn < len(rows)]
    for row in first + others:
        provenance = {"song": corpus.songs[row], "segment": int(corpus.segments[row]), "group": corpus.groups[row]}
        yield Candidate(corpus.tokens[row], provenance)


def real_splits(corpus: Corpus) -> tuple[str, str]:
    """The splits from which real study clips and practice clips come."""
    return ("near-daur", "test") if "near-daur" in corpus.split else ("test", "validation")


def draw(generators: Mapping[str, Sampler], corpus: Corpus, *, real: bool, count: int, seed: int) -> Drawing:
    """Draw ``count`` clips a system and the practice clips by the rule of this module.

    Raises InputError where a generator or the corpus cannot give them.
    """
    sieve = ClipFilter(corpus.of("train"))
    real_split, practice_split = real_splits(corpus)
    drawn: list[tuple[str, str, Candidate]] = []
    fates: dict[str, dict[str, int]] = {}
    if real:
        chosen, fates[REAL] = sieve.take(segments(corpus, real_split, stream(seed, REAL)), count)
        _require(chosen, corpus, real_split, Message("real clips"))
        drawn += [(REAL, "study", candidate) for candidate in chosen]
    chosen, fates[PRACTICE] = sieve.take(segments(corpus, practice_split, stream(seed, PRACTICE)), PRACTICE_CLIPS)
    _require(chosen, corpus, practice_split, Message("practice clips"))
    drawn += [(PRACTICE, "practice", candidate) for candidate in chosen]
    for name, generator in sorted(generators.items()):
        limited = islice(samples(name, generator, seed), DRAWS_PER_CLIP * count)
        chosen, fates[name] = sieve.take(limited, count)
        if len(chosen) < count:
            raise InputError(
                "%(name)s gave %(usable)s usable clips of %(count)s (%(fates)s): train it longer.",
                name=name,
                usable=len(chosen),
                count=count,
                fates=fates[name],
            )
        drawn += [(name, "study", candidate) for candidate in chosen]
    ids = clip_ids(len(drawn), stream(seed, "clip ids"), fates)
    clips = [
        SelectedClip(clip_id, system, role, candidate.provenance, candidate.tokens)
        for clip_id, (system, role, candidate) in zip(ids, drawn, strict=True)
    ]
    account = {"real_split": real_split if real else "", "practice_split": practice_split, "systems": fates}
    return Drawing(sorted(clips, key=lambda clip: clip.clip_id), account)


def clip_ids(count: int, rng: np.random.Generator, systems: Iterable[str]) -> list[str]:
    """Distinct random ids of 16 hexadecimal digits, in random order; none spells the name of a system."""
    ids: dict[str, None] = {}
    while len(ids) < count:
        clip_id = rng.bytes(8).hex()
        if not named_in(clip_id, systems):
            ids[clip_id] = None
    return list(ids)


def _require(chosen: list[Candidate], corpus: Corpus, split: str, what: Message) -> None:
    if not chosen:
        songs = len(set(corpus.songs))
        raise InputError(
            "The corpus (%(songs)s songs) has no segment in its split '%(split)s' for %(what)s: "
            "prepare a corpus of more songs with `manage.py prepare_corpus`.",
            songs=songs,
            split=split,
            what=what,
        )
