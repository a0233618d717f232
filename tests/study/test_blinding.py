"""Every planted leak is caught, a clean study passes, and nothing of a study changes by being checked."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from django.conf import settings as site
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from study import services
from study.blinding import Report, check_blinding
from study.blinding.alike import wrapping
from study.blinding.check import _static, guessable
from study.blinding.names import leaks, secrets_of, uneven_names
from study.blinding.sessions import Exchange
from study.blinding.telling import seen_of, verdict
from study.errors import InputError, Refused
from study.management.blinding import sound_of
from study.models import Clip, Event, Expert, Rating, Study, Trial
from tests.factories import make_expert, make_study, tone

SYSTEMS = ("midi-gan", "transformer", "real")
#: As few as let every clip be heard twice; times, which are never quite the same, take more.
SESSIONS, MORE, CLIPS = 2, 4, 5
HTML = (("Content-Type", "text/html"),)


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    slots = 2 * MORE
    return make_study(
        tmp_path, systems=SYSTEMS, clips=CLIPS, heard=CLIPS, slots=slots, scales=("overall",), practice=1, draft=True
    )


def check(study: Study, sessions: int = SESSIONS) -> Report:
    return check_blinding(study, sound_of, sessions)


def of(study: Study, system: str) -> list[Clip]:
    return list(study.clips.filter(system__system_id=system))


def plant(settings: Settings, leak: str) -> None:
    settings.MIDDLEWARE = [*site.MIDDLEWARE, f"tests.study.leaks.{leak}"]


def test_a_clean_study_passes_and_every_clip_was_heard(study: Study) -> None:
    report = check(study)
    assert report.faults == []
    assert report.sessions == SESSIONS
    assert report.clips == 16
    assert report.verdict.p > 0.01
    assert report.verdict.features > 20
    assert report.verdict.least_p < 0.001
    assert report.bytes > SESSIONS * (len(SYSTEMS) * CLIPS + 1) * len(tone(0))


def test_a_systems_name_in_a_header_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "naming_header")
    faults = check(study).faults
    assert any("'midi-gan', stands in the address or a header of a clip" in fault for fault in faults)
    assert any("'real', stands" in fault for fault in faults)
    assert any("X-Origin" in fault for fault in faults)


def test_files_of_one_system_that_are_longer_by_a_frame_are_caught(study: Study) -> None:
    for number, clip in enumerate(of(study, "transformer")):
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(tone(number, 1.036)))
    faults = check(study).faults
    assert any(fault.startswith("5 of 16 clips have") and "bytes" in fault for fault in faults)
    assert any("samples, the others" in fault for fault in faults)
    assert any("Content-Length" in fault for fault in faults)


def test_one_clip_with_a_tag_or_a_louder_one_is_caught(study: Study) -> None:
    sounds = {clip.clip_id: sound_of(default_storage.open(clip.audio).read()) for clip in study.clips.all()}
    first = next(iter(sounds))

    def measured(data: bytes) -> Any:
        sound = sound_of(data)
        return sound._replace(tags="title=x", lufs=sound.lufs + 0.8) if sound == sounds[first] else sound

    faults = check_blinding(study, measured, 1).faults
    assert any("1 of 16 clips have title=x as their tags" in fault for fault in faults)
    assert any("1 of 16 clips are more than 0.5 LU" in fault for fault in faults)


def test_sequential_ids_are_caught(study: Study) -> None:
    trials = Trial.objects.filter(slot__study=study, phase="study").order_by("clip__system", "clip", "slot")
    for number, trial in enumerate(trials):
        Trial.objects.filter(pk=trial.pk).update(token=f"t{number:04d}")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("id tells systems apart" in fault for fault in report.faults)
    assert report.sessions == 2 * SESSIONS


def test_a_slower_system_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "slower_system")
    report = check(study, MORE)
    assert report.verdict.p < 0.01
    assert any("time of the audio tells systems apart" in fault for fault in report.faults)


def test_a_number_that_marks_one_system_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "coded_header")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("X-Shard" in fault for fault in report.faults)


def test_a_mark_in_the_review_of_all_answers_is_caught(study: Study, settings: Settings) -> None:
    plant(settings, "coded_review")
    report = check(study)
    assert report.verdict.p < 0.01
    assert any("The list: a@tabindex tells systems apart" in fault for fault in report.faults)


@pytest.mark.parametrize(
    ("one", "other", "feature"),
    [
        ("<p>a</p><!-- 1 -->", "<p>a</p><!-- 2 -->", "trial: comment"),
        ('<p class="a" id="b">', '<p id="b" class="a">', "shape of the trial"),
        ("<p>\t<i>", "<p> <i>", "shape of the trial"),
    ],
)
def test_what_only_a_pages_source_shows_is_a_feature(one: str, other: str, feature: str) -> None:
    pages = [Exchange("trial", name, "/", 200, HTML, body.encode(), 0.0) for name, body in (("t1", one), ("t2", other))]
    seen = seen_of(pages)
    assert seen["t1"][feature] != seen["t2"][feature]


def test_the_order_of_headers_is_a_feature() -> None:
    pages = [
        Exchange("audio", name, "/", 200, headers, b"", 0.0)
        for name, headers in (("t1", (("A", "1"), ("B", "1"))), ("t2", (("B", "1"), ("A", "1"))))
    ]
    seen = seen_of(pages)
    assert seen["t1"]["order of the headers of the audio"] != seen["t2"]["order of the headers of the audio"]


def tagged(audio: bytes, code: bytes) -> bytes:
    """The MP3 with a private tag, such as players never show."""
    frame = b"PRIV\0\0\0\x04\0\0x\0" + code
    return b"ID3\x03\0\0\0\0\0" + bytes([len(frame)]) + frame + audio


def test_files_marked_where_no_player_shows_it_are_caught(study: Study) -> None:
    for number, clip in enumerate(study.clips.all()):
        code = b"01" if clip in of(study, "transformer") else b"00"
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(tagged(tone(number), code)))
    faults = check_blinding(study, sound_of, 1).faults
    assert [fault.partition(":")[0] for fault in faults] == [
        "5 of 16 clips are not wrapped as the others (headers and frames of the MP3, tags)"
    ]


def test_an_mp3_s_wrapping_is_the_same_for_every_music_and_another_for_another_encoding() -> None:
    assert len({wrapping(tone(number)) for number in range(5)}) == 1
    other = io.BytesIO()
    soundfile.write(other, np.zeros(16_000), 16_000, format="MP3", bitrate_mode="CONSTANT", compression_level=0.9)
    around = {wrapping(tone(0)), wrapping(other.getvalue()), wrapping(tone(0) + b"TAG"), wrapping(b"no music")}
    assert len(around) == 4


@pytest.mark.parametrize(
    "header", [b"\xff\xea\x90\x00", b"\xff\xfa\xf0\x00", b"\xff\xfa\x00\x00", b"\xff\xfa\x9c\x00", b"\xff\xfe\x90\x00"]
)
def test_what_only_looks_like_the_header_of_a_frame_lies_before_the_music(header: bytes) -> None:
    """With an unknown version, bit rate or sampling rate, or of another layer."""
    assert wrapping(header + tone(0))[0] == header


def test_an_mp3_may_consist_of_a_single_frame() -> None:
    audio = tone(0)
    first = audio[: audio.index(audio[:3], 4)]
    before, _, headers, after = wrapping(first)
    assert (before, headers[:3], after) == (b"", first[:3], b"")


def test_a_study_opens_only_when_it_has_passed_as_it_is_now(study: Study) -> None:
    with pytest.raises(Refused, match="check_blinding small"):
        services.open_study(study, actor="researcher:ada")
    call_command("check_blinding", study.slug, sessions=1)
    clip = of(study, "real")[0]
    audio = default_storage.open(clip.audio).read()
    default_storage.delete(clip.audio)
    default_storage.save(clip.audio, ContentFile(tone(40)))
    with pytest.raises(Refused, match="check_blinding small"):
        services.open_study(study, actor="researcher:ada")
    default_storage.delete(clip.audio)
    default_storage.save(clip.audio, ContentFile(audio))
    services.open_study(study, actor="researcher:ada")
    study.refresh_from_db()
    assert study.state == "open"
    passed = study.events.get(kind="blinding checked")
    assert passed.detail["plan_sha256"] == study.plan_sha256
    assert passed.detail["sessions"] == 1


def test_the_command_says_every_fault_and_records_nothing(study: Study, settings: Settings) -> None:
    plant(settings, "naming_header")
    with pytest.raises(CommandError) as error:
        call_command("check_blinding", study.slug, sessions=1)
    assert all(line.startswith("small is not blind: ") for line in str(error.value).splitlines())
    assert not Event.objects.filter(kind="blinding checked").exists()


@pytest.mark.parametrize(("seed", "cautions"), [(1, 1), (999_999_999, 1), (1_000_000_000, 0)])
def test_clips_that_others_could_make_again_are_a_caution(study: Study, seed: int, cautions: int) -> None:
    clip = of(study, "transformer")[0]
    clip.pack_entry["provenance"] = {"checkpoint_sha256": "0" * 64, "seed": seed, "index": 0}
    clip.save()
    said = io.StringIO()
    call_command("check_blinding", study.slug, sessions=1, stdout=said)
    assert said.getvalue().count("can guess it") == cautions
    assert Event.objects.filter(kind="blinding checked").exists()


@pytest.mark.parametrize(("slots", "cautions"), [(3, 1), (12, 0)])
def test_orders_that_an_expert_could_learn_are_a_caution(tmp_path: Path, db: None, slots: int, cautions: int) -> None:
    systems = ("midi-gan", "transformer", "mlstm", "real")
    study = make_study(tmp_path, systems=systems, clips=6, heard=6, slots=slots, scales=("overall",), draft=True)
    assert [said.startswith("The orders follow a rule") for said in guessable(study)] == [True] * cautions


def test_more_sessions_than_slots_and_a_lost_clip_are_refused_in_a_sentence(study: Study) -> None:
    with pytest.raises(CommandError, match="small has 8 slots"):
        call_command("check_blinding", study.slug, sessions=9)
    default_storage.delete(of(study, "real")[0].audio)
    with pytest.raises(CommandError, match="put the clip back"):
        call_command("check_blinding", study.slug)


def test_a_study_under_way_is_checked_without_touching_it(tmp_path: Path, db: None) -> None:
    study = make_study(tmp_path, systems=SYSTEMS, slots=2)
    holders = [make_expert(study, code).slot for code in ("alice", "bob")]
    before = [list(rows.objects.values().order_by("pk")) for rows in (Study, Expert, Rating, Event, Trial)]
    assert check_blinding(study, sound_of, 2).faults == []
    assert [list(rows.objects.values().order_by("pk")) for rows in (Study, Expert, Rating, Event, Trial)] == before
    assert [expert.slot for expert in Expert.objects.order_by("code")] == holders


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_sessions_are_played_in_a_copy_of_the_database(tmp_path: Path) -> None:
    study = make_study(tmp_path, systems=SYSTEMS, slots=2)
    name, events = connection.settings_dict["NAME"], Event.objects.count()
    assert check_blinding(study, sound_of, 1).faults == []
    assert connection.settings_dict["NAME"] == name
    assert (Event.objects.count(), Expert.objects.count()) == (events, 0)


def page(
    url: str = "/room/", headers: tuple[tuple[str, str], ...] = (), body: str = "", kind: str = "page"
) -> Exchange:
    form = {"audio": "audio/mpeg", "rating": "application/json"}.get(kind, "text/html")
    return Exchange(kind, "", url, 200, (("Content-Type", form), *headers), body.encode(), 0.0)


CODED = base64.urlsafe_b64encode(b'{"from": "midi-gan"}').decode()


@pytest.mark.parametrize(
    "leak",
    [
        page(body='<img alt="MIDI-GAN">'),
        page(body="<p>midi&#45;gan</p>"),
        page(url=f"/room/{quote('midi-gan')}/"),
        page(url="/room/%6didi-gan/"),
        page(headers=(("Set-Cookie", f"state={CODED}; Path=/"),)),
        page(body='{"from": "midi\\u002dgan"}', kind="rating"),
        page(body='{"from": "\\u4e2d\\u6587\\u540d"}', kind="rating"),
        page(body='{"from": "real"}', kind="rating"),
        page(url="/room/real/"),
        page(body="ID3  comment: midi-gan v2", kind="audio"),
        page(body="const systems = ['midi-gan'];", kind="static"),
    ],
)
def test_a_name_is_found_however_it_is_written(study: Study, leak: Exchange) -> None:
    study.file["systems"][0]["label"]["zh-hans"] = "中文名"
    secrets = secrets_of(study, "Each clip may be a real song.")
    assert len(leaks([leak], secrets)) == 1
    assert leaks([page(body="<p>This may be real, or unreal.</p>")], secrets) == []


@pytest.mark.parametrize(("script", "faults"), [("/* midi-gan */", 1), ("/* nothing */", 0)])
def test_every_script_of_the_pages_folder_is_searched(
    study: Study, settings: Settings, tmp_path: Path, script: str, faults: int
) -> None:
    (tmp_path / "own" / "mukulen").mkdir(parents=True)
    (tmp_path / "own" / "mukulen" / "own.js").write_text(script)
    settings.STATICFILES_DIRS = [tmp_path / "own"]
    searched = list(_static([page(body=f'<script src="{site.STATIC_URL}mukulen/room.js"></script>')]))
    assert {"own.js", "room.js", "trial.js"} <= {Path(one.url).name for one in searched}
    assert len(leaks(searched, secrets_of(study, ""))) == faults


def test_hashes_seeds_file_names_and_pack_ids_are_found(study: Study) -> None:
    study.seed = 123_456
    secrets = secrets_of(study, "")
    clip = of(study, "real")[0]
    entry = clip.pack_entry
    for secret in (clip.clip_id, entry["clip_id"], entry["audio_sha256"], study.plan_sha256, "123456", "song 3"):
        assert leaks([page(headers=(("ETag", f'"x{secret}"' if len(secret) > 9 else secret),))], secrets), secret


def test_a_word_that_everybody_is_shown_must_not_stand_oftener_on_some_pages(study: Study) -> None:
    secrets = secrets_of(study, "Each clip may be a real song.")
    assert uneven_names([page(body="a real song"), page(body="A real song.")], secrets) == []
    assert len(uneven_names([page(body="a real song"), page(body='<p class="real">a real song')], secrets)) == 1


def trials_of(features: dict[str, Any], clips: int = 18, hearings: int = 3) -> tuple[list[dict[str, Any]], list[int]]:
    numbers = [clip for clip in range(clips) for _ in range(hearings)]
    return [{name: of(clip, index) for name, of in features.items()} for index, clip in enumerate(numbers)], numbers


def test_the_permutation_test_finds_a_difference_and_names_it() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(54, 30))
    features: dict[str, Any] = {f"noise {j}": (lambda clip, i, j=j: noise[i, j]) for j in range(30)}
    features["time"] = lambda clip, i: noise[i, 0] * 0.5 + 2 * (clip // 6)
    seen, clips = trials_of(features)
    found = verdict(seen, clips, [clip // 6 for clip in range(18)], seed=1)
    assert (found.feature, found.p < 0.01, found.tells) == ("time", True, True)


def test_many_features_of_chance_make_no_more_alarms_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.blinding.telling.PERMUTATIONS", 400)
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(100):
        noise = rng.normal(size=(54, 40))
        seen, clips = trials_of({f"f{j}": (lambda clip, i, j=j, noise=noise: noise[i, j]) for j in range(40)})
        alarms += verdict(seen, clips, [clip // 6 for clip in range(18)], seed=1).p <= 0.05
    assert alarms <= 12


def test_so_few_clips_that_chance_explains_anything_are_said() -> None:
    seen, clips = trials_of({"code": lambda clip, i: clip // 2}, clips=4)
    found = verdict(seen, clips, [0, 0, 1, 1], seed=1)
    assert found.least_p == pytest.approx(1 / 3)
    assert not found.tells


def test_a_copy_is_not_checked(study: Study) -> None:
    study.simulated = True
    with pytest.raises(InputError, match="is a copy"):
        check(study)
