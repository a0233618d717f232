"""Permutation test of whether any visible feature separates the systems."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.blinding.html_values import Page
from study.blinding.sessions import Exchange

#: Permutations of systems over clips, and below which share of them nothing is called chance.
PERMUTATIONS, ALPHA = 10_000, 0.01
#: Permutations counted at once, which bounds memory.
CHUNK = 500

#: What is left of a page or a reply without these is its shape: the order of its parts, and the white space.
QUOTED, BETWEEN_TAGS = re.compile(r'"[^"]*"'), re.compile(r"(?<=>)[^<]+")

#: Where a page has the bars of a waveform.
WAVEFORM = "@data-peaks"

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureTest:
    """The most separating feature, its permutation p, and what was tested.

    `least_p` is the smallest p that so few clips can give, whatever their systems, with these features.
    """

    feature: str = ""
    p: float = 1.0
    features: int = 0
    least_p: float = 1.0

    @property
    def is_significant(self) -> bool:
        """Whether chance is no explanation."""
        return self.p <= ALPHA


def observed_features(exchanges: Iterable[Exchange]) -> dict[str, dict[str, Any]]:
    """Every observed value of each trial, under names shared by all trials."""
    seen: dict[str, dict[str, Any]] = {}
    counts: dict[str, Counter[str]] = {}
    exchanges = list(exchanges)
    tokens = {exchange.trial for exchange in exchanges if exchange.trial}
    for number, exchange in enumerate(exchanges):
        about = [(exchange.trial, _of_exchange(exchange))] if exchange.trial else _of_rows(exchange, tokens)
        for token, found in about:
            values = seen.setdefault(token, {"order": number, **_of_id(token)})
            times = counts.setdefault(token, Counter())
            for name, value in found:
                times[name] += 1
                values[f"{name} ({times[name]})" if times[name] > 1 else name] = value
    return seen


def _of_rows(exchange: Exchange, tokens: set[str]) -> Iterator[tuple[str, Iterable[tuple[str, Any]]]]:
    """(token, values) of each list item about one trial, as on the review page."""
    rows = Page(exchange.text).rows if exchange.header("Content-Type").startswith("text/html") else []
    for row in rows:
        named = {part for _, value in row for part in value.split("/")} & tokens
        if len(named) == 1:
            (token,) = named
            yield token, [(f"list: {name}", value.replace(token, "")) for name, value in row]


def _of_id(token: str) -> dict[str, Any]:
    """A trial's id as it sorts, backwards too, its length, and each of its letters."""
    letters = {f"letter {place} of the id": ord(letter) for place, letter in enumerate(token, start=1)}
    return {"id": token, "id backwards": token[::-1], "length of the id": len(token), **letters}


