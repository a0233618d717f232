"""The page of a study's open link: GET only shows it, POST gives a slot or leads back to one's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.proxy import client_address
from study import services
from study.errors import Refused
from study.models import Study
from study.room.access import device_of, refusal
from study.room.pages import enter, has_language

#: Refusals of a person who has done nothing for them.
NOT_ASKED = {"full", "open-link", "closed"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Welcome a person who comes by the open link; by POST they get a slot."""
    try:
        return _join(request, slug)
    except Refused as refused:
        return refusal(request, refused, **_way_back(request, slug, refused))


def _way_back(request: HttpRequest, slug: str, refused: Refused) -> dict[str, str | None]:
    """The study's code and address for those who are not asked; nothing for a person who has been here."""
    study = Study.objects.defer("plan", "certificate").get(slug=slug) if refused.code in NOT_ASKED else None
    link = study.file.open_link if study else None
    if study is None or link is None:
        return {}
    identifier, device = request.GET.get(link.identifier, "") if link.identifier else "", device_of(request)
    if services.has_come(study, identifier) or (device and device.expert.study_id == study.pk):
        return {}
    return {"shown_code": link.screened_out_code, "address": link.screened_out_address(identifier)}


def _join(request: HttpRequest, slug: str) -> HttpResponse:
    study = Study.objects.defer("plan", "certificate").filter(slug=slug).first()
    if study is None:
        raise Refused(404, "unknown", _("Page not found."))
    link = services.check_open_link(study)
    device = device_of(request)
    if not link.identifier and device and device.expert.study_id == study.pk and not device.expert.withdrawn_at:
        return redirect("room:room")
    if request.method == "POST":
        identifier = request.GET.get(link.identifier, "") if link.identifier else ""
        given = {"identifier": identifier, "group": request.GET.get("group", "")}
        here = {"language": translation.get_language(), "client": client_address(request)}
        return enter(request, services.arrive(study, **given, **here))
    if not has_language(request) and translation.get_language() not in study.file.languages:
        translation.activate(study.file.languages[0])
    title = study.text("title", translation.get_language())
    context = {"title": title, "study_languages": study.file.languages, "link": link}
    return render(request, "room/join.html", context)
