"""What could not be saved outlives its page: sealed in the browser, opened by the server."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from reflection.document import Document, Happened
from reflection.models import Entry, EntryVersion
from tests import factories
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import SAVED, enter
from tests.browser.shapes import NARROW, WIDE, Scheme
from tests.canaries.marks import Search
from tests.vault import reference
from vault.crypto import VaultKeys
from vault.models import Unlock

pytestmark = pytest.mark.django_db(transaction=True)

VECTORS = json.loads((Path(reference.__file__).parent / "vectors.json").read_text())
OFFERED = "[data-drafts-title]"
# RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), base mode.
RFC = {
    "skEm": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
    "pkEm": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "pkRm": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "shared_secret": "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
}
# A page's script cannot be written here (the policy forbids it), but a module can be asked for.
PAIR = """async ({ secret, open }) => {
  const { fromHex } = await import("/static/js/seal.js");
  const der = fromHex("302e020100300506032b656e04220420" + secret);
  const use = ["deriveBits"];
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", der, "X25519", false, use),
    publicKey: await crypto.subtle.importKey("raw", fromHex(open), "X25519", true, []),
  };
}"""


@pytest.fixture(autouse=True)
def _guide(transactional_db: None) -> None:
    factories.load_guide()


def begun(mira: User, keys: VaultKeys, text: str = "It began well.") -> Entry:
    document = Document(happened=Happened(case_code="Finch", took_place=text))
    return factories.make_entry(owner=mira, keys=keys, document=document)


def written(entry: Entry, keys: VaultKeys) -> str:
    return Entry.objects.get(pk=entry.pk).open(keys).happened.took_place


def stored(page: Page) -> dict[str, str]:
    """Return everything that a script of this page could have put away in the browser."""
    found: dict[str, str] = page.evaluate(
        """async () => {
          const databases = (await indexedDB.databases?.()) ?? [];
          return {
            ...localStorage,
            ...sessionStorage,
            databases: JSON.stringify(databases.map((one) => one.name)),
            caches: JSON.stringify(await caches.keys()),
            cookies: document.cookie,
          };
        }"""
    )
    assert found["databases"] == "[]"
    assert found["caches"] == "[]"
    return found


def drafts(page: Page) -> dict[str, str]:
    return {name: one for name, one in stored(page).items() if name.startswith("mend-draft:")}


def type_offline(page: Page, entry: Entry, text: str) -> None:
    """Type on the passage with the connection gone, until the page says what is kept."""
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.set_offline(True)
    page.get_by_label("What took place?").fill(text)
    expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")


def close_and_return(page: Page, path: str) -> Page:
    """Close the page as one closes a laptop for good, and come back with the connection.

    For Chromium a page is offline no longer than it is there, and what it sends as it goes
    outlives it. So that this does not arrive after all, now and then, it is kept from sending.
    """
    context = page.context
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('offline')); }")
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(path)
    return again


# --- The bytes -----------------------------------------------------------------------------------


def with_pair(page: Page, secret: str, open_: str, body: str, given: Any = None) -> Any:
    script = f"""async (given) => {{
      const pair = await ({PAIR})(given);
      const seal = await import("/static/js/seal.js");
      {body}
    }}"""
    return page.evaluate(script, {"secret": secret, "open": open_, **(given or {})})


def test_key_encapsulation_is_that_of_the_standard(page: Page) -> None:
    page.goto("/guide/")
    body = """const made = await seal.encapsulate(pair, seal.fromHex(given.pkRm));
      return [seal.toHex(made.enc), seal.toHex(made.key)];"""
    made = with_pair(page, RFC["skEm"], RFC["pkEm"], body, {"pkRm": RFC["pkRm"]})
    assert made == [RFC["pkEm"], RFC["shared_secret"]]


@pytest.mark.parametrize("name", reference.SEALED)
def test_browser_seals_to_the_committed_bytes(page: Page, name: str) -> None:
    """With the reference's ephemeral key the blob is the reference's, byte for byte."""
    page.goto("/guide/")
    public = reference.X25519PrivateKey.from_private_bytes(reference.EPHEMERAL).public_key()
    body = """const sealed = await seal.sealBytes(
        seal.fromHex(given.to), seal.fromHex(given.info), seal.fromHex(given.text), pair);
      return seal.toHex(sealed);"""
    given = {
        "to": VECTORS["keys"]["public"],
        "info": reference.HPKE.hex() + VECTORS["contexts"][name],
        "text": VECTORS["plaintext"],
    }
    made = with_pair(page, reference.EPHEMERAL.hex(), public.public_bytes_raw().hex(), body, given)
    assert made == VECTORS["blobs"][name]


def test_browser_pads_as_the_server_does(page: Page) -> None:
    page.goto("/guide/")
    sizes = [0, 1, 507, 508, 509, 512, 1000, 5000, 65_537, 300_001]
    lengths = page.evaluate(
        """async (sizes) => {
          const { padded } = await import("/static/js/seal.js");
          return sizes.map((size) => padded(new Uint8Array(size)).length);
        }""",
        sizes,
    )
    assert lengths == [len(reference.padded(bytes(size))) for size in sizes]


# --- The connection, the page, the person ---------------------------------------------------------


def test_text_typed_without_a_connection_outlives_its_page(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "Typed on the train, and never sent.")
    (kept,) = drafts(page).values()
    page = close_and_return(page, "/")
    expect(page.locator(OFFERED)).to_be_visible()
    page.get_by_role("button", name="Look at the unsaved text").click()
    expect(page.locator(".passage").first).to_contain_text("Typed on the train")
    expect(page.locator(".written del").first).to_contain_text("It began well.")
    assert written(entry, keys) == "It began well."  # looking changes nothing
    page.get_by_role("button", name="Keep this text").click()
    expect(page.get_by_label("What took place?")).to_have_value(
        "Typed on the train, and never sent."
    )
    assert written(entry, keys) == "Typed on the train, and never sent."
    page.wait_for_function("() => !Object.keys(localStorage).length")
    expect(page.locator(OFFERED)).to_be_hidden()
    assert set(json.loads(kept)) == {"vault", "sealed", "at"}
    page_errors.clear()  # Chromium logs each request that failed.


def test_nothing_typed_stands_readable_in_the_browser(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "bcdfghjklmnp and nothing else")
    found = stored(page)
    assert len(drafts(page)) == 1
    search = Search("bcdfghjklmnp")
    for name, value in found.items():
        assert not search.within(f"{name} {value}", name)
        sealed = json.loads(value).get("sealed", "") if name.startswith("mend-draft:") else ""
        assert not search.within(bytes.fromhex(sealed), "the sealed bytes")
        assert not search.within(base64.b64encode(bytes.fromhex(sealed)), "in Base64")
    page_errors.clear()


def test_draft_is_gone_once_the_save_goes_through(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "Through a tunnel")
    page.context.set_offline(False)
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    expect(page.locator("[data-save-trouble]")).to_be_hidden()
    assert written(entry, keys) == "Through a tunnel"
    assert not drafts(page)
    page_errors.clear()


def test_draft_never_overwrites_a_later_text(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "Left behind in this browser")
    page = close_and_return(page, f"/journal/{entry.pk}/happened/")
    expect(page.locator(OFFERED)).to_be_visible()
    page.get_by_label("What took place?").fill("Written meanwhile")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    page.get_by_role("button", name="Look at the unsaved text").click()
    page.get_by_role("button", name="Keep this text").click()
    expect(page.get_by_role("heading", name="Two texts of the same passage")).to_be_visible()
    page.get_by_role("button", name="Put both together").click()
    expect(page.get_by_label("What took place?")).to_have_value(
        "Written meanwhile\n\nLeft behind in this browser"
    )
    assert EntryVersion.objects.of(entry).conflicts().count() == 1
    page_errors.clear()


def test_draft_can_be_discarded_for_good(page: Page, mira: User, page_errors: list[str]) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "On second thoughts")
    page = close_and_return(page, "/journal/")
    page.get_by_role("button", name="Look at the unsaved text").click()
    page.get_by_text("Discard it", exact=True).click()
    page.get_by_role("button", name="Discard it for good").click()
    expect(page.get_by_role("heading", name="Journal", exact=True)).to_be_visible()
    assert not drafts(page)
    assert written(entry, keys) == "It began well."
    page_errors.clear()


def test_reflection_never_saved_at_all_is_begun_from_its_draft(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    page.goto("/journal/new/")
    page.context.set_offline(True)
    page.get_by_label("What took place?").fill("The very first words")
    expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
    page = close_and_return(page, "/")
    page.get_by_role("button", name="Look at the unsaved text").click()
    expect(page.get_by_text("was never saved")).to_be_visible()
    page.get_by_role("button", name="Keep this text").click()
    expect(page.get_by_label("What took place?")).to_have_value("The very first words")
    (entry,) = Entry.objects.owned_by(mira)
    assert written(entry, keys) == "The very first words"
    page_errors.clear()


def test_another_person_in_the_same_browser_is_offered_nothing(
    page: Page, mira: User, jonas: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    type_offline(page, entry, "Mira's alone")
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    context.clear_cookies()
    theirs = context.new_page()
    enter(theirs, jonas)
    theirs.goto("/")
    theirs.wait_for_load_state("networkidle")
    expect(theirs.locator(OFFERED)).to_be_hidden()
    assert len(drafts(theirs)) == 1
    context.clear_cookies()
    enter(theirs, mira)
    theirs.goto("/")
    expect(theirs.locator(OFFERED)).to_be_visible()
    page_errors.clear()


def test_draft_of_a_page_still_open_is_not_offered_elsewhere(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    page.route("**/happened/", lambda route: route.abort("connectionrefused"))
    page.get_by_label("What took place?").fill("Still being written")
    expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
    other = page.context.new_page()
    other.goto("/")
    other.wait_for_load_state("networkidle")
    expect(other.locator(OFFERED)).to_be_hidden()
    page_errors.clear()


def test_text_typed_while_locked_is_kept_and_offered_after_unlocking(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.goto(f"/journal/{entry.pk}/happened/")
    Unlock.objects.all().delete()
    page.get_by_label("What took place?").fill("After the laptop slept")
    expect(page.locator("[data-draft-state]")).to_contain_text("A sealed copy is kept")
    page = close_and_return(page, "/journal/")  # locked: it asks for the password first
    page.get_by_label("Your password", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Unlock", exact=True).click()
    page.get_by_role("button", name="Look at the unsaved text").click()
    page.get_by_role("button", name="Keep this text").click()
    expect(page.get_by_label("What took place?")).to_have_value("After the laptop slept")
    assert written(entry, keys) == "After the laptop slept"
    page_errors.clear()


def test_browser_that_cannot_seal_says_that_nothing_is_kept(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.add_init_script(
        "crypto.subtle.generateKey = () => Promise.reject(new Error('NotSupportedError'));"
    )
    page.goto(f"/journal/{entry.pk}/happened/")
    page.context.set_offline(True)
    page.get_by_label("What took place?").fill("On this page alone")
    expect(page.locator("[data-draft-state]")).to_contain_text("cannot keep a sealed copy")
    assert not drafts(page)
    expect(page.get_by_label("What took place?")).to_have_value("On this page alone")
    page_errors.clear()


def test_connection_that_hangs_is_told_as_not_saved_and_tried_again(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    keys = enter(page, mira)
    entry = begun(mira, keys)
    page.add_init_script(
        "const real = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = (ms) => real(ms / 40);"
    )
    page.goto(f"/journal/{entry.pk}/happened/")
    page.route("**/happened/", lambda route: None)  # never answered
    page.get_by_label("What took place?").fill("Into the void")
    expect(page.locator("[data-save-trouble]")).to_contain_text("Mend cannot be reached just now")
    page.unroute_all(behavior="ignoreErrors")
    expect(page.locator("[data-save-state]")).to_have_text(SAVED)
    assert written(entry, keys) == "Into the void"
    page_errors.clear()


def test_page_of_an_unsaved_text_is_accessible_and_fits(
    open_page: OpenPage, mira: User, page_errors: list[str]
) -> None:
    shapes: tuple[tuple[int, Scheme], ...] = ((WIDE, "light"), (NARROW, "dark"))
    for width, scheme in shapes:
        page = open_page(width=width, scheme=scheme)
        keys = enter(page, mira)
        entry = begun(mira, keys, text="Long " + "word" * 60)
        type_offline(page, entry, "Longer " + "word" * 80)
        axe_clean(page)
        page = close_and_return(page, "/")
        expect(page.locator(OFFERED)).to_be_visible()
        axe_clean(page)
        fits_its_width(page)
        page.get_by_role("button", name="Look at the unsaved text").click()
        page.get_by_text("Discard it", exact=True).click()
        axe_clean(page)
        fits_its_width(page)
    page_errors.clear()
