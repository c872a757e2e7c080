"""What anybody wrote is found nowhere but where its owner opens it.

A day is lived on a real installation of each kind; then all that it wrote is searched. That the
search can find something is shown by what is leaked on purpose, and by a name kept in clear.
"""

import base64
import importlib
import json
import pkgutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db.models import BinaryField
from django.urls import URLPattern

from tests.canaries import installation
from tests.canaries.browser import Place, route
from tests.canaries.hand import CAST, IN_CLEAR
from tests.canaries.inside import OPENED_BY
from tests.canaries.installation import Installation
from tests.canaries.marks import Search, unpacked
from tests.canaries.story import MAIL_SECONDS, READERS, READS_ALONG, Story, mail_files

pytestmark = pytest.mark.tasks

APPS = ("vault", "accounts", "reflection", "supervision")
# Where each form of ours is posted to. What its text fields hold is looked for like the rest.
POSTED_TO: dict[str, str] = {
    "accounts.forms.people.InvitationForm": "clinic_invite",
    "accounts.forms.people.ProfileForm": "account_security",
    "accounts.forms.people.RolesForm": "clinic_person",
    "accounts.forms.reading.ReadingForm": "account_reading",
    "accounts.forms.signing_in.AddEmailForm": "account_email",
    "accounts.forms.signing_in.ChangePasswordForm": "account_change_password",
    "accounts.forms.signing_in.LoginForm": "account_login",
    "accounts.forms.signing_in.ReauthenticateForm": "account_reauthenticate",
    "accounts.forms.signing_in.ResetPasswordForm": "account_reset_password",
    "accounts.forms.signing_in.ResetPasswordKeyForm": "account_reset_password_from_key",
    "accounts.forms.signing_in.SetPasswordForm": "account_set_password",
    "accounts.forms.signing_in.SignupForm": "account_signup",
    "reflection.case_forms.CodeForm": "case_list",
    "reflection.case_forms.RenameForm": "case_rename",
    "reflection.export.forms.ExportForm": "journal_export",
    "reflection.forms.CaptureForm": "journal_capture",
    "reflection.forms.HappenedForm": "entry_write",
    "reflection.forms.LookBackForm": "entry_look_back",
    "reflection.forms.LookingAgainForm": "entry_write",
    "reflection.forms.ReactionForm": "entry_write",
    "reflection.forms.RemindForm": "entry_remind",
    "reflection.forms.RepairForm": "entry_write",
    "reflection.forms.RetagForm": "journal_tags",
    "reflection.forms.TheirSideForm": "entry_write",
    "reflection.forms.WatchForm": "journal_words",
    "reflection.search.form.SearchForm": "journal_search",
    "supervision.forms.agreement.AcceptForm": "agreement_accept",
    "supervision.forms.agreement.ClinicProposalForm": "agreement_new_for_clinic",
    "supervision.forms.agreement.ProposalForm": "agreement_new",
    "supervision.forms.barring.BarForm": "entry_barred",
    "supervision.forms.comment.CommentForm": "comment_add",
    "supervision.forms.comment.LateForm": "comment_keep",
    "supervision.forms.extension.ExtensionForm": "share_extend",
    "supervision.forms.group.GroupForm": "group_new",
    "supervision.forms.group.InviteForm": "group_invite",
    "supervision.forms.meeting.ActionForm": "meeting_actions",
    "supervision.forms.meeting.BringForm": "meeting_bring",
    "supervision.forms.meeting.FactsForm": "meeting_move",
    "supervision.forms.meeting.ItemForm": "meeting_agenda",
    "supervision.forms.meeting.NotesForm": "meeting_notes",
    "supervision.forms.meeting.PlanForm": "meeting_new",
    "supervision.forms.share.ShareForm": "share_new",
    "vault.forms.CodeForm": "vault_recovery",
    "vault.forms.OldKeyForm": "vault_unlock",  # by ReopenForm, which is this and a password
    "vault.forms.PasswordForm": "vault_unlock",
    "vault.forms.ReopenForm": "vault_unlock",
    "vault.forms.UnlockForm": "vault_unlock",
    "vault.forms.StartOverForm": "vault_start_over",
}
# In a class, but taken out of every form made of it.
NOT_ASKED: dict[Place, str] = {("account_signup", "username"): "one signs in with an address"}
# Pages of ours that the day does not come to, and why nothing is missed.
NOT_VISITED: dict[str, str] = {
    "agreement_confirm_key": "a box to tick: nothing is typed",
    "agreement_decline": "a button: nothing is typed",
    "agreement_seen": "a button: nothing is typed",
    "capture_keep": "a button: nothing is typed",
    "case_gather": "a button: nothing is typed",
    "case_remove": "a button: nothing is typed",
    "clinic_invitation_resend": "a button: nothing is typed",
    "clinic_invitation_revoke": "a button: nothing is typed",
    "clinic_person_deactivate": "a button: nothing is typed",
    "clinic_person_reactivate": "a button: nothing is typed",
    "comment_helped": "a button: nothing is typed",
    "comment_remove": "a button: nothing is typed",
    "comment_thanks": "a button: nothing is typed",
    "entry_steps": "a button: nothing is typed",
    "group_decline": "a button: nothing is typed",
    "group_invitation_take_back": "a button: nothing is typed",
    "held_carry": "a button: nothing is typed",
    "held_drop": "a button: nothing is typed",
    "held_send_one": "a button: nothing is typed",
    "look_back_remove": "a button: nothing is typed",
    "meeting_call_off": "a button: nothing is typed",
    "meeting_seal_anew": "a button: nothing is typed",
    "member_key": "a box to tick: nothing is typed",
    "member_remove": "a button: nothing is typed",
    "proposal_accept": "a button: nothing is typed",
    "proposal_decline": "a button: nothing is typed",
    "proposal_join": "the way to signing up, from a link: nothing is typed",
    "proposal_read": "an agreement's page before there is one",
    "proposal_take_back": "a button: nothing is typed",
    "share_see_ending": "a button: nothing is typed",
    "share_take_from_one": "a button: nothing is typed",
    "today_choices": "a box to tick: nothing is typed",
    "vault_reopen": "asks for what vault_unlock asks for after a reset",
}
# Words to be found again and told apart: one space between them, and nothing else changed.
SINGLE_SPACED = {("case_list", "word"), ("case_rename", "word"), ("journal_words", "words")}
# Columns of bytes in which nobody's words are.
KEYS, MAIL = "a key, or what makes or proves one", "read as the installation reads it"
NO_WORDS: dict[tuple[str, str], str] = {
    ("accounts.OutgoingMail", "sealed"): MAIL,
    ("reflection.Entry", "key"): KEYS,
    ("supervision.Agreement", "key_pin"): KEYS,
    ("supervision.GroupPin", "mac"): KEYS,
    ("supervision.Share", "key_supervisee"): KEYS,
    ("supervision.Share", "key_supervisor"): KEYS,
    ("supervision.ShareReader", "key"): KEYS,
    ("supervision.SuperviseePin", "mac"): KEYS,
    ("supervision.SupervisionMeeting", "key_supervisee"): KEYS,
    ("supervision.SupervisionMeeting", "key_supervisor"): KEYS,
    ("vault.KeySlot", "salt"): KEYS,
    ("vault.KeySlot", "wrapped"): KEYS,
    ("vault.Unlock", "wrapped"): KEYS,
    ("vault.Vault", "joined_key"): KEYS,
    ("vault.Vault", "public_key"): KEYS,
    ("vault.Vault", "wrapped_private_key"): KEYS,
}
PARTS_OF_FORMS = {
    "accounts.forms.people.RolesMixin",
    "reflection.forms.PassageForm",
    "supervision.forms.lasting.LastingForm",
}


