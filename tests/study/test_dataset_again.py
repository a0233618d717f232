"""A dataset that is read in again, in any of its forms, gives the same statistics."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pyreadstat
import pytest
from django.core.management import call_command

from analysis.data import ratings
from analysis.statistics import mixed_model
from study import clock, dataset, services
from study.dataset import file_formats
from study.models import Clip, Expert, Rating, Study
from tests.factories import make_study, trials_of
from tests.study.test_dataset import LONG, WIDE

pytestmark = pytest.mark.django_db

KEY = ["scale", "system", "clip_id", "expert_id", "is_repeat"]
SYSTEMS = ("midi-gan", "music-vae", "real")


def rated(tmp_path: Path) -> Study:
    """Eight experts, three systems, two scales, a repeat each: numbers drawn from a seed, the seal open."""
    rng = random.Random(5)
    study = make_study(tmp_path, systems=SYSTEMS, clips=5, heard=4, repeats=1, slots=8, practice=0)
    level = {clip: rng.gauss(3, 0.5) for clip in Clip.objects.order_by("pk").values_list("pk", flat=True)}
    for slot in study.slots.order_by("number"):
        expert = Expert.objects.create(study=study, code=f"e{slot.number}", group="all", language="en", slot=slot)
        Rating.objects.bulk_create(
            Rating(
                trial=trial,
                expert=expert,
                scale=scale,
                value=min(5, max(1, round(rng.gauss(level[trial.clip_id], 0.9)))),
                revision=1,
                client_uuid=uuid4(),
                given_at=clock.now(),
                rt_ms=9000,
            )
            for trial in trials_of(expert)
            for scale in ("valence", "overall")
        )
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    return study


def made(study: Study, form: str) -> io.BytesIO:
    target = io.BytesIO()
    file_formats.write(study, form, target, "en")
    return target


def frame_of(source: Path, *scales: str) -> pd.DataFrame:
    frame = ratings.read(source, scales).frame
    return frame[[*KEY, "rating"]].sort_values(KEY).reset_index(drop=True)


def test_every_form_holds_the_same_ratings(tmp_path: Path) -> None:
    study = rated(tmp_path)
    dataset.export(study, tmp_path / "out")
    expected = frame_of(tmp_path / "out")
    assert len(expected) == 8 * 13 * 2

    zipfile.ZipFile(made(study, "zip")).extractall(tmp_path / "zip")
    pd.testing.assert_frame_equal(frame_of(tmp_path / "zip" / "dataset-small"), expected)

    zipfile.ZipFile(made(study, "excel-csv")).extractall(tmp_path / "excel")
    pd.testing.assert_frame_equal(frame_of(tmp_path / "excel" / Path(LONG).name), expected)
    wide = frame_of(tmp_path / "excel" / Path(WIDE).name, "valence", "overall")
    pd.testing.assert_frame_equal(wide, expected)

    pd.read_excel(made(study, "xlsx"), sheet_name="ratings").to_csv(tmp_path / "workbook.csv", index=False)
    pd.testing.assert_frame_equal(frame_of(tmp_path / "workbook.csv"), expected)

    (tmp_path / "ratings.sav").write_bytes(made(study, "sav").getvalue())
    frame, _ = pyreadstat.read_sav(tmp_path / "ratings.sav")
    frame.to_csv(tmp_path / "spss.csv", index=False)
    pd.testing.assert_frame_equal(frame_of(tmp_path / "spss.csv", "valence", "overall"), expected)


def test_the_report_of_what_was_read_in_again_has_the_numbers_of_the_dataset(tmp_path: Path) -> None:
    study = rated(tmp_path)
    dataset.export(study, tmp_path / "out")
    zipfile.ZipFile(made(study, "excel-csv")).extractall(tmp_path / "excel")
    again = str(tmp_path / "excel" / Path(LONG).name)
    options = {"out": tmp_path / "report", "scales": "overall", "replicates": 1000, "no_figures": True}
    call_command("analyse", again, **options, stdout=io.StringIO())
    fit = mixed_model.fit(ratings.read(tmp_path / "out").counted, "overall")
    for name, expected in (("system_means", fit.means), ("variance_components", fit.variance_components)):
        table = pd.read_csv(tmp_path / "report" / "tables" / f"{name}.csv")
        shared = [column for column in expected if column in table and column != "scale"]
        assert len(shared) >= 3
        found, wanted = (rows[shared].set_index(shared[0]).sort_index() for rows in (table, expected))
        pd.testing.assert_frame_equal(found, wanted, rtol=1e-5, atol=1e-6)  # tables are printed to six places
