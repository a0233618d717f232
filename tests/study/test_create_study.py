from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
import soundfile
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from study.models import Clip, Event, Slot, Study, System, Trial
from study.sequences import seed_of, sessions_of
from study.services.study_creation import sessions_for
from tests.factories import make_pack, study_toml, tone

pytestmark = pytest.mark.django_db
#: How the design of `file` is summed up.
DESIGN = "Slots: 4. Trials per session: 4. Systems: 2. Questions: 2."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(study_toml(slots=4), encoding="utf-8")
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return make_pack(tmp_path / "pack")


def heard(data: bytes) -> bytes:
    """The samples that a decoder gives."""
    return bytes(soundfile.read(io.BytesIO(data), dtype="int16")[0])


def create(file: Path, pack: Path, **options: Any) -> Study:
    call_command("create_study", str(file), pack=pack, **{"draft": True, **options})
    return Study.objects.get(slug=options.get("slug", "small"))


def assert_nothing_written(settings: Settings) -> None:
    assert not Study.objects.exists()
    assert not Clip.objects.exists()
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def refused(settings: Settings, *args: object, **options: Any) -> str:
    with pytest.raises(CommandError) as error:
        call_command("create_study", *map(str, args), **options)
    assert_nothing_written(settings)
    return str(error.value)


def test_a_study_is_open_with_all_its_slots_clips_and_trials(file: Path, pack: Path) -> None:
    study = create(file, pack, draft=False)
    assert study.state == "open"
    assert study.opened_at is not None
    assert Slot.objects.count() == 4
    assert System.objects.count() == 2
    assert Clip.objects.filter(role="study").count() == 6
    assert Trial.objects.filter(phase="study").count() == 4 * 4
    assert Trial.objects.filter(phase="practice").count() == 4
    assert list(Event.objects.values_list("kind", flat=True)) == ["created", "blinding checked", "opened"]


def test_the_frozen_plan_has_the_hash_of_its_canonical_json(file: Path, pack: Path) -> None:
    import hashlib

    study = create(file, pack)
    assert hashlib.sha256(rfc8785.dumps(study.plan)).hexdigest() == study.plan_sha256
    assert study.certificate["slots"] == 4
    assert study.plan["design"]["seed"] == 7
    assert study.plan["commitment"] == hashlib.sha256(rfc8785.dumps(study.seal.content)).hexdigest()
    assert "sessions" not in study.plan


def test_session_plans_follow_from_no_seed_that_is_known(file: Path, pack: Path) -> None:
    """The file's seed is known to its author: two studies of one file have other orders, from secret numbers."""
    one, two = (create(file, pack, slug=slug) for slug in ("one", "two"))
    assert 7 not in {one.seed, two.seed}
    assert sessions_of(one)["slots"] != sessions_of(two)["slots"]
    content = one.seal.content
    assert seed_of(one.file, content["nonce"]) == one.seed
    assert sessions_for(one.file, sorted(content["systems"]), one.seed) == content["sessions"]


def test_trials_follow_the_plan(file: Path, pack: Path) -> None:
    study = create(file, pack)
    planned = sessions_of(study)["slots"][0]["trials"]
    trials = Trial.objects.filter(slot__number=1, phase="study").order_by("number").select_related("clip__system")
    assert [trial.clip.system.code for trial in trials if trial.clip.system] == [row["system"] for row in planned]
    assert [(trial.block, trial.position) for trial in trials] == [(row["block"], row["position"]) for row in planned]


def test_clips_have_ids_and_files_of_the_studys_own(file: Path, pack: Path, settings: Settings) -> None:
    create(file, pack)
    theirs = {entry["clip_id"] for entry in json.loads((pack / "manifest.json").read_text())["clips"]}
    clips = Clip.objects.all()
    assert not theirs & {clip.clip_id for clip in clips}
    files = [Path(settings.MEDIA_ROOT) / clip.audio for clip in clips]
    theirs_bytes = {tone(number) for number in range(7)}
    assert not {path.read_bytes() for path in files} & theirs_bytes
    assert {heard(path.read_bytes()) for path in files} == {heard(data) for data in theirs_bytes}
    assert {path.stat().st_size for path in files} == {len(tone(0))}
    assert len({path.stat().st_mtime for path in files}) == 1
    assert not any(
        system in str(path.relative_to(settings.MEDIA_ROOT)) for path in files for system in ("midi", "real")
    )


