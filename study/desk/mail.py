"""E-mail at the desk: the outbox, and reminders that are shown before they go into it. `send_mail` sends."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from study.desk.forms import WordingForm
from study.desk.permissions import actor, researcher, run_action, study_or_404
from study.mail import outbox
from study.models import Expert, Mail

#: Messages that the page lists, newest first.
SHOWN = 200


def is_set_up() -> bool:
    """Whether the site can send e-mail."""
    return bool(settings.EMAIL_HOST and settings.MAIL_FROM)


@never_cache
@login_required
@require_safe
def mail(request: HttpRequest, slug: str) -> HttpResponse:
    """What was sent and what waits, and who may get a reminder."""
    found = study_or_404(request, slug, "invite")
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "is_set_up": is_set_up(),
        "mails": Mail.objects.filter(expert__study=found).select_related("expert")[:SHOWN],
        "waiting": outbox.to_remind(found),
        "form": WordingForm(initial={"reply_to": researcher(request).email}),
        "most": outbox.MAX_REMINDERS,
        "apart": outbox.APART.days,
    }
    return render(request, "desk/mail.html", context)


@login_required
@require_POST
def remind(request: HttpRequest, slug: str) -> HttpResponse:
    """Puts reminders to the chosen experts into the outbox, as far as they still may get one."""
    found = study_or_404(request, slug, "invite")
    codes = request.POST.getlist("expert")
    if not is_set_up():
        messages.error(request, _("This site is not set up to send e-mail."))
        return redirect("desk:mail", slug)

    def step(reply_to: str, note: str) -> None:
        number = outbox.remind(found, codes, outbox.Wording(reply_to, note), actor=actor(request))
        text = ngettext("%(n)d reminder is in the outbox.", "%(n)d reminders are in the outbox.", number)
        messages.success(request, text % {"n": number})

    return run_action(request, step, "desk:mail", slug, form=WordingForm(request.POST))


@login_required
@require_POST
def stop(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Sends an expert nothing more."""
    found = study_or_404(request, slug, "invite")
    expert = get_object_or_404(Expert, study=found, code=code)
    return run_action(request, partial(outbox.stop_mail, expert, actor=actor(request)), "desk:expert", slug, code)
