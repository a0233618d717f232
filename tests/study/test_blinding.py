"""Every planted leak is caught, a clean study passes, and nothing of a study changes by being checked."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings as site
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from formats.errors import InputError
from formats.study_file import parse
from study import services
from study.blinding import Report, check_blinding, default_sessions, feature_test
from study.blinding import check as checking
from study.blinding import sessions as playing
from study.blinding.check import judge, made_again, play_sessions, prepare, static_files, texts_shown
from study.blinding.leak_search import leaks, secrets_of
from study.blinding.scratch_database import on_a_copy
from study.design import plan_cautions
from study.design.cautions import ENOUGH_SLOTS
from study.errors import Refused
from study.management.blinding import sound_of
from study.models import Clip, Event, Expert, Rating, Study, Trial
from study.sequences import sessions_of
from study.services import study_creation
from tests.factories import checks_toml, edit_file, make_expert, make_study, set_toml, study_toml, tone
from tests.study.exchanges import exchange
from tests.study.leaks import stopwatch

SYSTEMS = ("midi-gan", "transformer", "real")
#: As few as let every clip be heard.
SESSIONS, SLOTS, CLIPS = 1, 8, 5


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    return make_study(
        tmp_path, systems=SYSTEMS, clips=CLIPS, heard=CLIPS, slots=SLOTS, scales=("overall",), practice=1, draft=True
    )


@pytest.fixture
def brief(tmp_path: Path, db: None) -> Study:
    """With one clip of each system a session: enough for what shows in a single reply, or in the files alone."""
    return make_study(
        tmp_path, systems=SYSTEMS, clips=CLIPS, heard=1, slots=SLOTS, scales=("overall",), practice=1, draft=True
    )


def check(study: Study, sessions: int = SESSIONS) -> Report:
    return check_blinding(study, sound_of, sessions)


def of(study: Study, system: str) -> list[Clip]:
    return list(study.clips.filter(system__system_id=system))


@pytest.fixture
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second look, which one clean study in a hundred needs."""
    monkeypatch.setattr(feature_test, "ALPHA", 0.0)


def plant(settings: Settings, leak: str) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, f"tests.study.leaks.{leak}"]


def test_a_clean_study_passes_and_every_clip_was_heard(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every expert reads this before the first trial.
    edit_file(study, lambda file: file["consent"]["text"].update(en="Some of the clips are real songs."))
    study.save()
    look = Mock(wraps=judge)
    monkeypatch.setattr(checking, "judge", look)
    report = check(study)
    assert report.faults == []
    assert report.sessions == SESSIONS * look.call_count
    assert report.clips == 16
    assert report.verdict.p > 0.01
    assert report.verdict.features > 20
    assert report.verdict.least_p < 0.01
    assert report.bytes > SESSIONS * (len(SYSTEMS) * CLIPS + 1) * len(tone(0))


def test_system_name_in_header_is_caught_and_not_recorded(brief: Study, settings: Settings) -> None:
    plant(settings, "naming_header")
    with pytest.raises(CommandError) as error:
        call_command("check_blinding", brief.slug, sessions=1)
    faults = str(error.value).splitlines()
    assert all(line.startswith("small is not blind: ") for line in faults)
    assert any(
        "'midi-gan' (the name of a system) appears in the address or a header of a clip" in fault for fault in faults
    )
    assert any("'real' (the name of a system) appears" in fault for fault in faults)
    assert any("X-Origin" in fault for fault in faults)
    assert not Event.objects.filter(kind="blinding checked").exists()


def test_files_of_one_system_that_are_longer_by_a_frame_are_caught(brief: Study) -> None:
    for number, clip in enumerate(of(brief, "transformer")):
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(tone(number, 1.036)))
    faults = check(brief).faults
    assert any(fault.startswith("5 of 16 clips have") and "bytes" in fault for fault in faults)
    assert any("samples, the others" in fault for fault in faults)
    assert any("Content-Length" in fault for fault in faults)


def test_one_clip_with_a_tag_or_a_louder_one_is_caught(brief: Study) -> None:
    sounds = {clip.clip_id: sound_of(default_storage.open(clip.audio).read()) for clip in brief.clips.all()}
    first = next(iter(sounds))

    def measured(data: bytes) -> Any:
        sound = sound_of(data)
        return sound._replace(tags="title=x", lufs=sound.lufs + 0.8) if sound == sounds[first] else sound

    faults = check_blinding(brief, measured, 1).faults
    assert any("1 of 16 clips have title=x as their tags" in fault for fault in faults)
    assert any("1 of 16 clips are more than 0.5 LU" in fault for fault in faults)


