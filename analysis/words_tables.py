"""What tables are called, and what stands below them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.dataset import Text
from formats.messages import LazyText

CAPTIONS: Mapping[str, Text] = {
    "system_means_bootstrap": LazyText("The same means by the two-way bootstrap, without a model"),
    "rating_spread": LazyText("How single ratings are spread"),
    "contrasts": LazyText("Differences between systems"),
    "effects": LazyText("The same differences in units that other studies share, and by the ordinal model"),
    "contrasts_alone": LazyText("Differences between systems"),
    "effects_alone": LazyText("The same differences in units that other studies share"),
    "equivalence": LazyText("Differences against the smallest gap of interest"),
    "omnibus": LazyText("Test of all systems being equal"),
    "variance_components": LazyText("Where ratings vary"),
    "precision": LazyText("How precise the study is"),
    "participants": LazyText("Who took part"),
    "ordinal_model": LazyText("Ordinal check"),
    "reliability": LazyText("How far experts agree, and with themselves"),
    "agreement_by_group": LazyText("Agreement within each group of experts"),
    "scale_correlations": LazyText("Which scales go together"),
    "screening": LazyText("Each expert and the others"),
    "order_effects": LazyText("Whether ratings change in the course of a session"),
    "sensitivity": LazyText("The same differences by other analyses"),
    "clip_correlations": LazyText("Metrics and the ratings of clips"),
    "system_correlations": LazyText("Metrics and the ratings of systems"),
}

NOTES: Mapping[str, Text] = {
    "rating_spread": LazyText("Top two: share of ratings on the two highest steps. Repeats are left out."),
    "effects": LazyText(
        "d: the difference over the standard deviation of a single rating. Superiority: the chance that an expert "
        "rates a new clip of A above a new clip of B. Estimate: A − B in the ordinal model, in standard deviations of "
        "its noise. Both models: whether they agree in sign and in significance, p adjusted in both."
    ),
    "contrasts_alone": LazyText(
        "Difference = A − B in rating points. There are no tests and no intervals; the notes on the models say why."
    ),
    "effects_alone": LazyText(
        "d: the difference over the standard deviation of a single rating. Superiority: the chance that an expert "
        "rates a new clip of A above a new clip of B."
    ),
    "precision": LazyText(
        "Shares of the variance of a single rating; the share of the variance of the systems' means that other experts "
        "and clips would show again; half of the width of a difference's interval, and the smallest true difference "
        "found in four such studies of five, in points, of one difference alone and as if the design were balanced."
    ),
    "participants": LazyText(
        "Numbers below 5 are not told, since in a small circle they could point to a person; where one such number "
        "could be worked out from the rest, a second is withheld. Of answers in numbers the quartiles are given."
    ),
    "contrasts": LazyText(
        "Difference = A − B in rating points, by the mixed model; tests with Satterthwaite's df. p and interval are of "
        "one difference alone. The adjusted p and the simultaneous interval (columns …_simultaneous) are by "
        "Bonferroni's method, within the planned contrasts, and for other pairs over all pairs of the scale: an "
        "interval excludes zero exactly where its p is below α. The report's statements follow these. The files also "
        "have p after Holm (p_holm), for which there are no such intervals."
    ),
    "equivalence": LazyText(
        "Two one-sided tests (Schuirmann 1987). An interval lies within the gap exactly where its p is below α; the "
        "adjusted p and the simultaneous interval are by Bonferroni's method, and the verdict follows them."
    ),
    "variance_components": LazyText("An empty cell is a variance that the design cannot tell from the rest."),
    "ordinal_model": LazyText(
        "Cumulative link mixed model; systems against the first one. z: estimate over standard error; p by t with the "
        "mixed model's df. A check that does not take the steps of the scale as equal; the mixed model is the analysis."
    ),
    "screening": LazyText(
        "Rank correlation with the mean of the others; flagged below 0.20. A flag cannot tell carelessness from "
        "another way of hearing; nobody was left out of the analysis by it."
    ),
    "sensitivity": LazyText("p is not corrected here."),
    "reliability": LazyText(
        "Clips of all systems together, so a difference between systems counts as agreement. The panel's mean can be "
        "reliable while single experts agree little."
    ),
    "scale_correlations": LazyText(
        "High values between single ratings can come from one impression that colours several answers (halo)."
    ),
    "order_effects": LazyText("In rating points; each clip is compared with what the other experts gave it."),
}
