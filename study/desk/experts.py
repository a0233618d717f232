"""Manage experts: invitations, links, replacement, withdrawal, deletion.

A link exists in one response only, as a sheet to print and a table to send: the site keeps nothing but its hash.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from formats.text import UTF_8, one_line
from study import clock, dataset, services
from study.desk import forms
from study.desk.mail import is_set_up
from study.desk.permissions import actor, researcher, rights_in, run_action, study_or_404
from study.desk.progress import link_of
from study.mail import outbox
from study.models import Expert, ExpertAddress, ExpertName, Study
from study.services.invitations import Invitee, has_slot
from study.templatetags.times import moment
from study.text_files import uploaded_table

#: The forms of the page that invites, by their names there.
Shown = Mapping[str, forms.DeskForm]
#: The code of each expert, and the secret of their link.
Links = list[tuple[str, str]]


@dataclass(frozen=True)
class Issued:
    """One expert's card on the sheet."""

    expert: Expert
    name: str
    link: str
    ends: datetime
    title: str

    @property
    def until(self) -> str:
        """The end of the link in the study's time zone; where there is none, in that of the browser that prints."""
        zone = self.expert.study.file.time_zone
        return clock.in_zone(self.ends, zone) if zone else moment(self.ends)

    @property
    def qr(self) -> str:
        """The link as an SVG image; its squares are one path, without any style of its own."""
        return str(segno.make(self.link, error="m", micro=False).svg_data_uri(light="white", omitsize=True))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Forms for inviting experts; by POST a sheet of links, or the errors."""
    found = study_or_404(request, slug, "invite")
    shown = {kind: form(found) for kind, form in forms.INVITING.items()}
    faults: list[str] = []
    if request.method == "POST":
        kind = request.POST.get("form", "")
        form = forms.INVITING.get(kind, forms.TableForm)(found, request.POST, request.FILES)
        shown[kind if kind in shown else "table"] = form

        def issue(ends: datetime | None, **given: Any) -> Links:
            return services.invite(found, _invitees(request, found, **given), actor=actor(request), expires_at=ends)

        if "mail" in request.POST and is_set_up():
            return _mailed(request, found, form, shown)
        if issued := form.attempt(issue):
            return _sheet(request, found, issued)
        faults = form.faults
    return _invite_page(request, found, shown, faults)


def _mailed(request: HttpRequest, study: Study, form: forms.LinkForm, shown: Shown) -> HttpResponse:
    """Puts invitations into the outbox, then shows it; or says what is wrong."""
    is_one = isinstance(form, forms.OneForm)
    wording = forms.OneWordingForm(request.POST) if is_one else forms.WordingForm(request.POST)

    def put(ends: datetime | None, **given: Any) -> int:
        words = outbox.Wording(**wording.cleaned_data)
        invitees = _invitees(request, study, **given)
        return outbox.invite_by_mail(study, invitees, words, actor=actor(request), expires_at=ends)

    number = form.attempt(put) if wording.is_valid() else None
    if number is None:
        return _invite_page(
            request, study, {**shown, "one_wording" if is_one else "wording": wording}, [*wording.faults, *form.faults]
        )
    text = ngettext("%(n)d invitation is in the outbox.", "%(n)d invitations are in the outbox.", number)
    messages.success(request, text % {"n": number})
    return redirect("desk:mail", study.slug)


def _invite_page(request: HttpRequest, study: Study, shown: Shown, faults: list[str]) -> HttpResponse:
    mine = {"reply_to": researcher(request).email}
    context = {
        **_shared(study),
        "wording": forms.WordingForm(initial=mine),
        "one_wording": forms.OneWordingForm(initial=mine),
        **shown,
        "faults": faults,
        "is_set_up": is_set_up(),
        "waiting": sum(map(_may_come, study.experts.all())),
    }
    return render(request, "desk/invite.html", context, status=422 if faults else 200)


def _invitees(request: HttpRequest, study: Study, pasted: str = "", file: Any = None, **one: str) -> list[Invitee]:
    """Whom the form names: one expert, all who have not finished, or a table."""
    if one:
        return [services.checked(study, Invitee(**one))]
    if request.POST.get("form") == "again":
        return [_again(expert) for expert in study.experts.order_by("code") if _may_come(expert)]
    if file is None:
        return services.read_experts(study, pasted)
    text, encoding = uploaded_table(file)
    if encoding != UTF_8:
        messages.info(request, _("The file was read as %(encoding)s. Check the names.") % {"encoding": encoding})
    return services.read_experts(study, text)


def _may_come(expert: Expert) -> bool:
    return has_slot(expert) and not expert.submitted_at


def _again(expert: Expert) -> Invitee:
    return Invitee(expert.code, expert.group, expert.language)


def _shared(study: Study) -> dict[str, object]:
    """What the pages of this module all show."""
    return {
        "study": study,
        "title": study.text("title", get_language() or ""),
        "may_invite": not study.simulated and study.state in {Study.State.DRAFT, Study.State.OPEN},
    }


def _sheet(request: HttpRequest, study: Study, issued: Links) -> HttpResponse:
    """The links, to print and to send. They are in this response and nowhere else."""
    experts = {expert.code: expert for expert in study.experts.filter(code__in=[code for code, _ in issued])}
    names = dict(ExpertName.objects.filter(expert__in=experts.values()).values_list("expert", "name"))
    cards = []
    for code, secret in issued:
        expert = experts[code]
        link = link_of(expert)
        ends = link.expires_at if link else clock.now()
        address = request.build_absolute_uri(reverse("room:invitation", args=[secret]))
        cards.append(Issued(expert, names.get(expert.pk, ""), address, ends, study.text("title", expert.language)))
    table = base64.b64encode(_mail_merge(cards)).decode()
    return render(request, "desk/sheet.html", {**_shared(study), "cards": cards, "table": table})


def _mail_merge(cards: list[Issued]) -> bytes:
    """code, name, group, language, link and end of the link as CSV for Excel."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["code", "name", "group", "language", "link", "valid_until_utc"])
    for card in cards:
        expert = card.expert
        name = dataset.escape_formula(one_line(card.name))
        writer.writerow([expert.code, name, expert.group, expert.language, card.link, f"{card.ends:%Y-%m-%d %H:%M}"])
    return text.getvalue().encode("utf-8-sig")


