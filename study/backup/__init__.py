"""Back up and restore database and clips, for SQLite and PostgreSQL.

An archive is a zip with `database.sqlite3`, the clips under `media/`, and `manifest.json` with the SHA-256 of each.
The database travels as SQLite whatever it was, so that moving a study to PostgreSQL is a backup and a restore.
"""

from __future__ import annotations

from study.backup.archive import Manifest
from study.backup.making import write_backup
from study.backup.restoring import restore, verified

__all__ = ["Manifest", "restore", "verified", "write_backup"]
