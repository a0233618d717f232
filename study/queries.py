"""Reads for the pages, the desk and the exports. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Q, QuerySet, Value
from django.utils.translation import gettext as _

from study.errors import Refused
from study.models import (
    Clip,
    Consent,
    Device,
    Expert,
    FurtherClip,
    Listening,
    Rating,
    Remark,
    SoundCheck,
    Study,
    Trial,
)
from study.session import Session, SessionTrial, answers_counted, newest_answers, session_of

Interval = tuple[int, int]


@dataclass(frozen=True)
class Answer:
    """What counts at present on one scale of one trial."""

    value: int
    revision: int


def trial_for(expert: Expert, token: str) -> Trial:
    """The expert's trial of that token; others and unknown ones are both 404."""
    found = _trials(expert).filter(token=token).first()
    if found is None:
        raise unknown_trial()
    return found


def unknown_trial() -> Refused:
    """The refusal of a token that names no trial of the expert's."""
    return Refused(404, "unknown", _("Page not found."))


def audio_of(expert: Expert, token: str, place: int = 1) -> str:
    """The audio at a place (0: the reference) of an expert's current trial, an earlier one or the next one.

    Refused as by `trial_for` (an unknown place, too), and while the expert may not listen: before consent, after
    submission and closing.
    """
    session = session_of(expert)
    found = session.trial(token)
    if found is None:
        raise unknown_trial()
    refuse_finished(expert)
    consent = Exists(Consent.objects.filter(expert=expert))
    consented, audio = Trial.objects.annotate(consent=consent).values_list("consent", "clip__audio").get(pk=found.pk)
    if not consented:
        raise Refused(403, "consent", _("Please read the consent text and agree to it first."))
    if not session.reached(found, ahead=1):
        raise unknown_trial()
    if place == 1:
        return str(audio)
    further = FurtherClip.objects.filter(trial=found.pk, place=place).values_list("clip__audio", flat=True)
    reference = Clip.objects.filter(reference_trials=found.pk).values_list("audio", flat=True)
    if not (paths := list(further if place else reference)):
        raise unknown_trial()
    return str(paths[0])


def refuse_finished(expert: Expert) -> None:
    """Refuse an expert who has withdrawn or submitted, or a closed study."""
    if expert.withdrawn_at:
        raise Refused(403, "withdrawn", _("You have withdrawn from this study."))
    refuse_finished_study(expert)
    if expert.submitted_at:
        raise Refused(403, "submitted", _("You have submitted your ratings, so you can no longer change them."))


def refuse_finished_study(expert: Expert) -> None:
    """Refuses an expert of a study that is not open any more."""
    if expert.study.state in {Study.State.CLOSED, Study.State.UNSEALED}:
        raise Refused(410, "closed", _("This study is closed. Thank you for your interest."))


def is_done(trial: int, expert: Expert) -> bool:
    """Whether a trial is fully rated, or its problem report has taken effect."""
    file, reported = expert.study.file, Exists(Listening.objects.filter(trial=trial, expert=expert, problem=True))
    rows = Trial.objects.filter(pk=trial).annotate(
        reported=reported,
        scales=answers_counted(file, Q(ratings__expert=expert)),
        written=newest_answers(file, expert),
    )
    found = rows.values_list("token", "attention_check", "scales", "reported", "written").get()
    token, check, scales, is_reported, written = found
    rated = bool(scales >= file.answers_per_trial + bool(check) and file.are_written(written))
    if rated or not is_reported:
        return rated
    place = session_of(expert).trial(token)
    return place is not None and place.done


def _trials(expert: Expert) -> QuerySet[Trial]:
    """The expert's trials in order: practice first."""
    if expert.slot_id is None:
        return Trial.objects.none()
    return Trial.objects.filter(slot_id=expert.slot_id).select_related("clip", "slot").order_by("phase", "number")


def current_trial(expert: Expert) -> Trial | None:
    """The first trial without all ratings, practice first, or None."""
    current = session_of(expert).current
    return _trials(expert).get(pk=current.pk) if current else None


def incomplete_trials(expert: Expert) -> list[int]:
    """Numbers of the study trials that lack an answer."""
    return [place.number for place in session_of(expert).phase(Trial.Phase.STUDY) if not place.done]


def next_step(expert: Expert, session: Session | None = None) -> str:
    """The expert's next page: consent, background, sound, … thanks, or closed.

    A caller that has already loaded the session passes it.
    """
    study = expert.study
    if expert.submitted_at:
        return "thanks"
    if study.state in {Study.State.CLOSED, Study.State.UNSEALED}:
        return "closed"
    if not expert.consents.filter(version=study.file.consent.version).exists():
        return "consent"
    if study.file.background and not expert.backgrounds.exists():
        return "background"
    if not (expert.sound_checks.exists() or expert.listenings.exists()):
        return "sound"
    current = (session or session_of(expert)).current
    if current is None:
        return "review"
    return "practice" if current.phase == Trial.Phase.PRACTICE else "trial"


def answers(trial: Trial | int, expert: Expert) -> dict[str, Answer]:
    """What counts at present, by scale, of the trial or its first clip. A trial may be given by its key."""
    return {scale: answer for (scale, place), answer in answers_at_places(trial, expert).items() if place == 1}


