"""Clips in S3, as several web hosts share them; moto stands for it, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from study.models import Clip, Expert, Study
from tests.factories import begin, enter, make_expert, make_study, rate_all, trials_of

pytestmark = pytest.mark.django_db(transaction=True)

BUCKET = "clips"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server that speaks like S3; only the process that starts one loads it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(settings: Settings, address: str) -> Iterator[None]:
    """The clips lie in a bucket, with the options that docs/operations.md names."""
    access = {"region_name": "us-east-1", "endpoint_url": address}
    account = boto3.client("s3", **access, aws_access_key_id="testing", aws_secret_access_key="testing")
    account.create_bucket(Bucket=BUCKET)
    options = {"bucket_name": BUCKET, "access_key": "testing", "secret_key": "testing", **access}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    yield
    for found in account.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        account.delete_object(Bucket=BUCKET, Key=found["Key"])


@pytest.fixture
def alice(bucket: None, tmp_path: Path) -> Expert:
    expert = make_expert(make_study(tmp_path))
    begin(expert)
    return expert


def test_a_study_is_made_checked_heard_and_exported(
    alice: Expert, client: Client, settings: Settings, tmp_path: Path
) -> None:
    study = Study.objects.get()
    call_command("check_blinding", study.slug)
    trial = trials_of(alice)[0]
    heard = enter(client, alice).get(f"/room/t/{trial.token}/audio")
    with default_storage.open(trial.clip.audio) as file:
        assert heard.content == file.read()
    rate_all(alice)
    call_command("export_dataset", study.slug, out=tmp_path / "dataset")
    assert (tmp_path / "dataset" / "dataset_description.json").exists()
    assert client.get("/readyz").json()["clips"] == "ok"
    assert not Path(settings.MEDIA_ROOT).exists()


def test_a_backup_holds_the_clips_and_brings_them_back(alice: Expert, tmp_path: Path) -> None:
    rate_all(alice)
    before = contents()
    assert len(set(before.values())) == Clip.objects.count() > 2
    call_command("backup", str(tmp_path / "saved.zip"))
    for name in before:
        default_storage.delete(name)
    call_command("flush", interactive=False, verbosity=0)
    call_command("restore", str(tmp_path / "saved.zip"))
    assert contents() == before
    assert Expert.objects.get().code == alice.code


def contents() -> dict[str, bytes]:
    found = {}
    for clip in Clip.objects.exclude(audio=""):
        with default_storage.open(clip.audio) as file:
            found[clip.audio] = file.read()
    return found
