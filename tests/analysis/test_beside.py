"""Work beside: done in another process, with its faults raised here."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from analysis.report.beside import beside


def test_work_is_done_in_another_process(tmp_path: Path) -> None:
    done = list[str]()
    with beside(lambda: (tmp_path / "pid").write_text(str(os.getpid())), lambda: done.append("after")):
        done.append("block")
    assert done == ["block", "after"]
    assert int((tmp_path / "pid").read_text()) != os.getpid()


def test_work_follows_the_block_on_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with beside(lambda: (tmp_path / "pid").write_text(str(os.getpid()))):
        assert not (tmp_path / "pid").exists()
    assert int((tmp_path / "pid").read_text()) == os.getpid()


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "figure1.svg")


def broken() -> None:
    raise KeyError("wrong")


def test_faults_of_the_work_are_raised_here() -> None:
    with pytest.raises(OSError, match="No space left on device"), beside(full):
        pass
    with pytest.raises(RuntimeError, match="KeyError: 'wrong'"), beside(broken):
        pass
    with pytest.raises(RuntimeError, match="status"), beside(lambda: os._exit(3)):
        pass


def test_work_is_stopped_if_the_block_fails(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    def wait() -> None:
        os.close(writing)
        os.read(reading, 1)
        (tmp_path / "late").touch()

    with pytest.raises(ValueError, match="block"), beside(wait):
        raise ValueError("block")
    os.close(writing)
    os.close(reading)
    assert not (tmp_path / "late").exists()
