"""The reference of a study's trials, in the words that the preregistration text and the report share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from formats.messages import in_a_row, translator
from formats.study_file import NO_REFERENCE, PROMPT


@dataclass(frozen=True)
class Reference:
    """`system`: whose clips are played as the reference, PROMPT for the prompts, "" where it may not be said."""

    system: str
    is_hidden: bool = False

    def sentences(self, language: str) -> str:
        """What it is, that it is marked, when it is heard, and whether a copy of it is rated."""
        _ = translator(language)
        if self.system == PROMPT:
            what = _("Each trial has a reference, marked as such: the prompt of its clips.")
        elif self.system:
            what = _(
                "Each trial has a reference, marked as such: the clip of “{name}” for the same prompt.",
                name=self.system,
            )
        else:
            what = _("Each trial has a reference, marked as such; until unblinding this text does not name its system.")
        heard = _("It must be heard to its end before an answer can be given.")
        copy = (
            _("An unmarked copy of it is among the clips (hidden reference).")
            if self.is_hidden
            else _("No copy of it is among the clips.")
        )
        return in_a_row(language, [what, heard, copy])

    def under_codes(self) -> Reference:
        """The same where no system may be named that is among the clips."""
        return replace(self, system="") if self.is_hidden else self


def reference_of(trial: Mapping[str, Any]) -> Reference | None:
    """The reference of a `[trial]`, as study files and frozen plans have it; None without one."""
    system = str(trial.get("reference", NO_REFERENCE))
    return None if system == NO_REFERENCE else Reference(system, trial.get("hidden_reference") is True)
