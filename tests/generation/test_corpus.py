from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from formats.errors import InputError
from generation import corpus, melody
from generation.intake import songs as intake
from generation.intake.songs import Song
from tests.generation.songs import small_corpus, walk, write_song


def verdict(path: Path) -> intake.SongAssessment:
    return intake.assess_song(Song(path.stem, path, ""))


@pytest.mark.parametrize(
    ("fifths", "semitones"),
    [(0, 0), (1, 5), (2, -2), (3, 3), (4, -4), (-1, -5), (-2, 2), (-3, -3), (6, -6), (-8, -4), (None, 0)],
)
def test_keys_move_to_no_sharps_or_flats_by_the_shorter_way(fifths: int | None, semitones: int) -> None:
    assert intake.transposition(fifths) == semitones
    assert fifths is None or (7 * fifths + semitones) % 12 == 0


def test_each_reason_for_skipping_is_told(tmp_path: Path) -> None:
    torn = tmp_path / "torn.mid"
    torn.write_bytes(b"no music")
    long = walk(24)
    reasons = {
        "unreadable": torn,
        "no notes": write_song(tmp_path / "empty.mid", []),
        "polyphonic": write_song(tmp_path / "chords.mid", long + [(0, 2.0, 48)]),
        "not duple": write_song(tmp_path / "waltz.mid", long, metre=(3, 4)),
        "off-grid": write_song(tmp_path / "triplets.mid", [(step / 3, 1 / 3, 60) for step in range(90)]),
        "out of range": write_song(tmp_path / "low.mid", [(step, 1.0, 12) for step in range(24)]),
        "too short": write_song(tmp_path / "short.mid", walk(18)),
        "": write_song(tmp_path / "good.mid", long),
    }
    assert {reason: verdict(path).reason for reason, path in reasons.items()} == {reason: reason for reason in reasons}


def test_a_song_is_transposed_and_cut_into_whole_segments(tmp_path: Path) -> None:
    song = verdict(write_song(tmp_path / "song.mid", walk(44, lowest=2), key="D major"))
    cut = corpus.windows(song)
    assert [window.bar for window in cut] == [0, 1, 2, 3, 4, 5, 6]
    assert {token + melody.LOWEST for token in cut[0].tokens if token < melody.REST} <= {60, 62, 64, 67, 69, 72}


def test_a_note_held_into_a_segment_is_struck_again(tmp_path: Path) -> None:
    song = verdict(write_song(tmp_path / "song.mid", [(0, 19.0, 60), (19, 3.0, 62), (22, 18.0, 64)]))
    second = corpus.windows(song)[5].tokens
    assert second[:9].tolist() == [41] + [melody.HOLD] * 7 + [43]


def test_no_song_stands_in_two_splits_and_training_copies_of_held_out_segments_are_dropped(tmp_path: Path) -> None:
    notes = walk(40)
    paths = [write_song(tmp_path / f"song{number}.mid", notes) for number in range(40)]
    songs = [Song(path.stem, path, "") for path in paths]
    made = corpus.build(
        songs, [intake.assess_song(song) for song in songs], "songs of our own", tmp_path / "report.csv"
    )
    assert "train" not in made.split
    assert set(made.split) == {"validation", "test"}


def test_the_daur_songs_and_a_fifth_of_the_north_east_are_held_out() -> None:
    songs = [Song(f"m{number}", Path(), "Mongol") for number in range(20)] + [
        Song("d", Path(), "Daur"),
        Song("h", Path(), "Han"),
    ]
    held_out = corpus.held_out_songs(songs)
    assert "d" in held_out
    assert "h" not in held_out
    assert len(held_out) == 1 + 4
    assert corpus.held_out_songs(songs[::-1]) == held_out


def test_a_corpus_survives_the_disk_and_an_altered_one_is_refused(tmp_path: Path) -> None:
    made = small_corpus()
    path = tmp_path / "corpus.npz"
    corpus.save_corpus(made, path)
    again = corpus.load_corpus(path)
    assert np.array_equal(again.tokens, made.tokens)
    assert (again.songs, again.split, again.groups, again.sha256) == (made.songs, made.split, made.groups, made.sha256)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["tokens"][0, 0] ^= 1
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="has been altered"):
        corpus.load_corpus(path)


