"""Taking the journal along, and bringing a file in: clear text on its way, which nothing keeps."""

from uuid import uuid4

from tests.canaries.browser import Answer
from tests.canaries.day import Day

EXPORT, IMPORT = "/journal/export/", "/journal/import/"


def take_along(day: Day) -> None:
    """Have Mira export her journal as each kind of file; the whole of it comes."""
    for kind in ("pdf", "markdown", "json"):
        form = day.mira.get(EXPORT).page.form("kind")
        given = form.posted(kind=kind, earlier="on", password=day.passwords["mira"])
        answer = day.mira.post(EXPORT, given)
        assert answer.status == 200, answer.told
        assert "no-store" in answer.headers["Cache-Control"]
    assert len(day.marks.numbers_in(answer.text)) > 20, "the file does not hold what was written"


def bring_in(day: Day) -> None:
    """Have Mira bring a file in; look at another and leave it; look at one that is broken."""
    waiting = _look(day, f"# {day.marks.new()}\n{day.marks.new(lines=True)}".encode())
    form = waiting.page.form("incoming")
    answer = day.mira.post(IMPORT, form.posted(step="confirm"))
    assert answer.status == 302, answer.told
    left = _look(day, day.marks.new(lines=True).encode())
    assert left.page.form("incoming")
    broken = f'{{"entries": [{{"text": "{day.marks.new()[:3]}{day.marks.mark}0000'.encode()
    assert _look(day, broken, name="broken.json", status=422)
    assert _look(day, broken * 80_000, name="large.txt", status=422)  # more than 2.5 MB of it


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
