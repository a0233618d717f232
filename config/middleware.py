"""Around every request: a number that ties its log lines together, and a header that shuts what no page needs."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from config.logs import REQUEST_ID

#: A proxy's own number for the request, if it looks like one.
GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone"),
        *("midi", "payment", "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking"),
    )
)
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


def permissions_policy(get_response: Answer) -> Answer:
    """No page of ours, and nothing embedded in one, asks for a sensor, a camera or a payment."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = PERMISSIONS
        return response

    return middleware
