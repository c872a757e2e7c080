"""The demo clinic: everyone can sign in and has something to do, and nothing lies in clear."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoDbBlocker

from accounts.mail import unseal
from accounts.models import Clinic, Invitation, OutgoingMail, User
from reflection.demo import read_vignettes, unwrapped
from reflection.models import Entry, EntryVersion
from reflection.reading import standing_of
from supervision.actions.notification import KEPT
from supervision.checking import check_record
from supervision.demo import FOLDER, demo_password
from supervision.models import (
    Agreement,
    Comment,
    Notification,
    Share,
    ShareEvent,
    SupervisionGroup,
    SupervisionMeeting,
)
from supervision.rules import AgreementState, ShareState
from supervision.signed import compare
from tests import factories
from vault.actions import open_with_code, open_with_password
from vault.models import Vault

pytestmark = pytest.mark.django_db
PASSWORD = "demo-only-passphrase"
EVERYONE = (
    "mira@demo.example",
    "okafor@demo.example",
    "priya@demo.example",
    "jonas@demo.example",
    "ada@demo.example",
    "rune@elsewhere.example",
)
FINCH = "I apologised twice and still three messages came."
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}\b")


@pytest.fixture(scope="module")
def printed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The demo, seeded once for these tests; what the command printed."""
    out = StringIO()
    seeded = {"EMBEDDED": True, "EMAIL_BACKEND": "accounts.mail.OutboxBackend"}
    with django_db_blocker.unblock():
        with override_settings(**seeded):
            call_command("seed_demo", stdout=out)
        yield out.getvalue()
        call_command("flush", interactive=False, verbosity=0)


