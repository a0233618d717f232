"""Forms of the builder beside the fields of a draft: how it begins, and who may change it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from study.desk.forms import DeskForm, LanguageSelect, typed, upload
from study.models import Study

#: The shipped study files by what they are for.
TEMPLATES = {
    "pilot": _("Rate single clips: two systems, two scales"),
    "daur": _("Rate single clips: the study of the paper, six systems, five scales, two groups"),
    "recordings": _("Rate single recordings, scales from 1 to 7 and from 0 to 100 (in English)"),
    "human-or-computer": _("Human or computer? Say who made single clips: three systems, one choice"),
    "mirex": _("Rate one clip of each system on a page: four systems, five scales"),
    "mushra": _("MUSHRA: rate all systems, a hidden reference and two anchors against a reference"),
    "dmos": _("DMOS: rate how much single clips have lost against their reference"),
    "abx": _("ABX: say which of two clips X is: three systems, one choice"),
    "ab": _("Compare two clips: three systems, one preference"),
    "cmos": _("CMOS: grade which of two clips is better, beside their reference"),
    "xab": _("XAB: which of two clips is nearer to the reference"),
}


class NewDraftForm(DeskForm):
    """How a study begins: an example, an earlier study, or a file."""

    ids = "new-%s"
    title = typed(_("Title, as experts see it"), maxlength=200)
    language = typed(_("Language"), LanguageSelect)
    language.help_text = _("Further languages can be added later.")
    begin = typed(_("Begin with"), forms.RadioSelect, required=True)
    file = upload(_("Study file (.toml), if you begin with a file"), ".toml,text/plain")

    def __init__(self, studies: list[Study], language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        earlier = [(f"study:{study.slug}", _("A copy of %(slug)s") % {"slug": study.slug}) for study in studies]
        examples = [(f"example:{name}", words) for name, words in TEMPLATES.items()]
        self.fields["begin"].widget.choices = [*examples, *earlier, ("file", _("A study file"))]
        self.fields["language"].widget.choices = settings.LANGUAGES
        self.initial.setdefault("begin", "example:pilot")
        self.initial.setdefault("language", language)


class TeamForm(DeskForm):
    ids = "team-%s"
    username = typed(_("User name"), maxlength=150, required=True, autocapitalize="none")
