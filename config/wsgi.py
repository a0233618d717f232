"""The WSGI entry point: `gunicorn config.wsgi`."""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if settings.SECRET_KEY == settings.DEVELOPMENT_KEY and not settings.DEBUG:
    raise ImproperlyConfigured("Set SECRET_KEY or SECRET_KEY_FILE: a server must not use the development key.")

application = get_wsgi_application()
