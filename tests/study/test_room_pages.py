"""The expert's road but for its clips: link, consent, background, instructions, review, submit, thanks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from django.views.defaults import server_error

from study import clock, services
from study.models import Background, Consent, Device, Event, Expert, Study
from tests.factories import begin, enter, hear, make_expert, make_link, make_study, rate, rate_all, reach, trials_of

pytestmark = pytest.mark.django_db

PAGES = ("room", "consent", "background", "sound", "instructions", "review", "withdraw", "thanks")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


@pytest.fixture
def alice(study: Study) -> Expert:
    """An expert who has accepted the link, and nothing more."""
    return make_expert(study, "alice")


def where(client: Client) -> str:
    """The page to which the room leads now."""
    return str(client.get("/room/", follow=True).redirect_chain[-1][0])


def test_opening_a_link_shows_the_study_and_writes_nothing(client: Client, study: Study) -> None:
    expert, secret = make_link(study)
    events = Event.objects.count()
    response = client.get(f"/i/{secret}/")
    assert response.status_code == 200
    assert "A small study" in response.text
    assert not Device.objects.exists()
    assert Event.objects.count() == events
    expert.refresh_from_db()
    assert expert.slot is None


def test_a_link_is_shown_in_the_language_of_the_invitation(client: Client, study: Study) -> None:
    _, secret = make_link(study, language="zh-hans")
    assert '<html lang="zh-Hans" translate="no">' in client.get(f"/i/{secret}/", headers={"accept-language": "en"}).text


def test_accepting_a_link_leads_into_the_room_without_the_secret_in_its_address(client: Client, study: Study) -> None:
    expert, secret = make_link(study, language="zh-hans")
    response = client.post(f"/i/{secret}/", follow=True)
    addresses = [address for address, _ in response.redirect_chain]
    assert addresses == ["/room/", "/room/consent/"]
    assert not any(secret in address for address in addresses)
    assert '<html lang="zh-Hans" translate="no">' in response.text
    expert.refresh_from_db()
    assert expert.slot is not None


def test_a_language_chosen_on_the_link_s_page_stays_after_begin(client: Client, study: Study) -> None:
    _, secret = make_link(study, language="zh-hans")
    client.post("/language/", {"language": "en", "next": f"/i/{secret}/"})
    assert '<html lang="en" translate="no">' in client.post(f"/i/{secret}/", follow=True).text


def test_an_unknown_link_is_refused_in_words(client: Client) -> None:
    response = client.get("/i/nobody/", headers={"accept-language": "en"})
    assert response.status_code == 404
    assert "Please contact the researcher" in response.text


@pytest.mark.parametrize("change", [{"expires_at": "past"}, {"revoked_at": "past"}])
def test_an_ended_link_neither_shows_nor_accepts(client: Client, study: Study, change: dict[str, str]) -> None:
    expert, secret = make_link(study)
    expert.invitations.update(**dict.fromkeys(change, clock.now() - timedelta(days=1)))
    assert client.get(f"/i/{secret}/").status_code == 410
    assert client.post(f"/i/{secret}/").status_code == 410
    assert not Device.objects.exists()


def test_a_group_without_a_free_place_is_told_so(client: Client, tmp_path: Path) -> None:
    study = make_study(tmp_path)
    _, secret = make_link(study, "bob")
    for slot in study.slots.all():
        Expert.objects.create(study=study, code=f"taken-{slot.number}", group="all", language="en", slot=slot)
    response = client.post(f"/i/{secret}/", headers={"accept-language": "en"})
    assert response.status_code == 409
    assert "Your group is full" in response.text


def test_a_link_takes_no_other_method(client: Client, study: Study) -> None:
    _, secret = make_link(study)
    assert client.put(f"/i/{secret}/").status_code == 405


@pytest.mark.parametrize("page", ["room", "instructions", "review", "thanks"])
def test_reading_pages_take_no_post(client: Client, alice: Expert, page: str) -> None:
    assert enter(client, alice).post(reverse(f"room:{page}")).status_code == 405


def test_the_room_leads_through_consent_background_and_instructions_to_the_clips(client: Client, alice: Expert) -> None:
    enter(client, alice)
    assert where(client) == "/room/consent/"
    client.post("/room/consent/", {"agree": "yes", "version": "1", "language": "en"})
    assert where(client) == "/room/background/"
    client.post("/room/background/", {"years": "30", "device": "headphones"})
    assert where(client) == "/room/sound/"
    client.post("/room/sound/", {"level": "60", "answers": "[]"})
    assert where(client) == "/room/instructions/"
    response = client.get("/room/instructions/")
    assert "Listen, then rate." in response.text
    assert f"/room/t/{trials_of(alice)[0].token}/" in response.text


@pytest.mark.parametrize("page", ["background", "sound", "instructions", "review", "thanks"])
def test_a_page_that_is_not_next_leads_back_to_the_one_that_is(client: Client, alice: Expert, page: str) -> None:
    response = enter(client, alice).get(reverse(f"room:{page}"), follow=True)
    assert response.redirect_chain[-1][0] == "/room/consent/"


def test_consent_is_stored_with_the_version_and_language_shown(client: Client, alice: Expert) -> None:
    enter(client, alice)
    client.cookies["django_language"] = "zh-hans"
    shown = client.get("/room/consent/").text
    assert 'name="language" value="zh-hans"' in shown
    client.post("/room/consent/", {"agree": "yes", "version": "1", "language": "zh-hans"})
    [consent] = Consent.objects.all()
    assert (consent.version, consent.language) == ("1", "zh-hans")


def test_without_the_tick_there_is_no_consent(client: Client, alice: Expert) -> None:
    response = enter(client, alice).post("/room/consent/", {"version": "1", "language": "en"})
    assert response.status_code == 400
    assert "Please tick the box" in response.text
    assert not Consent.objects.exists()


def test_consent_to_an_outdated_text_is_refused(client: Client, alice: Expert) -> None:
    response = enter(client, alice).post("/room/consent/", {"agree": "yes", "version": "0", "language": "en"})
    assert response.status_code == 409
    assert not Consent.objects.exists()


def test_a_wrong_background_answer_is_named_and_the_others_are_kept(client: Client, alice: Expert) -> None:
    enter(client, alice)
    services.give_consent(alice, version="1", language="en")
    response = client.post("/room/background/", {"years": "many", "device": "speakers"})
    assert response.status_code == 400
    assert "Please enter a whole number for “Years of listening”." in response.text
    assert 'value="speakers" checked' in response.text
    assert not Background.objects.exists()


def test_review_lists_every_study_clip_and_submitting_ends_the_session(client: Client, alice: Expert) -> None:
    enter(client, alice)
    begin(alice)
    rate_all(alice, value=4)
    assert where(client) == "/room/review/"
    shown = client.get("/room/review/").text
    for trial in trials_of(alice):
        assert f"/room/t/{trial.token}/" in shown
    assert client.post("/room/submit/", follow=True).redirect_chain[-1][0] == "/room/thanks/"
    assert where(client) == "/room/thanks/"
    alice.refresh_from_db()
    assert alice.submitted_at is not None


def test_submitting_too_early_leads_to_a_review_that_names_the_unfinished_clips(client: Client, alice: Expert) -> None:
    enter(client, alice)
    begin(alice)
    first, second, *_ = trials_of(alice)
    hear(alice, reach(alice, second))
    rate(alice, second, "overall")
    response = client.post("/room/submit/", follow=True)
    assert response.redirect_chain == [("/room/review/", 302)]
    assert "Clips not fully rated yet: 2–4." in response.text
    assert "You have answered every clip" not in response.text
    assert 'id="submit"' not in response.text
    assert [trial.token in response.text for trial in trials_of(alice)] == [True, True, False, False]
    hear(alice, reach(alice, trials_of(alice)[2]))
    for scale in ("valence", "overall"):
        rate(alice, trials_of(alice)[2], scale)
    assert "Clips not fully rated yet: 4." in client.get("/room/review/").text
    alice.refresh_from_db()
    assert alice.submitted_at is None


def test_submitting_to_a_closed_study_is_refused_in_words(client: Client, alice: Expert) -> None:
    enter(client, alice)
    begin(alice)
    rate_all(alice)
    services.close_study(alice.study, actor="command")
    response = client.post("/room/submit/", follow=True)
    assert response.redirect_chain[-1][0] == "/room/"
    assert "This study is closed" in response.text


def test_opening_the_address_of_submitting_submits_nothing(client: Client, alice: Expert) -> None:
    enter(client, alice)
    begin(alice)
    rate_all(alice)
    assert client.get("/room/submit/")["Location"] == "/room/review/"
    alice.refresh_from_db()
    assert alice.submitted_at is None


def test_a_closed_study_says_so(client: Client, alice: Expert) -> None:
    enter(client, alice)
    services.close_study(alice.study, actor="command")
    response = client.get("/room/")
    assert response.status_code == 410
    assert "This study is closed" in response.text


def test_the_language_is_changed_by_post_and_the_place_kept(client: Client, alice: Expert) -> None:
    enter(client, alice)
    response = client.post("/language/", {"language": "zh-hans", "next": "/room/consent/"})
    assert response["Location"] == "/room/consent/"
    assert "知情同意" in client.get("/room/consent/").text


def test_the_language_switch_does_not_lead_to_another_site(client: Client) -> None:
    response = client.post("/language/", {"language": "en", "next": "https://example.org/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize(("language", "words"), [("en", "Listening studies with experts"), ("zh-hans", "专家听评研究")])
def test_the_front_page_speaks_both_languages(client: Client, language: str, words: str) -> None:
    response = client.get("/", headers={"accept-language": language})
    assert response.status_code == 200
    assert words in response.text


@pytest.mark.parametrize(("language", "words"), [("en", "Page not found"), ("zh-hans", "找不到该页面")])
def test_a_missing_page_is_said_in_both_languages(client: Client, language: str, words: str) -> None:
    response = client.get("/nowhere/", headers={"accept-language": language})
    assert response.status_code == 404
    assert words in response.text


@pytest.mark.parametrize(("language", "words"), [("en", "Something went wrong"), ("zh-hans", "服务器出了问题")])
def test_a_fault_of_the_server_is_said_in_both_languages(rf: RequestFactory, language: str, words: str) -> None:
    with translation.override(language):
        response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert words in response.content.decode()


def test_a_forged_form_is_refused_in_words(study: Study) -> None:
    _, secret = make_link(study)
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(f"/i/{secret}/", headers={"accept-language": "en"})
    assert response.status_code == 403
    assert "This page has expired" in response.text


def test_reading_the_whole_road_writes_nothing(client: Client, alice: Expert) -> None:
    enter(client, alice)
    begin(alice)
    before = everything()
    for page in PAGES:
        client.get(reverse(f"room:{page}"))
    assert everything() == before
    for trial in trials_of(alice):
        reach(alice, trial)
        before = everything()
        assert client.get(f"/room/t/{trial.token}/").status_code == 200
        assert client.get(f"/room/t/{trial.token}/audio").status_code == 200
        assert everything() == before


def everything() -> dict[str, list[object]]:
    """Every row of every table, sessions included."""
    from django.apps import apps

    return {str(model): list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()}
