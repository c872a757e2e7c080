"""Makes an installation's people, and its tables if need be: ``python -m tests.canaries.people``.

Reads a password for each address from standard input, as JSON. Writes each one's recovery code.
"""

import json
import sys

import django
from django.core.management import call_command


def main() -> None:
    """Make the tables where the server does not, and the cast; say the recovery codes."""
    django.setup()
    from django.conf import settings

    if not settings.EMBEDDED:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("load_guide", verbosity=0)
        call_command("load_wordings", verbosity=0)
    passwords: dict[str, str] = json.load(sys.stdin)
    json.dump(make_people(passwords), sys.stdout)


def make_people(passwords: dict[str, str]) -> dict[str, str]:
    """Make the standing cast with these passwords; return their recovery codes by name."""
    from tests import factories
    from vault import actions

    alder = factories.make_clinic(name="Alder House")
    elsewhere = factories.make_clinic(name="Elsewhere")
    places = {
        "mira": (alder, True, False),
        "okafor": (alder, True, False),
        "jonas": (alder, True, False),
        "ada": (alder, False, True),
        "rune": (elsewhere, True, True),
    }
    codes = {}
    for name, password in passwords.items():
        is_operator = name == "operator"
        user = factories.make_user(
            name=name.capitalize(),
            email=f"{name}@mend.example",
            password=password,
            is_staff=is_operator,
            is_superuser=is_operator,
        )
        if name in places:
            clinic, is_clinician, is_admin = places[name]
            factories.make_membership(
                user=user, clinic=clinic, is_clinician=is_clinician, is_admin=is_admin
            )
            vault, keys = actions.make_vault(user=user, password=password)
            codes[name] = actions.new_recovery_code(vault=vault, keys=keys)
            actions.confirm_recovery_code(vault=vault, typed=codes[name])
    return codes


if __name__ == "__main__":
    main()
