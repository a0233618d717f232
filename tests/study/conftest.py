"""A small study with two experts at its clips, for the tests of the room, and a researcher for those of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from study.models import Expert, Study, Trial
from tests.factories import begin, enter, hear, make_expert, make_study, reach, trials_of
from tests.study.children import lead_children_here
from tests.study.test_desk import client_of


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path)


@pytest.fixture
def alice(study: Study, client: Client) -> Expert:
    """At the clips, in the browser `client`."""
    expert = make_expert(study, "alice")
    begin(expert)
    enter(client, expert)
    return expert


@pytest.fixture
def bob(study: Study) -> Expert:
    expert = make_expert(study, "bob")
    begin(expert)
    return expert


@pytest.fixture
def trial(alice: Expert) -> Trial:
    """Alice's first study trial, not heard yet."""
    return trials_of(alice)[0]


@pytest.fixture
def ada(db: None) -> Client:
    """The browser of a researcher in the dashboard."""
    return client_of("ada")


@pytest.fixture
def children_here(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs and other child processes find the test's database, and keep files where the test does."""
    lead_children_here(monkeypatch, tmp_path)


@pytest.fixture
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def expert(db: None, tmp_path: Path) -> Expert:
    """At the second of four clips, the first rated and the second heard."""
    expert = make_expert(make_study(tmp_path))
    begin(expert)
    hear(expert, reach(expert, trials_of(expert)[1]))
    return expert
