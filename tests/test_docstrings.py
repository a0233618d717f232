"""Public functions and classes of the numerical folders are documented in the manner of numpydoc."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
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
    """Public functions, classes and methods, each where it is defined; overriding methods inherit their docstring."""
    for module in modules(package):
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


def has_section(docstring: str, *titles: str) -> bool:
    return any(f"\n{title}\n{'-' * len(title)}\n" in docstring for title in titles)


def faults(value: Any) -> list[str]:
    """What the docstring of a function, class, method or property lacks."""
    docstring = inspect.cleandoc(value.__doc__ or "")
    if not docstring:
        return ["docstring"]
    first, *rest = docstring.split("\n")
    found = ["short summary line"] if len(first) > 79 or not first.endswith(".") or (rest and rest[0]) else []
    if not inspect.isfunction(inspect.unwrap(value)):
        return found
    signature = inspect.signature(value)
    names = [name for name in signature.parameters if name not in IMPLICIT]
    if len(names) > 1:
        found += [] if has_section(docstring, "Parameters") else ["Parameters"]
        found += [name for name in names if not documents(docstring, name)]
    if signature.return_annotation not in ("None", None) and not has_section(docstring, "Returns", "Yields"):
        found.append("Returns")
    return found


def documents(docstring: str, name: str) -> bool:
    """Whether a line such as ``tokens, real : int8 arrays`` names the parameter."""
    lines = (line.split(" : ")[0] for line in docstring.split("\n") if not line.startswith(" "))
    return any(name in [part.strip().lstrip("*") for part in line.split(",")] for line in lines)


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
    one : int
    """
    return one + other


@pytest.mark.parametrize(
    ("function", "missing"), [(undocumented, ["docstring"]), (half_documented, ["other", "Returns"])]
)
def test_missing_section_of_a_docstring_is_found(function: Any, missing: list[str]) -> None:
    assert faults(function) == missing
