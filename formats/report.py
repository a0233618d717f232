"""The report's own description of itself: `report.json` as typed objects (docs/analysis.md)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

NAME = "report.json"
#: A text by language.
Text = dict[str, str]


class Finding(BaseModel):
    """A table or figure: its files, words and size; of a figure the picture's width and height by language."""

    model_config = ConfigDict(extra="forbid")

    name: str
    path: str
    title: Text
    caption: Text
    notes: list[Text]
    columns: list[str]
    rows: int
    pixels: dict[str, tuple[int, int]] | None = None


class Section(BaseModel):
    """A part of the report; the heading is empty where it has none."""

    model_config = ConfigDict(extra="forbid")

    name: str
    heading: Text
    findings: list[Finding]


class Report(BaseModel):
    """What a report was made from, its files and sections, and what is missing and why.

    Further keys say more of what it was made from: hashes, scales with their bounds, columns of a table, runs.
    """

    model_config = ConfigDict(extra="allow")

    seed: int | str
    versions: str
    replicates: int
    simulated: bool = False
    files: list[str]
    sections: list[Section]
    missing: list[Text]


class ReportFile(BaseModel):
    """The whole of report.json."""

    model_config = ConfigDict(extra="forbid")

    report: Report
