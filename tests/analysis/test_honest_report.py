"""Reports of ratings at the borders: nothing is said that was not computed, and no cause that was not shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.data.dataset import Scale
from analysis.data.ratings import Ratings
from analysis.report.fit_notes import in_words
from analysis.report.folder import write_report
from analysis.report.methods import PARAGRAPHS
from analysis.report.registry import all_sentences, in_order
from analysis.report.sections import SECTIONS
from analysis.report.sections.trusted import OTHER_ANALYSES
from analysis.statistics.notes import note
from formats.messages import LANGUAGES, LazyText, translate
from tests.analysis.builders import make_frame, make_ratings, make_scale

#: Each sentence of the methods text by its name.
METHODS = {
    sentence.name: sentence.text
    for sentence in in_order(all_sentences(SECTIONS), lambda said: said.paragraph, PARAGRAPHS, others=PARAGRAPHS[-1])
}
#: Its words are the study's and the preregistration text's too.
METHODS["reference"] = LazyText("It must be heard to its end before an answer can be given.")
METHODS["attention"] = LazyText("Nobody is excluded for failed attention checks.")
METHODS["post_screening"] = LazyText("Nobody is excluded for a flag.")
PLAN = {"primary_scale": "overall", "contrasts": [["a", "real"], ["b", "real"]], "smallest_gap": 0.5}
FROZEN: dict[str, Any] = {"plan": PLAN, "plan_sha256": "b" * 64, "planned_scales": ("overall",)}


def frame_of(systems: tuple[str, ...], experts: int, clips: int, rate: Callable[..., Any]) -> pd.DataFrame:
    """Complete ratings on `overall`: rate(system, expert, clip) of their places."""
    s, e, k = np.indices((len(systems), experts, clips)).reshape(3, -1)
    rows = {
        "expert_id": [f"e{n:02d}" for n in e],
        "system": [systems[n] for n in s],
        "clip_id": [f"{systems[n]}-{m}" for n, m in zip(s, k, strict=True)],
        "rating": np.array([rate(*cell) for cell in zip(s, e, k, strict=True)], dtype=np.float64),
    }
    return pd.DataFrame(rows).assign(scale="overall", is_repeat=False)


def separated() -> Ratings:
    """Real music always has 5, the others never: 6 experts, 3 clips."""
    frame = frame_of(("real", "m", "n"), 6, 3, lambda s, e, k: (5, 2 + (e + k) % 3, 1 + (k - e) % 3)[s])
    return make_ratings(("real", "m", "n"), ("overall",), frame=frame)


def without_variance() -> Ratings:
    frame = frame_of(("real", "m"), 6, 3, lambda s, e, k: (5, 3)[s])
    return make_ratings(("real", "m"), ("overall",), frame=frame)


def all_equal() -> Ratings:
    frame = frame_of(("a", "b", "c"), 10, 5, lambda s, e, k: 5)
    return make_ratings(("a", "b", "c"), ("overall",), frame=frame)


def one_clip() -> Ratings:
    frame = make_frame(("a", "b", "c", "d"), ("overall",), experts=20, clips=1).assign(is_repeat=False)
    return make_ratings(("a", "b", "c", "d"), ("overall",), frame=frame)


def five_experts() -> Ratings:
    """A scale of 1 to 7 and experts who scatter so widely that no difference on it could be found."""
    frame = frame_of(("a", "b"), 5, 3, lambda s, e, k: 1 + (s + 5 * e + 3 * k + s * e * k) % 7)
    scale = Scale("overall", 1, 7, {"en": "Overall", "zh-hans": "整体"}, {}, {})
    return replace(make_ratings(("a", "b"), ("overall",), frame=frame), scales=(scale,))


def scattered() -> Ratings:
    """Enough experts and clips, who agree so little that only a gap beyond the scale would be found."""
    frame = frame_of(("a", "b"), 6, 3, lambda s, e, k: (1, 5)[(s + e + s * e + (k == 2)) % 2])
    return make_ratings(("a", "b"), ("overall",), frame=frame)


def hundred_points() -> Ratings:
    rng = np.random.default_rng(2)
    frame = frame_of(("a", "b", "c"), 8, 4, lambda s, e, k: np.rint(50 + 5 * s + rng.normal(0, 15)))
    scale = Scale("overall", 0, 100, {"en": "Overall", "zh-hans": "整体"}, {}, {})
    return replace(make_ratings(("a", "b", "c"), ("overall",), frame=frame), scales=(scale,))


def two_kinds() -> Ratings:
    """One scale of 1 to 5 and one of 0 to 100."""
    fine = hundred_points().frame.assign(scale="fine")
    coarse = fine.assign(scale="overall", rating=(fine["rating"] / 25).round().clip(1, 4))
    scales = (make_scale("overall"), Scale("fine", 0, 100, {"en": "Fine", "zh-hans": "细"}, {}, {}))
    return replace(make_ratings(("a", "b", "c"), frame=pd.concat([coarse, fine], ignore_index=True)), scales=scales)


def incomplete() -> Ratings:
    frame = make_frame(("a", "b", "real"), ("overall",), experts=9, clips=5).sample(frac=0.8, random_state=1)
    return make_ratings(("a", "b", "real"), ("overall",), frame=frame.assign(is_repeat=False), n_missing=4)


def tiny() -> Ratings:
    frame = make_frame(("mine",), ("overall",), experts=1, clips=2).assign(is_repeat=False)
    return make_ratings(("mine",), ("overall",), frame=frame)


def full() -> Ratings:
    """All that a dataset can have: plan, design, order, groups, repeats, late and known clips, metrics."""
    systems = ("real", "a", "b", "c")
    frame = make_frame(systems, ("overall", "valence"), experts=12, clips=6)
    places = {clip: n for n, clip in enumerate(frame["clip_id"].unique())}
    number = frame["expert_id"].str[1:].astype(int)
    trial = 1 + (5 * frame["clip_id"].map(places) + 7 * number) % 24
    frame = frame.assign(is_repeat=False, trial=trial.astype(float), group=np.where(number < 6, "men", "women"))
    frame = frame.assign(known=(number == 2) & (frame["clip_id"] == "1x1"), late=(number == 3) & (trial == 17))
    again = frame[frame["clip_id"].isin(["0x0", "1x0"])].assign(is_repeat=True, trial=25.0)
    again["rating"] = (again["rating"] + number % 2).clip(1, 5)
    clips = frame[["system", "clip_id"]].drop_duplicates()
    values = np.random.default_rng(5).normal(5, 1, (len(clips), 2))
    return make_ratings(
        systems,
        ("overall", "valence"),
        frame=pd.concat([frame, again], ignore_index=True),
        metrics=clips.assign(upc=values[:, 0], gc=values[:, 1]),
        design={"heard_per_expert": 6, "clips_per_system": 6, "repeats": 2, "practice": 3},
        **FROZEN,
    )


def short_of_clips() -> Ratings:
    """Three systems with enough clips, one with two."""
    frame = make_frame(("a", "b", "c", "d"), ("overall",), experts=8, clips=4).assign(is_repeat=False)
    frame = frame[~frame["clip_id"].isin(["3x2", "3x3"])]
    return make_ratings(("a", "b", "c", "d"), ("overall",), frame=frame)


def same_ids() -> Ratings:
    frame = make_frame(("a", "b"), ("overall",), experts=7, clips=4).assign(is_repeat=False)
    return make_ratings(("a", "b"), ("overall",), frame=frame.assign(clip_id=frame["clip_id"].str[2:]))


def matched() -> Ratings:
    """Clips of both systems from the same prompts."""
    frame = make_frame(("a", "b"), ("overall",), experts=8, clips=5).assign(is_repeat=False)
    return make_ratings(("a", "b"), ("overall",), frame=frame.assign(prompt_id="p" + frame["clip_id"].str[2:]))


CASES: Mapping[str, Callable[[], Ratings]] = {
    make.__name__: make
    for make in (
        *(separated, without_variance, all_equal, one_clip, five_experts, scattered, hundred_points, two_kinds),
        *(incomplete, tiny, full, short_of_clips, same_ids, matched),
    )
}


@dataclass(frozen=True)
class Written:
    """What the report of a case says: its tables, the methods text and the page by language."""

    ratings: Ratings
    tables: Mapping[str, pd.DataFrame]
    methods: Mapping[str, str]
    page: Mapping[str, str]

    def has(self, table: str, column: str, **picked: str) -> bool:
        frame = self.tables.get(table, pd.DataFrame(columns=[*dict.fromkeys([column, *picked])]))
        for key, value in picked.items():
            frame = frame[frame[key] == value]
        return bool(frame[column].notna().any())

    def says(self, words: str) -> bool:
        return words in self.page["en"]


Reports = Callable[[str], Written]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    @cache
    def written(case: str) -> Written:
        folder, ratings = tmp_path_factory.mktemp(case) / "r", CASES[case]()
        write_report(ratings, folder, replicates=1000, draw=False)
        return read_report(folder, ratings)

    return written


def read_report(folder: Path, ratings: Ratings) -> Written:
    page = (folder / "report.html").read_text(encoding="utf-8")
    english, chinese = page.split('<section id="zh-hans"')
    return Written(
        ratings,
        {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")},
        {lang: (folder / f"methods.{lang}.md").read_text(encoding="utf-8") for lang in LANGUAGES},
        {"en": english, "zh-hans": chinese},
    )


def adjusted_for(written: Written, family: str) -> bool:
    """Whether p of a family's differences is adjusted for more than one test, by the table."""
    table = written.tables.get("contrasts", pd.DataFrame(columns=["p", "family"]))
    tested = table[table["p"].notna()]
    own = tested[tested["family"] == family]
    return len(own) > 0 and len(own if family == "planned" else tested) > 1


