"""What a fit says of itself in words, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

Text = Mapping[str, str]
#: What something is called: in every language, or one name for all.
Name = Text | str

NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "expert": "between experts",
        "clip": "between clips of a system",
        "expert:system": "between experts in what they think of a system",
    },
    "zh-hans": {
        "expert": "专家之间",
        "clip": "同一系统的片段之间",
        "expert:system": "专家对各系统的看法之间",
    },
}

#: More systems than these are counted and not named.
MOST_NAMED = 12
MORE: Mapping[str, str] = {"en": " and {count} more", "zh-hans": "等，另有 {count} 个"}

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "at_zero": (
            "{scale}: the estimated variance {names} is zero, the smallest value that a variance can have. That does "
            "not "
            "show that there is none."
        ),
        "not_separable": (
            "{scale}: the design cannot tell the variance {names} from the rest; it is left out of the model and empty "
            "in the table."
        ),
        "one_expert": "{scale}: one expert. The results hold for this expert alone; nothing can be said of others.",
        "few_experts": (
            "{scale}: {count} experts. That is too few to speak of experts at large; the report gives no interval and "
            "no "
            "test."
        ),
        "one_clip": (
            "{scale}: one clip of each system. The differences are between these clips; nothing can be said of the "
            "systems, and the report gives no interval and no test."
        ),
        "few_clips": (
            "{scale}: fewer than 3 clips of {systems}. That is too few to speak of what these systems make; the report "
            "gives no interval and no test of them."
        ),
        "all_equal": "{scale}: all ratings are equal. There is nothing to test, and no interval.",
        "too_few": "{scale}: too few ratings to estimate any variance. There are means, but no tests and no intervals.",
        "no_variance": (
            "{scale}: the ratings of each system are all equal, so no variance can be estimated. There are means, but "
            "no "
            "tests and no intervals."
        ),
        "flat_systems": (
            "{scale}: the ratings of {systems} are all equal, but the model assumes one residual variance for all "
            "systems. Any standard error, interval or p of a difference with {systems} rests on how the ratings of "
            "other systems vary; treat it with caution."
        ),
        "exact": (
            "{scale}: the experts agree exactly, up to what the model adds or takes away for each expert and clip. "
            "Check "
            "how these ratings were recorded."
        ),
        "not_converged": "{scale}: the search for the variances did not settle; interpret its numbers with caution.",
        "one_system": "{scale}: one system was rated; there is nothing to compare it with.",
        "unknown_system": "{scale}: the planned contrast {a} − {b} is left out: a system of it was not rated.",
    },
    "zh-hans": {
        "at_zero": ("{scale}：{names}的方差估计为零，即方差可能取的最小值。这并不表明不存在差异。"),
        "not_separable": "{scale}：按本设计无法把{names}的方差与其余部分区分开；模型中不含该项，表中留空。",
        "one_expert": "{scale}：只有一位专家。结果仅对这位专家成立，不能推及其他人。",
        "few_experts": "{scale}：只有 {count} 位专家，人数太少，不能推及一般的专家；本报告不给出区间和检验。",
        "one_clip": "{scale}：每个系统只有一个片段。差值只针对这些片段，不能推及系统；本报告不给出区间和检验。",
        "few_clips": ("{scale}：{systems} 的片段不足 3 个，不能推及这些系统的一般水平；本报告不给出其区间和检验。"),
        "all_equal": "{scale}：所有评分都相同。没有可检验的内容，也没有区间。",
        "too_few": "{scale}：评分太少，无法估计任何方差。只有平均值，没有检验和区间。",
        "no_variance": "{scale}：每个系统内的评分都相同，无法估计任何方差。只有平均值，没有检验和区间。",
        "flat_systems": (
            "{scale}：{systems} 的评分都相同，而模型假定所有系统的残差方差相同。与 {systems} 有关的差值若有标准误、区间"
            "或 p，都取决于其他系统评分的变异；应谨慎看待。"
        ),
        "exact": ("{scale}：除模型为每位专家和每个片段加减的部分外，各专家的评分完全一致。请核对这些评分的记录方式。"),
        "not_converged": "{scale}：方差的估计未能收敛；该量表的所有数字都应谨慎看待。",
        "one_system": "{scale}：只有一个系统被评分，没有可比较的对象。",
        "unknown_system": "{scale}：计划中的比较 {a} − {b} 未列出：其中有系统未被评分。",
    },
}


def say(key: str, scale: Name, **values: object) -> Text:
    """A sentence in every language; `names`, if given, are components, `systems` what systems are called."""
    return {
        lang: sentences[key].format(scale=_in(lang, scale), **_worded(lang, values))
        for lang, sentences in SENTENCES.items()
    }


def _worded(lang: str, values: Mapping[str, object]) -> dict[str, object]:
    worded = {key: _in(lang, value) for key, value in values.items()}
    comma = "、" if lang == "zh-hans" else ", "
    for key, words in (("names", NAMES[lang]), ("systems", None)):
        if isinstance(given := values.get(key), (list, tuple)):
            named = [words[name] if words else str(_in(lang, name)) for name in given[:MOST_NAMED]]
            rest = MORE[lang].format(count=len(given) - MOST_NAMED) if len(given) > MOST_NAMED else ""
            worded[key] = comma.join(named) + rest
    return worded


def _in(lang: str, value: object) -> object:
    return value[lang] if isinstance(value, Mapping) else value