@dataclass
class Evidence:
    """What a day left behind, by the place it was found in.

    ``found`` is what may not be there; ``leaked`` what was put there on purpose, ``named`` what is
    kept in clear. ``opened`` is what only keys open, by model, ``inside`` what the installation can
    read, ``pages`` what its owners' pages show.
    """

    story: Story
    search: Search
    found: dict[str, list[str]] = field(default_factory=dict)
    leaked: dict[str, list[str]] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=dict)
    opened: dict[str, list[str]] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    pages: str = ""


@contextmanager
def lived(kind: str, folder: Path) -> Iterator[tuple[Installation, Story]]:
    """Live a day on an installation of this kind; yield it while it still runs."""
    prepare, start = KINDS[kind]
    with prepare(folder) as mend:
        story = Story(mend)
        passwords = {who: story.passwords[who] for who in CAST}
        try:
            if kind == "embedded":  # sets itself up
                start(mend)
            made = mend.run("tests.canaries.people", passwords)
            for code in made.values():
                story.secrets += [code, code.replace("-", "")]
            if kind == "clinic":
                start(mend)
            story.live()
            yield mend, story
        finally:
            mend.stop()


KINDS = {
    "embedded": (installation.embedded, installation.start_embedded),
    "clinic": (installation.clinic, installation.start_clinic),
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in sorted(KINDS)],
)
def evidence(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Evidence]:
    """A day on an installation of this kind, lived and searched."""
    with lived(request.param, tmp_path_factory.mktemp(request.param)) as (mend, story):
        yield gathered(mend, story)


