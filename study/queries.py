"""Reads for the pages, the desk and the exports. Nothing here writes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from study import study_file
from study.errors import Refused
from study.models import Expert, Listening, Rating, Remark, SoundCheck, Study, Trial

Interval = tuple[int, int]

#: Until an expert's own pace is known, a trial is taken to last its clip and this much thinking.
THINKING_S = 20
#: From this many trials on, her own pace is used.
PACE_TRIALS = 5


@dataclass(frozen=True)
class Answer:
    """What counts at present on one scale of one trial."""

    value: int
    revision: int


@dataclass(frozen=True)
class Progress:
    """How far an expert is within a phase, and an honest guess at the minutes left of the whole session."""

    done: int
    total: int
    phase: str
    minutes_left: int


def locked(expert: Expert) -> Expert:
    """The expert as the database has her now, her row locked until the transaction ends; study and slot at hand."""
    rows = Expert.objects.select_for_update(of=("self",)).select_related("study", "slot")
    return rows.defer("study__plan", "study__certificate").get(pk=expert.pk)


def trial_for(expert: Expert, token: str) -> Trial:
    """The expert's own trial of that token; someone else's and an unknown one get the same answer."""
    found = _trials(expert).filter(token=token).first()
    if found is None:
        raise Refused(404, "unknown", _("There is no such page in your session."))
    return found


def _trials(expert: Expert) -> QuerySet[Trial]:
    """The expert's trials in order: practice first."""
    if expert.slot_id is None:
        return Trial.objects.none()
    return Trial.objects.filter(slot_id=expert.slot_id).select_related("clip", "slot").order_by("phase", "number")


def _unfinished(expert: Expert) -> QuerySet[Trial]:
    """Trials that lack an answer on some scale, but for those of which she said that the clip would not play."""
    answered = Count("ratings__scale", distinct=True, filter=Q(ratings__expert=expert))
    mute = Listening.objects.filter(trial=OuterRef("pk"), expert=expert, problem=True)
    rows = _trials(expert).annotate(answered=answered).filter(answered__lt=len(expert.study.file["scales"]))
    return rows.exclude(Exists(mute))


def current_trial(expert: Expert) -> Trial | None:
    """The first trial, practice first, that lacks an answer; None when there is none left."""
    return _unfinished(expert).first()


def incomplete_trials(expert: Expert) -> list[int]:
    """Numbers of the study trials that lack an answer."""
    return list(_unfinished(expert).filter(phase=Trial.Phase.STUDY).values_list("number", flat=True))


def next_step(expert: Expert) -> str:
    """Where the expert goes now: consent, background, sound, practice, trial, review, thanks; or closed."""
    study = expert.study
    if expert.submitted_at:
        return "thanks"
    if study.state in {Study.State.CLOSED, Study.State.UNSEALED}:
        return "closed"
    if not expert.consents.filter(version=study.file["consent"]["version"]).exists():
        return "consent"
    if study.file["background"] and not expert.backgrounds.exists():
        return "background"
    if not (expert.sound_checks.exists() or expert.listenings.exists()):
        return "sound"
    trial = current_trial(expert)
    if trial is None:
        return "review"
    return "practice" if trial.phase == Trial.Phase.PRACTICE else "trial"


def following_trial(trial: Trial) -> Trial | None:
    """The trial after this one in the same session; after the last practice trial, the first study trial."""
    rest = Trial.objects.filter(slot=trial.slot_id).select_related("clip", "slot").order_by("phase", "number")
    return rest.filter(Q(phase=trial.phase, number__gt=trial.number) | Q(phase__gt=trial.phase)).first()


def previous_trial(trial: Trial) -> Trial | None:
    """The trial before this one in the same session."""
    rest = Trial.objects.filter(slot=trial.slot_id).select_related("clip", "slot").order_by("phase", "number")
    return rest.filter(Q(phase=trial.phase, number__lt=trial.number) | Q(phase__lt=trial.phase)).last()


def break_before(trial: Trial) -> bool:
    """Whether the plan puts a break just before this trial."""
    last = study_file.break_after(trial.slot.study.file)
    return trial.phase == Trial.Phase.STUDY and last > 0 and trial.number == last + 1


def answers(trial: Trial, expert: Expert) -> dict[str, Answer]:
    """What counts at present, by scale."""
    rows = Rating.objects.filter(trial=trial, expert=expert).order_by("revision")
    return {row.scale: Answer(row.value, row.revision) for row in rows}


