"""The methods text and the reporting checklist, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

METHODS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "listening": "{experts_named} rated {clips_named} of {systems_named} on {scales}. {ratings_named}.",
        "repeats": "{repeated_named} left out of all means.",
        "missing": "{missing_named} left empty.",
        "design": (
            "By the frozen plan each expert hears {heard_per_expert} of {clips_per_system} clips of each system, in an "
            "order drawn beforehand and balanced over experts, {repeats} of them twice, after {practice_named} "
            "not counted."
        ),
        "plan": (
            "The plan was frozen before the ratings were seen (SHA-256 {hash}). Primary scale: {primary}. Named "
            "contrasts: {contrasts}. Level of tests: {alpha:g}. Smallest gap of interest: {gap}. {exclusions} "
            "{dropouts} Everything outside the plan is exploratory and is marked so."
        ),
        "no_plan": "No plan was frozen before the ratings were seen: every result is exploratory.",
        "no_contrasts": "none, so all pairs of systems are compared",
        "no_gap": "none",
        "points": "{gap:g} points",
        "points_one": "{gap:g} point",
        "each_scale": "each scale",
        "all_pairs": "differences",
        "other_pairs": "other differences",
        "model": "A linear mixed model was fitted by restricted maximum likelihood, {models}.",
        "model_on": "on {scales}: {formula}",
        "residual": "The model assumes one residual variance for all systems.",
        "freedom": (
            "Its intervals and tests have Satterthwaite's degrees of freedom (Kuznetsova, Brockhoff & Christensen "
            "2017)."
        ),
        "random": (
            "Experts and clips are both random, so that results speak of other such experts and clips (Judd, Westfall "
            "& Kenny 2012)."
        ),
        "untold": (
            "On {untold} the design cannot tell all of these variances apart; the table of variances leaves those "
            "empty that are not in the model."
        ),
        "unfitted": "On {unfitted} no model could be fitted; the means are those of the ratings, without intervals.",
        "withheld": (
            "Where fewer than 6 experts rated a system or it has fewer than 3 clips, nothing of it has an interval or "
            "a test."
        ),
        "intervals": "Intervals are at {level} %.",
        "adjusted_planned": (
            "p values and intervals of the planned contrasts are adjusted for their number by Bonferroni's method "
            "(Dunn 1961)."
        ),
        "adjusted_pairs": (
            "p values and intervals of {pairs_adjusted} are adjusted for all pairs of a scale by Bonferroni's method "
            "(Dunn 1961)."
        ),
        "scales_apart": "Scales are not corrected for one another.",
        "omnibus": "An F test asks whether all systems are equal.",
        "equivalence": (
            "Two one-sided tests (Schuirmann 1987) ask whether a difference is smaller than the smallest gap of "
            "interest."
        ),
        "ordinal": (
            "Since ratings are ordered categories, cumulative probit and logit models with the same random effects "
            "were fitted as a check on {checked} (Laplace approximation; Christensen's clmm)."
        ),
        "ordinal_compared": (
            "Its differences have t tests with the linear model's degrees of freedom; where the probit model disagrees "
            "with the linear model in sign or significance, this report says so."
        ),
        "ordinal_ratio": (
            "Where standard errors of the ordinal model cannot be trusted, likelihood-ratio tests take the place of "
            "its t tests."
        ),
        "sensitivity": "The differences were computed again: {analyses}. None of this changes the analysis.",
        "screening": (
            "Each expert was compared with the mean of the others by rank correlation; below .20 an expert is flagged."
        ),
        "order": "Ratings less the other experts' mean of the clip were tested for change with the order of hearing.",
        "icc": (
            "Agreement of the experts is given as ICC(2,1) and ICC(2,k) (McGraw & Wong 1996), over clips of all "
            "systems."
        ),
        "alpha": "Krippendorff's ordinal alpha is over clips of all systems.",
        "retest": "Test-retest reliability is that of the panel, from repeated clips.",
        "groups": "Agreement was also computed within groups of experts.",
        "together": "Correlations of scales are between single ratings and between the means of clips.",
        "metrics": (
            "Metrics of the notes were compared with ratings by rank correlations of clips within systems, with a "
            "two-way bootstrap interval; p values and intervals are adjusted for all rows of a scale by Bonferroni's "
            "method."
        ),
        "systems": "Between systems the correlations have as many points as systems, too few to carry a conclusion.",
        "prompts": "The models take clips of different systems as unrelated: prompts that they share are not used.",
        "software": "Computed by Mukulen with {versions}; seed {seed}. Data: SHA-256 {dataset_hash}.",
        "simulated": "The ratings are SIMULATED: a program made them.",
    },
    "zh-hans": {
        "listening": "{experts} 位专家在{scales}上评价了 {systems} 个系统的 {clips} 个片段。计入 {ratings} 个评分。",
        "repeats": "另有 {repeated} 个重复片段的评分，不计入任何平均值。",
        "missing": "{missing} 个评分空缺。",
        "design": (
            "按冻结的计划，每位专家听每个系统 {clips_per_system} 个片段中的 {heard_per_expert} 个，次序事先排定并在专"
            "家之间平衡，其中 {repeats} 个听两次；之前有 {practice} 个不计入的练习片段。"
        ),
        "plan": (
            "计划在看到评分之前冻结（SHA-256 {hash}）。主要量表：{primary}。指明的比较：{contrasts}。检验水平："
            "{alpha:g}。所关心的最小差距：{gap}。{exclusions} {dropouts} 计划之外的一切都是探索性的，并已标明。"
        ),
        "no_plan": "看到评分之前没有冻结计划：所有结果都是探索性的。",
        "no_contrasts": "无，因此比较所有各对系统",
        "no_gap": "无",
        "points": "{gap:g} 分",
        "points_one": "{gap:g} 分",
        "each_scale": "每个量表",
        "all_pairs": "差值",
        "other_pairs": "其他差值",
        "model": "用限制性最大似然拟合了线性混合模型：{models}。",
        "model_on": "在{scales}上为 {formula}",
        "residual": "模型假定所有系统的残差方差相同。",
        "freedom": "其区间和检验采用 Satterthwaite 自由度（Kuznetsova, Brockhoff & Christensen 2017）。",
        "random": "专家和片段都作为随机因素，因此结果可推及其他同类的专家和片段（Judd, Westfall & Kenny 2012）。",
        "untold": "在{untold}上，按本设计无法把这些方差全部区分开；方差表中，不在模型中的方差留空。",
        "unfitted": "在{unfitted}上无法拟合模型；平均值由评分直接得出，没有区间。",
        "withheld": "若评价某个系统的专家少于 6 位，或其片段少于 3 个，则不给出该系统的任何区间和检验。",
        "intervals": "区间为 {level} %。",
        "adjusted_planned": "计划中的比较的 p 值和区间按其数目用 Bonferroni 法校正（Dunn 1961）。",
        "adjusted_pairs": "{pairs_adjusted}的 p 值和区间按该量表的所有各对用 Bonferroni 法校正（Dunn 1961）。",
        "scales_apart": "量表之间不作校正。",
        "omnibus": "另用 F 检验考察所有系统是否相同。",
        "equivalence": "用两个单侧检验（Schuirmann 1987）考察差异是否小于所关心的最小差距。",
        "ordinal": (
            "由于评分是有序类别，另在{checked}上用随机效应相同的累积 probit 和 logit 模型作核对（Laplace 近似；"
            "Christensen 的 clmm）。"
        ),
        "ordinal_compared": (
            "其差值用 t 检验，自由度取自线性模型；probit 模型与线性模型在方向或显著性上不一致之处，本报告均已说明。"
        ),
        "ordinal_ratio": "若有序模型的标准误不可靠，则以似然比检验代替其 t 检验。",
        "sensitivity": "同样的差异还用以下方法重新计算：{analyses}。这些都不改变正式分析。",
        "screening": "用等级相关比较每位专家与其他专家的平均评分；低于 .20 者作标记。",
        "order": "以评分减去其他专家给同一片段的平均评分，检验其是否随聆听次序变化。",
        "icc": "专家的一致性用 ICC(2,1) 与 ICC(2,k)（McGraw & Wong 1996）表示，所有系统的片段一起计算。",
        "alpha": "Krippendorff 有序 α 由所有系统的片段一起计算。",
        "retest": "重测信度为全体专家的，由重复片段得出。",
        "groups": "另在各组专家内部计算一致性。",
        "together": "量表之间的相关分别在单次评分之间和片段平均评分之间计算。",
        "metrics": (
            "音符指标与评分的关系用系统内各片段的等级相关考察，区间为双向自助法；p 值和区间按一个量表的所有行用 "
            "Bonferroni 法校正。"
        ),
        "systems": "系统之间的相关只有与系统数目一样多的点，点数太少，不足以得出结论。",
        "prompts": "模型把不同系统的片段视为互不相关：没有使用它们共有的提示（prompt）。",
        "software": "由 Mukulen 计算，{versions}；随机种子 {seed}。数据：SHA-256 {dataset_hash}。",
        "simulated": "这些评分是模拟数据（SIMULATED），由程序生成。",
    },
}

#: The other analyses of the table `sensitivity`, each named where it could be made.
OTHER_ANALYSES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "bootstrap": "by a two-way bootstrap of experts and clips (Owen 2007; {replicates} replicates)",
        "screened": "without experts who agree with the others by less than .20 (leave-one-out rank correlation)",
        "with_repeats": "with repeats",
        "without_known": "without clips that the expert knew",
        "without_late": "without late ratings",
        "first_half": "in the first half of the session",
        "second_half": "in the second half of the session",
        "trial_adjusted": "adjusted for the trial",
        "one_expert_out": "without each expert in turn",
    },
    "zh-hans": {
        "bootstrap": "专家与片段的双向自助法（Owen 2007；{replicates} 次）",
        "screened": "不含与其他专家一致性低于 .20（留一等级相关）的专家",
        "with_repeats": "含重复片段",
        "without_known": "不含专家事先知道的片段",
        "without_late": "不含延迟送达的评分",
        "first_half": "仅前半",
        "second_half": "仅后半",
        "trial_adjusted": "对次序作调整",
        "one_expert_out": "逐一去掉每位专家",
    },
}

REPORTED, OPEN = "here", "authors"
#: Pieces of answers.
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "item": "What is asked",
        "answer": "Answer",
        REPORTED: "told here",
        OPEN: "for the authors to tell",
        "yes": "yes, {name}",
        "no": "none that the data know",
        "sealed": "not told while the seal is closed",
        "frozen": "Yes (SHA-256 {hash}).",
        "not_frozen": "No. Everything is exploratory.",
        "planned": "the planned contrasts",
        "all_pairs": "all pairs",
        "tested": "Tested against {gap}.",
        "no_gap": "Not tested: no plan names a smallest gap of interest.",
        "gap_untested": "Not tested: no difference has a test.",
        "agree": "The probit model agrees with the linear one on all {count} differences.",
        "differ": "The probit model disagrees with the linear one on {differ} of {count} differences; named above.",
        "agree_one": "The probit model agrees with the linear one on the only difference.",
        "differ_one": "The probit model disagrees with the linear one on the only difference; named above.",
        "no_check": "An ordinal model was fitted, but no difference has a test in both models.",
        "no_model": "Not checked: no ordinal model was fitted.",
        "flagged": "Flagged by low agreement on {primary}: {flagged}.",
        "screened": "The sensitivity table has results with and without.",
        "unit": "No: experts and clips are random in every interval and test.",
        "unit_untold": "No, but not all variances could be told apart; the table of variances says which.",
        "unit_none": "There is no interval and no test of a mean or difference.",
        "many": "By Bonferroni's method within {family} on each scale; scales apart.",
        "many_one": "No scale has more than one test; scales apart.",
        "many_none": "No difference is tested.",
        "unknown": "not known",
    },
    "zh-hans": {
        "item": "问题",
        "answer": "回答",
        REPORTED: "本报告已说明",
        OPEN: "由作者说明",
        "yes": "有，{name}",
        "no": "据数据所知没有",
        "sealed": "封条未开启，不说明",
        "frozen": "是（SHA-256 {hash}）。",
        "not_frozen": "否。一切都是探索性的。",
        "planned": "计划中的比较",
        "all_pairs": "所有各对",
        "tested": "已与 {gap}作检验。",
        "no_gap": "未检验：没有计划指明所关心的最小差距。",
        "gap_untested": "未检验：没有可检验的差异。",
        "agree": "probit 模型在全部 {count} 个差异上与线性模型一致。",
        "differ": "probit 模型在 {count} 个差异中有 {differ} 个与线性模型不一致，见上文。",
        "agree_one": "probit 模型在唯一一个差异上与线性模型一致。",
        "differ_one": "probit 模型在唯一一个差异上与线性模型不一致，见上文。",
        "no_check": "拟合了有序模型，但没有一个差异在两个模型中都有检验。",
        "no_model": "未核对：没有拟合有序模型。",
        "flagged": "在{primary}上因一致性低而作标记者：{flagged} 位。",
        "screened": "敏感性表中有排除前后的结果。",
        "unit": "否：每个区间和检验都把专家和片段作为随机因素。",
        "unit_untold": "否，但无法把所有方差区分开；见方差表。",
        "unit_none": "平均值和差异都没有区间和检验。",
        "many": "每个量表内对{family}用 Bonferroni 法校正；量表之间分开。",
        "many_one": "每个量表至多有一个检验；量表之间分开。",
        "many_none": "没有检验任何差异。",
        "unknown": "未知",
    },
}

#: Each question, its answer where the ratings know it, and what the authors have to say where they do not.
CHECKLIST: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "listeners": {
        "en": ("How many listeners, and of what kind?", "{experts_named}{groups}. Say what makes them experts."),
        "zh-hans": ("多少位听者，是什么人？", "{experts} 位专家{groups}。请说明其专长。"),
    },
    "recruited": {
        "en": ("How were they found, and were they paid?", "Not in the data."),
        "zh-hans": ("如何招募，是否付酬？", "数据中没有。"),
    },
    "asked": {
        "en": ("What exactly were they asked?", "{scales}; wording above."),
        "zh-hans": ("究竟问了什么？", "{scales}；措辞见上文。"),
    },
    "asked_open": {
        "en": ("What exactly were they asked?", "{scales}. The file has names only; give the wording and the bounds."),
        "zh-hans": ("究竟问了什么？", "{scales}。文件只有名称；请给出措辞和上下限。"),
    },
    "heard_how": {
        "en": ("How was it played (device, room, level, training)?", "Not in the data."),
        "zh-hans": ("如何播放（设备、房间、音量、练习）？", "数据中没有。"),
    },
    "clips": {
        "en": ("How many clips of each system?", "{per_system}; {clips} in all, {per_clip_named} a clip and scale."),
        "zh-hans": ("每个系统多少个片段？", "{per_system}；共 {clips} 个，每个片段每个量表 {per_clip} 个评分。"),
    },
    "drawn": {
        "en": ("How were clips chosen? None by hand?", "Not in the data; the pack's manifest has seeds and sources."),
        "zh-hans": ("片段如何选取？有无人工挑选？", "数据中没有；片段包的 manifest 记有种子和来源。"),
    },
    "drawn_open": {
        "en": ("How were clips chosen? None by hand?", "Not in the data."),
        "zh-hans": ("片段如何选取？有无人工挑选？", "数据中没有。"),
    },
    "order": {
        "en": (
            "Were order and systems blind and balanced?",
            "By the frozen session plans; certificate.json has figures.",
        ),
        "zh-hans": ("次序与系统是否盲测并平衡？", "按冻结的聆听计划；数字见 certificate.json。"),
    },
    "order_open": {
        "en": ("Were order and systems blind and balanced?", "Not in the data."),
        "zh-hans": ("次序与系统是否盲测并平衡？", "数据中没有。"),
    },
    "real": {
        "en": ("Was real music among the clips, unmarked?", "Real music: {real}."),
        "zh-hans": ("片段中是否混有未标明的真实音乐？", "真实音乐：{real}。"),
    },
    "frozen": {
        "en": ("Was the analysis fixed beforehand?", "{frozen}"),
        "zh-hans": ("分析是否事先确定？", "{frozen}"),
    },
    "left_out": {
        "en": (
            "Who and what was left out?",
            "No expert, by this report. {flags}Empty ratings: {missing}.",
        ),
        "zh-hans": (
            "排除了哪些人和数据？",
            "本报告未排除任何专家。{flags}空缺评分：{missing}。",
        ),
    },
    "unit": {
        "en": ("Are ratings treated as independent?", "{unit}"),
        "zh-hans": ("是否把评分当作相互独立？", "{unit}"),
    },
    "many": {
        "en": ("Are many comparisons corrected for?", "{many}"),
        "zh-hans": ("多重比较是否校正？", "{many}"),
    },
    "no_difference": {
        "en": ("Is “no difference” tested, not inferred?", "{equivalence}"),
        "zh-hans": ("“没有差异”是检验得出还是推断？", "{equivalence}"),
    },
    "ordinal": {
        "en": ("Do conclusions hang on equal steps of the scale?", "{ordinal}"),
        "zh-hans": ("结论是否取决于把各级视为等距？", "{ordinal}"),
    },
    "agreement": {
        "en": ("How far do experts agree?", "On {primary}: {agreement}."),
        "zh-hans": ("专家的一致程度如何？", "在{primary}上：{agreement}。"),
    },
    "power": {
        "en": (
            "Was the study large enough?",
            "On {primary} it finds gaps of {smallest} points four times in five, one difference alone.",
        ),
        "zh-hans": ("研究规模是否足够？", "在{primary}上，对单个差值，五次中有四次能发现 {smallest} 分的差距。"),
    },
    "power_none": {
        "en": (
            "Was the study large enough?",
            "On {primary} no difference that the scale allows is found four times in five.",
        ),
        "zh-hans": ("研究规模是否足够？", "在{primary}上，量表范围内没有五次中有四次能发现的差值。"),
    },
    "across": {
        "en": ("Are means compared with other studies?", "They should not be: other experts and clips, other means."),
        "zh-hans": ("是否与其他研究的平均值比较？", "不应比较：专家和片段不同，平均值就不同。"),
    },
    "open_data": {
        "en": ("Can others check it?", "Say where ratings, clips and code are. Data: SHA-256 {dataset_hash}."),
        "zh-hans": ("他人能否核查？", "请说明评分、片段和代码在何处。数据：SHA-256 {dataset_hash}。"),
    },
}
