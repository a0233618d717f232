"""Before unsealing: all that the desk shows and hands out, and every clip that a guest hears, against the pack."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import soundfile
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from formats.pack import PackClip, read_pack
from formats.study_file import parse
from study import dataset, services
from study.models import Job, Study
from tests.factories import begin, enter, make_expert, make_pack, rate_all, study_toml, trials_of
from tests.study.children import finished

CLIPS = 6


def distinctive_pack(path: Path) -> list[PackClip]:
    """A pack whose metrics are numbers that nothing else would show by chance."""
    pack = make_pack(path, clips=CLIPS)
    ids = [entry["clip_id"] for entry in json.loads((pack / "manifest.json").read_text())["clips"]]
    rows = [f"{clip_id},{20 + number}.73519,0.{84_617 + 101 * number}" for number, clip_id in enumerate(ids)]
    table = "\n".join(["clip_id,upc,gc", *rows, ""])
    (pack / "metrics.csv").write_text(table)
    manifest = json.loads((pack / "manifest.json").read_text())
    digest = hashlib.sha256(table.encode()).hexdigest()
    (pack / "manifest.json").write_text(json.dumps({**manifest, "metrics_sha256": digest}))
    return read_pack(pack)


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


def crawl(client: Client) -> Iterator[tuple[str, bytes]]:
    """(address, content) of every page, picture and download that leads from the list of studies; archives unpacked."""
    waiting, seen = [reverse("desk:studies")], set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        response = client.get(address)
        if response.status_code != 200:
            continue
        content = body(response)
        yield address, content
        if not response.headers["Content-Type"].startswith("text/html") or "report/files" in address:
            continue
        page = content.decode()
        found = {unescape(url) for url in re.findall(r'(?:href|src)="(/desk/[^"#]*)"', page)}
        waiting += [url for url in found if url not in seen and url not in waiting and "logout" not in url]
        for action in re.findall(r'action="(/desk/[^"]*(?:/dataset/|/zip/)[^"]*)"', page):
            forms = dataset.FORMS if action.endswith("/dataset/") else [""]
            for form in forms if action not in seen else []:
                yield from unpacked(f"{action}{form}", body(client.post(action, {"form": form})))
            seen.add(action)


def unpacked(address: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if not data.startswith(b"PK"):
        yield address, data
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield f"{address}:{name}", archive.read(name)


@pytest.mark.usefixtures("children_here")
def test_nothing_that_the_desk_shows_or_hands_out_joins_with_the_pack(ada: Client, tmp_path: Path) -> None:
    pack = distinctive_pack(tmp_path / "pack")
    file = parse(study_toml(clips=CLIPS, heard=CLIPS, slots=5))
    study = services.create_study(
        slug="small",
        file=file,
        file_sha256="0" * 64,
        clips=services.choose_clips(file, pack),
        owner=User.objects.get(username="ada"),
    )
    services.record_blinding(study, actor="test", detail={})
    services.open_study(study, actor="test")
    for number in range(1, 6):
        expert = make_expert(study, f"e{number:02d}")
        begin(expert)
        rate_all(expert, number)
        services.submit(expert)
    services.close_study(study, actor="test")
    ada.post(reverse("desk:make_report", args=["small"]))
    job = finished(Job.objects.get())
    assert (job.state, job.fault) == ("done", "")

    seen = dict(crawl(ada))
    assert {"report.html", "system_means.csv"} <= {Path(name).name for name in seen}
    assert any(".zip" in name or "/dataset" in name for name in seen)
    assert_nothing_joins(seen, study, pack)


def assert_nothing_joins(seen: dict[str, bytes], study: Study, pack: list[PackClip]) -> None:
    marks = {"metrics.csv", "clips.csv"}
    for clip in pack:
        marks |= {clip.clip_id, clip.entry["audio_sha256"], clip.metrics["upc"], clip.metrics["gc"]}
        marks.add(str(clip.entry["provenance"]["song"]))
    stored = [data_of(clip.audio) for clip in study.clips.all()]
    marks |= {hashlib.sha256(data).hexdigest() for data in stored}
    texts = {name: content.decode("utf-8", "replace") for name, content in seen.items()}
    assert [(mark, name) for name, text in texts.items() for mark in marks if mark in text or mark in name] == []
    own_ids = set(study.clips.values_list("clip_id", flat=True))
    for name, text in texts.items():
        assert not any(clip_id in text for clip_id in own_ids), name
    assert_the_order_is_another(texts, study, pack)


def assert_the_order_is_another(texts: dict[str, str], study: Study, pack: list[PackClip]) -> None:
    """Clips sorted by their ids, as datasets could list them, or by their rows: not in the pack's order."""
    place = {clip.clip_id: number for number, clip in enumerate(pack)}
    for key in ("clip_id", "pk"):
        order = [place[clip.pack_entry["clip_id"]] for clip in study.clips.filter(role="study").order_by(key)]
        assert order != sorted(order)
    table = next(text for name, text in texts.items() if name.endswith("_task-rating_data.csv"))
    rows = list(csv.DictReader(table.splitlines()))
    assert len(rows) == 5 * 2 * 2 * CLIPS
    assert not {"system", "clip_id"} & set(rows[0])


def data_of(path: str) -> bytes:
    with default_storage.open(path) as stored:
        data: bytes = stored.read()
    return data


@pytest.mark.django_db
def test_no_clip_that_is_served_has_the_hash_of_a_clip_of_the_pack_and_each_sounds_the_same(
    tmp_path: Path, client: Client
) -> None:
    pack = read_pack(make_pack(tmp_path / "pack"))
    file = parse(study_toml(heard=3))
    served: dict[str, set[bytes]] = {}
    for slug in ("one", "other"):
        chosen = services.choose_clips(file, pack)
        study = services.create_study(slug=slug, file=file, file_sha256="0" * 64, clips=chosen)
        services.record_blinding(study, actor="test", detail={})
        services.open_study(study, actor="test")
        expert = make_expert(study)
        begin(expert)
        enter(client, expert)
        trials = [*trials_of(expert, "practice"), *trials_of(expert)]
        rate_all(expert)
        served[slug] = {body(client.get(reverse("room:audio", args=[trial.token]))) for trial in trials}
        by_place = {trial.clip.audio: trial.clip.pack_entry["clip_id"] for trial in trials}
        packed = {clip.clip_id: clip.audio for clip in pack}
        for path, clip_id in by_place.items():
            assert samples(data_of(path)) == samples(packed[clip_id])
    hashes = [hashlib.sha256(data).digest() for data in (*served["one"], *served["other"])]
    assert len(set(hashes)) == 2 * 7  # each copy of each study is another file
    assert not set(hashes) & {hashlib.sha256(clip.audio).digest() for clip in pack}
    assert {len(data) for data in (*served["one"], *served["other"])} == {len(pack[0].audio)}


def samples(data: bytes) -> bytes:
    return bytes(soundfile.read(io.BytesIO(data), dtype="int16")[0])
