"""The page of `plan_study` on one effect on the scale of the noise: d' of choices, difference in strength of pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from analysis.data.dataset import Text
from analysis.planning.plain_page import columns, wrap
from analysis.planning.ratings import SCENARIOS
from analysis.statistics import effect_power
from analysis.statistics.effect_power import MAX_EFFECT, EffectDesign
from analysis.statistics.guards import MIN_EXPERTS
from analysis.statistics.power import FEW_DF, GOAL
from formats import results
from formats.errors import N_, InputError
from formats.messages import translate, translator

Spread = TypeVar("Spread", bound=NamedTuple)
Aim = Callable[[EffectDesign[Spread]], bool]

RESULTS = {
    "can": N_("Yes. Power to detect a true {effect} of {size:g} is {low:.0%} to {high:.0%}, depending on variability."),
    "depends": N_(
        "Only with low variability. Power to detect a true {effect} of {size:g} is {low:.0%} to {high:.0%} "
        "({goal:.0%} is the usual target)."
    ),
    "cannot": N_(
        "No. Power to detect a true {effect} of {size:g} is only {low:.0%} to {high:.0%} ({goal:.0%} is the usual "
        "target). A non-significant result would not show that there is none."
    ),
}


@dataclass(frozen=True)
class EffectPage(Generic[Spread]):
    """What the page says of one kind of study; each text is a message of its own.

    `effect` is a name such as d′, `more` what there may be more of, `components` the names of a spread's parts. Below
    `fewest` clips or prompts the report claims nothing, as `too_few` says; the study has `count` of them.
    """

    assumed: Mapping[str, Spread]
    effect: Text
    more: Text
    components: Mapping[str, Text]
    about: Text
    share: Text
    source: Text
    too_few: Text
    fewest: int
    count: int

    def text(self, design: EffectDesign[Spread], size: float, lang: str) -> str:
        """The page for a study and the size of the effect."""
        _ = translator(lang)
        assumed = _(
            "Three sets of standard deviations (noise = 1) are assumed. No published test of generated music reports "
            "them: run a pilot study, whose report gives them."
        )
        parts = [
            _("STATISTICAL POWER OF THIS STUDY"),
            wrap(self.about[lang], lang),
            _("RESULT"),
            *(wrap(text, lang) for text in self._verdict(design, size, lang)),
            _("FIGURES by variability (never: not with 1000 either, or not tested)"),
            self._facts(design, size, lang),
            _("SOURCES"),
            wrap(assumed, lang),
            self._sds(lang),
            wrap(self.source[lang], lang),
        ]
        return "\n\n".join(parts) + "\n"

    def _verdict(self, design: EffectDesign[Spread], size: float, lang: str) -> list[str]:
        _ = translator(lang)
        powers = [effect_power.power(design, spread, size) for spread in self.assumed.values()]
        key = "can" if min(powers) >= GOAL else "depends" if max(powers) >= GOAL else "cannot"
        numbers = {"low": min(powers), "high": max(powers), "goal": GOAL}
        found = translate(lang, RESULTS[key], effect=self.effect[lang], size=size, **numbers)
        equal = [effect_power.equivalence_power(design, spread) for spread in self.assumed.values()]
        is_too_small = design.experts < MIN_EXPERTS or self.count < self.fewest
        said = [
            self.too_few[lang] if is_too_small else found,
            _(
                "If the true {effect} is 0, the study shows that it is within ±{margin:g} in {low:.0%} to {high:.0%} "
                "of cases. {share}",
                effect=self.effect[lang],
                margin=design.margin,
                low=min(equal),
                high=max(equal),
                share=self.share[lang],
            ),
        ]
        if min(design.precision(spread, size)[1] for spread in self.assumed.values()) < FEW_DF:
            said.append(
                _(
                    "Approximate: {effect} has fewer than {few} degrees of freedom.",
                    effect=self.effect[lang],
                    few=FEW_DF,
                )
            )
        return said

    def _facts(self, design: EffectDesign[Spread], size: float, lang: str) -> str:
        _ = translator(lang)
        words = {"size": size, "goal": GOAL, "margin": design.margin, "clips": self.more[lang]}
        names = [
            "",
            _("power to detect {size:g}", **words),
            _("power to show that 0 is within ±{margin:g}", **words),
            _("standard error"),
            _("smallest size detectable with power {goal:g}", **words),
            _("experts for {goal:g}, to detect", **words),
            _("experts for {goal:g}, to show equivalence", **words),
            _("{clips}, all heard, for {goal:g}, to detect", **words),
            _("{clips}, all heard, for {goal:g}, to show equivalence", **words),
            _("degrees of freedom"),
        ]
        cells = [self._column(design, name, size, lang) for name in self.assumed]
        return columns([list(row) for row in zip(names, *cells, strict=True)])

    def _column(self, design: EffectDesign[Spread], name: str, size: float, lang: str) -> list[str]:
        """The figures of one set of standard deviations, in words."""
        never, spread = translate(lang, "never"), self.assumed[name]
        se, df = design.precision(spread, size)
        aims: Sequence[Aim[Spread]] = (
            lambda tried: effect_power.power(tried, spread, size) >= GOAL,
            lambda tried: effect_power.equivalence_power(tried, spread) >= GOAL,
        )
        needed = [
            None if self.count < self.fewest else effect_power.experts_needed(design, aim, MIN_EXPERTS) for aim in aims
        ]
        clips = [
            None if design.experts < MIN_EXPERTS else effect_power.clips_needed(design, aim, self.fewest)
            for aim in aims
        ]
        smallest = effect_power.smallest_effect(design, spread)
        return [
            SCENARIOS[name][lang],
            f"{effect_power.power(design, spread, size):.2f}",
            f"{effect_power.equivalence_power(design, spread):.2f}",
            f"{se:.2f}",
            never if math.isnan(smallest) else f"{smallest:.2f}",
            *(never if number is None else str(number) for number in [*needed, *clips]),
            f"{df:.0f}",
        ]

    def _sds(self, lang: str) -> str:
        header = ["", *(SCENARIOS[name][lang] for name in self.assumed)]
        rows = [
            [words[lang], *(f"{getattr(spread, part):.2f}" for spread in self.assumed.values())]
            for part, words in self.components.items()
        ]
        return columns([header, *rows])


def scenarios(
    design: EffectDesign[Spread], assumed: Mapping[str, Spread], size: float
) -> dict[str, results.EffectScenario]:
    """The page's numbers for programs, by assumption."""
    found = {}
    for name, spread in assumed.items():
        se, df = design.precision(spread, size)
        smallest = effect_power.smallest_effect(design, spread)
        found[name] = results.EffectScenario(
            power=effect_power.power(design, spread, size),
            equivalence_power=effect_power.equivalence_power(design, spread),
            se=se,
            df=df,
            smallest=None if math.isnan(smallest) else smallest,
            standard_deviations=spread._asdict(),
        )
    return found


def check_options(effect: str, gap: float, contrasts: int) -> None:
    """Raise `InputError` for a size of effect or a number of contrasts that is out of range."""
    if contrasts < 1:
        raise InputError("--contrasts %(contrasts)s must be at least 1.", contrasts=contrasts)
    if not 0 < gap <= MAX_EFFECT:
        raise InputError(
            "--gap %(gap)g must be a %(effect)s above 0 and up to %(most)g.", gap=gap, effect=effect, most=MAX_EFFECT
        )
