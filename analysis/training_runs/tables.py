"""The tables of `analyse_runs`: Tables 1 and 2 with the paper's rows, and what goes beyond them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.report.style import system_label
from analysis.statistics.objective import FEATURES, FIGURES, PAPER_CLIPS, Comparison
from analysis.training_runs import paper_values
from analysis.training_runs.runs import Run
from formats.errors import N_
from formats.messages import LANGUAGES, NP_, LazyText, translate, translator

Runs = Mapping[tuple[str, str], Sequence[Run]]

TABLE_1 = (
    *("system", "variant", "source", "n_runs", "parameters", "epochs", "epochs_sd", "convergence_epoch"),
    *("convergence_epoch_sd", "n_converged", "seconds", "seconds_sd", "seconds_per_epoch", "seconds_per_epoch_sd"),
    *("relative", "epochs_by_seconds", "machine"),
)
#: The model that seconds per epoch are set in relation to.
MEASURE = "midi-gan"
HERE, PAPER = "here", "paper"
#: The metrics of Table 2 that are shown; the CSV has all.
SHOWN: Mapping[str, Text] = {
    "upc": LazyText("UPC"),
    "upc_bar": LazyText("UPC per bar"),
    "gc": LazyText("GC"),
    "ebr": LazyText("EBR"),
    "ebr_onset": LazyText("onset-EBR"),
    "with_rests": LazyText("share with rests"),
    "ppl": LazyText("PPL"),
}
#: Those of metre and form, in a table of their own.
FORM: Mapping[str, Text] = {
    "strong_beats": LazyText("onsets on strong beats"),
    "downbeats": LazyText("onsets on downbeats"),
    "long_on_bar": LazyText("long notes that end a bar"),
    "repeats": LazyText("share with repeats"),
    "bar_similarity": LazyText("bar similarity"),
    "leaps": LazyText("leaps over an octave"),
    "out_of_range": LazyText("notes out of range"),
}
DECIMALS = {"upc": 2, "upc_bar": 2, "ppl": 2, "longest_shared_p95": 1}


REFERENCE = LazyText("Reference model (of perplexity)")
VARIANTS: Mapping[str, Text] = {
    "plain": LazyText("plain critic"),
    "clipping": LazyText("weight clipping"),
    "unmatched": LazyText("no matching module"),
    "tied": LazyText("tied half bars"),
    "validation": LazyText("validation songs"),
}
SOURCES: Mapping[str, Text] = {HERE: LazyText("here"), PAPER: LazyText("paper")}
#: The columns of Table 1 for reading.
HEADINGS: Sequence[Text] = (
    LazyText("system"),
    LazyText("source"),
    LazyText("runs"),
    LazyText("parameters"),
    LazyText("epochs trained"),
    LazyText("convergence epoch"),
    LazyText("training, s"),
    LazyText("s per epoch"),
    LazyText("s per epoch, MIDI-GAN = 1"),
    LazyText("convergence epoch × s per epoch"),
)
FEATURE_NAMES: Mapping[str, Text] = {
    "pitch_count": LazyText("pitch count"),
    "pitch_class_histogram": LazyText("pitch classes"),
    "pitch_class_transitions": LazyText("pitch-class transitions"),
    "pitch_range": LazyText("pitch range"),
    "pitch_shift": LazyText("pitch shift"),
    "note_count": LazyText("note count"),
    "inter_onset_interval": LazyText("inter-onset interval"),
    "note_length_histogram": LazyText("note lengths"),
    "note_length_transitions": LazyText("note-length transitions"),
}
MEASURES: Mapping[str, Text] = {
    "frechet": LazyText("Fréchet"),
    "strong_weak": LazyText("strong : weak"),
    "jsd_1": LazyText("JSD 1"),
    "jsd_2": LazyText("JSD 2"),
    "jsd_3": LazyText("JSD 3"),
    "jsd_4": LazyText("JSD 4"),
    "duplicate_share": LazyText("duplicates"),
    "longest_shared_p95": LazyText("longest run shared, 95th percentile"),
    "longest_shared_10_or_more": LazyText("share of runs of 10 or more"),
}
#: Why a cell or an interval is empty.
WHY: Mapping[str, str] = {
    "no_clips": N_("Empty, there are no clips: {cells}."),
    "no_values": N_("Empty, no clip has a value: {cells}."),
    "few_clips": N_("No interval and no overlap, fewer than 3 clips or songs with a value: {cells}."),
    "all_equal": N_("No interval, all values are equal: {cells}."),
    "no_real": N_("No difference, there is no real music to compare with: {cells}."),
    "no_spread": N_("No overlap, all distances are equal: {cells}."),
    "few_for_frechet": N_("No Fréchet distance, fewer than 50 clips on one side: {cells}."),
    "no_states": N_("No Fréchet distance, there is no reference model: {cells}."),
    "real_no_values": N_("No difference and no overlap, no real clip has a value: {cells}."),
    "real_few_clips": N_("No interval and no overlap, fewer than 3 real clips or songs with a value: {cells}."),
    "real_all_equal": N_("No interval of the difference, all real clips have one value: {cells}."),
}


def label(system: str, variant: str, lang: str) -> str:
    """How a system, or an ablation of it, is called in a language."""
    name = REFERENCE[lang] if system == "reference" else system_label(system, lang, {})
    if not variant:
        return name
    called = VARIANTS[variant][lang] if variant in VARIANTS else variant
    return translate(lang, "{name}, {variant}", name=name, variant=called)


def table1(groups: Runs) -> pd.DataFrame:
    """Table 1: size, epochs to convergence, time; mean and spread over seeds, with the paper's printed rows."""
    rows = []
    for (model, variant), runs in groups.items():
        rows.append(_complexity(model, variant, runs))
        if model in paper_values.TABLE_1 and not variant:
            rows.append(_printed(model, paper_values.TABLE_1[model]))
    frame = pd.DataFrame(rows, columns=list(TABLE_1))
    unit = {row["source"]: row["seconds_per_epoch"] for row in frame.to_dict("records") if _is_measure(row)}
    frame["relative"] = frame["seconds_per_epoch"] / frame["source"].map(unit).astype(float)
    return frame


