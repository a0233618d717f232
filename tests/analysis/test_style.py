from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from analysis.report import style
from tests.analysis.builders import SIX

#: Machado, Oliveira & Fernandes 2009, severity 1.0, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(colour: str, sight: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """CIE L*a*b* of a colour as it is seen."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    x, y, z = np.array(to_xyz) @ seen / [0.95047, 1, 1.08883]
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_of_the_twelve_colours_come_close_in_any_sight(sight: str) -> None:
    colours = [*style.NAMED_COLOURS.values(), *style.FURTHER_COLOURS]
    assert len(set(colours)) == 12
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(lab(one, sight) - lab(other, sight)) > 14, (one, other)


def test_real_music_comes_first_then_the_generators_then_others_in_numeric_order() -> None:
    systems = ["take 10", "mlstm", "take 9", "real", "midi-gan"]
    assert style.system_order(systems, "real") == ("real", "midi-gan", "mlstm", "take 9", "take 10")
    assert style.system_order(["b", "folk"], "folk") == ("folk", "b")
    assert style.system_order(["low", "b", "folk", "mid"], "folk", ("low", "mid")) == ("folk", "b", "low", "mid")


def test_a_system_keeps_its_colour_whatever_stands_beside_it() -> None:
    alone = style.system_marks(("real", "transformer"), "real")
    among = style.system_marks(SIX, "real")
    assert alone["transformer"].colour == among["transformer"].colour
    assert "real" not in among


def test_sealed_codes_do_not_borrow_the_colours_of_the_named_generators() -> None:
    marks = style.system_marks(tuple("ABCDEF"))
    assert not {mark.colour for mark in marks.values()} & set(style.NAMED_COLOURS.values())


@pytest.mark.parametrize("count", [2, 12, 40])
def test_any_number_of_systems_gets_marks_that_differ(count: int) -> None:
    marks = style.system_marks(tuple(f"s{n}" for n in range(count)))
    assert len(set(marks.values())) == count


def test_a_chinese_font_is_found_here() -> None:
    assert style.chinese_font() is not None, style.NO_CHINESE_FONT
