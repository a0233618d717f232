"""The sound page: its tones are what the published check asks for, and it can be done or passed over by keyboard."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pyloudnorm
import pytest
import soundfile
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study import services
from study.models import Expert, SoundCheck
from tests.browser.conftest import Accept, Log, awake

MAKE = """async (call) => {
  const tones = await import("/static/mukulen/tones.js");
  const blob = call === "melody" ? tones.melody() : tones.threeTones(call);
  return [...new Uint8Array(await blob.arrayBuffer())];
}"""


def test_a_sound_page_that_lost_its_script_says_so_and_can_be_left(
    page: Page, live_server: LiveServer, accept: Accept, log: Log
) -> None:
    page.route("**/mukulen/sound.js", lambda route: route.abort())
    expert = accept(page)
    services.give_consent(expert, version="1", language="en")
    services.save_background(expert, answers={"device": "headphones"})
    page.goto(f"{live_server.url}/room/")
    expect(page.locator("#dead")).to_be_visible()
    page.get_by_role("button", name="Skip the headphone check").click()
    page.wait_for_url("**/room/instructions/")
    log.errors.clear()


@pytest.fixture
def expert(page: Page, live_server: LiveServer, accept: Accept) -> Expert:
    """An expert who comes to the sound page."""
    expert = accept(page)
    services.give_consent(expert, version="1", language="en")
    services.save_background(expert, answers={"device": "headphones"})
    page.goto(f"{live_server.url}/room/")
    page.wait_for_url("**/room/sound/")
    return expert


def sound_of(page: Page, call: object) -> tuple[npt.NDArray[np.float64], int]:
    """Samples (n, 2) of a WAV that the page makes, and its rate."""
    samples, rate = soundfile.read(io.BytesIO(bytes(page.evaluate(MAKE, call))), always_2d=True)
    return samples, rate


def test_the_sounds_are_what_the_published_check_asks_for_and_as_loud_as_the_clips(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(live_server.url)
    samples, rate = sound_of(page, ["plain", "quiet", "antiphase"])
    tones = [samples[int(start * rate) :][:rate] for start in (0, 1.5, 3)]
    left = [20 * np.log10(np.sqrt(np.mean(tone[:, 0] ** 2))) for tone in tones]
    assert left[0] - left[1] == pytest.approx(6, abs=0.05)
    assert left[0] == pytest.approx(left[2], abs=0.01)
    in_the_air = [np.abs(tone.sum(axis=1)).max() for tone in tones]
    assert in_the_air[2] < 0.001 < 0.25 < in_the_air[1] < in_the_air[0]
    assert np.argmax(np.abs(np.fft.rfft(tones[0][:, 0]))) == 200  # one second: a bin a hertz
    melody, rate = sound_of(page, "melody")
    assert pyloudnorm.Meter(rate).integrated_loudness(melody[:, :1]) == pytest.approx(-20, abs=1)
    rounds = page.evaluate("async () => (await import('/static/mukulen/tones.js')).drawRounds()")
    assert len({tuple(order) for order in rounds}) == 6
    assert [[order[place] for order in rounds].count("quiet") for place in range(3)] == [2, 2, 2]


def test_the_level_and_six_rounds_are_done_by_keyboard_and_recorded(page: Page, expert: Expert) -> None:
    awake(page)
    page.locator("#play-level").press("Enter")
    expect(page.locator("#play-level")).to_have_attribute("data-state", "playing")
    page.locator("#level").press("ArrowLeft")
    page.locator("#play-level").press("Enter")
    for number in range(1, 7):
        expect(page.locator("#round")).to_have_text(f"{number} of 6")
        page.keyboard.press("2")  # nothing was heard yet, so nothing is answered
        expect(page.locator("#round")).to_have_text(f"{number} of 6")
        page.locator("#play-tones").press("Enter")
        expect(page.locator("#play-tones")).to_have_attribute("data-state", "playing")
        page.keyboard.press("2")
    expect(page.locator("#outcome")).to_contain_text("suggests that you are not using headphones")
    expect(page.locator("#sound button")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/room/instructions/")
    [check] = SoundCheck.objects.all()
    assert (check.expert, check.level, check.correct) == (expert, 95, 2)
    assert [answer["chosen"] for answer in check.answers] == [1] * 6
