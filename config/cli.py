"""`mukulen`, the command of an installed package: manage.py with a data folder and a secret key of its own."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import platformdirs


def main() -> None:
    """Run one of manage.py's commands; the data lie in MUKULEN_DATA, or else in the user's own data folder."""
    data = Path(os.environ.setdefault("MUKULEN_DATA", platformdirs.user_data_dir("mukulen", appauthor=False)))
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & set(os.environ):
        os.environ["SECRET_KEY_FILE"] = str(_key(data))
    from manage import main as manage

    manage()


def _key(data: Path) -> Path:
    """The file of the secret key, written at the first start, for its owner alone. Exits where it cannot be."""
    path = data / "secret_key"
    try:
        data.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as error:
        sys.exit(f"{path} cannot be written: {error.strerror}. Set MUKULEN_DATA to a folder of your own.")
    return path
