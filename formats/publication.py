"""Who a dataset is by and under which license it may be used, as archives ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

#: Licenses for data by their SPDX identifier: name and address.
LICENSES: Mapping[str, tuple[str, str]] = {
    "CC0-1.0": ("Creative Commons Zero v1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-4.0": ("Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": (
        "Creative Commons Attribution Share Alike 4.0 International",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    "CC-BY-NC-4.0": (
        "Creative Commons Attribution Non Commercial 4.0 International",
        "https://creativecommons.org/licenses/by-nc/4.0/",
    ),
    "CC-BY-NC-SA-4.0": (
        "Creative Commons Attribution Non Commercial Share Alike 4.0 International",
        "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    ),
    "ODC-By-1.0": ("Open Data Commons Attribution License v1.0", "https://opendatacommons.org/licenses/by/1-0/"),
    "ODbL-1.0": ("Open Data Commons Open Database License v1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}
ORCID = "https://orcid.org/"
#: A name, and an ORCID iD in brackets of either width or none.
NAMED = re.compile(r"\s*([^()（）]*[^()（）\s])\s*(?:[(（]\s*(?:https://orcid\.org/)?([\dX-]+)\s*[)）])?\s*")


class Author(NamedTuple):
    """A person, family name first where there is a comma, and their ORCID iD or ""."""

    name: str
    orcid: str

    @property
    def address(self) -> str:
        """That of the ORCID iD, or ""."""
        return f"{ORCID}{self.orcid}" if self.orcid else ""


def author_of(text: str) -> Author | None:
    """The author that "Zhang, Wei (0000-0002-1825-0097)" names; None where the brackets hold no ORCID iD."""
    found = NAMED.fullmatch(text)
    if not found or (found[2] and not is_orcid(found[2])):
        return None
    return Author(found[1], found[2] or "")


def is_orcid(text: str) -> bool:
    """Whether it is an ORCID iD with its right last character (ISO 7064, MOD 11-2)."""
    if not re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", text):
        return False
    characters, total = text.replace("-", ""), 0
    for digit in characters[:-1]:
        total = (total + int(digit)) * 2
    return characters[-1] == "0123456789X"[(12 - total % 11) % 11]
