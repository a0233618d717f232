"""A trial rated without a pointer; and a scale of a hundred points."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from study.models import Rating
from tests.browser.conftest import SCALES, Accept, awake, listen, practised, settled, unfold
from tests.factories import edit_file, hear, trials_of


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
    page.keyboard.press("Tab")
    expect(page.locator(".seek")).to_be_focused()
    for _ in SCALES:
        page.keyboard.press("Tab")
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


def test_digits_answer_each_scale_and_bring_next_into_view(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    hear(expert, trial)
    page.set_viewport_size({"width": 360, "height": 600})
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    awake(page)
    scales = page.locator(".scale")
    scales.first.locator("input").first.focus()
    for number, value in enumerate((3, 4, 4, 4, 4)):
        expect(scales.nth(number).locator("input").first).to_be_focused()
        page.keyboard.press(str(value))
        expect(page.locator("#announce")).to_have_text(re.compile(f"{value}$"))
        following = scales.nth(min(number + 1, 4))
        box, player, bar = (one.bounding_box() for one in (following, page.locator(".player"), page.locator("#bar")))
        assert box
        assert player
        assert bar
        assert player["y"] + player["height"] <= box["y"] + 1
        assert box["y"] + box["height"] <= bar["y"] + 1
    expect(scales.last.locator("[value='4']")).to_be_focused()
    settled(page)
    assert expert.slot is not None
    kept = {row.scale: row.value for row in Rating.objects.filter(trial=trial)}
    assert kept == dict(zip(expert.slot.scale_order, (3, 4, 4, 4, 4), strict=True))


def test_arrows_and_shift_tab_go_back_to_change_an_answer(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    hear(expert, trial)
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    awake(page)
    scales = page.locator(".scale")
    for value in "111":
        page.keyboard.press(value)
    page.keyboard.press("ArrowUp")
    expect(scales.nth(2).locator("[value='1']")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(scales.nth(1).locator("[value='1']")).to_be_focused()
    page.keyboard.press("5")  # and on to the next one without an answer
    expect(scales.nth(3).locator("input").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # there is none below
    expect(scales.nth(4).locator("input").first).to_be_focused()
    settled(page)
    newest = {row.scale: row.value for row in Rating.objects.filter(trial=trial).order_by("revision")}
    assert expert.slot is not None
    assert newest == dict(zip(expert.slot.scale_order[:3], (1, 5, 1), strict=True))


def test_space_plays_from_a_point_and_from_the_slider_of_the_player(
    page: Page, live_server: LiveServer, accept: Accept
) -> None:
    expert = accept(page)
    practised(expert)
    trial = trials_of(expert)[1]
    hear(expert, trial)
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    play = page.locator("#play")
    expect(play).to_have_attribute("data-state", "ready")
    awake(page)
    page.locator(".scale input").first.focus()
    page.keyboard.press("Space")
    expect(play).to_have_attribute("data-state", "playing")
    expect(page.locator(".scale :checked")).to_have_count(0)
    expect(page.locator(".seek")).to_be_enabled()
    page.locator(".seek").focus()
    page.keyboard.press("Space")
    expect(play).to_have_attribute("data-state", "paused")
    unfold(page)
    page.locator("#comment").focus()
    page.keyboard.press("Space")
    page.keyboard.type("a b")
    expect(page.locator("#comment")).to_have_value(" a b")
    expect(play).to_have_attribute("data-state", "paused")
    page.locator("[name=known]").focus()
    page.keyboard.press("Space")
    expect(page.locator("[name=known]")).to_be_checked()


def test_ten_takes_two_digits(page: Page, live_server: LiveServer, accept: Accept) -> None:
    expert = accept(page)
    practised(expert)
    edit_file(expert.study, lambda file: [scale.update(minimum=0, maximum=10) for scale in file["scales"]])
    expert.study.save()
    trial = trials_of(expert)[1]
    hear(expert, trial)
    page.goto(f"{live_server.url}/room/t/{trial.token}/")
    awake(page)
    scales = page.locator(".scale")
    scales.first.locator("input").first.focus()
    page.keyboard.press("1")
    page.keyboard.press("0")
    expect(scales.first.locator("[value='10']")).to_be_focused()
    expect(scales.first.locator("[value='10']")).to_be_checked()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("7")
    settled(page)
    newest = {row.scale: row.value for row in Rating.objects.filter(trial=trial).order_by("revision")}
    assert expert.slot is not None
    assert newest == dict(zip(expert.slot.scale_order[:2], (10, 7), strict=True))


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
