"""DATASET folders of pairs, of trials with an X and of choices, with who took part and how they listened, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from tests.analysis.builders import make_dataset, make_frame, write_csv, write_hashes
from tests.analysis.comparisons import make_pairs

#: Of eight experts e00 failed three attention checks, e07 did not submit, `later` gave no answer and `gone` withdrew.
NAMES = [f"e{n:02d}" for n in range(8)]
EXPERTS = pd.DataFrame(
    {
        "expert_id": [*NAMES, "later"],
        "submitted": [*["2026-01-01"] * 7, "", ""],
        "headphones_correct": ["6", "6", "5", "6", "4", "0", "6", "", ""],
        "headphones_rounds": ["6", "6", "6", "6", "6", "0", "6", "", ""],
    }
)
FLOW = {
    **{"invited": 10, "withdrawn": 1, "not_begun": 1, "begun": 8, "dropped_out": 1},
    **{"failed_checks": 1, "analysed": 7},
}
FAILED = {**dict.fromkeys(NAMES, 0), "e00": 3}
TEXTS = {name: {"en": "Better", "zh-hans": "更好"} for name in ("label", "definition", "low", "high")}
PREFERENCE: dict[str, Any] = {"key": "better", "kind": "preference", "form": "binary", **TEXTS}


def choice(right: dict[str, list[str]] | None = None) -> dict[str, Any]:
    """A question with the answers `real` and `made`."""
    keys = [{"key": key, "label": {"en": key, "zh-hans": key}, **(right or {})} for key in ("real", "made")]
    texts = {name: TEXTS[name] for name in ("label", "definition")}
    return {"key": "origin", "kind": "choice", "choices": keys, **texts}


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Answers with the time that each took: longer in earlier trials."""
    trial = frame["trial"].astype(int)
    return frame.assign(rt_ms=9_000 + 10_000 // trial + 40 * frame["expert_id"].str[1:].astype(int), plays=2)


def with_participants(folder: Path, task: str, answers: pd.DataFrame, question: dict[str, Any], places: int) -> Path:
    """The DATASET of some answers; `places`: clips of a trial, with listening.csv where there are several."""
    real = make_frame(("real", "s1", "s2", "s3"), experts=8)
    changes = {"questions": [question], "scales": []}
    make_dataset(folder, real, failed=FAILED, plan={"failed_checks": 2}, changes=changes)
    (folder / "data" / "study-daur_task-rating_data.csv").unlink()
    write_csv(folder / "data" / f"study-daur_task-{task}_data.csv", answers)
    write_csv(folder / "experts.csv", EXPERTS)
    events = [{"kind": "invited", "detail": {"expert": expert}} for expert in (*NAMES, "later", "gone")]
    events.append({"kind": "withdrawn", "detail": {"expert": "gone"}})
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)), encoding="utf-8")
    if places > 1:
        trials = answers[["expert_id", "trial"]].drop_duplicates()
        every = [trials.assign(place=place, plays=1 + (place + trials["trial"]) % 3) for place in range(places + 1)]
        write_csv(folder / "listening.csv", pd.concat(every))
    write_hashes(folder)
    return folder


def pairs_dataset(folder: Path) -> Path:
    """A DATASET of pairs with a reference."""
    answers = timed(make_pairs(experts=8)).assign(question="better", is_repeat=0)
    return with_participants(folder, "comparison", answers, PREFERENCE, 2)


def choices_dataset(folder: Path) -> Path:
    """A DATASET of choices about single clips."""
    rows = make_frame(("real", "s1"), ("overall",), experts=8, clips=6).drop(columns=["scale", "rating"])
    rows["trial"] = rows.groupby("expert_id").cumcount() + 1
    rows["choice"] = ["real" if n % 3 else "made" for n in range(len(rows))]
    correct = ((rows["choice"] == "real") == (rows["system"] == "real")).astype(int)
    answers = timed(rows.assign(question="origin", is_repeat=0, correct=correct))
    return with_participants(folder, "choice", answers, choice(), 1)


def abx_dataset(folder: Path) -> Path:
    """A DATASET of trials with an X."""
    rows = make_pairs(experts=8).drop(columns="value")
    rows["choice"] = ["real" if n % 3 else "made" for n in range(len(rows))]
    rows["correct"] = [int(n % 4 > 0) for n in range(len(rows))]
    rows = rows.sort_values("trial").drop_duplicates(["expert_id", "clip_a", "clip_b"])
    rows = rows[[pair == tuple(sorted(pair)) for pair in zip(rows["system_a"], rows["system_b"], strict=True)]]
    answers = timed(rows.assign(question="origin", is_repeat=0, x=1))
    return with_participants(folder, "choice", answers, choice(), 2)
