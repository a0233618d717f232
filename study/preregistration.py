"""The study plan as text for the preregistration forms of OSF and AsPredicted: their fields, filled from the study.

The forms are in English, and so are the names of their fields. What a researcher wrote is quoted as written; a field
that the plan cannot answer says so instead of guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from formats.attention import rule_on_checks
from formats.errors import N_
from formats.messages import in_a_row, listed, translator
from formats.reference import SYNCHRONOUS, WAVEFORM, post_screening, reference_of
from formats.study_file import ChoiceQuestion, Numbered, localised, planned
from study.models import Rating, Study

YOURS = N_("(The study plan does not say this. Write it yourself.)")


class Answers:
    """One method for each thing that a form asks, in the language of the dashboard."""

    def __init__(self, study: Study, language: str) -> None:
        self._study, self._file, self._analysis = study, study.file, study.file.analysis
        self._language = language
        self._ = translator(language)

    def yours(self) -> str:
        return self._(YOURS)

    def title(self) -> str:
        return self._study.text("title", self._language)

    def data_collected(self) -> str:
        if Rating.objects.filter(trial__slot__study=self._study, trial__phase="study").exists():
            return self._("Yes. Ratings have been collected since the study was opened.")
        return self._("No, no data have been collected for this study yet.")

    def hypotheses(self) -> str:
        pairs = "; ".join(" – ".join(map(self._system, pair)) for pair in self._analysis.contrasts)
        contrasts = [self._("Planned contrasts: {pairs}.", pairs=pairs)] if pairs else []
        return "\n".join([*planned(self._analysis.hypotheses, self._language), *contrasts]) or self.yours()

    def measured(self) -> str:
        primary = self._("The primary question is {key}.", key=self._analysis.primary_scale)
        return "\n".join([*map(self._asked, self._file.numbered), primary])

    def _asked(self, one: Numbered) -> str:
        """A question with what can be answered: its bounds, or the choices by their keys."""
        named, definition = f"{self._text(one.label)} ({one.key})", self._text(one.definition)
        if isinstance(one, ChoiceQuestion):
            return f"{named}: {definition} [{one.texts(self._language)['choices']}]"
        return f"{named}, {one.minimum}–{one.maximum}: {definition}"

    def conditions(self) -> str:
        names = listed(self._language, (self._system(system.id) for system in self._file.systems))
        return self._(
            "{number} systems, all heard by every expert (a within-subject factor): {names}.",
            number=len(self._file.systems),
            names=names,
        )

    def design(self) -> str:
        clips, file = self._file.trial.clips, self._file
        shapes = {1: N_("one clip per trial"), 2: N_("two clips per trial")}
        said = self._(
            "Each expert completes {trials} trials ({shape}), {repeats} of them hidden repeats, after {practice} "
            "practice trials. There are {prompts} clips per system.",
            trials=file.trials_per_expert,
            shape=self._(shapes.get(clips if isinstance(clips, int) else 0, N_("one clip of each system per trial"))),
            repeats=file.design.repeats,
            practice=file.design.practice,
            prompts=file.design.clips_per_system,
        )
        reference = reference_of(file.trial.as_json(), {system.id: system.label for system in file.systems})
        further = [reference.sentences(self._language)] if reference else []
        further += [WAVEFORM[self._language]] if file.trial.waveform else []
        further += [SYNCHRONOUS[self._language]] if file.trial.synchronous else []
        if checks := len(file.checks_asked):
            further.append(
                self._(
                    "Attention checks per session: {checks}, each a question beside those of a trial whose right "
                    "answer the question itself says; the trials are drawn at random for each session.",
                    checks=checks,
                )
            )
        return in_a_row(self._language, [said, *further])

    def blinding(self) -> str:
        return self._(
            "Experts do not know which system made a clip, and the researchers cannot see it until the study is closed "
            "and unblinded, which is logged. Complete sessions are checked automatically for anything that reveals a "
            "system before the study opens. The music itself may still reveal its system."
        )

    def randomisation(self) -> str:
        sentences = [
            self._(
                "Session plans are drawn before the study opens, balanced for position and first-order carry-over as "
                "far as the numbers allow, and assigned to experts within their group."
            )
        ]
        if sha256 := self._study.plan.get("commitment"):
            sentences.append(self._("Commitment to the session plans (SHA-256): {sha256}.", sha256=sha256))
        return in_a_row(self._language, sentences)

    def sample_size(self) -> str:
        groups = ", ".join(f"{self._text(group.label)}: {group.slots}" for group in self._file.groups)
        return self._(
            "{slots} experts ({groups}), each with {trials} trials.",
            slots=self._file.slots,
            groups=groups,
            trials=self._file.trials_per_expert,
        )

    def stopping(self) -> str:
        return self._("Data collection ends when the study is closed. {dropouts}", dropouts=self._dropouts())

    def analyses(self) -> str:
        if self._file.has_x:
            return self._(
                "Answers: a mixed probit of whether an answer is right, with a proportion for each pair of systems and "
                "random effects of experts and of pairs of clips. Proportions are tested against 1/2 with t tests "
                "(Satterthwaite's degrees of freedom), two-sided, adjusted by Holm within each question; planned "
                "contrasts on the primary question are confirmatory."
            )
        models = [self._(model) for model in self._models()]
        if models:
            models.append(
                self._(
                    "Differences between systems are tested with t tests (Satterthwaite's degrees of freedom), "
                    "two-sided, adjusted by Holm within each question; planned contrasts on the primary question are "
                    "confirmatory."
                )
            )
        if not all(question.has_right_answers for question in self._file.choices):
            models.append(self._("Choices without right answers: the share of each answer, without a test."))
        return in_a_row(self._language, models)

    def _models(self) -> Iterator[str]:
        """The models of all kinds of questions that are tested."""
        if self._file.scales:
            yield N_(
                "Ratings: a linear mixed model (REML) with systems as fixed effects and random effects of experts, of "
                "experts within systems and of clips, so that both experts and clips are samples."
            )
        if self._file.of_pairs:
            yield N_(
                "Preferences: a cumulative-link mixed model of the difference between the two clips' strengths, with a "
                "position effect and random strengths of experts and clips."
            )
        if any(question.has_right_answers for question in self._file.choices):
            yield N_(
                "Choices with right answers: a mixed probit (signal detection) with d' of each system against the one "
                "that has a right answer of its own, and random effects of experts (criterion and sensitivity) and of "
                "clips."
            )

    def inference(self) -> str:
        return self._(
            "Significance level α = {alpha:g}. The smallest effect size of interest is {gap:g}; differences are also "
            "tested for equivalence within ±{gap:g} (two one-sided tests).",
            alpha=self._analysis.alpha,
            gap=self._analysis.smallest_gap,
        )

    def exclusions(self) -> str:
        written = planned(self._analysis.exclusions, self._language)
        if self._file.attention_checks:
            written = in_a_row(self._language, [written, rule_on_checks(self._language, self._analysis.failed_checks)])
        known = reference_of(self._file.trial.as_json())
        if not known or not known.rated or self._file.trial.clips == 2:
            return written
        excluding = self._analysis.post_screening
        return in_a_row(self._language, [written, *post_screening(self._language, known, excluding=excluding)])

    def missing(self) -> str:
        return self._(
            "Missing ratings are not replaced; the model uses all ratings there are. {dropouts}",
            dropouts=self._dropouts(),
        )

    def transformations(self) -> str:
        return self._("None.")

    def exploratory(self) -> str:
        return self._("Everything else in the report is marked as exploratory.")

    def other(self) -> str:
        return self._(
            "The study plan has the SHA-256 hash {sha256}. Amendments are recorded with their reason and date.",
            sha256=self._study.plan_sha256,
        )

    def together(self, *fields: Field) -> str:
        """Several answers as one."""
        return in_a_row(self._language, (fill(self) for fill in fields))

    def _dropouts(self) -> str:
        return planned(self._analysis.dropouts, self._language)

    def _system(self, key: str) -> str:
        return next(self._text(system.label) for system in self._file.systems if system.id == key)

    def _text(self, texts: Mapping[str, str]) -> str:
        return localised(texts, self._language)


Field = Callable[[Answers], str]
#: The fields of each form in its order, and what fills each.
ASPREDICTED: Mapping[str, Field] = {
    "1) Data collection": Answers.data_collected,
    "2) Hypothesis": Answers.hypotheses,
    "3) Dependent variable": Answers.measured,
    "4) Conditions": Answers.conditions,
    "5) Analyses": lambda to: to.together(Answers.analyses, Answers.inference),
    "6) Outliers and exclusions": Answers.exclusions,
    "7) Sample size": lambda to: to.together(Answers.sample_size, Answers.stopping),
    "8) Other": lambda to: to.together(Answers.design, Answers.blinding, Answers.other),
}
OSF: Mapping[str, Field] = {
    "Title": Answers.title,
    "Description": Answers.yours,
    "Hypotheses": Answers.hypotheses,
    "Study type": lambda _: "Experiment",
    "Blinding": Answers.blinding,
    "Study design": lambda to: to.together(Answers.conditions, Answers.design),
    "Randomization": Answers.randomisation,
    "Existing data": Answers.data_collected,
    "Data collection procedures": Answers.yours,
    "Sample size": Answers.sample_size,
    "Sample size rationale": Answers.yours,
    "Stopping rule": Answers.stopping,
    "Manipulated variables": Answers.conditions,
    "Measured variables": Answers.measured,
    "Indices": Answers.yours,
    "Statistical models": Answers.analyses,
    "Transformations": Answers.transformations,
    "Inference criteria": Answers.inference,
    "Data exclusion": Answers.exclusions,
    "Missing data": Answers.missing,
    "Exploratory analysis": Answers.exploratory,
    "Other": Answers.other,
}
FORMS: Mapping[str, tuple[str, Mapping[str, Field]]] = {
    "osf": ("OSF Preregistration", OSF),
    "aspredicted": ("AsPredicted", ASPREDICTED),
}


def text_for(study: Study, form: str, language: str) -> str:
    """The form as Markdown. Raises KeyError for an unknown form."""
    title, fields = FORMS[form]
    answers = Answers(study, language)
    sections = (f"## {name}\n\n{fill(answers)}\n" for name, fill in fields.items())
    return "\n".join([f"# {title}: {answers.title()}\n", *sections])
