"""Filling a copy of a study with simulated ratings, so that a newcomer sees a report before any expert has come.

An answer is a latent value cut at the middles between the scale's points:

    scale's mean + system + expert + expert:system + clip + noise

In trials of two clips each clip has a latent value, and the preference is the nearest to their difference.

A hidden reference is found, and rated highest. Anchors are rated low, the first of them lowest.

Where trials have an X, it is heard as its clip is, with noise of its own; the answer is the clip that is nearer to it.

Attention checks are passed nineteen times in twenty.

Of choices the one whose systems have the nearest mean is answered; one that is right for no system has the mean of all.
A choice of a trial goes by the mean of its clips.

The variances are those that two published listening tests suggest as middle ones on a scale from 1 to 5: expert .40,
expert:system .25, clip .35 and noise .85 (standard deviations). All five are shared out between what the scales have
in common and what each has of its own. The systems' means are invented and differ, so that figures show something.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean

from django.db import transaction
from django.db.models import prefetch_related_objects

from formats.errors import InputError
from formats.pack import PackClip
from formats.progress import bar
from formats.reference import reference_of
from formats.study_file import ChoiceQuestion, Numbered, Preference, StudyFile
from study.models import Clip, Expert, Listening, Rating, Remark, Seal, Study, Trial
from study.services.copies import delete_copy
from study.services.invitations import RESERVED
from study.services.opening import open_study
from study.services.seal import close_study, open_seal
from study.services.study_creation import ChosenClips, as_reference, create_study

EXPERT_SD, EXPERT_SYSTEM_SD, CLIP_SD, NOISE_SD = 0.40, 0.25, 0.35, 0.85
#: Of what all clips of a prompt have in common.
PROMPT_SD = 0.3
#: Share of each effect's variance that all scales have in common: raters' halo.
SHARED = 0.5
#: Means of the first system, of those between and of the real music, on a scale from 1 to 5.
LOWEST_MEAN, HIGHEST_MEAN = 2.7, 3.6
#: Mean of a hidden reference, beyond the scale, so that noise seldom takes a rating from its upper end. Mean of the
#: first anchor, and how much higher each further one is.
REFERENCE_MEAN, ANCHOR_MEAN, ANCHOR_STEP = 6.5, 1.2, 0.7
#: How much a system's mean varies from scale to scale.
TILT_SD = 0.15
SECONDS_A_TRIAL = 30
#: How likely a simulated expert passes an attention check.
PASSED = 0.95
#: What simulated experts write, the same in every language.
SIMULATED_WORDS = "…"
#: A date on which nobody rated, so that the same seed gives the same ratings to the byte.
BEGUN = datetime(2000, 1, 1, 9, tzinfo=UTC)


def simulate(study: Study, seed: int, *, replace: bool) -> Study:
    """A closed and unsealed copy of the study, SLUG-simulated, with a rating in every place. Nothing else changes."""
    if study.simulated or study.preview:
        raise InputError("%(study)s is itself a copy; name the study it was copied from.", study=study.slug)
    slug = f"{study.slug}-simulated"
    earlier = Study.objects.filter(slug=slug).first()
    if earlier and not (replace and earlier.simulated):
        raise InputError("%(study)s exists already. Add --replace to replace it.", study=slug)
    # Nothing is hidden in a simulated study, and the same seed should give the same copy.
    rng = Random(seed)  # noqa: S311
    with transaction.atomic():
        if earlier:
            delete_copy(earlier)
        copy = create_study(
            slug=slug,
            file=study.file,
            file_sha256=study.file_sha256,
            clips=_clips_of(study),
            owner=study.owner,
            simulated=True,
            rng=rng,
        )
        open_study(copy, actor="command")
        _fill(copy, rng)
        close_study(copy, actor="command")
        open_seal(copy, actor="command")
    return copy


def _clips_of(study: Study) -> ChosenClips:
    """The study's clips as if they came from the pack again; simulated studies play nothing, so no audio."""
    chosen = ChosenClips(study={system.id: [] for system in study.file.systems})
    clips = study.clips.select_related("system")
    matched = study.file.trial.match == "prompt"

    def place(clip: Clip) -> tuple[str, str]:
        """Matched clips by prompt, in one order for each system."""
        return str(clip.prompt_id) if matched else "", str(clip.pack_entry["clip_id"])

    for clip in sorted(clips, key=place):
        again = PackClip(
            clip_id=clip.pack_entry["clip_id"],
            system=clip.pack_entry["system"],
            role=clip.role,
            duration_ms=clip.duration_ms,
            ending="",
            audio=b"",
            entry=clip.pack_entry,
            metrics=clip.metrics,
        )
        if clip.role == Clip.Role.REFERENCE and study.file.has_x:
            continue  # made from the plan's own needs again
        if clip.role == Clip.Role.REFERENCE:
            chosen.reference.append(as_reference(again))
        else:
            (chosen.study[clip.system.system_id] if clip.system else chosen.practice).append(again)
    return chosen


