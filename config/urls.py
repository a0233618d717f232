"""Addresses of the site: the experts' room at the root, the researchers' desk under /desk/."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("desk/", include("study.desk_urls")),
    path("", include("study.room_urls")),
]
