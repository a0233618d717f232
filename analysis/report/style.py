"""One look for every figure: order and colours of the systems, fonts, the mark of simulated ratings, file bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import pypdfium2
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL.PngImagePlugin import PngInfo

from analysis.report.drawing import laid_out_once, save_both, ticked_once
from formats.errors import N_
from formats.messages import LANGUAGES, NP_, LazyText, in_language, is_chinese, translate

FORMATS = ("svg", "pdf", "png")
#: Inches: one and two columns of a journal's page, and its height.
WIDTHS = {1: 3.5, 2: 7.0}
MAX_HEIGHT = 9.4
PNG_DPI = 300
#: The library rounds up, and lengths in a PDF are rounded themselves: 4.8 inches are to be 1,440 pixels, not 1,441.
PDF_TO_PNG = PNG_DPI / 72 * (1 - 1e-5)
#: Of zlib, which at its own 6 takes twice as long for files that are a tenth smaller.
PNG_COMPRESSION = 3
SOFTWARE = f"Matplotlib version{matplotlib.__version__}, https://matplotlib.org/"

#: The real music, then the generators, in the order of every legend and table.
SYSTEM_LABELS: Mapping[str, str] = {
    "real": N_("Real music"),
    "midi-gan": "MIDI-GAN",
    "sr-cnn-vaegan": "SR-CNN-VAEGAN",
    "music-vae": "MusicVAE",
    "transformer": "Transformer",
    "mlstm": "mLSTM",
}
REAL_LINE = "#4D4D4D"
REAL_MARKER = "+"
REAL_BAND = "#BDBDBD"
#: Okabe & Ito's colours for the named generators; no two of all twelve come close in normal or colour-blind sight.
NAMED_COLOURS = {
    "midi-gan": "#D55E00",
    "sr-cnn-vaegan": "#0072B2",
    "music-vae": "#009E73",
    "transformer": "#CC79A7",
    "mlstm": "#E69F00",
}
#: For other systems and for sealed codes, which must not borrow a named generator's colour while others are left.
FURTHER_COLOURS = ("#56B4E9", "#882255", "#DDCC77", "#332288", "#000000", "#661100", "#8C564B")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">", "p", "h", "*")

#: Fonts with simplified Chinese, the best shapes first.
CHINESE_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC"),
    *(
        "Microsoft YaHei",
        "WenQuanYi Micro Hei",
        "WenQuanYi Zen Hei",
        "SimHei",
        "Noto Sans CJK JP",
        "Droid Sans Fallback",
    ),
)
CHINESE_FONT_FILES = re.compile(r"noto.*cjk|notosanssc|sourcehan|wqy|msyh|simhei|pingfang|droidsansfallback", re.I)
NO_CHINESE_FONT = (
    "No font with Chinese characters was found, so the Chinese figures are not drawn; "
    "install one (Debian and Ubuntu: apt install fonts-noto-cjk) and run again."
)


@dataclass(frozen=True)
class Mark:
    """How one system is drawn, everywhere."""

    colour: str
    marker: str


def system_order(systems: Iterable[str], real: str | None = None, anchors: Sequence[str] = ()) -> tuple[str, ...]:
    """The real music, the named generators, all others with numbers in them in numeric order, then the anchors."""
    named = [real, *NAMED_COLOURS]

    def place(system: str) -> tuple[bool, int, list[tuple[int, str]]]:
        parts = re.findall(r"\d+|\D+", system)
        natural = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
        return system in anchors, (named.index(system) if system in named else len(named)), natural

    return tuple(sorted(systems, key=place))


def system_marks(systems: Sequence[str], real: str | None = None) -> dict[str, Mark]:
    """Colour and marker of each system but the real music, in the order given; beyond twelve, colours come again."""
    colours = dict(NAMED_COLOURS)
    free = [*FURTHER_COLOURS, *(colour for name, colour in NAMED_COLOURS.items() if name not in systems)]
    others = [system for system in systems if system not in NAMED_COLOURS and system != real]
    colours.update({system: free[n % len(free)] for n, system in enumerate(others)})
    shown = [system for system in systems if system != real]
    count = len(MARKERS)
    return {system: Mark(colours[system], MARKERS[(n + n // count) % count]) for n, system in enumerate(shown)}


def point_marks(systems: Sequence[str], real: str | None = None) -> dict[str, Mark]:
    """The marks of `system_marks` and one for the real music, where clips or differences are drawn and not bands."""
    marks = system_marks(systems, real)
    return {system: marks.get(system, Mark(REAL_LINE, REAL_MARKER)) for system in systems}


def system_label(system: str, lang: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """The system's name in a language: the study's own, else the built-in one, else its id."""
    own, known = labels.get(system, {}), SYSTEM_LABELS.get(system)
    return own.get(lang) or (translate(lang, known) if known else in_language(own, lang) or system)


def system_called(system: str, labels: Mapping[str, Mapping[str, str]], *, is_sealed: bool) -> Mapping[str, str]:
    """The system's name in every language; before unblinding "System A"."""
    if is_sealed:
        return LazyText("System {name}", name=system)
    return {lang: system_label(system, lang, labels) for lang in LANGUAGES}


