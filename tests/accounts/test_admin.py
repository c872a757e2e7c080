"""The operator's site: accounts and the built-in guide, and nothing anybody writes."""

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.test import Client

from accounts.actions import deactivate
from accounts.admin_site import OperatorSite
from accounts.log import happened_to
from accounts.models import AccountEvent, Clinic, Membership, OutgoingMail, User
from tests.accounts.conftest import Post, path_in
from tests.factories import PASSWORD, load_guide, make_invitation, make_user

pytestmark = pytest.mark.django_db

ACCOUNTS = {
    "accounts.User",
    "accounts.Clinic",
    "accounts.Membership",
    "accounts.Invitation",
    "accounts.AccountEvent",
}
GUIDE = {
    "reflection.Evidence",
    "reflection.GuideText",
    "reflection.Pattern",
    "reflection.PatternPoint",
    "reflection.Reference",
    "reflection.RepairStrategy",
    "reflection.Topic",
}


@pytest.fixture
def as_operator(client: Client, operator: User) -> Client:
    """A browser signed in as the operator."""
    client.force_login(operator)
    return client


def registered() -> set[str]:
    return {model._meta.label for model in admin.site._registry}


def test_models_on_the_site_are_exactly_these() -> None:
    assert registered() == ACCOUNTS | GUIDE


@pytest.mark.parametrize(
    "label",
    [
        "accounts.OutgoingMail",
        "account.EmailAddress",
        "auth.Group",
        "mfa.Authenticator",
        "sessions.Session",
        "usersessions.UserSession",
        "vault.KeySlot",
        "vault.Unlock",
        "vault.Vault",
        "reflection.Entry",
        "supervision.Share",
        "supervision.Comment",
    ],
)
def test_what_is_nobodys_business_is_not_on_the_site(label: str) -> None:
    assert apps.get_model(label)
    assert label not in registered()


def test_site_is_ours() -> None:
    assert isinstance(admin.site, OperatorSite)


def test_package_that_registers_itself_stays_out() -> None:
    site = OperatorSite()

    site.register(Authenticator)
    site.register(OutgoingMail, ModelAdmin)

    assert site._registry == {}


