"""Experts on bad lines: each walks her whole session over HTTP, and knows afterwards what she answered."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from study.blinding.pages import Page
from tests.robustness.protocol import Browser, Entry, NoLine, Outbox, Stopped, Weather

T = TypeVar("T")
Cell = tuple[str, str]


def wall_clock() -> datetime:
    """The time that server and experts share, moved on by the faults."""
    return datetime.now(UTC) + timedelta(seconds=float(Path(os.environ["CHAOS_CLOCK"]).read_text() or 0))


@dataclass
class Session:
    """One expert. `given` has, for each trial and scale, the last value that she chose and when."""

    link: str
    port: int
    seed: int
    weather: Weather
    deadline: float
    habits: dict[str, float]
    counts: Counter[str] = field(default_factory=Counter)
    outboxes: list[Outbox] = field(default_factory=list)
    given: dict[Cell, tuple[datetime, int]] = field(default_factory=dict)
    kept_back: list[tuple[Outbox, Entry]] = field(default_factory=list)
    ended: str = ""

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)

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
                time.sleep(self.chance.uniform(0.1, 0.6))

    @property
    def _outbox(self) -> Outbox:
        return self.outboxes[-1]

    def _open_device(self) -> None:
        """Opens the link in a fresh browser. The button may be pressed twice: the first reply may have been lost."""
        browser = Browser(self.port)
        self._stubborn(lambda: browser.page(self.link))
        self._stubborn(lambda: browser.send_form(self.link, {}))
        self.outboxes.append(Outbox(browser, self.chance, self.weather, self.counts))
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
        self._stubborn(lambda: self._outbox.browser.send_form("/room/submit/", {}))
        if entry:
            self.kept_back.append((self._outbox, entry))

    def _change_of_mind(self) -> Entry | None:
        answers = [entry for entry in self._outbox.made.values() if entry.kind == "rating"]
        if not answers:
            return None
        old = answers[-1]
        rows = [entry for entry in answers if (entry.trial, entry.scale) == (old.trial, old.scale)]
        revision = max(int(entry.body["revision"]) for entry in rows) + 1
        return self._answer(old.trial, old.scale, old.url, revision, dict(old.body))

    def _at_trial(self, page: Page) -> None:
        """Hears the clip and answers; perhaps in two tabs, perhaps changing her mind or her device on the way."""
        main, outbox = page.attributes("main"), self._outbox
        trial, duration = main["data-trial"], int(main["data-duration"])
        self._stubborn(lambda: self._audio(main["data-audio"]))
        heard = {"intervals": [[0, duration]], "events": [], "plays": 1}
        outbox.add(Entry("listening", trial, "", main["data-listening"], heard))
        for scale in (given for _, given in page.elements if "data-scale" in given):
            entry = self._answer(trial, scale["data-scale"], scale["data-url"], int(scale["data-revision"]) + 1, {})
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
        now, value = wall_clock(), self.chance.randint(1, 5)
        last = self.given.get((trial, scale))
        if last and now <= last[0]:
            now = last[0] + timedelta(microseconds=1)
        self.given[trial, scale] = (now, value)
        measures = {"plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "en"}
        body = {**measures, **like, "value": value, "revision": revision, "given_at": now.isoformat()}
        return Entry("rating", trial, scale, url, body)

    def _audio(self, url: str) -> None:
        reply = self._outbox.browser.ask("GET", url)
        if reply.status != 200:
            raise NoLine(f"the clip answered {reply.status}")

    def _happens(self, habit: str) -> bool:
        return self.chance.random() < self.habits.get(habit, 0.0)
