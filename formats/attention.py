"""The rule on failed attention checks, as preregistration and report word it."""

from __future__ import annotations

from formats.messages import translator


def rule_on_checks(language: str, limit: int | None) -> str:
    """What becomes of experts who fail attention checks; `limit`: so many or more exclude one, None nobody."""
    _ = translator(language)
    if limit is None:
        return _("Nobody is excluded for failed attention checks.")
    return _("Experts who fail {limit} or more attention checks are excluded from all analyses.", limit=limit)
