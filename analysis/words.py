"""What figures, tables and reports say, in English and simplified Chinese. Both have the same keys and places."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        # figures
        "axis_mean": "Mean rating and {level} % interval",
        "axis_mean_alone": "Mean rating",
        "legend_real": "{name} (band: {level} % interval)",
        "legend_code": "System {name}",
        "figure_all_exploratory": "Exploratory: no plan was frozen before the ratings were seen",
        "figure_exploratory": "† exploratory: not in the plan that was frozen before the ratings were seen",
        "figure_no_interval": "Hollow mark or line without band: no interval (the report says why)",
        "figure_observed_range": "Axes show bounds inferred from the ratings: the file states none",
        # tables
        "method_line": "Method: {method}.",
        "bootstrap_method": (
            "two-way bootstrap (experts and clips resampled with replacement, {replicates:,} replicates, seed {seed}; "
            "Owen 2007); se is the bootstrap standard error, the interval is the {level} % percentile interval; the "
            "method has no df"
        ),
        "model_method": "mixed model, {formulas}, restricted maximum likelihood",
        "or": " or ",
        "freedom_method": ", Satterthwaite's df (Kuznetsova, Brockhoff & Christensen 2017)",
        "interval_method": "; the interval is the {level} % t interval",
        "plain_method": "means of the ratings; no model could be fitted",
        "means_caption": "Mean rating of each system on each scale, with its {level} % confidence interval",
        "means_caption_alone": "Mean rating of each system on each scale",
        "table_exploratory": "Exploratory, not in a frozen plan: {scales}.",
        "exploratory_line": "Exploratory: not in a frozen plan.",
        "reason_few_experts": "No interval, fewer than 6 experts: {cells}.",
        "reason_few_clips": "No interval, fewer than 3 clips: {cells}.",
        "reason_all_equal": "No interval, all ratings of the system are equal: {cells}.",
        "reason_sparse": "No interval, too few ratings for so many experts and clips: {cells}.",
        "objective_caption": "Objective metrics of the rated clips, by system",
        "objective_note": (
            "upc: different pitches in a clip; gc: groove consistency; ebr: share of empty beats. They describe the "
            "notes, not how a clip sounds to anyone. sd is between clips."
        ),
        # the page
        "lang_name": "English",
        "report": "Report of a listening study",
        "simulated": "SIMULATED / 模拟数据. A program made these ratings. They say nothing about any music.",
        "asked": "What was asked",
        "listened": "Who listened, and to what",
        "question": "Question",
        "course": "A further study",
        "methods": "Methods, for a paper",
        "checklist": "What a reviewer will ask",
        "rows_cut": "The first {shown} of {count} rows; all are in tables/{name}.csv.",
        "files_of": "Methods text, tables and figures are also files of their own beside this page.",
        "experts": "Experts",
        "clips": "Clips",
        "systems": "Systems",
        "ratings": "Ratings counted",
        "repeats": "Ratings of repeated clips, left out of all means",
        "missing": "Empty ratings, left out",
        "encoding": "The file was read as",
        "scale": "Scale",
        "range": "Range",
        "low": "Lowest means",
        "high": "Highest means",
        "status": "Status",
        "primary": "planned, primary",
        "secondary": "planned, secondary",
        "exploratory": "exploratory",
        "system": "System",
        "means": "What they answered",
        "figure7": "Figure 7. Mean rating of each system on each scale.",
        "figure7_model": " A mark is the system's mean by the mixed model.",
        "figure7_line": " The line of a mark is its {level} % confidence interval.",
        "figure7_real": " The dark line is the mean of the real music.",
        "figure7_band": " The grey band is its interval.",
        "figure7_axis": " Each axis shows the scale's whole range.",
        "figure7_sealed": (
            " The study is blinded: clips were assigned to the letters at random, so differences say nothing about the "
            "systems."
        ),
        "no_chinese_figure": "",
        "interval": "What the interval means",
        "interval_text": (
            "Other experts of the same kind, and other clips of the same systems, would have given other means. The "
            "interval says how far: made in this way for study after study, about {level} of 100 intervals hold the "
            "mean that very many such experts and clips would give. Both experts and clips count as a sample, so "
            "neither many ratings by few people nor many ratings of few clips make it narrow."
        ),
        "cannot": "What cannot be said from this report",
        "cannot_rank": (
            "That two systems are equal. A difference that does not hold is not shown to be nothing, and intervals of "
            "means that overlap show nothing about it; only a test against a smallest gap of interest can."
        ),
        "cannot_many": (
            "Anything from the largest difference alone: of many, the largest is large partly by chance. Intervals of "
            "means hold one by one; simultaneous intervals of differences hold together."
        ),
        "cannot_beyond": "Anything about other listeners, other music, other scales or other ways of making clips.",
        "cannot_incomplete": ("Not every expert rated every clip."),
        "cannot_adjusted": " The model adjusts the means for who rated what, as far as the ratings allow.",
        "cannot_few": "Fewer than 20 experts took part, below what listening-test standards usually ask for.",
        "cannot_range": "How far a scale reaches: the file states no bounds, so they are inferred from the ratings.",
        "no_plan": "No plan was frozen before the ratings were seen, so everything here is exploratory.",
        "said": "What can be said",
        "trusted": "How far it can be trusted",
        "doubts": "What the models say of themselves",
        "not_made": "What could not be computed, and why",
        "all_tables": "All tables",
        "seal_plan": "The seal is closed, so nobody can tell which pairs the plan names; all pairs are compared.",
        "objective": "The notes of the clips",
        "metric": "Metric",
        "mean": "Mean",
        "made": "How this report was made",
        "source": "Read from",
        "dataset_hash": "Data (SHA-256)",
        "plan_hash": "Frozen plan (SHA-256)",
        "none": "none",
        "seed": "Seed",
        "versions": "Versions",
        "files": "Files of this report",
    },
    "zh-hans": {
        "axis_mean": "平均评分及 {level} % 区间",
        "axis_mean_alone": "平均评分",
        "legend_real": "{name}（灰带：{level} % 区间）",
        "legend_code": "系统 {name}",
        "figure_all_exploratory": "探索性结果：看到评分之前没有冻结计划",
        "figure_exploratory": "† 探索性结果：不在看到评分之前冻结的计划之内",
        "figure_no_interval": "空心标记或无灰带的线：没有区间（原因见报告）",
        "figure_observed_range": "坐标轴为由评分推断的上下限：文件未说明量表上下限",
        "method_line": "方法：{method}。",
        "bootstrap_method": (
            "双向自助法（专家与片段均有放回重抽样，{replicates:,} 次，随机种子 {seed}；Owen 2007）；se 为自助法标准误，"
            "区间为 {level} % 百分位区间；该方法没有自由度 df"
        ),
        "model_method": "混合模型 {formulas}，限制性最大似然",
        "or": " 或 ",
        "freedom_method": "，Satterthwaite 自由度（Kuznetsova, Brockhoff & Christensen 2017）",
        "interval_method": "；区间为 {level} % t 区间",
        "plain_method": "评分的平均值；无法拟合模型",
        "means_caption": "各系统在各量表上的平均评分及其 {level} % 置信区间",
        "means_caption_alone": "各系统在各量表上的平均评分",
        "table_exploratory": "探索性结果，不在冻结的计划之内：{scales}。",
        "exploratory_line": "探索性结果：不在冻结的计划之内。",
        "reason_few_experts": "没有区间，专家少于 6 位：{cells}。",
        "reason_few_clips": "没有区间，片段少于 3 个：{cells}。",
        "reason_all_equal": "没有区间，该系统的所有评分都相同：{cells}。",
        "reason_sparse": "没有区间，相对于专家和片段的数目，评分太少：{cells}。",
        "objective_caption": "被评片段的客观指标（按系统）",
        "objective_note": (
            "upc：一段中不同音高的个数；gc：律动一致性；ebr：空拍比例。它们描述的是音符，而不是听感。"
            "sd 为片段之间的标准差。"
        ),
        "lang_name": "简体中文",
        "report": "听评研究报告",
        "simulated": "SIMULATED / 模拟数据。这些评分由程序生成，不说明任何音乐的好坏。",
        "asked": "问了什么",
        "listened": "谁听了，听了什么",
        "question": "问题",
        "course": "再做一次研究",
        "methods": "方法（供论文使用）",
        "checklist": "审稿人会问什么",
        "rows_cut": "前 {shown} 行，共 {count} 行；全部见 tables/{name}.csv。",
        "files_of": "方法文字、表格和图在本页旁边另有单独的文件。",
        "experts": "专家",
        "clips": "片段",
        "systems": "系统",
        "ratings": "计入的评分",
        "repeats": "重复片段的评分（不计入平均值）",
        "missing": "空缺的评分（不计入）",
        "encoding": "读取文件所用的编码",
        "scale": "量表",
        "range": "范围",
        "low": "最低分的含义",
        "high": "最高分的含义",
        "status": "性质",
        "primary": "计划之内，主要",
        "secondary": "计划之内，次要",
        "exploratory": "探索性",
        "system": "系统",
        "means": "回答的结果",
        "figure7": "图 7. 各系统在各量表上的平均评分。",
        "figure7_model": "标记为混合模型得出的该系统平均值。",
        "figure7_line": "标记上的竖线为其 {level} % 置信区间。",
        "figure7_real": "深色横线为真实音乐的平均值。",
        "figure7_band": "灰带为其区间。",
        "figure7_axis": "纵轴显示量表的全部范围。",
        "figure7_sealed": "研究尚处盲态：片段随机分配给各字母代号，差异不反映任何系统。",
        "no_chinese_figure": "本机没有中文字体，此处为英文图。",
        "interval": "区间的含义",
        "interval_text": (
            "换一批同类的专家，或换一批同样系统的片段，平均值就会不同。区间说明会相差多少：若一次又一次地做这样的研究，"
            "用这种方法得到的区间，每 100 个中约有 {level} 个包含由极多这样的专家和片段所得的平均值。专家和片段都被视为"
            "样本，所以少数人给出的许多评分，或对少数片段的许多评分，都不会使区间变窄。"
        ),
        "cannot": "本报告不能说明什么",
        "cannot_rank": (
            "不能说明两个系统相同。未能成立的差异不等于没有差异，平均值的区间重叠也不说明什么；只有与所关心的最小差距"
            "相比的检验才能说明。"
        ),
        "cannot_many": (
            "不能由单独一个最大的差值得出结论：许多差值中最大的一个，部分出于偶然。平均值的区间是逐个成立的；差值的同"
            "时置信区间是一起成立的。"
        ),
        "cannot_beyond": "不能推及其他听者、其他音乐、其他量表或其他制作片段的方式。",
        "cannot_incomplete": "并非每位专家都评了每个片段。",
        "cannot_adjusted": "模型在评分允许的范围内按“谁评了什么”调整平均值。",
        "cannot_few": "参加的专家少于 20 位，低于听音测试标准通常的要求。",
        "cannot_range": "不能确定量表的上下限：文件未说明，这里由评分推断。",
        "no_plan": "看到评分之前没有冻结计划，因此这里的一切都是探索性的。",
        "said": "能说明什么",
        "trusted": "可信到什么程度",
        "doubts": "模型对自身的说明",
        "not_made": "未能计算的内容及原因",
        "all_tables": "全部表格",
        "seal_plan": "封条尚未开启，无法知道计划指明了哪些比较，因此比较了所有各对。",
        "objective": "片段的音符",
        "metric": "指标",
        "mean": "平均值",
        "made": "本报告如何生成",
        "source": "数据来源",
        "dataset_hash": "数据（SHA-256）",
        "plan_hash": "冻结的计划（SHA-256）",
        "none": "无",
        "seed": "随机种子",
        "versions": "版本",
        "files": "本报告的文件",
    },
}


def counted(count: int, one: str, several: str) -> str:
    """So many of something, in English: "1 clip", "1,200 clips"."""
    return f"{count:,} {one if count == 1 else several}"


def in_language(text: Mapping[str, str], lang: str) -> str:
    """A text in a language, or in English, or in whichever it has; "" where it has none."""
    return text.get(lang) or text.get("en") or next(iter(text.values()), "")
