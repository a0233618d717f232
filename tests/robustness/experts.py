"""Experts on bad connections: complete sessions over HTTP, with a record of all ratings."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from study.blinding.html_values import Page
from tests.robustness.clocks import DeviceClock, any_kind
from tests.robustness.protocol import Browser, Entry, NoLine, Outbox, Stopped, Weather

T = TypeVar("T")
Cell = tuple[str, str]


@dataclass
class Session:
    """One expert. `given` has, for each trial and question, the last value that they chose; `bounds` what they may.

    In a set a question is that of one clip, such as overall@2.
    """

    link: str
    port: int
    seed: int
    weather: Weather
    deadline: float
    habits: dict[str, float]
    counts: Counter[str] = field(default_factory=Counter)
    outboxes: list[Outbox] = field(default_factory=list)
    given: dict[Cell, int] = field(default_factory=dict)
    bounds: dict[str, tuple[int, int]] = field(default_factory=dict)
    kept_back: list[tuple[Outbox, Entry]] = field(default_factory=list)
    ended: str = ""

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def run(self) -> None:
        """From the link to the thanks. What went wrong stands in `ended`."""
        try:
            self._open_device()
            while self._step():
                pass
            self.ended = "finished"
        except Stopped:
            self.ended = "out of time"
        except Exception as error:
            self.ended = f"{type(error).__name__}: {error}"

    def send_what_was_kept_back(self) -> None:
        """Answers given before the end, sent after it."""
        try:
            for outbox, entry in self.kept_back:
                outbox.add(entry)
                outbox.flush(self._may_go_on)
        except Stopped:
            self.ended = "out of time after the end"

    def try_once_more(self) -> None:
        """The same change of mind once more, as if it had been given in time: it comes too late to be taken."""
        for outbox, entry in self.kept_back:
            name = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
            body = {**entry.body, "client_uuid": name, "revision": int(entry.body["revision"]) + 1}
            sent = json.dumps(body).encode()
            reply = self._stubborn(lambda: outbox.browser.ask("PUT", entry.url, sent, "application/json"))  # noqa: B023
            said = reply.json or {}
            self.counts[f"afterwards_{said.get('error', reply.status)}"] += 1

    def _may_go_on(self) -> bool:
        return time.monotonic() < self.deadline

    def _stubborn(self, act: Callable[[], T]) -> T:
        """A page load, again and again, as somebody who presses reload."""
        while True:
            try:
                return act()
            except NoLine:
                self.counts["pages_reloaded"] += 1
                if not self._may_go_on():
                    raise Stopped from None
                time.sleep(self.rng.uniform(0.1, 0.6))

    @property
    def _outbox(self) -> Outbox:
        return self.outboxes[-1]

    def _open_device(self) -> None:
        """Opens the link in a fresh browser. The button may be pressed twice: the first reply may have been lost."""
        kind = any_kind(self.rng)
        self.counts[f"clock_{kind}"] += 1
        browser = Browser(self.port, clock=DeviceClock(kind))
        self._stubborn(lambda: browser.page(self.link))
        self._stubborn(lambda: browser.send_form(self.link, {}))
        self.outboxes.append(Outbox(browser, self.rng, self.weather, self.counts))
        self.counts["devices"] += 1

    def _step(self) -> bool:
        """One page of the road; False at its end."""
        browser = self._outbox.browser
        path, page = self._stubborn(lambda: browser.page("/room/"))
        main = page.attributes("main")
        if path == "/room/thanks/":
            return False
        if "data-trial" in main:
            self._at_trial(page)
        elif path == "/room/instructions/":
            onward = next(url for url in page.all_of("a", "href") if url.startswith("/room/t/"))
            self._at_trial(self._stubborn(lambda: browser.page(onward))[1])
        elif path == "/room/review/":
            self._submit(path)
        else:
            form = next(form for form in page.forms if form.method == "post" and form.action != "/language/")
            fields = {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}
            self._stubborn(lambda: browser.send_form(form.action or path, fields))
        return True

    def _submit(self, path: str) -> None:
        """Sends the session off, with one change of mind that stays in the browser until later."""
        self._stubborn(lambda: self._outbox.browser.page(path))
        entry = self._change_of_mind()
        time.sleep(1)  # until the button is pressed: a drifting clock is off by less, and takes it for given before
        self._stubborn(lambda: self._outbox.browser.send_form("/room/submit/", {}))
        if entry:
            self.kept_back.append((self._outbox, entry))

    def _change_of_mind(self) -> Entry | None:
        answers = [entry for outbox in self.outboxes for entry in outbox.made.values() if entry.kind == "rating"]
        if not answers:
            return None
        old = answers[-1]
        rows = [entry for entry in answers if (entry.trial, entry.scale) == (old.trial, old.scale)]
        revision = max(int(entry.body["revision"]) for entry in rows) + 1
        return self._answer(old.trial, old.scale, old.url, revision, dict(old.body))

    def _at_trial(self, page: Page) -> None:
        """Hear the clips and answer, sometimes in two tabs, with changed answers or devices."""
        main, outbox = page.attributes("main"), self._outbox
        trial = main["data-trial"]
        clips = [given for _, given in page.elements if "data-audio" in given]
        for clip in clips:
            self._stubborn(lambda: self._audio(clip["data-audio"]))  # noqa: B023
        for place, clip in enumerate(clips, start=1):
            lasts_ms = int(clip["data-duration"])
            for intervals in ([], [[0, lasts_ms]]):  # its beginning and its end
                heard = {"intervals": intervals, "events": [], "plays": int(not intervals), "place": place}
                outbox.add(Entry("listening", trial, "", main["data-listening"], heard | outbox.browser.clock.stamp()))
                time.sleep(0.02 if len(clips) == 1 or intervals else lasts_ms / 1000)  # only one clip may be hasty
        for scale in (given for _, given in page.elements if "data-scale" in given):
            key, revision = scale["data-scale"], int(scale["data-revision"]) + 1
            self.bounds[key] = int(scale["data-minimum"]), int(scale["data-maximum"])
            entry = self._answer(trial, key, main["data-ratings"] + key, revision, {})
            outbox.add(entry)
            self._perhaps_again(entry)
        if self._happens("new_device"):
            self._open_device()
        if self._happens("reload"):
            self.counts["reloads"] += 1
            self._stubborn(lambda: outbox.browser.page(f"/room/t/{trial}/"))
        outbox.flush(self._may_go_on)

    def _perhaps_again(self, entry: Entry) -> None:
        """The same scale once more: a change of mind, or another tab that does not know of the first answer."""
        revision = int(entry.body["revision"])
        if self._happens("other_tab"):
            self.counts["other_tab"] += 1
            self._outbox.add(self._answer(entry.trial, entry.scale, entry.url, revision, entry.body))
        elif self._happens("changed_mind"):
            self.counts["changed_mind"] += 1
            self._outbox.add(self._answer(entry.trial, entry.scale, entry.url, revision + 1, entry.body))

    def _answer(self, trial: str, scale: str, url: str, revision: int, like: dict[str, Any]) -> Entry:
        time.sleep(0.003)  # nobody answers twice within a millisecond
        value = self.given[trial, scale] = self.rng.randint(*self.bounds[scale])
        measures = {"plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "en"}
        body = {**measures, **like, "value": value, "revision": revision, **self._outbox.browser.clock.stamp()}
        return Entry("rating", trial, scale, url, body)

    def _audio(self, url: str) -> None:
        reply = self._outbox.browser.ask("GET", url)
        if reply.status != 200:
            raise NoLine(f"the clip answered {reply.status}")

    def _happens(self, habit: str) -> bool:
        return self.rng.random() < self.habits.get(habit, 0.0)
