"""Taking one's journal along and bringing it back, and leaving: what only a browser shows."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import User
from reflection.models import Entry
from tests.browser.accessibility import axe_clean, fits_its_width
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.browser.shapes import LOOKS, Scheme
from tests.factories import PASSWORD, full_document, make_entry, vault_keys

pytestmark = pytest.mark.django_db(transaction=True)


def write(user: User, number: int) -> None:
    """Write ``number`` reflections of different words."""
    keys = vault_keys(user)
    for at in range(number):
        make_entry(owner=user, keys=keys, document=full_document(title=f"Finch, {at}"))


def make_file(page: Page, kind: str, folder: Path) -> Path:
    """Have the file made by the form; return where it was saved."""
    page.goto("/journal/export/")
    page.get_by_role("radio", name=kind).check()
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the file").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@LOOKS
def test_pages_of_export_and_import_are_accessible(
    open_page: OpenPage, mira: User, width: int, scheme: Scheme
) -> None:
    write(mira, 2)
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)

    page.goto("/journal/export/")
    axe_clean(page)
    fits_its_width(page)
    page.goto("/journal/import/")
    axe_clean(page)
    fits_its_width(page)
    page.get_by_label("A file, several, or a zip").set_input_files(
        [
            FilePayload(name="one.md", mimeType="text/markdown", buffer=b"# Wren\nShe laughed."),
            FilePayload(name="two.md", mimeType="text/markdown", buffer=b"\xff\xfa\x80"),
        ]
    )
    page.get_by_role("button", name="Look at what would come in").click()
    expect(page.get_by_role("heading", name="What would come in")).to_be_visible()
    axe_clean(page)
    fits_its_width(page)


@LOOKS
def test_pages_of_leaving_are_accessible(
    open_page: OpenPage, mira: User, width: int, scheme: Scheme
) -> None:
    page = open_page(width=width, scheme=scheme)
    enter(page, mira)

    page.goto("/account/leave/")
    axe_clean(page)
    fits_its_width(page)
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Delete my account in 14 days").click()
    expect(page.get_by_role("button", name="Keep my account")).to_be_visible()
    axe_clean(page)
    page.goto("/guide/")
    axe_clean(page)
    page.get_by_role("link", name="Keep my account").click()
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_text("Your account is kept. Nothing was deleted.")).to_be_visible()


def test_journal_goes_along_and_comes_back(page: Page, mira: User, tmp_path: Path) -> None:
    write(mira, 3)
    enter(page, mira)

    path = make_file(page, "JSON", tmp_path)

    expect(page.get_by_text("Done. The file is with your downloads.")).to_be_visible()
    assert len(json.loads(path.read_bytes())["entries"]) == 3
    Entry.objects.order_by("created_at")[0].delete()
    page.goto("/journal/import/")
    page.get_by_label("A file, several, or a zip").set_input_files(path)
    page.get_by_role("button", name="Look at what would come in").click()
    expect(page.get_by_text("1 reflection is new. 2 are here already")).to_be_visible()
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_text("1 reflection was brought in.")).to_be_visible()
    expect(page.get_by_text("Finch, 0")).to_be_visible()


def test_book_and_folder_are_files_too(page: Page, mira: User, tmp_path: Path) -> None:
    write(mira, 1)
    enter(page, mira)

    assert make_file(page, "PDF", tmp_path).read_bytes().startswith(b"%PDF-")
    assert make_file(page, "Markdown", tmp_path).read_bytes().startswith(b"PK")


def test_wrong_password_is_said_at_its_field_and_can_be_mended(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    page.goto("/journal/export/")
    page.get_by_role("radio", name="JSON").check()
    password = page.get_by_label("Your password", exact=True)
    password.fill("wrong")
    page.get_by_role("button", name="Make the file").click()

    expect(page.get_by_text("That is not your password.").last).to_be_visible()
    expect(password).to_be_focused()
    expect(page.get_by_role("radio", name="JSON")).to_be_checked()
    axe_clean(page)
    page_errors.clear()  # the refusal itself, as the browser notes it
    password.fill(PASSWORD)
    with page.expect_download():
        page.get_by_role("button", name="Make the file").click()


def test_file_that_breaks_off_is_said_to_be_broken(
    page: Page, mira: User, page_errors: list[str]
) -> None:
    enter(page, mira)
    page.goto("/journal/export/")
    page.get_by_label("Your password", exact=True).fill(PASSWORD)
    page.route("**/journal/export/", lambda route: route.abort("connectionreset"))

    page.get_by_role("button", name="Make the file").click()

    expect(page.get_by_text("The file broke off half-way. Nothing was lost")).to_be_visible()
    page_errors.clear()


def test_without_scripts_the_browser_saves_the_file(
    open_page: OpenPage, mira: User, tmp_path: Path
) -> None:
    write(mira, 2)
    page = open_page(javascript=False)
    enter(page, mira)

    path = make_file(page, "JSON", tmp_path)

    assert len(json.loads(path.read_bytes())["entries"]) == 2
