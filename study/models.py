"""Database models, with constraints for the guarantees (docs/invariants.md).

A study has systems and clips (from a pack), slots with trials (from the plan), experts who take slots, and what the
experts say. Ratings, listenings, consents and events are only ever inserted: nothing here edits or deletes one.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from formats.study_file import HIGHEST_RATING, LOWEST_ANSWER, StudyFile

#: The most characters of a study's short name, an expert's code and a name: columns, services and forms keep to them.
MAX_SLUG, MAX_CODE, MAX_NAME = 60, 40, 200


def trial_token() -> str:
    """128 random bits: the only id of a trial and its clip in a browser."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> str:
    """What is stored of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


if TYPE_CHECKING:
    _StoredFile = models.JSONField[StudyFile, StudyFile]
else:
    _StoredFile = models.JSONField


@lru_cache(maxsize=100)
def _parsed(stored: str) -> StudyFile:
    """Of stored JSON. Every request reads a study file, and nothing changes one: the same text can share a model."""
    return StudyFile.model_validate_json(stored)


class StudyFileField(_StoredFile):
    """A study file as a typed model, stored as JSON. For migrations it is a field of JSON."""

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> StudyFile | None:
        if value is None:  # joined from a row without a study
            return None
        return _parsed(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        stored = value.as_json() if isinstance(value, StudyFile) else value
        return super().get_db_prep_value(stored, connection, prepared)


class Study(models.Model):
    """One listening study, from its file."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        UNSEALED = "unsealed", _("unblinded")

    slug = models.SlugField(max_length=MAX_SLUG, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="studies")
    #: The study file, parsed and checked (formats/study_file.py); its text's hash beside it.
    file = StudyFileField()
    file_sha256 = models.CharField(max_length=64)
    #: The frozen plan as RFC 8785 JSON, its hash, and the certificate of the session plans' balance.
    plan = models.JSONField(default=dict)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    certificate = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    #: Set on the copies that `simulate_ratings` fills; such a study can never hold an expert's answers.
    simulated = models.BooleanField(default=False)
    #: Set on the copies through which researchers walk as an expert would; no dataset is ever made of one.
    preview = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    unsealed_at = models.DateTimeField(null=True)
    #: Since when the list of studies shows it among the archived ones; nothing else depends on it.
    archived_at = models.DateTimeField(null=True)
    #: Since when the open link takes experts; None while it takes nobody new.
    link_opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.slug

    def text(self, key: str, language: str) -> str:
        """A text of the study file in a language, or in the file's first language."""
        texts: dict[str, str] = getattr(self.file, key)
        return texts.get(language) or texts[self.file.languages[0]]

    def group_label(self, key: str, language: str) -> str:
        """A group's name in a language, or its key without a translation."""
        labels = {group.key: group.label for group in self.file.groups}
        return labels.get(key, {}).get(language, key)

    @property
    def sealed(self) -> bool:
        """Whether it is still hidden which system made which clip."""
        return self.state != self.State.UNSEALED


class Seal(models.Model):
    """Hidden until unblinding: session plans and the system of each clip.

    The plan has the SHA-256 of `content` in its place (study/sequences.py).
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="seal")
    content = models.JSONField()

    def __str__(self) -> str:
        return f"seal of {self.study}"


class System(models.Model):
    """A generator or the real music, with the code that hides it."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="systems")
    system_id = models.CharField(max_length=60)
    code = models.CharField(max_length=3)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["study", "system_id"], name="one_row_per_system"),
            models.UniqueConstraint(fields=["study", "code"], name="one_system_per_code"),
        ]

    def __str__(self) -> str:
        return self.code


class Clip(models.Model):
    """A piece of audio under an id of this study's own, unlike its id in the pack."""

    class Role(models.TextChoices):
        STUDY = "study"
        PRACTICE = "practice"
        REFERENCE = "reference"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="clips")
    #: None for practice clips and references: they stand for no system under study, also where a hidden copy does.
    system = models.ForeignKey(System, null=True, on_delete=models.PROTECT, related_name="clips")
    role = models.CharField(max_length=10, choices=Role)
    clip_id = models.CharField(max_length=16)
    #: Path under the media storage; named by clip_id, so that nothing of the pack shows.
    audio = models.CharField(max_length=120)
    duration_ms = models.PositiveIntegerField()
    #: A character of base 36 for each bar; empty where the study shows no waveforms.
    waveform = models.CharField(max_length=200, blank=True)
    #: The clip's entry in the pack's manifest and its row of metrics.csv, sealed with the systems.
    pack_entry = models.JSONField()
    metrics = models.JSONField(default=dict)

    class Meta:
        ordering = ["clip_id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "clip_id"], name="one_clip_per_id"),
            models.CheckConstraint(
                condition=Q(role__in=["practice", "reference"], system=None) | Q(role="study", system__isnull=False),
                name="study_clips_have_a_system",
            ),
        ]

    def __str__(self) -> str:
        return self.clip_id

    @property
    def prompt_id(self) -> str | None:
        """The prompt that the pack made it from; None without one."""
        prompt: str | None = self.pack_entry.get("prompt_id")
        return prompt


