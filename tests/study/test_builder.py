"""The builder's pages: who may see them, what they save, undoing, and the study that comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from formats.messages import language_tag
from formats.study_file import parse
from study.builder import drafts, urls
from study.builder.content import Content
from study.builder.forms import TEMPLATES
from study.builder.steps import STEPS
from study.builder.toml_text import content_of, toml_of
from study.desk.new import EXAMPLES
from study.models import Draft, Job
from tests.factories import make_study, study_toml
from tests.study.test_desk import client_of, text

pytestmark = pytest.mark.django_db

PILOT = EXAMPLES / "pilot.toml"


@pytest.fixture
def draft(ada: Client) -> Draft:
    content = content_of(PILOT.read_text(encoding="utf-8"))
    return drafts.make_draft(content, User.objects.get(username="ada"), "my-pilot")


def content(draft: Draft) -> Content:
    draft.refresh_from_db()
    return drafts.content_of_draft(draft)


def page(draft: Draft, step: str = "start") -> str:
    return reverse("builder:step", args=[draft.token, step])


def save(client: Client, draft: Draft, step: str, fields: dict[str, str], shape: int | None = None) -> Any:
    """Saves as the page's script does."""
    draft.refresh_from_db()
    sent = {"shape": str(draft.shape if shape is None else shape), **fields}
    return client.post(page(draft, step), sent, headers={"accept": "application/json"})


def press(client: Client, draft: Draft, step: str, do: str, **fields: Any) -> str:
    """Presses a button of the page; where it leads."""
    draft.refresh_from_db()
    return str(client.post(page(draft, step), {"shape": draft.shape, "do": do, **fields}).headers["Location"])


ADDRESSES = ["toml", "delete", "team", "create", "figures", "preview", "step"]
BY_POST = ["delete", "team", "create", "figures"]


def address(name: str, token: str) -> str:
    return reverse(f"builder:{name}", args=[token, "plan"] if name == "step" else [token])


def test_every_address_is_asked_here() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == {
        *ADDRESSES,
        "new",
        "files",
        "sound",
    }  # test_builder_files.py


@pytest.mark.parametrize("name", ADDRESSES)
def test_strangers_find_no_draft(draft: Draft, name: str) -> None:
    eve = client_of("eve")
    assert (eve.post if name in BY_POST else eve.get)(address(name, draft.token)).status_code == 404
    assert (eve.post if name in BY_POST else eve.get)(address(name, "none")).status_code == 404
    nobody = Client()
    assert (nobody.post if name in BY_POST else nobody.get)(address(name, draft.token)).status_code == 302
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("name", ADDRESSES)
def test_wrong_method_is_refused(draft: Draft, ada: Client, name: str) -> None:
    wrong = ada.get if name in BY_POST else ada.put if name == "step" else ada.post
    assert wrong(address(name, draft.token)).status_code == 405


def test_team_member_writes_and_does_nothing_that_is_the_owners(draft: Draft, ada: Client) -> None:
    ida = client_of("ida")
    assert ida.get(page(draft)).status_code == 404
    ada.post(address("team", draft.token), {"username": "ida"})
    assert save(ida, draft, "start", {"title.en": "By Ida"}).status_code == 200
    assert content(draft)["title"]["en"] == "By Ida"
    assert {ida.post(address(name, draft.token)).status_code for name in ("delete", "team", "create")} == {403}
    assert "Delete this draft" not in text(ida.get(page(draft)))
    ada.post(address("team", draft.token), {"username": "ida", "remove": "yes"})
    assert ida.get(page(draft)).status_code == 404
    assert "There is no user nobody." in text(
        ada.post(address("team", draft.token), {"username": "nobody"}, follow=True)
    )


@pytest.mark.parametrize("step", STEPS)
def test_each_page_shows_and_writes_nothing(draft: Draft, ada: Client, step: str) -> None:
    before = content(draft)
    assert ada.get(page(draft, step)).status_code == 200
    assert ada.get(page(draft, "nothing")).status_code == 404
    assert (content(draft), draft.version) == (before, 1)


def test_field_is_saved_by_itself_and_what_is_wrong_comes_back(draft: Draft, ada: Client) -> None:
    news = save(ada, draft, "questions", {"questions.0.maximum": "200"}).json()
    assert content(draft)["questions"][0]["maximum"] == 200
    assert "Enter a whole number from 2 to 100" in news["faults"]["questions.0.maximum"][0]
    assert news["rail"]["questions"] == 1
    news = save(ada, draft, "questions", {"questions.0.maximum": "7"}).json()
    assert news["faults"] == {}
    assert news["consequences"] == [
        "A session has 8 trials and takes about 5 minutes (clips of 10 s).",
        "12 experts together hear each clip 12 times on average.",
    ]


