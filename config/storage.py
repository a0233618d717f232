"""How static files are stored."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no annotations
    """Hashed names inside ES modules too: after an upgrade no page mixes an old module with a new one."""

    support_js_module_import_aggregation = True
