"""The secrets of an embedded installation: made once, kept beside its database."""

import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "VAULT_PEPPER")


def embedded_secrets(data_dir: Path) -> dict[str, str]:
    """Return the secrets kept in ``data_dir``, making them on the first start.

    A name set in the environment wins. The file is readable by its owner alone. Raises
    ``OSError`` if the folder cannot be written.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "secrets.env"
    if not path.exists():
        made = "".join(f"{name}={secrets.token_urlsafe(48)}\n" for name in NAMES)
        partial = path.with_suffix(".part")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(made)
        partial.replace(path)
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name: os.environ.get(name) or kept[name] for name in NAMES}
