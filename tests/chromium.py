"""Which Chromium the browser tests drive: the system's, else the one Playwright installs."""

from pathlib import Path

# The shell shows no window of its own and opens pages several times as fast.
PACKAGES = {
    "chromium-headless-shell": Path("/usr/bin/chromium-headless-shell"),
    "chromium": Path("/usr/bin/chromium"),
}


def system_chromium() -> Path | None:
    """Return the system's Chromium, the quickest there is, or None."""
    return next((path for path in PACKAGES.values() if path.exists()), None)