def is_fitted(written: Written) -> bool:
    return written.has("variance_components", "variance")


def short(written: Written) -> bool:
    means = written.tables["system_means"]
    return bool(((means["n_experts"] < 6) | (means["n_clips"] < 3)).any())


def untold(written: Written) -> bool:
    return is_fitted(written) and bool(written.tables["variance_components"]["variance"].isna().any())


def has_prompts(written: Written) -> bool:
    return written.has("variance_components", "variance", component="prompt")


#: Of each sentence, whether the tables on the disk have what it tells.
EXPECTED: Mapping[str, Callable[[Written], bool]] = {
    "simulated": lambda w: w.ratings.is_simulated,
    "listening": lambda w: True,
    "reference": lambda w: w.ratings.reference is not None,
    "waveform": lambda w: w.ratings.has_waveform,
    "switching": lambda w: w.ratings.is_synchronous,
    "repeats": lambda w: bool(w.ratings.frame["is_repeat"].any()),
    "missing": lambda w: w.ratings.n_missing > 0,
    "design": lambda w: bool(w.ratings.design),
    "plan": lambda w: bool(w.ratings.plan_sha256),
    "no_plan": lambda w: not w.ratings.plan_sha256,
    "model": is_fitted,
    "residual": lambda w: is_fitted(w) and w.tables["system_means"]["system"].nunique() > 1,
    "freedom": lambda w: w.has("system_means", "df") or w.has("contrasts", "df"),
    "random": lambda w: w.has("contrasts", "ci_low") and not untold(w),
    "untold": untold,
    "unfitted": lambda w: not is_fitted(w),
    "withheld": short,
    "intervals": lambda w: w.has("system_means", "ci_low") or w.has("contrasts", "ci_low"),
    "anchors": lambda w: w.has("anchor_means", "mean"),
    "adjusted_planned": lambda w: adjusted_for(w, "planned"),
    "adjusted_pairs": lambda w: adjusted_for(w, "all pairs"),
    "scales_apart": lambda w: w.has("contrasts", "p") and w.tables["system_means"]["scale"].nunique() > 1,
    "omnibus": lambda w: w.has("omnibus", "p"),
    "equivalence": lambda w: w.has("equivalence", "p"),
    "ordinal": lambda w: "ordinal_model" in w.tables and not has_prompts(w),
    "ordinal_no_prompts": lambda w: "ordinal_model" in w.tables and has_prompts(w),
    "ordinal_compared": lambda w: w.has("effects", "p_ordinal"),
    "ordinal_ratio": lambda w: w.has("effects", "test", test="likelihood ratio"),
    "sensitivity": lambda w: any(w.has("sensitivity", "difference", analysis=name) for name in OTHER_ANALYSES),
    "attention": lambda w: w.ratings.attention is not None,
    "screening": lambda w: w.has("screening", "agreement"),
    "post_screening": lambda w: w.has("post_screening", "n_reference"),
    "order": lambda w: w.has("order_effects", "estimate"),
    "icc": lambda w: w.has("reliability", "value", statistic="icc_2_1"),
    "alpha": lambda w: w.has("reliability", "value", statistic="alpha_ordinal"),
    "retest": lambda w: w.has("reliability", "value", statistic="retest_same"),
    "groups": lambda w: w.has("agreement_by_group", "value"),
    "together": lambda w: w.has("scale_correlations", "value"),
    "metrics": lambda w: w.has("clip_correlations", "p"),
    "systems": lambda w: w.has("system_correlations", "rho"),
    "matched": lambda w: w.has("variance_components", "variance", component="prompt"),
    "prompts": lambda w: bool(w.ratings.frame.groupby("clip_id")["system"].nunique().max() > 1),
    "software": lambda w: True,
}