class Slot(models.Model):
    """One planned session. A replacement takes over the whole slot."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="slots")
    number = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=40)
    #: The order in which this slot's expert sees the scales, the same in every trial.
    scale_order = models.JSONField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="one_slot_per_number")]

    def __str__(self) -> str:
        return f"{self.study}/{self.number}"


class Trial(models.Model):
    """What is put before an expert at once: `clip` is at place 1, further clips are in `FurtherClip`.

    A reference is heard and not rated; it has place 0 in reports of listening.

    Practice trials are never exported.
    """

    class Phase(models.TextChoices):
        PRACTICE = "practice"
        STUDY = "study"

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="trials")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="trials")
    reference = models.ForeignKey(Clip, null=True, on_delete=models.PROTECT, related_name="reference_trials")
    token = models.CharField(max_length=32, unique=True, default=trial_token)
    phase = models.CharField(max_length=10, choices=Phase)
    #: 1, 2, 3 … within the phase; block and position (from 1) are the plan's.
    number = models.PositiveSmallIntegerField()
    block = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    is_repeat = models.BooleanField(default=False)
    #: The key of the attention check that stands beside the questions; "" in most trials.
    attention_check = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["slot", "phase", "number"]
        constraints = [models.UniqueConstraint(fields=["slot", "phase", "number"], name="one_trial_per_number")]

    def __str__(self) -> str:
        return self.token


class FurtherClip(models.Model):
    """The clip at place 2 or later of a trial with several clips."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="further_clips")
    place = models.PositiveSmallIntegerField()
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="further_trials")

    class Meta:
        ordering = ["trial", "place"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "place"], name="one_clip_per_place"),
            models.CheckConstraint(condition=Q(place__gte=2), name="further_places_from_two"),
        ]

    def __str__(self) -> str:
        return f"{self.trial} place {self.place}"


class Expert(models.Model):
    """An expert under a code. Names are stored separately in `ExpertName`."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="experts")
    code = models.CharField(max_length=MAX_CODE)
    group = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    slot = models.OneToOneField(Slot, null=True, on_delete=models.PROTECT, related_name="expert")
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    #: When the name, the background answers and the comments were deleted.
    erased_at = models.DateTimeField(null=True)
    #: Who took over the place of one who dropped out.
    replaced_by = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaces")

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["study", "code"], name="one_expert_per_code")]

    def __str__(self) -> str:
        return self.code


class ExpertName(models.Model):
    """An expert's name, stored separately from all answers and never exported."""

    expert = models.OneToOneField(Expert, on_delete=models.CASCADE, related_name="personal_name")
    name = models.CharField(max_length=MAX_NAME)

    def __str__(self) -> str:
        return self.name


class ExpertAddress(models.Model):
    """An expert's e-mail address, stored separately from all answers and never exported."""

    expert = models.OneToOneField(Expert, on_delete=models.CASCADE, related_name="address")
    email = models.EmailField()
    #: Since when nothing is sent to it: it does not work, or the expert asked for it.
    stopped_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"address of {self.expert}"


class Arrival(models.Model):
    """An expert who came by the study's open link, and how they are called where they came from.

    Stored separately from all answers and never exported.
    """

    expert = models.OneToOneField(Expert, on_delete=models.CASCADE, related_name="arrival")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="arrivals")
    #: As the address says it, such as a PROLIFIC_PID; None where the study asks for none, and after an erasure.
    identifier = models.CharField(max_length=MAX_NAME, null=True)  # noqa: DJ001 - None may be there more than once
    #: A keyed hash of the network address, only for the first hour.
    client = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "identifier"], name="one_arrival_per_identifier")]

    def __str__(self) -> str:
        return f"arrival of {self.expert}"


