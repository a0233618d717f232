"""``index.html`` of a pack: every clip by system, to be played from the disk by those who made the pack.

The page names the systems. No study reads or copies it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from statistics import fmean, geometric_mean
from string import Template

from formats.pack import METRICS, Clip, Manifest
from generation.melody import HIGHEST, LOWEST, STEPS, Note, tokens_to_notes
from generation.metrics import assess_clip

PAGE = "index.html"
TEMPLATE = Path(__file__).with_name("audition.html")
PPL = "ppl"
LABELS = {
    "upc": "UPC",
    "upc_bar": "UPC a bar",
    "gc": "GC",
    "ebr": "EBR",
    "ebr_onset": "onset EBR",
    PPL: "PPL",
    "long_on_bar": "long on bar",
    "padded_steps": "padded",
    "cut_steps": "cut",
}
#: In metrics.csv alone: the page has no room for all, and these tell little of a single clip.
NOT_SHOWN = frozenset({"strong_beats", "downbeats", "bar_similarity", "leaps", "out_of_range"})
FLAGS = ("padded_steps", "cut_steps")
#: What of a clip's provenance is shown, and the word before it.
ORIGIN = {"file": "", "song": "song", "segment": "from bar", "group": "", "index": "sample"}
#: Semitones of room above and below the notes of a picture.
MARGIN = 2

Row = dict[str, str]


def page_of(pack: Path, manifest: Manifest) -> bytes:
    """The page of a pack whose audio, MIDI files and metrics.csv are there: same pack, same bytes."""
    rows = _metrics(pack, manifest)
    columns = [name for name in next(iter(rows.values()), {}) if name not in NOT_SHOWN and _tells(name, rows)]
    by_system = sorted(manifest.clips, key=lambda clip: (clip.role != "study", clip.system, _place(clip)))
    systems = {name: list(clips) for name, clips in groupby(by_system, key=lambda clip: clip.system)}
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        facts=_facts(manifest),
        overview=_overview(systems, rows, columns),
        sections="\n".join(_section(pack, manifest, name, clips, rows, columns) for name, clips in systems.items()),
    )
    return page.encode()


def _metrics(pack: Path, manifest: Manifest) -> dict[str, Row]:
    """Rows of metrics.csv by clip id, without that column."""
    if manifest.metrics_sha256 is None:
        return {}
    with (pack / METRICS).open(encoding="utf-8", newline="") as file:
        return {row.pop("clip_id"): row for row in csv.DictReader(file)}


def _tells(column: str, rows: Mapping[str, Row]) -> bool:
    """Whether a column has anything to show; that no clip was padded or cut needs no column."""
    nothing = {"", "0"} if column in FLAGS else {""}
    return any(row[column] not in nothing for row in rows.values())


def _place(clip: Clip) -> list[tuple[bool, float, str]]:
    """The order of a system's clips: by where they come from, numbers as numbers."""
    values = [clip.provenance.get(key, "") for key in ORIGIN] + [clip.clip_id]
    return [(isinstance(value, str), 0 if isinstance(value, str) else value, str(value)) for value in values]


def _facts(manifest: Manifest) -> str:
    common = manifest.audio
    return (
        f"{len(manifest.clips)} clips · {common.duration_s:.2f} s · {common.target_lufs:g} LUFS · "
        f"{common.bytes:,} bytes each · seed {manifest.inputs.get('seed', '–')}"
    )


def _overview(systems: Mapping[str, Sequence[Clip]], rows: Mapping[str, Row], columns: Sequence[str]) -> str:
    """Means of each system; empty where nothing was measured."""
    if not columns:
        return ""
    body = "".join(
        f'<tr><th class="left" scope="row">{escape(name)}</th>{_cell("clips", str(len(clips)))}'
        + "".join(_cell(LABELS.get(column, column), _mean(clips, rows, column)) for column in columns)
        + "</tr>\n"
        for name, clips in systems.items()
    )
    return (
        f"<h2>Means {_chinese('各系统均值')}</h2>\n"
        f'<table><thead><tr><th class="left" scope="col">system {_chinese("系统")}</th>'
        f'<th scope="col">clips {_chinese("片段")}</th>{_heads(columns)}</tr></thead>\n'
        f"<tbody>{body}</tbody></table>"
    )


