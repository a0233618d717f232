"""Descriptors of a dataset: Psych-DS, Frictionless Data Package 1, CSVW."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from formats.dataset import SCHEMA, Column, Kind, Table, Texts, View
from formats.messages import LANGUAGES, SOURCE, language_tag
from formats.publication import LICENSES
from formats.text import one_line
from study.dataset.readme import warning
from study.dataset.tables import file_stem
from study.models import Study

FRICTIONLESS: dict[Kind, str] = {"text": "string", "integer": "integer", "number": "number", "time": "datetime"}
CSVW: dict[Kind, str] = {"text": "string", "integer": "integer", "number": "number", "time": "dateTimeStamp"}


def psych_ds(study: Study, tables: list[Table], view: View, since: dict[str, Any] | None = None) -> dict[str, Any]:
    """dataset_description.json: the Psych-DS fields, and what `analyse` needs.

    The context makes every key a word of schema.org but our own, which JSON-LD then passes over.
    """
    columns = {column.name: column for table in tables for column in table.columns}
    file = study.file.as_json()
    return {
        "@context": {"@vocab": "http://schema.org/", "mukulen": None},
        "@type": "Dataset",
        "name": study.text("title", SOURCE),
        "description": about(study),
        **_published_by(study),
        "variableMeasured": [_variable(column) for column in columns.values()],
        "mukulen": {
            "schema": SCHEMA,
            "study": file_stem(study.slug),
            "slug": study.slug,
            "title": study.file.title,
            "simulated": study.simulated,
            "unsealed": not study.sealed,
            "real_system": None if study.sealed else study.file.real_system,
            **{key: file[key] for key in ("scales", "groups", "background")},
            **({"questions": _questions(study, view)} if file.get("questions") else {}),
            **({"attention_checks": file["attention_checks"]} if file.get("attention_checks") else {}),
            "systems": _systems(study, view),
            "plan_sha256": study.plan_sha256,
            "analysis": file["analysis"],
            "since_last": since,
        },
    }


def about(study: Study) -> str:
    """One sentence on the whole."""
    title = one_line(study.text("title", SOURCE))
    return f"Ratings of “{title}”. {warning(study)}codebook.md describes every column."


def _variable(column: Column) -> dict[str, Any]:
    more = {"unitText": column.unit or None, "minValue": column.minimum, "maxValue": column.maximum}
    given = {key: value for key, value in more.items() if value is not None}
    return {"@type": "PropertyValue", "name": column.name, "description": column.meaning[SOURCE], **given}


def _systems(study: Study, view: View) -> list[dict[str, Any]]:
    """The systems in the study file's order with their codes; blinded, none."""
    if view == "sealed":
        return []
    if view == "coded":
        codes = study.systems.order_by("code").values_list("code", flat=True)
        return [{"id": code, "label": dict.fromkeys(study.file.languages, code)} for code in codes]
    code_of = dict(study.systems.values_list("system_id", "code"))
    return [{"id": system.id, "code": code_of[system.id], "label": system.label} for system in study.file.systems]


def _questions(study: Study, view: View) -> list[dict[str, Any]]:
    """The questions beyond scales; what is right for which system only after unblinding."""
    questions: list[dict[str, Any]] = study.file.as_json()["questions"]
    if view == "open":
        return questions
    for question in questions:
        for choice in question.get("choices", []):
            choice.pop("right_for", None)
    return questions


def ignored(names: list[str]) -> str:
    """.psychdsignore: what in the folder is not of Psych-DS's own kinds."""
    return "".join(f"/{name}\n" for name in names)


def _published_by(study: Study) -> dict[str, Any]:
    """Authors and license by the words of schema.org, where the study file names them."""
    known = study.file.publication
    if known is None:
        return {}
    people = [
        {"@type": "Person", "name": one.name, **({"@id": one.address} if one.address else {})} for one in known.people
    ]
    return {
        **({"author": people} if people else {}),
        **({"license": LICENSES[known.license][1]} if known.license else {}),
    }


def datapackage(study: Study, tables: list[Table]) -> dict[str, Any]:
    """datapackage.json: types, bounds, keys and references of every table."""
    return {
        "profile": "tabular-data-package",
        "name": study.slug,
        "title": study.text("title", SOURCE),
        "description": about(study),
        **_package_roles(study),
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": resource_name(table.path),
                "path": table.path,
                "title": table.title[SOURCE],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"lineTerminator": "\n"},
                "schema": _table_schema(table),
            }
            for table in tables
        ],
    }


def _package_roles(study: Study) -> dict[str, Any]:
    """Contributors and licenses as Frictionless names them."""
    known = study.file.publication
    if known is None:
        return {}
    people = [
        {"title": one.name, "role": "author", **({"path": one.address} if one.address else {})} for one in known.people
    ]
    found: dict[str, Any] = {"contributors": people} if people else {}
    if known.license:
        title, address = LICENSES[known.license]
        found["licenses"] = [{"name": known.license, "path": address, "title": title}]
    return found


def resource_name(path: str) -> str:
    """A table's name in the package: that of its file, in small letters."""
    return PurePosixPath(path).stem.lower()


def _table_schema(table: Table) -> dict[str, Any]:
    foreign = [
        {"fields": column, "reference": {"resource": resource_name(other), "fields": column}}
        for column, other in table.refers.items()
    ]
    return {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
        **({"foreignKeys": foreign} if foreign else {}),
    }


def _field(column: Column) -> dict[str, Any]:
    limits: dict[str, Any] = {"required": True} if column.required else {}
    limits |= {} if column.minimum is None else {"minimum": column.minimum}
    limits |= {} if column.maximum is None else {"maximum": column.maximum}
    if column.closed:
        limits["enum"] = [int(value) if column.kind == "integer" else value for value in column.values]
    return {
        "name": column.name,
        "type": FRICTIONLESS[column.kind],
        **({"format": "any"} if column.kind == "time" else {}),
        **{
            "description" if language == SOURCE else f"description_{language}": _described(column, language)
            for language in LANGUAGES
        },
        **({"unit": column.unit} if column.unit else {}),
        **({"constraints": limits} if limits else {}),
    }


def csvw(study: Study, tables: list[Table]) -> dict[str, Any]:
    """csv-metadata.json: the same as CSV on the Web, one group of tables."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": SOURCE}],
        "dc:title": study.text("title", SOURCE),
        "dc:description": about(study),
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": "\n"},
        "tables": [
            {
                "url": table.path,
                "dc:title": _in_all(table.title),
                "tableSchema": {
                    "columns": [_csvw_column(column) for column in table.columns],
                    "primaryKey": list(table.key),
                    "foreignKeys": [
                        {"columnReference": column, "reference": {"resource": other, "columnReference": column}}
                        for column, other in table.refers.items()
                    ],
                },
            }
            for table in tables
        ],
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    base = CSVW[column.kind]
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    given = {key: value for key, value in bounds.items() if value is not None}
    return {
        **({"name": column.name} if column.name.isidentifier() else {}),
        "titles": column.name,
        "dc:description": _in_all({language: _described(column, language) for language in column.meaning}),
        "datatype": {"base": base, **given} if given else base,
        **({"required": True} if column.required else {}),
    }


def _in_all(texts: Texts) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language_tag(code)} for code, text in texts.items()]


def _described(column: Column, language: str) -> str:
    """Meaning, unit and coding in one text."""
    label = f"{column.label[language]}: " if column.label else ""
    coding = f" [{column.coding(language)}]" if column.values else ""
    unit = f" ({column.unit})" if column.unit else ""
    return f"{label}{column.meaning[language]}{unit}{coding}"