def literal(template: str) -> str:
    """The longest piece of a sentence that has no placeholder in it."""
    return max(re.split(r"\{[^}]*\}", template), key=len).strip()


# --- the methods text and the checklist


def test_every_sentence_of_the_methods_has_an_expectation() -> None:
    assert list(METHODS) == list(EXPECTED)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_methods_sentence_stands_exactly_where_its_table_does(case: str, lang: str, reports: Reports) -> None:
    written = reports(case)
    text = written.methods[lang]
    found = {key: literal(METHODS[key][lang]) in text for key in EXPECTED}
    assert found == {key: holds(written) for key, holds in EXPECTED.items()}
    named = {name for name, words in OTHER_ANALYSES.items() if literal(translate(lang, words)) in text}
    assert named == {name for name in OTHER_ANALYSES if written.has("sensitivity", "difference", analysis=name)}
    assert "{" not in text


def test_each_sentence_of_the_methods_occurs_in_some_case(reports: Reports) -> None:
    seen = {key for case in CASES for key, holds in EXPECTED.items() if holds(reports(case))}
    apart = {"simulated", "reference", "waveform", "switching", "anchors", "attention", "post_screening"}
    assert set(EXPECTED) - seen == apart


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_formula_has_the_components_of_the_variance_table(case: str, lang: str, reports: Reports) -> None:
    written = reports(case)
    terms = {"expert": "(1 | expert)", "clip": "(1 | clip)", "expert:system": "(1 | expert : system)"}
    terms |= {"prompt": "(1 | prompt)", "expert:prompt": "(1 | expert : prompt)"}
    table = written.tables.get("variance_components", pd.DataFrame(columns=["component", "variance"]))
    fitted = set(table.loc[table["variance"].notna(), "component"]) & set(terms)
    assert {name for name, term in terms.items() if term in written.methods[lang]} == fitted
    assert ("rating ~ system" in written.methods[lang]) == EXPECTED["residual"](written)
    for name, term in terms.items():
        assert (term in written.page[lang]) == (name in fitted)
    assert ("Satterthwaite" in written.page[lang]) == EXPECTED["freedom"](written)


