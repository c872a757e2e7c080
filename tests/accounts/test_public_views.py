"""Which pages open without signing in: those in the list, each for its reason, and no other."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import PUBLIC_VIEWS
from accounts.middleware import SignedInMiddleware


class View(NamedTuple):
    """A view as the addresses know it: its full name, what it is, and what its path has in it."""

    name: str
    callback: Any
    arguments: dict[str, Any]

    @property
    def is_public(self) -> bool:
        """Whether the middleware lets visitors through to it."""
        return not getattr(self.callback, "login_required", True)

    @property
    def path(self) -> str:
        """A path that leads to it; nothing it names exists."""
        return reverse(self.name, kwargs=self.arguments)


def value(name: str, converter: Any) -> Any:
    """Return something that fits one argument of a path."""
    by_kind = {"UUIDConverter": uuid4(), "IntConverter": 1}
    by_name = {"uidb36": "1", "app_label": "accounts", "passage": "happened"}
    return by_kind.get(type(converter).__name__, by_name.get(name, "none"))


def arguments(pattern: Any) -> dict[str, Any]:
    """Return a value for every argument of one pattern."""
    converters = getattr(pattern, "converters", {})
    names = {*converters, *getattr(pattern, "regex", pattern).groupindex}
    return {name: value(name, converters.get(name)) for name in names}


def views(
    resolver: URLResolver, space: str = "", given: dict[str, Any] | None = None
) -> Iterator[View]:
    """Yield every view there is."""
    for one in resolver.url_patterns:
        inside = {**(given or {}), **arguments(one.pattern)}
        if isinstance(one, URLPattern):
            yield View(f"{space}{one.name or ''}", one.callback, inside)
        else:
            yield from views(one, f"{space}{one.namespace}:" if one.namespace else space, inside)


def named_views() -> list[View]:
    return [view for view in views(get_resolver()) if not view.name.endswith(":") and view.name]


def test_public_views_are_exactly_those_in_the_list() -> None:
    public = {view.name for view in views(get_resolver()) if view.is_public}

    assert public == set(PUBLIC_VIEWS)


def test_every_public_view_gives_its_reason() -> None:
    assert all(len(reason.split()) >= 3 for reason in PUBLIC_VIEWS.values())


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_visitor_is_refused_by_every_other_view(client: Client, method: str) -> None:
    refused, let_in = 0, []
    for view in named_views():
        if view.name in PUBLIC_VIEWS:
            continue
        response = getattr(client, method)(view.path)
        if response.status_code == 302 and response.headers["Location"].startswith(
            ("/accounts/login/", "/admin/login/")
        ):
            refused += 1
        else:
            let_in.append((view.name, response.status_code))

    assert let_in == []
    assert refused > 30


@pytest.mark.django_db
def test_script_of_a_visitor_is_told_instead_of_sent_away(client: Client) -> None:
    for view in named_views():
        if view.name in PUBLIC_VIEWS or view.name.startswith("admin:"):
            continue
        response = client.post(view.path, headers={"accept": "application/json"})

        assert response.status_code == 401, view.name
        assert response.json()["error"] == "signed_out"


def test_views_without_a_name_are_refused_too() -> None:
    middleware = SignedInMiddleware(lambda request: HttpResponse())
    request = RequestFactory().get("/somewhere/")
    request.user = AnonymousUser()

    for view in views(get_resolver()):
        if not view.name or view.name.endswith(":"):
            answer = middleware.process_view(request, view.callback, (), {})
            assert answer is not None
            assert answer.status_code == 302
