"""Whether a dataset says of itself what other people's programs understand: Frictionless, CSVW, Psych-DS,
RO-Crate and DataCite."""

from __future__ import annotations

import csv
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from formats.publication import author_of
from study import clock, dataset, services
from study.dataset.deposit import CRATE, DATACITE
from study.models import Study
from study.simulation import simulate
from tests.factories import checks_toml, context_of, make_study, pair_toml, several_choices_toml, trials_of
from tests.study.test_builder_content import PUBLICATION
from tests.study.test_dataset import LONG, rated_study, unseal

pytestmark = pytest.mark.django_db
SYSTEMS = ("midi-gan", "mlstm", "real")


@pytest.fixture(params=["sealed", "unsealed", "empty"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A dataset with remarks, a background and one expert who did not finish; or one that nobody has rated in.

    The study that is unsealed names its authors.
    """
    if request.param == "empty":
        study = make_study(tmp_path)
    else:
        study = rated_study(tmp_path, PUBLICATION if request.param == "unsealed" else "")
        remark_on(study)
    if request.param == "unsealed":
        unseal(study)
    dataset.export(study, tmp_path / "out")
    return tmp_path / "out"


def test_descriptions_have_the_title_as_it_is_written(tmp_path: Path) -> None:
    study = make_study(tmp_path)
    title = "Écoute\u00a0: l'été “d'ici” \u2067שיר\u2069 🎵"
    study.file = study.file.model_copy(update={"title": {"en": title}})
    study.save()
    dataset.export(study, tmp_path / "out")
    for name in (CRATE, DATACITE, "datapackage.json", "dataset_description.json", "csv-metadata.json"):
        said = json.loads((tmp_path / "out" / name).read_text(encoding="utf-8"))
        assert f"Ratings of “{title}”. " in json.dumps(said, ensure_ascii=False).replace('\\"', '"'), name


def remark_on(study: Study) -> None:
    expert = study.experts.get(code="e02")
    trial = trials_of(expert)[0]
    services.save_remark(
        context_of(expert, trial),
        known=True,
        comment='=a "lullaby", 敖登挂',
        revision=1,
        client_uuid=uuid4(),
        given_at=clock.now(),
    )


def spoil(folder: Path, old: str, new: str) -> None:
    """Changes the first line of the ratings that has it."""
    text = (folder / LONG).read_text(encoding="utf-8")
    assert old in text
    (folder / LONG).write_text(text.replace(old, new, 1), encoding="utf-8")


def frictionless_faults(folder: Path) -> list[str]:
    from frictionless import Package

    report = Package(str(folder / "datapackage.json")).validate()
    return [error.message for task in report.tasks for error in task.errors] + [e.message for e in report.errors]


def test_frictionless_finds_nothing_wrong(folder: Path) -> None:
    assert frictionless_faults(folder) == []


def test_validators_take_preferences_beside_choices(tmp_path: Path) -> None:
    text = checks_toml(several_choices_toml(pair_toml(systems=SYSTEMS, form="ties", practice=0, clips=3), SYSTEMS))
    study = make_study(tmp_path, text=text, systems=SYSTEMS, clips=3, practice=0)
    dataset.export(simulate(study, 1, replace=False), tmp_path / "out")
    assert (frictionless_faults(tmp_path / "out"), csvw_faults(tmp_path / "out")) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",valence,3,", ",valence,6,", "maximum"),
        (",valence,3,", ",wonder,3,", "enum"),
        ("e01,", "e09,", "expert_id"),
        ("T", "x", "datetime"),
    ],
)
def test_frictionless_sees_what_is_spoilt(tmp_path: Path, old: str, new: str, said: str) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    spoil(tmp_path / "out", old, new)
    assert any(said in fault for fault in frictionless_faults(tmp_path / "out"))


def csvw_faults(folder: Path) -> list[str]:
    """What the validator warns of or stops at: schema, types, bounds, keys and references."""
    from csvw import CSVW

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            package = CSVW(str(folder / "csv-metadata.json"), validate=True)
            valid = package.is_valid
        except ValueError as error:
            return [str(error)]
    found = [str(warning.message) for warning in (*package.warnings, *warned) if warning.category is UserWarning]
    return found if valid else [*found, "not valid"]


def test_csvw_finds_nothing_wrong(folder: Path) -> None:
    assert csvw_faults(folder) == []


@pytest.mark.parametrize(
    ("old", "new"), [(",valence,3,", ",valence,6,"), (",valence,3,", ",valence,,"), ("e01,", "e09,")]
)
def test_csvw_sees_what_is_spoilt(tmp_path: Path, old: str, new: str) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    spoil(tmp_path / "out", old, new)
    assert csvw_faults(tmp_path / "out") != []


#: What Psych-DS's published schema asks for (github.com/psych-ds/psych-DS, 1.x): file names and their keywords, fields
#: of the metadata as words of schema.org, and that they name every column. Its validator is a program for Deno, and no
#: package of it can be installed with pip or npm, so its rules are checked here one by one.
DATA_FILE = r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv"
KEYWORDS = {"study", "site", "subject", "session", "task", "condition", "trial", "stimulus", "description"}
FIELDS = ("name", "description", "variableMeasured")
KNOWN_FILES = {"README.md", "dataset_description.json", ".psychdsignore"}
SCHEMA_ORG = "http://schema.org/"


def psych_ds_faults(folder: Path) -> Iterator[str]:
    """Everything in which the folder departs from the schema, recommended fields of the metadata aside."""
    content = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    described = set(variables(content))
    triples = expanded(content)
    names = {predicate.removeprefix(SCHEMA_ORG) for predicate, _ in triples if predicate.startswith(SCHEMA_ORG)}
    yield from (f"no {field}" for field in FIELDS if field not in names)
    yield from (f"not of schema.org: {p}" for p, _ in triples if not p.startswith((SCHEMA_ORG, RDF)))
    if (f"{RDF}type", f"{SCHEMA_ORG}Dataset") not in triples:
        yield "no Dataset"
    data = sorted((folder / "data").rglob("*"))
    if not data:
        yield "no data"
    for path in data:
        yield from data_file_faults(path, described)
    ignored = (folder / ".psychdsignore").read_text(encoding="utf-8").split()
    for path in folder.iterdir():
        if path.is_file() and path.name not in KNOWN_FILES and f"/{path.name}" not in ignored:
            yield f"not checked: {path.name}"


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def expanded(content: dict[str, Any]) -> set[tuple[str, str]]:
    """(property, value) of everything that a program reads in the metadata as linked data."""
    from rdflib import Graph

    graph = Graph().parse(data=json.dumps(content), format="json-ld")
    return {(str(predicate), str(value)) for _, predicate, value in graph}


def variables(content: dict[str, Any]) -> list[str]:
    return [variable["name"] for variable in content["variableMeasured"]]


def data_file_faults(path: Path, described: set[str]) -> Iterator[str]:
    if not re.fullmatch(DATA_FILE, path.name):
        yield f"name: {path.name}"
    pairs = (part.split("-") for part in path.name.removesuffix("_data.csv").split("_"))
    yield from (f"keyword: {pair[0]}" for pair in pairs if pair[0] not in KEYWORDS)
    with path.open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream)
    yield from (f"column: {name}" for name in header if name not in described)
    if len(set(header)) < len(header) or any(len(line) != len(header) for line in lines):
        yield f"shape: {path.name}"


def test_psych_ds_finds_nothing_wrong(folder: Path) -> None:
    assert list(psych_ds_faults(folder)) == []


def test_what_is_spoilt_for_psych_ds_is_seen(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    path = tmp_path / "out" / "dataset_description.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["variableMeasured"].pop(0)
    path.write_text(json.dumps({**content, "@context": {}, "@type": "Thing"}), encoding="utf-8")
    (tmp_path / "out" / "data" / "Ratings.csv").write_text("a,b\n1\n", encoding="utf-8")
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    found = set(psych_ds_faults(tmp_path / "out"))
    assert {"no name", "no Dataset", "name: Ratings.csv", "column: expert_id", "not checked: notes.txt"} <= found


def crate_faults(folder: Path) -> set[str]:
    """What the validator finds against RO-Crate 1.3, without a network.

    It asks for the context over the network, so that it is given the copy of `rocrate`, of the same version.
    """
    import rocrate
    from rdflib.plugins.shared.jsonld import context
    from rocrate_validator import services
    from rocrate_validator.models import ValidationSettings
    from rocrate_validator.utils import document_loader, http

    copy = json.loads((Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text(encoding="utf-8"))
    assert copy["@id"] == json.loads((folder / CRATE).read_text(encoding="utf-8"))["@context"]
    answer = SimpleNamespace(
        status_code=200, ok=True, text=json.dumps(copy), headers={"Content-Type": "application/ld+json"}
    )
    answer.json, answer.content = lambda: copy, answer.text.encode()
    settings = ValidationSettings(rocrate_uri=str(folder), profile_identifier="ro-crate-1.3", no_cache=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document_loader, "_fetch_json_ld", lambda url: copy)
        patch.setattr(context, "source_to_json", lambda *asked: (copy, None))
        patch.setattr(http.HttpRequester, "get", lambda *asked, **how: answer, raising=False)
        return {issue.message for issue in services.validate(settings).get_issues()}


def test_ro_crate_validator_finds_what_is_spoilt_alone(tmp_path: Path) -> None:
    study = rated_study(tmp_path)
    unseal(study)
    dataset.export(study, tmp_path / "out")
    (tmp_path / "out" / "plan.json").unlink()
    (fault,) = crate_faults(tmp_path / "out")
    assert "plan.json" in fault


def test_datacite_finds_nothing_wrong(folder: Path) -> None:
    from datacite import schema45

    content = json.loads((folder / DATACITE).read_text(encoding="utf-8"))
    assert [error.message for error in schema45.validator.iter_errors(content)] == []
    written = schema45.tostring(content)
    names = [":tba"] if content["publisher"]["name"] == ":tba" else ["https://orcid.org/0000-0002-1825-0097", "娜仁"]
    assert all(name in written for name in names)
    assert not schema45.validate({**content, "types": {"resourceTypeGeneral": "Ratings"}})


def test_authors_and_license_are_in_all_metadata(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path, PUBLICATION), tmp_path / "out")
    license_of, orcid = "https://creativecommons.org/licenses/by/4.0/", "https://orcid.org/0000-0002-1825-0097"
    for name in (CRATE, DATACITE, "dataset_description.json", "datapackage.json"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert all(known in text for known in (license_of, orcid, "Zhang, Wei", "娜仁"))
        assert ":tba" not in text
    assert "still to be added" not in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("Zhang, Wei (0000-0002-1825-0097)", ("Zhang, Wei", "0000-0002-1825-0097")),
        (" 娜仁（https://orcid.org/0000-0002-1694-233X） ", ("娜仁", "0000-0002-1694-233X")),
        ("Zhang, Wei", ("Zhang, Wei", "")),
        ("Zhang, Wei (0000-0002-1825-0098)", None),
        ("Zhang, Wei (1825)", None),
        ("Zhang, Wei (Hohhot)", None),
        ("(0000-0002-1825-0097)", None),
        ("", None),
    ],
)
def test_author_has_a_name_and_perhaps_an_orcid(text: str, author: tuple[str, str] | None) -> None:
    assert author_of(text) == author


def test_every_description_is_in_both_languages(tmp_path: Path) -> None:
    dataset.export(rated_study(tmp_path), tmp_path / "out")
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8"))
    fields = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    assert all(re.search(r"[\u4e00-\u9fff]", field["description_zh-hans"]) for field in fields)
    table = next(iter(json.loads((tmp_path / "out" / "csv-metadata.json").read_text(encoding="utf-8"))["tables"]))
    said = [text["@language"] for column in table["tableSchema"]["columns"] for text in column["dc:description"]]
    assert set(said) == {"en", "zh-Hans"}
