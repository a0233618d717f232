"""Plain makers of the things tests need: a pack on disk, a study from it, experts, their listening and rating."""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import soundfile
from django.contrib.auth.models import User
from django.test import Client

from formats.pack import read_pack
from formats.study_file import StudyFile, parse
from study import clock, queries, services
from study.management.waveforms import with_waveforms
from study.models import Clip, Device, Expert, Rating, Study, Trial
from study.room import access
from study.services.invitations import Invitee
from study.services.saving.context import SaveContext, load_save_context

RATE = 16_000
SECONDS = 1.0
SCALES = ("valence", "overall")


@functools.cache
def tone(number: int, seconds: float = SECONDS) -> bytes:
    """A short real MP3 of constant bit rate: a tone between silent edges that differs by number, all of one size."""
    times = np.arange(int(RATE * seconds)) / RATE
    inside = np.clip((np.minimum(times, seconds - times) - 0.12) / 0.02, 0, 1)
    wave = 0.2 * inside * np.sin(2 * np.pi * (300 + 20 * number) * times)
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format="MP3", bitrate_mode="CONSTANT", compression_level=0.5)
    return file.getvalue()


def make_pack(
    path: Path,
    systems: Sequence[str] = ("midi-gan", "real"),
    clips: int = 3,
    *,
    practice: int = 1,
    seconds: float = SECONDS,
) -> Path:
    """A small pack on disk: `clips` a system and some for practice, hashes and metrics as a real one has them.

    Clips of one number are of one prompt.
    """
    (path / "audio").mkdir(parents=True)
    rows = [(system, "study", index) for system in systems for index in range(clips)]
    rows += [("practice", "practice", index) for index in range(practice)]
    entries = []
    metrics = ["clip_id,upc,gc"]
    for number, (system, role, index) in enumerate(rows):
        clip_id = hashlib.sha256(f"clip {number}".encode()).hexdigest()[:16]
        audio = tone(number, seconds)
        (path / "audio" / f"{clip_id}.mp3").write_bytes(audio)
        metrics.append(f"{clip_id},{5 + number},0.{number:02d}")
        entries.append(
            {
                "clip_id": clip_id,
                "system": system,
                "role": role,
                "prompt_id": f"prompt-{index}" if role == "study" else None,
                "provenance": {"song": f"song {number}", "segment": index},
                "audio_sha256": hashlib.sha256(audio).hexdigest(),
                "midi_sha256": None,
                "duration_s": seconds,
                "lufs": -23.0,
                "true_peak_dbtp": -3.0,
            }
        )
    table = ("\n".join(metrics) + "\n").encode()
    (path / "metrics.csv").write_bytes(table)
    manifest = {
        "schema_version": 1,
        "inputs": {},
        "drawing": {},
        "audio": {
            "format": "mp3",
            "bit_rate_kbit_s": 64,
            "sample_rate_hz": RATE,
            "channels": 1,
            "samples": int(RATE * seconds),
            "bytes": len(tone(0, seconds)),
            "duration_s": seconds,
            "target_lufs": -23.0,
        },
        "metrics_sha256": hashlib.sha256(table).hexdigest(),
        "clips": sorted(entries, key=lambda entry: str(entry["clip_id"])),
    }
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return path


