"""What the model of choices reports of itself, in words: one sentence for the code of each note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS
from analysis.statistics.notes import Note
from formats.errors import N_
from formats.messages import LazyText, listed

if TYPE_CHECKING:
    from analysis.report.choices.findings import ChoiceFindings, Judged

COMPONENTS: Mapping[str, str] = {
    "criterion": N_("between experts in how readily they give an answer"),
    "sensitivity": N_("between experts in how well they tell the systems apart"),
    "clip": N_("between clips of a system"),
    "prompt": N_("between prompts"),
}
SENTENCES: Mapping[str, str] = {
    "choices_no_real": N_("{question}: no answer to a clip of {reference}; d' cannot be estimated."),
    "choices_no_generated": N_("{question}: no answer to a clip of another system; d' cannot be estimated."),
    "choices_one_answer": N_(
        "{question}: all answers to the clips of one system are the same. Such a d' has no finite estimate, so there "
        "are counts only."
    ),
    "choices_all_right": N_(
        "{question}: all {answers} answers to the clips of {system} are right. Its d' has no finite estimate; "
        "the other systems are estimated without it."
    ),
    "choices_all_wrong": N_(
        "{question}: all {answers} answers to the clips of {system} are wrong. Its d' has no finite estimate; "
        "the other systems are estimated without it."
    ),
    "choices_not_estimable": N_("{question}: the answers do not determine the model; nothing is estimated."),
    "choices_few_experts": N_(
        "{question}: {count} experts. With fewer than {least_experts} the results cannot be generalised to other "
        "experts; there are no confidence intervals or tests."
    ),
    "choices_few_clips": N_(
        "{question}: {clips} clips of a system. With fewer than {least_clips} the results cannot be generalised to "
        "other clips; there are no confidence intervals or tests."
    ),
    "choices_one_of_page": N_(
        "{question}: experts gave nearly the same number of each answer on every page, as if they chose among its "
        "clips. Answers are then not independent and tests find differences where there are none; there are no "
        "confidence intervals or tests."
    ),
    "choices_at_zero": N_(
        "{question}: the estimated variance {components} is zero, which does not show that there is none."
    ),
    "choices_not_converged": N_("{question}: the model did not converge; interpret its numbers with caution."),
}


def in_words(found: ChoiceFindings, question: str, judged: Judged, note: Note) -> LazyText:
    """A note as a sentence."""
    about = dict(note.about)
    names = about.pop("components", ())
    components = LazyText.of(lambda lang: listed(lang, (LazyText(COMPONENTS[name])[lang] for name in names)))
    values = {"count": about.get("experts"), "clips": about.get("clips"), "components": components}
    if "system" in about:
        values |= {"system": found.system(about["system"]), "answers": about["answers"]}
    limits = {"least_experts": MIN_EXPERTS, "least_clips": MIN_CLIPS}
    where = {"question": found.question(question), "reference": found.system(judged.noise)}
    return LazyText(SENTENCES[note.code], **where, **values, **limits)
