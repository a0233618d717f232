from __future__ import annotations

import csv
import json
import shutil
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from formats.errors import InputError
from formats.files import sha256_of
from generation.corpus import save_corpus
from generation.networks import SYSTEMS, network
from generation.pack.systems import find_generators
from tests.generation.songs import small_corpus, walk, without_last_column, write_song
from tests.generation.test_pack_folder import folder_of


def weights(folder: Path, seed: int = 0, name: str = "midi-gan") -> Path:
    """A checkpoint folder of a network as it is before training."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    kind = network(name)
    settings = kind.settings_type()
    save_file(kind(settings).sampling_state(), folder / "weights.safetensors")
    (folder / "config.json").write_text(json.dumps({"model": name, "settings": asdict(settings)}))
    return folder


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, a checkpoint and the pack made of them."""
    room = tmp_path_factory.mktemp("room")
    weights(room / "checkpoints" / "midi-gan")
    save_corpus(small_corpus(), room / "corpus.npz")
    run(room, "--out", str(room / "pack"))
    return room


def run(room: Path, *arguments: str, corpus: str = "corpus.npz", checkpoints: str = "checkpoints") -> str:
    return command(
        "generate_stimuli",
        *("--corpus", str(room / corpus), "--checkpoints", str(room / checkpoints), "--clips-per-system", "1"),
        *arguments,
    )


