"""Progress of a study: trials and flags of each expert, and ratings per clip.

While the study is sealed it says nothing of any one clip or system, by whatever code: someone with the pack and an
expert's browser would see which count rises when a known clip is rated. The number of queries is the same whatever the
study's size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from study import clock
from study.desk.attention import Reasons, Seen, reasons
from study.desk.pace import Answered, Pace, pace
from study.models import Clip, Device, Expert, FurtherClip, Invitation, Listening, Rating, SoundCheck, Study, Trial
from study.services.invitations import has_slot
from study.session import answers_counted

#: From this many rated clips on, answers are looked over for the two flags.
MIN_TRIALS = 10
#: Straight-lining: this share of the clips or more have the same rating on every scale (with one scale: overall).
SAME_SHARE = 0.8
#: Too fast: half of the clips were rated within this time per scale after they could have been heard once.
FAST_S_A_SCALE = 0.5
#: What is read of an answer to an attention check.
NEWEST = ("expert", "trial", "scale", "value")
#: An answer that came so long after it was given had waited for a connection.
LOST = timedelta(minutes=1)


class PlannedTrial(NamedTuple):
    """One planned study trial: its clips, how long they last together, whether it is a repeat."""

    clips: tuple[int, ...]
    clip_ms: int
    is_repeat: bool


class Rated(NamedTuple):
    """One study trial on which an expert has given an answer on every scale."""

    expert: int
    trial: int
    place: PlannedTrial
    #: From the trial's first showing to the first answer on the last scale.
    ms: int
    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class Row:
    """One expert on the board."""

    expert: Expert
    #: The name of the expert's group in the reader's language.
    group: str
    done: int
    total: int
    last_seen: datetime | None
    #: Median seconds from a trial's first showing to its last answer; None before the first.
    seconds: float | None
    #: The result of the headphone check; "" if it was skipped.
    headphones: str
    #: Attention checks answered rightly and answered, as 2/3; "" before the first.
    checks: str
    link: str
    reasons: Reasons

    @property
    def marked(self) -> bool:
        """Whether somebody should write to the expert."""
        return bool(self.reasons)

    @property
    def is_unfinished(self) -> bool:
        """Whether answers of the expert are still to come."""
        return has_slot(self.expert) and self.expert.submitted_at is None


@dataclass(frozen=True)
class ClipCoverage:
    """Planned and completed ratings of one clip."""

    clip_id: str
    planned: int
    rated: int

    @property
    def level(self) -> int:
        """The share of its ratings that are given, from 0 for none to 4 for all."""
        return min(4, -(-4 * self.rated // max(1, self.planned))) if self.rated < self.planned else 4


@dataclass(frozen=True)
class Coverage:
    """Planned and completed ratings of a system's clips, while blinded of all."""

    #: The system's id; "" for all clips together.
    system: str
    clips: list[ClipCoverage]

    @property
    def planned(self) -> tuple[int, int]:
        """Fewest and most places that hear a clip, as in the certificate."""
        counts = [clip.planned for clip in self.clips]
        return min(counts), max(counts)

    @property
    def rated(self) -> tuple[int, int]:
        """Fewest and most places in which a clip was rated."""
        counts = [clip.rated for clip in self.clips]
        return min(counts), max(counts)

    @property
    def shown(self) -> dict[str, str]:
        """``planned`` and ``rated`` as the page has them: one number where fewest and most are the same."""
        both = {"planned": self.planned, "rated": self.rated}
        return {name: "–".join(map(str, dict.fromkeys(counts))) for name, counts in both.items()}

    @property
    def share(self) -> int:
        """Ratings of whole trials given, of those planned, in per cent."""
        return 100 * sum(clip.rated for clip in self.clips) // max(1, sum(clip.planned for clip in self.clips))


