from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import translation

from config.commands import LongCommand, WithResult
from formats import results, study_file
from formats.errors import N_, InputError, Message
from formats.messages import terminal_language, translate, translator
from formats.pack import Clip, read_manifest, read_pack
from formats.progress import bar
from formats.study_file import StudyFile
from study import services
from study.design import plan_cautions
from study.management.cli import command_errors
from study.models import Study
from study.sequences import sessions_of
from study.text_files import slug_of


class Command(WithResult, LongCommand):
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
        language = terminal_language()
        with command_errors(), translation.override(language):
            file, sha256 = study_file.read(options["study"])
            services.refuse_not_served(file)
            if options["check"]:
                if options["pack"]:
                    services.choose_clips(file, read_pack(options["pack"], _bar))
                self._checked(file, options)
                return
            if options["pack"] is None:
                raise InputError("Name the pack with --pack FOLDER, or use --check to check the study file alone.")
            study = _create(file, sha256, options)
            lines: list[str] = (
                _cautions(plan_cautions(sessions_of(study)), language) if options["draft"] else [_open(study)]
            )
        result = results.Study(
            slug=study.slug,
            state=study.state,
            plan_sha256=study.plan_sha256,
            trials_per_expert=file.trials_per_expert,
            slots=file.slots,
            said=lines,
        )
        self.tell(options, result, *lines, *_created(study, language))

    def _checked(self, file: StudyFile, options: dict[str, Any]) -> None:
        language, found = terminal_language(), services.cautions_on(file)
        result = results.StudyFileCheck(
            file=str(options["study"]),
            trials_per_expert=file.trials_per_expert,
            slots=file.slots,
            cautions=list(map(str, found)),
        )
        first = translate(
            language, "{file} has no errors. {design}", file=options["study"], design=_design(file, language)
        )
        self.tell(options, result, first, *_cautions(found, language))


def _create(file: StudyFile, sha256: str, options: dict[str, Any]) -> Study:
    from study.management.waveforms import with_waveforms

    services.refuse_other_clips(file, read_manifest(options["pack"]).audio)
    try:
        return services.create_study(
            slug=slug_of(options["slug"] or options["study"].stem),
            file=file,
            file_sha256=sha256,
            clips=with_waveforms(file, services.choose_clips(file, read_pack(options["pack"], _bar))),
            owner=_owner(options["owner"]),
            actor=options["actor"],
        )
    except OSError as error:
        raise InputError("The clips can't be copied (%(error)s); nothing was written.", error=error) from error


def _open(study: Study) -> str:
    """Check and open the study; delete it if the check fails or is stopped."""
    from study.management.blinding import check_and_record, in_words

    try:
        said = in_words(check_and_record(study), terminal_language())
        services.open_study(study, actor="command")
    except BaseException:
        services.discard_draft(study)
        raise
    return said


def _bar(clips: list[Clip]) -> Iterable[Clip]:
    return bar(clips, "Checking clips", unit="clip")


def _cautions(cautions: Iterable[Message], language: str) -> list[str]:
    return [caution.words(translator(language)) for caution in cautions]


def _created(study: Study, language: str) -> list[str]:
    """What there is now, and what comes next."""
    is_draft = study.state == Study.State.DRAFT
    begun = N_("Study {slug} is a draft. {design}") if is_draft else N_("Study {slug} is open. {design}")
    after = (
        N_("Next: manage.py check_blinding {slug}, then open the study in the dashboard.")
        if is_draft
        else N_("Next: manage.py invite_experts {slug} EXPERTS.csv")
    )
    return [
        translate(language, begun, slug=study.slug, design=_design(study.file, language)),
        translate(language, "Study plan, SHA-256: {sha256}", sha256=study.plan_sha256),
        translate(language, after, slug=study.slug),
    ]


def _design(file: StudyFile, language: str) -> str:
    return translate(
        language,
        "Slots: {slots}. Trials per session: {trials}. Systems: {systems}. Questions: {questions}.",
        slots=file.slots,
        trials=file.trials_per_expert,
        systems=len(file.systems),
        questions=len(file.numbered) + len(file.texts),
    )


def _owner(name: str | None) -> User | None:
    if name is None:
        return None
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist:
        raise InputError("There is no user %(name)r; make one with manage.py createsuperuser.", name=name) from None