def command(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def contents(pack: Path) -> dict[str, bytes]:
    return {str(path.relative_to(pack)): path.read_bytes() for path in sorted(pack.rglob("*")) if path.is_file()}


def test_a_pack_is_made_checked_and_measured(room: Path, tmp_path: Path) -> None:
    assert "is whole: 5 clips (1 midi-gan, 3 practice, 1 real)" in command("check_pack", str(room / "pack"))
    command("measure_clips", str(room / "pack"), "--out", str(tmp_path / "metrics.csv"))
    assert (tmp_path / "metrics.csv").read_bytes() == without_last_column(room / "pack" / "metrics.csv")


def test_running_again_does_nothing_and_says_so(room: Path) -> None:
    before = contents(room / "pack")
    assert "nothing was done" in run(room, "--out", str(room / "pack"))
    assert contents(room / "pack") == before


def test_the_same_seed_gives_the_same_bytes_and_says_what_was_drawn(room: Path, tmp_path: Path) -> None:
    said = run(room, "--out", str(tmp_path / "again"))
    assert contents(tmp_path / "again") == contents(room / "pack")
    assert "midi-gan: 1 used, 0 empty" in said
    assert "5 clips, 5 rendered now" in said


def test_a_run_stands_before_the_shipped_weights_and_real_is_added(room: Path, tmp_path: Path) -> None:
    own = weights(tmp_path / "run", seed=1)
    generators, real = find_generators(None, room / "checkpoints", [own])
    assert real
    assert generators["midi-gan"].sha256 == sha256_of(own / "weights.safetensors")
    shipped, real = find_generators(["midi-gan"], room / "checkpoints", [])
    assert not real
    assert shipped["midi-gan"].sha256 == sha256_of(room / "checkpoints" / "midi-gan" / "weights.safetensors")


def test_a_pack_takes_every_system_that_has_weights_and_ppl_from_the_reference_model(
    room: Path, tmp_path: Path
) -> None:
    weights(tmp_path / "checkpoints" / "midi-gan")
    weights(tmp_path / "checkpoints" / "mlstm", name="mlstm")
    reference = weights(tmp_path / "checkpoints" / "reference", name="reference")
    arguments = ("--out", str(tmp_path / "pack"), "--reference", str(reference))
    said = run(room, *arguments, checkpoints=str(tmp_path / "checkpoints"))
    assert "6 clips, 6 rendered now" in said
    assert "6 clips (1 midi-gan, 1 mlstm, 3 practice, 1 real)" in command("check_pack", str(tmp_path / "pack"))
    rows = csv.DictReader((tmp_path / "pack" / "metrics.csv").read_text().splitlines())
    assert all(float(row["ppl"]) > 1 for row in rows)
    with pytest.raises(CommandError, match=r"another pack \(reference_sha256 differ\)"):
        run(room, *arguments[:2], checkpoints=str(tmp_path / "checkpoints"))


def test_a_folder_of_ones_own_clips_becomes_a_pack_and_what_is_left_out_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "own", "ours/1.wav", "theirs/1.wav", "theirs/2.wav")
    write_song(folder / "ours" / "2.mid", walk(8))
    (folder / "ours" / "3.m4a").write_bytes(b"")
    arguments = ("generate_stimuli", "--from", str(folder), "--out", str(tmp_path / "pack"), "--practice", "1")
    said = command(*arguments)
    assert "left out: ours/3.m4a: it is in a format that is not read: convert it" in capsys.readouterr().err
    assert "ours: 1 used, 1 left out, 0 not drawn\npractice: 1 used" in said
    assert "4 clips, 4 rendered now" in said
    assert "nothing was done" in command(*arguments)
    assert "is whole: 4 clips" in command("check_pack", str(tmp_path / "pack"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "own", "--run", "run"], "leave out --systems and --run"),
        (["--from", "own", "--systems", "real"], "leave out --systems and --run"),
        (["--practice", "3"], "--practice goes with --from"),
        (["--from", "nowhere"], "nowhere is not a folder"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        command("generate_stimuli", "--out", str(tmp_path / "pack"), *arguments)
    assert not (tmp_path / "pack").exists()


def test_runs_that_clash_or_were_not_asked_for_are_refused(room: Path, tmp_path: Path) -> None:
    own, second = weights(tmp_path / "a", seed=1), weights(tmp_path / "b", seed=2)
    with pytest.raises(InputError, match="b is a second run of midi-gan"):
        find_generators(None, room / "checkpoints", [own, second])
    with pytest.raises(InputError, match="A run is of midi-gan, which --systems does not name"):
        find_generators(["real"], room / "checkpoints", [own])


def refused(
    room: Path, out: Path, *arguments: str, corpus: str = "corpus.npz", checkpoints: str = "checkpoints"
) -> str:
    with pytest.raises(CommandError) as refusal:
        run(room, "--out", str(out), *arguments, corpus=corpus, checkpoints=checkpoints)
    assert not out.exists()
    return str(refusal.value)


def test_an_unknown_system_is_refused_with_the_known_ones(room: Path, tmp_path: Path) -> None:
    sentence = refused(room, tmp_path / "pack", "--systems", "midi-gam,real")
    assert (
        sentence == "There is no system 'midi-gam': the known ones are " + ", ".join(sorted([*SYSTEMS, "real"])) + "."
    )


def test_missing_weights_are_named(room: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    assert "weights.safetensors is missing" in refused(room, out, "--systems", "midi-gan", checkpoints="none")
    assert "holds no weights" in refused(room, out, checkpoints="none")


def test_weights_under_a_foreign_name_are_refused(room: Path, tmp_path: Path) -> None:
    shutil.copytree(room / "checkpoints" / "midi-gan", tmp_path / "checkpoints" / "transfomer")
    sentence = refused(room, tmp_path / "pack", checkpoints=str(tmp_path / "checkpoints"))
    assert "There is no system 'transfomer'" in sentence


def test_without_a_corpus_prepare_corpus_is_named(room: Path, tmp_path: Path) -> None:
    assert "prepare_corpus" in refused(room, tmp_path / "pack", corpus="none.npz")


@pytest.mark.parametrize("option", ["--clips-per-system", "--workers", "--seed"])
@pytest.mark.parametrize("value", ["-1", "two", "1.5"])
def test_numbers_that_are_none_are_refused(room: Path, tmp_path: Path, option: str, value: str) -> None:
    fault = "neither a number of processes" if option == "--workers" else "not a whole number"
    assert fault in refused(room, tmp_path / "pack", f"{option}={value}")


def test_an_altered_and_a_missing_file_fail_the_check(room: Path, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(room / "pack", tmp_path / "pack"))
    path = sorted(pack.glob("audio/*"))[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CommandError, match=f"{path.name} has been altered"):
        command("check_pack", str(pack))
    path.unlink()
    with pytest.raises(CommandError, match=f"{path.name} is missing"):
        command("check_pack", str(pack))


def test_a_corrupt_midi_file_is_named_and_the_others_measured(tmp_path: Path) -> None:
    write_song(tmp_path / "songs" / "good.mid", [(0, 1, 60)])
    (tmp_path / "songs" / "bad.mid").write_bytes(b"MThd")
    said, warned = StringIO(), StringIO()
    out = str(tmp_path / "metrics.csv")
    call_command("measure_clips", str(tmp_path / "songs"), "--out", out, stdout=said, stderr=warned)
    assert "skipped: bad.mid: unreadable\n" in warned.getvalue()
    assert "1 clips measured, 1 files skipped" in said.getvalue()


def test_an_empty_folder_cannot_be_measured(tmp_path: Path) -> None:
    (tmp_path / "songs").mkdir()
    with pytest.raises(CommandError, match="holds no MIDI file"):
        command("measure_clips", str(tmp_path / "songs"), "--out", str(tmp_path / "metrics.csv"))


def test_a_table_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    write_song(tmp_path / "songs" / "good.mid", [(0, 1, 60)])
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        command("measure_clips", str(tmp_path / "songs"), "--out", str(tmp_path / "file" / "metrics.csv"))
