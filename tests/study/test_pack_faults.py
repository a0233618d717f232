"""A pack that is not as written is refused by the name of its file, before anything is made of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from formats.errors import InputError
from formats.pack import read_pack
from tests.factories import make_pack


def refusal(pack: Path, **changes: Any) -> str:
    """What is said of a pack whose manifest has other values."""
    manifest = pack / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))
    with pytest.raises(InputError) as refused:
        read_pack(pack)
    assert str(refused.value).startswith(str(pack))
    return str(refused.value)


def clips(pack: Path, **changes: Any) -> list[dict[str, Any]]:
    first, *others = json.loads((pack / "manifest.json").read_text())["clips"]
    return [{**first, **changes}, *others]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema_version": 2}, "schema_version is 2, known is 1"),
        ({"audio": {}}, "audio: 'format' is missing"),
        ({"audio": None}, "'audio' is None, not an object"),
        ({"audio": {"format": "../mp3"}}, "audio: format is '../mp3', not the ending of a file name"),
        ({"clips": []}, "'clips' must be a list with at least one clip"),
        ({"clips": {}}, "'clips' must be a list with at least one clip"),
        ({"clips": [7]}, "clip 1: this is 7, not an object"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert said in refusal(make_pack(tmp_path / "pack"), **changes)


def test_metric_with_any_line_end_stays_one_cell(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    first = clips(pack)[0]["clip_id"]
    table = f'clip_id,note\r\n{first},"one\u2028two\x85three\nfour"\r\n'.encode()
    (pack / "metrics.csv").write_bytes(table)
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["metrics_sha256"] = hashlib.sha256(table).hexdigest()
    (pack / "manifest.json").write_text(json.dumps(manifest))
    metrics = {clip.clip_id: clip.metrics for clip in read_pack(pack)}
    assert metrics[first] == {"note": "one\u2028two\x85three\nfour"}


def test_metrics_with_a_nul_are_refused(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    (pack / "metrics.csv").write_bytes(b"clip_id,note\nx,a\0b\n")
    assert "contains a NUL character" in refusal(pack, metrics_sha256=None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"system": None}, "clip 1: 'system' is None, not a text"),
        ({"clip_id": "../secret"}, "clip 1: clip id '../secret' must be 1-64 letters"),
        ({"role": "spare"}, "clip 1: the role is 'spare'; roles are study, practice"),
        ({"duration_s": 0}, "clip 1: duration_s is 0, not between 0 and 3600"),
        ({"duration_s": 3600}, "clip 1: duration_s is 3600, not between 0 and 3600"),
        ({"duration_s": True}, "clip 1: 'duration_s' is True, not a number"),
        ({"provenance": {"song": "a\0b"}}, "contains a character that no database can store"),
        ({"provenance": {"a\ud83c": [1]}}, "contains a character that no database can store"),
        ({"clip_id": "nowhere"}, "nowhere.mp3 is missing or cannot be read"),
        ({"audio_sha256": "0" * 64}, "is not the file that the manifest describes"),
    ],
)
def test_a_clip_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    pack = make_pack(tmp_path / "pack")
    assert said in refusal(pack, clips=clips(pack, **changes))


@pytest.mark.parametrize(("text", "said"), [("{", "is not JSON"), ('{"a": NaN}', "NaN is no number in JSON")])
def test_a_manifest_that_is_no_json_is_refused(tmp_path: Path, text: str, said: str) -> None:
    pack = make_pack(tmp_path / "pack")
    (pack / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=said):
        read_pack(pack)


def test_a_table_of_metrics_without_clips_is_refused_and_none_at_all_is_not_missed(tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    (pack / "metrics.csv").write_bytes(b"name,upc\nx,5\n")
    assert "metrics.csv is no UTF-8 table with a column clip_id" in refusal(pack, metrics_sha256=None)
    (pack / "metrics.csv").unlink()
    assert [clip.metrics for clip in read_pack(pack)] == [{}] * 7


def test_a_folder_without_a_manifest_is_no_finished_pack(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json cannot be read: give a finished pack"):
        read_pack(tmp_path)
