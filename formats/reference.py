"""What a study's trials present beside the clips, in words that preregistration text and report share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from formats.messages import LazyText, in_a_row, in_language, listed, translate_count, translator
from formats.study_file import NO_REFERENCE, PROMPT, X

#: Post-screening of MUSHRA: per cent of a scale's range under which a hidden reference, and above which a mid-range
#: anchor is missed; the largest share of trials in which an expert may miss it; and the share of experts above which a
#: trial's anchor is not a fair test (ITU-R BS.1534-3, 4.1.2).
RANGE_LIMIT, MOST_MISSED, MANY_EXPERTS = 90, 0.15, 0.25
#: Of a study whose players have one.
WAVEFORM = LazyText("The player shows a waveform of each clip; all clips have the same number of bars.")
#: Of a study with `synchronous = true`.
SYNCHRONOUS = LazyText(
    "Clips of a trial ran together and repeated; experts could switch between them at the same point, without a gap."
)


@dataclass(frozen=True)
class Reference:
    """`system`: whose clips are played as the reference, or PROMPT, X, or NO_REFERENCE for anchors alone; "" where it
    may not be said. `anchors`: from the lowest quality up, each "" where it may not be said."""

    system: str
    is_hidden: bool = False
    anchors: tuple[str, ...] = ()
    #: What systems are called in each language, where they have names other than their ids.
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def is_mushra(self) -> bool:
        """Whether trials have what MUSHRA has (ITU-R BS.1534-3): a reference, its hidden copy, and an anchor."""
        return self.is_hidden and bool(self.anchors)

    @property
    def rated(self) -> str:
        """The system that is the hidden reference; "" without one, or where it may not be said."""
        return self.system if self.is_hidden else ""

    @property
    def mid_anchors(self) -> tuple[str, ...]:
        """The anchors but the first, which is the low one."""
        return self.anchors[1:]

    def sentences(self, language: str) -> str:
        """What it is, that it is marked, when it is heard, whether a copy of it is rated, and what the anchors are."""
        return in_a_row(language, self._sentences(language))

    def _sentences(self, language: str) -> Iterator[str]:
        _ = translator(language)
        if self.system != NO_REFERENCE:
            yield self._what(language)
            yield (
                _("X must be heard to its end before an answer can be given.")
                if self.system == X
                else _("It must be heard to its end before an answer can be given.")
            )
        if self.system not in (NO_REFERENCE, X):
            copy = _("An unmarked copy of it is among the clips (hidden reference).")
            yield copy if self.is_hidden else _("No copy of it is among the clips.")
        if self.anchors and all(self.anchors):
            names = listed(language, (f"“{self._called(name, language)}”" for name in self.anchors))
            yield _("Anchors, rated like the other clips and not marked: {names}.", names=names)
        elif self.anchors:
            count = len(self.anchors)
            yield translate_count(
                language, "{count} of the clips is an anchor.", "{count} of the clips are anchors.", count
            )
        if self.is_mushra:
            yield _("With these three the trials have the form of MUSHRA (ITU-R BS.1534-3).")

    def _what(self, language: str) -> str:
        _ = translator(language)
        if self.system == PROMPT:
            return _("Each trial has a reference, marked as such: the prompt of its clips.")
        if self.system == X:
            return _("Each trial has an X, one of its two clips (A and B) again, in a file of its own (ABX).")
        if not self.system:
            return _("Each trial has a reference, marked as such; until unblinding this text does not name its system.")
        return _(
            "Each trial has a reference, marked as such: the clip of “{name}” for the same prompt.",
            name=self._called(self.system, language),
        )

    def _called(self, system: str, language: str) -> str:
        return in_language(self.labels.get(system, {}), language) or system

    def under_codes(self) -> Reference:
        """The same where no system may be named that is among the clips."""
        anchors = ("",) * len(self.anchors)
        return replace(self, system="" if self.is_hidden else self.system, anchors=anchors)


def reference_of(
    trial: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> Reference | None:
    """The reference and anchors of a `[trial]`, as study files and frozen plans have it; None without any.

    `labels`: what systems are called.
    """
    system, anchors = str(trial.get("reference", NO_REFERENCE)), trial.get("anchors")
    found = Reference(
        system,
        trial.get("hidden_reference") is True,
        tuple(map(str, anchors)) if isinstance(anchors, list) else (),
        labels,
    )
    return None if system == NO_REFERENCE and not found.anchors else found


def post_screening(language: str, reference: Reference, *, excluding: bool) -> Iterator[str]:
    """The rule of post-screening (ITU-R BS.1534-3, 4.1.2), and what becomes of those whom it flags."""
    _ = translator(language)
    share = f"{100 * MOST_MISSED:g}%"
    yield _(
        "Post-screening (ITU-R BS.1534-3): an expert is flagged who rates more than {share} of the hidden references "
        "below {limit} of the scale's range (below 90 on a scale from 0 to 100).",
        share=share,
        limit=f"{RANGE_LIMIT}%",
    )
    if reference.mid_anchors:
        yield _(
            "An expert is also flagged who rates more than {share} of the mid-range anchors above this limit; an "
            "anchor's clips that more than {many} of the experts rate so are not counted.",
            share=share,
            many=f"{100 * MANY_EXPERTS:g}%",
        )
    yield (
        _("Experts who are flagged on the primary question are excluded from all analyses.")
        if excluding
        else _("Nobody is excluded for a flag.")
    )
