"""The methods text of a report, written from the frozen plan and the ratings themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.dataset import Text
from analysis.findings import Pair, planned_pairs, primary_scale
from analysis.look import LANGUAGES, system_label
from analysis.ratings import Ratings
from analysis.words import in_language
from analysis.words_methods import METHODS

DESIGN = ("heard_per_expert", "clips_per_system", "repeats", "practice")


def methods(ratings: Ratings, stamp: Mapping[str, str], replicates: int) -> list[Text]:
    """The paragraphs of the methods text, in every language; `stamp` as the report's own."""
    values = {lang: {**facts(ratings, lang), **stamp, "replicates": replicates} for lang in LANGUAGES}
    return [{lang: METHODS[lang][key].format(**values[lang]).strip() for lang in LANGUAGES} for key in _parts(ratings)]


def _parts(ratings: Ratings) -> list[str]:
    """Which paragraphs hold of these ratings."""
    parts = ["simulated"] if ratings.is_simulated else []
    parts += ["listening", *(["design"] if set(DESIGN) <= set(ratings.design) else [])]
    parts += ["plan" if ratings.plan_sha256 else "no_plan", "model", *(["equivalence"] if ratings.gap else [])]
    return [*parts, "ordinal", "sensitivity", "agreement", *(["metrics"] if _has_metrics(ratings) else []), "software"]


def _has_metrics(ratings: Ratings) -> bool:
    return ratings.metrics is not None


def facts(ratings: Ratings, lang: str) -> dict[str, object]:
    """What sentences name, in a language."""
    frame, words, scale = ratings.counted, METHODS[lang], primary_scale(ratings)
    return {
        **{key: ratings.design.get(key, "") for key in DESIGN},
        "experts": frame["expert_id"].nunique(),
        "systems": frame["system"].nunique(),
        "clips": len(frame[["system", "clip_id"]].drop_duplicates()),
        "ratings": f"{len(frame):,}",
        "repeated": f"{len(ratings.frame) - len(frame):,}",
        "missing": f"{ratings.n_missing:,}",
        "scales": scales_text(ratings, lang),
        "hash": ratings.plan_sha256,
        "primary": label_of(ratings, scale, lang),
        "contrasts": _pairs_text(ratings, planned_pairs(ratings, scale), lang) or words["no_contrasts"],
        "alpha": ratings.alpha,
        "level": ratings.level,
        "gap": words["points"].format(gap=ratings.gap) if ratings.gap else words["no_gap"],
        "exclusions": planned_text(ratings, "exclusions", lang),
        "dropouts": planned_text(ratings, "dropouts", lang),
    }


def label_of(ratings: Ratings, key: str, lang: str) -> str:
    """What a scale is called."""
    return next((in_language(scale.label, lang) for scale in ratings.scales if scale.key == key), "") or key


def scales_text(ratings: Ratings, lang: str) -> str:
    """Every scale with its bounds, in a row."""
    names = [f"{label_of(ratings, s.key, lang)} ({s.minimum:g}–{s.maximum:g})" for s in ratings.scales]
    return "、".join(names) if lang == "zh-hans" else ", ".join(names)


def _pairs_text(ratings: Ratings, pairs: Sequence[Pair], lang: str) -> str:
    names = [" − ".join(system_label(system, lang, ratings.system_labels) for system in pair) for pair in pairs]
    return "；".join(names) if lang == "zh-hans" else "; ".join(names)


def planned_text(ratings: Ratings, key: str, lang: str) -> str:
    """A rule of the plan in its own words, in the language it has."""
    given = ratings.plan.get(key, "")
    return in_language(given, lang) if isinstance(given, Mapping) else str(given)