@pytest.mark.parametrize("case", CASES)
def test_system_without_variation_is_told_with_its_doubt(case: str, reports: Reports) -> None:
    written = reports(case)
    ratings = written.ratings.counted.groupby(["scale", "system"])["rating"]
    flat = bool((ratings.nunique() == 1).any() and is_fitted(written))
    assert written.says("but the model assumes one residual variance for all systems") == flat
    assert ("而模型假定所有系统的残差方差相同" in written.page["zh-hans"]) == flat
    assert flat == (case == "separated")


@pytest.mark.parametrize("case", CASES)
def test_counts_of_one_are_singular(case: str, reports: Reports) -> None:
    written = reports(case)
    wrong = re.compile(r"(?<![\d.,])1 (experts|clips|systems|ratings|points|differences|practice clips)\b")
    assert not wrong.search(written.methods["en"])
    assert wrong.findall(re.sub(r"<[^>]*>", " ", written.page["en"])) == []


def test_agreement_of_nothing_has_no_minus_before_zero(tmp_path: Path) -> None:
    frame = frame_of(("a", "b"), 6, 3, lambda s, e, k: 3 if s + e + k else 5)
    write_report(make_ratings(("a", "b"), ("overall",), frame=frame), tmp_path / "r", replicates=1000, draw=False)
    assert "ICC(2,1) 0.00" in (tmp_path / "r" / "report.html").read_text()
    assert (tmp_path / "r" / "tables" / "reliability.csv").read_text().splitlines()[1].split(",")[2] == "0.000000"


@pytest.mark.parametrize("case", CASES)
def test_checklist_names_only_what_was_made(case: str, reports: Reports) -> None:
    written = reports(case)
    table = written.tables["checklist"]
    answers = dict(zip(table["item"], table["answer"], strict=True))
    equal_steps = answers["Dependence of conclusions on equal scale steps"]
    assert ("no ordinal model was fitted" in equal_steps) == ("ordinal_model" not in written.tables)
    left_out = answers["Exclusions"]
    assert ("sensitivity analyses" in left_out) == written.has("sensitivity", "difference", analysis="screened")
    assert ("Flagged" in left_out) == written.has("screening", "agreement")
    unit = answers["Ratings treated as independent"]
    assert unit.startswith("No") == (written.has("system_means", "ci_low") or written.has("contrasts", "ci_low"))
    many = answers["Adjustment for multiple comparisons"]
    assert ("Bonferroni" in many) == (adjusted_for(written, "planned") or adjusted_for(written, "all pairs"))
    assert ("Inter-rater reliability" in answers) == written.has("reliability", "value", scale="overall")
    large = answers.get("Statistical power", "")
    assert ("are detectable with 80% power" in large) == written.has(
        "precision", "value", statistic="smallest_gap", scale="overall"
    )