def study_toml(
    *,
    systems: Sequence[str] = ("midi-gan", "real"),
    scales: Sequence[str] = SCALES,
    clips: int = 3,
    heard: int = 2,
    repeats: int = 0,
    practice: int = 1,
    slots: int = 2,
    groups: Sequence[str] = ("all",),
) -> str:
    """A small study file in both languages, with one required and one free background question."""
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    parts = [
        f"title = {both('A small study')}",
        'languages = ["en", "zh-hans"]',
        f'real_system = "{systems[-1]}"',
        f"instructions = {both('Listen, then rate.')}",
        f"[design]\nclips_per_system = {clips}\nheard_per_expert = {heard}\nrepeats = {repeats}",
        f"practice = {practice}\nseed = 7",
        *(f'[[systems]]\nid = "{system}"\nlabel = {both(system.upper())}' for system in systems),
        *(f'[[groups]]\nkey = "{group}"\nlabel = {both(group)}\nslots = {slots}' for group in groups),
        *(
            f'[[scales]]\nkey = "{scale}"\nminimum = 1\nmaximum = 5\nlabel = {both(scale)}\n'
            f"definition = {both('What it means')}\nlow = {both('least')}\nhigh = {both('most')}"
            for scale in scales
        ),
        f'[[background]]\nkey = "years"\nkind = "number"\nlabel = {both("Years of listening")}',
        '[[background]]\nkey = "device"\nkind = "choice"\nrequired = true\n'
        f"label = {both('How do you listen?')}\nchoices = [\n"
        f'  {{ key = "headphones", label = {both("Headphones")} }},\n'
        f'  {{ key = "speakers", label = {both("Speakers")} }},\n]',
        f'[consent]\nversion = "1"\ntext = {both("Your answers are kept under a code.")}',
        f'[analysis]\nprimary_scale = "{scales[-1]}"\ncontrasts = [["{systems[0]}", "{systems[-1]}"]]',
        'smallest_gap = 0.5\nalpha = 0.05\nexclusions = "None."\ndropouts = "Kept as far as they go."',
    ]
    return "\n".join(parts) + "\n"


def pair_toml(
    *,
    form: str = "graded",
    rounds: int = 2,
    match: str = "prompt",
    questions: Sequence[str] = ("better",),
    **shape: Any,
) -> str:
    """The same for trials of two clips, with preferences."""
    text = study_toml(scales=questions, heard=rounds, **shape)
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    before, _, rest = text.partition("[[scales]]")
    middle = "" if form == "binary" else f"middle = {both('no difference')}\n"
    question = "".join(
        f'[[questions]]\nkey = "{key}"\nkind = "preference"\nform = "{form}"\nlabel = {both("Preference")}\n'
        f"definition = {both('Which clip do you prefer?')}\nlow = {both('first clip')}\n{middle}"
        f"high = {both('second clip')}\n"
        for key in questions
    )
    before = before.replace("heard_per_expert", "rounds")
    trial = f'[trial]\nclips = 2\nmatch = "{match}"\n'
    return before.replace("[design]", f"{trial}[design]") + question + rest[rest.index("[[background]]") :]


def choice_toml(*, scales: Sequence[str] = (), **shape: Any) -> str:
    """A small study file that asks "human or computer?" of each clip, and scales; the last system is human."""
    systems = shape.get("systems", ("midi-gan", "real"))
    text = study_toml(scales=(*scales, "origin"), **shape)
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    before, _, rest = text.partition('[[scales]]\nkey = "origin"')
    question = (
        f'[[questions]]\nkey = "origin"\nkind = "choice"\nlabel = {both("Origin")}\n'
        f"definition = {both('Who made it?')}\nchoices = [\n"
        f'{{ key = "human", label = {both("A person")}, right_for = ["{systems[-1]}"] }},\n'
        f'{{ key = "computer", label = {both("A program")}, right_for = {json.dumps(list(systems[:-1]))} }},\n]\n'
    )
    return before + question + rest[rest.index("[[background]]") :]


def several_choices_toml(text: str, systems: Sequence[str]) -> str:
    """A study file of several clips a trial that also asks `origin` of each clip, and `use` of the trial."""
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    asked = choice_toml(systems=systems).partition("[[questions]]")[2].partition("[[background]]")[0]
    use = (
        f'[[questions]]\nkey = "use"\nkind = "choice"\nof = "trial"\nlabel = {both("Use")}\n'
        f"definition = {both('Would you play one of them?')}\nchoices = [\n"
        f'{{ key = "yes", label = {both("Yes")} }},\n{{ key = "no", label = {both("No")} }},\n]\n'
    )
    return text.replace("[[background]]", f"[[questions]]{asked}{use}[[background]]", 1)


def make_choice_study(
    folder: Path, *, scales: Sequence[str] = (), draft: bool = False, seconds: float = SECONDS, **shape: Any
) -> Study:
    """An open study with one choice, `origin`, and these scales."""
    text = choice_toml(scales=scales, **{"practice": 0, **shape})
    made = {name: shape[name] for name in ("systems", "clips", "practice") if name in shape}
    return make_study(folder, text=text, draft=draft, seconds=seconds, **made)


