"""People a reflection is barred from: not offered, refused, not told; only its author can tell."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection import actions as journal
from reflection.models import Entry, EntryVersion
from supervision import actions
from supervision.models import Agreement, Notification, Share, SupervisionGroup
from supervision.rules import Refused
from tests import factories
from tests.supervision.conftest import BrowserOf


def bar(entry: Entry, *people: User) -> None:
    keys = factories.vault_keys(entry.owner)
    actions.bar_people(
        by=entry.owner, keys=keys, pk=entry.pk, barred=[person.pk for person in people]
    )
    entry.refresh_from_db()


def offered(client: Client, entry: Entry) -> list[str]:
    page = client.get(reverse("share_new", args=[entry.pk]))
    return [name for _value, name in page.context["form"].fields["agreement"].choices]


def test_barred_supervisor_is_not_offered_and_others_are(
    as_mira: Client, entry: Entry, agreement: Agreement, mira: User, okafor: User, jonas: User
) -> None:
    factories.make_agreement(supervisee=mira, supervisor=jonas)
    as_mira.post(reverse("entry_barred", args=[entry.pk]), {"people": [str(okafor.pk)]})

    assert offered(as_mira, entry) == [jonas.get_full_name()]
    html = as_mira.get(reverse("share_new", args=[entry.pk])).content.decode()
    assert f"{okafor.get_full_name()} is barred from this reflection" in html


def test_barring_the_only_supervisor_says_whom_else_one_can_ask(
    as_mira: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)

    html = as_mira.get(reverse("share_new", args=[entry.pk])).content.decode()

    assert "When it is about supervision itself" in html
    assert reverse("agreement_new") in html


def test_choosing_a_barred_supervisor_all_the_same_is_refused(
    as_mira: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)
    posted = {
        "agreement": str(agreement.pk),
        "passages": ["repair"],
        "purpose": "listen",
        "lasts": "30",
        "attestation": "contract",
        "step": "preview",
    }

    answer = as_mira.post(reverse("share_new", args=[entry.pk]), posted)

    assert answer.status_code == 422
    assert "You barred" in answer.content.decode()


def test_action_refuses_to_share_with_who_is_barred(
    entry: Entry, agreement: Agreement, mira: User, okafor: User
) -> None:
    bar(entry, okafor)
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])

    with pytest.raises(Refused, match="barred"):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)

    assert not Share.objects.exists()


def test_barring_takes_back_what_they_could_read_and_nothing_else(
    as_mira: Client, share: Share, entry: Entry, mira: User, okafor: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    with_jonas = factories.make_share(agreement=other, entry=entry)
    another = factories.make_share(agreement=share.agreement)

    as_mira.post(reverse("entry_barred", args=[entry.pk]), {"people": [str(okafor.pk)]})

    live = {share.pk for share in Share.objects.live()}
    assert live == {with_jonas.pk, another.pk}


def test_barring_can_be_changed(
    as_mira: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)
    page = as_mira.get(reverse("entry_barred", args=[entry.pk]))
    assert "checked" in page.content.decode()

    as_mira.post(reverse("entry_barred", args=[entry.pk]), {})

    assert offered(as_mira, entry) == [okafor.get_full_name()]


def test_refused_choice_is_said_and_nobody_is_barred(
    as_mira: Client, entry: Entry, agreement: Agreement, mira: User, jonas: User
) -> None:
    address = reverse("entry_barred", args=[entry.pk])

    answer = as_mira.post(address, {"people": [str(jonas.pk)]})

    assert answer.status_code == 422
    assert "Select a valid choice" in answer.content.decode()
    entry.refresh_from_db()
    assert entry.open(factories.vault_keys(mira)).barred == ()


def test_who_is_barred_stands_only_inside_the_ciphertext(
    entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)

    row = dict(Entry.objects.filter(pk=entry.pk).values().get())
    in_clear = repr({name: value for name, value in row.items() if name not in ("body", "key")})
    assert str(okafor.pk) not in in_clear
    assert okafor.pk.bytes not in bytes(entry.body)
    assert str(okafor.pk).encode() not in bytes(entry.body)
    assert entry.open(factories.vault_keys(entry.owner)).barred == (okafor.pk,)


def test_bringing_an_earlier_text_back_keeps_who_is_barred(
    entry: Entry, agreement: Agreement, mira: User, okafor: User
) -> None:
    journal.finish_entry(by=mira, pk=entry.pk)
    earlier = EntryVersion.objects.of(entry)[0]
    bar(entry, okafor)

    keys = factories.vault_keys(mira)
    journal.bring_back(by=mira, keys=keys, pk=entry.pk, revision=earlier.revision)

    entry.refresh_from_db()
    assert entry.open(keys).barred == (okafor.pk,)


def test_nobody_bars_anybody_from_another_ones_reflection(
    as_okafor: Client, share: Share, entry: Entry
) -> None:
    address = reverse("entry_barred", args=[entry.pk])

    assert as_okafor.get(address).status_code == 404
    assert as_okafor.post(address, {}).status_code == 404


def test_supervisor_is_not_told_of_it(
    as_okafor: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)

    for name in ("home", "supervision_home"):
        assert "barred" not in as_okafor.get(reverse(name)).content.decode().lower()
    page = as_okafor.get(reverse("record_read", args=[agreement.pk])).content.decode()
    assert "barred" not in page.lower()


def test_reflections_page_says_whom_it_is_never_shared_with(
    as_mira: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    bar(entry, okafor)

    html = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()

    assert f"Never shared with {okafor.get_full_name()}." in html


# --- Fellow members of a group -------------------------------------------------------------------


@pytest.fixture
def group(agreement: Agreement, okafor: User, mira: User, jonas: User) -> SupervisionGroup:
    """Okafor's group of Mira and Jonas."""
    return factories.make_group(supervisor=okafor, members=[mira, jonas])