def _sign_in(email: str) -> Client:
    client = Client()
    answer = client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def _first_page(client: Client) -> str:
    answer = client.get("/", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def _entry(name: str, email: str = "mira@demo.example") -> Entry:
    """Return the entry whose title is that of the vignette ``name``."""
    title = read_vignettes(FOLDER / "entries")[name].title
    owner = User.objects.get(email=email)
    keys = factories.vault_keys(owner, PASSWORD)
    return next(one for one in Entry.objects.owned_by(owner) if one.open(keys).title == title)


def _share(name: str) -> Share:
    return Share.objects.get(entry=_entry(name))


def test_everybody_has_the_demo_password_and_a_ready_vault(printed: str) -> None:
    assert demo_password() == PASSWORD
    assert set(User.objects.values_list("email", flat=True)) == set(EVERYONE)
    for vault in Vault.objects.all():
        assert vault.is_ready
        assert open_with_password(vault=vault, password=PASSWORD).vault_id == vault.pk


def test_no_notification_is_older_than_any_is_kept(printed: str) -> None:
    assert Notification.objects.exists()
    assert not Notification.objects.before(timezone.now() - KEPT).exists()


def test_every_recovery_code_is_printed_once_and_opens_its_vault(printed: str) -> None:
    lines = {email: line for line in printed.splitlines() for email in EVERYONE if email in line}

    assert len(CODE.findall(printed)) == len(lines) == len(EVERYONE)
    for email, line in lines.items():
        vault = Vault.objects.get(user__email=email)
        assert open_with_code(vault=vault, typed=CODE.findall(line)[0]).vault_id == vault.pk


@pytest.mark.parametrize(
    ("email", "waiting"),
    [
        (
            "mira@demo.example",
            [
                'You planned to look back at <b dir="auto">Finch, after the yawn</b>',
                "Waits for your answer",
                "Went quiet when I mentioned the break",
                "A reflection shared by Priya",
            ],
        ),
        ("priya@demo.example", ["Waits for your answer", "Curlew: somewhere to be"]),
        ("okafor@demo.example", ["Reading Hazel’s yawn", "A reflection shared by Mira"]),
        (
            "jonas@demo.example",
            ["Dr Ife Okafor proposes a supervision agreement", "Teal: “you always take his side”"],
        ),
        ("ada@demo.example", ["tove@demo.example", "Jonas Weber"]),
        ("rune@elsewhere.example", ["sanna@elsewhere.example"]),
    ],
)
def test_each_signs_in_to_a_first_page_with_something_to_do(
    printed: str, email: str, waiting: list[str]
) -> None:
    page = _first_page(_sign_in(email))

    for text in waiting:
        assert text in page


def test_mira_opens_her_entry_for_finch(printed: str) -> None:
    answer = _sign_in("mira@demo.example").get(reverse("entry_read", args=[_entry("v05-yawn").pk]))

    assert answer.status_code == 200
    assert FINCH in answer.content.decode()


def test_okafor_reads_the_two_passages_of_finch_and_no_other(printed: str) -> None:
    client = _sign_in("okafor@demo.example")

    page = client.get(reverse("share_read", args=[_share("v05-yawn").pk])).content.decode()

    assert "The apology I gave was quick." in page
    assert "What might Finch have heard in its speed?" in page
    assert FINCH not in page
    assert "I enjoyed the speech" not in page


def test_invitations_run_out_on_the_day_their_mails_say(printed: str) -> None:
    letters = [unseal(bytes(mail.sealed), mail.pk).message() for mail in OutgoingMail.objects.all()]
    mailed = {letter.to[0]: str(letter.body) for letter in letters}
    assert len(mailed) == Invitation.objects.count() == 2
    for invitation in Invitation.objects.all():
        ends = timezone.localtime(invitation.expires_at, invitation.clinic.zone)
        assert f"until {date_format(ends, 'j F Y')}." in mailed[invitation.email]


@pytest.mark.parametrize(
    "email",
    ["priya@demo.example", "jonas@demo.example", "ada@demo.example", "rune@elsewhere.example"],
)
def test_nobody_else_finds_the_entry_or_the_share(printed: str, email: str) -> None:
    client = _sign_in(email)

    for path in (
        reverse("entry_read", args=[_entry("v05-yawn").pk]),
        reverse("share_read", args=[_share("v05-yawn").pk]),
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Finch" not in answer.content.decode()


def test_okafor_cannot_open_the_entry_itself_nor_what_was_taken_back(printed: str) -> None:
    client = _sign_in("okafor@demo.example")

    assert client.get(reverse("entry_read", args=[_entry("v05-yawn").pk])).status_code == 404
    page = client.get(reverse("share_read", args=[_share("v02-signal").pk])).content.decode()
    assert "flat hand, palm to me" not in page


def test_shares_stand_as_the_story_says(printed: str) -> None:
    finch, larch, wren = (_share(name) for name in ("v05-yawn", "v02-signal", "v03-messages"))

    assert (finch.state, larch.state, wren.state) == (
        ShareState.LIVE,
        ShareState.REVOKED,
        ShareState.LIVE,
    )
    assert finch.passages == ["looking_again", "repair"]
    assert wren.purpose == Share.Purpose.RISK
    assert not wren.events.filter(kind=ShareEvent.Kind.OPENED).exists()


def test_priya_reads_along_what_mira_shared_in_their_group_and_no_more_of_it(printed: str) -> None:
    client, entry = _sign_in("priya@demo.example"), _entry("v07-cancel")

    page = client.get(reverse("share_read", args=[_share("v07-cancel").pk])).content.decode()

    assert "Like a train." in page
    assert "It would have been easy only to be kind about hers." in page
    assert "It’s quite a nasty little thought" not in page
    assert client.get(reverse("entry_read", args=[entry.pk])).status_code == 404


def test_mira_has_something_of_priyas_to_read_along_and_has_not_opened_it(printed: str) -> None:
    share = Share.objects.get(supervisee__email="priya@demo.example")

    [reading] = share.readers.all()
    assert (reading.person.email, reading.opened_at) == ("mira@demo.example", None)
    page = _sign_in("mira@demo.example").get(reverse("share_read", args=[share.pk]))
    assert "in the middle of the shoes" in page.content.decode()


def test_jonas_and_ada_find_nothing_of_the_group(printed: str) -> None:
    group = SupervisionGroup.objects.get()

    for email in ("jonas@demo.example", "ada@demo.example"):
        client = _sign_in(email)
        assert client.get(reverse("group_read", args=[group.pk])).status_code == 404
        assert group.name not in client.get("/", follow=True).content.decode()


def test_the_last_word_on_finch_waits_for_mira(printed: str) -> None:
    first = Comment.objects.filter(share=_share("v05-yawn"), parent=None).last()

    assert first is not None
    assert first.author.email == "okafor@demo.example"
    assert not first.replies.exists()


def test_jonas_has_an_agreement_to_answer_and_none_in_force(printed: str) -> None:
    agreement = Agreement.objects.get(supervisee__email="jonas@demo.example")

    assert agreement.state == AgreementState.AWAITING_SUPERVISEE


def test_looking_back_was_done_through_to_its_end(printed: str) -> None:
    mira = User.objects.get(email="mira@demo.example")
    document = _entry("v02-signal").open(factories.vault_keys(mira, PASSWORD))

    assert len(document.looking_back) == 2
    assert standing_of(document) == "partly"


def test_every_page_of_the_journal_has_something_to_show(printed: str) -> None:
    client = _sign_in("mira@demo.example")

    assert "Went quiet when I mentioned the break" in _page(client, "/journal/captures/")
    assert "small things" in _page(client, "/journal/tags/")
    assert "ruptures that they were raised" in _page(client, "/journal/insights/")


def _page(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_everything_happened_before_the_day_of_seeding(printed: str) -> None:
    today = timezone.now().replace(hour=0, minute=0)
    times = [
        *Entry.objects.values_list("created_at", "updated_at"),
        *EntryVersion.objects.values_list("saved_at"),
        *User.objects.values_list("date_joined"),
        *Vault.objects.values_list("created_at"),
        *Share.objects.values_list("shared_at", "identifiers_checked_at"),
        *ShareEvent.objects.values_list("at"),
        *Comment.objects.values_list("created_at"),
    ]

    assert [moment for row in times for moment in row if moment >= today] == []
    assert Entry.objects.first() != Entry.objects.last()
    entries = Entry.objects.order_by("created_at")
    assert today - entries[0].created_at > timedelta(days=140)


def test_records_of_the_story_are_whole(printed: str) -> None:
    checked = [check_record(agreement) for agreement in Agreement.objects.all()]

    assert [one.troubles for one in checked if not one.is_whole] == []
    assert sum(len(one.lines) for one in checked) > 10


def test_meetings_of_the_story_stand_as_they_were_signed(printed: str) -> None:
    compared = compare(SupervisionMeeting.objects.select_related("agreement"))

    assert [one.differs for one in compared if one.differs] == []
    assert any(one.is_signed for one in compared)


def test_mails_of_the_past_are_not_sent(printed: str) -> None:
    assert OutgoingMail.objects.count() == Invitation.objects.open().count() == 2


def test_seeding_is_refused_where_there_is_a_database_url(settings: LazySettings) -> None:
    settings.EMBEDDED = False
    before = User.objects.count()

    with pytest.raises(CommandError, match="DATABASE_URL is set"):
        call_command("seed_demo")

    assert User.objects.count() == before


def test_seeding_is_refused_where_there_are_people(printed: str, settings: LazySettings) -> None:
    settings.EMBEDDED = True

    with pytest.raises(CommandError, match="people in this Mend already"):
        call_command("seed_demo")

    assert User.objects.count() == len(EVERYONE)
    assert Clinic.objects.count() == 2


# --- In clear ------------------------------------------------------------------------------------


def _written() -> set[str]:
    """Return pieces of everything private that the demo's files hold, long enough to be sure."""
    private = [*(FOLDER / "entries").glob("*.yaml"), FOLDER / "shares.yaml"]
    blocks = re.compile(r"\|\n((?:\n| {4,}.*\n)+)")
    texts = [
        unwrapped(re.sub(r"^ +", "", block, flags=re.M))
        for path in private
        for block in blocks.findall(path.read_text())
    ]
    titles = [vignette.title for vignette in read_vignettes(FOLDER / "entries").values()]
    pieces = [piece for text in texts for piece in re.split(r"[.?!”“\n]+ ?", text)]
    return {piece.strip() for piece in (*pieces, *titles) if len(piece.strip()) > 15}


def _run(*arguments: str, folder: Path) -> str:
    """Return what ``manage.py`` printed, run as on a machine of one's own with ``folder``."""
    unset = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    given = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**given, "DJANGO_SETTINGS_MODULE": "config.settings", "MEND_DATA_DIR": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.apart
def test_nothing_the_demo_tells_lies_in_clear_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    _run("migrate", folder=tmp_path)
    printed = _run("seed_demo", folder=tmp_path)

    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    secrets = [*_written(), PASSWORD, *CODE.findall(printed)]

    assert len(secrets) > 500
    assert b"Long Meadow Clinic" in kept
    assert [secret for secret in secrets if secret.encode() in kept] == []
