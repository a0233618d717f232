"""What is text: a spreadsheet's table in whichever encoding; which lines and characters of a text are stored."""

from __future__ import annotations

import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

UTF_8, UTF_16, GB18030, WESTERN = "UTF-8", "UTF-16", "GB18030", "Windows-1252"
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
#: As a letter of Latin-1 and the one behind it become, between the others of a word.
IN_A_WORD = re.compile(r"[A-Za-z][\u3400-\u9fff]|[\u3400-\u9fff][A-Za-z]")
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
#: Each of these ends a line for some program: CR (LF), VT, FF, NEL, the separators of lines and of paragraphs.
LINE_END = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
#: Control characters except tab and line feed, and two code points that XML, and so a workbook, cannot contain.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
#: A name with one of these would break the line of a table or figure in two, or cannot be written at all.
UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
HALF = re.compile(r"[\ud800-\udfff]")

#: Signs of Windows-1252 that stand in no name; as bytes they are letters of other encodings.
SIGNS = re.compile(
    r"[\u0192\u201a\u201e\u2020\u2021\u02c6\u2030\u02dc\xa1-\xa9\xac-\xaf\xb1\xb6-\xb9\xbc-\xbf\xd7\xf7]"
)


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


def decoded_western(content: bytes) -> tuple[str, str]:
    """(text, encoding) of Windows-1252, which contains Latin-1, where each word has more plain letters than others.

    Lines end with "\\n". Raises UnicodeDecodeError where the bytes look like another encoding. Who reads a file so must
    say so: that of central Europe differs in a few letters, and no rule can tell the two apart.
    """
    text = content.decode("cp1252")
    for word in re.findall(r"[^\W\d_]+", text):
        beyond = sum(not letter.isascii() for letter in word)
        if 2 * beyond > len(word):
            raise UnicodeDecodeError("cp1252", content, 0, len(content), f"{word!r} is no word")
    if NO_TEXT.search(text) or SIGNS.search(text):
        raise UnicodeDecodeError("cp1252", content, 0, len(content), "it holds signs that no table has")
    return text.replace("\r\n", "\n").replace("\r", "\n"), WESTERN


def looks_western(content: bytes) -> bool:
    """Whether `decoded_western` reads these bytes."""
    try:
        decoded_western(content)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(text: str) -> bool:
    """Whether bytes that were read as GB18030 were meant so.

    That encoding finds ideographs in the letters of others too, but rare ones, or within a word of Latin letters: in
    Chinese most are of the first level of GB 2312, those in daily use. Korean and Japanese bytes may pass for it.
    """
    beyond = [letter for letter in text if not letter.isascii()]
    everyday = sum(0xB0 <= letter.encode("gb2312", "ignore")[:1].ljust(1, b"\0")[0] <= 0xD7 for letter in beyond)
    spoilt = NO_TEXT.search(text) or IN_A_WORD.search(text)
    return bool(IDEOGRAPH.search(text)) and not spoilt and 2 * everyday > len(beyond)


def many_lines(text: str) -> str:
    """A text as it is stored and exported: every line end is "\\n", every other control character a space.

    The pages do the same to what is typed (study/static/mukulen/remark.js), so that a page shows what is stored.
    """
    return HALF.sub("\ufffd", CONTROL.sub(" ", LINE_END.sub("\n", text)))


def one_line(text: str) -> str:
    """The same for a text of one line, in which line ends and tabs are spaces too."""
    return many_lines(text).replace("\n", " ").replace("\t", " ")


def first_control(text: str) -> str:
    """The first control character that is not a line end or a tab, as U+0007; empty where there is none."""
    found = CONTROL.search(LINE_END.sub("", text))
    return f"U+{ord(found[0]):04X}" if found else ""


def is_text(value: object) -> bool:
    """Whether this is text that every database can keep: neither a NUL nor half of a pair of code units."""
    return isinstance(value, str) and "\x00" not in value and value == value.encode("utf-8", "ignore").decode()


#: A number, perhaps behind some letters: 007, e07, clip_01. Spreadsheets write 7 for the first.
NUMBERED = re.compile(r"(\D*?)0*(\d+)(?:\.0+)?")


def folded(name: str) -> str:
    """A name without what differs between two hands: capitals, the width and number of blanks and letters."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def alike(code: str) -> str:
    """What codes have in common that may mean one person: 007, 7 and 7.0, E5 and e05."""
    found = NUMBERED.fullmatch(folded(code))
    return "".join(found.groups()) if found else folded(code)


def text_width(text: str) -> int:
    """Columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
