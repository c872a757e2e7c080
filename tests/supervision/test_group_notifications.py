"""Who is told of what happens in a group and of answers to a proposal, and that nobody else is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, NoticeKind, Notification, Share, SupervisionGroup
from tests import factories
from tests.supervision.conftest import BrowserOf

People = dict[str, User]


@pytest.fixture
def people(mira: User, okafor: User, jonas: User, tove: User, ada: User, rune: User) -> People:
    """Everybody who could be told: the group's four, and two it is no business of."""
    return {
        "mira": mira,
        "okafor": okafor,
        "jonas": jonas,
        "tove": tove,
        "ada": ada,
        "rune": rune,
    }


@pytest.fixture
def told(people: People) -> Callable[[], dict[str, list[str]]]:
    """Gives what each was told of since it was last asked, those left out who were not."""

    def ask() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        names = {person.pk: name for name, person in people.items()}
        for one in Notification.objects.order_by("at", "id"):
            found.setdefault(names[one.person_id], []).append(one.kind)
        Notification.objects.all().delete()
        return found

    return ask


Told = Callable[[], dict[str, list[str]]]


def mailed() -> set[str]:
    """Return who was written to since it was last asked, by the first name."""
    found = {to.partition("@")[0] for one in mail.outbox for to in one.to}
    mail.outbox.clear()
    return found


# --- Groups --------------------------------------------------------------------------------------


def test_who_is_asked_into_a_group_is_told_in_mend_too(
    okafor: User, agreement: Agreement, mira: User, told: Told, as_mira: Client
) -> None:
    told(), mailed()

    group = factories.make_group(supervisor=okafor, members=[], asked=[mira], name="Heron walk")

    [one] = Notification.objects.all()
    assert one.words == "Dr Chidi Okafor asks you into a supervision group."
    assert one.path == reverse("group_read", args=[group.pk])
    assert told() == {"mira": ["group_invited"]}
    assert mailed() == {"mira"}


def test_groups_page_counts_its_news_as_seen(
    okafor: User, agreement: Agreement, mira: User, as_mira: Client
) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])

    as_mira.get(reverse("group_read", args=[group.pk]))

    assert not Notification.objects.to(mira).filter(kind="group_invited").unseen().exists()


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (actions.accept_place, "group_joined", "Mira Lindgren is in your supervision group now."),
        (
            actions.decline_place,
            "group_declined",
            "Mira Lindgren declined to be in a supervision group of yours.",
        ),
    ],
)
def test_answer_to_an_invitation_is_told_to_who_asked(
    okafor: User,
    agreement: Agreement,
    mira: User,
    told: Told,
    answer: Callable[..., object],
    kind: str,
    words: str,
) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira], name="Heron walk")
    told(), mailed()

    answer(by=mira, pk=group.pk)

    [one] = Notification.objects.all()
    assert (one.words, one.path) == (words, reverse("group_read", args=[group.pk]))
    assert told() == {"okafor": [kind]}
    assert mailed() == set()


def test_invitation_taken_back_by_who_made_it_is_told_to_nobody(
    okafor: User, agreement: Agreement, mira: User, told: Told
) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])
    told()

    actions.decline_place(by=okafor, pk=group.pk, person=mira.pk)

    assert told() == {}


def test_leaving_tells_the_supervisor_and_who_loses_a_copy(
    copy: Share, group: SupervisionGroup, mira: User, told: Told
) -> None:
    told(), mailed()

    actions.leave_group(by=mira, pk=group.pk)

    assert told() == {"jonas": ["taken_back"], "okafor": ["group_left"]}
    assert mailed() == {"okafor"}


def test_who_reads_along_and_leaves_is_told_nothing_of_their_own_doing(
    copy: Share, group: SupervisionGroup, jonas: User, told: Told
) -> None:
    told()

    actions.leave_group(by=jonas, pk=group.pk)

    assert told() == {"okafor": ["group_left"]}


def test_who_is_taken_out_is_told_once(
    copy: Share, group: SupervisionGroup, okafor: User, jonas: User, told: Told
) -> None:
    told(), mailed()

    actions.remove_member(by=okafor, pk=group.pk, person=jonas.pk)

    assert told() == {"jonas": ["place_ended"]}
    assert mailed() == {"jonas"}


def test_end_of_a_group_is_told_to_each_member_once(
    copy: Share, group: SupervisionGroup, okafor: User, rune: User, told: Told
) -> None:
    factories.make_agreement(supervisee=rune, supervisor=okafor)
    actions.invite_members(by=okafor, pk=group.pk, people=[rune.pk])
    told(), mailed()

    actions.end_group(by=okafor, pk=group.pk)

    members = ("jonas", "mira", "tove")
    assert told() == {name: ["group_ended"] for name in members}
    assert mailed() == set(members)


