"""Prompts of a pack: from equal file names, the same ones for each system, and checked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from formats.errors import InputError
from formats.pack import Manifest, read_manifest, shared_prompts
from generation.pack.check import check_pack
from generation.pack.rendering import Selection
from tests.generation.test_pack_folder import build, folder_of, selected


def prompts_of(selection: Selection, system: str) -> list[str | None]:
    pieces = [piece for piece in selection.pieces if piece.system == system]
    return sorted((piece.prompt_id for piece in pieces), key=str)


def test_equal_file_names_in_two_systems_are_one_prompt(tmp_path: Path) -> None:
    root = folder_of(
        tmp_path / "own", "choir/a.wav", "choir/b.flac", "choir/solo.wav", "machine/a.flac", "machine/b.wav"
    )
    found = selected(root)
    assert prompts_of(found, "choir") == [None, "a", "b"]
    assert prompts_of(found, "machine") == ["a", "b"]


def test_name_that_a_system_has_twice_is_no_prompt_of_it(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "one/a.wav", "one/a.flac", "two/a.wav", "three/a.wav")
    found = selected(root)
    assert prompts_of(found, "one") == [None, None]
    assert prompts_of(found, "two") == prompts_of(found, "three") == ["a"]


def test_practice_clips_have_no_prompt(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "own", "one/a.wav", "two/a.wav", "practice/a.wav")
    assert prompts_of(selected(root), "practice") == [None]


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_pack_has_the_same_prompts_for_each_system(tmp_path: Path, seed: int) -> None:
    names = [f"{system}/{name}.wav" for system in ("one", "two") for name in "abcdef"] + ["one/x.wav", "two/y.wav"]
    found = selected(folder_of(tmp_path / "own", *names), clips_per_system=4, seed=seed)
    assert prompts_of(found, "one") == prompts_of(found, "two")
    assert None not in prompts_of(found, "one")


def test_shared_prompts_are_those_that_every_system_has() -> None:
    clips = [("one", "b"), ("one", "a"), ("two", "a"), ("two", "b"), ("two", "c"), ("three", "a"), ("three", None)]
    assert shared_prompts(clips) == ["a"]


def rewritten(pack: Path, prompts: dict[str, list[object]]) -> Path:
    """Gives the clips of each system these prompts, in the manifest's order."""
    path = pack / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    for clip in content["clips"]:
        clip["prompt_id"] = prompts[clip["system"]].pop(0)
    path.write_text(json.dumps(content), encoding="utf-8")
    return pack


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    root = folder_of(tmp_path / "own", "one/a.wav", "one/b.wav", "two/a.wav", "two/b.wav")
    build(tmp_path / "pack", root)
    return tmp_path / "pack"


def test_manifest_and_check_say_the_prompts(pack: Path) -> None:
    manifest: Manifest = read_manifest(pack)
    assert sorted(str(clip.prompt_id) for clip in manifest.clips) == ["a", "a", "b", "b"]
    said = io.StringIO()
    call_command("check_pack", str(pack), stdout=said)
    assert "2 prompts have a clip of every system." in said.getvalue()


def test_prompt_twice_in_a_system_is_refused(pack: Path) -> None:
    rewritten(pack, {"one": ["a", "a"], "two": ["a", "b"]})
    with pytest.raises(InputError, match="are of one system and have the same prompt_id. Keep one of them"):
        check_pack(pack)


@pytest.mark.parametrize(("prompt", "said"), [("", "1 to 200 characters"), ("x" * 201, "1 to 200"), (7, "not a text")])
def test_prompt_that_is_no_name_is_refused(pack: Path, prompt: object, said: str) -> None:
    rewritten(pack, {"one": [prompt, "b"], "two": ["a", "b"]})
    with pytest.raises(InputError, match=said):
        check_pack(pack)