@dataclass(frozen=True)
class GroupPlaces:
    """How many of a group's places are finished, in progress, not started and free; their bars end at these shares."""

    label: str
    slots: int
    finished: int
    begun: int
    waiting: int

    @property
    def taken(self) -> int:
        """Places that an expert has."""
        return self.finished + self.begun + self.waiting

    @property
    def free(self) -> int:
        """Places for which nobody is invited."""
        return max(0, self.slots - self.taken)


@dataclass(frozen=True)
class Board:
    """All that the board shows."""

    rows: list[Row]
    groups: list[GroupPlaces]
    pace: Pace
    coverage: list[Coverage]

    @property
    def counts_by_status(self) -> tuple[int, int, int]:
        """Numbers of experts with a slot: finished, in progress, not started."""
        columns = zip(*((group.finished, group.begun, group.waiting) for group in self.groups), strict=True)
        finished, begun, waiting = map(sum, columns)
        return finished, begun, waiting

    @property
    def slots(self) -> int:
        """Places of all groups."""
        return sum(group.slots for group in self.groups)

    @property
    def taken(self) -> int:
        """Places that an expert has."""
        return sum(group.taken for group in self.groups)

    @property
    def marked(self) -> list[Row]:
        """The experts to whom somebody should write."""
        return [row for row in self.rows if row.marked]

    @property
    def unfinished(self) -> list[Row]:
        """The experts of whom answers are still to come."""
        return [row for row in self.rows if row.is_unfinished]


def board(study: Study, zone: tzinfo = UTC) -> Board:
    """The study's board as it is now, with the days of a time zone."""
    experts = list(study.experts.select_related("replaced_by").order_by("code"))
    places, answers = _places(study), _answers(study)
    rated = [
        Rated(one.expert, one.trial, places[one.trial], one.ms, one.lowest, one.highest)
        for one in answers
        if one.trial in places and one.scales == study.file.answers_per_trial
    ]
    rows = _rows(study, experts, rated, answers)
    present = {expert.pk for expert in experts if not expert.withdrawn_at}
    answered = (
        Answered(one.trial, one.scales, one.came) for one in answers if one.trial in places and one.expert in present
    )
    return Board(rows, _groups(study, rows), pace(study, answered, zone), _coverage(study, present, places, rated))


def _groups(study: Study, rows: list[Row]) -> list[GroupPlaces]:
    """The places of each group, in the study file's order."""
    found = []
    for group in study.file.groups:
        here = [row for row in rows if row.expert.group == group.key and has_slot(row.expert)]
        finished = sum(not row.is_unfinished for row in here)
        begun = sum(row.is_unfinished and row.last_seen is not None for row in here)
        label = study.group_label(group.key, get_language() or "")
        found.append(GroupPlaces(label, group.slots, finished, begun, len(here) - finished - begun))
    return found


def _places(study: Study) -> dict[int, PlannedTrial]:
    """The plan's study trials, by their keys."""
    trials = Trial.objects.filter(slot__study=study, phase=Trial.Phase.STUDY).order_by()
    lasts = dict(study.clips.order_by().values_list("pk", "duration_ms"))
    repeats = set(trials.filter(is_repeat=True).values_list("pk", flat=True))
    clips = {pk: [clip] for pk, clip in trials.values_list("pk", "clip_id")}
    references: dict[int, int] = {}
    if study.file.has_reference:
        references = dict(trials.values_list("pk", "reference__duration_ms"))
    if study.file.trial.clips != 1:
        further = FurtherClip.objects.filter(trial__in=trials).order_by("trial", "place")
        for trial, clip in further.values_list("trial", "clip_id"):
            clips[trial].append(clip)
    return {
        pk: PlannedTrial(tuple(found), sum(lasts[clip] for clip in found) + references.get(pk, 0), pk in repeats)
        for pk, found in clips.items()
    }


