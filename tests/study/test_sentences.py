"""Sentences that follow one another on a page: with a space between them in English, without one in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.template import Context, Template

TEMPLATES = Path(apps.get_app_config("study").path) / "templates"
TOGETHER = re.compile(r"\{% sentences %\}.*?\{% endsentences %\}", re.DOTALL)
#: A translated sentence, a space and another one.
APART = re.compile(r"\.(\" %\}|\{% endblocktranslate %\})(\{% endif %\})? (\{% if [^%]*%\})?\{% (block)?translate ")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("一。 二！\n <b>三</b>。 ", "一。二！<b>三</b>。"),
        ("One. Two! <b>Three</b>. ", "One. Two! <b>Three</b>."),
        ("{{ given }}。 二", "&lt;b&gt;。二"),
    ],
)
def test_a_space_goes_after_a_chinese_full_stop_alone(written: str, shown: str) -> None:
    template = Template("{% sentences %}" + written + "{% endsentences %}")
    assert template.render(Context({"given": "<b>"})) == shown


def test_no_template_sets_two_sentences_with_a_space_of_its_own() -> None:
    written = {path.name: TOGETHER.sub("", path.read_text(encoding="utf-8")) for path in TEMPLATES.rglob("*.html")}
    assert written
    assert [name for name, text in written.items() if APART.search(text)] == []
