"""What a dataset says of itself: its description, its codebook and its README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from study.dataset import codebook
from study.dataset.codebook import Column
from study.models import Study
from study.wording import wording_of

SCHEMA = 1
Tables = dict[str, list[Column]]


def file_stem(slug: str) -> str:
    """The slug as Psych-DS file names can hold it: without hyphens."""
    return slug.replace("-", "")


def description(study: Study, tables: Tables) -> dict[str, Any]:
    """dataset_description.json: Psych-DS's fields, and what this project's analysis needs to know."""
    title = study.text("title", "en")
    columns = {column.name: column for described in tables.values() for column in described}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": title,
        "description": f"Ratings of {title!r}. {_warning(study)}codebook.md describes every column.",
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": column.meaning["en"], "unitText": column.unit}
            for name, column in columns.items()
        ],
        "mukulen": {
            "schema": SCHEMA,
            "study": file_stem(study.slug),
            "slug": study.slug,
            "title": study.file["title"],
            "simulated": study.simulated,
            "unsealed": not study.sealed,
            "real_system": None if study.sealed else study.file["real_system"],
            "scales": study.file["scales"],
            "systems": _systems(study),
            "plan_sha256": study.plan_sha256,
            "analysis": study.file["analysis"],
        },
    }


def _systems(study: Study) -> list[dict[str, Any]]:
    """The systems in the study file's order, with the codes that plan.json has; while sealed the codes alone."""
    if study.sealed:
        codes = study.systems.order_by("code").values_list("code", flat=True)
        return [{"id": code, "label": dict.fromkeys(study.file["languages"], code)} for code in codes]
    code_of = dict(study.systems.values_list("system_id", "code"))
    return [{"id": row["id"], "code": code_of[row["id"]], "label": row["label"]} for row in study.file["systems"]]


def _warning(study: Study) -> str:
    return "SIMULATED: no person gave these ratings. " if study.simulated else ""


def readme(study: Study, tables: Tables) -> str:
    """What lies in the folder, for a reader who has nothing else."""
    sealed = "sealed: systems appear as codes" if study.sealed else "unsealed: systems appear by name"
    small = [
        f"Group {group['key']} has fewer than 5 people: think before publishing the background answers."
        for group in study.file["groups"]
        if study.experts.filter(group=group["key"], withdrawn_at=None).count() < 5
    ]
    lines = [
        f"# {study.text('title', 'en')}",
        "",
        f"{_warning(study)}Dataset of the study `{study.slug}` in the form of Psych-DS, {sealed}.",
        "",
        *(f"- `{name}`" for name in tables),
        "- `codebook.md`, `codebook.csv`: every column, its unit, coding and meaning",
        "- `plan.json`: the plan as frozen (RFC 8785; its SHA-256 is in dataset_description.json)",
        "- `certificate.json`: the figures of the session plans' balance",
        "- `events.jsonl`: the study's log; each line carries the hash of the one before",
        "- `hashes.json`: SHA-256 of every file",
        "",
        "Experts who withdrew are left out of the tables; that they were invited and withdrew stays in the log.",
        "Of each answer the last revision is given that the expert made before she finished.",
        "A free text that began with = + - or @ has an apostrophe before it: no spreadsheet takes it for a formula.",
        *(["", *small] if small else []),
    ]
    return "\n".join(lines) + "\n"


def codebook_rows(tables: Tables) -> Iterator[list[object]]:
    """The codebook for programs: a row for each column of each table."""
    for name, columns in tables.items():
        for c in columns:
            yield [name, c.name, c.kind, c.unit, c.coding, c.meaning["en"], c.meaning["zh-hans"]]


def codebook_page(study: Study, tables: Tables) -> str:
    """The codebook for people, with the scales as the experts read them."""
    lines = ["# Codebook", ""]
    for name, columns in tables.items():
        lines += [f"## {name}", "", "| column | kind | unit | coding | meaning | 含义 |", "|---|---|---|---|---|---|"]
        rows = ([c.name, c.kind, c.unit, c.coding, c.meaning["en"], c.meaning["zh-hans"]] for c in columns)
        lines += [*map(_table_line, rows), ""]
    lines += ["## Scales as worded", "", "| scale | language | wording | label | definition | ends |"]
    lines.append("|---|---|---|---|---|---|")
    for scale in study.file["scales"]:
        for language in study.file["languages"]:
            ends = codebook.coding_of(scale, language)
            wording = wording_of(study.file, scale["key"], language)
            cells = [scale["key"], language, wording, scale["label"][language], scale["definition"][language], ends]
            lines.append(_table_line(cells))
    return "\n".join([*lines, ""])


def _table_line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