class Answers(NamedTuple):
    """All answers of an expert on one trial."""

    expert: int
    trial: int
    scales: int
    #: The newest answer's key.
    newest: int
    #: From the trial's first showing to the first answer on the last scale.
    ms: int
    lowest: int | None
    highest: int | None
    #: When the last of the first answers came, when the newest came, and when it was given, where the browser's clock
    #: was measured.
    came: datetime
    newest_came: datetime
    newest_given: datetime | None

    @property
    def was_lost(self) -> bool:
        """Whether the newest answer waited for a connection."""
        return self.newest_given is not None and self.newest_came - self.newest_given > LOST


def _answers(study: Study) -> list[Answers]:
    """The answers on each trial that has any, attention checks apart; choices have no lowest and highest."""
    on_scales = ~Q(scale__in=[asked.key for asked in study.file.choices])
    checks = [check.key for check in study.file.attention_checks]
    rows = (
        Rating.objects.filter(expert__study=study)
        .exclude(scale__in=checks)
        .order_by()
        .values_list("expert", "trial")
        .annotate(
            scales=answers_counted(study.file, ratings=""),
            newest=Max("pk"),
            # An answer's first revision may be higher: the one before it was refused, for its clip was not heard yet.
            ms=Coalesce(Max("rt_ms", filter=Q(revision=1)), Max("rt_ms")),
            lowest=Min("value", filter=on_scales),
            highest=Max("value", filter=on_scales),
            came=Coalesce(Max("received_at", filter=Q(revision=1)), Max("received_at")),
            newest_came=Max("received_at"),
            newest_given=Max("given_at", filter=Q(browser_at__isnull=False)),
        )
    )
    return list(map(Answers._make, rows))


def _rows(study: Study, experts: list[Expert], rated: list[Rated], answers: list[Answers]) -> list[Row]:
    total, scales = study.file.trials_per_expert, study.file.answers_per_trial
    chosen = sum(len(study.file.places_of(asked)) for asked in study.file.choices)
    mine: dict[int, list[Rated]] = defaultdict(list)
    for trial in rated:
        mine[trial.expert].append(trial)
    groups = {group.key: study.group_label(group.key, get_language() or "") for group in study.file.groups}
    reports, headphones, links, checks = _reports(study), _headphones(study), _links(study), _checks(study)
    seen, now = _last_seen(study, ((one.expert, one.newest) for one in answers), reports), clock.now()
    lost = Counter(one.expert for one in answers if one.was_lost)

    def known(expert: Expert) -> Seen:
        trials, link = mine[expert.pk], links.get(expert.pk)
        failed = reports[expert.pk].playback_failed if expert.pk in reports else 0
        same, fast = straight_lining(trials, scales - chosen), too_fast(trials, scales)
        return Seen(expert, seen.get(expert.pk), link, same, fast, failed, lost[expert.pk])

    return [
        Row(
            expert=expert,
            group=groups[expert.group],
            done=len(mine[expert.pk]),
            total=total,
            last_seen=seen.get(expert.pk),
            seconds=median(trial.ms for trial in mine[expert.pk]) / 1000 if mine[expert.pk] else None,
            headphones=headphones.get(expert.pk, ""),
            checks=checks.get(expert.pk, ""),
            link=_link_state(links.get(expert.pk)),
            reasons=reasons(study, known(expert), now),
        )
        for expert in experts
    ]


def straight_lining(trials: list[Rated], scales: int) -> bool:
    """Whether 80% or more of at least 10 clips have the same rating on every scale; choices are no scales."""
    if len(trials) < MIN_TRIALS or not scales:
        return False
    if scales == 1:
        same = max(Counter(trial.lowest for trial in trials).values())
    else:
        same = sum(trial.lowest == trial.highest for trial in trials)
    return same >= SAME_SHARE * len(trials)


def too_fast(trials: list[Rated], scales: int) -> bool:
    """Whether half of 10 or more clips were rated within 0.5 s per scale."""
    if len(trials) < MIN_TRIALS:
        return False
    return median(trial.ms - trial.place.clip_ms for trial in trials) < 1000 * FAST_S_A_SCALE * scales