def answers_at_places(trial: Trial | int, expert: Expert) -> dict[tuple[str, int], Answer]:
    """What counts at present, by scale and place of the clip."""
    rows = Rating.objects.filter(trial=trial, expert=expert).order_by("revision")
    found = rows.values_list("scale", "place", "value", "revision")
    return {(scale, place): Answer(value, revision) for scale, place, value, revision in found}


def remark_on(trial: Trial | int, expert: Expert) -> Remark | None:
    """The newest remark on a trial."""
    return next(iter(Remark.objects.filter(trial=trial, expert=expert).order_by("-revision")[:1]), None)


def playback_volume(expert: Expert) -> int:
    """The volume that the expert set last, in per cent; 100 without one."""
    levels = SoundCheck.objects.filter(expert=expert).order_by("-pk").values_list("level", flat=True)
    return next(iter(levels[:1]), 100)


@dataclass(frozen=True)
class AnsweredTrial:
    """One study trial as the review shows it."""

    number: int
    token: str
    #: By scale and place of the clip.
    values: dict[tuple[str, int], int]
    #: The key of its attention check, whose answer is among the values; "" in most trials.
    attention_check: str
    known: bool
    comment: str
    #: Of questions of kind text, by key.
    written: dict[str, str]
    problem: bool

    @property
    def begun(self) -> bool:
        """Whether the trial was opened, so that the review can link to it."""
        return bool(self.values or self.known or self.comment or self.written or self.problem)


def answered_trials(expert: Expert) -> list[AnsweredTrial]:
    """Every study trial of the expert with what counts at present, in four queries."""
    values: dict[int, dict[tuple[str, int], int]] = {}
    rated = expert.ratings.order_by("revision").values_list("trial_id", "scale", "place", "value")
    for trial, scale, place, value in rated:
        values.setdefault(trial, {})[scale, place] = value
    remarks = {remark.trial_id: remark for remark in expert.remarks.order_by("revision")}
    playback_failed = set(expert.listenings.filter(problem=True).values_list("trial_id", flat=True))
    rows = _trials(expert).filter(phase=Trial.Phase.STUDY).values_list("pk", "number", "token", "attention_check")
    return [
        AnsweredTrial(
            number,
            token,
            values.get(pk, {}),
            check,
            known=pk in remarks and remarks[pk].known,
            comment=remarks[pk].comment if pk in remarks else "",
            written=remarks[pk].answers if pk in remarks else {},
            problem=pk in playback_failed,
        )
        for pk, number, token, check in rows
    ]


@dataclass(frozen=True)
class ListeningSummary:
    """All listening reports of a trial: merged intervals (ms), plays, problems."""

    intervals: list[Interval]
    plays: int
    problem: bool


def durations_of(trial: SessionTrial, study: Study) -> dict[int, int]:
    """How long each clip of a trial lasts (ms), by place, the reference at 0; only several clips need a query."""
    others = durations_beside_first(trial.pk, study)
    return dict(sorted({**others, 1: trial.duration_ms - sum(others.values())}.items()))


def durations_beside_first(trial: int, study: Study) -> dict[int, int]:
    """The same of the clips that only some kinds of trial have: the reference, and those at place 2 and later."""
    lasts: dict[int, int] = {}
    if study.file.has_reference:
        reference = Clip.objects.filter(reference_trials=trial)
        lasts.update(reference.annotate(place=Value(0)).values_list("place", "duration_ms"))
    if study.file.trial.clips != 1:
        lasts.update(FurtherClip.objects.filter(trial=trial).values_list("place", "clip__duration_ms"))
    return lasts


def waveforms_of(trial: int, study: Study) -> list[str]:
    """The waveform of each clip of a trial in the order of their places, its reference first; [] without waveforms."""
    if not study.file.trial.waveform:
        return []
    first = Trial.objects.values_list("reference__waveform", "clip__waveform").get(pk=trial)
    further = FurtherClip.objects.filter(trial=trial).order_by("place").values_list("clip__waveform", flat=True)
    return [waveform for waveform in (*first, *further) if waveform is not None]


def listening_by_place(trial: Trial | int, expert: Expert, places: Iterable[int]) -> dict[int, ListeningSummary]:
    """What the expert has heard of each of the trial's clips, in one query; a problem is one of the trial."""
    rows = Listening.objects.filter(trial=trial, expert=expert).values_list("place", "intervals", "plays", "problem")
    reports = list(rows)
    problem = any(is_reported for *_rest, is_reported in reports)
    found = {}
    for place in places:
        here = [(intervals, plays) for at, intervals, plays, _problem in reports if at == place]
        intervals = merged(interval for report, _plays in here for interval in report)
        found[place] = ListeningSummary(intervals, sum(plays for _intervals, plays in here), problem)
    return found


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


def last_seen(study: Study) -> dict[int, datetime]:
    """When each expert last opened a link, listened or rated."""
    found: dict[int, datetime] = {}
    for model, field in ((Device, "accepted_at"), (Listening, "received_at"), (Rating, "received_at")):
        rows = model._default_manager.filter(expert__study=study).order_by().values_list("expert")
        for expert, moment in rows.annotate(Max(field)):
            found[expert] = max(moment, found.get(expert, moment))
    return found
