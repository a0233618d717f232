"""References, waveforms, clips that run together: what methods text and checklist of every report say of trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analysis.report.registry import M, Question, Sentence
from formats.messages import LazyText
from formats.reference import SYNCHRONOUS, WAVEFORM, Reference

Of = Callable[[M], Reference | None]


def sentence(of: Of[M]) -> Sentence[M]:
    """What the methods text says, where trials have a reference."""
    return Sentence("listening", "reference", LazyText.same("{reference}"), _has(of), _said(of))


def question(of: Of[M]) -> Question[M]:
    """What the checklist says, where trials have a reference."""
    item = LazyText("Reference, hidden reference and anchors")
    return Question("reference", item, LazyText.same("{reference}"), _said(of), _has(of))


def waveform_sentence(of: Callable[[M], bool]) -> Sentence[M]:
    """What the methods text says, where players show a waveform."""
    return Sentence("listening", "waveform", WAVEFORM, of)


def waveform_question(of: Callable[[M], bool]) -> Question[M]:
    """What the checklist says, where players show a waveform."""
    return Question("waveform", LazyText("What experts saw of the clips"), WAVEFORM, holds=of)


def switching_sentence(of: Callable[[M], bool]) -> Sentence[M]:
    """What the methods text says, where clips of a trial ran together."""
    return Sentence("listening", "switching", SYNCHRONOUS, of)


def switching_question(of: Callable[[M], bool]) -> Question[M]:
    """What the checklist says, where clips of a trial ran together."""
    return Question("switching", LazyText("Switching between clips"), SYNCHRONOUS, holds=of)


def _has(of: Of[M]) -> Callable[[M], bool]:
    return lambda made: of(made) is not None


def _said(of: Of[M]) -> Callable[[M, str], dict[str, Any]]:
    def values(made: M, lang: str) -> dict[str, Any]:
        found = of(made)
        return {"reference": found.sentences(lang) if found else ""}

    return values
