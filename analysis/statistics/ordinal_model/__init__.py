"""The ordinal check: ratings as ordered categories.

A cumulative link mixed model.

P(rating <= j) = F(threshold_j - system - expert - clip - expert:system), F normal (probit) or logistic (logit). It does
not take the steps of the scale as equal, which the linear model does; where the two disagree, `disagreements` says so.
It is a check and no more. Its tests are t tests with the linear model's degrees of freedom: in small studies Wald's z,
which takes the estimated variances as known, finds something where there is nothing. Where ratings hardly overlap, so
that standard errors fail, the likelihood ratio takes their place (`ratio`).

Source: R. H. B. Christensen's `clmm` (R package ordinal), with which it agrees; Liddell & Kruschke, J. Experimental
Social Psychology 79 (2018) 328-348, on what goes wrong when ordinal ratings are taken as metric.
"""

from __future__ import annotations

from analysis.statistics.ordinal_model.agreement import disagreements, notes_on_agreement
from analysis.statistics.ordinal_model.model import MAX_LEVELS, OrdinalFit, fit, guard

__all__ = ["MAX_LEVELS", "OrdinalFit", "disagreements", "fit", "guard", "notes_on_agreement"]
