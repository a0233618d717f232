"""The whole check: what is played, what is looked at, and what comes of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.db.models import Count
from django.urls import reverse

from formats.errors import InputError, Message
from formats.messages import LOCALE
from formats.progress import bar
from study.blinding.feature_test import FeatureTest, observed_features, verdict
from study.blinding.grouping import Grouped, grouped
from study.blinding.html_values import Page
from study.blinding.leak_search import leaks, secrets_of, uneven_names
from study.blinding.scratch_database import on_a_copy, rolled_back
from study.blinding.sessions import Browser, Exchange, own_site, play
from study.blinding.side_by_side import side_by_side
from study.blinding.uniformity import AudioProperties, unlike, unlike_replies, unlike_waveforms, unlike_wrappings
from study.design import plan_cautions
from study.models import Clip, Expert, FurtherClip, Slot, Study, Trial
from study.queries import waveforms_of
from study.sequences import sessions_of
from study.services.invitations import Invitee, issue

#: How often each clip is heard at least, where there are slots enough, and the fewest sessions.
HEARINGS, MIN_SESSIONS = 2, 4
#: Smaller seeds of a pack are tried through in days.
MIN_SEED = 10**9
#: Of the permutations: the same sessions give the same p.
SEED = 1
#: Where a study file says what experts are shown.
SHOWN = (
    *("title", "instructions", "consent", "scales", "questions", "attention_checks", "known", "background"),
    "groups",
)

Measure = Callable[[bytes], AudioProperties]


@dataclass
class Report:
    """Result of the check. Each fault is a sentence; none means passed.

    Cautions are what a browser can't see, but somebody with the means that made the pack could find out.
    """

    faults: list[Message] = field(default_factory=list)
    cautions: list[Message] = field(default_factory=list)
    #: How the systems' recordings differ, as the event log has it.
    recordings: dict[str, Any] = field(default_factory=dict)
    clips: int = 0
    sessions: int = 0
    exchanges: int = 0
    bytes: int = 0
    verdict: FeatureTest = field(default_factory=FeatureTest)
    #: How well so many experts who compare notes sort the clips by system.
    grouped: dict[int, Grouped] = field(default_factory=dict)


def default_sessions(study: Study) -> int:
    """As many sessions as let every clip be heard a few times and every group come."""
    design = study.file.design
    heard = design.heard_per_expert or (design.rounds or 1) * (len(study.file.systems) - 1)
    wanted: int = math.ceil(HEARINGS * design.clips_per_system / heard)
    groups = len(study.file.groups)
    return min(study.slots.count(), max(wanted, MIN_SESSIONS, groups))


def check_blinding(study: Study, measure: Measure, sessions: int) -> Report:
    """Play sessions of the study and check every reply. The study does not change.

    `measure` says what an audio file is like. What looks as if it told systems apart is looked at once more, in other
    sessions where there are slots left, for chance alone looks so once in a hundred times. Only what is found both
    times is a fault. Raises `InputError` where a session can't be played to its end.
    """
    if study.simulated or study.preview:
        raise InputError(
            "%(study)s is a copy, which no expert hears; name the study that it was made from.", study=study.slug
        )
    files = {clip.clip_id: _bytes_of(clip) for clip in study.clips.all()}
    sounds = dict(zip(files, side_by_side(measure, files.values(), "Measuring clips"), strict=True))
    report = Report(faults=unlike(sounds), clips=len(files))
    report.faults += [*unlike_wrappings(files), *_bare_references(study, files), *_x_heard_again(study)]
    if study.file.trial.waveform:
        report.faults += unlike_waveforms(dict(study.clips.values_list("clip_id", "waveform")), sounds)
    sessions_planned = sessions_of(study)
    report.cautions += [*made_again(study), *plan_cautions(sessions_planned)]
    report.grouped = grouped(sessions_planned)
    known = {hashlib.sha256(data).digest() for data in files.values()}
    with on_a_copy():
        slots = prepare(study)
        first = slots[:: max(1, len(slots) // sessions)][:sessions]
        others = [slot for slot in slots if slot not in first]
        for look in (first, others[:: max(1, len(others) // sessions)][:sessions] or first):
            with rolled_back():  # so that the same slots can be played again where there are no others
                judge(study, play_sessions(study, look), known, report)
            if not report.verdict.is_significant:
                break
    if report.verdict.is_significant:
        report.faults.append(
            Message(
                "The %(feature)s separates the systems: p = %(p)s, in two sets of sessions.",
                feature=report.verdict.feature,
                p=f"{report.verdict.p:.4f}",
            )
        )
    report.faults = list(dict.fromkeys(report.faults))
    return report


def made_again(study: Study) -> list[Message]:
    """A caution for each guessable seed: with the weights, others can create the clips."""
    provenance = [clip.pack_entry.get("provenance", {}) for clip in study.clips.filter(role="study")]
    seeds = {entry["seed"] for entry in provenance if "checkpoint_sha256" in entry and "seed" in entry}
    guessed = sorted(seed for seed in seeds if seed < MIN_SEED)
    return [
        Message(
            "Clips were drawn with the seed %(seed)s. A person with the same weights can guess it, create the same "
            "clips and recognise them by their notes. For a real study, create the pack with a secret --seed of "
            "ten digits or more.",
            seed=seed,
        )
        for seed in guessed
    ]


def _bare_references(study: Study, files: Mapping[str, bytes]) -> list[Message]:
    """A sentence where the file of a reference is that of another clip, which would be known by it."""
    references = set(study.clips.filter(role=Clip.Role.REFERENCE).values_list("clip_id", flat=True))
    others = {data for clip, data in files.items() if clip not in references}
    same = sum(files[clip] in others for clip in references)
    fault = Message(
        "%(same)s of %(all)s references have the same bytes as a clip, which a browser can compare: create the study "
        "again.",
        same=same,
        all=len(references),
    )
    return [fault] if same else []


def _x_heard_again(study: Study) -> list[Message]:
    """A sentence where an expert hears a file as X twice: the clip that both trials have in common is then X."""
    if not study.file.has_x:
        return []
    heard = Trial.objects.filter(slot__study=study, phase=Trial.Phase.STUDY).values("slot", "reference")
    again = sum(row["times"] > 1 for row in heard.annotate(times=Count("pk")).order_by())
    fault = Message("%(again)s files are X in two trials of an expert, who can tell by this what it is.", again=again)
    return [fault] if again else []


def _bytes_of(clip: Clip) -> bytes:
    try:
        with default_storage.open(clip.audio) as file:
            data: bytes = file.read()
    except OSError as error:
        raise InputError(
            "%(file)s cannot be read (%(reason)s). Put the clip back, or create the study again.",
            file=clip.audio,
            reason=error.strerror,
        ) from error
    return data


def prepare(study: Study) -> list[Slot]:
    """Opens the copy to experts of our own, and gives all its slots, groups mixed."""
    Study.objects.filter(pk=study.pk).update(state=Study.State.OPEN, closed_at=None, unsealed_at=None)
    by_group: dict[str, list[Slot]] = {}
    for slot in Slot.objects.filter(study=study):
        by_group.setdefault(slot.group, []).append(slot)
    places = [(index / len(rows), slot) for rows in by_group.values() for index, slot in enumerate(rows)]
    return [slot for _, slot in sorted(places, key=lambda place: (place[0], place[1].number))]


def play_sessions(study: Study, slots: list[Slot]) -> list[list[Exchange]]:
    """One session in each slot, in the study's languages by turns."""
    study = Study.objects.get(pk=study.pk)
    languages, played = study.file.languages, []
    steps = bar(slots, "Playing sessions", unit="session")
    with own_site() as here:
        for number, slot in enumerate(steps):
            code = f"check-{slot.number}-{number}"
            language = languages[number % len(languages)]
            secret = issue(study, Invitee(code, slot.group, language), "check", None)  # whether or not there is a place
            Expert.objects.filter(slot=slot).update(slot=None)
            Expert.objects.filter(study=study, code=code).update(slot=slot)
            browser = Browser(here)
            play(browser, reverse("room:invitation", args=[secret]), slot.trials.count())
            played.append(browser.seen)
    return played