def test_sequential_ids_are_caught(study: Study) -> None:
    trials = Trial.objects.filter(slot__study=study, phase="study").order_by("clip__system", "clip", "slot")
    for number, trial in enumerate(trials):
        Trial.objects.filter(pk=trial.pk).update(token=f"t{number:04d}")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("id separates the systems" in fault for fault in report.faults)
    assert report.sessions == 2 * SESSIONS


def test_a_slower_system_is_caught(study: Study, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "time", stopwatch)
    plant(settings, "slower_system")
    report = check(study, 2)
    assert report.verdict.p < 0.01
    assert report.sessions == 4
    assert any("time of the audio separates the systems" in fault for fault in report.faults)


def test_a_number_that_marks_one_system_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "coded_header")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("X-Shard" in fault for fault in report.faults)


def test_a_word_that_all_may_read_is_caught_where_it_stands_on_one_system_s_pages(
    study: Study, settings: Settings
) -> None:
    edit_file(study, lambda file: file["consent"]["text"].update(en="Some of the clips are real songs."))
    study.save()
    plant(settings, "spoken_page")
    faults = check_blinding(study, sound_of, 1).faults
    assert any("'real' (the name of a system) appears more often on some trial pages" in fault for fault in faults)


def test_clips_that_are_not_sent_as_they_are_stored_are_caught(brief: Study, settings: Settings) -> None:
    plant(settings, "longer_audio")
    assert check_blinding(brief, sound_of, 1).faults == [
        "The bytes of a clip that was sent differ from the stored clip."
    ]


def test_default_sessions_let_every_clip_be_heard_twice_and_every_group_come(tmp_path: Path, db: None) -> None:
    def wanted(slug: str, **shape: Any) -> int:
        return default_sessions(make_study(tmp_path, slug=slug, draft=True, practice=0, **shape))

    assert wanted("few", clips=3, heard=3, slots=3) == 3, "no more than there are slots"
    assert wanted("least", clips=3, heard=3, slots=9) == 4
    assert wanted("rare", clips=9, heard=3, slots=9) == 6
    assert wanted("groups", clips=3, heard=3, slots=2, groups=("a", "b", "c", "d", "e")) == 5


def test_what_everybody_is_shown_is_every_text_of_the_study_file_and_the_site(study: Study) -> None:
    edit_file(study, lambda file: file["instructions"].update(en="As you like it"))
    edit_file(study, lambda file: file["scales"][0]["low"].update({"zh-hans": "冷"}))
    shown = texts_shown(study).splitlines()
    assert {"As you like it", "冷"} <= set(shown)
    assert any("Halfway: take a break" in line for line in shown)


@pytest.mark.parametrize("place", ["known", "attention check"])
def test_system_named_in_words_for_all_experts_is_no_leak(tmp_path: Path, db: None, place: str) -> None:
    named = '{ en = "Is this not midi-gan? Choose two", zh-hans = "midi-gan" }'
    text = checks_toml(study_toml(slots=4, practice=0))
    if place == "known":
        text = text.replace("[design]", f"known = {named}\n[design]", 1)
    else:
        before, _, rest = text.partition('key = "attention"\nlabel = ')
        text = f'{before}key = "attention"\nlabel = {named}\n{rest.partition(chr(10))[2]}'
    assert check(make_study(tmp_path, text=text, draft=True), sessions=2).faults == []


def test_a_mark_in_the_review_of_all_answers_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "coded_review")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("The list: a@tabindex separates the systems" in fault for fault in report.faults)


def tagged(audio: bytes, code: bytes) -> bytes:
    """The MP3 with a private tag, such as players never show."""
    frame = b"PRIV\0\0\0\x04\0\0x\0" + code
    return b"ID3\x03\0\0\0\0\0" + bytes([len(frame)]) + frame + audio


def test_files_marked_where_no_player_shows_it_are_caught(brief: Study) -> None:
    for number, clip in enumerate(brief.clips.all()):
        code = b"01" if clip in of(brief, "transformer") else b"00"
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(tagged(tone(number), code)))
    faults = check_blinding(brief, sound_of, 1).faults
    assert [fault.partition(":")[0] for fault in faults] == [
        "5 of 16 clips have other MP3 headers, frames or tags than the rest"
    ]


