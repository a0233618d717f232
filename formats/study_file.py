"""The study file: TOML as a typed model, or every fault at once, with its line, its key and how to fix it."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import quote
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from formats.errors import N_, InputError, Message
from formats.files import json_sha256, read_text, sha256
from formats.messages import LANGUAGES
from formats.models import fault, message_of
from formats.pack import MAX_SECONDS, MIN_SECONDS
from formats.publication import LICENSES, Author, author_of
from formats.text import first_control, is_text, many_lines, one_line
from formats.toml import KeyPath, Lines, dotted, read_toml

#: The widest bounds a scale may have.
LOWEST_RATING, HIGHEST_RATING = 0, 100
#: Numbers beyond this are not exact in RFC 8785 JSON.
LARGEST_SEED = 2**53 - 1
MAX_SYSTEMS, MAX_SCALES, MAX_CLIPS, MAX_SLOTS, MAX_PRACTICE = 12, 12, 1000, 200, 20
MAX_TRIALS = MAX_SYSTEMS * MAX_CLIPS
#: Attention checks of different wording.
MAX_CHECKS = 12
#: How long after the end of a study answers on their way are still taken where its file does not say, and at most.
GRACE_HOURS, MAX_GRACE_HOURS = 48, 24 * 14
#: The same of a slot that was taken by the open link, and the longest address.
LINK_HOURS, MAX_LINK_HOURS, MAX_ADDRESS = 24, 24 * 60, 500
#: In an address of the open link, what the identifier of a participant takes the place of.
IDENTIFIER = "{identifier}"
#: Trials between a hidden repeat and its first hearing.
REPEAT_GAP = 8
#: Faults that are reported at once; a file with more is hardly a study file.
MAX_FAULTS = 100
#: Names that a scale can't have, for datasets have columns of these names.
RESERVED = {
    *("expert_id", "group", "trial", "block", "position", "system", "clip_id", "is_repeat", "scale", "rating"),
    *("revision", "rated_at", "browser_at", "received_at", "plays", "heard_ms", "rt_ms", "late", "known"),
    *("language", "wording"),
}
#: Names that a question of another kind can't have either: tables of comparisons have columns of these names.
RESERVED_FOR_QUESTIONS = RESERVED | {
    *("question", "value", "place", "prompt_id", "clip_a", "system_a", "clip_b", "system_b", "choice", "correct"),
}
#: Names that a question answered in words can't have either: its answers are a column of the comments.
RESERVED_FOR_TEXTS = RESERVED_FOR_QUESTIONS | {"comment", "remarked_at"}
#: Names that a background question can't have, for the same reason.
EXPERT_COLUMNS = {
    *("expert_id", "group", "language", "submitted", "replaced_by", "level"),
    *("headphones_correct", "headphones_rounds"),
}
#: The texts of a scale that an expert reads, and the hexadecimal digits of a wording's version.
WORDS, DIGITS = ("label", "definition", "low", "high"), 12
#: Clips of a trial: one, two of different systems, or one of each system.
TrialClips = Literal[1, 2, "all"]
#: The points of a scale that can have labels each: those that are buttons.
MAX_LABELLED = 11
#: What can be chosen in each form of a preference; above 0 the second clip is preferred.
PREFERENCES: Mapping[str, tuple[int, ...]] = {
    "binary": (-1, 1),
    "ties": (-1, 0, 1),
    "graded": (-3, -2, -1, 0, 1, 2, 3),
}
#: Keys of choices that stand for the clips of a trial, in their order, and those for none of them.
PLACE_NAMES: tuple[Sequence[str], ...] = ("abcdefghijkl", [*map(str, range(1, MAX_SYSTEMS + 1))], ["first", "second"])
UNDECIDED = {"none", "neither", "both", "equal", "same", "tie", "no-preference", "undecided"}
#: The largest effect on the scale of the noise that a plan can be interested in: with a d' of 5 an unbiased judge is
#: right in 98.8% of cases.
MAX_EFFECT = 5
#: The lowest answer of any question: the strongest preference for the first clip.
LOWEST_ANSWER = PREFERENCES["graded"][0]
#: A trial without a reference, one whose reference is its prompt, and one with an X: one of its two clips again (ABX).
#: Any other reference is a system.
NO_REFERENCE, PROMPT, X = "none", "prompt", "x"


def trials_of_round(clips: TrialClips, systems: int) -> int:
    """Trials in which an expert hears a clip of each system, or each pair of systems, once."""
    return {1: systems, 2: systems * (systems - 1) // 2, "all": 1}[clips]


@dataclass
class Known:
    """What the rules of one part need of the others while a file is read. A stored file was checked: it has none."""

    languages: list[str] = field(default_factory=list)
    systems: list[str] = field(default_factory=list)
    #: Highest rating minus lowest, by scale or question.
    ranges: dict[str, int] = field(default_factory=dict)
    clips: TrialClips = 1
    #: Whether a copy of the reference is rated.
    rates_reference: bool = False
    #: Attention checks of a session; None where their number has a fault itself.
    checks: int | None = 0


#: Faults, each with the path of its key.
Found = Sequence[tuple[KeyPath, Message]]


class Rule:
    """Checks and completes a value while a file is read; its fault is worded for the person who wrote the file."""

    schema: Mapping[str, Any] = {}

    def check(self, value: Any, known: Known, key: str) -> Any:
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def checked(value: Any, info: ValidationInfo) -> Any:
            return value if info.context is None else self.check(value, info.context, info.field_name or "")

        return core_schema.with_info_before_validator_function(checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), **self.schema}


class Written(Rule):
    """A text that is not empty; each kind of line end becomes a line feed."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not isinstance(value, str) or not value.strip():
            raise fault('Write a text in quotes, such as "…".')
        return many_lines(value)


class Zone(Written):
    """The name of a time zone in the IANA's database."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        zone = super().check(value, known, key).strip()
        if zone not in available_timezones():
            raise fault('%(value)s is not a time zone. Write a name such as "Asia/Shanghai".', value=repr(zone))
        return zone


class Version(Written):
    schema = {"maxLength": 20}

    def check(self, value: Any, known: Known, key: str) -> Any:
        version = one_line(super().check(value, known, key)).strip()
        if len(version) > 20:
            raise fault("Write at most 20 characters.")
        return version


class Name(Written):
    """A machine name of a pattern, none of those reserved."""

    def __init__(self, pattern: str, meaning: str, reserved: set[str] | None = None) -> None:
        self.pattern, self.meaning, self.reserved = pattern, meaning, reserved or set()
        self.schema = {"pattern": f"^{pattern}$"}

    def check(self, value: Any, known: Known, key: str) -> Any:
        name = super().check(value, known, key)
        if not re.fullmatch(self.pattern, name):
            raise fault("%(value)s is not valid. Use %(meaning)s.", value=repr(name), meaning=Message(self.meaning))
        if name in self.reserved:
            raise fault("Datasets already have a column '%(key)s'. Choose another name.", key=name)
        return name


class Whole(Rule):
    """A whole number within bounds, both included."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.schema = {"minimum": least, "maximum": most}

    def check(self, value: Any, known: Known, key: str) -> Any:
        return _whole(value, self.least, self.most)


