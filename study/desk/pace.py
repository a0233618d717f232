"""Numbers above the board: slots taken, sessions finished, answers given, and when the last will be, at this pace.

They count experts and answers only, never what was heard, so they are the same for every system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from study import clock
from study.models import Study

#: The pace is that of the last days.
WINDOW = timedelta(days=7)
#: The most days that the chart shows.
MAX_DAYS = 42
#: Of the chart, in units of its own: a day's width, a bar's width, its height.
DAY, BAR, HEIGHT = 20, 14, 100


@dataclass(frozen=True)
class Answered:
    """A trial with answers: how many scales have one, and when the last of their first answers came."""

    trial: int
    scales: int
    at: datetime


@dataclass(frozen=True)
class Bar:
    """One day of the chart: its answers, and its bar."""

    day: date
    answers: int
    left: int
    height: float

    @property
    def top(self) -> float:
        """Where its bar begins, from above."""
        return HEIGHT - self.height


@dataclass(frozen=True)
class Pace:
    """Answers to the study's trials: given, planned, by day, and until when at the pace of the last seven days."""

    answers: int
    planned: int
    days: list[Bar]
    ends: datetime | None

    @property
    def share(self) -> int:
        """Answers given of those planned, in per cent."""
        return 100 * self.answers // max(1, self.planned)

    @property
    def most(self) -> int:
        """The most answers of a day."""
        return max((bar.answers for bar in self.days), default=0)

    @property
    def width(self) -> int:
        """The chart's width, of a week at least so that no bar is a wall."""
        return DAY * max(len(self.days), 7)


def pace(study: Study, answered: Iterable[Answered], zone: tzinfo) -> Pace:
    """How far the study is; the trial of a slot counts once, also where two experts had the slot."""
    by_trial: dict[int, Answered] = {}
    for one in answered:
        if one.trial not in by_trial or by_trial[one.trial].scales < one.scales:
            by_trial[one.trial] = one
    counted = list(by_trial.values())
    planned = study.file.slots * study.file.trials_per_expert * study.file.answers_per_trial
    return Pace(sum(one.scales for one in counted), planned, _days(counted, zone), _ends(study, counted, planned))


def _ends(study: Study, answered: list[Answered], planned: int) -> datetime | None:
    """When the last answer will be in; None for a study that is not open, is complete or stands still."""
    now = clock.now()
    recent = [one for one in answered if one.at > now - WINDOW]
    left = planned - sum(one.scales for one in answered)
    if study.state != Study.State.OPEN or not recent or left <= 0:
        return None
    since = max(now - min(one.at for one in recent), timedelta(days=1))
    return now + min(since * (left / sum(one.scales for one in recent)), timedelta(days=3650))


def _days(answered: list[Answered], zone: tzinfo) -> list[Bar]:
    """Every day from the first answer to the last, or to today's; the last weeks of them."""
    counts: Counter[date] = Counter()
    for one in answered:
        counts[one.at.astimezone(zone).date()] += one.scales
    if not counts:
        return []
    last, most = max(counts), max(counts.values())
    first = max(min(counts), last - timedelta(days=MAX_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [Bar(day, counts[day], DAY * number, HEIGHT * counts[day] / most) for number, day in enumerate(days)]
