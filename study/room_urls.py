"""Addresses of the experts' room. A trial's token is the only name under which a browser knows a clip."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from study.room import preview, road, sound, trials, worker

app_name = "room"
urlpatterns = [
    path("", road.home, name="home"),
    path("language/", set_language, name="language"),
    path("i/<str:token>/", road.invitation, name="invitation"),
    path("preview/<slug:slug>/", preview.preview, name="preview"),
    path("room/", road.room, name="room"),
    path("room/csrf/", trials.csrf, name="csrf"),
    path("room/worker.js", worker.worker, name="worker"),
    path("room/offline/", worker.offline, name="offline"),
    path("room/consent/", road.consent, name="consent"),
    path("room/background/", road.background, name="background"),
    path("room/sound/", sound.sound, name="sound"),
    path("room/instructions/", road.instructions, name="instructions"),
    path("room/t/<str:token>/", trials.trial, name="trial"),
    path("room/t/<str:token>/audio", trials.audio, name="audio"),
    path("room/t/<str:token>/ratings/<str:scale>", trials.rating, name="rating"),
    path("room/t/<str:token>/remark", trials.remark, name="remark"),
    path("room/t/<str:token>/listening", trials.listening, name="listening"),
    path("room/review/", road.review, name="review"),
    path("room/submit/", road.submit, name="submit"),
    path("room/withdraw/", road.withdraw, name="withdraw"),
    path("room/thanks/", road.thanks, name="thanks"),
]
