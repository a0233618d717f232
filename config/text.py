"""What is text: the content of a table that a spreadsheet saved, in whichever encoding; what a database can keep."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

UTF_8, UTF_16, GB18030 = "UTF-8", "UTF-16", "GB18030"
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
#: As a letter of Latin-1 and the one behind it become, between the others of a word.
IN_A_WORD = re.compile(r"[A-Za-z][\u3400-\u9fff]|[\u3400-\u9fff][A-Za-z]")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")


def decoded(content: bytes) -> tuple[str, str]:
    """(text, encoding): UTF-16 where its mark begins the file, else UTF-8, else GB18030 where that makes it Chinese.

    Lines end with "\\n". Raises UnicodeDecodeError where it is none of these. Who reads a file says in which encoding.
    """
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text, encoding = content.decode("utf-16"), UTF_16
        if "\0" in text:  # UTF-32
            raise UnicodeDecodeError("utf-16", content, 0, len(content), "it holds zeros")
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

    That encoding finds ideographs in the letters of others too, but rare ones, or within a word of Latin letters: in
    Chinese most are of the first level of GB 2312, those in daily use. Korean and Japanese bytes may pass for it.
    """
    beyond = [letter for letter in text if not letter.isascii()]
    everyday = sum(0xB0 <= letter.encode("gb2312", "ignore")[:1].ljust(1, b"\0")[0] <= 0xD7 for letter in beyond)
    spoilt = NO_TEXT.search(text) or IN_A_WORD.search(text)
    return bool(IDEOGRAPH.search(text)) and not spoilt and 2 * everyday > len(beyond)


def is_text(value: object) -> bool:
    """Whether this is text that every database can keep: neither a NUL nor half of a pair of code units."""
    return isinstance(value, str) and "\x00" not in value and value == value.encode("utf-8", "ignore").decode()