def _fill(study: Study, rng: Random) -> None:
    """An expert in every slot, who rates each study trial on each scale and submits."""
    latent = _latent(study, rng)
    for slot in bar(study.slots.order_by("number"), "Simulating", unit="expert"):
        trials = list(
            slot.trials.filter(phase=Trial.Phase.STUDY).select_related("clip__system", "reference").order_by("number")
        )
        prefetch_related_objects(trials, "further_clips__clip__system")
        expert = Expert.objects.create(
            study=study,
            code=f"{RESERVED}{slot.number:03d}",
            group=slot.group,
            language=rng.choice(study.file.languages),
            slot=slot,
            created_at=BEGUN,
            submitted_at=BEGUN + timedelta(seconds=SECONDS_A_TRIAL * (len(trials) + 1)),
        )
        Rating.objects.bulk_create(_ratings(expert, trials, latent))
        Rating.objects.bulk_create(_checked(expert, trials, rng))
        Remark.objects.bulk_create(_written(expert, trials, rng))
        Listening.objects.bulk_create(_listened(expert, trials))


def _written(expert: Expert, trials: list[Trial], rng: Random) -> Iterator[Remark]:
    """An answer to each question in words of each trial that says no more than that it is simulated."""
    asked = [question.key for question in expert.study.file.texts]
    for trial in trials if asked else ():
        at = BEGUN + timedelta(seconds=SECONDS_A_TRIAL * (trial.number + 1))
        yield Remark(
            trial=trial,
            expert=expert,
            answers=dict.fromkeys(asked, SIMULATED_WORDS),
            revision=1,
            client_uuid=uuid.uuid4(),
            given_at=at,
            received_at=at,
        )


def _listened(expert: Expert, trials: list[Trial]) -> Iterator[Listening]:
    """Each clip of a trial with several, and its reference or X, heard once; of a single clip the ratings say so."""
    for trial in trials:
        further = trial.further_clips.all()
        clips = [trial.reference, trial.clip, *(one.clip for one in further)]
        at = BEGUN + timedelta(seconds=SECONDS_A_TRIAL * (trial.number + 1))
        for place, clip in enumerate(clips if further or trial.reference else ()):
            if clip:
                yield Listening(
                    trial=trial,
                    expert=expert,
                    client_uuid=uuid.uuid4(),
                    place=place,
                    intervals=[[0, clip.duration_ms]],
                    plays=1,
                    given_at=at,
                    received_at=at,
                )


def _checked(expert: Expert, trials: list[Trial], rng: Random) -> Iterator[Rating]:
    """The answer to the attention check of each trial that has one."""
    for trial in trials:
        check = expert.study.file.check(trial.attention_check)
        if check is None:
            continue
        wrong = [value for value in check.values if not check.is_right(value)]
        right = next(value for value in check.values if check.is_right(value))
        after = timedelta(seconds=SECONDS_A_TRIAL * (trial.number + 1), milliseconds=-rng.randrange(1000, 3000))
        yield Rating(
            trial=trial,
            expert=expert,
            scale=check.key,
            value=right if rng.random() < PASSED else rng.choice(wrong),
            revision=1,
            client_uuid=uuid.uuid4(),
            given_at=BEGUN + after,
            received_at=BEGUN + after,
            plays=1,
            heard_ms=trial.clip.duration_ms,
            rt_ms=int(after / timedelta(milliseconds=1)) - 1000 * SECONDS_A_TRIAL * trial.number,
            language=expert.language,
            wording=check.wording(expert.language),
        )


@dataclass(frozen=True)
class _Latent:
    """The effects that make up an answer; the innermost list has one value a scale."""

    mean: dict[str, list[float]]
    clip: dict[int, list[float]]
    rng: Random
    scales: int
    #: The id of each copy that is heard as X -> of the clip that it is.
    x: dict[str, str]

    def x_of(self, trial: Trial, clips: list[Clip]) -> int:
        """The place of the clip that a trial's X is; 0 without an X."""
        source = self.x.get(trial.reference.clip_id) if self.x and trial.reference else None
        return next((place for place, clip in enumerate(clips, start=1) if clip.clip_id == source), 0)

    def drawn(self, sd: float) -> list[float]:
        """A normal effect on every scale, partly common to all of them."""
        common = self.rng.gauss(0, sd * SHARED**0.5)
        return [common + self.rng.gauss(0, sd * (1 - SHARED) ** 0.5) for _ in range(self.scales)]


