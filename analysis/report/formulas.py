"""The formula of each scale's mixed model: the components that were fitted, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.statistics.mixed_model import Fit

RANDOM = {
    "expert": "(1 | expert)",
    "prompt": "(1 | prompt)",
    "clip": "(1 | clip)",
    "expert:system": "(1 | expert : system)",
    "expert:prompt": "(1 | expert : prompt)",
}


def formula(fit: Fit) -> str:
    """Such as rating ~ system + (1 | expert); one system has no differences to estimate."""
    table = fit.variance_components
    fitted = set(table.loc[table["variance"].notna(), "component"])
    fixed = "system" if len(fit.means) > 1 else "1"
    return " + ".join([f"rating ~ {fixed}", *(term for name, term in RANDOM.items() if name in fitted)])


def scales_by_formula(fits: Mapping[str, Fit]) -> dict[str, list[str]]:
    """The fitted scales of each formula, in their order."""
    found: dict[str, list[str]] = {}
    for scale, fit in fits.items():
        if fit.method != "none":
            found.setdefault(formula(fit), []).append(scale)
    return found
