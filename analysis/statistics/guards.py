"""The rule of when a report draws conclusions.

It needs 6 experts, and 3 clips of each system compared. With fewer no table, figure or sentence has an interval or a p,
as neither experts nor clips can represent others then; means and differences are still given, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable

MIN_EXPERTS = 6
MIN_CLIPS = 3
#: Of clips that are compared with one another.
MIN_PROMPTS = 4


def shortage(experts: int, clips: int) -> str:
    """Decide whether experts and clips are too few for conclusions.

    Parameters
    ----------
    experts, clips : int

    Returns
    -------
    str
        "few_experts" below ``MIN_EXPERTS``, else "few_clips" below ``MIN_CLIPS``, else "".
    """
    if experts < MIN_EXPERTS:
        return "few_experts"
    return "few_clips" if clips < MIN_CLIPS else ""


def panel_shortage(experts: int, clips_of_systems: Iterable[int]) -> str:
    """Decide the same for a statistic that takes all systems together.

    Parameters
    ----------
    experts : int
    clips_of_systems : iterable of int
        Number of clips of each system; the smallest counts.

    Returns
    -------
    str
        As ``shortage``.
    """
    return shortage(experts, min(clips_of_systems, default=0))


def prompt_shortage(experts: int, prompts: int) -> str:
    """Decide the same for comparisons, where prompts take the place of clips.

    Parameters
    ----------
    experts, prompts : int

    Returns
    -------
    str
        "few_experts" below ``MIN_EXPERTS``, else "few_prompts" below ``MIN_PROMPTS``, else "".
    """
    if experts < MIN_EXPERTS:
        return "few_experts"
    return "few_prompts" if prompts < MIN_PROMPTS else ""
