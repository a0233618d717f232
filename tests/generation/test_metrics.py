from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from formats.errors import InputError
from generation import metrics
from generation.melody import HOLD, PITCHES, REST, STEPS, Note, Tokens, legal, notes_to_tokens, tokens_to_notes
from tests.generation.songs import random_tokens, small_corpus, write_song

#: Three melodies of pitches 30-53 of the 88, so that they can be moved by two octaves either way.
melodies = hnp.arrays(np.int8, (3, STEPS), elements=st.sampled_from([*range(30, 54), *[REST] * 4, *[HOLD] * 20])).map(
    legal
)
few = settings(max_examples=40, deadline=None)


def batch(*melodies: list[tuple[int, int, int]]) -> Tokens:
    return notes_to_tokens([[Note(*note) for note in notes] for notes in melodies])


@pytest.fixture(scope="module")
def muspy() -> Any:
    """MusPy, loaded in the one process that needs it: it takes longer than all these tests."""
    import muspy

    return muspy


def as_muspy(muspy: Any, notes: list[Note], shorter: int) -> Any:
    """A MusPy object at four steps a beat, every note ``shorter`` steps shorter than it is."""
    track = muspy.Track(
        notes=[muspy.Note(time=note.start, pitch=note.pitch, duration=note.length - shorter) for note in notes]
    )
    return muspy.Music(resolution=4, tracks=[track])


def melodies_to_the_end(n: int, seed: int) -> Tokens:
    """Random melodies that sound in the last step, so that MusPy sees all 20 beats."""
    tokens = random_tokens(n, seed)
    tokens[:, -1] = 40
    return tokens


def test_metrics_equal_muspy_when_its_notes_end_one_step_early(muspy: Any) -> None:
    tokens = melodies_to_the_end(300, seed=1)
    pieces = [as_muspy(muspy, notes, shorter=1) for notes in tokens_to_notes(tokens)]
    assert np.array_equal(metrics.upc(tokens), [muspy.n_pitches_used(piece) for piece in pieces])
    assert np.allclose(metrics.gc(tokens), [muspy.groove_consistency(piece, 16) for piece in pieces])
    assert np.allclose(metrics.ebr(tokens), [muspy.empty_beat_rate(piece) for piece in pieces])


def test_muspy_as_shipped_adds_an_empty_bar_at_the_end(muspy: Any) -> None:
    tokens = melodies_to_the_end(200, seed=2)
    shipped = [muspy.groove_consistency(as_muspy(muspy, notes, shorter=0), 16) for notes in tokens_to_notes(tokens)]
    last_bar = (tokens[:, -16:] < PITCHES).mean(axis=1)
    assert np.allclose(shipped, (4 * metrics.gc(tokens) + 1 - last_bar) / 5)


def test_muspy_as_shipped_lets_a_note_fill_the_beat_after_it(muspy: Any) -> None:
    """With a 21st beat that the last note fills too; every note a step longer is the same fault in our words."""
    tokens = melodies_to_the_end(200, seed=5)
    shipped = [muspy.empty_beat_rate(as_muspy(muspy, notes, shorter=0)) for notes in tokens_to_notes(tokens)]
    longer = [[note._replace(length=note.length + 1) for note in notes] for notes in tokens_to_notes(tokens)]
    assert np.allclose(shipped, metrics.ebr(notes_to_tokens(longer)) * 20 / 21)
    assert (metrics.ebr(tokens) * 20 / 21 > np.array(shipped)).any()


def test_muspy_as_shipped_is_deaf_to_silence_after_the_last_note(muspy: Any) -> None:
    tokens = batch([(0, 4, 60)])
    (piece,) = (as_muspy(muspy, notes, shorter=1) for notes in tokens_to_notes(tokens))
    assert muspy.empty_beat_rate(piece) == 0
    assert np.isnan(muspy.groove_consistency(piece, 16))
    assert metrics.ebr(tokens).tolist() == [0.95]
    assert metrics.gc(tokens).tolist() == [1 - 1 / 64]


def test_known_values_by_hand() -> None:
    quarters_and_rests = [(beat * 4, 4, 60 + beat) for beat in range(0, 20, 2)]
    one_long_note = [(0, 80, 72)]
    tokens = batch(quarters_and_rests, one_long_note)
    assert metrics.upc(tokens).tolist() == [10, 1]
    assert metrics.upc_bar(tokens).tolist() == [2, 0.2]
    assert metrics.gc(tokens).tolist() == [1, 1 - 1 / 64]
    assert metrics.ebr(tokens).tolist() == [0.5, 0]
    assert metrics.ebr_onset(tokens).tolist() == [0.5, 0.95]
    assert metrics.rests(tokens).tolist() == [10, 0]
    assert metrics.notes(tokens).tolist() == [10, 1]


