"""Which clip of a pair comes first.

The votes on a pair are the edges of a bipartite graph: experts on one side, prompts on the other. Edges that an Euler
circuit passes from an expert to a prompt get one side, the others the other one: at each vertex they are equally many,
or differ by one where their number is odd (odd vertices are joined to a dummy first). With an odd number of rounds one
vote of each expert on each pair is set apart. These votes follow a regular tournament of the systems, so that each
system comes first as often as second within each expert; the next expert has its mirror image.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from study.design.pairs.spec import PairSpec

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def choose_sides(spec: PairSpec, prompts: Ints, rng: np.random.Generator) -> Bools:
    """Choose for each vote whether the lower system of its pair comes first.

    Parameters
    ----------
    spec : PairSpec
    prompts : np.ndarray
        Shape (experts, pairs, rounds): the prompt of each vote. Vote 0 of an odd number is the one set apart.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray
        Of bool, of the same shape.
    """
    experts, pairs, rounds = prompts.shape
    lower_first = np.zeros(prompts.shape, dtype=bool)
    apart = rounds % 2
    if apart:
        lower_first[:, :, 0] = _tournaments(spec, experts, rng)
    for pair in range(pairs if rounds > 1 else 0):
        edges = [(expert, int(prompt)) for expert in range(experts) for prompt in prompts[expert, pair, apart:]]
        lower_first[:, pair, apart:] = np.array(balanced(edges, rng)).reshape(experts, rounds - apart)
    return lower_first


def balanced(edges: list[tuple[int, int]], rng: np.random.Generator) -> list[bool]:
    """Colour the edges of a bipartite graph in two colours, evenly.

    At each vertex, and of all edges together, the numbers of both colours differ by at most one.

    Parameters
    ----------
    edges : list of (int, int)
        Left and right vertex of each.
    rng : np.random.Generator

    Returns
    -------
    list of bool
        The colour of each edge.
    """
    ends: list[tuple[int, int]] = [(2 * left, 2 * right + 1) for left, right in edges]  # even: left, odd: right
    degree: dict[int, int] = {}
    for end in (end for edge in ends for end in edge):
        degree[end] = degree.get(end, 0) + 1
    dummy_left, dummy_right = -2, -1
    odd = [vertex for vertex, count in sorted(degree.items()) if count % 2]
    ends += [(vertex, dummy_right) if vertex % 2 == 0 else (dummy_left, vertex) for vertex in odd]
    if sum(vertex % 2 == 0 for vertex in odd) % 2:
        ends.append((dummy_left, dummy_right))
    at: dict[int, list[int]] = {}
    for edge in rng.permutation(len(ends)).tolist():
        for end in ends[edge]:
            at.setdefault(end, []).append(edge)
    colour: list[bool | None] = [None] * len(ends)
    for start in list(at):
        vertex = start
        while at[vertex]:
            edge = at[vertex].pop()
            if colour[edge] is not None:
                continue
            left, right = ends[edge]
            colour[edge] = vertex == left
            vertex = right if vertex == left else left
    flip = bool(rng.integers(2))
    return [bool(found) != flip for found in colour[: len(edges)]]


def _tournaments(spec: PairSpec, experts: int, rng: np.random.Generator) -> Bools:
    """For each expert and pair whether the lower system comes first, shape (experts, pairs).

    Experts whose votes on a pair have the same prompt are a period apart; they, too, have mirror images in turn.
    """
    systems, period = len(spec.systems), spec.prompts // math.gcd(spec.rounds, spec.prompts)
    rows = np.zeros((experts, len(spec.pairs)), dtype=bool)
    names = rng.permutation(systems)
    for expert in range(experts):
        if expert % (2 * period) == 0:
            names = rng.permutation(systems)
        mirrored = (expert + (expert // period if period % 2 == 0 else 0)) % 2
        rows[expert] = [_beats(int(names[a]), int(names[b]), systems) != bool(mirrored) for a, b in spec.pairs]
    return rows


def _beats(a: int, b: int, systems: int) -> bool:
    """Whether a comes before b in a regular tournament (for an even number of systems as near as can be)."""
    ahead = (b - a) % systems
    return a < b if 2 * ahead == systems else 2 * ahead < systems
