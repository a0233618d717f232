"""The core of the road (play, rate, reload, finish) in another browser: `python -m tests.browser.core_session NAME LINK
SCALE …`, a process of its own, which whoever started it can end together with its browser.

Firefox is Debian's, driven over WebDriver BiDi by Playwright (its channel for an unpatched Firefox); WebKit, the engine
of Safari, is Debian's MiniBrowser on a screen that nobody sees, driven by its own WebDriver through Selenium.
"""

from __future__ import annotations

import faulthandler
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import glob
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from playwright.sync_api import sync_playwright
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

#: How long a browser may take to start, and for each step. All together it may take `WHOLE_S`.
START_S, STEP_S, WHOLE_S = 90, 60, 200


#: Makes the player four times as fast once it plays, and writes down how fast it is at the end.
HURRY = """(() => {
  const play = Audio.prototype.play;
  Audio.prototype.play = function () {
    this.addEventListener("playing", () => { this.playbackRate = 4; }, { once: true });
    this.addEventListener("ended", () => { document.body.dataset.speed = this.playbackRate; }, { once: true });
    return play.call(this);
  };
})()"""


class Driver(Protocol):
    """What the core path needs of a browser."""

    def open(self, address: str) -> None: ...

    def click(self, selector: str) -> None: ...

    def reload(self) -> None: ...

    def type(self, selector: str, text: str) -> None:
        """In place of what is in a field, by keys; the field keeps the focus."""

    def press(self, key: str) -> None:
        """A key, where the focus is."""

    def run(self, script: str) -> None: ...

    def wait(self, selector: str) -> None:
        """Until there is such an element."""

    def arrive(self, path: str) -> None:
        """Until the page of that path is there."""

    def script(self, code: str) -> None:
        """Runs statements in the page."""

    def read(self, expression: str) -> Any:
        """What an expression of the page comes to."""


class Firefox:
    """A page of Debian's Firefox."""

    def __init__(self, page: Any) -> None:
        self.page = page
        page.set_default_timeout(STEP_S * 1000)

    def open(self, address: str) -> None:
        self.page.goto(address)

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def reload(self) -> None:
        self.page.reload()

    def type(self, selector: str, text: str) -> None:
        self.page.locator(selector).first.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def run(self, script: str) -> None:
        self.page.evaluate(f"() => {{ {script} }}")

    def wait(self, selector: str) -> None:
        self.page.locator(selector).first.wait_for(state="attached")

    def arrive(self, path: str) -> None:
        self.page.wait_for_url(f"**{path}")

    def script(self, code: str) -> None:
        self.page.evaluate(code)

    def read(self, expression: str) -> Any:
        return self.page.evaluate(expression)


