"""A filter of every template: how HTML names a language."""

from __future__ import annotations

from django import template

from formats.messages import language_tag

register = template.Library()
register.filter(language_tag)
