"""The third language on the desk's pages of tasks, and in what its forms answer to input that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from formats.errors import Message
from study import clock, jobs, services
from study.desk.job import CHANGES, STEPS
from study.models import Job, Study
from tests.factories import make_expert, make_link, rate_all
from tests.pseudo import CODE, Visible, marked, untranslated
from tests.test_pseudo_language import (
    GIVEN,
    crawled,
    faulty,
    logged_in,
    study,  # noqa: F401  a fixture
    third,  # noqa: F401  a fixture
    words_of,
)

#: What a reader can never take for words of the page.
NONSENSE = "?!"
KNOWN = GIVEN | {"简体中文"}
#: Forms that start a task in another process, which would work on another database; and that end the login.
ELSEWHERE = re.compile(r"/(check-blinding|rehearse|make|power|logout|language)/$")
#: Some of the addresses to which forms are sent.
SENT = {"amend", "clips", "close", "erase", "link", "open-seal", "replace", "withdraw"}


class Forms(HTMLParser):
    """The forms of a page that are posted: where to, and what their fields are called."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, tuple[str, str]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", "") if given.get("method") == "post" else "#", {}))
        elif tag in {"input", "select", "textarea", "button"} and self.found and given.get("name"):
            self.found[-1][1][given["name"]] = (given.get("type", tag), given.get("value", ""))


def posted(fields: dict[str, tuple[str, str]], typed: str) -> dict[str, Any]:
    """The form as it is sent where every field has the same in it."""
    data: dict[str, Any] = {}
    for name, (kind, value) in fields.items():
        if kind in {"hidden", "submit"}:
            data[name] = value
        elif kind == "file" and typed:
            data[name] = SimpleUploadedFile("all.toml", typed.encode())
        elif kind not in {"file", "checkbox"}:
            data[name] = typed
    return data


def refused(client: Client, url: str) -> dict[str, list[str]]:
    """What is not translated, by form, after each form of a page was sent empty and with nonsense; nothing is kept."""
    found = {}
    for number, (action, fields) in enumerate(Forms(client.get(url, follow=True).text).found):
        if action != "#" and not ELSEWHERE.search(action):
            for typed in ("", NONSENSE):
                with transaction.atomic():
                    reply = client.post(action or url, posted(fields, typed), follow=True)
                    transaction.set_rollback(True)
                assert reply.status_code < 500
                if reply["Content-Type"].startswith("text/html"):
                    found[f"{url} {number} {action} {typed}"] = outside(reply.text)
    return found


def outside(page: str) -> list[str]:
    """What is not translated on a page."""
    return untranslated(unescape(Visible(page).text), KNOWN)


def prepared_for(study: Study) -> Job:  # noqa: F811
    """A task that waits for the clips of a study file."""
    assert study.owner is not None
    detail: dict[str, Any] = {
        "slug": "new",
        "title": {CODE: marked("New")},
        "systems_asked": ["real"],
        "asked": {},
        "scales": [],
    }
    return jobs.prepare(Job.Kind.NEW_STUDY, user=study.owner, **detail, clips=3, practice=1, slots=4, trials=6)


def test_what_forms_of_the_desk_refuse_has_no_untranslated_word(study: Study) -> None:  # noqa: F811
    make_link(study, "e01", language=CODE)
    rate_all(make_expert(study, "e02", language=CODE))
    client = logged_in()
    pages = [*crawled(client, "/desk/"), f"/desk/jobs/{prepared_for(study).token}/"]
    found = {form: words for url in pages for form, words in refused(client, url).items()}
    services.close_study(study, actor="test")
    found |= refused(client, f"/desk/studies/{study.slug}/")
    assert faulty(found) == {}
    assert sent(found) >= SENT


def sent(found: Iterable[str]) -> set[str]:
    """The last parts of the addresses to which forms were sent."""
    return {words[0].strip("/").split("/")[-1] if (words := form.split()[2:]) else "" for form in found}


#: Why commands fail, in steps of a task: with values, in several lines, from several places.
FAULTS = [
    Message(
        "%(study)s is not blind: %(fault)s",
        study="small",
        fault=Message("%(again)s files are X in two trials of an expert, who can tell by this what it is.", again=2),
    ),
    Message("%(file)s cannot be unpacked (%(reason)s): make the ZIP file again.", file="all.zip", reason=NONSENSE),
]


def jobs_shown(study: Study) -> Iterator[Job]:  # noqa: F811
    """A task in each state in which a page shows it."""
    made = {"made_seconds": 2.5, "made_channels": 2, "changes": dict.fromkeys(CHANGES, 2)}
    left_out = {
        "left_out": [
            {
                "file": "a.wav",
                "reason": "x",
                "message": Message("it is silent (below %(lufs)s LUFS)", lufs=-60).as_json(),
            }
        ]
    }
    for kind in (Job.Kind.NEW_STUDY, Job.Kind.BLINDING, Job.Kind.REHEARSAL, Job.Kind.REPORT):
        for step in ("", *STEPS):
            job = prepared_for(study)
            job.kind, job.study, job.step, job.state = kind, study, step, Job.State.RUNNING
            yield job
        job.state, job.detail = Job.State.FAILED, job.detail | made | left_out
        job.detail["faults"] = [fault.as_json() for fault in FAULTS]
        job.fault = "x"
        yield job
        job.study = None
        yield job
        job.state, job.beat_at = Job.State.RUNNING, clock.now() - 2 * timedelta(hours=1)
        yield job
        job.state, job.study = Job.State.DONE, study
        yield job


def test_pages_of_tasks_have_no_untranslated_word(study: Study) -> None:  # noqa: F811
    client = logged_in()
    client.cookies["django_language"] = CODE
    found = {}
    for number, job in enumerate(jobs_shown(study)):
        job.save()
        found[f"{number} {job.kind} {job.state} {job.step}"] = words_of(client, f"/desk/jobs/{job.token}/")
    assert faulty(found) == {}
