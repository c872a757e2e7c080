"""Comments: on chosen words, held until sent, new for ten minutes, thanked for, acted on."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection import agreed, codes
from reflection.actions import delete_entry, restore_entry
from reflection.document import Label, Repair
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, HeldComment, Reaction, Share, ShareEvent
from supervision.models.comment import STILL_NEW
from supervision.rules import Refused
from supervision.said import Anchor, HeldSaid, Place, Said, encode_said
from tests import factories
from tests.supervision.conftest import BrowserOf
from vault import crypto

PLAN = "Thursday: no explaining first."


def page_of(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def html_of(browser: Client, share: Share) -> str:
    return browser.get(page_of(share)).content.decode()


def say(browser: Client, share: Share, text: str, **fields: Any) -> Any:
    """Post a comment on *Repair*."""
    posted = {"passage": "repair", "text": text} | fields
    return browser.post(reverse("comment_add", args=[share.pk]), posted)


def held(share: Share, okafor: User, text: str = "Not yet.", **fields: Any) -> HeldComment:
    """Hold a comment of Okafor's on *Repair*."""
    return actions.hold_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        **({"passage": "repair", "text": text} | fields),
    )


def said(share: Share, reader: User) -> list[str]:
    data_key = Share.objects.get(pk=share.pk).data_key(factories.reader(reader))
    return [one.read(data_key) for one in share.comments.conversation()]


# --- On chosen words -----------------------------------------------------------------------------


