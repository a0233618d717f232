"""The methods text, for a paper: the sentences that no finding owns, and the paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.report import reference
from analysis.report.blocks import Block, Paragraph
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.methods import DESIGN
from analysis.report.prompts import shared_prompts
from analysis.report.registry import Section, Sentence
from formats.messages import LazyText, translate


def _paragraphs(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    for text in contents.methods:
        yield Paragraph(text[lang])
    yield Paragraph(translate(lang, "Methods text, tables and figures are also separate files in this folder."))


SECTION = Section[Findings](
    "methods",
    LazyText("Methods text for a paper"),
    before=_paragraphs,
    in_pdf=False,
    sentences=[
        Sentence(
            "simulated",
            "simulated",
            LazyText("The ratings are SIMULATED: a program generated them."),
            lambda found: found.is_simulated,
        ),
        Sentence(
            "listening",
            "listening",
            LazyText("{experts_named} rated {clips_named} of {systems_named} on {scales}. {ratings_named}."),
        ),
        reference.sentence(lambda found: found.ratings.reference),
        reference.waveform_sentence(lambda found: found.ratings.has_waveform),
        reference.switching_sentence(lambda found: found.ratings.is_synchronous),
        Sentence(
            "listening",
            "repeats",
            LazyText("{repeated_named} left out of all means."),
            lambda found: len(found.ratings.frame) > len(found.ratings.counted),
        ),
        Sentence(
            "listening", "missing", LazyText("{missing_named} left empty."), lambda found: found.ratings.n_missing > 0
        ),
        Sentence(
            "design",
            "design",
            LazyText(
                "By the frozen study plan each expert hears {heard_per_expert} of {clips_per_system} clips of each "
                "system, in a randomised order balanced over experts, {repeats} of them twice (hidden repeats), "
                "after {practice_named}."
            ),
            lambda found: set(DESIGN) <= set(found.ratings.design),
        ),
        Sentence(
            "plan",
            "plan",
            LazyText(
                "The analysis plan was frozen before data collection (SHA-256 {hash}). Primary scale: {primary}. "
                "Planned contrasts: {contrasts}. Significance level: {alpha:g}. Smallest effect size of interest "
                "(SESOI): {gap}. {exclusions} {dropouts} All analyses outside the plan are exploratory and marked as "
                "such."
            ),
            lambda found: bool(found.ratings.plan_sha256),
        ),
        Sentence(
            "plan",
            "no_plan",
            LazyText("No analysis plan was frozen before data collection: all results are exploratory."),
            lambda found: not found.ratings.plan_sha256,
        ),
        Sentence(
            "prompts",
            "matched",
            LazyText(
                "Clips of several systems were made from the same prompts. The mixed model therefore has random "
                "effects of prompts and of experts within prompts (the page, where all systems stand on one)."
            ),
            lambda found: found.has_prompts,
        ),
        Sentence(
            "prompts",
            "prompts",
            LazyText("The models treat clips of different systems as unrelated: shared prompts are not used."),
            lambda found: bool(shared_prompts(found.ratings)) or found.lacks_prompts,
        ),
        Sentence(
            "software",
            "software",
            LazyText("Computed by Mukulen with {versions}; seed {seed}. Data: SHA-256 {dataset_hash}."),
        ),
    ],
)
