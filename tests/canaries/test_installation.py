"""How long the start of an installation is waited for."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.canaries import installation
from tests.canaries.installation import LONGEST_WAIT_SECONDS, WAIT_SECONDS, Installation


class Start:
    """A start that speaks until ``speaks``, serves from ``serves``, and has its own clock."""

    def __init__(self, folder: Path, *, speaks: float, serves: float) -> None:
        self.now, self.speaks, self.serves = 0.0, speaks, serves
        self.log = folder / "logs" / "web.log"
        self.log.parent.mkdir()
        self.log.touch()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now < self.speaks:
            with self.log.open("a") as said:
                said.write("CREATE TABLE\n")

    def connection(self, *_: Any, **__: Any) -> Any:
        if self.now < self.serves:
            raise ConnectionRefusedError
        answer = SimpleNamespace(status=200)
        return SimpleNamespace(
            request=lambda *_, **__: None, getresponse=lambda: answer, close=lambda: None
        )


def waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, speaks: float, serves: float
) -> float:
    """Return after how many seconds the installation was up."""
    start = Start(folder, speaks=speaks, serves=serves)
    monkeypatch.setattr(installation, "time", start)
    monkeypatch.setattr(installation.http.client, "HTTPConnection", start.connection)
    monkeypatch.setattr(installation.time, "sleep", start.sleep)
    Installation("clinic", folder, {}, 1).wait_until_up()
    return start.now


def test_start_that_takes_its_time_and_speaks_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = 3.0 * WAIT_SECONDS

    assert waited_for(tmp_path, monkeypatch, speaks=late, serves=late) >= late


@pytest.mark.parametrize("speaks", [0.0, float("inf")])
def test_start_that_is_silent_or_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speaks: float
) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        waited_for(tmp_path, monkeypatch, speaks=speaks, serves=2.0 * LONGEST_WAIT_SECONDS)
