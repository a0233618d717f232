"""Differences between systems' recordings: found where planted, not told where chance or nobody's ear explains them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from generation.acoustics import Acoustics, acoustics
from generation.differences import ALPHA, FEATURES, Difference, as_table, compare, in_words
from tests.recordings import PLANTED, RATE, Samples, at_one_loudness, recording

USUAL = Acoustics(0.2, 2.8, 0.4, 0.13, 0.07, 0.0, 0.0, 0.0, 0.0, 1200.0, 6600.0, 0.0, -50.0)


def systems(clips: int, *names: str) -> list[str]:
    return [name for name in names for _ in range(clips)]


def clips_of(seed: int, count: int) -> list[Acoustics]:
    """Clips whose every feature is drawn at random, by itself, and so widely that any two means differ enough."""
    rng = np.random.default_rng(seed)
    return [Acoustics(*rng.lognormal(0, 5, len(Acoustics._fields))) for _ in range(count)]


@pytest.mark.parametrize("feature", PLANTED)
def test_a_planted_difference_is_found(feature: str) -> None:
    usual = [at_one_loudness(recording(number)) for number in range(6)]
    other = [at_one_loudness(PLANTED[feature](recording(number))) for number in range(6, 12)]
    found = compare([acoustics(clip, RATE) for clip in [*usual, *other]], systems(6, "a", "b"))
    (difference,) = [each for each in found.differences if each.feature.key == feature]
    assert found.least_p <= difference.p <= ALPHA
    assert not found.is_few


def test_every_feature_is_planted_and_measured() -> None:
    assert (
        {feature.key for feature in FEATURES} == set(PLANTED) == set(Acoustics._fields) - {"silence", "silence_to_end"}
    )


def test_equal_systems_are_found_unlike_at_the_nominal_rate() -> None:
    """ALPHA of 400 sets in which chance alone is at work; each bound would be passed once in a million times."""
    alarms = sum(bool(alarm_of(seed)) for seed in range(400))
    assert binom.ppf(1e-6, 400, ALPHA) <= alarms <= binom.ppf(1 - 1e-6, 400, ALPHA)


def alarm_of(seed: int) -> list[Difference]:
    """What is found of three equal systems. Of 199 permutations and the order that is there, ALPHA are ten exactly."""
    return compare(clips_of(seed, 18), systems(6, "a", "b", "c"), permutations=199, seed=seed).differences


def test_a_difference_that_nobody_hears_is_not_told() -> None:
    late = [USUAL._replace(onset_s=0.2 + 0.001 * number) for number in range(6)]
    later = [USUAL._replace(onset_s=0.24 + 0.001 * number) for number in range(6)]
    assert compare(late + later, systems(6, "a", "b")).differences == []
    later = [clip._replace(onset_s=clip.onset_s + 0.07) for clip in later]
    assert len(compare(late + later, systems(6, "a", "b")).differences) == 1


def test_differences_are_said_with_the_numbers_of_each_system() -> None:
    gapped = [USUAL._replace(onset_s=0.7, first_third_lu=-3.0) for _ in range(6)]
    found = compare([USUAL] * 6 + gapped, systems(6, "midi-gan", "real"))
    assert in_words(found) == [
        "Clips of some systems begin to sound later: real 0.70 s, midi-gan 0.20 s on average (p = 0.003).",
        "Clips of some systems have a louder first third: midi-gan 0.0 LU relative to the whole clip, "
        "real −3.0 LU relative to the whole clip on average (p = 0.003).",
        "Experts can hear this. Where it is not part of the music, trim, pad or process all recordings alike and make "
        "the pack again.",
    ]


def test_the_table_has_every_feature_of_every_system() -> None:
    gapped = [USUAL._replace(onset_s=0.7) for _ in range(6)]
    found = compare([USUAL] * 6 + gapped, systems(6, "midi-gan", "real"))
    head, *rows = as_table(found)
    assert head.split() == ["midi-gan", "real"]
    assert rows[0].split() == ["*", "first", "sound", "0.20", "s", "0.70", "s"]
    assert [row[2 : 2 + len(feature.name)] for row, feature in zip(rows, FEATURES, strict=True)] == [
        feature.name for feature in FEATURES
    ]
    assert [row[0] for row in rows] == ["*"] + [" "] * (len(FEATURES) - 1)
    assert len({len(row) for row in [head, *rows]}) == 1
    assert as_table(compare([USUAL] * 3, systems(3, "a")))[0].split() == ["a"]


def test_too_few_clips_are_said_with_what_separates_them() -> None:
    clips = [USUAL._replace(onset_s=onset) for onset in (0.2, 0.21, 0.22, 0.7, 0.71, 0.72)]
    found = compare(clips, systems(3, "a", "b"))
    assert found.least_p == pytest.approx(0.1, abs=0.02)
    first, _advice, last = in_words(found)
    assert first == (
        "Clips of some systems begin to sound later: b 0.71 s, a 0.21 s on average (too few clips for a test)."
    )
    assert last == (
        "So few clips cannot show whether recordings differ by system: "
        f"even if they separated the systems perfectly, p would be {found.least_p:.2f}."
    )


def test_too_few_equal_clips_contradict_no_p_of_theirs() -> None:
    clips = [USUAL._replace(onset_s=onset) for onset in (0.2, 0.2, 0.2, 0.8, 0.8, 0.8)]
    found = compare([clip._replace(roll_off_hz=number) for number, clip in enumerate(clips)], systems(3, "a", "b"))
    assert found.is_few
    assert found.least_p == min(difference.p for difference in found.differences)
    assert [sentence.count("p = ") for sentence in in_words(found)] == [0] * len(in_words(found))
    assert f"p would be {found.least_p:.2f}." in in_words(found)[-1]


def test_clips_that_are_mostly_silent_are_counted() -> None:
    found = compare([USUAL._replace(silence=0.51)] * 2 + [USUAL] * 10, systems(6, "a", "b"))
    assert in_words(found) == [
        "2 of 12 clips are silent for more than half of their length, as clips from short recordings are. "
        "Experts wait through the silence. Use longer recordings if you have any."
    ]


def noisy(samples: Samples) -> Samples:
    """Over noise from the first sample to the last."""
    return samples + np.random.default_rng(1).normal(0, 0.05 * samples.std(), len(samples))


def off_centre(samples: Samples) -> Samples:
    """With an offset that begins and ends with the file, by a fade within the frames of a pack's clip."""
    faded = np.minimum(1, np.minimum(np.arange(len(samples)), np.arange(len(samples))[::-1]) / (0.005 * RATE))
    return np.asarray(samples + 0.5 * samples.std() * faded)


