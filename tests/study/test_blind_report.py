"""The report under codes: when it is made, and that nothing in it depends on which system made a clip."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import translation

from formats.errors import InputError
from study import clock, dataset, jobs, services
from study.dataset import disguise, rows, schema
from study.jobs.work import STEPS
from study.models import Job, Study
from tests.factories import (
    begin,
    choice_toml,
    clips_of,
    hear,
    make_abx_study,
    make_expert,
    make_pair_study,
    make_set_study,
    make_study,
    rate,
    rate_all,
    set_toml,
    trials_of,
)

pytestmark = pytest.mark.django_db
SYSTEMS = ("midi-gan", "music-vae", "transformer", "real")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


def rated(folder: Path, experts: int = 3) -> Study:
    """A closed study of some experts."""
    study = make_study(folder, systems=SYSTEMS, slots=3)
    for number in range(experts):
        expert = make_expert(study, f"e{number:02d}")
        begin(expert)
        rate_all(expert, 1 + number)
        services.submit(expert)
    services.close_study(study, actor="test")
    return study


def codes_of(study: Study) -> dict[str, str]:
    """The code of each clip's own system."""
    return {clip.clip_id: clip.system.code for clip in rows.study_clips(study) if clip.system}


def test_blind_report_assigns_clips_to_codes_at_random(tmp_path: Path) -> None:
    study = rated(tmp_path)
    drawn = []
    for _ in range(8):
        with services.blind_dataset(study, actor="researcher:ada") as folder:
            text = (folder / "data" / "study-small_task-rating_data.csv").read_text(encoding="utf-8")
        pairs = {(row["clip_id"], row["system"]) for row in csv.DictReader(io.StringIO(text))}
        assert not folder.exists()
        assert len(pairs) == len(dict(pairs))  # one code for each clip, in every row
        drawn.append(dict(pairs))
    assert len({tuple(sorted(one.items())) for one in drawn}) > 1
    assert all(one != {clip: code for clip, code in codes_of(study).items() if clip in one} for one in drawn)
    assert set(study.events.filter(kind=services.MADE).values_list("actor", flat=True)) == {"researcher:ada"}


def test_random_codes_are_right_as_often_as_by_chance(tmp_path: Path) -> None:
    """Of four codes one clip in four has its own, so what a report shows of a code says nothing about its system."""
    study = make_study(tmp_path, systems=SYSTEMS, clips=4)
    own = codes_of(study)
    draws = [disguise.codes_at_random(study) for _ in range(400)]
    assert all(Counter(drawn.values()) == Counter(own.values()) for drawn in draws)
    hits = sum(drawn[clip] == code for drawn in draws for clip, code in own.items())
    # A random permutation of 16 clips in fours: 4 hits on average, variance 16**2 * (1/4 * 3/4) / 15 (Hoeffding 1951).
    assert abs(hits - 400 * 4) < 5 * (400 * 3.2) ** 0.5


def of_kind(kind: str, folder: Path) -> Study:
    """A study of trials with several clips, or with a right answer; clips that are not matched are "free"."""
    shape: dict[str, Any] = {"systems": SYSTEMS[1:], "practice": 0, "repeats": 0, "clips": 4, "slots": 6}
    if kind in {"pairs", "free"}:
        return make_pair_study(folder, rounds=2, match="prompt" if kind == "pairs" else "none", **shape)
    if kind == "choices":
        return make_study(folder, text=choice_toml(heard=4, **shape), systems=SYSTEMS[1:], clips=4, practice=0)
    if kind == "mushra":
        said = 'reference = "real"\nhidden_reference = true\nanchors = ["music-vae"]\n[design]'
        text = set_toml(heard=4, scales=("overall",), **shape).replace("[design]", said)
        return make_study(folder, text=text, systems=SYSTEMS[1:], clips=4, practice=0)
    make = {"sets": make_set_study, "abx": make_abx_study}[kind]
    return make(folder, **shape, **({"rounds": 2} if kind == "abx" else {"heard": 4, "scales": ("overall",)}))


