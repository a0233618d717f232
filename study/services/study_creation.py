"""Making a study out of its file and a pack, all of it or nothing."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random, SystemRandom
from string import ascii_uppercase
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from formats.errors import N_, InputError, Message
from formats.files import CLIP_TIME, json_sha256
from formats.pack import Audio, PackClip, shared_prompts
from formats.study_file import StudyFile
from study import clock
from study.design import (
    DesignSpec,
    certificate_of,
    checks_certified,
    make_session_apart,
    make_sessions,
    may_reveal,
    plan_cautions,
    with_attention_checks,
)
from study.design.pairs import PairSpec, make_pair_session_apart, make_pair_sessions, pair_certificate
from study.design.sets import SetSpec, make_set_session_apart, make_set_sessions, set_certificate
from study.models import Clip, FurtherClip, Seal, Slot, Study, System, Trial
from study.mp3 import with_own_bytes
from study.sequences import Content, commitment_to, places_of, seed_of
from study.services.log import log_event

SECRET = SystemRandom()
#: Of session plans that no study uses.
EXAMPLE_SEED = 1
#: How much shorter than asked a pack's clips may be, and how much silence may be around their music, in seconds.
SHORTER_S, SILENCE_S = 0.05, 2.0
FEW_CLIPS = N_("of %(system)s it has %(found)s clips and the study file asks for %(wanted)s")
FEW_PRACTICE = N_("of practice clips it has %(found)s and the study file asks for %(wanted)s")


@dataclass
class ChosenClips:
    """Clips a study will use: of each system, for practice, and as references, one of each prompt."""

    study: dict[str, list[PackClip]] = field(default_factory=dict)
    practice: list[PackClip] = field(default_factory=list)
    reference: list[PackClip] = field(default_factory=list)
    #: Of each of them, by its id, where the study shows waveforms.
    waveforms: dict[str, str] = field(default_factory=dict)

    @property
    def every(self) -> list[PackClip]:
        """All of them."""
        return [*self.practice, *self.reference, *(clip for found in self.study.values() for clip in found)]


def choose_clips(file: StudyFile, pack: Iterable[PackClip]) -> ChosenClips:
    """As many clips as the study file asks for, in the pack's order. Raises `InputError` where the pack has too few.

    Clips that are matched or have a reference are of prompts that every system has, in the same order for each. For
    practice the last clips are the references.
    """
    clips = list(pack)
    wanted, practice = file.design.clips_per_system, file.practice_clips
    chosen = ChosenClips(practice=[clip for clip in clips if clip.role == "practice"][:practice])
    if file.trial.match == "prompt" or file.has_reference:
        clips = _of_shared_prompts(file, clips)
        chosen.reference = [
            as_reference(clip) for clip in clips if file.has_reference and clip.system == file.trial.reference_system
        ][:wanted]
    faults = []
    for system in (row.id for row in file.systems):
        found = [clip for clip in clips if clip.role == "study" and clip.system == system]
        chosen.study[system] = found[:wanted]
        if len(found) < wanted:
            faults.append(Message(FEW_CLIPS, system=system, found=len(found), wanted=wanted))
    if len(chosen.practice) < practice:
        faults.append(Message(FEW_PRACTICE, found=len(chosen.practice), wanted=practice))
    if faults:
        has = ", ".join(sorted({clip.system for clip in clips if clip.role == "study"}))
        raise InputError(
            "The pack does not fit the study file: %(reasons)s. The pack's systems: %(systems)s.",
            reasons=faults,
            systems=has,
        )
    _refuse_unequal(file, chosen)
    return chosen


def _refuse_unequal(file: StudyFile, chosen: ChosenClips) -> None:
    """Refuse clips of different lengths where all clips of a trial run together."""
    lengths = sorted({clip.duration_ms for clip in chosen.every})
    if file.trial.synchronous and len(lengths) > 1:
        raise InputError(
            "trial.synchronous: The clips last %(least).3f to %(most).3f s, but clips that run together are of one "
            "length. Make the pack again with --seconds.",
            least=lengths[0] / 1000,
            most=lengths[-1] / 1000,
        )


def as_reference(clip: PackClip) -> PackClip:
    """A clip of the pack in its part as a reference, beside which the study may have it as a system's clip, too."""
    return replace(clip, clip_id=f"reference {clip.clip_id}", role="reference")


