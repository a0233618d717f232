"""Addresses of the builder. A draft's token is its only name."""

from __future__ import annotations

from django.urls import path

from study.builder import clips, figures, new, preview, views

app_name = "builder"
urlpatterns = [
    path("new/", new.new, name="new"),
    path("<str:token>/study.toml", views.toml, name="toml"),
    path("<str:token>/delete/", views.delete, name="delete"),
    path("<str:token>/team/", views.team, name="team"),
    path("<str:token>/create/", views.create, name="create"),
    path("<str:token>/figures/", figures.figures, name="figures"),
    path("<str:token>/preview/", preview.preview, name="preview"),
    path("<str:token>/files/", clips.uploads, name="files"),
    path("<str:token>/files/<int:pk>", clips.sound, name="sound"),
    path("<str:token>/<slug:step>/", views.step, name="step"),
]
