"""Nothing that reaches an expert's browser says which system made a clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from study import services
from study.models import Clip, Expert, Study
from tests.factories import enter, make_expert, make_study, rate_all, trials_of
from tests.study.test_room_remarks import put_remark
from tests.study.test_room_saves import put_listening, put_rating, rating_body

pytestmark = pytest.mark.django_db

SYSTEMS = ("midi-gan", "transformer", "real")


@pytest.fixture
def alice(tmp_path: Path) -> Expert:
    return make_expert(make_study(tmp_path, systems=SYSTEMS), "alice")


def session(client: Client, expert: Expert) -> Iterator[Any]:
    """Every response of a whole session, refusals included."""
    enter(client, expert)
    yield client.get("/")
    yield client.get("/room/consent/")
    yield client.post("/room/consent/", {"agree": "yes", "version": "1", "language": "en"})
    yield client.get("/room/background/")
    yield client.post("/room/background/", {"device": "headphones"})
    yield client.get("/room/sound/")
    yield client.post("/room/sound/", {"level": "60", "answers": "[]"})
    yield client.get("/room/instructions/")
    yield client.get("/room/worker.js")
    yield client.get("/room/offline/")
    for trial in [*trials_of(expert, "practice"), *trials_of(expert)]:
        yield client.get(f"/room/t/{trial.token}/")
        yield client.get(f"/room/t/{trial.token}/audio")
        yield put_rating(client, trial, rating_body(), expert)
        yield put_listening(client, trial, expert)
        yield put_rating(client, trial, rating_body(), expert)
        yield put_rating(client, trial, rating_body(value=9), expert)
        yield put_remark(client, trial, expert)
    rate_all(expert)
    yield client.get("/room/review/")
    services.submit(expert)
    yield client.get("/room/thanks/")
    yield client.get("/room/t/unknown/")
    yield client.get("/room/withdraw/")
    yield client.post("/room/withdraw/", {"sure": "yes"})


def secrets_of(study: Study) -> set[str]:
    """Names, ids and hashes that would tell systems apart or join a clip with its pack."""
    secrets = {str(study.seed)} if study.seed > 9999 else set()
    secrets |= {system.id for system in study.file.systems}
    secrets |= {system.label["en"] for system in study.file.systems} - {"REAL"}
    for clip in Clip.objects.filter(study=study):
        entry = clip.pack_entry
        secrets |= {clip.clip_id, clip.audio, entry["clip_id"], entry["audio_sha256"], str(entry["provenance"])}
        secrets |= {str(entry["provenance"].get("song", "midi-gan"))}
    return secrets - {"real"}  # an English word; the system's own id is looked for as an attribute below


def test_a_whole_session_names_no_system_clip_or_source(client: Client, alice: Expert) -> None:
    secrets = secrets_of(alice.study)
    assert {"midi-gan", "transformer"} <= secrets
    for response in session(client, alice):
        seen = response.content + repr([*response.items(), response.cookies]).encode()
        for secret in secrets:
            assert secret.encode() not in seen, f"{secret} in {response.request['PATH_INFO']}"
        assert b'"real"' not in seen
        assert b"=real" not in seen


def test_scripts_and_styles_name_no_system(alice: Expert) -> None:
    folder = Path(str(finders.find("mukulen/room.js"))).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    for secret in ("midi-gan", "vaegan", "music-vae", "musicvae", "transformer", "mlstm"):
        assert not any(secret in text.lower() for text in texts)


def test_pages_hold_no_inline_script_or_style(client: Client, alice: Expert) -> None:
    assert settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["default-src"] == ["'none'"]
    for response in session(client, alice):
        if response["Content-Type"].startswith("text/html"):
            assert b"<style" not in response.content
            assert b" style=" not in response.content
            assert b"<script>" not in response.content
            assert "Content-Security-Policy" in response
