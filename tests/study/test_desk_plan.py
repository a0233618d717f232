"""The frozen plan at the desk, its amendments, and the log's chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import rfc8785
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from formats import study_file
from formats.errors import InputError
from study import dataset, services
from study.errors import Refused
from study.models import Event, Study
from study.preregistration import FORMS, text_for
from tests.factories import (
    begin,
    choice_toml,
    complete,
    make_expert,
    make_pair_study,
    make_reference_study,
    make_set_study,
    make_study,
    pair_toml,
    several_choices_toml,
    study_toml,
    trials_of,
    waveform_toml,
)
from tests.study.test_desk import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


PLAYERS = {"plain": study_toml(), "shown": waveform_toml(study_toml())}


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, owner=User.objects.get(username="ada"))


def amended(study: Study, **changes: object) -> str:
    analysis = {**services.versions(study)[-1].analysis, **changes}
    services.amend_plan(study, analysis=analysis, reason="The pilot taught us.", actor="researcher:ada")
    return services.versions(study)[-1].sha256


def test_the_plan_is_shown_and_what_is_downloaded_has_the_hash_that_the_page_says(study: Study, ada: Client) -> None:
    page = text(ada.get(reverse("desk:plan", args=["small"])))
    assert study.plan_sha256 in page
    assert "<dd>MIDI-GAN – REAL</dd>" in page
    assert study.plan["commitment"] in page
    assert str(study.seed) not in page
    response = ada.get(reverse("desk:plan_file", args=["small"]))
    assert hashlib.sha256(response.content).hexdigest() == study.plan_sha256
    assert 'filename="plan-small.json"' in response.headers["Content-Disposition"]
    assert json.loads(response.content)["analysis"]["smallest_gap"] == 0.5


def test_plan_calls_scales_and_systems_as_in_the_readers_language(study: Study, ada: Client) -> None:
    amended(study, primary_scale="valence", contrasts=[["real", "midi-gan"]])
    ada.cookies["django_language"] = "zh-hans"
    page = text(ada.get(reverse("desk:plan", args=["small"])))
    for said in ("overall（中）", "MIDI-GAN（中） – REAL（中）", "valence（中）", "REAL（中） – MIDI-GAN（中）"):
        assert f"<dd>{said}</dd>" in page


def test_a_plan_is_amended_at_the_desk_with_a_reason_and_the_frozen_one_stays(study: Study, ada: Client) -> None:
    before = (study.plan, study.plan_sha256)
    toml = study_file.analysis_toml({**study.file.analysis.as_json(), "smallest_gap": 0.3})
    address = reverse("desk:amend", args=["small"])
    page = text(ada.post(address, {"analysis": toml, "reason": "A pilot gave a smaller one."}, follow=True))
    assert "A pilot gave a smaller one." in page
    assert "Version 2" in page
    study.refresh_from_db()
    assert (study.plan, study.plan_sha256) == before
    event = Event.objects.get(kind="plan amended")
    assert (event.actor, event.detail["amends"]) == ("researcher:ada", study.plan_sha256)
    content = {key: value for key, value in event.detail.items() if key != "sha256"}
    assert hashlib.sha256(rfc8785.dumps(content)).hexdigest() == event.detail["sha256"]


@pytest.mark.parametrize(
    ("toml", "reason", "said"),
    [
        ("[analysis]\nalpha = 7", "Why not", "line 2, analysis.alpha: 7 is out of range"),
        ("[analysis", "Why not", "line 1: this is not valid TOML"),
        ('[analysis]\nexclusions = "\\u0000"', "Why not", "line 2, analysis.exclusions: The text contains \\u0000"),
        (f"[analysis]\n{'#' * 262_144}\nalpha = 0.01", "Why not", "larger than 256 kB"),
        (f"[analysis]\n{'.'.join('a' * 9)} = 1", "Why not", "line 2: a key has more than 8 parts"),
        (None, " ", "Enter a reason"),
        (None, "Nothing is changed", "does not change the present version"),
    ],
)
def test_an_amendment_that_is_not_in_order_is_told_and_what_was_typed_stays(
    study: Study, ada: Client, toml: str | None, reason: str, said: str
) -> None:
    sent = {"analysis": toml or study_file.analysis_toml(study.file.analysis.as_json()), "reason": reason}
    response = ada.post(reverse("desk:amend", args=["small"]), sent)
    assert response.status_code == 400
    assert said in text(response)
    assert sent["analysis"].splitlines()[-1].split(" = ")[0] in text(response)
    assert not Event.objects.filter(kind="plan amended").exists()


def test_what_answers_a_form_offers_no_other_language_for_it_can_only_be_posted_to(study: Study, ada: Client) -> None:
    switch = f'action="{reverse("room:language")}"'
    assert switch in text(ada.get(reverse("desk:plan", args=["small"])))
    told = text(ada.post(reverse("desk:amend", args=["small"]), {"analysis": "", "reason": ""}))
    assert 'class="faults"' in told
    assert switch not in told


def test_every_version_stands_on_the_one_before_and_comes_with_the_dataset(study: Study, tmp_path: Path) -> None:
    first, second = amended(study, smallest_gap=0.3), amended(study, hypotheses=["Real is better."])
    versions = services.versions(study)
    assert [version.number for version in versions] == [1, 2, 3]
    assert [version.sha256 for version in versions] == [study.plan_sha256, first, second]
    assert versions[2].changed == ("hypotheses",)
    dataset.export(study, tmp_path / "out")
    lines = (tmp_path / "out" / "events.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [row["detail"]["sha256"] for row in map(json.loads, lines) if row["kind"] == "plan amended"]
    assert kept == [first, second]


@pytest.mark.parametrize(
    ("language", "said", "unsaid"), [("en", "Nobody.", "无人。"), ("zh-hans", "无人。", "Nobody.")]
)
def test_plan_is_in_the_language_of_the_reader(
    study: Study, ada: Client, language: str, said: str, unsaid: str
) -> None:
    texts = {"en": "Nobody.", "zh-hans": "无人。"}
    toml = study_file.analysis_toml(
        {
            **study.file.analysis.as_json(),
            "hypotheses": {name: [one] for name, one in texts.items()},
            **{"exclusions": texts, "dropouts": texts},
        }
    )
    analysis = study_file.parse_analysis(toml, study.file).as_json()
    assert study_file.parse_analysis(study_file.analysis_toml(analysis), study.file).as_json() == analysis
    amended(study, **analysis)
    ada.cookies["django_language"] = language
    page = text(ada.get(reverse("desk:plan", args=["small"]))).partition("<textarea")[0]
    assert page.count(f"{said}</") == 3
    assert unsaid not in page
    study.file = study.file.changed(analysis=analysis)
    for form in FORMS:
        written = text_for(study, form, language)
        assert said in written
        assert unsaid not in written


def test_a_draft_and_an_unsealed_study_take_no_amendment(tmp_path: Path, study: Study) -> None:
    draft = make_study(tmp_path, slug="draft", draft=True)
    services.close_study(study, actor="test")
    amended(study, alpha=0.01)
    services.open_seal(study, actor="test")
    for one in (draft, study):
        with pytest.raises(Refused, match="after the study opens and before it is unblinded"):
            amended(one, alpha=0.02)


def test_no_address_edits_a_study_that_is_open(study: Study, ada: Client) -> None:
    before = Study.objects.values().get()
    ada.post(reverse("desk:discard", args=["small"]))
    assert "Only a draft" in text(ada.get(reverse("desk:study", args=["small"])))
    assert Study.objects.values().get() == before


@pytest.mark.parametrize("make", [make_study, make_pair_study, make_set_study])
def test_a_draft_is_discarded_for_good(make: Callable[..., Study], tmp_path: Path, ada: Client) -> None:
    study = make(tmp_path, draft=True)
    Study.objects.filter(pk=study.pk).update(owner=User.objects.get(username="ada"))
    assert "Delete small" in text(ada.get(reverse("desk:study", args=["small"])))
    ada.post(reverse("desk:discard", args=["small"]))
    assert not Study.objects.exists()


def test_the_section_of_the_plan_is_read_back_as_it_was_written() -> None:
    file, _ = study_file.read(Path("fixtures/studies/recordings.toml"))
    analysis = {**file.analysis.as_json(), "exclusions": 'Those who say "no"\nor \\ nothing, 如此。'}
    assert study_file.parse_analysis(study_file.analysis_toml(analysis), file).as_json() == analysis
    with pytest.raises(InputError, match=r"line 3, alpha: There is no such key"):
        study_file.parse_analysis("[analysis]\n\n[alpha]\n", file)


def test_the_command_verifies_a_log_and_finds_what_was_altered(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    amended(study, alpha=0.01)
    head = study.events.order_by("-number")[0].hash
    call_command("verify_log", "small", known=head)
    assert f"4 events, each as it was written. Hash of the newest: {head}" in capsys.readouterr().out
    dataset.export(study, tmp_path / "out")
    call_command("verify_log", str(tmp_path / "out" / "events.jsonl"), known=head)
    with pytest.raises(CommandError, match="no event has the hash"):
        call_command("verify_log", "small", known="0" * 64)
    Event.objects.filter(study=study, number=2).update(actor="nobody")
    with pytest.raises(CommandError, match="event 2 was changed"):
        call_command("verify_log", "small")


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda text: text.replace('"kind":"opened"', '"kind":"closed"'), "event 3 was changed"),
        (lambda text: "\n".join(text.splitlines()[1:]), "event 1 was changed"),
        (lambda text: "no json", "line 1: this is no event of a log"),
    ],
)
def test_an_altered_log_of_a_dataset_is_found(study: Study, tmp_path: Path, alter: object, said: str) -> None:
    dataset.export(study, tmp_path / "out")
    log = tmp_path / "out" / "events.jsonl"
    log.write_text(alter(log.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(CommandError, match=said):
        call_command("verify_log", str(log))


def test_an_altered_plan_is_found_by_the_command_and_told_on_the_logs_page(study: Study, ada: Client) -> None:
    address = reverse("desk:log", args=["small"])
    assert "events and the study plan are unchanged" in text(ada.get(address))
    Study.objects.update(plan={**study.plan, "analysis": {}})
    assert "the study plan differs" in text(ada.get(address))
    with pytest.raises(CommandError, match="not the one that was frozen"):
        call_command("verify_log", "small")
    Event.objects.filter(number=1).update(actor="nobody")
    assert "event 1 of the event log was changed" in text(ada.get(address))


def test_the_study_page_checks_only_the_events_that_it_shows(study: Study, ada: Client) -> None:
    make_expert(study, "e01")
    for number in range(30):
        services.log_event(study, actor="test", kind=f"event {number}")
    Event.objects.filter(study=study, number=1).update(kind="never happened")
    address = reverse("desk:study", args=["small"])
    assert "Integrity check failed" not in text(ada.get(address))
    Event.objects.filter(study=study, number=25).update(kind="never happened")
    assert "event 25 of the event log was changed" in text(ada.get(address))
    with CaptureQueriesContext(connection) as few:
        ada.get(address)
    for number in range(200):
        services.log_event(study, actor="test", kind=f"event {number}")
    with CaptureQueriesContext(connection) as many:
        ada.get(address)
    assert len(many) == len(few) <= 15


@pytest.mark.parametrize("form", ["osf", "aspredicted"])
def test_text_for_a_registry_fills_its_fields_from_the_plan(study: Study, ada: Client, form: str) -> None:
    assert reverse("desk:registration", args=["small", form]) in text(ada.get(reverse("desk:plan", args=["small"])))
    page = ada.get(reverse("desk:registration", args=["small", form])).content.decode()
    for said in (
        "No, no data have been collected for this study yet.",
        "MIDI-GAN – REAL",
        "valence (valence), 1–5: What it means",
        "2 experts (all: 2), each with 4 trials.",
        "α = 0.05",
        "within ±0.5",
        study.plan_sha256,
        "random effects of experts",
    ):
        assert said in page, said
    assert all(body.strip() for body in page.split("## ")[1:])


def test_text_for_a_registry_says_when_data_have_been_collected(study: Study, ada: Client) -> None:
    expert = make_expert(study)
    begin(expert)
    complete(expert, trials_of(expert)[0])
    page = ada.get(reverse("desk:registration", args=["small", "osf"])).content.decode()
    assert "Yes. Ratings have been collected since the study was opened." in page
    assert ada.get(reverse("desk:registration", args=["small", "other"])).status_code == 404


def test_text_for_a_registry_of_a_comparison_names_its_model(tmp_path: Path, ada: Client) -> None:
    study = make_pair_study(tmp_path, owner=User.objects.get(username="ada"))
    page = ada.get(reverse("desk:registration", args=[study.slug, "osf"])).content.decode()
    assert "cumulative-link mixed model" in page
    assert "two clips per trial" in page
    assert "linear mixed model" not in page


@pytest.mark.parametrize("form", FORMS)
def test_text_for_a_registry_names_the_model_of_choices(tmp_path: Path, form: str) -> None:
    texts = [choice_toml(practice=0), choice_toml(practice=0, scales=("overall",))]
    texts.append(several_choices_toml(pair_toml(practice=0), ("midi-gan", "real")))
    made = [make_study(tmp_path, slug=f"small-{number}", text=toml) for number, toml in enumerate(texts)]
    written = [text_for(study, form, "en") for study in made]
    assert all("Origin (origin): Who made it? [human = A person; computer = A program]" in one for one in written)
    assert all("a mixed probit (signal detection) with d'" in one for one in written)
    assert ["linear mixed model" in one for one in written] == [False, True, False]
    assert ["cumulative-link mixed model" in one for one in written] == [False, False, True]
    assert ["without a test" in one for one in written] == [False, False, True]


def test_text_for_a_registry_says_if_waveforms_are_shown(tmp_path: Path) -> None:
    plain, shown = (make_study(tmp_path, slug=slug, text=text) for slug, text in PLAYERS.items())
    for form in FORMS:
        assert "waveform" not in text_for(plain, form, "en")
        assert "The player shows a waveform of each clip" in text_for(shown, form, "en")


@pytest.mark.parametrize(
    ("hidden", "copy"), [(None, ""), (False, "No copy of it is"), (True, "An unmarked copy of it")]
)
def test_text_for_a_registry_names_the_reference(tmp_path: Path, hidden: bool | None, copy: str) -> None:
    study = make_set_study(tmp_path) if hidden is None else make_reference_study(tmp_path, "all", hidden=hidden)
    for form in FORMS:
        written = text_for(study, form, "en")
        named = [words for words in ("No copy of it is", "An unmarked copy of it") if words in written]
        assert named == [copy] * bool(copy)
        assert ("Each trial has a reference, marked as such" in written) == bool(copy)
