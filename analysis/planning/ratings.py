"""What `plan_study` prints: one page of plain text on what a planned study can find, in English or Chinese."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from analysis.data.dataset import Text
from analysis.planning.plain_page import columns, wrap
from analysis.statistics import power
from analysis.statistics.chances import DRAWS
from analysis.statistics.guards import MIN_CLIPS, MIN_EXPERTS, shortage
from analysis.statistics.information import Variances
from analysis.statistics.pilot import Pilot, possible_variances, power_range
from analysis.statistics.power import GOAL, Design
from formats import results
from formats.errors import N_, InputError, Message
from formats.messages import LazyText, counter, translate, translator

TABLE_EXPERTS = (12, 20, 26, 40, 60, 100)
TABLE_CLIPS = (5, 10, 13, 20, 40, 100)
#: Clips a system that an expert hears unless --heard says otherwise: six systems make sixty trials.
HEARD = 10
MAX_PLANNED = 100_000
#: What the assumed variances are of, see `power.bracket`.
ASSUMED_SCALE = (1.0, 5.0)


#: How sure a pilot's power is.
ONE_CHANCE = N_(
    "The pilot's variances are uncertain; power is {low:.0%} in 80% of the cases that agree with the pilot."
)
SEVERAL_CHANCES = N_(
    "The pilot's variances are uncertain: power is between {low:.0%} and {high:.0%} in 80% of the cases that agree "
    "with the pilot."
)
#: Whether a study finds the difference: in all, some or none of several scenarios, or in the only one.
RESULTS = {
    "can": N_(
        "Yes. Power to detect a true difference of {gap:g} is {low:.0%} to {high:.0%}, depending on rating variability."
    ),
    "depends": N_(
        "Only with low rating variability. Power to detect a true difference of {gap:g} is {low:.0%} to "
        "{high:.0%}, depending on rating variability ({goal:.0%} is the usual target). A pilot study would show "
        "which applies."
    ),
    "cannot": N_(
        "No. Power to detect a true difference of {gap:g} is only {low:.0%} to {high:.0%}, depending on rating "
        "variability ({goal:.0%} is the usual target). A non-significant result would not show that there is no "
        "difference."
    ),
    "can_one": N_("Yes. Power to detect a true difference of {gap:g} is {low:.0%}."),
    "cannot_one": N_(
        "No. Power to detect a true difference of {gap:g} is only {low:.0%} ({goal:.0%} is the usual target). A "
        "non-significant result would not show that there is no difference."
    ),
    "too_few": N_(
        "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
        "possible; the report will not make one. A test of the difference of {gap:g} would have power of "
        "{low:.0%} to {high:.0%}, depending on rating variability."
    ),
    "too_few_one": N_(
        "No. With fewer than 6 experts or 3 clips per system, no claim about experts or systems in general is "
        "possible; the report will not make one. A test of the difference of {gap:g} would have power of "
        "{low:.0%}."
    ),
}
#: The study and the question, by kind of trial.
STUDIES = {
    "single": N_(
        "{n} experts; {systems} systems with {clips} clips each, of which each expert hears {heard} "
        "({trials} trials in total). The question is whether a two-sided test at α = {alpha:g} detects a "
        "true difference of {gap} between two systems."
    ),
    "prompts": N_(
        "{n} experts; {systems} systems with a clip for each of {clips} prompts, of which each expert hears the clips "
        "of {heard} ({trials} trials in total). The question is whether a two-sided test at α = {alpha:g} detects a "
        "true difference of {gap} between two systems."
    ),
    "sets": N_(
        "{n} experts; pages with one clip of each of {systems} systems, all made from one prompt; {clips} prompts, of "
        "which each expert hears {heard} ({trials} pages in total). The question is whether a two-sided test at "
        "α = {alpha:g} detects a true difference of {gap} between two systems."
    ),
}
#: Of clips that share prompts.
MATCHED = N_(
    "Clips per system are prompts here: what all clips of a prompt, or an expert's ratings of them, have in common "
    "cancels in a difference. Without a pilot study with prompts, the variability of clips includes that of prompts, "
    "so power may be higher."
)
SCENARIOS: Mapping[str, Text] = {
    "low": LazyText("low"),
    "middle": LazyText("middle"),
    "high": LazyText("high"),
    "pilot": LazyText("the pilot's"),
}
COMPONENTS: Mapping[str, Text] = {
    "expert": LazyText("expert (mean level; cancels in a difference)"),
    "expert_system": LazyText("expert by system (preference)"),
    "clip": LazyText("clip within a system"),
    "residual": LazyText("residual"),
}
METHOD = N_(
    "SE of a difference = sqrt(2 (expert:system / experts + clip / clips + residual / (experts x heard))), "
    "in variances; clips that no expert hears do not count, and clips with unequal numbers of "
    "presentations count slightly less. Satterthwaite degrees of freedom from the information that REML "
    "has about the variances in such a design; power over {draws} draws of the estimated variances; "
    "ratings analysed by a mixed model with random effects of experts and clips."
)
ONE_CONTRAST = N_(
    "One planned contrast. With m planned contrasts, use --contrasts m: the report tests each at α / m (Bonferroni)."
)


@contextmanager
def naming_options(template: str) -> Iterator[None]:
    """Raise InputError by a template that names the options to change, for one about the design within the block."""
    try:
        yield
    except InputError as error:
        raise InputError(template, error=error) from error


def design_of(
    *,
    experts: int,
    clips: int,
    heard: int | None,
    systems: int,
    alpha: float,
    contrasts: int,
    gap: float,
    kind: str = "single",
) -> Design:
    """The design that the command's options describe; InputError says in one sentence what is wrong with them."""
    if contrasts < 1:
        raise InputError("--contrasts %(contrasts)s must be at least 1.", contrasts=contrasts)
    if not 0 < gap < math.inf:
        raise InputError("--gap %(gap)g must be a number of rating points above 0.", gap=gap)
    if max(experts, clips) > MAX_PLANNED:
        raise InputError(
            "--experts %(experts)s and --clips %(clips)s can be %(most)s at most.",
            experts=experts,
            clips=clips,
            most=MAX_PLANNED,
        )
    with naming_options(N_("This is no study: %(error)s; change --experts, --systems, --clips or --heard.")):
        return Design(experts, clips, min(clips, HEARD) if heard is None else heard, systems, alpha / contrasts, kind)


