"""docs/reference/commands.md, made from the commands themselves; `python -m tests.reference --update` writes it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "commands.md"
#: Apps whose commands are ours, in the order of the work.
APPS = ("generation", "study", "analysis")
#: Commands that other commands run, or that only the demo needs.
INTERNAL = ("demo_login", "report_under_codes", "run_job")
HEAD = """# Commands

Run each as `.venv/bin/python manage.py COMMAND`, or as `mukulen COMMAND` where the package is installed. `--help`
prints the same. All understand Django's own options, such as `--settings` and `--verbosity`. Those that take long have
`--progress json`, which prints progress and errors as JSON lines on the standard error stream. Those with a result have
`--json`, which prints it as one JSON object (schemas: `docs/reference/schemas/results/`). This page is made from the
commands (`make reference`).
"""


def page() -> str:
    """The page as it is kept."""
    commands = get_commands()
    ours = [(APPS.index(app), name) for name, app in commands.items() if app in APPS and name not in INTERNAL]
    sections = (_section(name, load_command_class(APPS[app], name)) for app, name in sorted(ours))
    return "\n".join([HEAD, *sections])


def _section(name: str, command: BaseCommand) -> str:
    parser = command.create_parser("manage.py", name)
    lines = [f"## {name}", "", _plain(parser.description or ""), "", *_table(parser)]
    return "\n".join(lines) + "\n"


def _table(parser: argparse.ArgumentParser) -> Iterator[str]:
    inherited = {action.dest for action in BaseCommand().create_parser("manage.py", "x")._actions}  # noqa: SLF001
    own = [action for action in parser._actions if action.dest not in inherited | {"progress", "as_json"}]  # noqa: SLF001
    if own:
        yield from ("| argument | meaning |", "|---|---|")
    formatter = argparse.HelpFormatter("")
    for action in own:
        meaning = formatter._expand_help(action) if action.help else ""  # noqa: SLF001
        yield f"| {_spelled(action)} | {_plain(meaning)} |"


def _spelled(action: argparse.Action) -> str:
    """An option with the name of its value, or what stands in its place, as a user types it."""
    name = action.option_strings[-1] if action.option_strings else ""
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    value = "" if action.nargs == 0 else "/".join(map(str, action.choices or ())) or metavar
    typed = " ".join(filter(None, (name, value)))
    needed = " (required)" if action.option_strings and action.required else ""
    return f"`{typed}`{needed}".replace("|", "\\|")


def _plain(text: str) -> str:
    """One line in which no character means anything to Markdown."""
    return re.sub(r"([|*<>_])", r"\\\1", " ".join(text.split()))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write it")
    if parser.parse_args().update:
        PAGE.write_text(page(), encoding="utf-8")
    same = PAGE.read_text(encoding="utf-8") == page()
    print("The command reference fits the commands." if same else "Commands have changed: run `make reference`.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
