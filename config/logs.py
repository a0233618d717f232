"""What goes into the log: a line an event, tied to its request, and neither secrets nor who somebody is."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

#: The request that the running code serves; empty in commands.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

#: After these the rest of a line is left out: personal links, trial tokens, experts' codes and accounts in addresses,
#: however odd the address (of a link only a hash is stored, so it must not lie in a log either); where a visitor came
#: from; and a request that is none.
SECRET = re.compile(r"(/(?:i|t|experts|members)/|Referer checking failed|HTTP request line:).*", re.IGNORECASE)
#: What PostgreSQL adds to an error, with the values of a row: all lines of it, to the next error of a traceback.
VALUES = re.compile(r"^(DETAIL|CONTEXT): .*?(?=\n\n(?:The above|During handling)|\Z)", re.DOTALL | re.MULTILINE)


def masked(text: str) -> str:
    """The text with what is secret in it, and whatever follows on that line, replaced by an ellipsis."""
    return VALUES.sub(r"\1: …", SECRET.sub(r"\1…", text))


class NoSecrets(logging.Filter):
    """Masks the addresses in a record's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), None
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and what the record carries in `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        # Django logs refusals when the request has already left the middleware; it says then which one it was.
        number = REQUEST_ID.get() or getattr(getattr(record, "request", None), "number", "")
        if number:
            line["request_id"] = number
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """The same for a terminal; addresses in a traceback are masked as well."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {key}={value}" for key, value in getattr(record, "fields", {}).items())
        return masked(super().format(record)) + fields


def logging_of(style: str, level: str = "WARNING") -> dict[str, object]:
    """Django's LOGGING, and gunicorn's, for `plain` or `json` lines on stderr."""
    console = {"class": "logging.StreamHandler", "formatter": style, "filters": ["no-secrets"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no-secrets": {"()": NoSecrets}},
        "formatters": {
            "plain": {"()": PlainLines, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
            "json": {"()": JsonLines},
        },
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print some lines twice, or send them by mail.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Its lines name accounts and addresses of computers; failed logins stand in the admin.
            "axes": {"level": "ERROR"},
            "mukulen.request": {"level": "INFO" if style == "json" else "WARNING"},
            "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        },
    }
