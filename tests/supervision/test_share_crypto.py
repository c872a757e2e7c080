"""What the vault promises about shares: who can open what, and what refuses to open."""

import hashlib

import pytest

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.frozen import Reader
from supervision.models import Agreement, Comment, Share
from tests import factories
from vault import crypto
from vault.crypto import CannotOpen
from vault.models import Vault


def test_both_sides_open_the_same_copy(share: Share, mira: User, okafor: User) -> None:
    assert share.open(factories.reader(mira)) == share.open(factories.reader(okafor))


def test_copy_holds_the_chosen_passages_and_nothing_of_the_others(
    share: Share, okafor: User
) -> None:
    reader = factories.reader(okafor)
    clear = crypto.decrypt_body(share.data_key(reader), bytes(share.body), share.body_context)

    assert b"The apology was quick." in clear
    assert b"no explaining first" in clear
    for private in (b"I yawned", b"I felt caught out", b"You were tired of me"):
        assert private not in clear


def test_case_code_stays_private_with_the_passage_it_stands_in(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    untitled = factories.make_entry(
        owner=mira, keys=factories.vault_keys(mira), document=factories.full_document(title="")
    )
    without = factories.make_share(agreement=agreement, entry=untitled, passages=["repair"])
    with_it = factories.make_share(agreement=agreement, entry=untitled, passages=["happened"])

    assert without.open(factories.reader(okafor)).title == "Untitled"
    assert with_it.open(factories.reader(okafor)).title == "Finch"


@pytest.mark.parametrize("who", ["jonas", "ada", "rune"])
def test_nobody_else_opens_a_share(share: Share, who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(CannotOpen):
        share.open(factories.reader(request.getfixturevalue(who)))


def test_somebody_elses_key_under_the_supervisors_name_opens_nothing(
    share: Share, okafor: User, jonas: User
) -> None:
    jonas_vault = Vault.objects.get(user=jonas)
    share.sealed_to = jonas_vault.pk
    posing = Reader(okafor.pk, jonas_vault, factories.vault_keys(jonas))

    with pytest.raises(CannotOpen):
        share.open(posing)


def test_revoked_row_and_the_supervisors_own_key_open_nothing(
    share: Share, mira: User, okafor: User
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)
    stolen = Share.objects.get(pk=share.pk)
    reader = factories.reader(okafor)

    assert stolen.key_supervisor is None
    with pytest.raises(CannotOpen):
        stolen.open(reader)
    # Nothing else of the row is sealed to the supervisor either.
    for blob in (stolen.body, stolen.key_supervisee):
        with pytest.raises(CannotOpen):
            crypto.open_sealed(
                reader.private_key,
                bytes(blob),
                crypto.sealed_share_key(share.pk, share.supervisor_id),
            )


def test_supervisee_keeps_a_revoked_copy_and_its_conversation(
    share: Share, mira: User, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="What did they hear?")
    actions.revoke_share(by=mira, pk=share.pk)
    kept = Share.objects.get(pk=share.pk)
    reader = factories.reader(mira)

    assert kept.open(reader).title == "Finch, after the yawn"
    assert Comment.objects.get(pk=comment.pk).read(kept.data_key(reader)) == "What did they hear?"


def _two_shares(agreement: Agreement, entry: Entry) -> tuple[Share, Share]:
    return (
        factories.make_share(agreement=agreement, entry=entry, passages=["repair"]),
        factories.make_share(agreement=agreement, entry=entry, passages=["reaction"]),
    )


@pytest.mark.parametrize("who", ["mira", "okafor"])
@pytest.mark.parametrize("field", ["body", "key_supervisee", "key_supervisor"])
def test_ciphertext_swapped_between_two_shares_does_not_open(
    agreement: Agreement,
    entry: Entry,
    who: str,
    field: str,
    request: pytest.FixtureRequest,
) -> None:
    one, other = _two_shares(agreement, entry)
    setattr(one, field, getattr(other, field))
    reader = factories.reader(request.getfixturevalue(who))

    touches_this_side = (
        field == "body"
        or field.removeprefix("key_")
        == {
            "mira": "supervisee",
            "okafor": "supervisor",
        }[who]
    )
    if not touches_this_side:
        assert one.open(reader).slugs == ["repair"]
        return
    with pytest.raises(CannotOpen):
        one.open(reader)


def test_body_and_keys_swapped_together_do_not_open_in_the_others_row(
    agreement: Agreement, entry: Entry, okafor: User
) -> None:
    one, other = _two_shares(agreement, entry)
    one.body, one.key_supervisor = other.body, other.key_supervisor

    with pytest.raises(CannotOpen):
        one.open(factories.reader(okafor))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"entry_uid": "6f1f6a2a-3f0e-4c5e-9a3e-0d9a6b7c8d9e"},
        {"supervisee": "jonas"},
        {"supervisor": "jonas"},
    ],
)
def test_copy_is_bound_to_everything_its_receipt_says(
    share: Share, mira: User, jonas: User, change: dict[str, object]
) -> None:
    data_key = share.data_key(factories.reader(mira))
    for name, value in change.items():
        setattr(share, name, jonas if value == "jonas" else value)
    if isinstance(share.entry_uid, str):
        share.entry_uid = type(share.pk)(share.entry_uid)

    with pytest.raises(CannotOpen):
        crypto.decrypt_body(data_key, bytes(share.body), share.body_context)


