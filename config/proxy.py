"""Who is at the other end of the line, where a proxy stands between."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that failed logins are counted for: the proxy's own word for it, never a client's.

    Only the last address of X-Forwarded-For was written by the proxy before this site; the others may be made up. What
    is no address, which a database would not keep, leaves the proxy's own.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    try:
        return str(ip_address(forwarded.rpartition(",")[2].strip().partition("%")[0]))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