def choices_to_bar(client: Client, entry: Entry) -> dict[str, list[str]]:
    """Return the names one can choose from, by their heading."""
    page = client.get(reverse("entry_barred", args=[entry.pk]))
    found = page.context["form"].fields["people"].choices
    return {str(title): [name for _pk, name in people] for title, people in found}


def posted(agreement: Agreement, group: SupervisionGroup, reader: User, **more: Any) -> Any:
    place = group.memberships.with_vaults().get(person=reader)
    return {
        "agreement": str(agreement.pk),
        "passages": ["repair"],
        "purpose": "listen",
        "lasts": "30",
        "attestation": "contract",
        "readers": [str(place.pk)],
        "reader_keys": [place.key.hex()],
        "step": "preview",
    } | more


def test_fellow_member_is_barred_on_the_same_page(
    as_mira: Client, entry: Entry, group: SupervisionGroup, okafor: User, jonas: User
) -> None:
    assert choices_to_bar(as_mira, entry) == {
        "Your supervisors, present and past": [okafor.get_full_name()],
        "Members of your groups": [jonas.get_full_name()],
    }

    as_mira.post(reverse("entry_barred", args=[entry.pk]), {"people": [str(jonas.pk)]})

    html = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()
    assert f"Never shared with {jonas.get_full_name()}." in html
    html = as_mira.get(reverse("share_new", args=[entry.pk])).content.decode()
    assert f"{jonas.get_full_name()} is barred from this reflection" in html
    assert "Who else may read along?" not in html


def test_stranger_cannot_be_barred_and_so_is_not_named(
    as_mira: Client, entry: Entry, group: SupervisionGroup, rune: User
) -> None:
    answer = as_mira.post(reverse("entry_barred", args=[entry.pk]), {"people": [str(rune.pk)]})

    assert rune.get_full_name() not in answer.content.decode()
    entry.refresh_from_db()
    assert entry.open(factories.vault_keys(entry.owner)).barred == ()


@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_choosing_a_barred_member_all_the_same_is_refused(
    as_mira: Client,
    entry: Entry,
    agreement: Agreement,
    group: SupervisionGroup,
    jonas: User,
    step: str,
) -> None:
    address = reverse("share_new", args=[entry.pk])
    seen = as_mira.post(address, posted(agreement, group, jonas))
    confirmed = {"share": str(seen.context["terms"].share), "seal": seen.context["seal"]}
    bar(entry, jonas)

    answer = as_mira.post(address, posted(agreement, group, jonas, **confirmed, step=step))

    assert answer.status_code == 422
    assert "Somebody you chose cannot read along now" in answer.content.decode()
    assert not Share.objects.exists()


def test_barred_member_is_not_told(
    share: Share, entry: Entry, group: SupervisionGroup, jonas: User, browser_of: BrowserOf
) -> None:
    Notification.objects.all().delete()
    bar(entry, jonas)
    client = browser_of(jonas)

    for path in ("home", "supervision_home", "notification_list"):
        html = client.get(reverse(path)).content.decode().lower()
        assert "barred" not in html
        assert "never share" not in html
    assert "barred" not in client.get(reverse("group_read", args=[group.pk])).content.decode()
    assert not Notification.objects.exists()


def test_barred_member_who_read_along_is_told_only_that_it_was_taken_back(
    entry: Entry,
    agreement: Agreement,
    group: SupervisionGroup,
    jonas: User,
    okafor: User,
    browser_of: BrowserOf,
) -> None:
    share = factories.make_share(
        agreement=agreement, entry=entry, readers=factories.reading_terms(group, jonas)
    )
    bar(entry, jonas)

    html = browser_of(jonas).get(reverse("share_read", args=[share.pk])).content.decode()
    assert "took this back from you" in html
    assert "barred" not in html.lower()
    record = browser_of(okafor).get(reverse("record_read", args=[agreement.pk])).content.decode()
    assert "barred" not in record.lower()


def test_member_who_left_the_group_stays_barred_until_their_author_changes_it(
    as_mira: Client, entry: Entry, group: SupervisionGroup, okafor: User, jonas: User
) -> None:
    bar(entry, jonas)
    actions.leave_group(by=jonas, pk=group.pk)

    assert choices_to_bar(as_mira, entry)["Barred before"] == [jonas.get_full_name()]
    as_mira.post(reverse("entry_barred", args=[entry.pk]), {"people": []})

    entry.refresh_from_db()
    assert entry.open(factories.vault_keys(entry.owner)).barred == ()
