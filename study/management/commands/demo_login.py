from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.urls import reverse

from study.management.cli import command_errors
from study.services.demo_access import RESEARCHER, invite_guest, researcher_password
from study.text_files import study_of


class Command(BaseCommand):
    help = (
        "Prints access to a demo study on this computer: a guest's link in each language and a new password for the "
        "account `researcher`. For a real study use invite_experts and createsuperuser."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the study's short name")
        parser.add_argument("--site", default="http://127.0.0.1:8000", help="address of the site")

    def handle(self, *args: Any, **options: Any) -> None:
        site = options["site"].rstrip("/")
        with command_errors():
            study = study_of(options["slug"])
            links = {language: invite_guest(study, language) for language in study.file.languages}
        self.stdout.write(f"\n{study.text('title', 'en')}")
        for language, secret in links.items():
            self.stdout.write(f"  Rate as an expert ({language}):  {site}{reverse('room:invitation', args=[secret])}")
        password = researcher_password(study)
        if password:
            self.stdout.write(f"  Researcher dashboard:  {site}{reverse('desk:login')}  {RESEARCHER} / {password}")
        self.stdout.write("  Ctrl-C stops the server.\n")
