"""What axe finds wrong with a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

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


def fits_its_width(page: Page) -> None:
    """Fail if the page can be scrolled sideways, which nobody should have to."""
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert over <= 0, f"{page.url} is {over} px wider than its window"