class Mail(models.Model):
    """A message to one expert that waits for `send_mail`, and what became of it.

    It has neither an address nor a link: both are put in when it is sent (study/mail/).
    """

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("invitation")
        REMINDER = "reminder", _("reminder")

    class State(models.TextChoices):
        DUE = "due", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=10, choices=Kind)
    #: 1, 2, … of its kind.
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    #: The same at each attempt, so that a message that was sent twice is shown once.
    token = models.CharField(max_length=32, unique=True, default=trial_token)
    reply_to = models.EmailField()
    note = models.TextField(blank=True)
    link_ends = models.DateTimeField()
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    #: Until when one process has it in hand.
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: What the server said last, without the address, and which server.
    answer = models.TextField(blank=True)
    host = models.CharField(max_length=200, blank=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["expert", "kind", "number"], name="one_mail_per_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} to {self.expert}"


class Invitation(models.Model):
    """A personal link. Only its hash is stored, so a lost link is replaced."""

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.expert}"

    def works_at(self, moment: datetime) -> bool:
        """Whether the link opens the room at a moment: neither revoked nor expired."""
        return self.revoked_at is None and moment < self.expires_at


class Device(models.Model):
    """A browser in which an expert accepted the personal link, by POST."""

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="devices")
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="devices")
    accepted_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"device of {self.expert}"


class Consent(models.Model):
    """That an expert agreed: to which version, in which language, when."""

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="consents")
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    given_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"consent of {self.expert}"


class Background(models.Model):
    """One submission of the background questions; the newest of an expert counts."""

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="backgrounds")
    answers = models.JSONField()
    given_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"background of {self.expert}"


class Listening(models.Model):
    """A listening report: intervals heard since the last report, and events."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="listenings")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="listenings")
    client_uuid = models.UUIDField(unique=True)
    #: Which of the trial's clips was heard; 0 for its reference.
    place = models.PositiveSmallIntegerField(default=1)
    #: [[start_ms, end_ms], …] of the clip really played.
    intervals = models.JSONField()
    #: [{"event": "play" | "replay" | "pause" | "ended" | "blur" | "rate" | "error" | "problem", "clip_ms": …,
    #: "at": "…Z"}, …]
    events = models.JSONField(default=list)
    plays = models.PositiveSmallIntegerField(default=0)
    #: Whether the expert reported the clip as unplayable; such a trial can be left without ratings.
    problem = models.BooleanField(default=False)
    #: When the browser made the report, by the server's clock; None of a page that did not say.
    given_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"listening of {self.trial}"


class Rating(models.Model):
    """One answer to one question in one trial. A change is a new row with a higher revision.

    `scale` is the question's key, or that of the trial's attention check. Preferences are below zero for the clip at
    place 1, and above for the one at place 2.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="ratings")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="ratings")
    scale = models.CharField(max_length=40)
    #: Which of the trial's clips was rated; 1 where the answer is of the trial.
    place = models.PositiveSmallIntegerField(default=1)
    value = models.SmallIntegerField()
    revision = models.PositiveIntegerField()
    client_uuid = models.UUIDField(unique=True)
    #: The browser's time, corrected by what its page measured its clock to be behind; `browser_at` is as it was sent,
    #: and None of rows from before this was measured, whose given_at is the browser's own.
    given_at = models.DateTimeField()
    browser_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    plays = models.PositiveSmallIntegerField(default=0)
    heard_ms = models.PositiveIntegerField(default=0)
    #: From the trial's first showing to the answer.
    rt_ms = models.PositiveIntegerField(default=0)
    #: Given before the study closed, the link expired or the session was submitted, but received after.
    late = models.BooleanField(default=False)
    #: In which language the scale was read, and the version of its wording there (formats/study_file.py).
    language = models.CharField(max_length=10, blank=True)
    wording = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trial", "expert", "scale", "place", "revision"], name="one_rating_per_place_and_revision"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=LOWEST_ANSWER, value__lte=HIGHEST_RATING), name="rating_within_outer_bounds"
            ),
            models.CheckConstraint(condition=Q(revision__gte=1), name="revision_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.trial} {self.scale}@{self.place}={self.value} r{self.revision}"


class Remark(models.Model):
    """Prior familiarity, comment and answers in words of a trial; a change is a new row."""

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="remarks")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="remarks")
    known = models.BooleanField(default=False)
    comment = models.TextField(blank=True)
    #: What was written to each question of kind text, by its key; those without an answer are left out.
    answers = models.JSONField(default=dict)
    revision = models.PositiveIntegerField()
    client_uuid = models.UUIDField(unique=True)
    given_at = models.DateTimeField()
    browser_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    late = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "expert", "revision"], name="one_remark_per_revision"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="remark_revision_from_one"),
        ]

    def __str__(self) -> str:
        return f"remark on {self.trial} r{self.revision}"


