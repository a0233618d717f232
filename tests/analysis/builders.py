"""Builders of ratings: frames, CSV files and DATASET folders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.dataset import Scale
from analysis.data.ratings import Ratings
from formats.files import json_sha256

ORACLES = Path(__file__).parents[2] / "fixtures" / "oracles"
SIX = ("real", "midi-gan", "sr-cnn-vaegan", "music-vae", "transformer", "mlstm")
WORDING = {
    "valence": ("Valence", "情感效价", "very negative", "非常消极", "very positive", "非常积极"),
    "authenticity": (
        *("Authenticity", "真实感", "could not be a real Daur folk song", "完全不像真实的达斡尔民歌"),
        *("could well be a real Daur folk song", "完全像真实的达斡尔民歌"),
    ),
    "overall": ("Overall quality", "整体质量", "very poor", "很差", "excellent", "很好"),
}


#: An attention check that is asked three times.
CHECK = {
    "key": "attention",
    "label": {"en": "Please choose 2"},
    "choices": [{"key": "one", "label": {"en": "1"}}, {"key": "two", "label": {"en": "2"}}],
    "right": "two",
    "times": 3,
}


def make_scale(key: str) -> Scale:
    """A scale from 1 to 5 worded in both languages."""
    words = WORDING.get(key, (key, key, "low", "低", "high", "高"))
    label, low, high = ({"en": words[n], "zh-hans": words[n + 1]} for n in (0, 2, 4))
    return Scale(key, 1.0, 5.0, label, low, high)


def make_frame(
    systems: Sequence[str] = SIX, scales: Sequence[str] = ("valence", "overall"), experts: int = 8, clips: int = 4
) -> pd.DataFrame:
    """Complete ratings 1-5 in which experts, clips and systems differ; the same at every call."""
    rng = np.random.default_rng(7)
    rows = []
    for place, system in enumerate(systems):
        for clip in range(clips):
            quality = 4 - 0.2 * place + rng.normal(0, 0.4)
            for expert in range(experts):
                for scale in scales:
                    rating = float(np.clip(np.rint(quality + rng.normal(0, 0.8)), 1, 5))
                    rows.append((f"e{expert:02d}", system, f"{place}x{clip}", scale, rating))
    return pd.DataFrame(rows, columns=["expert_id", "system", "clip_id", "scale", "rating"])


def make_incomplete() -> pd.DataFrame:
    """Four ratings of five, of seven experts, three systems and the scale "x"."""
    return make_frame(("a", "b", "c"), ("x",), experts=7, clips=4).sample(frac=0.8, random_state=1)


def make_ratings(
    systems: Sequence[str] = SIX, scales: Sequence[str] = ("valence", "overall"), **changes: Any
) -> Ratings:
    """Ratings as `ratings.read` returns them, with any field changed."""
    fields: dict[str, Any] = {
        "source": Path("study"),
        "frame": make_frame(systems, scales).assign(is_repeat=False),
        "scales": tuple(make_scale(key) for key in scales),
        "title": {"en": "A study", "zh-hans": "一项研究"},
        "sha256": "d" * 64,
        "n_missing": 0,
        "real_system": "real" if "real" in systems else None,
    }
    return Ratings(**{**fields, **changes})


def write_csv(path: Path, frame: pd.DataFrame) -> Path:
    """A RATINGS.csv."""
    frame.to_csv(path, index=False, lineterminator="\n")
    return path


def read_oracle(name: str) -> pd.DataFrame:
    """A file of fixtures/oracles as a long frame with the project's columns."""
    wide = pd.read_csv(ORACLES / name).rename(columns={"rater": "expert_id", "clip": "clip_id"}).drop(columns="rs")
    return wide.melt(["expert_id", "system", "clip_id"], var_name="scale", value_name="rating")


def make_dataset(
    folder: Path,
    frame: pd.DataFrame | None = None,
    *,
    simulated: bool = False,
    unsealed: bool = True,
    changes: Mapping[str, Any] | None = None,
    trial: Mapping[str, Any] | None = None,
    post_screening: bool = False,
    plan: Mapping[str, Any] | None = None,
    failed: Mapping[str, int] | None = None,
) -> Path:
    """A DATASET folder with hashes, a frozen plan whose primary scale is `overall`, and metrics once unsealed.

    `plan`: keys of the plan's analysis. `failed`: how many of three attention checks each expert failed.
    """
    frame = make_frame() if frame is None else frame
    frame = frame.assign(is_repeat=0) if "is_repeat" not in frame else frame
    systems = sorted(frame["system"].unique())
    scales = [_described(make_scale(key)) for key in ("valence", "overall")]
    analysis = {"primary_scale": "overall", "contrasts": [], "smallest_gap": 0.5, "alpha": 0.05}
    analysis |= {"post_screening": True} if post_screening else {}
    analysis |= dict(plan or {})
    (folder / "data").mkdir(parents=True)
    _write_json(folder / "plan.json", {"scales": scales, "analysis": analysis, "trial": trial or {}})
    own: dict[str, Any] = {
        "schema": 1,
        "study": "daur",
        "title": {"en": "Daur music", "zh-hans": "达斡尔音乐"},
        "simulated": simulated,
        "unsealed": unsealed,
        "real_system": "real" if unsealed and "real" in systems else None,
        "scales": scales,
        "systems": [{"id": system, "label": {"en": system.upper(), "zh-hans": system.upper()}} for system in systems],
        "plan_sha256": hashlib.sha256((folder / "plan.json").read_bytes()).hexdigest(),
        "analysis": analysis,
        **({"attention_checks": [CHECK]} if failed is not None else {}),
        **(changes or {}),
    }
    if failed is not None:
        rows = [(expert, int(n >= wrong)) for expert, wrong in failed.items() for n in range(3)]
        write_csv(folder / "attention_checks.csv", pd.DataFrame(rows, columns=["expert_id", "passed"]))
    write_csv(folder / "data" / "study-daur_task-rating_data.csv", frame)
    _write_json(folder / "dataset_description.json", {"name": "Daur music", "mukulen": own})
    if unsealed:
        clips = frame[["system", "clip_id"]].drop_duplicates()
        clips = clips.assign(upc=5.0, gc=0.75, ebr=[0.1 * n for n in range(len(clips))])
        write_csv(folder / "metrics.csv", clips.drop(columns="system"))
    write_hashes(folder)
    return folder


def write_hashes(folder: Path) -> None:
    """hashes.json for the files as they are now."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "hashes.json")
    files = {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    _write_json(folder / "hashes.json", {"files": files, "dataset_sha256": json_sha256(files)})


def _described(scale: Scale) -> dict[str, object]:
    words = {"label": scale.label, "low": scale.low, "high": scale.high}
    return {"key": scale.key, "minimum": scale.minimum, "maximum": scale.maximum, **words}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
