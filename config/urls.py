"""Addresses of the site under SITE_PATH: the experts' room at its root, the researchers' desk under desk/.

The probes stay at the root of the host: whatever watches the site asks it directly.
"""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path(f"{settings.SITE_PATH}admin/", admin.site.urls),
    path(f"{settings.SITE_PATH}desk/drafts/", include("study.builder.urls")),
    path(f"{settings.SITE_PATH}desk/", include("study.desk.urls")),
    path(settings.SITE_PATH, include("study.room.urls")),
]