class SoundCheck(models.Model):
    """One sound check: the volume that the expert set, and the tones that they chose."""

    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="sound_checks")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="sound_checks")
    #: Of the player, in per cent; what the device itself is set to no page can know.
    level = models.PositiveSmallIntegerField()
    #: [{"order": ["quiet", "plain", "antiphase"], "chosen": 0 | 1 | 2}, …]; empty if the check was skipped.
    answers = models.JSONField(default=list)
    #: How often the expert chose the quiet tone.
    correct = models.PositiveSmallIntegerField(default=0)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(level__lte=100), name="level_in_per_cent")]

    def __str__(self) -> str:
        return f"sound check of {self.expert}"


class Member(models.Model):
    """A team member other than the owner (see study/desk/permissions.py)."""

    class Role(models.TextChoices):
        ASSISTANT = "assistant", _("assistant")
        AUDITOR = "auditor", _("auditor")

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["user__username"]
        constraints = [models.UniqueConstraint(fields=["study", "user"], name="one_role_per_member")]

    def __str__(self) -> str:
        return f"{self.user} in {self.study}"


class Job(models.Model):
    """A background task with its progress (study/jobs/)."""

    class Kind(models.TextChoices):
        NEW_STUDY = "study", _("New study")
        BLINDING = "blinding", _("Blinding check")
        REPORT = "report", _("Report")
        FILES = "files", _("Files")
        REHEARSAL = "rehearsal", _("Rehearsal")

    class State(models.TextChoices):
        PREPARED = "prepared", _("waiting for clips")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    token = models.CharField(max_length=32, unique=True, default=trial_token)
    kind = models.CharField(max_length=10, choices=Kind)
    #: None until a new study's rows are there.
    study = models.ForeignKey(Study, null=True, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    #: What was asked for (slug, summary of the study file) and what came of it (clips left out).
    detail = models.JSONField(default=dict)
    #: The current step, its progress in per cent if known, and the error that ended it.
    step = models.CharField(max_length=40, blank=True)
    percent = models.PositiveSmallIntegerField(null=True)
    fault = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    #: When its process last wrote here; one that has been silent for long is gone.
    beat_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.token}"


class Draft(models.Model):
    """A study that is being built: the content of its study file, which may have faults (study/builder/)."""

    token = models.CharField(max_length=32, unique=True, default=trial_token)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    #: Who may change it as well; creating the study, sharing and deleting are the owner's.
    editors = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="shared_drafts")
    #: The short name of the study; "" until one is chosen.
    slug = models.CharField(max_length=MAX_SLUG, blank=True)
    #: Which of its versions is shown; later ones can be redone.
    version = models.PositiveIntegerField(default=1)
    #: Grows when entries come, go or move: what was typed before such a change belongs to other fields.
    shape = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-changed_at"]

    def __str__(self) -> str:
        return self.slug or self.token


class DraftVersion(models.Model):
    """The content of a draft after one change."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    #: The field or entry that was changed, and by whom.
    what = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.draft} v{self.number}"


class DraftFile(models.Model):
    """An uploaded file of a draft: whose it is, and what was found when it was listened to."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    #: As it was uploaded, with its folder; so it is kept.
    name = models.CharField(max_length=250)
    #: The system that made it, "practice", or "" where it is not used.
    system = models.CharField(max_length=40, blank=True)
    #: What it is of: files of several systems with the same are clips of one prompt.
    item = models.CharField(max_length=200, blank=True)
    #: Seconds, channels, loudness, waveform, and why it cannot be used; {} before anybody listened to it.
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["system", "name"]
        constraints = [models.UniqueConstraint(fields=["draft", "name"], name="one_file_per_name")]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """An event of the log. Each row contains the hash of the one before."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="events")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    #: "researcher:NAME", "expert:CODE" or "command".
    actor = models.CharField(max_length=200)
    kind = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["study", "number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="one_event_per_number")]

    def __str__(self) -> str:
        return f"{self.study} #{self.number} {self.kind}"

    def content(self) -> dict[str, Any]:
        """What the hash covers."""
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "kind": self.kind,
            "detail": self.detail,
            "previous_hash": self.previous_hash,
        }
