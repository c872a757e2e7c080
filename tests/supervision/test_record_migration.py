"""Shares from before there was a record: their lines are chained, and the whole of it checks."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

OLD = Path(__file__).with_name("old_shares.py")
CHECK = """
from supervision.checking import check_record
from supervision.models import Agreement
checked = check_record(Agreement.objects.get())
print([line.kind for line in checked.lines], checked.troubles, checked.record.length)
"""


def manage(*arguments: str, folder: Path, script: str = "") -> str:
    """Return what ``manage.py`` printed, run as on a machine of one's own with ``folder``."""
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    given = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**given, "DJANGO_SETTINGS_MODULE": "config.settings", "MEND_DATA_DIR": str(folder)},
        input=script,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_lines_from_before_are_chained_in_the_order_of_their_times(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    manage("migrate", "supervision", "0002_pinned_at", folder=tmp_path)
    manage("shell", "-v", "0", folder=tmp_path, script=OLD.read_text())

    manage("migrate", folder=tmp_path)

    kinds = ["proposed", "accepted", "accepted", "shared", "opened", "agreement_ended", "ended"]
    assert manage("shell", "-v", "0", folder=tmp_path, script=CHECK).strip() == f"{kinds} [] 7"
