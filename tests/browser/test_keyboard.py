"""A trial rated without a pointer; and a scale of a hundred points."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating
from tests.browser.conftest import SCALES, Accept, awake, listen, practised, settled
from tests.factories import edit_file, trials_of


def test_a_trial_can_be_heard_and_rated_by_keyboard_alone(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.keyboard.press("3")
    expect(page.locator("#hint")).to_have_text("Please listen to the whole clip first. Then you can rate it.")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    for value in (1, 2, 3, 4, 5):
        page.keyboard.press(str(value))
    settled(page)
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_be_focused()
    expect(page.locator("#panel")).to_be_visible()
    ratings = Rating.objects.filter(trial=trial)
    assert expert.slot is not None
    assert {row.scale: row.value for row in ratings} == dict(zip(expert.slot.scale_order, (1, 2, 3, 4, 5), strict=True))


def test_tab_and_arrows_reach_and_change_every_scale(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert, first=True)
    trial = trials_of(expert)[0]
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    awake(page)
    page.locator("#panel button").press("Enter")
    expect(page.locator("#play")).to_be_focused()
    expect(page.locator("#play")).to_have_attribute("data-state", "ready")
    page.keyboard.press("Enter")
    expect(page.locator("#play")).to_have_attribute("data-state", "ended")
    for _ in SCALES:
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
    settled(page)
    newest = {row.scale: row.value for row in Rating.objects.filter(trial=trial).order_by("revision")}
    assert newest == dict.fromkeys(SCALES, 2)


def test_enter_goes_on_from_the_players_button_once_every_scale_is_answered(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    listen(page)
    expect(page.locator("#play")).to_be_focused()
    for value in (1, 2, 3, 4, 5):
        page.keyboard.press(str(value))
    page.keyboard.press("Enter")
    expect(page.locator("#heading")).to_have_text("Clip 3 of 4")


def test_missing_ratings_are_visible_on_small_or_zoomed_screens(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    page.set_viewport_size({"width": 360, "height": 450})
    page.goto(f"{live_server.url}/room/t/{trials_of(expert)[1].token}/")
    hint, last = page.locator("#hint"), page.locator(".scale").last
    awake(page)
    page.locator("#next").click(force=True)
    expect(hint).to_have_text("Please listen to the whole clip first. Then you can rate it.")
    expect(page.locator("#play")).to_be_focused()
    expect(page.locator(".scale.missing")).to_have_count(0)
    last.locator(".point").first.click(force=True)
    expect(hint).to_have_text("Please listen to the whole clip first. Then you can rate it.")
    expect(hint).to_be_in_viewport(ratio=1)
    listen(page)
    expect(hint).to_have_text("")
    page.keyboard.press("3")
    page.locator("#next").click(force=True)
    names = page.locator(".scale.missing legend").all_text_contents()
    expect(hint).to_have_text(f"Not rated yet: {', '.join(names)}.")
    expect(page.locator(".scale").nth(1).locator("input").first).to_be_focused()
    point, bar = (page.locator(one).bounding_box() for one in (".scale >> nth=1 >> .point >> nth=0", "#bar"))
    assert point is not None
    assert bar is not None
    assert point["y"] + point["height"] <= bar["y"]  # what has the focus is not under the bar


def test_a_scale_of_a_hundred_points_holds_no_value_until_it_is_given_one(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    edit_file(expert.study, lambda file: [scale.update(minimum=0, maximum=100) for scale in file["scales"]])
    expert.study.save()
    trial = trials_of(expert)[1]
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    first = page.locator(".scale").first
    expect(first.locator("[type=number]")).to_have_value("")
    first.locator("[type=range]").click(force=True)
    expect(page.locator("#hint")).to_have_text("Please listen to the whole clip first. Then you can rate it.")
    listen(page)
    first.locator("[type=range]").click()  # in the middle
    expect(first.locator("[type=number]")).to_have_value("50")
    second = page.locator(".scale").nth(1).locator("[type=number]")
    second.fill("101")
    second.press("Tab")
    expect(page.locator("#hint")).to_have_text("Please enter a whole number from 0 to 100.")
    second.fill("0")
    second.press("Tab")
    settled(page)
    assert sorted(Rating.objects.filter(trial=trial).values_list("value", flat=True)) == [0, 50]
