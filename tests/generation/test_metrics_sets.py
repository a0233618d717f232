from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from generation import metrics
from generation.corpus import Corpus, assemble
from generation.melody import (
    HOLD,
    PITCHES,
    REST,
    STEPS,
    STEPS_PER_BAR,
    Note,
    Tokens,
    notes_to_tokens,
    to_pretty_midi,
    tokens_to_notes,
)
from generation.metrics.memorisation import nearest_distance, shared_runs, training_songs
from tests.generation.songs import random_tokens, small_corpus
from tests.generation.test_metrics_likelihood import fair

NOTHING = np.empty((0, STEPS), dtype=np.int8)
SILENCE = np.full((1, STEPS), REST, dtype=np.int8)


def transposed(tokens: Tokens, semitones: int) -> Tokens:
    return np.where(tokens < PITCHES, tokens + semitones, tokens).astype(np.int8)


# n-grams


def slow_jsd(tokens: Tokens, real: Tokens, n: int) -> float:
    """The definition, word for word."""
    p, q = (
        Counter(tuple(row[at : at + n]) for row in rows.tolist() for at in range(STEPS - n + 1))
        for rows in (tokens, real)
    )
    total = 0.0
    for gram in p.keys() | q.keys():
        a, b = p[gram] / p.total(), q[gram] / q.total()
        total += sum(x * math.log2(2 * x / (a + b)) for x in (a, b) if x) / 2
    return total


@pytest.mark.parametrize("n", metrics.ORDERS)
def test_divergence_of_ngrams_is_that_of_its_definition(n: int) -> None:
    tokens, real = random_tokens(30, seed=1), random_tokens(20, seed=2)
    assert metrics.ngram_jsd(tokens, real, n) == pytest.approx(slow_jsd(tokens, real, n))