def answered(study: Study, experts: int = 6) -> Study:
    """Closed after experts who often prefer, rate highest, and take for human, the system that the file has last."""
    rng = Random(7)
    for number in range(experts):
        expert = make_expert(study, f"panel{number:02d}")
        begin(expert)
        for trial in trials_of(expert):
            hear(expert, trial)
            clips = [clip.system.system_id if clip.system else "" for clip in clips_of(trial)]
            for asked in study.file.numbered:
                values = list(asked.values)
                for place, system in enumerate(clips if study.file.has_sets else clips[:1], start=1):
                    best = (clips[-1] if study.file.trial.clips == 2 else system) == SYSTEMS[-1]
                    rate(
                        expert,
                        trial,
                        asked.key,
                        values[-1] if best and rng.random() < 0.6 else rng.choice(values),
                        place=place,
                    )
        services.submit(expert)
    services.close_study(study, actor="test")
    return study


KINDS = {
    "pairs": {"contrasts", "strengths", "win_matrix", "variance_components", "checklist"},
    "free": {"contrasts", "strengths", "win_matrix", "variance_components", "checklist"},
    "sets": {"system_means", "contrasts", "variance_components", "checklist"},
    "mushra": {"system_means", "contrasts", "variance_components", "checklist"},
    "choices": {"discrimination", "shares", "checklist"},
    "abx": {"abx", "variance_components", "checklist"},
}


@pytest.mark.usefixtures("_time_passes")
@pytest.mark.parametrize("kind", list(KINDS))
def test_blind_report_of_each_kind_has_aggregates_under_codes(kind: str, tmp_path: Path) -> None:
    study, out = answered(of_kind(kind, tmp_path / "study")), tmp_path / "report"
    with services.blind_dataset(study, actor="test") as folder:
        call_command("analyse", str(folder), "--out", str(out), "--no-figures", "--replicates", "1000")
    tables = {path.stem for path in (out / "tables").glob("*.csv")}
    assert KINDS[kind] <= tables
    assert not {"screening", "expert_consistency", "discrimination_experts", "planned_contrasts", "anchors"} & tables
    texts = [
        path.read_text(encoding="utf-8") for path in out.rglob("*") if path.suffix in {".html", ".csv", ".md", ".tex"}
    ]
    systems = {system.id for system in study.file.systems} | {
        label for s in study.file.systems for label in s.label.values()
    }
    assert [name for name in systems for text in texts if name in text] == []
    assert not any(expert.code in text for text in texts for expert in study.experts.all())
    assert not any(clip.clip_id in text for text in texts for clip in study.clips.all())
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "clips were assigned to codes at random" in page
    assert "Results by clip and by expert are left out until unblinding." in page


def test_blind_report_says_that_the_plan_was_amended(tmp_path: Path) -> None:
    study, out = rated(tmp_path), tmp_path / "report"
    analysis = {**study.plan["analysis"], "alpha": 0.01}
    services.amend_plan(study, analysis=analysis, reason="A stricter level.", actor="test")
    with services.blind_dataset(study, actor="test") as folder:
        call_command("analyse", str(folder), "--out", str(out), "--no-figures", "--replicates", "1000")
    day = study.events.get(kind="plan amended").at.date().isoformat()
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["report"]["plan_amended"] == day


@pytest.mark.usefixtures("_time_passes")
@pytest.mark.parametrize("kind", list(KINDS))
def test_named_report_has_the_tables_of_the_blinded_one(kind: str, tmp_path: Path) -> None:
    """What is settled blind can be computed after unblinding, with the systems' names."""
    study = answered(of_kind(kind, tmp_path / "study"))
    services.open_seal(study, actor="test")
    dataset.export(study, tmp_path / "dataset")
    out = tmp_path / "report"
    call_command("analyse", str(tmp_path / "dataset"), "--out", str(out), "--no-figures", "--replicates", "1000")
    assert KINDS[kind] <= {path.stem for path in (out / "tables").glob("*.csv")}
    assert "assigned to codes at random" not in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("_time_passes")