def test_silence_has_no_groove_and_every_beat_empty() -> None:
    silence = np.full((1, STEPS), REST, dtype=np.int8)
    values = {name: measure(silence)[0] for name, measure in metrics.METRICS.items()}
    without = {"gc", "strong_beats", "long_on_bar", "leaps"}
    assert np.isnan([values.pop(name) for name in without]).all()
    assert values == {
        **{"upc": 0, "upc_bar": 0, "ebr": 1, "ebr_onset": 1, "rests": 1, "notes": 0},
        **{"downbeats": 0, "repeats": 0, "bar_similarity": 1},
    }


def test_the_whole_piano_is_counted() -> None:
    scale = np.arange(PITCHES, dtype=np.int8)
    tokens = np.stack([scale[:STEPS], scale[-STEPS:], np.tile(scale[[0, 63, 64, 87]], 20)])
    assert metrics.upc(tokens).tolist() == [80, 80, 4]
    assert metrics.upc_bar(tokens).tolist() == [16, 16, 4]


def test_a_batch_gives_what_its_melodies_give_alone_however_it_lies_in_memory() -> None:
    tokens = random_tokens(20, seed=3)
    for measure in [*metrics.METRICS.values(), metrics.with_rests]:
        together = measure(tokens)
        alone = np.concatenate([measure(row[None]) for row in tokens])
        assert np.array_equal(together, alone, equal_nan=True)
        assert np.array_equal(together, measure(np.asfortranarray(tokens)), equal_nan=True)
        assert np.array_equal(together[::-2], measure(tokens[::-2]), equal_nan=True)


def test_no_clips_give_no_values() -> None:
    nothing = np.empty((0, STEPS), dtype=np.int8)
    for measure in [*metrics.METRICS.values(), metrics.with_rests]:
        assert measure(nothing).shape == (0,)


@few
@given(melodies, st.integers(-24, 24))
def test_transposition_changes_no_metric(tokens: Tokens, semitones: int) -> None:
    moved = np.where(tokens < PITCHES, tokens + semitones, tokens).astype(np.int8)
    for measure in metrics.METRICS.values():
        assert np.array_equal(measure(tokens), measure(moved), equal_nan=True)


@few
@given(melodies)
def test_played_backwards_a_melody_keeps_its_pitches_notes_rests_and_empty_beats(tokens: Tokens) -> None:
    backwards = notes_to_tokens(
        [
            [Note(STEPS - start - length, length, pitch) for start, length, pitch in notes]
            for notes in tokens_to_notes(tokens)
        ]
    )
    for name in ("upc", "notes", "rests", "ebr"):
        measure = metrics.METRICS[name]
        assert np.array_equal(measure(tokens), measure(backwards))


@few
@given(melodies)
def test_metrics_keep_their_bounds(tokens: Tokens) -> None:
    found = metrics.measure(tokens)
    assert np.nanmin([found["gc"], found["ebr"], found["ebr_onset"]]) >= 0
    assert np.nanmax([found["gc"], found["ebr"], found["ebr_onset"]]) <= 1
    assert (found["ebr"] <= found["ebr_onset"]).all()
    assert (found["upc"] <= found["notes"]).all()
    assert (found["upc_bar"] <= found["upc"]).all()
    assert np.array_equal(np.isnan(found["gc"]), found["notes"] == 0)
    assert np.array_equal(metrics.with_rests(tokens) == 1, found["rests"] > 0)


def test_a_metric_that_does_not_exist_is_an_empty_cell() -> None:
    silence = metrics.own_clip(np.full(STEPS, REST, dtype=np.int8))
    header, row = metrics.table(["silent"], [silence]).decode().splitlines()
    assert header == (
        "clip_id,upc,upc_bar,gc,ebr,ebr_onset,rests,notes,strong_beats,downbeats,long_on_bar,repeats,bar_similarity,"
        "leaps,ppl,padded_steps,cut_steps"
    )
    assert header == ",".join(metrics.COLUMNS)
    assert row == "silent,0,0,,1,1,1,0,,0,,0,1,,,80,0"


def test_a_table_of_no_clips_is_its_head_alone() -> None:
    assert metrics.table([], []).decode().splitlines() == [",".join(metrics.COLUMNS)]


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {row["clip_id"]: row for row in csv.DictReader(file)}


