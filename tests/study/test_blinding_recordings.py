"""What recordings give away is a caution of the blinding check, at the desk and in the log, that names no system."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from config.commands import messages_of
from generation.differences import FEATURES
from study import cautions, services
from study.blinding import feature_test
from study.management.blinding import compared, unnamed
from study.models import Job, Study
from tests.factories import make_pack, make_study, study_toml
from tests.recordings import PLANTED, at_one_loudness, between, mp3, recording
from tests.study.test_desk import text

pytestmark = pytest.mark.django_db

SYSTEMS, CLIPS = ("midi-gan", "real"), 6
LATE = [
    "Clips of some systems begin to sound later: the systems' means range from 0.2 s to 0.7 s (p = 0.002).",
    "Clips of some systems have more silence before and after the sound: the systems' means range from 0.4 s to 0.9 s "
    "(p = 0.002).",
    "Experts can hear this. If it is not part of the music, trim, pad or process all recordings in the same way, "
    "then create the pack and the study again.",
]


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    """A draft of two systems; its clips are replaced by what a test plants."""
    return make_study(
        tmp_path,
        systems=SYSTEMS,
        clips=CLIPS,
        heard=CLIPS,
        slots=4,
        practice=0,
        scales=("overall",),
        draft=True,
        owner=User.objects.get(username="ada"),
    )


def silence(study: Study, start: float, end: float, clips: int) -> None:
    """Make some clips silent within these seconds."""
    for number, clip in enumerate(study.clips.order_by("pk")):
        samples = between(recording(number), start, end, 0) if number < clips else recording(number)
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(mp3(at_one_loudness(samples))))


def test_clips_that_are_mostly_silent_are_refused_by_number(study: Study) -> None:
    silence(study, 0, 2.4, clips=3)
    with pytest.raises(CommandError) as error:
        call_command("check_blinding", study.slug, sessions=1, stdout=io.StringIO())
    assert str(error.value) == (
        f"3 of {2 * CLIPS} clips of small are silent for more than half of the time up to their last sound. Cut the "
        "silence or use other recordings, then create the pack and the study again."
    )
    assert not study.events.filter(kind="blinding checked").exists()
    with translation.override("zh-hans"):
        (told,) = messages_of(error.value)
        assert told.words(gettext).startswith("small 的 12 个片段中有 3 个到最后一个声音为止过半时间")


def test_create_study_takes_no_mostly_silent_clips(tmp_path: Path) -> None:
    folder = make_pack(tmp_path / "pack", SYSTEMS, CLIPS, practice=0)
    manifest = json.loads((folder / "manifest.json").read_text())
    for number, clip in enumerate(manifest["clips"]):
        data = mp3(at_one_loudness(between(recording(number), 0, 2.4, 0)))
        (folder / "audio" / f"{clip['clip_id']}.mp3").write_bytes(data)
        clip["audio_sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    toml = tmp_path / "small.toml"
    toml.write_text(study_toml(systems=SYSTEMS, clips=CLIPS, heard=1, slots=2, practice=0, scales=("overall",)))
    with pytest.raises(CommandError, match="12 of 12 clips of small are silent for more than half"):
        call_command("create_study", str(toml), pack=folder, stdout=io.StringIO())
    assert not Study.objects.exists()


def test_mostly_silent_clips_of_short_music_are_a_caution(study: Study) -> None:
    silence(study, 1.3, 3, clips=2)
    found = unnamed(compared(study))
    assert (found["silent"], found["clips"]) == (2, 12)
    with translation.override("en"):
        assert cautions.of_recordings(found)[-1] == (
            "2 of 12 clips are silent for more than half of their length, as clips from short recordings are. "
            "Experts wait through the silence. Use longer recordings if you have any."
        )
    with translation.override("zh-hans"):
        assert cautions.of_recordings(found)[-1].startswith("12 个片段中有 2 个过半时长没有声音")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "(too few clips for a test)"), ("zh-hans", "（片段太少，无法检验）")]
)
def test_too_few_clips_have_no_p_of_a_difference(language: str, words: str) -> None:
    difference = {"feature": "onset_s", "low": 0.2, "high": 0.8, "p": 0.101}
    with translation.override(language):
        first, _advice, last = cautions.of_recordings({"differences": [difference], "least_p": 0.3})
    assert words in first
    assert "0.101" not in first
    assert "0.30" in last


def plant(study: Study, feature: str | None) -> None:
    """Give the study recordings that differ by chance, and those of one system by a feature."""
    for number, clip in enumerate(study.clips.select_related("system")):
        samples = recording(number)
        if feature == "stereo_width":
            samples = np.stack([samples, samples], axis=1)
        if feature and clip.system and clip.system.system_id == "real":
            samples = PLANTED[feature](recording(number))
        default_storage.delete(clip.audio)
        default_storage.save(clip.audio, ContentFile(mp3(at_one_loudness(samples))))


@pytest.mark.parametrize("feature", PLANTED)
def test_a_planted_difference_is_a_caution_in_both_languages(study: Study, feature: str) -> None:
    plant(study, feature)
    found = unnamed(compared(study))
    place = [each["feature"] for each in found["differences"]].index(feature)
    with translation.override("en"):
        english = cautions.of_recordings(found)[place]
    with translation.override("zh-hans"):
        chinese = cautions.of_recordings(found)[place]
    assert english.startswith("Clips of some systems ")
    assert chinese.startswith("部分系统的片段")
    numbers = {f"{found['differences'][place][end]:g}".replace("-", "−") for end in ("low", "high")}
    assert all(number in english and number in chinese for number in numbers)


def test_equal_recordings_are_no_caution(study: Study) -> None:
    plant(study, None)
    assert cautions.of_recordings(unnamed(compared(study))) == []


def test_every_feature_has_its_sentence() -> None:
    assert list(cautions.WORDS) == [feature.key for feature in FEATURES]


def test_a_late_system_is_said_by_command_log_and_desk(
    study: Study, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_test, "ALPHA", 0.0)  # no second look, which one clean study in a hundred needs
    plant(study, "onset_s")
    out = io.StringIO()
    call_command("check_blinding", study.slug, sessions=1, stdout=out)
    # Of 924 orders two separate the systems; the permutations are a sample of them.
    plans, *said = re.sub(r"p = 0\.00[1-4]", "p = 0.002", out.getvalue()).splitlines()[1:]
    assert said == LATE
    assert plans.startswith("So few session plans reveal one another")
    passed = study.events.get(kind="blinding checked").detail["recordings"]
    assert passed == {
        "differences": [
            {"feature": "onset_s", "low": 0.2, "high": 0.7, "p": pytest.approx(0.0022, abs=0.001)},
            {"feature": "edge_silence_s", "low": 0.4, "high": 0.9, "p": pytest.approx(0.0022, abs=0.001)},
        ]
    }
    owner = User.objects.get(username="ada")
    job = Job.objects.create(
        kind=Job.Kind.BLINDING, state=Job.State.DONE, user=owner, study=study, detail={"slug": study.slug}
    )
    for address in (reverse("desk:job", args=[job.token]), reverse("desk:study", args=[study.slug])):
        page = text(ada.get(address))
        assert "So few session plans reveal one another" in page
        assert "begin to sound later: the systems&#x27; means range from 0.2 s to 0.7 s" in page
        page = re.sub(r"p = 0\.00[1-4]", "p = 0.002", text(ada.get(address, headers={"accept-language": "zh-hans"})))
        assert "部分系统的片段开始发声较晚：各系统均值介于 0.2 至 0.7 秒（p = 0.002）。" in page
        assert "专家听得出来。" in page
        assert "呈现顺序太少" in page


def test_nothing_that_is_told_names_a_system_or_a_clip(study: Study) -> None:
    plant(study, "onset_s")
    found = unnamed(compared(study))
    with translation.override("en"):
        told = json.dumps([found, cautions.of_recordings(found)])
    secrets = {*SYSTEMS, *study.systems.values_list("code", flat=True), *study.clips.values_list("clip_id", flat=True)}
    words = set(told.replace('"', " ").replace(":", " ").replace(",", " ").split())
    assert not secrets & words
    # Which system it is makes no difference to what is told.
    rows = list(study.clips.order_by("pk"))
    one, other = sorted({clip.system_id for clip in rows}, key=str)
    for clip in rows:
        clip.system_id = other if clip.system_id == one else one
        clip.save()
    assert [each | {"p": 0} for each in unnamed(compared(study))["differences"]] == [
        each | {"p": 0} for each in found["differences"]
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "So few clips cannot show whether recordings differ by system: even if they separated the systems "
            "perfectly, p would be 0.33.",
        ),
        ("zh-hans", "片段太少，无法检验录音是否因系统而异：即使录音能完全区分各系统，p 也只能达到 0.33。"),
    ],
)
def test_too_few_clips_for_a_test_are_said(language: str, sentence: str) -> None:
    with translation.override(language):
        assert cautions.of_recordings({"differences": [], "least_p": 1 / 3}) == [sentence]


def test_an_older_check_without_comparison_has_no_caution(study: Study, ada: Client) -> None:
    services.record_blinding(study, actor="test", detail={})
    assert "but note" not in text(ada.get(reverse("desk:study", args=[study.slug])))
