"""The sentences of a report's statistics, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "contrast_higher": (
            "{scale}: {a} is rated higher than {b}, by {difference} points on average ({level} % interval of the "
            "difference {low} to {high}; {p} after Holm's correction). {size}"
        ),
        "contrast_lower": (
            "{scale}: {a} is rated lower than {b}, by {difference} points on average ({level} % interval of the "
            "difference {low} to {high}; {p} after Holm's correction). {size}"
        ),
        "contrast_open": (
            "{scale}: no difference between {a} and {b} was shown (estimate {difference} points, {level} % interval "
            "{low} to {high}; {p} after Holm's correction). That does not show that there is none. {size}"
        ),
        "contrast_none": "{scale}: {a} and {b} could not be compared.",
        "size_small": "The difference is shown to be smaller than the smallest gap of interest, {gap} points.",
        "size_large": "The whole interval lies beyond the smallest gap of interest, {gap} points.",
        "size_open": "Whether it is smaller than the smallest gap of interest, {gap} points, this study cannot tell.",
        "pairs_some": "{scale}: {held} of {count} pairs differ after Holm's correction: {pairs}.",
        "pairs_nothing": (
            "{scale}: none of {count} pairs differs after Holm's correction. That does not show that they are equal."
        ),
        "verdict_none": "{scale}: no difference could be tested.",
        "verdict_small": (
            "{scale}: fewer than 6 experts, or fewer than 3 clips of a system. Nothing is concluded; the differences "
            "in the table are a hint."
        ),
        "missing_equivalence": "Differences and a smallest gap: no plan names one, or nothing was tested.",
        "missing_omnibus": "Test of all systems at once: there is one system, or too few ratings.",
        "missing_variance_components": "Where ratings vary: too few ratings to tell.",
        "missing_contrasts": "Differences between systems: only one system was rated.",
        "missing_ordinal_model": "Ordinal check: it could not be made on any scale; the notes say why.",
        "missing_reliability": "Agreement of the experts: too few experts, clips or ratings.",
        "missing_agreement_by_group": "Agreement by group: the file names no groups, or agreement has no value.",
        "missing_scale_correlations": "Scales together: only one scale was rated.",
        "missing_screening": "Each expert and the others: too few experts or clips.",
        "missing_order_effects": "Order: the file does not say in which order clips were heard (column trial).",
        "missing_sensitivity": "Other analyses: no two systems to compare, or over 66 pairs and no plan naming any.",
        "missing_clip_correlations": "Metrics and ratings of clips: there are no metrics, or the seal is closed.",
        "missing_system_correlations": "Metrics and ratings of systems: there are no metrics, or too few systems.",
        "missing_system_means": "Means: there is no rating.",
        "missing_rating_spread": "Spread of ratings: there is no rating.",
        "missing_effects": "Differences in shared units: no difference could be tested.",
        "missing_precision": "Precision: too few ratings to tell.",
        "missing_participants": "Who took part: the file says nothing of the experts but their codes.",
    },
    "zh-hans": {
        "contrast_higher": (
            "{scale}：{a} 的评分高于 {b}，平均高 {difference} 分（差值的 {level} % 区间为 {low} 至 {high}；"
            "Holm 校正后 {p}）。{size}"
        ),
        "contrast_lower": (
            "{scale}：{a} 的评分低于 {b}，平均低 {difference} 分（差值的 {level} % 区间为 {low} 至 {high}；"
            "Holm 校正后 {p}）。{size}"
        ),
        "contrast_open": (
            "{scale}：未能显示 {a} 与 {b} 之间有差异（估计值 {difference} 分，{level} % 区间为 {low} 至 {high}；"
            "Holm 校正后 {p}）。这并不表明没有差异。{size}"
        ),
        "contrast_none": "{scale}：{a} 与 {b} 无法比较。",
        "size_small": "已表明该差异小于所关心的最小差距 {gap} 分。",
        "size_large": "整个区间都超出所关心的最小差距 {gap} 分。",
        "size_open": "该差异是否小于所关心的最小差距 {gap} 分，本研究无法判断。",
        "pairs_some": "{scale}：{count} 对中有 {held} 对在 Holm 校正后有差异：{pairs}。",
        "pairs_nothing": "{scale}：{count} 对中没有一对在 Holm 校正后有差异。这并不表明它们相同。",
        "verdict_none": "{scale}：没有可检验的差异。",
        "verdict_small": "{scale}：专家少于 6 位，或某个系统的片段少于 3 个。不作结论；表中的差异仅供参考。",
        "missing_equivalence": "与所关心的最小差距的比较：没有计划指明该差距，或没有作任何检验。",
        "missing_omnibus": "所有系统的总体检验：只有一个系统，或评分太少。",
        "missing_variance_components": "评分的变异来源：评分太少，无法判断。",
        "missing_contrasts": "系统之间的差异：只有一个系统被评分。",
        "missing_ordinal_model": "有序模型检验：在任何量表上都无法进行，原因见说明。",
        "missing_reliability": "专家的一致性：专家、片段或评分太少。",
        "missing_agreement_by_group": "各组的一致性：文件中没有专家的分组，或一致性没有数值。",
        "missing_scale_correlations": "量表之间的相关：只有一个量表被评分。",
        "missing_screening": "每位专家与其他专家：专家或片段太少。",
        "missing_order_effects": "顺序效应：文件没有说明片段的聆听顺序（trial 列）。",
        "missing_sensitivity": "其他分析方法：没有两个可比较的系统，或比较多于 66 对而计划未指定其中任何一对。",
        "missing_clip_correlations": "指标与片段评分：没有指标，或封条尚未开启。",
        "missing_system_correlations": "指标与系统评分：没有指标，或系统太少。",
        "missing_system_means": "平均值：没有评分。",
        "missing_rating_spread": "评分的离散：没有评分。",
        "missing_effects": "以通用单位表示的差异：没有可检验的差异。",
        "missing_precision": "精度：评分太少，无法判断。",
        "missing_participants": "参加者：除代号外，文件没有关于专家的信息。",
    },
}


def say(key: str, **values: object) -> dict[str, str]:
    """A sentence in every language; a value with languages of its own is said in each."""
    return {
        lang: sentences[key].format(**{name: _in(lang, value) for name, value in values.items()}).strip()
        for lang, sentences in SENTENCES.items()
    }


def _in(lang: str, value: object) -> object:
    return (value.get(lang) or value.get("en", "")) if isinstance(value, Mapping) else value
