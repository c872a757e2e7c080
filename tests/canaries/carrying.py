"""Taking the journal along, and bringing a file in: clear text on its way, which nothing keeps.

And leaving with it, which stays a try: the day goes on.
"""

from typing import Any
from uuid import uuid4

from tests.canaries.browser import Answer, route
from tests.canaries.day import Day

EXPORT, IMPORT, LEAVE = "/journal/export/", "/journal/import/", "/account/leave/"


def take_along(day: Day) -> None:
    """Have Mira export her journal as each kind of file; the whole of it comes. With a slip."""
    slip: dict[str, Any] = {"stays": False, "kind": "json", "password": day.marks.password()}
    day.badly(day.write(day.mira, EXPORT, "kind", **slip), 400)
    for kind in ("pdf", "markdown", "json"):
        form = day.mira.get(EXPORT).page.form("kind")
        given = form.posted(kind=kind, earlier="on", password=day.passwords["mira"])
        answer = day.mira.post(EXPORT, given)
        assert answer.status == 200, answer.told
        assert "no-store" in answer.headers["Cache-Control"]
    assert len(day.marks.numbers_in(answer.text)) > 20, "the file does not hold what was written"


def think_of_leaving(day: Day) -> None:
    """Have Mira mistype her password when she would delete her account, and think again."""
    slip: dict[str, Any] = {"stays": False, "password": day.marks.password()}
    day.badly(day.write(day.mira, LEAVE, "password", **slip), 400)


def bring_in(day: Day) -> None:
    """Have Mira bring a file in; look at another and leave it; look at one that is broken."""
    before, known = len(day.marks.given), _listed(day)
    waiting = _look(day, f"# {day.marks.new()}\n\n{day.marks.new(lines=True)}".encode())
    form = waiting.page.form("incoming")
    answer = day.mira.post(IMPORT, form.posted(step="confirm"))
    assert answer.status == 302, answer.told
    day.stored |= set(range(before, len(day.marks.given)))
    [brought] = _listed(day) - known
    day.apart.append(brought)
    left = _look(day, day.marks.new(lines=True).encode())
    assert left.page.form("incoming")
    broken = f'{{"entries": [{{"text": "{day.marks.new()[:3]}{day.marks.mark}0000'.encode()
    assert _look(day, broken, name="broken.json", status=422)
    large = _look(day, broken * 80_000, name="large.txt")  # more than 2.5 MB of it, in many parts
    assert large.page.form("incoming")


def _listed(day: Day) -> set[str]:
    return {link for link in day.mira.get("/journal/").page.links if route(link) == "entry_read"}


def _look(day: Day, data: bytes, *, name: str = "one.md", status: int = 200) -> Answer:
    """Return the answer to a file that was sent to be looked at."""
    line = uuid4().hex
    token = f'--{line}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
    file = f'--{line}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = b"".join(
        [(token + day.mira.token + "\r\n" + file).encode(), data, f"\r\n--{line}--\r\n".encode()]
    )
    headers = {
        "Content-Type": f"multipart/form-data; boundary={line}",
        "Origin": f"{day.mira.scheme}://{day.mira.host}",
        "Sec-Fetch-Site": "same-origin",
    }
    answer = day.mira.send("POST", IMPORT, body, headers)
    assert answer.status == status, answer.told
    return answer
