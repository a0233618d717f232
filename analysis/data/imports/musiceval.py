"""Single ratings of MusicEval and AudioMOS 2025 (person_mos): no header; file, rater, quality, alignment."""

from __future__ import annotations

import re

from analysis.data.imports.files import lines_of, stem
from analysis.data.imports.roles import Roles
from formats.errors import InputError

NAME = re.compile(r"(?P<system>S\d+)_(?P<prompt_id>P\d+)")
SCALES = ("mos_quality", "mos_alignment")


def fits(header: set[str]) -> bool:
    return any(NAME.search(name) for name in header)


def read(roles: Roles) -> None:
    """Ratings of quality and alignment; system and prompt are in the file's name (S001_P003)."""
    for line, cells in lines_of(roles.path):
        if len(cells) != 2 + len(SCALES):
            raise InputError(
                "%(file)s, line %(line)d: %(count)d cells where file, rater, quality and alignment should be.",
                file=roles.path,
                line=line,
                count=len(cells),
            )
        clip = stem(cells[0])
        system, prompt = roles.in_name(clip, line, NAME)
        for scale, rating in zip(SCALES, cells[2:], strict=True):
            roles.found.rate(
                expert=cells[1], system=system, clip=clip, prompt=prompt, scale=scale, rating=rating, line=line
            )
