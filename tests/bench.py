"""`make bench`: ratios against something real, measured in the same run (docs/benchmarks.md keeps the figures)."""

from __future__ import annotations

from tests import bench_metrics, bench_pack, bench_training

if __name__ == "__main__":
    for section in (bench_training, bench_metrics, bench_pack):
        section.main()
        print()
