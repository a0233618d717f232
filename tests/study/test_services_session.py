from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from formats.errors import InputError
from study import clock, queries, services
from study.errors import Refused
from study.models import Device, Event, Expert, Study, token_hash
from study.services.invitations import Invitee, issue
from study.session import break_before, session_of
from tests.factories import begin, hear, make_expert, make_link, make_study, rate, rate_all, trials_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_a_link_opens_the_room_and_only_its_hash_is_stored(tmp_path: Path) -> None:
    expert, secret = make_link(make_study(tmp_path))
    invitation = services.find_invitation(secret)
    assert invitation.expert == expert
    assert invitation.token_hash == token_hash(secret) != secret


def test_an_unknown_link_is_refused_with_whom_to_ask(tmp_path: Path) -> None:
    make_study(tmp_path)
    with pytest.raises(Refused) as refused:
        services.find_invitation("no-such-link")
    assert refused.value.status == 404
    assert "researcher who invited you" in refused.value.message


def test_an_expired_link_is_refused(tmp_path: Path) -> None:
    _, secret = make_link(make_study(tmp_path))
    late = clock.now() + timedelta(days=61)
    with clock.use(lambda: late), pytest.raises(Refused) as refused:
        services.find_invitation(secret)
    assert refused.value.status == 410


def test_inviting_again_stops_the_older_link(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    _, first = make_link(study)
    _, second = make_link(study)
    assert services.find_invitation(second)
    with pytest.raises(Refused) as refused:
        services.find_invitation(first)
    assert refused.value.code == "expired"


@pytest.mark.parametrize(("state", "status"), [("draft", 403), ("closed", 410), ("unsealed", 410)])
def test_a_link_opens_only_an_open_study(tmp_path: Path, state: str, status: int) -> None:
    study = make_study(tmp_path)
    _, secret = make_link(study)
    Study.objects.filter(pk=study.pk).update(state=state)
    with pytest.raises(Refused) as refused:
        services.find_invitation(secret)
    assert refused.value.status == status


def test_each_expert_gets_a_slot_of_the_group(tmp_path: Path) -> None:
    study = make_study(tmp_path, groups=("men", "women"), slots=2)
    experts = [make_expert(study, f"w{number}", "women") for number in range(2)]
    slots = [expert.slot for expert in experts if expert.slot]
    assert [slot.group for slot in slots] == ["women", "women"]
    assert len({slot.pk for slot in slots}) == 2


def test_a_second_device_keeps_the_slot(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    _, secret = make_link(study)
    first = services.accept_invitation(services.find_invitation(secret))
    second = services.accept_invitation(services.find_invitation(secret))
    assert first.pk != second.pk
    assert first.expert.slot == second.expert.slot == Expert.objects.get().slot is not None


def test_an_expert_too_many_is_refused_a_slot(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2)
    make_expert(study, "e01")
    make_expert(study, "e02")
    secret = issue(study, Invitee("e03", "all", "en"), "command", None)  # past the guard of `invite`
    with pytest.raises(Refused) as refused:
        services.accept_invitation(services.find_invitation(secret))
    assert (refused.value.status, refused.value.code) == (409, "full")
    assert not Device.objects.filter(expert__code="e03").exists()


def test_consent_is_stored_once_with_version_and_language(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    services.give_consent(expert, version="1", language="zh-hans")
    services.give_consent(expert, version="1", language="zh-hans")
    consent = expert.consents.get()
    assert (consent.version, consent.language) == ("1", "zh-hans")
    with pytest.raises(Refused):
        services.give_consent(expert, version="2", language="en")


@pytest.mark.parametrize(
    ("answers", "question"),
    [
        ({}, "device"),
        ({"device": "gramophone"}, "device"),
        ({"device": "headphones", "years": "many"}, "years"),
        ({"device": "headphones", "years": "-1"}, "years"),
        ({"device": "headphones", "years": "99999"}, "years"),
        ({"device": "headphones", "years": "9" * 5000}, "years"),
    ],
)
def test_a_wrong_background_answer_names_its_question_and_stores_nothing(
    tmp_path: Path, answers: dict[str, str], question: str
) -> None:
    expert = make_expert(make_study(tmp_path))
    with pytest.raises(Refused) as refused:
        services.save_background(expert, answers=answers)
    assert refused.value.detail == {"question": question}
    assert not expert.backgrounds.exists()


def test_background_answers_are_kept_and_foreign_ones_dropped(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    services.save_background(expert, answers={"device": " speakers ", "years": "１２", "shoe_size": "41"})
    assert expert.backgrounds.get().answers == {"device": "speakers", "years": "12"}


def test_the_way_leads_from_consent_to_thanks(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path, practice=1))
    assert queries.next_step(expert) == "consent"
    services.give_consent(expert, version="1", language="en")
    assert queries.next_step(expert) == "background"
    services.save_background(expert, answers={"device": "headphones"})
    assert queries.next_step(expert) == "sound"
    services.save_sound_check(expert.devices.get(), level=80, answers=[])
    assert queries.next_step(expert) == "practice"
    rate_all(expert)
    assert queries.next_step(expert) == "review"
    services.submit(expert)
    assert queries.next_step(Expert.objects.get()) == "thanks"


def test_submitting_needs_every_study_trial_rated(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path))
    with pytest.raises(Refused) as refused:
        services.submit(expert)
    assert refused.value.detail == {"trials": [1, 2, 3, 4]}
    rate_all(expert)
    services.submit(expert)
    services.submit(expert)
    assert Event.objects.filter(kind="submitted").count() == 1


def test_a_closed_study_cannot_be_submitted_to(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert = make_expert(study)
    rate_all(expert)
    services.close_study(study, actor="command")
    assert queries.next_step(Expert.objects.select_related("study").get()) == "closed"
    with pytest.raises(Refused) as refused:
        services.submit(expert)
    assert refused.value.code == "closed"


def test_withdrawal_frees_slot_for_replacement(tmp_path: Path) -> None:
    study = make_study(tmp_path, slots=2)
    leaving = make_expert(study, "e01")
    make_expert(study, "e02")
    plan = [trial.token for trial in trials_of(leaving)]
    services.withdraw(leaving, actor="command")
    replacement = make_expert(study, "e03")
    assert [trial.token for trial in trials_of(replacement)] == plan
    with pytest.raises(InputError, match="e01 has withdrawn"):
        services.read_experts(study, "code,group,language\ne01,all,en\n")


def test_someone_elses_trial_and_an_unknown_one_get_the_same_answer(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    expert, other = make_expert(study, "e01"), make_expert(study, "e02")
    own = trials_of(expert)[0]
    assert queries.trial_for(expert, own.token) == own
    answers = []
    for token in (trials_of(other)[0].token, "no-such-token"):
        with pytest.raises(Refused) as refused:
            queries.trial_for(expert, token)
        answers.append((refused.value.status, refused.value.code, refused.value.message, refused.value.detail))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_closing_and_unsealing_happen_once_and_in_order(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with pytest.raises(Refused):
        services.open_seal(study, actor="researcher:ada")
    services.close_study(study, actor="researcher:ada")
    with pytest.raises(Refused):
        services.close_study(study, actor="researcher:ada")
    services.open_seal(study, actor="researcher:ada")
    with pytest.raises(Refused):
        services.open_seal(study, actor="researcher:ada")
    acts = Event.objects.filter(actor="researcher:ada").order_by("number").values_list("kind", flat=True)
    assert list(acts) == ["closed", "unsealed"]


def test_the_logs_chain_holds_until_someone_alters_it(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    make_expert(study)
    assert services.broken_event(study) is None
    Event.objects.filter(study=study, number=2).update(actor="researcher:mallory")
    assert services.broken_event(study) == 2


def test_the_logs_chain_shows_a_missing_event(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    make_expert(study)
    Event.objects.filter(study=study, number=2).delete()
    assert services.broken_event(study) == 2


def test_the_log_holds_no_name_and_no_background(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    services.invite(study, [Invitee("e01", "all", "en", "Ada Lovelace")], actor="command")
    begin(make_expert(study))
    text = str([event.content() for event in Event.objects.all()])
    assert "Ada" not in text
    assert "headphones" not in text


def test_progress_uses_the_experts_own_pace_once_five_trials_are_done(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path, clips=4, heard=4, practice=0))
    before = session_of(expert).progress()
    assert (before.done, before.total, before.phase, before.minutes_left) == (0, 8, "study", 3)
    start = clock.now()
    for index, trial in enumerate(trials_of(expert)[:5]):
        moment = start + timedelta(minutes=index)
        with clock.use(lambda moment=moment: moment):  # type: ignore[misc]
            hear(expert, trial)
            rate(expert, trial, "valence")
            rate(expert, trial, "overall")
    after = session_of(expert).progress()
    assert (after.done, after.minutes_left) == (5, 3)


def test_a_break_is_due_once_where_the_plan_says(tmp_path: Path) -> None:
    expert = make_expert(make_study(tmp_path, practice=1))
    session, file = session_of(expert), expert.study.file
    due = {phase: [break_before(place, file) for place in session.phase(phase)] for phase in ("practice", "study")}
    assert due == {"practice": [False], "study": [False, False, True, False]}
