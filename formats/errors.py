"""What cannot be used and why: messages as data, put into words once, where a person reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Gives a template in the reader's language, as gettext does.
Translate = Callable[[str], str]


def N_(template: str) -> str:  # noqa: N802  gettext's own name for it
    """Marks a template for the catalogue where it is not written in a call of InputError or Message."""
    return template


@dataclass(frozen=True)
class Message:
    """A sentence to be translated and what its %(names)s stand for: values, messages, or lists of messages."""

    template: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def words(self, translate: Translate = str) -> str:
        """The sentence in the language of `translate`, in English without it."""
        text = translate(self.template) if self.template else ""
        if not self.parameters:  # a per cent sign of a plain sentence stays one
            return text
        return text % {name: _words(value, translate) for name, value in self.parameters.items()}

    def as_json(self) -> dict[str, Any]:
        """The message as JSON holds it; `from_json` reads it."""
        return {
            "template": self.template,
            "parameters": {name: _data(value) for name, value in self.parameters.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        return cls(data["template"], {name: _value(part) for name, part in data["parameters"].items()})

    def __str__(self) -> str:
        return self.words()


class InputError(ValueError):
    """Something that the user gave cannot be used; the text names it and how to fix it.

    `InputError(template, name=value)` tells one fault; `InputError.of(messages)` tells several, a line each.
    """

    def __init__(self, template: str = "", /, **parameters: object) -> None:
        super().__init__(template)
        self.messages: tuple[Message, ...] = (Message(template, parameters),)

    @classmethod
    def of(cls, messages: Iterable[Message]) -> InputError:
        error = cls()
        error.messages = tuple(messages)
        return error

    def words(self, translate: Translate = str) -> str:
        """The faults in the language of `translate`, a line each."""
        return "\n".join(message.words(translate) for message in self.messages)

    def __str__(self) -> str:
        return self.words()


def _words(value: object, translate: Translate) -> object:
    if isinstance(value, Message | InputError):
        return value.words(translate)
    if isinstance(value, list | tuple):
        return "; ".join(str(_words(part, translate)) for part in value)
    return value


def _data(value: object) -> object:
    if isinstance(value, Message):
        return value.as_json()
    if isinstance(value, InputError):
        return [message.as_json() for message in value.messages]
    if isinstance(value, list | tuple):
        return [_data(part) for part in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _value(data: Any) -> object:
    if isinstance(data, dict):
        return Message.from_json(data)
    return [_value(part) for part in data] if isinstance(data, list) else data
