"""One study at the desk: its page, and the acts that open, close and unseal it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from study import cautions, dataset, jobs, services
from study.desk.forms import CloseForm, PasswordForm
from study.desk.next_step import Known, next_step
from study.desk.permissions import actor, researcher, rights_in, run_action, study_or_404
from study.errors import Refused
from study.models import Event, Job, Study
from study.sequences import certificate_shown

#: Events shown on a study's page.
TAIL = 20
#: From so many ratings on, the page says that a workbook takes its time.
LARGE = 100_000
#: What the log's words are called on the page.
KINDS = {
    "created": gettext_lazy("study created"),
    "blinding checked": gettext_lazy("blinding check passed"),
    "plan amended": gettext_lazy("analysis plan amended"),
    "member added": gettext_lazy("role assigned"),
    "member removed": gettext_lazy("role removed"),
    "opened": gettext_lazy("study opened"),
    "invited": gettext_lazy("expert invited"),
    "invited again": gettext_lazy("expert invited again"),
    "device accepted": gettext_lazy("link opened on a device"),
    "consent given": gettext_lazy("consent given"),
    "background saved": gettext_lazy("background questions answered"),
    "sound checked": gettext_lazy("sound checked"),
    "problem reported": gettext_lazy("a clip could not be played"),
    "playback speed changed": gettext_lazy("playback speed changed and reset"),
    "late answer kept": gettext_lazy("late rating kept"),
    "late listening kept": gettext_lazy("late listening report kept"),
    "submitted": gettext_lazy("ratings submitted"),
    "link revoked": gettext_lazy("link revoked"),
    "link's end changed": gettext_lazy("expiry date of a link changed"),
    "replaced": gettext_lazy("expert replaced"),
    "withdrawn": gettext_lazy("expert withdrawn"),
    "erased": gettext_lazy("personal data deleted"),
    "closed": gettext_lazy("study closed"),
    "unsealed": gettext_lazy("study unblinded"),
    "seal refused": gettext_lazy("wrong password at unblinding"),
    "dataset downloaded": gettext_lazy("dataset downloaded"),
    services.MADE: gettext_lazy("blinded report created"),
    "report downloaded": gettext_lazy("report downloaded"),
    "previewed": gettext_lazy("study previewed"),
    "archived": gettext_lazy("study archived"),
    "mail queued": gettext_lazy("message put into the outbox"),
    "mail accepted": gettext_lazy("message accepted by the mail server"),
    "mail refused": gettext_lazy("message refused by the mail server"),
    "mail stopped": gettext_lazy("e-mail to an expert stopped"),
    "open link opened": gettext_lazy("open link opened"),
    "open link closed": gettext_lazy("open link closed"),
    "restored from archive": gettext_lazy("study restored from archive"),
}
#: What the page calls the figures of a certificate that may be out of bounds.
FIGURES = {
    "trial_number_spread": gettext_lazy("balance by trial number"),
    "place_spread": gettext_lazy("balance by place within blocks"),
    "carry_over_spread": gettext_lazy("carry-over balance"),
    "clip_counts": gettext_lazy("presentations per clip"),
    "immediate_repetitions": gettext_lazy("the same system in consecutive trials"),
    "shortest_repeat_gap": gettext_lazy("trials between a clip and its hidden repeat"),
    "shortest_prompt_gap": gettext_lazy("trials between clips of the same prompt"),
}


@never_cache
@login_required
@require_safe
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """One study: state, experts, balance certificate and newest events."""
    found = study_or_404(request, slug, "watch")
    finished = list(found.experts.values_list("submitted_at", flat=True))
    events, broken_event = services.tail_of(found, TAIL)
    checked = services.last_blinding(found) if found.state == Study.State.DRAFT else None
    job = found.jobs.exclude(kind=Job.Kind.REPORT).filter(state=Job.State.RUNNING).first()
    rights = rights_in(request, found)
    known = Known(
        is_busy=job is not None,
        is_checked=checked is not None,
        experts=len(finished),
        submitted=sum(moment is not None for moment in finished),
        slots=found.certificate.get("slots", 0),
        has_report=_has_report(found),
    )
    context = {
        "next": next_step(found, rights, known),
        "study": found,
        "title": found.text("title", get_language() or ""),
        "experts": known.experts,
        "submitted": known.submitted,
        "small_groups": _small_groups(found),
        "is_large": len(finished) * found.certificate.get("trials_per_slot", 0) * found.file.answers_per_trial > LARGE,
        "slots": known.slots,
        "certificate": certificate_shown(found),
        "uneven": [FIGURES.get(name, name) for name in found.certificate.get("uneven", [])],
        "events": in_words(events),
        "broken_event": broken_event,
        "rights": rights,
        "close_form": CloseForm(),
        "password_form": PasswordForm(),
        "checked": checked,
        "cautions": cautions.of_check(checked.detail) if checked else [],
        "job": job,
    }
    return render(request, "desk/study.html", context)


def _has_report(study: Study) -> bool:
    """Whether the newest report is of the study as it is: since unblinding, one with the systems' names."""
    done = study.jobs.filter(kind__in=jobs.REPORTS, state=Job.State.DONE)
    if study.unsealed_at:  # a rehearsal unblinds its copy itself
        done = done.filter(Q(made_at__gte=study.unsealed_at) | Q(kind=Job.Kind.REHEARSAL))
    return done.exists()


