"""The report under codes: when it may be made, and the rows that it is made from, which nobody gets to see.

Codes stand in aggregates only. Somebody who knows one expert's trials could still solve for the codes if they saw two
reports from different rows, one from few people, or one in which a half session leaves a code with fewer ratings. So
there is one set of rows, of complete sessions, and it is frozen by the first report.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import rfc8785
from django.utils.translation import gettext as _

from study import clock, dataset
from study.dataset.rows import complete
from study.errors import InputError
from study.models import Study
from study.services.log import log_event
from study.study_file import grace_hours

MADE = "report made under codes"
#: Complete sessions without which there is no report under codes: of fewer each one weighs too much in its means.
FEWEST_SESSIONS = 5
#: The tables whose change would let two reports be compared.
TABLES = ("data/", "experts.csv", "remarks.csv")


def refuse_blind_report(study: Study) -> str:
    """The SHA-256 of the rows that a report under codes may be made from; `InputError` says why there is none."""
    if study.state != Study.State.CLOSED:
        raise InputError(_("A report under codes is made once the study is closed."))
    ends = answers_end(study)
    if ends is not None:
        moment = f"{ends:%Y-%m-%d %H:%M}"
        message = _("Answers given before closing may still arrive until %(moment)s UTC. Make the report after that.")
        raise InputError(message % {"moment": moment})
    found = len(complete(study))
    if found < FEWEST_SESSIONS:
        message = _(
            "A report under codes needs %(least)d complete sessions, and there are %(found)d: the means of fewer would "
            "tell who made what. Unblind the study to see its results."
        )
        raise InputError(message % {"least": FEWEST_SESSIONS, "found": found})
    digest, first = rows_sha256(study), study.events.filter(kind=MADE).order_by("number").first()
    if first is not None and first.detail["rows_sha256"] != digest:
        raise InputError(
            _(
                "The data have changed since the first report under codes. Two reports from different data could tell "
                "which code is which, so the next one is made after unblinding."
            )
        )
    return digest


def answers_end(study: Study) -> datetime | None:
    """Until when answers may still come; None where no more can: everyone who came has submitted, or it is over."""
    ends = (study.closed_at or clock.now()) + timedelta(hours=grace_hours(study.file))
    under_way = study.experts.filter(submitted_at=None, withdrawn_at=None).exclude(devices=None)
    return ends if clock.now() < ends and under_way.exists() else None


def rows_sha256(study: Study) -> str:
    """SHA-256 of the list of hashes of a dataset's own rows, as anyone who has the dataset can compute it."""
    with tempfile.TemporaryDirectory() as folder:
        dataset.export(study, Path(folder) / "dataset")
        listed = json.loads((Path(folder) / "dataset" / "hashes.json").read_text(encoding="utf-8"))["files"]
    kept = {name: digest for name, digest in listed.items() if name.startswith(TABLES)}
    return hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


@contextmanager
def blind_dataset(study: Study, *, actor: str) -> Iterator[Path]:
    """A dataset with codes that is gone when the block ends; that it was made, and from which rows, is in the log."""
    digest = refuse_blind_report(study)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"dataset-{study.slug}"
        dataset.export(study, path, coded=True)
        if refuse_blind_report(study) != digest:
            raise InputError(_("The data changed meanwhile. Please make the report again."))
        # Before anything is drawn: rows that were analysed once are the rows of every later report.
        log_event(study, actor=actor, kind=MADE, detail={"rows_sha256": digest})
        yield path