def refuse_other_clips(file: StudyFile, audio: Audio) -> None:
    """Raises `InputError` where a pack's clips are not of the length or channels that the study file asks for."""
    seconds, channels = file.clips.seconds, file.clips.channels
    if seconds is not None and not seconds - SHORTER_S <= audio.duration_s <= seconds + SILENCE_S:
        raise InputError(
            "The study file asks for clips of %(wanted)s s, and the pack's last %(found)s s. Make the pack again with "
            "--seconds %(wanted)s.",
            wanted=f"{seconds:g}",
            found=f"{audio.duration_s:.1f}",
        )
    if channels is not None and channels != audio.channels:
        raise InputError(
            "The study file asks for clips of %(wanted)s channels, and the pack's have %(found)s. Make the pack again "
            "with --channels %(wanted)s.",
            wanted=channels,
            found=audio.channels,
        )


def _of_shared_prompts(file: StudyFile, clips: list[PackClip]) -> list[PackClip]:
    """The study clips of prompts that every system has, ordered by prompt; the prompts in the pack's order.

    What the references come from is one of these systems here.
    """
    systems, reference = {system.id for system in file.systems}, file.trial.reference_system
    study = [clip for clip in clips if clip.role == "study" and clip.system in {*systems, reference}]
    shared = shared_prompts((clip.system, clip.prompt_id) for clip in study if clip.system in systems)
    if reference:
        _refuse_few_references(file, study, shared)
        referred = {clip.prompt_id for clip in study if clip.system == reference}
        shared = [prompt for prompt in shared if prompt in referred]
    if missing := sorted(systems - {clip.system for clip in study}):
        shared = []
    if len(shared) < file.design.clips_per_system:
        raise InputError(
            "The study file matches clips by prompt and asks for %(wanted)s prompts, but only %(found)s have a clip of "
            "every system%(missing)s. Give the files of one prompt equal names and make the pack again with "
            "generate_stimuli --from.",
            wanted=file.design.clips_per_system,
            found=len(shared),
            missing=Message(" (there is none of %(systems)s)", systems=", ".join(missing)) if missing else "",
        )
    places = {prompt: place for place, prompt in enumerate(shared)}
    return sorted((clip for clip in study if clip.prompt_id in places), key=lambda clip: places[str(clip.prompt_id)])


def _refuse_few_references(file: StudyFile, study: list[PackClip], shared: list[str]) -> None:
    """Refuse a pack with references of fewer prompts than there are."""
    reference, wanted = file.trial.reference_system, file.design.clips_per_system
    found = len({clip.prompt_id for clip in study if clip.system == reference} & {*shared})
    if found < wanted <= len(shared):
        raise InputError(
            "trial.reference: The study needs a reference for each of %(wanted)s prompts, but the pack has only "
            "%(found)s clips of %(reference)s that are of a prompt of all systems. Put one into a folder of that name "
            "for each prompt, under the prompt's file name, and make the pack again with generate_stimuli --from.",
            wanted=wanted,
            found=found,
            reference=repr(reference),
        )


def refuse_not_served(file: StudyFile) -> None:
    """Refuse a valid study file that asks for trials which this version cannot run. Raises `InputError`."""
    trial = file.trial
    kinds = {question.kind for question in file.questions} | ({"rating"} if file.scales else set())
    of_two = {"choice"} if file.has_x else {"preference", "choice"}
    other = sorted(kinds - {"text"} - {1: {"rating", "choice"}, 2: of_two, "all": {"rating", "choice"}}[trial.clips])
    of_trial: list[str] = [question.kind for question in file.questions if question.kind == "rating"]
    of_trial += ["text" for question in file.texts if question.of == "clip" and trial.clips != 1]
    if trial.clips == "all" and trial.match != "prompt":
        what = Message("trials of all systems whose clips are not matched by prompt")
    elif other or of_trial:
        kind = [*other, *of_trial][0]
        what = Message("questions of kind %(kind)s in trials with clips = %(clips)s", kind=kind, clips=trial.clips)
    else:
        return
    raise InputError(
        "This version cannot run %(what)s yet. It runs trials of one clip with ratings and choices, trials of two "
        "clips with preferences and choices, or with an X and choices, and trials of all systems, matched by prompt, "
        "with ratings of each clip and choices. All can have a reference.",
        what=what,
    )