def gathered(mend: Installation, story: Story) -> Evidence:
    """Return what is found while Mend runs, and once it has stopped."""
    told = Evidence(story, Search(story.marks.mark, *story.secrets))
    named, leaked = Search(story.control.mark), Search(story.leak().mark)
    until = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < until and not in_mails(mend, named):
        time.sleep(0.1)
    passwords = {f"{who}@mend.example": one for who, one in story.passwords.items()}
    told.inside = mend.run("tests.canaries.inside", passwords)
    told.opened = told.inside.pop("opened")  # type: ignore[assignment]
    told.pages = story.pages_of(story.mira, [f"/journal/{pk}/" for pk in story.entries])
    told.pages += story.pages_of(story.mira, [*story.shares, *story.apart])
    told.pages += story.pages_of(story.okafor, ["/supervision/held/"])
    told.inside["cache"].append(story.okafor.get("/canaries/memory/").text)
    told.inside["dump"] = [mend.dump().decode("latin-1")]
    told.inside["queue"] = [mend.queued().decode("latin-1")]
    told.found = searched(mend, told.inside, told.search)
    told.leaked = searched(mend, told.inside, leaked)
    told.named = searched(mend, told.inside, named)
    mend.stop()
    told.found["files once stopped"] = told.search.in_folder(mend.folder)
    return told


def searched(
    mend: Installation, inside: dict[str, list[str]], search: Search
) -> dict[str, list[str]]:
    """Return what ``search`` finds, by place."""
    folder = mend.folder
    rows = {
        name: [line for one in inside[name] for line in search.within(one, name)]
        for name in ("sessions", "cache", "dump", "queue", "mails")
    }
    return {
        "database": rows["dump"],
        "servers": [line for one in mend.servers for line in search.in_folder(one)],
        "logs": search.in_folder(folder / "logs"),
        "mails": in_mails(mend, search) + rows["mails"],
        "sessions": rows["sessions"],
        "cache": rows["cache"],
        "queue": rows["queue"],
        "temporary files": search.in_folder(folder / "tmp"),
        "static files": search.in_folder(folder / "data" / "static"),
        "uploads": search.in_folder(folder / "data" / "media"),
        "data folder": search.in_folder(folder / "data"),
        "home and working folder": search.in_folder(folder / "home")
        + search.in_folder(folder / "cwd"),
    }


def in_mails(mend: Installation, search: Search) -> list[str]:
    """Return what stands in mails that were delivered."""
    return [line for path in mail_files(mend) for line in search.in_file(path, path.name)]


