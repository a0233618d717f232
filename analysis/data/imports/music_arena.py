"""Battles of Music Arena: as they are logged (JSON Lines), or as they are published (one flat object a line)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.data.imports.files import json_of, stem
from analysis.data.imports.found import NO_ANSWER
from analysis.data.imports.roles import Roles
from formats.errors import InputError
from formats.messages import LazyText

#: What a vote is worth. Of BOTH_BAD only the equality is kept.
VOTES = {"A": -1, "B": 1, "TIE": 0, "BOTH_BAD": 0}


def fits(header: set[str]) -> bool:
    return {"a_metadata", "b_metadata"} <= header or {"battle_uuid", "system_a", "preference"} <= header


def read(roles: Roles) -> None:
    """Comparisons; A and B are the sides shown. Prompts are free texts, which hardly repeat, and are not kept."""
    both_bad = 0
    for line, battle in enumerate(json_of(roles.path), 1):
        try:
            vote, whose, a, b = _flat(battle)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "%(file)s, line %(line)d: no battle of Music Arena: %(reason)s is missing or of another kind.",
                file=roles.path,
                line=line,
                reason=error,
            ) from error
        if vote is None:
            roles.found.leave_out(NO_ANSWER)
            continue
        both_bad += vote == "BOTH_BAD"
        roles.found.compare(expert=whose, question="preference", prompt="", a=a, b=b, value=VOTES[vote], line=line)
    if both_bad:
        roles.found.note(LazyText("BOTH_BAD is read as no preference: {count}.", count=both_bad))
    roles.found.note(LazyText("An expert here is an address from which people voted."))


def _flat(battle: Mapping[str, Any]) -> tuple[str | None, str, tuple[str, str], tuple[str, str]]:
    """(vote, expert, clip and system a, clip and system b) of a battle; without a vote only that."""
    if "a_metadata" in battle:
        if not battle["vote"]:
            return None, "", ("", ""), ("", "")
        a, b = (
            (stem(battle[f"{side}_audio_url"]), battle[f"{side}_metadata"]["system_key"]["system_tag"]) for side in "ab"
        )
        return _known(battle["vote"]["preference"]), str(battle["vote_user"]["salted_ip"]), a, b
    if not battle["preference"]:
        return None, "", ("", ""), ("", "")
    a, b = (
        (stem(str(battle[f"audio_{side}"])) or f"{battle['battle_uuid']}-{side}", battle[f"system_{side}"])
        for side in "ab"
    )
    return _known(battle["preference"]), str(battle["user_pseudonym"]), a, b


def _known(vote: str) -> str:
    if vote not in VOTES:
        raise KeyError(vote)
    return vote