class Translated(Rule):
    """A text in each of the file's languages, of one line or of several."""

    def __init__(self, written: Callable[[str], str] = one_line) -> None:
        self.written = written

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(schema)]}

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not known.languages:
            return {}
        if isinstance(value, str) and value.strip() and len(known.languages) == 1:
            value = {known.languages[0]: value}
        wanted = ", ".join(f'{language} = "…"' for language in known.languages)
        if not isinstance(value, dict) or not all(isinstance(text, str) and text.strip() for text in value.values()):
            raise fault("Write a text in each language: { %(wanted)s }.", wanted=wanted)
        missing = Message("The language is missing. Write { %(wanted)s }.", wanted=wanted)
        foreign = Message("This is not a language of the study file. Write { %(wanted)s }.", wanted=wanted)
        if wrong := set(known.languages) ^ value.keys():
            raise faults([((name,), missing if name in known.languages else foreign) for name in sorted(wrong)])
        return {language: self.written(text).strip() for language, text in value.items()}


class Wording(Translated):
    """A text in each language, or false where there is none."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        if value is False:
            return value
        if value is True:
            raise fault("Write false, or a text in each language.")
        return super().check(value, known, key)


class Planned(Translated):
    """A text of the plan: plain, or one in each language. The same in all is kept as a plain one."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not isinstance(value, dict):
            return Written().check(value, known, key)
        return _plain_if_same(super().check(value, known, key))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema)


HYPOTHESES = N_("Write as many hypotheses in each language: { %(wanted)s }.")


class PlannedList(Rule):
    """Texts of the plan: a plain list, or in each language a list of as many."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not isinstance(value, dict):
            return self._texts(value, N_('Write a list of texts, ["…", "…"], one for each hypothesis.'))
        if not known.languages:
            return []
        wanted = ", ".join(f'{language} = ["…"]' for language in known.languages)
        lists = {name: self._texts(one, HYPOTHESES, wanted=wanted) for name, one in value.items()}
        if value.keys() != set(known.languages) or len({len(one) for one in lists.values()}) > 1:
            raise fault(HYPOTHESES, wanted=wanted)
        return _plain_if_same(lists)

    def _texts(self, value: Any, template: str, **parameters: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            raise fault(template, **parameters)
        return [many_lines(text) for text in value]


def _plain_if_same(given: dict[str, Any]) -> Any:
    first = next(iter(given.values()), None)
    return first if given and all(one == first for one in given.values()) else given


class PointLabels(Rule):
    """In each of the file's languages a word for each point of a scale; an empty one for a point that has none."""

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not known.languages:
            return {}
        if isinstance(value, list) and len(known.languages) == 1:
            value = {known.languages[0]: value}
        lists = list(value.values()) if isinstance(value, dict) else [None]
        words = all(isinstance(one, list) and all(isinstance(word, str) for word in one) for one in lists)
        if not words or set(value) != set(known.languages):
            wanted = ", ".join(f'{language} = ["…", "…"]' for language in known.languages)
            raise fault("Write a word for each point in each language: { %(wanted)s }.", wanted=wanted)
        return {language: [one_line(word).strip() for word in one] for language, one in value.items()}

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "array", "items": {"type": "string"}}, handler(schema)]}


class Entries(Rule):
    """An array of tables with so many entries."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.schema = {"minItems": least, "maxItems": most}

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not isinstance(value, list):
            raise fault("Write it as [[%(key)s]], once per entry.", key=key)
        if not self.least <= len(value) <= self.most:
            raise fault(
                "There are %(count)d entries. Write %(least)d to %(most)d.",
                count=len(value),
                least=self.least,
                most=self.most,
            )
        return value


class OneOf(Rule):
    """One of a few values."""

    def __init__(self, *values: str | int) -> None:
        self.values = values

    def check(self, value: Any, known: Known, key: str) -> Any:
        if not any(type(value) is type(one) and value == one for one in self.values):
            allowed = ", ".join(map(json.dumps, self.values))
            raise fault("%(value)s is not valid. Use one of %(known)s.", value=repr(value), known=allowed)
        return value


class Fraction(Rule):
    schema = {"exclusiveMinimum": 0, "exclusiveMaximum": 1}

    def check(self, value: Any, known: Known, key: str) -> Any:
        return _fraction(value, 1)


def _whole(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise fault(
            "%(value)s is not valid. Enter a whole number from %(least)d to %(most)d.",
            value=repr(value),
            least=least,
            most=most,
        )
    return value


def _fraction(value: Any, below: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < below:
        raise fault(
            "%(value)s is out of range. Enter a number above 0 and below %(below)d.", value=repr(value), below=below
        )
    return float(value)


def faults(found: Found) -> PydanticCustomError:
    """Several faults of one value, each with its way from there."""
    return PydanticCustomError("faults", "faults", {"faults": found})


Checked = TypeVar("Checked", bound="Table")
Given = TypeVar("Given", str, list[str])
Text = Annotated[str, Written()]
Texts = Annotated[dict[str, str], Translated()]
Paragraphs = Annotated[dict[str, str], Translated(many_lines)]
PlannedText = Annotated[str | dict[str, str], Planned(many_lines)]
Id = Annotated[
    str, Name(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", N_("lower-case letters, digits and hyphens (at most 40)"))
]
COLUMN = r"[a-z][a-z0-9_]{0,38}"
COLUMN_MEANING = N_("lower-case letters, digits and underscores, starting with a letter (at most 39)")


class Table(BaseModel):
    """A table of the study file. A stored one keeps keys that this version does not know."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="allow", json_schema_extra={"additionalProperties": False}
    )
    #: Keys that no file has: they follow from others when it is read.
    computed: ClassVar[frozenset[str]] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """The table as it is stored, hashed and exported: the keys that were given or completed when it was read."""
        return self.model_dump(mode="json", exclude_unset=True)


class System(Table):
    """A generator or the real music."""

    id: Id
    label: Texts


class Scale(Table):
    """A rating scale: its bounds, its name, what it asks and the words at its ends."""

    key: Annotated[str, Name(COLUMN, COLUMN_MEANING, RESERVED)]
    minimum: Annotated[int, Whole(LOWEST_RATING, HIGHEST_RATING - 1)]
    maximum: int = Field(json_schema_extra={"minimum": LOWEST_RATING + 1, "maximum": HIGHEST_RATING})
    label: Texts
    definition: Texts
    low: Texts
    high: Texts
    #: The words of all points, the first and the last as in `low` and `high`.
    labels: Annotated[dict[str, list[str]] | None, PointLabels()] = None

    @field_validator("labels")
    @classmethod
    def _name_each_point(cls, value: Any, info: ValidationInfo) -> Any:
        data = info.data
        if info.context is None or not value or not {"minimum", "maximum", "low", "high"} <= data.keys():
            return value
        points = data["maximum"] - data["minimum"] + 1
        if points > MAX_LABELLED:
            raise fault("Only scales of up to %(most)d points have labels. Delete this key.", most=MAX_LABELLED)
        for language, words in value.items():
            if len(words) != points:
                raise fault(
                    "There are %(count)d labels in %(language)s. Write %(points)d, one for each point.",
                    count=len(words),
                    language=language,
                    points=points,
                )
            ends = data["low"].get(language), data["high"].get(language)
            if (words[0], words[-1]) != ends:
                raise fault(
                    "The first and the last label in %(language)s are not those of low and high. Write '%(low)s' and "
                    "'%(high)s' there.",
                    language=language,
                    low=ends[0],
                    high=ends[1],
                )
        return value

    @field_validator("maximum", mode="before")
    @classmethod
    def _is_above_the_minimum(cls, value: Any, info: ValidationInfo) -> Any:
        return value if info.context is None else _whole(value, info.data.get("minimum", 0) + 1, HIGHEST_RATING)

    @property
    def values(self) -> Sequence[int]:
        """What can be answered, from the lowest to the highest."""
        return range(self.minimum, self.maximum + 1)

    def texts(self, language: str) -> dict[str, str]:
        """What an expert reads of it in a language; the labels of all points in one text, where there are any."""
        labels = {"labels": self.points_in_words(language)} if self.labels else {}
        return {name: localised(getattr(self, name), language) for name in WORDS} | labels

    def points_in_words(self, language: str) -> str:
        """Its points with their labels, as one text."""
        words = zip(self.values, self.labels_in(language), strict=True)
        return "; ".join(f"{value} = {word}" for value, word in words if word)

    def labels_in(self, language: str) -> list[str]:
        """The label of each point in a language; none where the scale has end labels only."""
        return (self.labels.get(language) or next(iter(self.labels.values()))) if self.labels else []

    def wording(self, language: str) -> str:
        """The version of its words in a language: the beginning of the SHA-256 of its texts as RFC 8785 JSON."""
        return json_sha256(self.texts(language))[:DIGITS]


