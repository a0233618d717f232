"""Exporting a study as a Psych-DS folder (docs/datasets.md). Rows are streamed: memory does not grow with the study.

While the study is sealed nothing is written that would let someone who holds the pack join ratings to systems: no
hash, provenance, song or metric of a clip, and systems only as codes.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import rfc8785
from django.db.models import F, OuterRef, Q, Subquery
from tqdm import tqdm

from study.dataset import codebook
from study.dataset.about import codebook_page, codebook_rows, description, file_stem, readme
from study.dataset.codebook import Column
from study.errors import InputError
from study.models import Clip, Rating, Remark, Study, Trial

#: Whether an answer was given before the expert submitted; what had arrived by then was, whatever her clock says.
SUBMITTED = F("expert__submitted_at")
IN_TIME = Q(expert__submitted_at=None) | Q(given_at__lte=SUBMITTED) | Q(received_at__lte=SUBMITTED)
#: A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def export(study: Study, out: Path) -> str:
    """Writes the dataset to `out`, whole or not at all, and returns its SHA-256.

    An older dataset of the same study is replaced; anything else in the way is refused (`InputError`), and so is a
    preview: nothing answered in it is data.
    """
    if study.preview:
        raise InputError(f"{study.slug} is a preview, and nothing answered in it is data; name the study itself.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        _refuse_foreign(study, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        digest = _write(study, part)
        part.chmod(0o755)
        _put_in_place(part, out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return digest


def _refuse_foreign(study: Study, folder: Path) -> None:
    """Refuses a folder that holds anything but a dataset of this study, as its own list of files has it."""
    about = _object(folder / "dataset_description.json").get("mukulen")
    if not isinstance(about, dict):
        raise InputError(f"{folder} exists and is no dataset; name a new folder.")
    if about.get("slug") != study.slug:
        raise InputError(f"{folder} holds the dataset of the study {about.get('slug')}; name another folder.")
    files = _object(folder / "hashes.json").get("files")
    own = {"hashes.json", *(files if isinstance(files, dict) else ())}
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).as_posix() not in own and (path.is_symlink() or not path.is_dir()):
            raise InputError(f"{path} is no file of the dataset there; move it away, or name another folder.")


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _put_in_place(part: Path, out: Path) -> None:
    """Renames the finished folder to its name; an older dataset steps aside first and goes last."""
    old = part.with_name(part.name + ".old")
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _write(study: Study, folder: Path) -> str:
    """All files of the dataset, the hashes last; the SHA-256 of the whole."""
    (folder / "data").mkdir()
    tables = {
        f"data/study-{file_stem(study.slug)}_task-rating_data.csv": codebook.long_columns(),
        f"data/study-{file_stem(study.slug)}_task-rating_desc-wide_data.csv": codebook.wide_columns(study.file),
        "remarks.csv": codebook.remark_columns(),
        "experts.csv": codebook.expert_columns(study.file),
    }
    long, wide, remarks, experts = (folder / name for name in tables)
    _write_ratings(study, long, wide)
    _write_table(remarks, tables["remarks.csv"], _remark_rows(study))
    _write_table(experts, tables["experts.csv"], _expert_rows(study))
    if not study.sealed:
        tables |= _write_clips(study, folder)
    _write_table(folder / "codebook.csv", codebook.BOOK, codebook_rows(tables))
    (folder / "codebook.md").write_text(codebook_page(study, tables), encoding="utf-8")
    (folder / "plan.json").write_bytes(rfc8785.dumps(study.plan))
    (folder / "certificate.json").write_bytes(rfc8785.dumps(study.certificate))
    _write_events(study, folder / "events.jsonl")
    _write_json(folder / "dataset_description.json", description(study, tables))
    (folder / "README.md").write_text(readme(study, tables), encoding="utf-8")
    return _write_hashes(folder)


def _write_ratings(study: Study, long: Path, wide: Path) -> None:
    """Both tables of ratings in one pass: a row a trial and scale, and a row a trial."""
    scales = [scale["key"] for scale in study.file["scales"]]
    with long.open("w", encoding="utf-8", newline="") as one, wide.open("w", encoding="utf-8", newline="") as other:
        long_rows, wide_rows = (csv.writer(stream, lineterminator="\n") for stream in (one, other))
        long_rows.writerow([column.name for column in codebook.long_columns()])
        wide_rows.writerow([column.name for column in codebook.wide_columns(study.file)])
        for about, answers in tqdm(_trials(study), desc="Exporting", unit="trial", disable=None, delay=2):
            for scale in scales:
                if scale in answers:
                    rating, *rest = answers[scale]
                    long_rows.writerow([*about, scale, rating, *rest])
            wide_rows.writerow([*about, *(answers[scale][0] if scale in answers else "" for scale in scales)])


def _about(study: Study) -> list[str]:
    """What a row says of its trial, of a rating and of a remark alike."""
    system = "trial__clip__system__" + ("code" if study.sealed else "system_id")
    about = ["expert__code", "expert__group", "trial__number", "trial__block", "trial__position", system]
    return [*about, "trial__clip__clip_id", "trial__is_repeat"]


def _counting(study: Study) -> Q:
    """The rows that count: given in time, in a study trial, by an expert who has not withdrawn."""
    return IN_TIME & Q(expert__study=study, expert__withdrawn_at=None, trial__phase=Trial.Phase.STUDY)


def _trials(study: Study) -> Iterator[tuple[list[object], dict[str, list[object]]]]:
    """Each rated study trial, by expert and number: its columns, and by scale the answer that counts."""
    remarks = Remark.objects.filter(IN_TIME, trial=OuterRef("trial"), expert=OuterRef("expert")).order_by("-revision")
    about = [*_about(study), "known"]
    answer = ["scale", "value", "revision", "given_at", "plays", "heard_ms", "rt_ms", "language", "wording", "late"]
    rows = (
        Rating.objects.filter(_counting(study))
        .annotate(known=Subquery(remarks.values("known")[:1]))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, *answer)
        .iterator(chunk_size=2000)
    )
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        answers = {}
        for row in group:  # a higher revision comes later and replaces the one before
            scale, value, revision, given_at, *rest, late = row[len(about) :]
            answers[scale] = [value, revision, timestamp(given_at), *rest, int(late)]
        *about_trial, is_repeat, known = trial
        yield [*about_trial, int(is_repeat), int(known or False)], answers


def _remark_rows(study: Study) -> Iterator[list[object]]:
    """The newest remark on each trial of which an expert said something."""
    about = _about(study)
    rows = (
        Remark.objects.filter(_counting(study))
        .order_by("expert__code", "trial__number", "revision")
        .values_list(*about, "known", "comment", "given_at")
        .iterator(chunk_size=2000)
    )
    for trial, group in groupby(rows, key=lambda row: row[: len(about)]):
        *_, (known, comment, given_at) = (row[len(about) :] for row in group)
        if known or comment:
            yield [*trial[:-1], int(trial[-1]), int(known), defused(comment), timestamp(given_at)]


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expert_rows(study: Study) -> Iterator[list[object]]:
    experts = study.experts.filter(withdrawn_at=None).prefetch_related("backgrounds", "sound_checks").order_by("code")
    for expert in experts.iterator(chunk_size=500):
        given = max(expert.backgrounds.all(), key=lambda background: background.pk, default=None)
        check = max(expert.sound_checks.all(), key=lambda check: check.pk, default=None)
        sound = [check.level, check.correct if check.answers else "", len(check.answers)] if check else [""] * 3
        answers = given.answers if given else {}
        submitted = timestamp(expert.submitted_at) if expert.submitted_at else ""
        own = [
            defused(answers.get(question["key"], ""))
            if question["kind"] == "text"
            else answers.get(question["key"], "")
            for question in study.file["background"]
        ]
        yield [expert.code, expert.group, expert.language, submitted, *sound, *own]


def defused(text: str) -> str:
    """A free text that no spreadsheet takes for a formula: an apostrophe before a first = + - @ (docs/datasets.md)."""
    risky = text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA)
    return f"'{text}" if risky else text


def _write_clips(study: Study, folder: Path) -> dict[str, list[Column]]:
    """Where each clip comes from and its metrics; only after unsealing. Returns the tables' columns."""
    clips = list(study.clips.filter(role=Clip.Role.STUDY).select_related("system").order_by("clip_id"))
    provenance = sorted({key for clip in clips for key in clip.pack_entry.get("provenance", {})})
    names = list(dict.fromkeys(name for clip in clips for name in clip.metrics))
    tables = {"clips.csv": codebook.clip_columns(provenance)}
    _write_table(folder / "clips.csv", tables["clips.csv"], (_clip_row(clip, provenance) for clip in clips))
    if names:
        tables["metrics.csv"] = codebook.metric_columns(names)
        rows = ([clip.clip_id, *(clip.metrics.get(name, "") for name in names)] for clip in clips)
        _write_table(folder / "metrics.csv", tables["metrics.csv"], rows)
    return tables


def _clip_row(clip: Clip, provenance: list[str]) -> list[object]:
    entry, origin = clip.pack_entry, clip.pack_entry.get("provenance", {})
    measured = [entry.get(key, "") for key in ("audio_sha256", "duration_s", "lufs", "true_peak_dbtp")]
    system = clip.system.system_id if clip.system else ""
    return [
        clip.clip_id,
        system,
        entry["clip_id"],
        *measured,
        *(defused(str(origin.get(key, ""))) for key in provenance),
    ]


def _write_table(path: Path, columns: list[Column], rows: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        writer.writerows(rows)


def _write_events(study: Study, path: Path) -> None:
    with path.open("wb") as stream:
        for event in study.events.order_by("number").iterator(chunk_size=500):
            stream.write(rfc8785.dumps({**event.content(), "hash": event.hash}) + b"\n")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_hashes(folder: Path) -> str:
    """hashes.json; its `dataset_sha256` is the SHA-256 of the listing as RFC 8785 JSON."""
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            files[path.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    digest = hashlib.sha256(rfc8785.dumps(files)).hexdigest()
    _write_json(folder / "hashes.json", {"files": files, "dataset_sha256": digest})
    return digest
