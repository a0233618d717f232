"""What tables, their columns and the words in their cells are called on the page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.dataset import Text

CAPTIONS: Mapping[str, Text] = {
    "system_means_bootstrap": {
        "en": "The same means by the two-way bootstrap, without a model",
        "zh-hans": "用双向自助法（不用模型）得到的同样的平均值",
    },
    "contrasts": {"en": "Differences between systems", "zh-hans": "系统之间的差异"},
    "equivalence": {
        "en": "Differences against the smallest gap of interest",
        "zh-hans": "差异与所关心的最小差距",
    },
    "omnibus": {"en": "Test of all systems being equal", "zh-hans": "所有系统相同的总体检验"},
    "variance_components": {"en": "Where ratings vary", "zh-hans": "评分的变异来源"},
    "ordinal_model": {"en": "Ordinal check", "zh-hans": "有序模型检验"},
    "reliability": {"en": "How far experts agree, and with themselves", "zh-hans": "专家之间及前后的一致性"},
    "agreement_by_group": {"en": "Agreement within each group of experts", "zh-hans": "各组专家内部的一致性"},
    "scale_correlations": {"en": "Which scales go together", "zh-hans": "哪些量表一起变化"},
    "screening": {"en": "Each expert and the others", "zh-hans": "每位专家与其他专家"},
    "order_effects": {"en": "Whether ratings change in the course of a session", "zh-hans": "评分是否随聆听过程变化"},
    "sensitivity": {"en": "The same differences by other analyses", "zh-hans": "用其他分析方法得到的同样的差异"},
    "clip_correlations": {"en": "Metrics and the ratings of clips", "zh-hans": "指标与片段的评分"},
    "system_correlations": {"en": "Metrics and the ratings of systems", "zh-hans": "指标与系统的评分"},
}

NOTES: Mapping[str, Text] = {
    "contrasts": {
        "en": (
            "Difference = A − B in rating points, by the mixed model; tests with Satterthwaite's df. p after Holm "
            "corrects within the planned contrasts, and for other pairs over all pairs of the scale."
        ),
        "zh-hans": (
            "差值 = A − B（分），由混合模型得出；检验用 Satterthwaite 自由度。Holm 校正：计划中的比较在其内部校正，"
            "其他各对在该量表的所有各对中校正。"
        ),
    },
    "equivalence": {
        "en": "Two one-sided tests (Schuirmann 1987). The interval lies within the gap where p without Holm is small.",
        "zh-hans": "两个单侧检验（Schuirmann 1987）。未校正的 p 小时，区间落在差距之内。",
    },
    "variance_components": {
        "en": "An empty cell is a variance that the design cannot tell from the rest.",
        "zh-hans": "空格表示按本设计无法与其余部分区分的方差。",
    },
    "ordinal_model": {
        "en": (
            "Cumulative link mixed model; systems against the first one. A check that does not take the steps of the "
            "scale as equal; the mixed model is the analysis."
        ),
        "zh-hans": "累积连接混合模型；各系统与第一个系统相比。这一核对不把量表各级视为等距；正式分析为混合模型。",
    },
    "screening": {
        "en": (
            "Rank correlation with the mean of the others; flagged below 0.20. A flag cannot tell carelessness from "
            "another way of hearing; nobody was left out of the analysis by it."
        ),
        "zh-hans": "与其他专家平均评分的等级相关；低于 0.20 者作标记。标记不能区分粗心与另一种听法；没有人因此被排除。",
    },
    "sensitivity": {"en": "p is not corrected here.", "zh-hans": "此表中的 p 未作校正。"},
    "reliability": {
        "en": (
            "Clips of all systems together, so a difference between systems counts as agreement. The panel's mean can "
            "be reliable while single experts agree little."
        ),
        "zh-hans": "所有系统的片段一起计算，因此系统之间的差异也算作一致。个别专家之间一致性低，全体的平均也可以可靠。",
    },
    "scale_correlations": {
        "en": "High values between single ratings point to one impression that colours several answers (halo).",
        "zh-hans": "单次评分之间的相关高，说明一个印象影响了几个回答（光环效应）。",
    },
    "order_effects": {
        "en": "In rating points; each clip is compared with what the other experts gave it.",
        "zh-hans": "单位为分；每个片段与其他专家给它的评分相比较。",
    },
}

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "scale": "Scale",
        "system": "System",
        "system_a": "A",
        "system_b": "B",
        "mean": "Mean",
        "difference": "A − B",
        "se": "SE",
        "p": "p",
        "p_holm": "p after Holm",
        "interval": "Interval",
        "family": "Family",
        "gap": "Gap",
        "verdict": "Verdict",
        "f": "F",
        "num_df": "df 1",
        "den_df": "df 2",
        "component": "Component",
        "variance": "Variance",
        "sd": "SD",
        "link": "Link",
        "term": "Term",
        "kind": "Kind",
        "estimate": "Estimate",
        "statistic": "Statistic",
        "value": "Value",
        "group": "Group",
        "scale_a": "Scale",
        "scale_b": "Scale",
        "level": "Between",
        "expert_id": "Expert",
        "agreement": "Agreement",
        "flagged": "Flagged",
        "n_experts": "Experts",
        "n_clips": "Clips",
        "n_ratings": "Ratings",
        "n_systems": "Systems",
        "analysis": "Analysis",
        "note": "Note",
        "metric": "Metric",
        "form": "Form",
        "same_best": "Same best system",
    },
    "zh-hans": {
        "scale": "量表",
        "system": "系统",
        "system_a": "A",
        "system_b": "B",
        "mean": "平均值",
        "difference": "A − B",
        "se": "标准误",
        "df": "自由度",
        "p": "p",
        "p_holm": "Holm 校正后 p",
        "interval": "区间",
        "family": "比较族",
        "gap": "差距",
        "verdict": "判断",
        "f": "F",
        "num_df": "自由度 1",
        "den_df": "自由度 2",
        "component": "成分",
        "variance": "方差",
        "sd": "标准差",
        "link": "连接函数",
        "term": "项",
        "kind": "类别",
        "estimate": "估计值",
        "statistic": "统计量",
        "value": "值",
        "group": "组",
        "scale_a": "量表",
        "scale_b": "量表",
        "level": "层次",
        "expert_id": "专家",
        "agreement": "一致性",
        "flagged": "标记",
        "n": "n",
        "n_experts": "专家数",
        "n_clips": "片段数",
        "n_ratings": "评分数",
        "n_systems": "系统数",
        "analysis": "分析",
        "note": "说明",
        "metric": "指标",
        "form": "形式",
        "same_best": "最佳系统相同",
    },
}

ROW_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "True": "yes",
        "False": "no",
        "expert": "experts",
        "clip": "clips",
        "expert:system": "experts by system",
        "residual": "residual",
        "icc_2_1": "agreement, one expert (ICC 2,1)",
        "icc_2_k": "agreement, panel mean (ICC 2,k)",
        "alpha_ordinal": "Krippendorff's alpha, ordinal",
        "retest_rank_correlation": "repeats, rank correlation",
        "retest_same": "repeats, share equal",
        "retest_sd": "repeats, SD in points",
        "rating": "single ratings",
        "ten_trials": "ten trials later",
        "second_half": "second half",
        "after_real": "after real music",
        "main": "the analysis itself",
        "bootstrap": "two-way bootstrap",
        "screened": "without flagged experts",
        "with_repeats": "with repeats",
        "without_known": "without known clips",
        "without_late": "without late answers",
        "first_half": "first half",
        "trial_adjusted": "adjusted for the trial",
        "one_expert_out": "without one expert, largest p",
        "no_column": "the file has no such column",
        "nothing_differs": "nothing to leave out: as the analysis itself",
        "too_few": "too few ratings",
        "too_many": "too many experts",
        "value": "as it is",
        "distance": "distance from real music",
        "constant": "constant within systems",
        "hardly_varies": "hardly varies",
        "few_clips": "too few clips",
        "few_experts": "too few experts",
    },
    "zh-hans": {
        "True": "是",
        "False": "否",
        "expert": "专家",
        "clip": "片段",
        "expert:system": "专家 × 系统",
        "residual": "残差",
        "planned": "计划之内",
        "all pairs": "所有各对",
        "different": "有差异",
        "equivalent": "相当",
        "different but small": "有差异但很小",
        "undecided": "不能判断",
        "threshold": "阈值",
        "system": "系统",
        "variance": "方差",
        "fit": "拟合",
        "log_likelihood": "对数似然",
        "icc_2_1": "一致性，单个专家（ICC 2,1）",
        "icc_2_k": "一致性，全体平均（ICC 2,k）",
        "alpha_ordinal": "Krippendorff α（有序）",
        "retest_rank_correlation": "重复片段，等级相关",
        "retest_same": "重复片段，评分相同的比例",
        "retest_sd": "重复片段，标准差（分）",
        "rating": "单次评分",
        "ten_trials": "每过十个片段",
        "second_half": "后半",
        "after_real": "在真实音乐之后",
        "main": "正式分析",
        "bootstrap": "双向自助法",
        "screened": "不含被标记的专家",
        "with_repeats": "含重复片段",
        "without_known": "不含认出的片段",
        "without_late": "不含迟到的回答",
        "first_half": "前半",
        "trial_adjusted": "对次序作调整",
        "one_expert_out": "去掉一位专家，p 最大者",
        "no_column": "文件没有这一列",
        "nothing_differs": "没有可去掉的：与正式分析相同",
        "too_few": "评分太少",
        "too_many": "专家太多",
        "value": "原值",
        "distance": "与真实音乐的距离",
        "constant": "系统内恒定",
        "hardly_varies": "几乎不变",
        "few_clips": "片段太少",
        "few_experts": "专家太少",
    },
}


def heading(column: str, lang: str) -> str:
    """What a column is called on the page; its own name where it has no other."""
    return HEADINGS[lang].get(column, column)


def word(value: str, lang: str) -> str:
    """What a cell of words is called on the page; the word itself where it has no other."""
    return ROW_WORDS[lang].get(value, value)