def texts_toml(text: str) -> str:
    """A study file that asks for words as well: `why` of each trial, and `where` of those who want."""
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    asked = '[[questions]]\nkey = "{0}"\nkind = "text"\nlabel = {1}\ndefinition = {2}\n'.format
    why = asked("why", both("Reason"), both("Why do you think so?")) + "required = true\n"
    where = asked("where", both("Place"), both("Where did you hear the like?"))
    return text.replace("[[background]]", f"{why}{where}[[background]]", 1)


def checks_toml(text: str, *, times: int = 1, failed: int | None = None) -> str:
    """A study file with the attention check `attention`, whose second answer is right, so often in a session.

    `failed`: experts who fail so many are excluded.
    """
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    choices = ", ".join(f'{{ key = "{key}", label = {both(key)} }}' for key in ("one", "two", "three"))
    check = (
        f'[[attention_checks]]\nkey = "attention"\nlabel = {both("Please choose two here")}\n'
        f'choices = [{choices}]\nright = "two"\ntimes = {times}\n'
    )
    text = text.replace("[[background]]", f"{check}[[background]]", 1)
    return text if failed is None else text.replace("[analysis]\n", f"[analysis]\nfailed_checks = {failed}\n", 1)


def waveform_toml(text: str) -> str:
    """A study file whose players show waveforms."""
    shown = "[trial]\nwaveform = true\n"
    return text.replace("[trial]\n", shown, 1) if "[trial]\n" in text else text.replace("[design]", f"{shown}[design]")


def synchronous_toml(text: str) -> str:
    """A study file of several clips a trial that run together."""
    return text.replace("[trial]\n", "[trial]\nsynchronous = true\n", 1)


def set_toml(*, heard: int = 3, **shape: Any) -> str:
    """A small study file whose trials have one clip of each system, all of one prompt."""
    return study_toml(heard=heard, **shape).replace("[design]", '[trial]\nclips = "all"\nmatch = "prompt"\n[design]')


def make_set_study(folder: Path, *, draft: bool = False, seconds: float = SECONDS, **shape: Any) -> Study:
    """An open study of sets, with the scales of `study_toml`."""
    systems, practice = shape.setdefault("systems", ("midi-gan", "mlstm", "real")), shape.setdefault("practice", 0)
    made = {"systems": systems, "clips": shape.get("clips", 3), "practice": len(systems) * practice}
    return make_study(folder, text=set_toml(**shape), draft=draft, seconds=seconds, **made)


def reference_toml(clips: int | str, *, hidden: bool = False, **shape: Any) -> str:
    """A small study file whose trials have a reference: the clips of the pack's "original", or of the last system."""
    make = {1: study_toml, 2: pair_toml, "all": set_toml}[clips]
    text = make(**shape)
    reference = shape.get("systems", ("midi-gan", "real"))[-1] if hidden else "original"
    said = f'reference = "{reference}"\n' + ("hidden_reference = true\n" if hidden else "")
    return (
        text.replace("[design]", f"[trial]\n{said}[design]")
        if clips == 1
        else text.replace("[design]", said + "[design]")
    )


def make_reference_study(
    folder: Path,
    clips: int | str = 1,
    *,
    hidden: bool = False,
    draft: bool = False,
    seconds: float = SECONDS,
    **shape: Any,
) -> Study:
    """An open study with a reference in each trial, and with one practice clip more for each practice trial."""
    systems = shape.setdefault("systems", ("midi-gan", "mlstm", "real"))
    practice = shape.setdefault("practice", 1)
    size = len(systems) if clips == "all" else int(clips)
    return make_study(
        folder,
        text=reference_toml(clips, hidden=hidden, **shape),
        systems=systems if hidden else (*systems, "original"),
        clips=shape.get("clips", 3),
        practice=practice * (size + 1),
        draft=draft,
        seconds=seconds,
        **({"slug": shape["slug"]} if "slug" in shape else {}),
    )


