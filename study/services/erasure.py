"""Delete an expert's personal data; the event log keeps salted hashes of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils.translation import gettext as _

from formats.files import canonical_json
from study import clock
from study.errors import Refused
from study.models import Arrival, Expert, ExpertAddress, ExpertName
from study.services.locking import lock_expert
from study.services.log import log_event
from study.services.session import withdraw


@transaction.atomic
def erase(expert: Expert, *, actor: str) -> str:
    """Withdraw the expert and delete name, address, texts of messages, background answers and all they wrote.

    Return the receipt.

    The log keeps a digest of each piece, SHA-256 of receipt and content. The receipt is stored nowhere: without it a
    hash reveals nothing; with it and the content, anyone can show what was deleted.
    """
    expert = lock_expert(expert)
    if expert.study.simulated or expert.study.preview:
        raise Refused(409, "copy", _("A copy of a study contains no personal data."))
    if expert.erased_at:
        raise Refused(409, "erased", _("The personal data of this expert are already deleted."))
    withdraw(expert, actor=actor)
    receipt = secrets.token_hex(32)
    digests = [digest(receipt, piece) for piece in _pieces(expert)]
    _destroy(expert)
    log_event(expert.study, actor=actor, kind="erased", detail={"expert": expert.code, "digests": digests})
    return receipt


def digest(receipt: str, piece: object) -> str:
    """SHA-256 of the receipt's characters and a piece of content as RFC 8785 JSON."""
    return hashlib.sha256(receipt.encode() + canonical_json(piece)).hexdigest()


def _pieces(expert: Expert) -> Iterator[object]:
    """All that will be destroyed, each piece as JSON."""
    for name in ExpertName.objects.filter(expert=expert):
        yield {"name": name.name}
    for address in ExpertAddress.objects.filter(expert=expert):
        yield {"email": address.email}
    for arrival in Arrival.objects.filter(expert=expert).exclude(identifier=None):
        yield {"identifier": arrival.identifier}
    for mail in expert.mails.exclude(note="").order_by("pk"):
        yield {"mail": mail.note}
    for background in expert.backgrounds.order_by("pk"):
        yield {"background": background.answers}
    for remark in expert.remarks.exclude(comment="").select_related("trial").order_by("pk"):
        yield {"comment": remark.comment, "trial": remark.trial.number, "revision": remark.revision}
    for remark in expert.remarks.exclude(answers={}).select_related("trial").order_by("pk"):
        yield {"answers": remark.answers, "trial": remark.trial.number, "revision": remark.revision}


def _destroy(expert: Expert) -> None:
    if connection.vendor == "sqlite":  # else what was there could still be read in the file's free pages
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
        transaction.on_commit(_empty_wal)
    ExpertName.objects.filter(expert=expert).delete()
    ExpertAddress.objects.filter(expert=expert).delete()
    Arrival.objects.filter(expert=expert).update(identifier=None, client="")
    expert.mails.update(note="")  # a researcher may have written the name
    expert.backgrounds.update(answers={})
    expert.remarks.update(comment="", answers={})
    Expert.objects.filter(pk=expert.pk).update(erased_at=clock.now())


def _empty_wal() -> None:
    """Pages from before an erasure stay in SQLite's write-ahead log, where there is one, until it is cut."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
