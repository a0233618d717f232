"""Leaving a clip while something is typed, in another browser: `python -m tests.browser.typing_session NAME LINK`, like
core_session. The study has one scale, `overall`, with a number field, two clips and neither practice nor a break.
"""

from __future__ import annotations

import sys

from tests.browser.core_session import Driver, come, drive, play

NUMBER, COMMENT = "[type=number]", "#comment"
#: Enter as an input method's last key comes: while it composes, and in Safari just after, known by its key code alone.
LAST_KEYS = ("isComposing: true, keyCode: 13", "isComposing: false, keyCode: 229")
COMPOSED = """
  document.querySelector("%s").focus();
  const at = document.activeElement;
  at.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
  const init = { key: "Enter", bubbles: true, cancelable: true, %s };
  document.body.dataset.free = at.dispatchEvent(new KeyboardEvent("keydown", init));
  at.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
"""


def at_clip(driver: Driver, number: int) -> None:
    driver.wait(f".session[max='2'][value='{number - 1}']")


def typing_session(driver: Driver, link: str) -> None:
    """By Enter, Back, Next and a reload; and no leave by a wrong number or by an input method's Enter."""
    come(driver, link)
    at_clip(driver, 1)
    play(driver)
    driver.type(NUMBER, "40")
    driver.press("Tab")
    driver.wait("body[data-pending='0']")
    driver.type(NUMBER, "83")
    driver.press("Enter")
    at_clip(driver, 2)
    driver.click("#back")
    driver.wait("[data-scale=overall][data-value='83']")
    driver.type(NUMBER, "101")
    driver.press("Enter")
    driver.wait("#hint:not(:empty)")
    driver.click("details.remark summary")
    driver.wait("#remark fieldset:not([disabled])")
    for field in (NUMBER, COMMENT):
        for key in LAST_KEYS:
            driver.run(COMPOSED % (field.replace('"', "'"), key))
            driver.wait("body[data-free='true']")
            driver.run("delete document.body.dataset.free;")
    at_clip(driver, 1)
    driver.type(COMMENT, "a lullaby")
    driver.run("document.getElementById('next').click();")
    at_clip(driver, 2)
    play(driver)
    driver.type(NUMBER, "7")
    driver.reload()
    driver.wait("#next[aria-disabled='false']")
    driver.wait("body[data-pending='0']")


if __name__ == "__main__":
    name, link = sys.argv[1:]
    drive(name, lambda driver: typing_session(driver, link))