def create_study(
    *,
    slug: str,
    file: StudyFile,
    file_sha256: str,
    clips: ChosenClips,
    owner: User | None = None,
    actor: str = "command",
    simulated: bool = False,
    rng: Random = SECRET,
) -> Study:
    """A study with its plan frozen and its clips copied under ids of its own: a draft, not open yet.

    Audio is copied first and removed again if anything fails. A simulated study plays to nobody and gets no audio.
    `rng` draws codes, ids and whatever else hides the systems: for real studies it must be beyond computing.
    """
    refuse_not_served(file)
    if Study.objects.filter(slug=slug).exists():
        raise InputError("There is a study %(slug)s already; choose another slug.", slug=repr(slug))
    with _copying(slug, rng, wanted=not simulated) as copies, transaction.atomic():
        copies.add(clips.every)
        study = Study(
            slug=slug,
            owner=owner,
            file=file,
            file_sha256=file_sha256,
            seed=0,
            simulated=simulated,
            created_at=clock.now(),
        )
        drawn = draw_codes(clips, copies.paths, rng, matched=file.trial.match == "prompt")
        content = sealed_content(study, drawn.numbered, drawn.systems, rng)
        if file.has_x:
            drawn, content["x"] = _with_x(drawn, content["sessions"], file.design.practice, copies)
        elif drawn.reference:
            content["references"] = drawn.references
        freeze_plan(study, content)
        study.save(force_insert=True)
        Seal.objects.create(study=study, content=content)
        write_sessions(study, content["sessions"], *_write_clips(study, drawn), content.get("x", {}))
        _log_birth(study, actor)
    return study


def spec_of(file: StudyFile, codes: list[str], seed: int) -> DesignSpec | PairSpec | SetSpec:
    """What the session plans of a study of this file depend on. They are made over codes."""
    design = file.design
    shared: dict[str, Any] = {
        "systems": tuple(codes),
        "groups": tuple((group.key, group.slots) for group in file.groups),
        "repeats": design.repeats,
        "practice": design.practice,
        "break_after": file.break_after,
        "questions": tuple(asked.key for asked in file.numbered),
        "seed": seed,
    }
    matched = file.trial.match == "prompt"
    if file.trial.clips == 2:
        rounds = design.rounds or 0
        return PairSpec(prompts=design.clips_per_system, rounds=rounds, matched=matched, has_x=file.has_x, **shared)
    if file.has_sets:
        return SetSpec(prompts=design.clips_per_system, heard=design.heard_per_expert or 0, **shared)
    return DesignSpec(clips=design.clips_per_system, heard=design.heard_per_expert or 0, matched=matched, **shared)


def cautions_on(file: StudyFile) -> list[Message]:
    """Cautions on the session plans that a study of this file will have, from plans like them.

    Only small designs are planned for this, which takes milliseconds.
    """
    if not may_reveal(slots=file.slots, systems=len(file.systems), trials=file.trials_per_expert):
        return []
    return plan_cautions(sessions_for(file, list(ascii_uppercase[: len(file.systems)]), EXAMPLE_SEED))


def sessions_for(file: StudyFile, codes: list[str], seed: int) -> dict[str, Any]:
    """The session plans of a study of this file."""
    spec = spec_of(file, codes, seed)
    if isinstance(spec, PairSpec):
        return make_pair_sessions(spec)
    return make_set_sessions(spec) if isinstance(spec, SetSpec) else make_sessions(spec)


