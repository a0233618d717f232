"""What `plan_study --abx` prints: whether a study can tell if experts hear which of two clips X is."""

from __future__ import annotations

import dataclasses

from analysis.planning import effects
from analysis.planning.effects import EffectPage
from analysis.planning.pairs import rounds_of
from analysis.planning.ratings import naming_options
from analysis.statistics.abx_power import ASSUMED, AbxDesign, Spread
from analysis.statistics.choice_power import share_right
from analysis.statistics.guards import MIN_CLIPS
from formats import results
from formats.errors import N_
from formats.messages import LazyText

COMPONENTS = {
    "sensitivity": LazyText("how well an expert tells clips apart"),
    "clip": LazyText("how easily a pair of clips is distinguished"),
}


def design_of(
    *,
    experts: int,
    clips: int,
    rounds: int | None,
    systems: int,
    alpha: float,
    contrasts: int,
    gap: float,
    margin: float,
) -> AbxDesign:
    """The design that the command's options describe. Raises `InputError`."""
    effects.check_options("d'", gap, contrasts)
    rounds = rounds_of(experts, clips, systems, rounds)
    with naming_options(N_("This is no study: %(error)s; change --experts, --systems, --clips or --rounds.")):
        return AbxDesign(experts, systems, clips, rounds, alpha=alpha / contrasts, margin=margin)


def result(design: AbxDesign, effect: float) -> results.AbxPower:
    """The page's numbers for programs, by assumption."""
    scenarios = effects.scenarios(design, ASSUMED, effect)
    return results.AbxPower(
        **dataclasses.asdict(design), effect=effect, share_right=share_right(effect), scenarios=scenarios
    )


def page(design: AbxDesign, effect: float, lang: str) -> str:
    """The page for a study and twice the probit of the proportion of right answers."""
    about = LazyText(
        "{n} experts hear every pair of {systems} systems {rounds} times with an X ({trials} trials in total), with "
        "clips from {prompts} prompts. Which of the two is X? The question is whether a two-sided test at α = "
        "{alpha:g} detects that {share:.1%} of the answers about two systems are right (guessing: 50%); as d′ of an "
        "unbiased expert on single clips that is {size:g}.",
        n=design.experts,
        systems=design.systems,
        rounds=design.rounds,
        trials=design.trials,
        prompts=design.prompts,
        alpha=design.alpha,
        share=share_right(effect),
        size=effect,
    )
    share = LazyText(
        "With {margin:g} {right:.1%} of the answers are right.", margin=design.margin, right=share_right(design.margin)
    )
    source = LazyText(
        "SE of d′ = 2 sqrt(expert / experts + clips / prompts + 1 / (w experts rounds)), in variances, where w is the "
        "information of an answer. More rounds reduce the last part alone. Satterthwaite degrees of freedom; "
        "equivalence by two one-sided tests."
    )
    too_few = LazyText(
        "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
        "possible; the report will not make one."
    )
    shown = EffectPage[Spread](
        assumed=ASSUMED,
        effect=LazyText("d′"),
        more=LazyText("prompts"),
        components=COMPONENTS,
        about=about,
        share=share,
        source=source,
        too_few=too_few,
        fewest=MIN_CLIPS,
        count=design.prompts,
    )
    return shown.text(design, effect, lang)
