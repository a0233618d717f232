"""Metadata for archives, in which the authors fill in what the study does not know: RO-Crate 1.3 and DataCite 4."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

from formats.dataset import Table
from formats.messages import SOURCE, language_tag
from formats.publication import LICENSES, ORCID, Author
from formats.study_file import Publication
from study.dataset.descriptors import about
from study.models import Study

CRATE, DATACITE = "ro-crate-metadata.json", "datacite.json"
#: DataCite's own word for a value that is still to be given.
TO_BE_GIVEN = ":tba"
SUBJECTS = ["listening test", "music evaluation", "ratings"]
FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
}
#: What the files are that are not tables.
FILES = {
    "README.md": "Description of the folder",
    "certificate.json": "Balance certificate of the session plans",
    "codebook.md": "Codebook of every column, in English and Chinese",
    "csv-metadata.json": "The tables as CSV on the Web",
    "datacite.json": "DataCite metadata",
    "datapackage.json": "The tables as a Frictionless data package",
    "dataset_description.json": "Psych-DS metadata",
    "events.jsonl": "Event log; each line has the hash of the one before",
    "hashes.json": "SHA-256 of every file",
    "plan.json": "Frozen study plan",
    "sequences.json": "Session plans, and each expert's slot",
}
#: Written after these metadata, which it holds the hashes of.
LAST = "hashes.json"


def _published(study: Study) -> str:
    """The day that stands for the publication, in UTC: of unblinding, else of closing, opening or creation."""
    at = study.unsealed_at or study.closed_at or study.opened_at or study.created_at
    return at.astimezone(UTC).date().isoformat()


def ro_crate(study: Study, folder: Path, tables: list[Table]) -> dict[str, Any]:
    """ro-crate-metadata.json: what each file of the folder is, as linked data.

    Source: RO-Crate Metadata Specification 1.3 (researchobject.org/ro-crate). What the study file's [publication] lacks
    is for the depositor to give; the license says so, since a crate must have one.
    """
    known = study.file.publication or Publication()
    titles = FILES | {table.path: table.title[SOURCE] for table in tables}
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    files = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "description": titles[name],
            "encodingFormat": FORMATS[Path(name).suffix],
            **({"contentSize": str(sizes[name])} if name in sizes else {}),
        }
        for name in sorted({*sizes, LAST})
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": study.text("title", SOURCE),
        "description": about(study),
        "datePublished": _published(study),
        "license": {"@id": _license(known)["@id"]},
        **({"author": [{"@id": one["@id"]} for one in _people(known)]} if known.authors else {}),
        **({"publisher": {"@id": "#publisher"}} if known.publisher else {}),
        "keywords": SUBJECTS,
        "hasPart": [{"@id": file["@id"]} for file in files],
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.3"},
    }
    publisher = [{"@id": "#publisher", "@type": "Organization", "name": known.publisher}] if known.publisher else []
    graph = [descriptor, root, _license(known), *_people(known), *publisher, *files]
    return {"@context": "https://w3id.org/ro/crate/1.3/context", "@graph": graph}


def _license(known: Publication) -> dict[str, Any]:
    """The license as an entity of the crate."""
    if not known.license:
        return {
            "@id": "#license",
            "@type": "CreativeWork",
            "name": "No license given yet",
            "description": "The authors have not yet said under which license this dataset may be used.",
        }
    name, address = LICENSES[known.license]
    return {"@id": address, "@type": "CreativeWork", "name": name, "identifier": known.license, "description": name}


def _people(known: Publication) -> list[dict[str, Any]]:
    """The authors as entities of the crate."""
    return [
        {"@id": one.address or f"#author-{number}", "@type": "Person", "name": one.name}
        for number, one in enumerate(known.people, start=1)
    ]


def datacite(study: Study) -> dict[str, Any]:
    """datacite.json: the metadata of a DOI, with ":tba" for creators and publisher that the study file does not name.

    Source: DataCite Metadata Schema 4.5 (schema.datacite.org).
    """
    known = study.file.publication or Publication()
    days = [at.astimezone(UTC).date().isoformat() for at in (study.opened_at, study.closed_at) if at]
    plan = {"alternateIdentifier": study.plan_sha256, "alternateIdentifierType": "SHA-256 of the study plan"}
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Ratings of a listening study"},
        "creators": [_creator(author) for author in known.people] or [{"name": TO_BE_GIVEN}],
        "titles": [{"title": text, "lang": language_tag(code)} for code, text in study.file.title.items()],
        "publisher": {"name": known.publisher or TO_BE_GIVEN},
        "publicationYear": _published(study)[:4],
        "subjects": [{"subject": subject} for subject in SUBJECTS],
        "dates": [{"date": "/".join(days), "dateType": "Collected"}] if days else [],
        "descriptions": [{"description": about(study), "descriptionType": "Abstract", "lang": SOURCE}],
        "formats": sorted(set(FORMATS.values())),
        "alternateIdentifiers": [plan] if study.plan_sha256 else [],
        **({"rightsList": [_rights(known.license)]} if known.license else {}),
    }


def _creator(author: Author) -> dict[str, Any]:
    if not author.orcid:
        return {"name": author.name}
    scheme = {"nameIdentifierScheme": "ORCID", "schemeUri": ORCID.removesuffix("/")}
    return {"name": author.name, "nameIdentifiers": [{"nameIdentifier": author.address, **scheme}]}


def _rights(license_id: str) -> dict[str, str]:
    name, address = LICENSES[license_id]
    return {
        "rights": name,
        "rightsUri": address,
        "rightsIdentifier": license_id,
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": "https://spdx.org/licenses/",
    }
