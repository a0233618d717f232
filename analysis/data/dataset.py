"""The DATASET folder: its description, its scales and systems, and the proof that no file was changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.rows import read_rows
from formats.dataset import SCHEMA, ChoiceQuestion, Description, Preference, TextQuestion, read_description
from formats.errors import InputError
from formats.files import json_sha256, read_object, sha256_of
from formats.reference import Reference, reference_of

PLAN_FILE, DESCRIPTION_FILE, REMARKS_FILE = "plan.json", "dataset_description.json", "remarks.csv"
CHECKS_FILE = "attention_checks.csv"
#: What experts were asked for, by the names of the tables of answers.
TASKS = ("rating", "choice", "comparison")
#: A text by language code: "en", "zh-hans".
Text = Mapping[str, str]


@dataclass(frozen=True)
class Scale:
    """One rating scale: its bounds, its name, the words at its ends, and the question where one was put."""

    key: str
    minimum: float
    maximum: float
    label: Text
    low: Text
    high: Text
    definition: Text = default(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A background question: its wording, and that of the answers that can be chosen, by their keys."""

    label: Text
    choices: Mapping[str, Text]


@dataclass(frozen=True)
class Dataset:
    """What a DATASET folder says about itself; the ratings are in `ratings_file`."""

    folder: Path
    slug: str
    title: Text
    is_simulated: bool
    is_unsealed: bool
    real_system: str | None
    scales: tuple[Scale, ...]
    system_labels: Mapping[str, Text]
    plan: Mapping[str, Any]
    design: Mapping[str, Any]
    plan_sha256: str | None
    planned_scales: tuple[str, ...]
    group_labels: Mapping[str, Text]
    questions: Mapping[str, Question]
    sha256: str
    #: The questions beyond rating scales.
    asked: tuple[Preference | ChoiceQuestion | TextQuestion, ...] = ()
    #: The questions that were answered in words, and how many trials have an answer.
    written: tuple[tuple[Text, int], ...] = ()
    reference: Reference | None = None
    has_waveform: bool = False
    #: Attention checks of a session; their answers are in `checks_file`.
    checks_per_session: int = 0
    #: Whether clips of a trial ran together, so that experts could switch between them at one point.
    is_synchronous: bool = False

    def answers_file(self, task: str) -> Path:
        """The table of the answers of one of TASKS."""
        return self.folder / "data" / f"study-{self.slug}_task-{task}_data.csv"

    @property
    def trial_choices_file(self) -> Path:
        """The table of choices of whole trials of several clips."""
        return self.folder / "data" / f"study-{self.slug}_task-choice_description-trial_data.csv"

    @property
    def ratings_file(self) -> Path:
        return self.answers_file("rating")

    @property
    def metrics_file(self) -> Path:
        return self.folder / "metrics.csv"

    @property
    def checks_file(self) -> Path:
        return self.folder / CHECKS_FILE

    @property
    def experts_file(self) -> Path:
        return self.folder / "experts.csv"

    @property
    def listening_file(self) -> Path:
        return self.folder / "listening.csv"

    @property
    def log_file(self) -> Path:
        return self.folder / "events.jsonl"


def folder_of(source: Path) -> Path | None:
    """The DATASET folder that a source is, or one of whose tables it is; None of anything else."""
    folder = source.parent.parent if source.parent.name == "data" and not source.is_dir() else source
    return folder if (folder / DESCRIPTION_FILE).is_file() else None


def tasks_of(folder: Path) -> tuple[str, ...]:
    """Which of TASKS the tables of a DATASET hold answers to."""
    patterns = {"rating": "_data", "choice": "*_data", "comparison": "_data"}
    return tuple(task for task in TASKS if any((folder / "data").glob(f"*_task-{task}{patterns[task]}.csv")))


def task_of(path: Path) -> str:
    """Which of TASKS a table of a DATASET holds answers to, by its name; "" of anything else."""
    return next((task for task in TASKS if f"_task-{task}_" in path.name and folder_of(path)), "")


def read_dataset(folder: Path) -> Dataset:
    """Read the description of a DATASET folder after comparing every file with hashes.json.

    Raises InputError for a missing, changed or unlisted file and for a description of another form.
    """
    path = folder / DESCRIPTION_FILE
    description = read_object(path)
    if not isinstance(description.get("mukulen"), dict):
        raise InputError(
            "%(file)s has no 'mukulen' part; give the folder's CSV of ratings instead (docs/analysis.md).", file=path
        )
    sha256 = check_hashes(folder)
    own = description["mukulen"]
    if own.get("unsealed") is False and own.get("systems") == []:
        raise InputError(
            "%(file)s was exported while the study was sealed: it does not say which system was rated. Unseal the "
            "study, export the dataset again and analyse that.",
            file=folder,
        )
    if own.get("schema") != SCHEMA:
        raise InputError(
            "%(file)s: schema %(value)s is not %(known)d, the one this version reads.",
            file=path,
            value=repr(own.get("schema")),
            known=SCHEMA,
        )
    plan = _frozen_plan(folder, own.get("plan_sha256"))
    try:
        dataset = _dataset(folder, read_description(own), plan, sha256)
    except InputError as error:
        raise InputError("%(file)s: %(fault)s Export the dataset again.", file=path, fault=error) from error
    answers = (dataset.answers_file(task) for task in TASKS)
    for file in (
        *answers,
        dataset.trial_choices_file,
        dataset.metrics_file,
        dataset.experts_file,
        dataset.checks_file,
        dataset.listening_file,
        dataset.log_file,
        folder / PLAN_FILE,
    ):
        _require_listed(folder, file)
    return dataset


