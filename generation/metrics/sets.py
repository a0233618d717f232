"""All metrics of a set of clips at once, and their arrays on disk.

An analysis reads the arrays without torch.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from formats.files import write_atomically
from generation.corpus import Corpus
from generation.melody import Tokens
from generation.metrics.clips import Values, known_mean, with_rests
from generation.metrics.form import out_of_range, strong_weak
from generation.metrics.likelihood import Reference, clip_nll
from generation.metrics.memorisation import memorisation
from generation.metrics.ngrams import ORDERS, ngram_jsd
from generation.metrics.table import measure
from generation.metrics.yang_lerch import features


class SetMeasures(NamedTuple):
    """The metrics of a set of n clips.

    Attributes
    ----------
    clips : dict of str to float64 array
        One value or histogram per clip (first axis n); NaN where a clip has no value.
    figures : dict of str to float
        One value for the whole set.
    """

    clips: dict[str, Values]
    figures: dict[str, float]


def measure_set(tokens: Tokens, real: Tokens, corpus: Corpus, reference: Reference | None = None) -> SetMeasures:
    """Compute every metric of a system's clips, compared with real segments.

    For the row of real songs in a table, pass the same segments as ``tokens``.

    Parameters
    ----------
    tokens : int8 array of shape (n, 80)
    real : int8 array of shape (m, 80)
        Held-out segments of real songs.
    corpus : Corpus
        Its training songs are those that clips may repeat.
    reference : Reference, optional
        Model behind the perplexity.

    Returns
    -------
    SetMeasures
        ``clips`` has the metrics of ``metrics.csv``, ``with_rests``, ``out_of_range``, the nine ``features`` and the
        memorisation of each clip. ``figures`` has ``ppl``, ``log_ppl_ratio``, ``strong_weak``, ``jsd_1`` to ``jsd_4``
        and ``Memorisation.figures``. NaN where a value does not exist, as for perplexity without a reference.

    Raises
    ------
    ValueError
        If the tokens are not legal.
    """
    nll = clip_nll(reference, tokens) if reference else np.full(len(tokens), np.nan)
    real_nll = known_mean(clip_nll(reference, real)) if reference else np.nan
    shared = memorisation(tokens, corpus)
    clips = {
        **measure(tokens, nll),
        "with_rests": with_rests(tokens),
        "out_of_range": out_of_range(tokens, corpus),
        **features(tokens),
        **shared._asdict(),
    }
    figures = {
        "ppl": float(np.exp(known_mean(nll))),
        "log_ppl_ratio": known_mean(nll) - real_nll,
        "strong_weak": strong_weak(tokens),
        **{f"jsd_{n}": ngram_jsd(tokens, real, n) for n in ORDERS},
        **shared.figures(),
    }
    return SetMeasures(clips, figures)


def save_arrays(path: Path, arrays: Mapping[str, ArrayLike]) -> None:
    """Write arrays as a ``.npz`` file, completely or not at all.

    The same arrays give the same bytes.

    Parameters
    ----------
    path : Path
    arrays : mapping of str to array_like
    """
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **{name: np.asarray(array) for name, array in arrays.items()})
    write_atomically(path, content.getvalue())
