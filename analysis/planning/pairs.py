"""What `plan_study --pairs` prints: whether a study can tell which of two systems is preferred."""

from __future__ import annotations

import dataclasses
import math

from analysis.planning import effects
from analysis.planning.effects import EffectPage
from analysis.planning.ratings import MAX_PLANNED, naming_options
from analysis.statistics import pair_power
from analysis.statistics.guards import MIN_PROMPTS
from analysis.statistics.pair_power import ASSUMED, PairDesign, Spread
from formats import results
from formats.errors import N_, InputError
from formats.messages import LazyText

COMPONENTS = {
    "expert_system": LazyText("expert by system (preference)"),
    "clip": LazyText("clip within a system"),
}
FORMS = {
    "binary": LazyText("one of the two clips"),
    "ties": LazyText("one of the two clips, or no difference"),
    "graded": LazyText("seven grades"),
}
#: Comparisons of an expert unless --rounds says otherwise, as near as whole rounds come.
TRIALS = 60


def design_of(
    *,
    experts: int,
    clips: int,
    rounds: int | None,
    systems: int,
    form: str,
    alpha: float,
    contrasts: int,
    gap: float,
    margin: float,
) -> PairDesign:
    """The design that the command's options describe. Raises `InputError`."""
    effects.check_options("difference in strength", gap, contrasts)
    rounds = rounds_of(experts, clips, systems, rounds)
    with naming_options(N_("This is no study: %(error)s; change --experts, --systems, --clips or --rounds.")):
        return PairDesign(experts, systems, clips, rounds, form, alpha=alpha / contrasts, margin=margin)


def rounds_of(experts: int, clips: int, systems: int, rounds: int | None) -> int:
    """Trials of each expert with each pair of systems, by default TRIALS in all. Raises `InputError`."""
    if max(experts, clips, systems) > MAX_PLANNED:
        raise InputError("--experts, --clips and --systems can be %(most)s at most.", most=MAX_PLANNED)
    return max(1, min(clips, round(TRIALS / max(1, math.comb(systems, 2))))) if rounds is None else rounds


def result(design: PairDesign, difference: float) -> results.PairPower:
    """The page's numbers for programs, by assumption."""
    scenarios = effects.scenarios(design, ASSUMED, difference)
    return results.PairPower(**dataclasses.asdict(design), difference=difference, scenarios=scenarios)


def page(design: PairDesign, difference: float, lang: str) -> str:
    """The page for a study and a difference in strength."""
    about = LazyText(
        "{n} experts compare every pair of {systems} systems {rounds} times ({trials} trials in total), with clips "
        "from {prompts} prompts. Answers: {form}. The question is whether a two-sided test at α = {alpha:g} detects a "
        "true difference in strength of {size:g} between two systems, with which the better one is preferred in "
        "{share:.0%} of decided comparisons.",
        n=design.experts,
        systems=design.systems,
        rounds=design.rounds,
        trials=design.trials,
        prompts=design.prompts,
        form=FORMS[design.form],
        alpha=design.alpha,
        size=difference,
        share=pair_power.share_preferred(difference),
    )
    informations = [pair_power.preference_information(difference, spread, design.form) for spread in ASSUMED.values()]
    share = LazyText(
        "With {margin:g} the better system is preferred in {share:.1%} of decided comparisons.",
        margin=design.margin,
        share=pair_power.share_preferred(design.margin),
    )
    source = LazyText(
        "SE of a difference = sqrt(2 (expert:system / experts + clip / prompts + 1 / (w experts rounds systems))), in "
        "variances, where w is the information of an answer: {low:.2f} to {high:.2f} here. Strengths are on the scale "
        "of the noise. More rounds reduce the last part alone: add prompts first. Satterthwaite degrees of freedom; "
        "equivalence by two one-sided tests.",
        low=min(informations),
        high=max(informations),
    )
    too_few = LazyText(
        "No. With fewer than 6 experts or 4 prompts, no claim about experts or systems in general is possible; the "
        "report will not make one."
    )
    shown = EffectPage[Spread](
        assumed=ASSUMED,
        effect=LazyText("difference in strength"),
        more=LazyText("prompts"),
        components=COMPONENTS,
        about=about,
        share=share,
        source=source,
        too_few=too_few,
        fewest=MIN_PROMPTS,
        count=design.prompts,
    )
    return shown.text(design, difference, lang)
