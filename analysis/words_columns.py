"""What was taken as a scale, what was not and why, in the languages of the report."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "How the table was read",
        "column": "Column",
        "used_as": "Used as",
        "why": "Why",
        "scale": "scale",
        "unused": "not used",
        "bounds": "{scale}: {low:g} to {high:g}",
        "bounds_given": "Bounds given: {bounds}.",
        "bounds_inferred": (
            "Bounds inferred from the ratings: {bounds}. If they are wrong, give the right ones with --bounds."
        ),
        "override": "To take other columns as scales, name them with --scales.",
    },
    "zh-hans": {
        "title": "如何读取数据表",
        "column": "列",
        "used_as": "用作",
        "why": "原因",
        "scale": "量表",
        "unused": "未采用",
        "bounds": "{scale}：{low:g} 至 {high:g}",
        "bounds_given": "给定的上下限：{bounds}。",
        "bounds_inferred": "由评分推断的上下限：{bounds}。若不正确，请用 --bounds 给出。",
        "override": "若要以其他列作为量表，请用 --scales 指明。",
    },
}

REASONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "known_name": "known name",
        "renamed": "known column under another name",
        "named": "named with --scales",
        "not_named": "not named with --scales",
        "ordered": "words, in the order given with --order",
        "numbers": "numbers that repeat within a common range and differ within experts and clips",
        "only_one": "the only numbers that can be ratings, although they do not differ within a clip",
        "of_scale_column": "named in the column scale",
        "beside_long": "neither the scale nor the rating of a long table",
        "empty": "no content",
        "words": "words",
        "words_in_order": "words that may be ratings",
        "nameless": "no name: row numbers that a program added",
        "index": "row numbers",
        "time": "a time, by its name",
        "count": "a number of an item or a count, by its name",
        "counts_trials": "every number once for each expert, like a trial number or a ranking",
        "of_expert": "one value for each expert",
        "of_clip": "one value for each clip",
        "constant": "one value in all rows",
        "beyond": "numbers beyond every common range of a scale",
    },
    "zh-hans": {
        "known_name": "已知的列名",
        "renamed": "已知的列，名称不同",
        "named": "已用 --scales 指明",
        "not_named": "未用 --scales 指明",
        "ordered": "文字，按 --order 给出的顺序",
        "numbers": "在常见范围内重复出现的数字，且同一专家、同一片段内有不同取值",
        "only_one": "唯一可能是评分的数字列，尽管同一片段内取值相同",
        "of_scale_column": "在 scale 列中列出",
        "beside_long": "既不是长表的 scale 列，也不是 rating 列",
        "empty": "没有内容",
        "words": "文字",
        "words_in_order": "可能是评分的文字",
        "nameless": "没有列名：程序添加的行号",
        "index": "行号",
        "time": "从列名看是时间",
        "count": "从列名看是编号或次数",
        "counts_trials": "每位专家的每个数字各出现一次，与试次序号或排名相同",
        "of_expert": "每位专家只有一个取值",
        "of_clip": "每个片段只有一个取值",
        "constant": "各行取值相同",
        "beyond": "数字超出量表的任何常见范围",
    },
}

FORGIVEN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "empty_rows": "Empty rows skipped: {count} (the first is line {line}).",
        "spelling": "The system {written} was read as {used}.",
        "missing_codes": "Cells read as missing, as asked: {count} ({codes}).",
    },
    "zh-hans": {
        "empty_rows": "已跳过空行：{count} 行（最前一行为第 {line} 行）。",
        "spelling": "系统 {written} 按 {used} 读取。",
        "missing_codes": "按要求作为缺失值读取的单元格：{count} 个（{codes}）。",
    },
}


def say(key: str, **values: object) -> Mapping[str, str]:
    """A sentence on what was forgiven, in every language."""
    return {lang: sentences[key].format(**values) for lang, sentences in FORGIVEN.items()}
