"""Identify the expert of a request, and refuse pages and saves."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core import signing
from django.db.models import BigIntegerField, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from study import clock, queries
from study.errors import Refused
from study.models import Device, Expert
from study.prepared import Given, Prepared
from study.services.saving.context import SaveContext, load_save_context

#: The cookie that says which device this browser is: signed, so that no query is needed to believe it.
COOKIE = "device"

P = ParamSpec("P")
ExpertView = Callable[Concatenate[HttpRequest, Expert, P], HttpResponseBase]
SaveView = Callable[Concatenate[HttpRequest, SaveContext, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed(device: Device) -> str:
    """The cookie's value for a device."""
    return signing.get_cookie_signer(salt=COOKIE).sign(str(device.pk))


def remember(response: HttpResponse, device: Device) -> None:
    """Makes the browser that gets this response the device."""
    response.set_cookie(
        COOKIE,
        signed(device),
        max_age=settings.DEVICE_COOKIE_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def device_key(request: HttpRequest) -> int:
    """The key of the device that this browser is; 0 if it is none."""
    return int(request.get_signed_cookie(COOKIE, default="0") or 0)


def expert_of(request: HttpRequest, *, saving: bool = False) -> Expert:
    """The expert whose link this browser accepted.

    A page needs a link that works now. A save does not need an unexpired one: `services` keeps what was given in time.
    """
    device = device_of(request)
    if device is not None and device.expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    if device is None or device.invitation.revoked_at:
        raise Refused(403, "link", _("Please open your personal link again. Your saved ratings are not affected."))
    if not saving and not device.invitation.works_at(clock.now()):
        message = _("This link no longer works. Please ask the researcher who invited you for a new one.")
        raise Refused(410, "expired", message)
    return device.expert


def save_context_of(request: HttpRequest, token: str) -> SaveContext:
    """Load what a save needs about this browser's expert and trial, in one query."""
    found = load_save_context(device_key(request), token)
    if found is None or found.revoked:
        expert = expert_of(request, saving=True)
        _refuse_other_expert(request, expert)
        queries.trial_for(expert, token)
        raise queries.unknown_trial()
    _refuse_other_expert(request, found.expert)
    if not found.consented:
        raise Refused(403, "consent", _("Please read the consent text and agree to it first."))
    return found


def _refuse_other_expert(request: HttpRequest, expert: Expert) -> None:
    """Refuse unsent ratings of another expert who used this browser before."""
    if not constant_time_compare(request.headers.get("X-Expert-Tag", ""), expert_tag(expert)):
        raise Refused(403, "link", _("Another personal link was opened in this browser. Please open yours again."))


def device_of(request: HttpRequest) -> Device | None:
    """This browser's device with its expert, study and link; None if there is none."""
    return next(iter(DEVICE(key=device_key(request))), None)


def _device() -> QuerySet[Device]:
    rows = Device.objects.select_related("expert__study", "expert__slot", "invitation")
    rows = rows.defer("expert__study__plan", "expert__study__certificate")
    return rows.filter(pk=Given("key", BigIntegerField()))


DEVICE = Prepared(_device)


def expert_tag(expert: Expert) -> str:
    """A tag that separates unsent ratings of two experts on one computer."""
    return salted_hmac("study.room.expert", str(expert.pk), algorithm="sha256").hexdigest()[:20]


def room_page(view: ExpertView[P]) -> View[P]:
    """A page of the room: never cached, and a refusal is a page in words."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, expert_of(request), *args, **kwargs)
        except Refused as refused:
            return refusal(request, refused)

    return wrapped


def room_save(view: SaveView[P]) -> Callable[..., HttpResponseBase]:
    """A PUT by a trial's script: every refusal that the script must act on is JSON."""

    @never_cache
    @require_http_methods(["PUT"])
    @wraps(view)
    def wrapped(request: HttpRequest, /, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, save_context_of(request, token), *args, **kwargs)
        except Refused as refused:
            body = {"error": refused.code, "message": refused.message, **refused.detail}
            return JsonResponse(body, status=refused.status)

    return wrapped


def refusal(request: HttpRequest, refused: Refused, **more: object) -> HttpResponse:
    """A refusal as a page, which still sends the browser's unsent ratings."""
    heading = _("Page not found") if refused.status == 404 else _("Page not available")
    context = {"heading": heading, "message": refused.message, **more}
    device = device_of(request)
    if device is None or device.invitation.revoked_at or device.expert.withdrawn_at:
        return render(request, "room/message.html", {"parent": "base.html", **context}, status=refused.status)
    return room_render(request, device.expert, "message", status=refused.status, parent="room/room.html", **context)


def room_render(
    request: HttpRequest, expert: Expert, template: str, status: int = 200, **context: object
) -> HttpResponse:
    """A room page with what every one of them shows."""
    title = expert.study.text("title", translation.get_language())
    shared = {"title": title, "tag": expert_tag(expert), "preview": expert.study.preview, "now": clock.milliseconds()}
    shared["study_languages"] = expert.study.file.languages
    return render(request, f"room/{template}.html", {**shared, **context}, status=status)