def check_gap(gap: float, pilot: Pilot | None) -> None:
    """Refuse a gap that the scale has no room for, be it the pilot's or the assumed one."""
    low, high = pilot.bounds if pilot else ASSUMED_SCALE
    if gap > high - low:
        raise InputError(
            "--gap %(gap)g is larger than the scale from %(low)g to %(high)g, on which two systems lie %(span)g apart "
            "at most; give a smaller gap%(pilot)s.",
            gap=gap,
            low=low,
            high=high,
            span=high - low,
            pilot="" if pilot else Message(", or a --pilot on the scale that you mean"),
        )


def result(design: Design, gap: float, scenarios: Mapping[str, Variances]) -> results.Power:
    """The page's numbers for programs, by assumption."""
    return results.Power(
        **dataclasses.asdict(design),
        gap=gap,
        scenarios={
            name: results.Scenario(
                power=power.power(design, variances, gap),
                is_approximate=power.is_approximate(design, variances),
                half_width=power.half_width(design, variances),
                smallest_gap=power.smallest_gap(design, variances),
                standard_deviations=dict(zip(Variances._fields, variances.sds(), strict=True)),
            )
            for name, variances in scenarios.items()
        },
    )


def page(
    design: Design,
    gap: float,
    scenarios: Mapping[str, Variances],
    lang: str,
    *,
    pilot: Pilot | None = None,
) -> str:
    """The page for a study and a gap, a column for each of `scenarios` (of a pilot: see `scenarios_of`)."""
    _ = translator(lang)
    verdict = [_verdict(design, gap, scenarios, lang), _remedy(design, gap, scenarios, lang)]
    if pilot:
        low, high = power_range(design, possible_variances(pilot), gap)
        sentence = ONE_CHANCE if _reads_alike(low, high) else SEVERAL_CHANCES
        verdict.append(_(sentence, low=low, high=high))
    verdict += [*_warnings(design, scenarios, lang), *([_(MATCHED)] if design.matched and not pilot else [])]
    simulated = _("SIMULATED: a program generated the pilot's ratings. This page does not describe any real study.")
    parts = [
        *([simulated] if pilot and pilot.is_simulated else []),
        _("STATISTICAL POWER OF THIS STUDY"),
        _study(design, gap, lang),
        _("RESULT"),
        *(wrap(text, lang) for text in verdict),
        _("FIGURES by rating variability (never: not with 1000 either, or not tested)"),
        _facts(design, gap, scenarios, lang),
        _grid_head(design, gap, scenarios, lang),
        _grid(design, gap, scenarios[_middle(scenarios)]),
        _("SOURCES"),
        wrap(_source(pilot, lang), lang),
        _sds(scenarios, lang),
        wrap(_(METHOD, draws=DRAWS), lang),
        wrap(_(ONE_CONTRAST), lang),
    ]
    return "\n\n".join(parts) + "\n"


