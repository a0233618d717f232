"""The tables of `analyse_runs`: Tables 1 and 2 with the paper's rows, and what goes beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.dataset import Text
from analysis.report import tables
from analysis.report.style import system_label
from analysis.statistics.objective import FEATURES, FIGURES, PAPER_CLIPS, Comparison
from analysis.training_runs import paper_values
from analysis.training_runs.runs import Run
from analysis.training_runs.words import WORDS, say
from formats.messages import LANGUAGES, SOURCE

TABLE_1 = (
    *("system", "variant", "source", "n_runs", "parameters", "epochs", "epochs_sd", "convergence_epoch"),
    *("convergence_epoch_sd", "n_converged", "seconds", "seconds_sd", "seconds_per_epoch", "seconds_per_epoch_sd"),
    *("relative", "epochs_by_seconds", "machine"),
)
#: The model that seconds per epoch are set in relation to.
MEASURE = "midi-gan"
HERE, PAPER = "here", "paper"
#: The metrics of Table 2 that are shown; the CSV has all.
SHOWN = ("upc", "upc_bar", "gc", "ebr", "ebr_onset", "with_rests", "ppl")
DECIMALS = {"upc": 2, "upc_bar": 2, "ppl": 2, "longest_shared_p95": 1}


@dataclass(frozen=True)
class Sheet:
    """A table of numbers for the CSV, and the same for reading in each language, with caption and notes."""

    name: str
    frame: pd.DataFrame
    shown: Mapping[str, pd.DataFrame]
    caption: Text
    notes: tuple[Text, ...]


def write_sheet(sheet: Sheet, folder: Path) -> list[Path]:
    """NAME.csv with all numbers; NAME.md and NAME.tex as for reading, in English with captions in both languages."""
    table = tables.Table(sheet.name, sheet.shown[SOURCE], sheet.caption, sheet.notes, is_simulated=False)
    texts = {
        "csv": tables.csv_text(sheet.frame, is_simulated=False),
        "md": tables.markdown_text(table),
        "tex": tables.latex_text(table),
    }
    paths = [folder / f"{sheet.name}.{ending}" for ending in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths


def label(system: str, variant: str, lang: str) -> str:
    """How a system, or an ablation of it, is called in a language."""
    words = WORDS[lang]
    name = words["reference"] if system == "reference" else system_label(system, lang, {})
    return words["variant"].format(name=name, variant=words.get(f"variant_{variant}", variant)) if variant else name


def table1(groups: Mapping[tuple[str, str], Sequence[Run]]) -> Sheet:
    """Table 1: size, epochs to convergence, time; mean and spread over seeds, with the paper's printed rows."""
    rows = []
    for (model, variant), runs in groups.items():
        rows.append(_complexity(model, variant, runs))
        if model in paper_values.TABLE_1 and not variant:
            rows.append(_printed(model, paper_values.TABLE_1[model]))
    frame = pd.DataFrame(rows, columns=list(TABLE_1))
    unit = {row["source"]: row["seconds_per_epoch"] for row in frame.to_dict("records") if _is_measure(row)}
    frame["relative"] = frame["seconds_per_epoch"] / frame["source"].map(unit).astype(float)
    shown = {lang: _shown_table1(frame, lang) for lang in LANGUAGES}
    return Sheet("table1", frame, shown, say("table1_caption"), tuple(_notes_table1(groups)))


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


