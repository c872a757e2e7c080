"""Sealed drafts of supervision: comments, answers, held ones, a meeting's notes."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection.actions import Source
from supervision import actions
from supervision.models import Comment, HeldComment, MeetingVersion, Share, SupervisionMeeting
from tests import factories
from vault import crypto
from vault.models import Unlock, Vault

pytestmark = pytest.mark.django_db

URL = "/journal/unsaved/"
PAGE = "0123456789abcdef"


@pytest.fixture
def meeting(share: Share) -> SupervisionMeeting:
    """Mira and Okafor meet tomorrow."""
    return factories.make_meeting(agreement=share.agreement, by=share.supervisee)


def typed(
    person: User,
    share: Share,
    text: str,
    *,
    at: str = "new-repair",
    pk: UUID | None = None,
    **given: str,
) -> dict[str, str]:
    """Return the draft of a comment that ``person`` typed at a place of the copy's page."""
    page = str(pk or uuid4())
    fields = {"writer": str(person.pk), "comment": page, "passage": "repair", "text": text, **given}
    return factories.sealed_draft(
        person=person, thing=share.pk, place=f"comment.{at}", fields=fields, page=page
    )


def noted(person: User, meeting: SupervisionMeeting, text: str, **given: str) -> dict[str, str]:
    """Return the draft of a meeting's notes."""
    fields = {
        "writer": str(person.pk),
        "revision": str(meeting.revision),
        "page": PAGE,
        "turn": "1",
        "notes": text,
        **given,
    }
    return factories.sealed_draft(
        person=person, thing=meeting.pk, place="meeting", fields=fields, page=PAGE
    )


def state(browser: Client, draft: dict[str, str]) -> str:
    answer = browser.post(URL, draft | {"do": "check"}, headers={"Accept": "application/json"})
    found: str = answer.json()["state"]
    return found


def put_back(browser: Client, draft: dict[str, str]) -> Any:
    return browser.post(URL, draft | {"do": "keep"})


def send(browser: Client, share: Share, draft: dict[str, str], text: str, **given: str) -> Any:
    """Send what a draft was made of, as its own page does."""
    posted = {"comment": draft["page"], "passage": "repair", "text": text, **given}
    return browser.post(reverse("comment_add", args=[share.pk]), posted)


def notes(meeting: SupervisionMeeting, reader: User) -> str:
    fresh = SupervisionMeeting.objects.get(pk=meeting.pk)
    return fresh.read(fresh.data_key(factories.reader(reader))).notes


# --- A comment and an answer ---------------------------------------------------------------------


