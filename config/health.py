"""Health checks for load balancers and monitors: liveness and readiness."""

from __future__ import annotations

import functools
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study.models import Clip, Study

#: Free disk space. It is enough for thousands of ratings, so an administrator has time to act.
MIN_FREE_BYTES = 100 * 2**20
#: How long a health check waits for SQLite's lock; an expert's rating waits longer.
LOCK_TIMEOUT_S = 3
log = logging.getLogger("mukulen.health")


class NotReady(Exception):
    """Why the site cannot serve, in a few words."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness: 200, or 503 with the failed checks; details are only in the log."""
    results: dict[str, str] = {}
    for name, check in CHECKS.items():
        lost = name in OF_DATABASE and "failing" in map(results.get, OF_DATABASE)
        results[name] = "not asked" if lost else _result(name, check)
    ready = set(results.values()) == {"ok"}
    return JsonResponse({"ready": ready, **results}, status=200 if ready else 503)


def _result(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except NotReady as reason:
        return str(reason)
    except (DatabaseError, OSError) as error:
        log.error("%s is not ready: %s", name, error)
        return "failing"
    return "ok"


def _database() -> None:
    """A transaction begins: on SQLite it takes the write lock, so a lock that stays shows here. Nothing is written."""
    with _short_lock_timeout(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@contextmanager
def _short_lock_timeout() -> Iterator[None]:
    """This thread's connection waits for a lock of SQLite's for a moment only, also while it is made."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = connection.settings_dict
    connection.settings_dict = {**usual, "OPTIONS": {**usual["OPTIONS"], "timeout": LOCK_TIMEOUT_S}}
    try:
        connection.ensure_connection()
        _wait_for_locks(LOCK_TIMEOUT_S)
        yield
    finally:
        connection.settings_dict = usual
        if connection.connection is not None:
            _wait_for_locks(usual["OPTIONS"]["timeout"])


def _wait_for_locks(seconds: float) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def _migrations() -> None:
    applied = set(MigrationRecorder(connection).applied_migrations())
    if _known_migrations() - applied:
        raise NotReady("behind: run manage.py migrate")
    if applied - _known_migrations():
        raise NotReady("ahead: install the version that last ran manage.py migrate")


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _static() -> None:
    """Every script and style of this version is collected: after an upgrade a page would break on a missing one."""
    collected = getattr(staticfiles_storage, "hashed_files", None)
    if collected is not None and _own_static_files() - set(collected):
        raise NotReady("behind: run manage.py collectstatic")


@functools.cache
def _own_static_files() -> frozenset[str]:
    return frozenset(Path(name).as_posix() for name, _ in AppDirectoriesFinder({"study"}).list([]))


def _clips() -> None:
    """A clip of an open study can be read."""
    clip = Clip.objects.exclude(audio="").filter(study__state=Study.State.OPEN).only("audio").first()
    if clip is not None:
        with default_storage.open(clip.audio) as file:
            file.read(1)


def _disk() -> None:
    """There is room for answers to come."""
    if shutil.disk_usage(settings.DATA_DIR).free < MIN_FREE_BYTES:
        raise NotReady(f"less than {MIN_FREE_BYTES // 2**20} MiB free")


#: Where one of these fails the next would only wait as long.
OF_DATABASE = ("database", "migrations", "clips")
CHECKS = {"database": _database, "migrations": _migrations, "static": _static, "clips": _clips, "disk": _disk}
