"""The methods text and the reporting checklist, in English and simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

METHODS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "listening": (
            "{experts} experts rated {clips} clips of {systems} systems on {scales}. {ratings} ratings count; "
            "{repeated} of repeated clips serve only to see how far experts agree with themselves, and {missing} were "
            "left empty."
        ),
        "design": (
            "By the frozen plan each expert hears {heard_per_expert} of {clips_per_system} clips of each system, in an "
            "order drawn beforehand and balanced over experts, {repeats} of them twice, after {practice} practice "
            "clips that do not count."
        ),
        "plan": (
            "The plan was frozen before the ratings were seen (SHA-256 {hash}). Primary scale: {primary}. Named "
            "contrasts: {contrasts}. Level of tests: {alpha:g}. Smallest gap of interest: {gap}. {exclusions} "
            "{dropouts} "
            "Everything outside the plan is exploratory and is marked so."
        ),
        "no_plan": "No plan was frozen before the ratings were seen: every result is exploratory.",
        "no_contrasts": "none, so all pairs of systems are compared",
        "no_gap": "none",
        "points": "{gap:g} points",
        "model": (
            "On each scale a linear mixed model was fitted, rating ~ system + (1 | expert) + (1 | clip) + (1 | "
            "expert : "
            "system), by restricted maximum likelihood, with Satterthwaite's degrees of freedom (Kuznetsova, Brockhoff "
            "& Christensen 2017). Experts and clips are both random, so that results speak of other such experts and "
            "clips (Judd, Westfall & Kenny 2012). Intervals are at {level} %. p values of differences are corrected by "
            "Holm's method, within the planned contrasts and else over all pairs of a scale; scales are not corrected "
            "for one another. An F test asks whether all systems are equal."
        ),
        "equivalence": (
            "Two one-sided tests (Schuirmann 1987) ask whether a difference is smaller than the smallest gap of "
            "interest."
        ),
        "ordinal": (
            "Since ratings are ordered categories, cumulative probit and logit models with the same random effects "
            "were fitted as a check (Laplace approximation; Christensen's clmm; t tests with the linear model's df); "
            "where they disagree with the linear model in sign or significance, this report says so."
        ),
        "sensitivity": (
            "The differences were computed again by a two-way bootstrap of experts and clips (Owen 2007; "
            "{replicates:,} "
            "replicates), without experts who agree with the others by less than .20 (leave-one-out rank correlation), "
            "with repeats, without clips that the expert knew, without late answers, in each half of the session, "
            "adjusted for the trial, and without each expert in turn. None of this changes the analysis."
        ),
        "agreement": (
            "Agreement: ICC(2,1) and ICC(2,k) (McGraw & Wong 1996) and Krippendorff's ordinal alpha, over clips of all "
            "systems; of the panel with itself from repeats."
        ),
        "metrics": (
            "Metrics of the notes were compared with ratings by rank correlations of clips within systems, with a "
            "two-way bootstrap interval and Holm's correction over all rows of a scale. Systems are too few points for "
            "a correlation."
        ),
        "software": "Computed by Mukulen with {versions}; seed {seed}. Data: SHA-256 {dataset_hash}.",
        "simulated": "The ratings are SIMULATED: a program made them.",
    },
    "zh-hans": {
        "listening": (
            "{experts} 位专家在{scales}上评价了 {systems} 个系统的 {clips} 个片段。计入 {ratings} 个评分；另有 "
            "{repeated} 个"
            "重复片段的评分只用来看专家前后是否一致，{missing} 个评分空缺。"
        ),
        "design": (
            "按冻结的计划，每位专家听每个系统 {clips_per_system} 个片段中的 {heard_per_expert} 个，次序事先排定并在专"
            "家之间"
            "平衡，其中 {repeats} 个听两次；之前有 {practice} 个不计入的练习片段。"
        ),
        "plan": (
            "计划在看到评分之前冻结（SHA-256 {hash}）。主要量表：{primary}。指明的比较：{contrasts}。检验水平："
            "{alpha:g}。"
            "所关心的最小差距：{gap}。{exclusions} {dropouts} 计划之外的一切都是探索性的，并已标明。"
        ),
        "no_plan": "看到评分之前没有冻结计划：所有结果都是探索性的。",
        "no_contrasts": "无，因此比较所有各对系统",
        "no_gap": "无",
        "points": "{gap:g} 分",
        "model": (
            "在每个量表上用限制性最大似然拟合线性混合模型 rating ~ system + (1 | expert) + (1 | clip) + (1 | expert : "
            "system)，采用 Satterthwaite 自由度（Kuznetsova, Brockhoff & Christensen 2017）。专家和片段都作为随机因素，"
            "因此结果可推及其他同类的专家和片段（Judd, Westfall & Kenny 2012）。区间为 {level} %。差异的 p 值用 Holm "
            "法校正："
            "计划中的比较在其内部，其余在该量表的所有各对中；量表之间不作校正。另用 F 检验考察所有系统是否相同。"
        ),
        "equivalence": "用两个单侧检验（Schuirmann 1987）考察差异是否小于所关心的最小差距。",
        "ordinal": (
            "由于评分是有序类别，另用随机效应相同的累积 probit 和 logit 模型作核对（Laplace 近似；Christensen 的 "
            "clmm；t 检验，自由度取自线性模型）；"
            "与线性模型在方向或显著性上不一致之处，本报告均已说明。"
        ),
        "sensitivity": (
            "同样的差异还用以下方法重新计算：专家与片段的双向自助法（Owen 2007；{replicates:,} 次）、不含与其他专家一"
            "致性"
            "低于 .20（留一等级相关）的专家、含重复片段、不含专家认出的片段、不含迟到的回答、前半与后半分开、对次序作"
            "调整、"
            "逐一去掉每位专家。这些都不改变正式分析。"
        ),
        "agreement": (
            "一致性：ICC(2,1) 与 ICC(2,k)（McGraw & Wong 1996）以及 Krippendorff 有序 α，所有系统的片段一起计算；"
            "全体前后的一致性由重复片段得出。"
        ),
        "metrics": (
            "音符指标与评分的关系用系统内各片段的等级相关考察，区间为双向自助法，并在一个量表的所有行中作 Holm 校正。"
            "系统数目太少，不足以支撑相关。"
        ),
        "software": "由 Mukulen 计算，{versions}；随机种子 {seed}。数据：SHA-256 {dataset_hash}。",
        "simulated": "这些评分是模拟数据（SIMULATED），由程序生成。",
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
        "not_tested": "Not tested: no plan names a smallest gap of interest.",
        "agree": "they agree with the linear model on all {count} differences.",
        "differ": "they disagree with the linear model on {differ} of {count} differences; named above.",
        "no_check": "there was nothing to check.",
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
        "tested": "已与{gap}作检验。",
        "not_tested": "未检验：没有计划指明所关心的最小差距。",
        "agree": "在全部 {count} 个差异上与线性模型一致。",
        "differ": "在 {count} 个差异中有 {differ} 个与线性模型不一致，见上文。",
        "no_check": "没有可核对的内容。",
        "unknown": "未知",
    },
}

#: Each question, its answer where the ratings know it, and what the authors have to say where they do not.
CHECKLIST: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "listeners": {
        "en": ("How many listeners, and of what kind?", "{experts} experts{groups}. Say what makes them experts."),
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
        "en": ("How many clips of each system?", "{per_system}; {clips} in all, {per_clip} ratings a clip and scale."),
        "zh-hans": ("每个系统多少个片段？", "{per_system}；共 {clips} 个，每个片段每个量表 {per_clip} 个评分。"),
    },
    "drawn": {
        "en": ("How were clips chosen? None by hand?", "Not in the data; the pack's manifest has seeds and sources."),
        "zh-hans": ("片段如何选取？有无人工挑选？", "数据中没有；片段包的 manifest 记有种子和来源。"),
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
            "No expert, by this report. Flagged by low agreement on {primary}: {flagged}; the sensitivity table has "
            "results with and without. Empty ratings: {missing}.",
        ),
        "zh-hans": (
            "排除了哪些人和数据？",
            "本报告未排除任何专家。在{primary}上因一致性低而作标记者：{flagged} 位；敏感性表中有排除前后的结果。"
            "空缺评分：{missing}。",
        ),
    },
    "unit": {
        "en": ("Are ratings treated as independent?", "No: experts and clips are random in every interval and test."),
        "zh-hans": ("是否把评分当作相互独立？", "否：每个区间和检验都把专家和片段作为随机因素。"),
    },
    "many": {
        "en": ("Are many comparisons corrected for?", "Holm within {family} on each scale; scales apart."),
        "zh-hans": ("多重比较是否校正？", "每个量表内对{family}作 Holm 校正；量表之间分开。"),
    },
    "no_difference": {
        "en": ("Is “no difference” tested, not inferred?", "{equivalence}"),
        "zh-hans": ("“没有差异”是检验得出还是推断？", "{equivalence}"),
    },
    "ordinal": {
        "en": ("Do conclusions hang on equal steps of the scale?", "Ordinal models: {ordinal}"),
        "zh-hans": ("结论是否取决于把各级视为等距？", "有序模型：{ordinal}"),
    },
    "agreement": {
        "en": ("How far do experts agree?", "On {primary}: ICC(2,1) {icc}, ordinal alpha {alpha_ordinal}."),
        "zh-hans": ("专家的一致程度如何？", "在{primary}上：ICC(2,1) {icc}，有序 α {alpha_ordinal}。"),
    },
    "power": {
        "en": ("Was the study large enough?", "On {primary} it finds gaps of {smallest} points four times in five."),
        "zh-hans": ("研究规模是否足够？", "在{primary}上，五次中有四次能发现 {smallest} 分的差距。"),
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
