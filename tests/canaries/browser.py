"""A browser of the plainest kind: cookies, forms and links over HTTP, and no script."""

import http.client
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.urls import Resolver404, resolve

from tests.canaries.installation import HOST, Installation

TEXT_INPUTS = {"text", "search", "email", "url", "tel", "password", ""}
# Every text field typed into, or seen, as (name of the address it is posted to, its own name).
Place = tuple[str, str]


@dataclass
class Control:
    """One control of a form, or all of one name; ``values`` are sent if nothing is changed.

    ``options`` are the values that a choice offers, ``words`` what a list says of each;
    ``remembered`` says that the browser may write down on its own disk what is typed.
    """

    name: str
    kind: str
    remembered: bool = False
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """Whether somebody can write into it."""
        return self.kind == "textarea" or self.kind in TEXT_INPUTS

    @property
    def value(self) -> str:
        """Its first value, or nothing."""
        return next(iter(self.values), "")


@dataclass
class Form:
    """A form of a page, with its controls in order."""

    action: str
    method: str
    remembered: bool
    controls: dict[str, Control] = field(default_factory=dict)

    def posted(self, **changed: Any) -> dict[str, Any]:
        """Return what a browser would send, with ``changed`` typed or chosen."""
        data: dict[str, Any] = {
            control.name: control.values for control in self.controls.values() if control.values
        }
        return data | changed


