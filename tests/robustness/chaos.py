"""The long fault test: experts answer on bad lines while server, database and disk fail under them. Prints counts.

    python -m tests.robustness.chaos [--kind single | pairs | sets | choices] [--store sqlite | postgres] --out FOLDER

The study has single clips with scales; pairs with graded preferences; sets of all systems with scales; or choices
beside scales. Afterwards every answer that was acknowledged must be stored as it was given, and of every trial and
question the last answer given must be the one that counts. FOLDER keeps the database (of PostgreSQL a backup that
`restore` reads), the server's log and counts.json. Clocks of devices are right, a day ahead, an hour behind, or they
drift. A change of mind of each expert is sent after the end, and once more after the grace period and after the seal
is opened, when nothing may be let in. Exit status 1 if anything was lost, doubled, changed or let in.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import comb
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.robustness.faults import Disk, Faults, Store
from tests.robustness.postgres import Cluster, NoPostgres
from tests.robustness.servers import KEY, Gunicorn, Nginx

if TYPE_CHECKING:
    from study.models import Study
    from tests.robustness.experts import Session

SYSTEMS = ("a-net", "b-net", "c-net", "d-net", "e-net", "real")
SCALES = ("valence", "arousal", "authenticity", "harmony", "overall")
KINDS = ("single", "pairs", "sets", "choices")
HABITS = {"new_device": 0.02, "reload": 0.05, "other_tab": 0.03, "changed_mind": 0.03}
SERVER = ("--workers", "2", "--threads", "4", "--preload")
#: As long as a study file allows: the clock jumps while experts are at it.
GRACE_HOURS = 336
#: Counts that must be 0.
NONE = ("lost", "doubled", "changed", "unsent", "refused", "let_in_afterwards")
SMALL_POSTGRES = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "32MB", "max_connections": "60"}


def size(kind: str, systems: int) -> tuple[int, int]:
    """Answers a trial has for each question, and trials that come at once: one of each system or of each pair."""
    return {"pairs": (1, comb(systems, 2)), "sets": (systems, 1)}.get(kind, (1, systems))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=KINDS, default="single")
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--experts", type=int, default=26)
    parser.add_argument("--systems", type=int, choices=range(2, 7), default=6)
    parser.add_argument(
        "--trials",
        type=int,
        help="a multiple of the systems, with pairs of their pairs, with sets any number; 60 by default, 10 of sets",
    )
    parser.add_argument("--scales", type=int, default=5, help="questions")
    parser.add_argument(
        "--hosts", type=int, default=1, help="more than one stand behind nginx, and one is killed at a time"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lost", type=float, default=0.1, help="share of replies that get lost")
    parser.add_argument("--doubled", type=float, default=0.1, help="share of requests that arrive twice")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two troubles, on average")
    parser.add_argument("--limit", type=float, default=1500.0, help="seconds after which experts give up")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.trials = given.trials or 60 // size(given.kind, given.systems)[0]
    return given


@contextmanager
def store_of(kind: str, folder: Path) -> Iterator[Store]:
    """The database on the small disk; DATABASE_URL names it from here on."""
    if kind == "sqlite":
        file = folder / "mukulen.sqlite3"
        yield Store(f"sqlite:///{file}", file=file)
        return
    (folder / "postgres").mkdir()
    cluster = Cluster(folder / "postgres", SMALL_POSTGRES)
    try:
        cluster.create()
        yield Store(cluster.url, cluster=cluster)
    finally:
        cluster.stop()


def set_up_django(store: Store, data: Path, clock: Path) -> None:
    """This process reads the same database and the same clock as the server."""
    clock.write_text("0")
    os.environ |= {
        "DATABASE_URL": store.url,
        "MUKULEN_DATA": str(data),
        "CHAOS_CLOCK": str(clock),
        "SECRET_KEY": KEY,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def study_file(given: argparse.Namespace) -> tuple[str, int]:
    """The study file, and how many clips of a system its pack needs."""
    from tests.factories import choice_toml, pair_toml, set_toml, study_toml

    heard, questions = given.trials // size(given.kind, given.systems)[1], SCALES[: given.scales]
    shape: dict[str, Any] = {
        "systems": SYSTEMS[-given.systems :],
        "clips": heard,
        "practice": 0,
        "slots": given.experts,
    }
    made = {
        "single": lambda: study_toml(scales=questions, heard=heard, **shape),
        "pairs": lambda: pair_toml(questions=questions, rounds=heard, **shape),
        "sets": lambda: set_toml(scales=questions, heard=heard, **shape),
        "choices": lambda: choice_toml(scales=questions[1:], heard=heard, **shape),
    }
    return made[given.kind]().replace("seed = 7", f"seed = 7\ngrace_hours = {GRACE_HOURS}"), heard


def make_sessions(given: argparse.Namespace, folder: Path, port: int) -> tuple[Study, list[Session]]:
    """An open study with an invited expert for every slot."""
    from tests.factories import make_link, make_study
    from tests.robustness.experts import Session
    from tests.robustness.protocol import Weather

    text, clips = study_file(given)
    study = make_study(folder, text=text, systems=SYSTEMS[-given.systems :], clips=clips)
    weather, end = Weather(given.lost, given.doubled), time.monotonic() + given.limit
    links = [f"/i/{make_link(study, f'e{number:02d}')[1]}/" for number in range(given.experts)]
    seeds = [1000 * given.seed + number for number in range(given.experts)]
    return study, [Session(link, port, seed, weather, end, HABITS) for link, seed in zip(links, seeds, strict=True)]


def everybody(sessions: list[Session], act: str) -> None:
    """All experts do it at the same time."""
    threads = [threading.Thread(target=getattr(session, act), daemon=True) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def close(study: Study) -> None:
    """The researcher closes the study; what still waits in browsers was given before."""
    from django.db import connection

    from study import clock, services
    from tests.robustness.clocks import wall_clock

    connection.close()  # PostgreSQL has been killed since it was opened
    with clock.use(wall_clock):
        services.close_study(study, actor="test")


def after_the_grace(study: Study, sessions: list[Session], clock_file: Path) -> None:
    """The grace period passes and the seal is opened; each time everybody tries to change one more answer."""
    from study import clock, services
    from tests.robustness.clocks import wall_clock

    clock_file.write_text(str(float(clock_file.read_text()) + 3600 * (GRACE_HOURS + 1)))
    everybody(sessions, "try_once_more")
    with clock.use(wall_clock):
        services.open_seal(study, actor="test")
    everybody(sessions, "try_once_more")


def count(study: Study, sessions: list[Session], given: argparse.Namespace) -> dict[str, Any]:
    """What is stored against what was given: the counts that must be 0 are `lost`, `doubled` and `changed`."""
    from study.models import Rating

    rows = list(Rating.objects.filter(expert__study=study).select_related("trial"))
    by_uuid = {str(row.client_uuid): row for row in rows}
    counting: dict[tuple[str, str], Rating] = {}
    for row in sorted(rows, key=lambda row: row.revision):
        counting[row.trial.token, f"{row.scale}@{row.place}" if study.file.has_sets else row.scale] = row
    made = {key: entry for session in sessions for outbox in session.outboxes for key, entry in outbox.made.items()}
    answers = {key: entry for key, entry in made.items() if entry.kind == "rating"}
    acknowledged = {key for session in sessions for outbox in session.outboxes for key in outbox.acknowledged}
    wanted = {cell: value for session in sessions for cell, value in session.given.items()}
    lost = [key for key in acknowledged & set(answers) if key not in by_uuid]
    lost += [f"{trial} {scale}" for trial, scale in wanted if (trial, scale) not in counting]
    changed = [key for key, row in by_uuid.items() if key not in answers or not _is(row, answers[key].body)]
    changed += [str(cell) for cell, value in wanted.items() if cell in counting and counting[cell].value != value]
    doubled = len(rows) - len({(row.trial_id, row.expert_id, row.scale, row.place, row.revision) for row in rows})
    study_cells = {cell for cell, row in counting.items() if row.trial.phase == "study"}
    return {
        "expected": given.experts * given.trials * given.scales * size(given.kind, given.systems)[0],
        "stored": len(study_cells),
        "lost": len(lost),
        "doubled": doubled + len(rows) - len(by_uuid),
        "changed": len(changed),
        "unsent": sum(len(outbox.queue) for session in sessions for outbox in session.outboxes),
        "refused": [sentence for session in sessions for outbox in session.outboxes for sentence in outbox.refused][:5],
        "rows": len(rows),
        "acknowledged": len(acknowledged & set(answers)),
        "stored_late": sum(row.late for row in rows),
        "logged_late": study.events.filter(kind="late answer kept").count(),
        "let_in_afterwards": sum(session.counts["afterwards_200"] for session in sessions),
        "refused_afterwards": sum(
            session.counts["afterwards_grace"] + session.counts["afterwards_unsealed"] for session in sessions
        ),
    }


def _is(row: Any, body: dict[str, Any]) -> bool:
    same = (row.value, row.revision, row.browser_at.isoformat()) == (body["value"], body["revision"], body["given_at"])
    return same and row.given_at <= row.received_at


def whole(study: Study, store: Store) -> dict[str, bool]:
    """Whether the database itself is sound, and the study's log unaltered."""
    from django.db import connection

    from study import services

    sound = True
    if store.file is not None:
        with connection.cursor() as cursor:
            sound = cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return {"database_sound": sound, "log_whole": services.broken_event(study) is None}