def test_controls_that_a_paste_brings_along_keep_no_comment_from_being_sent(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    assert say(as_okafor, share, "What did\x00 you feel\x08?").status_code == 302
    assert said(share, okafor) == ["What did you feel?"]


def test_words_copied_into_the_form_are_found_and_marked_for_both(
    as_okafor: Client, as_mira: Client, share: Share
) -> None:
    say(as_okafor, share, "Why not?", about="no explaining")

    comment = Comment.objects.get()
    for html in (html_of(as_okafor, share), html_of(as_mira, share)):
        assert '<mark class="of-note">no explaining</mark>' in html
        assert f'id="words-{comment.pk}" href="#comment-{comment.pk}"' in html
        assert f'href="#words-{comment.pk}"' in html


@pytest.mark.parametrize("about", ["no   explaining", "No explaining", "“no explaining”"])
def test_words_are_found_however_spaced_cased_or_quoted(
    as_okafor: Client, share: Share, okafor: User, about: str
) -> None:
    say(as_okafor, share, "Why not?", about=about)

    data_key = share.data_key(factories.reader(okafor))
    anchor = Comment.objects.get().open(data_key).anchor
    assert anchor is not None
    assert anchor.words == "no explaining"


@pytest.mark.parametrize(
    ("about", "complaint"),
    [("an explanation", "do not stand in this passage"), ("n", "more than once")],
)
def test_words_that_cannot_be_placed_keep_everything_that_was_typed(
    as_okafor: Client, share: Share, about: str, complaint: str
) -> None:
    answer = say(as_okafor, share, "Typed with care.", about=about)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert complaint in html
    assert "Typed with care." in html
    assert not Comment.objects.exists()


def test_words_that_stand_twice_are_told_apart_by_the_place_a_browser_says(
    as_okafor: Client, agreement: Agreement, mira: User, okafor: User
) -> None:
    plan = "Wait 🪡. Then wait.\n\nWait."
    entry = factories.make_entry(
        owner=mira,
        keys=factories.vault_keys(mira),
        document=factories.full_document(repair=Repair(plan=plan)),
    )
    share = factories.make_share(agreement=agreement, entry=entry)
    at = plan.rindex("Wait")

    say(as_okafor, share, "This one?", about="Wait", at=f"0..{at}.{at + 4}")

    anchor = Comment.objects.get().open(share.data_key(factories.reader(okafor))).anchor
    assert anchor == Anchor(block=0, start=at, end=at + 4, words="Wait")


def test_place_a_browser_says_is_believed_for_nothing_but_the_words_there(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    say(as_okafor, share, "Here?", about="no explaining", at="0..0.8")

    anchor = Comment.objects.get().open(share.data_key(factories.reader(okafor))).anchor
    assert anchor is not None
    assert anchor.start == PLAN.index("no explaining")


@pytest.mark.parametrize(
    "anchor",
    [
        Anchor(0, 0, 8, "Thursday!"),
        Anchor(0, 1, 9, "Thursday"),
        Anchor(9, 0, 8, "Thursday"),
        Anchor(0, 0, 8, "Thursday", item=0),
        Anchor(0, 3, 3, ""),
        Anchor(-1, 0, 8, "Thursday"),
    ],
)
def test_anchor_that_does_not_hold_is_refused_on_write(
    share: Share, okafor: User, anchor: Anchor
) -> None:
    with pytest.raises(Refused):
        factories.make_comment(share=share, author=okafor, anchor=anchor)
    with pytest.raises(Refused):
        held(share, okafor, anchor=anchor)


def test_anchor_that_does_not_hold_is_not_believed_on_reading(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    data_key = share.data_key(factories.reader(okafor))
    comment = factories.make_comment(share=share, author=okafor, text="Moved.")
    forged = comment.open(data_key)
    comment.write(type(forged)(forged.text, None, Anchor(0, 0, 8, "Saturday")), data_key)
    comment.save()

    html = html_of(as_okafor, share)

    assert "of-note" not in html
    assert "These words do not stand in the copy" in html
    assert "Moved." in html


def test_overlapping_marks_are_both_there_and_numbered_in_reading_order(
    as_okafor: Client, share: Share
) -> None:
    say(as_okafor, share, "The later.", about="explaining first")
    say(as_okafor, share, "The earlier.", about="no explaining")

    html = html_of(as_okafor, share)

    assert '<mark class="of-note deep">explaining</mark>' in html
    numbered = re.findall(r'id="words-([^"]+)"[^>]*data-number="(\d)"', html)
    later, earlier = Comment.objects.conversation()
    assert dict(numbered) == {str(earlier.pk): "1", str(later.pk): "2"}


def test_lens_puts_its_label_on_the_comment_and_the_supervisee_gets_none_to_choose(
    as_okafor: Client, as_mira: Client, share: Share
) -> None:
    factories.load_guide()
    assert "Culture and power" in html_of(as_okafor, share)

    say(as_okafor, share, "Who could say what?", lens="sv-power")

    assert '<p class="lens">Culture and power</p>' in html_of(as_okafor, share)
    html = html_of(as_mira, share)
    assert '<p class="lens">Culture and power</p>' in html
    assert 'name="lens"' not in html


def test_lens_and_words_stand_nowhere_in_clear(share: Share, okafor: User) -> None:
    anchor = Anchor(0, 0, 8, "Thursday")
    lens = Label("sv-power", "Culture and power")
    factories.make_comment(share=share, author=okafor, text="canary", anchor=anchor, lens=lens)
    held(share, okafor, "canary", anchor=anchor, lens=lens)

    rows = repr(list(Comment.objects.values())) + repr(list(HeldComment.objects.values()))

    for words in ("canary", "Thursday", "power", "anchor"):
        assert words not in rows
    assert "repair" not in repr(list(HeldComment.objects.values()))


# --- Held until sent -----------------------------------------------------------------------------


def test_held_comment_is_seen_by_its_author_and_betrayed_nowhere_to_the_supervisee(
    as_okafor: Client, as_mira: Client, share: Share, entry: Entry
) -> None:
    html_of(as_mira, share)
    html_of(as_okafor, share)
    pages = [
        page_of(share),
        reverse("share_receipt", args=[share.pk]),
        reverse("supervision_home"),
        reverse("entry_read", args=[entry.pk]),
        reverse("home"),
        reverse("held_list"),
    ]
    before = [_bare(as_mira.get(page).content.decode()) for page in pages]
    events = share.events.count()
    mail.outbox.clear()

    assert say(as_okafor, share, "Not yet.", do="hold").status_code == 302

    assert "Not yet." in html_of(as_okafor, share)
    assert "Send 1 held comment" in html_of(as_okafor, share)
    assert [_bare(as_mira.get(page).content.decode()) for page in pages] == before
    assert share.events.filter(kind="commented").count() == 0
    assert share.events.count() == events
    assert not mail.outbox
    assert not Comment.objects.exists()


def _bare(html: str) -> str:
    """Return a page without what is another each time it is shown, and without the openings."""
    html = re.sub(r'name="(csrfmiddlewaretoken|comment)"[^>]*', "", html)
    html = re.sub(r'<ol class="log">.*?</ol>', "", html, flags=re.DOTALL)
    return re.sub(r"(locks?-?[a-z]*|data-[a-z-]+)=\"[^\"]*\"|in \d+ min\w*|openings?", "", html)


def test_held_comment_opens_for_its_author_alone(
    share: Share, mira: User, okafor: User, jonas: User
) -> None:
    waiting = HeldComment.objects.get(pk=held(share, okafor).pk)

    assert waiting.open(factories.reader(okafor)).said.text == "Not yet."
    for other in (mira, jonas):
        with pytest.raises(crypto.CannotOpen):
            waiting.open(factories.reader(other))
    posing = factories.reader(mira)
    object.__setattr__(posing, "user_id", okafor.pk)
    waiting.vault = posing.vault
    with pytest.raises(crypto.CannotOpen):
        waiting.open(posing)


def test_held_comment_does_not_open_with_the_shares_key(
    share: Share, mira: User, okafor: User
) -> None:
    waiting = held(share, okafor)

    for reader in (factories.reader(mira), factories.reader(okafor)):
        data_key = share.data_key(reader)
        as_sent = Comment(pk=waiting.pk, share=share, author=okafor, passage="repair")
        for context in (waiting.context, as_sent.context):
            with pytest.raises(crypto.CannotOpen):
                crypto.decrypt_body(data_key, bytes(waiting.body), context)


def test_held_comment_keeps_the_place_it_is_about_and_no_word_of_the_copy(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    waiting = held(share, okafor, "Now.", anchor=Anchor(0, 0, 8, "Thursday"))

    stored = waiting.open_as_stored(factories.reader(okafor))

    assert (stored.place, stored.said.anchor) == (Place(0, 0, 8), None)
    assert b"Thursday" not in encode_said(stored)
    # While the copy opens they are read from it, as before.
    note = next(
        thread
        for beside in as_okafor.get(page_of(share)).context["beside"]
        for thread in beside.threads
    )
    assert (note.quote, note.number) == ("Thursday", 1)
    assert note.edit_form["about"].value() == "Thursday"


@pytest.mark.parametrize("address", ["share_read", "held_list", "closed"])
def test_words_that_were_once_kept_in_a_held_comment_are_forgotten_as_its_author_looks(
    as_okafor: Client, share: Share, mira: User, okafor: User, address: str
) -> None:
    waiting = held_with_words(share, okafor)
    assert waiting.open(factories.reader(okafor)).said.anchor is None
    if address == "closed":
        actions.revoke_share(by=mira, pk=share.pk)

    where = reverse("held_list") if address == "held_list" else page_of(share)
    html = as_okafor.get(where).content.decode()

    assert "An older Mend." in html
    waiting.refresh_from_db()
    stored = waiting.open_as_stored(factories.reader(okafor))
    assert (stored.place, stored.has_words) == (Place(0, 0, 8), False)
    assert "Thursday" not in html or address == "share_read"


def test_held_comment_changed_while_its_words_are_forgotten_stays_as_it_was_changed(
    share: Share, okafor: User
) -> None:
    waiting = held_with_words(share, okafor)
    reader = factories.reader(okafor)
    read = HeldComment.objects.get(pk=waiting.pk)
    actions.change_held(by=okafor, reader=reader, pk=share.pk, held=waiting.pk, text="Newer.")

    read.forget_words(read.open_as_stored(reader), reader)

    waiting.refresh_from_db()
    assert waiting.open(reader).said.text == "Newer."


def held_with_words(share: Share, author: User) -> HeldComment:
    """Return a held comment as it was once kept: with the words that it is about."""
    reader = factories.reader(author)
    waiting = held(share, author, "An older Mend.")
    said = HeldSaid(Said("An older Mend.", anchor=Anchor(0, 0, 8, "Thursday")), "repair")
    waiting.body = reader.keys.encrypt_body(encode_said(said), waiting.context)
    waiting.save(update_fields=["body"])
    assert waiting.open_as_stored(reader).has_words
    return waiting


def test_held_comments_swapped_between_rows_do_not_open(
    share: Share, agreement: Agreement, okafor: User
) -> None:
    one, other = held(share, okafor, "One"), held(share, okafor, "Other")
    elsewhere = held(factories.make_share(agreement=agreement), okafor, "Elsewhere")
    reader = factories.reader(okafor)
    one.body, other.body = other.body, one.body
    moved = HeldComment.objects.get(pk=elsewhere.pk)
    moved.share_uid = share.pk

    for swapped in (one, other, moved):
        with pytest.raises(crypto.CannotOpen):
            swapped.open(reader)


def test_sending_makes_a_comment_both_open_and_leaves_nothing_held(
    as_okafor: Client, share: Share, mira: User, okafor: User
) -> None:
    waiting = held(share, okafor, "Now.", anchor=Anchor(0, 0, 8, "Thursday"))
    mail.outbox.clear()

    as_okafor.post(reverse("held_send_one", args=[share.pk, waiting.pk]))

    assert not HeldComment.objects.exists()
    assert said(share, mira) == said(share, okafor) == ["Now."]
    sent = Comment.objects.get()
    assert sent.open(share.data_key(factories.reader(mira))).anchor is not None
    assert sent.created_at > waiting.created_at
    assert [event.kind for event in share.events.log()][-1] == "commented"
    assert len(mail.outbox) == 1


def test_sending_all_keeps_their_order_and_tells_once(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    thread = factories.make_comment(share=share, author=mira, text="And this?")
    held(share, okafor, "First.")
    held(share, okafor, "Second.", parent=thread.pk)
    held(share, okafor, "Third.", passage="looking_again")
    mail.outbox.clear()
    before = share.events.filter(kind="commented").count()

    answer = as_okafor.post(reverse("held_send", args=[share.pk]), follow=True)

    assert "3 comments sent." in answer.content.decode()
    assert set(said(share, mira)) == {"And this?", "First.", "Second.", "Third."}
    assert Comment.objects.get(parent=thread).author == okafor
    assert share.events.filter(kind="commented").count() == before + 1
    assert len(mail.outbox) == 1


def test_sending_twice_sends_once(as_okafor: Client, share: Share, okafor: User) -> None:
    held(share, okafor)

    as_okafor.post(reverse("held_send", args=[share.pk]))
    answer = as_okafor.post(reverse("held_send", args=[share.pk]), follow=True)

    assert "There was nothing held to send." in answer.content.decode()
    assert Comment.objects.count() == 1


def test_one_that_is_damaged_keeps_no_other_from_being_sent(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    damaged = held(share, okafor, "Lost to a bad disk.")
    HeldComment.objects.filter(pk=damaged.pk).update(body=b"\x01\x01")
    held(share, okafor, "Still here.")

    as_okafor.post(reverse("held_send", args=[share.pk]))

    assert said(share, mira) == ["Still here."]
    assert HeldComment.objects.get().pk == damaged.pk
    assert "1 does not open here and is kept" in html_of(as_okafor, share)


def test_holding_the_same_words_twice_holds_them_once(as_okafor: Client, share: Share) -> None:
    sent = {"comment": str(uuid4()), "do": "hold"}
    say(as_okafor, share, "Once.", **sent)
    say(as_okafor, share, "Once.", **sent)

    assert HeldComment.objects.count() == 1


def test_button_that_was_pressed_last_comes_first(as_okafor: Client, share: Share) -> None:
    def first() -> str:
        return re.findall(
            r'class="btn" type="submit" name="do" value="(\w+)"', html_of(as_okafor, share)
        )[0]

    assert first() == "send"
    say(as_okafor, share, "Not yet.", do="hold", passage="looking_again")
    assert 'class="btn" type="submit" name="do" value="hold">Hold' in html_of(as_okafor, share)


def test_held_comment_is_edited_and_deleted_freely(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "Not quite.")
    address = reverse("held_change", args=[share.pk, waiting.pk])
    as_okafor.post(address, {"passage": "repair", "text": "Better.", "do": "hold"})
    again = HeldComment.objects.get()
    assert again.open(factories.reader(okafor)).said.text == "Better."

    as_okafor.post(reverse("held_drop", args=[waiting.pk]))

    assert not HeldComment.objects.exists()
    assert said(share, mira) == []


def test_held_comment_is_edited_and_sent_in_one(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "Not quite.")
    address = reverse("held_change", args=[share.pk, waiting.pk])

    as_okafor.post(address, {"passage": "repair", "text": "Better.", "do": "send"})

    assert said(share, mira) == ["Better."]


def test_supervisee_holds_nothing_back(as_mira: Client, share: Share) -> None:
    answer = say(as_mira, share, "For later.", do="hold")

    assert answer.status_code == 409
    assert "For later." in answer.content.decode()
    assert not HeldComment.objects.exists()
    assert "Hold" not in re.findall(r"<button[^>]*>([^<]*)<", html_of(as_mira, share))


@pytest.mark.parametrize("who", ["mira", "jonas", "operator"])
def test_nobody_else_sends_changes_or_deletes_what_is_held(
    browser_of: BrowserOf, share: Share, okafor: User, who: str, request: pytest.FixtureRequest
) -> None:
    waiting = held(share, okafor)
    browser = browser_of(request.getfixturevalue(who))

    for name, args in (
        ("held_send", [share.pk]),
        ("held_send_one", [share.pk, waiting.pk]),
        ("held_change", [share.pk, waiting.pk]),
        ("held_drop", [waiting.pk]),
    ):
        browser.post(reverse(name, args=args), {"text": "Mine now.", "passage": "repair"})

    kept = HeldComment.objects.get()
    assert bytes(kept.body) == bytes(waiting.body)
    assert not Comment.objects.exists()


def said_on(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_what_another_holds_is_answered_like_what_was_never_there(
    as_mira: Client, share: Share, okafor: User
) -> None:
    waiting = held(share, okafor)

    def answers(pk: UUID) -> list[tuple[int, str, str]]:
        dropped = as_mira.post(reverse("held_drop", args=[pk]), follow=True)
        change = reverse("held_change", args=[share.pk, pk])
        pressed = as_mira.post(change, {"do": "drop"}, follow=True)
        return [
            (one.status_code, one.request["PATH_INFO"], said_on(one)) for one in (dropped, pressed)
        ]

    assert answers(waiting.pk) == answers(uuid4())
    assert HeldComment.objects.get() == waiting


# --- Taken back while the supervisor types -------------------------------------------------------


def test_held_comment_of_a_share_that_was_taken_back_stays_its_authors_to_read_and_delete(
    as_okafor: Client, as_mira: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "A page I had not sent.")
    sent = factories.make_comment(share=share, author=okafor, text="One I had sent.")
    actions.revoke_share(by=mira, pk=share.pk)

    closed = as_okafor.get(page_of(share))
    assert closed.status_code == 410
    assert "A page I had not sent." in closed.content.decode()
    assert "One I had sent." not in closed.content.decode()
    assert "A page I had not sent." in as_okafor.get(reverse("held_list")).content.decode()
    with pytest.raises(crypto.CannotOpen):
        Share.objects.get(pk=share.pk).data_key(factories.reader(okafor))

    answer = as_okafor.post(reverse("held_send", args=[share.pk]), follow=True)
    assert "Nothing was sent, nothing was lost." in answer.content.decode()
    assert list(Comment.objects.all()) == [sent]

    as_okafor.post(reverse("held_drop", args=[waiting.pk]))
    assert not HeldComment.objects.exists()


def test_change_of_a_held_comment_that_comes_too_late_is_handed_back(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "Before.")
    actions.revoke_share(by=mira, pk=share.pk)

    address = reverse("held_change", args=[share.pk, waiting.pk])
    answer = as_okafor.post(address, {"passage": "repair", "text": "After.", "do": "send"})

    assert answer.status_code == 409
    assert "After." in answer.content.decode()
    assert HeldComment.objects.get().open(factories.reader(okafor)).said.text == "Before."


@pytest.mark.parametrize("do", ["send", "hold"])
def test_comment_that_comes_too_late_is_kept_among_what_its_author_holds(
    as_okafor: Client, share: Share, okafor: User, mira: User, do: str
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)
    typed = {"passage": "repair", "text": "Too late.", "do": do, "comment": str(uuid4())}
    refused = as_okafor.post(reverse("comment_add", args=[share.pk]), typed)
    assert refused.status_code == 409
    assert "data-unsaved" in refused.content.decode()
    assert "Keep it among what I hold" in refused.content.decode()

    hidden = {one.html_name: one.value() or "" for one in refused.context["form"]}
    for _press in range(2):
        answer = as_okafor.post(reverse("comment_keep", args=[share.pk]), hidden, follow=True)

    assert "Too late." in answer.content.decode()
    [kept] = HeldComment.objects.all()
    assert kept.author == okafor
    assert kept.open(factories.reader(okafor)).said.text == "Too late."
    assert "Too late." in as_okafor.get(page_of(share)).content.decode()
    sent = as_okafor.post(reverse("held_send", args=[share.pk]), follow=True)
    assert "Nothing was sent, nothing was lost." in sent.content.decode()
    assert not Comment.objects.exists()


def test_change_that_comes_too_late_is_kept_in_the_comment_it_was_to_change(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "Before.")
    actions.revoke_share(by=mira, pk=share.pk)
    address = reverse("held_change", args=[share.pk, waiting.pk])
    refused = as_okafor.post(address, {"passage": "repair", "text": "After.", "do": "send"})

    hidden = {one.html_name: one.value() or "" for one in refused.context["form"]}
    as_okafor.post(reverse("comment_keep", args=[share.pk]), hidden)

    assert HeldComment.objects.get().open(factories.reader(okafor)).said.text == "After."


def fields_of(form: Any) -> dict[str, Any]:
    """Return what a form on a page would post as it stands."""
    given = {one.html_name: one.value() for one in form if one.value() is not None}
    return {name: str(value) for name, value in given.items()}


def opened(browser: Client, share: Share, pk: UUID) -> dict[str, Any]:
    """Return the fields of the form that changes a comment, as the page is opened now."""
    [note] = (
        note
        for one in browser.get(page_of(share)).context["beside"]
        for note in one.last_notes
        if note.comment.pk == pk
    )
    return fields_of(note.edit_form)


def words(share: Share, okafor: User) -> list[str]:
    """Return what Okafor holds, or else what was sent."""
    waiting = [one.open(factories.reader(okafor)).said.text for one in HeldComment.objects.all()]
    return waiting or said(share, okafor)


def test_comments_sent_together_are_told_of_and_recorded_by_their_number(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    mail.outbox.clear()
    held(share, okafor, "One.")
    as_okafor.post(reverse("held_send", args=[share.pk]))
    held(share, okafor, "Two.")
    held(share, okafor, "Three.")
    as_okafor.post(reverse("held_send", args=[share.pk]))

    one, two = share.events.filter(kind=ShareEvent.Kind.COMMENTED).order_by("number")
    assert (one.facts, two.facts) == ({}, {"number": 2})
    assert one.is_whole
    assert two.is_whole
    assert one.words == f"{okafor.get_full_name()} commented"
    assert two.words == f"{okafor.get_full_name()} sent 2 comments"
    first, second = (one for one in mail.outbox if one.to == [mira.email])
    assert "wrote a comment. It is not in this mail" in first.body
    assert second.subject == "2 comments wait for you in Mend"
    assert "wrote 2 comments. They are not in this mail" in second.body


@pytest.mark.parametrize("name", ["held_change", "comment_edit"])
def test_comment_changed_in_two_tabs_shows_both_texts_to_choose(
    as_okafor: Client, share: Share, okafor: User, name: str
) -> None:
    comment: Comment | HeldComment = (
        held(share, okafor)
        if name == "held_change"
        else factories.make_comment(share=share, author=okafor)
    )
    address = reverse(name, args=[share.pk, comment.pk])
    one, other = (opened(as_okafor, share, comment.pk) for _tab in range(2))
    assert as_okafor.post(address, one | {"text": "A careful thought."}).status_code == 302

    answer = as_okafor.post(address, other | {"text": "Other words.", "do": "send"})

    assert answer.status_code == 409
    assert words(share, okafor) == ["A careful thought."]
    page = answer.content.decode()
    assert "Two texts of one comment" in page
    assert "A careful thought.</div>" in page
    assert "Other words.</div>" in page
    assert f'data-seal-page="{other["comment"]}"' in page  # Its draft is not offered beside it.
    context = answer.context
    [(_both, both), (_mine, mine)] = context["choices"]
    chosen = {**dict(context["given"]), "before": context["before"], "text": both}
    assert as_okafor.post(address, chosen).status_code == 302
    assert words(share, okafor) == ["A careful thought.\n\nOther words."]
    assert as_okafor.post(address, chosen).status_code == 302  # The same press, sent again.
    assert as_okafor.post(address, chosen | {"text": mine}).status_code == 409


def test_late_words_do_not_replace_newer_ones_that_are_held(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    waiting = held(share, okafor, "Before.")
    tab = opened(as_okafor, share, waiting.pk)
    address = reverse("held_change", args=[share.pk, waiting.pk])
    as_okafor.post(address, opened(as_okafor, share, waiting.pk) | {"text": "Newer."})
    actions.revoke_share(by=mira, pk=share.pk)

    refused = as_okafor.post(address, tab | {"text": "From the older tab."})
    for _press in range(2):
        as_okafor.post(reverse("comment_keep", args=[share.pk]), fields_of(refused.context["form"]))

    assert words(share, okafor) == ["Newer.", "From the older tab."]


@pytest.mark.parametrize("who", ["mira", "jonas", "ada"])
def test_nobody_but_the_supervisor_keeps_what_came_too_late(
    share: Share,
    mira: User,
    who: str,
    request: pytest.FixtureRequest,
    browser_of: BrowserOf,
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)
    browser = browser_of(request.getfixturevalue(who))

    answer = browser.post(
        reverse("comment_keep", args=[share.pk]), {"passage": "repair", "text": "Mine."}
    )

    assert answer.status_code == (409 if who == "mira" else 404)
    assert not HeldComment.objects.exists()


def test_comments_bear_the_same_numbers_for_both_while_something_is_held(
    as_okafor: Client, as_mira: Client, share: Share, okafor: User
) -> None:
    factories.make_comment(
        share=share, author=okafor, text="Second words.", anchor=Anchor(0, 10, 12, "no")
    )
    held(share, okafor, "Held, about the first.", anchor=Anchor(0, 0, 8, "Thursday"))

    def numbers(browser: Client) -> list[str]:
        return re.findall(r'data-number="(\d+)"', html_of(browser, share))

    assert numbers(as_mira) == ["1"]
    assert numbers(as_okafor) == ["2", "1"]


@pytest.mark.parametrize("page", ["share_read", "held_list"])
def test_deleting_what_is_held_is_asked_first(
    as_okafor: Client, share: Share, okafor: User, page: str
) -> None:
    held(share, okafor, "Still thinking.")

    html = as_okafor.get(
        reverse(page, args=[share.pk] if page == "share_read" else [])
    ).content.decode()

    asked = html.partition("Delete</summary>")[2]
    assert "Delete it for good" in asked.partition("</details>")[0]


def test_held_comment_outlives_its_share(as_okafor: Client, share: Share, okafor: User) -> None:
    held(share, okafor, "Still mine.")
    Share.objects.filter(pk=share.pk).delete()

    html = as_okafor.get(reverse("held_list")).content.decode()

    assert "Still mine." in html
    assert "For a copy that is gone" in html


# --- For ten minutes -----------------------------------------------------------------------------


def test_comment_can_be_edited_for_ten_minutes_and_shows_it(
    as_okafor: Client, as_mira: Client, share: Share, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Wsa it?")
    address = reverse("comment_edit", args=[share.pk, comment.pk])

    as_okafor.post(address, {"passage": "repair", "text": "Was it?"})

    html = html_of(as_mira, share)
    assert "Was it?" in html
    assert "Wsa it?" not in html
    assert re.search(r"edited \d\d:\d\d", html)


def test_edit_keeps_the_words_it_is_about(share: Share, okafor: User) -> None:
    anchor = Anchor(0, 0, 8, "Thursday")
    comment = factories.make_comment(share=share, author=okafor, anchor=anchor)
    reader = factories.reader(okafor)

    actions.edit_comment(by=okafor, reader=reader, pk=share.pk, comment=comment.pk, text="New.")

    found = Comment.objects.get().open(share.data_key(reader))
    assert (found.text, found.anchor) == ("New.", anchor)


def test_after_ten_minutes_a_comment_stands(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    at = timezone.now() - STILL_NEW
    comment = factories.make_comment(share=share, author=okafor, text="It stands.", at=at)
    address = reverse("comment_edit", args=[share.pk, comment.pk])

    answer = as_okafor.post(address, {"passage": "repair", "text": "Changed."})
    as_okafor.post(reverse("comment_remove", args=[share.pk, comment.pk]))

    assert answer.status_code == 409
    assert "Changed." in answer.content.decode()
    assert said(share, mira) == ["It stands."]
    assert address not in html_of(as_okafor, share)


def test_removed_comment_leaves_its_place_and_nothing_else(
    as_okafor: Client, as_mira: Client, share: Share, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Too sharp.")

    as_okafor.post(reverse("comment_remove", args=[share.pk, comment.pk]))

    assert bytes(Comment.objects.get().body) == b""
    html = html_of(as_mira, share)
    assert "Removed at" in html
    assert "Too sharp." not in html


def test_removed_comment_is_counted_and_waited_for_nowhere(
    share: Share, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    assert [one.pk for one in Share.objects.of_today(mira)] == [share.pk]

    actions.remove_comment(by=okafor, pk=share.pk, comment=comment.pk)

    assert not Share.objects.of_today(mira)
    share.refresh_from_db()
    assert (share.comment_count, share.last_word, share.last_comment_at) == (0, "", None)


def test_comment_that_was_answered_cannot_be_removed(
    as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Hm?")
    factories.make_comment(share=share, author=mira, text="Yes.", parent=comment.pk)

    address = reverse("comment_remove", args=[share.pk, comment.pk])
    answer = as_okafor.post(address, follow=True)

    assert "It was answered meanwhile" in answer.content.decode()
    assert said(share, mira) == ["Hm?", "Yes."]


@pytest.mark.parametrize("who", ["mira", "jonas", "operator"])
def test_nobody_edits_or_removes_somebody_elses_comment(
    browser_of: BrowserOf,
    share: Share,
    okafor: User,
    mira: User,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Mine.")
    browser = browser_of(request.getfixturevalue(who))

    for name in ("comment_edit", "comment_remove"):
        address = reverse(name, args=[share.pk, comment.pk])
        browser.post(address, {"passage": "repair", "text": "Yours."})

    assert said(share, mira) == ["Mine."]


# --- Quiet answers -------------------------------------------------------------------------------


def test_supervisor_sees_thanks_and_it_can_be_taken_back(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    thanks = reverse("comment_thanks", args=[share.pk, comment.pk])
    as_mira.post(thanks)
    as_mira.post(thanks)
    as_mira.post(reverse("comment_helped", args=[share.pk, comment.pk]))
    assert Reaction.objects.count() == 2
    assert "<span>Thanks</span><span>This helped</span>" in re.sub(
        r">\s+<", "><", html_of(as_okafor, share)
    )

    as_mira.post(thanks, {"on": "no"})

    assert [one.kind for one in Reaction.objects.all()] == ["helped"]


def test_supervisor_thanks_nobody_this_way(
    as_okafor: Client, share: Share, mira: User, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=mira)

    as_okafor.post(reverse("comment_thanks", args=[share.pk, comment.pk]))
    as_okafor.post(reverse("comment_act_on", args=[share.pk, comment.pk]))

    assert not Reaction.objects.exists()


def test_nobody_thanks_themselves(as_mira: Client, share: Share, mira: User) -> None:
    comment = factories.make_comment(share=share, author=mira)

    as_mira.post(reverse("comment_thanks", args=[share.pk, comment.pk]))

    assert not Reaction.objects.exists()


def test_comment_to_act_on_joins_the_plan_and_is_ticked_and_taken_out_there(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Rehearse the silence.")
    address = reverse("comment_act_on", args=[share.pk, comment.pk])

    as_mira.post(address)
    as_mira.post(address)

    def steps() -> list[tuple[str, date | None]]:
        found = Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair.to_act_on
        return [(one.words, one.done_on) for one in found]

    assert steps() == [("Rehearse the silence.", None)]
    page = reverse("entry_read", args=[entry.pk])
    assert "From supervision" in as_mira.get(page).content.decode()
    writing = reverse("entry_write", args=[entry.pk, "repair"])
    assert "Rehearse the silence." in as_mira.get(writing).content.decode()

    settle = reverse("entry_steps", args=[entry.pk])
    as_mira.post(settle, {"source": str(comment.pk), "do": "done"})
    assert steps() == [("Rehearse the silence.", timezone.localdate())]
    as_mira.post(settle, {"source": str(comment.pk), "do": "remove"})
    assert steps() == []


def test_step_says_that_its_comment_was_changed_and_takes_the_newer_words_over(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Rehearse the silence.")
    address = reverse("comment_act_on", args=[share.pk, comment.pk])
    as_mira.post(address)
    as_mira.post(reverse("entry_steps", args=[entry.pk]), {"source": str(comment.pk), "do": "done"})
    plan, copy = reverse("entry_read", args=[entry.pk]), page_of(share)
    assert "changed the comment since" not in as_mira.get(plan).content.decode()
    actions.edit_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        comment=comment.pk,
        text="Wait, and say nothing.",
    )

    told = as_mira.get(plan).content.decode()
    beside = as_mira.get(copy).content.decode()
    as_mira.post(address, {"on": "newer"})

    assert "changed the comment since" in told
    assert "Rehearse the silence." in told
    assert "Wait, and say nothing." in told
    assert "Changed since: your plan holds the words as they were before." in beside
    [step] = Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair.to_act_on
    assert (step.words, step.done_on) == ("Wait, and say nothing.", timezone.localdate())
    assert "changed the comment since" not in as_mira.get(plan).content.decode()
    assert "Changed since:" not in as_mira.get(copy).content.decode()


def test_supervisor_puts_no_newer_words_into_a_plan(
    as_okafor: Client, as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Before.")
    as_mira.post(reverse("comment_act_on", args=[share.pk, comment.pk]))
    as_okafor.post(reverse("comment_act_on", args=[share.pk, comment.pk]), {"on": "newer"})

    [step] = Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair.to_act_on
    assert step.words == "Before."


def test_step_stays_when_its_comment_is_removed_and_the_place_shows_nothing_more(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Rehearse the silence.")
    for kind in ("act_on", "thanks"):
        as_mira.post(reverse(f"comment_{kind}", args=[share.pk, comment.pk]))
    actions.remove_comment(by=okafor, pk=share.pk, comment=comment.pk)

    plan = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()
    page = as_mira.get(page_of(share))

    [step] = Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair.to_act_on
    assert step.words == "Rehearse the silence."
    assert "removed the comment since" in plan
    html = page.content.decode()
    assert "Removed at" in html
    assert "<span>Thanks</span>" not in html
    assert "To act on" not in html
    [thread] = [one for beside in page.context["beside"] for one in beside.threads]
    assert (thread.form, thread.reactions) == (None, frozenset())


def test_step_from_supervision_is_kept_while_the_plan_is_written_on(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    writing = reverse("entry_write", args=[entry.pk, "repair"])
    opened_at = as_mira.get(writing).content.decode()
    revision = re.findall(r'name="revision"[^>]*value="(\d+)"', opened_at)[0]
    comment = factories.make_comment(share=share, author=okafor, text="Rehearse the silence.")
    as_mira.post(reverse("comment_act_on", args=[share.pk, comment.pk]))

    answer = as_mira.post(writing, {"plan": "Wait longer.", "revision": revision, "go": "later"})

    assert answer.status_code == 302
    repair = Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair
    assert repair.plan == "Wait longer."
    assert [one.words for one in repair.to_act_on] == ["Rehearse the silence."]


def test_unmarking_takes_the_step_out_again(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    address = reverse("comment_act_on", args=[share.pk, comment.pk])
    as_mira.post(address)

    as_mira.post(address, {"on": "no"})

    assert Entry.objects.get(pk=entry.pk).open(factories.vault_keys(mira)).repair == Repair(
        plan=PLAN
    )
    assert not Reaction.objects.exists()


@pytest.mark.parametrize("marked_before", [True, False])
def test_comment_is_to_act_on_only_while_its_reflection_is_there(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User, *, marked_before: bool
) -> None:
    comment = factories.make_comment(share=share, author=okafor)
    address = reverse("comment_act_on", args=[share.pk, comment.pk])
    if marked_before:
        as_mira.post(address)
    actions.revoke_share(by=mira, pk=share.pk)
    assert address in as_mira.get(page_of(share)).content.decode()
    delete_entry(by=mira, pk=entry.pk)

    html = as_mira.get(page_of(share)).content.decode()
    answer = as_mira.post(address, {"on": "no"} if marked_before else {}, follow=True)

    assert address not in html
    assert ("To act on" in html) is marked_before
    assert "The reflection this belongs to is deleted" in answer.content.decode()
    assert Reaction.objects.count() == marked_before
    restore_entry(by=mira, pk=entry.pk)
    assert address in as_mira.get(page_of(share)).content.decode()


def test_nobody_elses_plan_is_ticked(as_okafor: Client, entry: Entry, mira: User) -> None:
    answer = as_okafor.post(
        reverse("entry_steps", args=[entry.pk]), {"source": "x", "do": "remove"}
    )

    assert answer.status_code == 404
    with pytest.raises(Entry.DoesNotExist):
        agreed.remove_step(
            by=User.objects.exclude(pk=mira.pk)[0],
            keys=factories.vault_keys(mira),
            pk=entry.pk,
            source="x",
        )


# --- A reflection of one's own -------------------------------------------------------------------


def test_supervisors_own_reflection_begins_empty_and_remembers_only_where_it_began(
    as_okafor: Client,
    as_mira: Client,
    share: Share,
    okafor: User,
    mira: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = share.events.count()
    # The page proposes codes at random: by chance it would propose the one looked for below.
    others = tuple(name for name in codes.CASE_CODES if name != "Finch")
    monkeypatch.setattr(codes, "CASE_CODES", others)

    answer = as_okafor.post(reverse("share_reflect", args=[share.pk]))

    assert answer.status_code == 200
    assert "Finch" not in answer.content.decode()
    assert not Entry.objects.filter(owner=okafor).exists()
    typed = {"entry": answer.context["entry"].pk, "begun_from": answer.context["begun_from"]}
    as_okafor.post(answer.context["action"], typed)
    assert not Entry.objects.filter(owner=okafor).exists()
    as_okafor.post(answer.context["action"], typed | {"took_place": "I felt called out too."})

    entry = Entry.objects.get(owner=okafor)
    document = entry.open(factories.vault_keys(okafor))
    assert document.begun_from == str(share.pk)
    assert (document.title, document.happened.took_place) == ("", "I felt called out too.")
    assert str(share.pk).encode() not in bytes(entry.body)
    page = reverse("entry_read", args=[entry.pk])
    html = as_okafor.get(page).content.decode()
    assert page_of(share) in html
    assert "Finch" not in html
    assert share.events.count() == events

    actions.revoke_share(by=mira, pk=share.pk)
    assert page_of(share) not in as_okafor.get(page).content.decode()


@pytest.mark.parametrize("who", ["mira", "jonas", "operator"])
def test_nobody_but_its_supervisor_begins_a_reflection_from_a_share(
    browser_of: BrowserOf, share: Share, who: str, request: pytest.FixtureRequest
) -> None:
    before = Entry.objects.count()

    browser_of(request.getfixturevalue(who)).post(reverse("share_reflect", args=[share.pk]))

    assert Entry.objects.count() == before


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "has_comment"),
    [
        ("comment_add", False),
        ("held_send", False),
        ("held_change", True),
        ("comment_edit", True),
        ("comment_remove", True),
        ("comment_thanks", True),
        ("share_reflect", False),
    ],
)
def test_address_of_a_post_leads_to_the_copy(
    as_okafor: Client, share: Share, name: str, has_comment: bool
) -> None:
    args: list[UUID] = [share.pk, uuid4()] if has_comment else [share.pk]

    answer = as_okafor.get(reverse(name, args=args))

    assert (answer.status_code, answer["Location"]) == (303, page_of(share))


def test_next_and_previous_lead_through_what_one_can_read(
    as_okafor: Client, agreement: Agreement, mira: User
) -> None:
    now = timezone.now()
    old, middle, new, gone = (
        factories.make_share(agreement=agreement, at=now - timedelta(days=days))
        for days in (4, 3, 1, 2)
    )
    actions.revoke_share(by=mira, pk=gone.pk)

    html = html_of(as_okafor, middle)

    assert re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', html) == [
        ("prev", page_of(new)),
        ("next", page_of(old)),
    ]


def test_page_with_two_hundred_comments_takes_twelve_queries(
    as_okafor: Client,
    as_mira: Client,
    share: Share,
    okafor: User,
    mira: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    data_key = share.data_key(factories.reader(okafor))
    first = factories.make_comment(share=share, author=okafor, text="Begun.")
    for number in range(200):
        comment = Comment(share=share, passage="repair", author=okafor if number % 2 else mira)
        comment.parent = first if number % 5 else None
        comment.write(Said(f"Comment {number}."), data_key)
        comment.save()
        if number < 50:
            held(share, okafor)
            Reaction.objects.create(comment=comment, by=mira, kind="thanks")
    for browser in (as_okafor, as_mira):
        html_of(browser, share)
        with django_assert_max_num_queries(12):
            html_of(browser, share)
