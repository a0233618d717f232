"""No page of the room leads an expert where they did not mean to go, and texts call buttons by their names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from formats.study_file import read
from study import services
from study.models import Study
from study.session import session_of
from tests.factories import begin, edit_file, enter, make_expert, make_link, make_pair_study, make_study, trials_of

pytestmark = pytest.mark.django_db

STUDIES = sorted((Path(settings.BASE_DIR) / "fixtures" / "studies").glob("*.toml"))
WITHDRAW = 'href="/room/withdraw/"'


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


def offered(page: str) -> list[str]:
    return re.findall(r'name="language" value="([^"]+)" lang', page)


def test_language_switch_offers_the_languages_of_the_study(client: Client, study: Study) -> None:
    _, secret = make_link(study)
    assert offered(client.get(f"/i/{secret}/").text) == ["zh-hans"]
    edit_file(study, lambda file: file.update(languages=["en"]))
    study.save()
    assert offered(client.get(f"/i/{secret}/").text) == []
    expert = make_expert(study, "alice")
    begin(expert)
    enter(client, expert)
    assert offered(client.get("/room/instructions/").text) == []
    client.cookies["django_language"] = "zh-hans"
    assert offered(client.get("/room/instructions/").text) == ["en"]


def test_withdrawing_is_at_the_foot_of_pages_up_to_the_last(client: Client, study: Study) -> None:
    expert = make_expert(study, "alice")
    enter(client, expert)
    assert WITHDRAW in client.get("/room/consent/").text
    services.give_consent(expert, version="1", language="en")
    assert WITHDRAW in client.get("/room/background/").text
    services.save_background(expert, answers={"device": "headphones"})
    for page in ("sound", "instructions"):
        assert client.get(f"/room/{page}/").text.count(WITHDRAW) == 1
    assert WITHDRAW not in client.get("/room/withdraw/").text


def test_headphone_check_is_skipped_by_a_quiet_button(client: Client, study: Study) -> None:
    expert = make_expert(study, "alice")
    services.give_consent(expert, version="1", language="en")
    services.save_background(expert, answers={"device": "headphones"})
    enter(client, expert)
    skip = re.search(r'<button [^>]*class="([^"]*)"[^>]*>Skip the headphone check', client.get("/room/sound/").text)
    assert skip is not None
    assert "quiet" in skip[1].split()


def test_consent_says_the_minutes_that_the_room_says(client: Client, study: Study) -> None:
    expert = make_expert(study, "alice")
    enter(client, expert)
    minutes = session_of(expert).progress().minutes_left
    assert f"takes about {minutes} minutes." in client.get("/room/consent/").text
    services.give_consent(expert, version="1", language="en")
    services.save_background(expert, answers={"device": "headphones"})
    services.save_sound_check(expert.devices.get(), level=80, answers=[])
    token = session_of(expert).trials[0].token
    assert f"about {minutes} minutes left" in client.get(f"/room/t/{token}/").text


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_consent_texts_call_the_buttons_by_their_names(path: Path) -> None:
    file, _ = read(path)
    for language, text in file.consent.text.items():
        with translation.override(language):
            withdraw, agree = gettext("Withdraw my answers"), gettext("I agree")
        assert withdraw in (quoted := set(re.findall("“(.+?)”", text)))
        assert quoted <= {withdraw, agree}
        assert not re.search(r"\d+ (minutes|分钟)", text), "the page says how long it takes"


def test_pages_of_two_clips_lead_to_a_page_in_chinese(client: Client, tmp_path: Path) -> None:
    expert = make_expert(make_pair_study(tmp_path, systems=("midi-gan", "mlstm", "real")), "alice", language="zh-hans")
    begin(expert)
    enter(client, expert)
    client.cookies["django_language"] = "zh-hans"
    shown = client.get(f"/room/t/{trials_of(expert)[0].token}/").text
    assert "下一页</button>" in shown
    assert "段</button>" not in shown
