"""How likely a system is to be preferred to another."""

from __future__ import annotations

from analysis.data.dataset import Text
from analysis.report.comparisons import figures
from analysis.report.comparisons.findings import ComparisonFindings, grid, interval, named, number, percent
from analysis.report.registry import Finding, Section, Sentence
from formats.messages import LazyText


def _caption(found: ComparisonFindings) -> Text:
    if found.has_chances:
        return LazyText(
            "Estimated probability (%) that the system of the row is preferred to that of the column, by a "
            "new expert who compares new clips, averaged over both orders. The table gives the confidence intervals."
        )
    return LazyText(
        "Share (%) of these comparisons in which the system of the row was preferred to that of the column. "
        "These are counts, not estimates for other experts or clips."
    )


WINS_FIGURE = Finding[ComparisonFindings](
    "wins_figure",
    LazyText("Figure of the probabilities of preference"),
    _caption,
    lambda found: found.stacked("wins"),
    draw=figures.wins,
    under_codes=True,
)

WINS = Finding[ComparisonFindings](
    "win_matrix",
    LazyText("Preferences by pair"),
    LazyText("Preferences by pair"),
    lambda found: found.stacked("wins"),
    notes=lambda found: [
        LazyText(
            "Share: of these comparisons. Probability: that a new expert prefers a new clip of A, averaged over both "
            "orders, with its {level}% confidence interval (for a single pair); typical: for a typical expert and "
            "typical clips. Without ties the rest prefers B.",
            level=found.data.level,
        )
    ],
    grid=grid(
        "win_matrix",
        [
            (LazyText("A"), named("system_a")),
            (LazyText("B"), named("system_b")),
            (LazyText("Comparisons"), number("votes")),
            (LazyText("A preferred"), number("wins")),
            (LazyText("No difference"), number("ties")),
            (LazyText("Share"), percent("share")),
            (LazyText("Probability"), percent("chance")),
            (LazyText("CI"), interval("chance_low", "chance_high", share=True)),
            (LazyText("Probability of no difference"), percent("chance_tie")),
            (LazyText("Probability, typical"), percent("chance_typical")),
        ],
    ),
    sentences=[
        Sentence(
            "ranks",
            "chances",
            LazyText(
                "Probabilities of preference are for a new expert and new clips, averaged over both orders of the "
                "clips."
            ),
            lambda found: found.has_chances,
        )
    ],
    under_codes=True,
)

SECTION = Section("wins", LazyText("Probabilities of preference"), [WINS_FIGURE, WINS])
