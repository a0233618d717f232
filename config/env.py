"""Settings read from the environment: one helper a type, each with a plain error."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str) -> str:
    """The variable's text, or the default where it is unset or empty."""
    return os.environ.get(name) or default


def env_bool(name: str, default: bool) -> bool:
    """1/true/yes/on and 0/false/no/off; anything else is refused rather than guessed."""
    text = env_str(name, "1" if default else "0").lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={text!r} is neither 1 nor 0.")


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of some words; another is refused."""
    text = env_str(name, default)
    if text not in choices:
        raise ImproperlyConfigured(f"{name}={text!r} is none of {', '.join(choices)}.")
    return text


def env_list(name: str, default: str) -> list[str]:
    """A comma-separated list without empty items."""
    return [item.strip() for item in env_str(name, default).split(",") if item.strip()]


def env_path(name: str) -> str:
    """A path of a web address such as /study as "study/"; "" where it is unset."""
    text = env_str(name, "").strip("/")
    if text and not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", text):
        raise ImproperlyConfigured(f"{name}={text!r} is no path; write it as /study, of letters, digits, - and _.")
    return f"{text}/" if text else ""


def env_options(name: str) -> dict[str, Any]:
    """A JSON object; empty where the variable is unset."""
    text = env_str(name, "{}")
    try:
        options = json.loads(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no JSON: {error}.") from error  # it may hold keys: it is not repeated
    if not isinstance(options, dict):
        raise ImproperlyConfigured(f'{name} is no JSON object: write it as {{"name": "value"}}.')
    return options


def env_secret(name: str, default: str) -> str:
    """The secret itself in NAME, or the path of a file that holds it in NAME_FILE."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return env_str(name, default)
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={file!r} cannot be read: {error.strerror}.") from error
