"""What a draft's numbers come to, in words, as soon as they are typed."""

from __future__ import annotations

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from formats.study_file import trials_of_round
from study.builder.content import Content, form_of, value_at
from study.session import THINKING_S

#: How long a clip is taken to last where neither the draft nor its files say, and the silence around it, in seconds.
USUAL_S, SILENCE_S = 10, 1.5


def session_in_words(content: Content, lasting: float | None = None) -> list[str]:
    """Trials and minutes of a session, ratings and presentations; nothing where numbers are missing.

    `lasting`: how long each clip will be by the files of the draft, in seconds; None where it has none yet.
    """
    form, systems = form_of(content), len(content.get("systems", ()))
    clips = systems if form == "all" else form
    heard = value_at(content, ("design", "rounds" if form == 2 else "heard_per_expert"))
    repeats = value_at(content, ("design", "repeats")) or 0
    slots = [row.get("slots") for row in content.get("groups", ())]
    per_system = value_at(content, ("design", "clips_per_system"))
    numbers = [systems, heard, repeats, per_system, *slots]
    if not slots or any(type(number) is not int or number < 0 for number in numbers) or systems < 2 or not per_system:
        return []
    trials = heard * trials_of_round(form, systems) + repeats
    seconds = value_at(content, ("clips", "seconds"))
    lasts = seconds if isinstance(seconds, int | float) else lasting or USUAL_S
    minutes = math.ceil(trials * (clips * (lasts + SILENCE_S) + THINKING_S) / 60)
    people = sum(slots)
    times = (trials - repeats) * clips * people / (systems * per_system)
    session = ngettext(
        "A session has %(trials)d trial and takes about %(minutes)d minutes (clips of %(seconds)g s).",
        "A session has %(trials)d trials and takes about %(minutes)d minutes (clips of %(seconds)g s).",
        trials,
    )
    return [
        session % {"trials": trials, "minutes": minutes, "seconds": lasts},
        _("%(people)d experts together hear each clip %(times).3g times on average.")
        % {"people": people, "times": times},
        *_checks_in_words(content),
    ]


def _checks_in_words(content: Content) -> list[str]:
    """How many attention checks a session has, where it has any."""
    times = [row.get("times") or 1 for row in content.get("attention_checks", ())]
    if not times or any(type(number) is not int for number in times):
        return []
    count = sum(times)
    said = ngettext(
        "%(count)d trial of a session has an attention check.",
        "%(count)d trials of a session have an attention check.",
        count,
    )
    return [said % {"count": count}]
