"""An expert's session as one read: every trial in order, what is done, and what the pages work out of that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    F,
    JSONField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from formats.study_file import StudyFile
from study import clock
from study.models import Consent, Device, Expert, FurtherClip, Listening, Remark, SoundCheck, Trial
from study.prepared import Given, Prepared

#: Until an expert's own pace is known, a trial is taken to last its clip and this much thinking.
THINKING_S = 20
#: With this many trials or more, the estimate uses the expert's own pace.
PACE_TRIALS = 5


class SessionTrial(NamedTuple):
    """A trial of the session, as the pages before, on and after it need to know it."""

    pk: int
    token: str
    phase: str
    number: int
    #: Of all its clips together.
    duration_ms: int
    #: The key of its attention check; "" in most trials.
    attention_check: str
    #: When the first answer to the last scale was given.
    answered_at: datetime | None
    #: From when the trial can be served, by the server's clock: the one before is over then. None if that is not known.
    opened_at: datetime | None
    #: Whether it is over: rated on every scale with each required text, or its problem report has taken effect.
    done: bool

    @property
    def leaves_at(self) -> datetime | None:
        """The earliest time at which a problem report opens the next trial: the clip could have been heard by then."""
        return self.opened_at and self.opened_at + timedelta(milliseconds=self.duration_ms)


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

    trials: list[SessionTrial]

    @cached_property
    def current(self) -> SessionTrial | None:
        """The first trial that is not done; None when there is none left."""
        return next((trial for trial in self.trials if not trial.done), None)

    def trial(self, token: str) -> SessionTrial | None:
        """The trial of that token; someone else's and an unknown one are none."""
        return next((trial for trial in self.trials if trial.token == token), None)

    def before(self, trial: SessionTrial) -> SessionTrial | None:
        """The trial before this one; before the first study trial, the last practice trial."""
        at = self.trials.index(trial)
        return self.trials[at - 1] if at else None

    def after(self, trial: SessionTrial) -> SessionTrial | None:
        """The trial after this one; after the last practice trial, the first study trial."""
        at = self.trials.index(trial)
        return self.trials[at + 1] if at + 1 < len(self.trials) else None

    def reached(self, trial: SessionTrial, *, ahead: int = 0) -> bool:
        """Whether a trial is the present one, an earlier one or at most so many ahead."""
        return self.current is None or self.trials.index(trial) <= self.trials.index(self.current) + ahead

    def phase(self, phase: str) -> list[SessionTrial]:
        """The trials of a phase."""
        return [trial for trial in self.trials if trial.phase == phase]

    def progress(self) -> Progress:
        """Trials done in the present phase, and minutes left at the expert's own pace once it is known."""
        left = [trial for trial in self.trials if not trial.done]
        phase = Trial.Phase.PRACTICE if any(trial.phase == Trial.Phase.PRACTICE for trial in left) else "study"
        here, pace = self.phase(phase), self._pace_s()
        seconds = sum(trial.duration_ms / 1000 + THINKING_S if pace is None else pace for trial in left)
        return Progress(sum(trial.done for trial in here), len(here), str(phase), math.ceil(seconds / 60))

    def _pace_s(self) -> float | None:
        """Median seconds from one answered study trial to the next, or None before five are.

        The median, so that a night between two trials does not count as thinking.
        """
        times = sorted(trial.answered_at for trial in self.phase(Trial.Phase.STUDY) if trial.answered_at)
        if len(times) < PACE_TRIALS:
            return None
        return float(median((after - before).total_seconds() for before, after in pairwise(times)))


class _Row(NamedTuple):
    """What the database says of one trial, and with it, the same on each row, of the expert's arrival."""

    pk: int
    token: str
    phase: str
    number: int
    duration_ms: int
    attention_check: str
    scales: int
    firsts: int
    answered_at: datetime | None
    first_came: datetime | None
    last_came: datetime | None
    #: The newest answers in words; None where there are none.
    written: dict[str, str] | None
    #: When a problem was first reported, by the server's clock.
    reported_at: datetime | None
    #: Before the last of these no trial is shown: the link accepted, consent given and the sound set up.
    accepted_at: datetime | None
    consented_at: datetime | None
    sounded_at: datetime | None

    @property
    def arrived_at(self) -> datetime | None:
        """When the expert had come to the first trial."""
        return max(filter(None, (self.accepted_at, self.consented_at, self.sounded_at)), default=None)

    def rated_at(self, wanted: int) -> datetime | None:
        """When the rating on the last scale came."""
        if self.scales < wanted:
            return None
        return self.first_came if self.firsts == wanted else self.last_came

    def leaves_at(self, opened: datetime | None) -> datetime | None:
        """When a problem report takes effect: once the clip could have been heard."""
        if self.reported_at is None:
            return None
        return max(self.reported_at, (opened or self.reported_at) + timedelta(milliseconds=self.duration_ms))


