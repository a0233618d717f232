"""Cautions on session plans that reveal the next clip or one another."""

from __future__ import annotations

import math
from typing import Any

from formats.errors import Message
from study.design.predictability import predictable_share, share_from_another
from study.design.spec import SQUARES_FROM

#: The share of the next clips that may be predicted by a person who knows all the rest of the plan.
MAX_PREDICTABLE = 0.5
#: So many times as often as by chance may one session plan reveal a trial's system in another.
MAX_REVEALED = 1.25
#: With balanced plans that is at most slots / (slots - 1) times, so this many slots are enough.
ENOUGH_SLOTS = math.ceil(MAX_REVEALED / (MAX_REVEALED - 1))
#: With as many slots as systems, sessions of more trials than this follow no rule.
SHORT_SESSION = 8


def may_reveal(*, slots: int, systems: int, trials: int) -> bool:
    """Tell whether a design is so small that its plans should be looked at.

    Parameters
    ----------
    slots, systems, trials : int
        Session plans, systems, and trials of each session.

    Returns
    -------
    bool
    """
    return slots < max(ENOUGH_SLOTS, systems) or trials <= SHORT_SESSION


def plan_cautions(sessions: dict[str, Any]) -> list[Message]:
    """Caution where experts could learn the order or another session plan.

    Parameters
    ----------
    sessions : dict
        What ``make_sessions`` or ``make_pair_sessions`` returned.

    Returns
    -------
    list of Message
        Each with its number and how to fix it; none for plans that tell little.
    """
    return [*_guessable(sessions), *_revealing(sessions)]


def _guessable(sessions: dict[str, Any]) -> list[Message]:
    """A caution if an expert could learn to predict the next clip from the order."""
    if "places" in sessions["slots"][0]["trials"][0]:  # rounds of pairs, and pages of sets, follow orders of their own
        return []
    share = predictable_share(sessions)
    if len(sessions["systems"]) < SQUARES_FROM or share <= MAX_PREDICTABLE:
        return []
    return [
        Message(
            "The orders follow a rule: the position and system of a clip predict the next system %(share)s of the "
            "time. An expert could learn it. Use at least as many slots as systems, and more than eight trials.",
            share=f"{share:.0%}",
        )
    ]


def _revealing(sessions: dict[str, Any]) -> list[Message]:
    """A caution if one session plan tells too much about the others, because there are few slots."""
    share, chance = share_from_another(sessions), 1 / len(sessions["systems"])
    if len(sessions["slots"]) >= ENOUGH_SLOTS:  # sessions of few trials coincide by chance, which tells nobody anything
        return []
    if share <= MAX_REVEALED * chance or math.isclose(share, MAX_REVEALED * chance):
        return []
    return [
        Message(
            "So few session plans reveal one another: a person with the pack and one expert's browser can name the "
            "system of another expert's trial %(share)s of the time or more (chance level %(chance)s), and so see "
            "results before unblinding. The study has %(slots)s slots; use %(enough)s or more.",
            share=f"{share:.0%}",
            chance=f"{chance:.0%}",
            slots=len(sessions["slots"]),
            enough=ENOUGH_SLOTS,
        )
    ]