@pytest.mark.parametrize("who", ["mira", "ada"])
def test_clinicians_and_clinic_admins_are_refused(
    request: pytest.FixtureRequest, client: Client, who: str
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get("/admin/accounts/user/").status_code in {302, 403}


def test_operator_signs_in_by_the_same_page(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/", follow=True)

    assert response.request["PATH_INFO"] == "/accounts/login/"


@pytest.mark.parametrize("model", ["user", "clinic", "membership", "invitation", "accountevent"])
def test_lists_open(as_operator: Client, ada: User, alder_house: Clinic, model: str) -> None:
    make_invitation(clinic=alder_house)

    assert as_operator.get(f"/admin/accounts/{model}/").status_code == 200


@pytest.mark.parametrize("model", sorted(ACCOUNTS | GUIDE))
def test_forms_open(as_operator: Client, ada: User, alder_house: Clinic, model: str) -> None:
    load_guide()
    make_invitation(clinic=alder_house)
    found = apps.get_model(model)
    base = f"/admin/{found._meta.app_label}/{found._meta.model_name}"
    may_add = admin.site._registry[found].has_add_permission(
        as_operator.get(f"{base}/").wsgi_request
    )

    assert as_operator.get(f"{base}/add/").status_code == (200 if may_add else 403)
    row = found._default_manager.first()
    assert row is not None or model == "accounts.AccountEvent"
    if row is not None:
        assert as_operator.get(f"{base}/{row.pk}/change/").status_code == 200


def test_password_is_neither_shown_nor_set(as_operator: Client, mira: User) -> None:
    page = as_operator.get(f"/admin/accounts/user/{mira.pk}/change/").content.decode()

    assert mira.password not in page
    assert 'name="password' not in page
    assert as_operator.get(f"/admin/accounts/user/{mira.pk}/password/").status_code == 302


@pytest.mark.parametrize("what", ["user", "clinic"])
def test_names_the_operator_gives_are_one_line_of_what_is_seen(
    as_operator: Client, what: str
) -> None:
    given = {"email": "nell@example.com", "timezone": "Europe/London", "is_active": "on"}
    page = f"/admin/accounts/{what}/add/"
    refused = as_operator.post(page, {"name": "Nell\u202eWard", **given})
    as_operator.post(page, {"name": "Nell\r\n\r\nWard", **given})

    assert "cannot be seen" in refused.content.decode()
    named = User.objects if what == "user" else Clinic.objects
    assert named.filter(name="Nell Ward").count() == 1


def test_person_made_by_the_operator_signs_in_once_they_have_set_a_password(
    as_operator: Client, post: Post
) -> None:
    as_operator.post(
        "/admin/accounts/user/add/",
        {
            "name": "Nell",
            "email": "Nell@example.com",
            "timezone": "Europe/London",
            "is_active": "on",
        },
    )

    person = User.objects.get(email="nell@example.com")
    assert not person.has_usable_password()
    as_operator.post(
        "/admin/accounts/user/", {"action": "mail_reset_link", "_selected_action": [person.pk]}
    )
    (message,) = post()
    browser = Client()
    page = browser.get(path_in(message), follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    browser.post("/accounts/login/", {"login": "nell@example.com", "password": PASSWORD})

    assert message.to == ["nell@example.com"]
    assert browser.session["_auth_user_id"] == str(person.pk)


def test_operator_made_by_the_command_signs_in_without_any_mail(client: Client) -> None:
    user = User.objects.create_superuser("Olu@Host.example", PASSWORD, name="Olu")

    client.post("/accounts/login/", {"login": "olu@host.example", "password": PASSWORD})

    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get("/admin/").status_code == 200


def test_closing_an_account_signs_its_person_out_and_is_logged(
    as_operator: Client, operator: User, mira: User
) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})

    as_operator.post(
        f"/admin/accounts/user/{mira.pk}/change/", {"name": "Mira", "timezone": "Europe/London"}
    )

    assert browser.get("/account/").status_code == 302
    assert not mira.unlocks.exists()
    event = AccountEvent.objects.get(kind="deactivated")
    assert (event.user, event.by) == (mira, operator)


def test_closing_and_opening_is_kept_as_the_operators_own(as_operator: Client, mira: User) -> None:
    page, kept = f"/admin/accounts/user/{mira.pk}/change/", {"name": "M", "timezone": "UTC"}

    as_operator.post(page, kept)
    mira.refresh_from_db()
    assert mira.closed_at is not None
    assert not mira.is_active

    as_operator.post(page, {**kept, "is_active": "on"})
    mira.refresh_from_db()
    assert mira.closed_at is None
    assert mira.is_active
    kinds = list(AccountEvent.objects.touching(mira).values_list("kind", flat=True))
    assert kinds == ["reactivated", "profile_changed", "deactivated"]


def test_who_is_inactive_already_is_closed_from_the_list(
    as_operator: Client, operator: User, ada: User, mira: User
) -> None:
    deactivate(place=mira.memberships.get(), by=ada)

    as_operator.post(
        "/admin/accounts/user/",
        {"action": "close_accounts", "_selected_action": [mira.pk, operator.pk]},
    )

    mira.refresh_from_db()
    operator.refresh_from_db()
    assert mira.closed_at is not None
    assert operator.is_active  # Nobody shuts themselves out by a slip of the hand.


def test_address_of_somebody_is_theirs_to_change(as_operator: Client, mira: User) -> None:
    as_operator.post(
        f"/admin/accounts/user/{mira.pk}/change/",
        {"name": "Mira", "timezone": "Europe/London", "is_active": "on", "email": "x@example.com"},
    )

    mira.refresh_from_db()
    assert (mira.name, mira.email) == ("Mira", "mira@alder.example")


def test_first_admin_of_a_clinic_is_made_here_and_it_is_logged(
    as_operator: Client, operator: User, alder_house: Clinic
) -> None:
    person = make_user()

    as_operator.post(
        "/admin/accounts/membership/add/",
        {"user": person.pk, "clinic": alder_house.pk, "is_admin": "on"},
    )

    assert Membership.objects.get(user=person).is_admin
    event = AccountEvent.objects.get()
    assert (event.kind, event.user, event.by) == ("joined", person, operator)


@pytest.mark.parametrize("model", ["invitation", "accountevent"])
def test_what_happened_is_only_looked_at(
    as_operator: Client, alder_house: Clinic, mira: User, model: str
) -> None:
    invitation = make_invitation(clinic=alder_house)
    event = AccountEvent.objects.create(kind="joined", user=mira)
    pk = {"invitation": invitation.pk, "accountevent": event.pk}[model]

    assert as_operator.get(f"/admin/accounts/{model}/add/").status_code == 403
    assert as_operator.post(f"/admin/accounts/{model}/{pk}/change/", {}).status_code == 403
    assert as_operator.post(f"/admin/accounts/{model}/{pk}/delete/").status_code == 403


@pytest.mark.parametrize("model", ["user", "clinic", "membership"])
def test_nobody_is_deleted_by_a_click(
    as_operator: Client, alder_house: Clinic, mira: User, model: str
) -> None:
    pk = {"user": mira.pk, "clinic": alder_house.pk, "membership": mira.memberships.get().pk}[model]

    assert as_operator.post(f"/admin/accounts/{model}/{pk}/delete/").status_code == 403


def test_invitations_page_shows_no_token(as_operator: Client, alder_house: Clinic) -> None:
    invitation = make_invitation(clinic=alder_house)

    page = as_operator.get(f"/admin/accounts/invitation/{invitation.pk}/change/").content.decode()

    assert invitation.token_digest not in page


# --- What the person touched reads of it ---------------------------------------------------------


def said_to(person: User) -> list[tuple[str, str, str]]:
    return [(line.what, line.detail, line.by) for line in happened_to(person)]


def test_name_and_rights_changed_by_the_operator_are_in_the_persons_log(
    as_operator: Client, operator: User, mira: User
) -> None:
    before = len(happened_to(mira))
    changed = {"name": "Mira L.", "timezone": mira.timezone, "is_active": "on", "is_staff": "on"}

    as_operator.post(f"/admin/accounts/user/{mira.pk}/change/", changed)

    added = said_to(mira)[: len(happened_to(mira)) - before]
    assert sorted(added) == [
        ("Name or time zone changed", "", str(operator)),
        ("Rights on the operator's site changed", "operator", str(operator)),
    ]


def test_rights_taken_away_are_in_the_log_too(
    as_operator: Client, operator: User, mira: User
) -> None:
    User.objects.filter(pk=mira.pk).update(is_staff=True)
    kept = {"name": mira.name, "timezone": mira.timezone, "is_active": "on"}

    as_operator.post(f"/admin/accounts/user/{mira.pk}/change/", kept)

    assert said_to(mira)[0] == ("Rights on the operator's site changed", "none", str(operator))


def test_saving_a_person_unchanged_writes_no_line(as_operator: Client, mira: User) -> None:
    before = said_to(mira)
    kept = {"name": mira.name, "timezone": mira.timezone, "is_active": "on"}

    as_operator.post(f"/admin/accounts/user/{mira.pk}/change/", kept)

    assert said_to(mira) == before


def test_link_that_the_operator_has_mailed_is_in_the_persons_log(
    as_operator: Client, operator: User, mira: User
) -> None:
    as_operator.post(
        "/admin/accounts/user/", {"action": "mail_reset_link", "_selected_action": [mira.pk]}
    )

    assert said_to(mira)[0] == (
        "A link to set a new password was mailed",
        "",
        str(operator),
    )
