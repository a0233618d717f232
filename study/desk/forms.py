"""Forms of the researcher's pages: their fields, limits and first values. Services judge what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.renderers import DjangoTemplates
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from formats.errors import InputError
from formats.pack import MAX_SECONDS, MIN_SECONDS
from study import clock
from study.errors import FieldErrors, Refused, words_of
from study.models import MAX_CODE, MAX_NAME, MAX_SLUG, Member, Study
from study.services.invitations import MAX_EMAIL, VALID_FOR, end_of, is_address
from study.services.plan import MAX_REASON
from study.templatetags.times import zone

T = TypeVar("T")
#: Of the text that a researcher adds to a message.
MAX_NOTE = 4000
#: Of the ZIP file of a new study, in bytes.
MAX_CLIPS_BYTES = 2 << 30


class FieldRenderer(DjangoTemplates):
    form_template_name = "desk/parts/form.html"
    field_template_name = "desk/parts/field.html"


class DeskForm(forms.Form):
    """A form whose errors are its own and those of the service that it was for."""

    default_renderer = FieldRenderer
    #: The ids of its fields, which differ from those of other forms on the page.
    ids = "%s"

    def __init__(self, data: Any = None, files: Any = None, *, code: str = "", initial: Any = None) -> None:
        super().__init__(data, files, initial=initial, auto_id=self.ids)
        for field in self.fields.values():
            field.label = str(field.label) % {"code": code}

    def attempt(self, step: Callable[..., T]) -> T | None:
        """Run a service with what was typed, if it is valid. A refusal becomes an error of the field that it names."""
        try:
            return step(**self.cleaned_data) if self.is_valid() else None
        except FieldErrors as error:
            faults = error.by_field
        except Refused as error:
            faults = [(error.code, error.message)]
        except InputError as error:
            faults = [("", text) for text in words_of(error).split("\n")]
        for field, text in faults:
            self.add_error(field if field in self.fields else None, text)
        return None

    @property
    def faults(self) -> list[str]:
        """All errors, for the summary at the top of the page."""
        return [str(text) for errors in self.errors.values() for text in errors]


def typed(label: Any, widget: type[forms.Widget] = forms.TextInput, **attrs: Any) -> forms.CharField:
    """What is typed or chosen. The browser keeps to its limits; the service says what is wrong with it."""
    is_line = widget is forms.TextInput
    off = {} if issubclass(widget, (forms.HiddenInput, forms.RadioSelect)) else {"autocomplete": "off"}  # HTML has none
    return forms.CharField(label=label, required=False, strip=is_line, widget=widget({**off, **attrs}))


def upload(label: Any, accept: str, missing: Any = "") -> forms.FileField:
    """A file, which must be chosen if `missing` says so where it is not."""
    errors, widget = {"required": missing}, forms.FileInput({"accept": accept})
    return forms.FileField(
        label=label, required=bool(missing), allow_empty_file=True, error_messages=errors, widget=widget
    )


def confirmed(label: Any, missing: Any) -> forms.BooleanField:
    """A box to tick before what cannot be undone."""
    return forms.BooleanField(label=label, error_messages={"required": missing}, widget=Confirmation({"value": "yes"}))


def ends_help() -> SafeString:
    """When the last day of a link is over, in the zone that times.js names."""
    return format_html(str(_("It ends at midnight (time zone: {zone}).")), zone=zone())


class LanguageSelect(forms.Select):
    """Names each language in that language."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return {**option, "attrs": {**option["attrs"], "lang": value}}


class Confirmation(forms.CheckboxInput):
    def value_from_datadict(self, data: Mapping[str, Any], files: object, name: str) -> bool:
        return data.get(name) == "yes"


class LinkForm(DeskForm):
    """How long a link works."""

    ids = "link-%s"
    field_order = ("file", "pasted", "code", "group", "language", "name", "email", "ends")
    ends = typed(_("Last day of the link"), type="date", required=True)
    ends.help_text = lazy(ends_help, SafeString)()
    #: The reader's, which times.js fills in.
    zone = typed("", forms.HiddenInput)

    def __init__(self, study: Study, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = get_language() or ""
        choices: dict[str, list[tuple[str, str]]] = {
            "group": [(group.key, study.group_label(group.key, shown)) for group in study.file.groups],
            "language": [(code, capfirst(get_language_info(code)["name_local"])) for code in study.file.languages],
        }
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Select):
                field.widget.choices = choices[name]
        self.initial.setdefault("ends", (clock.now() + VALID_FOR).date().isoformat())
        # Where the zone is behind UTC, today is still yesterday.
        self.fields["ends"].widget.attrs["min"] = (clock.now() - timedelta(hours=12)).date().isoformat()
        if "pasted" in self.fields:
            row = f"w01,{study.file.groups[0].key},{study.file.languages[0]},"
            self.fields["pasted"].widget.attrs["placeholder"] = f"code,group,language,name\n{row}"

    def clean_ends(self) -> datetime | None:
        try:
            return end_of(self.cleaned_data["ends"], str(self.data.get("zone", "")))
        except InputError as error:
            raise ValidationError(words_of(error)) from error

    def clean(self) -> dict[str, Any]:
        self.cleaned_data.pop("zone", None)
        return self.cleaned_data


