"""Experts at the desk in a real browser: inviting, the sheet of links, the board, and one expert's page."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study import services
from study.models import Expert, Listening, Study
from tests.browser.conftest import SCALES, SECONDS, Log, practised, unhurried
from tests.browser.test_pages import look_at
from tests.factories import complete, make_expert, make_study, rate_all, trials_of

TABLE = "code,group,language,name\nw01,women,zh-hans,敖登挂\nw02,women,en,\nm01,men,zh-hans,\n"


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """Two groups of four places and twelve trials in each."""
    return make_study(
        tmp_path, seconds=SECONDS, scales=SCALES, groups=("men", "women"), slots=4, clips=6, heard=6, practice=0
    )


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(page: Page, live_server: LiveServer, study: Study, admin_user: User, language: str) -> Page:
    """A page of whoever may do everything, at the study."""
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page.goto(f"{live_server.url}/desk/studies/{study.slug}/")
    page.locator("[name=username]").fill(admin_user.get_username())
    page.locator("[name=password]").fill("password")
    page.locator("main button").click()
    page.wait_for_url("**/small/")
    return page


def at_work(study: Study) -> None:
    """One expert who is done, one half-way who cares little, one whose clip would not play, and one who left."""
    done, hasty, mute, gone = (make_expert(study, code, "men") for code in ("m01", "m02", "m03", "m04"))
    for expert in (done, hasty):
        practised(expert, first=True)
    with unhurried():
        rate_all(done)
        services.submit(done)
    with unhurried():
        for trial in trials_of(hasty)[:10]:
            complete(hasty, trial)
    hasty.ratings.update(rt_ms=2500)
    Listening.objects.create(
        trial=trials_of(mute)[0],
        expert=mute,
        client_uuid="6f8ce9a9-6f33-4c17-8d0c-5f4d3a40f4a0",
        intervals=[],
        problem=True,
    )
    services.withdraw(gone, actor="test")


def test_a_table_is_pasted_mended_and_becomes_links_to_print_and_to_send(
    desk: Page, study: Study, language: str, log: Log
) -> None:
    desk.locator("a[href$='/invite/']").first.click()
    desk.locator("[name=pasted]").fill(TABLE.replace("women", "wimmin", 1))
    desk.locator("form:has([name=pasted]) button").click()
    expect(desk.get_by_role("alert")).to_contain_text("wimmin")
    look_at(desk, "desk-invite", language)
    desk.locator("[name=pasted]").fill(TABLE)
    desk.locator("form:has([name=pasted]) button").click()
    expect(desk.locator(".sheet > li")).to_have_count(3)
    sizes = desk.locator(".sheet img").evaluate_all("images => images.map((image) => image.naturalWidth > 0)")
    assert sizes == [True] * 3
    look_at(desk, "desk-sheet", language)
    with desk.expect_download() as saved:
        desk.locator("a[download]").click()
    assert saved.value.suggested_filename == "links-small.csv"
    content = Path(saved.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert [row["name"] for row in rows] == ["敖登挂", "", ""]
    desk.context.clear_cookies()
    desk.goto(rows[0]["link"])
    desk.locator("main button").click()
    desk.wait_for_url("**/room/consent/")
    assert Expert.objects.get(code="w01").slot is not None
    log.errors[:] = [error for error in log.errors if "status of 422" not in error]


@pytest.mark.parametrize("language", ["zh-hans"], indirect=True)
def test_the_sheet_fits_a4(desk: Page, study: Study, language: str, tmp_path: Path) -> None:
    desk.locator("a[href$='/invite/']").first.click()
    rows = [f"{group[0]}{number:02d},{group},{language}" for group in ("men", "women") for number in range(1, 5)]
    desk.locator("[name=pasted]").fill("\n".join(["code,group,language", *rows]))
    desk.locator("form:has([name=pasted]) button").click()
    expect(desk.locator(".sheet > li")).to_have_count(8)
    desk.emulate_media(media="print")
    for part in (".top", ".on-screen"):
        expect(desk.locator(part).first).to_be_hidden()
    paper = desk.pdf(format="A4", prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1, "eight cards, one page"
    (tmp_path / "sheet.pdf").write_bytes(paper)


def test_the_board_shows_who_is_how_far_and_renews_itself(desk: Page, study: Study, language: str) -> None:
    at_work(study)
    desk.clock.install()
    desk.locator("a[href$='/board/']").first.click()
    marks = desk.locator("tr", has_text="m02").locator("td .tag")
    expect(marks).to_have_count(2)
    desk.locator("details summary").first.click()
    look_at(desk, "desk-board", language)
    desk.evaluate("document.activeElement.blur()")
    make_expert(study, "w01", "women")
    desk.clock.run_for(21_000)
    expect(desk.locator("th", has_text="w01")).to_be_visible()
    assert desk.locator("details").first.evaluate("details => details.open")


def test_a_drop_out_is_replaced_in_two_clicks(desk: Page, study: Study, language: str, log: Log) -> None:
    leaver = make_expert(study, "m01", "men")
    desk.goto(desk.url + "board/")
    desk.locator("a[href$='#replace']").click()
    expect(desk.locator("#replace")).to_be_visible()
    look_at(desk, "desk-expert", language)
    desk.locator("#replace [name=code]").fill("m 02")
    desk.locator("#replace [name=name]").fill("Ada")
    desk.locator("#replace button").click()
    expect(desk.locator("#replace [name=code]")).to_have_accessible_description(re.compile("m 02"))
    expect(desk.locator("#replace [name=name]")).to_have_value("Ada")
    log.errors[:] = [error for error in log.errors if "status of 422" not in error]
    look_at(desk, "desk-expert-fault", language)
    desk.locator("#replace [name=code]").fill("m01-2")
    desk.locator("#replace button").click()
    expect(desk.locator(".sheet > li")).to_have_count(1)
    assert Expert.objects.get(code="m01-2").slot == leaver.slot


def test_a_receipt_is_shown_when_an_expert_is_erased(desk: Page, study: Study, language: str) -> None:
    make_expert(study, "m01", "men")
    desk.goto(desk.url + "experts/m01/")
    desk.locator("form[action$='/erase/'] [name=sure]").check()
    desk.locator("form[action$='/erase/'] button").click()
    expect(desk.get_by_role("alert").locator("code")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    look_at(desk, "desk-erased", language)