def test_neither_row_order_nor_codes_repeat_the_packs_order(tmp_path: Path, file: Path, pack: Path) -> None:
    orders = set()
    for number in range(6):
        study = create(file, pack, slug=f"s{number}")
        rows = Clip.objects.filter(study=study, role="study").order_by("pk").select_related("system")
        orders.add(tuple(clip.pack_entry["clip_id"] for clip in rows))
        assert [clip.clip_id for clip in rows] == sorted(clip.clip_id for clip in rows)
    assert len(orders) > 1


def test_codes_are_drawn_not_computed(file: Path, pack: Path) -> None:
    codes = {create(file, pack, slug=f"s{number}").systems.get(system_id="real").code for number in range(12)}
    assert codes == {"A", "B"}


def test_metrics_and_provenance_are_kept_with_the_clip(file: Path, pack: Path) -> None:
    create(file, pack)
    clip = Clip.objects.filter(role="study").first()
    assert clip is not None
    assert set(clip.metrics) == {"upc", "gc"}
    assert "song" in clip.pack_entry["provenance"]


def test_an_owner_a_slug_and_a_draft_can_be_asked_for(file: Path, pack: Path) -> None:
    User.objects.create_user("ada")
    study = create(file, pack, slug="other-name", owner="ada", draft=True)
    assert study.owner is not None
    assert (study.owner.username, study.state, study.opened_at) == ("ada", "draft", None)


def test_without_a_seed_in_the_file_one_is_drawn(file: Path, pack: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("seed = 7\n", ""), encoding="utf-8")
    assert create(file, pack, slug="one").seed != create(file, pack, slug="two").seed


def test_check_reads_the_file_and_writes_nothing(
    file: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("create_study", str(file), check=True)
    assert capsys.readouterr().out.splitlines()[0] == f"{file} has no errors. {DESIGN}"
    assert_nothing_written(settings)


@pytest.mark.parametrize("draft", [True, False])
def test_one_summary_says_what_was_made_and_what_comes_next(
    file: Path, pack: Path, capsys: pytest.CaptureFixture[str], draft: bool
) -> None:
    study = create(file, pack, slug="made", draft=draft)
    state = "a draft" if draft else "open"
    after = (
        "manage.py check_blinding made, then open the study in the dashboard."
        if draft
        else "manage.py invite_experts made EXPERTS.csv"
    )
    said = capsys.readouterr().out
    assert said.splitlines()[-3:] == [
        f"Study made is {state}. {DESIGN}",
        f"Study plan, SHA-256: {study.plan_sha256}",
        f"Next: {after}",
    ]
    assert said.count("Slots:") == said.count(study.plan_sha256) == 1


@pytest.mark.parametrize(("slots", "cautions"), [(2, 1), (5, 0)])
def test_few_slots_are_a_caution_wherever_a_study_is_made(
    tmp_path: Path, pack: Path, slots: int, cautions: int
) -> None:
    path = tmp_path / "few.toml"
    path.write_text(study_toml(slots=slots), encoding="utf-8")
    ways: list[dict[str, Any]] = [
        {"check": True},
        {"check": True, "pack": pack},
        {"pack": pack, "draft": True, "slug": "drafted"},
        {"pack": pack, "slug": "opened"},
    ]
    for options in ways:
        out = io.StringIO()
        call_command("create_study", str(path), stdout=out, **options)
        said = [line for line in out.getvalue().splitlines() if line.startswith("So few session plans")]
        assert len(said) == cautions
        for line in said:
            assert "100% of the time or more (chance level 50%)" in line
            assert line.endswith("The study has 2 slots; use 5 or more.")


def test_a_wrong_key_is_named_with_file_and_line(file: Path, pack: Path, settings: Settings) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("alpha", "alhpa"), encoding="utf-8")
    message = refused(settings, file, pack=pack)
    assert f"{file}, line " in message
    assert "Did you mean 'alpha'?" in message


