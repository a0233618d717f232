"""An expert's browser without the browser: it keeps what is unsaved, and sends it again until it is acknowledged.

The rules are those of study/static/mukulen/outbox.js. On top of them the line to the server is as bad as asked for:
replies get lost after the request was sent, requests arrive twice, and the answers to several scales are sent in any
order.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from study.blinding.html_values import Page
from tests.robustness.clocks import DeviceClock, given_at

FORM = "application/x-www-form-urlencoded"
TIMEOUT_S = 40.0
#: Where a page and an acknowledgement say the server's time.
NOW = re.compile(rb'(?:data-now="|"now": ?)(\d+)')


class NoLine(Exception):
    """The request or its reply did not get through."""


class Stopped(Exception):
    """The time for the whole run is over."""


@dataclass
class Reply:
    """A response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any] | None:
        """The body as the page's script takes it: None where it is no JSON."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            return None
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Browser:
    """One device: its cookies, and the page's token and tag."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""
    tag: str = ""
    timeout: float = TIMEOUT_S
    clock: DeviceClock = field(default_factory=DeviceClock)

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", *, lose: bool = False) -> Reply:
        """One request. With `lose` the line breaks before the reply is read. Raises NoLine."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept-Language": "en",
        }
        if kind:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.token, "X-Expert-Tag": self.tag}
        asked = self.clock.count()
        try:
            line.request(method, path, body or None, headers)
            if lose:
                time.sleep(0.005)
                raise NoLine("the reply was lost")
            answer = line.getresponse()
            reply = Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise NoLine(str(error)) from error
        finally:
            line.close()
        if told := NOW.search(reply.body):
            self.clock.measure(float(told[1]), asked)
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(value).items()}
        return reply

    def page(self, path: str) -> tuple[str, Page]:
        """A page and where it was found, after redirects. Raises NoLine where the server can't give it now."""
        return self._arrive(path, self.ask("GET", path))

    def send_form(self, path: str, fields: dict[str, str]) -> tuple[str, Page]:
        """A form of the page that was loaded last, and where it leads."""
        given = {"csrfmiddlewaretoken": self.token, **fields}
        return self._arrive(path, self.ask("POST", path, urlencode(given).encode(), FORM))

    def _arrive(self, path: str, reply: Reply) -> tuple[str, Page]:
        while reply.status in (301, 302, 303):
            path = urlsplit(reply.headers["location"]).path
            reply = self.ask("GET", path)
        if reply.status != 200:
            raise NoLine(f"{path} answered {reply.status}")
        page = Page(reply.body.decode())
        self.tag = page.attributes("body").get("data-tag", self.tag)
        fields = [form.fields for form in page.forms]
        self.token = next((given["csrfmiddlewaretoken"] for given in fields if "csrfmiddlewaretoken" in given), "")
        return path, page


@dataclass
class Entry:
    """Something that waits to be saved. `body` has the UUID; an answer's also value, revision and when it was given."""

    kind: str
    trial: str
    scale: str
    url: str
    body: dict[str, Any]


@dataclass
class Weather:
    """How bad the line is: the share of replies lost and of requests doubled."""

    lost: float = 0.0
    doubled: float = 0.0


@dataclass
class Outbox:
    """What one device has not had acknowledged, and what became of all that it ever sent."""

    browser: Browser
    rng: Random
    weather: Weather
    counts: Counter[str]
    queue: list[Entry] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    made: dict[str, Entry] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Puts an entry in the queue under a fresh UUID."""
        entry.body["client_uuid"] = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        self.made[entry.body["client_uuid"]] = entry
        self.queue.append(entry)

    def flush(self, may_go_on: Callable[[], bool]) -> None:
        """Sends everything again and again, until all of it is acknowledged.

        In any order, but that of the answers to one scale and of the reports of one trial: outbox.js sends them as they
        were given.
        """
        wait = 0.1
        while self.queue:
            before = len(self.queue)
            waiting: set[str] = set()
            for url in [entry.url for entry in self.rng.sample(self.queue, before)]:
                oldest = next((entry for entry in self.queue if entry.url == url), None)
                if oldest and url not in waiting:
                    self._send(oldest)
                    waiting |= {url} if oldest in self.queue else set()
            wait = 0.1 if len(self.queue) < before else min(2.0, wait * 1.5)
            if self.queue and not may_go_on():
                raise Stopped
            time.sleep(wait if self.queue else 0)

    def _send(self, entry: Entry) -> None:
        self.counts["requests"] += 1
        try:
            if self.rng.random() < self.weather.lost:
                self.counts["lost_replies"] += 1
                self._put(entry, lose=True)
            if self.rng.random() < self.weather.doubled:
                self.counts["doubled_requests"] += 1
                with ThreadPoolExecutor(2) as pair:
                    replies = list(pair.map(self._put, [entry, entry]))
            else:
                replies = [self._put(entry)]
        except NoLine:
            self.counts["no_line"] += 1
            return
        for reply in replies:
            self._settle(entry, reply)

    def _put(self, entry: Entry, *, lose: bool = False) -> Reply:
        body = json.dumps(entry.body).encode()
        return self.browser.ask("PUT", entry.url, body, "application/json", lose=lose)

    def _settle(self, entry: Entry, reply: Reply) -> None:
        said = reply.json
        if reply.status == 200 and said:
            self.acknowledged.add(entry.body["client_uuid"])
            self._remove(entry)
        elif said is None and reply.status == 403:
            fresh = self.browser.ask("GET", "/room/csrf/").json
            self.browser.token = fresh["token"] if fresh else ""
        elif said is None or reply.status >= 500:
            self.counts["server_errors"] += 1
        elif said["error"] == "revision":
            self._resolve(entry, said)
        elif said["error"] in {"unheard", "ahead"}:
            self.counts[f"{said['error']}_yet"] += 1
        else:
            self.refused.append(f"{reply.status} {said['error']}: {said['message']}")
            self._remove(entry)

    def _resolve(self, entry: Entry, said: dict[str, Any]) -> None:
        """Another tab was there first: of its answer and this one the later counts, by the server's time."""
        if entry not in self.queue:
            return
        self.counts["overtaken"] += 1
        self._remove(entry)
        if said["given_at"] is None or given_at(entry.body) > datetime.fromisoformat(said["given_at"]):
            body = {**entry.body, "revision": said["revision"] + 1}
            self.add(Entry(entry.kind, entry.trial, entry.scale, entry.url, body))

    def _remove(self, entry: Entry) -> None:
        if entry in self.queue:
            self.queue.remove(entry)
