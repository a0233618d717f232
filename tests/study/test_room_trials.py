"""A trial's page and its audio."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from study import services
from study.models import Expert, Study, Trial
from tests.factories import complete, edit_file, enter, hear, make_expert, make_study, rate, rate_all, reach, trials_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, practice=1)


@pytest.fixture
def trial(alice: Expert) -> Trial:
    """Alice's first study trial, after practice."""
    return reach(alice, trials_of(alice)[0])


def test_a_trial_shows_its_number_every_scale_in_the_planned_order_and_no_answer(
    client: Client, alice: Expert, trial: Trial
) -> None:
    shown = client.get(f"/room/t/{trial.token}/").text
    assert "Clip 1 of 4" in shown
    assert alice.slot is not None
    places = [shown.index(f'data-scale="{scale}"') for scale in alice.slot.scale_order]
    assert places == sorted(places)
    assert shown.count('type="radio"') == 2 * 5
    assert "checked" not in shown
    assert shown.count('data-revision="0"') == 2 + 1, "two scales and the remark"


def test_a_trial_shows_what_was_answered_and_heard_before(client: Client, alice: Expert, trial: Trial) -> None:
    hear(alice, trial)
    rate(alice, trial, "overall", 2)
    rate(alice, trial, "overall", 4, revision=2)
    shown = client.get(f"/room/t/{trial.token}/").text
    assert 'value="4" checked' in shown
    assert shown.count("checked") == 1
    assert 'data-scale="overall" data-revision="2"' in shown
    assert 'data-minimum="1" data-maximum="5" data-value="4"' in shown
    assert 'data-heard="[[0, 1000]]"' in shown
    assert 'data-plays="1"' in shown


def test_practice_is_marked_and_leads_on_to_the_first_study_clip(client: Client, alice: Expert) -> None:
    trial = trials_of(alice)[0]
    practice = trials_of(alice, "practice")[0]
    shown = client.get(f"/room/t/{practice.token}/").text
    assert '<p class="practice-mark">' in shown
    assert f'data-href="/room/t/{trial.token}/"' in shown
    assert f'data-next-audio="/room/t/{trial.token}/audio"' in shown
    complete(alice, practice)
    after = client.get(f"/room/t/{trial.token}/").text
    assert "practice-mark" not in after
    assert "End of practice" in after


def test_there_is_a_break_at_half_way_until_the_clip_after_it_is_heard(client: Client, alice: Expert) -> None:
    third = reach(alice, trials_of(alice)[2])
    assert "Halfway" in client.get(f"/room/t/{third.token}/").text
    hear(alice, third)
    assert "Halfway" not in client.get(f"/room/t/{third.token}/").text


def test_the_last_clip_leads_to_the_review_and_a_clip_under_review_back_to_it(client: Client, alice: Expert) -> None:
    first, last = trials_of(alice)[0], reach(alice, trials_of(alice)[-1])
    assert 'data-href="/room/"' in client.get(f"/room/t/{last.token}/").text
    on_the_way = client.get(f"/room/t/{first.token}/").text
    assert 'data-href="/room/"' not in on_the_way
    assert "Back to review" not in on_the_way
    rate_all(alice)
    under_review = client.get(f"/room/t/{first.token}/").text
    assert 'data-href="/room/"' in under_review
    assert "Back to review" in under_review


def test_back_leads_to_the_clip_before_but_never_from_the_study_into_practice(client: Client, alice: Expert) -> None:
    [practice], [first, second, *_] = trials_of(alice, "practice"), trials_of(alice)
    for trial, link in ((practice, ""), (first, ""), (second, f'href="/room/t/{first.token}/"')):
        reach(alice, trial)
        shown = client.get(f"/room/t/{trial.token}/").text
        assert ('id="back"' in shown) is bool(link)
        assert link in shown


def test_no_clip_is_shown_before_consent(client: Client, study: Study) -> None:
    carol = make_expert(study, "carol")
    enter(client, carol)
    assert client.get(f"/room/t/{trials_of(carol)[0].token}/")["Location"] == "/room/"


def test_no_clip_is_shown_after_submitting(client: Client, alice: Expert, trial: Trial) -> None:
    rate_all(alice)
    services.submit(alice)
    assert client.get(f"/room/t/{trial.token}/")["Location"] == "/room/"


@pytest.mark.parametrize(
    ("points", "kind"), [((1, 7), "radio"), ((0, 10), "radio"), ((0, 11), "range"), ((0, 100), "range")]
)
def test_other_scales_get_buttons_up_to_eleven_points_and_a_slider_above(
    client: Client, alice: Expert, trial: Trial, points: tuple[int, int], kind: str
) -> None:
    bounds = {"minimum": points[0], "maximum": points[1]}
    edit_file(alice.study, lambda file: file["scales"][0].update(bounds))
    alice.study.save()
    shown = client.get(f"/room/t/{trial.token}/").text
    key = alice.study.file.scales[0].key
    part = shown[shown.index(f'data-scale="{key}"') :].split("</fieldset>")[0]
    assert part.count('type="radio"') == (points[1] - points[0] + 1 if kind == "radio" else 0)
    assert part.count('type="range"') == (1 if kind == "range" else 0)
    if kind == "range":
        assert 'value=""' in part


@pytest.mark.parametrize("page", ["", "audio"])
def test_someone_else_s_trial_and_an_unknown_one_get_the_same_404(
    client: Client, alice: Expert, bob: Expert, page: str
) -> None:
    answers = [client.get(f"/room/t/{token}/{page}") for token in (trials_of(bob)[0].token, "unknown")]
    assert [answer.status_code for answer in answers] == [404, 404]
    bodies = [answer.text.replace(trials_of(bob)[0].token, "unknown") for answer in answers]
    assert without_csrf_and_time(bodies[0]) == without_csrf_and_time(bodies[1])


def without_csrf_and_time(page: str) -> str:
    lines = "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)
    return re.sub(r'data-now="\d+"', "", lines)


@pytest.mark.parametrize("page", ["", "audio"])
def test_a_trial_takes_no_post(client: Client, trial: Trial, page: str) -> None:
    assert client.post(f"/room/t/{trial.token}/{page}").status_code == 405


def test_before_consent_no_clip_is_played(client: Client, study: Study) -> None:
    expert = make_expert(study, "carol")
    enter(client, expert)
    response = client.get(f"/room/t/{trials_of(expert)[0].token}/audio")
    assert response.status_code == 403
    assert "read the consent text and agree to it first" in response.text


def test_every_clip_comes_whole_with_the_same_headers_and_nothing_that_tells_it_apart(
    client: Client, alice: Expert
) -> None:
    seen = set()
    for trial in trials_of(alice):
        reach(alice, trial)
        response = client.get(f"/room/t/{trial.token}/audio")
        assert response.status_code == 200
        assert len(response.content) == int(response["Content-Length"]) > 1000
        assert response.content[:2] == b"\xff\xfb" or response.content[:3] == b"ID3" or response.content[0] == 0xFF
        assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
        for name in ("Last-Modified", "ETag", "Content-Disposition", "Accept-Ranges"):
            assert name not in response
        seen.add(tuple(sorted((name, value) for name, value in response.items() if name != "Expires")))
    assert len(seen) == 1
