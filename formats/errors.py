"""What cannot be used and why: messages as data, put into words once, where a person reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: Gives a template in the reader's language, as gettext does.
Translate = Callable[[str], str]


def N_(template: str) -> str:  # noqa: N802  gettext's own name for it
    """Marks a template for the catalogue where it is not written in a call of InputError or Message."""
    return template


class Message(str):
    """A sentence in English that remembers its template and what the %(names)s in it stand for.

    They stand for values, messages, or lists of messages, so that all of it can be said in another language.
    """

    template: str
    parameters: Mapping[str, object]

    def __new__(cls, template: str, /, **parameters: object) -> Message:
        message = super().__new__(cls, _filled(template, parameters, str))
        message.template, message.parameters = template, parameters
        return message

    def words(self, translate: Translate) -> str:
        """The sentence in the language of `translate`."""
        return _filled(self.template, self.parameters, translate)

    def as_json(self) -> dict[str, Any]:
        """The message as JSON holds it; `from_json` reads it."""
        parameters = {name: _data(value) for name, value in self.parameters.items()}
        return {"template": self.template, "parameters": parameters}

    def renamed(self, old: str, new: str) -> Message:
        """The message with another name for a place in all that it is filled with."""
        text = json.dumps(self.as_json()).replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
        return Message.from_json(json.loads(text))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        return cls(data["template"], **{name: _value(part) for name, part in data["parameters"].items()})


class InputError(ValueError):
    """Something that the user gave cannot be used; the text names it and how to fix it.

    `InputError(template, name=value)` tells one fault; `InputError.of(messages)` tells several, a line each.
    """

    def __init__(self, template: str = "", /, **parameters: object) -> None:
        super().__init__(template)
        self.messages: tuple[Message, ...] = (Message(template, **parameters),)

    @classmethod
    def of(cls, messages: Iterable[Message]) -> InputError:
        error = cls()
        error.messages = tuple(messages)
        return error

    def words(self, translate: Translate = str) -> str:
        """The faults in the language of `translate`, a line each."""
        return "\n".join(message.words(translate) for message in self.messages)

    def renamed(self, old: str, new: str) -> InputError:
        """The same faults with another name for a place, as of a folder that the user never sees."""
        return InputError.of(message.renamed(old, new) for message in self.messages)

    def __str__(self) -> str:
        return self.words()


def _filled(template: str, parameters: Mapping[str, object], translate: Translate) -> str:
    text = translate(template) if template else ""
    if not parameters:  # a per cent sign of a plain sentence stays one
        return text
    return text % {name: _words(value, translate) for name, value in parameters.items()}


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
