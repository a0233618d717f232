from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reproduction import page, paper_audit


@pytest.mark.parametrize(
    ("mean", "ratings", "possible"),
    [
        ("3.52", 26, False),
        ("4.21", 26, False),
        ("3.75", 26, False),
        ("3.92", 26, True),
        *((mean, 52, True) for mean in paper_audit.PRINTED),
        ("5.19", 28, False),  # the example of Brown & Heathers
        ("5.18", 28, True),
        ("2.5", 2, True),
        ("2.13", 8, True),  # 2.125, rounded up
        ("2.12", 8, True),  # and down
    ],
)
def test_a_printed_mean_is_possible_or_not(mean: str, ratings: int, possible: bool) -> None:
    exists = any(abs(Decimal(total) / ratings - Decimal(mean)) <= paper_audit.half_unit(mean) for total in range(500))
    assert paper_audit.is_possible(mean, ratings) == possible == exists


def test_from_a_hundred_ratings_on_every_mean_of_two_decimals_is_possible() -> None:
    means = [f"{n / 100:.2f}" for n in range(100, 501)]
    assert all(paper_audit.is_possible(mean, n) for mean in means for n in (100, 104, 137))
    assert not all(paper_audit.is_possible(mean, 78) for mean in means)


def test_the_numbers_on_the_page_are_what_the_code_computes() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.updated(text) == text, "python -m tests.reproduction --update"


def test_a_page_whose_marks_are_gone_is_not_written() -> None:
    with pytest.raises(ValueError, match="must hold one"):
        page.updated("no marks")