@pytest.mark.parametrize(
    ("change", "true"), [(noisy, {"noise_db"}), (off_centre, {"dc_offset"})], ids=["noise", "offset"]
)
def test_noise_and_offset_are_told_as_themselves_alone(change: Callable[[Samples], Samples], true: set[str]) -> None:
    def clip(number: int) -> Samples:
        samples = recording(number)
        samples = change(samples) if number >= 6 else samples
        return at_one_loudness(np.concatenate([np.zeros(1_700), samples, np.zeros(8_000)]))

    found = compare([acoustics(clip(number), RATE) for number in range(12)], systems(6, "a", "b"))
    assert {difference.feature.key for difference in found.differences} == true


def test_one_clip_of_each_system_shows_nothing() -> None:
    found = compare([USUAL, USUAL._replace(onset_s=0.9)], ["a", "b"])
    assert found.differences == []
    assert [sentence[:20] for sentence in in_words(found)] == ["So few clips cannot "]


@pytest.mark.parametrize("count", [0, 4])
def test_one_system_has_nothing_to_compare(count: int) -> None:
    assert in_words(compare([clip._replace(silence=0) for clip in clips_of(0, count)], ["a"] * count)) == []


def test_equal_clips_have_no_difference() -> None:
    assert in_words(compare([USUAL] * 12, systems(6, "a", "b"))) == []


def test_the_same_clips_give_the_same_p() -> None:
    clips = clips_of(3, 12)
    assert compare(clips, systems(4, "a", "b", "c")) == compare(clips, systems(4, "a", "b", "c"))
