"""What can be added with one press: questions, background questions, systems, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from study.builder.content import Content

#: A rating scale: key, name, question, words at its ends, lowest and highest rating.
SCALES: dict[str, tuple[Promise, Promise, Promise, Promise, int, int]] = {
    "overall": (_("Overall quality"), _("Overall, how good is this piece?"), _("very poor"), _("very good"), 1, 5),
    "valence": (_("Valence"), _("Is the mood of this piece negative or positive?"), _("negative"), _("positive"), 1, 5),
    "arousal": (_("Arousal"), _("Is this piece calm or exciting?"), _("calm"), _("exciting"), 1, 5),
    "authenticity": (
        _("Authenticity"),
        _("How well does this piece fit the style that you know?"),
        pgettext_lazy("fit of a style", "not at all"),
        pgettext_lazy("fit of a style", "very well"),
        1,
        5,
    ),
    "harmony": (
        _("Harmony"),
        _("How well do the notes of this piece go together?"),
        pgettext_lazy("harmony of notes", "not at all"),
        pgettext_lazy("harmony of notes", "very well"),
        1,
        5,
    ),
    "naturalness": (
        _("Naturalness"),
        _("How likely is it that a person made this piece?"),
        _("not at all likely"),
        _("very likely"),
        1,
        5,
    ),
    "quality100": (_("Quality, 0 to 100"), _("How good is this piece?"), _("very poor"), _("very good"), 0, 100),
}
#: A background question: label, kind, and the choices there are.
BACKGROUND: dict[str, tuple[Promise, str, dict[str, Promise]]] = {
    "age": (
        _("Age"),
        "choice",
        {"under-30": _("under 30"), "30-49": _("30 to 49"), "50-69": _("50 to 69"), "70-over": _("70 or older")},
    ),
    "years": (_("For how many years have you made or studied music?"), "number", {}),
    "instrument": (_("Which instruments do you play?"), "text", {}),
    "tradition": (_("Which musical traditions do you know best?"), "text", {}),
    "hearing": (_("Do you have a hearing impairment?"), "choice", {"no": _("no"), "yes": _("yes")}),
}


def in_each(words: Promise | str, languages: Sequence[str]) -> dict[str, str]:
    """Words in each language of a draft; for a language that the site does not speak, none."""
    found = {}
    for language in languages:
        with translation.override(language):
            found[language] = str(words)
    return found


def scale(name: str, languages: Sequence[str]) -> Content:
    """A rating scale; a name that is no preset's gives an empty one."""
    if name not in SCALES:
        return {"kind": "rating", "key": "question", "minimum": 1, "maximum": 5, "label": {}, "definition": {}}
    label, definition, low, high, minimum, maximum = SCALES[name]
    texts = {"label": label, "definition": definition, "low": low, "high": high}
    return {
        "kind": "rating",
        "key": name,
        "minimum": minimum,
        "maximum": maximum,
        **{key: in_each(words, languages) for key, words in texts.items()},
    }


def preference(languages: Sequence[str]) -> Content:
    """Which of two clips is preferred, in seven steps."""
    texts = {
        "label": _("Preference"),
        "definition": _("Overall, which of the two do you prefer, and how strongly?"),
        "low": _("the first"),
        "middle": _("no difference"),
        "high": _("the second"),
    }
    named = {key: in_each(words, languages) for key, words in texts.items()}
    return {"kind": "preference", "key": "preference", "form": "graded", **named}


def human_or_computer(content: Content, languages: Sequence[str]) -> Content:
    """Whether a person or a computer made a clip; the answer is right or wrong where one system is real music."""
    real = content.get("real_system")
    others = [row.get("id") for row in content.get("systems", ()) if row.get("id") != real]
    right = {"human": [real] if real else [], "computer": others if real else []}
    words = {"human": _("a person"), "computer": _("a computer")}
    return {
        "kind": "choice",
        "key": "origin",
        "label": in_each(_("Human or computer"), languages),
        "definition": in_each(_("Who made this piece?"), languages),
        "choices": [
            {"key": key, "label": in_each(label, languages), "right_for": right[key]} for key, label in words.items()
        ],
    }


def text(languages: Sequence[str]) -> Content:
    """A question of each trial that is answered in words."""
    words = {"label": _("Reason"), "definition": _("What in the music made you answer so?")}
    return {
        "kind": "text",
        "key": "reason",
        "required": False,
        **{key: in_each(said, languages) for key, said in words.items()},
    }


def attention_check(languages: Sequence[str]) -> Content:
    """A question that says itself which of its five answers is right."""
    names = ("one", "two", "three", "four", "five")
    choices = [{"key": key, "label": in_each(str(number), languages)} for number, key in enumerate(names, start=1)]
    label = in_each(_("Please choose 2 here"), languages)
    return {"key": "attention", "label": label, "choices": choices, "right": "two", "times": 1}


def background(name: str, languages: Sequence[str]) -> Content:
    """A background question; a name that is no preset's gives an empty one."""
    if name not in BACKGROUND:
        return {"key": "question", "kind": "text", "label": {}, "required": False}
    label, kind, choices = BACKGROUND[name]
    question: Content = {"key": name, "kind": kind, "label": in_each(label, languages), "required": False}
    if choices:
        question["choices"] = [{"key": key, "label": in_each(words, languages)} for key, words in choices.items()]
    return question


def entry(path: str, name: str, content: Content, languages: Sequence[str]) -> Any:
    """A new entry of the list at a path."""
    if path == "questions" and name == "human":
        return human_or_computer(content, languages)
    if path == "questions" and name == "text":
        return text(languages)
    if path == "questions":
        return preference(languages) if name == "preference" else scale(name, languages)
    if path == "attention_checks":
        return attention_check(languages)
    if path == "background":
        return background(name, languages)
    if path == "systems":
        return {"id": "system", "label": {}}
    if path == "groups":
        return {"key": "group", "label": {}, "slots": 10}
    if path == "analysis.contrasts":
        systems = [str(row.get("id", "")) for row in content.get("systems", ())]
        return (systems * 2)[:2] if len(systems) < 2 else systems[:2]
    return {"key": "choice", "label": {}}