def test_names_of_no_field_are_passed_over(draft: Draft, ada: Client) -> None:
    before = content(draft)
    for name in ("languages", "questions.7.key", "design", "systems", "design.seed.x", "__class__"):
        assert save(ada, draft, "questions", {name: "x"}).status_code == 200
    assert content(draft) == before


def test_the_last_fifty_changes_can_be_undone(draft: Draft, ada: Client) -> None:
    for number in range(60):
        press(ada, draft, "people", "", **{f"groups.0.{('slots', 'key')[number % 2]}": str(number + 2)})
    assert draft.versions.count() == drafts.KEPT
    for _ in range(60):
        press(ada, draft, "people", "undo")
    assert content(draft)["groups"][0]["slots"] == 12
    press(ada, draft, "people", "redo")
    assert content(draft)["groups"][0]["key"] == "13"


def test_typing_on_in_one_field_is_one_version(draft: Draft, ada: Client) -> None:
    for title in ("M", "My", "My study"):
        save(ada, draft, "start", {"title.en": title})
    assert content(draft)["title"]["en"] == "My study"
    press(ada, draft, "start", "undo")
    assert content(draft)["title"]["en"] == "A pilot of two systems"


def test_entries_are_added_moved_copied_and_deleted(draft: Draft, ada: Client) -> None:
    assert press(ada, draft, "questions", "add:questions:valence").endswith("#f-questions-2")
    press(ada, draft, "questions", "up:questions.2")
    press(ada, draft, "questions", "copy:questions.1")
    press(ada, draft, "questions", "delete:questions.0")
    assert [row["key"] for row in content(draft)["questions"]] == ["valence", "valence_2", "overall"]
    assert content(draft)["questions"][0]["label"] == {"en": "Valence", "zh-hans": "效价"}
    press(ada, draft, "questions", "undo")
    assert len(content(draft)["questions"]) == 4


def test_attention_check_is_added_and_its_consequence_said(draft: Draft, ada: Client) -> None:
    assert press(ada, draft, "questions", "add:attention_checks:").endswith("#f-attention_checks-0")
    news = save(ada, draft, "questions", {"attention_checks.0.times": "3"}).json()
    assert "3 trials of a session have an attention check." in news["consequences"]
    assert "Nobody is excluded unless the analysis plan says so." in text(ada.get(page(draft, "questions")))
    news = save(ada, draft, "plan", {"analysis.failed_checks": "4"}).json()
    assert news["faults"]["analysis.failed_checks"] == ["4 is not valid. Enter a whole number from 1 to 3."]
    save(ada, draft, "plan", {"analysis.failed_checks": "2"})
    assert content(draft)["analysis"]["failed_checks"] == 2
    assert "The exclusion rules above should say the same." in text(ada.get(page(draft, "plan")))
    assert "<legend>Please choose 2 here</legend>" in text(ada.get(address("preview", draft.token)))
    press(ada, draft, "questions", "delete:attention_checks.0.choices.1")
    news = save(ada, draft, "questions", {"attention_checks.0.times": "1"}).json()
    assert "not the key of a choice" in news["faults"]["attention_checks.0.right"][0]


def test_what_is_typed_is_saved_before_an_entry_is_added(draft: Draft, ada: Client) -> None:
    press(ada, draft, "clips", "add:systems:", **{"systems.0.label.en": "Ours"})
    assert content(draft)["systems"][0]["label"]["en"] == "Ours"
    assert len(content(draft)["systems"]) == 3


def test_fields_of_a_page_that_has_changed_elsewhere_are_not_saved(draft: Draft, ada: Client) -> None:
    press(ada, draft, "questions", "delete:questions.0")
    before = content(draft)
    reply = save(ada, draft, "questions", {"questions.0.maximum": "9"}, shape=0)
    assert reply.status_code == 409
    assert "changed in another window" in reply.json()["fault"]
    assert content(draft) == before


