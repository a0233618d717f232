"""`make bench`: ratios against something real, measured in the same run (docs/benchmarks.md keeps the figures)."""

from __future__ import annotations

from tests.benchmarks import metrics, pack, training

if __name__ == "__main__":
    for section in (training, metrics, pack):
        section.main()
        print()