def in_words(events: Iterable[Event]) -> list[tuple[Event, str, str]]:
    """Events as the pages list them: each with who did what."""
    return [(event, actor_label(event.actor), str(KINDS.get(event.kind, event.kind))) for event in events]


def actor_label(actor: str) -> str:
    """Whom the log names, in the reader's words."""
    kind, _colon, name = actor.partition(":")
    if kind == "expert":
        return _("expert %(code)s") % {"code": name}
    return _("command line") if actor == "command" else name or actor


def _small_groups(study: Study) -> list[tuple[str, int]]:
    """The groups with so few people that a dataset may tell who they are, by name."""
    language = get_language() or ""
    return [(study.group_label(group.key, language), count) for group, count in dataset.small_groups(study)]


@login_required
@require_POST
def open_study(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens a draft to its experts."""
    found = study_or_404(request, slug)
    return run_action(request, partial(services.open_study, found, actor=actor(request)), "desk:study", slug)


@login_required
@require_POST
def discard(request: HttpRequest, slug: str) -> HttpResponse:
    """Delete a draft, or a copy with simulated ratings; this cannot be undone."""
    found = study_or_404(request, slug)
    made_of = list(found.jobs.all())
    try:
        services.discard_copy(found) if found.simulated else services.discard_draft(found)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect("desk:study", slug)
    for job in made_of:
        jobs.remove_job(job)
    said = _("The copy %(slug)s is deleted.") if found.simulated else _("The draft %(slug)s is deleted.")
    messages.success(request, said % {"slug": slug})
    return redirect("desk:studies")


@login_required
@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Hides a study from the list of studies, or shows it again."""
    found = study_or_404(request, slug)
    is_hidden = request.POST.get("archive") == "yes"
    step = partial(services.archive_study, found, is_hidden=is_hidden, actor=actor(request))
    return run_action(request, step, "desk:study", slug)


@login_required
@require_POST
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Close an open study; this cannot be undone."""
    found = study_or_404(request, slug)
    close = partial(services.close_study, found, actor=actor(request))
    return run_action(request, lambda sure: close(), "desk:study", slug, form=CloseForm(request.POST))


@login_required
@require_POST
def open_seal(request: HttpRequest, slug: str) -> HttpResponse:
    """Unblind a closed study, after the user confirmed the password."""
    found = study_or_404(request, slug)
    form, name = PasswordForm(request.POST), researcher(request).get_username()
    password = form.cleaned_data["password"] if form.is_valid() else ""
    # Through the backends, so that wrong passwords count towards the throttle as they do at the login.
    if authenticate(request, username=name, password=password) is None:
        # What the throttle turned away was no attempt: a log that cannot be shortened is not to be filled.
        if found.state == Study.State.CLOSED and not getattr(request, "axes_locked_out", False):
            services.log_event(found, actor=actor(request), kind="seal refused")
        messages.error(request, _("Wrong password. The study stays blinded."))
        return redirect("desk:study", slug)
    return run_action(request, partial(services.open_seal, found, actor=actor(request)), "desk:study", slug)
