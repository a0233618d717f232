"""The sections of a report of training runs: Tables 1 and 2, Figures 5 and 6, and what goes beyond them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.data.dataset import Text
from analysis.report import closing
from analysis.report.blocks import Block, Bullets, Facts, Paragraph
from analysis.report.document import Contents
from analysis.report.registry import Finding, Made, Rows, Section
from analysis.statistics import objective
from analysis.statistics.objective import ClipSet, Comparison
from analysis.training_runs import figures, tables
from analysis.training_runs.tables import Runs, label
from formats.messages import SOURCE, LazyText, translate, translator


@dataclass(frozen=True)
class Samples:
    """What was measured of clips: those of the runs beside real music, those of a pack beside its own real clips.

    ``real`` and ``pack_real`` are None where there is nothing to compare with. ``facts`` are said on the page,
    ``left_out`` says what could not be measured and why, ``hashes`` go into the stamp (closing.STAMPED).
    """

    sets: Sequence[ClipSet] = ()
    real: ClipSet | None = None
    pack: Sequence[ClipSet] = ()
    pack_real: ClipSet | None = None
    facts: Sequence[Text] = ()
    left_out: Sequence[Text] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)


class RunFindings(Made):
    """Runs by model and variant, what was measured of their clips, and all that is computed of both."""

    def __init__(
        self, runs: Runs, samples: Samples, *, replicates: int, seed: int, on_step: Callable[[], object]
    ) -> None:
        super().__init__(SECTIONS)
        self.runs, self.samples, self.title = runs, samples, LazyText("Training runs compared with real music")
        self.draws: dict[str, Any] = {"replicates": replicates, "seed": seed}
        self.on_step = on_step

    @property
    def left_out(self) -> Sequence[Text]:
        """What could not be measured, and why."""
        return self.samples.left_out

    def because(self, finding: Finding[Any]) -> Text:
        """Which runs a figure needs."""
        return self.drawings[1][finding.name]

    @cached_property
    def drawings(self) -> tuple[dict[str, figures.Drawing], dict[str, Text]]:
        """The figures that can be drawn, and which runs the others need."""
        drawn, left_out = figures.drawings(self.runs)
        return {drawing[0]: drawing for drawing in drawn}, left_out

    @cached_property
    def generated(self) -> Comparison | None:
        """The clips of the runs beside real music."""
        return self._compared(self.samples.sets, self.samples.real)

    @cached_property
    def packed(self) -> Comparison | None:
        """The clips of the pack beside its own real ones."""
        return self._compared(self.samples.pack, self.samples.pack_real)

    def _compared(self, sets: Sequence[ClipSet], real: ClipSet | None) -> Comparison | None:
        return objective.compare(sets, real, on_step=self.on_step, **self.draws) if sets else None


def _table(
    name: str,
    caption: Text,
    frame: Callable[[RunFindings], pd.DataFrame],
    shown: Callable[[RunFindings, str], pd.DataFrame],
    notes: Callable[[RunFindings], Sequence[Text]],
) -> Finding[RunFindings]:
    """A table of numbers in its CSV, and of words elsewhere."""

    def grid(made: RunFindings, lang: str) -> Rows:
        table = shown(made, lang)
        return list(table.columns), [[_unbroken(str(cell)) for cell in row] for row in table.itertuples(index=False)]

    return Finding(
        name,
        caption,
        caption,
        frame,
        None,
        notes=notes,
        printed=lambda made: shown(made, SOURCE),
        grid=grid,
        folded=False,
    )


def _unbroken(cell: str) -> str:
    """A cell that breaks before its interval, not within it."""
    return cell.replace(" … ", "\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}").replace(" / ", "\N{NO-BREAK SPACE}/ ")


Compared = Callable[[RunFindings], Comparison | None]


def _compared_table(
    name: str,
    caption: Text,
    compared: Compared,
    frame: Callable[[Comparison], pd.DataFrame],
    shown: Callable[[Comparison, str], pd.DataFrame],
    notes: Callable[[RunFindings, pd.DataFrame], Sequence[Text]],
) -> Finding[RunFindings]:
    """A table of clips; none where there are no clips."""

    def numbers(made: RunFindings) -> pd.DataFrame:
        found = compared(made)
        return pd.DataFrame() if found is None else frame(found)

    def read(made: RunFindings, lang: str) -> pd.DataFrame:
        found = compared(made)
        return pd.DataFrame() if found is None else shown(found, lang)

    return _table(name, caption, numbers, read, lambda made: notes(made, made.frame(name)))


def _metrics(name: str, prefix: str, caption: Text, compared: Compared, *further: Text) -> Finding[RunFindings]:
    """The metrics of each system's clips."""

    def notes(made: RunFindings, frame: pd.DataFrame) -> list[Text]:
        method = LazyText(
            "Method: {method}.",
            method=LazyText(
                "percentile bootstrap ({replicates:,} replicates, seed {seed}); clips are resampled with replacement, "
                "real clips song by song; 95% CIs, which apply only to these trained weights, not to other training "
                "runs",
                **made.draws,
            ),
        )
        return [
            LazyText(
                "UPC: different pitches in a clip; GC: groove consistency; EBR: share of beats in which nothing "
                "sounds; onset-EBR: in which nothing begins; PPL: perplexity under the reference model, exp of the "
                "mean of logarithms. None is better for being small or large: what counts is real music's value."
            ),
            method,
            *further,
            *tables.reasons(frame, "metric"),
        ]

    return _compared_table(
        name, caption, compared, tables.means, lambda found, lang: tables.shown_means(found, prefix, lang), notes
    )