def test_end_of_an_agreement_is_told_to_who_read_along_what_was_shared_under_it(
    copy: Share, agreement: Agreement, mira: User, told: Told
) -> None:
    told()

    actions.end_agreement(by=mira, pk=agreement.pk)

    assert told() == {"jonas": ["taken_back"], "okafor": ["ended"]}


def test_copy_taken_back_from_one_member_is_told_to_them_alone(
    copy: Share, mira: User, jonas: User, told: Told
) -> None:
    told()

    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)

    [one] = Notification.objects.all()
    assert one.words == (
        "Something Mira Lindgren had shared with you in a group no longer opens for you."
    )
    assert one.path == reverse("share_read", args=[copy.pk])
    assert told() == {"jonas": ["taken_back"]}


def test_copy_taken_back_from_all_is_told_to_the_supervisor_and_who_read_along(
    copy: Share, mira: User, told: Told
) -> None:
    told()

    actions.revoke_share(by=mira, pk=copy.pk)
    actions.revoke_share(by=mira, pk=copy.pk)

    assert told() == {"jonas": ["taken_back"], "okafor": ["taken_back"]}


def test_barring_somebody_tells_them_only_that_it_no_longer_opens(
    copy: Share, entry: Entry, mira: User, jonas: User, told: Told
) -> None:
    told()

    actions.bar_people(by=mira, keys=factories.vault_keys(mira), pk=entry.pk, barred=[jonas.pk])

    assert told() == {"jonas": ["taken_back"]}


def test_several_copies_taken_back_at_once_are_one_notification_to_a_member(
    copy: Share, group: SupervisionGroup, agreement: Agreement, mira: User, jonas: User
) -> None:
    factories.make_share(agreement=agreement, readers=factories.reading_terms(group, jonas))
    Notification.objects.all().delete()

    actions.take_back_everything(by=mira, pk=agreement.pk)

    one = Notification.objects.get(person=jonas)
    assert one.words == (
        "2 copies Mira Lindgren had shared with you in a group no longer open for you."
    )
    assert one.path == reverse("group_read", args=[group.pk])


@pytest.mark.parametrize("reads_the_new_one", [True, False])
def test_who_reads_the_new_version_is_not_told_that_the_older_went(
    copy: Share,
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    mira: User,
    jonas: User,
    told: Told,
    *,
    reads_the_new_one: bool,
) -> None:
    readers = factories.reading_terms(group, jonas) if reads_the_new_one else ()
    terms = factories.share_terms(
        agreement=agreement, entry=entry, passages=["repair"], readers=readers
    )
    told()

    actions.share_passages(
        by=mira, reader=factories.reader(mira), terms=terms, takes_back_older=True
    )

    jonas_learns = "shared" if reads_the_new_one else "taken_back"
    assert told() == {"okafor": ["new_version"], "jonas": [jonas_learns]}


def test_time_that_is_over_is_told_to_the_author_alone(copy: Share, told: Told) -> None:
    now = timezone.now()
    Share.objects.filter(pk=copy.pk).update(
        shared_at=now - timedelta(days=9), expires_at=now - timedelta(days=1)
    )
    told()

    actions.expire_shares()

    assert told() == {"mira": ["expired"]}


# --- Comments in a group -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "learn"),
    [
        ("okafor", {"mira": ["commented"], "jonas": ["commented_along"]}),
        ("mira", {"okafor": ["commented"], "jonas": ["commented_along"]}),
        ("jonas", {"mira": ["commented"], "okafor": ["commented"]}),
    ],
)
def test_comment_in_a_group_is_told_to_everybody_else_who_reads(
    copy: Share, people: People, told: Told, who: str, learn: dict[str, list[str]]
) -> None:
    told(), mailed()

    factories.make_comment(share=copy, author=people[who], text="And then?")

    assert told() == learn
    assert mailed() == {name for name, kinds in learn.items() if kinds == ["commented"]}


def test_member_whose_key_was_taken_hears_of_no_comment(
    copy: Share, mira: User, okafor: User, jonas: User, told: Told
) -> None:
    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)
    told()

    factories.make_comment(share=copy, author=okafor)

    assert told() == {"mira": ["commented"]}


def test_several_held_comments_sent_together_tell_each_once(
    copy: Share, okafor: User, told: Told
) -> None:
    for text in ("Not yet.", "Nor this."):
        factories.held_comment(share=copy, author=okafor, text=text)
    told()

    actions.send_held(by=okafor, reader=factories.reader(okafor), pk=copy.pk)

    assert told() == {"mira": ["commented"], "jonas": ["commented_along"]}


# --- Declined ------------------------------------------------------------------------------------


