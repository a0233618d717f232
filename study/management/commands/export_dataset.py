from __future__ import annotations

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from config.commands import LongCommand, WithResult
from formats import results
from formats.errors import InputError
from formats.messages import LANGUAGES, SOURCE, terminal_language, translator
from study import dataset, services
from study.management.cli import command_errors
from study.models import Study
from study.text_files import study_of


class Command(WithResult, LongCommand):
    help = (
        "Exports a study's dataset (docs/datasets.md): ratings in long and wide format, experts, codebook, study "
        "plan, event log and hashes, which the event log also records; after unblinding also the source and metrics "
        "of the clips. An earlier dataset of the same study in the folder --out is replaced; anything else there is "
        "left unchanged. Other formats are single files: zip (the folder), excel-csv (a ZIP file of the tables with "
        "byte order marks), xlsx (a workbook), sav (SPSS, one row per trial)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--out", metavar="DATASET", type=Path, required=True, help="folder or file to write")
        parser.add_argument("--form", choices=["folder", *dataset.FORMS], default="folder", help="default: folder")
        parser.add_argument(
            "--language", choices=list(LANGUAGES), default=SOURCE, help="language of the labels in a sav file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors():
            study = study_of(options["slug"])
            try:
                sha256 = _export(study, options["out"], options["form"], options["language"])
            except OSError as error:
                raise InputError(
                    "%(out)s can't be written: %(error)s.", out=options["out"], error=error.strerror
                ) from error
        _ = translator(terminal_language())
        small_groups = dataset.small_groups(study)
        line = (
            _("Dataset in {out}, SHA-256 {sha256}.", out=options["out"], sha256=sha256)
            if sha256
            else _("Dataset in {out}.", out=options["out"])
        )
        result = results.Dataset(
            out=str(options["out"]),
            form=options["form"],
            sha256=sha256,
            small_groups={group.key: count for group, count in small_groups},
        )
        self.tell(options, result, line)
        for group, count in small_groups:
            caution = _(
                "Group {group} has {people} experts, fewer than {few}: their background answers may identify them. "
                "Consider this before you publish experts.csv and remarks.csv.",
                group=group.key,
                people=count,
                few=dataset.FEW,
            )
            self.stderr.write(caution)


def _export(study: Study, out: Path, form: str, language: str) -> str | None:
    """Write the dataset and note it in the log; return a folder's hash."""
    if form == "folder":
        sha256 = dataset.export(study, out)
        _log(study, form, dataset.hashes_of(out))
        return sha256
    if out.exists():
        raise InputError("%(out)s exists already; name a new file.", out=out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(part, "wb") as target:
            hashes = dataset.write(study, form, target, language)
        Path(name).chmod(0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _log(study, form, hashes)
    return None


def _log(study: Study, form: str, hashes: dict[str, str]) -> None:
    detail = {"sealed": study.sealed, "form": form, **hashes}
    services.log_event(study, actor="command", kind=dataset.TAKEN, detail=detail)
