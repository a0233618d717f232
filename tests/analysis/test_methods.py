from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.intake import size_told
from analysis.data.ratings import read
from analysis.report.checklist import checklist, checklist_frame
from analysis.report.findings import Findings
from analysis.report.methods import DESIGN, methods
from formats import study_file
from formats.messages import LANGUAGES
from formats.reference import Reference
from tests.analysis.builders import make_dataset
from tests.analysis.shared_findings import found, of_others, study

STAMP = {"versions": "Python 3", "seed": "7", "dataset_hash": "d" * 64}


def findings_of(changes: dict[str, object]) -> Findings:
    """Those of the study, with its plan unless that is taken away."""
    return found(planned="plan_sha256" not in changes)


def text(lang: str = "en", **changes: object) -> str:
    ratings = replace(study(), **changes)  # type: ignore[arg-type]
    return "\n".join(paragraph[lang] for paragraph in methods(of_others(findings_of(changes), ratings), STAMP))


def test_the_text_is_the_plans_and_the_ratings_own() -> None:
    plan = {**study().plan, "exclusions": "Nobody is excluded.", "dropouts": "Kept as far as they go."}
    design = {"heard_per_expert": 10, "clips_per_system": 13, "repeats": 2, "practice": 3}
    written = text(plan=plan, design=design)
    for words in ("7 experts rated 8 clips of 2 systems", "SHA-256 " + "b" * 64, "MIDI-GAN − Real music", "0.5 points"):
        assert words in written
    for words in (
        "10 of 13 clips",
        "Nobody is excluded. Kept as far",
        "Confidence intervals are at 90%",
        "1,000 replicates",
        "seed 7",
    ):
        assert words in written


def test_without_a_plan_everything_is_exploratory_and_no_design_is_claimed() -> None:
    written = text(plan={}, plan_sha256=None, planned_scales=())
    assert "all results are exploratory" in written
    assert "balanced over experts" not in written
    assert "SESOI" not in written


def test_simulated_ratings_are_named_first() -> None:
    assert text(is_simulated=True).startswith("The ratings are SIMULATED")


def test_a_plan_worded_in_two_languages_is_given_in_each() -> None:
    plan = {**study().plan, "exclusions": {"en": "Nobody.", "zh-hans": "无人排除。"}}
    assert "无人排除。" in text("zh-hans", plan=plan)
    assert "Nobody." in text("en", plan=plan)


def test_chinese_methods_text_of_the_shipped_study_has_no_english_sentence() -> None:
    shipped = study_file.read(Path("fixtures/studies/daur.toml"))[0].analysis.as_json()
    plan = {**study().plan, **{key: shipped[key] for key in ("exclusions", "dropouts")}}
    written = text("zh-hans", plan=plan)
    assert "留一法" in written
    assert "。 " not in written
    assert re.findall(r"\b[a-z]+(?: [a-z]+){3,}", written) == []
    assert re.findall(r"\b[a-z]+(?: [a-z]+){3,}", text("en", plan=plan))


def test_the_checklist_answers_what_the_ratings_know_and_leaves_the_rest_to_the_authors() -> None:
    rows = checklist(found())
    answers = {item["en"]: (is_open, answer["en"]) for is_open, item, answer in rows}
    assert answers["Number of participants and their expertise"][1].startswith("7 experts")
    assert answers["Real music among the clips, unmarked"] == (False, "Real music: yes, Real music.")
    assert answers["Recruitment and payment"][0]
    assert answers["Preregistration"][1] == f"Yes (SHA-256 {'b' * 64})."
    assert "unknown" not in str(answers)
    assert all("{" not in answer[lang] for _, _, answer in rows for lang in LANGUAGES)
    assert len(checklist_frame(rows)) == len(rows) > 20
    assert [is_open for is_open, *_ in rows].count(False) >= 0.9 * len(rows)
    assert answers["Invited, withdrawn and dropped-out participants"][1].startswith("Invited: 9; withdrew: 1;")
    assert "7 passed" in answers["Playback (device, room, volume, practice)"][1]


def test_checklist_of_a_table_claims_nothing_of_a_study() -> None:
    bare = replace(study(), plan={}, plan_sha256=None, planned_scales=(), flow={}, experts=None)
    is_open = {item["en"]: for_authors for for_authors, item, _ in checklist(of_others(found(planned=False), bare))}
    assert "Informed consent" not in is_open
    assert is_open["Playback (device, room, volume, practice)"]
    assert is_open["Selection of clips"]


def test_one_of_anything_is_named_in_the_singular() -> None:
    one = study().frame.iloc[:1]
    plan, design = {**study().plan, "smallest_gap": 1.0}, {**dict.fromkeys(DESIGN, 1)}
    written = text(frame=one, n_missing=1, plan=plan, design=design)
    assert "1 expert rated 1 clip of 1 system on" in written
    assert "1 rating counts." in written
    assert "1 rating was left empty." in written
    assert "Smallest effect size of interest (SESOI): 1 point." in written
    assert "after 1 practice clip not counted" in written
    again = pd.concat([one, one.assign(is_repeat=True)])
    assert "1 rating of repeated clips is left out of all means." in text(frame=again)
    assert size_told(replace(study(), frame=one), "en") == "Working on 1 rating by 1 expert of 1 clip ..."


@pytest.mark.parametrize("shown", [True, False])
def test_waveform_is_named_where_players_show_it(shown: bool, tmp_path: Path) -> None:
    assert read(make_dataset(tmp_path / "d", trial={"waveform": shown})).has_waveform == shown
    ratings = replace(study(), has_waveform=shown)
    rows = {item["en"]: answer["en"] for _, item, answer in checklist(of_others(found(), ratings))}
    assert ("What experts saw of the clips" in rows) == shown
    assert ("The player shows a waveform of each clip" in text(has_waveform=shown)) == shown


MUSHRA = Reference("real", is_hidden=True, anchors=("low", "mid"))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (None, ()),
        (Reference("prompt"), ("the prompt of its clips.", "No copy of it")),
        (Reference("original"), ("the clip of “original” for", "No copy of it")),
        (Reference("a", labels={"a": {"en": "Recording"}}), ("the clip of “Recording” for",)),
        (Reference("real", is_hidden=True), ("the clip of “real” for", "(hidden reference)")),
        (Reference("real", is_hidden=True).under_codes(), ("does not name its system", "(hidden reference)")),
        (MUSHRA, ("the clip of “real” for", "not marked: “low”, “mid”.", "the form of MUSHRA (ITU-R BS.1534-3).")),
        (MUSHRA.under_codes(), ("does not name its system", "2 of the clips are anchors. With these three")),
        (replace(MUSHRA, is_hidden=False), ("not marked: “low”, “mid”.",)),
    ],
)
def test_reference_is_named_if_there_is_one(reference: Reference | None, said: tuple[str, ...]) -> None:
    ratings = replace(study(), reference=reference)
    rows = {item["en"]: answer["en"] for _, item, answer in checklist(of_others(found(), ratings))}
    answer = rows.get("Reference, hidden reference and anchors", "")
    written = text(reference=reference)
    assert all(words in answer for words in said)
    assert bool(answer) == (reference is not None) == ("Each trial has a reference" in written)
    assert answer in written
    assert ("“real”" in written) == (reference is not None and reference.system == "real")
    assert ("MUSHRA" in written) == (reference is not None and reference.is_mushra)