# --- no cell says what is not known


@pytest.mark.parametrize("case", CASES)
def test_no_cell_is_nan_infinite_or_an_interval_of_no_width(case: str, reports: Reports) -> None:
    written = reports(case)
    for name, table in written.tables.items():
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers.to_numpy(np.float64)).any(), name
        for low in (column for column in table if str(column).startswith("ci_low")):
            high = str(low).replace("low", "high")
            assert not (table[low] == table[high]).any(), f"{name}: {table[table[low] == table[high]]}"
    for page in written.page.values():
        assert not re.search(r">(nan|inf|-inf|−inf)<|\bnan\b", page)


@pytest.mark.parametrize("case", CASES)
def test_few_experts_or_clips_leave_no_interval_and_no_p(case: str, reports: Reports) -> None:
    written = reports(case)
    means = written.tables["system_means"]
    few = means[(means["n_experts"] < 6) | (means["n_clips"] < 3)]
    shorts = set(few["system"])
    assert few[["se", "df", "ci_low", "ci_high"]].isna().all(axis=None)
    contrasts = written.tables.get("contrasts")
    if contrasts is not None:
        of_short = contrasts[contrasts["system_a"].isin(shorts) | contrasts["system_b"].isin(shorts)]
        inferred = [name for name in contrasts if name not in ("scale", "system_a", "system_b", "difference", "family")]
        assert of_short[inferred].isna().all(axis=None)
    if shorts:
        for table in written.tables.values():
            pooled = [name for name in table if str(name).startswith("ci_") or name in ("p", "p_holm", "p_ordinal")]
            rows = table if "system" not in table and "system_a" not in table else table.iloc[:0]
            assert rows[pooled].isna().all(axis=None)
        assert not written.has("precision", "value", statistic="smallest_gap")
        assert not written.has("precision", "value", statistic="g_coefficient")


@pytest.mark.parametrize("case", CASES)
def test_smallest_gap_lies_within_the_scale_or_is_said_not_to(case: str, reports: Reports) -> None:
    written = reports(case)
    spans = {scale.key: scale.maximum - scale.minimum for scale in written.ratings.scales}
    table = written.tables.get("precision", pd.DataFrame(columns=["scale", "statistic", "value", "note"]))
    gaps = table[table["statistic"] == "smallest_gap"]
    for row in gaps.to_dict("records"):
        assert (row["value"] <= spans[row["scale"]]) if pd.isna(row["note"]) else pd.isna(row["value"])
    if case == "scattered":
        assert gaps["note"].tolist() == ["beyond_scale"]
        assert written.says("no difference within the scale is detectable with 80% power")
        assert "量表范围内没有差值能以 80% 的检验力检出" in written.page["zh-hans"]


# --- single cases


def test_separation_is_tested_by_the_likelihood_ratio(reports: Reports) -> None:
    written = reports("separated")
    effects = written.tables["effects"].set_index(["system_a", "system_b"])
    rows = effects[effects.index.get_level_values("system_a") == "real"]
    assert rows[["test", "kind"]].to_numpy().tolist() == [["likelihood ratio", "agree"]] * 2
    assert (rows["p_ordinal"] < 1e-4).all()
    assert rows["estimate"].isna().all()
    assert written.says("has no bound then")
    assert not written.says("hangs on")
    assert not written.says("1.000")
    systems = written.tables["ordinal_model"].query("kind == 'system' and link == 'probit'")
    assert systems["se"].isna().all()
    assert (systems["p"] < 1e-4).all()


def test_unequal_means_without_variance_are_printed_alone(reports: Reports) -> None:
    written = reports("without_variance")
    assert written.tables["system_means"]["mean"].tolist() == [5.0, 3.0]
    assert written.tables["system_means"][["se", "df", "ci_low", "ci_high"]].isna().all(axis=None)
    assert "variance_components" not in written.tables
    assert written.says("the ratings of each system are all equal, so no variance can be estimated")
    assert "每个系统内的评分都相同，无法估计任何方差" in written.page["zh-hans"]
    assert not written.says("too few ratings")
    assert not written.says("% confidence interval")
    assert not written.says("Meaning of the confidence interval")