def _grid_head(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    _ = translator(lang)
    lines = [
        _("POWER TO DETECT {gap:g}: experts (rows) by clips per system (columns)", gap=gap),
        _(
            "each expert hears at most {heard} clips per system; {scenario} variability; α = {alpha:g}",
            heard=design.heard,
            scenario=SCENARIOS[_middle(scenarios)],
            alpha=design.alpha,
        ),
        _("~: approximate, with fewer than {few} degrees of freedom", few=power.FEW_DF),
    ]
    return "\n".join(lines)


def _source(pilot: Pilot | None, lang: str) -> str:
    """Where the variances come from."""
    if pilot:
        source = f"{pilot.name} ({pilot.scale})"
        return translate(lang, "Standard deviations in rating points, estimated from {source}.", source=source)
    return translate(
        lang,
        "No pilot was given. Three sets of standard deviations (rating points, scale 1 to 5, means near 3.8) "
        "cover the results of two published listening tests. Neither used Daur music or such experts: run a "
        "pilot study and give it with --pilot.",
    )


def _warnings(design: Design, scenarios: Mapping[str, Variances], lang: str) -> list[str]:
    """Clips that nobody hears, figures that are approximate, and what is too small for any claim."""
    _, found = translator(lang), []
    if design.used < design.clips:
        found.append(
            _(
                "Only {used} of the {clips} clips per system are heard by any expert ({n} experts, {heard} each); "
                "the others do not count.",
                used=design.used,
                clips=design.clips,
                n=design.experts,
                heard=design.heard,
            )
        )
    df = min(power.degrees_of_freedom(design, variances) for variances in scenarios.values())
    if power.has_few(df):
        found.append(
            _(
                "Approximate: the standard error of a difference has about {df:.1f} degrees of freedom. With fewer "
                "than {few}, power in simulated studies was higher than on this page, by up to .08.",
                df=df,
                few=power.FEW_DF,
            )
        )
    return found


def scenarios_of(pilot: Pilot | None) -> dict[str, Variances]:
    """The pilot's variances alone, or without one the three of `power.bracket`."""
    return {"pilot": pilot.variances} if pilot else power.assumed_variances()


def _study(design: Design, gap: float, lang: str) -> str:
    values = {"n": design.experts, "systems": design.systems, "clips": design.clips, "heard": design.heard}
    ngettext = counter(lang)
    points = ngettext("{gap:g} rating point", "{gap:g} rating points", 1 if gap == 1 else 2, gap=gap)
    about = {"gap": points, "trials": design.trials, "alpha": design.alpha}
    return wrap(translate(lang, STUDIES[design.kind]).format(**about, **values), lang)


def _middle(scenarios: Mapping[str, Variances]) -> str:
    return list(scenarios)[len(scenarios) // 2]


def _verdict(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    chances = [power.power(design, variances, gap) for variances in scenarios.values()]
    found = [chance >= GOAL for chance in chances]
    key = "can" if all(found) else "depends" if any(found) else "cannot"
    if shortage(design.experts, design.used):
        key = "too_few"
    low, high = min(chances), max(chances)
    one = "_one" if key != "depends" and _reads_alike(low, high) else ""
    return translate(lang, RESULTS[f"{key}{one}"], gap=gap, low=low, high=high, goal=GOAL)


def _reads_alike(low: float, high: float) -> bool:
    """Whether two chances are one in whole per cent, so that there is no range to tell."""
    return f"{low:.0%}" == f"{high:.0%}"


def _remedy(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    """What the study can find, and what it would take to find the gap, for the middle scenario."""
    variances = scenarios[_middle(scenarios)]
    _ = translator(lang)
    found = _(
        "With {scenario} variability, the smallest difference detectable with 80% power is {smallest:.2f}. "
        "The means of two truly equal systems would differ by {gap:g} or more in {equal:.0%} of such "
        "studies.",
        smallest=power.smallest_gap(design, variances),
        scenario=SCENARIOS[_middle(scenarios)],
        equal=power.chance_between_equals(design, variances, gap),
        gap=gap,
    )
    if power.power(design, variances, gap) >= GOAL and not shortage(design.experts, design.used):
        return found
    clips, experts = _clips_needed(design, variances, gap, all_heard=True), _experts_needed(design, variances, gap)
    if clips:
        found += _(
            " To detect this difference, {clips} clips per system are sufficient if every expert hears all of "
            "them ({trials} trials).",
            clips=clips,
            trials=power.with_clips(design, clips, all_heard=True).trials,
        )
    elif design.experts >= MIN_EXPERTS:
        most = power.most_power(design, variances, gap)
        found += _(
            " No number of clips compensates for so few experts: with {clips} clips per system, {n} experts "
            "would still detect the difference in only {most:.0%} of studies.",
            n=design.experts,
            most=most,
            clips=power.MAX_CLIPS,
        )
    if experts:
        found += _(" With {clips} clips per system, {experts} experts are needed.", experts=experts, clips=design.clips)
    elif clips:
        found += _(" With {clips} clips per system no number of experts is sufficient.", clips=design.clips)
    else:
        found += _(" With so few clips no number of experts is sufficient either: increase both experts and clips.")
    if shortage(design.experts, design.used):
        return found
    shown = power.size_when_found(design, variances, gap)
    return found + _(
        " In such studies with a significant result, the means differ by {shown:.2f} on average, "
        "{times:.1f} times the true difference.",
        shown=shown,
        times=shown / gap,
    )


def _clips_needed(design: Design, variances: Variances, gap: float, *, all_heard: bool) -> int | None:
    """Fewest clips a system with which the report finds the gap four times in five: it tests none of too few."""
    if design.experts < MIN_EXPERTS:
        return None
    return power.clips_needed(design, variances, gap, all_heard=all_heard, least=MIN_CLIPS)


def _experts_needed(design: Design, variances: Variances, gap: float) -> int | None:
    """The same of experts."""
    if design.clips < MIN_CLIPS:
        return None
    return power.experts_needed(design, variances, gap, least=MIN_EXPERTS)


def _facts(design: Design, gap: float, scenarios: Mapping[str, Variances], lang: str) -> str:
    _ = translator(lang)
    measures: Sequence[tuple[str, Callable[[Variances], str]]] = (
        (_("power to detect a difference of {gap:g}", gap=gap), lambda v: _chance(design, v, gap)),
        (
            _("half-width of the {percent:g}% CI of a difference", percent=100 * (1 - design.alpha)),
            lambda v: f"{power.half_width(design, v):.2f}",
        ),
        (
            _("smallest difference detectable with power {goal:g}", goal=GOAL),
            lambda v: f"{power.smallest_gap(design, v):.2f}",
        ),
        (
            _("probability that two equal systems differ by {gap:g}", gap=gap),
            lambda v: f"{power.chance_between_equals(design, v, gap):.2f}",
        ),
        (
            _("mean estimate where {gap:g} is significant", gap=gap),
            lambda v: f"{power.size_when_found(design, v, gap):.2f}",
        ),
        (
            _("clips per system for {goal:g}, each expert hears all", goal=GOAL),
            lambda v: _count(_clips_needed(design, v, gap, all_heard=True), lang),
        ),
        (
            _("clips per system for {goal:g}, each expert hears {heard}", goal=GOAL, heard=design.heard),
            lambda v: _count(_clips_needed(design, v, gap, all_heard=False), lang),
        ),
        (
            _("experts for {goal:g}, {clips} clips per system", goal=GOAL, clips=design.clips),
            lambda v: _count(_experts_needed(design, v, gap), lang),
        ),
        (
            _("power with 1000 clips per system, {n} experts", n=design.experts),
            lambda v: _chance(power.with_clips(design, power.MAX_CLIPS, all_heard=True), v, gap),
        ),
        (_("degrees of freedom of a difference"), lambda v: f"{power.degrees_of_freedom(design, v):.0f}"),
    )
    header = ["", *(SCENARIOS[name][lang] for name in scenarios)]
    rows = [[name, *(measure(variances) for variances in scenarios.values())] for name, measure in measures]
    return columns([header, *rows])


def _count(number: int | None, lang: str) -> str:
    return translate(lang, "never") if number is None else str(number)


def _grid(design: Design, gap: float, variances: Variances) -> str:
    """Power by experts (rows) and clips a system (columns); the planned study is among them."""
    clips = sorted({*TABLE_CLIPS, design.clips})
    rows = [["", *map(str, clips)]]
    for experts in sorted({*TABLE_EXPERTS, design.experts}):
        cells = [power.with_clips(replace(design, experts=experts), k) for k in clips]
        rows.append([str(experts), *(_chance(cell, variances, gap) for cell in cells)])
    return columns(rows)


def _chance(design: Design, variances: Variances, gap: float) -> str:
    """Power to two digits, with a sign before it where it is approximate."""
    sign = "~" if power.is_approximate(design, variances) else ""
    return f"{sign}{power.power(design, variances, gap):.2f}"


def _sds(scenarios: Mapping[str, Variances], lang: str) -> str:
    header = ["", *(SCENARIOS[name][lang] for name in scenarios)]
    sds = list(zip(*(variances.sds() for variances in scenarios.values()), strict=True))
    names = [COMPONENTS[part][lang] for part in Variances._fields]
    rows = [[name, *(f"{sd:.2f}" for sd in row)] for name, row in zip(names, sds, strict=True)]
    return columns([header, *rows])
