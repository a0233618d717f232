"""The pictures that README and docs show: copies them from where they are drawn, and deletes all others.

``python -m tests.pictures FOLDER...`` is the end of ``make screenshots``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "screenshots"
#: What the picture of the means was drawn from: a test compares its systems with the demo's.
DATA = "figure2.csv"


def shown() -> set[str]:
    """The names of all pictures that README and docs show."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {
        name for page in pages for name in re.findall(r"screenshots/([\w.-]+\.png)", page.read_text(encoding="utf-8"))
    }


def copy(folders: list[Path]) -> None:
    """Fills docs/screenshots from the folders with what docs show. Exits with a sentence where a picture is missing."""
    wanted = {*shown(), DATA}
    found = {path.name: path for folder in folders for path in folder.iterdir() if path.name in wanted}
    if missing := sorted(wanted - set(found)):
        sys.exit(f"{', '.join(missing)}: not in {', '.join(map(str, folders))}; run make screenshots.")
    shutil.rmtree(PICTURES)
    PICTURES.mkdir()
    for name, path in found.items():
        shutil.copyfile(path, PICTURES / name)


if __name__ == "__main__":
    copy([Path(name) for name in sys.argv[1:]])
