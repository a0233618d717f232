from __future__ import annotations

import io
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from formats.errors import Message
from study import jobs, services
from study.errors import Refused
from study.jobs.child import Beat, Failed, Limits, run_command
from study.models import Event, Job, Study
from tests.factories import make_study, study_toml
from tests.study.children import finished
from tests.study.test_desk import client_of, text

pytestmark = pytest.mark.usefixtures("in_english")

GENEROUS = Limits(wall_s=60, cpu_s=60, memory=8 * 1024**3, file=1024**3)


def recording(number: int, seconds: float = 1.2) -> bytes:
    times = np.arange(int(22_050 * seconds)) / 22_050
    file = io.BytesIO()
    soundfile.write(file, 0.2 * np.sin(2 * np.pi * (220 + 30 * number) * times), 22_050, format="WAV")
    return file.getvalue()


def clips_zip(systems: dict[str, int], more: dict[str, bytes] | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        number = 0
        for system, count in systems.items():
            for index in range(count):
                number += 1
                packed.writestr(f"{system}/{index}.wav", recording(number))
        for name, data in (more or {}).items():
            packed.writestr(name, data)
    return file.getvalue()


def upload(name: str, data: bytes) -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def prepared(ada: Client) -> Job:
    toml = study_toml(systems=("model-one", "model-two"), clips=2, heard=2, practice=0)
    ada.post(reverse("desk:new"), {"file": upload("my-own.toml", toml.encode()), "slug": ""})
    return Job.objects.get()


@pytest.mark.parametrize(("slots", "is_said"), [(2, True), (5, False)])
def test_few_slots_are_a_caution_before_clips_are_uploaded(ada: Client, slots: int, is_said: bool) -> None:
    toml = study_toml(systems=("model-one", "model-two"), slots=slots)
    ada.post(reverse("desk:new"), {"file": upload("my-own.toml", toml.encode()), "slug": ""})
    address = reverse("desk:job", args=[Job.objects.get().token])
    page = text(ada.get(address))
    assert ("Before you upload clips, note:" in page) is is_said
    assert ("The study has 2 slots; use 5 or more." in page) is is_said
    assert "No page or file reveals a system" not in page, "nothing was checked yet"
    chinese = text(ada.get(address, headers={"accept-language": "zh-hans"}))
    assert ("本研究有 2 个名额，请至少使用 5 个名额。" in chinese) is is_said


@pytest.mark.usefixtures("children_here")
def test_a_study_comes_from_an_uploaded_file_and_clips_and_is_blind(ada: Client) -> None:
    job = prepared(ada)
    page = text(ada.get(reverse("desk:job", args=[job.token])))
    assert "model-one/" in page
    assert "at least 2 files" in page
    unusable = {"model-one/notes.txt": b"no sound", "model-two/short.wav": recording(9, 0.3)}
    data = clips_zip({"model-one": 2, "model-two": 3}, unusable)
    asked = {"seconds": "2", "channels": "2"}
    ada.post(reverse("desk:clips", args=[job.token]), {"clips": upload("clips.zip", data), **asked})
    job = finished(job)
    assert (job.state, job.fault) == ("done", "")
    study = Study.objects.get(slug="my-own")
    assert study.owner == User.objects.get(username="ada")
    assert (study.state, study.clips.count()) == ("draft", 4)
    assert [(event.kind, event.actor) for event in study.events.order_by("number")] == [
        ("created", "researcher:ada"),
        ("blinding checked", "researcher:ada"),
    ]
    page = text(ada.get(reverse("desk:job", args=[job.token])))
    assert "All clips: 2 s, stereo. Files changed:" in page
    assert "mono, played on both sides" in page
    assert "2 files could not be used" in page
    assert "it is not a recording (WAV, FLAC, MP3, Ogg, Opus, AIFF, CAF) or a MIDI file" in page
    assert sorted(path.name for path in jobs.folder_of(job).iterdir()) == ["log.txt"]
    ada.post(reverse("desk:open", args=["my-own"]))
    assert Study.objects.get().state == "open"


@pytest.mark.usefixtures("children_here")
def test_clips_that_cannot_become_the_study_are_told_and_may_be_sent_again(ada: Client) -> None:
    job, faults = prepared(ada), []
    for data in (b"no archive", clips_zip({"model-one": 2, "other": 2})):
        ada.post(reverse("desk:clips", args=[job.token]), {"clips": upload("clips.zip", data)})
        job = finished(job)
        faults.append((job.state, job.step, job.fault))
    assert faults[0][:2] == ("failed", "clips")
    assert "neither a folder nor a ZIP file" in faults[0][2]
    assert faults[1][:2] == ("failed", "study")
    assert "of model-two it has 0 clips and the study file asks for 2" in faults[1][2]
    assert job.token not in "".join(fault for *_, fault in faults), "where the site keeps files"
    page = text(ada.get(reverse("desk:job", args=[job.token])))
    assert "Traceback" not in page
    assert 'name="clips"' in page
    assert not Study.objects.exists()


def test_a_command_that_takes_too_much_time_or_memory_is_stopped_and_says_so(tmp_path: Path) -> None:
    told: list[int | None] = []
    wait = ["shell", "-c", "import time; time.sleep(60)"]
    with pytest.raises(Failed, match="exceeded its time limit"):
        run_command(wait, told.append, temporary=tmp_path, limits=Limits(1, 60, 8 * 1024**3, 1024**3))
    assert told
    with pytest.raises(Failed, match="exceeded its memory limit"):
        run_command(["shell", "-c", "bytes(10**10)"], told.append, temporary=tmp_path, limits=GENEROUS)
    endless = Limits(wall_s=60, cpu_s=2, memory=8 * 1024**3, file=1024**3)
    with pytest.raises(Failed, match="processor time limit"):
        run_command(["shell", "-c", "while True: pass"], told.append, temporary=tmp_path, limits=endless)


def test_a_commands_progress_and_its_own_sentence_are_read(tmp_path: Path) -> None:
    told: list[int | None] = []
    slow = "import time; from formats import progress\nwith progress.as_json_lines():\n"
    slow += "    for _ in progress.bar(range(4), 'Rendering'): time.sleep(.6)\nprint('{done')"
    assert run_command(["shell", "-c", slow], told.append, temporary=tmp_path, limits=GENEROUS).endswith("\n{done\n")
    assert [percent for percent in told if percent]
    check = ["create_study", "--check", "nowhere/study.toml"]
    with pytest.raises(Failed, match=r"^nowhere/study\.toml cannot be read: .*Check its name and permissions\.$"):
        run_command([*check, "--progress", "json"], told.append, temporary=tmp_path, limits=GENEROUS)


@pytest.mark.parametrize("failures", [1, 3])
def test_task_outlasts_a_long_transaction_of_another(
    ada: Client, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    job, left, update = prepared(ada), [failures], QuerySet.update
    module = import_module("study.jobs.work")

    def busy(rows: QuerySet[Job], **news: object) -> int:
        if "percent" in news and left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return update(rows, **news)

    def command(_arguments: object, beat: Beat, **_options: object) -> None:
        monkeypatch.setattr(QuerySet, "update", busy)
        beat(10)

    monkeypatch.setattr(module, "run_command", command)
    monkeypatch.setattr(module.os, "nice", lambda _by: None)
    monkeypatch.setitem(module.STEPS, Job.Kind.NEW_STUDY, lambda _job: [module.Step("clips", [])])
    jobs.work(job)
    job.refresh_from_db()
    assert (job.state, job.fault, left) == ("done", "", [0])


def test_a_study_file_with_faults_is_told_them_all_and_nothing_is_made(ada: Client) -> None:
    toml = study_toml().replace("alpha = 0.05", "alpha = 5").replace("minimum = 1", "minimum = 7")
    response = ada.post(reverse("desk:new"), {"file": upload("x.toml", toml.encode()), "slug": ""})
    assert response.status_code == 400
    page = text(response)
    assert "The file has 3 errors:" in page
    assert "analysis.alpha: 5 is out of range" in page
    for name, data, said in (
        ("x.toml", b"\xff", "not UTF-8"),
        ("x.toml", b"x" * 300_000, "larger than 256 kB"),
        ("x.toml", ("a = " + "[" * 100_000).encode(), "nested too deeply"),
        ("X Y.toml", study_toml().encode(), "is not a valid short name"),
    ):
        assert said in text(ada.post(reverse("desk:new"), {"file": upload(name, data), "slug": ""}))
    assert "Choose a study file" in text(ada.post(reverse("desk:new"), {"slug": ""}))
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_short_name_that_is_taken_is_told_before_anything_is_uploaded(tmp_path: Path) -> None:
    make_study(tmp_path, slug="taken")
    ada = client_of("ada")
    response = ada.post(reverse("desk:new"), {"file": upload("x.toml", study_toml().encode()), "slug": "taken"})
    assert "The short name taken is already used" in text(response)


def test_someone_elses_job_is_not_there_and_one_job_runs_at_a_time(ada: Client) -> None:
    job = prepared(ada)
    bob = client_of("bob")
    for name in ("job", "clips", "discard_job"):
        address = reverse(f"desk:{name}", args=[job.token])
        assert (bob.get(address) if name == "job" else bob.post(address)).status_code == 404
    Job.objects.create(kind="blinding", user=job.user, state="running", detail={"slug": "x"})
    page = text(ada.post(reverse("desk:clips", args=[job.token]), {"clips": upload("c.zip", b"x")}, follow=True))
    assert "is running" in page
    ada.post(reverse("desk:discard_job", args=[job.token]))
    assert not Job.objects.filter(pk=job.pk).exists()
    assert not jobs.folder_of(job).exists()


@pytest.mark.django_db
def test_clips_that_come_while_a_job_is_at_work_or_after_it_change_nothing_that_it_reads() -> None:
    job = prepared(client_of("ada"))
    clips = jobs.folder_of(job) / "clips.zip"
    clips.write_bytes(b"first")
    stale = Job.objects.get(pk=job.pk)
    for state, said in (("running", "is running"), ("done", "already has its clips")):
        Job.objects.filter(pk=job.pk).update(state=state)
        with pytest.raises(Refused, match=said):
            jobs.start(stale, files={"clips.zip": [b"sec", b"ond"]})
        assert [path.name for path in jobs.folder_of(job).iterdir() if path.name != "study.toml"] == ["clips.zip"]
        assert clips.read_bytes() == b"first"


def test_what_stopped_a_job_is_told_in_the_readers_language(ada: Client) -> None:
    job = prepared(ada)
    reason = Message("%(file)s: %(fault)s", file="model-one/1.txt", fault=Message("it is not a file"))
    template = "%(file)s holds no clip that can be used (%(reasons)s)."
    fault = Message(template, file="clips.zip/model-one", reasons=[reason])
    detail = {**job.detail, "faults": [fault.as_json()]}
    Job.objects.update(state="failed", step="clips", fault=fault, detail=detail)
    address = reverse("desk:job", args=[job.token])
    assert fault in text(ada.get(address))
    page = text(ada.get(address, headers={"accept-language": "zh-hans"}))
    assert "（model-one/1.txt：不是文件）" in page
    assert "holds no clip" not in page


def test_fault_of_an_earlier_version_is_told_as_it_is(ada: Client) -> None:
    job = prepared(ada)
    Job.objects.update(state="failed", step="clips", fault="clips.zip is empty.\nTry again.")
    page = text(ada.get(reverse("desk:job", args=[job.token]), headers={"accept-language": "zh-hans"}))
    assert "clips.zip is empty." in page
    assert "Try again." in page


def test_a_draft_goes_with_its_preview_and_the_job_that_made_it(ada: Client, tmp_path: Path) -> None:
    study = make_study(tmp_path, draft=True, owner=User.objects.get(username="ada"))
    services.open_preview(study, actor="test", language="en")
    job = jobs.prepare(Job.Kind.BLINDING, user=User.objects.get(), study=study, slug="small")
    ada.post(reverse("desk:discard", args=["small"]))
    assert not Study.objects.exists()
    assert not jobs.folder_of(job).exists()


@pytest.mark.usefixtures("children_here")
def test_a_job_whose_token_looks_like_an_option_is_done(ada: Client) -> None:
    job = prepared(ada)
    before = jobs.folder_of(job)
    job.token = f"-{job.token[1:]}"
    job.save()
    before.rename(jobs.folder_of(job))
    ada.post(reverse("desk:clips", args=[job.token]), {"clips": upload("c.zip", clips_zip({"model-one": 2}))})
    assert "of model-two it has 0 clips" in finished(job).fault


def test_a_job_that_another_server_prepared_is_refused_in_words(ada: Client) -> None:
    job = prepared(ada)
    folder = jobs.folder_of(job)
    folder.rename(folder.with_name("elsewhere"))
    clips = {"clips": upload("c.zip", clips_zip({"model-one": 2}))}
    page = text(ada.post(reverse("desk:clips", args=[job.token]), clips, follow=True))
    assert "not on this server. Start again." in page
    job.refresh_from_db()
    assert job.state == "prepared"


@pytest.mark.usefixtures("children_here")
def test_a_job_whose_process_is_gone_says_so_and_can_be_begun_again(ada: Client) -> None:
    job = prepared(ada)
    Job.objects.filter(pk=job.pk).update(state="running", beat_at=job.beat_at - 2 * jobs.desk.SILENCE)
    rest = jobs.folder_of(job) / "pack" / "progress.jsonl"
    rest.parent.mkdir()
    rest.write_text("of another pack")
    assert "interrupted" in text(ada.get(reverse("desk:job", args=[job.token])))
    ada.post(reverse("desk:clips", args=[job.token]), {"clips": upload("c.zip", clips_zip({"model-one": 2}))})
    assert "of model-two it has 0 clips" in finished(job).fault
    assert not Event.objects.exists()


@pytest.mark.usefixtures("children_here")
def test_a_draft_is_checked_at_the_desk_and_then_opened(ada: Client, tmp_path: Path) -> None:
    study = make_study(tmp_path, draft=True, owner=User.objects.get(username="ada"))
    address = reverse("desk:study", args=["small"])
    assert "Open study" not in text(ada.get(address))
    response = ada.post(reverse("desk:check_blinding", args=["small"]))
    job = Job.objects.get()
    assert response.headers["Location"] == reverse("desk:job", args=[job.token])
    assert (finished(job).state, job.fault) == ("done", "")
    assert study.events.get(kind="blinding checked").actor == "researcher:ada"
    assert "blinding check passed" in text(ada.get(address))
    ada.post(reverse("desk:open", args=["small"]))
    assert Study.objects.get().state == "open"
