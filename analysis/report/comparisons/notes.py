"""What the comparison model reports of itself, in words: one sentence for the code of each note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.data.dataset import Text
from analysis.statistics.guards import MIN_EXPERTS, MIN_PROMPTS
from analysis.statistics.notes import Note
from formats.errors import N_
from formats.messages import LazyText, clauses, listed

if TYPE_CHECKING:
    from analysis.report.comparisons.findings import ComparisonFindings

COMPONENTS: Mapping[str, str] = {
    "expert:system": N_("between experts in what they think of a system"),
    "clip": N_("between clips of a system"),
}
SENTENCES: Mapping[str, str] = {
    "pairs_no_answers": N_(
        "{question}: no answer counts, because all are of excluded experts or of repeats. Nothing is estimated."
    ),
    "pairs_one_system": N_("{question}: only one system; there is nothing to compare."),
    "pairs_all_tied": N_("{question}: every answer is “no difference”. No strength can be estimated."),
    "pairs_not_connected": N_(
        "{question}: no comparison connects these groups of systems: {groups}. Strengths of different groups cannot be "
        "compared, so nothing is estimated."
    ),
    "pairs_not_estimable": N_("{question}: the answers do not determine the model; nothing is estimated."),
    "pairs_few_experts": N_(
        "{question}: {count} experts. With fewer than {experts} the results cannot be generalised to other experts; "
        "there are no confidence intervals, tests or probabilities."
    ),
    "pairs_few_prompts": N_(
        "{question}: clips from {count} prompts. With fewer than {prompts} the results cannot be generalised to other "
        "clips; there are no confidence intervals, tests or probabilities."
    ),
    "pairs_sweep": N_(
        "{question}: {winners} won all {count} comparisons with {losers}. Such a strength has no finite estimate: the "
        "figure shows one drawn by a prior, without an interval, and the differences are tested by the likelihood "
        "ratio."
    ),
    "pairs_unbounded": N_(
        "{question}: some differences between systems have no finite estimate. This happens, for example, where one "
        "system never lost, or never when it came first. The figure shows strengths drawn by a prior, without an "
        "interval, and the differences are tested by the likelihood ratio."
    ),
    "pairs_no_side": N_(
        "{question}: the design cannot separate the advantage of the first clip from the strengths; it is left out."
    ),
    "pairs_not_separable": N_(
        "{question}: the design cannot separate the variance {components} from the noise; it is left out."
    ),
    "pairs_unused": N_("{question}: the grades {grades} were never used; the model leaves them out on both sides."),
    "pairs_at_zero": N_(
        "{question}: the estimated variance {components} is zero, which does not show that there is none."
    ),
    "pairs_not_converged": N_("{question}: the model did not converge; interpret its numbers with caution."),
    "pairs_fit_one_sided": N_(
        "{question}: all answers of a pair are the same, so it is not tested whether one scale describes all pairs."
    ),
    "pairs_fit_not_estimable": N_(
        "{question}: the pairs' own differences cannot be estimated, so it is not tested whether one scale describes "
        "all pairs."
    ),
}


def in_words(found: ComparisonFindings, note: Note) -> LazyText:
    """A note as a sentence."""
    values = {key: _worded(found, key, value) for key, value in note.about.items()}
    limits = {"experts": MIN_EXPERTS, "prompts": MIN_PROMPTS}
    return LazyText(SENTENCES[note.code], question=found.question(note.scale), **{**limits, **values})


def _worded(found: ComparisonFindings, key: str, value: Any) -> Any:
    if key in ("winners", "losers"):
        return _row([found.system(system) for system in value])
    if key == "groups":
        return LazyText.of(
            lambda lang: clauses(lang, (listed(lang, (found.system(one)[lang] for one in group)) for group in value))
        )
    if key == "components":
        return _row([LazyText(COMPONENTS[component]) for component in value])
    if key == "grades":
        return LazyText.of(lambda lang: listed(lang, (f"±{grade}" for grade in value)))
    return value


def _row(texts: Sequence[Text]) -> LazyText:
    return LazyText.of(lambda lang: listed(lang, (text[lang] for text in texts)))
