"""Addresses of the researcher's desk."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from study import desk

app_name = "desk"
urlpatterns = [
    path("", desk.studies, name="studies"),
    path("login/", LoginView.as_view(template_name="desk/login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("studies/<slug:slug>/", desk.study, name="study"),
    path("studies/<slug:slug>/open/", desk.open_study, name="open"),
    path("studies/<slug:slug>/close/", desk.close, name="close"),
    path("studies/<slug:slug>/open-seal/", desk.open_seal, name="open_seal"),
    path("studies/<slug:slug>/dataset/", desk.download, name="download"),
    path("studies/<slug:slug>/experts/<str:code>/withdraw/", desk.withdraw, name="withdraw"),
]