def test_a_study_opens_only_when_it_has_passed_as_it_is_now(brief: Study) -> None:
    with pytest.raises(Refused, match="check_blinding small"):
        services.open_study(brief, actor="researcher:ada")
    call_command("check_blinding", brief.slug, sessions=1)
    clip = of(brief, "real")[0]
    audio = default_storage.open(clip.audio).read()
    default_storage.delete(clip.audio)
    default_storage.save(clip.audio, ContentFile(tone(40)))
    with pytest.raises(Refused, match="check_blinding small"):
        services.open_study(brief, actor="researcher:ada")
    default_storage.delete(clip.audio)
    default_storage.save(clip.audio, ContentFile(audio))
    services.open_study(brief, actor="researcher:ada")
    brief.refresh_from_db()
    assert brief.state == "open"
    passed = brief.events.get(kind="blinding checked")
    assert passed.detail["plan_sha256"] == brief.plan_sha256
    assert passed.detail["sessions"] == 1


@pytest.mark.parametrize(("seed", "cautions"), [(1, 1), (999_999_999, 1), (1_000_000_000, 0)])
def test_clips_that_others_could_make_again_are_a_caution(study: Study, seed: int, cautions: int) -> None:
    clip = of(study, "transformer")[0]
    clip.pack_entry["provenance"] = {"checkpoint_sha256": "0" * 64, "seed": seed, "index": 0}
    clip.save()
    assert sum("can guess it" in said for said in made_again(study)) == cautions


def test_the_command_says_cautions_and_records_the_check(brief: Study) -> None:
    clip = of(brief, "transformer")[0]
    clip.pack_entry["provenance"] = {"checkpoint_sha256": "0" * 64, "seed": 1, "index": 0}
    clip.save()
    said = io.StringIO()
    call_command("check_blinding", brief.slug, sessions=1, stdout=said)
    assert said.getvalue().count("can guess it") == 1
    assert Event.objects.filter(kind="blinding checked").exists()


@pytest.mark.parametrize("provenance", [{"seed": 1}, {"checkpoint_sha256": "0" * 64}])
def test_a_seed_without_weights_and_weights_without_a_seed_make_nothing_again(
    study: Study, provenance: dict[str, Any]
) -> None:
    clip = of(study, "transformer")[0]
    clip.pack_entry["provenance"] = provenance
    clip.save()
    assert made_again(study) == []


@pytest.mark.parametrize(("slots", "cautions"), [(3, 1), (12, 0)])
def test_orders_that_an_expert_could_learn_are_a_caution(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch, slots: int, cautions: int
) -> None:
    # One plan, not any: of 150 plans of twelve slots the next clips could be foretold in ten.
    monkeypatch.setattr(study_creation, "seed_of", lambda file, nonce: 1)
    systems = ("midi-gan", "transformer", "mlstm", "real")
    study = make_study(tmp_path, systems=systems, clips=6, heard=6, slots=slots, scales=("overall",), draft=True)
    found = plan_cautions(sessions_of(study))
    assert [said.startswith("The orders follow a rule") for said in found][:1] == [True] * cautions


@pytest.mark.parametrize(("slots", "share"), [(2, "100% of the time or more (chance level 50%)"), (12, "")])
def test_few_plans_that_tell_of_one_another_are_a_caution(tmp_path: Path, db: None, slots: int, share: str) -> None:
    study = make_study(tmp_path, systems=("midi-gan", "real"), clips=6, heard=6, slots=slots, scales=("overall",))
    said = plan_cautions(sessions_of(study))
    assert len(said) == bool(share)
    assert share in "".join(said)
    assert said == services.cautions_on(study.file), "known before there is a plan"


@pytest.mark.parametrize("systems", [("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d"), ("a", "b", "c", "d", "e")])
def test_as_many_slots_as_the_caution_asks_for_are_enough(systems: tuple[str, ...]) -> None:
    for slots in range(2, ENOUGH_SLOTS + 3):
        file = parse(study_toml(systems=systems, clips=6, heard=6, slots=slots))
        found = [said for said in services.cautions_on(file) if said.startswith("So few session plans")]
        assert [f"has {slots} slots; use 5 or more" in said for said in found] == [True] * len(found)
        assert len(found) == (len(systems) < 5 and slots < ENOUGH_SLOTS and (len(systems), slots) != (3, 4))


