"""All writes, in transactions and logged (docs/invariants.md)."""

from study.services.archiving import archive_study
from study.services.blind_report import MADE, blind_dataset
from study.services.copies import delete_copy, discard_copy, open_preview
from study.services.erasure import erase
from study.services.invitations import checked, invite, read_experts
from study.services.links import end_link_at, next_code, replace, revoke_link
from study.services.log import broken_among, broken_event, log_event, tail_of
from study.services.members import add_member, remove_member
from study.services.open_link import arrive, check_open_link, free_slots, has_come, set_open_link
from study.services.opening import blinding_checked, discard_draft, last_blinding, open_study, record_blinding
from study.services.plan import Version, amend_plan, broken_plan, versions
from study.services.saving.answers import MAX_COMMENT, save_rating, save_remark
from study.services.saving.listening import save_listening
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
from study.services.study_creation import (
    cautions_on,
    choose_clips,
    create_study,
    refuse_not_served,
    refuse_other_clips,
)

__all__ = [
    "set_open_link",
    "free_slots",
    "check_open_link",
    "has_come",
    "arrive",
    "MADE",
    "MAX_COMMENT",
    "Version",
    "accept_invitation",
    "add_member",
    "amend_plan",
    "archive_study",
    "blind_dataset",
    "blinding_checked",
    "broken_among",
    "broken_event",
    "broken_plan",
    "cautions_on",
    "checked",
    "choose_clips",
    "close_study",
    "create_study",
    "delete_copy",
    "discard_copy",
    "discard_draft",
    "end_link_at",
    "erase",
    "find_invitation",
    "give_consent",
    "invite",
    "last_blinding",
    "log_event",
    "next_code",
    "open_preview",
    "open_seal",
    "open_study",
    "read_experts",
    "record_blinding",
    "refuse_not_served",
    "refuse_other_clips",
    "remove_member",
    "replace",
    "revoke_link",
    "save_background",
    "save_listening",
    "save_rating",
    "save_remark",
    "save_sound_check",
    "submit",
    "tail_of",
    "versions",
    "withdraw",
]
