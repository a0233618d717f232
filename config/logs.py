"""What goes into the log: everything but the secrets that stand in addresses."""

from __future__ import annotations

import logging
import re

#: Personal links and trial tokens. Of a link only a hash is stored, so it must not lie in a log either.
SECRET = re.compile(r"(/i/|/room/t/)[^/\s\"']+")


class NoSecrets(logging.Filter):
    """Replaces the secret part of an address by an ellipsis."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        record.msg, record.args = SECRET.sub(r"\1…", text), None
        return True
