"""What the figures say and how they are captioned, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.dataset import Text

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "axis_share": "Share of ratings, %",
        "lowest": "lowest rating",
        "highest": "highest rating",
        "axis_difference": "Difference in rating points, with {level} % simultaneous interval",
        "holds": "differs from zero (adjusted p below α)",
        "open": "not shown to differ from zero",
        "gap_band": "smaller than the smallest gap of interest, {gap:g}",
        "figure9_pairs": "Rank correlation of every two experts, in the same order",
        "figure9_panel": "Rank correlation with the others' mean\n(hollow: below {limit})",
        "axis_trial": "Trial",
        "axis_change": "Rating less the others' mean",
        "axis_clip_mean": "{scale}: mean rating of the clip",
        "figure10_note": (
            "ρ: rank correlation within systems, with 95 % simultaneous interval. Large marks: means of systems."
        ),
        "exploratory": "Exploratory: not part of the frozen plan.",
        "figure11_experts": "Experts, from the strictest to the mildest",
        "figure11_no_experts": "Experts: the variance between them is estimated as zero, so all are at the average.",
        "figure11_no_clips": "Clips: the variance within systems is estimated as zero, so all are at their mean.",
        "figure11_untold_experts": "Experts are not drawn: the design cannot tell the variance between them.",
        "figure11_untold_clips": "Clips are not drawn: the design cannot tell the variance between those of a system.",
        "figure11_clips": "Clips, within each system from the lowest to the highest",
        "figure11_axis": "Departure in points, with {level} % interval",
    },
    "zh-hans": {
        "axis_share": "评分所占比例（%）",
        "lowest": "最低评分",
        "highest": "最高评分",
        "axis_difference": "差值（分）及 {level} % 同时置信区间",
        "holds": "与零有差异（校正后 p 小于 α）",
        "open": "未能显示与零有差异",
        "gap_band": "小于所关心的最小差距 {gap:g}",
        "figure9_pairs": "每两位专家的等级相关（次序相同）",
        "figure9_panel": "与其他专家平均评分的等级相关\n（空心：低于 {limit}）",
        "axis_trial": "聆听次序",
        "axis_change": "评分减去其他专家的平均评分",
        "axis_clip_mean": "{scale}：片段的平均评分",
        "figure10_note": "ρ：系统内的等级相关及 95 % 同时置信区间。大标记：各系统的平均值。",
        "exploratory": "探索性结果：不在冻结的计划之内。",
        "figure11_experts": "专家，从最严到最宽",
        "figure11_no_experts": "专家：专家之间的方差估计为零，故均位于平均水平。",
        "figure11_no_clips": "片段：同一系统各片段之间的方差估计为零，故均位于该系统的平均值。",
        "figure11_untold_experts": "未画专家：按本设计无法区分专家之间的方差。",
        "figure11_untold_clips": "未画片段：按本设计无法区分同一系统各片段之间的方差。",
        "figure11_clips": "片段，各系统内由低到高",
        "figure11_axis": "偏离（分）及 {level} % 区间",
    },
}

#: Caption of each figure. {level}: of the intervals; {scale}: the scale drawn, where it is one.
CAPTIONS: Mapping[str, Text] = {
    "figure7b": {
        "en": (
            "Figure 7b. How often each rating was given to each system. Ratings below the middle of the scale lie to "
            "the left, above it to the right; half of the middle rating lies on each side. Repeats are left out."
        ),
        "zh-hans": (
            "图 7b. 各系统得到每一级评分的比例。低于量表中点的在左，高于中点的在右，中间一级左右各半。不含重复片段。"
        ),
    },
    "figure8": {
        "en": (
            "Figure 8. Differences between systems by the mixed model, with {level} % simultaneous intervals: all of a "
            "family together hold the true differences in {level} % of studies or more (Bonferroni). The interval of a "
            "filled mark excludes zero, and its adjusted p is below α; that of a hollow mark includes zero, which "
            "does not show that the difference is zero. Drawn are the planned contrasts where a plan names them, else "
            "differences from the real music, else all pairs; p and intervals are adjusted for all planned contrasts "
            "of "
            "the scale, else for all its pairs. The grey band, if any, is the smallest gap of interest."
        ),
        "zh-hans": (
            "图 8. 混合模型得出的系统之间的差异及 {level} % 同时置信区间：在至少 {level} % 的研究中，同一族的所有区间"
            "同时"
            "包含真实差值（Bonferroni）。实心标记的区间不含零，其校正后 p 小于 α；空心标记的区间含零，但这并不表明差值"
            "为"
            "零。有计划时画计划指明的比较，否则画与真实音乐的差异，再否则画所有各对；p 和区间按该量表的全部计划比较校"
            "正，"
            "没有计划时按该量表的所有各对校正。灰带（如有）为所关心的最小差距。"
        ),
    },
    "figure9": {
        "en": (
            "Figure 9. Agreement of the experts ({scale}). Left: rank correlation of every two experts over the clips "
            "that both rated. Right: of each expert with the mean of the others. Low agreement may be carelessness or "
            "another way of hearing; nobody was left out by it."
        ),
        "zh-hans": (
            "图 9. 专家的一致性（{scale}）。左：每两位专家在共同评过的片段上的等级相关。右：每位专家与其他专家平均评分"
            "的等级相关。一致性低可能是粗心，也可能是另一种听法；没有人因此被排除。"
        ),
    },
    "figure10": {
        "en": (
            "Figure 10. Metrics of the notes against the mean rating of each clip ({scale}). The correlation is within "
            "systems, so no difference between systems enters it. Between systems there are as many points as systems, "
            "and so few points cannot carry a correlation."
        ),
        "zh-hans": (
            "图 10. 音符指标与各片段的平均评分（{scale}）。相关在系统内计算，不含系统之间的差异。系统之间只有与系统数目"
            "一样多的点，点数太少，不足以支撑相关。"
        ),
    },
    "figure11": {
        "en": (
            "Figure 11. How far each expert, and each clip within its system, departs from the average ({scale}): "
            "predictions of the mixed model, shrunk towards zero where they rest on few ratings, with {level} % "
            "intervals of prediction."
        ),
        "zh-hans": (
            "图 11. 每位专家、以及各系统内每个片段偏离平均的程度（{scale}）：混合模型的预测值，依据的评分少时更靠近零，"
            "并附 {level} % 预测区间。"
        ),
    },
    "figure12": {
        "en": (
            "Figure 12. Ratings in the course of a session: each rating less what the other experts gave the same "
            "clip, averaged over experts, with 95 % intervals."
        ),
        "zh-hans": ("图 12. 聆听过程中的评分：每个评分减去其他专家给同一片段的评分，再对专家取平均，附 95 % 区间。"),
    },
    "figure13": {
        "en": (
            "Figure 13. What a further study of this kind could find ({scale}), with the variances of this one. It "
            "says nothing about the results above: power computed afterwards is no evidence for or against them."
        ),
        "zh-hans": (
            "图 13. 按本研究的方差，再做一次这样的研究能发现什么（{scale}）。它不说明上面的结果：事后计算的检验力既不"
            "支持也不反对这些结果。"
        ),
    },
}
