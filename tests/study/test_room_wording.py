"""No browser translates an expert's page by itself: the words that are recorded must be those that were read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from study import services
from study.models import Study
from tests.factories import begin, enter, make_expert, make_link, make_study, rate_all, reach, study_toml, trials_of
from tests.study.test_desk import client_of

pytestmark = pytest.mark.django_db

TEMPLATES = Path(settings.BASE_DIR) / "study" / "templates"
#: Parts of pages.
PART_NAMES = (
    "room",
    "player",
    "players",
    "scale",
    "preference",
    "choice",
    "set",
    "set_scale",
    "texts",
    "asked",
    "reference",
)
PARTS = {f"room/{name}.html" for name in PART_NAMES}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, text=study_toml(slots=2) + '[open_link]\nidentifier = "ID"\nhours = 24\n')


def kept_as_worded(page: str) -> bool:
    """Whether a page says it to all browsers, and to Google's in its own words."""
    opening = page.partition(">")[2].partition(">")[0]
    return ' translate="no"' in opening and '<meta name="google" content="notranslate">' in page


def pages(client: Client, study: Study) -> Iterator[tuple[str, set[str]]]:
    """(page, names of its templates) of everything that an expert may be shown, from the link to the end and beside."""
    _, secret = make_link(study)
    expert = make_expert(study, "alice")
    strict = Client(enforce_csrf_checks=True)
    answers = [
        client.get(path) for path in ("/", f"/i/{secret}/", "/i/unknown/", "/room/", "/room/offline/", "/nowhere")
    ]
    answers.append(client.get("/join/small/?ID=1"))
    answers += [client.get("/?x=%00"), strict.post(f"/i/{secret}/")]
    enter(client, expert)
    answers += [client.get("/room/consent/"), client.post("/room/consent/")]
    services.give_consent(expert, version="1", language="en")
    answers += [client.get("/room/background/"), client.post("/room/background/")]
    begin(expert)
    answers += [client.get(f"/room/{page}/") for page in ("sound", "instructions", "withdraw", "review")]
    for phase in ("practice", "study"):
        answers += [client.get(f"/room/t/{reach(expert, trial).token}/") for trial in trials_of(expert, phase)]
    rate_all(expert)
    answers.append(client.get("/room/review/"))
    services.submit(expert)
    answers += [client.get("/room/thanks/"), client.post("/room/withdraw/", {"sure": "yes"}), client.get("/room/")]
    for answer in answers:
        yield answer.text, {template.name for template in answer.templates if template.name}


def test_every_page_for_experts_forbids_translation(client: Client, study: Study, rf: RequestFactory) -> None:
    shown = list(pages(client, study))
    assert [page[:300] for page, _ in shown if not kept_as_worded(page)] == []
    assert kept_as_worded(server_error(rf.get("/")).content.decode())
    every = {f"room/{path.name}" for path in (TEMPLATES / "room").glob("*.html")} - PARTS
    assert every <= set().union(*(names for _, names in shown))


def test_desk_may_be_translated(study: Study) -> None:
    page = client_of("ada").get("/desk/").text
    assert "<html" in page
    assert not kept_as_worded(page)
