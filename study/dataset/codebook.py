"""What every column of a dataset means, in both languages of the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Texts = dict[str, str]


@dataclass(frozen=True)
class Column:
    """One column: its name, kind of value, unit ("" for none), coding ("" where it codes nothing) and meaning."""

    name: str
    kind: str
    unit: str
    coding: str
    meaning: Texts


def _column(name: str, kind: str, en: str, zh: str, *, unit: str = "", coding: str = "") -> Column:
    return Column(name, kind, unit, coding, {"en": en, "zh-hans": zh})


EXPERT = _column("expert_id", "text", "The expert's code.", "专家代号。")
GROUP = _column("group", "text", "The expert's group in the study file.", "专家在研究文件中的组别。")
TRIAL = (
    _column("trial", "integer", "Number of the trial in the session, from 1.", "试次在本次聆听中的序号，从 1 开始。"),
    _column("block", "integer", "Block of the session plan, from 1.", "方案中的区组，从 1 开始。"),
    _column("position", "integer", "Place within the block, from 1.", "在区组中的位置，从 1 开始。"),
    _column(
        "system",
        "text",
        "Which system made the clip: a code until the seal is opened, then the system's id.",
        "片段由哪个系统生成：启封之前为代码，启封之后为系统名。",
    ),
    _column("clip_id", "text", "The clip's id in this study.", "片段在本研究中的编号。"),
    _column(
        "is_repeat",
        "integer",
        "Whether the expert had heard this clip before (a hidden repeat).",
        "该专家此前是否听过这一片段（隐藏的重复试次）。",
        coding="0 = no, 1 = yes",
    ),
)
ANSWER = (
    _column(
        "revision",
        "integer",
        "How many times this answer was given; the last one before the expert finished counts.",
        "第几次给出；以专家提交之前的最后一次为准。",
    ),
    _column(
        "rated_at",
        "time",
        "When the answer was given, by the browser's clock.",
        "作答时间，以浏览器时钟为准。",
        unit="UTC, ISO 8601",
    ),
    _column("plays", "integer", "How often the clip had been started by then.", "此前播放的次数。"),
    _column("heard_ms", "integer", "How much of the clip had been heard by then.", "此前听到的时长。", unit="ms"),
    _column(
        "rt_ms",
        "integer",
        "Time from the trial's first showing to the answer.",
        "从试次首次显示到作答的时间。",
        unit="ms",
    ),
    _column("language", "text", "The language in which the scale was read.", "作答时量表所用的语言。"),
    _column(
        "wording",
        "text",
        "The version of the scale's wording in that language; the wordings are in codebook.md.",
        "量表在该语言中的措辞版本；各版本措辞见 codebook.md。",
    ),
    _column(
        "late",
        "integer",
        "Whether an answer given in time came after the expert finished, the study closed or the link expired.",
        "答案是否在专家提交、研究结束或链接失效之前作出、但在此之后才送达。",
        coding="0 = no, 1 = yes",
    ),
)
KNOWN = _column(
    "known",
    "integer",
    "Whether the expert said that she knows the song.",
    "专家是否表示知道这首歌。",
    coding="0 = no, 1 = yes",
)
REMARK = (
    KNOWN,
    _column("comment", "text", "What else she said of the clip.", "专家对该片段的其他说明。"),
    _column(
        "remarked_at",
        "time",
        "When she last changed this, by the browser's clock.",
        "最后一次修改的时间，以浏览器时钟为准。",
        unit="UTC, ISO 8601",
    ),
)
SCALE = _column("scale", "text", "Which scale was rated; its wording is below.", "所评的量表；措辞见下。")
RATING = _column("rating", "integer", "The rating, within the bounds of its scale.", "评分，在该量表的范围之内。")
CLIP = (
    _column("clip_id", "text", "The clip's id in this study.", "片段在本研究中的编号。"),
    _column("system", "text", "Which system made the clip.", "片段由哪个系统生成。"),
    _column("pack_clip_id", "text", "The clip's id in the pack.", "片段在素材包中的编号。"),
    _column("audio_sha256", "text", "SHA-256 of the audio.", "音频的 SHA-256。"),
    _column("duration_s", "number", "Length of the clip.", "片段时长。", unit="s"),
    _column("lufs", "number", "Loudness of the clip.", "片段响度。", unit="LUFS"),
    _column("true_peak_dbtp", "number", "True peak of the clip.", "片段真峰值。", unit="dBTP"),
)
SUBMITTED = _column(
    "submitted",
    "time",
    "When the expert finished; empty if never.",
    "专家提交的时间；未提交则为空。",
    unit="UTC, ISO 8601",
)
LANGUAGE = _column("language", "text", "Language of the expert's link.", "专家链接所用的语言。")
SOUND = (
    _column(
        "level",
        "integer",
        "The player's level that she chose before the first clip (or last); empty if none.",
        "第一段之前（或最后一次）选定的播放音量；没有则为空。",
        unit="%",
    ),
    _column(
        "headphones_correct",
        "integer",
        "In how many rounds of the headphone check she found the quietest tone; 5 of 6 pass as headphones.",
        "耳机检测中正确找出最轻音的轮数；6 轮中对 5 轮即视为使用耳机。",
    ),
    _column(
        "headphones_rounds",
        "integer",
        "How many rounds of the headphone check she did; 0 if she passed it over, empty if she never came to it.",
        "完成耳机检测的轮数；跳过为 0，未到这一步则为空。",
    ),
)


#: Columns of the codebook itself.
BOOK = [
    Column(name, "text", "", "", {})
    for name in ("file", "column", "kind", "unit", "coding", "meaning_en", "meaning_zh_hans")
]


def long_columns() -> list[Column]:
    """Columns of the ratings, one row a trial and scale."""
    return [EXPERT, GROUP, *TRIAL, KNOWN, SCALE, RATING, *ANSWER]


def wide_columns(file: dict[str, Any]) -> list[Column]:
    """Columns of the ratings, one row a trial."""
    return [EXPERT, GROUP, *TRIAL, KNOWN, *(_scale_column(scale) for scale in file["scales"])]


def remark_columns() -> list[Column]:
    """Columns of the remarks, one row a trial of which something was said."""
    return [EXPERT, GROUP, *TRIAL, *REMARK]


def expert_columns(file: dict[str, Any]) -> list[Column]:
    """Columns of the experts."""
    questions = (_question_column(question) for question in file["background"])
    return [EXPERT, GROUP, LANGUAGE, SUBMITTED, *SOUND, *questions]


def clip_columns(provenance: list[str]) -> list[Column]:
    """Columns of the clips, with the pack's own account of where each comes from."""
    own = [
        _column(f"provenance_{key}", "text", f"Where the clip comes from: {key}.", f"片段来源：{key}。")
        for key in provenance
    ]
    return [*CLIP, *own]


def metric_columns(names: list[str]) -> list[Column]:
    """Columns of the clips' objective metrics, as the pack gives them."""
    return [
        CLIP[0],
        *(_column(name, "number", f"The pack's metric {name}.", f"素材包中的指标 {name}。") for name in names),
    ]


def _scale_column(scale: dict[str, Any]) -> Column:
    return Column(scale["key"], "integer", "", coding_of(scale, "en"), _both(scale["definition"]))


def coding_of(scale: dict[str, Any], language: str) -> str:
    """A scale's bounds with the words at its ends."""
    low, high = _both(scale["low"])[language], _both(scale["high"])[language]
    return f"{scale['minimum']} = {low}, {scale['maximum']} = {high}"


def _question_column(question: dict[str, Any]) -> Column:
    kinds = {"choice": "text", "number": "integer", "text": "text"}
    coding = "; ".join(f"{choice['key']} = {_both(choice['label'])['en']}" for choice in question.get("choices", []))
    return Column(question["key"], kinds[question["kind"]], "", coding, _both(question["label"]))


def _both(texts: Texts) -> Texts:
    """A text in both languages; where the study has only one, that one stands in for the other."""
    only = next(iter(texts.values()))
    return {language: texts.get(language, only) for language in ("en", "zh-hans")}
