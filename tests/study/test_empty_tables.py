"""Tables of a dataset without rows, for nobody answered what they hold: the rest is analysed all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.data import choices, comparisons, ratings
from formats.errors import InputError
from study import dataset, services
from study.models import Expert, Listening, Study
from tests.factories import (
    begin,
    checks_toml,
    hear,
    make_expert,
    make_pair_study,
    make_study,
    pair_toml,
    rate,
    several_choices_toml,
    study_toml,
    texts_toml,
    trials_of,
)

pytestmark = pytest.mark.django_db


def begun(study: Study) -> Expert:
    """An expert who has heard the first trial and answered nothing."""
    expert = make_expert(study)
    begin(expert)
    hear(expert, trials_of(expert)[0])
    return expert


def exported(study: Study, folder: Path) -> Path:
    services.close_study(study, actor="command")
    services.open_seal(study, actor="command")
    dataset.export(study, folder / "out")
    return folder / "out"


def test_questions_in_words_may_have_no_answer(tmp_path: Path) -> None:
    study = make_study(tmp_path, text=texts_toml(study_toml(practice=0)))
    rate(expert := begun(study), trials_of(expert)[0])
    data = ratings.read(exported(study, tmp_path))
    assert [count for _, count in data.written] == [0, 0]


def test_attention_checks_may_have_no_answer(tmp_path: Path) -> None:
    study = make_study(tmp_path, text=checks_toml(study_toml(practice=0), failed=1))
    rate(expert := begun(study), trials_of(expert)[0])
    attention = ratings.read(exported(study, tmp_path)).attention
    assert attention is not None
    assert (attention.answered, attention.excluded) == (0, ())
    assert attention.table.to_dict("records") == [{"expert_id": "e01", "passed": 0, "answered": 0, "excluded": 0}]


def test_listening_may_have_no_rows(tmp_path: Path) -> None:
    study = make_pair_study(tmp_path)
    rate(expert := begun(study), trials_of(expert)[0], "better", 1)
    Listening.objects.all().delete()  # as in simulated copies of earlier versions
    assert comparisons.read(exported(study, tmp_path)).listened is None


def test_choices_of_clips_are_read_without_those_of_trials(tmp_path: Path) -> None:
    text = several_choices_toml(pair_toml(practice=0), ("midi-gan", "real"))
    study = make_study(tmp_path, text=text)
    rate(expert := begun(study), trials_of(expert)[0], "origin", 1)
    assert choices.read(exported(study, tmp_path)).questions == ("origin",)


def test_dataset_without_any_choice_is_refused_in_words(tmp_path: Path) -> None:
    text = several_choices_toml(pair_toml(practice=0), ("midi-gan", "real"))
    study = make_study(tmp_path, text=text)
    rate(expert := begun(study), trials_of(expert)[0], "better", 1)
    with pytest.raises(InputError, match="holds no answer that counts"):
        choices.read(exported(study, tmp_path))


def test_first_clip_may_never_be_preferred(tmp_path: Path) -> None:
    study = make_pair_study(tmp_path)
    rate(expert := begun(study), trials_of(expert)[0], "better", 1)
    data = comparisons.read(exported(study, tmp_path))
    assert (data.largest, len(data.frame)) == ({"better": 3.0}, 1)
