"""What `plan_study --choices` prints: whether a study can tell d' from chance, or show that it is near chance."""

from __future__ import annotations

import dataclasses
import math

from analysis.planning.plain_page import columns, wrap
from analysis.planning.ratings import HEARD, MAX_PLANNED, SCENARIOS
from analysis.statistics import choice_power
from analysis.statistics.choice_power import ASSUMED, ChoiceDesign, Spread
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS, shortage
from analysis.statistics.power import FEW_DF, GOAL
from formats import results
from formats.errors import N_, InputError
from formats.messages import LazyText, translate, translator

COMPONENTS = {
    "criterion": LazyText("criterion of an expert (cancels in d′)"),
    "sensitivity": LazyText("sensitivity of an expert"),
    "clip": LazyText("clip within a system"),
}
RESULTS = {
    "can": N_("Yes. Power to detect a true d′ of {d:g} is {low:.0%} to {high:.0%}, depending on variability."),
    "depends": N_(
        "Only with low variability. Power to detect a true d′ of {d:g} is {low:.0%} to {high:.0%} ({goal:.0%} is the "
        "usual target)."
    ),
    "cannot": N_(
        "No. Power to detect a true d′ of {d:g} is only {low:.0%} to {high:.0%} ({goal:.0%} is the usual target). A "
        "non-significant result would not show that experts cannot tell."
    ),
    "too_few": N_(
        "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
        "possible; the report will not make one."
    ),
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
    if contrasts < 1:
        raise InputError("--contrasts %(contrasts)s must be at least 1.", contrasts=contrasts)
    if not 0 < gap <= 4:
        raise InputError("--gap %(gap)g must be a d' above 0 and up to 4.", gap=gap)
    if max(experts, clips, real or 0) > MAX_PLANNED:
        raise InputError("--experts, --clips and --real can be %(most)s at most.", most=MAX_PLANNED)
    own = min(clips, HEARD) if heard is None else heard
    human, human_heard = (clips, own) if real is None else (real, real)
    try:
        return ChoiceDesign(experts, systems, clips, own, human, human_heard, alpha / contrasts, margin)
    except InputError as error:
        raise InputError(
            "This is no study: %(error)s; change --experts, --systems, --clips, --heard or --real.", error=error
        ) from error


def result(design: ChoiceDesign, d_prime: float) -> results.ChoicePower:
    """The page's numbers for programs, by assumption."""
    found = {}
    for name, spread in ASSUMED.items():
        se, df = choice_power.precision(design, spread, d_prime)
        smallest = choice_power.smallest_d_prime(design, spread)
        found[name] = results.ChoiceScenario(
            power=choice_power.power(design, spread, d_prime),
            equivalence_power=choice_power.equivalence_power(design, spread),
            se=se,
            df=df,
            smallest_d_prime=None if math.isnan(smallest) else smallest,
            standard_deviations=spread._asdict(),
        )
    return results.ChoicePower(**dataclasses.asdict(design), d_prime=d_prime, scenarios=found)


def page(design: ChoiceDesign, d_prime: float, lang: str) -> str:
    """The page for a study and a d'."""
    _ = translator(lang)
    about = _(
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
    source = _(
        "SE of d′ = sqrt(sensitivity / experts + clip (1 / clips + 1 / real clips) + 1 / (w experts heard) + 1 / (w "
        "experts real clips heard)), in variances, where w is the information of an answer. All d′ share the answers "
        "to the real clips: more real clips help all of them. Satterthwaite degrees of freedom; equivalence by two "
        "one-sided tests."
    )
    assumed = _(
        "Three sets of standard deviations (noise = 1) are assumed. No published test of generated music reports "
        "them: run a pilot study, whose report gives them."
    )
    parts = [
        _("STATISTICAL POWER OF THIS STUDY"),
        wrap(about, lang),
        _("RESULT"),
        *(wrap(text, lang) for text in _verdict(design, d_prime, lang)),
        _("FIGURES by variability (never: not with 1000 either, or not tested)"),
        _facts(design, d_prime, lang),
        _("SOURCES"),
        wrap(assumed, lang),
        _sds(lang),
        wrap(source, lang),
    ]
    return "\n\n".join(parts) + "\n"


def _verdict(design: ChoiceDesign, d_prime: float, lang: str) -> list[str]:
    _ = translator(lang)
    powers = [choice_power.power(design, spread, d_prime) for spread in ASSUMED.values()]
    key = "can" if min(powers) >= GOAL else "depends" if max(powers) >= GOAL else "cannot"
    if shortage(design.experts, min(design.clips, design.real)):
        key = "too_few"
    said = [translate(lang, RESULTS[key], d=d_prime, low=min(powers), high=max(powers), goal=GOAL)]
    equal = [choice_power.equivalence_power(design, spread) for spread in ASSUMED.values()]
    said.append(
        _(
            "If experts cannot tell at all, the study shows that d′ is within ±{margin:g} in {low:.0%} to {high:.0%} "
            "of cases. With d′ = {margin:g} an unbiased expert is right in {right:.1%} of the cases.",
            margin=design.margin,
            low=min(equal),
            high=max(equal),
            right=choice_power.share_right(design.margin),
        )
    )
    if min(choice_power.precision(design, spread, d_prime)[1] for spread in ASSUMED.values()) < FEW_DF:
        said.append(_("Approximate: d′ has fewer than {few} degrees of freedom.", few=FEW_DF))
    return said


def _facts(design: ChoiceDesign, d_prime: float, lang: str) -> str:
    _ = translator(lang)

    def count(number: int | None) -> str:
        return _("never") if number is None else str(number)

    def column(name: str, spread: Spread) -> list[str]:
        se, df = choice_power.precision(design, spread, d_prime)
        few_clips, few_experts = design.experts < MIN_EXPERTS, min(design.clips, design.real) < MIN_CLIPS
        experts = [
            None if few_experts else choice_power.experts_needed(design, aim, MIN_EXPERTS)
            for aim in (
                lambda tried: choice_power.power(tried, spread, d_prime) >= GOAL,
                lambda tried: choice_power.equivalence_power(tried, spread) >= GOAL,
            )
        ]
        clips = [
            None if few_clips else choice_power.clips_needed(design, aim, MIN_CLIPS)
            for aim in (
                lambda tried: choice_power.power(tried, spread, d_prime) >= GOAL,
                lambda tried: choice_power.equivalence_power(tried, spread) >= GOAL,
            )
        ]
        smallest = choice_power.smallest_d_prime(design, spread)
        return [
            SCENARIOS[name][lang],
            f"{choice_power.power(design, spread, d_prime):.2f}",
            f"{choice_power.equivalence_power(design, spread):.2f}",
            f"{se:.2f}",
            _("never") if math.isnan(smallest) else f"{smallest:.2f}",
            *map(count, [*experts, *clips]),
            f"{df:.0f}",
        ]

    names = [
        "",
        _("power to detect a d′ of {d:g}", d=d_prime),
        _("power to show that d′ = 0 is within ±{margin:g}", margin=design.margin),
        _("standard error of d′"),
        _("smallest d′ detectable with power {goal:g}", goal=GOAL),
        _("experts for {goal:g}, to detect", goal=GOAL),
        _("experts for {goal:g}, to show equivalence", goal=GOAL),
        _("clips of each system, all heard, for {goal:g}, to detect", goal=GOAL),
        _("clips of each system, all heard, for {goal:g}, to show equivalence", goal=GOAL),
        _("degrees of freedom of d′"),
    ]
    cells = [column(name, spread) for name, spread in ASSUMED.items()]
    return columns([list(row) for row in zip(names, *cells, strict=True)])


def _sds(lang: str) -> str:
    header = ["", *(SCENARIOS[name][lang] for name in ASSUMED)]
    rows = [
        [COMPONENTS[part][lang], *(f"{getattr(spread, part):.2f}" for spread in ASSUMED.values())]
        for part in COMPONENTS
    ]
    return columns([header, *rows])