@never_cache
@login_required
@require_safe
def expert(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Show one expert with all actions that are possible."""
    found = study_or_404(request, slug, "invite")
    return _expert_page(request, found, _of(found, code))


def _of(study: Study, code: str) -> Expert:
    return get_object_or_404(Expert.objects.select_related("replaced_by", "slot"), study=study, code=code)


def _expert_page(
    request: HttpRequest, study: Study, expert: Expert, receipt: str = "", **posted: forms.DeskForm
) -> HttpResponse:
    """The page of one expert, perhaps with a form that was refused and what is wrong with it."""
    name = ExpertName.objects.filter(expert=expert).first()
    successor = {"code": services.next_code(expert), "language": expert.language}
    faults = [fault for form in posted.values() for fault in form.faults]
    context = {
        **_shared(study),
        "expert": expert,
        "name": name.name if name else "",
        "address": ExpertAddress.objects.filter(expert=expert).first(),
        "group": study.group_label(expert.group, get_language() or ""),
        "link": link_of(expert),
        "now": clock.now(),
        "replaces": Expert.objects.filter(replaced_by=expert).first(),
        "may_come": _may_come(expert),
        "replace_form": forms.ReplaceForm(study, initial=successor),
        "link_form": forms.LinkForm(study),
        "end_form": forms.EndForm(study),
        "withdraw_form": forms.WithdrawForm(code=expert.code),
        "erase_form": forms.EraseForm(code=expert.code),
        **posted,
        "faults": faults,
        "receipt": receipt,
        "rights": rights_in(request, study),
    }
    return render(request, "desk/expert.html", context, status=422 if faults else 200)


@never_cache
@login_required
@require_POST
def link(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A fresh link for an expert who was invited before; the older one stops."""
    found = study_or_404(request, slug, "invite")
    expert, form = _of(found, code), forms.LinkForm(found, request.POST)

    def issue(ends: datetime | None) -> Links:
        invitee = services.checked(found, _again(expert))
        return services.invite(found, [invitee], actor=actor(request), expires_at=ends)

    issued = form.attempt(issue)
    return _sheet(request, found, issued) if issued else _expert_page(request, found, expert, link_form=form)


@never_cache
@login_required
@require_POST
def substitute(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Replace a drop-out by a new expert, whose link is on the sheet."""
    found = study_or_404(request, slug, "invite")
    expert, form = _of(found, code), forms.ReplaceForm(found, request.POST)

    def issue(ends: datetime | None, **given: str) -> Links:
        successor = Invitee(group=expert.group, **given)
        secret = services.replace(expert, successor, actor=actor(request), expires_at=ends)
        return [(given["code"].strip(), secret)]

    issued = form.attempt(issue)
    return _sheet(request, found, issued) if issued else _expert_page(request, found, expert, replace_form=form)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Stops an expert's link."""
    expert = _of(study_or_404(request, slug, "invite"), code)
    return run_action(request, lambda: services.revoke_link(expert, actor=actor(request)), "desk:expert", slug, code)


@login_required
@require_POST
def end(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Sets the last day of an expert's link."""
    expert = _of(study_or_404(request, slug, "invite"), code)
    form = forms.EndForm(expert.study, request.POST)
    step = partial(services.end_link_at, expert, actor=actor(request))
    return run_action(request, lambda ends: step(ends or clock.now()), "desk:expert", slug, code, form=form)


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Records that an expert withdrew, for good."""
    expert, form = _of(study_or_404(request, slug, "invite"), code), forms.WithdrawForm(request.POST, code=code)
    step = partial(services.withdraw, expert, actor=actor(request))
    return run_action(request, lambda sure: step(), "desk:expert", slug, code, form=form)


@never_cache
@login_required
@require_POST
def erase(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Delete an expert's personal data; the page shows the receipt once."""
    found = study_or_404(request, slug, "run")
    expert = _of(found, code)
    form = forms.EraseForm(request.POST, code=code)
    receipt = form.attempt(lambda sure: services.erase(expert, actor=actor(request)))
    if receipt is None:
        return _expert_page(request, found, expert, erase_form=form)
    return _expert_page(request, found, _of(found, code), receipt=receipt)
