"""The open link: a public address that gives a slot to each person who comes, as far as there are any."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from formats.study_file import OpenLink
from formats.text import alike, is_text, one_line
from study import clock, queries
from study.errors import Refused
from study.models import MAX_NAME, Arrival, Device, Expert, Invitation, Study
from study.services.invitations import Invitee, end_or_default, has_slot, issue, new_link
from study.services.links import replace
from study.services.locking import lock_study
from study.services.log import log_event
from study.services.session import accept_invitation

#: As the event log names a person who comes by the link, before they have a code.
ACTOR = "open link"
#: Codes of experts who came by the link: p001, p002, ….
STEM = "p"
#: So many new experts may come from one network address in an hour: a class, but no script that takes every slot.
MAX_PER_HOUR, HOUR = 60, timedelta(hours=1)


@transaction.atomic
def set_open_link(study: Study, *, is_open: bool, actor: str) -> None:
    """Lets the open link take experts, or take nobody new any more; those who came go on."""
    lock_study(study.pk)
    study.refresh_from_db(fields=["link_opened_at", "state"])
    if study.file.open_link is None or study.simulated or study.preview:
        raise Refused(409, "open-link", _("The study file has no section [open_link]."))
    if is_open and study.state not in {Study.State.DRAFT, Study.State.OPEN}:
        raise Refused(409, "closed", _("This study is closed."))
    if is_open == (study.link_opened_at is not None):
        return
    study.link_opened_at = clock.now() if is_open else None
    study.save(update_fields=["link_opened_at"])
    log_event(study, actor=actor, kind="open link opened" if is_open else "open link closed")


@transaction.atomic
def arrive(study: Study, *, identifier: str = "", group: str = "", language: str = "", client: str = "") -> Device:
    """A device of the expert who comes by the open link: of the one who came with this identifier before, or a new one.

    `group` is the key of a group, or "" for the one with the most free slots; `client` is the network address. Raises
    `Refused` where the study takes nobody, the identifier is missing, or no slot is free and none has been left.
    """
    lock_study(study.pk)
    study = Study.objects.defer("plan", "certificate").get(pk=study.pk)
    link, name = _link_of(study), one_line(identifier).strip() if is_text(identifier) else ""
    _refuse_state(study)
    if link.identifier and not 1 <= len(name) <= MAX_NAME:
        message = _("The address is incomplete: %(name)s is missing. Open the link where you found it.")
        raise Refused(400, "identifier", message % {"name": link.identifier})
    known = Arrival.objects.filter(study=study, identifier=name).first() if link.identifier else None
    expert = known.expert if known else _newcomer(study, link, group, language, client)
    if not known:
        Arrival.objects.create(
            expert=expert,
            study=study,
            identifier=name if link.identifier else None,
            client=_digest(client),
            at=clock.now(),
        )
    return accept_invitation(_way_in(expert))


def _link_of(study: Study) -> OpenLink:
    """The open link of a study. What has none, and what is no study for experts, is no page."""
    if study.file.open_link is None or study.simulated or study.preview:
        raise Refused(404, "unknown", _("Page not found."))
    return study.file.open_link


def _refuse_state(study: Study) -> None:
    if study.state in {Study.State.CLOSED, Study.State.UNSEALED}:
        raise Refused(410, "closed", _("This study is closed. Thank you for your interest."))
    if study.state != Study.State.OPEN:
        raise Refused(403, "not-open", _("This study is not open yet."))


def check_open_link(study: Study) -> OpenLink:
    """The open link of a study that can be entered now by somebody who was here before. Raises `Refused`."""
    link = _link_of(study)
    _refuse_state(study)
    return link


def has_come(study: Study, identifier: str) -> bool:
    """Whether a person with this identifier has come by the link."""
    name = one_line(identifier).strip() if is_text(identifier) else ""
    return bool(name) and study.arrivals.filter(identifier=name).exists()


def _newcomer(study: Study, link: OpenLink, group: str, language: str, client: str) -> Expert:
    """A new expert: with a slot that is free for them, or that of somebody who has stopped."""
    if study.link_opened_at is None:
        raise Refused(410, "open-link", _("This study takes no more participants. Thank you for your interest."))
    _refuse_crowd(study, client)
    free = free_slots(study)
    if group and group not in free:
        raise Refused(404, "unknown", _("Page not found."))
    chosen, code = group or max(free, key=lambda key: free[key]), _code(study)
    if free[chosen] > 0:
        issue(study, Invitee(code, chosen, study.file.shown_in(language)), ACTOR, None)
    else:
        gone = _stopped(study, link, group)
        replace(gone, Invitee(code, gone.group, study.file.shown_in(language)), actor=ACTOR)
    return study.experts.get(code=code)


def free_slots(study: Study) -> dict[str, int]:
    """Slots of each group that are neither taken nor kept for somebody who was invited."""
    kept = [expert.group for expert in study.experts.all() if has_slot(expert)]
    return {group.key: group.slots - kept.count(group.key) for group in study.file.groups}


def _stopped(study: Study, link: OpenLink, group: str) -> Expert:
    """The expert, of a group or of any, who came by the link and has been away the longest, at least its hours."""
    seen, before = queries.last_seen(study), clock.now() - timedelta(hours=link.hours)
    rows = study.experts.filter(submitted_at=None, withdrawn_at=None, replaced_by=None, arrival__isnull=False)
    rows = rows.filter(group=group) if group else rows
    gone = [expert for expert in rows.select_related("study", "slot") if seen[expert.pk] <= before]
    for expert in sorted(gone, key=lambda expert: seen[expert.pk]):
        if queries.incomplete_trials(expert):
            return expert
    raise Refused(409, "full", _("All slots of this study are taken. Thank you for your interest."))


def _refuse_crowd(study: Study, client: str) -> None:
    """Refuses more new experts from one network address than a class would be; older addresses are forgotten."""
    since = clock.now() - HOUR
    study.arrivals.filter(at__lt=since).exclude(client="").update(client="")
    if client and study.arrivals.filter(client=_digest(client)).count() >= MAX_PER_HOUR:
        message = _("Too many people have come from your network in the last hour. Please try again later.")
        raise Refused(429, "crowd", message)


def _digest(client: str) -> str:
    return salted_hmac("study.open_link", client, algorithm="sha256").hexdigest()[:40] if client else ""


def _code(study: Study) -> str:
    """The next code that is free, and that nobody could take for another one: not p001 beside p1."""
    taken = {alike(code) for code in study.experts.values_list("code", flat=True)}
    numbers = range(study.arrivals.count() + 1, study.arrivals.count() + len(taken) + 2)
    return next(code for number in numbers if alike(code := f"{STEM}{number:03d}") not in taken)


def _way_in(expert: Expert) -> Invitation:
    """A link of the expert that works, a new one where the last has ended. Raises `Refused` if they have left."""
    if expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    if expert.replaced_by_id:
        message = _("You were away for so long that your slot was given to somebody else. Thank you for taking part.")
        raise Refused(410, "replaced", message)
    now = clock.now()
    works = [link for link in expert.invitations.order_by("-pk") if link.works_at(now)]
    return works[0] if works else new_link(expert, end_or_default(None))[1]
