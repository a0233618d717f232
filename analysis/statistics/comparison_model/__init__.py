"""The comparison model: which of two clips experts prefer.

A cumulative link mixed model with a signed design, P(answer <= j) = F(cut_j - eta), for answers of two categories, with
ties, or graded. Experts and clips are both samples: each expert has a strength of their own for each system, and each
clip one beside its system's. The probit link is Thurstone's model (case V), the logit that of Bradley & Terry.

Sources: L. L. Thurstone, Psychological Review 34 (1927) 273-286; R. A. Bradley & M. E. Terry, Biometrika 39 (1952)
324-345; ties: P. V. Rao & L. L. Kupper, JASA 62 (1967) 194-204, and W. A. Glenn & H. A. David, Biometrics 16 (1960)
86-109; graded answers: A. Agresti, Applied Statistics 41 (1992) 287-297. Agrees with TMB.
"""

from __future__ import annotations

from analysis.statistics.comparison_model.model import ComparisonFit, fit, guard

__all__ = ["ComparisonFit", "fit", "guard"]