def test_divergence_is_in_bits() -> None:
    one = np.full((1, STEPS), 40, dtype=np.int8)
    half = np.tile(np.array([40, 41], dtype=np.int8), (1, STEPS // 2))
    entropy = -0.75 * math.log2(0.75) - 0.25 * math.log2(0.25)
    assert metrics.ngram_jsd(one, half, 1) == pytest.approx(entropy - 0.5)
    assert metrics.ngram_jsd(one, SILENCE, 1) == pytest.approx(1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_divergence_is_symmetric_bounded_and_nought_between_equals(seed: int, n: int) -> None:
    tokens, real = random_tokens(5, seed), random_tokens(3, seed + 1)
    found = metrics.ngram_jsd(tokens, real, n)
    assert 0 < found <= 1
    assert found == pytest.approx(metrics.ngram_jsd(real, tokens, n))
    assert metrics.ngram_jsd(tokens, tokens[::-1].repeat(2, axis=0), n) == pytest.approx(0, abs=1e-12)


# The features of Yang & Lerch


def test_features_known_by_hand() -> None:
    tune = [Note(0, 4, 60), Note(4, 2, 64), Note(8, 16, 72), Note(24, 5, 59)]
    found = {name: values[0] for name, values in metrics.features(notes_to_tokens([tune])).items()}
    assert (found["pitch_count"], found["note_count"], found["pitch_range"]) == (4, 4, 13)
    assert found["pitch_shift"] == pytest.approx((4 + 8 + 13) / 3)
    assert found["inter_onset_interval"] == pytest.approx(24 * 0.125 / 3)
    assert found["pitch_class_histogram"][[0, 4, 11]] == pytest.approx(np.array([20, 2, 5]) / 27)
    pairs = {(0, 4): 1, (4, 0): 1, (0, 11): 1}
    assert {place: found["pitch_class_transitions"][place] for place in pairs} == pairs
    assert found["pitch_class_transitions"].sum() == 3
    # Whole, half, quarter, eighth, sixteenth, dotted half …: lengths 4, 2, 16 and 5, which is nearest to 16/3.
    assert found["note_length_histogram"].tolist() == [0.25, 0, 0.25, 0.25, 0, 0, 0, 0, 0, 0.25, 0, 0]
    assert [found["note_length_transitions"][place] for place in ((2, 3), (3, 0), (0, 9))] == [1, 1, 1]


def test_pitch_class_features_are_those_of_pretty_midi_where_no_rest_parts_the_notes() -> None:
    tokens = random_tokens(40, seed=3)
    tokens[tokens == REST] = HOLD
    found = metrics.features(tokens)
    for row, midi in enumerate(to_pretty_midi(tokens)):
        histogram = midi.get_pitch_class_histogram(use_duration=True, normalize=True)
        assert np.allclose(found["pitch_class_histogram"][row], histogram)
        assert np.array_equal(found["pitch_class_transitions"][row], midi.get_pitch_class_transition_matrix())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(-20, 20))
def test_transposition_turns_pitch_classes_and_leaves_the_rest(seed: int, semitones: int) -> None:
    tokens = random_tokens(4, seed)
    here, there = metrics.features(tokens), metrics.features(transposed(tokens, semitones))
    for name, values in here.items():
        if name == "pitch_class_histogram":
            values = np.roll(values, semitones, axis=1)
        elif name == "pitch_class_transitions":
            values = np.roll(values, (semitones, semitones), axis=(1, 2))
        assert np.allclose(values, there[name]), name


def test_backwards_a_melody_has_its_transitions_turned_round() -> None:
    tokens = random_tokens(20, seed=4)
    backwards = notes_to_tokens(
        [
            [Note(STEPS - start - length, length, pitch) for start, length, pitch in notes]
            for notes in tokens_to_notes(tokens)
        ]
    )
    here, there = metrics.features(tokens), metrics.features(backwards)
    for name in ("pitch_class_transitions", "note_length_transitions"):
        assert np.array_equal(here[name], there[name].transpose(0, 2, 1))
    for name in ("pitch_class_histogram", "note_length_histogram", "pitch_range", "pitch_shift"):
        assert np.allclose(here[name], there[name])


def test_features_that_a_clip_cannot_have_are_not_numbers() -> None:
    found = metrics.features(np.concatenate([SILENCE, notes_to_tokens([[Note(4, 4, 60)]])]))
    silent = {name for name, values in found.items() if np.isnan(values[0]).all()}
    assert silent == set(found) - {"pitch_count", "note_count"}
    single = {name for name, values in found.items() if np.isnan(values[1]).all()}
    assert single == {"pitch_class_transitions", "pitch_shift", "inter_onset_interval", "note_length_transitions"}
    assert found["pitch_range"][1] == 0
    assert {values.shape[0] for values in metrics.features(NOTHING).values()} == {0}


# Memorisation


def elements(tokens: Tokens) -> list[list[tuple[int, int]]]:
    return [
        [(two.pitch - one.pitch, one.length) for one, two in zip(notes, notes[1:], strict=False)]
        for notes in tokens_to_notes(tokens)
    ]


def slow_runs(tokens: Tokens, songs: Tokens) -> tuple[list[int], list[float]]:
    """The definition, word for word."""
    known = {
        tuple(song[start:end])
        for song in elements(songs)
        for start in range(len(song))
        for end in range(start + 1, len(song) + 1)
    }
    longest, shares = [], []
    for clip in elements(tokens):
        runs = [tuple(clip[start:end]) for start in range(len(clip)) for end in range(start + 1, len(clip) + 1)]
        longest.append(max((len(run) for run in runs if run in known), default=0))
        fives = [run in known for run in runs if len(run) == 5]
        shares.append(sum(fives) / len(fives))
    return longest, shares


def test_longest_shared_run_and_share_of_fives_are_those_of_their_definition() -> None:
    tokens, songs = random_tokens(15, seed=5), random_tokens(25, seed=6)
    tokens[3, 20:60] = transposed(songs[7:8], 3)[0, 10:50]
    tokens[3, 20] = tokens[3, 60] = 40
    longest, share = shared_runs(tokens, list(songs))
    slow_longest, slow_share = slow_runs(tokens, songs)
    assert longest.tolist() == slow_longest
    assert longest[3] == longest.max() > 8
    assert np.allclose(share, slow_share)


def test_a_copy_in_another_key_is_a_copy() -> None:
    songs = random_tokens(10, seed=7)
    longest, share = shared_runs(transposed(songs, 4), list(songs))
    assert np.array_equal(longest, metrics.notes(songs) - 1)
    assert np.array_equal(share, np.ones(10))


def test_nearest_distance_is_the_smallest_share_of_differing_steps() -> None:
    tokens, segments = random_tokens(40, seed=8), random_tokens(30, seed=9)
    tokens[5] = segments[3]
    slow = (tokens[:, None] != segments[None]).mean(axis=2).min(axis=1)
    assert np.allclose(nearest_distance(tokens, segments), slow)
    assert nearest_distance(tokens, segments)[5] == 0


def test_training_songs_are_put_together_from_their_overlapping_segments() -> None:
    song = np.tile(np.arange(32, dtype=np.int8), 5)
    segments = [song[bar * STEPS_PER_BAR :][:STEPS] for bar in range(6)]
    rows = [("train", "one", "", bar, segments[bar]) for bar in (0, 1, 2, 4, 5)]
    rows += [("test", "two", "", 0, segments[0]), ("train", "three", "", 6, segments[1])]
    found = training_songs(assemble(rows, "a song of our own"))
    assert [piece.tolist() for piece in found] == [song[:112].tolist(), song[64:160].tolist(), segments[1].tolist()]


def corpus_without_training() -> Corpus:
    return assemble([("test", "song", "", 0, random_tokens(1)[0])], "one song of our own")


def test_memorisation_counts_repeats_and_stands_beside_held_out_songs() -> None:
    corpus = small_corpus()
    clips = np.concatenate([corpus.of("train")[:2], corpus.of("train")[:1], random_tokens(5, seed=99)])
    found = metrics.memorisation(clips, corpus)
    assert found.duplicate.tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert found.nearest_distance[:3].tolist() == [0, 0, 0]
    songs = metrics.memorisation(metrics.held_out(corpus), corpus).figures()
    assert found.figures()["longest_shared_p95"] > songs["longest_shared_p95"]
    assert songs["duplicate_share"] == 0
    assert len(metrics.held_out(corpus)) == 48


def test_memorisation_that_cannot_be_had_is_not_a_number() -> None:
    with_little = metrics.memorisation(np.concatenate([SILENCE, notes_to_tokens([[Note(0, 4, 60)]])]), small_corpus())
    assert np.isnan(with_little.longest_shared).all()
    assert np.isnan(with_little.shared_5grams).all()
    without_songs = metrics.memorisation(random_tokens(3), corpus_without_training())
    assert np.isnan([without_songs.longest_shared, without_songs.shared_5grams, without_songs.nearest_distance]).all()
    assert without_songs.duplicate.tolist() == [0, 0, 0]
    assert np.isnan(list(metrics.memorisation(NOTHING, small_corpus()).figures().values())).all()


# Everything at once


@pytest.mark.parametrize(
    "tokens",
    [NOTHING, SILENCE, random_tokens(1), random_tokens(1).repeat(5, axis=0), random_tokens(12)],
    ids=["no clip", "silence", "one clip", "all equal", "some clips"],
)
def test_every_metric_of_any_set_is_a_value_or_not_a_number(tokens: Tokens) -> None:
    found = metrics.measure_set(tokens, random_tokens(9, seed=1), small_corpus(), fair())
    assert {len(values) for values in found.clips.values()} == {len(tokens)}
    assert set(metrics.features(tokens)) | {"ppl", "gc", "with_rests", "longest_shared"} <= set(found.clips)
    assert all(math.isnan(value) or math.isfinite(value) for value in found.figures.values())
    if not len(tokens):
        assert all(math.isnan(value) for value in found.figures.values())
    else:
        assert found.figures["ppl"] == pytest.approx(90)
        assert found.figures["log_ppl_ratio"] == pytest.approx(0)


def test_without_a_reference_model_only_perplexity_is_missing() -> None:
    found = metrics.measure_set(random_tokens(6), random_tokens(4, seed=1), small_corpus())
    assert {name for name, value in found.figures.items() if math.isnan(value)} == {"ppl", "log_ppl_ratio"}
    assert {name for name, values in found.clips.items() if np.isnan(values).all()} == {"ppl"}


def test_arrays_are_read_back_as_they_were_written_and_always_the_same_bytes(tmp_path: Path) -> None:
    values = metrics.features(random_tokens(2))
    arrays: dict[str, ArrayLike] = {"clip_id": ["a", "b"], **values}
    metrics.save_arrays(tmp_path / "one.npz", arrays)
    metrics.save_arrays(tmp_path / "two.npz", arrays)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as found:
        assert found["clip_id"].tolist() == ["a", "b"]
        assert np.array_equal(found["note_length_transitions"], values["note_length_transitions"])