def test_changed_header_byte_does_not_open(share: Share, okafor: User) -> None:
    share.body = b"\x02" + bytes(share.body)[1:]

    with pytest.raises(CannotOpen):
        share.open(factories.reader(okafor))


def test_comment_moved_to_another_place_does_not_open(
    share: Share, mira: User, okafor: User
) -> None:
    data_key = share.data_key(factories.reader(mira))
    one = factories.make_comment(share=share, author=okafor, text="One")
    other = factories.make_comment(share=share, author=okafor, text="Other")

    swapped = Comment.objects.get(pk=one.pk)
    swapped.body = other.body
    moved = Comment.objects.get(pk=one.pk)
    moved.passage = "looking_again"
    posing = Comment.objects.get(pk=one.pk)
    posing.author = mira

    for comment in (swapped, moved, posing):
        with pytest.raises(CannotOpen):
            comment.read(data_key)


def test_entry_key_opens_no_copy_of_it(share: Share, mira: User) -> None:
    assert share.entry is not None
    entry_key = share.entry.data_key(factories.vault_keys(mira))

    with pytest.raises(CannotOpen):
        crypto.decrypt_body(entry_key, bytes(share.body), share.body_context)


def test_receipts_hash_is_of_the_ciphertext(share: Share) -> None:
    stored = Share.objects.get(pk=share.pk)

    assert stored.content_hash == hashlib.sha256(bytes(stored.body)).hexdigest()


def test_two_shares_of_the_same_words_have_nothing_in_common(
    agreement: Agreement, entry: Entry
) -> None:
    one = factories.make_share(agreement=agreement, entry=entry, passages=["repair"])
    two = factories.make_share(agreement=agreement, entry=entry, passages=["repair"])

    assert one.content_hash != two.content_hash
    assert len(bytes(one.body)) == len(bytes(two.body))


def test_nothing_that_was_written_stands_in_clear_in_the_rows(
    share: Share, okafor: User, mira: User
) -> None:
    factories.make_comment(share=share, author=okafor, text="canary in a comment")
    rows = repr(list(Share.objects.values())) + repr(list(Comment.objects.values()))

    for words in ("Finch", "apology", "no explaining", "canary"):
        assert words not in rows


# --- The supervisor's key, remembered ------------------------------------------------------------


def test_accepting_remembers_the_supervisors_key(
    agreement: Agreement, mira: User, jonas: User
) -> None:
    keys = factories.vault_keys(mira)

    assert agreement.knows_key(keys, agreement.supervisor_key)
    assert not agreement.knows_key(
        keys, crypto.fingerprint(bytes(Vault.objects.get(user=jonas).public_key))
    )


def test_pin_of_one_agreement_is_worth_nothing_in_another(
    agreement: Agreement, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    other.key_pin = agreement.key_pin

    assert not other.knows_key(factories.vault_keys(mira), agreement.supervisor_key)


def test_pin_cannot_be_forged_without_the_supervisees_vault(
    agreement: Agreement, mira: User, jonas: User
) -> None:
    agreement.pin(factories.vault_keys(jonas), agreement.supervisor_key)
    agreement.pinned_in = Vault.objects.get(user=mira).pk

    assert not agreement.knows_key(factories.vault_keys(mira), agreement.supervisor_key)
