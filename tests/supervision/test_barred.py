"""People a reflection is barred from: not offered, refused, not told; only its author can tell."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection import actions as journal
from reflection.models import Entry, EntryVersion
from supervision import actions
from supervision.models import Agreement, Share
from supervision.rules import Refused
from tests import factories


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
