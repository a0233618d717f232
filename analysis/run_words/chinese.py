"""The words of `analyse_runs` in simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    # figures
    "multi-scale": "多尺度判别器",
    "plain": "同等规模的普通判别器",
    "penalty": "梯度惩罚",
    "clipping": "权重裁剪",
    "figure5_negative_critic_loss": "判别器的负损失",
    "figure5_distance": "生成样本与验证集歌曲的距离",
    "figure5_iteration": "生成器迭代次数",
    "figure5": (
        "图 5. MIDI-GAN 训练过程中判别器的负损失：多尺度判别器与同等规模的普通判别器；右图为生成样本与验证集歌曲的"
        "距离（以容差为单位相加：UPC 0.3、GC .03、起音 EBR .02、含休止片段比例 .1、对数困惑度 .26）。细线：每个种子"
        "的记录值。粗线：先取 5 行滑动平均，再对各种子取平均；色带：各种子的 95 % 区间（三个种子以上才有）。两种判"
        "别器的损失尺度不同，不可直接比较；距离则是同一尺度。"
    ),
    "figure5_needs": (
        "图 5 需要 midi-gan 的一次训练和其变体 plain 的一次训练，两者的 log.csv 都要有判别器损失：用 `manage.py tra"
        "in midi-gan` 和 `--variant plain` 训练，并同时给出。"
    ),
    "figure6_fine": "裁剪边界附近（每格 {width:.2g}）",
    "figure6_wide": "全部权重（每格 {width:.2g}）",
    "figure6_weight": "判别器权重",
    "figure6_share": "落入该格的权重比例",
    "figure6_near": "{kind}：{share:.1f} % 的权重距边界不到 1 %（n = {n}）",
    "figure6_bound": "裁剪边界 ±{bound:g}",
    "figure6": (
        "图 6. 训练结束后判别器的权重：梯度惩罚与权重裁剪，使用相同的分格。虚线：裁剪所限定的边界。纵轴为对数刻度。"
    ),
    "figure6_needs": (
        "图 6 需要 midi-gan 的一次训练和其变体 clipping 的一次训练，两者都已结束（histograms.npz 含细格）：用 `mana"
        "ge.py train midi-gan` 和 `--variant clipping` 训练，并同时给出。"
    ),
    "no_chinese_figure": "本机没有中文字体，此处为英文图。",
    # systems
    "reference": "参考模型（用于困惑度）",
    "variant": "{name}（{variant}）",
    "variant_plain": "普通判别器",
    "variant_clipping": "权重裁剪",
    "variant_unmatched": "无匹配模块",
    "variant_validation": "验证集歌曲",
    # tables
    "method": "方法：{method}。",
    "bootstrap": (
        "百分位自助法（{replicates:,} 次，随机种子 {seed}）；片段有放回重抽样，真实片段按歌曲重抽样；区间为 95 %，"
        "只针对这些训练好的权重：换一次训练会怎样，区间没有说明"
    ),
    "column_system": "系统",
    "column_source": "来源",
    "column_runs": "训练次数",
    "column_parameters": "参数量",
    "column_epochs": "训练轮数",
    "column_convergence_epoch": "收敛轮数",
    "column_seconds": "训练时间（秒）",
    "column_seconds_per_epoch": "每轮秒数",
    "column_relative": "每轮秒数（MIDI-GAN = 1）",
    "column_epochs_by_seconds": "收敛轮数 × 每轮秒数",
    "column_clips": "片段数",
    "here": "本项目",
    "paper": "论文",
    "converged_of": "（{runs} 次中的 {n} 次）",
    "table1_caption": "表 1. 规模、收敛轮数与训练时间；各次训练（种子）的平均值 ± 标准差",
    "table1_note": (
        "收敛：保留权重所依据的指标（五次测量平滑）在此轮之后的 20 轮内改进不到 1 % 的第一轮；训练在此之前结束的为"
        "空。论文没有给出规则。一轮为遍历一次训练片段；论文所用歌曲不同，故只有比值可比；时间为实际"
        "流逝的时间，只有独占机器的训练之间才可比。"
    ),
    "table1_unfinished": "尚未结束，不计入平均值：{runs}。",
    "table1_machines": "各次训练所用机器或线程数不同：时间不可比。",
    "means_caption": "表 2. 音符的指标：平均值（95 % 区间）",
    "pack_means_caption": "听评包各片段的音符指标：平均值（95 % 区间）",
    "table2_note": (
        "UPC：一段中不同音高的个数；GC：律动一致性；EBR：无声拍的比例；起音 EBR：无起音拍的比例；PPL：参考模型下的"
        "困惑度，为对数平均值的指数。没有哪个指标越小或越大越好：要看与真实音乐的值是否接近。"
    ),
    "table2_paper": (
        "论文表 2 中，此处只知道这些格和范围。论文没有列出真实音乐，也没有离散程度和区间；其音高个数一列的表头印作 "
        "UPG。"
    ),
    "paper_row": "{name}（论文）",
    "paper_range": "五个系统（论文），最低 … 最高",
    "differences_caption": "与真实音乐之差：系统减真实音乐（95 % 区间）",
    "pack_differences_caption": "听评包各系统片段与其真实片段之差：系统减真实音乐（95 % 区间）",
    "differences_note": "PPL 为对数之差。区间含 0 并不表明两者相同。区间没有按其数目作校正。",
    "overlap_caption": "离散程度：距离分布的重叠面积 / KL 散度（奈特）",
    "overlap_note": (
        "逐项特征比较真实片段彼此的距离与真实片段到该系统片段的距离（Yang & Lerch 2020）。面积为 1、散度为 0 时，该"
        "系统的片段处于真实片段之中，与真实片段彼此无异。验证集歌曲一行表示其他真实歌曲所能达到的值。"
    ),
    "sets_caption": "整组片段：与真实音乐的距离，以及重复与抄袭",
    "sets_note": (
        "Fréchet 距离取参考模型的状态；JSD：音符记号 n 元组的 Jensen-Shannon 散度（比特）。两者都随片段数增加而变小："
        "应比较相同的片段数，并与验证集歌曲一行（下限）比较。相同音列指与某首训练歌曲（不论调高）相同的连续音列，以"
        "音与音之间的进行计数。"
    ),
    # what is measured
    "metric_upc": "UPC",
    "metric_upc_bar": "每小节 UPC",
    "metric_gc": "GC",
    "metric_ebr": "EBR",
    "metric_ebr_onset": "起音 EBR",
    "metric_with_rests": "含休止的比例",
    "metric_ppl": "PPL",
    "feature_pitch_count": "音高数",
    "feature_pitch_class_histogram": "音级分布",
    "feature_pitch_class_transitions": "音级转移",
    "feature_pitch_range": "音域",
    "feature_pitch_shift": "音程大小",
    "feature_note_count": "音符数",
    "feature_inter_onset_interval": "起音间隔",
    "feature_note_length_histogram": "时值分布",
    "feature_note_length_transitions": "时值转移",
    "measure_frechet": "Fréchet",
    "measure_jsd_1": "JSD 1",
    "measure_jsd_2": "JSD 2",
    "measure_jsd_3": "JSD 3",
    "measure_jsd_4": "JSD 4",
    "measure_duplicate_share": "重复片段",
    "measure_longest_shared_p95": "最长相同音列（第 95 百分位）",
    "measure_longest_shared_10_or_more": "相同音列达 10 以上的比例",
    # why a cell is empty
    "reason_no_clips": "为空，没有片段：{cells}。",
    "reason_no_values": "为空，没有片段有值：{cells}。",
    "reason_few_clips": "没有区间和重叠面积，有值的片段或歌曲少于 3 个：{cells}。",
    "reason_all_equal": "没有区间，所有值都相同：{cells}。",
    "reason_no_real": "没有差值，缺少可比的真实音乐：{cells}。",
    "reason_no_spread": "没有重叠面积，所有距离都相同：{cells}。",
    "reason_few_for_frechet": "没有 Fréchet 距离，一方片段少于 50 个：{cells}。",
    "reason_no_states": "没有 Fréchet 距离，缺少参考模型：{cells}。",
    "reason_real_no_values": "没有差值和重叠面积，真实片段都没有值：{cells}。",
    "reason_real_few_clips": "没有区间和重叠面积，有值的真实片段或歌曲少于 3 个：{cells}。",
    "reason_real_all_equal": "差值没有区间，真实片段的值都相同：{cells}。",
    # the page
    "lang_name": "简体中文",
    "title": "音符说明了什么：训练结果与真实音乐的比较",
    "asked": "比较了什么",
    "runs": "训练",
    "real_text": (
        "真实音乐：{songs} 首留出歌曲（{splits} 部分）的 {segments} 个片段。验证集歌曲另列一行：权重和采样温度是据此"
        "选择的，因此它们只作为“另一批真实歌曲”。"
    ),
    "clips_text": "每次训练取 {clips:,} 个片段，随机种子 {seed}，未经挑选；另取前 100 个，与论文相同。",
    "complexity": "规模与时间",
    "curves": "训练过程",
    "weights": "判别器的权重",
    "metrics": "音符的指标",
    "spread": "离散程度、距离与抄袭",
    "pack": "专家所听的片段",
    "cannot": "本页不能说明什么",
    "cannot_ear": "不能说明任何片段听起来如何。那要靠听评研究。",
    "cannot_best": "不能因为某个指标最低或最高就说某系统最好。持续五小节的一个长音，困惑度比任何歌曲都低。",
    "cannot_one_seed": "只训练一次的模型，不能说明训练结果会有多大波动：{models}。",
    "cannot_beyond": "不能推及此处所列歌曲以外的音乐。",
    "left_out": "略去了什么，为什么",
    "no_corpus": "表 2 及其后的内容：请用 --corpus 给出语料，以便与真实音乐比较。",
    "no_weights": (
        "{runs} 的样本：训练文件夹中没有 weights.safetensors；可用 --checkpoints 指明权重（与该次训练的 config.json "
        "放在一起）所在的文件夹。"
    ),
    "no_pack_midi": "听评包 {pack}：没有 MIDI，其片段没有可测量的音符。",
    "some_pack_midi": "听评包 {pack} 中没有 MIDI 的 {count} 个片段。",
    "no_reference": "困惑度与 Fréchet 距离：没有参考模型；请用 --reference 给出。",
    "made": "本页如何生成",
    "runs_hash": "训练（SHA-256）",
    "weights_hash": "权重（SHA-256）",
    "corpus_hash": "语料（SHA-256）",
    "reference_hash": "参考模型（SHA-256）",
    "pack_hash": "听评包（清单的 SHA-256）",
    "seed": "随机种子",
    "versions": "版本",
    "files": "本报告的文件",
    "none": "无",
}
