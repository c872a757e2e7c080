"""A supervision meeting: planned, gathered for, written, signed. All that is typed is marked."""

from typing import Any

from tests.canaries.browser import Browser, Form, route
from tests.canaries.day import Day

MEETINGS = "/supervision/meetings/"


def meet(day: Day) -> None:
    """Have Mira plan a meeting, both write and sign it, and both look at their hours."""
    path = _plan(day)
    day.apart.append(path)
    _mistime(day, day.mira.get(f"{path}move/").page.form("duration"))
    for who in (day.mira, day.okafor):
        _post(day, who, path, "item", do="add")
    share = day.shares[0]
    bring = day.okafor.get(f"{share}bring/").page.form("meeting")
    assert day.okafor.post(bring.action, day.fill(bring)).status == 302
    _reword(day, path)
    _post(day, day.okafor, path, "action", do="add", due_on="")
    notes = day.mira.get(f"{path}notes/").page.form("notes")
    assert day.mira.post(notes.action, day.fill(notes)).status == 302
    late = day.okafor.post(notes.action, day.fill(notes) | {"page": "late", "writer": ""})
    day.badly(late, 409)
    kept = day.mira.get(path).page.links
    day.apart += [link for link in kept if route(link) == "meeting_version"]
    assert day.mira.post(f"{path}held/", {}).status == 302
    for who in (day.mira, day.okafor):
        form = who.get(path).page.form("revision")
        assert who.post(form.action, form.posted()).status == 302
    [tick] = [one for one in day.mira.get(path).page.forms if route(one.action) == "meeting_follow"]
    assert day.mira.post(tick.action, tick.posted(do="done")).status == 302
    after = day.mira.post(notes.action, day.fill(notes, stays=False))
    day.badly(after, 409)
    for ending in ("csv", "pdf"):
        assert day.mira.get(f"/supervision/hours/2026/{ending}/").status == 200
    for who in (day.mira, day.okafor):
        for shown in (MEETINGS, path, "/supervision/hours/"):
            assert who.get(shown).status == 200


def _plan(day: Day) -> str:
    form = day.mira.get(f"{MEETINGS}new/").page.form("duration")
    given: dict[str, Any] = {"time": "00:00", "duration": "5", "format": "video"}
    _mistime(day, form)
    answer = day.mira.post(form.action, day.fill(form, key_confirmed="", **given))
    if answer.status == 409:
        question = answer.page.form("key_confirmed")
        [key] = question.controls["key_confirmed"].options
        answer = day.mira.post(question.action, question.posted(key_confirmed=key))
    assert answer.status == 302, answer.told
    return answer.location


def _mistime(day: Day, form: Form) -> None:
    """Post words for each thing that is chosen or counted, as no browser of ours would."""
    words = {name: day.marks.new() for name, one in form.controls.items() if not one.is_text}
    answer = day.mira.post(form.action, day.fill(form, stays=False, **words))
    day.badly(answer, 409, 422, text=words["time"])


def _post(day: Day, who: Browser, path: str, holding: str, **given: Any) -> None:
    """Fill the last form at ``path`` that has ``holding``: the one for something new."""
    form = _forms(who, path, holding)[-1]
    answer = who.post(form.action, day.fill(form, **given))
    assert answer.status == 302, answer.told


def _reword(day: Day, path: str) -> None:
    """Have Mira give the first item other words; the earlier ones stand in no version."""
    form = _forms(day.mira, path, "before")[0]
    for control in form.controls.values():
        day.stored -= day.marks.numbers_in(control.value)
    given: dict[str, Any] = {name: form.controls[name].value for name in ("before", "item")}
    answer = day.mira.post(form.action, day.fill(form, do="reword", **given))
    assert answer.status == 302, answer.told


def _forms(who: Browser, path: str, holding: str) -> list[Form]:
    page = who.get(path).page
    return [form for form in page.forms if {holding, "text"} <= form.controls.keys()]
