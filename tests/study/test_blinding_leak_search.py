"""What would name a system, or join a clip with its pack, is found however it is written; chance finds are not made."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from formats.messages import translate
from study.blinding.check import messages_of_the_site
from study.blinding.leak_search import SYSTEM, Identifiers, count_occurrences, leaks, secrets_of, uneven_names
from study.blinding.sessions import Exchange
from study.models import Study
from tests.factories import edit_file, make_study
from tests.study.exchanges import exchange


@pytest.fixture
def study(tmp_path: Path, db: None) -> Study:
    systems = ("midi-gan", "transformer", "real")
    return make_study(tmp_path, systems=systems, clips=5, heard=5, slots=2, scales=("overall",), practice=1, draft=True)


CODED = base64.urlsafe_b64encode(b'{"from": "midi-gan"}').decode()


@pytest.mark.parametrize(
    "leak",
    [
        exchange(body='<img alt="MIDI-GAN">'),
        exchange(body="<p>midi&#45;gan</p>"),
        exchange(url=f"/room/{quote('midi-gan')}/"),
        exchange(url="/room/%6didi-gan/"),
        exchange(headers=(("Set-Cookie", f"state={CODED}; Path=/"),)),
        exchange(body='{"from": "midi\\u002dgan"}', kind="rating"),
        exchange(body='{"from": "\\u4e2d\\u6587\\u540d"}', kind="rating"),
        exchange(body='{"from": "real"}', kind="rating"),
        exchange(url="/room/real/"),
        exchange(body="ID3  comment: midi-gan v2", kind="audio"),
        exchange(body="const systems = ['midi-gan'];", kind="static"),
    ],
)
def test_a_name_is_found_however_it_is_written(study: Study, leak: Exchange) -> None:
    edit_file(study, lambda file: file["systems"][0]["label"].update({"zh-hans": "中文名"}))
    secrets = secrets_of(study, "Each clip may be a real song.")
    assert len(leaks([leak], secrets)) == 1
    assert leaks([exchange(body="<p>This may be real, or unreal.</p>")], secrets) == []


def test_hashes_seeds_file_names_and_pack_ids_are_found(study: Study) -> None:
    study.seed = 123_456
    secrets = secrets_of(study, "")
    clip = study.clips.filter(system__system_id="real")[0]
    entry = clip.pack_entry
    for secret in (clip.clip_id, entry["clip_id"], entry["audio_sha256"], study.plan_sha256, "123456", "song 3"):
        assert leaks([exchange(headers=(("ETag", f'"x{secret}"' if len(secret) > 9 else secret),))], secrets), secret


def test_a_word_that_everybody_is_shown_must_not_stand_oftener_on_some_pages(study: Study) -> None:
    secrets = secrets_of(study, "Each clip may be a real song.")
    assert uneven_names([exchange(body="a real song"), exchange(body="A real song.")], secrets) == []
    assert len(uneven_names([exchange(body="a real song"), exchange(body='<p class="real">a real song')], secrets)) == 1


def hidden(
    *marks: str, names: tuple[str, ...] = (), spoken: tuple[str, ...] = (), systems: tuple[str, ...] = ()
) -> Identifiers:
    """Secrets of our own choice."""
    return Identifiers(
        dict.fromkeys(marks, "a hash"),
        dict.fromkeys(names, "a title"),
        dict.fromkeys(spoken, SYSTEM),
        frozenset(systems),
    )


def test_a_mark_is_found_in_any_longer_run_and_said_once_for_each_kind_and_place() -> None:
    secrets = hidden("abcd1234", "ffff000011112222")
    twice = exchange(url="/t/abcd1234/", body="x-ffff000011112222 abcd1234_", kind="trial", trial="tok")
    assert sorted(leaks([twice, twice], secrets)) == [
        "'abcd1234' (a hash) appears in the address or a header of a trial page (/t/abcd1234/).",
        "'abcd1234' (a hash) appears in the content of a trial page (/t/abcd1234/).",
        "'ffff000011112222' (a hash) appears in the content of a trial page (/t/abcd1234/).",
    ]
    assert leaks([exchange(body="abcd 1234 bcd12345 ffff00001111222")], secrets) == []


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("audio", "a clip"),
        ("trial", "a trial page"),
        ("page", "a page"),
        ("form", "a page"),
        ("static", "a script"),
        ("listening", "the reply to a listening"),
    ],
)
def test_where_a_secret_stood_is_said_without_the_trial_s_id(kind: str, said: str) -> None:
    (fault,) = leaks([exchange(url="/room/t/tok/x", body="abcd1234", kind=kind, trial="tok")], hidden("abcd1234"))
    assert fault == f"'abcd1234' (a hash) appears in the content of {said} (/room/t/…/x)."


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_name_in_base64_is_found_from_six_letters_on_and_never_in_sound() -> None:
    secrets = hidden(names=("abcdef", "abcde"))
    for run in (coded("-abcdef-"), coded("-abcdef").rstrip("="), coded("x-abcdef--").rstrip("=")):
        assert len(leaks([exchange(body=run)], secrets)) == 1
    assert leaks([exchange(body=coded("-abcde-"))], secrets) == []
    assert leaks([exchange(body=coded("-abcdef-"), kind="audio")], secrets) == []
    assert len(leaks([exchange(body=f"plainly: {coded('--abcdef')} and broken: abcdefghi")], secrets)) == 1


def test_in_sound_only_printed_runs_are_read() -> None:
    secrets = hidden(names=("reed", "名"))
    assert len(leaks([exchange(body=b"\0\xffby reed..\0", kind="audio")], secrets)) == 1
    assert leaks([exchange(body=b"\0\xffof reed\0", kind="audio")], secrets) == [], "seven bytes of chance"
    assert leaks([exchange(body="名".encode() * 9, kind="audio")], secrets) == []


def test_what_is_the_same_for_every_expert_is_searched_for_systems_alone() -> None:
    secrets = hidden(names=("han", "midi-gan"), systems=("midi-gan",))
    assert leaks([exchange(body="font-family: Han", kind="static")], secrets) == []
    assert len(leaks([exchange(body="MIDI-GAN", kind="static")], secrets)) == 1
    assert len(leaks([exchange(body="Han")], secrets)) == 1


def test_spoken_names_may_stand_on_pages_but_in_no_address_header_or_reply() -> None:
    secrets = hidden(spoken=("real",), systems=("real",))
    assert leaks([exchange(body="a real song")], secrets) == []
    assert len(leaks([exchange(headers=(("X", "real"),))], secrets)) == 1
    assert len(leaks([exchange(body='{"a": "real"}', kind="rating")], secrets)) == 1
    (fault,) = uneven_names([exchange(body="real"), exchange(body="real real")], secrets)
    assert fault == "'real' (the name of a system) appears more often on some trial pages than on others."


def test_a_latin_name_stands_as_a_word_and_a_chinese_one_anywhere() -> None:
    assert [count_occurrences("real", text) for text in ("real", "a real, real song")] == [1, 2]
    assert [count_occurrences("real", text) for text in ("unreal", "really", "real1", "1real")] == [0] * 4
    assert count_occurrences("真实", "这是真实的真实") == 2


def test_secrets_are_marks_from_eight_letters_with_a_digit_and_names_from_three(study: Study) -> None:
    system: dict[str, Any] = {"id": "abcdefg1", "label": {"en": " Model 12 ", "zh-hans": "真"}}
    edit_file(study, lambda file: file.update(systems=[system]))
    secrets = secrets_of(study, "the model 12 of all")
    assert secrets.marks["abcdefg1"] == SYSTEM
    assert secrets.names["真"] == secrets.spoken["model 12"] == SYSTEM
    assert list(secrets.spoken) == ["model 12"]
    assert secrets.systems == {"model 12", "真"}
    for short, marks, names in (("abcde12", 0, 1), ("abcdefgh", 0, 1), ("abc", 0, 1), ("ab", 0, 0)):
        edit_file(study, partial(dict.update, systems=[{"id": short, "label": {}}]))
        found = secrets_of(study, "")
        assert (short in found.marks, short in found.names) == (bool(marks), bool(names)), short


@pytest.mark.parametrize(("seed", "looked_for"), [(9_999, False), (10_000, True)])
def test_only_a_number_that_does_not_turn_up_by_chance_is_a_secret(study: Study, seed: int, looked_for: bool) -> None:
    study.seed = seed
    clip = study.clips.all()[0]
    clip.pack_entry["provenance"] = {"seed": 3 * seed, "of": [seed + 7, True], "index": 5}
    clip.save()
    secrets = secrets_of(study, "")
    assert (str(seed) in secrets.names) is looked_for
    assert str(3 * seed) in secrets.names
    assert (str(seed + 7) in secrets.names) is (seed + 7 >= 10_000)
    assert "true" not in secrets.names


def test_a_practice_clip_s_system_is_no_secret_of_the_pack(study: Study) -> None:
    for clip in study.clips.all():
        clip.pack_entry["system"] = "elsewhere" if clip.system_id is None else "somewhere"
        clip.save()
    secrets = secrets_of(study, "")
    assert "elsewhere" not in secrets.names
    assert "somewhere" in secrets.names


def test_only_messages_of_the_site_count_as_shown() -> None:
    shown = "\n".join(messages_of_the_site())
    assert translate("zh-hans", "Play again") in shown
    assert "Check its name and permissions" not in shown  # a fault of the analysis
