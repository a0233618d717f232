"""Public functions and classes of the numerical folders are documented in the manner of numpydoc."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import pytest

PACKAGES = ("generation.metrics", "generation.networks", "study.design", "analysis.statistics")
#: Arguments that a caller does not pass.
IMPLICIT = {"self", "cls"}


def modules(package: str) -> Iterator[Any]:
    """The package and all modules in it."""
    whole = importlib.import_module(package)
    yield whole
    for found in pkgutil.walk_packages(whole.__path__, f"{package}."):
        yield importlib.import_module(found.name)


def members(package: str) -> Iterator[tuple[str, Any]]:
    """Modules and their public functions, classes and methods; overriding methods inherit their docstring."""
    for module in modules(package):
        yield module.__name__, module
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(value) or inspect.isfunction(inspect.unwrap(value)):
                yield f"{module.__name__}.{name}", value
            if inspect.isclass(value):
                yield from own_methods(f"{module.__name__}.{name}", value)


def own_methods(place: str, kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that no base class of this one has."""
    for name, value in vars(kind).items():
        inherited = any(name in vars(base) for base in kind.__mro__[1:])
        found = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        is_method = inspect.isfunction(found) or isinstance(found, property | cached_property)
        if is_method and not name.startswith("_") and not inherited:
            yield f"{place}.{name}", found


def faults(value: Any) -> list[str]:
    """What the docstring of a function, class, method or property lacks, and what it names in vain."""
    docstring = inspect.cleandoc(value.__doc__ or "")
    if not docstring:
        return ["docstring"]
    first, *rest = docstring.split("\n")
    found = ["short summary line"] if len(first) > 79 or not first.endswith(".") or (rest and rest[0]) else []
    titles = sections(docstring)
    if inspect.isclass(value):
        known = set(vars(value)) | set(inspect.get_annotations(value)) | assigned(value)
        return found + unknown(titles, "Attributes", known) + unknown(titles, "Parameters", parameters(value))
    if not inspect.isfunction(inspect.unwrap(value)):
        return found
    names = parameters(value)
    found += unknown(titles, "Parameters", names)
    if len(names) > 1:
        found += [f"no {name}" for name in names if name not in titles.get("Parameters", [])]
    returns = inspect.signature(value).return_annotation not in ("None", None)
    return found + (["no Returns"] if returns and not {"Returns", "Yields"} & titles.keys() else [])


def sections(docstring: str) -> dict[str, list[str]]:
    """The names that stand at the margin of each section, as ``tokens, real : int8 arrays``."""
    parts = re.split(r"^(\w+)\n-{3,}\n", docstring, flags=re.MULTILINE)
    return {
        title: [name.strip().lstrip("*") for line in re.findall(r"^\S.*", body, re.MULTILINE)
                for name in line.split(" : ")[0].split(",")]
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }  # fmt: skip


def parameters(value: Any) -> list[str]:
    return [name for name in inspect.signature(value).parameters if name not in IMPLICIT]


def assigned(kind: type) -> set[str]:
    """What the class sets on itself when it is made."""
    return set(re.findall(r"\bself\.(\w+)[ ,:=]", inspect.getsource(kind)))


def unknown(titles: dict[str, list[str]], title: str, known: Iterable[str]) -> list[str]:
    """Names of a section that do not exist."""
    return [f"{name}?" for name in titles.get(title, []) if name not in set(known)]


@pytest.mark.parametrize("package", PACKAGES)
def test_public_functions_are_documented_by_section(package: str) -> None:
    found = dict(members(package))
    assert len(found) > 10
    assert {name: missing for name, value in found.items() if (missing := faults(value))} == {}


def undocumented(one: int, other: int) -> int:
    return one + other


def half_documented(one: int, other: int) -> int:
    """Add two numbers.

    Parameters
    ----------
    one, another : int
    """
    return one + other


@pytest.mark.parametrize(
    ("function", "missing"), [(undocumented, ["docstring"]), (half_documented, ["another?", "no other", "no Returns"])]
)
def test_missing_section_of_a_docstring_is_found(function: Any, missing: list[str]) -> None:
    assert faults(function) == missing