class WebKit:
    """A window of Debian's MiniBrowser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get(address)

    def click(self, selector: str) -> None:
        # Playwright, which drives the others, waits by itself until an element would receive the press.
        self._until(lambda: self.driver.find_element("css selector", selector).is_displayed())
        self._until(lambda: not self.driver.find_elements("css selector", "[inert]"))
        self.driver.execute_script("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.driver.find_element("css selector", selector).click()

    def reload(self) -> None:
        self.driver.refresh()

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        self.driver.switch_to.active_element.send_keys(Keys.CONTROL, "a")
        self.driver.switch_to.active_element.send_keys(text)

    def press(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(getattr(Keys, key.upper()))

    def run(self, script: str) -> None:
        self.driver.execute_script(script)

    def wait(self, selector: str) -> None:
        self._until(lambda: self.driver.find_element("css selector", selector) is not None)

    def arrive(self, path: str) -> None:
        self._until(lambda: self.driver.current_url.endswith(path))

    def script(self, code: str) -> None:
        self.driver.execute_script(code)

    def read(self, expression: str) -> Any:
        return self.driver.execute_script(f"return {expression}")

    def _until(self, condition: Callable[[], bool]) -> None:
        passing = (NoSuchElementException, StaleElementReferenceException)
        WebDriverWait(self.driver, STEP_S, 0.1, passing).until(lambda _driver: condition())


class Aloud:
    """Says each step before it is taken: where a browser hangs, the last line names the step."""

    def __init__(self, driver: Driver) -> None:
        self.driver, self.begun = driver, time.monotonic()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def step(*given: str) -> Any:
            print(f"{time.monotonic() - self.begun:6.1f} s", name, *given, flush=True)
            return getattr(self.driver, name)(*given)

        return step


@contextmanager
def firefox() -> Iterator[Driver]:
    path = found("firefox-esr", "firefox-esr")
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path, timeout=START_S * 1000)
        yield Firefox(browser.new_context(locale="en-GB").new_page())
        browser.close()


@contextmanager
def webkit() -> Iterator[Driver]:
    with TemporaryDirectory() as home, screen() as display:
        options = Options()
        options.binary_location = glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")[0]
        options.add_argument("--automation")
        own = {"HOME": home, "XDG_RUNTIME_DIR": home, "LANG": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1"}
        service = Service(found("WebKitWebDriver", "webkit2gtk-driver"), env={**os.environ, **own, "DISPLAY": display})
        driver = webdriver.WebKitGTK(options=options, service=service)
        yield WebKit(driver)
        driver.quit()


@contextmanager
def screen() -> Iterator[str]:
    """The name of a display in memory."""
    command = [found("Xvfb", "xvfb"), *["-displayfd", "1", "-screen", "0", "1200x1000x24", "-nolisten", "tcp"]]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        if not select.select([server.stdout], [], [], START_S)[0]:
            sys.exit(f"Xvfb gave no display within {START_S} s")
        yield f":{server.stdout.readline().strip()}"
    finally:
        server.kill()


def found(program: str, package: str) -> str:
    path = shutil.which(program)
    if path is None:
        sys.exit(f"There is no {program} to run this test with: apt install {package}")
    return path


def rate(driver: Driver, value: int, *scales: str) -> None:
    for scale in scales:
        driver.click(f'[data-scale="{scale}"] .point:nth-child({value})')


def play(driver: Driver) -> None:
    driver.wait("#play[data-state=ready]")
    driver.click("#play")
    driver.wait("#play[data-state=ended]")


def come(driver: Driver, link: str) -> None:
    """From the link to the first clip."""
    driver.open(link)
    driver.click("main form button")
    driver.click("[name=agree]")
    driver.click("main form button")
    driver.click("[value=headphones]")
    driver.click("main form button")
    driver.click("#sound button")
    driver.click("main a.button")


def core_session(driver: Driver, link: str, scales: list[str]) -> None:
    """From the link to the thanks, with a reload in the middle of a trial."""
    come(driver, link)
    driver.wait(".session[max='1'][value='0']")
    play(driver)
    rate(driver, 3, *scales)
    driver.wait("body[data-pending='0']")
    driver.click("#next")
    driver.click("#panel button")
    driver.wait(".session[max='2'][value='0']")
    play(driver)
    rate(driver, 2, *scales[:2])
    driver.reload()
    for scale in scales[:2]:
        driver.wait(f"[data-scale={scale}] [value='2']:checked")
    rate(driver, 2, *scales[2:])
    driver.click("#next")
    driver.click("#panel button")
    driver.wait(".session[max='2'][value='1']")
    driver.script(HURRY)
    play(driver)
    driver.wait("body[data-speed='1']")
    rate(driver, 5, *scales)
    driver.click("#next")
    driver.click("#submit button")
    driver.arrive("/room/thanks/")


def drive(name: str, path: Callable[[Driver], None]) -> None:
    """Takes a path in a browser of that name, and says when it is done."""
    faulthandler.dump_traceback_later(WHOLE_S, exit=True)
    with {"firefox": firefox, "webkit": webkit}[name]() as driver:
        path(Aloud(driver))
        # What was to be done is done; a browser that does not close is ended by whoever started this.
        print("done", flush=True)


if __name__ == "__main__":
    name, link, *scales = sys.argv[1:]
    drive(name, lambda driver: core_session(driver, link, scales))
