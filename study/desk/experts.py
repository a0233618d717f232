"""Experts at the desk: inviting them, their links, passing a place on, withdrawal and erasure.

A link exists in one response only, as a sheet to print and a table to send: the site keeps nothing but its hash.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from formats.errors import InputError
from formats.text import UTF_8, one_line
from study import clock, dataset, services
from study.desk.permissions import actor, rights_in, study_or_404
from study.desk.progress import link_of
from study.errors import Refused, words_of
from study.models import Expert, ExpertName, Study
from study.services.invitations import VALID_FOR, Invitee, end_of, has_slot
from study.text_files import uploaded_table

#: The code of each expert, and the secret of their link.
Links = list[tuple[str, str]]


@dataclass(frozen=True)
class Issued:
    """One expert's card on the sheet."""

    expert: Expert
    name: str
    link: str
    ends: date
    title: str

    @property
    def qr(self) -> str:
        """The link as an SVG image; its squares are one path, without any style of its own."""
        return str(segno.make(self.link, error="m", micro=False).svg_data_uri(light="white", omitsize=True))


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """The forms by which experts are invited; by POST a sheet of links, or what is wrong with the table."""
    found = study_or_404(request, slug, "invite")
    faults: list[str] = []
    if request.method == "POST":
        try:
            ends = end_of(_day(request))
            issued = services.invite(found, _invitees(request, found), actor=actor(request), expires_at=ends)
            return _sheet(request, found, issued)
        except InputError as error:
            faults = words_of(error).split("\n")
    context = {
        **_shared(found),
        "faults": faults,
        "given": request.POST,
        "ends": _day(request) or _latest_default(),
        "waiting": sum(map(_may_come, found.experts.all())),
    }
    return render(request, "desk/invite.html", context, status=422 if faults else 200)


def _invitees(request: HttpRequest, study: Study) -> list[Invitee]:
    """Whom the form names: one expert, all who have not finished, or a table."""
    form = request.POST.get("form")
    if form == "one":
        return [services.checked(study, Invitee(**{key: request.POST.get(key, "") for key in Invitee.__annotations__}))]
    if form == "again":
        return [_again(expert) for expert in study.experts.order_by("code") if _may_come(expert)]
    return services.read_experts(study, _table(request))


def _may_come(expert: Expert) -> bool:
    return has_slot(expert) and not expert.submitted_at


def _again(expert: Expert) -> Invitee:
    return Invitee(expert.code, expert.group, expert.language)


def _table(request: HttpRequest) -> str:
    """The table that was uploaded, or else the one that was pasted."""
    file = request.FILES.get("file")
    if file is None:
        return str(request.POST.get("pasted", ""))
    text, encoding = uploaded_table(file)
    if encoding != UTF_8:
        messages.info(request, _("The file was read as %(encoding)s. Check the names.") % {"encoding": encoding})
    return text


def _day(request: HttpRequest) -> str:
    """The last day of the links as the form has it."""
    return str(request.POST.get("ends", ""))


def _latest_default() -> str:
    return (clock.now() + VALID_FOR).date().isoformat()