def test_declined_agreement_is_told_to_who_proposed_it(
    mira: User, okafor: User, told: Told
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)
    told(), mailed()

    actions.decline_agreement(by=okafor, pk=agreement.pk)

    assert told() == {"mira": ["declined"]}
    assert mailed() == {"mira"}


def test_proposal_taken_back_by_who_made_it_is_told_to_nobody(
    mira: User, okafor: User, told: Told
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)
    told()

    actions.decline_agreement(by=mira, pk=agreement.pk)

    assert told() == {}


def test_clinic_admin_who_proposed_for_two_learns_no_answer(
    mira: User, okafor: User, ada: User, alder_house: object, told: Told
) -> None:
    factories.load_wordings()
    agreement = actions.propose_agreement(
        by=ada, supervisee=mira, supervisor=okafor, clinic=ada.memberships.get().clinic
    )
    actions.accept_agreement(by=mira, pk=agreement.pk)
    told()

    actions.decline_agreement(by=okafor, pk=agreement.pk)

    assert told() == {"mira": ["declined"]}


def test_declined_proposal_to_an_address_is_told_without_saying_whose_it_is(
    mira: User, okafor: User, told: Told, browser_of: BrowserOf
) -> None:
    factories.load_wordings()
    proposal = actions.propose_to_address(by=mira, email=okafor.email, side="supervisee")
    told(), mailed()

    actions.decline_proposal(by=okafor, pk=proposal.pk)

    [one] = Notification.objects.all()
    assert one.by is None
    assert "Okafor" not in one.words
    assert "Okafor" not in str(mail.outbox[0].body)
    assert mailed() == {"mira"}
    assert browser_of(mira).get(one.path).status_code == 200
    assert not Notification.objects.unseen().exists()
    assert told() == {"mira": ["declined"]}


# --- Each in the ways that were chosen -----------------------------------------------------------


@pytest.mark.parametrize(("in_app", "by_mail"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("commented_along", "jonas"),
        ("taken_back", "jonas"),
        ("group_ended", "tove"),
        ("group_left", "okafor"),
        ("place_ended", "tove"),
        ("group_joined", "okafor"),
        ("group_declined", "okafor"),
    ],
)
def test_new_kinds_come_in_the_ways_that_were_chosen(
    copy: Share,
    group: SupervisionGroup,
    people: People,
    kind: str,
    who: str,
    in_app: bool,
    by_mail: bool,
) -> None:
    actions.choose_notices(
        by=people[who], in_app=[kind] if in_app else [], by_mail=[kind] if by_mail else []
    )
    Notification.objects.all().delete()
    mailed()

    _do(kind, copy, group, people)

    assert Notification.objects.to(people[who]).exists() is in_app
    assert (who in mailed()) is by_mail


def _do(kind: str, copy: Share, group: SupervisionGroup, people: People) -> None:
    """Let happen what ``kind`` tells of."""
    if kind == NoticeKind.COMMENTED_ALONG:
        factories.make_comment(share=copy, author=people["okafor"])
    elif kind == NoticeKind.TAKEN_BACK:
        actions.revoke_share(by=people["mira"], pk=copy.pk)
    elif kind == NoticeKind.GROUP_ENDED:
        actions.end_group(by=people["okafor"], pk=group.pk)
    elif kind == NoticeKind.GROUP_LEFT:
        actions.leave_group(by=people["jonas"], pk=group.pk)
    elif kind in {NoticeKind.GROUP_JOINED, NoticeKind.GROUP_DECLINED}:
        rune = people["rune"]
        factories.make_agreement(supervisee=rune, supervisor=people["okafor"])
        actions.invite_members(by=people["okafor"], pk=group.pk, people=[rune.pk])
        is_joined = kind == NoticeKind.GROUP_JOINED
        (actions.accept_place if is_joined else actions.decline_place)(by=rune, pk=group.pk)
    else:
        actions.remove_member(by=people["okafor"], pk=group.pk, person=people["tove"].pk)


def test_no_mail_or_notification_of_a_group_holds_its_name_or_a_word(
    okafor: User, mira: User, jonas: User, agreement: Agreement
) -> None:
    group = factories.make_group(supervisor=okafor, members=[mira, jonas], name="Heron walk")
    readers = factories.reading_terms(group, jonas)
    share = factories.make_share(agreement=agreement, readers=readers)
    factories.make_comment(share=share, author=okafor, text="Kestrel on the sill.")
    actions.revoke_share(by=mira, pk=share.pk)
    actions.leave_group(by=mira, pk=group.pk)
    actions.end_group(by=okafor, pk=group.pk)

    said = [one.words for one in Notification.objects.all()]
    said += [f"{one.subject} {one.body}" for one in mail.outbox]
    for word in ("Heron", "Kestrel", "Finch", "yawn"):
        assert not any(word in one for one in said)