# --- What was typed ------------------------------------------------------------------------------


def test_more_than_300_marked_texts_were_typed(evidence: Evidence) -> None:
    texts = evidence.story.marks.given.values()

    assert len(set(texts)) == len(texts) > 300


def test_every_text_field_on_every_page_got_one(evidence: Evidence) -> None:
    story = evidence.story
    seen: dict[Place, str] = {}
    for answer in story.answers:
        # What is handed back of a post that failed has fields of its own making.
        for form in answer.page.forms if answer.is_page and answer.status == 200 else ():
            for control in form.controls.values():
                if control.is_text and not route(form.action).startswith("admin:"):
                    seen.setdefault((route(form.action), control.name), answer.path)

    untyped = {place: on for place, on in seen.items() if place not in {*story.typed, *IN_CLEAR}}
    assert not untyped, f"text fields without a canary, and a page each is on: {untyped}"
    assert not set(IN_CLEAR) - set(seen), "fields said to be kept in clear that are on no page"


def test_every_page_of_ours_was_visited(evidence: Evidence) -> None:
    names = {name for app in APPS for name in names_in(importlib.import_module(f"{app}.urls"))}
    visited = {route(answer.path) for answer in evidence.story.answers}

    assert names - visited - set(NOT_VISITED) == set()


def names_in(addresses: ModuleType) -> Iterator[str]:
    """Give the name of each address of ours, those of modules it includes too."""
    for pattern in addresses.urlpatterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or ""
        else:
            yield from names_in(pattern.urlconf_name)


def forms_of_ours() -> Iterator[type[forms.BaseForm]]:
    """Give every form class that one of the apps defines."""
    for app in APPS:
        for module in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
            if ".migrations" in module.name or ".management" in module.name:
                continue
            for found in vars(importlib.import_module(module.name)).values():
                is_form = isinstance(found, type) and issubclass(found, forms.BaseForm)
                if is_form and found.__module__ == module.name:
                    yield found


def test_every_text_field_of_every_form_class_got_one(evidence: Evidence) -> None:
    missing = []
    for form in forms_of_ours():
        name = f"{form.__module__}.{form.__qualname__}"
        if name in PARTS_OF_FORMS:
            continue
        assert name in POSTED_TO, f"say in POSTED_TO where {name} is posted to"
        for field_name, one in getattr(form, "base_fields", {}).items():
            place = (POSTED_TO[name], field_name)
            is_text = isinstance(one.widget, forms.TextInput | forms.Textarea)
            is_date = isinstance(one.widget, forms.DateInput | forms.TimeInput)
            elsewhere = {*evidence.story.typed, *IN_CLEAR, *NOT_ASKED}
            if is_text and not is_date and place not in elsewhere:
                missing.append(place)

    assert not missing, f"text fields without a canary: {missing}"


def test_all_thirteen_prompts_got_one(evidence: Evidence) -> None:
    answered = {name for _route, name in evidence.story.typed if name.startswith("answer_")}

    assert len(answered) == 13


def test_posts_went_wrong_in_every_way(evidence: Evidence) -> None:
    statuses = {one.status for one in evidence.story.answers if one.method == "POST"}

    assert {400, 401, 403, 404, 409, 413, 422, 423, 500} <= statuses


# --- All of it is there for its owner ------------------------------------------------------------


def test_owner_reads_back_every_text_that_was_saved(evidence: Evidence) -> None:
    story = evidence.story
    shown = story.marks.numbers_in(evidence.pages)

    assert len(story.stored) > 100
    assert not told_of(story, story.stored - shown)


