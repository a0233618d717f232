"""The pages of the builder and their fields, in the order in which a study is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from formats.publication import LICENSES
from formats.toml import KeyPath
from study.builder.content import Content, form_of, is_pair, languages_of, path_of, value_at
from study.builder.fields import Field, Section, names_of, texts, title_of, under
from study.builder.presets import BACKGROUND, SCALES

#: The rail: the name of each page in addresses, and in words.
STEPS: dict[str, Promise] = {
    "start": gettext_lazy("Start"),
    "clips": gettext_lazy("Clips"),
    "questions": pgettext_lazy("step of the builder", "Questions"),
    "words": gettext_lazy("Texts"),
    "people": gettext_lazy("Experts"),
    "plan": gettext_lazy("Plan"),
    "open": gettext_lazy("Check and create"),
}
#: The page on which each part of a study file is written.
PAGE_OF = {
    **dict.fromkeys(("title", "languages", "trial"), "start"),
    **dict.fromkeys(("systems", "real_system", "clips"), "clips"),
    **dict.fromkeys(("scales", "questions", "attention_checks"), "questions"),
    **dict.fromkeys(("instructions", "consent", "known"), "words"),
    **dict.fromkeys(("groups", "background", "open_link", "time_zone"), "people"),
    **dict.fromkeys(("design", "analysis", "publication"), "plan"),
}
#: Values on the page of clips, whose section is on another.
ON_CLIPS = {
    ("design", "clips_per_system"),
    ("trial", "match"),
    ("trial", "reference"),
    ("trial", "hidden_reference"),
    ("trial", "anchors"),
    ("trial", "waveform"),
    ("trial", "synchronous"),
}


def page_of(path: KeyPath) -> str:
    """The page on which a value is written."""
    if path in ON_CLIPS:
        return "clips"
    return PAGE_OF.get(str(path[0]), "start") if path else "start"


def _rows(content: Content, *path: str | int) -> range:
    rows = value_at(content, path)
    return range(len(rows) if isinstance(rows, list) else 0)


def systems_of(content: Content, language: str) -> list[tuple[str, str]]:
    """The systems as they are chosen: their ids, and how they are called."""
    rows = enumerate(content.get("systems", ()))
    return [(str(row.get("id")), title_of(content, f"systems.{number}", language, _("System"))) for number, row in rows]


def _start(content: Content, language: str) -> Iterator[Section]:
    yield Section(_("Title"), [texts("title", _("Title, as experts see it"))])


def _clips(content: Content, language: str) -> Iterator[Section]:
    for number in _rows(content, "systems"):
        path = f"systems.{number}"
        name = title_of(content, path, language, _("System"))
        fields = under(path, texts("label", _("Name in reports")), Field("id", _("Name of the folder of its clips")))
        yield Section(name, fields, path, name)
    yield Section("", [], adds=[("systems:", _("Add a system"))])
    systems = systems_of(content, language)
    fields = [
        Field("design.clips_per_system", _("Clips per system"), "whole", _("How many clips of each system are used.")),
        Field(
            "real_system",
            _("Real music"),
            "choice",
            _("Reports compare the other systems with it."),
            [("", _("no system is real music")), *systems],
        ),
        Field(
            "clips.seconds",
            _("Length of each clip, in seconds"),
            "number",
            _(
                "1 to 600. Longer files are cut, shorter files are followed by silence. If empty: the length of the "
                "shortest file, at most 60 s."
            ),
        ),
        Field(
            "clips.channels",
            _("Channels"),
            "whole-choice",
            "",
            [("", _("stereo if all files are stereo, else mono")), ("1", _("mono")), ("2", _("stereo"))],
        ),
    ]
    named = _("Clips of one prompt are files of equal names in the folders of the systems.")
    if is_pair(content):
        choices = [("prompt", _("clips of the same prompt")), ("none", _("any clips"))]
        fields.append(Field("trial.match", _("Which two clips are compared"), "choice", named, choices))
    elif value_at(content, ("trial", "clips")) in (None, 1):
        choices = [("none", _("any clips")), ("prompt", _("clips of all systems for the same prompts"))]
        fields.append(Field("trial.match", _("Which clips an expert hears"), "choice", named, choices))
    note = _("Experts see the loudness over time and where they are in a clip. It may reveal how a clip was made.")
    fields.append(Field("trial.waveform", _("Show a waveform in the player"), "check", note))
    if form_of(content) != 1 or value_at(content, ("trial", "reference")) not in {None, "none"}:
        note = _(
            "All clips of a trial run together and repeat; pressing Play at another clip goes on with it at the same "
            "point. For versions of one piece, such as several renderings of it."
        )
        fields.append(Field("trial.synchronous", _("Switch between clips at the same point"), "check", note))
    yield Section(_("All clips"), fields)
    yield Section(_("Reference"), _reference(content, systems))


def _reference(content: Content, systems: list[tuple[str, str]]) -> list[Field]:
    fields = [
        Field(
            "trial.reference",
            _("Folder of the reference clips"),
            help=_(
                "Experts hear the reference, marked as such, before the clips of each trial. Its files are named as "
                "those of the systems. If empty: no reference. If x: one of two clips again, as X (ABX)."
            ),
            reloads=True,
        )
    ]
    if value_at(content, ("trial", "reference")) not in {None, "none"}:
        note = _("The reference is a system too, and its clips are rated without a mark.")
        fields.append(Field("trial.hidden_reference", _("Also among the clips"), "check", note, reloads=True))
    if form_of(content) == "all":
        note = _(
            "Systems of known quality, such as low-pass filtered copies: rated, but not under test. Put the one of the "
            "lowest quality first in the list of systems."
        )
        others = [pair for pair in systems if pair[0] != value_at(content, ("trial", "reference"))]
        fields.append(Field("trial.anchors", _("Anchors"), "several", note, others))
    return fields


def _questions(content: Content, language: str) -> Iterator[Section]:
    for number in _rows(content, "questions"):
        path = f"questions.{number}"
        name = title_of(content, path, language, _("Question"))
        kind = value_at(content, ("questions", number, "kind"))
        others = {"preference": _preference(content, number), "choice": _choice(content), "text": _text()}
        yield Section(name, under(path, *others.get(str(kind), _rating())), path, name)
        if kind == "choice":
            yield from _answers(content, language, path, systems_of(content, language))
    yield Section(_("Add a question"), [], adds=_new_questions(content))
    yield from _attention_checks(content, language)


def _new_questions(content: Content) -> list[tuple[str, str]]:
    """The questions that can be added, for the form of the trials."""
    presets = [(f"questions:{name}", str(words[0])) for name, words in SCALES.items()]
    adds = [("questions:", _("Empty rating scale")), *presets]
    if is_pair(content):
        adds = [("questions:preference", _("Preference"))]
    return [*adds, ("questions:human", _("Human or computer")), ("questions:text", _("Answer in words"))]


def _attention_checks(content: Content, language: str) -> Iterator[Section]:
    for number in _rows(content, "attention_checks"):
        path = f"attention_checks.{number}"
        name = title_of(content, path, language, _("Attention check"))
        rows = enumerate(value_at(content, ("attention_checks", number, "choices")) or ())
        choices = [
            (str(row.get("key")), title_of(content, f"{path}.choices.{at}", language, _("Choice"))) for at, row in rows
        ]
        fields = under(
            path,
            texts("label", _("Question"), help=_("It says which answer is right, such as: Please choose 2 here")),
            Field("right", _("Right answer"), "choice", choices=choices),
            Field("times", _("Times per session"), "whole", _("If empty: 1.")),
            Field("key", _("Name in the data"), help=_("Lower-case letters, digits and underscores.")),
        )
        yield Section(name, fields, path, name)
        yield from _answers(content, language, path, [])
    note = _(
        "A question that shows who answers without reading. It is asked below the other questions of trials drawn at "
        "random, differently for each expert, and must be answered. Experts do not learn whether they were right. "
        "Nobody is excluded unless the analysis plan says so. Say in the consent text that there are attention checks."
    )
    yield Section(_("Attention checks"), [], adds=[("attention_checks:", _("Add an attention check"))], note=note)


def _text() -> list[Field]:
    note = _("Experts cannot continue without an answer. Otherwise they may leave it empty.")
    return [*_named(), Field("required", _("An answer is required"), "check", note)]


def _choice(content: Content) -> list[Field]:
    """The fields of a choice; with several clips in a trial also of what it is asked."""
    if form_of(content) == 1:
        return _named()
    ways = [("clip", _("of each clip")), ("trial", _("of the page, once"))]
    note = _("Experts answer for each clip. Of the page: the answer belongs to no system, so none is right.")
    return [*_named(), Field("of", _("How often it is asked"), "choice", note, ways)]


def _named() -> list[Field]:
    return [
        texts("label", _("Name")),
        texts("definition", _("Question")),
        Field("key", _("Name in the data"), help=_("Lower-case letters, digits and underscores.")),
    ]


def _answers(content: Content, language: str, path: str, systems: list[tuple[str, str]]) -> Iterator[Section]:
    """The choices of a question, and for which systems each of them is right where the question is of that kind."""
    right = Field("right_for", _("The right answer for (none: answers are neither right nor wrong)"), "several")
    for choice in _rows(content, *path_of(path), "choices"):
        below = f"{path}.choices.{choice}"
        called = title_of(content, below, language, _("Choice"))
        fields = [texts("label", _("Choice")), Field("key", _("Name in the data"))]
        if path.startswith("questions"):
            fields.append(replace(right, choices=systems))
        yield Section(called, under(below, *fields), below, called, level=3)
    yield Section("", [], adds=[(f"{path}.choices:", _("Add a choice"))])


def _rating() -> list[Field]:
    return [
        texts("label", _("Name")),
        texts("definition", _("Question")),
        Field("minimum", _("Lowest rating"), "whole"),
        Field("maximum", _("Highest rating"), "whole", _("Up to 11 points are buttons, more are a slider.")),
        texts("low", _("End label of the lowest rating")),
        texts("high", _("End label of the highest rating")),
        texts(
            "labels",
            _("Words of the points, one per line from the lowest rating (optional)"),
            kind="labels",
            help=_("At most 11 points. Leave the line of a point without a word empty. The ends are the end labels."),
        ),
        Field("key", _("Name in the data"), help=_("Lower-case letters, digits and underscores.")),
    ]


def _preference(content: Content, number: int) -> list[Field]:
    forms = [
        ("binary", _("one of the two")),
        ("ties", _("one of the two, or no preference")),
        ("graded", _("seven steps, from -3 to 3")),
    ]
    has_middle = value_at(content, ("questions", number, "form")) != "binary"
    return [
        texts("label", _("Name")),
        texts("definition", _("Question")),
        Field("form", _("What can be answered"), "choice", choices=forms, reloads=True),
        texts("low", _("Words for the first clip")),
        *([texts("middle", _("Words for no preference"))] if has_middle else []),
        texts("high", _("Words for the second clip")),
        Field("key", _("Name in the data"), help=_("Lower-case letters, digits and underscores.")),
    ]


def _words(content: Content, language: str) -> Iterator[Section]:
    note = _("What experts read before the first clip. Say what they will hear, and that they can stop at any time.")
    yield Section(_("Instructions"), [texts("instructions", _("Text"), kind="paragraphs")], note=note)
    note = _(
        "Say what happens to the data, how long they are kept, and that experts can stop at any time. An empty line "
        "starts a paragraph."
    )
    fields = [
        texts("consent.text", _("Text"), kind="paragraphs"),
        Field("consent.version", _("Version"), help=_("Stored with each consent. Change it when the text changes.")),
    ]
    yield Section(_("Consent"), fields, note=note)
    yield Section(_("Known songs"), _known(content))


def _known(content: Content) -> list[Field]:
    choices = [
        ("", _("the usual words: “I knew this song before this study”")),
        ("own", _("words of this study")),
        ("no", _("it is not asked")),
    ]
    asked = Field("known", _("Experts tick a box where they know the song"), "wording", choices=choices, reloads=True)
    has_words = isinstance(value_at(content, ("known",)), dict)
    return [asked, texts("known", _("Words beside the box"))] if has_words else [asked]


def _people(content: Content, language: str) -> Iterator[Section]:
    for number in _rows(content, "groups"):
        path = f"groups.{number}"
        name = title_of(content, path, language, _("Group"))
        slots = Field("slots", _("Slots"), "whole", _("The maximum number of experts in this group."))
        fields = under(path, texts("label", _("Name")), slots, Field("key", _("Name in the data")))
        yield Section(name, fields, path, name)
    yield Section("", [], adds=[("groups:", _("Add a group"))])
    for number in _rows(content, "background"):
        yield from _background(content, language, number)
    presets = [(f"background:{name}", str(words[0])) for name, words in BACKGROUND.items()]
    note = _("Ask few questions: in a small field of experts, few answers are enough to identify a person.")
    adds = [("background:", _("Empty question")), *presets]
    yield Section(_("Add a background question"), [], adds=adds, note=note)
    zone_help = _("Such as Asia/Shanghai: for e-mails and printed links. If empty, e-mails use UTC.")
    yield Section(_("Times"), [Field("time_zone", _("Time zone of the experts"), help=zone_help)])
    note = _("An address that gives free slots to people without an invitation. If all is empty, there is none.")
    yield Section(_("Open link"), _open_link(), note=note)


def _open_link() -> list[Field]:
    return [
        Field(
            "open_link.hours",
            _("Hours after which a slot can be given again"),
            "whole",
            _("To another person, if the expert has not finished and was away for so long."),
        ),
        Field(
            "open_link.identifier",
            _("Parameter of the address that says who comes"),
            help=_("Such as PROLIFIC_PID. If empty, experts can continue in the same browser only."),
        ),
        Field("open_link.completion_code", _("Completion code on the last page")),
        Field(
            "open_link.completion_url",
            _("Address of the button on the last page"),
            help=_("https://…; {identifier} in it stands for who comes."),
        ),
        Field("open_link.screened_out_code", _("Code for people who get no slot")),
        Field(
            "open_link.screened_out_url",
            _("Address of the button for people who get no slot"),
            help=_("https://…; {identifier} in it stands for who comes."),
        ),
    ]


def _background(content: Content, language: str, number: int) -> Iterator[Section]:
    path = f"background.{number}"
    name = title_of(content, path, language, _("Background question"))
    kinds = [("choice", _("one of several choices")), ("number", _("a whole number")), ("text", _("words"))]
    fields = under(
        path,
        texts("label", _("Question")),
        Field("kind", _("What can be answered"), "choice", choices=kinds, reloads=True),
        Field("required", _("An answer is required"), "check"),
        Field("key", _("Name in the data")),
    )
    yield Section(name, fields, path, name)
    if value_at(content, ("background", number, "kind")) == "choice":
        yield from _answers(content, language, path, [])


def _plan(content: Content, language: str) -> Iterator[Section]:
    heard = Field("design.heard_per_expert", _("Clips per system that each expert hears"), "whole")
    if is_pair(content):
        heard = Field("design.rounds", _("How often each expert hears each pair of systems"), "whole")
    repeats = _("Trials that come a second time, without a mark: they show how well experts agree with themselves.")
    fields = [
        heard,
        Field("design.repeats", _("Hidden repeats"), "whole", repeats),
        Field("design.practice", _("Practice trials"), "whole", _("Before the first trial; not part of the data.")),
        Field("design.break_after", _("Break after trial"), "whole-or-half", _("A trial number, half, or 0 for none.")),
        Field(
            "design.grace_hours",
            _("Grace period in hours"),
            "whole",
            _("Ratings given before the end may arrive during this time. If empty: 48."),
        ),
    ]
    yield Section(_("Session"), fields)
    yield from _analysis(content, language)


def _analysis(content: Content, language: str) -> Iterator[Section]:
    asked = [
        (str(row.get("key")), title_of(content, f"questions.{n}", language, _("Question")))
        for n, row in enumerate(content.get("questions", ()))
        if row.get("kind") != "text"
    ]
    note = _("The analysis plan is frozen with the study. Reports mark all other analyses as exploratory.")
    fields = [
        Field("analysis.primary_scale", _("Primary question"), "choice", choices=asked),
        Field(
            "analysis.smallest_gap",
            _("Smallest effect size of interest (SESOI)"),
            "number",
            _("In points of the scale; of a choice with right answers, d′; of a preference, a difference in strength."),
        ),
        Field("analysis.alpha", _("Significance level (α)"), "number"),
        texts("analysis.hypotheses", _("Hypotheses, one per line"), kind="lines"),
        texts("analysis.exclusions", _("Exclusion rules"), kind="paragraphs"),
        *_failed_checks(content),
        *_post_screening(content),
        texts("analysis.dropouts", _("Drop-outs"), kind="paragraphs", help=_("How their ratings are treated.")),
    ]
    yield Section(_("Analysis plan"), fields, note=note)
    systems = systems_of(content, language)
    for number in _rows(content, "analysis", "contrasts"):
        name = _("Planned contrast %(number)d") % {"number": number + 1}
        path = f"analysis.contrasts.{number}"
        both = under(
            path,
            Field("0", _("First system"), "choice", choices=systems),
            Field("1", _("Second system"), "choice", choices=systems),
        )
        yield Section(name, both, path, name, level=3)
    yield Section("", [], adds=[("analysis.contrasts:", _("Add a planned contrast"))])
    note = _("For archives, in the metadata of the dataset. Experts see nothing of it.")
    yield Section(_("Publication of the data"), _publication(), note=note)


def _publication() -> list[Field]:
    licenses = [("", _("not decided")), *((key, name) for key, (name, _address) in LICENSES.items())]
    return [
        Field(
            "publication.authors",
            _("Authors, one per line"),
            "lines",
            _("Family name, given name (ORCID iD), such as Zhang, Wei (0000-0002-1825-0097)."),
        ),
        Field("publication.publisher", _("Publisher, such as the archive")),
        Field("publication.license", _("License of the data"), "choice", choices=licenses),
    ]


def _failed_checks(content: Content) -> list[Field]:
    """Where experts are asked attention checks, after how many wrong answers they are excluded."""
    asked, rule = content.get("attention_checks"), value_at(content, ("analysis", "failed_checks"))
    if not asked and rule is None:
        return []
    label = _("Exclude experts who fail so many attention checks")
    note = _("If empty, nobody is excluded for them. The exclusion rules above should say the same.")
    return [Field("analysis.failed_checks", label, "whole", note)]


def _post_screening(content: Content) -> list[Field]:
    """Where copies of the reference are rated, whether experts are excluded by their ratings of them."""
    if value_at(content, ("trial", "hidden_reference")) is not True or is_pair(content):
        return []
    label = _("Exclude experts by post-screening")
    note = _("By their ratings of the hidden reference and of mid-range anchors, as in ITU-R BS.1534-3.")
    return [Field("analysis.post_screening", label, "check", note)]


PAGES: dict[str, Callable[[Content, str], Iterator[Section]]] = {
    "start": _start,
    "clips": _clips,
    "questions": _questions,
    "words": _words,
    "people": _people,
    "plan": _plan,
}


def sections_of(step: str, content: Content) -> list[Section]:
    """What a page shows of a draft. Entries are called by their labels in the dashboard's language, if they have any.

    If the draft does not have that language, they are called by those in its first one.
    """
    page, languages, here = PAGES.get(step), languages_of(content), get_language() or ""
    return list(page(content, here if here in languages else languages[0])) if page else []


def fields_of(step: str, content: Content) -> dict[str, Field]:
    """The fields of a page by the names of their elements."""
    languages = languages_of(content)
    every = [one for section in sections_of(step, content) for one in section.fields]
    return {name: one for one in every for name in names_of(one, languages)}