def test_languages_and_form_are_chosen(draft: Draft, ada: Client) -> None:
    press(ada, draft, "start", "languages", languages=["en", "zh-hans"], first_language="zh-hans")
    assert content(draft)["languages"] == ["zh-hans", "en"]
    press(ada, draft, "start", "languages", languages=["en"])
    assert content(draft)["languages"] == ["en"]
    press(ada, draft, "start", "form:2")
    assert content(draft)["trial"] == {"clips": 2, "match": "prompt"}
    assert [row["kind"] for row in content(draft)["questions"]] == ["preference"]
    assert "Nothing is missing." in text(ada.get(page(draft, "open")))
    press(ada, draft, "start", "languages")
    assert content(draft)["languages"] == ["en"]
    press(ada, draft, "start", "form:all")
    assert content(draft)["trial"] == {"clips": "all", "match": "prompt"}
    assert "Nothing is missing." in text(ada.get(page(draft, "open")))
    assert save(ada, draft, "plan", {}).json()["consequences"][0].startswith("A session has 4 trials and takes about 3")


def test_kind_of_a_background_question_brings_its_choices(draft: Draft, ada: Client) -> None:
    press(ada, draft, "people", "add:background:")
    press(ada, draft, "people", "show:background.0.kind", **{"background.0.kind": "choice"})
    assert len(content(draft)["background"][0]["choices"]) == 2
    press(ada, draft, "people", "", **{"background.0.kind": "text"})
    assert "choices" not in content(draft)["background"][0]


def test_what_is_missing_leads_to_its_field(draft: Draft, ada: Client) -> None:
    save(ada, draft, "words", {"consent.text.en": ""})
    listed = text(ada.get(page(draft, "open")))
    assert f'href="{page(draft, "words")}#f-consent-text-en">Text</a>: The translation is missing.' in listed
    assert 'id="f-consent-text-en"' in text(ada.get(page(draft, "words")))
    assert re.search(r'<button type="submit" class="button" disabled', listed)
    ada.post(address("create", draft.token))
    assert not Job.objects.exists()


def test_study_file_comes_out_as_it_was_built(draft: Draft, ada: Client) -> None:
    reply = ada.get(address("toml", draft.token))
    assert parse(reply.content.decode()) == parse(PILOT.read_text(encoding="utf-8"))
    assert reply.headers["Content-Disposition"] == 'attachment; filename="my-pilot.toml"'


def test_draft_without_faults_becomes_a_task_that_waits_for_clips(draft: Draft, ada: Client) -> None:
    reply = ada.post(address("create", draft.token))
    job = Job.objects.get()
    assert reply.headers["Location"] == reverse("desk:job", args=[job.token])
    assert (job.detail["slug"], job.detail["clips"]) == ("my-pilot", 4)
    assert Draft.objects.count() == 1


def test_short_name_is_checked_where_it_is_typed(draft: Draft, ada: Client) -> None:
    assert "is not a valid short name" in text(ada.post(page(draft), {"slug": "My Pilot"}, follow=True))
    draft.refresh_from_db()
    assert draft.slug == "my-pilot"
    ada.post(page(draft), {"slug": ""})
    assert "Choose a short name" in text(ada.get(page(draft, "open")))
    assert "Choose a short name first." in text(ada.post(address("create", draft.token), follow=True))


def test_what_a_study_can_find_is_calculated(draft: Draft, ada: Client) -> None:
    found = text(ada.post(address("figures", draft.token)))
    assert "12 experts" in found
    assert "0.5" in found
    save(ada, draft, "plan", {"analysis.alpha": "7"})
    assert "The draft still has errors" in text(ada.post(address("figures", draft.token)))


def test_draft_can_begin_with_every_shipped_study() -> None:
    assert set(TEMPLATES) == {path.stem for path in EXAMPLES.glob("*.toml")}


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ("ab", "compare every pair of 3 systems"),
        ("mirex", "pages with one clip of each of"),
        ("human-or-computer", "Is a clip real or generated?"),
        ("abx", "times with an X"),
        ("dmos", "systems with a clip for each of 8 prompts"),
        ("daur", "systems with 13 clips each"),
    ],
)
def test_power_is_that_of_the_kind_of_study(example: str, words: str, ada: Client) -> None:
    begin(ada, f"example:{example}", title="Mine")
    found = text(ada.post(address("figures", Draft.objects.get().token)))
    assert words in " ".join(found.split())
    assert "STATISTICAL POWER" in found


# How a draft begins


def begin(client: Client, how: str, **more: Any) -> Any:
    return client.post(reverse("builder:new"), {"begin": how, "language": "en", "title": "", **more})