def session_apart_for(file: StudyFile, codes: list[str], seed: int) -> list[dict[str, Any]]:
    """The trials of one session that belongs to no study plan; a system is its number among the codes."""
    spec = spec_of(file, codes, seed)
    if isinstance(spec, PairSpec):
        return make_pair_session_apart(spec)
    return make_set_session_apart(spec) if isinstance(spec, SetSpec) else make_session_apart(spec)


CERTIFY = {1: certificate_of, 2: pair_certificate, "all": set_certificate}


@dataclass(frozen=True)
class Drawn:
    """What chance decides about a study's clips: each system's code, the order of its clips, ids and files."""

    #: Code -> system id.
    systems: dict[str, str]
    #: Code -> the system's clips in the order of the plan's numbers.
    clips: dict[str, list[PackClip]]
    practice: list[PackClip]
    reference: list[PackClip]
    #: The pack's clip_id -> the study's, and -> the path of the copy ("" where there is none).
    ids: dict[str, str]
    paths: dict[str, str]
    waveforms: dict[str, str]

    @property
    def numbered(self) -> dict[str, list[str]]:
        """Code -> the study's clip ids in the order of the plan's numbers."""
        return {code: [self.ids[clip.clip_id] for clip in found] for code, found in self.clips.items()}

    @property
    def references(self) -> dict[str, str]:
        """The study's id of each clip -> that of the reference of its prompt."""
        by_prompt = {clip.prompt_id: self.ids[clip.clip_id] for clip in self.reference}
        clips = (clip for found in self.clips.values() for clip in found)
        return {self.ids[clip.clip_id]: by_prompt[clip.prompt_id] for clip in clips}


def draw_codes(clips: ChosenClips, copies: dict[str, str], rng: Random, *, matched: bool) -> Drawn:
    """A, B, C … in random order for the systems; within a system the plan's numbers go to the clips in another.

    Matched clips of one prompt have one number.
    """
    count = len(clips.study)
    codes = dict(zip(clips.study, rng.sample(ascii_uppercase[:count], count), strict=True))
    if matched:
        prompts = range(len(next(iter(clips.study.values()))))
        order = rng.sample(prompts, len(prompts))
        shuffled = {codes[system]: [found[place] for place in order] for system, found in clips.study.items()}
    else:
        shuffled = {codes[system]: rng.sample(found, len(found)) for system, found in clips.study.items()}
    paths = {clip.clip_id: copies.get(clip.clip_id, "") for clip in clips.every}
    ids = {pack_id: Path(path).stem or _new_id(rng) for pack_id, path in paths.items()}
    systems = {code: system for system, code in codes.items()}
    return Drawn(systems, shuffled, clips.practice, clips.reference, ids, paths, clips.waveforms)


def sealed_content(study: Study, clips: dict[str, list[str]], systems: dict[str, str], rng: Random) -> Content:
    """What is sealed: every session, from a seed that nobody can compute, and which system made which clip."""
    nonce = rng.randbytes(32).hex()
    sessions = sessions_for(study.file, sorted(systems), seed_of(study.file, nonce))
    sessions = with_attention_checks(sessions, study.file.checks_asked)
    return {"nonce": nonce, "sessions": sessions, "systems": systems, "clips": clips}


def freeze_plan(study: Study, content: Content) -> None:
    """The plan as RFC 8785 JSON: what will be asked and analysed, and a commitment to what is sealed; its hash.

    The sessions' certificate goes with it.
    """
    file = study.file
    is_shown = file.has_reference or file.trial.waveform
    beyond_scales = {
        "trial": file.trial.as_json(),
        "questions": [question.as_json() for question in file.questions],
    }
    study.plan = {
        "schema": 2,
        "study_file_sha256": study.file_sha256,
        **(beyond_scales if file.trial.clips != 1 or file.questions or is_shown else {}),
        "scales": [scale.as_json() for scale in file.scales],
        **({"attention_checks": [one.as_json() for one in file.attention_checks]} if file.attention_checks else {}),
        "analysis": file.analysis.as_json(),
        "design": file.design.as_json(),
        "commitment": commitment_to(content),
    }
    study.plan_sha256 = json_sha256(study.plan)
    study.certificate = CERTIFY[file.trial.clips](content["sessions"]) | checks_certified(content["sessions"])
    study.seed = content["sessions"]["seed"]


