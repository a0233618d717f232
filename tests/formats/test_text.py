from __future__ import annotations

import pytest

from formats.text import alike, decoded, decoded_western

NAMES = "code,name\nw01,敖登挂\nw02,朱镕基\nw03,堃\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("gb18030", "GB18030"), ("gbk", "GB18030")],
)
def test_what_spreadsheets_save_is_read_with_its_encoding(encoding: str, said: str) -> None:
    assert decoded(NAMES.replace("\n", "\r\n").encode(encoding)) == (NAMES, said)
    assert decoded("\ufeffa,b\n".encode("utf-16-be")) == ("a,b\n", "UTF-16")


@pytest.mark.parametrize(
    "content",
    [
        "w01,Amélie".encode("latin-1"),
        "w01,Müller".encode("latin-1"),
        "w01,Conceição".encode("latin-1"),
        "w01,BÄÖTE".encode("latin-1"),
        "w01,Болд".encode("cp1251"),
        "w01,Ada".encode("utf-32"),
        "w01,敖登挂".encode("gb18030")[:-1],
        "w01,敖登挂\0".encode("gb18030"),
        "w01,…".encode("gb18030"),
        "w01,敖登挂".encode("utf-16")[:-1],
        b"\x89PNG\r\n\x1a\n\xb0\xa1\xb0\xa2",
    ],
    ids=[
        "Latin letter before a letter",
        "umlaut",
        "two in a word",
        "in capitals",
        "Mongolian",
        "UTF-32",
        "cut",
        "control sign",
        "no ideograph",
        "UTF-16 cut",
        "picture",
    ],
)
def test_what_is_not_certain_is_not_read(content: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded(content)


def test_another_encodings_letters_are_not_taken_for_rare_ideographs() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded("専門家,カタカナ".encode("shift-jis"))


@pytest.mark.parametrize("text", ["w01,Amélie,Müller", "w01,Conceição", "w01,“Café”", "w01,BÄÖTE"])
def test_western_letters_are_read_where_words_stay_words(text: str) -> None:
    assert decoded_western(text.encode("cp1252")) == (text, "Windows-1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Болд", "cp1251"), ("Болд", "koi8-r"), ("専門家", "shift-jis"), ("전문가", "euc-kr"), ("專家", "big5")],
)
def test_western_letters_are_not_read_into_other_scripts(text: str, encoding: str) -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded_western(text.encode(encoding))


@pytest.mark.parametrize(
    ("one", "other"), [("007", "7"), ("7.0", "7"), ("E5", "e05"), ("clip_01", "Clip_1"), ("Ａ", "a")]
)
def test_codes_that_two_hands_write_are_alike(one: str, other: str) -> None:
    assert alike(one) == alike(other)


@pytest.mark.parametrize(("one", "other"), [("1", "10"), ("1.05", "1.5"), ("a00f1", "a0f01"), ("e1", "f1")])
def test_codes_that_differ_by_more_are_not_alike(one: str, other: str) -> None:
    assert alike(one) != alike(other)
