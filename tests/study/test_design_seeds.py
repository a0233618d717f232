"""A seed makes its plan again: these digests may change only where the making of plans is meant to change."""

from __future__ import annotations

import pytest

from study.design import certificate_of, make_sessions
from tests.study.test_design import PAPER, shape

#: Systems, clips a system, heard of them, slots of each group, repeats, and the plan's digest with the seed 1.
PLANS = [
    (6, 13, 10, PAPER, 6, "eb70cecffe4876f4c3738ad9eb64e21863420ba11ed622eec07e103645f3e19d"),
    (7, 5, 4, (("all", 12),), 4, "a2b1d84c7b0bd457147b3b72a7737e959674181106650b5eda72841ea762ac18"),
    (5, 4, 3, (("all", 3),), 2, "58eeabe6561dd3c3691fadbf2d247cd783ad28016ed2419c40e7701471c447c5"),
    (3, 6, 4, (("all", 10),), 2, "1497d36700628c6d3cc394e4bc19cd6f28c14db321648fe0071c1d7a5299f528"),
    (2, 13, 10, (("all", 9),), 3, "ebb8209dc39dc7568eb0bca9b3afd9854b80f7a71aae29bb71d46fbb4d3e5772"),
    (4, 3, 2, (("men", 5), ("women", 2)), 3, "3435c4b1b1492e9ff01e1fd8062498272b5a8c4cc45fd29c60b7d849df595a71"),
    (9, 2, 1, (("all", 20),), 0, "cf5187e64ce7efb2bfbfc26c24414453be42a1dcd6c3df842815637e5e71ba5f"),
]


@pytest.mark.parametrize(("systems", "clips", "heard", "groups", "repeats", "digest"), PLANS)
def test_the_seed_of_a_certificate_makes_the_plan_again_years_later(
    systems: int, clips: int, heard: int, groups: tuple[tuple[str, int], ...], repeats: int, digest: str
) -> None:
    sessions = make_sessions(shape(systems, clips, heard, groups, repeats, seed=1))
    assert certificate_of(sessions)["sessions_sha256"] == digest
