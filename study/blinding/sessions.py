"""Play complete sessions through the real views, with an advanced clock."""

from __future__ import annotations

import json
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from formats.errors import InputError
from study import clock
from study.blinding.html_values import Form, Page

HOST = "blinding.invalid"
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
#: Seconds from one answer to the next.
THINKING_S = 2
#: Pages of a session beside its trials, and those of a session that goes round in circles.
MAX_PAGES = 30
#: What is written where a question is answered in words.
ANSWER = "…"


@dataclass(frozen=True)
class Exchange:
    """One request and its reply. `trial` is the token of its trial, or ""."""

    kind: str
    trial: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """A header's value, "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def text(self) -> str:
        """The body as text; empty where it is sound."""
        readable = self.header("Content-Type").startswith(("text/", "application/j"))
        return self.body.decode("utf-8", "replace") if readable else ""


class Clock:
    """The study's time while sessions are played."""

    def __init__(self) -> None:
        self.at: datetime = clock.now()

    def now(self) -> datetime:
        """The present moment of the sessions."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.at += timedelta(seconds=seconds)


@contextmanager
def own_site() -> Iterator[Clock]:
    """The site under its own host name, with a clock that only `advance` moves."""
    here = Clock()
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": STATIC}}
    served = override_settings(ALLOWED_HOSTS=[HOST], STORAGES=storages)
    with served, clock.use(here.now), warnings.catch_warnings():
        # Before the first `collectstatic`: the sessions read static files where they lie in the tree.
        warnings.filterwarnings("ignore", "No directory at", UserWarning)
        yield here


class Browser:
    """One expert's browser: keeps cookies, records exchanges, tracks its page."""

    def __init__(self, here: Clock) -> None:
        self.here = here
        self.seen: list[Exchange] = []
        self.url, self.page = "", Page("")
        self._client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self._fetched: set[str] = set()

    def send(
        self, kind: str, method: str, url: str, body: str = "", content: str = "", trial: str = "", **headers: str
    ) -> Exchange:
        """Send one timed request. Raises `InputError` on an unexpected status."""
        given = {"host": HOST, "origin": f"https://{HOST}", **headers} if method != "GET" else {"host": HOST}
        begun = time.perf_counter()
        answer = self._client.generic(method, url, body, content, secure=True, headers=given)
        seconds = time.perf_counter() - begun
        cookies = [("Set-Cookie", morsel.OutputString()) for morsel in answer.cookies.values()]
        headers_seen = (*answer.items(), *cookies)
        self.seen.append(Exchange(kind, trial, url, answer.status_code, headers_seen, answer.content, seconds))
        if answer.status_code >= 400:
            raise InputError(
                "A session could not be played: %(request)s answered %(status)s. "
                "Preview the study in the dashboard to see the page as an expert does.",
                request=f"{method} {urlsplit(url).path}",
                status=answer.status_code,
            )
        return self.seen[-1]

    def go(self, kind: str, method: str, url: str, body: str = "", content: str = "") -> None:
        """To a page, and on where it leads."""
        while True:
            answer = self.send(kind, method, url, body, content)
            url = answer.header("Location")
            if not url:
                break
            self._about(_trial_in(url), "redirect")
            kind, method, body, content = "page", "GET", "", ""
        self.page = Page(answer.text)
        self.url = self.seen[-1].url
        self._about(self.page.attributes("main").get("data-trial", ""), "trial")

    def _about(self, token: str, kind: str) -> None:
        """The last exchange was about a trial, if there is such a token."""
        if token:
            self.seen[-1] = replace(self.seen[-1], kind=kind, trial=token)

    def fetch_once(self, kind: str, url: str, trial: str = "") -> None:
        """What a page fetches by itself, unless it has been fetched before."""
        if url and url not in self._fetched:
            self._fetched.add(url)
            self.send(kind, "GET", url, trial=trial)

    def put(self, kind: str, url: str, trial: str, body: dict[str, Any]) -> None:
        """A save by the page's script."""
        token = self.page.forms[0].fields["csrfmiddlewaretoken"]
        headers = {"X-CSRFToken": token, "X-Expert-Tag": self.page.attributes("body").get("data-tag", "")}
        content = json.dumps({"client_uuid": str(uuid.uuid4()), **body})
        self.send(kind, "PUT", url, content, "application/json", trial, **headers)

    def stamp(self) -> dict[str, Any]:
        """When something is given, by a browser whose clock is right."""
        return {"given_at": self.here.now().isoformat(), "offset_ms": 0}

    def report(self, url: str, trial: str, event: str, heard_ms: int = 0, plays: int = 0, **place: int) -> None:
        """That a clip began to play, or what was heard of it; where a trial has several, its place."""
        stamp = self.stamp()
        events = [{"event": event, "clip_ms": heard_ms, "at": stamp["given_at"]}]
        intervals = [[0, heard_ms]] if heard_ms else []
        self.put("listening", url, trial, {"intervals": intervals, "events": events, "plays": plays, **place, **stamp})

    def submit(self, form: Form) -> None:
        """Sends a form filled in."""
        self.go("form", "POST", form.action or self.url, urlencode(form.fields), "application/x-www-form-urlencoded")