def _is_measure(row: Mapping[object, object]) -> bool:
    return row["system"] == MEASURE and row["variant"] == ""


def _complexity(model: str, variant: str, runs: Sequence[Run]) -> dict[str, object]:
    done = [run.summary for run in runs if run.summary is not None]
    numbers = {name: _numbers(done, name) for name in ("epochs", "convergence_epoch", "seconds", "seconds_per_epoch")}
    row: dict[str, object] = {
        "system": model,
        "variant": variant,
        "source": HERE,
        "n_runs": len(runs),
        "parameters": np.mean(_numbers(done, "parameters")) if done else np.nan,
        "n_converged": len(numbers["convergence_epoch"]),
        "machine": "; ".join(sorted({_machine(summary) for summary in done})),
    }
    for name, values in numbers.items():
        row[name] = np.mean(values) if values else np.nan
        row[f"{name}_sd"] = np.std(values, ddof=1) if len(values) > 1 else np.nan
    both = [row["convergence_epoch"], row["seconds_per_epoch"]]
    return {**row, "epochs_by_seconds": np.prod(np.array(both, dtype=np.float64))}


def _numbers(summaries: Sequence[Mapping[str, object]], name: str) -> list[float]:
    return [float(str(summary[name])) for summary in summaries if summary[name] is not None]


def _machine(summary: Mapping[str, object]) -> str:
    parts = [str(summary.get(name, "")) for name in ("device", "processes", "threads")]
    return f"{parts[0]}, {parts[1] or 1} × {parts[2] or 1}"


def _printed(system: str, row: paper_values.Complexity) -> dict[str, object]:
    return {"system": system, "variant": "", "source": PAPER, **row._asdict(), "epochs_by_seconds": row.product}


