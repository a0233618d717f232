from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from formats.errors import InputError
from formats.files import CLIP_TIME, sha256_of
from formats.pack import Manifest, read_manifest
from generation import audio, metrics
from generation.pack.build import Built, build_pack
from generation.pack.check import check_pack
from tests.generation.generators import Babbler
from tests.generation.songs import random_tokens, small_corpus, without_last_column

ROOT = Path(__file__).resolve().parents[2]


def build(out: Path, **options: Any) -> Built:
    return build_pack(out, {"babbler": Babbler()}, small_corpus(), **({"clips_per_system": 2, "seed": 3} | options))


def contents(pack: Path) -> dict[str, bytes]:
    return {str(path.relative_to(pack)): path.read_bytes() for path in sorted(pack.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs") / "pack"
    build(out)
    return out


@pytest.fixture
def pack(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "pack"))


# Building


def test_a_finished_pack_passes_its_check(finished: Path) -> None:
    manifest = check_pack(finished)
    assert sorted(clip.system for clip in manifest.clips) == ["babbler"] * 2 + ["practice"] * 3 + ["real"] * 2
    assert {path.stat().st_mtime for path in finished.rglob("*.*")} == {CLIP_TIME}
    assert len({path.stat().st_size for path in finished.glob("audio/*")}) == 1


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(finished: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", workers=2)
    assert contents(tmp_path / "again") == contents(finished)


def test_metrics_of_the_pack_are_those_of_its_midi_files(finished: Path, tmp_path: Path) -> None:
    """All but the last column, which takes the corpus that the pack was made from."""
    metrics.measure_folder(finished, tmp_path / "metrics.csv")
    assert (tmp_path / "metrics.csv").read_bytes() == without_last_column(finished / "metrics.csv")


def test_a_second_call_renders_nothing(pack: Path) -> None:
    before = {path: path.stat().st_ino for path in pack.rglob("*")}
    assert build(pack).rendered == 0
    assert {path: path.stat().st_ino for path in pack.rglob("*")} == before


def test_a_lost_and_a_damaged_file_are_made_again(pack: Path, finished: Path) -> None:
    lost, damaged, *_ = sorted(pack.glob("audio/*"))
    lost.unlink()
    damaged.write_bytes(b"damaged")
    (pack / "metrics.csv").unlink()
    assert build(pack).rendered == 2
    assert contents(pack) == contents(finished)


KILLED = """
from pathlib import Path
from tests.generation.test_pack import build
build(Path({out!r}))
"""


def test_a_killed_build_goes_on_where_it_stopped(tmp_path: Path, finished: Path) -> None:
    out = tmp_path / "pack"
    process = subprocess.Popen([sys.executable, "-c", KILLED.format(out=str(out))], cwd=ROOT)
    until = time.monotonic() + 300
    while len(list(out.glob("audio/*.mp3"))) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "manifest.json").exists()
    assert build(out).rendered < 7
    assert contents(out) == contents(finished)


def test_a_torn_line_of_progress_costs_one_clip(pack: Path, finished: Path) -> None:
    manifest = read_manifest(pack)
    lines = [json.dumps(manifest.inputs)] + [
        json.dumps([clip.clip_id, -20.0, clip.audio_sha256, clip.lufs, clip.true_peak_dbtp]) for clip in manifest.clips
    ]
    (pack / "manifest.json").unlink()
    (pack / ".progress.jsonl").write_text("\n".join(lines)[:-20])
    assert build(pack).rendered == 1
    assert contents(pack) == contents(finished)


def test_another_pack_is_not_overwritten(pack: Path) -> None:
    before = contents(pack)
    with pytest.raises(InputError, match=r"holds another pack \(seed differ\)"):
        build(pack, seed=4)
    assert contents(pack) == before


def test_a_folder_that_is_no_pack_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="is there already and is no pack"):
        build(tmp_path)
    assert contents(tmp_path) == {"letter.txt": b"dear"}


def test_the_whole_set_is_lowered_when_one_clip_would_peak_too_high(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "CEILING_DBTP", -14.0)
    manifest = build(tmp_path / "pack", real=False, clips_per_system=1).manifest
    assert -27 < manifest.audio.target_lufs < -20
    assert [clip.lufs for clip in manifest.clips] == pytest.approx([manifest.audio.target_lufs] * 4, abs=0.05)
    assert -14.2 < max(clip.true_peak_dbtp for clip in manifest.clips) <= -14
    check_pack(tmp_path / "pack")


# Checking


def edit(pack: Path, change: Callable[[Manifest], Manifest]) -> None:
    (pack / "manifest.json").write_bytes(change(read_manifest(pack)).to_bytes())


def edit_clip(pack: Path, **changes: Any) -> str:
    """Change the first clip of the manifest; returns its id before that."""
    manifest = read_manifest(pack)
    first, *others = manifest.clips
    edit(pack, lambda _: manifest.model_copy(update={"clips": [first.model_copy(update=changes), *others]}))
    return first.clip_id


