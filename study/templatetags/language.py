"""In every template: how HTML names a language, and sentences that follow one another."""

from __future__ import annotations

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

from formats.messages import language_tag

register = template.Library()
register.filter(language_tag)
#: What follows a full stop that is as wide as a Chinese sign, and so has its space within it.
SPACE = re.compile(r"(?<=[。！？])\s+")


@register.simple_block_tag
def sentences(content: str) -> SafeString:
    """Whole sentences one after the other: without a space between those in Chinese."""
    return mark_safe(SPACE.sub("", content.strip()))  # noqa: S308  the template escaped it