def _last_seen(study: Study, newest: Iterable[tuple[int, int]], heard: dict[int, Reports]) -> dict[int, datetime]:
    """Time of each expert's last activity: link, listening report or rating."""
    came = Device.objects.filter(expert__study=study).order_by().values_list("expert").annotate(Max("accepted_at"))
    last = dict(sorted(newest))
    said = Rating.objects.filter(pk__in=last.values()).values_list("expert", "received_at")
    found = {expert: reports.newest for expert, reports in heard.items()}
    for expert, moment in (*came, *said):
        found[expert] = max(moment, found.get(expert, moment))
    return found


class Reports(NamedTuple):
    """Listening reports of one expert: last time, number of unplayable clips."""

    newest: datetime
    playback_failed: int


def _reports(study: Study) -> dict[int, Reports]:
    rows = Listening.objects.filter(expert__study=study).order_by().values_list("expert")
    playback_failed = Count("trial", distinct=True, filter=Q(problem=True))
    return {
        expert: Reports(newest, number)
        for expert, newest, number in rows.annotate(Max("received_at"), playback_failed=playback_failed)
    }


def _headphones(study: Study) -> dict[int, str]:
    """Each expert's newest headphone check, as 5/6; no entry if it was skipped."""
    checks = SoundCheck.objects.filter(expert__study=study).order_by("pk").values_list("expert", "correct", "answers")
    return {expert: f"{correct}/{len(answers)}" if answers else "" for expert, correct, answers in checks}


def _checks(study: Study) -> dict[int, str]:
    """How many attention checks each expert passed, of those answered; no entry before the first."""
    asked = {check.key: check for check in study.file.attention_checks}
    if not asked:
        return {}
    rows = Rating.objects.filter(expert__study=study, scale__in=list(asked)).order_by("revision")
    newest = {(expert, trial): (key, value) for expert, trial, key, value in rows.values_list(*NEWEST)}
    passed: dict[int, list[bool]] = defaultdict(list)
    for (expert, _trial), (key, value) in newest.items():
        passed[expert].append(asked[key].is_right(value))
    return {expert: f"{sum(found)}/{len(found)}" for expert, found in passed.items()}


def _links(study: Study) -> dict[int, Invitation]:
    """Each expert's newest link."""
    return {link.expert_id: link for link in Invitation.objects.filter(expert__study=study).order_by("pk")}


def link_of(expert: Expert) -> Invitation | None:
    """An expert's newest link."""
    return expert.invitations.order_by("pk").last()


def _link_state(link: Invitation | None) -> str:
    """none, revoked, expired or works."""
    if link is None:
        return "none"
    if link.revoked_at:
        return "revoked"
    return "works" if link.works_at(clock.now()) else "expired"


def _coverage(study: Study, present: set[int], places: dict[int, PlannedTrial], rated: list[Rated]) -> list[Coverage]:
    """Planned and completed ratings per clip, without repeats and withdrawals."""
    planned = Counter(clip for place in places.values() if not place.is_repeat for clip in place.clips)
    done = {trial.trial: trial.place.clips for trial in rated if trial.expert in present and not trial.place.is_repeat}
    heard = Counter(clip for clips in done.values() for clip in clips)
    systems: dict[str, list[ClipCoverage]] = defaultdict(list)
    clips = study.clips.filter(role=Clip.Role.STUDY).order_by("system__system_id", "clip_id")
    for pk, clip_id, system in clips.values_list("pk", "clip_id", "system__system_id"):
        counts = planned[pk], heard[pk]
        systems["" if study.sealed else system].append(ClipCoverage("" if study.sealed else clip_id, *counts))
    # In the order of their counts while blinded, so that no place in the grid belongs to a clip.
    return [
        Coverage(system, sorted(clips, key=lambda clip: clip.rated) if study.sealed else clips)
        for system, clips in systems.items()
    ]