def first_audio(pack: Path) -> Path:
    return sorted(pack.glob("audio/*"))[0]


def replace_audio(pack: Path, samples: audio.Samples) -> None:
    data = audio.encode(samples)
    first_audio(pack).write_bytes(data)
    edit_clip(pack, audio_sha256=sha256_of(first_audio(pack)))


@pytest.mark.parametrize("file", ["audio", "midi", "metrics.csv"])
def test_a_missing_or_altered_file_is_named(pack: Path, file: str) -> None:
    path = pack / file if file == "metrics.csv" else sorted((pack / file).glob("*"))[2]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"{path.name} has been altered"):
        check_pack(pack)
    path.unlink()
    with pytest.raises(InputError, match=f"{path.name} is missing"):
        check_pack(pack)


def test_a_surplus_clip_is_named(pack: Path) -> None:
    (pack / "audio" / "fff.mp3").write_bytes(b"")
    with pytest.raises(InputError, match=r"fff\.mp3 belongs to no clip"):
        check_pack(pack)


def test_a_clip_of_another_length_is_named(pack: Path) -> None:
    samples = audio.synthesise(random_tokens(1)[0])
    replace_audio(pack, samples[: -audio.MP3_FRAME])
    with pytest.raises(InputError, match=f"{first_audio(pack).name} has .* bytes, the pack's clips have"):
        check_pack(pack)


def test_a_louder_clip_is_named(pack: Path) -> None:
    samples = audio.synthesise(random_tokens(1)[0])
    replace_audio(pack, samples * 10 ** ((-19.3 - audio.loudness(samples)) / 20))
    with pytest.raises(InputError, match=f"{first_audio(pack).name} has -19.3. LUFS"):
        check_pack(pack)


def test_a_clip_that_peaks_too_high_is_named(pack: Path) -> None:
    samples = audio.synthesise(random_tokens(1)[0])
    samples *= 10 ** ((-20 - audio.loudness(samples)) / 20)
    samples[len(samples) // 2 :][:100] = 1.0
    replace_audio(pack, samples)
    with pytest.raises(InputError, match="peaks at"):
        check_pack(pack)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clip_id": "0real0"}, r"0real0 names its system \(real\)"),
        ({"clip_id": "../x"}, "must be 1-64 letters"),
        ({"role": "demo"}, "clip 1: the role is 'demo'"),
        ({"role": "practice", "system": "real"}, "is of the study's system real"),
        ({"clip_id": "zzz"}, "must be sorted by clip_id"),
        ({"duration_s": 10.0}, "lasts 11.520 s, the manifest says 10.000 s"),
    ],
)
def test_a_faulty_entry_is_named(pack: Path, changes: dict[str, Any], sentence: str) -> None:
    old = edit_clip(pack, **changes)
    if changes.get("clip_id") == "zzz":
        for folder, ending in (("audio", "mp3"), ("midi", "mid")):
            (pack / folder / f"{old}.{ending}").rename(pack / folder / f"zzz.{ending}")
    with pytest.raises(InputError, match=sentence):
        check_pack(pack)


def test_an_id_that_stands_twice_is_named(pack: Path) -> None:
    edit(pack, lambda manifest: manifest.model_copy(update={"clips": [manifest.clips[0], *manifest.clips]}))
    with pytest.raises(InputError, match="stands there twice"):
        check_pack(pack)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: give a finished pack"),
        ("{", "is not JSON"),
        ("[]", r"this is \[\], not an object"),
        ('{"schema_version": 9}', "schema_version is 9, known is 1"),
        ('{"schema_version": 1, "clips": []}', "'audio' is missing"),
        ('{"schema_version": 1, "clips": [{}], "audio": 3}', "'audio' is 3, not an object"),
    ],
)
def test_a_faulty_manifest_is_named(tmp_path: Path, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=sentence):
        check_pack(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("system", None, "clip 1: 'system' is missing"), ("lufs", "loud", "clip 1: 'lufs' is 'loud', not a number")],
)
def test_a_missing_or_wrong_field_is_named(pack: Path, field: str, value: Any, sentence: str) -> None:
    content = json.loads((pack / "manifest.json").read_text())
    if value is None:
        del content["clips"][0][field]
    else:
        content["clips"][0][field] = value
    (pack / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=sentence):
        read_manifest(pack)


def test_a_pack_of_recordings_needs_no_midi_metrics_or_provenance(pack: Path) -> None:
    content = json.loads((pack / "manifest.json").read_text())
    for clip in content["clips"]:
        del clip["midi_sha256"], clip["provenance"]
    for field in ("metrics_sha256", "inputs", "drawing"):
        del content[field]
    (pack / "manifest.json").write_text(json.dumps(content))
    shutil.rmtree(pack / "midi")
    (pack / "metrics.csv").unlink()
    assert len(check_pack(pack).clips) == 7
