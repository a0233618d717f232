"""Attention checks: where they stand, how they are saved, and that they are nowhere among the ratings."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from analysis.data import ratings
from formats.errors import InputError
from formats.study_file import analysis_toml, parse, parse_analysis
from study import clock, dataset, queries, services
from study.blinding import check_blinding
from study.dataset.folder import export
from study.dataset.verify import files_of, verify
from study.design import with_attention_checks
from study.desk import progress
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Expert, Rating, Seal, Slot, Study, Trial
from study.preregistration import text_for
from study.sequences import broken_sessions
from study.services.study_creation import sessions_for
from study.session import session_of
from study.simulation import simulate
from tests.browser.conftest import unhurried
from tests.factories import (
    abx_toml,
    begin,
    checks_toml,
    choice_toml,
    complete,
    context_of,
    enter,
    hear,
    make_expert,
    make_study,
    pair_toml,
    rate,
    rate_all,
    reach,
    set_toml,
    study_toml,
    trials_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

THREE = ("midi-gan", "mlstm", "real")
#: A study file of each kind of trial, and the practice clips that it needs.
KINDS: dict[str, tuple[str, int]] = {
    "one clip": (study_toml(systems=THREE, heard=3, practice=1, slots=4), 1),
    "pairs": (pair_toml(systems=THREE, rounds=2, practice=1, slots=4), 2),
    "sets": (set_toml(systems=THREE, heard=3, practice=1, slots=4), 3),
    "choices": (choice_toml(systems=THREE, heard=3, practice=1, slots=4), 1),
    "X": (abx_toml(systems=THREE, rounds=2, clips=4, practice=1, slots=4), 2),
}


def made(folder: Path, kind: str = "one clip", **options: Any) -> Study:
    """A study of a kind of trial with two attention checks a session."""
    text, practice = KINDS[kind]
    clips = 4 if kind == "X" else 3
    text = checks_toml(text, times=2, **({"failed": options.pop("failed")} if "failed" in options else {}))
    return make_study(folder, text=text, systems=THREE, clips=clips, practice=practice, **options)


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks))):
        yield


@pytest.fixture
def expert(tmp_path: Path) -> Expert:
    with unhurried(timedelta(hours=3)):
        expert = make_expert(made(tmp_path))
    begin(expert)
    return expert


def checked(expert: Expert) -> list[Trial]:
    """The trials of an expert that have an attention check."""
    return [trial for trial in trials_of(expert) if trial.attention_check]


def to_check(expert: Expert) -> Trial:
    """The first trial with an attention check, reached and heard."""
    trial = reach(expert, checked(expert)[0])
    hear(expert, trial)
    return trial


# --- where they stand


@pytest.mark.parametrize("seed", range(12))
def test_checks_of_random_plans_stand_where_they_may(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = [text for text, _ in KINDS.values()]
    text = kinds[seed % len(kinds)]
    most = parse(text).trials_per_expert - 1
    file = parse(checks_toml(text, times=int(rng.integers(1, most + 1))))
    plain = sessions_for(parse(text), list("ABC"), seed)
    sessions = with_attention_checks(plain, file.checks_asked)
    assert sessions == with_attention_checks(plain, file.checks_asked)
    assert [{**slot, "checks": None} for slot in sessions["slots"]] == [
        {**slot, "checks": None} for slot in plain["slots"]
    ]
    for slot in sessions["slots"]:
        numbers = [check["trial"] for check in slot["checks"]]
        assert Counter(check["check"] for check in slot["checks"]) == Counter(file.checks_asked)
        assert numbers == sorted(set(numbers))
        assert set(numbers) <= set(range(2, most + 2))
        gaps = [after - before for before, after in pairwise(numbers)]
        assert not gaps or max(gaps) < 2 * -(-most // len(numbers))  # spread over the session


def test_checks_follow_no_system_and_differ_between_slots() -> None:
    file = parse(checks_toml(study_toml(systems=THREE, heard=3, slots=40), times=1))
    other = parse(study_toml(systems=THREE, heard=3, slots=40).replace('id = "mlstm"', 'id = "mlstn"'))
    places = [
        [slot["checks"] for slot in with_attention_checks(sessions_for(one, codes, 5), file.checks_asked)["slots"]]
        for one, codes in ((file, list("ABC")), (other, list("XYZ")))
    ]
    assert places[0] == places[1]
    by_trial = Counter(slot[0]["trial"] for slot in places[0])
    assert set(by_trial) == set(range(2, 10))
    assert max(by_trial.values()) <= 12  # 5 are expected of 40 in 8


def test_study_without_checks_has_the_plan_that_it_had() -> None:
    file = parse(study_toml())
    sessions = sessions_for(file, ["A", "B"], 3)
    assert with_attention_checks(sessions, file.checks_asked) == sessions
    assert "failed_checks" not in file.analysis.as_json()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_trial_is_planned_checked_and_blind(tmp_path: Path, kind: str) -> None:
    study = made(tmp_path, kind, draft=True)
    assert study.certificate["attention_checks_per_slot"] == 2
    assert study.plan["attention_checks"][0]["right"] == "two"
    content = Seal.objects.get(study=study).content
    for slot in content["sessions"]["slots"]:
        rows = Trial.objects.filter(slot__study=study, slot__number=slot["slot"]).exclude(attention_check="")
        planned = {(one["trial"], one["check"]) for one in slot["checks"]}
        assert {*rows.filter(phase="study").values_list("number", "attention_check")} == planned
        assert not rows.filter(phase="practice").exists()
    assert broken_sessions(study) == ""
    assert check_blinding(study, sound_of, 1).faults == []
    Trial.objects.filter(slot__study=study).update(attention_check="")
    assert "attention checks" in broken_sessions(study)


def test_preview_has_checks_of_its_own(tmp_path: Path) -> None:
    study = made(tmp_path)
    services.open_preview(study, actor="test", language="en")
    slot = Slot.objects.get(study__preview=True)
    numbers = slot.trials.exclude(attention_check="").values_list("number", flat=True)
    assert len(numbers) == 2
    assert 1 not in numbers


# --- faults of the study file


def _faults(text: str) -> str:
    with pytest.raises(InputError) as found:
        parse(text)
    return "\n".join(map(str, found.value.messages))


SOUND = checks_toml(study_toml(heard=2))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SOUND.replace('right = "two"', 'right = "four"'),
            "attention_checks[1].right: 'four' is not the key of a choice. Use one of one, two, three.",
        ),
        (SOUND.replace('right = "two"\n', ""), "attention_checks[1].right: This key is missing. Add it."),
        (SOUND.replace('key = "three"', 'key = "one"'), "attention_checks[1].choices[3].key: 'one' appears twice."),
        (SOUND.replace('key = "attention"', 'key = "overall"'), "attention_checks[1].key: 'overall' appears twice."),
        (checks_toml(SOUND), "attention_checks[2].key: 'attention' appears twice."),
        (SOUND.replace('key = "attention"', 'key = "rating"'), "Datasets already have a column 'rating'."),
        (
            checks_toml(study_toml(heard=2), times=4),
            "attention_checks: A session has 4 attention checks and 4 trials. Write at most 3: one in each trial but "
            "the first.",
        ),
        (SOUND.replace("times = 1", "times = 0"), "attention_checks[1].times: 0 is not valid. Enter a whole number"),
        (
            study_toml().replace("[analysis]\n", "[analysis]\nfailed_checks = 1\n"),
            "analysis.failed_checks: The study has no attention checks. Write [[attention_checks]], or delete this",
        ),
        (
            checks_toml(study_toml(), failed=2),
            "analysis.failed_checks: 2 is not valid. Enter a whole number from 1 to 1.",
        ),
        (
            SOUND.replace("times = 1", "time = 1"),
            "attention_checks[1].time: There is no such key. Did you mean 'times'",
        ),
    ],
)
def test_fault_is_named_with_line_key_and_remedy(text: str, said: str) -> None:
    assert said in _faults(text)
    assert _faults(text).startswith("line ")


def test_plain_text_does_where_there_is_one_language() -> None:
    one = re.sub(r'\{ en = ("[^"]*"), zh-hans = "[^"]*" \}', r"\1", SOUND).replace('["en", "zh-hans"]', '["en"]')
    check = parse(one).check("attention")
    assert check is not None
    assert check.label == {"en": "Please choose two here"}
    assert [check.is_right(value) for value in check.values] == [False, True, False]


def test_amendment_may_use_the_checks(tmp_path: Path) -> None:
    study = made(tmp_path, draft=True)
    amended = parse_analysis(analysis_toml(study.file.analysis.as_json()) + "\nfailed_checks = 2", study.file)
    assert amended.failed_checks == 2


# --- how they are answered


def test_page_asks_the_check_beside_the_questions_and_never_says_what_is_right(client: Client, expert: Expert) -> None:
    trial = to_check(expert)
    enter(client, expert)
    page = client.get(reverse("room:trial", args=[trial.token])).content.decode()
    assert page.index('data-scale="overall"') < page.index('data-scale="attention"')
    assert "Please choose two here" in page
    wrong = client.put(*_sent(trial, value=1), headers=_headers(client, page))
    right = client.put(*_sent(trial, value=2, revision=2), headers=_headers(client, page))
    replies = [{key: part for key, part in reply.json().items() if key != "now"} for reply in (wrong, right)]
    assert replies == [{"saved": True, "revision": 1, "value": 1}, {"saved": True, "revision": 2, "value": 2}]
    other = next(one for one in trials_of(expert) if one.number == 1)
    assert "Please choose" not in client.get(reverse("room:trial", args=[other.token])).content.decode()


def _sent(trial: Trial, **answer: Any) -> tuple[str, str, str]:
    address = reverse("room:rating", args=[trial.token, "attention"])
    body = {"client_uuid": str(uuid4()), "revision": 1, "given_at": clock.now().isoformat(), "offset_ms": 0, **answer}
    return address, json.dumps({"plays": 1, "heard_ms": 1000, "rt_ms": 4000, **body}), "application/json"


def _headers(client: Client, page: str) -> dict[str, str]:
    found = re.search(r'data-tag="([^"]+)"', page)
    assert found
    return {"X-Expert-Tag": found[1]}


def test_trial_is_done_and_the_next_one_opens_only_with_the_check(expert: Expert) -> None:
    trial = to_check(expert)
    for scale in ("valence", "overall"):
        rate(expert, trial, scale)
    place = session_of(expert).trial(trial.token)
    assert place is not None
    assert not place.done
    assert not queries.is_done(trial.pk, expert)
    after = trials_of(expert)[trial.number]
    with pytest.raises(Refused, match="previous clips"):
        rate(expert, after)
    rate(expert, trial, "attention", 1)  # a wrong answer is an answer
    assert queries.is_done(trial.pk, expert)
    hear(expert, after)
    assert rate(expert, after).value == 3


def test_same_answer_again_is_stored_once(expert: Expert) -> None:
    trial, uuid, at = to_check(expert), uuid4(), clock.now()
    given: dict[str, Any] = {"scale": "attention", "value": 2, "revision": 1, "client_uuid": uuid, "given_at": at}
    measures: dict[str, Any] = {"plays": 1, "heard_ms": 1000, "rt_ms": 4000, "language": "en"}
    first, created = services.save_rating(context_of(expert, trial), **given, **measures)
    again, created_again = services.save_rating(context_of(expert, trial), **given, **measures)
    assert (created, created_again, again.pk) == (True, False, first.pk)
    assert first.wording == expert.study.file.attention_checks[0].wording("en")
    with pytest.raises(Refused, match="conflicts"):
        services.save_rating(context_of(expert, trial), **{**given, "value": 3}, **measures)
    assert rate(expert, trial, "attention", 3, revision=2).revision == 2


@pytest.mark.parametrize(
    ("change", "code"), [({"value": 4}, "value"), ({"value": 0}, "value"), ({"scale": "other"}, "scale")]
)
def test_answer_that_a_check_cannot_have_is_refused(expert: Expert, change: dict[str, Any], code: str) -> None:
    trial = to_check(expert)
    with pytest.raises(Refused) as found:
        rate(expert, trial, **{"scale": "attention", "value": 1, **change})
    assert found.value.code == code


def test_check_is_answered_only_where_it_is_asked(expert: Expert) -> None:
    trial = next(one for one in trials_of(expert) if not one.attention_check)
    reach(expert, trial)
    hear(expert, trial)
    with pytest.raises(Refused, match="does not have this scale"):
        rate(expert, trial, "attention", 2)


def test_check_that_was_not_heard_is_refused(expert: Expert) -> None:
    trial = reach(expert, checked(expert)[0])
    with pytest.raises(Refused, match="listen to the whole clip"):
        rate(expert, trial, "attention", 2)


def test_check_given_in_time_is_kept_late(expert: Expert) -> None:
    trial, at = to_check(expert), clock.now()
    services.close_study(expert.study, actor="test")
    expert.study.refresh_from_db()
    assert rate(expert, trial, "attention", 2, at=at).late


@pytest.mark.usefixtures("_time_passes")
@pytest.mark.parametrize("kind", KINDS)
def test_session_of_each_kind_ends_with_its_checks(client: Client, tmp_path: Path, kind: str) -> None:
    expert = make_expert(made(tmp_path, kind))
    begin(expert)
    enter(client, expert)
    trial = reach(expert, checked(expert)[0])
    page = client.get(reverse("room:trial", args=[trial.token])).content.decode()
    assert page.count("Please choose two here") == 1
    complete(expert, trial)
    rate_all(expert)
    assert expert.ratings.filter(scale="attention").count() == 2
    review = client.get(reverse("room:review")).content.decode()
    assert review.count("Please choose two here") == 2
    services.submit(expert)
    folder = tmp_path / "dataset"
    export(expert.study, folder)
    assert [row["passed"] for row in _table(folder)] == ["1", "1"]
    answers = [path for path in (folder / "data").iterdir() if "attention" in path.read_text(encoding="utf-8")]
    assert answers == []
    verify(files_of(folder))


def test_set_takes_its_check_once_all_clips_were_heard(tmp_path: Path) -> None:
    with unhurried(timedelta(hours=3)):
        expert = make_expert(made(tmp_path, "sets"))
    begin(expert)
    with unhurried(timedelta(hours=1)):
        trial = reach(expert, checked(expert)[0])
        hear(expert, trial, 1, 2)
        rate(expert, trial, "overall", place=1)
        with pytest.raises(Refused, match="all clips"):
            rate(expert, trial, "attention", 2)
        hear(expert, trial, 3)
        assert rate(expert, trial, "attention", 2).value == 2


def test_set_takes_a_check_once(tmp_path: Path) -> None:
    with unhurried(timedelta(hours=3)):
        expert = make_expert(made(tmp_path, "sets"))
    begin(expert)
    with unhurried(timedelta(hours=1)):
        trial = reach(expert, checked(expert)[0])
        hear(expert, trial)
        with pytest.raises(Refused) as found:
            rate(expert, trial, "attention", 2, place=2)
    assert found.value.code == "number"


# --- what becomes of the answers


def _table(folder: Path) -> list[dict[str, str]]:
    with (folder / "attention_checks.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_table_of_its_own_has_the_answer_that_counts(expert: Expert, tmp_path: Path) -> None:
    first, second = checked(expert)
    reach(expert, first)
    hear(expert, first)
    rate(expert, first, "attention", 1)
    rate(expert, first, "attention", 2, revision=2)
    reach(expert, second)
    hear(expert, second)
    rate(expert, second, "attention", 3)
    export(expert.study, tmp_path / "dataset")
    rows = _table(tmp_path / "dataset")
    assert [(row["trial"], row["check"], row["choice"], row["passed"], row["revision"]) for row in rows] == [
        (str(first.number), "attention", "two", "1", "2"),
        (str(second.number), "attention", "three", "0", "1"),
    ]
    package = json.loads((tmp_path / "dataset" / "datapackage.json").read_text())
    named = next(part for part in package["resources"] if part["path"] == "attention_checks.csv")
    assert named["schema"]["primaryKey"] == ["expert_id", "trial"]
    words = (tmp_path / "dataset" / "wordings.csv").read_text(encoding="utf-8")
    assert "Please choose two here" in words
    assert "Please choose two here" in _book(tmp_path / "dataset")
    assert "/attention_checks.csv" in (tmp_path / "dataset" / ".psychdsignore").read_text()


def _book(folder: Path) -> str:
    return (folder / "codebook.md").read_text(encoding="utf-8")


def test_checks_of_one_who_withdrew_are_in_no_dataset(expert: Expert, tmp_path: Path) -> None:
    rate_all(expert)
    services.withdraw(expert, actor="test")
    export(expert.study, tmp_path / "dataset")
    assert _table(tmp_path / "dataset") == []


def test_workbook_has_a_sheet_of_checks(expert: Expert, tmp_path: Path) -> None:
    import openpyxl

    rate_all(expert)
    export(expert.study, tmp_path / "dataset")
    file = io.BytesIO()
    dataset.FORMS["xlsx"][1](expert.study, tmp_path / "dataset", file, "en")
    sheet = openpyxl.load_workbook(file)["attention_checks"]
    assert sheet.max_row == 3


def test_board_counts_checks_and_not_as_ratings(expert: Expert) -> None:
    first, second = checked(expert)
    reach(expert, first)
    hear(expert, first)
    rate(expert, first, "attention", 1)
    [row] = progress.board(expert.study).rows
    assert (row.checks, row.done) == ("0/1", first.number - 1)
    complete(expert, first)
    reach(expert, second)
    complete(expert, second)
    [row] = progress.board(expert.study).rows
    assert (row.checks, row.done) == ("1/2", second.number)


def test_simulated_experts_mostly_pass(tmp_path: Path) -> None:
    text = checks_toml(study_toml(systems=THREE, heard=3, slots=30), times=4)
    copy = simulate(make_study(tmp_path, text=text, systems=THREE), 1, replace=False)
    answers = Rating.objects.filter(expert__study=copy, scale="attention")
    share = answers.filter(value=2).count() / answers.count()
    assert answers.count() == 120
    assert 0.88 < share < 1  # 19 of 20, by .02 as standard deviation
    export(copy, tmp_path / "dataset")
    assert {row["expert_id"].partition("-")[0] for row in _table(tmp_path / "dataset")} == {"simulated"}


def test_frozen_rule_goes_with_the_dataset_and_excludes(tmp_path: Path) -> None:
    text = checks_toml(study_toml(systems=THREE, heard=3, slots=30), times=4, failed=2)
    copy = simulate(make_study(tmp_path, text=text, systems=THREE), 1, replace=False)
    export(copy, tmp_path / "dataset")
    failed = Counter(row["expert_id"] for row in _table(tmp_path / "dataset") if row["passed"] == "0")
    read = ratings.read(tmp_path / "dataset")
    assert read.attention is not None
    assert set(read.attention.excluded) == {expert for expert, count in failed.items() if count >= 2}
    assert not set(read.attention.excluded) & set(read.frame["expert_id"])
    assert read.frame["expert_id"].nunique() == 30 - len(read.attention.excluded)


def test_preregistration_says_how_many_checks_there_are(tmp_path: Path) -> None:
    study = made(tmp_path, draft=True)
    for form in ("osf", "aspredicted"):
        assert "Attention checks per session: 2" in text_for(study, form, "en")
        assert "Nobody is excluded for failed attention checks." in text_for(study, form, "en")
    ruled = make_study(tmp_path, slug="ruled", text=checks_toml(study_toml(), failed=1), draft=True)
    assert "Experts who fail 1 or more attention checks are excluded" in text_for(ruled, "osf", "en")
    assert "答错 1 道或更多注意力检测题的专家不计入任何分析。" in text_for(ruled, "osf", "zh-hans")
    plain = make_study(tmp_path, slug="plain", draft=True)
    assert "Attention checks" not in text_for(plain, "osf", "en")
