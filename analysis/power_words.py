"""What `plan_study` and the power curve say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "simulated": "SIMULATED: a program made the pilot's ratings. This page says nothing about any real study.",
        "title": "WHAT THIS STUDY CAN FIND",
        "study": (
            "{n} experts; {systems} systems with {clips} clips each, of which each expert hears {heard} ({trials} "
            "trials in all). The question is whether a true gap of {gap:g} rating {points} between two systems will be "
            "told from zero in a two-sided test at {alpha:g}."
        ),
        "answer": "THE ANSWER",
        "can": (
            "Yes. A true gap of {gap:g} is found in {low:.0%} to {high:.0%} of such studies, depending on how much "
            "ratings scatter."
        ),
        "depends": (
            "Only if ratings scatter little. A true gap of {gap:g} is found in {low:.0%} to {high:.0%} of such "
            "studies, depending on how much ratings scatter; {goal:.0%} is the usual demand. A pilot would tell which "
            "it is."
        ),
        "cannot": (
            "No. A true gap of {gap:g} is found in only {low:.0%} to {high:.0%} of such studies, depending on how much "
            "ratings scatter; {goal:.0%} is the usual demand. A study like this cannot settle the question, and if it "
            "finds no difference that does not mean there is none."
        ),
        "can_one": "Yes. A true gap of {gap:g} is found in {low:.0%} of such studies.",
        "cannot_one": (
            "No. A true gap of {gap:g} is found in only {low:.0%} of such studies; {goal:.0%} is the usual demand. A "
            "study like this cannot settle the question, and if it finds no difference that does not mean there is "
            "none."
        ),
        "finds": (
            "With {scenario} scatter, the smallest gap found four times in five is {smallest:.2f}. Two systems that "
            "are truly equal would show means {gap:g} or more apart in {equal:.0%} of such studies."
        ),
        "more_clips": " To find the gap, {clips} clips a system would do, if every expert hears all ({trials} trials).",
        "never": (
            " No number of clips makes up for so few experts: with {clips} clips a system {n} experts would still find "
            "the gap in {most:.0%} of studies only."
        ),
        "more_experts": " With {clips} clips a system it takes {experts} experts.",
        "no_experts": " With so few clips no number of experts is enough either: experts and clips must both be more.",
        "exaggerates": (
            " Where such a study does announce a difference, the means lie {shown:.2f} apart on average, {times:.1f} "
            "times the true gap."
        ),
        "pilot_range": (
            "The pilot's variances are themselves uncertain: the chance lies between {low:.0%} and {high:.0%} in four "
            "of five cases that would agree with the pilot."
        ),
        "too_few": (
            "Fewer than 6 experts or 3 clips a system carry no claim about experts or systems at large; the report "
            "will refuse one."
        ),
        "unheard": (
            "Only {used} of the {clips} clips a system are heard by anybody ({n} experts, {heard} each); the others "
            "count for nothing."
        ),
        "approximate": (
            "Approximate: how far a gap scatters is known with about {df:.1f} degrees of freedom. With fewer than "
            "{few}, simulated studies found the gap more often than the page says, by up to .08."
        ),
        "figures": "THE FIGURES, by how much ratings scatter (never: not with 1000 either)",
        "scenario_low": "low",
        "scenario_middle": "middle",
        "scenario_high": "high",
        "scenario_pilot": "the pilot's",
        "fact_power": "chance to find a gap of {gap:g} (power)",
        "fact_half_width": "half-width of a difference's {percent:g} % interval",
        "fact_smallest": "smallest gap found with chance {goal:g}",
        "fact_equal": "chance that two equal systems show a gap of {gap:g}",
        "fact_shown": "mean gap shown where {gap:g} is found",
        "fact_clips_all": "clips a system for {goal:g}, each expert hearing all",
        "fact_clips_heard": "clips a system for {goal:g}, each expert hearing {heard}",
        "fact_experts": "experts for {goal:g}, {clips} clips a system",
        "fact_most": "chance with 1000 clips a system, {n} experts",
        "fact_df": "degrees of freedom of a difference",
        "none": "never",
        "grid": "CHANCE TO FIND {gap:g}: experts (rows) against clips a system (columns)",
        "grid_note": "each expert hears at most {heard} clips a system; {scenario} scatter; alpha {alpha:g}",
        "approximately": "~: approximate, with fewer than {few} degrees of freedom",
        "how": "WHERE THIS COMES FROM",
        "assumed": (
            "No pilot was given, so three sets of standard deviations (rating points, scale 1 to 5, means near 3.8) "
            "span what two published listening tests found. Neither was on Daur music or with such experts: run a "
            "pilot and give it with --pilot."
        ),
        "assumed_pilot": "Standard deviations in rating points, estimated from {source}.",
        "component_expert": "expert (own level; drops out of a gap)",
        "component_expert_system": "expert by system (own taste)",
        "component_clip": "clip within a system",
        "component_residual": "residual",
        "formula": (
            "SE of a gap = sqrt(2 (expert:system / experts + clip / clips + residual / (experts x heard))), in "
            "variances; clips that nobody hears do not count, and clips heard unequally often count a little less. "
            "Satterthwaite degrees of freedom from what REML can know of the variances in such a design; power over "
            "{draws} draws of what it will estimate; ratings analysed by a mixed model in which experts and clips are "
            "both a sample."
        ),
        "one_comparison": (
            "One comparison, named beforehand. With m named comparisons give --contrasts m: the report tests each at "
            "alpha / m (Bonferroni)."
        ),
        "curve_clips": "Clips a system",
        "curve_gap": "True gap, rating points",
        "curve_power": "Chance to find the gap",
        "curve_clips_title": "Gap {gap:g}; {n} experts, each hears at most {heard}",
        "curve_gap_title": "{n} experts, {clips} clips a system",
        "curve_plan": "planned study",
        "curve_scenario_low": "low scatter",
        "curve_scenario_middle": "middle scatter",
        "curve_scenario_high": "high scatter",
        "curve_scenario_pilot": "as in the pilot",
        "curve_scenario_study": "as ratings scatter in this study",
        "curve_this": "a study of this size",
    },
    "zh-hans": {
        "simulated": "模拟数据：预试验的评分由程序生成。本页不说明任何真实研究。",
        "title": "这项研究能发现什么",
        "study": (
            "{n} 位专家；{systems} 个系统，每个系统 {clips} 个片段，每位专家听其中 {heard} 个（共 {trials} 次试听）。问"
            "题是：两个系统之间若真有 {gap:g} 分的差距，在显著性水平 {alpha:g} 的双侧检验中能否发现。"
        ),
        "answer": "回答",
        "can": "能。真实差距为 {gap:g} 时，视评分离散程度而定，{low:.0%} 至 {high:.0%} 的此类研究会发现它。",
        "depends": (
            "只有评分离散程度小时才能。真实差距为 {gap:g} 时，视评分离散程度而定，{low:.0%} 至 {high:.0%} 的此类研究会"
            "发现它；通常要求 {goal:.0%}。预试验可以说明属于哪种情形。"
        ),
        "cannot": (
            "不能。真实差距为 {gap:g} 时，视评分离散程度而定，只有 {low:.0%} 至 {high:.0%} 的此类研究会发现它；通常要求"
            " {goal:.0%}。这样的研究不能解决这个问题；没有发现差异，也不表明没有差异。"
        ),
        "can_one": "能。真实差距为 {gap:g} 时，{low:.0%} 的此类研究会发现它。",
        "cannot_one": (
            "不能。真实差距为 {gap:g} 时，只有 {low:.0%} 的此类研究会发现它；通常要求 {goal:.0%}。这样的研究不能解决这"
            "个问题；没有发现差异，也不表明没有差异。"
        ),
        "finds": (
            "离散程度为“{scenario}”时，五次中有四次能发现的最小差距是 {smallest:.2f}。两个实际相同的系统，在 "
            "{equal:.0%} 的此类研究中平均分也会相差 {gap:g} 或更多。"
        ),
        "more_clips": "要发现这一差距，每个系统需要 {clips} 个片段，且每位专家全部听完（{trials} 次试听）。",
        "never": (
            "片段再多也弥补不了专家太少：即使每个系统有 {clips} 个片段，{n} 位专家也只在 {most:.0%} 的研究中发现这一差"
            "距。"
        ),
        "more_experts": "每个系统 {clips} 个片段时，需要 {experts} 位专家。",
        "no_experts": "片段这样少，专家再多也不够：专家和片段都必须增加。",
        "exaggerates": "此类研究若宣布发现差异，平均分之差平均为 {shown:.2f}，是真实差距的 {times:.1f} 倍。",
        "pilot_range": (
            "预试验的方差本身也不确定：在与预试验相符的情形中，五分之四的机会介于 {low:.0%} 与 {high:.0%} 之间。"
        ),
        "too_few": "专家少于 6 位或每个系统少于 3 个片段时，不能对专家或系统作一般性结论；报告会拒绝给出。",
        "unheard": (
            "每个系统的 {clips} 个片段中，只有 {used} 个有人听（{n} 位专家，每位 {heard} 个）；其余片段不起作用。"
        ),
        "approximate": (
            "近似值：差距的离散程度只有约 {df:.1f} 个自由度可供估计。自由度低于 {few} 时，模拟研究发现差距的比例高于本"
            "页所列机会，最多高出 .08。"
        ),
        "figures": "数字（按评分离散程度；无解：到 1000 仍不够）",
        "scenario_low": "小",
        "scenario_middle": "中",
        "scenario_high": "大",
        "scenario_pilot": "预试验",
        "fact_power": "发现 {gap:g} 差距的机会（检验功效）",
        "fact_half_width": "差距的 {percent:g} % 区间的半宽",
        "fact_smallest": "以 {goal:g} 的机会能发现的最小差距",
        "fact_equal": "两个相同系统显出 {gap:g} 差距的机会",
        "fact_shown": "发现 {gap:g} 时平均显出的差距",
        "fact_clips_all": "达到 {goal:g} 所需每系统片段数（每位专家全听）",
        "fact_clips_heard": "达到 {goal:g} 所需每系统片段数（每位专家听 {heard} 个）",
        "fact_experts": "每系统 {clips} 个片段时达到 {goal:g} 所需专家数",
        "fact_most": "每系统 1000 个片段、{n} 位专家时的机会",
        "fact_df": "差值的自由度",
        "none": "无解",
        "grid": "发现 {gap:g} 差距的机会：专家数（行）与每系统片段数（列）",
        "grid_note": "每位专家每个系统至多听 {heard} 个片段；离散程度：{scenario}；alpha {alpha:g}",
        "approximately": "~：近似值，自由度低于 {few}",
        "how": "依据",
        "assumed": (
            "没有给出预试验，因此用三组标准差（评分单位，量表 1 至 5，平均分约 3.8），范围取自两项已发表的听音测试。它"
            "们都不是达斡尔音乐，也没有这样的专家：请先做预试验，再用 --pilot 给出。"
        ),
        "assumed_pilot": "标准差（评分单位）由 {source} 估计。",
        "component_expert": "专家（打分松紧；不影响差距）",
        "component_expert_system": "专家与系统的交互（个人口味）",
        "component_clip": "系统内的片段",
        "component_residual": "残差",
        "formula": (
            "差距的标准误 = sqrt(2 (专家×系统 / 专家数 + 片段 / 片段数 + 残差 / (专家数 × 所听片段数)))，各项为方差；没"
            "有人听的片段不计，各片段被听次数不等时略少计。Satterthwaite 自由度取决于 REML 在这种设计中对各方差所能"
            "知道的信息；检验功效按其估计值的 {draws} 次抽取计算；评分用混合模型分析，专家和片段都视为样本。"
        ),
        "one_comparison": (
            "只对一个事先指明的比较。若指明了 m 个比较，请加 --contrasts m：报告以 alpha / m 检验每个比较（Bonferroni"
            "）。"
        ),
        "curve_clips": "每个系统的片段数",
        "curve_gap": "真实差距（评分单位）",
        "curve_power": "发现差距的机会",
        "curve_clips_title": "差距 {gap:g}；{n} 位专家，每位每系统至多听 {heard} 个",
        "curve_gap_title": "{n} 位专家，每个系统 {clips} 个片段",
        "curve_plan": "计划的研究",
        "curve_scenario_low": "离散程度小",
        "curve_scenario_middle": "离散程度中",
        "curve_scenario_high": "离散程度大",
        "curve_scenario_pilot": "与预试验相同",
        "curve_scenario_study": "评分的离散程度同本研究",
        "curve_this": "同样规模的研究",
    },
}