def _shared(study: Study) -> dict[str, object]:
    """What the pages of this module all show."""
    language = get_language() or ""
    return {
        "study": study,
        "title": study.text("title", language),
        "groups": [(group.key, study.group_label(group.key, language)) for group in study.file.groups],
        "languages": study.file.languages,
        "today": clock.now().date().isoformat(),
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
        ends = (link.expires_at - timedelta(microseconds=1)).date() if link else clock.now().date()
        address = request.build_absolute_uri(reverse("room:invitation", args=[secret]))
        cards.append(Issued(expert, names.get(expert.pk, ""), address, ends, study.text("title", expert.language)))
    table = base64.b64encode(_mail_merge(cards)).decode()
    return render(request, "desk/sheet.html", {**_shared(study), "cards": cards, "table": table})


def _mail_merge(cards: list[Issued]) -> bytes:
    """code, name, group, language, link and last day as CSV that Excel reads as it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["code", "name", "group", "language", "link", "last_day"])
    for card in cards:
        expert = card.expert
        name = dataset.escape_formula(one_line(card.name))
        writer.writerow([expert.code, name, expert.group, expert.language, card.link, card.ends.isoformat()])
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
    request: HttpRequest, study: Study, expert: Expert, faults: tuple[str, ...] = (), receipt: str = ""
) -> HttpResponse:
    """The page of one expert, perhaps with what is wrong with a form of it."""
    name = ExpertName.objects.filter(expert=expert).first()
    context = {
        **_shared(study),
        "expert": expert,
        "name": name.name if name else "",
        "group": study.group_label(expert.group, get_language() or ""),
        "link": link_of(expert),
        "now": clock.now(),
        "ends": _latest_default(),
        "next_code": services.next_code(expert),
        "replaces": Expert.objects.filter(replaced_by=expert).first(),
        "may_come": _may_come(expert),
        "given": request.POST,
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

    def issue(expert: Expert, ends: datetime | None) -> Links:
        invitee = services.checked(expert.study, _again(expert))
        return services.invite(expert.study, [invitee], actor=actor(request), expires_at=ends)

    return _issued(request, slug, code, issue)


@never_cache
@login_required
@require_POST
def substitute(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Passes the place of one who dropped out on to a new expert, whose link is on the sheet."""
    given = {key: request.POST.get(key, "") for key in ("code", "language", "name")}

    def issue(expert: Expert, ends: datetime | None) -> Links:
        successor = Invitee(group=expert.group, **given)
        secret = services.replace(expert, successor, actor=actor(request), expires_at=ends)
        return [(given["code"].strip(), secret)]

    return _issued(request, slug, code, issue)


def _issued(
    request: HttpRequest, slug: str, code: str, issue: Callable[[Expert, datetime | None], Links]
) -> HttpResponse:
    """The sheet with the link that is issued, or the expert's page with the errors."""
    found = study_or_404(request, slug, "invite")
    expert = _of(found, code)
    try:
        return _sheet(request, found, issue(expert, end_of(_day(request))))
    except InputError as error:
        faults = tuple(words_of(error).split("\n"))
    except Refused as refused:
        faults = (refused.message,)
    return _expert_page(request, found, expert, faults)


def _done(request: HttpRequest, expert: Expert, step: Callable[[], object]) -> HttpResponse:
    """Run one action, then show the expert's page, with the reason if it was refused."""
    try:
        step()
    except InputError as error:
        messages.error(request, words_of(error))
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect("desk:expert", expert.study.slug, expert.code)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Stops an expert's link."""
    expert = _of(study_or_404(request, slug, "invite"), code)
    return _done(request, expert, lambda: services.revoke_link(expert, actor=actor(request)))


@login_required
@require_POST
def end(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Sets the last day of an expert's link."""
    expert = _of(study_or_404(request, slug, "invite"), code)

    def step() -> None:
        services.end_link_at(expert, end_of(_day(request)) or clock.now(), actor=actor(request))

    return _done(request, expert, step)


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Records that an expert withdrew, for good."""
    found = study_or_404(request, slug, "invite")
    expert = _of(found, code)
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Confirm the permanent withdrawal first."))
        return redirect("desk:expert", slug, code)
    return _done(request, expert, lambda: services.withdraw(expert, actor=actor(request)))


@never_cache
@login_required
@require_POST
def erase(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Delete an expert's personal data; the page shows the receipt once."""
    found = study_or_404(request, slug, "run")
    expert = _of(found, code)
    if request.POST.get("sure") != "yes":
        return _expert_page(request, found, expert, (_("Confirm the permanent deletion first."),))
    try:
        receipt = services.erase(expert, actor=actor(request))
    except Refused as refused:
        return _expert_page(request, found, expert, (refused.message,))
    return _expert_page(request, found, _of(found, code), receipt=receipt)