def _latent(study: Study, rng: Random) -> _Latent:
    """Means of systems (invented) and effects of clips (drawn); experts' are drawn as they come."""
    scales = len(study.file.numbered)
    systems = [system.id for system in study.file.systems]
    ranked = sorted(systems, key=lambda system: system == study.file.real_system)
    step = (HIGHEST_MEAN - LOWEST_MEAN) / (len(ranked) - 1)
    mean = {
        system: [LOWEST_MEAN + step * rank + rng.gauss(0, TILT_SD) for _ in range(scales)]
        for rank, system in enumerate(ranked)
    }
    known = reference_of(study.file.trial.as_json())
    if known and known.rated:
        mean[known.rated] = [REFERENCE_MEAN] * scales
    for rank, anchor in enumerate(known.anchors if known else ()):
        mean[anchor] = [ANCHOR_MEAN + ANCHOR_STEP * rank] * scales
    latent = _Latent(mean, {}, rng, scales, Seal.objects.get(study=study).content.get("x", {}))
    clips = study.clips.filter(role=Clip.Role.STUDY).order_by("clip_id")
    latent.clip.update({clip.pk: latent.drawn(CLIP_SD) for clip in clips})
    if study.file.trial.match == "prompt":
        prompts = {str(clip.prompt_id): latent.drawn(PROMPT_SD) for clip in clips}
        for clip in clips:
            common = prompts[str(clip.prompt_id)]
            latent.clip[clip.pk] = [
                own + of_prompt for own, of_prompt in zip(latent.clip[clip.pk], common, strict=True)
            ]
    return latent


def _ratings(expert: Expert, trials: list[Trial], latent: _Latent) -> Iterator[Rating]:
    scales, rng = expert.study.file.numbered, latent.rng
    file = expert.study.file
    asked = _asked(file)
    means = [{system: values[index] for system, values in latent.mean.items()} for index in range(len(scales))]
    wording = {scale.key: scale.wording(expert.language) for scale in scales}
    own = latent.drawn(EXPERT_SD)
    on_system = {system: latent.drawn(EXPERT_SYSTEM_SD) for system in latent.mean}
    for trial in trials:
        clips = [trial.clip, *(further.clip for further in trial.further_clips.all())]
        heard = []
        for clip in clips:
            system = clip.system.system_id if clip.system else ""
            parts = (latent.mean[system], own, on_system[system], latent.clip[clip.pk], latent.drawn(NOISE_SD))
            heard.append([sum(part[index] for part in parts) for index in range(len(scales))])
        if x := latent.x_of(trial, clips):
            heard.append([value + rng.gauss(0, NOISE_SD) for value in heard[x - 1]])
        lasting = sum(clip.duration_ms for clip in clips)
        shown = BEGUN + timedelta(seconds=SECONDS_A_TRIAL * trial.number)
        for number, (place, index, scale, of_clip) in enumerate(asked):
            thinking = lasting + rng.randrange(2000, 4000) * (number + 1)
            rated = [heard[place - 1]] if of_clip else heard
            yield Rating(
                trial=trial,
                expert=expert,
                scale=scale.key,
                place=place,
                value=_answer(scale, [values[index] for values in rated], means[index], has_x=file.has_x),
                revision=1,
                client_uuid=uuid.uuid4(),
                given_at=shown + timedelta(milliseconds=thinking),
                received_at=shown + timedelta(milliseconds=thinking),
                plays=1 if of_clip else len(clips),
                heard_ms=clips[place - 1].duration_ms if of_clip else lasting,
                rt_ms=thinking,
                language=expert.language,
                wording=wording[scale.key],
            )


def _asked(file: StudyFile) -> list[tuple[int, int, Numbered, bool]]:
    """What a trial asks: place, number of the question, the question, and whether it is one of a clip of several."""
    every = list(enumerate(file.numbered))
    asked = [(place, index, one, len(file.places_of(one)) > 1) for index, one in every for place in file.places_of(one)]
    return sorted(asked, key=lambda one: one[:2])


def _answer(asked: Numbered, heard: list[float], means: Mapping[str, float], *, has_x: bool) -> int:
    """The answer that latent values of a trial's clips give: the nearest rating, preference or choice."""
    if isinstance(asked, ChoiceQuestion) and has_x:
        first, second, unknown = heard
        return 1 if abs(unknown - first) < abs(unknown - second) else 2
    if isinstance(asked, ChoiceQuestion):
        return _chosen(asked, fmean(heard), means)
    if not isinstance(asked, Preference):
        return _on_scale(heard[0], asked.minimum, asked.maximum)
    difference = heard[1] - heard[0]
    return min(asked.values, key=lambda value: abs(value - difference))


def _chosen(asked: ChoiceQuestion, value: float, means: Mapping[str, float]) -> int:
    """The number of the choice nearest to a latent value; without right answers they share the range of the means."""
    if not asked.has_right_answers:
        return _on_scale(1 + 4 * (value - LOWEST_MEAN) / (HIGHEST_MEAN - LOWEST_MEAN), asked.minimum, asked.maximum)
    centres = [fmean(means[system] for system in choice.right_for or means) for choice in asked.choices]
    return min(asked.values, key=lambda number: abs(centres[number - 1] - value))


def _on_scale(value: float, low: int, high: int) -> int:
    """A latent value, thought of on 1 to 5, as the nearest point of a scale."""
    point = low + (value - 1) * (high - low) / 4
    return min(high, max(low, round(point)))
