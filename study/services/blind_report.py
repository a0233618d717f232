"""Rows of the blinded report, which nobody can see.

Means under the systems' own codes would name systems to somebody who knows how one expert rated each: they match the
two (with six systems, two codes in three). So for each report clips get codes at random (study/dataset/disguise.py).
The report has the form of the real one, and nothing in it depends on which system made a clip.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from formats.errors import InputError
from study import dataset
from study.models import Study
from study.services.log import log_event

MADE = "report made under codes"


@contextmanager
def blind_dataset(study: Study, *, actor: str) -> Iterator[Path]:
    """A temporary dataset under random codes; its creation is logged.

    `InputError` where the study is not closed, or is unblinded.
    """
    if study.state != Study.State.CLOSED:
        raise InputError(_("A blinded report can be created after the study is closed and before it is unblinded."))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"dataset-{study.slug}"
        dataset.export(study, path, coded=True)
        log_event(study, actor=actor, kind=MADE, detail={"codes": "drawn at random for this report"})
        yield path
