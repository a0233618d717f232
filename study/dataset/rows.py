"""Stream the rows of a dataset from the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from formats.dataset import View
from formats.study_file import AttentionCheck, ChoiceQuestion, Numbered, StudyFile
from study import queries
from study.dataset.disguise import Disguise
from study.dataset.schema import comparison_columns, right_column, trial_choice_columns
from study.models import Clip, FurtherClip, Listening, Rating, Remark, Seal, Study, Trial

Row = list[object]

CHUNK = 2000
#: Where the system is among what `trials` says of a trial once it says it: before the clip and two further columns.
SYSTEM_PLACE = -4
#: When an answer was given, by the server's clock and by the browser's, and when it came.
TIMES = ("given_at", "browser_at", "received_at")


def trials(study: Study, view: View, codes: Disguise | None) -> Iterator[tuple[Row, dict[str, Row]]]:
    """Each rated study trial, or each of its clips, by expert and number, with the ratings that count.

    `codes` are those of the view "coded".
    """
    if study.file.asks_of_places:
        yield from _clips(study, view, codes)
        return
    remarks = Remark.objects.filter(trial=OuterRef("trial"), expert=OuterRef("expert")).order_by("-revision")
    about = [*_about(view), "known"]
    answer = ["scale", "value", "revision", *TIMES, "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    rows = (
        _ratings(study)
        .annotate(known=Subquery(remarks.values("known")[:1]))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, *answer)
        .iterator(chunk_size=CHUNK)
    )
    prompts = _prompts(study, view)
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        answers = _answers(row[len(about) :] for row in group)
        *about_trial, is_repeat, known = trial
        yield [*_named(about_trial, codes, prompts), int(is_repeat), int(known or False)], answers


def _clips(study: Study, view: View, codes: Disguise | None) -> Iterator[tuple[Row, dict[str, Row]]]:
    """The same of trials whose clips are answered about one by one."""
    file = study.file
    of_clip = [asked.key for asked in file.numbered if len(file.places_of(asked)) > 1]
    remarks = Remark.objects.filter(trial=OuterRef("trial"), expert=OuterRef("expert")).order_by("-revision")
    further = FurtherClip.objects.filter(trial=OuterRef("trial"), place=OuterRef("place"))
    about = ["expert__code", "expert__group", "trial__number", "trial__block", "trial__position", "place"]
    answer = ["scale", "value", "revision", *TIMES, "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    rows = (
        _ratings(study)
        .filter(scale__in=of_clip)
        .annotate(known=Subquery(remarks.values("known")[:1]))
        .annotate(here=Coalesce(Subquery(further.values("clip__clip_id")), "trial__clip__clip_id"))
        .order_by("expert__code", "trial__number", "place", "revision")
        .values_list(*about, "here", "trial__is_repeat", "known", *answer)
        .iterator(chunk_size=CHUNK)
    )
    clips = {clip.clip_id: clip for clip in study_clips(study)}
    size = len(about) + 3
    for trial, group in groupby(rows, key=lambda row: row[:size]):
        answers = _answers(row[size:] for row in group)
        *where, here, is_repeat, known = trial
        clip = clips[here]
        system = clip.system.system_id if clip.system else ""
        heard: Row = [] if view == "sealed" else [*(codes.clip(where[0], here) if codes else (system, here))]
        if heard and file.trial.match == "prompt":
            heard = [clip.prompt_id or "", *heard]
        yield [*where, *heard, int(is_repeat), int(known or False)], answers


def _answers(rows: Iterable[tuple[Any, ...]]) -> dict[str, Row]:
    """By scale the answer that counts: a higher revision comes later and replaces the one before."""
    answers: dict[str, Row] = {}
    for scale, value, revision, *times, plays, heard_ms, rt_ms, language, wording, late in rows:
        answers[scale] = [value, revision, *_times(*times), plays, heard_ms, rt_ms, language, wording, int(late)]
    return answers


def side_by_side(file: StudyFile, answers: Mapping[str, Row]) -> Row:
    """The ratings of a trial in the order of the scales, then the choices by their keys; empty where there is none."""
    rated = [answers[scale.key][0] if scale.key in answers else "" for scale in file.scales]
    numbers = [(asked, answers[asked.key][0] if asked.key in answers else "") for asked in file.clip_choices]
    return [*rated, *("" if number == "" else asked.choices[int(str(number)) - 1].key for asked, number in numbers)]


def choices(study: Study, view: View, codes: Disguise | None) -> Iterator[Row]:
    """Each choice that counts, by expert and trial, and whether it is right where some are and systems are named."""
    says_right = bool(right_column(study.file, view))
    for about, answers in trials(study, view, codes):
        for asked in study.file.clip_choices:
            if asked.key in answers:
                number, *rest = answers[asked.key]
                chosen = asked.choices[int(str(number)) - 1]
                named = str(about[SYSTEM_PLACE]) if says_right else ""
                system = codes.rights[named] if codes and says_right else named
                right: Row = [int(system in chosen.right_for) if asked.has_right_answers else ""] if says_right else []
                yield [*about, asked.key, chosen.key, *right, *rest]


def trial_choices(study: Study, view: View, codes: Disguise | None) -> Iterator[Row]:
    """Each choice that counts of trials of several clips, by expert and trial."""
    asked = {question.key: question for question in study.file.trial_choices}
    names = [column.name for column in trial_choice_columns(study.file, view)]
    at, value = names.index("question"), names.index("choice")
    for row in _of_trials(study, view, codes, list(asked)):
        yield [*row[:value], asked[str(row[at])].choices[int(str(row[value])) - 1].key, *row[value + 1 :]]


def comparisons(study: Study, view: View, codes: Disguise | None) -> Iterator[Row]:
    """Each answer that counts to a question on two clips against one another, by expert and trial."""
    yield from _of_trials(study, view, codes, [asked.key for asked in study.file.of_pairs])


def _of_trials(study: Study, view: View, codes: Disguise | None, keys: Sequence[str]) -> Iterator[Row]:
    """Each answer that counts to questions of the trial, with its two clips, or of a set with their prompt."""
    remarks = Remark.objects.filter(trial=OuterRef("trial"), expert=OuterRef("expert")).order_by("-revision")
    second = FurtherClip.objects.filter(trial=OuterRef("trial"), place=2)
    about = ["expert__code", "expert__group", "trial__number", "trial__block", "trial__position", "trial__is_repeat"]
    first = ["trial__clip__clip_id", "trial__clip__system__system_id"]
    answer = ["value", "revision", *TIMES, "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    rows = (
        _ratings(study)
        .filter(scale__in=keys)
        .annotate(known=Subquery(remarks.values("known")[:1]))
        .annotate(clip_b=Subquery(second.values("clip__clip_id")))
        .annotate(system_b=Subquery(second.values("clip__system__system_id")))
        .order_by("expert__code", "trial__number", "scale", "revision")
        .values_list(*about, "known", "scale", *first, "clip_b", "system_b", *answer)
        .iterator(chunk_size=CHUNK)
    )
    prompts = _prompts(study, view)
    for _, group in groupby(rows, key=lambda row: (row[0], row[2], row[7])):
        *_, row = group  # the highest revision comes last and counts
        *trial, is_repeat, known, question = row[:8]
        heard: Row = [] if view == "sealed" or study.file.has_sets else list(row[8:12])
        if codes and heard:
            heard = [name for clip in row[8:12:2] for name in reversed(codes.clip(row[0], clip))]
        if prompts:
            heard = [prompts[str(row[8])], *heard]
        value, revision, *times, plays, heard_ms, rt_ms, language, wording, late = row[12:]
        given: Row = [value, revision, *_times(*times), plays, heard_ms, rt_ms, language, wording, int(late)]
        yield [*trial, int(is_repeat), int(known or False), question, *heard, *given]


def x_choices(study: Study, view: View, codes: Disguise | None) -> Iterator[Row]:
    """Each choice that counts in trials with an X, by expert and trial, with the place of the clip that X was."""
    names_x = view == "open"
    sealed = Seal.objects.filter(study=study).first() if names_x else None
    source = sealed.content["x"] if sealed else {}
    answered = _ratings(study) if names_x else Rating.objects.none()
    heard_as_x = {
        (expert, number): source.get(reference)
        for expert, number, reference in answered.values_list(
            "expert__code", "trial__number", "trial__reference__clip_id"
        ).distinct()
    }
    asked = {question.key: question for question in study.file.choices}
    names = [column.name for column in comparison_columns(study.file, view)]
    first, value = names.index("clip_a") if names_x else 0, names.index("value")
    for row in comparisons(study, view, codes):
        number = int(str(row[value]))
        chosen = asked[str(row[names.index("question")])].choices[number - 1].key
        is_first = names_x and row[first] == heard_as_x[str(row[0]), int(str(row[2]))]
        x = codes.x() if codes else 1 if is_first else 2
        answer: Row = [chosen] if view == "sealed" else [x, chosen, int(x == number)]
        yield [*row[:value], *answer, *row[value + 1 :]]


def attention_checks(study: Study) -> Iterator[Row]:
    """Each answer to an attention check that counts, by expert and trial, and whether it is right."""
    about = ["expert__code", "expert__group", "trial__number", "scale"]
    answer = ["value", "revision", *TIMES, "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    checks = {check.key: check for check in study.file.attention_checks}
    rows = (
        Rating.objects.filter(_counting(study), scale__in=list(checks))
        .order_by("expert__code", "trial__number", "scale", "revision")
        .values_list(*about, *answer)
        .iterator(chunk_size=CHUNK)
    )
    for where, group in groupby(rows, key=lambda row: row[: len(about)]):
        (check, (number, *rest)) = next(iter(_answers(row[len(about) - 1 :] for row in group).items()))
        chosen = int(str(number))
        yield [*where, checks[check].choices[chosen - 1].key, int(checks[check].is_right(chosen)), *rest]


def listening(study: Study) -> Iterator[Row]:
    """How often and how much of each clip was heard, by expert, trial and place; place 0 is the reference or X."""
    about = ["expert__code", "expert__group", "trial__number", "place"]
    reports = (
        Listening.objects.filter(_counting(study))
        .order_by("expert__code", "trial__number", "place")
        .values_list(*about, "intervals", "plays")
        .iterator(chunk_size=CHUNK)
    )
    for where, group in groupby(reports, key=lambda row: row[: len(about)]):
        found = [row[len(about) :] for row in group]
        heard = queries.merged(interval for intervals, _ in found for interval in intervals)
        yield [*where, sum(plays for _, plays in found), queries.length(heard)]


def remarks(study: Study, view: View, codes: Disguise | None) -> Iterator[Row]:
    """The newest remark on each trial of which an expert said something."""
    about = _about(view)
    rows = (
        Remark.objects.filter(_counting(study))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, "known", "comment", "answers", *TIMES, "late")
        .iterator(chunk_size=CHUNK)
    )
    prompts = _prompts(study, view)
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        *_, (known, comment, answers, *times, late) = (row[len(about) :] for row in group)
        if known or comment or answers:
            about_trial = _named(trial[:-1], codes, prompts)
            written = [answers.get(asked.key, "") for asked in study.file.texts]
            yield [*about_trial, int(trial[-1]), int(known), comment, *written, *_times(*times), int(late)]


def _times(given: datetime, browser: datetime | None, received: datetime) -> Row:
    """The times of a rating; `rated_at` is never after `received_at`."""
    return [timestamp(moment) for moment in (min(given, received), browser, received)]


def _about(view: View) -> list[str]:
    """What a row says of its trial, of a rating and of a remark alike."""
    about = ["expert__code", "expert__group", "trial__number", "trial__block", "trial__position"]
    if view != "sealed":
        about += ["trial__clip__system__system_id", "trial__clip__clip_id"]
    return [*about, "trial__is_repeat"]


def _prompts(study: Study, view: View) -> dict[str, str]:
    """The prompt of each clip, where clips are matched by prompt and named."""
    if study.file.trial.match != "prompt" or view == "sealed":
        return {}
    return {clip.clip_id: clip.prompt_id or "" for clip in study_clips(study)}


def _named(about: Sequence[object], codes: Disguise | None, prompts: Mapping[str, str]) -> Row:
    """The trial columns of a row, with a code in place of the system if coded, and the prompt before it."""
    *trial, system, clip = about
    named = codes.clip(str(about[0]), str(clip)) if codes else (system, clip)
    return [*trial, *([prompts[str(clip)]] if prompts else []), *named]


def _counting(study: Study) -> Q:
    """The rows that count: study trials of experts who have not withdrawn."""
    return Q(expert__study=study, expert__withdrawn_at=None, trial__phase=Trial.Phase.STUDY)


def _ratings(study: Study) -> QuerySet[Rating]:
    """The answers that count, without those to attention checks."""
    rows = Rating.objects.filter(_counting(study))
    checks = [check.key for check in study.file.attention_checks]
    return rows.exclude(scale__in=checks) if checks else rows


def experts(study: Study) -> Iterator[Row]:
    """Rows of all experts who have not withdrawn: session, sound check and background."""
    rows = study.experts.filter(withdrawn_at=None).select_related("replaced_by")
    rows = rows.prefetch_related("backgrounds", "sound_checks").order_by("code")
    for expert in rows.iterator(chunk_size=100):
        given = max(expert.backgrounds.all(), key=lambda background: background.pk, default=None)
        check = max(expert.sound_checks.all(), key=lambda check: check.pk, default=None)
        sound = [check.level, check.correct if check.answers else "", len(check.answers)] if check else [""] * 3
        answers = given.answers if given else {}
        replaced_by = expert.replaced_by.code if expert.replaced_by else ""
        own = [answers.get(question.key, "") for question in study.file.background]
        yield [expert.code, expert.group, expert.language, timestamp(expert.submitted_at), replaced_by, *sound, *own]


def wordings(file: StudyFile, columns: Sequence[str]) -> Iterator[Row]:
    """Each scale, preference, choice or attention check as it is worded in each of the study's languages."""
    every: list[Numbered | AttentionCheck] = [*file.numbered, *file.attention_checks]
    for asked in every:
        is_choice = isinstance(asked, ChoiceQuestion | AttentionCheck)
        for language in file.languages:
            said: dict[str, object] = {"scale": asked.key, "language": language, "wording": asked.wording(language)}
            said |= {} if is_choice else {"minimum": asked.minimum, "maximum": asked.maximum}
            said |= asked.texts(language)
            yield [said.get(column, "") for column in columns]


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
