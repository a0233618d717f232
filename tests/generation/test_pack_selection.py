from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formats.errors import InputError
from generation.corpus import Corpus, assemble
from generation.melody import REST, STEPS
from generation.pack.build import build_pack
from generation.pack.selection import draw
from tests.generation.generators import Babbler, Reciter
from tests.generation.songs import random_tokens, small_corpus


def songs(*rows: tuple[str, str, str, int]) -> Corpus:
    """A corpus of (split, song, group, segments), with a training song of its own."""
    flat = [(split, song, group, 5 * part) for split, song, group, parts in rows for part in range(parts)]
    tokens = random_tokens(len(flat) + 1, seed=8)
    flat.append(("train", "training", "", 0))
    return assemble([(*row, melody) for row, melody in zip(flat, tokens, strict=True)], "songs of our own")


def drawn(corpus: Corpus, role: str, count: int = 13, seed: int = 0) -> list[dict[str, Any]]:
    clips = draw({}, corpus, real=True, count=count, seed=seed).clips
    return [clip.provenance for clip in clips if clip.role == role]


NORTH_EAST = [
    ("near-daur", "a", "Daur", 2),
    ("near-daur", "b", "Daur", 1),
    *(("near-daur", f"m{number}", "Mongol", 3) for number in range(6)),
    *(("test", f"t{number}", "Han", 2) for number in range(5)),
    ("validation", "v", "Han", 2),
]


def test_real_clips_are_every_daur_segment_then_one_a_song() -> None:
    chosen = drawn(songs(*NORTH_EAST), "study", count=9)
    assert {(clip["song"], clip["segment"]) for clip in chosen if clip["group"] == "Daur"} == {
        ("a", 0),
        ("a", 5),
        ("b", 0),
    }
    assert {clip["song"] for clip in chosen if clip["group"] == "Mongol"} == {f"m{number}" for number in range(6)}


def test_a_small_pack_takes_the_daur_clips_first() -> None:
    assert [clip["group"] for clip in drawn(songs(*NORTH_EAST), "study", count=3)] == ["Daur"] * 3


def test_songs_give_a_second_segment_only_when_songs_run_out() -> None:
    chosen = [clip["song"] for clip in drawn(songs(*NORTH_EAST), "study", count=11) if clip["group"] == "Mongol"]
    assert sorted(chosen.count(song) for song in set(chosen)) == [1, 1, 1, 1, 2, 2]


def test_the_seed_chooses_the_other_songs() -> None:
    corpus = songs(*NORTH_EAST)
    sets = {frozenset(clip["song"] for clip in drawn(corpus, "study", count=6, seed=seed)) for seed in range(8)}
    assert len(sets) > 1


def test_practice_clips_are_three_test_songs_outside_the_study() -> None:
    practice = [clip["song"] for clip in drawn(songs(*NORTH_EAST), "practice")]
    assert len(set(practice)) == 3
    assert set(practice) <= {f"t{number}" for number in range(5)}


def test_a_folder_of_ones_own_gives_real_clips_from_test_and_practice_from_validation() -> None:
    corpus = songs(*(("test", f"t{number}", "", 1) for number in range(4)), ("validation", "v", "", 2))
    drawing = draw({}, corpus, real=True, count=3, seed=0)
    assert {clip.provenance["song"][0] for clip in drawing.clips if clip.role == "study"} == {"t"}
    assert {clip.provenance["song"] for clip in drawing.clips if clip.role == "practice"} == {"v"}
    assert (drawing.account["real_split"], drawing.account["practice_split"]) == ("test", "validation")


def test_only_empty_duplicate_and_copied_clips_are_passed_over_and_counted() -> None:
    corpus = small_corpus()
    fresh, other = random_tokens(2, seed=99)
    silence = np.full(STEPS, REST, dtype=np.int8)
    copy = corpus.of("train")[7]
    drawing = draw({"x": Reciter(silence, fresh, fresh, copy, other)}, corpus, real=False, count=2, seed=0)
    assert drawing.account["systems"]["x"] == {"used": 2, "empty": 1, "duplicate": 1, "training_copy": 1}
    assert sorted(clip.provenance["index"] for clip in drawing.clips if clip.system == "x") == [1, 4]


def test_generated_clips_are_the_first_of_their_stream_whatever_else_is_in_the_pack() -> None:
    alone = draw({"b": Babbler()}, small_corpus(), real=False, count=4, seed=5).clips
    among = draw({"a": Babbler(), "b": Babbler()}, small_corpus(), real=True, count=6, seed=5).clips
    melodies = {clip.provenance["index"]: clip.tokens.tobytes() for clip in among if clip.system == "b"}
    assert all(melodies[clip.provenance["index"]] == clip.tokens.tobytes() for clip in alone if clip.system == "b")


def test_ids_tell_neither_system_nor_order() -> None:
    clips = draw({"babbler": Babbler(), "add": Babbler()}, small_corpus(), real=True, count=13, seed=1).clips
    ids = [clip.clip_id for clip in clips]
    assert ids == sorted(set(ids))
    assert all(len(clip_id) == 16 and "add" not in clip_id for clip_id in ids)
    places = [np.mean([place for place, clip in enumerate(clips) if clip.system == name]) for name in ("real", "add")]
    assert abs(places[0] - places[1]) < 12


def test_a_generator_that_repeats_itself_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x gave 1 usable clips of 2"):
        build_pack(tmp_path / "pack", {"x": Reciter(random_tokens(1, seed=5)[0])}, small_corpus(), clips_per_system=2)
    assert not (tmp_path / "pack").exists()


def test_a_corpus_without_songs_for_practice_is_refused() -> None:
    with pytest.raises(InputError, match="no segment in its split 'test' for practice clips"):
        draw({}, songs(("near-daur", "a", "Daur", 1)), real=True, count=1, seed=0)