def test_password_opens_each_text_to_the_letter(evidence: Evidence) -> None:
    story = evidence.story
    lists = strings_of(evidence, "reflection.PrivateList")
    writings = strings_of(
        evidence, *set(OPENED_BY) - {"reflection.PrivateList", "reflection.Incoming"}
    )

    changed = set()
    for number in story.stored:
        text, held = story.marks.given[number], writings
        if story.typed_at.get(number) in SINGLE_SPACED:
            text, held = " ".join(text.split()), writings | lists
        if text not in held and text.strip() not in held:
            changed.add(number)
    assert not told_of(story, changed)


def told_of(story: Story, numbers: set[int]) -> dict[int, str]:
    """Return the text of each number, and where it was typed."""
    places = story.typed_at
    return {one: f"{story.marks.given[one]!r} in {places.get(one)}" for one in sorted(numbers)}


@pytest.mark.parametrize("model", sorted(OPENED_BY))
def test_every_kind_of_row_that_holds_words_held_a_canary(evidence: Evidence, model: str) -> None:
    assert evidence.story.marks.mark in "".join(evidence.opened[model])


def test_reader_opens_every_column_that_can_hold_words() -> None:
    columns = {
        (model._meta.label, column.name)
        for model in apps.get_models()
        for column in model._meta.get_fields()
        if isinstance(column, BinaryField)
    }

    words = {(label, name) for label, name in columns if label in OPENED_BY} - NO_WORDS.keys()
    assert {label for label, _name in words} == set(OPENED_BY)
    assert columns - words == set(NO_WORDS)


def strings_of(evidence: Evidence, *models: str) -> set[str]:
    """Return each string that stands in rows of these models."""
    rows = [text for model in models for text in evidence.opened[model]]
    return {string for text in rows for string in strings_in(text)}


def strings_in(opened_text: str) -> Iterator[str]:
    """Give each string of a document, or the text itself where it is none."""
    yield opened_text
    try:
        waiting: list[Any] = [json.loads(opened_text)]
    except ValueError:
        return
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


# --- And nowhere else ----------------------------------------------------------------------------

PLACES = (
    "database",
    "servers",
    "logs",
    "mails",
    "sessions",
    "cache",
    "queue",
    "temporary files",
    "static files",
    "uploads",
    "data folder",
    "home and working folder",
    "files once stopped",
)


@pytest.mark.parametrize("place", PLACES)
def test_no_text_password_or_code_is_found_in(evidence: Evidence, place: str) -> None:
    assert evidence.found[place] == []


def test_no_header_address_or_cookie_carries_one(evidence: Evidence) -> None:
    found = []
    for answer in evidence.story.answers:
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        found += evidence.search.within(unpacked(headers), answer.said)

    assert found == []


def test_nobody_else_is_shown_one(evidence: Evidence) -> None:
    found = []
    for answer in evidence.story.answers:
        if answer.who not in {*READERS, READS_ALONG} and answer.method == "GET":
            found += evidence.search.within(answer.body, answer.said)

    assert found == []


def test_who_reads_along_is_shown_what_stands_in_that_copy_and_beside_it_and_no_more(
    evidence: Evidence,
) -> None:
    story = evidence.story
    shown: set[int] = set()
    found = []
    for answer in story.answers:
        if answer.who == READS_ALONG and answer.method == "GET":
            shown |= story.marks.numbers_in(answer.text)
            rest = without(answer.text, story, story.shown_along)
            found += evidence.search.within(rest, answer.said)

    assert found == []
    assert len(shown) > 10
    assert shown <= story.shown_along
    assert not shown & story.held


def test_who_reads_along_is_shown_it_only_where_it_is_read_and_listed(evidence: Evidence) -> None:
    story = evidence.story
    where = {
        route(answer.path)
        for answer in story.answers
        if answer.who == READS_ALONG and answer.method == "GET" and story.marks.mark in answer.text
    }

    assert where <= {"share_read", "group_read", "notification_open", "home", "supervision_home"}