Of = Annotated[Literal["clip", "trial"], OneOf("clip", "trial")]
QuestionKey = Annotated[str, Name(COLUMN, COLUMN_MEANING, RESERVED_FOR_QUESTIONS)]


class RatingQuestion(Scale):
    """A rating scale written as a question; of each clip it is the same as an entry of [[scales]]."""

    kind: Literal["rating"]
    key: QuestionKey
    of: Of = "clip"


class Preference(Table):
    """Which of a trial's two clips an expert prefers: binary, with ties, or graded from -3 to 3."""

    kind: Literal["preference"]
    key: QuestionKey
    of: Annotated[Literal["trial"], OneOf("trial")] = "trial"
    form: Annotated[Literal["binary", "ties", "graded"], OneOf(*PREFERENCES)]
    label: Texts
    definition: Texts
    #: The words for the first clip, for no preference, and for the second clip.
    low: Texts
    middle: Annotated[dict[str, str] | None, Translated()] = None
    high: Texts

    @property
    def values(self) -> Sequence[int]:
        """What can be answered, from the first clip to the second."""
        return PREFERENCES[self.form]

    @property
    def minimum(self) -> int:
        """The strongest preference for the first clip."""
        return self.values[0]

    @property
    def maximum(self) -> int:
        """The strongest preference for the second clip."""
        return self.values[-1]

    def texts(self, language: str) -> dict[str, str]:
        """What an expert reads of it in a language; `middle` is empty where there is none."""
        named = {name: localised(getattr(self, name), language) for name in WORDS}
        return {**named, "middle": localised(self.middle, language) if self.middle else ""}

    def wording(self, language: str) -> str:
        """The version of its words in a language, as of a scale."""
        return json_sha256(self.texts(language))[:DIGITS]


class Group(Table):
    """A group of experts and the number of its slots."""

    key: Id
    label: Texts
    slots: Annotated[int, Whole(1, MAX_SLOTS)]


class Choice(Table):
    """An answer that can be chosen."""

    key: Id
    label: Texts


