"""What cannot be said from the report."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.report.blocks import Block, Bullets
from analysis.report.document import Contents
from analysis.report.findings import Findings
from analysis.report.registry import Section
from analysis.report.tables import say
from analysis.words import WORDS

FEW_EXPERTS = 20


def _limits(contents: Contents[Findings], lang: str) -> Iterator[Block]:
    found, words = contents.made, WORDS[lang]
    ratings, frame = found.ratings, found.ratings.counted
    experts = frame.groupby("scale").agg({"expert_id": "nunique"})["expert_id"]
    clips = len(frame[["system", "clip_id"]].drop_duplicates())
    holds = {
        "cannot_rank": True,
        "cannot_many": any(fit.contrasts["p"].notna().sum() > 1 for fit in found.fits.values()),
        "cannot_beyond": True,
        "cannot_incomplete": len(frame) < experts.sum() * clips,
        "cannot_few": frame["expert_id"].nunique() < FEW_EXPERTS,
        "cannot_range": bool(ratings.bounds_inferred),
        "no_plan": ratings.plan_sha256 is None,
    }
    adjusted = {"cannot_incomplete": words["cannot_adjusted"] if found.is_fitted else ""}
    yield Bullets([words[key] + adjusted.get(key, "") for key, held in holds.items() if held])


SECTION = Section[Findings]("cannot", say("cannot"), before=_limits)
