"""The blinding check of the commands: measure audio, record, describe."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import soundfile
from django.core.files.storage import default_storage
from django.utils import translation

from formats.errors import InputError, Message
from formats.messages import SOURCE, in_a_row, listed, translator
from formats.results import Blinding
from generation.acoustics import MOSTLY_CODED, acoustics
from generation.audio import decode, facts_of
from generation.differences import Comparison, compare
from generation.waveform import waveform
from study import cautions, services
from study.blinding import EDGE_S, AudioProperties, Report, check_blinding, default_sessions, level
from study.blinding.side_by_side import side_by_side
from study.models import Clip, Study


def sound_of(data: bytes) -> AudioProperties:
    """Measure an audio file. Raises `InputError` if it cannot be decoded."""
    try:
        samples, rate = decode(data)
        facts = facts_of(len(data), samples, rate)
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            form, tags = f"{file.format} {file.subtype}", file.copy_metadata()
    except soundfile.LibsndfileError as error:
        raise InputError(
            "A clip cannot be decoded (%(reason)s). Create the pack and the study again.", reason=error
        ) from error
    edge, levels = round(EDGE_S * rate), np.abs(samples)
    return AudioProperties(
        size=facts.size,
        samples=facts.samples,
        rate=facts.rate,
        channels=facts.channels,
        codec=form,
        tags=", ".join(f"{name}={value}" for name, value in sorted(tags.items())) or "none",
        lufs=facts.lufs,
        true_peak_dbtp=facts.true_peak_dbtp,
        first_edge_dbfs=level(float(levels[:edge].max(initial=0))),
        last_edge_dbfs=level(float(levels[-edge:].max(initial=0))),
        waveform=waveform(samples),
    )


def check_and_record(study: Study, sessions: int | None = None, actor: str = "command") -> Report:
    """Run and record the check. Raises `InputError` with one line per fault."""
    report = check_blinding(study, sound_of, sessions or default_sessions(study))
    if report.faults:
        raise InputError.of(
            Message("%(study)s is not blind: %(fault)s", study=study.slug, fault=fault) for fault in report.faults
        )
    report.recordings = unnamed(compared(study))
    figures = {
        **{"sessions": report.sessions, "bytes": report.bytes, "p": report.verdict.p, "recordings": report.recordings},
        "cautions": [caution.as_json() for caution in report.cautions],
        "grouped": {str(experts): round(share.pairs, 2) for experts, share in report.grouped.items()},
    }
    services.record_blinding(study, actor=actor, detail=figures)
    return report


def compared(study: Study) -> Comparison:
    """Compare the systems' recordings. Raises `InputError` for silent clips."""
    clips = list(study.clips.order_by("pk"))
    found = side_by_side(lambda clip: acoustics(*decode(_bytes_of(clip))), clips, "Comparing clips")
    measured = dict(zip(clips, found, strict=True))
    if silent := sum(found.silence_to_end > MOSTLY_CODED for found in measured.values()):
        raise InputError(
            "%(silent)s of %(all)s clips of %(study)s are silent for more than half of the time up to their "
            "last sound. Cut the silence or use other recordings, then create the pack and the study again.",
            silent=silent,
            all=len(clips),
            study=study.slug,
        )
    heard = {clip: found for clip, found in measured.items() if clip.role == Clip.Role.STUDY}
    return compare(list(heard.values()), [str(clip.system_id) for clip in heard])


def _bytes_of(clip: Clip) -> bytes:
    with default_storage.open(clip.audio) as file:
        data: bytes = file.read()
    return data


def unnamed(comparison: Comparison) -> dict[str, Any]:
    """A comparison without names of systems, for the log of a blinded study."""
    differences = [
        {
            "feature": feature.key,
            "low": feature.shown(min(means.values())),
            "high": feature.shown(max(means.values())),
            "p": round(p, 4),
        }
        for feature, means, p in comparison.differences
    ]
    few = {"least_p": comparison.least_p} if comparison.is_few else {}
    silent = {"silent": comparison.silent, "clips": comparison.clips} if comparison.silent else {}
    return {"differences": differences, **few, **silent}


def result_of(study: Study, report: Report) -> Blinding:
    """The result of the check for programs."""
    found = report.verdict
    return Blinding(
        slug=study.slug,
        clips=report.clips,
        sessions=report.sessions,
        exchanges=report.exchanges,
        bytes=report.bytes,
        features=found.features,
        p=found.p,
        least_p=found.least_p,
        grouped={experts: share.pairs for experts, share in report.grouped.items()},
        recordings=report.recordings,
        cautions=list(map(str, report.cautions)),
    )


def in_words(report: Report, language: str = SOURCE) -> str:
    """The result of the check in one paragraph, and one line per caution."""
    _, found = translator(language), report.verdict
    passed = _(
        "Passed. {clips} clips differ only in their music. {sessions} sessions ({exchanges} replies, {size:.1f} MB) "
        "contain no system name. None of {features} page features separates the systems (smallest p: {p:.3f}, for "
        "{feature}).",
        clips=report.clips,
        sessions=report.sessions,
        exchanges=report.exchanges,
        size=report.bytes / 1e6,
        features=found.features,
        p=found.p,
        feature=found.feature,
    )
    few = _(
        "With so few clips p cannot be below {least:.2f}, so this test cannot find a difference.", least=found.least_p
    )
    text = in_a_row(language, [passed, few]) if found.least_p > 0.01 else passed
    with translation.override(language):
        heard = cautions.of_recordings(report.recordings)
    said = [caution.words(_) for caution in report.cautions]
    return "\n".join([text, *_on_grouping(report, language), *said, *heard])


def _on_grouping(report: Report, language: str) -> Iterator[str]:
    """A sentence on experts who compare clips, which no page can prevent."""
    _ = translator(language)
    if report.grouped:
        shares = (
            _("{experts} experts {share:.0%}", experts=experts, share=share.pairs)
            for experts, share in report.grouped.items()
        )
        yield _(
            "Experts who compare clips can group them by system, because clips can be recognised. They group these "
            "shares of the pairs of clips of one system: {shares}. Ask them not to talk about clips before the study "
            "is closed.",
            shares=listed(language, shares),
        )
