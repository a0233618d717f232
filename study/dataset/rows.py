"""The rows of a dataset, read from the database piece by piece: memory does not grow with the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from study.dataset.columns import View
from study.models import Clip, Rating, Remark, Study, Trial
from study.study_file import trials_per_expert
from study.wording import TEXTS, wording_of

Row = list[object]

CHUNK = 2000
#: When an answer was given, by the server's clock and by the browser's, and when it came.
TIMES = ("given_at", "browser_at", "received_at")


def trials(study: Study, view: View) -> Iterator[tuple[Row, dict[str, Row]]]:
    """Each rated study trial, by expert and number: its columns, and by scale the answer that counts."""
    remarks = Remark.objects.filter(trial=OuterRef("trial"), expert=OuterRef("expert")).order_by("-revision")
    about = [*_about(view), "known"]
    answer = ["scale", "value", "revision", *TIMES, "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    rows = (
        Rating.objects.filter(_counting(study, view))
        .annotate(known=Subquery(remarks.values("known")[:1]))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, *answer)
        .iterator(chunk_size=CHUNK)
    )
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        answers: dict[str, Row] = {}
        for row in group:  # a higher revision comes later and replaces the one before
            scale, value, revision, given, browser, received, *rest, late = row[len(about) :]
            answers[scale] = [value, revision, *map(timestamp, (given, browser, received)), *rest, int(late)]
        *about_trial, is_repeat, known = trial
        yield [*about_trial, int(is_repeat), int(known or False)], answers


def remarks(study: Study, view: View) -> Iterator[Row]:
    """The newest remark on each trial of which an expert said something."""
    about = _about(view)
    rows = (
        Remark.objects.filter(_counting(study, view))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, "known", "comment", *TIMES, "late")
        .iterator(chunk_size=CHUNK)
    )
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        *_, (known, comment, *times, late) = (row[len(about) :] for row in group)
        if known or comment:
            yield [*trial[:-1], int(trial[-1]), int(known), comment, *map(timestamp, times), int(late)]


def _about(view: View) -> list[str]:
    """What a row says of its trial, of a rating and of a remark alike."""
    about = ["expert__code", "expert__group", "trial__number", "trial__block", "trial__position"]
    if view != "sealed":
        system = "trial__clip__system__" + ("code" if view == "coded" else "system_id")
        about += [system, "trial__clip__clip_id"]
    return [*about, "trial__is_repeat"]


def _counting(study: Study, view: View) -> Q:
    """The rows that count: all in study trials of experts who have not withdrawn, for the saves let in no other.

    Under codes only those of complete sessions: of a half one, the code with fewer ratings would tell its system.
    """
    counting = Q(expert__study=study, expert__withdrawn_at=None, trial__phase=Trial.Phase.STUDY)
    return counting & Q(expert__in=complete(study)) if view == "coded" else counting


def complete(study: Study) -> list[int]:
    """The experts, by key, who have submitted, not withdrawn, and rated every study trial on every scale."""
    rated = Rating.objects.filter(expert__study=study, trial__phase=Trial.Phase.STUDY)
    wanted = trials_per_expert(study.file) * len(study.file["scales"])
    submitted = study.experts.filter(withdrawn_at=None).exclude(submitted_at=None).values_list("pk", flat=True)
    answers = rated.filter(expert__in=submitted).order_by().values_list("expert", "trial", "scale").distinct()
    found = Counter(expert for expert, _trial, _scale in answers.iterator(chunk_size=CHUNK))
    return [expert for expert, number in found.items() if number == wanted]


def experts(study: Study) -> Iterator[Row]:
    """Everyone who has not withdrawn: her session, her sound page and her background."""
    rows = study.experts.filter(withdrawn_at=None).select_related("replaced_by")
    rows = rows.prefetch_related("backgrounds", "sound_checks").order_by("code")
    for expert in rows.iterator(chunk_size=100):
        given = max(expert.backgrounds.all(), key=lambda background: background.pk, default=None)
        check = max(expert.sound_checks.all(), key=lambda check: check.pk, default=None)
        sound = [check.level, check.correct if check.answers else "", len(check.answers)] if check else [""] * 3
        answers = given.answers if given else {}
        replaced_by = expert.replaced_by.code if expert.replaced_by else ""
        own = [answers.get(question["key"], "") for question in study.file["background"]]
        yield [expert.code, expert.group, expert.language, timestamp(expert.submitted_at), replaced_by, *sound, *own]


def wordings(file: dict[str, Any]) -> Iterator[Row]:
    """Each scale as it is worded in each of the study's languages."""
    for scale in file["scales"]:
        for language in file["languages"]:
            version = wording_of(file, scale["key"], language)
            texts = (scale[name][language] for name in TEXTS)
            yield [scale["key"], language, version, scale["minimum"], scale["maximum"], *texts]


def study_clips(study: Study) -> list[Clip]:
    """The clips under study."""
    return list(study.clips.filter(role=Clip.Role.STUDY).select_related("system").order_by("clip_id"))


def origin(clip: Clip, provenance: list[str]) -> Row:
    """Where a clip comes from; only for a study whose seal is open."""
    entry, known = clip.pack_entry, clip.pack_entry.get("provenance", {})
    measured = [entry.get(key, "") for key in ("audio_sha256", "duration_s", "lufs", "true_peak_dbtp")]
    system = clip.system.system_id if clip.system else ""
    return [clip.clip_id, system, entry["clip_id"], *measured, *(str(known.get(key, "")) for key in provenance)]


def timestamp(moment: datetime | None) -> str:
    """ISO 8601 in UTC with milliseconds; empty for none."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
