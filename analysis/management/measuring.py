"""Clips of runs and of packs, drawn and measured by generation, as the arrays that analysis compares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch

from analysis.report.style import system_order
from analysis.statistics.objective import PAPER_CLIPS, STATES, ClipSet, Floats
from analysis.training_runs.findings import Samples
from analysis.training_runs.runs import CONFIG, WEIGHTS, Run
from analysis.training_runs.tables import Runs
from formats.errors import N_, InputError
from formats.files import sha256_of
from formats.messages import LazyText
from formats.pack import NAME, Clip, read_manifest
from formats.progress import bar
from generation import metrics
from generation.corpus import Corpus, load_corpus
from generation.melody import Tokens
from generation.metrics.likelihood import one_thread
from generation.networks import REFERENCE
from generation.networks.reference import Reference
from generation.pack.selection import REAL
from generation.sampling import load_checkpoint, load_reference

#: Songs by which nothing was chosen, and those by which weights and temperatures were.
UNSEEN, CHOSEN_BY = ("test", "near-daur"), "validation"
DRAWN = N_(
    "Clips of each run: {clips:,}, drawn with seed {seed} and none chosen; also the first 100, as many as in the paper."
)
NO_WEIGHTS = N_(
    "Samples of {runs}: the run folder has no weights.safetensors; --checkpoints FOLDER can name the folder that "
    "contains them together with the run's config.json."
)
NO_CORPUS = N_("Table 2 and what follows from it: name the corpus with --corpus, for real music to compare with.")
NO_REFERENCE = N_("Perplexity and Fréchet distance: there is no reference model; name one with --reference.")


def measure(
    runs: Runs,
    *,
    corpus: Path | None,
    pack: Path | None,
    reference: Path | None,
    checkpoints: Path | None,
    clips: int,
    seed: int,
) -> Samples:
    """Measure clips of runs beside the songs of a corpus, where one is named, and those of a pack beside its own.

    Raises InputError where something named cannot be used.
    """
    reader = cast(Reference, load_reference(reference)) if reference else None
    parts = []
    if corpus:
        parts.append(of_runs(runs, load_corpus(corpus), reader, checkpoints=checkpoints, clips=clips, seed=seed))
    else:
        parts.append(Samples(left_out=[LazyText(NO_CORPUS)]))
    if pack:
        parts.append(of_pack(pack, reader))
    if reference:
        parts.append(Samples(hashes={"reference_hash": sha256_of(reference / WEIGHTS)}))
    else:
        parts.append(Samples(left_out=[LazyText(NO_REFERENCE)]))
    return Samples(
        sets=parts[0].sets,
        real=parts[0].real,
        pack=[one for part in parts for one in part.pack],
        pack_real=next((part.pack_real for part in parts if part.pack_real), None),
        facts=parts[0].facts,
        left_out=[text for part in parts for text in part.left_out],
        hashes={key: value for part in parts for key, value in part.hashes.items()},
    )


def of_runs(
    runs: Runs, corpus: Corpus, reference: Reference | None, *, checkpoints: Path | None, clips: int, seed: int
) -> Samples:
    """Draw clips of every run that has weights, and measure them as the real songs are measured.

    Raises InputError for weights that cannot be used, and for a corpus without songs to compare with.
    """
    real = _songs(corpus, UNSEEN, reference)
    other = _songs(corpus, (CHOSEN_BY,), reference, variant=CHOSEN_BY)
    if real is None or real.songs is None:
        raise InputError(
            "%(source)s has no segment in the splits %(splits)s: add songs.",
            source=corpus.source,
            splits=", ".join(UNSEEN),
        )
    sets, digests, without = [other] if other else [], [], []
    drawn = [run for (model, _), group in runs.items() if model != REFERENCE for run in group]
    for run in bar(drawn, "Drawing and measuring", unit="run"):
        folder = weights_folder(run, checkpoints)
        if folder is None:
            without.append(run.name)
            continue
        checkpoint = load_checkpoint(folder)
        tokens = checkpoint.sample(clips, np.random.default_rng([seed, run.seed]))
        found = measured(tokens, corpus, reference, run.model)
        sets.append(replace(found, variant=run.variant, seed=run.seed))
        digests.append(f"{run.name} {checkpoint.sha256}")
    compared = LazyText(
        "Real music: {segments} segments of {songs} held-out songs (splits {splits}). The validation songs have a row "
        "of their own: weights and temperatures were chosen on them, so they serve as other real songs, and no more.",
        segments=real.size,
        songs=len(set(real.songs)),
        splits=", ".join(name for name in UNSEEN if name in corpus.split),
    )
    return Samples(
        sets,
        real,
        facts=[compared, *([LazyText(DRAWN, clips=clips, seed=seed)] if digests else [])],
        left_out=[LazyText(NO_WEIGHTS, runs=", ".join(without))] if without else [],
        hashes={"corpus_hash": corpus.sha256, "weights_hash": "; ".join(digests)},
    )


def weights_folder(run: Run, checkpoints: Path | None) -> Path | None:
    """Where the run's sampling weights lie: in its folder, else in the sub-folder of checkpoints with its config."""
    if (run.folder / WEIGHTS).is_file():
        return run.folder
    if checkpoints is None:
        return None
    same = (path.parent for path in sorted(checkpoints.glob(f"*/{CONFIG}")) if _content(path) == run.config)
    return next((folder for folder in same if (folder / WEIGHTS).is_file()), None)


