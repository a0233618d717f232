"""Whether recordings tell their systems apart beside their music: a test of what ``acoustics`` measured of each clip.

A feature counts where chance is no explanation and where somebody might hear it. Chance: the share of the variance of
its ranks that lies between systems (R²) is compared with the largest of all features' under random exchanges of
systems between clips, so that eleven features make no more false alarms than one (Westfall and Young 1993).
study/blinding/feature_test.py tests in the same way what a browser sees. Hearing: the means of two systems differ
by the feature's least size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from formats.errors import N_, Message
from formats.messages import SOURCE, translator
from formats.text import text_width
from generation.acoustics import MOSTLY, Acoustics, Numbers

PERMUTATIONS, ALPHA = 10_000, 0.05
#: Permutations counted at once, which bounds memory.
CHUNK = 500
#: Of the permutations: the same clips give the same p.
SEED = 1
#: R² that differ by less are equal.
TIE = 1e-12
MIN_SHOWN_P = 0.001
TOO_FEW = N_("too few clips for a test")


class Feature(NamedTuple):
    """What is compared: a field of Acoustics, its name, who has more of it, its least difference, and how it is shown.

    The least difference is one of means, or with ``is_ratio`` their ratio; a mean is shown times ``factor``, with
    ``digits`` and ``unit``.
    """

    key: str
    name: str
    more: str
    least: float
    unit: str
    digits: int
    factor: float = 1.0
    is_ratio: bool = False

    def matters(self, means: Sequence[float]) -> bool:
        """Whether somebody might hear the difference between these means."""
        low, high = min(means), max(means)
        return high > 0 and high >= self.least * low if self.is_ratio else high - low >= self.least

    def shown(self, mean: float) -> float:
        """A mean in the unit in which it is shown, rounded."""
        return round(mean * self.factor, self.digits)

    def text(self, mean: float) -> Message:
        """A mean with its unit."""
        return Message(
            "%(number)s%(unit)s",
            number=f"{self.shown(mean):.{self.digits}f}".replace("-", "\N{MINUS SIGN}"),
            unit=Message(self.unit),
        )


FEATURES = (
    Feature("onset_s", N_("first sound"), N_("begin to sound later"), 0.1, " s", 2),
    Feature("end_s", N_("last sound"), N_("stop sounding later"), 0.5, " s", 2),
    Feature(
        "edge_silence_s",
        N_("silence before and after"),
        N_("have more silence before and after the sound"),
        0.5,
        " s",
        2,
    ),
    Feature(
        "pauses",
        N_("pauses"),
        N_("are silent for more of the time between first and last sound"),
        0.1,
        "%",
        0,
        factor=100,
    ),
    Feature("dc_offset", N_("DC offset"), N_("have a larger DC offset"), 0.005, N_("% of full scale"), 1, factor=100),
    Feature(
        "first_third_lu",
        N_("loudness of the first third"),
        N_("have a louder first third"),
        2.0,
        N_(" LU relative to the whole clip"),
        1,
    ),
    Feature(
        "last_third_lu",
        N_("loudness of the last third"),
        N_("have a louder last third"),
        2.0,
        N_(" LU relative to the whole clip"),
        1,
    ),
    Feature(
        "roll_off_hz",
        N_("roll-off"),
        N_("sound higher or brighter (99% of the energy lies below)"),
        1.5,
        " kHz",
        1,
        0.001,
        is_ratio=True,
    ),
    Feature("highest_hz", N_("bandwidth"), N_("have a wider bandwidth"), 4 / 3, " kHz", 1, 0.001, is_ratio=True),
    Feature("stereo_width", N_("stereo width"), N_("are wider in stereo"), 0.02, N_("% of the energy"), 0, factor=100),
    Feature("noise_db", N_("steady noise"), N_("have more steady noise"), 6.0, N_(" dB relative to the whole clip"), 0),
)
ADVICE = N_(
    "Experts can hear this. Where it is not part of the music, trim, pad or process all recordings alike and make the "
    "pack again."
)


class Difference(NamedTuple):
    """A feature that tells systems apart: its mean by system, and p, corrected for all features."""

    feature: Feature
    means: dict[str, float]
    p: float


class Comparison(NamedTuple):
    """What tells systems apart, most surely first, and the mean of every feature by system.

    ``least_p`` is the p of a feature that separates systems perfectly. Where that is above ALPHA there are too few
    clips for a test; differences are then those that do separate them. Whatever their systems, ``silent`` of all
    ``clips`` are silent for most of their time, as short recordings are.
    """

    differences: list[Difference]
    least_p: float
    silent: int
    clips: int
    means: dict[str, dict[str, float]]

    @property
    def is_few(self) -> bool:
        """Whether no feature could pass the test."""
        return self.least_p > ALPHA


class Tested(NamedTuple):
    """Of each feature p, corrected for all, and whether it separates systems perfectly; and the least of their p."""

    p: Numbers
    separates: NDArray[np.bool_]
    least_p: float


def compare(
    clips: Sequence[Acoustics], systems: Sequence[str], *, permutations: int = PERMUTATIONS, seed: int = SEED
) -> Comparison:
    """Compare systems by their clips: ``systems[i]`` made ``clips[i]``. With one system there is nothing to compare."""
    silent = sum(clip.silence > MOSTLY for clip in clips)
    names, labels = np.unique(np.asarray(systems, dtype=str), return_inverse=True)
    values = np.array([[getattr(clip, feature.key) for feature in FEATURES] for clip in clips], dtype=float)
    values = values.reshape(len(clips), len(FEATURES))
    means = {
        feature.key: {str(name): float(column[labels == number].mean()) for number, name in enumerate(names)}
        for feature, column in zip(FEATURES, values.T, strict=True)
    }
    if len(names) < 2:
        return Comparison([], 0.0, silent, len(clips), means)
    tested = _tested(rankdata(values, axis=0), labels, permutations, seed)
    is_few = ALPHA < tested.least_p < 1
    found = []
    for feature, p, separates in zip(FEATURES, tested.p, tested.separates, strict=True):
        if (p <= ALPHA or (is_few and separates)) and feature.matters(list(means[feature.key].values())):
            found.append(Difference(feature, means[feature.key], float(p)))
    return Comparison(sorted(found, key=lambda difference: difference.p), tested.least_p, silent, len(clips), means)


def _tested(ranks: Numbers, labels: NDArray[np.int_], permutations: int, seed: int) -> Tested:
    """The permutation test of features, from their ranks, shape (clips, features)."""
    spread = ranks.std(axis=0)
    standard = (ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, 1)
    order = np.arange(len(labels)) - (len(labels) - 1) / 2
    perfect = _between((order / order.std())[:, None], np.sort(labels)[None, :])[0]
    shares = np.concatenate([_between(standard, labels[None, :])[0], perfect]) - TIE
    rng, reached = np.random.default_rng(seed), np.ones(len(shares))
    for start in range(0, permutations, CHUNK):
        shuffled = rng.permuted(np.tile(labels, (min(CHUNK, permutations - start), 1)), axis=1)
        reached += (_between(standard, shuffled).max(axis=1)[:, None] >= shares).sum(axis=0)
    p = reached / (permutations + 1)
    separates = shares[:-1] >= perfect - 2 * TIE
    # Clips of a system that are equal in a feature leave fewer orders than clips that all differ: p is lower.
    return Tested(p[:-1], separates, float(min([*p[:-1][separates], p[-1]])))


def _between(standard: Numbers, labels: NDArray[np.int_]) -> Numbers:
    """R² of standardised features, shape (clips, features), between systems, for each row of labels."""
    total = np.zeros((len(labels), standard.shape[1]))
    for system in range(int(labels.max()) + 1):
        chosen = (labels == system).astype(float)
        total += (chosen @ standard) ** 2 / chosen.sum(axis=1, keepdims=True)
    shares: Numbers = total / len(standard)
    return shares


def as_table(comparison: Comparison, lang: str = SOURCE) -> list[str]:
    """The mean of every feature by system, in lines of one width; those that tell systems apart are marked."""
    _, systems = translator(lang), sorted(next(iter(comparison.means.values())))
    telling = {difference.feature.key for difference in comparison.differences}
    rows = [["", *systems]] + [
        [
            ("* " if feature.key in telling else "  ") + _(feature.name),
            *(feature.text(comparison.means[feature.key][system]).words(_) for system in systems),
        ]
        for feature in FEATURES
    ]
    widths = [max(text_width(row[place]) for row in rows) for place in range(len(systems) + 1)]
    return ["  ".join(_filled(row, widths)) for row in rows]


def _filled(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """The cells of a row with blanks, the first to the left."""
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        blanks = " " * (width - text_width(cell))
        yield blanks + cell if place else cell + blanks


def in_words(comparison: Comparison) -> list[Message]:
    """A sentence for each difference, by the systems' names, and what to do; that so few clips cannot be tested; and
    how many are mostly silent.
    """
    sentences = [_sentence(difference, comparison.is_few) for difference in comparison.differences]
    if sentences:
        sentences.append(Message(ADVICE))
    if comparison.is_few:
        sentences.append(
            Message(
                "So few clips cannot show whether recordings differ by system: even if they separated the systems "
                "perfectly, p would be %(least)s.",
                least=f"{comparison.least_p:.2f}",
            )
        )
    if comparison.silent:
        sentences.append(
            Message(
                "%(silent)s of %(clips)s clips are silent for more than half of their length, as clips from short "
                "recordings are. Experts wait through the silence. Use longer recordings if you have any.",
                silent=comparison.silent,
                clips=comparison.clips,
            )
        )
    return sentences


def _sentence(difference: Difference, is_few: bool) -> Message:
    feature = difference.feature
    ordered = sorted(difference.means.items(), key=lambda item: -item[1])
    means = [Message("%(system)s %(mean)s", system=system, mean=feature.text(mean)) for system, mean in ordered]
    p = f"p = {difference.p:.3f}" if difference.p >= MIN_SHOWN_P else f"p < {MIN_SHOWN_P}"
    return Message(
        "Clips of some systems %(more)s: %(means)s on average (%(p)s).",
        more=Message(feature.more),
        means=reduce(lambda first, then: Message("%(first)s, %(then)s", first=first, then=then), means),
        p=Message(TOO_FEW) if is_few else p,
    )