@pytest.mark.parametrize("content", [None, b"not an archive"])
def test_a_missing_or_damaged_corpus_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "corpus.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="prepare_corpus"):
        corpus.load_corpus(path)


def test_the_chinese_songs_of_the_essen_collection_come_out_as_documented(tmp_path: Path) -> None:
    out = tmp_path / "corpus.npz"
    call_command("prepare_corpus", out=out)
    with (tmp_path / "corpus.report.csv").open(encoding="utf-8") as file:
        report = list(csv.DictReader(file))
    assert len(report) == 2240
    assert sum(int(row["used"]) for row in report) == 1353
    assert sum(int(row["complete_segments"]) for row in report) == 2333
    reasons = Counter(row["reason"] for row in report if row["reason"])
    assert reasons == {"too short": 437, "not duple": 414, "off-grid": 31, "copies of held-out songs": 5}
    daur = [row for row in report if row["group"] == "Daur"]
    assert [(row["song"], row["complete_segments"], row["split"]) for row in daur] == [
        ("natmn001", "1", "near-daur"),
        ("natmn049", "1", "near-daur"),
        ("natmn164", "1", "near-daur"),
        ("natmn192", "0", ""),
    ]
    made = corpus.load_corpus(out)
    held_out = {tokens.tobytes() for split in corpus.SPLITS[1:] for tokens in made.of(split)}
    assert not held_out & {tokens.tobytes() for tokens in made.of("train")}


def test_a_folder_of_ones_own_songs_becomes_a_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        write_song(tmp_path / "songs" / "deep" / f"{number}.mid", walk(60, seed=number))
    write_song(tmp_path / "songs" / "waltz.mid", walk(60), metre=(3, 4))
    out = tmp_path / "own" / "corpus.npz"
    call_command("prepare_corpus", source=str(tmp_path / "songs"), out=out)
    assert "12 of 13 songs are usable" in capsys.readouterr().out
    assert "deep/3" in corpus.load_corpus(out).songs


@pytest.mark.parametrize(
    ("files", "sentence"),
    [([], "holds no MIDI file"), (["torn.mid"], "No song of .* could be used"), (None, "is not a folder")],
)
def test_a_folder_without_usable_songs_is_refused(tmp_path: Path, files: list[str] | None, sentence: str) -> None:
    folder = tmp_path / "songs"
    if files is not None:
        folder.mkdir(parents=True)
        for name in files:
            (folder / name).write_bytes(b"MThd")
    with pytest.raises(CommandError, match=sentence):
        call_command("prepare_corpus", source=str(folder), out=tmp_path / "corpus.npz")
    assert not (tmp_path / "corpus.npz").exists()
    assert (tmp_path / "corpus.report.csv").exists() == bool(files)


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    for number in range(12):
        write_song(tmp_path / "songs" / f"{number}.mid", walk(60, seed=number))
    (tmp_path / "corpus.npz").mkdir()
    with pytest.raises(CommandError, match=r"corpus\.npz cannot be written: Is a directory"):
        call_command("prepare_corpus", source=str(tmp_path / "songs"), out=tmp_path / "corpus.npz")
    assert not (tmp_path / "corpus.report.csv").exists()
    assert not list(tmp_path.glob(".*"))


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(CommandError, match="name a file or folder"):
        call_command("prepare_corpus", "--out", "")


def test_a_file_whose_name_is_no_text_is_reported_and_skipped(tmp_path: Path) -> None:
    for number in range(12):
        write_song(tmp_path / "songs" / f"{number}.mid", walk(60, seed=number))
    strange = os.fsencode(tmp_path / "songs") + b"/a\xff.mid"
    os.rename(tmp_path / "songs" / "0.mid", strange)
    call_command("prepare_corpus", source=str(tmp_path / "songs"), out=tmp_path / "corpus.npz")
    report = (tmp_path / "corpus.report.csv").read_text(encoding="utf-8")
    assert "a\\udcff,0,name not UTF-8" in report