def _form(name: str, caption: Text, compared: Compared) -> Finding[RunFindings]:
    """What of each system's clips has to do with metre and form."""
    return _compared_table(
        name,
        caption,
        compared,
        tables.form_means,
        tables.shown_form_means,
        lambda made, frame: [
            LazyText(
                "Onsets on strong beats: share of onsets on beats that fall on beats 1 and 3. Onsets on downbeats: "
                "share of bars. Long notes: of six sixteenths or more. Repeats: four successive intervals with their "
                "note lengths that begin in two bars. Bar similarity: share of steps at which two bars of a clip are "
                "alike. Range: that of the training songs. Intervals as in Table 2."
            ),
            *tables.reasons(frame, "metric"),
        ],
    )


def _differences(prefix: str, caption: Text, compared: Compared) -> Finding[RunFindings]:
    return _compared_table(
        f"{prefix}differences",
        caption,
        compared,
        tables.differences,
        tables.shown_differences,
        lambda made, frame: [
            LazyText(
                "PPL: difference of logarithms. An interval that contains 0 does not show that the two are equal. "
                "Intervals are not adjusted for their number."
            ),
            *tables.reasons(frame, "metric"),
        ],
    )


def _of_sets(
    name: str,
    caption: Text,
    note: Text,
    frame: Callable[[Comparison], pd.DataFrame],
    shown: Callable[[Comparison, str], pd.DataFrame],
    column: str,
) -> Finding[RunFindings]:
    return _compared_table(
        name,
        caption,
        lambda made: made.generated,
        frame,
        shown,
        lambda made, frame: [note, *tables.reasons(frame, column)],
    )


def _figure(name: str, caption: Text) -> Finding[RunFindings]:
    def frame(made: RunFindings) -> pd.DataFrame:
        drawn = made.drawings[0]
        return drawn[name][1] if name in drawn else pd.DataFrame()

    return Finding(
        name,
        caption,
        caption,
        frame,
        draw=lambda made, frame, lang: made.drawings[0][name][2](lang),
        number=int(name.removeprefix("figure")),
        numbers="%.6g",
    )


def _asked(contents: Contents[RunFindings], lang: str) -> Iterator[Block]:
    runs = [f"{label(*key, lang)}: {len(group)}" for key, group in contents.made.runs.items()]
    yield Facts({translate(lang, "Runs"): "; ".join(runs)})
    for fact in contents.made.samples.facts:
        yield Paragraph(fact[lang])


def _limits(contents: Contents[RunFindings], lang: str) -> Iterator[Block]:
    _ = translator(lang)
    alone = [label(*key, lang) for key, group in contents.made.runs.items() if len(group) == 1]
    once = (
        [_("With one run of a model, the variability of training is unknown: {models}.", models=", ".join(alone))]
        if alone
        else []
    )
    yield Bullets(
        [
            _("This page does not show how clips sound. That requires a listening study."),
            _(
                "Do not conclude that a system is best because a metric is lowest or highest. A note held for five "
                "bars has a lower perplexity than any song."
            ),
            *once,
            _("Do not generalise to music other than the songs named here."),
        ]
    )