class Page(HTMLParser):
    """What there is on a page: its words, its links and its forms."""

    def __init__(self, html: str, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.title = ""
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._loose: list[Control] = []
        self._form: Form | None = None
        self._open: Control | None = None
        self._tag = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """Every word of the page, what stands in boxes and hidden ones included."""
        controls = [one for form in self.forms for one in form.controls.values()]
        held = [value for one in (*controls, *self._loose) for value in one.values]
        return "".join(self.words) + "\n".join(held)

    def form(self, holding: str) -> Form:
        """Return the form that has a control of this name. Raises ``LookupError``."""
        for form in self.forms:
            if holding in form.controls:
                return form
        raise LookupError(f"{self.url} has no form with {holding}: {''.join(self.words)[:3000]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._tag = tag
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            action = given.get("action") or self.url
            method = given.get("method", "get").lower()
            self._form = Form(action, method, given.get("autocomplete") != "off")
            self.forms.append(self._form)
        elif tag == "input":
            self._input(given)
        elif tag in ("textarea", "select"):
            # Chromium heeds only what the form says of a box of several lines.
            remembered = self._form is not None and self._form.remembered
            self._open = self._add(Control(given.get("name", ""), tag, remembered))
            if tag == "textarea":
                self._open.values.append("")
        elif tag == "option" and self._open:
            value = given.get("value", "")
            self._open.options.append(value)
            self._open.words.append("")
            if "selected" in given or len(self._open.options) == 1:
                self._open.values = [value]

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "").lower()
        if kind in ("submit", "button", "reset", "image"):
            return
        ticked = kind in ("checkbox", "radio")
        value = given.get("value", "on" if ticked else "")
        forgotten = given.get("autocomplete") in ("off", "one-time-code")
        remembered = not forgotten and self._form is not None and self._form.remembered
        control = self._add(Control(given.get("name", ""), kind, remembered))
        if ticked:
            control.options.append(value)
        if not ticked or "checked" in given:
            control.values.append(value)

    def _add(self, control: Control) -> Control:
        if not control.name or self._form is None:
            self._loose.append(control)
            return control
        return self._form.controls.setdefault(control.name, control)

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""
        if tag == "form":
            self._form = None
        elif tag in ("textarea", "select"):
            if self._open and self._open.kind == "textarea":
                # HTML drops a newline that comes first.
                self._open.values[-1] = self._open.values[-1].removeprefix("\n")
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open.kind == "textarea":
            self._open.values[-1] += data
        elif self._open and self._open.words:
            self._open.words[-1] += data.strip()
        elif self._tag == "title":
            self.title += data
        else:
            self.words.append(data)


@dataclass
class Answer:
    """What came back: who asked for it and how, and every header and byte."""

    who: str
    method: str
    path: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, read as UTF-8."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether it is HTML."""
        return "html" in self.headers.get("Content-Type", "")

    @cached_property
    def page(self) -> Page:
        """The body, read as a page."""
        return Page(self.text, self.path)

    @property
    def location(self) -> str:
        """The path of the page it leads to. Raises ``LookupError`` where it leads nowhere."""
        found = self.headers.get("Location")
        if found is None:
            raise LookupError(self.told)
        parts = urlsplit(found)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def said(self) -> str:
        """The request and the answer in a line."""
        return f"{self.who} {self.method} {self.path} ({self.status})"

    @property
    def told(self) -> str:
        """The request, the answer, and what its page says."""
        words = " ".join("".join(self.page.words).split()) if self.is_page else self.text
        return f"{self.said}: {words[:1500]}"


def route(path: str) -> str:
    """Return the name of the address ``path``, or the path where it has none."""
    try:
        return resolve(urlsplit(path).path, urlconf="tests.canaries.urls").view_name
    except Resolver404:
        return path


class Browser:
    """One person's browser on an installation. Everything that comes back is kept in ``kept``."""

    def __init__(self, mend: Installation, who: str, kept: list[Answer], number: int) -> None:
        self.mend = mend
        self.who = who
        self.kept = kept
        self.cookies: dict[str, str] = {}
        self.address = f"203.0.113.{number}"
        self.host = "mend.example" if mend.tls else f"{HOST}:{mend.port}"
        self.scheme = "https" if mend.tls else "http"

    @property
    def token(self) -> str:
        """The token that proves a post came from Mend's own page."""
        return self.cookies.get("__Host-csrf" if self.mend.tls else "csrf", "")

    def get(self, path: str) -> Answer:
        """Return the page at ``path``, wherever that leads."""
        answer = self.send("GET", path)
        for _ in range(5):
            if answer.status not in (301, 302):
                break
            answer = self.send("GET", answer.location)
        return answer

    def post(
        self,
        path: str,
        data: Mapping[str, Any],
        *,
        as_json: bool = False,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what comes of posting ``data``; ``as_json`` as Mend's own scripts ask for it."""
        pairs = [("csrfmiddlewaretoken", self.token if token is None else token)]
        for name, value in data.items():
            if name == "csrfmiddlewaretoken":
                continue
            several = value if isinstance(value, list | tuple) else [value]
            pairs += [(name, str(one)) for one in several]
        kind = "application/x-www-form-urlencoded"
        given = {"Content-Type": kind, "Origin": f"{self.scheme}://{self.host}"}
        given |= {"Sec-Fetch-Site": "same-origin"}
        if as_json:
            given["Accept"] = "application/json"
        given |= headers or {}
        return self.send("POST", path, urlencode(pairs).encode(), given)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what comes back for one request; nothing is followed."""
        given = {
            "Host": self.host,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Accept": "text/html",
            "Referer": f"{self.scheme}://{self.host}/",
            "User-Agent": "Canary/1",
        }
        if self.mend.tls:
            given |= {"X-Forwarded-Proto": "https", "X-Forwarded-For": self.address}
        with closing(http.client.HTTPConnection(HOST, self.mend.port, timeout=60)) as connection:
            connection.request(method, path, body, given | dict(headers or {}))
            response = connection.getresponse()
            answer = Answer(self.who, method, path, response.status, response.msg, response.read())
        self._keep_cookies(answer)
        self.kept.append(answer)
        return answer

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie") or ():
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes or value in ("", '""'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def saved(answer: Answer) -> dict[str, Any]:
    """Return what a script is told of a save that went through."""
    found: dict[str, Any] = json.loads(answer.body)
    assert found.get("state") == "saved", f"{answer.said}: {found}"
    return found
