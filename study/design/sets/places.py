"""The order of the systems on each page.

Each page has a row of a Williams square. The pages are the edges of a bipartite graph: slots on one side, prompts on
the other. Its edges are coloured with as many colours as the square has rows, so that each slot and each prompt has
every colour equally often, within one (de Werra 1971): vertices are split into parts with at most that many edges, and
the parts' edges get different colours along alternating paths (Konig 1916). As every system stands once at each place
of a square, each slot and each prompt has every system at every place equally often, within one. An odd number of
systems has two squares, which balance what stands beside what: slots take them by turns, so that it is two for prompts.
"""

from __future__ import annotations

import numpy as np

from study.design.base_orders import Row, williams

Edge = tuple[int, int]


def place_systems(edges: list[Edge], systems: int, rng: np.random.Generator) -> dict[Edge, Row]:
    """Arrange the systems on each page.

    Parameters
    ----------
    edges : list of (int, int)
        Slot and prompt of each page.
    systems : int
    rng : np.random.Generator

    Returns
    -------
    dict of (int, int) to list of int
        The systems of each page in the order of their places.
    """
    rows = williams(systems)
    names = rng.permutation(systems).tolist()
    found: dict[Edge, Row] = {}
    squares = [rows[start : start + systems] for start in range(0, len(rows), systems)]
    for number, square in enumerate(squares):
        own = [edge for edge in edges if edge[0] % len(squares) == number]
        shuffled = [own[index] for index in rng.permutation(len(own)).tolist()]
        colours = even_colours(shuffled, systems, rng)
        order = rng.permutation(systems).tolist()
        found |= {edge: [names[system] for system in square[order[colour]]] for edge, colour in colours.items()}
    return found


def even_colours(edges: list[Edge], colours: int, rng: np.random.Generator) -> dict[Edge, int]:
    """Colour the edges of a bipartite graph evenly at each vertex.

    Each vertex has every colour equally often, within one. Of colours that are free one is drawn: with the first one,
    few slots would have the same few rows in an order that one of them tells of the others.

    Parameters
    ----------
    edges : list of (int, int)
        Left and right vertex of each; none twice.
    colours : int
    rng : np.random.Generator

    Returns
    -------
    dict of (int, int) to int
    """
    taken: dict[tuple[int, int, int], dict[int, Edge]] = {}
    ends: dict[Edge, tuple[tuple[int, int, int], tuple[int, int, int]]] = {}
    degrees: dict[tuple[int, int], int] = {}
    found: dict[Edge, int] = {}
    for edge in edges:
        parts = []
        for side, vertex in enumerate(edge):
            count = degrees.get((side, vertex), 0)
            degrees[side, vertex] = count + 1
            parts.append((side, vertex, count // colours))
        left, right = ends[edge] = (parts[0], parts[1])
        at_left, at_right = taken.setdefault(left, {}), taken.setdefault(right, {})
        one, other = _free(at_left, colours, rng), _free(at_right, colours, rng)
        if one in at_right:
            _exchange(right, one, other, taken, ends, found)
        found[edge] = one
        at_left[one] = at_right[one] = edge
    return found


def _free(at: dict[int, Edge], colours: int, rng: np.random.Generator) -> int:
    return int(rng.choice([colour for colour in range(colours) if colour not in at]))


def _exchange(
    start: tuple[int, int, int],
    one: int,
    other: int,
    taken: dict[tuple[int, int, int], dict[int, Edge]],
    ends: dict[Edge, tuple[tuple[int, int, int], tuple[int, int, int]]],
    found: dict[Edge, int],
) -> None:
    """Exchange two colours along the path that begins at a vertex with the first one."""
    path, vertex, colour = [], start, one
    while (edge := taken[vertex].get(colour)) is not None:
        path.append(edge)
        left, right = ends[edge]
        vertex = left if vertex == right else right
        colour = one + other - colour
    for edge in path:
        for end in ends[edge]:
            del taken[end][found[edge]]
        found[edge] = one + other - found[edge]
    for edge in path:
        for end in ends[edge]:
            taken[end][found[edge]] = edge