def _mean(clips: Sequence[Clip], rows: Mapping[str, Row], column: str) -> str:
    values = [float(value) for clip in clips if (value := rows.get(clip.clip_id, {}).get(column))]
    mean = geometric_mean if column == PPL else fmean
    return f"{mean(values):.3g}" if values else ""


def _section(
    pack: Path, manifest: Manifest, name: str, clips: Sequence[Clip], rows: Mapping[str, Row], columns: Sequence[str]
) -> str:
    with_notes = any(clip.midi_sha256 for clip in clips)
    shown = columns if with_notes else []
    body = "".join(
        _clip(pack, manifest, f"{name} {number}", clip, rows.get(clip.clip_id, {}), shown)
        for number, clip in enumerate(clips, start=1)
    )
    heads = [("play", "播放"), ("clip", "片段"), *([("melody", "旋律")] if with_notes else [])]
    return (
        f"<section><h2>{escape(name)} <small>{len(clips)}</small></h2>\n<table><thead><tr>"
        + "".join(f'<th class="left" scope="col">{english} {_chinese(chinese)}</th>' for english, chinese in heads)
        + f'{_heads(shown)}<th scope="col">dBTP</th></tr></thead>\n<tbody>{body}</tbody></table></section>'
    )


def _chinese(words: str) -> str:
    return f'<span lang="zh-Hans">{words}</span>'


def _heads(columns: Sequence[str]) -> str:
    return "".join(f'<th scope="col">{escape(LABELS.get(column, column))}</th>' for column in columns)


def _clip(pack: Path, manifest: Manifest, name: str, clip: Clip, row: Row, columns: Sequence[str]) -> str:
    source = f"audio/{clip.clip_id}.{manifest.audio.format}"
    return (
        f'<tr><td class="go"><button type="button" data-src="{escape(source)}" aria-label="{escape(name)}">▶</button>'
        f'</td><td class="left">{escape(_origin(clip))}<span class="id">{escape(clip.clip_id)}</span></td>'
        + (_roll(pack, clip) if columns else "")
        + "".join(_cell(LABELS.get(column, column), _short(row.get(column, ""))) for column in columns)
        + _cell("dBTP", f"{clip.true_peak_dbtp:.1f}")
        + "</tr>\n"
    )


def _origin(clip: Clip) -> str:
    """Where the clip comes from, in words."""
    told = ((word, clip.provenance.get(key, "")) for key, word in ORIGIN.items())
    return ", ".join(f"{word} {value}".strip() for word, value in told if value != "")


def _cell(label: str, value: str) -> str:
    return f'<td data-label="{escape(label)}">{value}</td>' if value else '<td class="none"></td>'


def _short(value: str) -> str:
    return f"{float(value):.3g}" if value else ""


def _roll(pack: Path, clip: Clip) -> str:
    """A picture of the notes as they were measured: time across, pitch upwards."""
    measured = None if clip.midi_sha256 is None else assess_clip(clip.midi(pack)).clip
    if measured is None:
        return '<td class="none"></td>'
    (notes,) = tokens_to_notes(measured.tokens[None])
    pitches = [note.pitch for note in notes] or [LOWEST, HIGHEST]
    top, height = max(pitches) + MARGIN, max(pitches) - min(pitches) + 2 * MARGIN
    path = "".join(_strokes(notes, top))
    return (
        f'<td class="roll"><svg viewBox="0 0 {STEPS} {height}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="{path}"/></svg></td>'
    )


def _strokes(notes: Sequence[Note], top: int) -> Iterator[str]:
    for note in notes:
        yield f"M{note.start} {top - note.pitch}h{note.length - 0.3:.1f}"
