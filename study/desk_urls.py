"""Addresses of the researcher's desk."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from study.desk import download, studies, study

app_name = "desk"
urlpatterns = [
    path("", studies.studies, name="studies"),
    path("login/", LoginView.as_view(template_name="desk/login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("studies/<slug:slug>/", study.study, name="study"),
    path("studies/<slug:slug>/open/", study.open_study, name="open"),
    path("studies/<slug:slug>/close/", study.close, name="close"),
    path("studies/<slug:slug>/open-seal/", study.open_seal, name="open_seal"),
    path("studies/<slug:slug>/dataset/", download.download, name="download"),
    path("studies/<slug:slug>/experts/<str:code>/withdraw/", study.withdraw, name="withdraw"),
]
