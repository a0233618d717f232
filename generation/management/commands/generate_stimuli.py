"""generate_stimuli: weights and songs, or a folder of anyone's clips, to a pack."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from config.commands import WithResult
from formats import results
from formats.errors import N_, Message
from formats.messages import SOURCE, listed, terminal_language, translator
from generation.management.cli import (
    ParagraphHelpCommand,
    add_workers,
    cautions_in,
    command_errors,
    count,
    place,
    seconds,
    seed,
    shipped_reference,
)

if TYPE_CHECKING:
    from generation.pack.build import Built

CLIPS_PER_SYSTEM = 13
#: What can become of a sample, a song's segment or a file, in the order in which it is listed.
OUTCOMES = {
    "used": N_("{count} used"),
    "empty": N_("{count} empty"),
    "duplicate": N_("{count} duplicate"),
    "training_copy": N_("{count} training copy"),
    "left_out": N_("{count} left out"),
    "not_drawn": N_("{count} not drawn"),
}

#: What was done to files, in words.
CHANGES = {
    "cut": N_("{count} cut"),
    "padded": N_("{count} followed by silence"),
    "mixed": N_("{count} mixed to mono"),
    "doubled": N_("{count} mono, played on both sides"),
}
COMPARED = N_("Means of the study clips (* differs by more than chance; docs/packs.md says how each is measured):")


def common_in_words(drawing: dict[str, Any], lang: str = SOURCE) -> str:
    """The length and channels of all clips, and how many files were changed."""
    _ = translator(lang)
    done = listed(lang, (_(CHANGES[name], count=count) for name, count in drawing["changes"].items()))
    return _(
        "All clips: {seconds:.4g} s of music, {channels}; {done}.",
        seconds=drawing["seconds"],
        channels=_("stereo") if drawing["channels"] == 2 else _("mono"),
        done=done or _("no file was cut or mixed"),
    )


def add_sources(parser: ArgumentParser) -> None:
    """What clips of trained systems are drawn from."""
    parser.add_argument(
        "--systems",
        default="all",
        help="comma-separated, for example midi-gan,real (default: all that have weights)",
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=Path("fixtures/checkpoints"),
        metavar="FOLDER",
        help="trained weights, one sub-folder per system (default: %(default)s)",
    )
    parser.add_argument("--run", type=Path, nargs="+", default=[], help="run folders of train, used for their systems")
    parser.add_argument(
        "--corpus", type=Path, default=Path("corpus.npz"), help="output of prepare_corpus (default: %(default)s)"
    )
    parser.add_argument(
        "--reference",
        type=Path,
        metavar="FOLDER",
        help="a run of `train reference`, for perplexity (default: the shipped one)",
    )


def add_shape(parser: ArgumentParser) -> None:
    """How many clips there are, and how long they last."""
    parser.add_argument(
        "--clips-per-system",
        type=count,
        metavar="N",
        help=f"default: {CLIPS_PER_SYSTEM}; with --from, all that can be used",
    )
    parser.add_argument("--practice", type=count, metavar="N", help="practice clips, with --from (default: see above)")
    parser.add_argument(
        "--seconds",
        type=seconds,
        metavar="S",
        help="length of the music of each clip, 1 to 600, with --from (default: of the shortest usable file, at "
        "most 60)",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 2),
        help="1 for mono, 2 for stereo, with --from (default: 2 if all files are stereo)",
    )


class Command(WithResult, ParagraphHelpCommand):
    help = """Write a pack: clips of trained generators and of held-out songs, or with --from the clips of a folder.

Clips of generators are taken in seed order. Only empty and mostly silent clips, duplicates and copies of training
segments are skipped, and counted. All clips are played by the same instrument.

--from FOLDER reads one sub-folder per system, with recordings (WAV, FLAC, MP3, Ogg, Opus, AIFF, CAF) or MIDI files, or
a ZIP file of such folders. All clips get the length of the shortest usable file, at most 60 s, and are stereo if all
files are. --seconds and --channels choose otherwise: longer files are cut, shorter ones padded with silence. MIDI is
played by the study's instrument. The command prints how many files were changed, and how.
Files that cannot be used are listed with the reason. Practice clips come from a sub-folder "practice", or with
--practice N from unused files of the systems.

All clips of a pack have the same loudness, length and size, and names that do not reveal the system. The same arguments
give the same bytes. After an interruption, run the same command again to continue. At the end the command prints how
the clips of each system begin, end and sound on average, and cautions if experts could recognise systems by that.