def test_equal_ratings_have_one_reason_and_no_interval(reports: Reports) -> None:
    written = reports("all_equal")
    reasons = re.findall(r"<li>([^<]*)</li>", written.page["en"])
    assert not any("too few" in reason for reason in reasons)
    assert sum("all ratings are equal" in reason for reason in reasons) > 5
    for table in written.tables.values():
        assert table[[name for name in table if str(name).startswith("ci_")]].isna().all(axis=None)
    assert not written.says("CI is the")


def test_a_variance_that_cannot_be_told_leaves_its_needs_empty(reports: Reports) -> None:
    written = reports("one_clip")
    precision = written.tables["precision"]
    assert precision["value"].isna().all()
    assert set(precision["note"]) == {"not_separable", "few_clips"}
    variances = written.tables["variance_components"].set_index("component")["variance"]
    assert np.isnan(variances["clip"])
    assert written.says("the design cannot separate")
    assert not written.has("effects", "d")


def test_five_experts_have_one_rule_in_every_sentence(reports: Reports) -> None:
    written = reports("five_experts")
    assert written.says("Overall: fewer than 6 experts. Nothing is concluded")
    assert "整体：专家少于 6 位。不作结论" in written.page["zh-hans"]
    assert not written.says("are detectable with 80% power")
    assert not written.says("hint")


def test_a_hundred_point_scale_has_no_ordinal_model_in_words(reports: Reports) -> None:
    written = reports("hundred_points")
    assert "cumulative" not in written.page["en"]
    assert "累积" not in written.page["zh-hans"]
    assert not written.says("and ordinal model")
    assert "与有序模型" not in written.page["zh-hans"]


def test_a_system_short_of_clips_leaves_the_others_tested(reports: Reports) -> None:
    written = reports("short_of_clips")
    assert written.says("Overall quality: 3 further pairs were not tested: fewer than 3 clips of a system.")
    assert "整体质量：另有 3 对系统未作检验：某个系统的片段少于 3 个。" in written.page["zh-hans"]
    table = written.tables["contrasts"]
    tested = table[table["p"].notna()]
    assert set(tested["system_a"]) | set(tested["system_b"]) == {"a", "b", "c"}
    assert tested["p_simultaneous"].to_numpy() == pytest.approx(np.minimum(1, 3 * tested["p"].to_numpy()), abs=2e-6)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_shared_clip_ids_are_said_not_to_be_used(lang: str, reports: Reports) -> None:
    words = {"en": "4 clip ids occur in several systems", "zh-hans": "有 4 个片段编号出现在多个系统中"}[lang]
    assert words in reports("same_ids").page[lang]
    assert words[2:] not in reports("incomplete").page[lang]


def test_every_verdict_against_the_smallest_gap_is_a_word(reports: Reports) -> None:
    table = reports("full").tables["equivalence"]
    assert table["verdict"].isin(["different", "equivalent", "different but small", "undecided"]).all()
    assert "equivalence" not in reports("five_experts").tables


# --- intervals of differences


@pytest.mark.parametrize("case", CASES)
def test_interval_excludes_zero_exactly_where_its_p_is_small(case: str, reports: Reports) -> None:
    table = reports(case).tables.get("contrasts")
    if table is None:
        return
    tested = table[table["p"].notna()]
    outside = (tested["ci_low_simultaneous"] > 0) | (tested["ci_high_simultaneous"] < 0)
    assert (outside == (tested["p_simultaneous"] < 0.05)).all()
    assert (tested["p_holm"] <= tested["p_simultaneous"] + 1e-6).all()


@pytest.mark.parametrize(
    ("code", "components", "sentence"),
    [
        ("at_zero", ("expert",), "the estimated variance between experts is zero"),
        ("at_zero", ("expert", "clip"), "the estimated variances between experts"),
        ("not_separable", ("expert",), "the variance between experts from the rest; it is left out"),
        ("not_separable", ("expert", "clip"), "from the rest; they are left out"),
    ],
)
def test_several_variances_are_written_in_the_plural(code: str, components: tuple[str, ...], sentence: str) -> None:
    assert sentence in in_words(note(code, "overall", components=components))["en"]
    assert "方差" in in_words(note(code, "overall", components=components))["zh-hans"]
