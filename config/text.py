"""The text of a table that a spreadsheet saved, in whichever encoding, so far as that is certain."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

UTF_8, UTF_16, GB18030 = "UTF-8", "UTF-16", "GB18030"
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")


def decoded(content: bytes) -> tuple[str, str]:
    """(text, encoding): UTF-16 where its mark begins the file, else UTF-8, else GB18030 where that makes it Chinese.

    Lines end with "\\n". Raises UnicodeDecodeError where none of these is certain.
    """
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text, encoding = content.decode("utf-16"), UTF_16
    else:
        text, encoding = _without_mark(content)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _without_mark(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig"), UTF_8
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
        if not _is_chinese(text):
            raise
        return text, GB18030


def _is_chinese(text: str) -> bool:
    """Whether bytes that were read as GB18030 were meant so.

    That encoding finds an ideograph in "é" and a letter behind it too, but a rare one: in Chinese most are of GB 2312.
    """
    beyond = "".join(letter for letter in text if not letter.isascii())
    common = beyond.encode("gb2312", "ignore").decode("gb2312")
    return bool(IDEOGRAPH.search(text)) and not NO_TEXT.search(text) and 2 * len(common) > len(beyond)
