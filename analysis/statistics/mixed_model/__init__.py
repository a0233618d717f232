"""The linear mixed model of ratings.

rating ~ system + (1|expert) + (1|clip) + (1|expert:system).

Experts and clips are both samples, so both are random: an interval says how far a mean or a difference could move with
other experts of the kind and other clips of the systems. Clips are nested in systems.

Sources: C. M. Judd, J. Westfall & D. A. Kenny, J. Personality and Social Psychology 103 (2012) 54-69 (why both are
random); A. Kuznetsova, P. B. Brockhoff & R. H. B. Christensen, J. Stat. Software 82(13), 2017 (tests). Agrees with lme4
and lmerTest.
"""

from __future__ import annotations

from analysis.statistics.mixed_model.inference import holm
from analysis.statistics.mixed_model.model import Fit, effect_sizes, equivalence, fit, guard

__all__ = ["Fit", "effect_sizes", "equivalence", "fit", "guard", "holm"]
