"""The columns that every dataset has, with their meaning in both languages of the site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Texts = dict[str, str]
Kind = Literal["text", "integer", "number", "time"]
KINDS: dict[Kind, str] = {"text": "文本", "integer": "整数", "number": "数值", "time": "时间"}
LANGUAGES = ("en", "zh-hans")


@dataclass(frozen=True)
class Column:
    """One column of a table, for codebooks and descriptors.

    `unit` is "" for none; `values` says what single values stand for ({} where nothing is coded); `label` is a short
    name where the column has one besides its key. `closed`: no value is possible but those in `values`.
    """

    name: str
    kind: Kind
    meaning: Texts
    unit: str = ""
    values: dict[str, Texts] = field(default_factory=dict)
    minimum: int | None = None
    maximum: int | None = None
    required: bool = True
    closed: bool = False
    label: Texts = field(default_factory=dict)

    def coding(self, language: str) -> str:
        """What values stand for, in a line: 1 = least; 5 = most."""
        return "; ".join(f"{value} = {texts[language]}" for value, texts in self.values.items())


#: What a dataset says of systems: nothing while sealed, codes (for a report under codes alone), or their ids.
View = Literal["sealed", "coded", "open"]


@dataclass(frozen=True)
class Table:
    """A CSV file of the dataset: path, what it holds, columns, primary key, and columns that point to other tables."""

    path: str
    title: Texts
    columns: list[Column]
    key: tuple[str, ...]
    #: A column of this table -> the table in which it is the key, under the same name.
    refers: dict[str, str] = field(default_factory=dict)


def column(name: str, kind: Kind, en: str, zh: str, **more: Any) -> Column:
    """A column with its meaning in both languages."""
    return Column(name, kind, {"en": en, "zh-hans": zh}, **more)


NO_YES = {"0": {"en": "no", "zh-hans": "否"}, "1": {"en": "yes", "zh-hans": "是"}}
FLAG: dict[str, Any] = {"values": NO_YES, "minimum": 0, "maximum": 1, "closed": True}


EXPERT = column("expert_id", "text", "The expert's code.", "专家代号。")
TRIAL = (
    column(
        "trial",
        "integer",
        "Number of the trial in the session, from 1.",
        "试次在本次聆听中的序号，从 1 开始。",
        minimum=1,
    ),
    column("block", "integer", "Block of the session plan, from 1.", "方案中的区组，从 1 开始。", minimum=1),
    column("position", "integer", "Place within the block, from 1.", "在区组中的位置，从 1 开始。", minimum=1),
)
HEARD = (
    column("clip_id", "text", "The clip's id in this study.", "片段在本研究中的编号。"),
    column(
        "is_repeat",
        "integer",
        "Whether the expert had heard this clip before (a hidden repeat).",
        "该专家此前是否听过这一片段（隐藏的重复试次）。",
        **FLAG,
    ),
)
CLOCKS = (
    column(
        "browser_at",
        "time",
        "The same by the browser's own clock, as it was sent; empty where it was not measured.",
        "同一时间，以浏览器自身时钟为准（原样保存）；未测量则为空。",
        unit="UTC, ISO 8601",
        required=False,
    ),
    column(
        "received_at",
        "time",
        "When it arrived, by the server's clock.",
        "送达时间，以服务器时钟为准。",
        unit="UTC, ISO 8601",
    ),
)
LATE = column(
    "late",
    "integer",
    "Whether an answer given in time came after the expert finished, the study closed or the link expired.",
    "答案是否在专家提交、研究结束或链接失效之前作出、但在此之后才送达。",
    **FLAG,
)
ANSWER = (
    column(
        "revision",
        "integer",
        "Number of this answer among those to the scale; the highest that the server took counts.",
        "该量表上的第几次评分；以服务器接受的最高一次为准。",
        minimum=1,
    ),
    column(
        "rated_at",
        "time",
        "When the answer was given, by the server's clock: the browser's time corrected by its measured offset.",
        "评分时间，以服务器时钟为准：浏览器时间经测得的偏差校正。",
        unit="UTC, ISO 8601",
    ),
    *CLOCKS,
    column("plays", "integer", "How often the clip had been started by then.", "此前播放的次数。", minimum=0),
    column("heard_ms", "integer", "How much of the clip had been heard by then.", "此前听到的时长。", unit="ms"),
    column(
        "rt_ms",
        "integer",
        "Time from the trial's first showing to the answer.",
        "从试次首次显示到作答的时间。",
        unit="ms",
    ),
    column("language", "text", "The language in which the scale was read.", "作答时量表所用的语言。", required=False),
    column(
        "wording",
        "text",
        "The version of the scale's wording in that language; the wordings are in wordings.csv.",
        "量表在该语言中的措辞版本；各版本措辞见 wordings.csv。",
        required=False,
    ),
    LATE,
)
KNOWN = column(
    "known",
    "integer",
    "Whether the expert knew the song before the study.",
    "专家是否事先知道这首歌。",
    **FLAG,
)
REMARK = (
    KNOWN,
    column("comment", "text", "The expert's comment on the clip.", "专家对该片段的备注。", required=False),
    column(
        "remarked_at",
        "time",
        "When the expert last changed this, by the server's clock as in the ratings.",
        "最后一次修改的时间，以服务器时钟为准（与评分表相同）。",
        unit="UTC, ISO 8601",
    ),
    *CLOCKS,
    LATE,
)
CLIP = (
    column("pack_clip_id", "text", "The clip's id in the pack.", "片段在素材包中的编号。"),
    column("audio_sha256", "text", "SHA-256 of the audio.", "音频的 SHA-256。"),
    column("duration_s", "number", "Length of the clip.", "片段时长。", unit="s"),
    column("lufs", "number", "Loudness of the clip.", "片段响度。", unit="LUFS", required=False),
    column("true_peak_dbtp", "number", "True peak of the clip.", "片段真峰值。", unit="dBTP", required=False),
)
EXPERTS = (
    column("language", "text", "Language of the expert's link.", "专家链接所用的语言。"),
    column(
        "submitted",
        "time",
        "When the expert finished; empty if never.",
        "专家提交的时间；未提交则为空。",
        unit="UTC, ISO 8601",
        required=False,
    ),
    column(
        "replaced_by",
        "text",
        "Code of the expert who replaced this drop-out; empty if nobody did.",
        "接替此名额的专家代号；无人接替则为空。",
        required=False,
    ),
    column(
        "level",
        "integer",
        "Volume of the player that the expert set before the first clip, or last; empty if none.",
        "第一段之前（或最后一次）选定的播放音量；没有则为空。",
        unit="%",
        minimum=0,
        maximum=100,
        required=False,
    ),
    column(
        "headphones_correct",
        "integer",
        "Rounds of the headphone check in which the expert chose the quietest tone; 5 of 6 pass.",
        "耳机检测中选对最轻音的组数；6 组中选对 5 组即通过。",
        minimum=0,
        required=False,
    ),
    column(
        "headphones_rounds",
        "integer",
        "Rounds of the headphone check that were done; 0 if skipped, empty if the expert never reached it.",
        "完成的耳机检测组数；跳过为 0，未到这一步则为空。",
        minimum=0,
        required=False,
    ),
)
WORDING = (
    column("scale", "text", "The scale.", "量表。"),
    column("language", "text", "The language of these words.", "措辞所用的语言。"),
    column("wording", "text", "The version of these words, as in the ratings.", "措辞版本，与评分表一致。"),
    column("minimum", "integer", "The lowest rating.", "最低分。"),
    column("maximum", "integer", "The highest rating.", "最高分。"),
    column("label", "text", "The scale's name as the expert read it.", "专家所见的量表名称。"),
    column("definition", "text", "What the scale asks, as the expert read it.", "专家所见的量表说明。"),
    column("low", "text", "The words at the lowest rating.", "最低分处的文字。"),
    column("high", "text", "The words at the highest rating.", "最高分处的文字。"),
)
BOOK = (
    column("file", "text", "The table.", "数据表。"),
    column("column", "text", "The column.", "列。"),
    column("kind", "text", "Kind of value: text, integer, number or time.", "值的类型：文本、整数、数值或时间。"),
    column("unit", "text", "Unit; empty for none.", "单位；没有则为空。", required=False),
    column("minimum", "integer", "The lowest value possible; empty for none.", "最小值；没有则为空。", required=False),
    column("maximum", "integer", "The highest value possible; empty for none.", "最大值；没有则为空。", required=False),
    column("coding_en", "text", "What single values stand for.", "取值含义（英文）。", required=False),
    column("coding_zh_hans", "text", "The same in Chinese.", "取值含义（中文）。", required=False),
    column("meaning_en", "text", "What the column holds.", "列的含义（英文）。"),
    column("meaning_zh_hans", "text", "The same in Chinese.", "列的含义（中文）。"),
)
