"""The example of docs/models.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from formats.pack import read_manifest
from generation import networks
from generation.corpus import save_corpus
from tests.generation.songs import small_corpus

PAGE = Path(settings.BASE_DIR) / "docs" / "models.md"


def test_the_pages_sixth_model_trains_and_makes_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) < 60
    (tmp_path / "bigram_of_the_page.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(networks.SYSTEMS, "bigram", "bigram_of_the_page:Bigram")
    corpus, run, pack = tmp_path / "corpus.npz", tmp_path / "run", tmp_path / "pack"
    save_corpus(small_corpus(), corpus)
    call_command("train", "bigram", corpus=corpus, profile="smoke", out=run)
    call_command(
        "generate_stimuli", "--systems", "bigram", "--run", str(run), "--corpus", str(corpus), "--out", str(pack),
        "--clips-per-system", "2",
    )  # fmt: skip
    call_command("check_pack", str(pack))
    assert {clip.system for clip in read_manifest(pack).clips if clip.role == "study"} == {"bigram"}
