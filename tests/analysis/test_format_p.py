from __future__ import annotations

import pytest

from analysis.report.format_p import p_number, p_text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "< .001"), (0.00099, "< .001"), (0.001, ".001"), (0.0421, ".042"), (1.0, "1.000")]
)
def test_p_is_read_with_three_decimals_and_never_as_nought(p: float, text: str) -> None:
    assert p_number(p) == text
    assert p_text(p) == (f"p {text}" if text.startswith("<") else f"p = {text}")
