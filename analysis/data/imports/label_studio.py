"""Label Studio's JSON export: tasks with annotations of several people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.data.imports.files import Row, json_of, stem
from analysis.data.imports.found import CANCELLED
from analysis.data.imports.roles import CLIPS, PROMPTS, SYSTEMS, Roles, clip_named
from formats.errors import InputError
from formats.messages import LazyText

KINDS = ("rating", "number")


def fits(header: set[str]) -> bool:
    return {"annotations", "data"} <= header


def read(roles: Roles) -> None:
    """Ratings and numbers, by `from_name`; what models predict is no rating."""
    tasks = json_of(roles.path)
    predicted = 0
    for number, task in enumerate(tasks, 1):
        try:
            data = Row({name: str(value) for name, value in task["data"].items()}, number)
            predicted += bool(task.get("predictions"))
            for annotation in task["annotations"]:
                _annotation(roles, data, annotation)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "%(file)s: task %(number)d is none of Label Studio's: %(reason)s is missing or of another kind.",
                file=roles.path,
                number=number,
                reason=error,
            ) from error
    if predicted:
        roles.found.note(LazyText("Predictions of models are left out: {count}.", count=predicted))


def _annotation(roles: Roles, data: Row, annotation: Mapping[str, Any]) -> None:
    if annotation.get("was_cancelled"):
        roles.found.leave_out(CANCELLED)
        return
    whose = annotation["completed_by"]
    expert = str(whose.get("id", "")) if isinstance(whose, dict) else str(whose)
    system, item = data.first(SYSTEMS), data.first(PROMPTS)
    clip = clip_named(item, system) if system and item else stem(data.first(CLIPS))
    if not system:
        system, item = roles.in_name(clip, data.line)
    for scale, value in _answers(annotation):
        roles.found.rate(
            expert=expert, system=system, clip=clip, prompt=item, scale=scale, rating=value, line=data.line
        )


def _answers(annotation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for result in annotation["result"]:
        if result["type"] in KINDS:
            yield str(result["from_name"]), result["value"][result["type"]]