@cache
def chinese_font() -> str | None:
    """The name of an installed font with simplified Chinese, or None."""
    manager = font_manager.fontManager
    known = {font.fname for font in manager.ttflist}
    for path in font_manager.findSystemFonts():  # matplotlib's own list may be older than an installed font
        if path not in known and CHINESE_FONT_FILES.search(Path(path).name):
            manager.addfont(path)
    names = {font.name for font in manager.ttflist}
    return next((name for name in CHINESE_FONTS if name in names), None)


def drawn_languages() -> list[str]:
    """The languages for whose letters there is a font."""
    return [lang for lang in LANGUAGES if not is_chinese(lang) or chinese_font()]


def simulated_mark(languages: Iterable[str] = LANGUAGES) -> str:
    """What marks simulated ratings everywhere, in several languages at once."""
    return " / ".join(translate(lang, NP_("the mark of simulated ratings", "SIMULATED")) for lang in languages)


@contextmanager
def figure_style(lang: str, columns: int = 2) -> Iterator[None]:
    """Draw and save inside this context, for one or two columns: the same settings whatever a matplotlibrc says."""
    chinese = chinese_font()
    fonts = [name for name in (chinese, "DejaVu Sans") if name]
    settings: dict[Any, Any] = {
        "font.family": fonts if is_chinese(lang) else fonts[::-1],
        "font.size": 8,
        "figure.figsize": (WIDTHS[columns], MAX_HEIGHT),
        "axes.unicode_minus": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "text.parse_math": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "mukulen",
        "pdf.fonttype": 3,  # outlines: type 42 garbles the Chinese fonts, which are OpenType with CFF shapes
    }
    with matplotlib.rc_context(), laid_out_once():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        yield


def watermark(figure: Figure) -> None:
    """Write SIMULATED across the whole figure."""
    text = simulated_mark(drawn_languages())
    width, height = figure.get_size_inches()
    size = min(width * 72 / 13, height * 72 / 5)
    look = {"fontsize": size, "color": "#B00020", "alpha": 0.22, "rotation": 20}
    figure.text(0.5, 0.5, text, ha="center", va="center", zorder=100, in_layout=False, **look)


def save(figure: Figure, folder: Path, stem: str, subject: str) -> list[Path]:
    """Save as SVG, PDF and PNG (300 dpi) without dates, so that equal figures are equal bytes.

    `subject` (what the figure was made from) goes into each file's metadata. Call inside `figure_style`.
    """
    svg, page, picture = paths = [folder / f"{stem}.{form}" for form in FORMATS]
    figure.set_dpi(PNG_DPI)  # before the layout: at another resolution names are up to a twentieth narrower or wider
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    figure.set_layout_engine("none")  # laid out once for both, and without drawing
    with ticked_once():  # and what savefig ends in, without drawing everything once more before
        save_both(figure, svg, page, subject)
    _picture(page, picture, {"Description": subject})
    return paths


def _picture(page: Path, path: Path, metadata: Mapping[str, str]) -> None:
    """Write the PNG of a figure's PDF, which takes less time than drawing the figure once more."""
    with pypdfium2.PdfDocument(page) as document:
        pixels = document[0].render(scale=PDF_TO_PNG, rev_byteorder=True).to_pil()
    about = PngInfo()
    for name, text in {"Software": SOFTWARE, **metadata}.items():
        about.add_text(name, text)
    pixels.save(path, pnginfo=about, dpi=(PNG_DPI, PNG_DPI), compress_level=PNG_COMPRESSION)
