"""The HTML of the pages: what a validator of HTML finds wrong, and no browser shows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from study.builder import drafts
from study.builder.toml_text import content_of
from study.models import Expert, Study
from tests.browser.conftest import unhurried
from tests.factories import (
    begin,
    choice_toml,
    enter,
    hear,
    make_expert,
    make_link,
    make_pair_study,
    make_reference_study,
    make_set_study,
    make_study,
    rate_all,
    reach,
    study_toml,
    texts_toml,
    trials_of,
)

pytestmark = pytest.mark.django_db

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
#: Attributes that name other elements of the page.
NAMING = frozenset(["for", "form", "list", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"])
#: Kinds of input in which a browser fills in nothing.
NOT_FILLED = frozenset({"hidden", "radio", "checkbox", "submit", "button"})


class Markup(HTMLParser):
    """The faults of a page, and the pages to which it links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.links: set[str] = set()
        self._ids: Counter[str] = Counter()
        self._named: set[str] = set()
        self._open: list[str] = []
        self.feed(page)
        self.faults += [f"{count} elements #{name}" for name, count in self._ids.items() if count > 1]
        self.faults += [f"no element #{name}" for name in sorted(self._named - set(self._ids))]
        self.faults += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        where = self.get_starttag_text()
        if tag not in VOID:
            self._open.append(tag)
        if len(given) < len(attrs):
            self.faults.append(f"an attribute is there twice: {where}")
        if tag == "button" and not given.get("type"):
            self.faults.append(f"no type: {where}")
        if tag == "input" and "autocomplete" in given and given.get("type") in NOT_FILLED:
            self.faults.append(f"autocomplete of what no browser fills in: {where}")
        self._ids.update([given["id"] or ""] if "id" in given else [])
        self._named |= {name for key in NAMING & given.keys() for name in (given[key] or "").split()}
        if tag == "a":
            self.links.add((given.get("href") or "").partition("#")[0].partition("?")[0])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in VOID:
            self.faults.append(f"a slash that HTML has not: {self.get_starttag_text()}")
        else:  # as in SVG
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self._open[-1:] == [tag]:
            self._open.pop()
        else:
            self.faults.append(f"</{tag}> closes {' > '.join(self._open[-2:])}")


def look_at(client: Client, address: str) -> Markup:
    """A page, which must have no fault."""
    reply = client.get(address, follow=True)
    assert reply.status_code == 200, address
    markup = Markup(reply.text)
    assert markup.faults == [], address
    return markup


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<button>x</button>", "no type: <button>"),
        ('<p id="a"></p><p id="a"></p>', "2 elements #a"),
        ('<label for="b">x</label>', "no element #b"),
        ('<p aria-describedby="c d" id="c"></p>', "no element #d"),
        ('<p class="a" class="b"></p>', 'an attribute is there twice: <p class="a" class="b">'),
        ("<p><b></p>", "</p> closes p > b"),
        ("<ul><li></li>", "<ul> is not closed"),
        ("<br/>", "a slash that HTML has not: <br/>"),
        ('<input type="radio" autocomplete="off">', "autocomplete of what no browser fills in: "),
    ],
)
def test_fault_is_found(html: str, fault: str) -> None:
    assert Markup(html).faults[0].startswith(fault)


def test_pages_of_the_desk_and_the_builder_have_no_fault(ada: Client, tmp_path: Path) -> None:
    owner = User.objects.get(username="ada")
    study = make_study(tmp_path, owner=owner, text=study_toml(practice=0) + "[open_link]\nhours = 5\n")
    rate_all(make_expert(study))
    make_link(study, "e02")
    for name in ("pilot", "cmos", "mushra"):
        text = Path(f"fixtures/studies/{name}.toml").read_text(encoding="utf-8")
        drafts.make_draft(content_of(text), owner, f"my-{name}")
    seen, waiting = set[str](), {"/", "/desk/", "/desk/login/"}
    while waiting:
        address = waiting.pop()
        seen.add(address)
        links = {link for link in look_at(ada, address).links if link.startswith(("/desk/", "/build"))}
        waiting |= {link for link in links if not re.search(r"\.\w+$|/dataset/|/zip/", link)} - seen
    assert len(seen) > 30
    assert {f"/desk/studies/small/{page}/" for page in ("board", "mail", "members", "open-link")} <= seen


MAKE: dict[str, Callable[[Path], Study]] = {
    "single, choice, texts": lambda folder: make_study(
        folder, text=texts_toml(choice_toml(scales=["overall"], practice=1)), practice=1
    ),
    "pairs": lambda folder: make_pair_study(folder, practice=1),
    "sets": lambda folder: make_set_study(folder, practice=1),
    "reference": make_reference_study,
    "sets with reference": lambda folder: make_reference_study(folder, "all", hidden=True),
}


@pytest.mark.parametrize("kind", MAKE)
def test_pages_of_the_room_have_no_fault(kind: str, client: Client, tmp_path: Path) -> None:
    study = MAKE[kind](tmp_path)
    _, secret = make_link(study, "e02")
    look_at(client, f"/i/{secret}/")
    expert = make_expert(study)
    enter(client, expert)
    for page in ("consent", "withdraw", "offline"):
        look_at(client, f"/room/{page}/")
    begin(expert)
    for page in ("background", "sound", "instructions"):
        look_at(client, f"/room/{page}/")
    with unhurried():
        look_at_trials(client, expert)
        rate_all(expert)
    look_at(client, "/room/review/")
    client.post("/room/submit/")
    look_at(client, "/room/thanks/")


def look_at_trials(client: Client, expert: Expert) -> None:
    """The first trial of practice and of the study, before and after it is heard."""
    for phase in ("practice", "study"):
        trial = reach(expert, trials_of(expert, phase)[0])
        look_at(client, f"/room/t/{trial.token}/")
        hear(expert, trial)
        look_at(client, f"/room/t/{trial.token}/")
