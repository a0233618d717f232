"""The dataset: the columns of its tables, and the part of its description that an analysis reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from formats.errors import InputError, Message
from formats.fields import LARGEST
from formats.messages import LANGUAGES, NP_, LazyText
from formats.models import Part, fault, message_of
from formats.text import UNWRITABLE

#: The form of dataset_description.json that is written and read here.
SCHEMA = 1

Texts = Mapping[str, str]
Kind = Literal["text", "integer", "number", "time"]
#: As codebooks for people call the kinds.
KINDS: dict[Kind, LazyText] = {
    "text": LazyText(NP_("kind of value", "text")),
    "integer": LazyText(NP_("kind of value", "integer")),
    "number": LazyText(NP_("kind of value", "number")),
    "time": LazyText(NP_("kind of value", "time")),
}


@dataclass(frozen=True)
class Column:
    """One column of a table, for codebooks and descriptors.

    `unit` is "" for none; `values` says what single values stand for ({} where nothing is coded); `label` is a short
    name where the column has one besides its key. `closed`: no value is possible but those in `values`.
    """

    name: str
    kind: Kind
    meaning: Texts
    unit: str = ""
    values: dict[str, Texts] = field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    required: bool = True
    closed: bool = False
    label: Texts = field(default_factory=dict)

    def coding(self, language: str) -> str:
        """What values stand for, in a line: 1 = least; 5 = most."""
        return "; ".join(f"{value} = {texts[language]}" for value, texts in self.values.items())


#: What a dataset says of systems: nothing while sealed, codes (for a report under codes alone), or their ids.
View = Literal["sealed", "coded", "open"]


@dataclass(frozen=True)
class Table:
    """A CSV file of the dataset: path, content, columns, primary and foreign keys."""

    path: str
    title: Texts
    columns: list[Column]
    key: tuple[str, ...]
    #: A column of this table -> the table in which it is the key, under the same name.
    refers: dict[str, str] = field(default_factory=dict)


NO_YES = {"0": LazyText("no"), "1": LazyText("yes")}
FLAG: dict[str, Any] = {"values": NO_YES, "minimum": 0, "maximum": 1, "closed": True}


EXPERT = Column("expert_id", "text", LazyText("The expert's code."))
TRIAL = (
    Column("trial", "integer", LazyText("Number of the trial in the session, from 1."), minimum=1),
    Column("block", "integer", LazyText("Block of the session plan, from 1."), minimum=1),
    Column("position", "integer", LazyText("Place within the block, from 1."), minimum=1),
)
HEARD = (
    Column("clip_id", "text", LazyText("The clip's id in this study.")),
    Column(
        "is_repeat", "integer", LazyText("Whether the expert had heard this clip before (a hidden repeat)."), **FLAG
    ),
)
CLOCKS = (
    Column(
        "browser_at",
        "time",
        LazyText("The same by the browser's own clock, as it was sent; empty where it was not measured."),
        unit="UTC, ISO 8601",
        required=False,
    ),
    Column("received_at", "time", LazyText("When it arrived, by the server's clock."), unit="UTC, ISO 8601"),
)
LATE = Column(
    "late",
    "integer",
    LazyText("Whether an answer given in time came after the expert finished, the study closed or the link expired."),
    **FLAG,
)
ANSWER = (
    Column(
        "revision",
        "integer",
        LazyText("Number of this answer among those to the scale; the highest that the server took counts."),
        minimum=1,
    ),
    Column(
        "rated_at",
        "time",
        LazyText(
            "When the answer was given, by the server's clock: the browser's time corrected by its measured offset, "
            "not before the trial could be shown."
        ),
        unit="UTC, ISO 8601",
    ),
    *CLOCKS,
    Column("plays", "integer", LazyText("How often the clip had been started by then."), minimum=0),
    Column("heard_ms", "integer", LazyText("How much of the clip had been heard by then."), unit="ms"),
    Column("rt_ms", "integer", LazyText("Time from the trial's first showing to the answer."), unit="ms"),
    Column("language", "text", LazyText("The language in which the scale was read."), required=False),
    Column(
        "wording",
        "text",
        LazyText("The version of the scale's wording in that language; the wordings are in wordings.csv."),
        required=False,
    ),
    LATE,
)
#: Of comparisons, before the answer: the clip at place 1 and the clip at place 2.
PAIR = (
    Column("clip_a", "text", LazyText("The id in this study of the clip at place 1.")),
    Column("clip_b", "text", LazyText("The id in this study of the clip at place 2.")),
)
PROMPT = Column("prompt_id", "text", LazyText("The prompt from which the clips come, as the pack names it."))
#: Where questions are asked of each of several clips: the place of the clip, and its prompt.
PLACE = Column("place", "integer", LazyText("Where the clip was on its page, from 1."), minimum=1)
#: What a row of listening has, of the clips of a trial and of its reference or X.
LISTENED = (
    Column(
        "place",
        "integer",
        LazyText("Where the clip was on its page, from 1; 0 is the reference, or X."),
        minimum=0,
    ),
    Column("plays", "integer", LazyText("How often the clip was started in all, repeats included."), minimum=0),
    Column(
        "heard_ms",
        "integer",
        LazyText("How much of the clip was heard in all; parts that were heard again count once."),
        unit="ms",
        minimum=0,
    ),
)
CLIP_PROMPT = Column("prompt_id", "text", LazyText("The prompt from which the clip comes, as the pack names it."))
REPEATED = Column(
    "is_repeat", "integer", LazyText("Whether the expert had compared these clips before (a hidden repeat)."), **FLAG
)
MIDDLE = Column(
    "middle", "text", LazyText("The words for no preference, as the expert read them; empty if none."), required=False
)
CHOICES = Column(
    "choices", "text", LazyText("The answers to choose from, each with its key; empty if none."), required=False
)
CORRECT = Column("correct", "integer", LazyText("Whether this answer is right for the clip's system."), **FLAG)
#: Of trials with an X (ABX): which clip it was, and whether the answer says so.
X_PLACE = Column("x", "integer", LazyText("The place of the clip that X was."), minimum=1, maximum=2)
X_CORRECT = Column("correct", "integer", LazyText("Whether the answer says which clip X was."), **FLAG)
PASSED = Column("passed", "integer", LazyText("Whether this answer to the attention check is the right one."), **FLAG)
KNOWN = Column("known", "integer", LazyText("Whether the expert knew the song before the study."), **FLAG)
REMARK = (
    KNOWN,
    Column("comment", "text", LazyText("The expert's comment on the clip."), required=False),
    Column(
        "remarked_at",
        "time",
        LazyText("When the expert last changed this, by the server's clock as in the ratings."),
        unit="UTC, ISO 8601",
    ),
    *CLOCKS,
    LATE,
)
CLIP = (
    Column("pack_clip_id", "text", LazyText("The clip's id in the pack.")),
    Column("audio_sha256", "text", LazyText("SHA-256 of the audio.")),
    Column("duration_s", "number", LazyText("Length of the clip."), unit="s"),
    Column("lufs", "number", LazyText("Loudness of the clip."), unit="LUFS", required=False),
    Column("true_peak_dbtp", "number", LazyText("True peak of the clip."), unit="dBTP", required=False),
)
EXPERTS = (
    Column("language", "text", LazyText("Language of the expert's link.")),
    Column(
        "submitted", "time", LazyText("When the expert finished; empty if never."), unit="UTC, ISO 8601", required=False
    ),
    Column(
        "replaced_by",
        "text",
        LazyText("Code of the expert who replaced this drop-out; empty if nobody did."),
        required=False,
    ),
    Column(
        "level",
        "integer",
        LazyText("Volume of the player that the expert set before the first clip, or last; empty if none."),
        unit="%",
        minimum=0,
        maximum=100,
        required=False,
    ),
    Column(
        "headphones_correct",
        "integer",
        LazyText("Rounds of the headphone check in which the expert chose the quietest tone; 5 of 6 pass."),
        minimum=0,
        required=False,
    ),
    Column(
        "headphones_rounds",
        "integer",
        LazyText("Rounds of the headphone check that were done; 0 if skipped, empty if the expert never reached it."),
        minimum=0,
        required=False,
    ),
)
WORDING = (
    Column("scale", "text", LazyText("The scale.")),
    Column("language", "text", LazyText("The language of these words.")),
    Column("wording", "text", LazyText("The version of these words, as in the ratings.")),
    Column("minimum", "integer", LazyText("The lowest rating.")),
    Column("maximum", "integer", LazyText("The highest rating.")),
    Column("label", "text", LazyText("The scale's name as the expert read it.")),
    Column("definition", "text", LazyText("What the scale asks, as the expert read it.")),
    Column("low", "text", LazyText("The words at the lowest rating.")),
    Column("high", "text", LazyText("The words at the highest rating.")),
)
BOOK = (
    Column("file", "text", LazyText("The table.")),
    Column("column", "text", LazyText("The column.")),
    Column("kind", "text", LazyText("Kind of value: text, integer, number or time.")),
    Column("unit", "text", LazyText("Unit; empty for none."), required=False),
    Column("minimum", "integer", LazyText("The lowest value possible; empty for none."), required=False),
    Column("maximum", "integer", LazyText("The highest value possible; empty for none."), required=False),
)


def book_columns() -> list[Column]:
    """The columns of the codebook for programs; coding and meaning come in each language."""
    ends = {language.replace("-", "_"): name for language, name in LANGUAGES.items()}
    coding = [
        Column(
            f"coding_{end}",
            "text",
            LazyText("What single values stand for ({language}).", language=name),
            required=False,
        )
        for end, name in ends.items()
    ]
    meaning = [
        Column(f"meaning_{end}", "text", LazyText("What the column holds ({language}).", language=name))
        for end, name in ends.items()
    ]
    return [*BOOK, *coding, *meaning]


def on_one_line(text: str) -> str:
    """A text as tables and figures can print it."""
    return " ".join(UNWRITABLE.sub(" ", text).split())


Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Line = Annotated[str, AfterValidator(on_one_line)]


class Scale(Part):
    """One rating scale: its bounds, its name, the words at its ends, and the question where one was put."""

    key: str
    minimum: Number
    maximum: Number
    label: dict[str, Line]
    low: dict[str, Line]
    high: dict[str, Line]
    definition: dict[str, Line] = {}

    @model_validator(mode="after")
    def _has_a_range(self) -> Scale:
        if self.minimum >= self.maximum:
            raise fault("scale %(key)s has a minimum that is not below its maximum.", key=repr(self.key))
        return self


class Labelled(Part):
    """A group, or an answer that could be chosen, with its name."""

    key: str
    label: dict[str, Line]


class Question(Labelled):
    """A background question."""

    choices: list[Labelled] = []


class Preference(Part):
    """A question for which of two clips is preferred; answers below zero are for the clip at place 1."""

    key: str
    kind: Literal["preference"]
    form: Literal["binary", "ties", "graded"]
    label: dict[str, Line]
    definition: dict[str, Line]
    low: dict[str, Line]
    middle: dict[str, Line] | None = None
    high: dict[str, Line]


class TrialChoice(Labelled):
    """An answer to a question about a clip, with the systems for which it is right; none while sealed."""

    right_for: list[str] = []


class ChoiceQuestion(Labelled):
    """A question about a clip with answers to choose from."""

    kind: Literal["choice"]
    definition: dict[str, Line]
    choices: list[TrialChoice]


class TextQuestion(Labelled):
    """A question about a trial that is answered in words; its answers are in remarks.csv."""

    kind: Literal["text"]
    definition: dict[str, Line]
    required: bool = False


class AttentionCheck(Labelled):
    """An attention check with its choices and the key of the right one; the answers are in attention_checks.csv."""

    choices: list[Labelled]
    right: str
    times: int = 1


class System(Part):
    """A system, or its code, with its name."""

    id: str
    label: dict[str, Line]


class Description(Part):
    """The part `mukulen` of dataset_description.json."""

    schema_number: int = Field(alias="schema", json_schema_extra={"const": SCHEMA})
    study: str = Field(json_schema_extra={"pattern": r"^\w+$"})
    title: dict[str, Line]
    simulated: bool
    unsealed: bool
    real_system: str | None = None
    scales: list[Scale]
    questions: list[Annotated[Preference | ChoiceQuestion | TextQuestion, Field(discriminator="kind")]] = []
    systems: list[System]
    attention_checks: list[AttentionCheck] = []
    groups: list[Labelled] = []
    background: list[Question] = []
    plan_sha256: str | None = None

    @field_validator("study")
    @classmethod
    def _names_files(cls, value: str) -> str:
        if not re.fullmatch(r"\w+", value):
            raise fault("'study' is %(value)s, which no file can be named after.", value=repr(value))
        return value


def read_description(content: Any) -> Description:
    """The part `mukulen` of a description. Raises InputError with its first fault, without the file's name."""
    try:
        return Description.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = [part if isinstance(part, str) else f"{part + 1}" for part in first["loc"][:-1]]
        message = message_of(first)
        if where:
            message = Message("%(part)s: %(fault)s", part=" ".join(where), fault=message)
        raise InputError.of([message]) from error
