"""Deleting one's own account: asked for, kept after all, or gone with its keys."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import leaving
from accounts.mail import deliver_due
from accounts.models import AccountEvent, Clinic, Invitation, Membership, User
from accounts.tasks import complete_leavings
from reflection.models import Entry, PrivateList
from reflection.watching import watch_words
from supervision.models import Agreement, Comment, Share
from tests import factories
from tests.factories import PASSWORD, full_document, make_entry
from vault.models import KeySlot, Unlock, Vault, VaultEvent

pytestmark = pytest.mark.django_db
PAGE = "/account/leave/"
LATER = timedelta(days=15)


def leave(person: User) -> User:
    """Have ``person`` ask to leave, and let the days go by; return their row."""
    leaving.ask_to_leave(by=person)
    with time_machine.travel(timezone.now() + LATER, tick=False):
        complete_leavings()
    person.refresh_from_db()
    return person


def test_asking_sets_a_day_and_says_so_by_mail(client: Client, mira: User) -> None:
    client.force_login(mira)

    response = client.post(PAGE, {"password": PASSWORD})

    mira.refresh_from_db()
    assert response.status_code == 302
    assert mira.leaves_at is not None
    assert timedelta(days=13) < mira.leaves_at - timezone.now() <= timedelta(days=14)
    assert AccountEvent.objects.get().kind == "leaving_asked"
    deliver_due()
    [letter] = mail.outbox
    assert letter.to == [mira.email]
    assert "Keep my account" in letter.body
    assert "/account/leave/" in letter.body


def test_every_page_says_so_until_it_is_called_off(client: Client, mira: User) -> None:
    client.force_login(mira)
    client.post(PAGE, {"password": PASSWORD})
    assert "will be deleted on" in client.get("/guide/").content.decode()

    response = client.post(PAGE, {"step": "keep"}, follow=True)

    assert "Your account is kept" in response.content.decode()
    assert "will be deleted on" not in client.get("/guide/").content.decode()
    mira.refresh_from_db()
    assert mira.leaves_at is None
    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert leaving.complete_leavings() == 0


def test_nothing_is_deleted_before_the_day(client: Client, mira: User) -> None:
    keys = factories.unlock(client, mira)
    make_entry(owner=mira, keys=keys, document=full_document())
    leaving.ask_to_leave(by=mira)

    with time_machine.travel(timezone.now() + timedelta(days=13), tick=False):
        assert leaving.complete_leavings() == 0

    assert Entry.objects.exists()
    assert client.get("/journal/").status_code == 200


def test_wrong_password_changes_nothing(client: Client, mira: User) -> None:
    client.force_login(mira)

    response = client.post(PAGE, {"password": "wrong"})

    assert response.status_code == 400
    mira.refresh_from_db()
    assert mira.leaves_at is None


def test_who_cannot_open_their_vault_may_leave_as_well(client: Client, mira: User) -> None:
    client.force_login(mira)

    assert client.get(PAGE).status_code == 200
    assert client.post(PAGE, {"password": PASSWORD}).status_code == 302


def test_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.post(PAGE, {"password": PASSWORD}).status_code == 302
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")


def test_keys_and_everything_under_them_are_gone(client: Client, mira: User) -> None:
    keys = factories.unlock(client, mira)
    make_entry(owner=mira, keys=keys, document=full_document())
    deleted = make_entry(owner=mira, keys=keys, document=full_document())
    deleted.deleted_at = timezone.now()
    deleted.save(update_fields=["deleted_at"])
    watch_words(by=mira, keys=keys, words=["Alder Lane"])

    leave(mira)

    for model in (Vault, KeySlot, Unlock, VaultEvent, Entry, PrivateList):
        assert not model.objects.exists(), model


def test_vault_that_was_joined_goes_with_the_one_it_joined(client: Client, mira: User) -> None:
    from vault import actions

    earlier = Vault.objects.active_of(mira)
    assert earlier is not None
    old = factories.vault_keys(mira)
    actions.seal(vault=earlier)
    fresh = factories.make_vault(mira)
    actions.join_sealed(
        sealed=earlier, sealed_keys=old, into=fresh, keys=factories.vault_keys(mira)
    )

    leave(mira)

    assert not Vault.objects.exists()


def test_name_and_addresses_are_nowhere_any_more(
    client: Client, mira: User, ada: User, alder_house: Clinic
) -> None:
    now = timezone.now()
    factories.make_invitation(
        clinic=alder_house, email=mira.email, accepted_by=mira, accepted_at=now
    )
    AccountEvent.objects.create(kind="invited", by=ada, clinic=alder_house, detail=mira.email)
    LogEntry.objects.create(
        user=ada,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(mira.pk),
        object_repr=mira.name,
        action_flag=CHANGE,
    )
    name, address = mira.name, mira.email

    leave(mira)
    deliver_due()

    for model in (User, Invitation, Membership, AccountEvent, LogEntry):
        for row in model.objects.values():
            assert name not in repr(row)
            assert address not in repr(row)
    assert not mira.emailaddress_set.exists()
    assert str(mira) == "Somebody who left"
    assert [letter.subject for letter in mail.outbox][-1] == "Your Mend account was deleted"


def test_nobody_signs_in_to_it_again(client: Client, mira: User) -> None:
    address = mira.email
    leave(mira)

    client.post("/accounts/login/", {"login": address, "password": PASSWORD})

    assert client.get("/account/").status_code == 302
    assert not mira.has_usable_password()
    assert not mira.is_active


def test_signed_in_browsers_are_signed_out(client: Client, mira: User) -> None:
    client.post("/accounts/login/", {"login": mira.email, "password": PASSWORD})
    assert client.get("/account/").status_code == 200

    leave(mira)

    assert client.get("/account/").status_code == 302


def test_address_can_be_used_for_a_new_account(mira: User) -> None:
    address = mira.email
    leave(mira)

    assert factories.make_user(name="Mira again", email=address).pk != mira.pk


def test_what_was_shared_is_removed_and_the_agreement_ended(
    client: Client, mira: User, okafor: User
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    share = factories.make_share(agreement=agreement)
    factories.make_comment(share=share, author=okafor)
    factories.unlock(client, okafor)
    path = f"/supervision/shares/{share.pk}/"
    assert client.get(path).status_code == 200

    leave(mira)

    for model in (Share, Comment):
        assert not model.objects.exists()
    assert client.get(path).status_code == 404
    agreement.refresh_from_db()
    assert agreement.ended_at is not None
    assert agreement.key_pin is None
    page = client.get("/supervision/")
    assert page.status_code == 200
    assert "Mira" not in page.content.decode()


def test_supervisors_comments_stay_readable_without_their_name(
    client: Client, mira: User, okafor: User
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    share = factories.make_share(agreement=agreement)
    factories.make_comment(share=share, author=okafor, text="What did the silence say?")

    leave(okafor)

    factories.unlock(client, mira)
    page = client.get(f"/supervision/shares/{share.pk}/").content.decode()
    assert "What did the silence say?" in page
    assert "A former supervisor" in page
    assert "Okafor" not in page
    share.refresh_from_db()
    assert share.key_supervisor is None
    assert client.get(f"/supervision/shares/{share.pk}/receipt/").status_code == 200
    assert Agreement.objects.get().ended_by == okafor


def test_proposals_of_somebody_who_leaves_are_closed(mira: User, okafor: User) -> None:
    factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)

    leave(mira)

    assert Agreement.objects.get().declined_at is not None


def test_others_journals_are_not_touched(client: Client, mira: User, jonas: User) -> None:
    keys = factories.unlock(client, jonas)
    entry = make_entry(owner=jonas, keys=keys, document=full_document())

    leave(mira)

    assert Entry.objects.get().pk == entry.pk
    assert client.get("/journal/").status_code == 200


def test_last_admin_cannot_leave_the_others_without_one(
    client: Client, mira: User, ada: User, alder_house: Clinic
) -> None:
    client.force_login(ada)

    response = client.post(PAGE, {"password": PASSWORD})

    assert response.status_code == 409
    page = response.content.decode()
    assert alder_house.name in page
    assert "cannot be left without anybody" in page
    ada.refresh_from_db()
    assert ada.leaves_at is None


def test_two_admins_cannot_both_be_about_to_leave(
    ada: User, mira: User, alder_house: Clinic
) -> None:
    other = factories.make_user(name="Bo Admin")
    factories.make_membership(user=other, clinic=alder_house, is_admin=True)
    leaving.ask_to_leave(by=ada)

    with pytest.raises(leaving.OnlyAdmin):
        leaving.ask_to_leave(by=other)


def test_who_became_the_last_admin_meanwhile_is_kept_and_told(
    ada: User, mira: User, alder_house: Clinic
) -> None:
    other = factories.make_user(name="Bo Admin")
    place = factories.make_membership(user=other, clinic=alder_house, is_admin=True)
    leaving.ask_to_leave(by=ada)
    place.deactivated_at = timezone.now()
    place.save(update_fields=["deactivated_at"])

    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert leaving.complete_leavings() == 0
        deliver_due()

    ada.refresh_from_db()
    assert (ada.leaves_at, ada.is_active) == (None, True)
    assert mail.outbox[-1].subject == "Your Mend account was not deleted"


def test_ones_own_practice_goes_with_its_only_person(db: None) -> None:
    from accounts.actions import make_practice

    nell = factories.make_user()
    make_practice(by=nell)

    leave(nell)

    assert not Clinic.objects.exists()


def test_one_account_in_trouble_stops_no_other(
    mira: User, jonas: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(person: User) -> None:
        if person.pk == mira.pk:
            raise RuntimeError

    monkeypatch.setattr(leaving, "_FAREWELLS", [*leaving._FAREWELLS, trouble])
    leaving.ask_to_leave(by=mira)
    leaving.ask_to_leave(by=jonas)

    with time_machine.travel(timezone.now() + LATER, tick=False), pytest.raises(ExceptionGroup):
        leaving.complete_leavings()

    assert User.objects.get(pk=mira.pk).left_at is None
    assert User.objects.get(pk=jonas.pk).left_at is not None


def test_no_row_of_theirs_is_forgotten(client: Client, mira: User, okafor: User) -> None:
    """Whatever points to a person goes with them, unless it is known to be another's as well."""
    keys = factories.unlock(client, mira)
    make_entry(owner=mira, keys=keys, document=full_document())
    factories.make_share(agreement=factories.make_agreement(supervisee=mira, supervisor=okafor))

    leave(mira)

    others_as_well = {"Agreement"}
    for relation in User._meta.related_objects:
        model = relation.related_model
        assert model is not None
        left = model._default_manager.filter(**{relation.field.name: mira}).exists()
        assert not left or model.__name__ in others_as_well, (model, relation.field.name)


def test_operator_does_not_see_who_left(client: Client, mira: User, operator: User) -> None:
    leave(mira)
    client.force_login(operator)

    page = client.get("/admin/accounts/user/").content.decode()

    assert "left.invalid" not in page