class EndForm(LinkForm):
    ids = "end-%s"


class TableForm(LinkForm):
    ids = "table-%s"
    file = upload(_("CSV file"), ".csv,.tsv,.txt,text/csv")
    pasted = typed(_("or paste the table"), forms.Textarea, rows=7, spellcheck="false")


class ReplaceForm(LinkForm):
    """The new expert of a slot, whose group is given."""

    ids = "replace-%s"
    code = typed(_("Code of the new expert"), maxlength=MAX_CODE, required=True)
    language = typed(_("Language of the link"), LanguageSelect)
    name = typed(_("Name (optional)"), maxlength=MAX_NAME)


class OneForm(ReplaceForm):
    ids = "one-%s"
    code = typed(_("Expert code"), maxlength=MAX_CODE, required=True)
    group = typed(_("Group"), forms.Select)
    email = typed(_("E-mail address (optional)"), type="email", maxlength=MAX_EMAIL)


class AgainForm(LinkForm):
    ids = "again-%s"


#: The forms that invite, by what their button `form` says.
INVITING: dict[str, type[LinkForm]] = {"table": TableForm, "one": OneForm, "again": AgainForm}


class WordingForm(DeskForm):
    """What the researcher adds to messages."""

    ids = "wording-%s"
    #: Beside other buttons of its form, which need nothing of it.
    use_required_attribute = False
    reply_to = typed(_("Replies go to"), type="email", maxlength=MAX_EMAIL, required=True)
    note = typed(_("Your own text (optional)"), forms.Textarea, rows=5, maxlength=MAX_NOTE)
    note.help_text = _("It comes before the link. Without it the message names the study.")

    def clean_reply_to(self) -> str:
        address = str(self.cleaned_data["reply_to"]).strip()
        if not is_address(address):
            raise ValidationError(_("'%(email)s' is not an e-mail address.") % {"email": address})
        return address


class OneWordingForm(WordingForm):
    ids = "one-wording-%s"


class CloseForm(DeskForm):
    sure = confirmed(_("Yes, accept no new ratings"), _("Confirm first that the study accepts no new ratings."))


class WithdrawForm(DeskForm):
    ids = "withdraw-%s"
    sure = confirmed(_("Yes, withdraw %(code)s permanently"), _("Confirm the permanent withdrawal first."))


class EraseForm(DeskForm):
    ids = "erase-%s"
    sure = confirmed(
        _("Yes, delete the personal data of %(code)s permanently"), _("Confirm the permanent deletion first.")
    )


class MemberForm(DeskForm):
    username = typed(_("User name"), maxlength=150, required=True, autocapitalize="none")
    role = typed(_("Role"), forms.RadioSelect, required=True)
    role.widget.choices = Member.Role.choices


class StudyFileForm(DeskForm):
    file = upload(_("Study file (.toml)"), ".toml,text/plain", _("Choose a study file first."))
    slug = typed(_("Short name, for addresses and file names"), maxlength=MAX_SLUG, autocapitalize="none")
    slug.help_text = _("Lower-case letters, digits and hyphens. If empty, the file name is used.")


class ClipsForm(DeskForm):
    clips = upload(_("Clips (.zip)"), ".zip,application/zip", _("Choose a ZIP file of clips first."))
    seconds = forms.FloatField(
        label=_("Length of each clip, in seconds"),
        required=False,
        min_value=MIN_SECONDS,
        max_value=MAX_SECONDS,
        help_text=_(
            "Longer files are cut, shorter files are followed by silence. If empty: the length of the shortest file, "
            "at most 60 s."
        ),
    )
    channels = forms.ChoiceField(
        label=_("Channels"),
        required=False,
        choices=[("", _("stereo if all files are stereo, else mono")), ("1", _("mono")), ("2", _("stereo"))],
    )

    def without_asked(self, detail: Mapping[str, Any]) -> ClipsForm:
        """Without the fields that the study file has answered."""
        for name in ("seconds", "channels"):
            if detail.get("asked", {}).get(name):
                del self.fields[name]
        return self

    def clean_clips(self) -> UploadedFile[bytes]:
        clips: UploadedFile[bytes] = self.cleaned_data["clips"]
        if (clips.size or 0) > MAX_CLIPS_BYTES:
            message = _("The ZIP file is larger than %(most)d GiB. Use fewer or shorter clips.")
            raise ValidationError(message, params={"most": MAX_CLIPS_BYTES >> 30})
        return clips


class AmendForm(DeskForm):
    reason = typed(_("Reason"), forms.Textarea, rows=3, maxlength=MAX_REASON, required=True)
    analysis = typed(
        _("Analysis plan (the [analysis] section of a study file)"),
        forms.Textarea,
        rows=10,
        spellcheck="false",
        required=True,
    )
    analysis.widget.attrs["class"] = "code"


class PasswordForm(DeskForm):
    """The password once more, before the systems are unblinded."""

    password = forms.CharField(
        label=_("Confirm your password"), strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )
