"""Times on pages: in UTC or the study's time zone, until `times.js` puts them into the reader's."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from study import clock

register = template.Library()

#: How a time is written, by what the template asks for; "bare" is for tables whose heading says the zone.
FORMS = {"": "%Y-%m-%d %H:%M UTC", "bare": "%Y-%m-%d %H:%M", "seconds": "%Y-%m-%d %H:%M:%S", "day": "%Y-%m-%d"}


@register.filter
def moment(at: datetime | None, form: str = "") -> SafeString:
    """A time as an element that says it in UTC to machines; a dash for none."""
    if at is None:
        return mark_safe("–")
    at = at.astimezone(UTC)
    return _element(at, form, at.strftime(FORMS[form]))


@register.filter
def moment_in(at: datetime, study_zone: str | None) -> SafeString:
    """A time that a reader without scripts reads in the study's time zone, with its name; in UTC without one."""
    return _element(at.astimezone(UTC), "", clock.in_zone(at, study_zone))


def _element(at: datetime, form: str, words: str) -> SafeString:
    machine = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<time datetime="{}" data-form="{}">{}</time>', machine, form, words)


@register.simple_tag
def zone() -> SafeString:
    """The name of the time zone that the page's times are in."""
    return mark_safe("<span data-zone>UTC</span>")