@pytest.mark.parametrize(("count", "warned"), [(3, ()), (4, (2, 3, 4)), (6, ())])
def test_few_slots_of_sets_tell_of_one_another_by_prompt(count: int, warned: tuple[int, ...]) -> None:
    """With four systems another page of a prompt never has a system where this one has it: one in three is right.

    With three, slots take two squares by turns, and with six one in five is right, little more than by chance.
    """
    for slots in range(2, 10):
        file = parse(set_toml(systems=tuple("abcdef"[:count]), clips=4, heard=4, slots=slots, repeats=0))
        found = "".join(services.cautions_on(file))
        assert ("33% of the time or more (chance level 25%)" in found) == bool(found) == (slots in warned), slots


def test_sessions_are_played_in_the_slots_that_were_chosen_in_the_study_s_languages_by_turns(brief: Study) -> None:
    chosen = prepare(brief)[-2:]
    for slot, seen, language in zip(chosen, play_sessions(brief, chosen), brief.file.languages, strict=True):
        assert {one.trial for one in seen} - {""} == {trial.token for trial in slot.trials.all()}
        assert {one.header("Content-Language") for one in seen if one.trial} == {language}


def test_sessions_are_spread_over_the_slots(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[list[int]] = []
    monkeypatch.setattr(checking, "play_sessions", lambda _, slots: chosen.append([slot.number for slot in slots]))
    monkeypatch.setattr(checking, "judge", lambda *_: None)
    for sessions in (2, 3, 8):
        check(study, sessions)
    assert chosen == [[1, 5], [1, 3, 5], list(range(1, 9))]


def test_more_sessions_than_slots_and_a_lost_clip_are_refused_in_a_sentence(study: Study) -> None:
    with pytest.raises(CommandError, match="small has 8 slots"):
        call_command("check_blinding", study.slug, sessions=9)
    default_storage.delete(of(study, "real")[0].audio)
    with pytest.raises(CommandError, match="Put the clip back"):
        call_command("check_blinding", study.slug)


@pytest.mark.usefixtures("one_look")
def test_a_study_under_way_is_checked_without_touching_it(tmp_path: Path, db: None) -> None:
    study = make_study(tmp_path, systems=SYSTEMS, slots=2)
    holders = [make_expert(study, code).slot for code in ("alice", "bob")]
    before = [list(rows.objects.values().order_by("pk")) for rows in (Study, Expert, Rating, Event, Trial)]
    report = check_blinding(study, sound_of, 2)
    assert (report.faults, report.sessions) == ([], 2)
    assert [list(rows.objects.values().order_by("pk")) for rows in (Study, Expert, Rating, Event, Trial)] == before
    assert [expert.slot for expert in Expert.objects.order_by("code")] == holders


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_sessions_are_played_in_a_copy_of_the_database(tmp_path: Path) -> None:
    study = make_study(tmp_path, systems=SYSTEMS, slots=2)
    name, events = connection.settings_dict["NAME"], Event.objects.count()
    assert check_blinding(study, sound_of, 1).faults == []
    assert connection.settings_dict["NAME"] == name
    assert (Event.objects.count(), Expert.objects.count()) == (events, 0)


@pytest.mark.django_db(transaction=True)
def test_while_sessions_are_played_others_can_write(tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("other databases have more than one writer")
    study = make_study(tmp_path)
    name = connection.settings_dict["NAME"]
    connection.close()
    with on_a_copy():
        Study.objects.update(slug="changed")
        with closing(sqlite3.connect(name, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert other.execute("SELECT slug FROM study_study").fetchall() == [("small",)]
    study.refresh_from_db()
    assert study.slug == "small"


@pytest.mark.parametrize(("script", "faults"), [("/* midi-gan */", 1), ("/* nothing */", 0)])
def test_every_script_of_the_pages_folder_is_searched(
    study: Study, settings: Settings, tmp_path: Path, script: str, faults: int
) -> None:
    (tmp_path / "own" / "mukulen" / "deep").mkdir(parents=True)
    (tmp_path / "own" / "mukulen" / "deep" / "deeper.js").write_text("")
    (tmp_path / "own" / "mukulen" / "own.js").write_text(script)
    settings.STATICFILES_DIRS = [tmp_path / "own"]
    searched = list(static_files([exchange(body=f'<script src="{site.STATIC_URL}mukulen/room.js"></script>')]))
    assert {"own.js", "deeper.js", "room.js", "trial.js"} <= {Path(one.url).name for one in searched}
    assert len(leaks(searched, secrets_of(study, ""))) == faults


def test_a_copy_is_not_checked(study: Study) -> None:
    study.simulated = True
    with pytest.raises(InputError, match="is a copy"):
        check(study)
