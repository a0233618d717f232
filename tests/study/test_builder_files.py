"""The files of a draft: uploading in parts, whose they are, what is found of them, and the study that comes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from formats.study_file import localised
from study.builder import drafts, files
from study.builder.toml_text import content_of
from study.models import Draft, DraftFile, Job, Study
from tests.study.children import finished
from tests.study.test_desk import client_of, text
from tests.study.test_jobs import clips_zip, recording

pytestmark = pytest.mark.django_db

SYSTEMS = ["model-a", "model-b"]


@pytest.fixture
def draft(ada: Client) -> Draft:
    content = content_of(Path("fixtures/studies/pilot.toml").read_text(encoding="utf-8"))
    content["design"] = {"clips_per_system": 2, "heard_per_expert": 2, "practice": 0}
    return drafts.make_draft(content, User.objects.get(username="ada"), "own")


def address(draft: Draft, **query: Any) -> str:
    return reverse("builder:files", args=[draft.token], query=query)


def put(client: Client, draft: Draft, name: str, data: bytes, at: int = 0, size: int | None = None) -> Any:
    size = len(data) if size is None else size
    return client.put(address(draft, name=name, size=size, at=at), data, content_type="application/octet-stream")


def stored(draft: Draft) -> dict[str, bytes]:
    folder = files.files_of_draft(draft)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def page(client: Client, draft: Draft) -> str:
    return text(client.get(reverse("builder:step", args=[draft.token, "clips"])))


def test_upload_that_stopped_continues_where_it_stopped(draft: Draft, ada: Client) -> None:
    data = recording(1, 1.2)
    half = len(data) // 2
    assert put(ada, draft, "model-a/1.wav", data[:half], size=len(data)).json() == {"size": half}
    assert stored(draft) == {}
    asked = ada.get(address(draft, name="model-a/1.wav", size=len(data)))
    assert asked.json() == {"size": half}
    assert put(ada, draft, "model-a/1.wav", b"again", at=0, size=len(data)).json() == {"size": half}
    assert put(ada, draft, "model-a/1.wav", data[half:], at=half, size=len(data)).json() == {"size": len(data)}
    assert stored(draft) == {"model-a/1.wav": data}
    assert put(ada, draft, "model-a/1.wav", data).json() == {"size": len(data)}


@pytest.mark.parametrize(
    "name", ["", "..", "a/../../b.wav", ".hidden", "__MACOSX/a.wav", "a/.b", "x" * 200, "a\nb.wav"]
)
def test_name_that_leads_elsewhere_is_refused(draft: Draft, ada: Client, name: str) -> None:
    reply = put(ada, draft, name, b"sound")
    kept = [path for path in files.folder_of_draft(draft).parent.rglob("*") if path.is_file()]
    assert reply.status_code == 400 or [path.parent.name for path in kept] == ["files"]
    assert all(files.files_of_draft(draft) in path.parents for path in kept)


def test_part_that_does_not_fit_is_refused(draft: Draft, ada: Client) -> None:
    assert put(ada, draft, "a.wav", b"more than", size=3).status_code == 400
    assert put(ada, draft, "a.wav", b"", size=0).status_code == 400
    assert ada.put(address(draft, name="a.wav", size="x", at=0), b"1").status_code == 404
    assert stored(draft) == {}


def test_draft_holds_so_many_files_and_no_more(draft: Draft, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 1)
    assert put(ada, draft, "a.wav", b"1").status_code == 200
    assert put(ada, draft, "b.wav", b"1").status_code == 413
    assert stored(draft) == {"a.wav": b"1"}


def test_file_of_someone_elses_draft_is_not_there(draft: Draft, ada: Client) -> None:
    eve = client_of("eve")
    assert put(eve, draft, "a.wav", b"1").status_code == 404
    assert eve.get(address(draft, name="a.wav", size=1)).status_code == 404
    put(ada, draft, "a.wav", b"sound")
    file = DraftFile.objects.create(draft=draft, name="a.wav", facts={"seconds": 1, "channels": 1})
    sound = reverse("builder:sound", args=[draft.token, file.pk])
    assert eve.get(sound).status_code == 404
    assert b"".join(ada.get(sound).streaming_content) == b"sound"  # type: ignore[attr-defined]
    other = drafts.make_draft({}, User.objects.get(username="eve"))
    assert eve.get(reverse("builder:sound", args=[other.token, file.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("model-a/song 1.wav", ("model-a", "song 1")),
        ("Model A/x.flac", ("model-a", "x")),
        ("song_model-b.wav", ("model-b", "song")),
        ("model-b-song.mp3", ("model-b", "song")),
        ("practice/x.wav", ("practice", "x")),
        ("elsewhere/x.wav", ("", "x")),
        ("x.wav", ("", "x")),
    ],
)
def test_name_says_whose_a_file_is(name: str, owner: tuple[str, str]) -> None:
    assert files.owner_of(name, SYSTEMS) == owner


def facts(seconds: float, channels: int, **more: Any) -> dict[str, Any]:
    return {"seconds": seconds, "channels": channels, "lufs": -20.0, "waveform": [5, 100], "reason": None, **more}


def test_what_will_be_done_is_said_before(draft: Draft, ada: Client) -> None:
    for name, found in {"a": facts(12, 2), "b": facts(30, 1)}.items():
        DraftFile.objects.create(draft=draft, name=f"{name}.wav", system=f"model-{name}", item="x", facts=found)
    shown = page(ada, draft)
    assert "All clips will have 12 s, mono." in shown
    assert "mixed to mono" in shown
    assert "cut to 12 s" in shown
    assert "1 usable files for 2 clips" in shown
    content = drafts.content_of_draft(draft)
    content["clips"] = {"seconds": 20, "channels": 2}
    done = {row.file.name: row.changes for row in files.rows_of(draft, content)[0]}
    assert done == {"a.wav": ["followed by silence"], "b.wav": ["cut to 20 s", "mono, played on both sides"]}


def test_owner_of_a_file_is_chosen_and_a_file_deleted(draft: Draft, ada: Client) -> None:
    put(ada, draft, "a.wav", b"1")
    file = DraftFile.objects.create(draft=draft, name="a.wav", facts=facts(3, 1))
    ada.post(address(draft), {f"system-{file.pk}": "model-b"})
    file.refresh_from_db()
    assert file.system == "model-b"
    ada.post(address(draft), {f"system-{file.pk}": "nobody"})
    file.refresh_from_db()
    assert file.system == ""
    ada.post(address(draft), {"do": f"remove:{file.pk}"})
    assert (stored(draft), DraftFile.objects.count()) == ({}, 0)


def test_folders_become_systems(draft: Draft, ada: Client) -> None:
    for name in ("Our Model/1.wav", "people/1.wav"):
        DraftFile.objects.create(draft=draft, name=name, facts=facts(3, 1))
    ada.post(address(draft), {"do": "systems"})
    draft.refresh_from_db()
    content = drafts.content_of_draft(draft)
    assert [(row["id"], localised(row["label"], "en")) for row in content["systems"]] == [
        ("our-model", "Our Model"),
        ("people", "people"),
    ]
    assert content["analysis"]["contrasts"] == [["our-model", "people"]]
    assert set(draft.files.values_list("system", flat=True)) == {"our-model", "people"}


@pytest.mark.usefixtures("children_here")
def test_uploaded_files_become_a_study(draft: Draft, ada: Client) -> None:
    more = {"model-a/notes.txt": b"no sound"}
    upload = SimpleUploadedFile("all.zip", clips_zip({"model-a": 2, "model-b": 2}, more))
    ada.post(address(draft), {"files": [upload]})
    job = finished(Job.objects.get())
    assert (job.state, job.fault) == ("done", "")
    assert draft.files.count() == 5
    shown = page(ada, draft)
    assert "Cannot be used: it is not a recording" in shown
    assert "2 usable files for 2 clips" in shown
    assert 'class="wave"' in shown
    reply = ada.post(reverse("builder:create", args=[draft.token]))
    job = finished(Job.objects.get(kind=Job.Kind.NEW_STUDY))
    assert reply.headers["Location"] == reverse("desk:job", args=[job.token])
    assert (job.state, job.fault) == ("done", "")
    assert Study.objects.get(slug="own").clips.count() == 4
    assert draft.files.count() == 5, "they stay for the next study"
    ada.post(reverse("builder:delete", args=[draft.token]))
    assert not files.folder_of_draft(draft).exists()
