"""What is typed and not yet saved when a page is left: it is saved first, or the page stays and says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating, Remark, Study, Trial
from tests.browser.conftest import SECONDS, Accept, Log, awake, practised, settled, unfold
from tests.factories import hear, make_study, rate, study_toml, trials_of

NUMBER, COMMENT, NEXT = "[type=number]", "#comment", "#next"
#: What browsers do to a page whose tab is no longer looked at.
HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def study(live_server: LiveServer, tmp_path: Path) -> Study:
    """One scale from 0 to 100, answered with a slider and a number field."""
    text = study_toml(scales=("overall",)).replace("minimum = 1", "minimum = 0").replace("maximum = 5", "maximum = 100")
    return make_study(tmp_path, text=text.replace("seed =", "break_after = 0\nseed ="), seconds=SECONDS)


@pytest.fixture
def trial(page: Page, live_server: LiveServer, accept: Accept) -> Trial:
    """The second clip, which the expert has heard and answered with 40."""
    expert = accept(page)
    practised(expert)
    first, second, *_ = trials_of(expert)
    for trial in (first, second):
        hear(expert, trial)
        rate(expert, trial, "overall", 40)
    page.goto(f"{live_server.url}/room/t/{second.token}/")
    awake(page)
    return second


def values(trial: Trial) -> list[int]:
    return list(Rating.objects.filter(trial=trial).order_by("revision").values_list("value", flat=True))


def comments(trial: Trial) -> list[str]:
    return list(Remark.objects.filter(trial=trial).order_by("revision").values_list("comment", flat=True))


def type_number(page: Page, text: str) -> None:
    """By keys, as people do: the field keeps the focus, and no browser says yet that it has changed."""
    page.locator(NUMBER).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def type_comment(page: Page, text: str) -> None:
    unfold(page)
    page.locator(COMMENT).focus()
    page.keyboard.type(text)


def by_script(selector: str) -> Callable[[Page], None]:
    """A press that takes the focus from nothing, as Safari's on a button or link."""
    return lambda page: page.evaluate("(selector) => document.querySelector(selector).click()", selector)


LEAVES: dict[str, Callable[[Page], object]] = {
    "Next": lambda page: page.locator(NEXT).click(),
    "Next keeping the focus": by_script(NEXT),
    "Back": by_script("#back"),
    "link": by_script(".menu a"),
    "language": by_script(".languages button"),
    "hidden": lambda page: page.evaluate(HIDE),
    "reload": lambda page: page.reload(),
    "another page": lambda page: page.goto("about:blank"),
    "step back in the history": lambda page: page.go_back(),
}


@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
def test_number_being_typed_is_saved_when_page_is_left(
    page: Page, trial: Trial, leave: Callable[[Page], object]
) -> None:
    address = page.url
    type_number(page, "83")
    leave(page)
    come_again(page, address)
    assert values(trial) == [40, 83]


@pytest.mark.parametrize("leave", LEAVES.values(), ids=LEAVES)
def test_comment_being_typed_is_saved_when_page_is_left(
    page: Page, trial: Trial, leave: Callable[[Page], object]
) -> None:
    address = page.url
    type_comment(page, "a lullaby")
    leave(page)
    come_again(page, address)
    assert comments(trial) == ["a lullaby"]


def come_again(page: Page, address: str) -> None:
    """Waits in another tab until the server has all that the browser keeps; no step of the first is broken off."""
    other = page.context.new_page()
    other.goto(address)
    awake(other)
    settled(other)


@pytest.mark.parametrize("presses", [1, 2])
def test_enter_in_number_field_saves_what_is_typed(page: Page, trial: Trial, presses: int) -> None:
    type_number(page, "83")
    for _ in range(presses):
        page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    settled(page)
    assert values(trial) == [40, 83]


@pytest.mark.parametrize("typed", ["101", "7.5", "-1", ""])
def test_number_that_is_no_answer_keeps_page_and_is_named(page: Page, trial: Trial, typed: str) -> None:
    type_number(page, typed or "1")
    if not typed:
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_have_text("Please enter a whole number from 0 to 100.")
    expect(page.locator(NUMBER)).to_have_value("40")
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    assert values(trial) == [40]


def test_press_on_next_beside_a_wrong_number_keeps_page(page: Page, trial: Trial) -> None:
    type_number(page, "101")
    page.locator(NEXT).click()
    expect(page.locator("#hint")).to_have_text("Please enter a whole number from 0 to 100.")
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")
    page.locator(NEXT).click()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")


def test_wrong_number_stops_one_press_without_a_pointer(page: Page, trial: Trial) -> None:
    """As screen readers press: nothing but a click."""
    type_number(page, "101")
    page.locator(NUMBER).blur()
    for clip in (2, 3):
        by_script(NEXT)(page)
        expect(page.locator("#heading")).to_have_text(f"Clip {clip} of 4")
        page.wait_for_timeout(300)


