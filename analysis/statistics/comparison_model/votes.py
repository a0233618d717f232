"""Comparisons of one question, arranged for the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.statistics.incidence import Floats, Incidence, Integers, join

#: The random effects: what an expert thinks of a system, and what is of one clip alone.
EFFECTS = ("expert:system", "clip")
SIDE = "side"


@dataclass(frozen=True)
class Votes:
    """n comparisons of two clips of different systems.

    Attributes
    ----------
    question : str
    systems, experts, clips : tuples of str
        Names in order.
    prompts : int
        How many prompts the clips come from; where that is not known, the fewest clips that a system has.
    expert : int array of shape (n,)
    system : int array of shape (n, 2)
        Of the first and of the second clip.
    clip : int array of shape (n, 2)
    answer : float64 array of shape (n,)
        Above 0 where the first clip was preferred; 0 for no difference.
    """

    question: str
    systems: tuple[str, ...]
    experts: tuple[str, ...]
    clips: tuple[tuple[str, str], ...]
    prompts: int
    expert: Integers
    system: Integers
    clip: Integers
    answer: Floats

    @cached_property
    def grades(self) -> Floats:
        """The different strengths of a preference, increasing."""
        return np.unique(np.abs(self.answer[self.answer != 0]))

    @property
    def has_ties(self) -> bool:
        """Whether an expert ever said that there is no difference."""
        return bool((self.answer == 0).any())

    @property
    def count(self) -> int:
        """Number of categories, in equal number on both sides."""
        return 2 * len(self.grades) + self.has_ties

    @property
    def levels(self) -> Integers:
        """The categories from 0 (second clip much preferred), shape (n,)."""
        steps = np.searchsorted(self.grades, np.abs(self.answer)) + 1
        upper = steps - (not self.has_ties)
        middle = self.count // 2
        levels: Integers = np.where(
            self.answer > 0, middle + upper, np.where(self.answer < 0, middle - steps, middle)
        ).astype(np.intp)
        return levels

    @property
    def middle(self) -> Integers:
        """The cuts between which no preference lies, or the one that divides preferences."""
        inner = self.count // 2
        return np.array([inner - 1, inner] if self.has_ties else [inner - 1, inner - 1])

    @cached_property
    def wins(self) -> Floats:
        """How often the row's system was preferred to the column's, shape (S, S)."""
        return self._table(self.answer > 0) + self._table(self.answer < 0).T

    @cached_property
    def ties(self) -> Floats:
        """How often no difference was heard, shape (S, S)."""
        tied = self._table(self.answer == 0)
        return tied + tied.T

    @cached_property
    def holds(self) -> Floats:
        """Whether a system ever did better against another than lose outright.

        Shape (S, S): 1 where some answer between the row's and the column's system was not the largest grade against
        the row's. Such an answer keeps the row's strength from running away below the column's.
        """
        top = self.grades[-1] if len(self.grades) else 0.0
        for_first, for_second = self.answer > -top, self.answer < top
        return np.minimum(self._table(for_first) + self._table(for_second).T, 1.0)

    def _table(self, chosen: npt.NDArray[np.bool_]) -> Floats:
        size = len(self.systems)
        keys = self.system[chosen, 0] * size + self.system[chosen, 1]
        return np.bincount(keys, minlength=size * size).reshape(size, size).astype(np.float64)

    @cached_property
    def effects(self) -> npt.NDArray[np.bool_]:
        """Which of ``EFFECTS`` the design can tell from noise.

        An expert's opinion of a system needs two experts or more, and an expert with two votes or more on a system; a
        clip's luck needs a clip that two experts compared, and two clips or more of a system.
        """
        keys = (self.expert[:, None] * len(self.systems) + self.system).ravel()
        repeated = len(self.experts) > 1 and bool((np.bincount(keys) > 1).any())
        heard = np.unique(np.column_stack([self.clip.ravel(), np.repeat(self.expert, 2)]), axis=0)[:, 0]
        of_system = np.bincount(pd.factorize(np.array([system for system, _ in self.clips]))[0])
        shared = bool((np.bincount(heard) > 1).any() and (of_system > 1).any())
        return np.array([repeated, shared])

    def signed(self) -> tuple[Integers, Floats, int]:
        """List the entries of the strengths.

        1 for the first clip's system and -1 for the second's. The first system has no strength, so that the others are
        relative to it.

        Returns
        -------
        columns : int array of shape (n, 2)
        values : float64 array of shape (n, 2)
        count : int
        """
        values = np.where(self.system > 0, [1.0, -1.0], 0.0)
        return np.maximum(self.system - 1, 0), values, len(self.systems) - 1

    def random(self) -> list[tuple[str, Integers, Floats, int]]:
        """List the entries of the random effects that the design can tell.

        Returns
        -------
        list of (str, int array of shape (n, 2), float64 array of shape (n, 2), int)
            As ``join`` takes them.
        """
        signs = np.tile([1.0, -1.0], (len(self.answer), 1))
        size = len(self.systems)
        of_expert = self.expert[:, None] * size + self.system
        parts = [
            (EFFECTS[0], of_expert, signs, len(self.experts) * size),
            (EFFECTS[1], self.clip, signs, len(self.clips)),
        ]
        return [part for part, on in zip(parts, self.effects, strict=True) if on]

    @cached_property
    def has_side(self) -> bool:
        """Whether the advantage of the first clip is separable from the strengths."""
        return bool(np.linalg.matrix_rank(self.coefficients(side=True)) == len(self.systems))

    def coefficients(self, *, side: bool) -> Floats:
        """Make the design of the coefficients as a full matrix.

        Parameters
        ----------
        side : bool
            Whether its last column is the side.

        Returns
        -------
        float64 array of shape (n, S - 1 or S)
        """
        columns, values, count = self.signed()
        table = np.zeros((len(self.answer), count + side))
        rows = np.arange(len(self.answer))
        for entry in range(2):
            table[rows, columns[:, entry]] += values[:, entry]
        if side:
            table[:, -1] = 1.0
        return table

    def design(self, *further: tuple[str, Integers, Floats, int]) -> Incidence:
        """Make the design in which coefficients are integrated out too.

        Parameters
        ----------
        *further
            More coefficients, as ``join`` takes them, between strengths and side.

        Returns
        -------
        Incidence
        """
        ones = (np.zeros((len(self.answer), 1), dtype=np.intp), np.ones((len(self.answer), 1)), 1)
        sides = [("", *ones)] if self.has_side else []
        return join([("", *self.signed()), *further, *sides, *self.random()])

    def among(self, systems: Sequence[int]) -> Votes:
        """Select the comparisons of some systems with each other.

        Parameters
        ----------
        systems : sequence of int

        Returns
        -------
        Votes
        """
        kept = np.isin(self.system, systems).all(axis=1)
        place = {old: new for new, old in enumerate(systems)}
        clips = np.unique(self.clip[kept])
        experts = np.unique(self.expert[kept])
        return replace(
            self,
            systems=tuple(self.systems[system] for system in systems),
            experts=tuple(self.experts[expert] for expert in experts),
            clips=tuple(self.clips[clip] for clip in clips),
            expert=np.searchsorted(experts, self.expert[kept]),
            system=np.vectorize(place.__getitem__, otypes=[np.intp])(self.system[kept]),
            clip=np.searchsorted(clips, self.clip[kept]),
            answer=self.answer[kept],
        )


def lay_out(frame: pd.DataFrame, question: str, systems: Sequence[str] = ()) -> Votes:
    """Arrange the comparisons of one question for the models.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expert_id``, ``question``, ``clip_a``, ``system_a``, ``clip_b``, ``system_b``, ``value`` (above 0
        where b was preferred) and perhaps ``prompt_id``; a stood first.
    question : str
    systems : sequence of str, optional
        Their order, and which; sorted if not given. Systems without a comparison are left out.

    Returns
    -------
    Votes

    Raises
    ------
    ValueError
        If there is no comparison, or one of a system with itself.
    """
    frame = frame[(frame["question"] == question) & frame["value"].notna()]
    seen = set(frame["system_a"]) | set(frame["system_b"])
    order = [system for system in systems if system in seen] or sorted(seen)
    frame = frame[frame["system_a"].isin(order) & frame["system_b"].isin(order)]
    if frame.empty:
        raise ValueError(f"there is no comparison for the question {question!r}")
    if (frame["system_a"] == frame["system_b"]).any():
        raise ValueError(f"a system is compared with itself for the question {question!r}")
    place = {system: n for n, system in enumerate(order)}
    pairs = [list(zip(frame[f"system_{x}"], frame[f"clip_{x}"], strict=True)) for x in "ab"]
    clips = sorted({*pairs[0], *pairs[1]}, key=lambda pair: (place[pair[0]], pair[1]))
    of_clip = {pair: n for n, pair in enumerate(clips)}
    expert, experts = pd.factorize(frame["expert_id"], sort=True)
    of_system = np.bincount([place[system] for system, _ in clips], minlength=len(order))
    return Votes(
        question=question,
        systems=tuple(order),
        experts=tuple(map(str, experts)),
        clips=tuple(clips),
        prompts=frame["prompt_id"].nunique() if "prompt_id" in frame else int(of_system.min()),
        expert=np.asarray(expert, dtype=np.intp),
        system=np.column_stack([frame[f"system_{x}"].map(place).to_numpy(np.intp) for x in "ab"]),
        clip=np.array([[of_clip[pair] for pair in side] for side in pairs], dtype=np.intp).T,
        answer=-frame["value"].to_numpy(np.float64) + 0.0,
    )
