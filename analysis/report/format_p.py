"""p values as text: three decimals without a leading zero, and never ".000"."""

from __future__ import annotations

SMALLEST = 0.001


def p_number(p: float) -> str:
    """ ".012", "< .001" or "1.000"."""
    if p < SMALLEST:
        return "< .001"
    return f"{p:.3f}".removeprefix("0")


def p_text(p: float) -> str:
    """ "p = .012" or "p < .001"."""
    return f"p {p_number(p)}" if p < SMALLEST else f"p = {p_number(p)}"