def test_choices_beside_ratings_have_a_blinded_report_too(tmp_path: Path) -> None:
    shape: dict[str, Any] = {"systems": SYSTEMS[1:], "practice": 0, "repeats": 0, "clips": 4, "slots": 6}
    text = choice_toml(heard=4, scales=("overall",), **shape)
    study = answered(make_study(tmp_path / "study", text=text, systems=SYSTEMS[1:], clips=4, practice=0))
    step = _step_of_report(study)
    assert "--choices" in step
    folders = [Path(step[step.index(name) + 1]) for name in ("--out", "--choices")]
    call_command(*step, stdout=io.StringIO())
    ratings, choices = ({path.stem for path in (folder / "tables").glob("*.csv")} for folder in folders)
    assert {"system_means", "shares"} == {"system_means", "shares"} & (ratings | choices)
    assert "shares" not in ratings
    assert "system_means" not in choices
    assert all("assigned to codes at random" in (folder / "report.html").read_text("utf-8") for folder in folders)


def _step_of_report(study: Study) -> list[str]:
    """The command of the job by which the dashboard makes a report before unblinding."""
    user = User.objects.create(username="ada")
    [step] = STEPS[Job.Kind.REPORT](jobs.prepare(Job.Kind.REPORT, user=user, study=study, slug=study.slug))
    return step.arguments


@pytest.mark.usefixtures("_time_passes")
@pytest.mark.parametrize("kind", ["pairs", "free", "sets", "abx"])
def test_trials_under_codes_keep_their_form(kind: str, tmp_path: Path) -> None:
    """Each trial has different codes, and as often as by chance its own: one in three."""
    study = answered(of_kind(kind, tmp_path))
    own, hits, total = codes_of(study), 0, 0
    for _ in range(20):
        drawn = disguise.Disguise(study)
        for expert in study.experts.all():
            for trial in trials_of(expert):
                clips = [clip.clip_id for clip in clips_of(trial)]
                shown = [drawn.clip(expert.code, clip) for clip in clips]
                assert len({code for code, _ in shown}) == len(clips)
                assert all(own[clip] == code for code, clip in shown)  # a clip is of the system that its code has
                hits, total = (
                    hits + sum(own[c] == code for c, (code, _) in zip(clips, shown, strict=True)),
                    total + len(clips),
                )
    assert abs(hits / total - 1 / 3) < 0.1


@pytest.mark.usefixtures("_time_passes")
def test_what_x_is_and_what_is_right_is_drawn(tmp_path: Path) -> None:
    """Else the share of right answers would be the result, whatever codes the systems have."""
    study = answered(of_kind("abx", tmp_path / "abx"))
    correct = [column.name for column in schema.x_columns(study.file, "coded")].index("correct")
    right = [row[correct] == 1 for _ in range(20) for row in rows.x_choices(study, "coded", disguise.Disguise(study))]
    assert 0.4 < sum(right) / len(right) < 0.6
    assert len({tuple(disguise.Disguise(study).rights.items()) for _ in range(60)}) == 6


def test_blind_report_is_of_a_closed_study_alone(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    with pytest.raises(InputError, match="after the study is closed"), services.blind_dataset(study, actor="test"):
        pass
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    with pytest.raises(InputError, match="before it is unblinded"), services.blind_dataset(study, actor="test"):
        pass


def test_failed_report_does_not_name_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the analysis says of a row would name the clip of a trial."""
    from study.management.commands import report_under_codes

    def refused(*_: object, **__: object) -> None:
        raise CommandError("line 7: expert e01 rates clip x of A twice")

    rated(tmp_path, experts=1)
    monkeypatch.setattr(report_under_codes, "call_command", refused)
    with pytest.raises(CommandError) as error:
        call_command("report_under_codes", "small", "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert "e01" not in str(error.value)
    assert "Unblind the study" in str(error.value)


def test_analysis_of_a_sealed_dataset_says_that_it_is_sealed(tmp_path: Path) -> None:
    dataset.export(rated(tmp_path, experts=1), tmp_path / "out")
    with pytest.raises(CommandError, match="was exported while the study was sealed: it does not say which system"):
        call_command("analyse", str(tmp_path / "out"), "--out", str(tmp_path / "report"), stdout=io.StringIO())
    assert not (tmp_path / "report").exists()
