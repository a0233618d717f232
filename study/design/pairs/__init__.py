"""Session plans of trials with two clips of different systems.

The same seed gives the same bytes. `sessions` gives each vote its prompt, `orders` arranges the pairs of systems in
rounds, `sides` says which clip comes first, `repeats` adds hidden repeats, and `certificate` counts the balance.
"""

from study.design.pairs.certificate import pair_certificate
from study.design.pairs.sessions import make_pair_session_apart, make_pair_sessions
from study.design.pairs.spec import PairSpec

__all__ = ["PairSpec", "make_pair_session_apart", "make_pair_sessions", "pair_certificate"]