def test_wrong_number_on_a_hidden_page_stays_to_be_mended(page: Page, trial: Trial) -> None:
    type_number(page, "101")
    page.evaluate(HIDE)
    expect(page.locator(NUMBER)).to_have_value("101")
    page.keyboard.press("Backspace")
    page.keyboard.press("Tab")
    settled(page)
    assert values(trial) == [40, 10]


@pytest.mark.parametrize("field", [NUMBER, COMMENT])
def test_enter_of_an_input_method_does_not_go_on(page: Page, trial: Trial, field: str) -> None:
    """Chromium's own composition: the key ends it, and belongs to the input method."""
    unfold(page)
    client = page.context.new_cdp_session(page)
    page.locator(field).focus()
    client.send("Input.imeSetComposition", {"text": "8", "selectionStart": 1, "selectionEnd": 1})
    seen = page.evaluate_handle(
        "() => { const seen = []; addEventListener('keydown', (event) =>"
        " seen.push(event.isComposing, event.defaultPrevented)); return seen; }"
    )
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    client.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    client.send("Input.insertText", {"text": "8"})
    client.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    assert seen.json_value() == [True, False]
    page.wait_for_timeout(300)
    expect(page.locator("#heading")).to_have_text("Clip 2 of 4")


def test_last_key_of_a_safari_composition_does_not_go_on(page: Page, trial: Trial) -> None:
    """Safari ends the composition first: nothing but the key code tells its Enter from another."""
    page.locator(NUMBER).focus()
    went_on = page.evaluate(
        """() => {
          const init = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true };
          return !document.activeElement.dispatchEvent(new KeyboardEvent("keydown", init));
        }"""
    )
    assert not went_on


def test_wheel_over_number_field_changes_no_answer(page: Page, trial: Trial) -> None:
    page.locator(NUMBER).focus()
    page.locator(NUMBER).hover()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(300)
    page.keyboard.press("Tab")
    settled(page)
    assert values(trial) == [40]


def test_spin_and_paste_are_saved_by_enter(page: Page, trial: Trial) -> None:
    page.locator(NUMBER).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    page.locator("#back").click()
    expect(page.locator(NUMBER)).to_have_value("41")
    page.locator(NUMBER).focus()
    page.keyboard.press("Control+A")
    page.evaluate("() => document.execCommand('insertText', false, '77')")
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    settled(page)
    assert values(trial) == [40, 41, 77]


def test_comment_with_unusual_line_ends_is_kept_as_lines(page: Page, trial: Trial) -> None:
    unfold(page)
    page.locator(COMMENT).evaluate(
        "(area, text) => { area.focus(); document.execCommand('insertText', false, text); }",
        "one\u2028two\u0085three\u000bfour\u0007five",
    )
    settled(page)
    page.keyboard.type("!")
    expect(page.locator(COMMENT)).to_be_focused()
    page.locator(NEXT).click()
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")
    settled(page)
    assert comments(trial)[-1] == "one\ntwo\nthree\nfour five!"


def test_page_that_lost_its_sliders_says_so(page: Page, trial: Trial, log: Log) -> None:
    page.route("**/sliders*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("#dead")).to_be_visible()
    expect(page.locator("#scales")).to_have_attribute("inert", "")
    log.errors[:] = [error for error in log.errors if "sliders" not in error]


def test_trial_saves_nothing_that_was_not_typed(page: Page, trial: Trial) -> None:
    page.locator(NUMBER).focus()
    page.evaluate(HIDE)
    page.reload()
    awake(page)
    assert (values(trial), comments(trial)) == ([40], [])


# --- the background questions


def at_background(page: Page, accept: Accept) -> None:
    accept(page)
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="I agree").click()
    page.wait_for_url("**/room/background/")
    page.get_by_label("Years of listening").fill("1２ years")
    page.get_by_label("Speakers").check()


def switch(page: Page, name: str, heading: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.locator("h1")).to_have_text(heading)


def test_answers_stay_when_language_is_switched(page: Page, accept: Accept) -> None:
    at_background(page, accept)
    switch(page, "简体中文", "关于您")
    expect(page.locator("[name=years]")).to_have_value("1２ years")
    expect(page.locator("[value=speakers]")).to_be_checked()
    page.locator("[name=years]").fill("")
    page.locator("[value=headphones]").check()
    switch(page, "English", "About you")
    expect(page.locator("[name=years]")).to_have_value("")
    expect(page.locator("[value=headphones]")).to_be_checked()
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/room/sound/")
    assert page.evaluate("sessionStorage.length") == 0


def test_answers_typed_offline_after_the_switch_stay(page: Page, context: BrowserContext, accept: Accept) -> None:
    at_background(page, accept)
    context.set_offline(True)
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("#status")).to_contain_text("No connection")
    page.get_by_label("Years of listening").fill("12")
    context.set_offline(False)
    expect(page.locator("h1")).to_have_text("关于您")
    expect(page.locator("[name=years]")).to_have_value("12")
