"""The waveforms of a study's clips, from their audio."""

from __future__ import annotations

from dataclasses import replace

from soundfile import LibsndfileError

from formats.errors import InputError
from formats.progress import bar
from formats.study_file import StudyFile
from generation.audio import decode
from generation.waveform import waveform
from study.services.study_creation import ChosenClips


def waveform_of(audio: bytes) -> str:
    """The waveform of an audio file. Raises `InputError` if it cannot be decoded."""
    try:
        return waveform(decode(audio)[0])
    except LibsndfileError as error:
        raise InputError(
            "A clip cannot be decoded (%(reason)s). Create the pack and the study again.", reason=error
        ) from error


def with_waveforms(file: StudyFile, clips: ChosenClips) -> ChosenClips:
    """Clips with the waveforms that a study file asks for. Raises `InputError` for a clip that cannot be decoded."""
    if not file.trial.waveform:
        return clips
    steps = bar(clips.every, "Drawing waveforms", unit="clip")
    return replace(clips, waveforms={clip.clip_id: waveform_of(clip.audio) for clip in steps})
