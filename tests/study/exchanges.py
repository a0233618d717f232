"""What a browser may have got, made without a browser."""

from __future__ import annotations

from study.blinding.sessions import Exchange

FORMS = {"audio": "audio/mpeg", "rating": "application/json"}


def exchange(
    url: str = "/room/",
    headers: tuple[tuple[str, str], ...] = (),
    body: str | bytes = "",
    kind: str = "page",
    trial: str = "",
    status: int = 200,
    seconds: float = 0.0,
) -> Exchange:
    """A reply with a content type that fits its kind before all other headers."""
    content = body.encode() if isinstance(body, str) else body
    form = ("Content-Type", FORMS.get(kind, "text/html"))
    return Exchange(kind, trial, url, status, (form, *headers), content, seconds)
