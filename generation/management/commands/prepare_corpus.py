"""prepare_corpus: songs to a corpus of five-bar segments."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.commands import WithResult
from formats import results
from formats.errors import N_
from formats.messages import terminal_language, translator
from formats.progress import bar
from generation.intake.voices import melody_option
from generation.management.cli import ParagraphHelpCommand, command_errors, place

if TYPE_CHECKING:
    from generation.corpus import Corpus
    from generation.intake.songs import SongAssessment

#: What can be done about a reason.
HINTS = {"polyphonic": N_(" (--melody track or --melody skyline takes the melody)")}
#: What is changed or assumed in songs that are used.
CHANGES: dict[str, Callable[[SongAssessment], bool]] = {
    N_("with overlapping notes, trimmed"): lambda song: song.overlaps_trimmed > 0,
    N_("with notes without an end, which were given one"): lambda song: song.ends_set > 0,
    N_("without a time signature, read as 4/4"): lambda song: song.metre.endswith("assumed"),
    N_("in 4/4 that may be a default, for their notes suggest a pickup (column pickup_estimate; --pickup estimate)"): (
        lambda song: bool(song.pickup_estimate) and song.metre.startswith("4/4")
    ),
    N_("with a pickup, cut from the first downbeat"): lambda song: song.pickup_steps > 0,
    N_("divided at a silence of more than four bars"): lambda song: len(song.stretches) > 1,
}


class Command(WithResult, ParagraphHelpCommand):
    help = """Read songs and write the usable ones as a corpus of five-bar segments.

A song is usable if it has one voice, is in 2/4, 4/4, 2/2, 4/8, 8/4 or 4/2 throughout, has at least 90% of its notes
beginning on the sixteenth grid, and is at least five bars of 4/4 long when its last bar is filled up. A file without a
time signature is read as 4/4. Notes without an end are given one. If less than 5% of the notes overlap, they are cut
where the next one begins. A silence of more than four bars divides a song.

A report next to the corpus (OUT with .report.csv) lists the outcome of each file with the reason and what was changed
in it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--source",
            default="essen-china",
            help="essen-china (the Chinese songs of the Essen collection, the default) or a folder of MIDI files and, "
            "with requirements-scores.txt, MusicXML, ABC and **kern",
        )
        parser.add_argument(
            "--melody",
            type=melody_option,
            metavar="track|skyline",
            help="where a file has several voices, take the track that is called a melody or else the highest (track), "
            "a named one (track:NAME), a channel (channel:N, from 1) or the upper line of all (skyline)",
        )
        parser.add_argument(
            "--pickup",
            choices=["none", "estimate"],
            default="none",
            help="where a file has no barlines: time zero is a downbeat (none, the default), or the pickup is "
            "estimated from the notes and left out",
        )
        parser.add_argument("--out", type=place, required=True, help="the corpus to write, for example corpus.npz")

    def handle(self, *args: Any, **options: Any) -> None:
        source, out = options["source"], options["out"]
        report = out.with_suffix(".report.csv")
        with command_errors(out):
            from generation import corpus as core
            from generation.intake.songs import assess_song

            songs = core.essen_songs() if source == "essen-china" else core.folder_songs(Path(source))
            verdicts = [
                assess_song(song, options["melody"], estimate=options["pickup"] == "estimate")
                for song in bar(songs, "reading", unit="song")
            ]
            corpus = core.build(songs, verdicts, source, report)
            core.save_corpus(corpus, out)
            core.write_report(verdicts, corpus, report)
        result = results.Corpus(
            corpus=str(out),
            report=str(report),
            sha256=corpus.sha256,
            songs=len(verdicts),
            used=sum(not verdict.reason for verdict in verdicts),
            segments=Counter(corpus.split),
            skipped=dict(Counter(verdict.reason for verdict in verdicts if verdict.reason).most_common()),
        )
        self.tell(options, result, *_lines(result, verdicts, corpus, has_hints=options["melody"] is None))


def _lines(
    result: results.Corpus, verdicts: Sequence[SongAssessment], corpus: Corpus, *, has_hints: bool
) -> Iterator[str]:
    """The result for a person: songs used and skipped, what was done to them, and the splits."""
    _, used = translator(terminal_language()), [verdict for verdict in verdicts if not verdict.reason]
    complete = sum(verdict.complete for verdict in used)
    yield _(
        "{used} of {songs} songs are usable: {segments} segments without overlap.",
        used=result.used,
        songs=result.songs,
        segments=complete,
    )
    for reason, count in result.skipped.items():
        hint = _(HINTS.get(reason, "")) if has_hints else ""
        yield "  " + _("skipped, {reason}: {count}", reason=_(reason), count=count) + hint
    for change, is_changed in CHANGES.items():
        if count := sum(map(is_changed, used)):
            yield "  " + _("used, {change}: {count}", change=_(change), count=count)
    for split, count in result.segments.items():
        names = {name for name, other in zip(corpus.songs, corpus.split, strict=True) if other == split}
        yield f"  {split}: " + _("{songs} songs, {segments} segments", songs=len(names), segments=count)
    yield _(
        "{corpus} (content {hash}) and {report}",
        corpus=result.corpus,
        hash=result.sha256[:12],
        report=result.report,
    )