def test_comment_is_put_back_into_its_box_and_sent_by_nobody_else(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    draft = typed(okafor, share, "What did you feel?")
    assert state(as_okafor, draft) == "unsaved"
    assert "What did you feel?" in as_okafor.post(URL, draft).text

    page = put_back(as_okafor, draft)

    assert page.status_code == 200
    assert "What did you feel?</textarea>" in page.text
    assert f'data-seal-page="{draft["page"]}"' in page.text
    assert f'action="{reverse("comment_add", args=[share.pk])}"' in page.text
    assert not Comment.objects.exists()
    assert not HeldComment.objects.exists()


def test_sent_comment_is_not_offered_even_if_changed_or_removed_since(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    draft = typed(okafor, share, "What did you feel?")
    send(as_okafor, share, draft, "What did you feel?")
    assert state(as_okafor, draft) == "kept"
    actions.edit_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        comment=UUID(draft["page"]),
        text="And you?",
    )
    assert state(as_okafor, draft) == "kept"
    actions.remove_comment(by=okafor, pk=share.pk, comment=UUID(draft["page"]))
    assert state(as_okafor, draft) == "kept"


def test_other_words_than_those_sent_are_offered_and_sent_as_another_comment(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    pk = uuid4()
    send(as_okafor, share, {"page": str(pk)}, "What did you feel?")
    draft = typed(okafor, share, "And then?", pk=pk)
    assert state(as_okafor, draft) == "unsaved"
    put_back(as_okafor, draft)
    send(as_okafor, share, draft, "And then?")
    assert Comment.objects.count() == 2
    assert state(as_okafor, draft) == "kept"


def test_same_words_typed_in_another_place_are_offered(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    send(as_okafor, share, {"page": str(uuid4())}, "Yes.")
    assert state(as_okafor, typed(okafor, share, "Yes.")) == "kept"
    other = next(slug for slug in share.passages if slug != "repair")
    draft = typed(okafor, share, "Yes.", at=f"new-{other}", passage=other)
    assert state(as_okafor, draft) == "unsaved"


def test_held_comment_is_not_offered_and_neither_is_what_became_of_it(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    draft = typed(okafor, share, "Not yet.", about="no explaining")
    send(as_okafor, share, draft, "Not yet.", about="no explaining", do="hold")
    assert HeldComment.objects.count() == 1
    assert state(as_okafor, draft) == "kept"
    actions.send_held(by=okafor, reader=factories.reader(okafor), pk=share.pk)
    assert state(as_okafor, draft) == "kept"


def test_comment_about_other_words_is_another_draft(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    pk = uuid4()
    send(as_okafor, share, {"page": str(pk)}, "Why?", about="no explaining")
    assert state(as_okafor, typed(okafor, share, "Why?", pk=pk, about="No  explaining")) == "kept"
    assert state(as_okafor, typed(okafor, share, "Why?", pk=pk, about="Thursday")) == "unsaved"


def test_answer_is_put_back_under_the_comment_it_answers(
    as_mira: Client, mira: User, okafor: User, share: Share
) -> None:
    asked = factories.make_comment(share=share, author=okafor, passage="repair", text="Why?")
    draft = typed(mira, share, "Because.", at=f"answer-{asked.pk.hex}", parent=str(asked.pk))
    page = put_back(as_mira, draft)
    assert "Because.</textarea>" in page.text
    assert f'id="id_answer-{asked.pk.hex}_text"' in page.text
    send(as_mira, share, draft, "Because.", parent=str(asked.pk))
    assert state(as_mira, draft) == "kept"


def test_answer_to_a_comment_that_is_nowhere_can_be_read_and_copied(
    as_mira: Client, mira: User, share: Share
) -> None:
    draft = typed(mira, share, "Because.", at=f"answer-{uuid4().hex}", parent=str(uuid4()))
    for asked in ({}, {"do": "keep"}):
        page = as_mira.post(URL, draft | asked)
        assert "Because." in page.text
        assert "its place is gone" in page.text
    assert state(as_mira, draft) == "unsaved"


def test_answer_where_nothing_can_be_written_any_more_is_not_said_to_be_written_anew(
    as_mira: Client, mira: User, okafor: User, share: Share
) -> None:
    asked = factories.make_comment(share=share, author=okafor, passage="repair", text="Why?")
    draft = typed(mira, share, "Because.", at=f"answer-{asked.pk.hex}", parent=str(asked.pk))
    actions.end_agreement(by=okafor, pk=share.agreement_id)

    page = as_mira.post(URL, draft).text
    assert "Because." in page
    assert "nothing can be written any more" in page
    assert "anew if you like" not in page
    assert "Decide later" not in page
    assert "Then discard it" in page


def test_comment_that_came_too_late_is_not_offered_beside_itself(
    as_mira: Client, mira: User, okafor: User, share: Share
) -> None:
    asked = factories.make_comment(share=share, author=okafor, passage="repair", text="Why?")
    draft = typed(mira, share, "Because.", at=f"answer-{asked.pk.hex}", parent=str(asked.pk))
    actions.end_agreement(by=okafor, pk=share.agreement_id)

    page = send(as_mira, share, draft, "Because.", parent=str(asked.pk)).text
    assert "it is here for you to copy." in page
    assert "before you leave" not in page
    for name, value in {
        "writer": mira.pk,
        "thing": share.pk,
        "place": f"comment.answer-{asked.pk.hex}",
        "page": draft["page"],
    }.items():
        assert f'data-seal-{name}="{value}"' in page
    assert "data-seal-to" not in page  # What the browser keeps holds more than this page.


# --- Held, and changed ---------------------------------------------------------------------------


def test_other_words_for_a_held_comment_go_back_into_its_box(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    held = actions.hold_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        passage="repair",
        text="Not yet.",
    )
    at = f"held-{held.pk.hex}"
    draft = typed(okafor, share, "Not yet, I think.", at=at, before=held.as_of)
    assert state(as_okafor, draft) == "unsaved"
    page = put_back(as_okafor, draft)
    assert "Not yet, I think.</textarea>" in page.text
    url = reverse("held_change", args=[share.pk, held.pk])
    as_okafor.post(url, {"passage": "repair", "text": "Not yet, I think.", "do": "hold"})
    assert state(as_okafor, draft) == "kept"
    as_okafor.post(url, {"passage": "repair", "text": "Of another tab.", "do": "hold"})
    assert state(as_okafor, draft) == "unsaved"
    joined = "Of another tab.\n\nNot yet, I think."
    as_okafor.post(url, {"passage": "repair", "text": joined, "do": "hold"})
    assert state(as_okafor, draft) == "kept"


@pytest.mark.parametrize("name", ["held_change", "comment_edit"])
def test_comment_shortened_to_its_end_is_not_taken_for_what_stands(
    as_okafor: Client, okafor: User, share: Share, name: str
) -> None:
    make = factories.held_comment if name == "held_change" else factories.make_comment
    before: Comment | HeldComment = make(share=share, author=okafor, text="One.\n\nTwo.")
    at = ("held-" if name == "held_change" else "edit-") + before.pk.hex
    draft = typed(okafor, share, "Two.", at=at, before=before.as_of)
    assert state(as_okafor, draft) == "unsaved"
    assert "Two.</textarea>" in put_back(as_okafor, draft).text

    posted = {"passage": "repair", "text": "Of another tab.\n\nTwo.", "do": "hold"}
    as_okafor.post(reverse(name, args=[share.pk, before.pk]), posted)
    assert state(as_okafor, draft) == "kept"  # Put together.


def test_held_comment_sent_before_it_was_shortened_leaves_the_words_to_copy(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    held = factories.held_comment(share=share, author=okafor, text="One.\n\nTwo.")
    draft = typed(okafor, share, "Two.", at=f"held-{held.pk.hex}", before=held.as_of)
    as_okafor.post(reverse("held_send", args=[share.pk]))
    assert state(as_okafor, draft) == "unsaved"
    assert "its place is gone" in as_okafor.post(URL, draft).text


def test_words_for_a_held_comment_that_is_deleted_can_be_read(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    held = actions.hold_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        passage="repair",
        text="Not yet.",
    )
    draft = typed(okafor, share, "Not yet, I think.", at=f"held-{held.pk.hex}")
    actions.drop_held(by=okafor, held=held.pk)
    page = put_back(as_okafor, draft)
    assert "Not yet, I think." in page.text
    assert "its place is gone" in page.text


def test_other_words_for_a_sent_comment_go_back_while_it_is_new(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    sent = factories.make_comment(share=share, author=okafor, passage="repair", text="Why?")
    draft = typed(okafor, share, "Why then?", at=f"edit-{sent.pk.hex}")
    assert state(as_okafor, draft) == "unsaved"
    assert "Why then?</textarea>" in put_back(as_okafor, draft).text
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    page = put_back(as_okafor, draft)
    assert "Why then?" in page.text
    assert "its place is gone" in page.text


# --- The copy is gone ----------------------------------------------------------------------------


def test_comment_on_a_copy_taken_back_is_its_writers_to_read_and_to_copy(
    as_okafor: Client, okafor: User, mira: User, share: Share
) -> None:
    draft = typed(okafor, share, "Still worth reading.")
    actions.revoke_share(by=mira, pk=share.pk)
    assert state(as_okafor, draft) == "unsaved"
    for asked in ({}, {"do": "keep"}):
        page = as_okafor.post(URL, draft | asked)
        assert page.status_code == 200
        assert "Still worth reading." in page.text
        assert "not open to you any more" in page.text
        assert "Put it back" not in page.text


def test_comment_that_was_sent_before_the_copy_was_taken_back_is_not_offered(
    as_okafor: Client, okafor: User, mira: User, share: Share
) -> None:
    draft = typed(okafor, share, "What did you feel?")
    send(as_okafor, share, draft, "What did you feel?")
    actions.revoke_share(by=mira, pk=share.pk)
    assert state(as_okafor, draft) == "kept"


def test_draft_says_nothing_of_a_copy_that_its_writer_never_could_read(
    as_mira: Client, mira: User, jonas: User, share: Share
) -> None:
    """Whoever seals a draft of their own for a copy of others learns no more than of a wrong id."""
    browser = Client()
    factories.unlock(browser, jonas)
    pages = []
    for thing in (share.pk, uuid4()):
        fields = {"comment": str(uuid4()), "passage": "repair", "text": "Hello?"}
        draft = factories.sealed_draft(
            person=jonas, thing=thing, place="comment.new-repair", fields=fields
        )
        page = put_back(browser, draft)
        pages.append(page.text.replace(draft["sealed"], "").replace(str(thing), ""))
    assert pages[0].split("<main")[1][:900] == pages[1].split("<main")[1][:900]


def test_supervisors_draft_opens_for_nobody_else(
    as_mira: Client, okafor: User, share: Share
) -> None:
    answer = as_mira.post(URL, typed(okafor, share, "Okafor's alone."))
    assert answer.status_code == 409
    assert "alone" not in answer.text


@pytest.mark.parametrize("place", ["comment.new-happened", "comment", "meeting"])
def test_comment_does_not_open_in_another_place(
    as_okafor: Client, okafor: User, share: Share, place: str
) -> None:
    assert state(as_okafor, typed(okafor, share, "Typed.") | {"passage": place}) == "sealed"


def test_comment_stays_closed_while_the_vault_is_locked(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    draft = typed(okafor, share, "What did you feel?")
    Unlock.objects.all().delete()
    answer = as_okafor.post(URL, draft)
    assert answer.status_code == 423
    assert "What did you feel?" not in answer.text


def test_each_form_beside_a_copy_seals_to_its_own_place(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    page = as_okafor.get(reverse("share_read", args=[share.pk])).text
    vault = Vault.objects.active().get(user=okafor)
    for slug in share.passages:
        context = crypto.browser_draft(vault.pk, share.pk, f"comment.new-{slug}", okafor.pk)
        assert crypto.sealing_info(context).hex() in page


def test_comment_from_a_page_that_somebody_else_had_opened_is_not_sent_as_theirs(
    as_okafor: Client, mira: User, share: Share
) -> None:
    answer = send(as_okafor, share, {"page": str(uuid4())}, "Mira's.", writer=str(mira.pk))
    assert answer.status_code == 409
    assert "Mira&#x27;s." in answer.text
    assert not Comment.objects.exists()


# --- A meeting's notes ---------------------------------------------------------------------------


def test_notes_are_shown_beside_what_stands_and_kept(
    as_okafor: Client, okafor: User, meeting: SupervisionMeeting
) -> None:
    draft = noted(okafor, meeting, "We spoke of Finch.")
    assert state(as_okafor, draft) == "unsaved"
    assert "We spoke of Finch." in as_okafor.post(URL, draft).text
    answer = put_back(as_okafor, draft)
    assert answer["Location"] == reverse("meeting_read", args=[meeting.pk]) + "#notes"
    assert notes(meeting, okafor) == "We spoke of Finch."
    assert state(as_okafor, draft) == "kept"


def test_notes_never_overwrite_what_the_other_wrote_meanwhile(
    as_okafor: Client, okafor: User, mira: User, meeting: SupervisionMeeting
) -> None:
    draft = noted(okafor, meeting, "Okafor's.")
    actions.write_notes(
        by=mira,
        reader=factories.reader(mira),
        pk=meeting.pk,
        text="Written by Mira.",
        source=Source(meeting.revision, "another", 1),
    )
    answer = put_back(as_okafor, draft)
    assert answer.status_code == 409
    assert "Written by Mira." in answer.text
    assert notes(meeting, okafor) == "Written by Mira."
    assert MeetingVersion.objects.filter(kind=MeetingVersion.Kind.CONFLICT).count() == 1
    assert state(as_okafor, draft) == "kept"  # among the versions


def test_notes_of_a_meeting_called_off_can_be_read_and_copied(
    as_okafor: Client, okafor: User, meeting: SupervisionMeeting
) -> None:
    draft = noted(okafor, meeting, "We spoke of Finch.")
    actions.call_off_meeting(by=okafor, pk=meeting.pk)
    page = put_back(as_okafor, draft)
    assert "We spoke of Finch." in page.text
    assert "Keep this text" not in page.text
    assert notes(meeting, okafor) == ""


def test_notes_too_long_to_be_saved_are_shown_whole(
    as_okafor: Client, okafor: User, meeting: SupervisionMeeting
) -> None:
    text = "x" * 200_001
    page = put_back(as_okafor, noted(okafor, meeting, text))
    assert text in page.text
    assert notes(meeting, okafor) == ""


def test_outsider_learns_nothing_of_a_meeting_by_a_draft(
    jonas: User, meeting: SupervisionMeeting
) -> None:
    browser = Client()
    factories.unlock(browser, jonas)
    page = put_back(browser, noted(jonas, meeting, "Hello?"))
    assert "Hello?" in page.text
    assert "Mira" not in page.text
    assert "does not open here" in page.text


def test_page_of_the_notes_tells_its_script_whom_to_seal_to(
    as_okafor: Client, okafor: User, meeting: SupervisionMeeting
) -> None:
    page = as_okafor.get(reverse("meeting_notes", args=[meeting.pk])).text
    vault = Vault.objects.active().get(user=okafor)
    context = crypto.browser_draft(vault.pk, meeting.pk, "meeting", okafor.pk)
    assert crypto.sealing_info(context).hex() in page