def remark_on(trial: Trial, expert: Expert) -> Remark | None:
    """Her newest remark on a trial."""
    return Remark.objects.filter(trial=trial, expert=expert).order_by("revision").last()


def level_of(expert: Expert) -> int:
    """The level of the player that she chose last, in per cent; all there is where she chose none."""
    newest = SoundCheck.objects.filter(expert=expert).order_by("pk").last()
    return newest.level if newest else 100


@dataclass(frozen=True)
class AnsweredTrial:
    """One study trial as the review shows it."""

    number: int
    token: str
    values: dict[str, int]
    known: bool
    comment: str
    problem: bool

    @property
    def begun(self) -> bool:
        """Whether there is something to look at again; a clip not come to yet is not opened from the review."""
        return bool(self.values or self.known or self.comment or self.problem)


def answered_trials(expert: Expert) -> list[AnsweredTrial]:
    """Every study trial of the expert with what counts at present, in four queries."""
    values: dict[int, dict[str, int]] = {}
    for trial, scale, value in expert.ratings.order_by("revision").values_list("trial_id", "scale", "value"):
        values.setdefault(trial, {})[scale] = value
    remarks = {remark.trial_id: remark for remark in expert.remarks.order_by("revision")}
    mute = set(expert.listenings.filter(problem=True).values_list("trial_id", flat=True))
    rows = _trials(expert).filter(phase=Trial.Phase.STUDY).values_list("pk", "number", "token")
    return [
        AnsweredTrial(
            number,
            token,
            values.get(pk, {}),
            known=pk in remarks and remarks[pk].known,
            comment=remarks[pk].comment if pk in remarks else "",
            problem=pk in mute,
        )
        for pk, number, token in rows
    ]


def heard_intervals(trial: Trial, expert: Expert) -> list[Interval]:
    """What the expert has heard of the trial's clip, in ms: the union of all reports, merged and ordered."""
    reports = Listening.objects.filter(trial=trial, expert=expert).values_list("intervals", flat=True)
    return merged(interval for report in reports for interval in report)


def heard_by_trial(expert: Expert) -> dict[int, list[Interval]]:
    """`heard_intervals` of every trial of the expert, by the trial's key."""
    reports: dict[int, list[list[int]]] = {}
    for trial, intervals in Listening.objects.filter(expert=expert).values_list("trial_id", "intervals"):
        reports.setdefault(trial, []).extend(intervals)
    return {trial: merged(intervals) for trial, intervals in reports.items()}


def merged(intervals: Iterable[Iterable[int]]) -> list[Interval]:
    """The union of intervals as ordered, disjoint ones."""
    union: list[Interval] = []
    for start, end in sorted((start, end) for start, end in intervals):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def length(intervals: Iterable[Interval]) -> int:
    """Total length of disjoint intervals."""
    return sum(end - start for start, end in intervals)


def progress(expert: Expert) -> Progress:
    """Trials done in the present phase, and minutes left at the expert's own pace once it is known."""
    trials = list(_trials(expert))
    unfinished = {trial.pk for trial in _unfinished(expert)}
    phase = Trial.Phase.PRACTICE if any(t.pk in unfinished and t.phase == "practice" for t in trials) else "study"
    here = [trial for trial in trials if trial.phase == phase]
    left = [trial for trial in trials if trial.pk in unfinished]
    pace = _pace_s(expert)
    seconds = sum(pace if pace is not None else trial.clip.duration_ms / 1000 + THINKING_S for trial in left)
    done = sum(trial.pk not in unfinished for trial in here)
    return Progress(done, len(here), str(phase), math.ceil(seconds / 60))


def _pace_s(expert: Expert) -> float | None:
    """Median seconds from one finished study trial to the next, or None before five are done.

    The median, so that a night between two trials does not count as thinking.
    """
    rows = Rating.objects.filter(expert=expert, revision=1, trial__phase=Trial.Phase.STUDY).values("trial")
    wanted = len(expert.study.file["scales"])
    done = rows.annotate(scales=Count("scale"), at=Max("given_at")).filter(scales=wanted).order_by("at")
    times = [row["at"] for row in done]
    if len(times) < PACE_TRIALS:
        return None
    return float(median((after - before).total_seconds() for before, after in pairwise(times)))
