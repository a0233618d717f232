"""An expert's session: link, consent, background, sound check, submission."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from formats.study_file import Question, localised
from formats.text import is_text, one_line
from study import clock, queries
from study.errors import Refused
from study.models import Background, Consent, Device, Expert, Invitation, Slot, SoundCheck, Study, token_hash
from study.services.locking import lock_expert
from study.services.log import log_event

MAX_TEXT = 500
MAX_NUMBER = 4
#: The tones of the headphone check, one of each in every round (study/static/mukulen/tones.js).
TONES = ("antiphase", "plain", "quiet")
MAX_ROUNDS = 6


def find_invitation(token: str) -> Invitation:
    """The invitation behind a link's secret, if the room can be entered by it now."""
    found = Invitation.objects.select_related("expert__study").filter(token_hash=token_hash(token)).first()
    if found is None:
        raise Refused(404, "unknown", _("This link is not valid. Please contact the researcher who invited you."))
    _refuse_dead_link(found)
    study = found.expert.study
    if study.state == Study.State.DRAFT:
        raise Refused(403, "not-open", _("This study is not open yet. The researcher will tell you when it opens."))
    if study.state != Study.State.OPEN:
        raise Refused(410, "closed", _("This study is closed. Thank you for your interest."))
    return found


def _refuse_dead_link(invitation: Invitation) -> None:
    if not invitation.works_at(clock.now()) or invitation.expert.withdrawn_at:
        raise _dead_link()


def _dead_link() -> Refused:
    message = _("This link no longer works. Please ask the researcher who invited you for a new one.")
    return Refused(410, "expired", message)


@transaction.atomic
def accept_invitation(invitation: Invitation) -> Device:
    """Add a device for the invited expert and assign a free slot of their group."""
    expert = lock_expert(invitation.expert)
    invitation = Invitation.objects.select_related("expert").get(pk=invitation.pk)
    _refuse_dead_link(invitation)
    queries.refuse_finished_study(expert)
    if expert.slot is None:
        expert.slot = _free_slot(expert)
        expert.save(update_fields=["slot"])
    device = Device.objects.create(expert=expert, invitation=invitation, accepted_at=clock.now())
    _log(expert, "device accepted")
    return device


def _free_slot(expert: Expert) -> Slot:
    """The first slot of the expert's group that nobody holds. The study's row is locked: two can't take the same."""
    slot = expert.study.slots.filter(group=expert.group, expert=None).first()
    if slot is None:
        message = _("Your group is full. Please contact the researcher who invited you.")
        raise Refused(409, "full", message)
    return slot


@transaction.atomic
def give_consent(expert: Expert, *, version: str, language: str) -> None:
    """Records that the expert agreed to the text now shown. Agreeing twice to the same text records it once."""
    study = expert.study
    if version != study.file.consent.version or language not in study.file.languages:
        raise Refused(409, "consent", _("The consent text has changed. Please read it again."))
    expert = _present(expert)
    if not expert.consents.filter(version=version, language=language).exists():
        Consent.objects.create(expert=expert, version=version, language=language, given_at=clock.now())
        _log(expert, "consent given", version=version, language=language)


@transaction.atomic
def save_background(expert: Expert, *, answers: dict[str, str]) -> None:
    """Stores checked answers to the background questions; the newest submission counts."""
    questions = expert.study.file.background
    kept = {question.key: _checked(question, answers.get(question.key, ""), expert) for question in questions}
    expert = _present(expert)
    Background.objects.create(expert=expert, answers=kept, given_at=clock.now())
    _log(expert, "background saved")


