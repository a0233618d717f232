"""Writes, each whole or not at all; whatever a person may ask about later is logged (docs/invariants.md)."""

from study.services.answers import LONGEST_COMMENT, save_rating, save_remark
from study.services.building import choose_clips, create_study
from study.services.copies import delete_copy, open_preview
from study.services.invitations import invite, read_experts
from study.services.listening import save_listening
from study.services.log import broken_event, log_event
from study.services.opening import blinding_checked, discard_draft, open_study, record_blinding
from study.services.seal import close_study, open_seal
from study.services.session import (
    accept_invitation,
    find_invitation,
    give_consent,
    save_background,
    save_sound_check,
    submit,
    withdraw,
)

__all__ = [
    "LONGEST_COMMENT",
    "accept_invitation",
    "blinding_checked",
    "broken_event",
    "choose_clips",
    "close_study",
    "create_study",
    "delete_copy",
    "discard_draft",
    "find_invitation",
    "give_consent",
    "invite",
    "log_event",
    "open_preview",
    "open_seal",
    "open_study",
    "read_experts",
    "record_blinding",
    "save_background",
    "save_listening",
    "save_rating",
    "save_remark",
    "save_sound_check",
    "submit",
    "withdraw",
]
