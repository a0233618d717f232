"""The sentences of a report's statistics, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "contrast_higher": (
            "{scale}: {a} is rated higher than {b}, by {difference} points on average ({level} % interval of the "
            "difference {low} to {high}; {p}{many}). {size}"
        ),
        "contrast_lower": (
            "{scale}: {a} is rated lower than {b}, by {difference} points on average ({level} % interval of the "
            "difference {low} to {high}; {p}{many}). {size}"
        ),
        "contrast_open": (
            "{scale}: no difference between {a} and {b} was shown (estimate {difference} points, {level} % interval "
            "{low} to {high}; {p}{many}). That does not show that there is none. {size}"
        ),
        "contrast_none": "{scale}: {a} and {b} were not tested: {why}.",
        "many": "; both adjusted for {count} differences",
        "size_small": "The difference is shown to be smaller than the smallest gap of interest, {gap} {points}.",
        "size_large": "The whole interval lies beyond the smallest gap of interest, {gap} {points}.",
        "size_open": "Whether it is smaller than the smallest gap of interest, {gap} {points}, this study cannot tell.",
        "pairs_some": "{scale}: {held} of {count} pairs {differ}, p adjusted for {count} differences: {pairs}.",
        "pairs_nothing": (
            "{scale}: none of {count} pairs differs, p adjusted for {count} differences. That does not show that they "
            "are "
            "equal."
        ),
        "pairs_untested": "{scale}: {count} further pairs were not tested: {why}.",
        "verdict_none": "{scale}: no difference could be tested: {why}.",
        "prompts_ids": (
            "{count} clip ids occur in several systems. If such clips were made from one prompt, that is not used: the "
            "models take clips of different systems as unrelated."
        ),
        "prompts_column": (
            "The file has a column {column}. Prompts are not used: the models take clips of different systems as "
            "unrelated."
        ),
        "verdict_small": "{scale}: {why}. Nothing is concluded: no difference has an interval or a test.",
    },
    "zh-hans": {
        "contrast_higher": (
            "{scale}：{a} 的评分高于 {b}，平均高 {difference} 分（差值的 {level} % 区间为 {low} 至 {high}；"
            "{p}{many}）。{size}"
        ),
        "contrast_lower": (
            "{scale}：{a} 的评分低于 {b}，平均低 {difference} 分（差值的 {level} % 区间为 {low} 至 {high}；"
            "{p}{many}）。{size}"
        ),
        "contrast_open": (
            "{scale}：未能显示 {a} 与 {b} 之间有差异（估计值 {difference} 分，{level} % 区间为 {low} 至 {high}；"
            "{p}{many}）。这并不表明没有差异。{size}"
        ),
        "contrast_none": "{scale}：{a} 与 {b} 未作检验：{why}。",
        "many": "；两者均按 {count} 个差值校正",
        "size_small": "已表明该差异小于所关心的最小差距 {gap} 分。",
        "size_large": "整个区间都超出所关心的最小差距 {gap} 分。",
        "size_open": "该差异是否小于所关心的最小差距 {gap} 分，本研究无法判断。",
        "pairs_some": "{scale}：{count} 对中有 {held} 对有差异（p 按 {count} 个差值校正）：{pairs}。",
        "pairs_nothing": "{scale}：{count} 对中没有一对有差异（p 按 {count} 个差值校正）。这并不表明它们相同。",
        "pairs_untested": "{scale}：另有 {count} 对未作检验：{why}。",
        "verdict_none": "{scale}：没有可检验的差异：{why}。",
        "prompts_ids": (
            "有 {count} 个片段编号出现在多个系统中。即使这些片段出自同一提示（prompt），也没有使用这一点：模型把不同系"
            "统的片段视为互不相关。"
        ),
        "prompts_column": "文件中有 {column} 列。没有使用提示（prompt）：模型把不同系统的片段视为互不相关。",
        "verdict_small": "{scale}：{why}。不作结论：差值都没有区间和检验。",
    },
}


#: What could not be had, and why.
MISSING: Mapping[str, Mapping[str, str]] = {
    "en": {
        "because": "{what}: {why}.",
        "under_codes": (
            "The study is blinded: for this report each clip was assigned to a code at random. The report shows the "
            "form of the analysis; its means and differences say nothing about the systems. Results by clip and by "
            "expert are left out until unblinding."
        ),
        "unknown": "the ratings do not allow it",
        "equivalence": "Differences and the smallest gap of interest",
        "omnibus": "Test of all systems at once",
        "variance_components": "Where ratings vary",
        "contrasts": "Differences between systems",
        "ordinal_model": "Ordinal check",
        "reliability": "Agreement of the experts",
        "agreement_by_group": "Agreement by group",
        "scale_correlations": "Scales together",
        "screening": "Each expert and the others",
        "order_effects": "Order",
        "sensitivity": "Other analyses",
        "clip_correlations": "Metrics and ratings of clips",
        "system_correlations": "Metrics and ratings of systems",
        "system_means": "Means",
        "system_means_bootstrap": "Means by the two-way bootstrap",
        "rating_spread": "Spread of ratings",
        "effects": "Differences in shared units",
        "precision": "Precision",
        "participants": "Who took part",
        "figure7b": "Figure 7b",
        "figure8": "Figure 8",
        "figure9": "Figure 9",
        "figure10": "Figure 10",
        "figure11": "Figure 11",
        "figure12": "Figure 12",
        "figure13": "Figure 13",
    },
    "zh-hans": {
        "because": "{what}：{why}。",
        "under_codes": (
            "研究尚处盲态：本报告把各片段随机分配给各代号。报告只展示分析的形式，其均值与差值不反映任何系统。揭盲之前不给出按片段和按专家的结果。"
        ),
        "unknown": "这些评分不足以计算",
        "equivalence": "差异与感兴趣的最小效应量",
        "omnibus": "所有系统的总体检验",
        "variance_components": "评分的变异来源",
        "contrasts": "系统之间的差异",
        "ordinal_model": "有序模型检验",
        "reliability": "专家的一致性",
        "agreement_by_group": "各组的一致性",
        "scale_correlations": "量表之间的相关",
        "screening": "每位专家与其他专家",
        "order_effects": "顺序效应",
        "sensitivity": "其他分析方法",
        "clip_correlations": "指标与片段评分",
        "system_correlations": "指标与系统评分",
        "system_means": "平均值",
        "system_means_bootstrap": "双向自助法的平均值",
        "rating_spread": "评分的离散",
        "effects": "以通用单位表示的差异",
        "precision": "精度",
        "participants": "参加者",
        "figure7b": "图 7b",
        "figure8": "图 8",
        "figure9": "图 9",
        "figure10": "图 10",
        "figure11": "图 11",
        "figure12": "图 12",
        "figure13": "图 13",
    },
}

#: Why: each is said only where it holds.
REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "few_experts": "fewer than 6 experts",
        "few_clips": "fewer than 3 clips of a system",
        "one_expert": "there is one expert",
        "fewer_than_three": "fewer than 3 experts",
        "one_system": "only one system was rated",
        "all_equal": "all ratings are equal",
        "no_variance": "the ratings of each system are all equal",
        "too_few": "too few ratings",
        "sparse": "too few ratings for so many experts and clips",
        "not_separable": "the design cannot tell a variance that it needs from the rest",
        "beyond_scale": "no difference on the scale is large enough to be found in four such studies of five",
        "at_zero": "the variances between experts and between clips are estimated as zero",
        "no_gap": "no plan names a smallest gap of interest",
        "many_pairs": "there are more than 66 pairs and no plan names any",
        "no_groups": "the file names no groups",
        "one_scale": "only one scale was rated",
        "no_trial": "the file does not say in which order clips were heard (column trial)",
        "sealed": "the seal is closed",
        "no_metrics": "there are no metrics of the clips",
        "few_systems": "too few systems, or metrics that do not vary between them",
        "no_background": "the file has no background of the experts",
        "no_steps": "no scale has 2 to 11 whole steps",
        "notes": "the notes say for each scale why there is none",
    },
    "zh-hans": {
        "few_experts": "专家少于 6 位",
        "few_clips": "某个系统的片段少于 3 个",
        "one_expert": "只有一位专家",
        "fewer_than_three": "专家少于 3 位",
        "one_system": "只有一个系统被评分",
        "all_equal": "所有评分都相同",
        "no_variance": "每个系统内的评分都相同",
        "too_few": "评分太少",
        "sparse": "相对于专家和片段的数目，评分太少",
        "not_separable": "按本设计无法区分所需的某个方差",
        "beyond_scale": "量表范围内没有大到在五次这样的研究中有四次能发现的差值",
        "at_zero": "专家之间和片段之间的方差估计为零",
        "no_gap": "没有计划指明感兴趣的最小效应量",
        "many_pairs": "比较多于 66 对，而计划未指定其中任何一对",
        "no_groups": "文件中没有专家的分组",
        "one_scale": "只有一个量表被评分",
        "no_trial": "文件没有说明片段的聆听顺序（trial 列）",
        "sealed": "尚未揭盲",
        "no_metrics": "没有片段的指标",
        "few_systems": "系统太少，或指标在系统之间没有变化",
        "no_background": "文件没有专家的背景信息",
        "no_steps": "没有 2 至 11 级的整数量表",
        "notes": "各量表的原因见说明",
    },
}


def reason(key: str) -> dict[str, str]:
    """Why something could not be had, in every language."""
    return {lang: words[key] for lang, words in REASONS.items()}


def say_missing(name: str, reasons: Iterable[str]) -> dict[str, str]:
    """That a table or figure is left out, and why, in every language; empty reasons and repetitions are passed over."""
    keys = list(dict.fromkeys(filter(None, reasons)))
    said = {}
    for lang, words in MISSING.items():
        why = ("；" if lang == "zh-hans" else "; ").join(REASONS[lang][key] for key in keys) or words["unknown"]
        said[lang] = words["because"].format(what=words[name], why=why)
    return said


def say(key: str, **values: object) -> dict[str, str]:
    """A sentence in every language; a value with languages of its own is said in each."""
    return {
        lang: sentences[key].format(**{name: _in(lang, value) for name, value in values.items()}).strip()
        for lang, sentences in SENTENCES.items()
    }


def _in(lang: str, value: object) -> object:
    return (value.get(lang) or value.get("en", "")) if isinstance(value, Mapping) else value
