"""Session plans of pages with one clip of each system, all from one prompt.

The same seed gives the same bytes. `sessions` gives each slot its prompts, `places` arranges the systems on each page,
and `certificate` counts the balance.
"""

from study.design.sets.certificate import set_certificate
from study.design.sets.sessions import SetSpec, make_set_session_apart, make_set_sessions

__all__ = ["SetSpec", "make_set_session_apart", "make_set_sessions", "set_certificate"]
