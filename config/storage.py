"""How static files are stored: hashed, compressed, and with the scripts' imports hashed too."""

from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Gives a script that imports another the other's hashed name, so that it is run once.

    The framework finds imports by a pattern, in comments too: *import* or *export* as a word of a
    comment above one spoils its name. A test looks at every name in what is collected.
    """

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[str, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of a file; where nothing can change, it is worked out once."""
        if settings.DEBUG or force or name is None:
            return super().url(name, force)
        if name not in self._kept:
            self._kept[name] = super().url(name)
        return self._kept[name]
