"""What of all that a browser sees may tell systems apart, and the test that says whether it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from study.blinding.feature_test import observed_features, ranks_of, verdict
from tests.study.exchanges import exchange


@pytest.mark.parametrize(
    ("one", "other", "feature"),
    [
        ("<p>a</p><!-- 1 -->", "<p>a</p><!-- 2 -->", "trial: comment"),
        ('<p class="a" id="b">', '<p id="b" class="a">', "shape of the trial"),
        ("<p>\t<i>", "<p> <i>", "shape of the trial"),
    ],
)
def test_what_only_a_pages_source_shows_is_a_feature(one: str, other: str, feature: str) -> None:
    pages = [exchange(kind="trial", trial=name, body=body) for name, body in (("t1", one), ("t2", other))]
    seen = observed_features(pages)
    assert seen["t1"][feature] != seen["t2"][feature]


def test_the_order_of_headers_is_a_feature() -> None:
    pages = [
        exchange(kind="audio", trial=name, headers=headers)
        for name, headers in (("t1", (("A", "1"), ("B", "1"))), ("t2", (("B", "1"), ("A", "1"))))
    ]
    seen = observed_features(pages)
    assert seen["t1"]["order of the headers of the audio"] != seen["t2"]["order of the headers of the audio"]


def test_all_that_an_exchange_shows_has_a_name_that_is_the_same_for_every_trial() -> None:
    clip = exchange(kind="audio", trial="Ab", headers=(("ETag", "Ab-1"),), body=b"12345", seconds=0.25)
    assert observed_features([exchange(), clip])["Ab"] == {
        "order": 1,
        "id": "Ab",
        "id backwards": "bA",
        "length of the id": 2,
        "letter 1 of the id": 65,
        "letter 2 of the id": 98,
        "time of the audio": 0.25,
        "bytes of the audio": 5,
        "order of the headers of the audio": "Content-Type,ETag",
        "audio: Content-Type": "audio/mpeg",
        "audio: ETag": "Ab-1",
        "shape of the audio": "",
    }


def test_the_values_of_a_page_and_of_a_reply_are_named_by_their_place_without_the_trial_s_id() -> None:
    page = exchange(kind="trial", trial="t1", body='<a href="/t1/next">go on</a>')
    saved = exchange(kind="rating", trial="t1", body='{"next": ["/t1/", 7], "saved": true}')
    seen = observed_features([page, saved, saved])["t1"]
    assert (seen["trial: a@href"], seen["trial: a"], seen["shape of the trial"]) == (
        "//next",
        "go on",
        '<a href=""> </a>',
    )
    assert (seen["rating: .next.0"], seen["rating: .next.1"], seen["rating: .saved"]) == ("//", 7, True)
    assert seen["shape of the rating"] == '{"": ["", 7], "": true}'
    assert seen["rating: .next.1 (2)"] == 7
    assert "trial: a (2)" not in seen
    assert seen["order"] == 0


def test_a_line_of_a_list_belongs_to_the_one_trial_that_it_names() -> None:
    trials = [exchange(kind="trial", trial=name) for name in ("t1", "t2")]
    both = '<li><a href="/room/t/t1/">t1</a><a href="/room/t/t2/">both</a></li>'
    review = exchange(body=f'<ul><li><a href="/room/t/t1/" tabindex="1">first</a></li>{both}<li>none</li></ul>')
    seen = observed_features([*trials, review])
    listed = {token: {name for name in values if name.startswith("list")} for token, values in seen.items()}
    assert listed == {"t1": {"list: a@href", "list: a@tabindex", "list: a"}, "t2": set()}
    assert (seen["t1"]["list: a@href"], seen["t1"]["list: a@tabindex"]) == ("/room/t//", "1")


def trials_of(features: dict[str, Any], clips: int = 18, hearings: int = 3) -> tuple[list[dict[str, Any]], list[int]]:
    numbers = [clip for clip in range(clips) for _ in range(hearings)]
    return [{name: of(clip, index) for name, of in features.items()} for index, clip in enumerate(numbers)], numbers


def test_the_permutation_test_finds_a_difference_and_names_it() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(54, 30))
    features: dict[str, Any] = {f"noise {j}": (lambda clip, i, j=j: noise[i, j]) for j in range(30)}
    features["time"] = lambda clip, i: noise[i, 0] * 0.5 + 2 * (clip // 6)
    seen, clips = trials_of(features)
    found = verdict(seen, clips, [clip // 6 for clip in range(18)], seed=1)
    assert (found.feature, found.p < 0.01, found.is_significant) == ("time", True, True)


def test_many_features_of_chance_make_no_more_alarms_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.blinding.feature_test.PERMUTATIONS", 400)
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(100):
        noise = rng.normal(size=(54, 40))
        seen, clips = trials_of({f"f{j}": (lambda clip, i, j=j, noise=noise: noise[i, j]) for j in range(40)})
        alarms += verdict(seen, clips, [clip // 6 for clip in range(18)], seed=1).p <= 0.05
    assert alarms <= 12


def test_so_few_clips_that_chance_explains_anything_are_said() -> None:
    seen, clips = trials_of({"code": lambda clip, i: clip // 2}, clips=4)
    found = verdict(seen, clips, [0, 0, 1, 1], seed=1)
    assert found.least_p == pytest.approx(1 / 3)
    assert not found.is_significant


def nearest(values: list[Any], systems: list[int]) -> Any:
    """What the test says of one feature with a value a clip."""
    return verdict([{"code": value} for value in values], range(len(values)), systems, seed=1)


@pytest.mark.parametrize(
    ("systems", "ways"),
    [
        ([0, 0, 1, 1], 3),
        ([0, 1, 1], 3),
        ([0, 1, 2], 1),
        ([0, 0, 1, 1, 2], 15),
        ([0, 0, 0, 1, 1, 1, 2], 70),
        ([0, 0, 0, 0, 1, 1, 1], 35),
        ([0] * 6 + [1] * 6 + [2] * 6, 10_001),
    ],
)
def test_the_least_p_is_one_in_the_ways_to_share_clips_out_or_in_the_permutations(
    systems: list[int], ways: int
) -> None:
    """n! / (n1! n2! ...), and by k! less where k systems have as many clips."""
    assert nearest([1.0] * len(systems), systems).least_p == pytest.approx(1 / ways)
    assert nearest(list(systems), systems).least_p == pytest.approx(1 / ways)


def test_least_p_of_one_feature_is_that_of_its_best_split() -> None:
    """Three clips, one apart: the least and the largest value lie equally far from the other two."""
    assert nearest([1, 2, 3], [0, 1, 1]).least_p == pytest.approx(2 / 3)
    assert nearest([1, 2, 3], [0, 1, 1]).p == pytest.approx(2 / 3, abs=0.02)
    assert nearest([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]).least_p == pytest.approx(2 / 20)


@pytest.mark.parametrize(("features", "least"), [(1, 1 / 3), (2, 2 / 3), (3, 1.0)])
def test_least_p_grows_with_the_number_of_features(features: int, least: float) -> None:
    """Each feature splits four clips in another of the three ways, so that each hides the others."""
    splits = ([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0])[:features]
    seen = [{f"split {n}": split[clip] for n, split in enumerate(splits)} for clip in range(4)]
    found = verdict(seen, range(4), [0, 0, 1, 1], seed=1)
    assert found.least_p == pytest.approx(least)
    assert found.p == pytest.approx(least, abs=0.02)


def test_p_is_the_share_of_all_ways_in_which_the_systems_differ_as_much() -> None:
    """Of the 20 ways to give three of six clips to a system 2 set the three least apart from the three largest."""
    assert nearest([1, 2, 3], [0, 1, 2]).p == 1, "each exchange tells as much"
    assert nearest(list(range(18)), [0] * 6 + [1] * 6 + [2] * 6).p == 1 / 10_001
    assert nearest([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]).p == pytest.approx(2 / 20, abs=0.01)
    assert nearest([1, 2, 4, 3, 5, 6], [0, 0, 0, 1, 1, 1]).p == pytest.approx(4 / 20, abs=0.012)
    assert nearest([1, 3, 5, 2, 4, 6], [0, 0, 0, 1, 1, 1]).p == pytest.approx(14 / 20, abs=0.015)


def test_what_never_varies_or_says_the_same_as_another_is_counted_out() -> None:
    seen = [{"same": 1, "code": value, "twice": 2 * value, "now and then": value} for value in range(4)]
    del seen[0]["now and then"]
    found = verdict(seen, [0, 1, 2, 3], [0, 0, 1, 1], seed=1)
    assert (found.feature, found.features) == ("code", 1)
    silent = verdict([{"same": 1}] * 4, [0, 1, 2, 3], [0, 0, 1, 1], seed=1)
    assert (silent.feature, silent.p, silent.features, silent.is_significant) == ("", 1.0, 0, False)


def test_a_feature_that_is_alike_for_all_clips_on_the_mean_says_nothing() -> None:
    seen = [{"turn": turn} for _ in range(4) for turn in (1, 2)]
    assert verdict(seen, [0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1], seed=1).features == 0


@pytest.mark.parametrize(
    ("values", "ranked"),
    [
        ([9, 10, 100, 11, 10, 8], [9, 10, 100, 11, 10, 8]),
        (["9", "10", "100", "11", "10", "8"], [9, 10, 100, 11, 10, 8]),
        (["9", "10", "100", "11", "x", "8"], [5, 1, 2, 3, 6, 4]),
        ([None, 0, -5, 3, None, 1], [-9, 0, -5, 3, -9, 1]),
        ([None, "b", "a", "c", None, "c"], [0, 2, 1, 3, 0, 3]),
    ],
)
def test_values_are_ranked_by_size_or_as_texts_and_what_is_missing_first(values: list[Any], ranked: list[int]) -> None:
    assert ranks_of(values).tolist() == rankdata(ranked).tolist()
    seen = [{} if value is None else {"code": value} for value in values]
    assert verdict(seen, range(6), [0, 0, 1, 1, 2, 2], 1) == nearest(ranked, [0, 0, 1, 1, 2, 2])


def test_the_feature_with_the_largest_share_between_systems_is_named() -> None:
    """R² of one-way analysis of variance, of ranks averaged by clip; clips may be heard unequally often."""
    rng = np.random.default_rng(3)
    clips = np.array([0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6])
    systems = np.array([0, 0, 0, 0, 1, 1, 2])
    for _ in range(40):
        values = rng.normal(size=(11, 5))
        shares = []
        for column in values.T:
            ranks = rankdata(column)
            means = np.array([ranks[clips == clip].mean() for clip in range(7)])
            within = sum(((means[systems == one] - means[systems == one].mean()) ** 2).sum() for one in range(3))
            shares.append(1 - within / ((means - means.mean()) ** 2).sum())
        seen = [{f"f{place}": value for place, value in enumerate(row)} for row in values]
        assert verdict(seen, clips.tolist(), systems.tolist(), 1).feature == f"f{int(np.argmax(shares))}"


def test_chance_is_no_explanation_from_one_in_a_hundred_on() -> None:
    assert not nearest(list(range(9)), [0] * 3 + [1] * 6).is_significant
    assert nearest(list(range(12)), [0] * 6 + [1] * 6).is_significant
