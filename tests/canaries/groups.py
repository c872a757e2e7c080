"""Two groups: in one Jonas reads along to the end of the day, the other he leaves and it ends.

Only a group's name is typed in clear, and stands so; all else is marked.
"""

from typing import Any

from tests.canaries.browser import Browser, route
from tests.canaries.day import Day, about_nothing

GROUPS = "/supervision/groups/"
STAYS, ENDS = "Thursdays at six", "Mondays"


def gather(day: Day) -> None:
    """Have Okafor make both groups, Mira share in each, and Jonas read along, write, and go."""
    jonas = day.people["jonas"]
    agreement = day.agree_with("Okafor", who=jonas)
    assert day.okafor.post(f"{agreement}accept/", {"agree": "on"}).status == 302
    _slip(day)
    groups, known = {}, set[str]()
    for number, name in enumerate((STAYS, ENDS)):
        groups[name] = _made(day, name)
        path = _share_in(day, day.entries[2 + number], known)
        _read_along(day, path)
        day.shown_along |= day.marks.numbers_in(day.okafor.get(path).page.text)
    for who in (day.mira, day.okafor, jonas):
        for path in groups.values():
            assert who.get(path).status == 200
    _look_where_nothing_is(day)
    _leave(day, groups[ENDS], day.along[-1])


def _slip(day: Day) -> None:
    """Have Okafor name a group too long, and ask whom nobody knows."""
    form = day.okafor.get(f"{GROUPS}new/").page.form("people")
    slip: dict[str, Any] = {"name": day.marks.new() * 2}
    data = day.fill(form, stays=False, **slip)
    day.badly(day.okafor.post(form.action, data), 422, text=slip["name"])
    day.badly(day.okafor.post(form.action, data | {"people": day.marks.new()}), 422)


def _made(day: Day, name: str) -> str:
    """Return the page of a group that Okafor made and both joined: Jonas first, so that Mira
    knows his key."""
    form = day.okafor.get(f"{GROUPS}new/").page.form("people")
    path = day.okafor.post(form.action, day.fill(form, name=name)).location
    for who in (day.people["jonas"], day.mira):
        assert who.get(path).status == 200
        assert who.post(f"{path}accept/", {"agree": "on"}).status == 302
    day.badly(day.okafor.post(f"{path}ask/", {"people": day.marks.new()}), 422)
    return path


def _share_in(day: Day, entry: str, known: set[str]) -> str:
    """Return the copy of ``entry`` that Mira lets Jonas read along, after a slip.

    He does by the place of his that is not ``known`` yet, and is from then on.
    """
    form = day.mira.get(f"/journal/{entry}/share/").page.form("purpose")
    (place,) = set(form.controls["readers"].options) - known
    known.add(place)
    odd = {"readers": day.marks.new(), "reader_keys": day.marks.new()}
    data, _text = day.bad(form, step="preview", lasts="30", until_on="", **odd)
    day.badly(day.mira.post(form.action, data), 422, text=data["note"])
    form, data = day.preview(entry, readers=[place])
    answer = day.mira.post(form.action, data | {"step": "confirm"})
    assert answer.status == 302, answer.told
    path = answer.location.removesuffix("receipt/")
    assert day.mira.get(answer.location).status == 200
    day.along.append(path)
    day.apart.append(path)
    return path


def _read_along(day: Day, path: str) -> None:
    """Have Jonas read a copy and comment, once badly; the others answer; all look at it again."""
    jonas = day.people["jonas"]
    form = _comment_form(day, jonas, path)
    data, text = day.bad(form)  # About words that do not stand there.
    day.badly(jonas.post(form.action, data), 422, text=text)
    for who in (jonas, day.okafor):
        form = _comment_form(day, who, path)
        assert who.post(form.action, day.fill(form, **about_nothing(form))).status == 302
    answers = [
        form
        for form in day.mira.get(path).page.forms
        if route(form.action) == "comment_add" and form.controls["parent"].value
    ]
    for form in answers:
        assert day.mira.post(form.action, day.fill(form)).status == 302
    for who in (jonas, day.okafor, day.mira):
        assert who.get(path).status == 200


def _look_where_nothing_is(day: Day) -> None:
    """Have Jonas look at all that is not his to read along, and take his own journal along."""
    jonas, path = day.people["jonas"], day.along[0]
    for refused in (
        f"{path}receipt/",
        f"{path}receipt.json",
        f"{path}bring/",
        day.shares[0],
        f"/journal/{day.entries[2]}/",
    ):
        day.badly(jonas.get(refused), 404)
    for shown in ("/", "/supervision/", "/supervision/notifications/"):
        assert jonas.get(shown).status == 200
    form = jonas.get("/journal/export/").page.form("kind")
    given: dict[str, Any] = {"kind": "json", "password": day.passwords["jonas"]}
    exported = jonas.post(form.action, day.fill(form, stays=False, **given))
    assert exported.status == 200, exported.told
    assert day.marks.mark not in exported.text


def _leave(day: Day, group: str, path: str) -> None:
    """Have Jonas leave in mid-sentence, and Okafor end the group."""
    jonas = day.people["jonas"]
    form = _comment_form(day, jonas, path)
    assert jonas.post(f"{group}leave/", {}).status == 302
    data, text = day.bad(form, **about_nothing(form))
    day.badly(jonas.post(form.action, data), 409, text=text)
    day.badly(jonas.get(path), 410)
    day.badly(jonas.get(group), 410)
    assert day.mira.post(f"{group}leave/", {}).status == 302
    assert day.okafor.post(f"{group}end/", {}).status == 302
    day.badly(day.okafor.get(path), 410)


def _comment_form(day: Day, who: Browser, path: str) -> Any:
    """Return ``who``'s first form for a comment on a passage."""
    forms = [one for one in who.get(path).page.forms if route(one.action) == "comment_add"]
    return next(form for form in forms if "about" in form.controls)
