"""The metrics of metre and form: melodies written by hand, and plain loops over notes for many."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

from generation import metrics
from generation.corpus import assemble
from generation.melody import BARS, HIGHEST, LOWEST, REST, STEPS, Note, Tokens, legal, notes_to_tokens, tokens_to_notes
from tests.generation.songs import random_tokens, small_corpus
from tests.generation.test_metrics import batch, melodies

#: A phrase of five quarters in steps, semitones and back, whose elements are all different.
PHRASE = [(0, 4, 60), (4, 2, 64), (6, 6, 65), (12, 3, 62), (15, 1, 67)]
SILENCE = np.full((1, STEPS), REST, dtype=np.int8)


def moved(phrase: list[tuple[int, int, int]], steps: int, semitones: int = 0) -> list[tuple[int, int, int]]:
    return [(start + steps, length, pitch + semitones) for start, length, pitch in phrase]


# Plain loops


def strong_beats(notes: list[Note]) -> float:
    beats = [note.start // 4 % 4 for note in notes if note.start % 4 == 0]
    return sum(beat in (0, 2) for beat in beats) / len(beats) if beats else math.nan


def downbeats(notes: list[Note]) -> float:
    return sum(any(note.start == 16 * bar for note in notes) for bar in range(BARS)) / BARS


def long_on_bar(notes: list[Note]) -> float:
    ends = [note.start + note.length for note in notes if note.length >= 6]
    return sum(end % 16 == 0 for end in ends) / len(ends) if ends else math.nan


def leaps(notes: list[Note]) -> float:
    steps = [abs(two.pitch - one.pitch) for one, two in zip(notes, notes[1:], strict=False)]
    return sum(step > 12 for step in steps) / len(steps) if steps else math.nan


def repeats(notes: list[Note], in_place: bool = False) -> float:
    elements = [(two.pitch - one.pitch, one.length) for one, two in zip(notes, notes[1:], strict=False)]
    for first in range(len(elements) - 3):
        for second in range(first + 4, len(elements) - 3):
            one, two = notes[first].start, notes[second].start
            apart = one // 16 != two // 16 and (not in_place or one % 16 == two % 16)
            if apart and elements[first : first + 4] == elements[second : second + 4]:
                return 1.0
    return 0.0


def bar_similarity(notes: list[Note]) -> float:
    heard = [(0, False)] * STEPS
    for note in notes:
        for step in range(note.start, note.start + note.length):
            heard[step] = (note.pitch, step == note.start)
    alike = [
        heard[16 * one + step] == heard[16 * two + step]
        for one in range(BARS)
        for two in range(one)
        for step in range(16)
    ]
    return sum(alike) / len(alike)


LOOPS: dict[str, Callable[[list[Note]], float]] = {
    "strong_beats": strong_beats,
    "downbeats": downbeats,
    "long_on_bar": long_on_bar,
    "leaps": leaps,
    "repeats": repeats,
    "bar_similarity": bar_similarity,
}


def by_loops(name: str, tokens: Tokens) -> list[float]:
    return [LOOPS[name](notes) for notes in tokens_to_notes(tokens)]


def cut_and_pasted(n: int) -> Tokens:
    """Random melodies of few pitches whose later bars often are earlier ones, here and there moved by half a bar."""
    rng = np.random.default_rng(5)
    tokens = random_tokens(n, seed=5)
    tokens[tokens < REST] = 40 + tokens[tokens < REST] % 3
    for row in tokens:
        for bar in range(1, BARS):
            if rng.random() < 0.5:
                start = 16 * int(rng.integers(bar)) + int(rng.choice([0, 0, 8]))
                row[16 * bar : 16 * bar + 16] = row[start : start + 16].copy()
                row[16 * bar] = 41
    return legal(tokens)


@pytest.mark.parametrize("name", LOOPS)
def test_a_metric_equals_plain_loops_over_the_notes(name: str) -> None:
    wide = random_tokens(100, seed=4)
    moves = np.random.default_rng(4).choice(np.array([-12, 0, 9], dtype=np.int8), int(np.sum(wide < REST)))
    wide[wide < REST] += moves
    tokens = np.concatenate([wide, cut_and_pasted(300), SILENCE])
    found = metrics.METRICS[name](tokens)
    assert np.allclose(found, by_loops(name, tokens), equal_nan=True)
    assert len(np.unique(found[~np.isnan(found)])) > 1


@settings(max_examples=40, deadline=None)
@given(melodies)
def test_a_metric_equals_plain_loops_over_any_notes(tokens: Tokens) -> None:
    for name in LOOPS:
        assert np.allclose(metrics.METRICS[name](tokens), by_loops(name, tokens), equal_nan=True)
    assert np.array_equal(
        metrics.repeats(tokens, in_place=True), [repeats(notes, in_place=True) for notes in tokens_to_notes(tokens)]
    )


def test_repeats_in_place_equal_plain_loops() -> None:
    tokens = cut_and_pasted(300)
    loops = [repeats(notes, in_place=True) for notes in tokens_to_notes(tokens)]
    found = metrics.repeats(tokens, in_place=True)
    assert found.tolist() == loops
    assert 0.1 < found.mean() < metrics.repeats(tokens).mean() < 1


# By hand


def test_strong_beats_are_the_first_and_third() -> None:
    march = [(bar * 16 + step, 4, 60) for bar in range(5) for step in (0, 8)]
    backbeat = [(bar * 16 + step, 4, 60) for bar in range(5) for step in (4, 12)]
    quarters = [(beat * 4, 4, 60) for beat in range(20)]
    between = [(beat * 4 + 2, 2, 60) for beat in range(20)]
    tokens = batch(march, backbeat, quarters, between)
    assert np.allclose(metrics.strong_beats(tokens), [1, 0, 0.5, np.nan], equal_nan=True)
    assert metrics.strong_weak(tokens) == 1
    assert metrics.strong_weak(batch([(0, 4, 60), (8, 4, 60), (12, 4, 60)])) == 2
    assert math.isnan(metrics.strong_weak(batch(march)))


def test_downbeats_are_counted_by_bars() -> None:
    tied_over_two_barlines = [(0, 8, 60), (8, 48, 62), (64, 16, 60)]
    assert metrics.downbeats(batch(tied_over_two_barlines)).tolist() == [0.4]


def test_long_notes_that_fill_their_bar() -> None:
    a_dotted_quarter_is_long = [(0, 10, 60), (10, 6, 62), (16, 5, 60), (27, 5, 64)]
    to_the_end = [(64, 16, 60)]
    quarters = [(beat * 4, 4, 60) for beat in range(20)]
    tokens = batch(a_dotted_quarter_is_long, to_the_end, quarters)
    assert np.allclose(metrics.long_on_bar(tokens), [0.5, 1, np.nan], equal_nan=True)


def test_a_leap_is_more_than_an_octave_either_way() -> None:
    tune = [(0, 4, 60), (4, 4, 72), (8, 4, 59), (12, 4, 46), (40, 4, 60)]
    assert np.allclose(metrics.leaps(batch(tune, tune[:1])), [0.75, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("steps", "semitones", "found", "in_place"),
    [(16, 0, 1, 1), (32, 7, 1, 1), (24, 0, 1, 0), (37, -5, 1, 0)],
    ids=["next bar", "transposed", "half a bar later", "anywhere"],
)
def test_a_phrase_comes_back(steps: int, semitones: int, found: int, in_place: int) -> None:
    tokens = batch(PHRASE + moved(PHRASE, steps, semitones))
    assert metrics.repeats(tokens).tolist() == [found]
    assert metrics.repeats(tokens, in_place=True).tolist() == [in_place]


def test_what_is_no_repeat() -> None:
    changed = [*moved(PHRASE, 16)[:3], (28, 2, 62), (31, 1, 67)]
    too_short = PHRASE + moved(PHRASE, 16)[:4]
    within_a_bar = [(step, 1, 60 + step % 4) for step in range(16)]
    overlapping = [(8 + step, 1, 60) for step in range(9)]
    tokens = batch(PHRASE + changed, too_short, within_a_bar, overlapping)
    assert metrics.repeats(tokens).tolist() == [0, 0, 0, 0]
    assert metrics.repeats(batch([(8 + step, 1, 60) for step in range(16)])).tolist() == [1]


def test_two_halves_of_different_clips_are_no_repeat() -> None:
    tokens = batch(moved(PHRASE, 64), PHRASE)
    assert metrics.repeats(tokens).tolist() == [0, 0]


def test_bars_alike_step_by_step() -> None:
    one_bar = [(0, 8, 60), (8, 8, 64)]
    always = [note for bar in range(5) for note in moved(one_bar, 16 * bar)]
    held = [(0, 80, 60)]
    other_octave = [note for bar in range(5) for note in moved(one_bar, 16 * bar, 12 * (bar % 2))]
    tokens = batch(always, held, other_octave)
    # Held: the first step of bar 1, alone an onset, differs in four pairs of ten. Two octaves: four pairs are alike.
    assert np.allclose(metrics.bar_similarity(tokens), [1, 1 - 4 / 160, 0.4])


def test_notes_beyond_the_training_songs() -> None:
    song = notes_to_tokens([[Note(0, 4, 48), Note(4, 4, 72)]])[0]
    corpus = assemble([("train", "song", "", 0, song), ("test", "other", "", 0, random_tokens(1)[0])], "two songs")
    tokens = batch([(0, 4, 48), (4, 4, 72)], [(0, 4, 47), (4, 4, 60), (8, 4, 73), (12, 4, 60)], [])
    assert np.allclose(metrics.out_of_range(tokens, corpus), [0, 0.5, np.nan], equal_nan=True)
    without = assemble([("test", "other", "", 0, song)], "one song")
    assert np.isnan(metrics.out_of_range(tokens, without)).all()
    assert metrics.out_of_range(batch([(0, 4, LOWEST), (4, 4, HIGHEST)]), corpus).tolist() == [1]


def test_silence_has_no_onsets_to_judge() -> None:
    values = {name: metrics.METRICS[name](SILENCE)[0] for name in LOOPS}
    assert {name for name, value in values.items() if np.isnan(value)} == {"strong_beats", "long_on_bar", "leaps"}
    assert (values["downbeats"], values["repeats"], values["bar_similarity"]) == (0, 0, 1)


def test_a_pack_and_a_set_say_how_much_lies_beyond_the_songs() -> None:
    corpus, tokens = small_corpus(), random_tokens(3, seed=8)
    clips = [metrics.own_clip(row) for row in tokens]
    header, *rows = metrics.table(["a", "b", "c"], clips, corpus=corpus).decode().splitlines()
    assert header == ",".join([*metrics.COLUMNS, "out_of_range"])
    expected = metrics.out_of_range(tokens, corpus)
    assert np.allclose([float(row.rpartition(",")[2]) for row in rows], expected, atol=1e-6)
    found = metrics.measure_set(tokens, tokens, corpus)
    assert np.array_equal(found.clips["out_of_range"], expected)
    assert found.figures["strong_weak"] == metrics.strong_weak(tokens)
