"""Progress of a study: trials and flags of each expert, and ratings per clip.

While the study is sealed it says nothing of any one clip or system, by whatever code: someone with the pack and an
expert's browser would see which count rises when a known clip is rated. The number of queries is the same whatever the
study's size.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import NamedTuple

from django.db.models import Count, Max, Min, Q
from django.utils.translation import get_language

from study import clock
from study.models import Clip, Device, Expert, FurtherClip, Invitation, Listening, Rating, SoundCheck, Study, Trial
from study.services.invitations import has_slot

#: From this many rated clips on, answers are looked over for the two flags.
MIN_TRIALS = 10
#: Straight-lining: this share of the clips or more have the same rating on every scale (with one scale: overall).
SAME_SHARE = 0.8
#: Too fast: half of the clips were rated within this time per scale after they could have been heard once.
FAST_S_A_SCALE = 0.5


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
    lowest: int
    highest: int


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
    same: bool
    fast: bool
    #: Clips that the expert reported as unplayable, and the result of the headphone check ("" if it was skipped).
    playback_failed: int
    headphones: str
    link: str

    @property
    def marked(self) -> bool:
        """Whether the expert has a flag."""
        return self.same or self.fast or self.playback_failed > 0


@dataclass(frozen=True)
class ClipCoverage:
    """Planned and completed ratings of one clip."""

    clip_id: str
    planned: int
    rated: int


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
    def share(self) -> int:
        """Ratings of whole trials given, of those planned, in per cent."""
        return 100 * sum(clip.rated for clip in self.clips) // max(1, sum(clip.planned for clip in self.clips))


@dataclass(frozen=True)
class Board:
    """All that the board shows."""

    rows: list[Row]
    coverage: list[Coverage]

    @property
    def counts_by_status(self) -> tuple[int, int, int]:
        """Numbers of experts with a slot: finished, in progress, not started."""
        here = [row for row in self.rows if has_slot(row.expert)]
        finished = sum(row.expert.submitted_at is not None for row in here)
        come = sum(row.last_seen is not None and row.expert.submitted_at is None for row in here)
        return finished, come, len(here) - finished - come

    @property
    def marked(self) -> list[Row]:
        """The experts about whom something is to be looked into."""
        return [row for row in self.rows if row.marked]


def board(study: Study) -> Board:
    """The study's board as it is now."""
    experts = list(study.experts.select_related("replaced_by").order_by("code"))
    places = _places(study)
    answers = _answers(study)
    rated = [
        Rated(expert, trial, places[trial], *measures)
        for expert, trial, scales, _newest, *measures in answers
        if trial in places and scales == len(study.file.numbered)
    ]
    rows = _rows(study, experts, rated, ((expert, newest) for expert, _, _, newest, *_ in answers))
    return Board(rows, _coverage(study, experts, places, rated))


def _places(study: Study) -> dict[int, PlannedTrial]:
    """The plan's study trials, by their keys."""
    trials = Trial.objects.filter(slot__study=study, phase=Trial.Phase.STUDY).order_by()
    lasts = dict(study.clips.order_by().values_list("pk", "duration_ms"))
    repeats = set(trials.filter(is_repeat=True).values_list("pk", flat=True))
    clips = {pk: [clip] for pk, clip in trials.values_list("pk", "clip_id")}
    if study.file.trial.clips != 1:
        further = FurtherClip.objects.filter(trial__in=trials).order_by("trial", "place")
        for trial, clip in further.values_list("trial", "clip_id"):
            clips[trial].append(clip)
    return {
        pk: PlannedTrial(tuple(found), sum(lasts[clip] for clip in found), pk in repeats) for pk, found in clips.items()
    }


def _answers(study: Study) -> list[tuple[int, ...]]:
    """(expert, trial, scales answered, newest answer's key, ms, lowest, highest) of each trial with an answer."""
    rows = (
        Rating.objects.filter(expert__study=study)
        .order_by()
        .values_list("expert", "trial")
        .annotate(
            scales=Count("scale", distinct=True),
            newest=Max("pk"),
            ms=Max("rt_ms", filter=Q(revision=1)),
            lowest=Min("value"),
            highest=Max("value"),
        )
    )
    return list(rows)


def _rows(study: Study, experts: list[Expert], rated: list[Rated], newest: Iterable[tuple[int, int]]) -> list[Row]:
    total, scales = study.file.trials_per_expert, len(study.file.numbered)
    mine: dict[int, list[Rated]] = defaultdict(list)
    for trial in rated:
        mine[trial.expert].append(trial)
    groups = {group.key: study.group_label(group.key, get_language() or "") for group in study.file.groups}
    reports, headphones, links = _reports(study), _headphones(study), _links(study)
    seen = _last_seen(study, newest, reports)
    return [
        Row(
            expert=expert,
            group=groups[expert.group],
            done=len(mine[expert.pk]),
            total=total,
            last_seen=seen.get(expert.pk),
            seconds=median(trial.ms for trial in mine[expert.pk]) / 1000 if mine[expert.pk] else None,
            same=straight_lining(mine[expert.pk], scales),
            fast=too_fast(mine[expert.pk], scales),
            playback_failed=reports[expert.pk].playback_failed if expert.pk in reports else 0,
            headphones=headphones.get(expert.pk, ""),
            link=_link_state(links.get(expert.pk)),
        )
        for expert in experts
    ]


def straight_lining(trials: list[Rated], scales: int) -> bool:
    """Whether 80% or more of at least 10 clips have the same rating on every scale."""
    if len(trials) < MIN_TRIALS:
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


def _coverage(
    study: Study, experts: list[Expert], places: dict[int, PlannedTrial], rated: list[Rated]
) -> list[Coverage]:
    """Planned and completed ratings per clip, without repeats and withdrawals."""
    present = {expert.pk for expert in experts if not expert.withdrawn_at}
    planned = Counter(clip for place in places.values() if not place.is_repeat for clip in place.clips)
    done = {trial.trial: trial.place.clips for trial in rated if trial.expert in present and not trial.place.is_repeat}
    heard = Counter(clip for clips in done.values() for clip in clips)
    systems: dict[str, list[ClipCoverage]] = defaultdict(list)
    clips = study.clips.filter(role=Clip.Role.STUDY).order_by("system__system_id", "clip_id")
    for pk, clip_id, system in clips.values_list("pk", "clip_id", "system__system_id"):
        counts = planned[pk], heard[pk]
        systems["" if study.sealed else system].append(ClipCoverage("" if study.sealed else clip_id, *counts))
    return [Coverage(system, clips) for system, clips in systems.items()]
