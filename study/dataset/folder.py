"""Write the dataset folder atomically: in a temporary folder, then renamed."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from formats.dataset import Table, View
from formats.errors import InputError
from formats.files import canonical_json, json_sha256, sha256_of
from study.dataset import deposit, descriptors
from study.dataset.readme import codebook_page, readme
from study.dataset.tables import write_tables
from study.dataset.taken import since_last
from study.models import Study
from study.sequences import FILE as SEQUENCES
from study.sequences import certificate_shown, plan_shown, published

IGNORE = ".psychdsignore"


def export(study: Study, out: Path, *, coded: bool = False) -> str:
    """Writes the dataset to `out`, whole or not at all, and returns its SHA-256.

    While the study is sealed no row says which clip or system it is about. `coded`: each clip has a
    code that was drawn for it at random, for the report under codes alone (study/services/blind_report.py).
    An older dataset of the same study is replaced; anything else in the way is refused (`InputError`), and so is a
    preview: nothing answered in it is data.
    """
    if study.preview:
        raise InputError(
            "%(slug)s is a preview, and nothing answered in it is data; name the study itself.", slug=study.slug
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        _refuse_foreign(study, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        digest = _write(study, part, "open" if not study.sealed else "coded" if coded else "sealed")
        part.chmod(0o755)
        _put_in_place(part, out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return digest


def _refuse_foreign(study: Study, folder: Path) -> None:
    """Refuse a folder that contains anything but a dataset of this study."""
    about = _object(folder / "dataset_description.json").get("mukulen")
    if not isinstance(about, dict):
        raise InputError("%(folder)s exists and is no dataset; name a new folder.", folder=folder)
    if about.get("slug") != study.slug:
        raise InputError(
            "%(folder)s holds the dataset of the study %(slug)s; name another folder.",
            folder=folder,
            slug=about.get("slug"),
        )
    files = _object(folder / "hashes.json").get("files")
    own = {"hashes.json", *(files if isinstance(files, dict) else ())}
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).as_posix() not in own and (path.is_symlink() or not path.is_dir()):
            raise InputError(
                "%(path)s is no file of the dataset there; move it away, or name another folder.", path=path
            )


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _put_in_place(part: Path, out: Path) -> None:
    """Rename the finished folder; an earlier dataset is deleted last."""
    old = part.with_name(part.name + ".old")
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _write(study: Study, folder: Path, view: View) -> str:
    """All files of the dataset, the hashes last; the SHA-256 of the whole."""
    (folder / "data").mkdir()
    tables = _write_tables(study, folder, view)
    (folder / "codebook.md").write_text(codebook_page(study, tables), encoding="utf-8")
    plan = study.plan if view == "coded" else plan_shown(study)
    (folder / "plan.json").write_bytes(canonical_json(plan))
    (folder / "certificate.json").write_bytes(canonical_json(certificate_shown(study)))
    if view == "open":
        (folder / SEQUENCES).write_bytes(canonical_json(published(study)))
    _write_events(study, folder / "events.jsonl")
    _write_json(folder / "datapackage.json", descriptors.datapackage(study, tables))
    _write_json(folder / "csv-metadata.json", descriptors.csvw(study, tables))
    tables_sha256 = json_sha256(_hashed(folder, [table.path for table in tables]))
    since = since_last(study, tables_sha256) if view != "coded" else None
    _write_json(folder / "dataset_description.json", descriptors.psych_ds(study, tables, view, since))
    (folder / "README.md").write_text(readme(study, tables, since), encoding="utf-8")
    if view != "coded":  # nobody deposits that one
        _write_json(folder / deposit.DATACITE, deposit.datacite(study))
        _write_json(folder / deposit.CRATE, deposit.ro_crate(study, folder, tables))
    _write_ignored(folder)
    return _write_hashes(folder, tables_sha256)


def _write_tables(study: Study, folder: Path, view: View) -> list[Table]:
    """Write the tables, again if an expert has withdrawn meanwhile."""
    while True:
        before = _withdrawn(study)
        tables = write_tables(study, folder, view)
        if _withdrawn(study) == before:
            return tables


def _withdrawn(study: Study) -> int:
    return study.experts.exclude(withdrawn_at=None).count()


def _write_events(study: Study, path: Path) -> None:
    with path.open("wb") as stream:
        for event in study.events.order_by("number").iterator(chunk_size=500):
            stream.write(canonical_json({**event.content(), "hash": event.hash}) + b"\n")


def _write_ignored(folder: Path) -> None:
    """What Psych-DS has no word for, named, so that its validator looks at the rest."""
    own = {"README.md", "dataset_description.json"}
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in own)
    (folder / IGNORE).write_text(descriptors.ignored([*names, "hashes.json"]), encoding="utf-8")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_hashes(folder: Path, tables_sha256: str) -> str:
    """hashes.json; `dataset_sha256` is the SHA-256 of the listing as RFC 8785 JSON, `tables_sha256` of the tables'."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = _hashed(folder, names)
    digest = json_sha256(files)
    content = {"files": files, "dataset_sha256": digest, "tables_sha256": tables_sha256}
    _write_json(folder / "hashes.json", content)
    return digest


def _hashed(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in names}
