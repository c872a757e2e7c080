"""A migrated database to copy: migrating takes five seconds, copying one a tenth of that.

The suite migrates once for each kind of database (``python -m tests.migrated``) and says in
``MEND_MIGRATED`` where; each process of its legs then starts with a copy. Without that, as when
pytest is run by hand, each migrates its own.
"""

import os
import shutil
import sys

import django
from django.db import connection
from psycopg import sql

NAMED = "MEND_MIGRATED"


def copy() -> bool:
    """Put a copy of what the suite migrated where the tests' database goes; False if it did not."""
    migrated = os.environ.get(NAMED, "")
    if not migrated:
        return False
    given = connection.settings_dict
    name = str(given["TEST"]["NAME"] or f"test_{given['NAME']}")
    if connection.vendor == "sqlite":
        shutil.copyfile(migrated, name)
    else:
        names = {"name": sql.Identifier(name), "migrated": sql.Identifier(migrated)}
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))
            cursor.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {migrated}").format(**names))
    return True


def main(name: str) -> None:
    """Make a database of this name, a file's path on SQLite, with all migrations run."""
    django.setup()
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
