"""Prints how much of the code the measured suite ran, and fails where that is too little (`make coverage`)."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import coverage

#: Per cent of the branches that some test has to take, by what is measured together.
LEAST = {("study",): 95.0, ("formats", "generation", "analysis", "config"): 90.0}


def main() -> int:
    measured = coverage.Coverage()
    measured.load()
    enough = [_enough(measured, rooms, least) for rooms, least in LEAST.items()]
    return 0 if all(enough) else 1


def _enough(measured: coverage.Coverage, rooms: tuple[str, ...], least: float) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(written), include=[f"{room}/*" for room in rooms])
        totals = json.loads(written.read_text())["totals"]
    branches = 100 * totals["covered_branches"] / totals["num_branches"]
    lines = 100 * totals["covered_lines"] / totals["num_statements"]
    print(f"{', '.join(rooms)}: {branches:.1f} % of the branches (at least {least:g}), {lines:.1f} % of the statements")
    return bool(branches >= least)


if __name__ == "__main__":
    sys.exit(main())