def keep(store: Store, out: Path) -> str:
    """Leaves the database for inspection."""
    from study.backup import write_backup
    from study.backup.store import snapshot

    write_backup(out / "backup.zip")
    if store.file is not None:
        snapshot(out / "mukulen.sqlite3")
        return str(out / "mukulen.sqlite3")
    return str(out / "backup.zip")


def run(given: argparse.Namespace) -> dict[str, Any]:
    """The whole test; the dictionary that is printed."""
    given.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mukulen-chaos-")))
        scratch.chmod(0o711)  # the account that owns PostgreSQL's files passes through
        disk = Disk(scratch / "disk", 64 if given.store == "sqlite" else 320)
        disk.mount()
        stack.callback(disk.unmount)
        store = stack.enter_context(store_of(given.store, disk.folder))
        set_up_django(store, scratch / "data", scratch / "clock")
        environment = {name: os.environ[name] for name in ("DATABASE_URL", "MUKULEN_DATA", "CHAOS_CLOCK")}
        log, site = given.out / "server.log", "tests.robustness.clock_server"
        servers = [Gunicorn(environment, log, site, SERVER) for _ in range(given.hosts)]
        proxy = Nginx([server.port for server in servers], scratch / "nginx")
        study, sessions = make_sessions(given, scratch, proxy.port if given.hosts > 1 else servers[0].port)
        for server in servers:
            server.start()
            stack.callback(server.stop)
        if given.hosts > 1:
            proxy.start()
            stack.callback(proxy.stop)
        faults = Faults(servers, store, disk, scratch / "clock", Random(given.seed), given.pause)
        faults.start()
        stack.callback(faults.join, 60)  # or it starts the server again that is being stopped
        stack.callback(faults.over.set)
        everybody(sessions, "run")
        faults.over.set()
        faults.join()
        close(study)
        everybody(sessions, "send_what_was_kept_back")
        after_the_grace(study, sessions, scratch / "clock")
        counts = count(study, sessions, given) | whole(study, store)
        sums: Counter[str] = sum((session.counts for session in sessions), Counter())
        return {
            "kind": given.kind,
            "store": given.store,
            "hosts": given.hosts,
            **counts,
            "sessions": dict(Counter(session.ended for session in sessions)),
            "faults": dict(faults.counts),
            "disk": disk.means,
            "line": dict(sorted(sums.items())),
            "seconds": round(time.monotonic() - began),
            "left_for_inspection": keep(store, given.out),
        }


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leaves neither a server nor a file system behind
    given = arguments()
    try:
        result = run(given)
    except NoPostgres as reason:
        print(reason, file=sys.stderr)
        return 1
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (given.out / "counts.json").write_text(text + "\n", encoding="utf-8")
    print(text)
    good = result["stored"] == result["expected"] and result["database_sound"] and result["log_whole"]
    good &= result["stored_late"] == result["logged_late"] == given.experts
    good &= result["refused_afterwards"] == 2 * given.experts
    return 0 if good and not any(result[name] for name in NONE) else 1


if __name__ == "__main__":
    sys.exit(main())
