"""An expert's session as one read: every trial in order, what is done, and what the pages work out of that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q

from study import study_file
from study.models import Expert, Listening, Trial

#: Until an expert's own pace is known, a trial is taken to last its clip and this much thinking.
THINKING_S = 20
#: From this many trials on, her own pace is used.
PACE_TRIALS = 5


class Place(NamedTuple):
    """A trial of the session, as the pages before, on and after it need to know it."""

    pk: int
    token: str
    phase: str
    number: int
    duration_ms: int
    #: Answered on every scale, or said not to play.
    done: bool
    #: When the first answer to the last scale was given.
    answered_at: datetime | None


@dataclass(frozen=True)
class Progress:
    """How far an expert is within a phase, and an honest guess at the minutes left of the whole session."""

    done: int
    total: int
    phase: str
    minutes_left: int


@dataclass(frozen=True)
class Session:
    """The trials of an expert, practice first."""

    places: list[Place]

    @cached_property
    def current(self) -> Place | None:
        """The first trial that is not done; None when there is none left."""
        return next((place for place in self.places if not place.done), None)

    def place(self, token: str) -> Place | None:
        """The trial of that token; someone else's and an unknown one are none."""
        return next((place for place in self.places if place.token == token), None)

    def before(self, place: Place) -> Place | None:
        """The trial before this one; before the first study trial, the last practice trial."""
        at = self.places.index(place)
        return self.places[at - 1] if at else None

    def after(self, place: Place) -> Place | None:
        """The trial after this one; after the last practice trial, the first study trial."""
        at = self.places.index(place)
        return self.places[at + 1] if at + 1 < len(self.places) else None

    def reached(self, place: Place, *, ahead: int = 0) -> bool:
        """Whether a trial is the present one, an earlier one or at most so many ahead."""
        return self.current is None or self.places.index(place) <= self.places.index(self.current) + ahead

    def phase(self, phase: str) -> list[Place]:
        """The trials of a phase."""
        return [place for place in self.places if place.phase == phase]

    def progress(self) -> Progress:
        """Trials done in the present phase, and minutes left at the expert's own pace once it is known."""
        left = [place for place in self.places if not place.done]
        phase = Trial.Phase.PRACTICE if any(place.phase == Trial.Phase.PRACTICE for place in left) else "study"
        here, pace = self.phase(phase), self._pace_s()
        seconds = sum(place.duration_ms / 1000 + THINKING_S if pace is None else pace for place in left)
        return Progress(sum(place.done for place in here), len(here), str(phase), math.ceil(seconds / 60))

    def _pace_s(self) -> float | None:
        """Median seconds from one answered study trial to the next, or None before five are.

        The median, so that a night between two trials does not count as thinking.
        """
        times = sorted(place.answered_at for place in self.phase(Trial.Phase.STUDY) if place.answered_at)
        if len(times) < PACE_TRIALS:
            return None
        return float(median((after - before).total_seconds() for before, after in pairwise(times)))


def session_of(expert: Expert) -> Session:
    """The expert's session in one query; without a place in the study it is empty. Her study must be at hand."""
    if expert.slot_id is None:
        return Session([])
    hers = Q(ratings__expert=expert)
    first = hers & Q(ratings__revision=1)
    mute = Listening.objects.filter(trial=OuterRef("pk"), expert=expert, problem=True)
    rows = (
        Trial.objects.filter(slot=expert.slot_id)
        .order_by("phase", "number")
        .annotate(scales=Count("ratings__scale", distinct=True, filter=hers))
        .annotate(firsts=Count("ratings", filter=first), at=Max("ratings__given_at", filter=first), mute=Exists(mute))
        .values_list("pk", "token", "phase", "number", "clip__duration_ms", "scales", "mute", "firsts", "at")
    )
    wanted = len(expert.study.file["scales"])
    return Session(
        [
            Place(pk, token, phase, number, duration, scales >= wanted or mute, at if firsts == wanted else None)
            for pk, token, phase, number, duration, scales, mute, firsts, at in rows
        ]
    )


def break_before(place: Place, file: dict[str, object]) -> bool:
    """Whether the plan of a study file puts a break just before this trial."""
    last = study_file.break_after(file)
    return place.phase == Trial.Phase.STUDY and last > 0 and place.number == last + 1
