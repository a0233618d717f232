"""The documentation as a site: `make site`. Every warning is an error, so no link leads nowhere."""

import tomllib
from pathlib import Path

project = "Mukulen"
copyright = "the Mukulen authors"  # noqa: A001  the name that Sphinx reads
release = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]["version"]
extensions = ["myst_parser"]
#: Headings can be linked to, down to the third level.
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"Mukulen {release}"
html_copy_source = False
html_show_sphinx = False