def play(browser: Browser, link: str, trials: int) -> None:
    """Play one expert's complete session, from the link to the thanks."""
    browser.go("page", "GET", link)
    end, language = reverse("room:thanks"), reverse("room:language")
    for _ in range(trials + MAX_PAGES):
        for name, value in browser.page.attributes("body").items():
            if name.startswith("data-") and value.startswith("/"):
                browser.fetch_once("page", value)
        if browser.page.attributes("main").get("data-trial"):
            _play_trial(browser)
        elif urlsplit(browser.url).path == end:
            return
        elif form := next((form for form in browser.page.forms if _goes_on(form, language)), None):
            browser.submit(form)
        else:
            onward = (url for url in browser.page.all_of("a", "href") if url.startswith(reverse("room:room") + "t/"))
            browser.go("page", "GET", next(onward, reverse("room:room")))
    raise InputError("A session could not be played to the end. The last page was %(path)s.", path=browser.url)


def _goes_on(form: Form, language: str) -> bool:
    return form.method == "post" and form.action != language


def _play_trial(browser: Browser) -> None:
    """Play each clip, prefetch the next ones, answer every question and continue."""
    page, main = browser.page, browser.page.attributes("main")
    token = main["data-trial"]
    clips = [given for _, given in page.elements if "data-audio" in given]
    durations = {int(clip.get("data-at", 1)): int(clip["data-duration"]) for clip in clips}
    for clip in clips:
        browser.fetch_once("audio", clip["data-audio"], token)
    for ahead in main.get("data-next-audio", "").split():
        browser.fetch_once("audio", ahead, _trial_in(ahead))
    for place, duration in durations.items():
        said = {"place": place} if len(clips) > 1 else {}
        browser.report(main["data-listening"], token, "play", plays=1, **said)
        browser.here.advance(duration / 1000)
        browser.report(main["data-listening"], token, "ended", duration, **said)
    durations.pop(0, None)  # what is heard of a reference is reported, and no part of an answer
    duration = sum(durations.values())
    for number, (_, scale) in enumerate(item for item in page.elements if "data-scale" in item[1]):
        browser.here.advance(THINKING_S)
        answer = {
            "value": _answer(int(scale["data-minimum"]), number),
            "revision": int(scale["data-revision"]) + 1,
            **browser.stamp(),
            "plays": len(durations),
            "heard_ms": duration,
            "rt_ms": duration + 1000 * THINKING_S * (number + 1),
            "language": main.get("data-language", ""),
        }
        browser.put("rating", main["data-ratings"] + scale["data-scale"], token, answer)
    _write_answers(browser, token)
    onward = next(given["data-href"] for _, given in page.elements if given.get("id") == "next")
    browser.go("page", "GET", onward)


def _write_answers(browser: Browser, token: str) -> None:
    """An answer to each question that is answered in words."""
    form = next(given for _, given in browser.page.elements if given.get("id") == "remark")
    asked = [
        given["name"] for tag, given in browser.page.elements if tag == "textarea" and given.get("form") == "remark"
    ]
    if asked:
        said = {"known": False, "comment": "", "answers": dict.fromkeys(asked, ANSWER)}
        revision = int(form["data-revision"]) + 1
        browser.put("remark", form["data-url"], token, {**said, "revision": revision, **browser.stamp()})


def _answer(lowest: int, number: int) -> int:
    """An answer to the question of a number: a preference below zero has no value beside it in every form."""
    return lowest if lowest < 0 else lowest + number % 2


def _trial_in(url: str) -> str:
    """The trial's token in the address of its page or its audio, "" in any other."""
    _, found, rest = url.partition(f"{reverse('room:room')}t/")
    return rest.partition("/")[0] if found else ""
