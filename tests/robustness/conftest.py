"""The room tests' study and experts, for the faults that befall them."""

from tests.study.conftest import alice, bob, study, trial

__all__ = ["alice", "bob", "study", "trial"]