PACK/index.html plays every clip by system: it is for you, not for experts. docs/packs.md describes the rules and the
folder."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=place, required=True, metavar="PACK", help="the folder to write")
        parser.add_argument(
            "--from",
            type=Path,
            dest="folder",
            metavar="FOLDER|ZIP",
            help="your own clips, one sub-folder per system; or a ZIP file of these folders",
        )
        add_sources(parser)
        add_shape(parser)
        parser.add_argument("--seed", type=seed, default=0, metavar="N", help="default: %(default)s")
        add_workers(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        self._refuse_mixtures(options)
        with command_errors(out, again=Message("the same command goes on with %(out)s", out=out)):
            built = self._from_folder(options) if options["folder"] else self._from_generators(options)
            table, cautions = self._compare(out, built)
        drawing = built.manifest.drawing
        lang = terminal_language()
        _, left_out = translator(lang), drawing.get("left_out", [])
        for left in left_out:
            reason = Message.from_json(left["message"]).words(_) if "message" in left else left["reason"]
            self.stderr.write(_("left out: {name}: {reason}", name=left["file"], reason=reason))
        fates = {
            system: {fate: found[fate] for fate in OUTCOMES if fate in found}
            for system, found in sorted(drawing["systems"].items())
        }
        result = results.Stimuli(
            pack=str(out),
            clips=len(built.manifest.clips),
            rendered=built.rendered,
            systems=fates,
            left_out={left["file"]: left["reason"] for left in left_out},
            cautions=list(map(str, cautions)),
        )
        common = common_in_words(drawing, lang) if options["folder"] else ""
        self.tell(options, result, *_lines(result, common, lang), _(COMPARED), *table, *cautions_in(lang, cautions))

    def _compare(self, out: Path, built: Built) -> tuple[list[str], list[Message]]:
        """What was measured of the systems' clips as a table, and cautions."""
        from generation.differences import as_table, in_words
        from generation.pack.comparison import compare_pack

        comparison = compare_pack(out, built.manifest)
        return as_table(comparison, terminal_language()), in_words(comparison)

    def _refuse_mixtures(self, options: dict[str, Any]) -> None:
        if options["folder"] and (options["run"] or options["systems"] != "all"):
            raise CommandError("--from takes the systems from its sub-folders: leave out --systems and --run.")
        if options["practice"] and not options["folder"]:
            raise CommandError(
                "--practice goes with --from: practice clips beside generators come from held-out songs."
            )
        if (options["seconds"] or options["channels"]) and not options["folder"]:
            raise CommandError("--seconds and --channels go with --from: clips of generators are 10 s, mono.")

    def _from_folder(self, options: dict[str, Any]) -> Built:
        from generation.pack.archive import unpacked
        from generation.pack.build import build_from_folder

        with unpacked(options["folder"]) as folder:
            return build_from_folder(
                options["out"],
                folder,
                clips_per_system=options["clips_per_system"],
                practice=options["practice"],
                seconds=options["seconds"],
                channels=options["channels"],
                **self._shared(options),
            )

    def _from_generators(self, options: dict[str, Any]) -> Built:
        from generation.corpus import load_corpus
        from generation.pack.build import build_pack
        from generation.pack.systems import find_generators

        names = None if options["systems"] == "all" else [name.strip() for name in options["systems"].split(",")]
        corpus = load_corpus(options["corpus"])
        generators, real = find_generators(names, options["checkpoints"], options["run"])
        return build_pack(
            options["out"],
            generators,
            corpus,
            real=real,
            clips_per_system=options["clips_per_system"] or CLIPS_PER_SYSTEM,
            **self._shared(options),
        )

    def _shared(self, options: dict[str, Any]) -> dict[str, Any]:
        reference = options["reference"] or shipped_reference()
        shared = {"seed": options["seed"], "workers": options["workers"]}
        if reference is None:
            return shared
        from generation.pack.systems import find_reader

        return {**shared, "reader": find_reader(reference)}


def _lines(result: results.Stimuli, common: str, lang: str) -> Iterator[str]:
    """The result for a person: what became of the clips, and what all have in common."""
    _ = translator(lang)
    for system, fates in result.systems.items():
        yield f"{system}: " + listed(lang, (_(OUTCOMES[fate], count=count) for fate, count in fates.items()))
    if common:
        yield common
    values = {"pack": result.pack, "clips": result.clips, "rendered": result.rendered}
    if result.rendered:
        listen = Path(result.pack) / "index.html"
        yield _("{pack}: {clips} clips, {rendered} rendered now. Listen: {listen}", **values, listen=listen)
    else:
        yield _("{pack}: {clips} clips, all there already; nothing was done.", **values)