def _with_x(drawn: Drawn, sessions: dict[str, Any], practice: int, copies: Copies) -> tuple[Drawn, dict[str, str]]:
    """The clips with as many copies of each as one expert hears as X, and {copy's id: id of the clip that it is}.

    No expert hears a copy twice: its bytes in two trials would tell which clip both of them have.
    """
    most: Counter[tuple[str, int]] = Counter()
    for slot in sessions["slots"]:
        heard = (trial["places"][trial["x"] - 1] for trial in slot["trials"])
        most |= Counter((place["system"], place["clip"]) for place in heard)
    sources = [drawn.clips[code][number] for (code, number), count in sorted(most.items()) for _ in range(count)]
    sources += [drawn.practice[practice_x(index)] for index in range(practice)]
    again = [as_reference(replace(clip, clip_id=f"{number} {clip.clip_id}")) for number, clip in enumerate(sources)]
    copies.add(again)
    paths = {clip.clip_id: copies.paths.get(clip.clip_id, "") for clip in again}
    ids = {name: Path(path).stem or _new_id(copies.rng) for name, path in paths.items()}
    x = {ids[copy.clip_id]: drawn.ids[clip.clip_id] for copy, clip in zip(again, sources, strict=True)}
    return replace(drawn, reference=again, ids=drawn.ids | ids, paths=drawn.paths | paths), x


def practice_x(index: int) -> int:
    """Which of the practice clips the X of a practice trial is: the first and the second of its two in turn."""
    return 2 * index + index % 2


@dataclass
class Copies:
    """Copies of a pack's audio in the media storage, made as they are needed: {the pack's clip_id: path}."""

    slug: str
    rng: Random
    wanted: bool
    paths: dict[str, str] = field(default_factory=dict)

    def add(self, clips: Iterable[PackClip]) -> None:
        """Copies clips, each with bytes of its own that no decoder reads, so that no hash of one is another's."""
        for clip in clips if self.wanted else ():
            name = f"studies/{self.slug}/{_new_id(self.rng)}.{clip.ending}"
            self.paths[clip.clip_id] = default_storage.save(name, ContentFile(_own_copy(clip, self.rng)))
            _forget_time(self.paths[clip.clip_id])


@contextmanager
def _copying(slug: str, rng: Random, *, wanted: bool) -> Iterator[Copies]:
    """Yields `Copies` without any, and takes those that were made back if the block fails."""
    copies = Copies(slug, rng, wanted)
    try:
        yield copies
    except BaseException:
        for path in copies.paths.values():
            default_storage.delete(path)
        raise


def _own_copy(clip: PackClip, rng: Random) -> bytes:
    try:
        return with_own_bytes(clip.audio, rng)
    except InputError as error:
        raise InputError(
            "The pack's audio/%(file)s cannot be used: %(fault)s. Make the pack again with generate_stimuli --from, "
            "which takes WAV, FLAC, MP3 and MIDI.",
            file=f"{clip.entry['clip_id']}.{clip.ending}",
            fault=error,
        ) from error


def _forget_time(path: str) -> None:
    try:
        os.utime(default_storage.path(path), (CLIP_TIME, CLIP_TIME))
    except NotImplementedError:  # a storage without a file system keeps times of its own, and no page shows them
        return


def _write_clips(study: Study, drawn: Drawn) -> tuple[dict[tuple[str, int], Clip], list[Clip], list[Clip]]:
    """Rows for systems and clips: those of systems by code and number, those for practice, and the references."""
    by_number: dict[tuple[str, int], Clip] = {}
    # By code, so that a row's key follows the code alone.
    for code, system_id in sorted(drawn.systems.items()):
        system = System.objects.create(study=study, system_id=system_id, code=code)
        for index, clip in enumerate(drawn.clips[code]):
            by_number[code, index] = _clip(study, clip, system, drawn)
    practice = [_clip(study, clip, None, drawn) for clip in drawn.practice]
    references = [_clip(study, clip, None, drawn) for clip in drawn.reference]
    # Saved in the order of their random ids, so that a row's key says nothing either.
    Clip.objects.bulk_create(sorted([*by_number.values(), *practice, *references], key=lambda clip: clip.clip_id))
    return by_number, practice, references


