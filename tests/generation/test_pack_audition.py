from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from formats.pack import read_pack
from formats.study_file import parse
from generation.pack.build import build_from_folder, build_pack
from generation.pack.check import check_pack
from study.models import Clip
from study.services.study_creation import choose_clips, create_study
from tests.factories import study_toml
from tests.generation.generators import Babbler
from tests.generation.songs import small_corpus, walk, write_song
from tests.generation.test_pack_folder import hum, record


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs") / "pack"
    build_pack(out, {"babbler": Babbler()}, small_corpus(), clips_per_system=2, seed=3)
    return out


def test_every_clip_plays_from_the_page_on_the_disk(pack: Path, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((pack / "index.html").as_uri())
    assert page.locator("h2").all_inner_texts() == ["Means 各系统均值", "babbler 2", "real 2", "practice 3"]
    buttons = page.locator("button")
    assert buttons.count() == 7
    for number in range(7):
        buttons.nth(number).click()
        page.wait_for_function("player.currentTime > 0.05")
        assert page.evaluate("player.duration") == pytest.approx(11.52, abs=0.001)
        expect(page.locator('tr[aria-current="true"] button')).to_have_attribute(
            "data-src", str(buttons.nth(number).get_attribute("data-src"))
        )
    buttons.nth(6).click()
    assert page.evaluate("player.paused")
    assert said == []


def test_one_clip_follows_another_when_wanted(pack: Path, page: Page) -> None:
    page.goto((pack / "index.html").as_uri())
    page.locator("button").first.click()
    page.get_by_label("play on").check()
    page.wait_for_function("player.duration > 11")
    page.evaluate("player.currentTime = player.duration - 0.1")
    expect(page.locator("#now")).to_have_text("babbler 2")
    page.wait_for_function("player.currentTime > 0.05 && player.currentTime < 5")


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_its_window_and_warns_in_both_languages(pack: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((pack / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".warning")).to_contain_text("This page names the systems.")
    expect(page.locator(".warning [lang=zh-Hans]")).to_contain_text("本页标明每个片段出自哪个系统")


def test_names_of_files_are_text_and_recordings_need_no_metrics(tmp_path: Path, page: Page) -> None:
    record(tmp_path / "own" / "a" / "<b>1 & 2.wav", hum(2))
    write_song(tmp_path / "own" / "b" / "x.mid", walk(8))
    build_from_folder(tmp_path / "pack", tmp_path / "own")
    page.goto((tmp_path / "pack" / "index.html").as_uri())
    expect(page.get_by_text("a/<b>1 & 2.wav")).to_be_visible()
    assert page.locator("section").first.locator("svg").count() == 0
    assert page.locator("section").last.locator("svg").count() == 1


def test_a_lost_page_is_written_again_and_belongs_to_the_pack(pack: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(pack, tmp_path / "pack"))
    (copy / "index.html").unlink()
    assert build_pack(copy, {"babbler": Babbler()}, small_corpus(), clips_per_system=2, seed=3).rendered == 0
    assert (copy / "index.html").read_bytes() == (pack / "index.html").read_bytes()
    assert len(check_pack(copy).clips) == 7


@pytest.mark.django_db
def test_no_study_takes_the_page(pack: Path) -> None:
    file = parse(study_toml(systems=("babbler", "real"), clips=2))
    create_study(slug="own", file=file, file_sha256=64 * "0", clips=choose_clips(file, read_pack(pack)))
    kept = sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    assert len(kept) == Clip.objects.count() == 5
    assert {path.suffix for path in kept} == {".mp3"}
    assert {len(path.read_bytes()) for path in kept} == {np.unique([len(c.audio) for c in read_pack(pack)]).item()}
