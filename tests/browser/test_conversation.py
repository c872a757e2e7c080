"""Talking about a copy in a browser: chosen words, held comments, two people at once."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.document import Happened, Repair
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, HeldComment, Share
from supervision.said import Anchor
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, NARROW, WIDE, Scheme

PLAN = "🪡🏳️‍🌈 First wait.\nThen wait.\n\nשלום, and then wait again, <b>longer</b>."

# Chooses words of the copy as a hand would, wherever in the page's text they stand.
CHOOSE = """(words) => {
  const piece = [...document.querySelectorAll('[data-piece]')].find(
    (one) => one.textContent.includes(words));
  const walker = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
  let node;
  while ((node = walker.nextNode())) {
    const at = node.data.lastIndexOf(words);
    if (at >= 0) getSelection().setBaseAndExtent(node, at, node, at + words.length);
  }
}"""


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def share(agreement: Agreement, mira: User) -> Share:
    document = factories.full_document(repair=Repair(plan=PLAN))
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)
    return factories.make_share(agreement=agreement, entry=entry, note="Ask about waiting. " * 30)


def path_of(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def anchors(share: Share, reader: User) -> list[Anchor | None]:
    data_key = share.data_key(factories.reader(reader))
    return [one.open(data_key).anchor for one in share.comments.conversation()]


@pytest.mark.parametrize("words", ["wait again", "שלום", "Then wait", "<b>longer</b>", "First"])
def test_chosen_words_are_commented_on_where_they_stand(
    open_page: OpenPage, okafor: User, share: Share, words: str
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(share))

    page.evaluate(CHOOSE, words)
    page.get_by_role("button", name="Comment on these words").click()
    expect(page.get_by_label("About which words?").locator("visible=true")).to_have_value(words)
    page.get_by_label("Your comment").locator("visible=true").fill("Why these?")
    page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()

    expect(page.locator("mark.of-note")).to_have_text(words)
    at = PLAN.index(words)
    assert anchors(share, okafor) == [Anchor(0, at, at + len(words), words)]


def test_words_chosen_over_two_paragraphs_and_beyond_are_those_of_the_first_text(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(share))

    page.evaluate(
        """() => {
          const parts = document.querySelectorAll('#repair [data-at]');
          const end = document.body.childNodes.length;
          getSelection().setBaseAndExtent(parts[0].firstChild, 8, document.body, end);
        }"""
    )
    page.get_by_role("button", name="Comment on these words").click()
    page.get_by_label("Your comment").locator("visible=true").fill("All of it?")
    page.get_by_role("button", name="Send", exact=True).locator("visible=true").click()

    expect(page.locator("mark.of-note")).to_have_count(2)
    [anchor] = anchors(share, okafor)
    assert anchor is not None
    assert anchor.words == PLAN[anchor.start :].strip()
    assert anchor.start > 0


def test_words_chosen_by_keyboard_lead_to_the_form_and_its_note_and_back(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(share))

    page.evaluate(CHOOSE, "Then wait")
    button = page.get_by_role("button", name="Comment on these words")
    expect(button).to_be_visible()
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("By keys alone.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    link = page.get_by_role("link", name="To comment 1")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#comment-{Comment.objects.get().pk}")
    page.get_by_role("link", name="To the words it is about").click()
    page.wait_for_url(f"**#words-{Comment.objects.get().pk}")
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(page.locator(".note").first).to_be_focused()


def test_two_people_talk_and_nothing_held_is_seen_before_it_is_sent(
    open_page: OpenPage, mira: User, okafor: User, share: Share
) -> None:
    theirs, mine = open_page(), open_page(width=NARROW)
    enter(theirs, okafor)
    enter(mine, mira)
    for text in ("Rehearse the silence.", "Or bring the mouse."):
        theirs.goto(path_of(share))
        theirs.get_by_text("Comment on this passage").last.click()
        theirs.get_by_label("Your comment").locator("visible=true").fill(text)
        hold = theirs.get_by_role("button", name="Hold", exact=True).locator("visible=true")
        hold.click()
        expect(theirs.locator(".note.held").filter(has_text=text)).to_be_focused()
    mine.goto(path_of(share))
    expect(mine.locator(".note")).to_have_count(0)

    theirs.get_by_role("button", name="Send 2 held comments").click()
    expect(theirs.get_by_text("2 comments sent.")).to_be_visible()
    expect(theirs.locator(".note").filter(has_text="Rehearse the silence.")).to_be_focused()
    mine.reload()
    note = mine.locator(".note").filter(has_text="Rehearse the silence.")
    note.get_by_role("button", name="Thanks").click()
    expect(note).to_be_focused()
    note.get_by_role("button", name="Act on this").click()
    expect(note.get_by_role("button", name="In my plan")).to_be_visible()
    expect(note).to_be_focused()
    theirs.reload()
    expect(theirs.locator(".note").filter(has_text="Rehearse").locator(".answered")).to_have_text(
        "Thanks To act on"
    )
    assert share.entry is not None
    mine.goto(reverse("entry_read", args=[share.entry.pk]))
    mine.get_by_role("button", name="Finish").click()
    expect(mine.get_by_role("link", name="Look back").first).to_be_focused()
    mine.get_by_text("Tick what came from supervision").click()
    mine.get_by_role("button", name="Done today").click()
    expect(mine.get_by_text("Done on").first).to_be_visible()


def test_revoke_while_the_supervisor_types_gives_the_words_back_and_keeps_what_is_held(
    open_page: OpenPage, mira: User, okafor: User, share: Share, page_errors: list[str]
) -> None:
    held = factories.held_comment(share=share, author=okafor, text="A page of it.")
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(share))
    page.get_by_text("Comment on this passage").last.click()
    page.get_by_label("Your comment").locator("visible=true").fill("In the middle of a")
    actions.revoke_share(by=mira, pk=share.pk)

    page.get_by_role("button", name="Send", exact=True).locator("visible=true").last.click()

    expect(page.get_by_role("heading", name="Your comment was not sent")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value("In the middle of a")
    axe_clean(page)
    page.get_by_role("button", name="Keep it among what I hold").click()
    expect(page.get_by_text("Kept among what you hold.")).to_be_visible()
    page.goto(path_of(share))
    box = page.get_by_label("The held comment, to read and to copy")
    expect(box).to_have_count(2)
    expect(box.first).to_have_value("A page of it.")
    expect(box.last).to_have_value("In the middle of a")
    axe_clean(page)
    page.get_by_text("Delete", exact=True).first.click()
    page.get_by_role("button", name="Delete it for good").locator("visible=true").click()
    expect(box).to_have_count(1)
    assert not HeldComment.objects.filter(pk=held.pk).exists()
    page_errors[:] = [one for one in page_errors if "409" not in one and "410" not in one]


def test_passage_stays_in_view_while_one_writes_below_long_threads(
    open_page: OpenPage, okafor: User, mira: User, share: Share
) -> None:
    for number in range(6):
        author = okafor if number % 2 else mira
        factories.make_comment(share=share, author=author, text=f"A long thought. {number} " * 20)
    page = open_page(width=WIDE)
    enter(page, okafor)
    page.goto(path_of(share))

    page.locator('[data-say="repair"] > summary').click()
    box = page.locator('[data-say="repair"]').get_by_label("Your comment")
    box.fill("Beside what it is about.")

    expect(page.locator("#repair h2")).to_be_in_viewport()
    expect(box).to_be_in_viewport()
    axe_clean(page)


@pytest.fixture
def long_share(agreement: Agreement, mira: User) -> Share:
    """A copy whose first passage is longer than a window is high, and whose others are short."""
    paragraphs = [f"In the {number}th minute we were silent. " * 6 for number in range(30)]
    happened = Happened(case_code="Finch", took_place="\n".join(paragraphs))
    document = factories.full_document(happened=happened, repair=Repair(plan=PLAN))
    entry = factories.make_entry(owner=mira, keys=factories.vault_keys(mira), document=document)
    return factories.make_share(
        agreement=agreement,
        entry=entry,
        passages=("happened", "reaction", "their_side", "repair"),
        note="Ask about waiting. " * 30,
    )


# How far down, in pixels, one passage is drawn over another; what is longer scrolls within its box.
OVERLAP = """() => {
  const boxes = [...document.querySelectorAll('.talk > .passage')].map((passage) => {
    const parts = [passage, ...passage.querySelectorAll('.words')];
    const drawn = parts.map((part) => part.getBoundingClientRect());
    return {
      top: Math.min(...drawn.map((part) => part.top)),
      bottom: Math.max(...drawn.map((part) => part.bottom)),
    };
  });
  const pairs = boxes.flatMap((one, at) => boxes.slice(at + 1).map((other) => [one, other]));
  return Math.max(...pairs.map(([one, other]) =>
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)));
}"""


@pytest.mark.parametrize("height", [900, 700])
@pytest.mark.parametrize("passage", ["happened", "reaction"])
def test_no_passage_slides_over_another_while_one_writes_about_it(
    open_page: OpenPage, okafor: User, long_share: Share, passage: str, height: int
) -> None:
    page = open_page()
    page.set_viewport_size({"width": WIDE, "height": height})
    enter(page, okafor)
    page.goto(path_of(long_share))
    page.locator(f'[data-say="{passage}"] > summary').click()

    for _screen in range(12):
        assert page.evaluate(OVERLAP) <= 1
        page.mouse.wheel(0, 250)
        page.wait_for_timeout(50)


def test_chosen_words_far_down_a_passage_stay_beside_the_comment_on_them(
    open_page: OpenPage, okafor: User, long_share: Share
) -> None:
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(long_share))
    page.evaluate(CHOOSE, "In the 25th minute")
    page.get_by_role("button", name="Comment on these words").click()

    expect(page.get_by_label("Your comment").locator("visible=true")).to_be_in_viewport()
    expect(page.get_by_text("In the 25th minute").first).to_be_in_viewport()
    assert page.evaluate(OVERLAP) <= 1


@pytest.mark.parametrize("name", ["Hold", "Send"])
def test_comment_that_one_comes_back_to_lies_below_the_bar_as_do_its_words(
    open_page: OpenPage, okafor: User, share: Share, name: str
) -> None:
    factories.make_comment(share=share, author=okafor, text="A thought of some length. " * 12)
    page = open_page()
    enter(page, okafor)
    page.goto(path_of(share))
    page.evaluate(CHOOSE, "First wait")
    page.get_by_role("button", name="Comment on these words").click()
    page.get_by_label("Your comment").locator("visible=true").fill("Why first?")
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()

    page.wait_for_url("**#comment-*")
    note = page.locator(".note").filter(has_text="Why first?")
    bar = page.locator(".asked").bounding_box()
    assert bar is not None
    for one in (note, page.locator("mark.of-note").first):
        expect(one).to_be_in_viewport(ratio=1)
        box = one.bounding_box()
        assert box is not None
        assert box["y"] >= bar["y"] + bar["height"]


def test_copy_is_printed_with_what_was_said_and_nothing_to_press(
    open_page: OpenPage, okafor: User, mira: User, long_share: Share
) -> None:
    said = factories.make_comment(share=long_share, author=okafor, text="Why silent?")
    factories.make_comment(share=long_share, author=mira, text="I feared it.", parent=said.pk)
    factories.held_comment(share=long_share, author=okafor, text="Not yet.")
    page = open_page()
    enter(page, okafor)
    page.goto(f"{path_of(long_share)}#comment-{said.pk}")
    expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()
    page.emulate_media(media="print")

    for shown in (
        "In the 29th minute",
        "Why silent?",
        "I feared it.",
        "would like you to",
        "Printed by",
    ):
        expect(page.get_by_text(shown).first).to_be_visible()
    for words in ("Not yet.", "You hold 1 comment", "Who opened it", "Keyboard:", "own notes"):
        expect(page.get_by_text(words).first).to_be_hidden()
    expect(
        page.locator("main").locator("button, .btn, .acts").locator("visible=true")
    ).to_have_count(0)
    asked = page.locator(".asked")
    assert asked.evaluate("(one) => getComputedStyle(one).position") == "static"
    note = asked.locator(".asked-note")
    assert note.evaluate("(one) => one.scrollHeight - one.clientHeight") <= 1
    # A passage that is longer than a page begins where the one before ends.
    assert (
        page.locator("#happened").evaluate("(one) => getComputedStyle(one).breakInside") == "auto"
    )


def test_what_was_asked_for_is_unfolded_on_paper_from_a_telephone(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page(width=NARROW)
    enter(page, okafor)
    page.goto(path_of(share))
    note = page.locator(".asked-note")
    expect(note).to_be_hidden()

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(note).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(note).to_be_hidden()


def test_keys_are_said_on_a_copy_without_neighbours_and_in_the_sheet(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page(width=WIDE)
    enter(page, okafor)
    page.goto(path_of(share))

    expect(page.get_by_text("arrow for the next or previous comment")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Reading a shared copy")).to_be_visible()


def test_what_was_asked_for_stays_in_sight_while_one_reads(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    for width in (WIDE, NARROW):
        page = open_page(width=width)
        enter(page, okafor)
        page.goto(path_of(share))
        page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
        expect(page.get_by_text("Mira Lindgren would like you to")).to_be_in_viewport()


def test_held_comment_is_written_placed_and_sent_without_a_script(
    open_page: OpenPage, okafor: User, share: Share
) -> None:
    page = open_page(javascript=False, width=NARROW)
    enter(page, okafor)
    page.goto(path_of(share))
    page.get_by_text("Comment on this passage").last.click()
    page.get_by_text("About certain words").locator("visible=true").click()
    page.get_by_label("About which words?").locator("visible=true").fill("wait again")
    page.get_by_label("Your comment").locator("visible=true").fill("No script.")
    page.get_by_role("button", name="Hold", exact=True).locator("visible=true").click()
    expect(page.locator("mark.of-note")).to_have_text("wait again")

    page.locator(".note.held").get_by_role("button", name="Send").first.click()

    expect(page.locator(".note.held")).to_have_count(0)
    assert Comment.objects.count() == 1


@LOOKS
def test_pages_with_comments_of_every_kind_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage,
    width: int,
    scheme: Scheme,
    mira: User,
    okafor: User,
    share: Share,
) -> None:
    factories.load_guide()
    first = factories.make_comment(
        share=share, author=okafor, text="Hm?", anchor=Anchor(0, 6, 16, PLAN[6:16])
    )
    factories.make_comment(share=share, author=mira, text="Yes.", parent=first.pk)
    factories.make_comment(
        share=share, author=okafor, text="And this?", anchor=Anchor(0, 8, 22, PLAN[8:22])
    )
    factories.held_comment(share=share, author=okafor, text="Not yet.")
    entry = factories.make_entry(
        owner=okafor,
        keys=factories.vault_keys(okafor),
        document=factories.full_document(begun_from=str(share.pk)),
    )
    actions.act_on(
        by=mira, reader=factories.reader(mira), pk=share.pk, comment=first.pk, is_on=True
    )
    for user, paths in (
        (okafor, [path_of(share), reverse("held_list"), reverse("entry_read", args=[entry.pk])]),
        (mira, [path_of(share), reverse("entry_read", args=[share.entry_uid])]),
    ):
        page = open_page(width=width, scheme=scheme)
        enter(page, user)
        for path in paths:
            page.goto(path)
            open_everything(page)
            fits_its_width(page)
            axe_clean(page)
    assert isinstance(share.entry, Entry)


def open_everything(page: Page) -> None:
    """Open whatever is folded, from the outside in."""
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
