from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from django.core.management import CommandError, call_command
from PIL import Image
from safetensors.torch import save_file

from analysis.report import style
from analysis.statistics.objective import frechet
from generation import metrics
from generation.corpus import assemble, save_corpus
from generation.melody import REST, STEPS, Tokens, to_pretty_midi
from generation.networks.midi_gan import MidiGAN, Settings
from generation.networks.reference import Reference
from generation.sampling import load_checkpoint, load_reference
from tests.analysis.run_builders import write_run
from tests.factories import make_pack
from tests.generation.songs import random_tokens, small_corpus
from tests.reproduction import page, runs_audit

CORPUS = small_corpus(train=12, other=30)
UNSEEN = CORPUS.tokens[[name in {"test", "near-daur"} for name in CORPUS.split]]
SHIPPED = page.ROOT / "fixtures" / "checkpoints" / "reference"


def analyse(*arguments: object) -> tuple[list[str], str]:
    """Run the command: the lines it printed, and what it said of what was left out."""
    out, err = io.StringIO(), io.StringIO()
    call_command("analyse_runs", *map(str, arguments), "--replicates", "1000", stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue()


def with_weights(folder: Path, seed: int = 1) -> Path:
    """A run of MIDI-GAN with the weights that it starts from."""
    torch.manual_seed(seed)
    network = MidiGAN(Settings())
    write_run(folder, seed=seed)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "settings": asdict(network.settings)}))
    save_file(
        {name: value.contiguous() for name, value in network.sampling_state().items()}, folder / "weights.safetensors"
    )
    return folder


