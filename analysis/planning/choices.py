"""What `plan_study --choices` prints: whether a study can tell d' from chance, or show that it is near chance."""

from __future__ import annotations

import dataclasses

from analysis.planning import effects
from analysis.planning.effects import EffectPage
from analysis.planning.ratings import HEARD, MAX_PLANNED, naming_options
from analysis.statistics import choice_power
from analysis.statistics.choice_power import ASSUMED, ChoiceDesign, Spread
from analysis.statistics.guards import MIN_CLIPS
from formats import results
from formats.errors import N_, InputError
from formats.messages import LazyText

COMPONENTS = {
    "criterion": LazyText("criterion of an expert (cancels in d′)"),
    "sensitivity": LazyText("sensitivity of an expert"),
    "clip": LazyText("clip within a system"),
}


def design_of(
    *,
    experts: int,
    clips: int,
    heard: int | None,
    systems: int,
    alpha: float,
    contrasts: int,
    gap: float,
    real: int | None,
    margin: float,
) -> ChoiceDesign:
    """The design that the command's options describe. Raises `InputError`."""
    effects.check_options("d'", gap, contrasts)
    if max(experts, clips, real or 0) > MAX_PLANNED:
        raise InputError("--experts, --clips and --real can be %(most)s at most.", most=MAX_PLANNED)
    own = min(clips, HEARD) if heard is None else heard
    human, human_heard = (clips, own) if real is None else (real, real)
    with naming_options(N_("This is no study: %(error)s; change --experts, --systems, --clips, --heard or --real.")):
        return ChoiceDesign(experts, systems, clips, own, human, human_heard, alpha=alpha / contrasts, margin=margin)


def result(design: ChoiceDesign, d_prime: float) -> results.ChoicePower:
    """The page's numbers for programs, by assumption."""
    scenarios = effects.scenarios(design, ASSUMED, d_prime)
    return results.ChoicePower(**dataclasses.asdict(design), d_prime=d_prime, scenarios=scenarios)


def page(design: ChoiceDesign, d_prime: float, lang: str) -> str:
    """The page for a study and a d'."""
    about = LazyText(
        "{n} experts; {generators} generators with {clips} clips each, of which each expert hears {heard}, and {real} "
        "clips of real music, of which they hear {real_heard} ({trials} trials in total). Is a clip real or generated? "
        "The question is whether a two-sided test at α = {alpha:g} detects a true d′ of {d:g} of one generator.",
        n=design.experts,
        generators=design.systems - 1,
        clips=design.clips,
        heard=design.heard,
        real=design.real,
        real_heard=design.real_heard,
        trials=design.trials,
        alpha=design.alpha,
        d=d_prime,
    )
    share = LazyText(
        "With d′ = {margin:g} an unbiased expert is right in {right:.1%} of the cases.",
        margin=design.margin,
        right=choice_power.share_right(design.margin),
    )
    source = LazyText(
        "SE of d′ = sqrt(sensitivity / experts + clip (1 / clips + 1 / real clips) + 1 / (w experts heard) + 1 / (w "
        "experts real clips heard)), in variances, where w is the information of an answer. All d′ share the answers "
        "to the real clips: more real clips help all of them. Satterthwaite degrees of freedom; equivalence by two "
        "one-sided tests."
    )
    too_few = LazyText(
        "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
        "possible; the report will not make one."
    )
    shown = EffectPage[Spread](
        assumed=ASSUMED,
        effect=LazyText("d′"),
        more=LazyText("clips of each system"),
        components=COMPONENTS,
        about=about,
        share=share,
        source=source,
        too_few=too_few,
        fewest=MIN_CLIPS,
        count=min(design.clips, design.real),
    )
    return shown.text(design, d_prime, lang)
