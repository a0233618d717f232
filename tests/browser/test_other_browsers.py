"""The core of the road (play, rate, reload, finish) in Firefox and in WebKit, the engine of Safari.

Firefox is Debian's, driven over WebDriver BiDi by Playwright (its channel for an unpatched Firefox); WebKit is Debian's
MiniBrowser on a screen that nobody sees, driven by its own WebDriver through Selenium.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Playwright
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from study import queries
from study.models import Rating, Study
from tests.browser.conftest import SCALES
from tests.factories import make_link, make_study, trials_of

PATIENCE_S = 40


class Driver(Protocol):
    """What the core path needs of a browser."""

    def open(self, address: str) -> None: ...

    def click(self, selector: str) -> None: ...

    def reload(self) -> None: ...

    def wait(self, selector: str) -> None:
        """Until there is such an element."""

    def arrive(self, path: str) -> None:
        """Until the page of that path is there."""


class Firefox:
    """A page of Debian's Firefox."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE_S * 1000)

    def open(self, address: str) -> None:
        self.page.goto(address)

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def reload(self) -> None:
        self.page.reload()

    def wait(self, selector: str) -> None:
        self.page.locator(selector).first.wait_for(state="attached")

    def arrive(self, path: str) -> None:
        self.page.wait_for_url(f"**{path}")


class WebKit:
    """A window of Debian's MiniBrowser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get(address)

    def click(self, selector: str) -> None:
        self._until(lambda: self.driver.find_element("css selector", selector).is_displayed())
        self.driver.execute_script("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.driver.find_element("css selector", selector).click()

    def reload(self) -> None:
        self.driver.refresh()

    def wait(self, selector: str) -> None:
        self._until(lambda: self.driver.find_element("css selector", selector) is not None)

    def arrive(self, path: str) -> None:
        self._until(lambda: self.driver.current_url.endswith(path))

    def _until(self, condition: Callable[[], bool]) -> None:
        passing = (NoSuchElementException, StaleElementReferenceException)
        WebDriverWait(self.driver, PATIENCE_S, 0.1, passing).until(lambda _driver: condition())


def found(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"There is no {program} to run this test with: apt install {package}", pytrace=False)
    return path


@pytest.fixture(autouse=True)
def _patience() -> None:
    """No Chromium is started here."""


@pytest.fixture
def firefox(playwright: Playwright) -> Iterator[Driver]:
    path = found("firefox-esr", "firefox-esr")
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
    yield Firefox(browser.new_context(locale="en-GB").new_page())
    browser.close()


@pytest.fixture
def screen() -> Iterator[str]:
    """The name of a display in memory."""
    server = subprocess.Popen(
        [found("Xvfb", "xvfb"), "-displayfd", "1", "-screen", "0", "1200x1000x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    yield f":{server.stdout.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
def webkit(screen: str, tmp_path: Path) -> Iterator[Driver]:
    path = found("WebKitWebDriver", "webkit2gtk-driver")
    options = Options()
    options.binary_location = glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")[0]
    options.add_argument("--automation")
    home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "LANG": "C.UTF-8"}
    service = Service(path, env={**os.environ, **home, "DISPLAY": screen, "LIBGL_ALWAYS_SOFTWARE": "1"})
    driver = webdriver.WebKitGTK(options=options, service=service)
    yield WebKit(driver)
    driver.quit()


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """One practice clip and one clip of each of two systems."""
    return make_study(tmp_path, seconds=1.0, scales=SCALES, clips=2, heard=1)


def rate(driver: Driver, value: int, *scales: str) -> None:
    for scale in scales or SCALES:
        driver.click(f'[data-scale="{scale}"] .point:nth-child({value})')


def play(driver: Driver) -> None:
    driver.wait("#play[data-state=ready]")
    driver.click("#play")
    driver.wait("#play[data-state=ended]")


def core_path(driver: Driver, link: str) -> None:
    """From the link to the thanks, with a reload in the middle of a trial."""
    driver.open(link)
    driver.click("main form button")
    driver.click("[name=agree]")
    driver.click("main form button")
    driver.click("[value=headphones]")
    driver.click("main form button")
    driver.click("#sound button")
    driver.click("main a.button")
    driver.wait(".session[max='1'][value='0']")
    play(driver)
    rate(driver, 3)
    driver.wait("body[data-pending='0']")
    driver.click("#next")
    driver.click("#panel button")
    driver.wait(".session[max='2'][value='0']")
    play(driver)
    rate(driver, 2, *SCALES[:2])
    driver.reload()
    for scale in SCALES[:2]:
        driver.wait(f"[data-scale={scale}] [value='2']:checked")
    rate(driver, 2, *SCALES[2:])
    driver.click("#next")
    driver.click("#panel button")
    driver.wait(".session[max='2'][value='1']")
    play(driver)
    rate(driver, 5)
    driver.click("#next")
    driver.click("#submit button")
    driver.arrive("/room/thanks/")


@pytest.mark.parametrize("name", ["firefox", "webkit"])
def test_the_core_of_the_road_works_in_another_browser(
    request: pytest.FixtureRequest, live_server: LiveServer, study: Study, name: str
) -> None:
    expert, secret = make_link(study)
    core_path(request.getfixturevalue(name), f"{live_server.url}/i/{secret}/")
    expert.refresh_from_db()
    assert expert.submitted_at is not None
    kept = Rating.objects.filter(trial__phase="study").order_by("trial__number", "scale")
    assert [(row.trial.number, row.value, row.revision) for row in kept] == [
        (number, value, 1) for number, value in [(1, 2), (2, 5)] for _ in SCALES
    ]
    for trial in trials_of(expert):
        assert queries.length(queries.heard_intervals(trial, expert)) >= 900
