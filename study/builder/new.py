"""A new draft: from an example, from an earlier study, or from a study file."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from study.builder.content import Content, drafted, languages_of, set_languages
from study.builder.drafts import make_draft
from study.builder.forms import TEMPLATES, NewDraftForm
from study.builder.toml_text import content_of
from study.desk.new import EXAMPLES, text_of
from study.desk.permissions import researcher, visible_studies
from study.errors import FieldErrors
from study.models import Draft, Study


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Asks how a study begins, and makes its draft."""
    user = researcher(request)
    studies = list(_copyable(user))
    make = partial(NewDraftForm, studies, get_language() or "en")
    form = make()
    if request.method == "POST":
        form = make(request.POST, request.FILES)
        if draft := form.attempt(partial(_made, user, {study.slug: study for study in studies})):
            return redirect("builder:step", draft.token, "start")
    return render(
        request, "builder/new.html", {"form": form, "faults": form.faults}, status=400 if form.faults else 200
    )


def _copyable(user: User) -> Any:
    """The studies whose file a user may copy: those that they own; for superusers all."""
    real = Study.objects.filter(preview=False, simulated=False)
    return real if user.is_superuser else real.filter(visible_studies(user), owner=user)


def _made(
    user: User,
    studies: dict[str, Study],
    title: str,
    language: str,
    begin: str,
    file: UploadedFile[bytes] | None,
) -> Draft:
    kind, _colon, name = begin.partition(":")
    if kind == "study" and name in studies:
        content = copied(studies[name])
    elif kind == "example" and name in TEMPLATES:
        content = content_of((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
        _keep(content, language)
    elif kind == "file" and file:
        content = content_of(text_of(file))
    else:
        raise FieldErrors([("file", _("Choose a study file first."))])
    if title:
        content["title"] = {languages_of(content)[0]: title}
    return make_draft(content, user)


def _keep(content: Content, language: str) -> None:
    """An example in the one language that was chosen, where it has it."""
    there = languages_of(content)
    set_languages(content, [language] if language in there else there[:1])


def copied(study: Study) -> Content:
    """The file of an earlier study, without what follows from it and without its random seed."""
    content = drafted(study.file.as_json())
    for name in ("slots", "seed"):
        content.get("design", {}).pop(name, None)
    return content