def shown_table1(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Table 1 for reading."""
    rows = []
    for row in frame.to_dict("records"):
        runs = "" if pd.isna(row["n_runs"]) else f"{row['n_runs']:.0f}"
        converged = _with_spread(row, "convergence_epoch", 0)
        if row["source"] == HERE and 0 < row["n_converged"] < row["n_runs"]:
            converged += translate(lang, " (of {n} of {runs} runs)", n=int(row["n_converged"]), runs=int(row["n_runs"]))
        rows.append(
            [
                label(str(row["system"]), str(row["variant"]), lang),
                SOURCES[str(row["source"])][lang],
                runs,
                _plain(row["parameters"], 0) if row["source"] == HERE else f"{row['parameters'] / 1e6:.2f}M",
                _with_spread(row, "epochs", 0),
                converged,
                _with_spread(row, "seconds", 0),
                _with_spread(row, "seconds_per_epoch", 1),
                _plain(row["relative"], 2),
                _plain(row["epochs_by_seconds"], 0),
            ]
        )
    return pd.DataFrame(rows, columns=[heading[lang] for heading in HEADINGS])


def _with_spread(row: Mapping[object, float], name: str, decimals: int) -> str:
    spread = row.get(f"{name}_sd", np.nan)
    return _plain(row[name], decimals) + ("" if pd.isna(spread) else f" ± {_plain(spread, decimals)}")


def _plain(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else f"{value:,.{decimals}f}"


def notes_table1(groups: Runs) -> list[Text]:
    """What Table 1 rests on, and which runs are not in its means."""
    notes: list[Text] = [
        LazyText(
            "Convergence: the first epoch after which the criterion for keeping weights, smoothed over five "
            "measurements, improves by less than 1% over 20 epochs; empty if the run ended before that. The paper "
            "gives no rule. An epoch is one pass over the training segments. The paper uses other songs, so only "
            "ratios are comparable, and only between runs that used the machine alone: times are wall-clock times."
        )
    ]
    unfinished = [run.name for runs in groups.values() for run in runs if run.summary is None]
    if unfinished:
        notes.append(LazyText("Not finished, so not in the means: {runs}.", runs=", ".join(unfinished)))
    machines = {_machine(run.summary) for runs in groups.values() for run in runs if run.summary is not None}
    if len(machines) > 1:
        notes.append(
            LazyText(
                "The runs were made on different machines or with different numbers of threads: times do not compare."
            )
        )
    return notes


def means(found: Comparison) -> pd.DataFrame:
    """Table 2: the metrics of each system's clips."""
    return found.means[[name for name in found.means.columns if not name.startswith("difference")]]


def shown_means(found: Comparison, prefix: str, lang: str) -> pd.DataFrame:
    """Table 2 for reading, with the paper's rows."""
    return pd.concat([_wide(found.means, "mean", lang), _paper_rows(prefix, lang)])


def form_means(found: Comparison) -> pd.DataFrame:
    """Table 2, continued: the metrics of metre and form."""
    rows = means(found)
    return rows[rows["metric"].isin(FORM)].reset_index(drop=True)


def shown_form_means(found: Comparison, lang: str) -> pd.DataFrame:
    """The same for reading; the paper has no such metric."""
    return _wide(found.means, "mean", lang, FORM)


def differences(found: Comparison) -> pd.DataFrame:
    """The differences from real music."""
    columns = ["difference", "difference_ci_low", "difference_ci_high"]
    rows = _with_difference(found)
    return rows[["system", "variant", "clips", "metric", *columns, "n", "n_seeds", "reason"]].reset_index(drop=True)


def shown_differences(found: Comparison, lang: str) -> pd.DataFrame:
    """The same for reading."""
    return _wide(_with_difference(found), "difference", lang)


def _with_difference(found: Comparison) -> pd.DataFrame:
    return found.means[found.means["difference"].notna()]


def _wide(means: pd.DataFrame, value: str, lang: str, shown: Mapping[str, Text] = SHOWN) -> pd.DataFrame:
    """A row for each system and number of clips, a column for each shown metric."""
    low, high = ("ci_low", "ci_high") if value == "mean" else (f"{value}_ci_low", f"{value}_ci_high")
    rows = []
    for (system, variant, clips), part in means.groupby(["system", "variant", "clips"], sort=False):
        of = {row["metric"]: row for row in part.to_dict("records")}
        cells = [_cell(of.get(metric), metric, value, low, high) for metric in shown]
        rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
    return pd.DataFrame(rows, columns=_header(shown.values(), lang))


def _cell(row: Mapping[object, float] | None, metric: str, value: str, low: str, high: str) -> str:
    if row is None or pd.isna(row[value]):
        return ""
    sign = "+" if value == "difference" else ""
    form = f"{sign}.{DECIMALS.get(metric, 3)}f"
    interval = "" if pd.isna(row[low]) else f" ({row[low]:{form}} … {row[high]:{form}})"
    return f"{row[value]:{form}}{interval}"


def _paper_rows(prefix: str, lang: str) -> pd.DataFrame:
    """What the paper prints, system by system and as a range; not beside the clips of a pack."""
    _ = translator(lang)
    header = _header(SHOWN.values(), lang)
    if prefix:
        return pd.DataFrame(columns=header)
    rows = []
    for system, of in paper_values.TABLE_2.items():
        cells = [_plain(of.get(metric, np.nan), 2) for metric in SHOWN]
        rows.append([_("{name} (paper)", name=label(system, "", lang)), f"{PAPER_CLIPS}", *cells])
    ranges = [" … ".join(f"{end:.2f}" for end in paper_values.RANGES.get(metric, ())) for metric in SHOWN]
    rows.append([_("five systems (paper), lowest … highest"), f"{PAPER_CLIPS}", *ranges])
    return pd.DataFrame(rows, columns=header)


def shown_overlap(found: Comparison, lang: str) -> pd.DataFrame:
    """Overlaps of distributions for reading."""
    rows = []
    for (system, variant, clips), part in found.features.groupby(["system", "variant", "clips"], sort=False):
        of = {row["feature"]: row for row in part.to_dict("records")}
        cells = [_pair(of[feature]) for feature in FEATURES]
        rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
    return pd.DataFrame(rows, columns=_header((FEATURE_NAMES[feature] for feature in FEATURES), lang))


def _pair(row: Mapping[object, float]) -> str:
    return "" if pd.isna(row["overlap_area"]) else f"{row['overlap_area']:.2f} / {row['kld']:.3f}"


def shown_sets(found: Comparison, lang: str) -> pd.DataFrame:
    """Measures of whole sets for reading."""
    measures, rows = ("frechet", *FIGURES), []
    for (system, variant, clips), part in found.sets.groupby(["system", "variant", "clips"], sort=False):
        of = dict(zip(part["measure"], part["value"], strict=True))
        cells = [_plain(of.get(name, np.nan), DECIMALS.get(name, 3)) for name in measures]
        rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
    return pd.DataFrame(rows, columns=_header((MEASURES[measure] for measure in measures), lang))


def _header(names: Iterable[Text], lang: str) -> list[str]:
    clips = LazyText(NP_("a column of numbers", "clips"))
    return [name[lang] for name in (HEADINGS[0], clips, *names)]


def reasons(frame: pd.DataFrame, what: str) -> list[Text]:
    """A sentence for each reason why cells or intervals are empty, with the systems and columns concerned."""
    notes: list[Text] = []
    for reason, rows in frame[frame["reason"] != ""].groupby("reason"):
        said = {}
        for lang in LANGUAGES:
            cells = []
            for (system, variant, clips), part in rows.groupby(["system", "variant", "clips"], sort=False):
                cells.append(f"{label(str(system), str(variant), lang)}, {clips:,} ({', '.join(part[what])})")
            said[lang] = translate(lang, WHY[str(reason)], cells="; ".join(cells))
        notes.append(said)
    return notes
