"""What tables are called, and what stands below them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.dataset import Text

CAPTIONS: Mapping[str, Text] = {
    "system_means_bootstrap": {
        "en": "The same means by the two-way bootstrap, without a model",
        "zh-hans": "用双向自助法（不用模型）得到的同样的平均值",
    },
    "rating_spread": {"en": "How single ratings are spread", "zh-hans": "单个评分的分布"},
    "contrasts": {"en": "Differences between systems", "zh-hans": "系统之间的差异"},
    "effects": {
        "en": "The same differences in units that other studies share, and by the ordinal model",
        "zh-hans": "以通用单位表示的同样的差异，以及有序模型的结果",
    },
    "contrasts_alone": {"en": "Differences between systems", "zh-hans": "系统之间的差异"},
    "effects_alone": {
        "en": "The same differences in units that other studies share",
        "zh-hans": "以通用单位表示的同样的差异",
    },
    "equivalence": {
        "en": "Differences against the smallest gap of interest",
        "zh-hans": "差异与所关心的最小差距",
    },
    "omnibus": {"en": "Test of all systems being equal", "zh-hans": "所有系统相同的总体检验"},
    "variance_components": {"en": "Where ratings vary", "zh-hans": "评分的变异来源"},
    "precision": {"en": "How precise the study is", "zh-hans": "本研究的精度"},
    "participants": {"en": "Who took part", "zh-hans": "参加者"},
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
    "rating_spread": {
        "en": "Top two: share of ratings on the two highest steps. Repeats are left out.",
        "zh-hans": "最高两级：评分落在最高两级的比例。不含重复片段。",
    },
    "effects": {
        "en": (
            "d: the difference over the standard deviation of a single rating. Superiority: the chance that an expert "
            "rates a new clip of A above a new clip of B. Estimate: A − B in the ordinal model, in standard deviations "
            "of its noise. Both models: whether they agree in sign and in significance, p adjusted in both."
        ),
        "zh-hans": (
            "d：差值除以单个评分的标准差。优势：一位专家给 A 的一个新片段的评分高于 B 的一个新片段的概率。估计值：有序"
            "模型中的 A − B，以其噪声的标准差为单位。两模型：两者在方向和显著性（两者的 p 均已校正）上是否一致。"
        ),
    },
    "contrasts_alone": {
        "en": (
            "Difference = A − B in rating points. There are no tests and no intervals; the notes on the models say why."
        ),
        "zh-hans": "差值 = A − B（分）。没有检验和区间，原因见模型的说明。",
    },
    "effects_alone": {
        "en": (
            "d: the difference over the standard deviation of a single rating. Superiority: the chance that an expert "
            "rates a new clip of A above a new clip of B."
        ),
        "zh-hans": ("d：差值除以单个评分的标准差。优势：一位专家给 A 的一个新片段的评分高于 B 的一个新片段的概率。"),
    },
    "precision": {
        "en": (
            "Shares of the variance of a single rating; the share of the variance of the systems' means that other "
            "experts and clips would show again; half of the width of a difference's interval, and the smallest true "
            "difference found in four such studies of five, in points, of one difference alone and as if the design "
            "were balanced."
        ),
        "zh-hans": (
            "各成分占单个评分方差的比例；各系统平均值的方差中换一批专家和片段仍会出现的比例；差值区间宽度的一半，以及"
            "在五次这样的研究中有四次能发现的最小真实差距（分；只针对单个差值，按均衡设计计算）。"
        ),
    },
    "participants": {
        "en": (
            "Numbers below 5 are not told, since in a small circle they could point to a person; where one such number "
            "could be worked out from the rest, a second is withheld. Of answers in numbers the quartiles are given."
        ),
        "zh-hans": (
            "少于 5 人的数目不列出，因为在小圈子里可能指向个人；若可由其余数目推算，则再隐去一个。"
            "以数字回答的问题给出四分位数。"
        ),
    },
    "contrasts": {
        "en": (
            "Difference = A − B in rating points, by the mixed model; tests with Satterthwaite's df. p and interval "
            "are of "
            "one difference alone. The adjusted p and the simultaneous interval (columns …_simultaneous) are by "
            "Bonferroni's method, within the planned contrasts, and for other pairs over all pairs of the scale: an "
            "interval excludes zero exactly where its p is below α. The report's statements follow these. The files "
            "also have p after Holm "
            "(p_holm), for which there are no such intervals."
        ),
        "zh-hans": (
            "差值 = A − B（分），由混合模型得出；检验用 Satterthwaite 自由度。p 和区间只针对单个差值。校正后 p 和同时"
            "置信区间（…_simultaneous 列）用 Bonferroni 法：计划中的比较在其内部校正，其他各对在该量表的所有各对中校正"
            "；区"
            "间不含"
            "零当且仅当其 p 小于 α。本报告的陈述以此为准。文件中另有 Holm 校正后的 p（p_holm），它没有与之一致的区间。"
        ),
    },
    "equivalence": {
        "en": (
            "Two one-sided tests (Schuirmann 1987). An interval lies within the gap exactly where its p is below α; "
            "the adjusted p and the simultaneous interval are by Bonferroni's method, and the verdict follows them."
        ),
        "zh-hans": (
            "两个单侧检验（Schuirmann 1987）。区间落在差距之内当且仅当其 p 小于 α；校正后 p 和同时置信区间用 "
            "Bonferroni 法，判断以其为准。"
        ),
    },
    "variance_components": {
        "en": "An empty cell is a variance that the design cannot tell from the rest.",
        "zh-hans": "空格表示按本设计无法与其余部分区分的方差。",
    },
    "ordinal_model": {
        "en": (
            "Cumulative link mixed model; systems against the first one. z: estimate over standard error; p by t with "
            "the mixed model's df. A check that does not take the steps of the scale as equal; the mixed model is the "
            "analysis."
        ),
        "zh-hans": (
            "累积连接混合模型；各系统与第一个系统相比。z：估计值除以标准误；p 由 t 分布得出，自由度取自混合模型。"
            "这一核对不把量表各级视为等距；正式分析为混合模型。"
        ),
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
        "en": "High values between single ratings can come from one impression that colours several answers (halo).",
        "zh-hans": "单次评分之间的相关高，可能来自一个印象影响了几个回答（光环效应）。",
    },
    "order_effects": {
        "en": "In rating points; each clip is compared with what the other experts gave it.",
        "zh-hans": "单位为分；每个片段与其他专家给它的评分相比较。",
    },
}