def _content(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _songs(corpus: Corpus, splits: Sequence[str], reference: Reference | None, variant: str = "") -> ClipSet | None:
    """The segments of some splits, None where there are none."""
    chosen = np.isin(corpus.split, splits)
    if not chosen.any():
        return None
    found = measured(corpus.tokens[chosen], corpus, reference, REAL)
    return replace(found, variant=variant, songs=np.array(corpus.songs)[chosen])


def measured(tokens: Tokens, corpus: Corpus, reference: Reference | None, system: str) -> ClipSet:
    """All that generation measures of clips (n, 80), beside the unseen real songs of a corpus."""
    real = corpus.tokens[np.isin(corpus.split, UNSEEN)]
    found = metrics.measure_set(tokens, real, corpus, reference)
    figures = {len(tokens): found.figures}
    if len(tokens) > PAPER_CLIPS:
        figures[PAPER_CLIPS] = metrics.measure_set(tokens[:PAPER_CLIPS], real, corpus, reference).figures
    return ClipSet(system, {**found.clips, **_states(tokens, reference)}, figures)


def _states(tokens: Tokens, reference: Reference | None) -> dict[str, Floats]:
    if reference is None:
        return {}
    with one_thread():
        return {STATES: reference.states(torch.from_numpy(tokens)).double().numpy()}


def of_pack(pack: Path, reference: Reference | None) -> Samples:
    """Measure the study clips of a pack by system. Raises InputError for a folder that is no pack.

    Clips without MIDI have no notes to measure, which is said.
    """
    clips = [clip for clip in read_manifest(pack).clips if clip.role == "study"]
    by_system: dict[str, list[tuple[Clip, Tokens]]] = {}
    for clip in (clip for clip in clips if clip.midi(pack).is_file()):
        melody = metrics.assess_clip(clip.midi(pack)).clip
        if melody is not None:
            by_system.setdefault(clip.system, []).append((clip, melody.tokens))
    count = sum(map(len, by_system.values()))
    sets = {system: _of_system(system, by_system[system], reference) for system in system_order(by_system, REAL)}
    real = sets.pop(REAL, None)
    left_out = []
    if not count:
        left_out.append(
            LazyText("The pack {pack}: it contains no MIDI, so its clips have no notes to measure.", pack=pack.name)
        )
    elif count < len(clips):
        left_out.append(
            LazyText(
                "{count} clips of the pack {pack}, which have no MIDI that can be measured.",
                pack=pack.name,
                count=len(clips) - count,
            )
        )
    hashes = {"pack_hash": sha256_of(pack / NAME)}
    return Samples(pack=list(sets.values()), pack_real=real, left_out=left_out, hashes=hashes)


def _of_system(system: str, melodies: Sequence[tuple[Clip, Tokens]], reference: Reference | None) -> ClipSet:
    tokens = np.stack([tokens for _, tokens in melodies])
    nll = metrics.clip_nll(reference, tokens) if reference else None
    arrays = {**metrics.measure(tokens, nll), "with_rests": metrics.with_rests(tokens), **metrics.features(tokens)}
    songs = [clip.provenance.get("song") for clip, _ in melodies]
    return ClipSet(system, arrays, songs=np.array(songs) if all(songs) else None)
