"""A real Chromium against a live server. Without a browser these tests fail and say what to install."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from study import clock, services
from study.models import Expert, Study
from tests.factories import begin, complete, context_of, make_link, make_study, trials_of

SCALES = ("valence", "arousal", "authenticity", "harmony", "overall")
SECONDS = 2.0
#: What Chromium itself writes when a test cuts the line.
CUT = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_ABORTED", "ERR_NETWORK_CHANGED")


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    # Without service workers: what a test does to requests must reach all of them.
    return {"viewport": {"width": 1100, "height": 850}, "locale": "en-GB", "service_workers": "block"}


@pytest.fixture(autouse=True)
def _patience(context: BrowserContext) -> None:
    context.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What each page showed where a test fails."""
    report = yield
    browser = item.funcargs.get("browser")
    if report.when == "call" and report.failed and isinstance(browser, Browser):
        for page in (page for context in browser.contexts for page in context.pages):
            try:
                shown = page.inner_text("body", timeout=5_000)
            except Error as error:
                shown = str(error)
            report.sections.append((page.url, shown))
    return report


@dataclass
class Log:
    """What the browser complained of."""

    errors: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(cut in message.text for cut in CUT):
            self.errors.append(f"{message.text} {message.location}")


@pytest.fixture
def log(context: BrowserContext) -> Iterator[Log]:
    """Fails the test on any error in the console, violations of the content security policy among them."""
    log = Log()
    context.on("page", log.watch)
    yield log
    assert log.errors == []


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """Two systems, two clips heard of each, one practice clip, five scales."""
    return make_study(tmp_path, seconds=SECONDS, scales=SCALES, slots=3, practice=1)


@pytest.fixture
def page(context: BrowserContext, log: Log) -> Page:
    """A page whose console is watched."""
    return context.new_page()


Accept = Callable[..., Expert]


@pytest.fixture
def accept(live_server: LiveServer, study: Study) -> Accept:
    """Opens a personal link in a page and presses its button."""

    def accept(page: Page, code: str = "e01", language: str = "en") -> Expert:
        expert, secret = make_link(study, code, study.file.groups[0].key, language)
        page.goto(f"{live_server.url}/i/{secret}/")
        page.locator("main button").click()
        page.wait_for_url("**/room/consent/")
        expert.refresh_from_db()
        return expert

    return accept


@pytest.fixture
def second_trial(page: Page, accept: Accept, live_server: LiveServer) -> str:
    """At the second trial of the study, practice done; its token."""
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/")
    awake(page)
    return trials_of(expert)[1].token


@contextmanager
def unhurried(since: timedelta = timedelta(minutes=50)) -> Iterator[None]:
    """Within the block each look at the clock is three seconds after the one before, the first so long ago."""
    times = itertools.count(0, 3)
    start = clock.now() - since
    with clock.use(lambda: start + timedelta(seconds=next(times))):
        yield


def practised(expert: Expert, *, first: bool = False) -> None:
    """Past consent, background, the sound page and practice, an hour ago.

    At the second study trial, the first of which was said not to play; or at the first, with the page before it.
    """
    an_hour_ago = clock.now() - timedelta(hours=1)
    with unhurried(timedelta(hours=1)):
        expert.devices.update(accepted_at=an_hour_ago - timedelta(hours=1))
        begin(expert)
        _practise(expert, first=first)


def _practise(expert: Expert, *, first: bool) -> None:
    for trial in trials_of(expert, "practice"):
        complete(expert, trial)
    if not first:
        event = {"event": "problem", "clip_ms": 0, "at": clock.now().isoformat()}
        at = context_of(expert, trials_of(expert)[0])
        services.save_listening(at, client_uuid=uuid4(), intervals=[], events=[event], plays=0)


def awake(page: Page) -> None:
    """Waits until the page hears every press. What Playwright clicks it waits for itself, a key it sends at once."""
    expect(page.locator("[inert]")).to_have_count(0)


def listen(page: Page) -> None:
    """Plays the clip through."""
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.locator("#play").click()
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")


def answer(page: Page, value: int, *scales: str) -> None:
    """Presses the point of that value on each scale."""
    for scale in scales or SCALES:
        page.locator(f'[data-scale="{scale}"] .point').nth(value - 1).click()


def unfold(page: Page) -> None:
    """Opens what is below the scales: the comment, and whether the song was known."""
    page.locator("details.remark summary").click()
    expect(page.locator("#comment")).to_be_enabled()


def settled(page: Page) -> None:
    """Waits until every answer has reached the server."""
    expect(page.locator("body")).to_have_attribute("data-pending", "0")
