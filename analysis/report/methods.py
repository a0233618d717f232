"""The methods text of a report: each sentence where what it tells was computed, and nowhere else.

Sections and findings have the sentences; here they come in the order of a methods text, with what all of them may name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from analysis.data.dataset import Text
from analysis.data.ratings import Ratings
from analysis.report.findings import Findings, Pair, planned_pairs, primary_scale
from analysis.report.registry import M, Sentence, all_sentences, in_order
from analysis.report.style import system_label
from analysis.report.tables import points, span
from formats.messages import LANGUAGES, clauses, counter, in_a_row, in_language, listed, translate

DESIGN = ("heard_per_expert", "clips_per_system", "repeats", "practice")
#: The order of the paragraphs; further ones come before the last.
PARAGRAPHS = (
    *("simulated", "listening", "design", "plan", "model", "equivalence", "ordinal", "sensitivity"),
    *("experts", "agreement", "metrics", "prompts", "software"),
)


def in_paragraphs(
    made: M, stamp: Mapping[str, str], values: Callable[[M, str], Mapping[str, object]], order: Sequence[str]
) -> list[Text]:
    """The paragraphs of a methods text, in every language.

    `stamp` and `values`: what all sentences may name. `order`: of the paragraphs; further ones come before the last.
    """
    said = in_order(all_sentences(made.sections), lambda sentence: sentence.paragraph, order, others=order[-1])
    held = [sentence for sentence in said if sentence.holds(made)]
    shared = {lang: {**values(made, lang), **stamp} for lang in LANGUAGES}
    return [
        {lang: _paragraph(sentences, made, lang, shared[lang]) for lang in LANGUAGES}
        for sentences in (list(group) for _, group in groupby(held, key=lambda sentence: sentence.paragraph))
    ]


def _paragraph(said: Sequence[Sentence[M]], made: M, lang: str, values: Mapping[str, object]) -> str:
    texts = (one.text[lang].format(**{**values, **one.values(made, lang)}).strip() for one in said)
    return re.sub("(?<=。) +", "", re.sub(" {2,}", " ", in_a_row(lang, texts)))


def methods(found: Findings, stamp: Mapping[str, str]) -> list[Text]:
    """The paragraphs of the methods text of ratings, in every language; `stamp` as the report's own."""
    return in_paragraphs(found, stamp, lambda found, lang: facts(found.ratings, lang), PARAGRAPHS)


def scales_named(found: Findings, keys: Sequence[str], lang: str) -> str:
    """Some scales by their labels, or that these are all."""
    if len(keys) == len(found.fits) > 1:
        return translate(lang, "each scale")
    return listed(lang, (label_of(found.ratings, key, lang) for key in keys))


def facts(ratings: Ratings, lang: str) -> dict[str, object]:
    """What sentences name, in a language."""
    scale = primary_scale(ratings)
    return {
        **{key: ratings.design.get(key, "") for key in DESIGN},
        **counts(ratings, lang),
        "scales": scales_text(ratings, lang),
        "hash": ratings.plan_sha256,
        "primary": label_of(ratings, scale, lang),
        "contrasts": _pairs_text(ratings, planned_pairs(ratings, scale), lang)
        or translate(lang, "none, so all pairs of systems are compared"),
        "alpha": ratings.alpha,
        "level": ratings.level,
        "gap": points(ratings.gap)[lang] if ratings.gap else translate(lang, "none"),
        "exclusions": planned_text(ratings, "exclusions", lang),
        "dropouts": planned_text(ratings, "dropouts", lang),
    }


def counts(ratings: Ratings, lang: str) -> dict[str, object]:
    """How many there are of everything, as numbers and with their nouns (..._named)."""
    frame, ngettext = ratings.counted, counter(lang)
    experts, systems = frame["expert_id"].nunique(), frame["system"].nunique()
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    counting, repeated, missing = len(frame), len(ratings.frame) - len(frame), ratings.n_missing
    practice = int(ratings.design.get("practice", 0))
    return {
        "clips": clips,
        "missing": f"{missing:,}",
        "experts_named": ngettext("{count:,} expert", "{count:,} experts", experts),
        "clips_named": ngettext("{count:,} clip", "{count:,} clips", clips),
        "systems_named": ngettext("{count:,} system", "{count:,} systems", systems),
        "ratings_named": ngettext("{count:,} rating counts", "{count:,} ratings count", counting),
        "repeated_named": ngettext(
            "{count:,} rating of repeated clips is", "{count:,} ratings of repeated clips are", repeated
        ),
        "missing_named": ngettext("{count:,} rating was", "{count:,} ratings were", missing),
        "practice_named": ngettext(
            "{count:,} practice clip not counted", "{count:,} practice clips not counted", practice
        ),
    }


def label_of(ratings: Ratings, key: str, lang: str) -> str:
    """What a scale is called."""
    return next((in_language(scale.label, lang) for scale in ratings.scales if scale.key == key), "") or key


def scales_text(ratings: Ratings, lang: str) -> str:
    """Every scale with its bounds, in a row."""
    names = [f"{label_of(ratings, s.key, lang)} ({span(f'{s.minimum:g}', f'{s.maximum:g}')})" for s in ratings.scales]
    return listed(lang, names)


def _pairs_text(ratings: Ratings, pairs: Sequence[Pair], lang: str) -> str:
    names = [" − ".join(system_label(system, lang, ratings.system_labels) for system in pair) for pair in pairs]
    return clauses(lang, names)


def planned_text(ratings: Ratings, key: str, lang: str) -> str:
    """A rule of the plan in its own words, in the language it has."""
    given = ratings.plan.get(key, "")
    return in_language(given, lang) if isinstance(given, Mapping) else str(given)