def _shown_table1(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    words = WORDS[lang]
    rows = []
    for row in frame.to_dict("records"):
        runs = "" if pd.isna(row["n_runs"]) else f"{row['n_runs']:.0f}"
        converged = _with_spread(row, "convergence_epoch", 0)
        if row["source"] == HERE and 0 < row["n_converged"] < row["n_runs"]:
            converged += words["converged_of"].format(n=int(row["n_converged"]), runs=int(row["n_runs"]))
        rows.append(
            [
                label(str(row["system"]), str(row["variant"]), lang),
                words[str(row["source"])],
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
    names = ("system", "source", "runs", "parameters", "epochs", "convergence_epoch", "seconds", "seconds_per_epoch")
    return pd.DataFrame(rows, columns=[words[f"column_{name}"] for name in (*names, "relative", "epochs_by_seconds")])


def _with_spread(row: Mapping[object, float], name: str, decimals: int) -> str:
    spread = row.get(f"{name}_sd", np.nan)
    return _plain(row[name], decimals) + ("" if pd.isna(spread) else f" ± {_plain(spread, decimals)}")


def _plain(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else f"{value:,.{decimals}f}"


def _notes_table1(groups: Mapping[tuple[str, str], Sequence[Run]]) -> list[Text]:
    notes: list[Text] = [say("table1_note")]
    unfinished = [run.name for runs in groups.values() for run in runs if run.summary is None]
    if unfinished:
        notes.append(say("table1_unfinished", runs=", ".join(unfinished)))
    machines = {_machine(run.summary) for runs in groups.values() for run in runs if run.summary is not None}
    if len(machines) > 1:
        notes.append(say("table1_machines"))
    return notes


def comparison_sheets(found: Comparison, method: Text, prefix: str = "") -> list[Sheet]:
    """Table 2 and the differences from real music; of generated samples also overlaps and figures of whole sets."""
    sheets = [_means_sheet(found.means, method, prefix), _differences_sheet(found.means, prefix)]
    if not prefix:
        sheets += [_overlap_sheet(found.features), _sets_sheet(found.sets)]
    return [sheet for sheet in sheets if len(sheet.frame)]


def _means_sheet(means: pd.DataFrame, method: Text, prefix: str) -> Sheet:
    kept = [name for name in means.columns if not name.startswith("difference")]
    shown = {lang: pd.concat([_wide(means, "mean", lang), _paper_rows(prefix, lang)]) for lang in LANGUAGES}
    notes = [
        say("table2_note"),
        {lang: WORDS[lang]["method"].format(method=text) for lang, text in method.items()},
    ]
    if not prefix:
        notes.append(say("table2_paper"))
    notes += _reasons(means, "metric")
    name = f"{prefix}table2" if not prefix else f"{prefix}means"
    return Sheet(name, means[kept], shown, say(f"{prefix}means_caption"), tuple(notes))


def _differences_sheet(means: pd.DataFrame, prefix: str) -> Sheet:
    columns = ["difference", "difference_ci_low", "difference_ci_high"]
    rows = means[means["difference"].notna()]
    frame = rows[["system", "variant", "clips", "metric", *columns, "n", "n_seeds", "reason"]].reset_index(drop=True)
    shown = {lang: _wide(rows, "difference", lang) for lang in LANGUAGES}
    caption = say(f"{prefix}differences_caption")
    return Sheet(f"{prefix}differences", frame, shown, caption, (say("differences_note"), *_reasons(rows, "metric")))


def _wide(means: pd.DataFrame, value: str, lang: str) -> pd.DataFrame:
    """A row for each system and number of clips, a column for each shown metric."""
    words = WORDS[lang]
    low, high = ("ci_low", "ci_high") if value == "mean" else (f"{value}_ci_low", f"{value}_ci_high")
    rows = []
    for (system, variant, clips), part in means.groupby(["system", "variant", "clips"], sort=False):
        of = {row["metric"]: row for row in part.to_dict("records")}
        cells = [_cell(of.get(metric), metric, value, low, high) for metric in SHOWN]
        rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
    header = [words["column_system"], words["column_clips"], *(words[f"metric_{metric}"] for metric in SHOWN)]
    return pd.DataFrame(rows, columns=header)


def _cell(row: Mapping[object, float] | None, metric: str, value: str, low: str, high: str) -> str:
    if row is None or pd.isna(row[value]):
        return ""
    sign = "+" if value == "difference" else ""
    form = f"{sign}.{DECIMALS.get(metric, 3)}f"
    interval = "" if pd.isna(row[low]) else f" ({row[low]:{form}} … {row[high]:{form}})"
    return f"{row[value]:{form}}{interval}"


def _paper_rows(prefix: str, lang: str) -> pd.DataFrame:
    """What the paper prints, system by system and as a range; not beside the clips of a pack."""
    words = WORDS[lang]
    header = [words["column_system"], words["column_clips"], *(words[f"metric_{metric}"] for metric in SHOWN)]
    if prefix:
        return pd.DataFrame(columns=header)
    rows = []
    for system, of in paper_values.TABLE_2.items():
        cells = [_plain(of.get(metric, np.nan), 2) for metric in SHOWN]
        rows.append([words["paper_row"].format(name=label(system, "", lang)), f"{PAPER_CLIPS}", *cells])
    ranges = [" … ".join(f"{end:.2f}" for end in paper_values.RANGES.get(metric, ())) for metric in SHOWN]
    rows.append([words["paper_range"], f"{PAPER_CLIPS}", *ranges])
    return pd.DataFrame(rows, columns=header)


def _overlap_sheet(features: pd.DataFrame) -> Sheet:
    shown = {}
    for lang in LANGUAGES:
        rows = []
        for (system, variant, clips), part in features.groupby(["system", "variant", "clips"], sort=False):
            of = {row["feature"]: row for row in part.to_dict("records")}
            cells = [_pair(of[feature]) for feature in FEATURES]
            rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
        names = (f"feature_{feature}" for feature in FEATURES)
        header = [WORDS[lang][name] for name in ("column_system", "column_clips", *names)]
        shown[lang] = pd.DataFrame(rows, columns=header)
    notes = (say("overlap_note"), *_reasons(features, "feature"))
    return Sheet("overlap", features, shown, say("overlap_caption"), notes)


def _pair(row: Mapping[object, float]) -> str:
    return "" if pd.isna(row["overlap_area"]) else f"{row['overlap_area']:.2f} / {row['kld']:.3f}"


def _sets_sheet(sets: pd.DataFrame) -> Sheet:
    measures = ("frechet", *FIGURES)
    shown = {}
    for lang in LANGUAGES:
        rows = []
        for (system, variant, clips), part in sets.groupby(["system", "variant", "clips"], sort=False):
            of = dict(zip(part["measure"], part["value"], strict=True))
            cells = [_plain(of.get(name, np.nan), DECIMALS.get(name, 3)) for name in measures]
            rows.append([label(str(system), str(variant), lang), f"{clips:,}", *cells])
        names = (f"measure_{measure}" for measure in measures)
        header = [WORDS[lang][name] for name in ("column_system", "column_clips", *names)]
        shown[lang] = pd.DataFrame(rows, columns=header)
    notes = (say("sets_note"), *_reasons(sets, "measure"))
    return Sheet("sets", sets, shown, say("sets_caption"), notes)


def _reasons(frame: pd.DataFrame, what: str) -> list[Text]:
    """A sentence for each reason why cells or intervals are empty, with the systems and columns concerned."""
    notes: list[Text] = []
    for reason, rows in frame[frame["reason"] != ""].groupby("reason"):
        said = {}
        for lang in LANGUAGES:
            cells = []
            for (system, variant, clips), part in rows.groupby(["system", "variant", "clips"], sort=False):
                cells.append(f"{label(str(system), str(variant), lang)}, {clips:,} ({', '.join(part[what])})")
            said[lang] = WORDS[lang][f"reason_{reason}"].format(cells="; ".join(cells))
        notes.append(said)
    return notes
