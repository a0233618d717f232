"""Who gets what: every view of the site, asked with every method by everyone. A view without a row fails.

A cell is what the site answers: `ok` (2xx), `to` (sent on, as after an act), `login` (sent to log in), or a status.
`-` is not asked here, for the act would start a process of its own; its room's tests ask it. HEAD is answered as GET,
and whatever method a view has no row for must be refused. To add a view: run this file, judge the line that it prints,
and put it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.fixtures import Settings

from study import jobs, services
from study.builder.content import drafted
from study.builder.drafts import make_draft
from study.builder.files import files_of_draft
from study.models import DraftFile, Expert, Job, Member, Study, trial_token
from study.preregistration import FORMS
from study.room.access import expert_tag
from tests.factories import begin, enter, hear, make_expert, make_link, make_study, rate_all, trials_of

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "expert", "other", "assistant", "owner", "auditor", "unsealed", "stranger", "superuser")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: A method that no row names is asked by these: who somebody is changes nothing about it.
ENOUGH = {"anonymous", "expert", "owner"}
REFUSALS = {"login", "400", "403", "404", "405", "410"}
#: `other` is an expert at somebody else's trial, `auditor` audits a sealed study and `unsealed` one whose seal is open,
#: `stranger` owns another study.
TABLE = """
view                method               anonymous expert other assistant owner auditor unsealed stranger superuser
healthz             GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
readyz              GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
desk:studies        GET                  login     login  login ok        ok    ok      ok       ok       ok
desk:login          GET,POST,PUT         ok        ok     ok    to        to    to      to       to       to
desk:login          PATCH,DELETE         405       405    405   to        to    to      to       to       to
desk:logout         POST                 to        to     to    to        to    to      to       to       to
desk:password       GET,POST             login     login  login ok        ok    ok      ok       ok       ok
desk:new            GET                  login     login  login ok        ok    ok      ok       ok       ok
desk:new            POST                 login     login  login 400       400   400     400      400      400
desk:example        GET                  login     login  login ok        ok    ok      ok       ok       ok
desk:job            GET                  login     login  login 404       to    404     404      404      to
desk:clips          POST                 login     login  login 404       to    404     404      404      to
desk:discard_job    POST                 login     login  login 404       to    404     404      404      to
desk:study          GET                  login     login  login ok        ok    404     ok       404      ok
desk:check_blinding POST                 login     login  login 403       -     404     403      404      -
desk:rehearse       POST                 login     login  login 403       -     404     403      404      -
desk:archive        POST                 login     login  login 403       to    404     403      404      to
desk:discard        POST                 login     login  login 403       to    404     403      404      to
desk:plan           GET                  login     login  login ok        ok    404     ok       404      ok
desk:plan_file      GET                  login     login  login ok        ok    404     ok       404      ok
desk:registration   GET                  login     login  login ok        ok    404     ok       404      ok
desk:log            GET                  login     login  login ok        ok    404     ok       404      ok
desk:members        GET                  login     login  login 403       ok    404     403      404      ok
desk:members        POST                 login     login  login 403       to    404     403      404      to
desk:remove_member  POST                 login     login  login 403       to    404     403      404      to
desk:report         GET                  login     login  login 403       ok    404     ok       404      ok
desk:make_report    POST                 login     login  login 403       -     404     403      404      -
desk:report_file    GET                  login     login  login 403       ok    404     ok       404      ok
desk:report_zip     POST                 login     login  login 403       ok    404     ok       404      ok
desk:choices        GET                  login     login  login 403       ok    404     ok       404      ok
desk:choices_file   GET                  login     login  login 403       ok    404     ok       404      ok
desk:choices_zip    POST                 login     login  login 403       ok    404     ok       404      ok
desk:open           POST                 login     login  login 403       to    404     403      404      to
desk:close          POST                 login     login  login 403       to    404     403      404      to
desk:open_seal      POST                 login     login  login 403       to    404     403      404      to
desk:download       POST                 login     login  login 403       ok    404     ok       404      ok
desk:amend          POST                 login     login  login 403       400   404     403      404      400
desk:board          GET                  login     login  login ok        ok    404     ok       404      ok
desk:mail           GET                  login     login  login ok        ok    404     403      404      ok
desk:remind         POST                 login     login  login to        to    404     403      404      to
desk:stop_mail      POST                 login     login  login to        to    404     403      404      to
desk:open_link      GET                  login     login  login ok        ok    404     403      404      ok
desk:open_link      POST                 login     login  login to        to    404     403      404      to
desk:invite         GET                  login     login  login ok        ok    404     403      404      ok
desk:invite         POST                 login     login  login 422       422   404     403      404      422
desk:expert         GET                  login     login  login ok        ok    404     403      404      ok
desk:link           POST                 login     login  login ok        ok    404     403      404      ok
desk:replace        POST                 login     login  login 422       422   404     403      404      422
desk:revoke         POST                 login     login  login to        to    404     403      404      to
desk:end            POST                 login     login  login to        to    404     403      404      to
desk:erase          POST                 login     login  login 403       422   404     403      404      422
desk:withdraw       POST                 login     login  login to        to    404     403      404      to
builder:new         GET                  login     login  login ok        ok    ok      ok       ok       ok
builder:new         POST                 login     login  login 400       400   400     400      400      400
builder:step        GET                  login     login  login ok        ok    404     404      404      ok
builder:step        POST                 login     login  login to        to    404     404      404      to
builder:toml        GET                  login     login  login ok        ok    404     404      404      ok
builder:figures     POST                 login     login  login -         -     404     404      404      -
builder:files       POST                 login     login  login to        to    404     404      404      to
builder:files       PUT                  login     login  login 400       400   404     404      404      400
builder:files       GET                  login     login  login 400       400   404     404      404      400
builder:preview     GET                  login     login  login ok        ok    404     404      404      ok
builder:sound       GET                  login     login  login ok        ok    404     404      404      ok
builder:team        POST                 login     login  login 403       to    404     404      404      to
builder:create      POST                 login     login  login 403       to    404     404      404      to
builder:delete      POST                 login     login  login 403       to    404     404      404      to
room:home           GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
room:language       any                  to        to     to    to        to    to      to       to       to
room:invitation     GET                  ok        ok     ok    ok        ok    ok      404      ok       ok
room:invitation     POST                 to        to     to    to        to    to      404      to       to
room:join           GET,POST             404       404    404   404       404   404     404      404      404
room:preview        POST                 login     login  login 403       to    404     403      404      to
room:room           GET                  403       to     to    403       403   403     403      403      403
room:csrf           GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
room:worker         GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
room:offline        GET                  ok        ok     ok    ok        ok    ok      ok       ok       ok
room:consent        GET,POST             403       to     to    403       403   403     403      403      403
room:background     GET,POST             403       to     to    403       403   403     403      403      403
room:sound          GET                  403       ok     ok    403       403   403     403      403      403
room:sound          POST                 403       400    400   403       403   403     403      403      403
room:instructions   GET                  403       ok     ok    403       403   403     403      403      403
room:trial          GET                  403       ok     404   403       403   403     403      403      403
room:audio          GET                  403       ok     404   403       403   403     403      403      403
room:further_audio  GET                  403       ok     404   403       403   403     403      403      403
room:review         GET                  403       ok     ok    403       403   403     403      403      403
room:submit         GET,POST             403       to     to    403       403   403     403      403      403
room:withdraw       GET                  403       ok     ok    403       403   403     403      403      403
room:withdraw       POST                 403       400    400   403       403   403     403      403      403
room:thanks         GET                  403       to     to    403       403   403     403      403      403
room:rating         PUT                  403       400    404   403       403   403     403      403      403
room:remark         PUT                  403       400    404   403       403   403     403      403      403
room:listening      PUT                  403       400    404   403       403   403     403      403      403
"""
ROWS = {
    (view, method): dict(zip(ROLES, cells, strict=True))
    for view, methods, *cells in (line.split() for line in TABLE.strip().splitlines()[1:])
    for method in (METHODS if methods == "any" else methods.replace("GET", "GET,HEAD").split(","))
}


@dataclass
class Scene:
    """A study in the middle of its life, one that is over, and everyone who may come to them."""

    clients: dict[str, Client]
    tags: dict[str, str]
    words: dict[str, dict[str, str]]


@pytest.fixture
def scene(tmp_path: Path, settings: Settings) -> Scene:
    settings.AXES_ENABLED = False
    users = {
        name: User.objects.create_user(name, password="p") for name in ("assistant", "owner", "auditor", "stranger")
    }
    users["superuser"] = User.objects.create_superuser("superuser", password="p")
    study = make_study(tmp_path, slots=3, owner=users["owner"])
    over = make_study(tmp_path, slug="over", owner=users["owner"])
    make_study(tmp_path, slug="strangers", owner=users["stranger"])
    for one, role in ((study, "assistant"), (study, "auditor"), (over, "auditor")):
        Member.objects.create(study=one, user=users[role], role=role)
    alice, bob = make_expert(study, "alice"), make_expert(study, "bob")
    for expert in (alice, bob):
        begin(expert)
    _finish(over)
    clients = {name: Client() for name in ROLES}
    for role in ROLES[3:]:
        clients[role].force_login(
            users["auditor" if role == "unsealed" else role], "django.contrib.auth.backends.ModelBackend"
        )
    enter(clients["expert"], alice)
    enter(clients["other"], bob)
    tags = {"expert": expert_tag(alice), "other": expert_tag(bob)}
    return Scene(clients, tags, {study.slug: _words(study, alice), over.slug: _words(over, over.experts.get())})


def _finish(study: Study) -> None:
    carol = make_expert(study, "carol")
    begin(carol)
    rate_all(carol)
    services.submit(carol)
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")


def _words(study: Study, expert: Expert) -> dict[str, str]:
    """What stands for each parameter of an address."""
    trial = trials_of(expert)[0]
    if not study.closed_at:
        hear(expert, trial)
    link = make_link(study, "guest")[1] if study.state == Study.State.OPEN else "gone"
    assert study.owner is not None
    job = jobs.prepare(Job.Kind.REPORT, user=study.owner, study=study, slug=study.slug)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, detail={**job.detail, "under_codes": True})
    draft = make_draft(drafted(study.file.as_json()), study.owner, "another")
    draft.editors.set(User.objects.filter(username="assistant"))
    doomed = make_draft({}, study.owner)
    doomed.editors.set(draft.editors.all())
    kept = DraftFile.objects.create(draft=draft, name="clip.wav")
    files_of_draft(draft).mkdir(parents=True)
    (files_of_draft(draft) / "clip.wav").write_bytes(b"sound")
    other = jobs.prepare(Job.Kind.BLINDING, user=study.owner, study=study, slug=study.slug)
    for name in ("report", "choices"):
        drawn = jobs.folder_of(job) / name
        drawn.mkdir()
        (drawn / "report.html").write_text("<p>drawn</p>")
        (drawn / "report.json").write_text('{"report": {"files": ["report.html"]}}')
    return {
        **{"slug": study.slug, "code": expert.code, "username": "assistant", "scale": "overall", "name": "report.html"},
        "form": next(iter(FORMS)),
        **{"pk": str(kept.pk), "place": "1", "draft": draft.token, "step": "start"},
        **{"token": trial.token, "room:invitation": link, "desk:job": job.token, "desk:example": "daur"},
        "builder:delete": doomed.token,
        "desk:discard_job": other.token,  # its files are gone with it, and no transaction brings them back
    }


def views(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every named view of the url conf and the parameters of its address."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from views(list(entry.url_patterns), inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", list(entry.pattern.converters)


VIEWS = dict(views(get_resolver().url_patterns))
OURS = {name: parameters for name, parameters in VIEWS.items() if not name.startswith("admin:")}


def address(view: str, words: dict[str, str]) -> str:
    """Where the view is in the scene."""
    given = {}
    for parameter in VIEWS[view]:
        tokens = {"desk": "desk:job", "builder": "draft"}
        named = tokens.get(view.partition(":")[0], parameter) if parameter == "token" else parameter
        found = words.get(view) or words.get(named)
        assert found, f"{view} has a parameter {parameter!r}: say in `_words` what stands for it"
        given[parameter] = found
    return reverse(view, kwargs=given)


def asked(scene: Scene, role: str, view: str, method: str) -> str:
    """What the site answers; nothing of the request stays."""
    words = scene.words["over" if role == "unsealed" else "small"]
    headers = {"X-Expert-Tag": scene.tags.get(role, "")}
    client = scene.clients[role]
    cookies = copy(client.cookies)
    with transaction.atomic():
        response: Any = client.generic(method, address(view, words), headers=headers)
        transaction.set_rollback(True)
    client.cookies = cookies
    return said(response)


def said(response: HttpResponseBase) -> str:
    """A response as a cell of the table."""
    if 200 <= response.status_code < 300:
        return "ok"
    if 300 <= response.status_code < 400:
        return "login" if "/login/?next=" in response["Location"] else "to"
    return str(response.status_code)


def test_every_view_has_a_row(scene: Scene) -> None:
    missing = [view for view in OURS if not any((view, method) in ROWS for method in METHODS)]
    lines = []
    for view in missing:
        for method in METHODS:
            cells = [asked(scene, role, view, method) for role in ROLES]  # an act may start a process here, once
            if set(cells) - {"login", "405"}:
                lines.append(f"{view:<20}{method:<21}{' '.join(cells)}")
    assert not missing, "Judge these lines and put them into TABLE:\n" + "\n".join(lines)


def test_no_row_is_left_of_a_view_that_is_gone() -> None:
    assert {view for view, _ in ROWS} <= set(OURS)


@pytest.mark.parametrize("role", ROLES)
def test_everyone_gets_what_the_table_says_and_nothing_else(scene: Scene, role: str) -> None:
    wrong = []
    for view in OURS:
        for method in METHODS:
            wanted = ROWS.get((view, method), {}).get(role, "refused" if role in ENOUGH else "-")
            if wanted != "-":
                found = asked(scene, role, view, method)
                if found != wanted and not (wanted == "refused" and found in REFUSALS):
                    wrong.append(f"{method} {view}: {found}, not {wanted}")
    assert wrong == []


def test_no_write_is_taken_from_a_page_elsewhere(scene: Scene) -> None:
    """Without the token that only our own pages hold, nobody's browser can be made to act."""
    taken = []
    for (view, method), row in ROWS.items():
        role = next((role for role in ("owner", "expert") if row[role] not in REFUSALS - {"400"}), "")
        if method in {"GET", "HEAD"} or not role:
            continue
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = copy(scene.clients[role].cookies)
        headers = {"X-Expert-Tag": scene.tags.get(role, "")}
        response: Any = strict.generic(method, address(view, scene.words["small"]), headers=headers)
        if response.status_code != 403:
            taken.append(f"{method} {view}: {response.status_code}")
    assert taken == []


def test_no_address_can_be_guessed_by_counting() -> None:
    """People choose slugs, codes and names; the site names things by random tokens, and places within one by number."""
    assert {parameter for parameters in OURS.values() for parameter in parameters} <= {
        *("slug", "code", "username", "scale", "name", "path", "token", "place", "step", "pk", "form")
    }
    assert len({trial_token() for _ in range(100)}) == 100
    assert all(len(trial_token()) == 22 for _ in range(100))  # 128 bits
