from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils import translation

from config.commands import LongCommand
from formats import study_file
from formats.errors import InputError
from formats.pack import Clip, read_pack
from formats.progress import bar
from formats.study_file import StudyFile
from study import services
from study.design import plan_cautions
from study.management.cli import command_errors
from study.models import Study
from study.sequences import sessions_of
from study.text_files import slug_of


class Command(LongCommand):
    help = (
        "Creates a study from a study file (docs/study-file.md) and a pack of clips (docs/packs.md): checks both, "
        "randomises the session plans, copies the clips under new ids, freezes the study plan, runs the blinding "
        "check (check_blinding) and opens the study. If any step fails, nothing is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", metavar="STUDY.toml", type=Path, help="the study file")
        parser.add_argument("--pack", type=Path, help="folder of the pack; not needed with --check")
        parser.add_argument("--check", action="store_true", help="only check the study file; store nothing")
        parser.add_argument("--owner", metavar="USER", help="user name of the researcher who owns the study")
        parser.add_argument("--slug", help="the study's short name; default: the file name without its extension")
        parser.add_argument("--actor", default="command", help="user name for the event log (default: %(default)s)")
        parser.add_argument(
            "--draft", action="store_true", help="do not run the blinding check and do not open the study"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with command_errors(), translation.override("en"):  # commands speak English, wherever a message comes from
            file, sha256 = study_file.read(options["study"])
            services.refuse_not_served(file)
            if options["check"]:
                if options["pack"]:
                    services.choose_clips(file, read_pack(options["pack"], _bar))
                said = [f"{options['study']} is in order: {_summary(file)}.", *services.cautions_on(file)]
                self.stdout.write("\n".join(said))
                return
            if options["pack"] is None:
                raise InputError("Name the pack with --pack FOLDER, or use --check to check the study file alone.")
            study = _create(file, sha256, options)
            lines: list[str] = [*plan_cautions(sessions_of(study))] if options["draft"] else [_open(study)]
            self.stdout.write("".join(f"{line}\n" for line in lines), ending="")
        self.stdout.write(f"Study {study.slug} is {study.state}: {_summary(file)}.")
        self.stdout.write(f"Plan SHA-256 {study.plan_sha256}. Next: manage.py invite_experts {study.slug} EXPERTS.csv")


def _create(file: StudyFile, sha256: str, options: dict[str, Any]) -> Study:
    try:
        return services.create_study(
            slug=slug_of(options["slug"] or options["study"].stem),
            file=file,
            file_sha256=sha256,
            clips=services.choose_clips(file, read_pack(options["pack"], _bar)),
            owner=_owner(options["owner"]),
            actor=options["actor"],
        )
    except OSError as error:
        raise CommandError(f"The clips can't be copied ({error}); nothing was written.") from error


def _open(study: Study) -> str:
    """Check and open the study; delete it if the check fails or is stopped."""
    from study.management.blinding import check_and_record, in_words

    try:
        said = in_words(check_and_record(study))
        services.open_study(study, actor="command")
    except BaseException:
        services.discard_draft(study)
        raise
    return said


def _bar(clips: list[Clip]) -> Iterable[Clip]:
    return bar(clips, "Checking clips", unit="clip")


def _summary(file: StudyFile) -> str:
    asked = f"{len(file.questions)} questions" if file.questions else f"{len(file.scales)} scales"
    counts = f"{len(file.systems)} systems, {asked}"
    return f"{file.slots} slots of {file.trials_per_expert} trials, {counts}"


def _owner(name: str | None) -> User | None:
    if name is None:
        return None
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist:
        raise InputError(f"There is no user {name!r}; make one with manage.py createsuperuser.") from None