class TrialChoice(Choice):
    """An answer to a question about a clip; where answers are right or wrong, the systems for which this is right."""

    right_for: list[str] = []

    @field_validator("right_for", mode="before")
    @classmethod
    def _are_systems(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        systems = info.context.systems
        if not isinstance(value, list) or not all(system in systems for system in value):
            known = ", ".join(systems) or "…"
            raise fault('Write a list of systems, such as ["a", "b"], from %(known)s.', known=known)
        return value


class Answerable(Table):
    """What is answered with one of its choices. They are stored by number, from 1."""

    choices: Sequence[Choice]

    @property
    def values(self) -> Sequence[int]:
        """The numbers of the choices."""
        return range(1, len(self.choices) + 1)

    @property
    def minimum(self) -> int:
        """The number of the first choice."""
        return 1

    @property
    def maximum(self) -> int:
        """The number of the last choice."""
        return len(self.choices)

    def texts(self, language: str) -> dict[str, str]:
        """What an expert reads of it in a language; the choices in one text, by key."""
        choices = "; ".join(f"{choice.key} = {localised(choice.label, language)}" for choice in self.choices)
        named = (name for name in ("label", "definition") if name in type(self).model_fields)
        return {**{name: localised(getattr(self, name), language) for name in named}, "choices": choices}

    def wording(self, language: str) -> str:
        """The version of its words in a language, as of a scale."""
        return json_sha256(self.texts(language))[:DIGITS]


class ChoiceQuestion(Answerable):
    """A question with answers to choose from, of each clip or of the trial."""

    kind: Literal["choice"]
    key: QuestionKey
    of: Of = "clip"
    label: Texts
    definition: Texts
    choices: Annotated[list[TrialChoice], Entries(2, 20)]

    @property
    def has_right_answers(self) -> bool:
        """Whether answers are right or wrong."""
        return any(choice.right_for for choice in self.choices)


class AttentionCheck(Answerable):
    """A question that has nothing to do with the clips and says itself which answer is right."""

    key: QuestionKey
    label: Texts
    choices: Annotated[list[Choice], Entries(2, 20)]
    #: The key of the right choice.
    right: Text
    #: How often a session asks it.
    times: Annotated[int, Whole(1, MAX_TRIALS)] = 1

    def is_right(self, value: int) -> bool:
        """Whether the choice of a number is the right one."""
        return self.choices[value - 1].key == self.right


class TextQuestion(Table):
    """A question that is answered in words, of each clip or of the trial."""

    kind: Literal["text"]
    key: Annotated[str, Name(COLUMN, COLUMN_MEANING, RESERVED_FOR_TEXTS)]
    of: Of = "trial"
    label: Texts
    definition: Texts
    #: Whether a trial is complete only with an answer.
    required: bool = False


KINDS: Mapping[str, type[Table]] = {
    "rating": RatingQuestion,
    "preference": Preference,
    "choice": ChoiceQuestion,
    "text": TextQuestion,
}


def _kind_of(question: Any) -> str:
    kind = question.get("kind") if isinstance(question, dict) else getattr(question, "kind", None)
    return kind if isinstance(kind, str) else ""


TrialQuestion = Annotated[
    Annotated[RatingQuestion, Tag("rating")]
    | Annotated[Preference, Tag("preference")]
    | Annotated[ChoiceQuestion, Tag("choice")]
    | Annotated[TextQuestion, Tag("text")],
    Discriminator(_kind_of),
]
#: What is answered with one of a few numbers.
Numbered = Scale | Preference | ChoiceQuestion


class TrialShape(Table):
    """What is put before an expert at once: a reference or none, and one or more clips."""

    clips: Annotated[TrialClips, OneOf(1, 2, "all")] = 1
    match: Annotated[Literal["prompt", "none"], OneOf("prompt", "none")] = "none"
    reference: str = NO_REFERENCE
    hidden_reference: bool = False
    #: Whether players show a waveform.
    waveform: bool = False
    #: Whether all clips of a trial run in step, so that another one goes on at the same point.
    synchronous: bool = False
    #: Systems of known quality that are rated beside those under test, from the lowest quality up.
    anchors: list[str] = []

    @field_validator("anchors", mode="before")
    @classmethod
    def _are_systems(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        systems = info.context.systems
        is_list = isinstance(value, list) and all(isinstance(system, str) for system in value)
        if not is_list or len(set(value)) < len(value) or (systems and not all(one in systems for one in value)):
            known = ", ".join(systems) or "…"
            raise fault('Write a list of systems, each once, such as ["low", "mid"], from %(known)s.', known=known)
        return value

    @field_validator("reference", mode="before")
    @classmethod
    def _is_none_prompt_or_system(cls, value: Any, info: ValidationInfo) -> Any:
        return value if info.context is None else Written().check(value, info.context, "reference")

    @property
    def reference_system(self) -> str:
        """The pack's system whose clips are the references, "prompt" for the prompts; "" without any of its own."""
        return "" if self.reference in (NO_REFERENCE, X) else self.reference


class Question(Table):
    """A background question."""

    key: Annotated[str, Name(COLUMN, COLUMN_MEANING, EXPERT_COLUMNS)]
    kind: Literal["choice", "number", "text"]
    label: Texts
    required: bool = False
    choices: list[Choice] | None = Field(None, validate_default=True)

    @field_validator("kind", mode="before")
    @classmethod
    def _is_a_kind(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            Written().check(value, info.context, "kind")
            if value not in {"choice", "number", "text"}:
                raise fault('%(value)s is not valid. Write "choice", "number" or "text".', value=repr(value))
        return value

    @field_validator("choices", mode="before")
    @classmethod
    def _are_two_or_more(cls, value: Any, info: ValidationInfo) -> Any:
        is_choice = info.data.get("kind") == "choice"
        if info.context is None or (value is None and not is_choice):
            return value
        if not is_choice:
            raise fault('Only a question of kind "choice" has choices. Delete this key.')
        if not isinstance(value, list) or len(value) < 2:
            raise fault("Write two or more choices, each as { key = …, label = { … } }.")
        return value


class Design(Table):
    """How many clips an expert hears, and how they are arranged. `slots`, by group, follow from the groups."""

    computed = frozenset({"slots"})

    clips_per_system: Annotated[int, Whole(1, MAX_CLIPS)]
    #: Clips of each system that an expert hears, in trials of one clip and of all systems.
    heard_per_expert: int | None = Field(None, json_schema_extra={"minimum": 1, "maximum": MAX_CLIPS})
    #: How often an expert hears each pair of systems, in trials of two clips.
    rounds: int | None = Field(None, json_schema_extra={"minimum": 1, "maximum": MAX_CLIPS})
    repeats: int = Field(0, json_schema_extra={"minimum": 0, "maximum": MAX_TRIALS})
    break_after: int | Literal["half"] = "half"
    practice: Annotated[int, Whole(0, MAX_PRACTICE)] = 0
    grace_hours: Annotated[int, Whole(0, MAX_GRACE_HOURS)] = GRACE_HOURS
    seed: Annotated[int | None, Whole(0, LARGEST_SEED)] = None
    slots: SkipJsonSchema[dict[str, int]] = {}

    @field_validator("slots", mode="before")
    @classmethod
    def _are_not_written(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is not None:
            raise PydanticCustomError("extra_forbidden", "slots")
        return value

    @field_validator("heard_per_expert", "rounds", "repeats", "break_after", mode="before")
    @classmethod
    def _fits_the_others(cls, value: Any, info: ValidationInfo) -> Any:
        """What depends on a value that has a fault itself is held to the widest bounds."""
        known, key = info.context, info.field_name
        if known is None or (key == "break_after" and value == "half"):
            return value
        if key == "heard_per_expert" and known.clips == 2:
            raise fault("In trials of two clips, %(key)s does not apply. Delete it, and write rounds.", key=key)
        if key == "rounds" and known.clips != 2:
            raise fault("Only trials of two clips have rounds. Delete it, and write heard_per_expert.")
        if key in {"heard_per_expert", "rounds"}:
            return _whole(value, 1, info.data.get("clips_per_system", MAX_CLIPS))
        heard, repeats = info.data.get("rounds" if known.clips == 2 else "heard_per_expert"), info.data.get("repeats")
        trials = heard * trials_of_round(known.clips, len(known.systems)) if heard and known.systems else MAX_TRIALS
        if key == "repeats":
            return _whole(value, 0, trials if trials >= REPEAT_GAP else 0)
        return _whole(value, 0, (trials + repeats if repeats is not None else MAX_TRIALS) - 1)


class ClipShape(Table):
    """What all clips have in common; what is not said, the clips' files decide."""

    #: Of the music, without the silence before and after it.
    seconds: float | None = Field(default=None, json_schema_extra={"minimum": MIN_SECONDS, "maximum": MAX_SECONDS})
    channels: Annotated[Literal[1, 2] | None, OneOf(1, 2)] = None

    @field_validator("seconds", mode="before")
    @classmethod
    def _is_a_length(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not MIN_SECONDS <= value <= MAX_SECONDS:
            raise fault(
                "%(value)s is not valid. Enter a number from %(least)d to %(most)d.",
                value=repr(value),
                least=MIN_SECONDS,
                most=MAX_SECONDS,
            )
        return float(value)


class Consent(Table):
    """What experts agree to, and its version."""

    version: Annotated[str, Version()]
    text: Paragraphs


class WebAddress(Written):
    """An address that begins with https://, and where its host is named may say where an identifier goes."""

    schema = {"pattern": "^https://"}

    def check(self, value: Any, known: Known, key: str) -> Any:
        address = super().check(value, known, key).strip()
        # No identifier in the host: a link with another one would lead elsewhere.
        if not re.fullmatch(r"https://[^\s/?#{}]+([/?#]\S*)?", address) or len(address) > MAX_ADDRESS:
            raise fault('Write an address that begins with "https://", at most %(most)d characters.', most=MAX_ADDRESS)
        if found := ", ".join(sorted(set(re.findall(r"\{[^{}]*\}", address)) - {IDENTIFIER})):
            message = N_('The address contains %(found)s. Write "%(key)s" for the identifier.')
            raise fault(message, found=found, key=IDENTIFIER)
        return address


class OpenLink(Table):
    """A public address by which experts come without an invitation, as far as there are slots."""

    #: The parameter of the address that names a participant elsewhere, such as PROLIFIC_PID.
    identifier: Annotated[
        str | None, Name(r"[A-Za-z][A-Za-z0-9_-]{0,38}", N_("letters, digits, hyphens and underscores (at most 39)"))
    ] = None
    #: How long the slot of an expert who has stopped stays theirs when others ask for one.
    hours: Annotated[int, Whole(1, MAX_LINK_HOURS)] = LINK_HOURS
    #: What the last page shows.
    completion_code: Annotated[str | None, Version()] = None
    completion_url: Annotated[str | None, WebAddress()] = None
    #: What a person reads for whom there is no slot.
    screened_out_code: Annotated[str | None, Version()] = None
    screened_out_url: Annotated[str | None, WebAddress()] = None

    @field_validator("completion_url", "screened_out_url")
    @classmethod
    def _has_its_identifier(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.context is None or IDENTIFIER not in (value or "") or info.data.get("identifier", True):
            return value
        raise fault('The address contains "%(key)s", but "identifier" is missing. Add it.', key=IDENTIFIER)

    def completion_address(self, identifier: str | None) -> str:
        """Where the button of the last page leads, with the identifier of the participant; "" for no button."""
        return _filled(self.completion_url, identifier)

    def screened_out_address(self, identifier: str | None) -> str:
        """Where a person goes on for whom there is no slot; "" for nowhere."""
        return _filled(self.screened_out_url, identifier)


def _filled(address: str | None, identifier: str | None) -> str:
    return (address or "").replace(IDENTIFIER, quote(identifier or "", safe=""))


class Publication(Table):
    """What archives ask about a dataset. Nothing of it is shown to experts."""

    #: Names, family name first, each with an ORCID iD in brackets or without.
    authors: list[str] = []
    publisher: Annotated[str | None, Written()] = None
    #: An SPDX identifier.
    license: Annotated[str | None, OneOf(*LICENSES)] = None

    @field_validator("authors", mode="before")
    @classmethod
    def _are_authors(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        if not isinstance(value, list) or not all(isinstance(text, str) and author_of(text) for text in value):
            raise fault(
                'Write a list of names, such as ["Zhang, Wei (0000-0002-1825-0097)"]; the ORCID iD is optional.'
            )
        return [one_line(text) for text in value]

    @property
    def people(self) -> list[Author]:
        """The authors, in the order of the file."""
        return [author for author in map(author_of, self.authors) if author]


class Analysis(Table):
    """The plan of analysis."""

    hypotheses: Annotated[list[str] | dict[str, list[str]], PlannedList()] = []
    primary_scale: Text
    contrasts: list[list[str]]
    smallest_gap: float = Field(json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": HIGHEST_RATING})
    alpha: Annotated[float, Fraction()]
    exclusions: PlannedText
    #: Experts who fail so many attention checks are excluded; None where nobody is.
    failed_checks: int | None = Field(None, json_schema_extra={"minimum": 1, "maximum": MAX_TRIALS})
    #: Whether experts are excluded who did not pass the post-screening of MUSHRA.
    post_screening: bool = False
    dropouts: PlannedText

    @field_validator("post_screening")
    @classmethod
    def _has_a_hidden_reference(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.context is not None and not info.context.rates_reference:
            raise fault(
                "Post-screening needs ratings of a hidden reference. Write hidden_reference = true under [trial], or "
                "delete this key."
            )
        return value

    @field_validator("failed_checks", mode="before")
    @classmethod
    def _are_asked(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        asked = info.context.checks
        if asked == 0:
            raise fault("The study has no attention checks. Write [[attention_checks]], or delete this key.")
        return _whole(value, 1, asked or MAX_TRIALS)

    @field_validator("primary_scale")
    @classmethod
    def _is_a_scale(cls, value: str, info: ValidationInfo) -> str:
        if info.context is not None and info.context.ranges and value not in info.context.ranges:
            known = ", ".join(info.context.ranges)
            raise fault("%(value)s is not one of the questions: %(known)s.", value=repr(value), known=known)
        return value

    @field_validator("contrasts", mode="before")
    @classmethod
    def _are_pairs(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        systems = info.context.systems
        pairs = isinstance(value, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
        if not pairs or (systems and not all(a != b and a in systems and b in systems for a, b in value)):
            known = ", ".join(systems) or "…"
            raise fault('Write pairs of systems, such as [["a", "b"]], from %(known)s.', known=known)
        return value

    @field_validator("smallest_gap", mode="before")
    @classmethod
    def _is_within_the_scale(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        return _fraction(value, info.context.ranges.get(info.data.get("primary_scale", ""), HIGHEST_RATING))


class StudyFile(Table):
    """A whole study file (docs/study-file.md).

    Once read, ``scales`` has the ratings of each clip, also those written as questions, and ``questions`` the others.
    """

    title: Texts
    languages: list[Annotated[str, Field(json_schema_extra={"enum": list(LANGUAGES)})]]
    systems: Annotated[list[System], Entries(2, MAX_SYSTEMS)]
    real_system: str | None = None
    trial: TrialShape = TrialShape()
    clips: ClipShape = ClipShape()
    design: Design
    groups: Annotated[list[Group], Entries(1, 20)]
    scales: Annotated[list[Scale], Entries(1, MAX_SCALES)] = []
    questions: Annotated[list[TrialQuestion], Entries(1, MAX_SCALES)] = []
    attention_checks: Annotated[list[AttentionCheck], Entries(1, MAX_CHECKS)] = []
    background: Annotated[list[Question], Entries(0, 30)] = []
    consent: Consent
    instructions: Paragraphs
    #: The words of the box for a clip that the expert knows; false where it is not asked.
    known: Annotated[dict[str, str] | Literal[False] | None, Wording()] = None
    #: The zone of the times in e-mails and on the sheet of links, where no browser tells the reader's.
    time_zone: Annotated[str | None, Zone()] = None
    open_link: OpenLink | None = None
    publication: Publication | None = None
    analysis: Analysis

    @field_validator("languages", mode="before")
    @classmethod
    def _are_known(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is not None and not _are_languages(value):
            known = ", ".join(f'"{language}"' for language in LANGUAGES)
            raise fault("Write a list of languages, the default one first. Known are %(known)s.", known=known)
        return value

    @field_validator("real_system", mode="before")
    @classmethod
    def _is_a_system(cls, value: Any, info: ValidationInfo) -> Any:
        if info.context is None:
            return value
        real, systems = Written().check(value, info.context, "real_system"), info.context.systems
        if systems and real not in systems:
            known = ", ".join(systems)
            raise fault("%(value)s is not one of the systems. Use one of %(known)s.", value=repr(real), known=known)
        return real

    @property
    def trials_per_expert(self) -> int:
        """Study trials of a session, hidden repeats included and practice not."""
        clips, design = self.trial.clips, self.design
        rounds = (design.rounds if clips == 2 else design.heard_per_expert) or 0
        return rounds * trials_of_round(clips, len(self.systems)) + design.repeats

    @property
    def break_after(self) -> int:
        """The trial number after which a session pauses; 0 for no break."""
        chosen = self.design.break_after
        return math.ceil(self.trials_per_expert / 2) if chosen == "half" else chosen

    @property
    def slots(self) -> int:
        """Planned sessions of all groups together."""
        return sum(group.slots for group in self.groups)

    @property
    def numbered(self) -> list[Numbered]:
        """What each trial asks that is stored as a number: the scales, preferences and choices."""
        kinds = Preference | ChoiceQuestion
        return [*self.scales, *(question for question in self.questions if isinstance(question, kinds))]

    @property
    def texts(self) -> list[TextQuestion]:
        """The questions that are answered in words."""
        return [question for question in self.questions if isinstance(question, TextQuestion)]

    def are_written(self, answers: Mapping[str, str] | None) -> bool:
        """Whether each required question of kind text is among a trial's answers."""
        return all(question.key in (answers or {}) for question in self.texts if question.required)

    @property
    def has_sets(self) -> bool:
        """Whether a trial has one clip of each system, each of which is rated."""
        return self.trial.clips == "all"

    def places_of(self, asked: Numbered) -> range:
        """The places of the clips of which a question is asked; 1 alone where it is asked of the trial."""
        return range(1, self.clips_per_trial + 1 if getattr(asked, "of", "clip") == "clip" else 2)

    @property
    def answers_per_trial(self) -> int:
        """Answers by which a trial is complete: to each question, of each clip or of the trial."""
        return sum(len(self.places_of(asked)) for asked in self.numbered)

    @property
    def asks_of_places(self) -> bool:
        """Whether a question is asked of each of several clips."""
        return self.answers_per_trial > len(self.numbered)

    @property
    def clips_per_trial(self) -> int:
        """Clips of a trial that are answered about; a reference is not one of them."""
        return len(self.systems) if self.trial.clips == "all" else int(self.trial.clips)

    @property
    def practice_clips(self) -> int:
        """Practice clips that the study needs, with a reference for each practice trial where trials have one."""
        return self.design.practice * (self.clips_per_trial + bool(self.trial.reference_system))

    @property
    def has_reference(self) -> bool:
        """Whether a trial has a clip that is played as its reference, or as X."""
        return self.trial.reference != NO_REFERENCE

    @property
    def has_x(self) -> bool:
        """Whether a trial has an X, of which experts say which of the two clips it is (ABX)."""
        return self.trial.reference == X

    @property
    def choices(self) -> list[ChoiceQuestion]:
        """The questions with answers to choose from."""
        return [question for question in self.questions if isinstance(question, ChoiceQuestion)]

    @property
    def trial_choices(self) -> list[ChoiceQuestion]:
        """Those of them that are asked of a trial of several clips; an X is of its two clips."""
        is_several = self.trial.clips != 1 and not self.has_x
        return [question for question in self.choices if is_several and question.of == "trial"]

    @property
    def clip_choices(self) -> list[ChoiceQuestion]:
        """Those of them that are asked of a clip."""
        return [question for question in self.choices if question not in self.trial_choices and not self.has_x]

    @property
    def of_pairs(self) -> list[Numbered]:
        """What is asked of two clips against one another: preferences, or which of them X is."""
        kinds = (Preference, ChoiceQuestion) if self.has_x else Preference
        return [question for question in self.questions if isinstance(question, kinds)]

    def asked(self, key: str) -> Numbered:
        """The scale, preference or choice of a key. Raises KeyError."""
        return {asked.key: asked for asked in self.numbered}[key]

    def check(self, key: str) -> AttentionCheck | None:
        """The attention check of a key."""
        return next((check for check in self.attention_checks if check.key == key), None)

    @property
    def checks_asked(self) -> list[str]:
        """The key of the attention check of each time that a session asks one."""
        return [check.key for check in self.attention_checks for _ in range(check.times)]

    def shown_in(self, language: str) -> str:
        """The language in which the study's texts come to a page of that language."""
        return language if language in self.languages else self.languages[0]

    def changed(self, **parts: Any) -> Self:
        """A copy with other values of some keys, as they are stored; nothing is checked."""
        return type(self).model_validate({**self.as_json(), **parts})


class Section(Table):
    """A file that has the plan of analysis alone."""

    analysis: Analysis


#: The model behind each key that has tables.
TABLES: Mapping[str, type[Table]] = {
    "systems": System,
    "trial": TrialShape,
    "scales": Scale,
    "groups": Group,
    "attention_checks": AttentionCheck,
    "clips": ClipShape,
    "design": Design,
    "background": Question,
    "choices": Choice,
    "consent": Consent,
    "open_link": OpenLink,
    "publication": Publication,
    "analysis": Analysis,
}


def read(path: Path) -> tuple[StudyFile, str]:
    """A study file on disk, checked, and its SHA-256. Each fault in the `InputError` begins with the file's name."""
    text = read_text(path)
    try:
        return parse(text), sha256(text.encode())
    except InputError as error:
        messages = [Message("%(file)s, %(fault)s", file=path, fault=message) for message in error.messages]
        raise InputError.of(messages) from error


def parse(text: str) -> StudyFile:
    """A study file's content, checked and completed. Raises `InputError`, a line for each fault."""
    content = read_toml(text)
    return _completed(_checked(StudyFile, text, content, _known(content), _across(content)))


def parse_content(content: dict[str, Any]) -> tuple[StudyFile | None, Found]:
    """The same of a file's content before it is a text: the study file, or every fault with the path of its key."""
    checked, found = _tried(StudyFile, content, _known(content), _across(content))
    return (_completed(checked) if checked else None), found


def _completed(file: StudyFile) -> StudyFile:
    complete = file.model_dump(exclude_none=True)
    complete |= _ratings_apart(complete)
    complete["design"]["slots"] = {group.key: group.slots for group in file.groups}
    return StudyFile.model_validate({**complete, "real_system": file.real_system})


def _ratings_apart(complete: dict[str, Any]) -> dict[str, Any]:
    """Scales and other questions: a question for a rating of each clip is a scale."""
    apart = [row["kind"] == "rating" and row["of"] == "clip" for row in complete["questions"]]
    rows = list(zip(complete["questions"], apart, strict=True))
    scales = [{key: row[key] for key in Scale.model_fields if key in row} for row, is_scale in rows if is_scale]
    return {
        "scales": [*complete["scales"], *scales],
        "questions": [row for row, is_scale in rows if not is_scale],
    }


def parse_analysis(text: str, file: StudyFile) -> Analysis:
    """The section [analysis] alone, for an amendment to the plan of a study; checked as in a whole file."""
    section = _checked(Section, text, read_toml(text), _known(file.as_json()))
    return Analysis.model_validate(section.analysis.model_dump(exclude_none=True))


def analysis_toml(analysis: Mapping[str, Any]) -> str:
    """The section [analysis] as text that `parse_analysis` reads: JSON's texts, numbers and lists are TOML's too.

    What is false is left out, for it is the default.
    """
    said = {key: value for key, value in analysis.items() if value is not False}
    return "\n".join(["[analysis]", *(f"{key} = {_toml(value)}" for key, value in said.items())])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def localised(texts: Mapping[str, Given], language: str) -> Given:
    """The text of a language, or of another where there is none in it."""
    return texts.get(language) or next(iter(texts.values()))


def planned(given: Given | Mapping[str, Given], language: str) -> Given:
    """A text or a list of the plan in a language; a plain one is the same in all."""
    return localised(given, language) if isinstance(given, Mapping) else given


def _known(content: dict[str, Any]) -> Known:
    """What of a file's parts can be relied on before they are checked."""
    languages, systems, trial = (content.get(key) for key in ("languages", "systems", "trial"))
    known = Known()
    if _are_languages(languages):
        known.languages = list(languages or ())
    if isinstance(systems, list) and 2 <= len(systems) <= MAX_SYSTEMS:
        known.systems = [str(row.get("id", "")) if isinstance(row, dict) else "" for row in systems]
    if isinstance(trial, dict) and trial.get("clips") in (2, "all"):
        known.clips = trial["clips"]
    known.rates_reference = isinstance(trial, dict) and trial.get("hidden_reference") is True and known.clips != 2
    scales, questions = (content.get(key, []) for key in ("scales", "questions"))
    if isinstance(scales, list) and isinstance(questions, list) and 1 <= len(scales) + len(questions) <= MAX_SCALES:
        rows = [row for row in [*scales, *questions] if isinstance(row, dict)]
        asked = [row for row in rows if row.get("kind") != "text"]
        known.ranges = {str(row.get("key", "")): _range(row) for row in asked}
    known.checks = _checks_of(content)
    return known


def _checks_of(content: dict[str, Any]) -> int | None:
    """How many attention checks a session of a file has; None where one of the numbers is none."""
    times = [row.get("times", 1) for row in _rows(content.get("attention_checks"))]
    return sum(times) if all(type(one) is int and 1 <= one <= MAX_TRIALS for one in times) else None


def _range(scale: dict[str, Any]) -> int:
    if scale.get("kind") in {"choice", "preference"}:
        return MAX_EFFECT
    low, high = scale.get("minimum"), scale.get("maximum")
    return high - low if type(low) is int and type(high) is int and low < high else HIGHEST_RATING


def _are_languages(value: Any) -> bool:
    return (
        isinstance(value, list) and 0 < len(value) == len(set(map(str, value))) and all(v in LANGUAGES for v in value)
    )


def _across(content: dict[str, Any]) -> Found:
    """Faults that lie between parts: what may stand there once, what fits the trial, and the slots of all groups."""
    found: list[tuple[KeyPath, Message]] = []
    for key, name in (("systems", "id"), ("scales", "key"), ("groups", "key"), ("background", "key")):
        found += _repeated(content.get(key), (key,), name)
    scales = {str(row.get("key")) for row in _rows(content.get("scales"))}
    found += [*_repeated(content.get("questions"), ("questions",), "key", scales), *_too_many(content)]
    asked = scales | {str(row.get("key")) for row in _rows(content.get("questions"))}
    found += _repeated(content.get("attention_checks"), ("attention_checks",), "key", asked)
    for part in ("background", "questions", "attention_checks"):
        for index, question in enumerate(_rows(content.get(part))):
            found += _repeated(question.get("choices"), (part, index, "choices"), "key")
    found += [*_unfit(content), *_unfit_checks(content)]
    slots = [group.get("slots") for group in _rows(content.get("groups"))]
    sound = [number for number in slots if type(number) is int and 1 <= number <= MAX_SLOTS]
    if slots and sound == slots and not 2 <= sum(sound) <= MAX_SLOTS:
        found.append(
            (
                ("groups",),
                Message(
                    "The groups have %(count)d slots in total. Enter 2 to %(most)d.", count=sum(sound), most=MAX_SLOTS
                ),
            )
        )
    return found


def _too_many(content: dict[str, Any]) -> Iterator[tuple[KeyPath, Message]]:
    """Scales and questions count together."""
    counts = [len(_rows(content.get(key))) for key in ("scales", "questions")]
    if max(counts) <= MAX_SCALES < sum(counts):
        said = Message(
            "There are %(count)d entries. Write %(least)d to %(most)d.", count=sum(counts), least=1, most=MAX_SCALES
        )
        yield ("questions",), said


def _unfit(content: dict[str, Any]) -> Iterator[tuple[KeyPath, Message]]:
    """Questions, references and numbers that do not fit what a trial is."""
    trial = content.get("trial") if isinstance(content.get("trial"), dict) else {}
    clips, design = (trial or {}).get("clips", 1), content.get("design")
    systems = [str(row.get("id")) for row in _rows(content.get("systems"))]
    if not content.keys() & {"scales", "questions"}:
        yield ("scales",), Message("This key is missing. Write [[scales]] or [[questions]], once per question.")
    elif not _rows(content.get("scales")) and {row.get("kind") for row in _rows(content.get("questions"))} == {"text"}:
        yield ("questions",), Message("Each question is answered in words. Add a rating, a preference or a choice.")
    for index, question in enumerate(_rows(content.get("questions"))):
        yield from _unfit_question(question, ("questions", index), clips)
        yield from _unfit_answers(question, ("questions", index), systems)
        if (trial or {}).get("reference") != X:
            yield from _unfit_trial_choice(question, ("questions", index), clips)
    columns = {"place": clips in (2, "all"), "prompt_id": (trial or {}).get("match") == "prompt"}
    for index, scale in enumerate(_rows(content.get("scales"))):
        if columns.get(str(scale.get("key"))):
            said = Message("Datasets already have a column '%(key)s'. Choose another name.", key=scale["key"])
            yield ("scales", index, "key"), said
    wanted = "rounds" if clips == 2 else "heard_per_expert"
    if isinstance(design, dict) and wanted not in design:
        yield ("design", wanted), Message("This key is missing. Add it.")
    yield from _unfit_reference(trial or {}, systems)
    if (trial or {}).get("waveform") is True and (hidden := _heard_twice(trial or {})):
        said = Message("Waveforms would show which clip %(key)s is. Delete one of the two keys.", key=hidden)
        yield ("trial", "waveform"), said
    yield from _unfit_anchors(trial or {}, systems)
    yield from _unfit_synchronous(trial or {})
    if (trial or {}).get("reference") == X:
        yield from _unfit_x(clips, _rows(content.get("questions")))


def _unfit_checks(content: dict[str, Any]) -> Iterator[tuple[KeyPath, Message]]:
    """Attention checks without a right answer, or more of them than there are trials to ask them in."""
    for index, row in enumerate(_rows(content.get("attention_checks"))):
        keys = [str(choice.get("key")) for choice in _rows(row.get("choices"))]
        if keys and isinstance(row.get("right"), str) and row["right"] not in keys:
            known = ", ".join(keys)
            said = Message(
                "%(value)s is not the key of a choice. Use one of %(known)s.", value=repr(row["right"]), known=known
            )
            yield ("attention_checks", index, "right"), said
    trials, checks = _trials_of(content), _checks_of(content)
    if trials and checks and checks > trials - 1:
        said = Message(
            "A session has %(count)d attention checks and %(trials)d trials. Write at most %(most)d: one in each trial "
            "but the first.",
            count=checks,
            trials=trials,
            most=trials - 1,
        )
        yield ("attention_checks",), said


def _trials_of(content: dict[str, Any]) -> int:
    """Study trials of a session of a file; 0 where a number that they follow from has a fault."""
    trial, design, systems = content.get("trial"), content.get("design"), content.get("systems")
    clips: Any = trial.get("clips", 1) if isinstance(trial, dict) else 1
    if clips not in (1, 2, "all") or not isinstance(design, dict) or not isinstance(systems, list):
        return 0
    heard, repeats = design.get("rounds" if clips == 2 else "heard_per_expert"), design.get("repeats", 0)
    if type(heard) is not int or type(repeats) is not int:
        return 0
    return heard * trials_of_round(clips, len(systems)) + repeats


def _unfit_question(question: dict[str, Any], path: KeyPath, clips: Any) -> Iterator[tuple[KeyPath, Message]]:
    if question.get("kind") != "preference":
        return
    if clips != 2:
        yield (*path, "kind"), Message("A preference needs two clips in a trial. Write clips = 2 under [trial].")
    form, has_middle = question.get("form"), "middle" in question
    if form == "binary" and has_middle:
        yield (*path, "middle"), Message("A binary preference has no middle. Delete this key.")
    if form in ("ties", "graded") and not has_middle:
        yield (*path, "middle"), Message("This key is missing. Write the words for no preference.")


def _unfit_trial_choice(question: dict[str, Any], path: KeyPath, clips: Any) -> Iterator[tuple[KeyPath, Message]]:
    """A choice of a trial of several clips has no system, and a choice among its clips is a preference."""
    choices = _rows(question.get("choices"))
    if question.get("kind") != "choice" or question.get("of") != "trial" or clips not in (2, "all"):
        return
    if any(choice.get("right_for") for choice in choices):
        said = Message('A trial of several clips has no system of its own. Delete right_for, or write of = "clip".')
        yield (*path, "choices"), said
    keys = {str(choice.get("key")).lower() for choice in choices} - UNDECIDED
    if any(keys == set(names[: len(keys)]) for names in PLACE_NAMES if len(keys) > 1):
        pair = Message('The choices name the clips by their places. Write kind = "preference" instead.')
        page = Message('The choices name the clips by their places. Ask about each clip: write of = "clip".')
        yield (*path, "choices"), pair if clips == 2 else page


def _unfit_answers(question: dict[str, Any], path: KeyPath, systems: list[str]) -> Iterator[tuple[KeyPath, Message]]:
    """Where answers are right or wrong, one is right for each system."""
    if question.get("kind") != "choice":
        return
    lists = [row.get("right_for", []) for row in _rows(question.get("choices"))]
    right = [str(system) for row in lists if isinstance(row, list) for system in row]
    twice = sorted({system for system in right if right.count(system) > 1})
    without = [system for system in systems if right and system not in right]
    if twice:
        said = Message("Two choices are right for %(system)s. Leave it in one right_for.", system=repr(twice[0]))
        yield (*path, "choices"), said
    elif without:
        said = Message("No choice is right for %(system)s. Add it to a right_for.", system=repr(without[0]))
        yield (*path, "choices"), said


def _unfit_reference(trial: dict[str, Any], systems: list[str]) -> Iterator[tuple[KeyPath, Message]]:
    reference, is_hidden = trial.get("reference", NO_REFERENCE), trial.get("hidden_reference") is True
    is_system = reference not in (NO_REFERENCE, PROMPT, X)
    has_several = reference != NO_REFERENCE and trial.get("clips", 1) != 1
    if has_several and trial.get("match") != "prompt":
        said = Message('A reference is of the prompt of its trial. Write match = "prompt" under [trial].')
        yield ("trial", "reference"), said
    if is_system and reference in systems and not is_hidden:
        yield (
            ("trial", "reference"),
            Message(
                "%(system)s is the reference and also a system. Delete the system, or write hidden_reference = true.",
                system=repr(reference),
            ),
        )
    if is_hidden and reference not in systems:
        yield (
            ("trial", "hidden_reference"),
            Message(
                "A hidden reference is one of the systems. Write its id as reference, one of %(known)s.",
                known=", ".join(systems) or "…",
            ),
        )


def _unfit_synchronous(trial: dict[str, Any]) -> Iterator[tuple[KeyPath, Message]]:
    """Clips that run in step are several, of one prompt."""
    if trial.get("synchronous") is not True:
        return
    if trial.get("clips", 1) == 1 and trial.get("reference", NO_REFERENCE) == NO_REFERENCE:
        yield ("trial", "synchronous"), Message("A trial of one clip has no other one to switch to. Delete this key.")
    elif trial.get("clips", 1) != 1 and trial.get("match") != "prompt":
        said = Message('Clips that run together are of one prompt. Write match = "prompt" under [trial].')
        yield ("trial", "synchronous"), said


def _heard_twice(trial: dict[str, Any]) -> str:
    """The key by which a clip is heard again in its trial without a mark; "" without one."""
    return "reference" if trial.get("reference") == X else "hidden_reference" * (trial.get("hidden_reference") is True)


def _unfit_x(clips: Any, questions: list[dict[str, Any]]) -> Iterator[tuple[KeyPath, Message]]:
    """X is one of two clips, and is asked for by a choice between the two."""
    if clips != 2:
        yield ("trial", "reference"), Message("X is one of two clips. Write clips = 2 under [trial].")
    choices = [(index, row) for index, row in enumerate(questions) if row.get("kind") == "choice"]
    if not choices:
        said = Message('No question asks which clip X is. Add one of kind "choice" with of = "trial" and two choices.')
        yield ("trial", "reference"), said
    for index, row in choices:
        path, rows = ("questions", index), _rows(row.get("choices"))
        if row.get("of") != "trial":
            yield (*path, "of"), Message('X is one of the clips of its trial. Write of = "trial".')
        if len(rows) != 2 or any(choice.get("right_for") for choice in rows):
            said = Message("Write two choices without right_for: the first is right where X is the first clip.")
            yield (*path, "choices"), said


def _unfit_anchors(trial: dict[str, Any], systems: list[str]) -> Iterator[tuple[KeyPath, Message]]:
    """Anchors are heard beside what they anchor, and something else than they is under test."""
    path, anchors = ("trial", "anchors"), trial.get("anchors")
    if not isinstance(anchors, list) or not anchors:
        return
    reference = str(trial.get("reference", NO_REFERENCE))
    if trial.get("clips", 1) != "all":
        yield path, Message('Only trials of all systems have anchors. Write clips = "all", or delete this key.')
    if reference in anchors:
        yield path, Message("%(system)s is the reference and cannot be an anchor. Delete it.", system=repr(reference))
    if systems and not set(systems) - {*map(str, anchors), reference}:
        yield path, Message("No system is left that is rated for itself. Delete an anchor, or add a system.")


def _rows(value: Any) -> list[dict[str, Any]]:
    """The tables of an array, an empty one in place of anything else."""
    return [row if isinstance(row, dict) else {} for row in value] if isinstance(value, list) else []


def _repeated(value: Any, path: KeyPath, name: str, before: set[str] | None = None) -> Found:
    seen = set(before or ())
    found = []
    for index, row in enumerate(_rows(value)):
        text = row.get(name)
        if isinstance(text, str) and text in seen:
            message = Message("%(value)s appears twice. Each value must be unique.", value=repr(text))
            found.append(((*path, index, name), message))
        elif isinstance(text, str) and text:
            seen.add(text)
    return found


def _unstorable(content: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Message]]:
    """Every text with a control character that an escape stands for: it is a slip."""
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _unstorable(value, (*path, key))
    elif isinstance(content, str) and not is_text(content):
        yield path, Message("The text contains \\u0000, which the database cannot store. Delete it.")
    elif isinstance(content, str) and (sign := first_control(content)):
        yield path, Message("The text contains the control character %(character)s. Delete it.", character=sign)


def _checked(model: type[Checked], text: str, content: dict[str, Any], known: Known, across: Found = ()) -> Checked:
    """The content as a model. Raises `InputError` with a line for each fault, in the order of the text."""
    checked, found = _tried(model, content, known, across)
    if checked:
        return checked
    lines = Lines(text)
    rows = sorted(((lines.of(path), dotted(path), message) for path, message in found), key=lambda row: row[:2])
    messages = [
        Message("line %(line)d, %(key)s: %(fault)s", line=line, key=key, fault=message)
        for line, key, message in rows[:MAX_FAULTS]
    ]
    if len(rows) > MAX_FAULTS:
        messages.append(Message("There are more errors. Fix these first."))
    raise InputError.of(messages)


def _tried(
    model: type[Checked], content: dict[str, Any], known: Known, across: Found
) -> tuple[Checked | None, list[tuple[KeyPath, Message]]]:
    """The content as a model, or its faults."""
    found = [*_unstorable(content), *across]
    try:
        checked = model.model_validate(content, extra="forbid", context=known)
    except ValidationError as error:
        return None, found + [pair for detail in error.errors(include_url=False) for pair in _faults_of(detail)]
    return (None if found else checked), found


def _faults_of(error: ErrorDetails) -> Iterator[tuple[KeyPath, Message]]:
    path, kind = _as_written(error["loc"]), error["type"]
    if kind.startswith("union_tag"):
        allowed = ", ".join(map(json.dumps, KINDS))
        value = repr(error["input"].get("kind")) if isinstance(error["input"], dict) else repr(error["input"])
        yield (*path, "kind"), Message("%(value)s is not valid. Use one of %(known)s.", value=value, known=allowed)
    elif kind == "faults":
        yield from (((*path, *below), message) for below, message in error["ctx"]["faults"])
    elif kind == "missing":
        yield path, Message("This key is missing. Add it.")
    elif kind == "extra_forbidden":
        yield path, _unknown(path, _table_at(error["loc"][:-1]))
    elif kind == "model_type":
        fields = _table_at(error["loc"]).model_fields.items()
        keys = ", ".join(name for name, field in fields if field.is_required())
        yield path, Message("Write a table with the keys %(keys)s.", keys=keys)
    elif kind == "bool_type":
        yield path, Message("Write true or false.")
    else:
        yield path, message_of(error)


def _as_written(path: KeyPath) -> KeyPath:
    """The way to a value in the file: pydantic puts a question's kind behind its number."""
    return path[:2] + path[3:] if path[0] == "questions" and len(path) > 2 else path


def _unknown(path: KeyPath, table: type[Table]) -> Message:
    allowed = [name for name in table.model_fields if name not in table.computed]
    if close := difflib.get_close_matches(str(path[-1]), allowed, n=1):
        return Message("There is no such key. Did you mean '%(close)s'?", close=close[0])
    return Message("There is no such key. Delete it, or use one of: %(known)s.", known=", ".join(allowed))


def _table_at(path: KeyPath) -> type[Table]:
    """The model of the table at a path, as pydantic gives it."""
    if path[:1] == ("questions",) and len(path) > 2:
        return TrialChoice if "choices" in path else KINDS[str(path[2])]
    names = [part for part in path if part in TABLES]
    return TABLES[str(names[-1])] if names else StudyFile