def test_who_left_the_group_is_shown_nothing_of_it_from_then_on(evidence: Evidence) -> None:
    story, path = evidence.story, evidence.story.along[-1]
    theirs = [one for one in story.answers if one.who == READS_ALONG and one.path == path]
    refused = [one for one in theirs if one.method == "GET" and one.status == 410]

    assert refused
    assert theirs.index(refused[0]) > 0
    for answer in theirs[theirs.index(refused[0]) :]:
        assert answer.status == 410
        assert story.marks.mark not in answer.text


def test_browser_is_told_to_keep_no_page_that_shows_one(evidence: Evidence) -> None:
    keeps = [
        answer.said
        for answer in evidence.story.answers
        if evidence.story.marks.mark in answer.text
        and "no-store" not in answer.headers.get("Cache-Control", "")
    ]

    assert keeps == []


def test_no_title_carries_one_into_the_browsers_history(evidence: Evidence) -> None:
    titles = {answer.page.title for answer in evidence.story.answers if answer.is_page}

    assert len(titles) > 20
    assert evidence.search.within("\n".join(titles), "titles") == []


def test_browser_is_told_to_write_down_nothing_that_is_typed(evidence: Evidence) -> None:
    """To open its windows again after a crash, Chromium keeps what stands in every box on disk,
    and to offer it again, every line: both unless it is asked not to."""
    remembered = {
        (route(form.action), control.name)
        for answer in evidence.story.answers
        for form in (answer.page.forms if answer.is_page else ())
        for control in form.controls.values()
        if control.remembered and control.is_text and control.kind != "password"
    }

    assert {place for place in remembered & evidence.story.typed if place not in IN_CLEAR} == set()


def test_supervisor_is_shown_none_of_what_was_taken_back(evidence: Evidence) -> None:
    story = evidence.story

    for path in story.revoked:
        refused = [one for one in story.answers if one.path == path and one.status == 410]
        assert refused
        # What he holds back beside it is his own, and there for him; nothing else is.
        assert story.held
        assert not any(story.marks.mark in without(one.text, story, story.held) for one in refused)


def without(text: str, story: Story, numbers: set[int]) -> str:
    """Return ``text`` without the marks of these numbers."""
    for number in numbers:
        text = text.replace(f"{story.marks.mark}{number:04d}", "")
    return text


# --- The search finds what there is --------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "logs",
        "sessions",
        "cache",
        "queue",
        "temporary files",
        "static files",
        "uploads",
        "data folder",
    ],
)
def test_search_finds_what_is_leaked_on_purpose_in(evidence: Evidence, place: str) -> None:
    assert evidence.leaked[place]


def test_search_finds_a_name_kept_in_clear_in_the_database_and_in_mails(
    evidence: Evidence,
) -> None:
    assert evidence.named["database"]
    assert evidence.named["servers"] or not evidence.story.mend.database
    assert evidence.named["mails"]


def test_search_finds_that_name_on_the_pages_of_admin_and_operator(evidence: Evidence) -> None:
    mark = evidence.story.control.mark
    shown = {
        (answer.who, answer.path.split("/")[1])
        for answer in evidence.story.answers
        if mark in answer.text
    }

    assert {("ada", "clinic"), ("operator", "admin")} <= shown


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_search_finds_a_text_however_it_is_written(encoding: str) -> None:
    search = Search("bcdfghjkmnpq")

    assert search.within("a bcdfghjkmnpq0001 b".encode(encoding), "")
    assert search.within("A BCDFGHJKMNPQ0001 B".encode(encoding), "")
    assert not search.within("bcdfghjkmnp".encode(encoding), "")


@pytest.mark.parametrize("shift", range(6))
def test_search_finds_a_text_in_base64_and_in_hexadecimal(shift: int) -> None:
    data = b"x" * shift + b"bcdfghjkmnpq0001 and more"

    assert Search("bcdfghjkmnpq").within(base64.b64encode(data), "")
    assert Search("bcdfghjkmnpq").within(base64.urlsafe_b64encode(data), "")
    assert Search("bcdfghjkmnpq").within(data.hex(), "")
    assert Search("bcdfghjkmnpq").within(data.hex().upper(), "")
