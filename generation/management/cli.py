"""What the commands share: arguments checked as they are read, and faults said in one sentence."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from config.commands import LongCommand, input_errors
from formats.errors import N_, InputError, Message
from formats.messages import terminal_language, translator
from formats.pack import MAX_SECONDS, MIN_SECONDS
from generation.workers import workers

#: The reference model of perplexity that the project ships.
REFERENCE = Path(settings.BASE_DIR) / "fixtures" / "checkpoints" / "reference"
LARGEST_SEED = 2**63 - 1
#: What only drawing from networks and perplexity need: the extra `generate` of the package.
NETWORK_LIBRARIES = ("torch", "safetensors")


NO_NETWORKS = N_("This needs %(library)s, which is not installed. Run: pip install 'mukulen[generate]'")


def shipped_reference() -> Path | None:
    """The shipped reference model where it is there and torch can load it: perplexity is left out without."""
    return REFERENCE if REFERENCE.is_dir() and find_spec("torch") is not None else None


class ParagraphHelpCommand(LongCommand):
    """A command whose help keeps its paragraphs."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)


def count(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 up.")
    return int(text)


def seconds(text: str) -> float:
    """A length of clips."""
    try:
        length = float(text)
    except ValueError:
        length = math.nan
    if not MIN_SECONDS <= length <= MAX_SECONDS:
        raise ArgumentTypeError(f"{text!r} is not a number from {MIN_SECONDS} to {MAX_SECONDS}.")
    return length


def seed(text: str) -> int:
    """A whole number from 0 up."""
    if not text.isdecimal() or len(text) > 19 or int(text) > LARGEST_SEED:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to {LARGEST_SEED}.")
    return int(text)


def place(text: str) -> Path:
    """Where something is to be written."""
    if not text.strip():
        raise ArgumentTypeError("it is empty: name a file or folder.")
    return Path(text)


def add_workers(parser: ArgumentParser) -> None:
    """`--workers`, of every command whose work can be shared out."""
    parser.add_argument(
        "--workers",
        type=workers,
        default=1,
        metavar="N|tcp://HOST:PORT",
        help="processes, or the scheduler of a Dask cluster (docs/operations.md); default: %(default)s",
    )


def cautions_in(language: str, cautions: Iterable[Message]) -> Iterator[str]:
    """A line for each caution."""
    _ = translator(language)
    return (_("caution: {sentence}", sentence=caution.words(_)) for caution in cautions)


NOTHING_WRITTEN = Message("nothing was written")


@contextmanager
def command_errors(out: Path, *, again: Message = NOTHING_WRITTEN) -> Iterator[None]:
    """Turns what may go wrong with a user's input, a disk or a Ctrl-C into one sentence and an exit status."""
    try:
        with input_errors():
            yield
    except ModuleNotFoundError as error:
        if error.name not in NETWORK_LIBRARIES:
            raise
        fault = InputError(NO_NETWORKS, library=error.name)
        raise CommandError(fault.words(translator(terminal_language()))) from fault
    except OSError as error:
        fault = InputError(
            "%(file)s cannot be read or written: %(reason)s.", file=error.filename or out, reason=error.strerror
        )
        raise CommandError(fault.words(translator(terminal_language()))) from fault
    except KeyboardInterrupt:
        stopped = InputError("Stopped: %(again)s.", again=again).words(translator(terminal_language()))
        raise CommandError(stopped, returncode=130) from None
