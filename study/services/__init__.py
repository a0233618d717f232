"""Writes, each whole or not at all; whatever a person may ask about later is logged (docs/invariants.md)."""

from study.services.answers import save_listening, save_rating
from study.services.building import choose_clips, create_study, open_study
from study.services.invitations import invite, read_experts
from study.services.log import broken_event, log_event
from study.services.seal import close_study, open_seal
from study.services.session import accept_invitation, find_invitation, give_consent, save_background, submit, withdraw

__all__ = [
    "accept_invitation",
    "broken_event",
    "choose_clips",
    "close_study",
    "create_study",
    "find_invitation",
    "give_consent",
    "invite",
    "log_event",
    "open_seal",
    "open_study",
    "read_experts",
    "save_background",
    "save_listening",
    "save_rating",
    "submit",
    "withdraw",
]