def test_draft_begins_with_an_example_in_one_language(ada: Client) -> None:
    begin(ada, "example:ab", title="My pairs")
    made = content(Draft.objects.get())
    assert (made["title"], made["languages"]) == ({"en": "My pairs"}, ["en"])
    assert "zh-hans" not in str(made)


def test_draft_begins_with_an_earlier_study_of_ones_own(tmp_path: Path, ada: Client) -> None:
    study = make_study(tmp_path, owner=User.objects.get(username="ada"))
    make_study(tmp_path / "other", slug="foreign", owner=User.objects.create_user("bob"))
    shown = text(ada.get(reverse("builder:new")))
    assert "A copy of small" in shown
    assert "foreign" not in shown
    begin(ada, "study:small")
    copy = parse(toml_of(content(Draft.objects.get())))
    assert copy.changed(design=study.file.design.as_json()) == study.file
    assert copy.design.seed is None
    assert begin(ada, "study:foreign").status_code == 400


def test_draft_begins_with_a_file_with_faults_or_none(ada: Client) -> None:
    broken = study_toml().replace("maximum = 5", "maximum = 500")
    begin(ada, "file", file=SimpleUploadedFile("own.toml", broken.encode()))
    assert content(Draft.objects.get())["questions"][0]["maximum"] == 500
    assert "not valid TOML" in text(begin(ada, "file", file=SimpleUploadedFile("own.toml", b"[[[")))
    assert "Choose a study file first." in text(begin(ada, "file"))
    assert Draft.objects.count() == 1


def test_deleted_draft_is_gone_with_its_versions(draft: Draft, ada: Client) -> None:
    press(ada, draft, "questions", "add:questions:valence")
    ada.post(address("delete", draft.token))
    assert not Draft.objects.exists()


# The preview


@pytest.mark.parametrize("example", ["pilot", "daur", "recordings", "ab", "human-or-computer", "mirex"])
def test_preview_shows_every_question_in_each_language(ada: Client, example: str) -> None:
    built = content_of(Path(f"fixtures/studies/{example}.toml").read_text(encoding="utf-8"))
    draft = drafts.make_draft(built, User.objects.get(username="ada"))
    for language in built["languages"]:
        shown = text(ada.get(address("preview", draft.token), {"language": language}))
        assert f'<html lang="{language_tag(language)}"' in shown
        for question in built["questions"]:
            assert escape(question["label"][language]) in shown
            assert escape(question["definition"][language]) in shown


@pytest.mark.parametrize(
    ("example", "players"),
    [
        ("pilot", []),
        ("dmos", ["Reference", "Clip"]),
        ("ab", ["First clip", "Second clip"]),
        ("abx", ["X", "A", "B"]),
        ("mirex", ["Clip A", "Clip B", "Clip C", "Clip D"]),
        ("mushra", ["Reference", "Clip A", "Clip B", "Clip C", "Clip D", "Clip E"]),
    ],
)
def test_preview_has_the_players_of_the_trial(ada: Client, example: str, players: list[str]) -> None:
    begin(ada, f"example:{example}")
    shown = text(ada.get(address("preview", Draft.objects.get().token)))
    headings = [re.sub("<[^>]+>", "", heading) for heading in re.findall(r"<h2[^>]*>(.*?)</h2>", shown)]
    assert headings == players
    assert shown.count('class="seek"') == max(1, len(players))


def test_preview_of_a_draft_with_faults_shows_what_there_is(draft: Draft, ada: Client) -> None:
    save(ada, draft, "questions", {"questions.0.maximum": "many", "questions.1.label.en": ""})
    shown = text(ada.get(address("preview", draft.token)))
    assert shown.count("<fieldset") == 1
    assert "<legend>…</legend>" in shown
    assert "We want to learn" in text(ada.get(address("preview", draft.token), {"step": "words"}))


def test_preview_is_framed_by_the_builder_alone(draft: Draft, ada: Client) -> None:
    shown = ada.get(address("preview", draft.token))
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in ada.get(page(draft, "questions")).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in ada.get(page(draft, "questions")).headers["Content-Security-Policy"]


def test_page_keeps_the_previews_column_before_it_comes(draft: Draft, ada: Client) -> None:
    beside = {step: 'class="wide beside"' in text(ada.get(page(draft, step))) for step in STEPS}
    assert [step for step, kept in beside.items() if kept] == ["questions", "words"]
