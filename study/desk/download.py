"""What the desk hands out: the dataset, as a zip."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import IO

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_POST

from study import dataset, services
from study.desk.gate import actor, own_study

#: Inside a zip every file has this date, so that the same dataset gives the same bytes.
ZIP_TIME = (2020, 1, 1, 0, 0, 0)


@login_required
@require_POST
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The dataset as a zip. By POST, for the log keeps who took it and when."""
    found = own_study(request, slug)
    detail = {"sealed": found.sealed}
    services.log_event(found, actor=actor(request), kind="dataset downloaded", detail=detail)
    stem = f"dataset-{slug}"
    archive = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(found, Path(folder) / stem)
        _zip(Path(folder), archive)
    archive.seek(0)
    response = FileResponse(archive, as_attachment=True, filename=f"{stem}.zip", content_type="application/zip")
    response["Cache-Control"] = "private, no-store"
    return response


def _zip(folder: Path, archive: IO[bytes]) -> None:
    """Packs all files under a folder, in the order of their names."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, packed.open(entry, "w") as target:
                while chunk := source.read(1 << 16):
                    target.write(chunk)
