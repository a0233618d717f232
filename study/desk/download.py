"""Downloads of the dataset in each format."""

from __future__ import annotations

import mimetypes
import tempfile

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from formats.errors import InputError
from formats.messages import SOURCE
from study import dataset, services
from study.desk.permissions import actor, study_or_404
from study.errors import words_of


@login_required
@require_POST
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The dataset as a file. By POST, for the log keeps who took it and when."""
    found = study_or_404(request, slug, "read")
    form = request.POST.get("form", "zip")
    if form not in dataset.FORMS:
        form = "zip"
    name = f"dataset-{slug}{dataset.FORMS[form][0]}"
    archive = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    try:
        hashes = dataset.write(found, form, archive, get_language() or SOURCE)
    except InputError as error:
        archive.close()
        messages.error(request, words_of(error))
        return redirect("desk:study", slug)
    archive.seek(0)
    detail = {"sealed": found.sealed, "form": form, **hashes}
    services.log_event(found, actor=actor(request), kind=dataset.TAKEN, detail=detail)
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(archive, as_attachment=True, filename=name, content_type=content_type)
    response["Cache-Control"] = "private, no-store"
    return response
