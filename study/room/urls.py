"""URLs of the pages for experts. A trial's token is the only id of a clip."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.i18n import set_language

from study.room import open_link, pages, preview, service_worker, sound, trials


class TrialToken(StringConverter):
    """What a trial may be called: anything else is no page of ours, and asks no database."""

    regex = "[0-9A-Za-z_-]+"


register_converter(TrialToken, "trial")

app_name = "room"
urlpatterns = [
    path("", pages.home, name="home"),
    path("language/", set_language, name="language"),
    path("i/<str:token>/", pages.invitation, name="invitation"),
    path("join/<slug:slug>/", open_link.join, name="join"),
    path("preview/<slug:slug>/", preview.preview, name="preview"),
    path("room/", pages.room, name="room"),
    path("room/csrf/", trials.csrf, name="csrf"),
    path("room/worker.js", service_worker.worker, name="worker"),
    path("room/offline/", service_worker.offline, name="offline"),
    path("room/consent/", pages.consent, name="consent"),
    path("room/background/", pages.background, name="background"),
    path("room/sound/", sound.sound, name="sound"),
    path("room/instructions/", pages.instructions, name="instructions"),
    path("room/t/<trial:token>/", trials.trial, name="trial"),
    path("room/t/<trial:token>/audio", trials.audio, name="audio"),
    path("room/t/<trial:token>/audio/<int:place>", trials.audio, name="further_audio"),
    path("room/t/<trial:token>/ratings/<str:scale>", trials.rating, name="rating"),
    path("room/t/<trial:token>/remark", trials.remark, name="remark"),
    path("room/t/<trial:token>/listening", trials.listening, name="listening"),
    path("room/review/", pages.review, name="review"),
    path("room/submit/", pages.submit, name="submit"),
    path("room/withdraw/", pages.withdraw, name="withdraw"),
    path("room/thanks/", pages.thanks, name="thanks"),
]
