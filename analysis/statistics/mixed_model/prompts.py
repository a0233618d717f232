"""Clips of several systems that were made from one prompt.

rating ~ system + (1|expert) + (1|prompt) + (1|clip) + (1|expert:system) + (1|expert:prompt).

A prompt that all systems share raises or lowers the ratings of all of them alike: with the term a difference between
systems no longer carries that variance. Expert:prompt is what is alike in one expert's ratings of the clips of one
prompt, such as those of one page. The estimates of complete ratings have a closed form; its variances are those of
lme4. Source: Searle, Casella & McCulloch, Variance Components (1992), chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.statistics.incidence import Floats, Incidence, Integers, join
from analysis.statistics.mixed_model import crossed
from analysis.statistics.mixed_model.cells import Cells
from analysis.statistics.mixed_model.crossed import CrossedFit
from analysis.statistics.mixed_model.layout import Layout, separable

#: The random effects, in the order of the columns of the design.
EFFECTS = ("expert", "prompt", "clip", "expert:system", "expert:prompt")
#: More random effects than these take too long; prompts are left out then.
MAX_EFFECTS = 3_000


def match(layout: Layout, frame: pd.DataFrame) -> Integers | None:
    """Find the prompt of each clip.

    Parameters
    ----------
    layout : Layout
    frame : DataFrame
        Ratings as ``lay_out`` takes them, perhaps with ``prompt_id``. A clip without one has a prompt of its own.

    Returns
    -------
    int array of shape (C,) or None
        None where no prompt has clips of two systems, or all have the same: then the term is not separable from the
        clips or from the mean.
    """
    if "prompt_id" not in frame:
        return None
    known = frame[frame["prompt_id"].notna() & (frame["prompt_id"] != "")].drop_duplicates(["system", "clip_id"])
    prompts = dict(zip(zip(known["system"], known["clip_id"], strict=True), known["prompt_id"], strict=True))
    system = layout.cells.nest.argmax(axis=1)
    clips = [(layout.systems[s], clip) for s, clip in zip(system, layout.clips, strict=True)]
    prompt = pd.factorize(pd.Series([prompts.get(clip, clip) for clip in clips], dtype=object))[0]
    systems = np.zeros((prompt.max() + 1, len(layout.systems)), dtype=bool)
    systems[prompt, system] = True
    is_matched = len(systems) > 1 and bool((systems.sum(axis=1) > 1).any())
    return np.asarray(prompt, dtype=np.intp) if is_matched else None


def size(cells: Cells, prompt: Integers) -> int:
    """Count the random effects that remain when the largest group is eliminated.

    Parameters
    ----------
    cells : Cells
    prompt : int array of shape (C,)

    Returns
    -------
    int
        Time grows with its cube; more than ``MAX_EFFECTS`` take too long.
    """
    pages = len(np.unique(cells.expert * (prompt.max() + 1) + prompt[cells.clip]))
    counts = [cells.experts, int(prompt.max()) + 1, len(cells.nest), len(cells.system_of_cell), pages]
    return sum(counts) - max(counts)


@dataclass(frozen=True)
class Prompted:
    """The model with prompts.

    Attributes
    ----------
    fit : CrossedFit
    effects : tuple of str
        The random effects that the design can separate, in the order of ``fit.variances``.
    method : {"closed form", "REML"}
    """

    fit: CrossedFit
    effects: tuple[str, ...]
    method: str

    def predicted(self, effect: str, design: Incidence) -> tuple[Floats, Floats]:
        """Select the predictions of one effect.

        Parameters
        ----------
        effect : str
        design : Incidence

        Returns
        -------
        predictions, errors : float64 arrays of shape (units,)
        """
        columns = design.of_group[self.effects.index(effect)]
        return self.fit.predicted[columns], self.fit.errors[columns]


def fit(cells: Cells, prompt: Integers) -> tuple[Prompted, Incidence]:
    """Fit the model with prompts.

    Parameters
    ----------
    cells : Cells
    prompt : int array of shape (C,)
        As from ``match``.

    Returns
    -------
    Prompted
    Incidence
        Its design.

    Raises
    ------
    LinAlgError
        If coefficients are not separable.
    """
    design = _design(cells, prompt)
    relative = _closed_form(cells, prompt) if len(design.effects) == len(EFFECTS) else None
    found = crossed.fit(design, cells.ratings, relative)
    return Prompted(found, design.effects, "REML" if relative is None else "closed form"), design


def _design(cells: Cells, prompt: Integers) -> Incidence:
    fixed = len(cells.layers) - 1
    columns = np.broadcast_to(np.arange(fixed), (len(cells.expert), fixed))
    of_rating, systems = prompt[cells.clip], cells.nest.shape[1]
    page = np.unique(cells.expert * (prompt.max() + 1) + of_rating, return_inverse=True)[1]
    units = (cells.expert, of_rating, cells.clip, cells.expert * systems + cells.system, page)
    expert, clip, within = separable(cells)
    together = bool((np.bincount(page) > 1).any()) and len(np.unique(cells.expert)) > 1
    chosen = (expert, True, clip, within, together)
    ones = np.ones((len(cells.expert), 1))
    parts = [("", columns, cells.layers[:-1].T, fixed)]
    for name, unit, on in zip(EFFECTS, units, chosen, strict=True):
        if on:
            parts.append((name, unit[:, None], ones, int(unit.max()) + 1))
    return join(parts)


def _closed_form(cells: Cells, prompt: Integers) -> Floats | None:
    """Relative standard deviations of complete ratings from mean squares; None where they are not complete, or where
    a variance would be below zero."""
    systems, prompts, experts = cells.nest.shape[1], int(prompt.max()) + 1, cells.experts
    complete = len(cells.expert) == experts * systems * prompts == experts * len(cells.nest)
    pairs = np.unique(prompt * systems + cells.nest.argmax(axis=1))
    if not complete or len(pairs) < systems * prompts or len(cells.layers) > systems + 1 or min(experts, systems) < 2:
        return None
    y = np.empty((experts, systems, prompts))
    y[cells.expert, cells.system, prompt[cells.clip]] = cells.ratings
    squares = _mean_squares(y)
    residual = squares["esp"]
    variances = {
        "expert": (squares["e"] - squares["es"] - squares["ep"] + residual) / (systems * prompts),
        "prompt": (squares["p"] - squares["sp"] - squares["ep"] + residual) / (experts * systems),
        "clip": (squares["sp"] - residual) / experts,
        "expert:system": (squares["es"] - residual) / prompts,
        "expert:prompt": (squares["ep"] - residual) / systems,
    }
    values = np.array([variances[name] for name in EFFECTS])
    return np.sqrt(values / residual) if residual > 0 and (values > 0).all() else None


def _mean_squares(y: Floats) -> dict[str, float]:
    """Mean squares of ratings of shape (experts, systems, prompts), by the letters of what they vary with."""
    mean, axes = y.mean(), dict(zip("esp", range(3), strict=True))
    means: dict[str, Floats] = {}
    found = {}
    for letters in ("e", "s", "p", "es", "ep", "sp", "esp"):
        others = tuple(axis for letter, axis in axes.items() if letter not in letters)
        part = y.mean(axis=others, keepdims=True) - mean if others else y - mean
        for smaller, known in means.items():
            part = part - known if set(smaller) < set(letters) else part
        means[letters] = part
        freedom = np.prod([y.shape[axes[letter]] - 1 for letter in letters])
        found[letters] = float(np.square(np.broadcast_to(part, y.shape)).sum() / freedom)
    return found
