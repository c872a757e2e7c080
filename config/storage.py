"""How static files are stored: hashed, compressed, and with the scripts' imports hashed too."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Gives a script that imports another the other's hashed name, so that it is run once."""

    support_js_module_import_aggregation = True
