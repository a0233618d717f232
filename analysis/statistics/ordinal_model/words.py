"""What the ordinal check says of itself and of the linear model, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.statistics.mixed_model.notes import Text

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "one_level": "{scale}: all ratings are equal; there is no ordinal check.",
        "many_levels": (
            "{scale}: the ratings take {count} different values. There is no ordinal check of more than {most}."
        ),
        "too_large": (
            "{scale}: {experts:,} experts × {clips:,} clips are more than {most:,}; the ordinal check is left out, "
            "because it would take too long."
        ),
        "too_few": "{scale}: too few ratings for so many levels; there is no ordinal check.",
        "runaway": (
            "{scale}: the ratings of a system or level hardly overlap with the others. An estimate of the ordinal "
            "model "
            "({link}) has no bound then, and it and its standard error are left empty."
        ),
        "no_bound": (
            "{scale}: an estimate of the ordinal model ({link}) has no bound; it and its standard error are left empty."
        ),
        "variance_unbound": (
            "{scale}: a variance in the ordinal model ({link}) has no bound, as where experts agree so closely that "
            "nearly no noise is left. Its estimates and tests are left empty, and nothing is checked."
        ),
        "no_test": (
            "{scale}: the ordinal model ({link}) has no test of {count} differences: their standard errors cannot be "
            "trusted, and no likelihood ratio takes their place."
        ),
        "no_test_one": (
            "{scale}: the ordinal model ({link}) has no test of 1 difference: its standard error cannot be trusted, "
            "and no likelihood ratio takes its place."
        ),
        "by_ratio_one": (
            "{scale}: the standard error of 1 difference in the ordinal model ({link}) cannot be trusted; it is "
            "tested by the likelihood ratio."
        ),
        "by_ratio": (
            "{scale}: the standard errors of {count} differences in the ordinal model ({link}) cannot be trusted; they "
            "are tested by the likelihood ratio."
        ),
        "no_variance": "{scale}: the ratings of each system are all equal; there is no ordinal check.",
        "not_converged": "{scale}: the ordinal model ({link}) did not converge; interpret its numbers with caution.",
        "agree": (
            "{scale}: the ordinal model ({link}) agrees with the linear one on all {count} differences, in sign and in "
            "significance."
        ),
        "agree_one": (
            "{scale}: the ordinal model ({link}) agrees with the linear one on the only difference, in sign and in "
            "significance."
        ),
        "unchecked": "{scale}: the ordinal model ({link}) gives no test; nothing was checked.",
        "sign": (
            "{scale}: {a} and {b} change places: the linear model puts the {higher_linear} higher, the ordinal model "
            "({link}) the {higher_ordinal}. {weight}"
        ),
        "sign_small": "Neither finds the difference significant.",
        "sign_grave": "At least one finds the difference significant: nothing should be concluded from it.",
        "linear_only": (
            "{scale}: the difference between {a} and {b} is significant in the linear model ({p_linear}) but not "
            "in the ordinal one ({link}, {p_ordinal}). Treat this difference with caution."
        ),
        "ordinal_only": (
            "{scale}: the difference between {a} and {b} is significant in the ordinal model ({link}, {p_ordinal}) "
            "but not in the linear one ({p_linear}). The linear model is the analysis; treat this difference with "
            "caution."
        ),
        "first": "first",
        "second": "second",
    },
    "zh-hans": {
        "one_level": "{scale}：所有评分都相同，未作有序模型检验。",
        "many_levels": ("{scale}：评分有 {count} 个不同取值。超过 {most} 个时不作有序模型检验。"),
        "too_large": ("{scale}：{experts:,} 位专家 × {clips:,} 个片段，超过 {most:,}；有序模型检验耗时过长，未作。"),
        "too_few": "{scale}：评分太少而等级太多，未作有序模型检验。",
        "runaway": (
            "{scale}：某个系统或等级的评分与其他几乎没有重叠。此时有序模型（{link}）的某个估计值没有界限，该估计值及其"
            "标准误留空。"
        ),
        "no_bound": "{scale}：有序模型（{link}）的某个估计值没有界限，该估计值及其标准误留空。",
        "variance_unbound": (
            "{scale}：有序模型（{link}）的某个方差没有界限，例如专家的评分几乎完全一致、几乎不剩噪声时。其估计值和检验"
            "留空，未能核对。"
        ),
        "no_test": "{scale}：有序模型（{link}）对 {count} 个差异没有检验：其标准误不可靠，也没有似然比可用。",
        "no_test_one": "{scale}：有序模型（{link}）对 1 个差异没有检验：其标准误不可靠，也没有似然比可用。",
        "by_ratio_one": "{scale}：有序模型（{link}）中 1 个差异的标准误不可靠，改用似然比检验。",
        "by_ratio": "{scale}：有序模型（{link}）中 {count} 个差异的标准误不可靠，改用似然比检验。",
        "no_variance": "{scale}：每个系统内的评分都相同，未作有序模型检验。",
        "not_converged": "{scale}：有序模型（{link}）未能收敛，其数字应谨慎看待。",
        "agree": "{scale}：有序模型（{link}）与线性模型在全部 {count} 个差异的方向和显著性上一致。",
        "agree_one": "{scale}：有序模型（{link}）与线性模型在唯一一个差异的方向和显著性上一致。",
        "unchecked": "{scale}：有序模型（{link}）没有给出检验，未能核对。",
        "sign": (
            "{scale}：{a} 与 {b} 的高低不一致：线性模型中{higher_linear}较高，"
            "有序模型（{link}）中{higher_ordinal}较高。{weight}"
        ),
        "sign_small": "两个模型都认为该差异不显著。",
        "sign_grave": "至少一个模型认为该差异显著：不应由此得出结论。",
        "linear_only": (
            "{scale}：{a} 与 {b} 的差异在线性模型中显著（{p_linear}），在有序模型中不显著（{link}，{p_ordinal}）。"
            "对该差异应谨慎看待。"
        ),
        "ordinal_only": (
            "{scale}：{a} 与 {b} 的差异在有序模型中显著（{link}，{p_ordinal}），在线性模型中不显著（{p_linear}）。"
            "正式分析为线性模型；对该差异应谨慎看待。"
        ),
        "first": "前者",
        "second": "后者",
    },
}


def plural(key: str, count: int) -> str:
    """The sentence of one thing, or of several."""
    return f"{key}_one" if count == 1 else key


def say(key: str, **values: object) -> Text:
    """A sentence in every language; a value that is itself a sentence is said in each language too."""
    return {
        lang: sentences[key].format(**{name: _in(lang, value) for name, value in values.items()})
        for lang, sentences in SENTENCES.items()
    }


def _in(lang: str, value: object) -> object:
    return value[lang] if isinstance(value, Mapping) else value