def abx_toml(**shape: Any) -> str:
    """The same for trials with an X, of which the choice `x_is` asks whether it is A or B."""
    text = pair_toml(**shape)
    both = '{{ en = "{0}", zh-hans = "{0}（中）" }}'.format
    before, _, rest = text.partition("[[questions]]")
    question = (
        f'[[questions]]\nkey = "x_is"\nkind = "choice"\nof = "trial"\nlabel = {both("X")}\n'
        f"definition = {both('Is X A or B?')}\nchoices = [\n"
        f'{{ key = "a", label = {both("X is A")} }},\n{{ key = "b", label = {both("X is B")} }},\n]\n'
    )
    rest = rest[rest.index("[[background]]") :].replace('primary_scale = "better"', 'primary_scale = "x_is"')
    return before.replace("[design]", 'reference = "x"\n[design]') + question + rest


def make_abx_study(folder: Path, *, draft: bool = False, seconds: float = SECONDS, **shape: Any) -> Study:
    """An open study of trials with an X."""
    usual: dict[str, Any] = {"systems": ("midi-gan", "mlstm", "real"), "practice": 1, "clips": 4, "rounds": 4}
    shape = usual | {"slots": 3} | shape
    made: dict[str, Any] = {"systems": shape["systems"], "clips": shape["clips"], "practice": 2 * shape["practice"]}
    return make_study(folder, text=abx_toml(**shape), draft=draft, seconds=seconds, **made)


def make_pair_study(
    folder: Path,
    *,
    form: str = "graded",
    rounds: int = 2,
    match: str = "prompt",
    systems: Sequence[str] = ("midi-gan", "real"),
    clips: int = 3,
    repeats: int = 0,
    practice: int = 0,
    slots: int = 2,
    **options: Any,
) -> Study:
    """An open study of pairs with one preference, `better`."""
    shape: dict[str, Any] = {"systems": systems, "clips": clips, "repeats": repeats}
    shape |= {"practice": practice, "slots": slots}
    text = pair_toml(form=form, rounds=rounds, match=match, **shape)
    return make_study(folder, text=text, systems=systems, clips=clips, practice=2 * practice, **options)


def make_study(
    folder: Path,
    *,
    slug: str = "small",
    text: str | None = None,
    seconds: float = SECONDS,
    owner: User | None = None,
    draft: bool = False,
    systems: Sequence[str] = ("midi-gan", "real"),
    clips: int = 3,
    heard: int = 2,
    repeats: int = 0,
    practice: int = 0,
    slots: int = 2,
    groups: Sequence[str] = ("all",),
    scales: Sequence[str] = SCALES,
) -> Study:
    """An open study whose pack lies in `folder`. The keywords shape its study file; `text` replaces that."""
    pack = folder / f"pack-{slug}"
    make_pack(pack, systems, clips, practice=max(practice, 1), seconds=seconds)
    text = text or study_toml(
        systems=systems,
        scales=scales,
        clips=clips,
        heard=heard,
        repeats=repeats,
        practice=practice,
        slots=slots,
        groups=groups,
    )
    file = parse(text)
    chosen = with_waveforms(file, services.choose_clips(file, read_pack(pack)))
    study = services.create_study(
        slug=slug,
        file=file,
        file_sha256=hashlib.sha256(text.encode()).hexdigest(),
        clips=chosen,
        owner=owner,
    )
    if not draft:
        services.record_blinding(study, actor="test", detail={})
        services.open_study(study, actor="test")
    return study


def make_link(study: Study, code: str = "e01", group: str = "all", language: str = "en") -> tuple[Expert, str]:
    """An invited expert who has not started, and the secret of the link."""
    [(_, secret)] = services.invite(study, [Invitee(code, group, language)], actor="command")
    return study.experts.get(code=code), secret


def make_expert(study: Study, code: str = "e01", group: str = "all", language: str = "en") -> Expert:
    """An expert with a slot who accepted the link an hour ago; no consent yet."""
    _, secret = make_link(study, code, group, language)
    device = services.accept_invitation(services.find_invitation(secret))
    Device.objects.filter(pk=device.pk).update(accepted_at=clock.now() - timedelta(hours=1))
    return Expert.objects.select_related("study", "slot").get(pk=device.expert_id)


def enter(client: Client, expert: Expert) -> Client:
    """Make the client a browser in which the expert accepted the link."""
    client.cookies[access.COOKIE] = access.signed(expert.devices.latest("pk"))
    client.cookies["django_language"] = expert.language
    return client