def table(report: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(report / "tables" / f"{name}.csv", dtype={"variant": object}).fillna({"variant": ""})


def by_metric(report: Path, name: str) -> dict[tuple[str, str, int, str], dict[Any, Any]]:
    rows = table(report, name).to_dict("records")
    return {(row["system"], row["variant"], row["clips"], row["metric"]): row for row in rows}


def contents(report: Path) -> dict[str, bytes]:
    return {path.relative_to(report).as_posix(): path.read_bytes() for path in report.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two seeds with weights and both ablations without, and all that it was made from."""
    folder = tmp_path_factory.mktemp("analyse_runs")
    save_corpus(CORPUS, folder / "corpus.npz")
    runs = [with_weights(folder / "one"), with_weights(folder / "two", 2)]
    for variant in ("plain", "clipping"):
        runs.append(write_run(folder / variant, variant))
    analyse(*runs, "--corpus", folder / "corpus.npz", "--clips", 120, "--out", folder / "report")
    return folder


def test_a_report_holds_tables_figures_and_a_page_in_both_languages(made: Path) -> None:
    names = set(contents(made / "report"))
    for table_name in ("table1", "table2", "table2_form", "differences", "overlap", "sets"):
        assert {f"tables/{table_name}.{ending}" for ending in ("csv", "md", "tex")} < names
    for figure in ("figure5", "figure6"):
        endings = [f"{lang}.{form}" for lang in ("en", "zh-hans") for form in ("svg", "pdf", "png")]
        assert {f"figures/{figure}.{ending}" for ending in ("csv", *endings)} < names
    stamp = json.loads((made / "report" / "report.json").read_text())["report"]
    assert set(stamp["files"]) == names
    assert stamp["corpus_hash"] == CORPUS.sha256
    page = (made / "report" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 4
    for words in (
        "Real music, validation songs",
        "真实音乐（验证集歌曲）",
        "Samples of clipping, plain",
        CORPUS.sha256,
    ):
        assert words in page


def test_single_column_adds_narrow_figures(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / (variant or "shipped"), variant) for variant in ("", "plain", "clipping")]
    analyse(*runs, "--single-column", "--out", tmp_path / "report")
    names = set(contents(tmp_path / "report"))
    for figure in ("figure5", "figure6"):
        endings = [f"{lang}.{form}" for lang in ("en", "zh-hans") for form in ("svg", "pdf", "png")]
        assert {f"figures/{figure}-single.{ending}" for ending in endings} < names
        with Image.open(tmp_path / f"report/figures/{figure}-single.en.png") as drawn:
            assert drawn.width == 300 * style.WIDTHS[1]


def test_metre_and_form_stand_beside_table_2_and_whole_sets(made: Path) -> None:
    means, sets = by_metric(made / "report", "table2_form"), table(made / "report", "sets")
    assert means["real", "", 60, "repeats"]["mean"] == pytest.approx(metrics.repeats(UNSEEN).mean(), abs=1e-6)
    beyond = np.nanmean(metrics.out_of_range(UNSEEN, CORPUS))
    assert means["real", "", 60, "out_of_range"]["mean"] == pytest.approx(beyond, abs=1e-6)
    of = sets[(sets["system"] == "real") & (sets["clips"] == 60) & (sets["measure"] == "strong_weak")]
    assert of["value"].astype(float).iloc[0] == pytest.approx(metrics.strong_weak(UNSEEN), abs=1e-6)


def test_table_2_holds_what_generation_measures_of_the_clips(made: Path) -> None:
    means = by_metric(made / "report", "table2")
    drawn = [
        load_checkpoint(made / name).sample(120, np.random.default_rng([1, n])) for name, n in (("one", 1), ("two", 2))
    ]
    for clips in (100, 120):
        row = means["midi-gan", "", clips, "upc"]
        assert row["mean"] == pytest.approx(np.mean([metrics.upc(tokens[:clips]).mean() for tokens in drawn]), abs=1e-6)
        assert (row["n"], row["n_seeds"]) == (2 * clips, 2)
    ppl = np.exp(np.mean([metrics.clip_nll(load_reference(SHIPPED), tokens).mean() for tokens in drawn]))
    assert means["midi-gan", "", 120, "ppl"]["mean"] == pytest.approx(ppl, abs=1e-5)
    assert means["real", "", 60, "gc"]["mean"] == pytest.approx(metrics.gc(UNSEEN).mean(), abs=1e-6)
    assert means["real", "validation", 30, "upc"]["mean"] == pytest.approx(
        metrics.upc(CORPUS.of("validation")).mean(), abs=1e-6
    )
    gaps = by_metric(made / "report", "differences")
    assert gaps["midi-gan", "", 120, "ppl"]["difference"] == pytest.approx(
        np.log(ppl / means["real", "", 60, "ppl"]["mean"]), abs=1e-5
    )


def test_the_distance_is_of_the_reference_models_states(made: Path) -> None:
    found = table(made / "report", "sets").query("measure == 'frechet' and clips == 120")["value"].item()
    judge = load_reference(SHIPPED)
    assert isinstance(judge, Reference)
    expected = []
    for name, seed in (("one", 1), ("two", 2)):
        tokens = load_checkpoint(made / name).sample(120, np.random.default_rng([1, seed]))
        ours, theirs = (judge.states(torch.from_numpy(part)).double().numpy() for part in (tokens, UNSEEN))
        expected.append(frechet(ours, theirs))
    assert found == pytest.approx(np.mean(expected), rel=1e-4)


def test_table_1_has_the_papers_row_beside_ours(made: Path) -> None:
    rows = table(made / "report", "table1")
    assert rows[["system", "variant", "source"]].to_numpy().tolist() == [
        ["midi-gan", "", "here"],
        ["midi-gan", "", "paper"],
        ["midi-gan", "clipping", "here"],
        ["midi-gan", "plain", "here"],
    ]
    ours, paper = rows.iloc[0], rows.iloc[1]
    assert (ours["n_runs"], ours["convergence_epoch"]) == (2, 10.5)
    assert ours["convergence_epoch_sd"] == pytest.approx(0.707107)
    assert ours["seconds"] == 361.5
    assert ours["epochs_by_seconds"] == pytest.approx(10.5 * 25)
    assert (paper["seconds"], paper["epochs_by_seconds"]) == (6054, 6450)
    text = (made / "report" / "tables" / "table1.md").read_text()
    assert "| MIDI-GAN | here | 2 | 2,130,347 | 14 ± 0 | 10 ± 1 | 362 ± 1 | 25.0 ± 0.0 | 1.00 | 262 |" in text
    assert "| MIDI-GAN | paper |  | 2.13M |  | 300 | 6,054 | 21.5 | 1.00 | 6,450 |" in text


def test_what_the_paper_prints_stands_below_ours_and_nothing_is_made_up(made: Path) -> None:
    lines = (made / "report" / "tables" / "table2.md").read_text().splitlines()
    assert "| Transformer (paper) | 100 |  |  | 0.87 |  |  |  |  |" in lines
    ranges = "8.40 … 9.35 |  | 0.65 … 0.87 | 0.11 … 0.25 |  |  | 1.70 … 2.26 |"
    assert f"| five systems (paper), lowest … highest | 100 | {ranges}" in lines


def test_the_same_input_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    runs = [made / name for name in ("clipping", "two", "plain", "one")]
    lines, _ = analyse(*runs, "--corpus", made / "corpus.npz", "--clips", 120, "--out", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(made / "report")
    assert all(Path(line).is_file() for line in lines)
    analyse(runs[0], "--out", tmp_path / "again")
    assert not (tmp_path / "again" / "tables" / "table2.csv").exists()


def test_without_corpus_plain_run_and_ended_run_a_report_says_what_is_missing(tmp_path: Path) -> None:
    going = write_run(tmp_path / "going")
    (going / "summary.json").unlink()
    _, said = analyse(going, "--out", tmp_path / "r")
    assert "left out: Table 2 and what follows from it: name the corpus with --corpus" in said
    assert "left out: Figure 5 needs a run of midi-gan and one of its variant plain" in said
    page = (tmp_path / "r" / "report.html").read_text()
    for words in ("Figure 6 needs", "图 6 需要", "Not finished, so not in the means: going."):
        assert words in page
    row = table(tmp_path / "r", "table1").iloc[0]
    assert row[["parameters", "seconds", "convergence_epoch"]].isna().all()


def test_weights_are_found_beside_the_same_configuration(made: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "log.csv"):
        (bare / name).write_bytes((made / "one" / name).read_bytes())
    options = ("--corpus", made / "corpus.npz", "--clips", 60)
    _, said = analyse(bare, *options, "--out", tmp_path / "without")
    assert "left out: Samples of bare: the run folder has no weights.safetensors; --checkpoints FOLDER can" in said
    assert "midi-gan" not in set(table(tmp_path / "without", "table2")["system"])
    analyse(bare, *options, "--checkpoints", made, "--out", tmp_path / "with")
    assert "midi-gan" in set(table(tmp_path / "with", "table2")["system"])


def midi_pack(path: Path, clips: dict[str, Tokens]) -> Path:
    """A pack whose clips have these melodies as MIDI."""
    make_pack(path, tuple(clips), max(map(len, clips.values())))
    left = {system: list(to_pretty_midi(tokens)) for system, tokens in clips.items()}
    (path / "midi").mkdir()
    for clip in json.loads((path / "manifest.json").read_text())["clips"]:
        if left.get(clip["system"]):
            left[clip["system"]].pop(0).write(str(path / "midi" / f"{clip['clip_id']}.mid"))
    return path


def test_a_packs_clips_are_compared_with_its_own_real_ones(made: Path, tmp_path: Path) -> None:
    clips = {"real": random_tokens(5), "midi-gan": random_tokens(5, seed=1), "mlstm": random_tokens(2, seed=2)}
    _, said = analyse(made / "plain", "--pack", midi_pack(tmp_path / "pack", clips), "--out", tmp_path / "r")
    means = table(tmp_path / "r", "pack_means").set_index(["system", "metric"])
    for system, tokens in clips.items():
        assert means.loc[(system, "upc"), "mean"] == pytest.approx(metrics.upc(tokens).mean(), abs=1e-6)
        assert means.loc[(system, "upc"), "n"] == len(tokens)
    assert means.loc[("mlstm", "gc"), "reason"] == "few_clips"
    assert "left out: 3 clips of the pack pack, which have no MIDI that can be measured." in said
    assert "overlap" not in {path.stem for path in (tmp_path / "r" / "tables").iterdir()}
    page = (tmp_path / "r" / "report.html").read_text()
    assert "No interval and no overlap, fewer than 3 clips or songs with a value: mLSTM, 2 (upc, upc_bar, " in page


def test_clips_of_silence_and_clips_all_equal_have_empty_cells_with_reasons(made: Path, tmp_path: Path) -> None:
    silence = np.full((4, STEPS), REST, dtype=np.int8)
    clips = {"real": random_tokens(4), "midi-gan": silence, "mlstm": np.repeat(random_tokens(1), 4, axis=0)}
    analyse(made / "plain", "--pack", midi_pack(tmp_path / "pack", clips), "--out", tmp_path / "r")
    with (tmp_path / "r" / "tables" / "pack_means.csv").open() as file:
        rows = {(row["system"], row["metric"]): row for row in csv.DictReader(file)}
    assert (rows["midi-gan", "gc"]["mean"], rows["midi-gan", "gc"]["reason"]) == ("", "no_values")
    assert rows["midi-gan", "gc"]["n_without"] == "4"
    assert float(rows["midi-gan", "ebr"]["mean"]) == 1
    assert rows["mlstm", "upc"]["reason"] == "all_equal"
    assert (rows["mlstm", "upc"]["ci_low"], rows["mlstm", "upc"]["sd"]) == ("", "0.000000")
    text = (tmp_path / "r" / "tables" / "pack_means.md").read_text()
    assert "Empty, no clip has a value: MIDI-GAN, 4 (gc, strong_beats, long_on_bar, leaps, pitch_range" in text.replace(
        "\\_", "_"
    )


def test_a_pack_without_midi_is_said_and_one_clip_is_no_crash(made: Path, tmp_path: Path) -> None:
    _, said = analyse(made / "plain", "--pack", make_pack(tmp_path / "none"), "--out", tmp_path / "r")
    assert "left out: The pack none: it contains no MIDI, so its clips have no notes to measure." in said
    analyse(
        made / "plain", "--pack", midi_pack(tmp_path / "one", {"midi-gan": random_tokens(1)}), "--out", tmp_path / "r"
    )
    rows = table(tmp_path / "r", "pack_means").set_index("metric")
    assert rows.loc["upc", "mean"] == metrics.upc(random_tokens(1)).item()
    assert rows.loc["upc", "reason"] == "few_clips"


def test_an_empty_pack_and_a_damaged_run_are_one_sentence_and_leave_nothing(made: Path, tmp_path: Path) -> None:
    pack = make_pack(tmp_path / "pack")
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(json.dumps({**manifest, "clips": []}))
    with pytest.raises(CommandError, match="'clips' must be a list with at least one clip"):
        analyse(made / "plain", "--pack", pack, "--out", tmp_path / "r")
    broken = write_run(tmp_path / "broken")
    (broken / "summary.json").write_text("{")
    with pytest.raises(CommandError, match="summary.json is damaged"):
        analyse(broken, "--out", tmp_path / "r")
    torn = with_weights(tmp_path / "torn")
    (torn / "weights.safetensors").write_bytes(b"torn")
    with pytest.raises(CommandError, match="does not hold weights that fit its config.json"):
        analyse(torn, "--corpus", made / "corpus.npz", "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_corpus_without_unseen_songs_is_refused(made: Path, tmp_path: Path) -> None:
    rows = [("train", f"song{n}", "", 0, tokens) for n, tokens in enumerate(random_tokens(4))]
    save_corpus(assemble(rows, "songs of mine"), tmp_path / "corpus.npz")
    with pytest.raises(CommandError, match="songs of mine has no segment in the splits test, near-daur: add songs"):
        analyse(made / "plain", "--corpus", tmp_path / "corpus.npz", "--out", tmp_path / "r")


@pytest.mark.parametrize("option", [("--replicates", "10"), ("--seed", "-1")])
def test_numbers_that_make_no_sense_are_refused(made: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="must"):
        call_command("analyse_runs", str(made / "plain"), "--out", str(tmp_path / "r"), *option)


# docs/reproduction.md


def test_the_committed_tables_are_of_the_committed_runs() -> None:
    assert runs_audit.stale(page.RUNS, page.TABLES) == []


def test_tables_of_other_runs_are_stale(made: Path, tmp_path: Path) -> None:
    runs, tables = tmp_path / "runs", tmp_path / "tables"
    write_run(runs / "plain", "plain")
    tables.mkdir()
    assert runs_audit.stale(runs, tables) == []
    (tables / "report.json").write_bytes((made / "report" / "report.json").read_bytes())
    assert runs_audit.stale(runs, tables) == []
    write_run(runs / "new", seed=9)
    assert runs_audit.stale(runs, tables) == ["new"]


def test_the_page_says_what_runs_and_tables_show(made: Path) -> None:
    text = runs_audit.markdown(made, made / "report" / "tables")
    near = table(made / "report", "differences").query("system == 'midi-gan' and clips == 120 and metric == 'gc'")
    row = near.iloc[0]
    assert f"{row['difference']:+.3f} ({row['difference_ci_low']:+.3f} … {row['difference_ci_high']:+.3f})" in text
    assert "| MIDI-GAN | 2 | 2,130,347 | 2.13M | 1.00 | 1.00 | 10 | 300 |" in text
    assert "75.0% (n = 1) lie within 1% of a bound of ±0.01" in text
    assert "is confirmed (confirmed: 10 times the share or more" in text
    assert "so nothing is said of which is nearest" in text


def test_nothing_is_made_up_where_nothing_was_run(tmp_path: Path) -> None:
    text = runs_audit.markdown(tmp_path, tmp_path)
    assert text.count("Not measured yet") == 6
    assert "| MIDI-GAN | 300 | 21.5 | 6,450 | 6,054 | 7% |" in text


def distances(folder: Path, values: Sequence[float], variant: str = "") -> None:
    for seed, value in enumerate(values, start=1):
        run = write_run(folder / f"{variant}{seed}", variant, seed)
        (run / "log.csv").write_text(f"iteration,epoch,seconds,distance,jsd_4\n100,1,1,9,.9\n200,2,2,{value},.5\n")


@pytest.mark.parametrize(
    ("used", "unused", "sentence"),
    [
        ([2.0], [3.5], "nearer to the validation songs than without; one run says nothing"),
        ([4.0, 5.0], [3.0, 3.5], "further from the validation songs than without; every run of the one against"),
        ([2.0, 3.2], [3.0, 3.5], "nearer to the validation songs than without; but the runs overlap."),
    ],
)
def test_the_page_says_whether_the_matching_module_helps(
    tmp_path: Path, used: list[float], unused: list[float], sentence: str
) -> None:
    distances(tmp_path, used)
    distances(tmp_path, unused, "unmatched")
    text = runs_audit.markdown(tmp_path, tmp_path)
    assert sentence in text
    assert f"| with | {len(used)} | {np.mean(used):.2f}" in text
    assert "last tenth of 200 iterations" in text


def test_which_system_is_nearest_is_read_from_the_tables(tmp_path: Path) -> None:
    rows = [("midi-gan", "upc", 0.1, -0.1, 0.3), ("mlstm", "upc", -0.3, -0.5, -0.1)]
    rows += [("midi-gan", "gc", 0.09, 0.05, 0.13), ("mlstm", "gc", 0.01, -0.01, 0.03)]
    frame = pd.DataFrame(rows, columns=["system", "metric", "difference", "difference_ci_low", "difference_ci_high"])
    frame.assign(variant="", clips=1000).to_csv(tmp_path / "differences.csv", index=False)
    text = runs_audit.markdown(tmp_path, tmp_path)
    assert "holds here for 1 of 2 metrics (UPC); nearest elsewhere: GC mLSTM." in text
    assert "The interval of its difference from real music holds 0 for UPC." in text
