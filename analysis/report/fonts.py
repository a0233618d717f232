"""The fonts of the report's PDF, with the letters that it needs and no others.

A font with Chinese characters has 65,000 letters and a report needs hundreds of them. HarfBuzz takes these out
without reading the rest; fontTools, with which fpdf2 does the same, reads the whole font.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import uharfbuzz  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection  # type: ignore[import-untyped]
from matplotlib import font_manager

from analysis.report.style import chinese_font

#: Latin letters, upright and bold.
LATIN, LATIN_BOLD = (
    Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf" for name in ("DejaVuSans", "DejaVuSans-Bold")
)


def chinese_face() -> tuple[Path, int] | None:
    """The file of the font with Chinese characters and its place in it: of a collection the simplified face."""
    name = chinese_font()
    if name is None:
        return None
    path = Path(font_manager.findfont(name))
    if path.suffix.lower() not in (".ttc", ".otc"):
        return path, 0
    with TTCollection(path, lazy=True) as collection:
        names = [str(font["name"].getDebugName(1)) for font in collection.fonts]
    wanted = (" SC", " CN", name)
    return path, next((n for end in wanted for n, face in enumerate(names) if face.endswith(end)), 0)


def with_letters(font: Path, letters: set[str], folder: Path, *, face: int = 0) -> Path:
    """A copy of the font (of a collection: of the face at this place) in `folder` that has these letters alone."""
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    wanted.unicode_set.update(map(ord, letters))
    wanted.layout_feature_tag_set.clear()  # fpdf2 sets letters side by side, without ligatures or kerning
    subset = wanted.subset(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(font), face))
    copy = folder / f"{font.stem}.otf"
    copy.write_bytes(subset.blob.data)
    return copy
