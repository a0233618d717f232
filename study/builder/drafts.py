"""Drafts: making, changing, undoing, sharing. Every change is a version; the last fifty can be undone."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from formats.study_file import TrialClips
from study import clock
from study.builder import presets
from study.builder.content import (
    ACTS,
    Content,
    add,
    languages_of,
    path_of,
    put,
    set_form,
    set_languages,
    value_at,
    with_plan_shaped,
)
from study.builder.fields import Field, shown, typed
from study.builder.files import folder_of_draft
from study.builder.steps import fields_of
from study.errors import Refused
from study.models import Draft, DraftVersion

KEPT = 50
#: Changes of one field within this time are one version: nobody undoes letter by letter.
TOGETHER = timedelta(seconds=60)


def visible_drafts(user: User) -> QuerySet[Draft]:
    """The drafts that a user may change: their own and those shared with them; all for superusers."""
    if user.is_superuser:
        return Draft.objects.all()
    return Draft.objects.filter(Q(owner=user) | Q(editors=user)).distinct()


def make_draft(content: Content, owner: User, slug: str = "") -> Draft:
    """A new draft of this content."""
    now = clock.now()
    with transaction.atomic():
        draft = Draft.objects.create(owner=owner, slug=slug, made_at=now, changed_at=now)
        DraftVersion.objects.create(draft=draft, number=1, content=content, user=owner, at=now)
    return draft


def content_of_draft(draft: Draft) -> Content:
    """The content of a draft's present version."""
    return with_plan_shaped(draft.versions.get(number=draft.version).content)


def can_undo(draft: Draft) -> tuple[bool, bool]:
    """Whether there is an earlier version, and a later one."""
    numbers = set(draft.versions.values_list("number", flat=True))
    return draft.version - 1 in numbers, draft.version + 1 in numbers


def change(
    draft: Draft,
    step: Callable[[Content], object],
    *,
    user: User,
    what: str,
    shape: int | None = None,
    reshapes: bool = False,
) -> Draft:
    """Apply one change to the newest content. Refused where entries came, went or moved since `shape`."""
    with transaction.atomic():
        now = Draft.objects.select_for_update().get(pk=draft.pk)
        if shape is not None and now.shape != shape:
            raise Refused(409, "moved", _("This draft was changed in another window. Reload the page."))
        before = content_of_draft(now)
        after = copy.deepcopy(before)
        step(after)
        if after != before:
            _write(now, after, user, what, apart=reshapes)
        now.shape += reshapes and after != before
        now.changed_at = clock.now()
        now.save()
    return now


def _write(draft: Draft, content: Content, user: User, what: str, *, apart: bool) -> None:
    """A new version, or the present one once more where the same person goes on in the same field."""
    draft.versions.filter(number__gt=draft.version).delete()
    last, moment = draft.versions.get(number=draft.version), clock.now()
    if not apart and last.what == what[:200] and last.user_id == user.pk and moment - last.at < TOGETHER:
        draft.versions.filter(pk=last.pk).update(content=content, at=moment)
        return
    draft.version += 1
    DraftVersion.objects.create(
        draft=draft, number=draft.version, content=content, what=what[:200], user=user, at=moment
    )
    draft.versions.filter(number__lte=draft.version - KEPT).delete()


def step_back(draft: Draft, by: int) -> Draft:
    """Undo one change (-1), or redo it (1)."""
    with transaction.atomic():
        now = Draft.objects.select_for_update().get(pk=draft.pk)
        if now.versions.filter(number=now.version + by).exists():
            now.version += by
            now.shape += 1
            now.changed_at = clock.now()
            now.save()
    return now


def save_fields(draft: Draft, step: str, given: Mapping[str, str], *, user: User, shape: int | None) -> Draft:
    """Store what was typed into fields of a page. Names of no field are passed over."""

    def write(content: Content) -> None:
        fields = fields_of(step, content)
        for name, text in given.items():
            before = value_at(content, path_of(name))
            if name not in fields or (value := typed(fields[name], text)) == before:
                continue
            # The words behind such a choice are fields of their own: the same choice again must not empty them.
            if fields[name].kind == "wording" and shown(before, "wording") == text:
                continue
            put(content, path_of(name), value)
            _follow(content, fields[name], name)

    names = ", ".join(sorted(given)) if len(given) == 1 else step
    return change(draft, write, user=user, what=names, shape=shape)


def _follow(content: Content, field: Field, name: str) -> None:
    """What another value of a field changes elsewhere: choices come and go with the kind of a question."""
    path, value = path_of(name), value_at(content, path_of(name))
    if field.kind == "choice" and path[-1] == "kind" and path[0] == "background":
        row = value_at(content, path[:-1])
        if value == "choice":
            row.setdefault("choices", [{"key": "yes", "label": {}}, {"key": "no", "label": {}}])
        else:
            row.pop("choices", None)
    if path[-1] == "form" and value == "binary":
        value_at(content, path[:-1]).pop("middle", None)


def act(draft: Draft, name: str, path: str, *, user: User, shape: int | None) -> tuple[Draft, str]:
    """Adds, copies, moves or deletes an entry; the path of the entry to be shown."""
    entries: list[str] = []

    def step(content: Content) -> None:
        if name == "add":
            place, _colon, preset = path.partition(":")
            entry = presets.entry(place, preset, content, languages_of(content))
            found = add(content, path_of(place), entry)
        elif value_at(content, path_of(path)) is None:
            raise Refused(409, "moved", _("This draft was changed in another window. Reload the page."))
        else:
            found = ACTS[name](content, path_of(path))
        entries.append(".".join(map(str, found)))

    return change(draft, step, user=user, what=f"{name} {path}", shape=shape, reshapes=True), entries[0]


def choose_languages(draft: Draft, languages: list[str], *, user: User) -> Draft:
    """Sets the languages of a draft, the default one first."""
    if not languages:
        raise Refused(400, "languages", _("Choose at least one language."))
    return change(draft, lambda content: set_languages(content, languages), user=user, what="languages", reshapes=True)


def choose_form(draft: Draft, clips: TrialClips, *, user: User) -> Draft:
    """Makes trials of one clip, of two, or of one clip of each system."""

    def step(content: Content) -> None:
        languages = languages_of(content)
        set_form(content, clips, presets.preference(languages) if clips == 2 else presets.scale("overall", languages))

    return change(draft, step, user=user, what="form", reshapes=True)


def rename(draft: Draft, slug: str) -> None:
    """Sets the short name of the study."""
    Draft.objects.filter(pk=draft.pk).update(slug=slug, changed_at=clock.now())


def delete_draft(draft: Draft) -> None:
    """Deletes a draft with its versions and clips."""
    shutil.rmtree(folder_of_draft(draft), ignore_errors=True)
    draft.delete()