TABLE_1 = _table(
    "table1",
    LazyText("Table 1. Size, epochs to convergence and training time; mean ± SD over runs (seeds)"),
    lambda made: tables.table1(made.runs),
    lambda made, lang: tables.shown_table1(made.frame("table1"), lang),
    lambda made: tables.notes_table1(made.runs),
)
SECTIONS: Sequence[Section[RunFindings]] = (
    Section("asked", LazyText("Comparison"), before=_asked),
    Section("complexity", LazyText("Size and time"), [TABLE_1]),
    Section(
        "curves",
        LazyText("Training"),
        [
            _figure(
                "figure5",
                LazyText(
                    "Negative critic loss of MIDI-GAN during training, with the multi-scale critic and with "
                    "a plain critic of equal size; and the distance of samples from the validation songs (sum of "
                    "distances in tolerances: 0.3 in UPC, .03 in GC, .02 in onset-EBR, .1 in the share of clips with "
                    "rests, .26 in log perplexity). Thin: each seed as logged. Thick: mean over seeds of a running "
                    "mean of 5 rows; band: 95% CI over seeds, for three or more. Losses of different critics are on "
                    "different scales; the distances are on one scale."
                ),
            )
        ],
    ),
    Section(
        "weights",
        LazyText("Critic weights"),
        [
            _figure(
                "figure6",
                LazyText(
                    "The critic's weights after training, with gradient penalty and with weight clipping, in "
                    "the same bins. Dotted: the bounds to which clipping holds the weights. The vertical axes are "
                    "logarithmic."
                ),
            )
        ],
    ),
    Section(
        "metrics",
        LazyText("Objective metrics"),
        [
            _metrics(
                "table2",
                "",
                LazyText("Table 2. Objective metrics: mean (95% CI)"),
                lambda made: made.generated,
                LazyText(
                    "Of the paper's Table 2 only these cells and ranges are known here. It prints no real music, no "
                    "spread and no interval; its column of used pitches is headed UPG."
                ),
            ),
            _form(
                "table2_form",
                LazyText("Table 2, continued. Metre and form: mean (95% CI)"),
                lambda made: made.generated,
            ),
            _differences(
                "", LazyText("Differences from real music: system minus real (95% CI)"), lambda made: made.generated
            ),
        ],
    ),
    Section(
        "spread",
        LazyText("Distribution, distance and memorisation"),
        [
            _of_sets(
                "overlap",
                LazyText("Spread: overlapped area / Kullback-Leibler divergence (nats) of distances"),
                LazyText(
                    "Distances of real clips from one another against distances of real clips from the system's, "
                    "feature by feature (Yang & Lerch 2020). Area 1 and divergence 0: the system's clips lie among "
                    "real ones as real ones do. The row of the validation songs shows what other real songs reach."
                ),
                lambda found: found.features,
                tables.shown_overlap,
                "feature",
            ),
            _of_sets(
                "sets",
                LazyText("Whole sets: distance from real music, and memorisation"),
                LazyText(
                    "Fréchet distance of the reference model's states; JSD: Jensen-Shannon divergence (bits) of the "
                    "token n-grams. Both shrink with more clips: compare equal numbers of clips, and with the row of "
                    "the validation songs, which is the floor. Runs are those shared with a training song in any key, "
                    "counted in steps from note to note."
                ),
                lambda found: found.sets,
                tables.shown_sets,
                "measure",
            ),
        ],
    ),
    Section(
        "pack",
        LazyText("Clips heard by experts"),
        [
            _metrics(
                "pack_means",
                "pack_",
                LazyText("Objective metrics of the pack's clips: mean (95% CI)"),
                lambda made: made.packed,
            ),
            _form("pack_form", LazyText("Metre and form of the pack's clips: mean (95% CI)"), lambda made: made.packed),
            _differences(
                "pack_",
                LazyText("Differences of the pack's clips from its real clips: system minus real (95% CI)"),
                lambda made: made.packed,
            ),
        ],
    ),
    closing.LEFT_OUT,
    Section("cannot", LazyText("Limitations"), before=_limits),
    closing.MADE,
)
