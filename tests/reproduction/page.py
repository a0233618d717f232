"""docs/reproduction.md: its computed parts, and `--update` to write them anew.

    python -m tests.reproduction             names every part whose numbers are stale; exit 1 if there is one
    python -m tests.reproduction --update    writes them

A part stands between `<!-- computed: NAME -->` and `<!-- end of NAME -->`; everything else on the page is left alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.reproduction import paper_audit, runs_audit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reproduction.md"
#: The run folders, and the tables that `analyse_runs` wrote of them.
RUNS, TABLES = ROOT / "fixtures" / "runs", ROOT / "fixtures" / "objective"
PARTS: Mapping[str, Callable[[], str]] = {
    "objective": lambda: runs_audit.markdown(RUNS, TABLES),
    "subjective": paper_audit.markdown,
}


def updated(page: str) -> str:
    """The page with every part computed anew."""
    for name, compute in PARTS.items():
        head, tail = f"<!-- computed: {name} -->", f"<!-- end of {name} -->"
        if page.count(head) != 1 or page.count(tail) != 1:
            raise ValueError(f"{PAGE.name} must hold one '{head}' and one '{tail}'")
        before, rest = page.split(head)
        page = f"{before}{head}\n\n{compute()}\n\n{tail}{rest.split(tail)[1]}"
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the page")
    arguments = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    new = updated(page)
    if arguments.update:
        PAGE.write_text(new, encoding="utf-8")
    elif new != page:
        print(f"{PAGE.name} is stale: python -m tests.reproduction --update")
        return 1
    return 0
