"""The pages of the builder: one for each step, saved field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from formats.errors import InputError, Message
from formats.study_file import TrialClips
from study import jobs
from study.builder import drafts, files
from study.builder.access import draft_or_404, is_owner
from study.builder.clip_list import context_of
from study.builder.consequences import session_in_words
from study.builder.content import Content, form_of, languages_of, title_of_draft
from study.builder.faults import Fault, by_field, by_step, check
from study.builder.fields import Section, anchor_of, inputs_of
from study.builder.forms import TeamForm
from study.builder.steps import STEPS, fields_of, sections_of
from study.builder.toml_text import toml_of
from study.desk.new import prepared
from study.desk.permissions import researcher, run_action
from study.errors import FieldErrors, Refused, words_of
from study.models import MAX_SLUG, Draft, Job
from study.text_files import slug_of

NO_DRAFT = "builder:step"
#: What a trial can be made of, by the value of its button.
FORMS: dict[str, TrialClips] = {"1": 1, "2": 2, "all": "all"}


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # its types know no parameters of addresses
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, token: str, step: str) -> HttpResponse:
    """One page of a draft; by POST what was typed is saved, and perhaps an entry added, moved or deleted."""
    draft = draft_or_404(request, token)
    if step not in STEPS:
        raise Http404
    if request.method != "POST":
        context = _context(request, draft, step)
        if step == "clips":
            context |= context_of(draft, drafts.content_of_draft(draft))
        return render(request, f"builder/{_template(step)}.html", context)
    is_script = request.headers.get("Accept") == "application/json"
    try:
        draft, anchor = _saved(request, draft, step)
    except (Refused, InputError) as refused:
        if is_script:
            return JsonResponse({"fault": words_of(refused)}, status=409)
        messages.error(request, words_of(refused))
        anchor = ""
    if is_script:
        return JsonResponse(_news(draft, step))
    return redirect(reverse("builder:step", args=[token, step]) + (f"#{anchor}" if anchor else ""))


def _template(step: str) -> str:
    return step if step in {"start", "clips", "open"} else "step"


def _saved(request: HttpRequest, draft: Draft, step: str) -> tuple[Draft, str]:
    """What a POST asks for, done; and the id of the element to be shown."""
    user, given = researcher(request), {name: "\n".join(request.POST.getlist(name)) for name in request.POST}
    do, shape = given.pop("do", ""), given.pop("shape", "")
    seen = int(shape) if shape.isdecimal() else None
    if do in {"undo", "redo"}:
        return drafts.step_back(draft, -1 if do == "undo" else 1), ""
    if "slug" in given:
        _rename(draft, given.pop("slug"))
    draft = drafts.save_fields(draft, step, given, user=user, shape=seen)
    name, _colon, path = do.partition(":")
    if name == "languages":
        return drafts.choose_languages(draft, _languages(request), user=user), "languages"
    if name == "form" and path in FORMS:
        return drafts.choose_form(draft, FORMS[path], user=user), "form"
    if name in {"add", "copy", "delete", "up", "down"}:
        draft, shown = drafts.act(draft, name, path, user=user, shape=seen)
        return draft, anchor_of(shown)
    return draft, anchor_of(path) if name == "show" else ""


def _languages(request: HttpRequest) -> list[str]:
    known = [code for code, _name in settings.LANGUAGES]
    chosen = [code for code in request.POST.getlist("languages") if code in known]
    first = request.POST.get("first_language", "")
    return sorted(chosen, key=lambda code: code != first)


def _rename(draft: Draft, slug: str) -> None:
    slug = slug.strip()
    drafts.rename(draft, slug_of(slug) if slug else "")


def _context(request: HttpRequest, draft: Draft, step: str) -> dict[str, Any]:
    content = drafts.content_of_draft(draft)
    file, faults = check(content)
    undo, redo = drafts.can_undo(draft)
    languages = languages_of(content)
    return {
        "draft": draft,
        "title": title_of_draft(content) or draft.slug or _("Untitled study"),
        "step": step,
        "rail": [(name, words, by_step(faults)[name]) for name, words in STEPS.items()],
        "sections": [_shown(section, content, faults) for section in sections_of(step, content)],
        "languages": [(code, name, code in languages) for code, name in settings.LANGUAGES],
        "used": languages,
        "faults": faults,
        "file": file,
        "form": form_of(content),
        "consequences": session_in_words(content, files.length_of(draft, content)),
        "can_undo": undo,
        "can_redo": redo,
        "is_owner": is_owner(researcher(request), draft),
        "max_slug": MAX_SLUG,
        "editors": draft.editors.order_by("username"),
        "team_form": TeamForm(),
        "has_preview": step in {"questions", "words"},
        "has_files": draft.files.exists(),
        **_neighbours(step),
    }


def _neighbours(step: str) -> dict[str, str]:
    names = list(STEPS)
    at = names.index(step)
    return {"before": names[at - 1] if at else "", "after": names[at + 1] if at + 1 < len(names) else ""}


def _shown(section: Section, content: Content, faults: list[Fault]) -> dict[str, Any]:
    """A section with its fields as elements."""
    found, languages = by_field(faults), languages_of(content)
    rows = [(one, inputs_of(one, content, languages, found)) for one in section.fields]
    return {"section": section, "rows": rows, "anchor": anchor_of(section.entry) if section.entry else ""}


def _news(draft: Draft, step: str) -> dict[str, Any]:
    """What a page that saved a field shows without being loaded again."""
    content = drafts.content_of_draft(draft)
    _file, faults = check(content)
    names = fields_of(step, content)
    return {
        "shape": draft.shape,
        "faults": {name: found for name, found in by_field(faults).items() if name in names},
        "rail": by_step(faults),
        "consequences": session_in_words(content, files.length_of(draft, content)),
        "can_undo": drafts.can_undo(draft)[0],
    }


@login_required
@require_safe
def toml(request: HttpRequest, token: str) -> HttpResponse:
    """The draft as a study file."""
    draft = draft_or_404(request, token)
    text = toml_of(drafts.content_of_draft(draft))
    name = f"{draft.slug or 'study'}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


@login_required
@require_POST
def delete(request: HttpRequest, token: str) -> HttpResponse:
    """Deletes a draft; studies made from it stay."""
    draft = draft_or_404(request, token, own=True)
    drafts.delete_draft(draft)
    messages.success(request, _("The draft is deleted."))
    return redirect("desk:studies")


@login_required
@require_POST
def team(request: HttpRequest, token: str) -> HttpResponse:
    """Lets somebody else change the draft, or no longer."""
    draft = draft_or_404(request, token, own=True)
    form = TeamForm(request.POST)

    def share(username: str) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise FieldErrors([("username", _("There is no user %(name)s.") % {"name": username})])
        if "remove" in request.POST:
            draft.editors.remove(user)
        else:
            draft.editors.add(user)

    return run_action(request, share, NO_DRAFT, token, "start", form=form)


@login_required
@require_POST
def create(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the task that creates the study of a draft without faults."""
    draft = draft_or_404(request, token, own=True)
    content = drafts.content_of_draft(draft)
    try:
        _require_sound(draft, content)
        job = prepared(researcher(request), toml_of(content), draft.slug)
        if draft.files.exists():
            _start(job, draft, content)
    except (InputError, Refused) as error:
        messages.error(request, words_of(error))
        return redirect("builder:step", token, "open")
    return redirect("desk:job", job.token)


def _start(job: Job, draft: Draft, content: Content) -> None:
    """Sets the task to work with the files of the draft. Refused while another one of the user is running."""
    files.gather(draft, content, jobs.folder_of(job) / "clips")
    job.detail |= file_shape(content)
    try:
        jobs.start(job)
    except Refused:
        jobs.remove_job(job)
        raise


def file_shape(content: Content) -> dict[str, Any]:
    """The length and channels that a draft asks for."""
    clips = content.get("clips", {})
    return {name: clips.get(name) for name in ("seconds", "channels")}


def _require_sound(draft: Draft, content: Content) -> None:
    """Raises `InputError` where something is missing before a study can be created."""
    if not draft.slug:
        raise InputError(_("Choose a short name first."))
    if faults := check(content)[1]:
        raise InputError.of(map(Message, _lines(faults)))


def _lines(faults: list[Fault]) -> Iterator[str]:
    for fault in faults:
        yield f"{STEPS[fault.step]}: {fault.words}"
