"""What the typed models of files share: how strict they are, and their faults as messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import ErrorDetails, PydanticCustomError

from formats.errors import N_, Message

#: What a value must be, by pydantic's name of the fault.
KINDS: Mapping[str, str] = {
    "string_type": N_("a text"),
    "int_type": N_("a whole number"),
    "float_type": N_("a number"),
    "finite_number": N_("a finite number"),
    "bool_type": N_("true or false"),
    "list_type": N_("a list"),
    "dict_type": N_("an object"),
    "model_type": N_("an object"),
}
#: A value is quoted in a fault up to so many characters.
QUOTED = 60


class Part(BaseModel):
    """An object of a file that a program wrote: no value is converted, and keys of later versions are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


def fault(template: str, **parameters: object) -> PydanticCustomError:
    """A fault that a validator raises; `message_of` gives the message back."""
    return PydanticCustomError("fault", "fault", {"message": Message(template, **parameters)})


def message_of(error: ErrorDetails) -> Message:
    """What is wrong with one value, without where it is."""
    if error["type"] == "fault":
        message: Message = error["ctx"]["message"]
        return message
    key = error["loc"][-1] if error["loc"] else 0
    if error["type"] == "missing":
        return Message("'%(key)s' is missing.", key=key)
    kind, value = Message(KINDS.get(error["type"], error["msg"])), quoted(error["input"])
    if isinstance(key, int):  # the file itself, or an entry of a list
        return Message("this is %(value)s, not %(kind)s.", value=value, kind=kind)
    return Message("'%(key)s' is %(value)s, not %(kind)s.", key=key, value=value, kind=kind)


def quoted(value: Any) -> str:
    """A value as a fault shows it."""
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