def judge(study: Study, played: list[list[Exchange]], known: set[bytes], report: Report) -> None:
    """Looks at one set of sessions and adds what it finds to the report."""
    everything = [exchange for seen in played for exchange in seen]
    trials = _trials(study, everything)
    places = _clips_by_place(study, trials)
    secrets = secrets_of(study, texts_shown(study))
    report.sessions += len(played)
    report.exchanges += len(everything)
    report.bytes += sum(len(exchange.body) for exchange in everything)
    report.faults += leaks([*everything, *static_files(everything)], secrets)
    for pages in _alike(pages_of(everything, trials), trials):
        report.faults += uneven_names(pages, secrets)
    report.faults += unlike_replies(everything)
    if any(item.kind == "audio" and hashlib.sha256(item.body).digest() not in known for item in everything):
        report.faults.append(Message("The bytes of a clip that was sent differ from the stored clip."))
    if any(not _has_own_waveforms(item, trials[item.trial], study) for item in pages_of(everything, trials)):
        report.faults.append(Message("A trial page shows waveforms other than those of its clips."))
    seen = {
        token: values for session in played for token, values in observed_features(session).items() if token in trials
    }
    verdicts = [_verdict(seen, clip_of) for clip_of in places]
    strongest = min(verdicts, key=lambda found: found.p)
    many = len(places)  # of several places the strongest is taken, and its p is multiplied by their number
    report.verdict = replace(strongest, p=min(1.0, many * strongest.p), least_p=min(1.0, many * strongest.least_p))


