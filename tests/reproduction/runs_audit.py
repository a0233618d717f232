"""The paper's objective claims, one by one, beside what our own runs show: text for docs/reproduction.md.

Figures come from run folders and from tables that `analyse_runs` wrote; where one is missing, the text says so.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.report.folder import STAMP
from analysis.training_runs import paper_values
from analysis.training_runs.figures import DISTANCE, FIGURE_5, FIGURE_6, LOSS, of_figures, share_near
from analysis.training_runs.runs import CONFIG, Run, read_runs
from analysis.training_runs.tables import HERE, label, table1
from tests.reproduction.paper_audit import table

OURS = "midi-gan"
METRICS = {"upc": "UPC", "gc": "GC", "ebr": "EBR", "ebr_onset": "onset-EBR", "ppl": "log PPL"}
#: Of whole clips, with their decimals.
FORM = {
    "repeats": ("share that comes back to itself", 2),
    "bar_similarity": ("bar similarity", 3),
    "downbeats": ("onsets on downbeats", 2),
    "long_on_bar": ("long notes that end a bar", 2),
    "leaps": ("leaps over an octave", 3),
    "out_of_range": ("notes out of range", 3),
}
#: The last share of the iterations over which two curves are compared.
END = 0.1
#: How much larger the share of clipped weights at the bound must be.
TIMES = 10
#: Variants of MIDI-GAN by whether they have the matching loss.
KEY = ["system", "variant"]
#: Models and their variants that are no ablations.
SHOWN = ("", "tied")
MATCHING = {"with": "", "without": "unmatched"}
MISSING = "Not measured yet: {what}."
Runs = Mapping[tuple[str, str], Sequence[Run]]


def markdown(runs_folder: Path, tables_folder: Path) -> str:
    """The computed part of docs/reproduction.md on Tables 1 and 2 and Figures 5 and 6.

    ``runs_folder`` holds run folders, ``tables_folder`` the CSV of tables that `analyse_runs` wrote of them.
    """
    runs = read_runs(_folders(runs_folder))
    means, differences, sets = (_read(tables_folder / f"{name}.csv") for name in ("table2", "differences", "sets"))
    parts = [
        ("### Where the paper contradicts itself", [_products(), _gc(), _unsaid(means)]),
        ("### Table 1: size and time", _size_and_time(runs)),
        ("### Table 2: nearness to real music", _nearness(differences, sets)),
        ("### Metre and form, which the paper does not measure", _form(means, sets)),
        ("### Figure 5: does the multi-scale critic help?", _curves(of_figures(runs))),
        ("### Figure 6: what clipping does to the weights", _weights(of_figures(runs))),
        ("### Does the matching module help?", _matching(runs)),
    ]
    return "\n\n".join(text for heading, texts in parts for text in (heading, *texts))


def _read(path: Path) -> pd.DataFrame | None:
    return pd.read_csv(path, dtype={"variant": object}).fillna({"variant": ""}) if path.is_file() else None


def _name(system: str, variant: str = "") -> str:
    return label(system, variant, "en")


def _products() -> str:
    header = ["Table 1 as printed", "epochs", "s per epoch", "product, s", "training time, s", "too much by"]
    rows = []
    for system, row in paper_values.TABLE_1.items():
        excess = row.product / row.seconds - 1
        cells = [
            f"{row.convergence_epoch:.0f}",
            f"{row.seconds_per_epoch}",
            f"{row.product:,.0f}",
            f"{row.seconds:,.0f}",
        ]
        rows.append([_name(system), *cells, f"{excess:.0%}"])
    return table(header, rows)


def _gc() -> str:
    gc = {system: of["gc"] for system, of in paper_values.TABLE_2.items()}
    above = sorted((system for system in gc if gc[system] > gc[OURS]), key=lambda system: -gc[system])
    larger = ", ".join(f"{_name(system)} {gc[system]:.2f}" for system in above)
    return (
        f"GC is called optimal for MIDI-GAN at {gc[OURS]:.2f}; larger are {larger}. If nearness to real music was "
        "meant, its value is missing: Table 2 has no row of real music, though the text compares with it."
    )


def _unsaid(means: pd.DataFrame | None) -> str:
    low, high = paper_values.RANGES["upc"]
    text = (
        f"The column of used pitches is headed UPG, in the text it is UPC and explained as pitches in a bar; values of "
        f"{low} to {high} can only be of whole clips. "
    )
    if means is not None:
        real = means[(means["system"] == "real") & (means["variant"] == "")].set_index("metric")["mean"]
        text += f"Real songs have {real['upc_bar']:.1f} in a bar and {real['upc']:.1f} in a clip here. "
    return text + "Five trainings are averaged and no spread is given."


def _size_and_time(runs: Runs) -> list[str]:
    frame = table1({key: group for key, group in runs.items() if key[0] != "reference"})
    ours = frame[frame["source"] == HERE]
    header = [
        "model",
        "runs",
        "parameters",
        "paper",
        "s per epoch, MIDI-GAN = 1",
        "paper",
        "epochs to convergence",
        "paper",
    ]
    unit = paper_values.TABLE_1[OURS].seconds_per_epoch
    rows = []
    for row in ours[ours["variant"] == ""].to_dict("records"):
        paper = paper_values.TABLE_1.get(row["system"])
        rows.append(
            [
                _name(row["system"]),
                f"{row['n_runs']:.0f}",
                _number(row["parameters"], ",.0f"),
                f"{paper.parameters / 1e6:.2f}M" if paper else "",
                _number(row["relative"], ".2f"),
                f"{paper.seconds_per_epoch / unit:.2f}" if paper else "",
                _number(row["convergence_epoch"], ".0f") or "not seen",
                f"{paper.convergence_epoch:.0f}" if paper else "",
            ]
        )
    missing = [_name(system) for system in paper_values.TABLE_1 if (system, "") not in runs]
    texts = [table(header, rows)] if rows else []
    return [*texts, MISSING.format(what=", ".join(missing))] if missing else texts


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)


def _nearness(differences: pd.DataFrame | None, sets: pd.DataFrame | None) -> list[str]:
    if differences is None:
        return [MISSING.format(what="clips of the runs against real music")]
    of = _largest(differences)
    models = [rows for (system, _), rows in of.groupby(KEY, sort=False) if system != "real"]
    header = ["system less real (95% interval)", *METRICS.values()]
    rows = [[_name(*model[KEY].iloc[0]), *(_difference(model, metric) for metric in METRICS)] for model in models]
    of = of[of["variant"] == ""]
    systems = [system for system in dict.fromkeys(of["system"]) if system != "real"]
    return [table(header, rows), _verdict(of, systems), *_distance(sets)]


def _distance(sets: pd.DataFrame | None) -> list[str]:
    """Fréchet distances of whole sets, and the floor: that of other real songs."""
    if sets is None:
        return []
    found = sets[(sets["measure"] == "frechet") & sets["value"].notna()]
    most = found[found["clips"] == found.groupby(["system", "variant"])["clips"].transform("max")].to_dict("records")
    texts = [f"{_name(row['system'], row['variant'])} {row['value']:.2f} ({row['clips']:,} clips)" for row in most]
    return [f"Fréchet distance from real music: {'; '.join(texts)}."] if texts else []


def _form(means: pd.DataFrame | None, sets: pd.DataFrame | None) -> list[str]:
    """What UPC, GC and EBR do not hear, for real songs and for all systems."""
    if means is None or sets is None or not set(FORM) <= set(means["metric"]):
        return [MISSING.format(what="metre and form of the runs' clips")]
    of, ratios = _largest(means), _largest(sets[sets["measure"] == "strong_weak"])
    ratio = {(row["system"], row["variant"]): row["value"] for row in ratios.to_dict("records")}
    header = ["", *(name for name, _ in FORM.values()), "strong : weak beats"]
    rows = []
    for _, model in of.groupby(KEY, sort=False):
        key = tuple(model[KEY].iloc[0])
        mean = model.set_index("metric")["mean"]
        cells = [_number(mean.get(metric, np.nan), f".{decimals}f") for metric, (_, decimals) in FORM.items()]
        rows.append([_name(*key), *cells, _number(ratio.get(key, np.nan), ".2f")])
    return [table(header, rows)]


def _largest(differences: pd.DataFrame) -> pd.DataFrame:
    """The rows of each system, ablations apart, that are of the most clips."""
    rows = differences[differences["variant"].isin(SHOWN)]
    return rows[rows["clips"] == rows.groupby(KEY)["clips"].transform("max")]


def _difference(rows: pd.DataFrame, metric: str) -> str:
    found = rows[rows["metric"] == metric].to_dict("records")
    if not found:
        return ""
    row = found[0]
    form = "+.2f" if metric in {"upc", "ppl"} else "+.3f"
    interval = (
        ""
        if pd.isna(row["difference_ci_low"])
        else " ({:{f}} … {:{f}})".format(row["difference_ci_low"], row["difference_ci_high"], f=form)
    )
    return f"{row['difference']:{form}}{interval}"


def _verdict(rows: pd.DataFrame, systems: Sequence[str]) -> str:
    """Of which metrics MIDI-GAN is nearest to real music, where there is another system to compare with."""
    if OURS not in systems or len(systems) < 2:
        return MISSING.format(what="other systems beside MIDI-GAN, so nothing is said of which is nearest")
    nearest = {}
    for metric, name in METRICS.items():
        part = rows[(rows["metric"] == metric) & rows["system"].isin(systems)].to_dict("records")
        if part:
            nearest[name] = str(min(part, key=lambda row: abs(row["difference"]))["system"])
    first = [name for name, system in nearest.items() if system == OURS]
    ours = {row["metric"]: row for row in rows[rows["system"] == OURS].to_dict("records")}
    unclear = [name for metric, name in METRICS.items() if metric in ours and _holds_zero(ours[metric])]
    others = "; ".join(f"{name} {_name(system)}" for name, system in nearest.items() if system != OURS)
    return (
        f"The claim that MIDI-GAN comes nearest to real music holds here for {len(first)} of {len(nearest)} metrics"
        + (f" ({', '.join(first)})" if first else "")
        + (f"; nearest elsewhere: {others}. " if others else ". ")
        + f"The interval of its difference from real music holds 0 for {', '.join(unclear) or 'none of them'}."
    )


def _holds_zero(row: Mapping[Hashable, float]) -> bool:
    return bool(row["difference_ci_low"] <= 0 <= row["difference_ci_high"])


def _curves(runs: Mapping[str, Sequence[Run]]) -> list[str]:
    ends, last = _ends({critic: runs[critic] for critic in FIGURE_5}, (LOSS, DISTANCE))
    if not ends:
        return [MISSING.format(what="runs of MIDI-GAN with both critics")]
    loss = f"negative critic loss, last tenth of {last:,.0f} iterations"
    return [_ends_table("critic", ends, [loss, "distance from validation songs, same"]), _compare(ends)]


def _matching(runs: Runs) -> list[str]:
    """The distance of samples with and without the matching loss, which the paper does not take apart."""
    ends, last = _ends({name: runs.get((OURS, variant), []) for name, variant in MATCHING.items()}, (DISTANCE, "jsd_4"))
    if not ends:
        return [MISSING.format(what="runs of MIDI-GAN with and without its matching loss")]
    distance = f"distance from validation songs, last tenth of {last:,.0f} iterations"
    texts = [_ends_table("matching module", ends, [distance, "4-gram divergence from them, bits, same"])]
    used, unused = (np.array(ends[name][DISTANCE]) for name in MATCHING)
    if np.isfinite([*used, *unused]).all() and len(used) and len(unused):
        texts.append(_nearer(used, unused))
    return texts


def _nearer(used: NDArray[np.float64], unused: NDArray[np.float64]) -> str:
    nearer = "nearer to" if used.mean() < unused.mean() else "further from"
    if min(len(used), len(unused)) < 2:
        held = "one run says nothing of how much training varies"
    elif used.max() < unused.min() or used.min() > unused.max():
        held = "every run of the one against every run of the other"
    else:
        held = "but the runs overlap"
    return f"With the matching loss the generator ends {nearer} the validation songs than without; {held}."


Ends = Mapping[str, Mapping[str, Sequence[float]]]


def _ends(groups: Mapping[str, Sequence[Run]], columns: Sequence[str]) -> tuple[Ends, float]:
    """For each group and column the means of its runs over the last tenth of the iterations that all runs have.

    Also how many these are. Empty where a group has no log.
    """
    logged = {name: [run.log for run in group if run.log is not None] for name, group in groups.items()}
    if not all(logged.values()):
        return {}, 0
    last = min(log["iteration"].max() for logs in logged.values() for log in logs)
    return {
        name: {column: [_end(log, column, last) for log in logs if column in log] for column in columns}
        for name, logs in logged.items()
    }, last


def _ends_table(what: str, ends: Ends, headings: Sequence[str]) -> str:
    rows = []
    for name, columns in ends.items():
        runs = max(len(values) for values in columns.values())
        rows.append([name, f"{runs}", *(_mean_sd(values) for values in columns.values())])
    return table([what, "runs", *headings], rows)


def _end(log: pd.DataFrame, column: str, last: float) -> float:
    part = log[(log["iteration"] > (1 - END) * last) & (log["iteration"] <= last)]
    return float(part[column].mean())


def _mean_sd(values: Sequence[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return ""
    return f"{np.mean(known):.2f}" + (f" ± {np.std(known, ddof=1):.2f}" if len(known) > 1 else "")


def _compare(ends: Ends) -> str:
    loss, distance = ({critic: float(np.mean(of[name])) for critic, of in ends.items()} for name in (LOSS, DISTANCE))
    fewest = min(len(of[LOSS]) for of in ends.values())
    text = f"The multi-scale critic ends with the {'lower' if loss['multi-scale'] < loss['plain'] else 'higher'} loss"
    if not any(np.isnan(value) for value in distance.values()):
        nearer = distance["multi-scale"] < distance["plain"]
        text += f", and its generator {'nearer to' if nearer else 'further from'} the validation songs"
    text += ". Losses of two critics are not on one scale, so only the distance bears on the claim"
    alone = "; one run of a critic says nothing of how much training varies" if fewest < 2 else ""
    return f"{text}{alone}."


def _weights(runs: Mapping[str, Sequence[Run]]) -> list[str]:
    counted = {kind: [run for run in runs[kind] if run.histograms is not None] for kind in FIGURE_6}
    if not all(counted.values()):
        return [MISSING.format(what="histograms of MIDI-GAN with penalty and with clipping")]
    bound = float(str(counted["clipping"][0].setting("clip")))
    shares = {kind: 100 * np.array(share_near(group, bound)) for kind, group in counted.items()}
    clipped, free = (f"{shares[kind].mean():.1f}% (n = {len(shares[kind])})" for kind in ("clipping", "penalty"))
    confirmed = shares["clipping"].min() > TIMES * shares["penalty"].max()
    return [
        f"Of the critic's weights, {clipped} lie within 1% of a bound of ±{bound:g} after training with weight "
        f"clipping, and {free} with the gradient penalty. That clipping drives weights to the bounds and the penalty "
        f"does not is {'confirmed' if confirmed else 'not confirmed'} (confirmed: {TIMES} times the share or more, "
        "whichever runs are compared)."
    ]


def stale(runs_folder: Path, tables_folder: Path) -> list[str]:
    """The run folders of which the tables are not, by their files' SHA-256; none where there are no tables."""
    report = tables_folder / STAMP
    if not report.is_file():
        return []
    listed = {run["sha256"] for run in json.loads(report.read_text(encoding="utf-8"))["report"]["runs"]}
    groups = read_runs(_folders(runs_folder)).values()
    return [run.name for group in groups for run in group if run.sha256 not in listed]


def _folders(runs_folder: Path) -> list[Path]:
    return sorted(path.parent for path in runs_folder.glob(f"*/{CONFIG}"))