def session_of(expert: Expert) -> Session:
    """The expert's session in one query, empty without a slot; the study must be loaded."""
    if expert.slot_id is None:
        return Session([])
    rows = TRIALS(expert.study.file, expert=expert.pk, slot=expert.slot_id)
    return Session(list(_places(map(_Row._make, rows), expert.study.file)))


def _trials(file: StudyFile) -> QuerySet[Trial, Any]:
    """The trials of a slot in their order, with what its expert has said of each."""
    expert = Given("expert", BigIntegerField())
    own = Q(ratings__expert=expert)
    first = own & Q(ratings__revision=1)
    reports = Listening.objects.filter(trial=OuterRef("pk"), expert=expert, problem=True)
    return (
        Trial.objects.filter(slot=Given("slot", BigIntegerField()))
        .order_by("phase", "number")
        .annotate(duration_ms=_lasting(file), reported_at=_earliest(reports, "received_at"))
        .annotate(scales=answers_counted(file, own), firsts=Count("ratings", filter=first))
        .annotate(answered_at=Max("ratings__given_at", filter=first))
        .annotate(
            first_came=Max("ratings__received_at", filter=first), last_came=Max("ratings__received_at", filter=own)
        )
        .annotate(written=newest_answers(file, expert))
        .annotate(accepted_at=_earliest(Device.objects.filter(expert=expert), "accepted_at"))
        .annotate(consented_at=_earliest(Consent.objects.filter(expert=expert), "given_at"))
        .annotate(sounded_at=_earliest(SoundCheck.objects.filter(expert=expert), "given_at"))
        .values_list(*_Row._fields)
    )


def _kind(file: StudyFile) -> tuple[bool, ...]:
    """All of a study that the query of its sessions depends on."""
    return file.asks_of_places, file.has_reference, file.trial.clips == 1, bool(file.texts)


TRIALS: Prepared[tuple[Any, ...]] = Prepared(_trials, _kind)


def newest_answers(file: StudyFile, expert: Expert | Given) -> Combinable:
    """What an expert wrote last to a trial's questions of kind text; nothing is looked up where none is asked."""
    if not file.texts:
        return Value(None, output_field=JSONField())
    remarks = Remark.objects.filter(trial=OuterRef("pk"), expert=expert).order_by("-revision")
    return Subquery(remarks.values("answers")[:1])


def answers_counted(file: StudyFile, own: Q | None = None, ratings: str = "ratings__") -> Count:
    """How many questions of a trial are answered, each of every clip of which it is asked."""
    if not file.asks_of_places:
        return Count(f"{ratings}scale", distinct=True, filter=own)
    place = Cast(f"{ratings}place", CharField())
    return Count(Concat(f"{ratings}scale", Value(" "), place, output_field=CharField()), distinct=True, filter=own)


def _lasting(file: StudyFile) -> Combinable:
    """How long the clips of a trial last, one after the other, its reference among them."""
    first: Combinable = F("clip__duration_ms")
    if file.has_reference:
        first += F("reference__duration_ms")
    if file.trial.clips == 1:
        return first
    further = FurtherClip.objects.filter(trial=OuterRef("pk")).order_by().values("trial")
    return first + Coalesce(Subquery(further.annotate(ms=Sum("clip__duration_ms")).values("ms")), 0)


def _earliest(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(field).values(field)[:1])


def _places(rows: Iterable[_Row], file: StudyFile) -> Iterator[SessionTrial]:
    """The trials in their order: each opens when the one before is over, and the first when the expert arrived."""
    now, opened, asked = clock.now(), None, file.answers_per_trial
    for count, row in enumerate(rows):
        wanted = asked + bool(row.attention_check)
        opened = opened if count else row.arrived_at
        rated, leaves = row.rated_at(wanted), row.leaves_at(opened)
        answered = row.answered_at if row.firsts == wanted else None
        complete = rated and file.are_written(row.written)
        yield SessionTrial(*row[:6], answered, opened, done=bool(complete or (leaves and leaves <= now)))
        opened = min(filter(None, (rated, leaves)), default=None)


def break_before(trial: SessionTrial, file: StudyFile) -> bool:
    """Whether the plan of a study file puts a break just before this trial."""
    last = file.break_after
    return trial.phase == Trial.Phase.STUDY and last > 0 and trial.number == last + 1