def _frozen_plan(folder: Path, expected: object) -> dict[str, Any]:
    """plan.json, whose hash is that of the plan frozen before the ratings were seen; {} where none was frozen."""
    path = folder / PLAN_FILE
    if not expected:
        return {}
    if sha256_of(path) != expected:
        raise InputError(
            "%(file)s is not the plan that was frozen: its hash differs from plan_sha256 in "
            "dataset_description.json; export the dataset again.",
            file=path,
        )
    return read_object(path)


def _dataset(folder: Path, own: Description, plan: Mapping[str, Any], sha256: str) -> Dataset:
    """What the description and the frozen plan say; the plan has its hash, so its form is that of the export."""
    return Dataset(
        folder=folder,
        slug=own.study,
        title=own.title,
        is_simulated=own.simulated,
        is_unsealed=own.unsealed,
        real_system=own.real_system or None,
        scales=tuple(Scale(**scale.model_dump()) for scale in own.scales),
        system_labels={system.id: system.label for system in own.systems},
        plan=_part(plan, "analysis", {}),
        design=_part(plan, "design", {}),
        plan_sha256=own.plan_sha256 or None,
        planned_scales=tuple(str(scale.get("key")) for scale in _part(plan, "scales", [])),
        group_labels={group.key: group.label for group in own.groups},
        questions={
            question.key: Question(question.label, {choice.key: choice.label for choice in question.choices})
            for question in own.background
        },
        sha256=sha256,
        asked=tuple(own.questions),
        written=tuple(_written(folder, own)),
        reference=_reference(_part(plan, "trial", {}), own),
        has_waveform=_part(plan, "trial", {}).get("waveform") is True,
        checks_per_session=sum(check.times for check in own.attention_checks),
        is_synchronous=_part(plan, "trial", {}).get("synchronous") is True,
    )


def _reference(trial: Mapping[str, Any], own: Description) -> Reference | None:
    found = reference_of(trial, {system.id: system.label for system in own.systems})
    return found and (found if own.unsealed else found.under_codes())


def _written(folder: Path, own: Description) -> Iterator[tuple[Text, int]]:
    """Counts answers in words. What they say is not read: it could name a person, or the maker of a clip."""
    asked = [question for question in own.questions if isinstance(question, TextQuestion)]
    if not asked:
        return
    rows = read_rows(folder / REMARKS_FILE, may_be_empty=True)
    rows.require([question.key for question in asked])
    for question in asked:
        yield question.label, sum(cell != "" for cell in rows.column(question.key))


def _part(plan: Mapping[str, Any], key: str, default: Any) -> Any:
    """A part of the frozen plan. Raises InputError where it is of another kind."""
    value = plan.get(key, default)
    if not isinstance(value, type(default)):
        raise InputError("'%(key)s' in plan.json is not a part of a study plan.", key=key)
    return value


def check_hashes(folder: Path) -> str:
    """Compare every file that hashes.json lists with its SHA-256; return the hash of the whole listing."""
    path = folder / "hashes.json"
    hashes = read_object(path)
    files = hashes.get("files")
    if not isinstance(files, dict) or not files:
        raise InputError("%(file)s lists no files; export the dataset again.", file=path)
    for name, expected in files.items():
        if sha256_of(_inside(folder, name)) != expected:
            raise InputError(
                "%(file)s is not the file that was exported: its hash differs from hashes.json.", file=folder / name
            )
    listing = json_sha256(files)
    if hashes.get("dataset_sha256") != listing:
        raise InputError(
            "%(file)s: dataset_sha256 does not belong to the files listed; export the dataset again.", file=path
        )
    return listing


def _inside(folder: Path, name: str) -> Path:
    path = folder / name
    if "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            "%(file)s names %(name)s, which lies outside the dataset.", file=folder / "hashes.json", name=repr(name)
        )
    return path


def _require_listed(folder: Path, path: Path) -> None:
    if path.exists() and path.relative_to(folder).as_posix() not in read_object(folder / "hashes.json")["files"]:
        raise InputError("%(file)s is missing from hashes.json; export the dataset again.", file=path)


def metrics_of(dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame | None:
    """metrics.csv with the system of each rated clip and every column of numbers; None before unsealing or without."""
    if not dataset.is_unsealed or not dataset.metrics_file.is_file():
        return None
    rows = read_rows(dataset.metrics_file)
    rows.require(("clip_id",))
    system_of = frame.drop_duplicates("clip_id").set_index("clip_id")["system"]
    metrics = pd.DataFrame({"clip_id": rows.column("clip_id")})
    metrics["system"] = metrics["clip_id"].map(system_of)
    for name in rows.header:
        if name not in ("clip_id", "system") and rows.is_mostly_numeric(name):
            metrics[name] = rows.numbers(name)
    return metrics.dropna(subset=["system"])