def _checked(question: Question, answer: str, expert: Expert) -> str:
    """One answer, stripped, or the reason why it can't stand."""
    answer = str(answer).strip()
    label = localised(question.label, get_language() or expert.language)
    detail = {"question": question.key}
    if not answer:
        if question.required:
            raise Refused(400, "background", _("Please answer “%(label)s”.") % {"label": label}, **detail)
        return ""
    if question.kind == "choice" and answer not in {choice.key for choice in question.choices or []}:
        raise Refused(400, "background", _("Please choose one option for “%(label)s”.") % {"label": label}, **detail)
    if question.kind == "number":
        if not answer.isdecimal() or len(answer) > MAX_NUMBER:
            message = _("Please enter a whole number for “%(label)s”.") % {"label": label}
            raise Refused(400, "background", message, **detail)
        return str(int(answer))  # a Chinese keyboard may have written ３０
    if not is_text(answer):
        raise Refused(400, "background", _("Something went wrong on this page. Please reload it."), **detail)
    if len(answer) > MAX_TEXT:
        message = _("Please shorten the answer to “%(label)s” to %(most)d characters or fewer.")
        raise Refused(400, "background", message % {"label": label, "most": MAX_TEXT}, **detail)
    return one_line(answer).strip()


@transaction.atomic
def save_sound_check(device: Device, *, level: int, answers: list[Any]) -> SoundCheck:
    """Records the level that an expert chose and how the headphone check went; none of it decides who may go on."""
    rounds = isinstance(answers, list) and len(answers) <= MAX_ROUNDS and all(map(_is_round, answers))
    if not rounds or not isinstance(level, int) or not 0 <= level <= 100:
        raise Refused(400, "sound", _("Something went wrong on this page. Please reload it."))
    kept = [{"order": answer["order"], "chosen": answer["chosen"]} for answer in answers]
    correct = sum(answer["order"][answer["chosen"]] == "quiet" for answer in kept)
    expert = _present(device.expert)
    check = SoundCheck.objects.create(
        expert=expert, device=device, level=level, answers=kept, correct=correct, given_at=clock.now()
    )
    _log(expert, "sound checked", level=check.level, correct=correct, rounds=len(kept))
    return check


def _is_round(answer: object) -> bool:
    """Whether this is a round: the order of the three tones and the one chosen."""
    if not isinstance(answer, dict):
        return False
    order, chosen = answer.get("order"), answer.get("chosen")
    tones = isinstance(order, list) and all(isinstance(tone, str) for tone in order) and sorted(order) == list(TONES)
    return tones and type(chosen) is int and 0 <= chosen < len(TONES)


@transaction.atomic
def submit(expert: Expert) -> None:
    """Ends the session: from now on no answer changes. Submitting twice is the same as once."""
    expert = lock_expert(expert)
    if expert.submitted_at:
        return
    if expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    if expert.replaced_by_id:
        raise _dead_link()
    if expert.study.state != Study.State.OPEN:
        raise Refused(410, "closed", _("This study is closed."))
    missing = queries.incomplete_trials(expert)
    if missing:
        raise Refused(409, "incomplete", _("Some clips are not fully rated yet."), trials=missing)
    expert.submitted_at = clock.now()
    expert.save(update_fields=["submitted_at"])
    _log(expert, "submitted")


@transaction.atomic
def withdraw(expert: Expert, *, actor: str) -> None:
    """Record a withdrawal: no later export has the rows, links stop, the slot is free."""
    expert = lock_expert(expert)
    if expert.withdrawn_at:
        return
    expert.withdrawn_at, expert.slot = clock.now(), None
    expert.save(update_fields=["withdrawn_at", "slot"])
    expert.invitations.filter(revoked_at=None).update(revoked_at=clock.now())
    log_event(expert.study, actor=actor, kind="withdrawn", detail={"expert": expert.code})


def _present(expert: Expert) -> Expert:
    """The expert, locked, while they may still answer: not withdrawn, erased, replaced or past their end."""
    expert = lock_expert(expert)
    queries.refuse_finished(expert)
    if expert.replaced_by_id:
        raise _dead_link()
    return expert


def _log(expert: Expert, kind: str, **detail: object) -> None:
    log_event(expert.study, actor=f"expert:{expert.code}", kind=kind, detail=detail)
