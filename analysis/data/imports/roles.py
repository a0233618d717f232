"""Which column of another tool's file plays which part: as the user says, else by the names that are usual."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.data.given import Given
from analysis.data.imports.files import ITEM_SYSTEM, Row, stem
from analysis.data.imports.found import AS_ASKED, Found
from formats.errors import InputError
from formats.messages import LazyText
from formats.text import folded

EXPERTS = (
    *("expert_id", "participant_id", "participantid", "participant", "subject", "subject_id", "listener", "rater"),
    *("user_id", "user", "worker_id", "workerid", "prolific_pid", "email", "e-mail", "id", "code", "name"),
)
CLIPS = ("clip_id", "clip", "stimulus", "audio", "audio_file", "sound", "file", "filename", "wav", "sample", "url")
SYSTEMS = ("system", "system_id", "condition", "model", "method", "generator")
PROMPTS = ("prompt_id", "prompt", "item", "item_id", "song", "piece")


@dataclass
class Roles:
    """The columns of a file by their part. What was decided is noted in `found`."""

    path: Path
    given: Given
    found: Found
    _named_once: bool = field(default=False)

    def column(self, role: str, header: Iterable[str], usual: Sequence[str], *, needed: bool = True) -> str:
        """The column that plays a part; "" where there is none and none is needed. Raises InputError."""
        names = list(header)
        wanted = self.given.columns.get(role)
        by_fold = {folded(name): name for name in reversed(names)}
        asked = [wanted] if wanted else usual
        column = next((by_fold[folded(name)] for name in asked if folded(name) in by_fold), "")
        if not column and (needed or wanted):
            raise InputError(
                "%(file)s: no column gives the %(role)s; the columns are %(columns)s. Name it with --columns "
                "%(role)s=ITS_NAME.",
                file=self.path,
                role=role,
                columns=", ".join(names),
            )
        if column:
            self.found.note(LazyText("{role} is taken from the column {column}.", role=role, column=column))
        return column

    def heard(self, header: Iterable[str], clips: Sequence[str] = CLIPS, *, prefix: str = "") -> tuple[str, str, str]:
        """The columns of clip, system and prompt, of which the clip's is needed; usual names also with a prefix."""
        names = list(header)
        clip, system, prompt = (
            self.column(role, names, [*(prefix + name for name in usual), *usual], needed=role == "clip_id")
            for role, usual in (("clip_id", clips), ("system", SYSTEMS), ("prompt_id", PROMPTS))
        )
        return clip, system, prompt

    def rate(
        self,
        row: Row,
        columns: tuple[str, str, str],
        expert: str,
        answers: Mapping[str, object],
        *,
        clip: str = "",
        is_repeat: bool = False,
    ) -> None:
        """Add what a row says of a clip on each scale; `clip`: its name where the row has none of its own."""
        clip = clip or stem(row[columns[0]])
        system, prompt = self.system_and_prompt(row, *columns[1:], clip)
        for scale, rating in answers.items():
            self.found.rate(
                expert=expert,
                system=system,
                clip=clip,
                prompt=prompt,
                scale=scale,
                rating=rating,
                is_repeat=is_repeat,
                line=row.line,
            )

    def system_and_prompt(self, row: Row, system: str, prompt: str, clip: str) -> tuple[str, str]:
        """Of a row: the columns `system` and `prompt` where there are such, else what the clip's name says."""
        if system:
            return row[system], row[prompt] if prompt else ""
        of_name = self.in_name(clip, row.line)
        return of_name[0], row[prompt] if prompt else of_name[1]

    def in_name(self, clip: str, line: int, usual: re.Pattern[str] = ITEM_SYSTEM) -> tuple[str, str]:
        """(system, prompt) as the name of a clip says them. Raises InputError where the pattern does not fit it."""
        pattern = self.given.pattern or usual
        match = pattern.search(clip)
        if match is None or not match.groupdict().get("system"):
            raise InputError(
                "%(file)s, line %(line)d: the name %(clip)s does not give its system by the pattern %(pattern)s. "
                "Give another one with --pattern, with (?P<system>...) in it.",
                file=self.path,
                line=line,
                clip=clip,
                pattern=pattern.pattern,
            )
        parts = match.groupdict()
        if not self._named_once:
            self._named_once = True
            self.found.note(
                LazyText(
                    "The system is taken from names, as {system} from {clip}. To change this, use --pattern.",
                    system=parts["system"],
                    clip=clip,
                )
            )
        return parts["system"], parts.get("prompt_id") or ""

    def kept(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that the user did not ask to leave out. Raises InputError for a column that is not there."""
        for name in self.given.left_out:
            if rows and name not in rows[0].cells:
                raise InputError(
                    "--leave-out: there is no column %(column)s; %(file)s has %(columns)s.",
                    column=name,
                    file=self.path,
                    columns=", ".join(rows[0].cells),
                )
        return [row for row in rows if not self._is_left_out(row.cells)]

    def _is_left_out(self, cells: Mapping[str, str]) -> bool:
        asked = any(folded(cells.get(name, "")) in values for name, values in self.given.left_out.items())
        if asked:
            self.found.leave_out(AS_ASKED)
        return asked


def clip_named(item: str, system: str) -> str:
    """A name for a clip that the tool has none for."""
    return f"{item}_{system}"
