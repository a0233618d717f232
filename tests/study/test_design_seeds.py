"""A seed makes its plan again: these digests may change only where the making of plans is meant to change."""

from __future__ import annotations

import pytest

from study.design import certificate_of, make_sessions
from tests.study.test_design import PAPER, shape

#: Systems, clips a system, heard of them, slots of each group, repeats, and the plan's digest with the seed 1.
PLANS = [
    (6, 13, 10, PAPER, 6, "237d90a017cc0dffe11ec519360a2299844ab2778bb758bd41562ddf942f5346"),
    (7, 5, 4, (("all", 12),), 4, "76118ab71ba68c132590297870e35879dedf69ba8303f5c70a3458d0d07e552e"),
    (5, 4, 3, (("all", 3),), 2, "96ec23f74236e58297472d8f181eacf9c03a0a63be4170a644e82867a74cc9e7"),
    (3, 6, 4, (("all", 10),), 2, "79fac50b65f61e57ef25e0102da40ce9698bf60e8256c7382dab26ec90d571fc"),
    (2, 13, 10, (("all", 9),), 3, "12a5f95011977c9516e9f025221b011d4ae4b45de31d2a6e13221529b1a09550"),
    (4, 3, 2, (("men", 5), ("women", 2)), 3, "3435c4b1b1492e9ff01e1fd8062498272b5a8c4cc45fd29c60b7d849df595a71"),
    (9, 2, 1, (("all", 20),), 0, "cf5187e64ce7efb2bfbfc26c24414453be42a1dcd6c3df842815637e5e71ba5f"),
]


@pytest.mark.parametrize(("systems", "clips", "heard", "groups", "repeats", "digest"), PLANS)
def test_the_seed_of_a_certificate_makes_the_plan_again_years_later(
    systems: int, clips: int, heard: int, groups: tuple[tuple[str, int], ...], repeats: int, digest: str
) -> None:
    sessions = make_sessions(shape(systems, clips, heard, groups, repeats, seed=1))
    assert certificate_of(sessions)["sessions_sha256"] == digest
