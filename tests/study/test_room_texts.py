"""Questions that are answered in words: on the page, saved, required, in the dataset, and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from formats.errors import InputError
from formats.study_file import parse
from study import dataset, queries, services
from study.blinding import check_blinding
from study.management.blinding import sound_of
from study.models import Expert, Remark, Study, Trial
from study.services.erasure import digest
from study.simulation import simulate
from tests.factories import (
    begin,
    enter,
    hear,
    make_expert,
    make_study,
    pair_toml,
    rate,
    set_toml,
    study_toml,
    texts_toml,
    trials_of,
)
from tests.study.test_dataset import rows
from tests.study.test_room_remarks import put_remark

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path, text=texts_toml(study_toml(practice=0)))


def say(client: Client, trial: Trial, expert: Expert, **changes: Any) -> Any:
    given = {"known": False, "comment": "", "answers": {"why": "an old song", "where": ""}, **changes}
    return put_remark(client, trial, expert, **given)


def test_answers_are_saved_and_shown_again(client: Client, alice: Expert, trial: Trial) -> None:
    shown = client.get(f"/room/t/{trial.token}/").text
    assert shown.count('form="remark"') == 2
    assert shown.count(" required") == 1
    reply = say(client, trial, alice).json()
    assert (reply["saved"], reply["answers"]) == (True, {"why": "an old song"})
    say(client, trial, alice, answers={"why": "<i>", "where": "at\r\nhome"}, revision=2)
    assert [row.answers for row in Remark.objects.order_by("revision")] == [
        {"why": "an old song"},
        {"why": "<i>", "where": "at\nhome"},
    ]
    assert "&lt;i&gt;</textarea>" in client.get(f"/room/t/{trial.token}/").text
    overtaken = say(client, trial, alice, revision=2).json()
    assert (overtaken["error"], overtaken["answers"]) == ("revision", {"why": "<i>", "where": "at\nhome"})


@pytest.mark.parametrize("answers", [["x"], {"other": "x"}, {"why": 3}, {"why": "x" * 2001}, {"why": "a\0b"}])
def test_answers_of_no_page_are_refused(client: Client, alice: Expert, trial: Trial, answers: Any) -> None:
    reply = say(client, trial, alice, answers=answers)
    assert (reply.status_code, reply.json()["error"]) == (400, "remark")
    assert not Remark.objects.exists()


def test_required_text_holds_the_session(client: Client, alice: Expert, trial: Trial) -> None:
    first, second, *_ = trials_of(alice)
    hear(alice, first)
    for scale in ("valence", "overall"):
        rate(alice, first, scale=scale)
    assert queries.current_trial(alice) == first
    assert client.get(f"/room/t/{second.token}/")["Location"] == "/room/"
    assert say(client, second, alice).json()["error"] == "ahead"
    say(client, first, alice, answers={"where": "at home"})
    assert queries.current_trial(alice) == first
    say(client, first, alice, revision=2)
    assert queries.current_trial(alice) == second
    assert "an old song" in client.get("/room/review/").text


def test_answers_are_columns_of_the_comments(client: Client, alice: Expert, trial: Trial, tmp_path: Path) -> None:
    say(client, trial, alice, answers={"why": "=sum", "where": "at home"})
    dataset.export(alice.study, tmp_path / "out")
    [row] = rows(tmp_path / "out" / "remarks.csv")
    assert (row["comment"], row["why"], row["where"]) == ("", "'=sum", "at home")
    assert "Why do you think so?" in (tmp_path / "out" / "codebook.md").read_text(encoding="utf-8")


def test_erasure_deletes_answers(client: Client, alice: Expert, trial: Trial) -> None:
    say(client, trial, alice)
    receipt = services.erase(alice, actor="command")
    assert Remark.objects.get().answers == {}
    piece = {"answers": {"why": "an old song"}, "trial": 1, "revision": 1}
    assert digest(receipt, piece) in alice.study.events.get(kind="erased").detail["digests"]


def test_simulated_experts_answer_in_words(study: Study) -> None:
    copies = [simulate(study, seed=3, replace=again) for again in (False, True)]
    expert = copies[-1].experts.first()
    assert expert is not None
    assert not queries.incomplete_trials(expert)
    assert all("why" in remark.answers for remark in expert.remarks.all())


@pytest.mark.parametrize("make", [pair_toml, set_toml])
def test_trials_of_several_clips_ask_for_words(make: Any, tmp_path: Path, client: Client) -> None:
    text = texts_toml(make(practice=0))
    expert = make_expert(make_study(tmp_path, text=text, slug="several"), "eve")
    begin(expert)
    enter(client, expert)
    assert 'id="said-why"' in client.get(f"/room/t/{trials_of(expert)[0].token}/").text
    with pytest.raises(InputError, match="questions of kind text"):
        services.refuse_not_served(parse(text.replace('kind = "text"', 'kind = "text"\nof = "clip"')))


def test_words_alone_are_no_study() -> None:
    alone = texts_toml(study_toml(scales=("why",)))
    before, _, rest = alone.partition("[[scales]]")
    with pytest.raises(InputError, match="Each question is answered in words"):
        parse(before + rest[rest.index("[[") :])


def test_blinding_check_answers_in_words(study: Study) -> None:
    # Without an answer to the required question no session comes to its end.
    assert check_blinding(study, sound_of, 1).faults == []
    assert not Remark.objects.exists()