def pages_of(exchanges: Iterable[Exchange], trials: Collection[str]) -> list[Exchange]:
    """The pages of these trials, given by token."""
    return [exchange for exchange in exchanges if exchange.kind == "trial" and exchange.trial in trials]


def _alike(pages: Iterable[Exchange], trials: Mapping[str, Trial]) -> Iterable[list[Exchange]]:
    """Trial pages without a panel, by language and attention check: those of a group have the same words."""
    groups: dict[tuple[str, str], list[Exchange]] = {}
    for page in pages:
        if not _has_panel(page):
            alike = page.header("Content-Language"), trials[page.trial].attention_check
            groups.setdefault(alike, []).append(page)
    return groups.values()


def _has_own_waveforms(page: Exchange, trial: Trial, study: Study) -> bool:
    """Whether a trial page shows the waveforms of its clips in the order of their places, and no others."""
    shown = Page(page.text).all_of("div", "data-peaks") if b"data-peaks" in page.body else []
    return shown == waveforms_of(trial.pk, study)


def _verdict(seen: dict[str, dict[str, Any]], clip_of: dict[str, Clip]) -> FeatureTest:
    """The test of what was seen of each trial against the systems of the clips at one place."""
    clips = sorted({clip_of[token].pk for token in seen})
    system_of = {clip.pk: clip.system_id or 0 for clip in clip_of.values()}
    systems = sorted(set(system_of.values()))
    return verdict(
        list(seen.values()),
        [clips.index(clip_of[token].pk) for token in seen],
        [systems.index(system_of[clip]) for clip in clips],
        SEED,
    )


def _clips_by_place(study: Study, trials: dict[str, Trial]) -> list[dict[str, Clip]]:
    """The clip of each trial, by token, at the first place and at each further one."""
    places = [{token: trial.clip for token, trial in trials.items()}]
    if study.file.trial.clips != 1:
        further = FurtherClip.objects.filter(trial__in=trials.values()).select_related("trial", "clip")
        for row in further.order_by("place"):
            while len(places) < row.place:
                places.append({})
            places[row.place - 1][row.trial.token] = row.clip
    return places


def _has_panel(page: Exchange) -> bool:
    """Whether a trial page begins with a panel: end of practice, or break."""
    return b'id="panel"' in page.body


def _trials(study: Study, exchanges: Iterable[Exchange]) -> dict[str, Trial]:
    """The study trials, not practice, that were played, by token."""
    tokens = {exchange.trial for exchange in exchanges if exchange.trial}
    rows = Trial.objects.filter(slot__study=study, phase=Trial.Phase.STUDY, token__in=tokens)
    return {trial.token: trial for trial in rows.select_related("clip")}


def texts_shown(study: Study) -> str:
    """All text that every expert sees: of the study file, templates and catalogues."""
    templates = (Path(apps.get_app_config("study").path) / "templates").rglob("*.html")
    own = "\n".join(text for key in SHOWN for text in _strings(study.file.as_json().get(key)))
    return "\n".join([own, *(path.read_text(encoding="utf-8") for path in templates), *messages_of_the_site()])


def messages_of_the_site() -> Iterator[str]:
    """Catalogue entries that the site shows, without those of reports and datasets."""
    for path in LOCALE.rglob("*.po"):
        for entry in path.read_text(encoding="utf-8").split("\n\n"):
            folders = {folder for line in entry.splitlines() if line.startswith("#: ") for folder in line[3:].split()}
            if any(folder.startswith("study") and folder != "study/dataset" for folder in folders):
                yield entry


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, dict | list):
        for value in content.values() if isinstance(content, dict) else content:
            yield from _strings(value)
    elif isinstance(content, str):
        yield content


def static_files(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Every script, style and image that pages use."""
    pages = {exchange.text for exchange in exchanges if exchange.kind == "page"}
    parsed = [Page(text) for text in pages]
    urls = {url for page in parsed for url in (*page.all_of("script", "src"), *page.all_of("link", "href"))}
    folders = {
        Path(url.removeprefix(settings.STATIC_URL)).parent for url in urls if url.startswith(settings.STATIC_URL)
    }
    for folder in sorted(folders):
        # Of one name there may be several: an installation's own beside the site's.
        for path in sorted(
            path for found in finders.find(str(folder), find_all=True) for path in Path(found).rglob("*")
        ):
            if path.is_file():
                headers = (("Content-Type", "text/plain"),)
                yield Exchange(
                    "static", "", f"{settings.STATIC_URL}{folder}/{path.name}", 200, headers, path.read_bytes(), 0
                )