def test_an_altered_clip_is_named(file: Path, pack: Path, settings: Settings) -> None:
    clip = sorted((pack / "audio").iterdir())[-1]
    clip.write_bytes(clip.read_bytes() + b"\0")
    assert str(clip) in refused(settings, file, pack=pack)


def test_a_missing_clip_is_named(file: Path, pack: Path, settings: Settings) -> None:
    clip = sorted((pack / "audio").iterdir())[-1]
    clip.unlink()
    assert f"{clip} is missing" in refused(settings, file, pack=pack)


def test_altered_metrics_are_named(file: Path, pack: Path, settings: Settings) -> None:
    (pack / "metrics.csv").write_text("clip_id,upc\n")
    assert "metrics.csv is not the file" in refused(settings, file, pack=pack)


@pytest.mark.parametrize("content", [b"upc,gc\n1,2\n", b"clip_id,upc\n\xff,1\n"])
def test_metrics_that_cannot_be_used_are_named(file: Path, pack: Path, settings: Settings, content: bytes) -> None:
    (pack / "metrics.csv").write_bytes(content)
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.json").write_text(json.dumps({**manifest, "metrics_sha256": None}))
    assert "metrics.csv" in refused(settings, file, pack=pack)


AUDIO = json.dumps(
    {
        "format": "mp3",
        "bit_rate_kbit_s": 128,
        "sample_rate_hz": 44100,
        "channels": 1,
        "samples": 508032,
        "bytes": 184320,
        "duration_s": 11.52,
        "target_lufs": -20,
    }
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no json", "is not JSON"),
        ("[]", "this is [], not an object"),
        ('{"schema_version": 1, "lufs": NaN}', "is not JSON"),
        ('{"schema_version": 9}', "schema_version is 9, known is 1"),
        (f'{{"schema_version": 1, "audio": {AUDIO}, "clips": []}}', "'clips' must be a list with at least one clip"),
        (f'{{"schema_version": 1, "audio": {AUDIO}, "clips": [{{}}]}}', "clip 1: 'clip_id' is missing"),
        (
            f'{{"schema_version": 1, "audio": {AUDIO}, "clips": [{{"clip_id": "../x", "system": "a", '
            '"role": "study", "audio_sha256": "0", "duration_s": 1}]}',
            "clip 1: clip id '../x' must be 1-64 letters",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(
    file: Path, pack: Path, settings: Settings, content: str, said: str
) -> None:
    (pack / "manifest.json").write_text(content)
    assert said in refused(settings, file, pack=pack)


def test_a_folder_that_is_no_pack_is_named(file: Path, tmp_path: Path, settings: Settings) -> None:
    assert "give a finished pack" in refused(settings, file, pack=tmp_path)


def test_a_pack_with_too_few_clips_or_without_a_system_is_refused(
    tmp_path: Path, file: Path, settings: Settings
) -> None:
    small = make_pack(tmp_path / "small-pack", ("real",), clips=2, practice=0)
    message = refused(settings, file, pack=small)
    assert "of midi-gan it has 0 clips" in message
    assert "of real it has 2 clips" in message
    assert "of practice clips it has 0" in message


def test_an_unknown_owner_a_bad_slug_and_a_missing_pack_are_refused(file: Path, pack: Path, settings: Settings) -> None:
    assert "There is no user 'nobody'" in refused(settings, file, pack=pack, owner="nobody")
    assert "is not a valid short name" in refused(settings, file, pack=pack, slug="Daur Study")
    assert "Name the pack" in refused(settings, file)


def test_a_slug_is_used_once_and_the_second_attempt_leaves_no_files(file: Path, pack: Path, settings: Settings) -> None:
    create(file, pack)
    before = sorted(Path(settings.MEDIA_ROOT).rglob("*"))
    with pytest.raises(CommandError, match="There is a study 'small' already"):
        create(file, pack)
    assert sorted(Path(settings.MEDIA_ROOT).rglob("*")) == before


def test_a_failure_half_way_takes_the_copied_clips_back(
    file: Path, pack: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("study.services.study_creation.write_sessions", full)
    assert "disk full" in refused(settings, file, pack=pack)
