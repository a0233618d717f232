"""Around every request: a number for its log lines, its body read to the end, a header that shuts what no page needs,
and text or a refusal.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Iterable
from uuid import uuid4

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError

from config.logs import REQUEST_ID
from formats.text import is_text

#: A proxy's own number for the request, if it looks like one.
GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone"),
        *("midi", "payment", "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking"),
    )
)
#: Bytes at a time of a body that nobody wants.
READ = 1 << 16
log = logging.getLogger("mukulen.request")

Answer = Callable[[HttpRequest], HttpResponse]


def numbered(get_response: Answer) -> Answer:
    """Gives each request a number and logs how it went: its route, never its address; who asked is not logged.

    The number reaches a browser only with a server error, where somebody may quote it: what an expert gets otherwise
    stays the same byte for byte from clip to clip.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if GIVEN.fullmatch(given) else uuid4().hex
        request.number = number  # type: ignore[attr-defined]  # for what Django logs after the middleware
        token, began = REQUEST_ID.set(number), time.perf_counter()
        try:
            response = get_response(request)
            if response.status_code >= 500:
                response["X-Request-ID"] = number
            log.info("request", extra={"fields": _fields(request, response, time.perf_counter() - began)})
        finally:
            REQUEST_ID.reset(token)
        return response

    return middleware


def _fields(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, object]:
    match = request.resolver_match
    route = match.route if match else ""
    return {"method": request.method, "route": route, "status": response.status_code, "ms": round(1000 * seconds, 1)}


def read_to_the_end(get_response: Answer) -> Answer:
    """Reads what the answer did not need of a body, such as a long file that is refused by its first lines.

    gunicorn breaks the line of a body with more than 64 kB left, and nginx may then send a 502 in place of the answer.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        with contextlib.suppress(UnreadablePostError):
            while request.read(READ):
                pass
        return response

    return middleware


def permissions_policy(get_response: Answer) -> Answer:
    """No page of ours, and nothing embedded in one, asks for a sensor, a camera or a payment."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = PERMISSIONS
        return response

    return middleware


class OnlyText:
    """Answers 400 to an address, a cookie or a form with something in it that no database can keep, such as a NUL.

    A form is read after the check against forgery, which spares the site what a page elsewhere sends. What comes as
    JSON is checked where it is read.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _refuse_no_text((request.path_info, *_words(request.GET), *request.COOKIES.values()))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """What Django calls between its own checks and the view."""
        _refuse_no_text(_words(request.POST))


def _words(fields: QueryDict) -> Iterable[str]:
    return (word for name, values in fields.lists() for word in (name, *map(str, values)))


def _refuse_no_text(words: Iterable[str]) -> None:
    if not all(map(is_text, words)):
        raise BadRequest("the request holds what is no text")
