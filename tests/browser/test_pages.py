"""Every page of the room, in both languages: no fault that axe can find, nothing wider than a small phone.

SCREENSHOTS=1 also writes each page's picture to var/screenshots/; `make screenshots` copies those that docs show.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from django.conf import settings
from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from study import clock, services
from study.models import Expert, Study, Trial
from tests.browser.conftest import SECONDS, Accept, Log, answer, awake, listen, practised, settled, unhurried
from tests.factories import context_of, hear, make_link, make_study, rate, rate_all, reach, trials_of

PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1100, "height": 900}
#: The desktop at 200 %.
ZOOMED: ViewportSize = {"width": 550, "height": 450}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
#: What axe looks for at the second look at a page: what size and colours can change. It finds the rest at the first,
#: for no screen's size takes anything off a page.
CHANGING = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
LOOKS: tuple[tuple[str, ViewportSize, Literal["light", "dark"], list[str] | None], ...] = (
    ("phone", PHONE, "light", None),
    ("desktop", DESKTOP, "dark", CHANGING),
)
AXE = Axe()
RUN_AXE = """(rules) => axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) })"""
FOLDER = Path(settings.BASE_DIR) / "var" / "screenshots"
#: Beyond what the plainest page takes, for others may work on this machine; the quickest of some cold starts counts.
MAX_PAINT_MS, STARTS = 1000, 4
FIRST_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
MOVED = """(since) => new Promise((resolve) => {
    const found = [];
    new PerformanceObserver((list) => {
        for (const { startTime, sources } of list.getEntries()) if (startTime >= since)
            for (const { node, previousRect, currentRect } of sources)
                if (Math.abs(previousRect.y - currentRect.y) >= 1) found.push(node?.id || node?.className);
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(resolve, 100, found);
})"""


def moved(page: Page, since: float = 0) -> list[str]:
    """What moved up or down since that moment of the page, in ms: who pressed just then would miss."""
    found: list[str] = page.evaluate(MOVED, since)
    return found


def look_at(page: Page, name: str, language: str) -> None:
    """Checks the page as it stands, on a phone by day and on a desktop by night, and takes its pictures if wanted."""
    page.wait_for_load_state()  # what was waited for may be shown before the rest has come
    assert page.evaluate("document.getAnimations().length") == 0, f"something moves on {name}"
    resize(page, ZOOMED, name)
    page.evaluate(AXE.axe_script)
    for device, size, scheme, rules in LOOKS:
        resize(page, size, name)
        page.emulate_media(color_scheme=scheme)
        found = AxeResults(page.evaluate(RUN_AXE, rules))
        assert found.violations_count == 0, f"{name}, {device}, {scheme}: {found.generate_report()}"
        if os.environ.get("SCREENSHOTS"):
            take(page, f"{name}.{language}.{device}")
    page.emulate_media(color_scheme="light")


def resize(page: Page, size: ViewportSize, name: str) -> None:
    """Another screen, on which the page must have room enough."""
    page.set_viewport_size(size)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"], f"{name} is {wide} pixels wide on a screen of {size['width']}"


def take(page: Page, name: str) -> None:
    """The whole page, in light and in dark, on a screen that is high enough for it."""
    size = page.viewport_size
    assert size is not None
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        ending = "" if scheme == "light" else f".{scheme}"
        save_screen(page, f"{name}{ending}")
    page.set_viewport_size(size)


def save_screen(page: Page, name: str) -> None:
    """What the screen shows, in few colours."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(64).save(FOLDER / f"{name}.png", optimize=True)


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """The shipped study with its real wording, but two systems and few clips."""
    text = (Path(settings.BASE_DIR) / "fixtures" / "studies" / "daur.toml").read_text(encoding="utf-8")
    for key, number in {"clips_per_system": 2, "heard_per_expert": 2, "repeats": 0, "practice": 1}.items():
        text = re.sub(rf"^{key} = \d+$", f"{key} = {number}", text, flags=re.MULTILINE)
    text = re.sub(r"    \[\"midi-gan\", \"(?!real).*\n", "", text)
    text = re.sub(r'\[\[systems\]\]\nid = "(?!midi-gan"|real")[^\[]*', "", text)
    return make_study(tmp_path, text=text, seconds=SECONDS, clips=2, practice=1)


@pytest.fixture(params=["en", "zh-hans"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_pages_before_the_first_clip(page: Page, live_server: LiveServer, study: Study, language: str) -> None:
    _, secret = make_link(study, group="men", language=language)
    page.goto(f"{live_server.url}/i/{secret}/")
    assert page.locator("html").get_attribute("lang") == {"en": "en", "zh-hans": "zh-Hans"}[language]
    look_at(page, "invitation", language)
    page.locator("main button").click()
    page.wait_for_url("**/room/consent/")
    look_at(page, "consent", language)
    page.locator("[name=agree]").check()
    page.locator("main button").click()
    page.wait_for_url("**/room/background/")
    look_at(page, "background", language)
    page.locator("[value=headphones]").check()
    page.locator("main button").click()
    page.wait_for_url("**/room/sound/")
    awake(page)
    assert moved(page) == []
    look_at(page, "sound", language)
    page.locator("#sound button").click()
    page.wait_for_url("**/room/instructions/")
    look_at(page, "instructions", language)
    page.locator("main .button").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    look_at(page, "practice", language)
    page.goto(f"{live_server.url}/room/offline/")
    look_at(page, "offline", language)


def test_pages_with_clips(page: Page, live_server: LiveServer, accept: Accept, language: str) -> None:
    expert = accept(page, language=language)
    practised(expert, first=True)
    page.goto(f"{live_server.url}/room/")
    look_at(page, "begin", language)
    page.set_viewport_size(PHONE)
    page.locator("#panel button").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    at: float = page.evaluate("performance.now()")
    listen(page)
    assert moved(page, at) == []
    answer(page, 4, "valence")
    answer(page, 2, "overall")
    settled(page)
    look_at(page, "trial", language)
    with unhurried(timedelta(0)):
        for trial in trials_of(expert)[:2]:
            finish(expert, trial.number)
    page.route("**/audio", lambda route: route.fulfill(body=b"no music", content_type="audio/mpeg"))
    page.goto(f"{live_server.url}/room/")
    look_at(page, "break", language)
    page.locator("#panel button").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "broken")
    look_at(page, "trouble", language)


def test_pages_after_the_last_clip(page: Page, live_server: LiveServer, accept: Accept, language: str) -> None:
    expert = accept(page, language=language)
    practised(expert, first=True)
    with unhurried():
        remark_on(expert, reach(expert, trials_of(expert)[1]))
        rate_all(expert)
    page.goto(f"{live_server.url}/room/")
    page.wait_for_url("**/room/review/")
    look_at(page, "review", language)
    page.locator(".menu a").click()
    page.wait_for_url("**/room/withdraw/")
    page.get_by_role("link").last.click()
    page.wait_for_url("**/room/review/")
    page.locator("#submit button").click()
    page.wait_for_url("**/room/thanks/")
    look_at(page, "thanks", language)
    expect(page.locator("main a, .menu a")).to_have_count(0)  # none that takes back what was just given
    page.goto(f"{live_server.url}/room/withdraw/")
    look_at(page, "withdraw", language)
    page.locator("[name=sure]").check()
    page.locator("main form button").click()
    expect(page.locator("form [name=sure]")).to_have_count(0)
    look_at(page, "goodbye", language)
    expert.refresh_from_db()
    assert expert.withdrawn_at is not None


def test_pages_that_say_no_and_the_front_page(
    page: Page, live_server: LiveServer, accept: Accept, log: Log, language: str
) -> None:
    accept(page, language=language)
    page.goto(f"{live_server.url}/")
    look_at(page, "front", language)
    page.goto(f"{live_server.url}/i/nobody/")
    look_at(page, "unknown-link", language)
    page.goto(f"{live_server.url}/nowhere")
    look_at(page, "not-found", language)
    log.errors[:] = [error for error in log.errors if "status of 404" not in error]


def test_pages_of_the_desk(
    page: Page, live_server: LiveServer, study: Study, accept: Accept, admin_user: User, language: str
) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page.goto(f"{live_server.url}/desk/")
    look_at(page, "desk-login", language)
    practised(accept(page, language=language))
    page.goto(f"{live_server.url}/desk/")
    page.locator("[name=username]").fill(admin_user.get_username())
    page.locator("[name=password]").fill("password")
    page.locator("main button").click()
    expect(page.locator("[name=password]")).to_have_count(0)
    look_at(page, "desk-studies", language)
    page.goto(f"{live_server.url}/desk/studies/{study.slug}/")
    look_at(page, "desk-study", language)
    page.locator(f"form[action$='/preview/{study.slug}/'] button").click()
    page.wait_for_url("**/room/consent/")
    look_at(page, "preview", language)


def remark_on(expert: Expert, trial: Trial) -> None:
    """A known song, with a comment."""
    services.save_remark(
        context_of(expert, trial),
        known=True,
        comment="乌春",
        revision=1,
        client_uuid=uuid4(),
        given_at=clock.now(),
    )


def finish(expert: Expert, number: int) -> None:
    """Every scale of one study trial answered, some perhaps already."""
    trial = trials_of(expert)[number - 1]
    hear(expert, trial)
    done = set(trial.ratings.values_list("scale", flat=True))
    for scale in expert.study.file.scales:
        if scale.key not in done:
            rate(expert, trial, scale.key)


def test_a_trial_is_painted_within_a_second_on_a_cold_start(
    page: Page, browser: Browser, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    state = page.context.storage_state()
    addresses = (f"{live_server.url}/room/t/{trials_of(expert)[1].token}/", f"{live_server.url}/room/offline/")
    trials, plain = ([first_paint(browser, state, address) for _ in range(STARTS)] for address in addresses)
    print("first paint of a trial on a cold start, ms:", trials, "and of the plainest page:", plain)
    assert min(trials) < MAX_PAINT_MS + min(plain)


def first_paint(browser: Browser, state: StorageState, address: str) -> float:
    """Milliseconds until something is seen, in a browser profile that has never been here."""
    with browser.new_context(storage_state=state) as context:
        page = context.new_page()
        page.goto(address)
        return float(page.wait_for_function(FIRST_PAINT).json_value())


def test_the_language_can_be_changed_in_the_middle_of_a_trial_without_losing_the_place(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    listen(page)
    answer(page, 3, "harmony")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("#heading")).to_have_text("第 2 段，共 4 段")
    expect(page.locator('[data-scale="harmony"] [value="3"]')).to_be_checked()
