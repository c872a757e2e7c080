"""A group: made, asked into, joined, and over. Only its name is typed, which stands in clear."""

from typing import Any

from tests.canaries.day import Day

GROUPS = "/supervision/groups/"


def gather(day: Day) -> None:
    """Have Okafor make a group after a slip, Mira join it, both look at it, and both go."""
    form = day.okafor.get(f"{GROUPS}new/").page.form("people")
    slip: dict[str, Any] = {"name": day.marks.new() * 2}
    data = day.fill(form, stays=False, **slip)
    day.badly(day.okafor.post(form.action, data), 422, text=slip["name"])
    day.badly(day.okafor.post(form.action, data | {"people": day.marks.new()}), 422)
    data = day.fill(form, name="Thursdays at six")
    path = day.okafor.post(form.action, data).location
    assert day.mira.get(path).status == 200
    assert day.mira.post(f"{path}accept/", {"agree": "on"}).status == 302
    for who in (day.mira, day.okafor):
        assert who.get(path).status == 200
    odd = day.okafor.post(f"{path}ask/", {"people": day.marks.new()})
    day.badly(odd, 422)
    assert day.mira.post(f"{path}leave/", {}).status == 302
    assert day.okafor.post(f"{path}end/", {}).status == 302