def edit_file(study: Study, edit: Callable[[dict[str, Any]], object]) -> None:
    """Changes the study file of a study as it is stored, without checks: as an older site may have left it."""
    content = study.file.as_json()
    edit(content)
    study.file = StudyFile.model_validate(content)


def begin(expert: Expert) -> None:
    """Consent, background and the sound check passed over an hour ago, so that the next step is the first trial."""
    an_hour_ago = clock.now() - timedelta(hours=1)
    with clock.use(lambda: an_hour_ago):
        services.give_consent(expert, version=expert.study.file.consent.version, language=expert.language)
        services.save_background(expert, answers=dict.fromkeys(["device", "listening_device"], "headphones"))
        services.save_sound_check(expert.devices.latest("pk"), level=80, answers=[])


def trials_of(expert: Expert, phase: str = "study") -> list[Trial]:
    """The expert's trials of a phase, in order."""
    assert expert.slot is not None
    return list(expert.slot.trials.filter(phase=phase).select_related("clip", "slot").order_by("number"))


def context_of(expert: Expert, trial: Trial) -> SaveContext:
    """What a save needs about the expert's trial, from their newest device."""
    found = load_save_context(expert.devices.latest("pk").pk, trial.token)
    assert found is not None
    return found


def clips_of(trial: Trial) -> list[Clip]:
    """The clips of a trial by place, without its reference."""
    return [trial.clip, *(further.clip for further in trial.further_clips.order_by("place").select_related("clip"))]


def hear(expert: Expert, trial: Trial, *places: int) -> None:
    """Reports each of the trial's clips, or those at some places, as played through once."""
    reference = [trial.reference] if trial.reference else []
    for place, clip in enumerate([*reference, *clips_of(trial)], start=1 - len(reference)):
        if not places or place in places:
            services.save_listening(
                context_of(expert, trial),
                client_uuid=uuid4(),
                intervals=[[0, clip.duration_ms]],
                events=[],
                plays=1,
                place=place,
            )


def rate(
    expert: Expert,
    trial: Trial,
    scale: str = "overall",
    value: int = 3,
    revision: int = 1,
    at: datetime | None = None,
    place: int = 1,
) -> Rating:
    """One answer, as the page would send it."""
    rating, _ = services.save_rating(
        context_of(expert, trial),
        scale=scale,
        value=value,
        revision=revision,
        client_uuid=uuid4(),
        given_at=at or clock.now(),
        plays=1,
        heard_ms=trial.clip.duration_ms,
        rt_ms=4000,
        language=expert.language,
        place=place,
    )
    return rating


def rate_all(expert: Expert, value: int = 3) -> None:
    """Hears and rates everything the expert has not rated yet."""
    while (trial := queries.current_trial(expert)) is not None:
        complete(expert, trial, value)


def reach(expert: Expert, trial: Trial) -> Trial:
    """Hears and rates everything before a trial, so that it is the present one."""
    while (current := queries.current_trial(expert)) not in {None, trial}:
        assert current is not None
        complete(expert, current)
    return trial


def complete(expert: Expert, trial: Trial, value: int = 3) -> None:
    """Hears a trial and answers each question that has no answer yet, of each clip or of the trial."""
    hear(expert, trial)
    file = expert.study.file
    for place in range(1, file.clips_per_trial + 1):
        for asked in file.numbered:
            if place in file.places_of(asked) and (asked.key, place) not in queries.answers_at_places(trial, expert):
                rate(expert, trial, asked.key, min(value, asked.maximum), place=place)
    if trial.attention_check and (trial.attention_check, 1) not in queries.answers_at_places(trial, expert):
        rate(expert, trial, trial.attention_check, 2)
    if file.texts:
        write(expert, trial)


def write(expert: Expert, trial: Trial, words: str = "so it is") -> None:
    """An answer to each question that is answered in words, as the page would send it."""
    before = queries.remark_on(trial, expert)
    services.save_remark(
        context_of(expert, trial),
        known=False,
        comment="",
        answers={asked.key: words for asked in expert.study.file.texts},
        revision=before.revision + 1 if before else 1,
        client_uuid=uuid4(),
        given_at=clock.now(),
    )
