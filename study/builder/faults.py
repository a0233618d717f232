"""What is still wrong with a draft: each fault with the page and the field on which it is fixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext

from formats.errors import N_, InputError, Message
from formats.study_file import HYPOTHESES, Found, StudyFile, parse_content
from formats.toml import KeyPath, dotted
from study import services
from study.builder.content import Content, as_file, filled, languages_of, name_of
from study.builder.fields import anchor_of
from study.builder.steps import STEPS, fields_of, page_of

#: What the builder says in place of sentences that are written for a file.
SIMPLER = {
    "This key is missing. Add it.": N_("This field is empty."),
    'Write a text in quotes, such as "…".': N_("This field is empty."),
    "Write a text in each language: { %(wanted)s }.": N_("This field is empty."),
    "The language is missing. Write { %(wanted)s }.": N_("The translation is missing."),
    HYPOTHESES: N_("Write as many hypotheses in each language, one per line."),
    "This key is missing. Write [[scales]] or [[questions]], once per question.": N_("There is no question yet."),
    "This key is missing. Write the words for no preference.": N_("This field is empty."),
    "Write two or more choices, each as { key = …, label = { … } }.": N_("Add two or more choices."),
    'Only a question of kind "choice" has choices. Delete this key.': N_("Delete the choices."),
    'Write a list of systems, each once, such as ["low", "mid"], from %(known)s.': N_("Choose from the systems."),
    "The study has no attention checks. Write [[attention_checks]], or delete this key.": N_(
        "There are no attention checks. Add one under Questions, or empty this field."
    ),
    'Write pairs of systems, such as [["a", "b"]], from %(known)s.': N_("Choose two different systems."),
}


@dataclass(frozen=True)
class Fault:
    """One fault: where it is fixed, and in words."""

    step: str
    #: The name of its field; "" where the page has none for it.
    field: str
    words: str
    #: The place in the study file, for those who know it.
    key: str
    #: What its page calls the field; "" where the page has none for it.
    label: str = ""

    @property
    def anchor(self) -> str:
        """The id of the element to which a link leads."""
        return anchor_of(self.field) if self.field else "main"


def check(content: Content) -> tuple[StudyFile | None, list[Fault]]:
    """The study file, where nothing is wrong with it, and all faults of a draft in the order of the pages."""
    file, found = parse_content(filled(content))
    if file is not None:
        # A scale may have a name that a question of another kind may not: so is the file that is created.
        file, found = parse_content(as_file(content))
    faults = list(_placed(content, found))
    if file is not None:
        try:
            services.refuse_not_served(file)
        except InputError as error:
            faults = [Fault("start", "", error.words(gettext), "trial")]
    order = list(STEPS)
    faults.sort(key=lambda fault: order.index(fault.step))
    return (None if faults else file), faults


def _placed(content: Content, found: Found) -> Iterator[Fault]:
    fields = {step: fields_of(step, content) for step in STEPS}
    seen = set()
    for path, message in found:
        step = page_of(path)
        field = _field(path, list(fields[step]), languages_of(content))
        words = _words(message)
        if (step, field, words) not in seen:
            seen.add((step, field, words))
            yield Fault(step, field, words, dotted(path), fields[step][field].label if field else "")


def _field(path: KeyPath, names: list[str], languages: list[str]) -> str:
    """The name of the field nearest to a path: the value's own, that of its first language, or the first within."""
    name = name_of(path)
    for one in (name, f"{name}.{languages[0]}", f"{name}.en"):
        if one in names:
            return one
    return next((one for one in names if one.startswith(f"{name}.")), "")


def _words(message: Message) -> str:
    if message.template in SIMPLER:
        return gettext(SIMPLER[message.template])
    return message.words(gettext)


def by_field(faults: list[Fault]) -> dict[str, list[str]]:
    """What each field's element says of its own faults."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault.field, []).append(fault.words)
    return found


def by_step(faults: list[Fault]) -> dict[str, int]:
    """How many faults each page has."""
    return {step: sum(fault.step == step for fault in faults) for step in STEPS}