def test_files_are_padded_or_cut_and_flagged(tmp_path: Path) -> None:
    write_song(tmp_path / "in" / "short.mid", [(beat, 1, 60) for beat in range(18)], tempo=90)
    write_song(tmp_path / "in" / "long.mid", [(beat, 1, 60 + beat) for beat in range(24)], key="D major")
    write_song(tmp_path / "in" / "exact.MID", [(beat, 1, 60) for beat in range(20)])
    found = metrics.measure_folder(tmp_path / "in", tmp_path / "metrics.csv")
    assert found.clip_ids == ["exact", "long", "short"]
    rows = rows_of(tmp_path / "metrics.csv")
    assert {name: (row["padded_steps"], row["cut_steps"]) for name, row in rows.items()} == {
        "exact": ("0", "0"),
        "long": ("0", "16"),
        "short": ("8", "0"),
    }
    assert (rows["long"]["upc"], rows["long"]["notes"], rows["short"]["notes"]) == ("20", "20", "18")


def test_why_cells_are_empty_is_said(tmp_path: Path) -> None:
    for name, notes in {"tune": [(beat, 1, 60 + beat % 5) for beat in range(20)], "note": [(0, 1, 60)]}.items():
        write_song(tmp_path / "in" / f"{name}.mid", notes)
    write_song(tmp_path / "in" / "silence.mid", [])
    found = metrics.measure_folder(tmp_path / "in", tmp_path / "metrics.csv", corpus=small_corpus())
    assert found.remarks == [
        "gc is empty for 1 of 3 clips: no note begins in them.",
        "strong_beats is empty for 1 of 3 clips: no note begins on a beat in them.",
        "long_on_bar is empty for 3 of 3 clips: they have no note of six sixteenths or more.",
        "leaps is empty for 2 of 3 clips: they have fewer than two notes.",
        "ppl is empty for 3 of 3 clips: name a reference model to read them with (--reference).",
        "out_of_range is empty for 1 of 3 clips: it takes a note, and a corpus with training songs.",
        "longest_shared is empty for 2 of 3 clips: it takes two notes, and a corpus with training songs.",
        "shared_5grams is empty for 2 of 3 clips: it takes six notes, and a corpus with training songs.",
    ]
    rows = rows_of(tmp_path / "metrics.csv")
    assert [rows[name]["longest_shared"] != "" for name in ("tune", "note", "silence")] == [True, False, False]
    assert [rows[name]["gc"] != "" for name in ("tune", "note", "silence")] == [True, True, False]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("same name", "shares its name"),
        ("empty folder", "holds no MIDI file"),
        ("no folder", "is not a folder"),
        ("pack without MIDI", "midi holds no MIDI file"),
    ],
)
def test_what_cannot_be_measured_is_named_and_nothing_is_written(tmp_path: Path, fault: str, sentence: str) -> None:
    folder, out = tmp_path / "in", tmp_path / "metrics.csv"
    if fault != "no folder":
        folder.mkdir()
    if fault in {"same name", "pack without MIDI"}:
        write_song(folder / "a.mid", [(0, 1, 60)])
    if fault == "same name":
        write_song(folder / "a.midi", [(0, 1, 60)])
    elif fault == "pack without MIDI":
        (folder / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=sentence):
        metrics.measure_folder(folder, out)
    assert not list(tmp_path.glob("*metrics*"))


def test_bad_files_are_skipped_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    good = [(beat, 1.0, 60 + beat % 5) for beat in range(20)]
    write_song(folder / "deep" / "good.mid", good)
    write_song(folder / "overlap.mid", [*good, (20, 1.5, 60), (21, 1, 62)])
    write_song(folder / "late.mid", [*good, (40, 1, 3)])
    write_song(folder / "chords.mid", [*good, (0, 20.0, 48)])
    write_song(folder / "low.mid", [*good[:-1], (19, 1, 0)])
    (folder / "torn.mid").write_bytes(b"MThd and no more")
    found = metrics.measure_folder(folder, tmp_path / "metrics.csv")
    assert found.clip_ids == list(rows_of(tmp_path / "metrics.csv")) == ["deep/good", "late", "overlap"]
    assert found.skipped == {"chords.mid": "polyphonic", "low.mid": "out of range", "torn.mid": "unreadable"}
    with (tmp_path / "metrics.report.csv").open(newline="") as file:
        report = {row["file"]: row for row in csv.DictReader(file)}
    assert list(report) == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.mid"))
    assert list(report["overlap.mid"].values()) == ["overlap.mid", "1", "", "1", "0", "1.000"]
    assert (report["chords.mid"]["measured"], report["chords.mid"]["reason"]) == ("0", "polyphonic")


def test_where_no_file_can_be_measured_the_report_says_why(tmp_path: Path) -> None:
    (tmp_path / "torn.mid").write_bytes(b"MThd and no more")
    with pytest.raises(InputError, match=r"can be measured: .*m\.report\.csv lists the reasons"):
        metrics.measure_folder(tmp_path, tmp_path / "m.csv")
    assert "torn.mid,0,unreadable" in (tmp_path / "m.report.csv").read_text()
    assert not (tmp_path / "m.csv").exists()