def _of_exchange(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    """Time, size, headers and values of an exchange; addresses without the trial id."""
    kind = exchange.kind
    yield f"time of the {kind}", exchange.seconds
    yield f"bytes of the {kind}", len(exchange.body)
    yield f"order of the headers of the {kind}", ",".join(name for name, _ in exchange.headers)
    for name, value in exchange.headers:
        yield f"{kind}: {name}", value
    text = exchange.text
    yield f"shape of the {kind}", BETWEEN_TAGS.sub(_blank, QUOTED.sub('""', text))
    if exchange.header("Content-Type").startswith("text/html"):
        values: Iterable[tuple[str, Any]] = Page(text).values
    elif text:
        values = _leaves(json.loads(text), "")
    else:
        values = ()
    for name, value in values:
        if name.endswith(WAVEFORM):  # its bars are the music's, its form is not
            yield f"{kind}: bars of {name}", len(value)
            yield f"{kind}: highest bar of {name}", max(value, default="")
            continue
        yield f"{kind}: {name}", value.replace(exchange.trial, "") if isinstance(value, str) else value


def _blank(text: re.Match[str]) -> str:
    """Only the white space of a text."""
    return "".join(filter(str.isspace, text[0]))


def _leaves(content: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _leaves(value, f"{name}.{key}")
    else:
        yield name, content


def verdict(seen: Sequence[dict[str, Any]], clips: Sequence[int], systems: Sequence[int], seed: int) -> FeatureTest:
    """Permutation test: `seen[i]` of trial i with clip `clips[i]` of `systems[c]`.

    Clips are the units: a feature is ranked over trials, averaged by clip, and its R² is the share of its variance
    between clips that lies between systems. The largest R² of all features is compared with the largest under random
    exchanges of systems between clips, so that many features make no false alarm (Westfall and Young 1993).
    """
    names, ranks = _ranked(seen)
    means = _by_clip(ranks, np.asarray(clips), len(systems))
    varies = means.std(axis=0) > 1e-9
    names, means = [name for name, keep in zip(names, varies, strict=True) if keep], means[:, varies]
    labels, rng = np.asarray(systems), np.random.default_rng(seed)
    if not names:
        return FeatureTest(least_p=max(1 / (PERMUTATIONS + 1), _same(labels) / _ways(labels)))
    standard = (means - means.mean(axis=0)) / means.std(axis=0)
    shares = _between(standard, labels[None, :])[0]
    best = int(shares.argmax())
    largest = np.concatenate(
        [
            _between(standard, rng.permuted(np.tile(labels, (min(CHUNK, PERMUTATIONS - start), 1)), axis=1)).max(axis=1)
            for start in range(0, PERMUTATIONS, CHUNK)
        ]
    )
    count = 1 + int((largest >= shares[best] - 1e-12).sum())
    least = _least_p(standard, labels, np.append(largest, shares[best]))
    return FeatureTest(names[best], count / (PERMUTATIONS + 1), len(names), least)


def _ranked(seen: Sequence[dict[str, Any]]) -> tuple[list[str], Numbers]:
    """Names of the features that vary, and the rank of each trial in each, shape (trials, features)."""
    names = list(dict.fromkeys(name for values in seen for name in values))
    columns: dict[bytes, tuple[str, Numbers]] = {}
    for name in names:
        ranks = ranks_of([values.get(name) for values in seen])
        if ranks.min() < ranks.max():
            columns.setdefault(ranks.tobytes(), (name, ranks))
    if not columns:
        return [], np.zeros((len(seen), 0))
    return [name for name, _ in columns.values()], np.column_stack([ranks for _, ranks in columns.values()])


def ranks_of(values: list[Any]) -> Numbers:
    """Mean ranks; numbers by size, other values as text, and what is missing before all."""
    numbers = [_number(value) for value in values]
    if any(number is None and value is not None for number, value in zip(numbers, values, strict=True)):
        keys: list[Any] = [(value is not None, str(value)) for value in values]
    else:
        keys = [(number is not None, number or 0.0) for number in numbers]
    order = {key: place for place, key in enumerate(sorted(set(keys)))}
    codes = np.array([order[key] for key in keys])
    counts = np.bincount(codes)
    ranks: Numbers = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    return ranks


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _by_clip(ranks: Numbers, clips: NDArray[np.int_], count: int) -> Numbers:
    """The mean of each feature by clip, shape (clips, features)."""
    sums = np.zeros((count, ranks.shape[1]))
    np.add.at(sums, clips, ranks)
    means: Numbers = sums / np.bincount(clips, minlength=count)[:, None]
    return means


def _between(standard: Numbers, labels: NDArray[np.int_]) -> Numbers:
    """R² of standardised features, shape (clips, features), between systems, for each row of labels."""
    total = np.zeros((len(labels), standard.shape[1]))
    for system in np.unique(labels):
        chosen = (labels == system).astype(float)
        total += (chosen @ standard) ** 2 / chosen.sum(axis=1, keepdims=True)
    shares: Numbers = total / len(standard)
    return shares


def _least_p(standard: Numbers, labels: NDArray[np.int_], largest: Numbers) -> float:
    """The p of those systems that these features would tell apart best.

    Of several features each may do so for other systems, so that it grows with their number. Where there are fewer
    ways to share the clips out than permutations all are gone through. Else the largest R² of each permutation and of
    the systems themselves stand for them, `largest`.
    """
    if _ways(labels) <= PERMUTATIONS:
        every = np.array(list(_sharings(np.bincount(labels).tolist(), range(len(labels)), len(labels))))
        parts = [_between(standard, every[n : n + CHUNK]).max(axis=1) for n in range(0, len(every), CHUNK)]
        largest = np.concatenate(parts)
    return max(1 / (PERMUTATIONS + 1), float((largest >= largest.max() - 1e-9).mean()))


def _sharings(sizes: Sequence[int], left: Iterable[int], total: int, system: int = 0) -> Iterator[NDArray[np.int_]]:
    """Every way to give the clips that are left to the systems from this one on, as labels; -1 for those given."""
    left = list(left)
    if system == len(sizes):
        yield np.full(total, -1)
        return
    for chosen in combinations(left, sizes[system]):
        for labels in _sharings(sizes, [clip for clip in left if clip not in chosen], total, system + 1):
            labels[list(chosen)] = system
            yield labels


def _ways(labels: NDArray[np.int_]) -> int:
    """In how many ways the clips can be shared out among the systems: n! / (n1! n2! ...)."""
    return factorial(len(labels)) // prod(factorial(size) for size in np.bincount(labels).tolist())


def _same(labels: NDArray[np.int_]) -> int:
    """How many of these ways differ only by which system is which: k! where k systems have as many clips."""
    return prod(factorial(count) for count in Counter(np.bincount(labels).tolist()).values())