def _new_id(rng: Random) -> str:
    """64 random bits as text: a clip's only name in a study, and its file's."""
    return rng.randbytes(8).hex()


def _clip(study: Study, clip: PackClip, system: System | None, drawn: Drawn) -> Clip:
    return Clip(
        study=study,
        system=system,
        role=clip.role,
        clip_id=drawn.ids[clip.clip_id],
        audio=drawn.paths[clip.clip_id],
        duration_ms=clip.duration_ms,
        waveform=drawn.waveforms.get(clip.clip_id, ""),
        pack_entry=clip.entry,
        metrics=clip.metrics,
    )


def write_sessions(
    study: Study,
    sessions: dict[str, Any],
    clips: dict[tuple[str, int], Clip],
    practice: list[Clip],
    references: list[Clip],
    x: dict[str, str],
) -> None:
    """Slots and trials as the session plans say; `x` is {id of a reference that is an X: id of the clip that it is}."""
    trials: list[tuple[Trial, list[Clip]]] = []
    copies: dict[str, list[Clip]] = defaultdict(list)
    for clip in references if x else ():
        copies[x[clip.clip_id]].append(clip)
    by_prompt = {clip.prompt_id: clip for clip in references}
    for row in sessions["slots"]:
        slot = Slot.objects.create(study=study, number=row["slot"], group=row["group"], scale_order=row["scales"])
        trials += practice_trials(study.file, slot, practice, copies)
        unheard = {source: iter(found) for source, found in copies.items()}
        checks = {check["trial"]: check["check"] for check in row.get("checks", ())}
        for number, planned in enumerate(row["trials"], start=1):
            trial = Trial(
                slot=slot,
                phase=Trial.Phase.STUDY,
                number=number,
                block=planned["block"],
                position=planned["position"],
                is_repeat=planned["repeat"],
                attention_check=checks.get(number, ""),
            )
            heard = [clips[place["system"], place["clip"]] for place in places_of(planned)]
            if x:
                trial.reference = next(unheard[heard[planned["x"] - 1].clip_id])
            else:
                trial.reference = by_prompt.get(heard[0].prompt_id)
            trials.append((trial, heard))
    write_trials(trials)


def practice_trials(
    file: StudyFile, slot: Slot, practice: list[Clip], copies: Mapping[str, list[Clip]]
) -> Iterator[tuple[Trial, list[Clip]]]:
    """A slot's practice trials with their clips; the clips after those of all trials are the references.

    An X is one of the `copies`, {id of a clip: its copies}.
    """
    size, count = file.clips_per_trial, file.design.practice
    for index in range(count):
        trial = Trial(slot=slot, phase=Trial.Phase.PRACTICE, number=index + 1, block=1, position=index + 1)
        if file.has_x:
            both = practice[2 * index : 2 * index + 2]  # in a preview, whose pairs are others, maybe none has a copy
            trial.reference = next((copies[clip.clip_id][0] for clip in both if copies.get(clip.clip_id)), both[0])
        elif file.has_reference:
            trial.reference = practice[size * count + index]
        yield trial, practice[size * index : size * (index + 1)]


def write_trials(trials: list[tuple[Trial, list[Clip]]]) -> None:
    """Insert trials, each with the clips at its places."""
    for trial, (first, *_rest) in trials:
        trial.clip = first
    Trial.objects.bulk_create([trial for trial, _ in trials], batch_size=500)
    further = [
        FurtherClip(trial=trial, place=place, clip=clip)
        for trial, clips in trials
        for place, clip in enumerate(clips[1:], start=2)
    ]
    FurtherClip.objects.bulk_create(further, batch_size=500)


def _log_birth(study: Study, actor: str) -> None:
    detail = {"study_file_sha256": study.file_sha256, "plan_sha256": study.plan_sha256, "simulated": study.simulated}
    log_event(study, actor=actor, kind="created", detail=detail)
