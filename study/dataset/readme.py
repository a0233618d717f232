"""What a dataset says of itself to people: its codebook and its README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formats.dataset import KINDS, Table, Texts
from formats.messages import LANGUAGES, NP_, SOURCE, LazyText
from formats.study_file import AttentionCheck, ChoiceQuestion, Group, Numbered, Publication, Scale
from formats.text import one_line
from study.dataset.taken import since_in_words
from study.models import Study
from study.sequences import is_cut

#: The heads of the codebook for people: in all languages at once, then one column a language.
HEADS = [
    LazyText(head)
    for head in (
        NP_("codebook", "column"),
        NP_("codebook", "kind"),
        NP_("codebook", "unit"),
        NP_("codebook", "bounds"),
    )
]
CODING, MEANING = LazyText(NP_("codebook", "coding")), LazyText(NP_("codebook", "meaning"))
#: In a group of fewer people than this, answers about oneself may say who one is.
FEW = 5


def small_groups(study: Study) -> list[tuple[Group, int]]:
    """Groups with 1 to 4 experts in the dataset, with their numbers."""
    codes = list(study.experts.filter(withdrawn_at=None).values_list("group", flat=True))
    counts = [(group, codes.count(group.key)) for group in study.file.groups]
    return [(group, count) for group, count in counts if 0 < count < FEW]


def beside(text: Texts, between: str = " / ") -> str:
    """A text in every language at once."""
    return between.join(dict.fromkeys(text[language] for language in LANGUAGES))


def people(count: int) -> str:
    """1 person, 2 people."""
    return f"{count} {'person' if count == 1 else 'people'}"


def warning(study: Study) -> str:
    """The sentence that a simulated study's dataset begins with."""
    return "SIMULATED: no person gave these ratings. " if study.simulated else ""


def readme(study: Study, tables: list[Table], since: dict[str, Any] | None = None) -> str:
    """What lies in the folder, for a reader who has nothing else."""
    sealed = "sealed: it does not say which clip or system was rated" if study.sealed else "unsealed: systems by name"
    small = [
        f"Group {group.key} has {people(count)}, fewer than {FEW}: who knows the field may tell from the background "
        "answers who they are. Think before you publish experts.csv and remarks.csv."
        for group, count in small_groups(study)
    ]
    lines = [
        f"# {one_line(study.text('title', SOURCE))}",
        "",
        f"{warning(study)}Dataset of the study `{study.slug}` in the form of Psych-DS, {sealed}.",
        "",
        *(f"- `{table.path}`: {beside(table.title)}" for table in tables),
        "- `codebook.md`: every column, its unit, coding and meaning, in English and Chinese",
        "- `dataset_description.json` (Psych-DS), `datapackage.json` (Frictionless), `csv-metadata.json` (CSVW):",
        "  the same for programs",
        "- `ro-crate-metadata.json` (RO-Crate), `datacite.json` (DataCite): for an archive",
        *_still_open(study),
        *_on_plan(study),
        "- `certificate.json`: the figures of the session plans' balance",
        "- `events.jsonl`: the study's log; each line carries the hash of the one before",
        "- `hashes.json`: SHA-256 of every file",
        "",
        "Experts who withdrew are left out of the tables; that they were invited and withdrew stays in the log.",
        "Of each answer the highest revision is given that the server took.",
        "Lines within a text end with LF. Where a text, a line of it, or what follows a semicolon or tab began with",
        "= + - or @, an apostrophe was added so that no spreadsheet takes it for a formula. Numbers are unchanged.",
        *(["", *small] if small else []),
        *(["", *changes] if (changes := since_in_words(since)) else []),
    ]
    return "\n".join(lines) + "\n"


def _still_open(study: Study) -> list[str]:
    """The line on what archives ask for and the study file does not name."""
    known = study.file.publication or Publication()
    asked = {"authors": known.authors, "publisher": known.publisher, "license": known.license}
    missing = [name for name, given in asked.items() if not given]
    return [f"  still to be added: {', '.join(missing)}"] if missing else []


def _on_plan(study: Study) -> list[str]:
    """The lines on plan.json, and on the session plans once they are published."""
    if is_cut(study):
        return [
            "- `plan.json`: the plan without its session plans, which are left out until the seal is opened; its",
            "  SHA-256 is another than the frozen plan's in dataset_description.json until then",
        ]
    lines = ["- `plan.json`: the plan as frozen (RFC 8785; its SHA-256 is in dataset_description.json)"]
    if not study.sealed:
        lines.append("- `sequences.json`: the session plans that plan.json commits to, and each expert's slot")
    return lines


def codebook_page(study: Study, tables: list[Table]) -> str:
    """The codebook for people, with the scales as the experts read them."""
    lines = ["# " + beside(LazyText("Codebook")), ""]
    heads = [*(beside(head, " ") for head in HEADS), *CODING.values(), *MEANING.values()]
    for table in tables:
        lines += [f"## {table.path}", "", f"{beside(table.title)}", ""]
        lines += [_table_line(heads), "|---" * len(heads) + "|", *_column_lines(table), ""]
    lines += ["## " + beside(LazyText("Scales as worded")), ""]
    lines += ["| scale | language | wording | label | definition | low | high |", "|---|---|---|---|---|---|---|"]
    every: list[Numbered | AttentionCheck] = [*study.file.numbered, *study.file.attention_checks]
    for scale in every:
        for language in study.file.languages:
            texts = [scale.label[language], scale.texts(language).get("definition", "")]
            version = scale.wording(language)
            lines.append(_table_line([scale.key, language, version, *texts, *_ends(scale, language)]))
    return "\n".join([*lines, ""])


def _ends(asked: Numbered | AttentionCheck, language: str) -> list[str]:
    """The words at both ends; in place of the first all answers of a choice, and all points that have labels."""
    if isinstance(asked, Scale) and asked.labels:
        return [asked.points_in_words(language), asked.high[language]]
    if isinstance(asked, ChoiceQuestion | AttentionCheck):
        return [asked.texts(language)["choices"], ""]
    return [f"{asked.minimum} = {asked.low[language]}", f"{asked.maximum} = {asked.high[language]}"]


def _column_lines(table: Table) -> Iterator[str]:
    for c in table.columns:
        bounds = "" if c.minimum is None else f"{c.minimum}–" if c.maximum is None else f"{c.minimum}–{c.maximum}"
        about = [beside(KINDS[c.kind], " "), c.unit, bounds, *map(c.coding, LANGUAGES)]
        yield _table_line([c.name, *about, *(c.meaning[language] for language in LANGUAGES)])


def _table_line(cells: list[str]) -> str:
    return "| " + " | ".join(one_line(cell).replace("|", "\\|") for cell in cells) + " |"
