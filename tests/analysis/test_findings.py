from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.data.ratings import Ratings
from analysis.report import findings
from analysis.report.conclusions import verdicts
from analysis.report.findings import Findings
from analysis.report.sections import compute
from analysis.statistics import mixed_model
from formats.messages import LANGUAGES
from tests.analysis.builders import SIX, make_frame, make_ratings
from tests.analysis.shared_findings import PLAN, found, study


def said(lang: str = "en", *, planned: bool = True) -> list[str]:
    systems = SIX[:2] if planned else SIX
    return sentences(study(systems, planned=planned), found(systems, planned=planned), lang)


def sentences(ratings: Ratings, statistics: Findings, lang: str = "en") -> list[str]:
    """What is concluded on each scale."""
    return [text[lang] for scale in statistics.fits for text in verdicts(ratings, statistics, scale)]


def test_planned_contrast_is_told_with_its_interval_and_p() -> None:
    row = found().frames["contrasts"].set_index("scale").loc["overall"]
    (sentence,) = [text for text in said() if text.startswith("Overall quality")]
    assert "MIDI-GAN" in sentence
    assert "90% CI" in sentence
    low, high = (f"{row[name]:.2f}" for name in ("ci_low_simultaneous", "ci_high_simultaneous"))
    assert f"{low} to {high}".replace("-", "−") in sentence
    assert f"p = {row['p_simultaneous']:.3f}".replace("0.", ".") in sentence
    assert "adjusted" not in sentence
    assert "SESOI, 0.5 points" in sentence


def test_without_a_plan_all_pairs_are_counted_and_nothing_found_is_not_called_equal() -> None:
    for text in said(planned=False):
        assert "of 15 " in text
        assert "p adjusted for 15 differences" in text
        assert ("pairs differ" in text) or ("not evidence that the systems are equal" in text)


def test_a_single_pair_is_told_like_a_planned_one() -> None:
    ratings, statistics = study(planned=False), found(planned=False)
    texts = sentences(ratings, statistics)
    assert all("Real music and MIDI-GAN" in text or "Real music is rated" in text for text in texts)
    assert all("95% CI" in text for text in texts)


def test_both_languages_say_as_much() -> None:
    assert len(said("en")) == len(said("zh-hans")) == 2
    assert all("MIDI-GAN" in text for text in said("zh-hans"))


def test_few_experts_conclude_nothing() -> None:
    frame = make_frame(SIX[:2], experts=5).assign(is_repeat=False)
    ratings = make_ratings(SIX[:2], frame=frame)
    statistics = compute(ratings, replicates=1000, seed=1)
    texts = sentences(ratings, statistics)
    assert len(texts) == 2
    assert all("Nothing is concluded" in text for text in texts)


def test_what_one_system_and_one_expert_cannot_give_is_named_in_every_language() -> None:
    frame = make_frame(("mine",), ("overall",), experts=1, clips=2).assign(is_repeat=False)
    statistics = compute(make_ratings(("mine",), ("overall",), frame=frame), replicates=1000, seed=1)
    assert {"contrasts", "omnibus", "agreement_by_group", "sensitivity", "clip_correlations"} <= set(statistics.missing)
    assert not set(statistics.missing) & set(statistics.frames)
    assert all(text[lang] for text in statistics.missing.values() for lang in LANGUAGES)
    texts = sentences(make_ratings(("mine",), ("overall",)), statistics)
    assert texts == ["Overall quality: no difference could be tested: only one system was rated."]


def test_the_two_models_are_compared_in_words_on_every_scale() -> None:
    for lang, scales in (("en", ("Valence:", "Overall quality:")), ("zh-hans", ("情感效价：", "整体质量："))):
        notes = [note[lang] for note in found().fit_notes]
        for scale in scales:
            assert any(note.startswith(scale) and ("ordinal" in note or "有序" in note) for note in notes)


def test_of_more_pairs_than_anyone_reads_only_planned_ones_are_analysed_in_other_ways() -> None:
    many = tuple(f"s{n:02d}" for n in range(13))
    fit = mixed_model.fit(make_frame(many, ("overall",), experts=6), "overall")
    ratings = make_ratings(many, ("overall",))
    assert findings.sensitivity_pairs(ratings, fit) == []
    assert len(findings.sensitivity_pairs(replace(ratings, real_system="s03"), fit)) == 12


def test_clips_that_experts_knew_have_a_row_and_scales_that_go_together_a_table() -> None:
    table = found().frames["sensitivity"]
    row = table[(table["analysis"] == "without_known") & (table["scale"] == "overall")].iloc[0]
    whole = table[(table["analysis"] == "main") & (table["scale"] == "overall")].iloc[0]
    assert row["n_ratings"] == whole["n_ratings"] - 4
    assert set(found().frames["scale_correlations"]["level"]) == {"rating", "clip"}


def test_metrics_between_systems_come_with_the_sentence_that_so_few_points_cannot_carry_them() -> None:
    statistics = found(SIX, planned=False)
    assert "system_correlations" in statistics.frames
    assert any("5 systems are 5 points, too few for a correlation" in text["en"] for text in statistics.metric_notes)


def test_under_the_seal_no_pair_is_taken_for_a_planned_one() -> None:
    ratings = study()
    assert findings.planned_pairs(ratings, "overall") == [("midi-gan", "real")]
    assert findings.planned_pairs(ratings, "valence") == []
    assert findings.planned_pairs(replace(ratings, is_sealed=True), "overall") == []


@pytest.mark.parametrize(("plan", "first"), [(PLAN, "overall"), ({}, "valence")])
def test_the_primary_scale_is_the_plans_or_the_first(plan: dict[str, object], first: str) -> None:
    ratings = replace(study(), plan=plan, planned_scales=("overall",) if plan else ())
    assert findings.primary_scale(ratings) == first
