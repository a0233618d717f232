"""All settings, in one file. What differs between machines comes from the environment (docs/operations.md)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_choice, env_list, env_options, env_path, env_secret, env_str
from config.logs import logging_of
from formats import messages

BASE_DIR = Path(__file__).resolve().parent.parent
#: Everything this installation writes: database, clips of the studies, collected static files.
DATA_DIR = Path(env_str("MUKULEN_DATA", str(BASE_DIR / "var")))
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"MUKULEN_DATA={str(DATA_DIR)!r} cannot be made: {error.strerror}.") from error

DEVELOPMENT_KEY = "development-only-key-that-production-refuses"
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY", DEVELOPMENT_KEY)
#: Off only for a server that nobody reaches from outside this computer, such as `make run`.
HTTPS = env_bool("HTTPS", False)
BEHIND_PROXY = env_bool("BEHIND_PROXY", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")
#: The site's part of its host's addresses, such as "study/"; "" where the whole host is its own.
SITE_PATH = env_path("SITE_PATH")

INSTALLED_APPS = [
    "generation",
    "study",
    "analysis",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "config.middleware.numbered",
    "config.middleware.read_to_the_end",
    # Before all that may refuse a request, so that refusals have these headers too.
    "config.middleware.permissions_policy",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.OnlyText",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["study.templatetags.language", "study.templatetags.times"],
        },
    },
]


def sqlite_options(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> dict[str, object]:
    """Options for SQLite: take the write lock first, reach the disk before answering.

    WAL is chosen only where SQLite carries the WAL-reset fix of 2026-03 (3.51.3, 3.50.7, 3.44.6). The rollback journal
    is safe everywhere, if it is cut: its deletion would not be flushed (docs/adr/0001-sqlite-journal.md).
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode={'WAL' if fixed else 'TRUNCATE'}; PRAGMA synchronous=FULL;",
    }


def database(url: str) -> dict[str, Any]:
    """Django's settings of the database at a URL, with what this project needs of each store."""
    settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        settings["OPTIONS"] = sqlite_options()
    return settings


DATABASES = {"default": database(env_str("DATABASE_URL", f"sqlite:///{DATA_DIR / 'mukulen.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "desk:login"
LOGIN_REDIRECT_URL = "desk:studies"
LOGOUT_REDIRECT_URL = "desk:login"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_TEMPLATE = "desk/locked.html"
AXES_CLIENT_IP_CALLABLE = "config.proxy.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = sorted(messages.LANGUAGES.items(), key=lambda language: language[0] != LANGUAGE_CODE)
LOCALE_PATHS = [messages.LOCALE]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = f"/{SITE_PATH}static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    # The clips of the studies: in MEDIA_ROOT, or wherever several web hosts reach them (docs/operations.md).
    "default": {
        "BACKEND": env_str("CLIP_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env_options("CLIP_STORAGE_OPTIONS"),
    },
    "staticfiles": {"BACKEND": "config.storage.StaticFiles"},
}

# Sessions are for researchers. An expert's browser stays signed in as long as the link is valid.
DAY_S = 24 * 60 * 60
SESSION_COOKIE_AGE, LANGUAGE_COOKIE_AGE, DEVICE_COOKIE_AGE = 7 * DAY_S, 60 * DAY_S, 60 * DAY_S
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"/{SITE_PATH}"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Probes come over plain http from the same computer.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # A clip is fetched whole before its trial and played from memory.
        "media-src": ["blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# E-mail to experts (docs/operations.md). `send_mail` sends it, no page does; without a host there is none.
EMAIL_HOST = env_str("EMAIL_HOST", "")
EMAIL_PORT = int(env_str("EMAIL_PORT", "587"))
EMAIL_SECURITY = env_choice("EMAIL_SECURITY", "starttls", ("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_HOST_USER = env_str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_PASSWORD", "")
EMAIL_TIMEOUT = 10  # seconds; without one, a server that says nothing is waited for forever
MAIL_FROM = env_str("MAIL_FROM", "")

LOGGING = logging_of(env_choice("LOG", "plain", ("plain", "json")))
