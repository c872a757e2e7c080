"""What axe finds wrong with a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.shapes import HEIGHT, SHAPES

_axe = Axe()


def axe_clean(page: Page) -> None:
    """Fail, naming each violation and where it is, unless axe finds nothing wrong with ``page``.

    A press that leads elsewhere has to be waited for by what shows there: axe reads what it finds.
    """
    page.wait_for_load_state()
    found = _axe.run(page).response["violations"]
    lines = [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
        + "\n".join(
            f"    {' '.join(map(str, node['target']))}\n        {node['failureSummary']}"
            for node in violation["nodes"]
        )
        for violation in found
    ]
    assert not found, f"axe found {len(found)} violation(s) at {page.url}:\n" + "\n".join(lines)


def usable_in_every_shape(page: Page) -> None:
    """Look at ``page`` with axe and for its width, at every width in every scheme, and put it back.

    It is not loaded anew for it: what differs is the style sheets' doing.
    """
    for width, scheme in SHAPES:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)
        fits_its_width(page)
        axe_clean(page)
    width, scheme = SHAPES[0]
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)


def fits_its_width(page: Page) -> None:
    """Fail if the page can be scrolled sideways, which nobody should have to."""
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert over <= 0, f"{page.url} is {over} px wider than its window"
