"""Addresses of the site: the experts' room at the root, the researchers' desk under /desk/."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("desk/", include("study.desk.urls")),
    path("", include("study.room.urls")),
]
