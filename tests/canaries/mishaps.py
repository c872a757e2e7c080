"""All that can go wrong with a post: each of these is typed in vain, and handed back."""

import http.client
import json
import re
import secrets
import socket
import time
import uuid
from collections.abc import Iterable
from typing import Any

from tests.canaries.browser import Answer, Browser, route
from tests.canaries.day import PASSAGES, Day
from tests.canaries.installation import HOST
from tests.canaries.urls import BREAKS
from tests.vault import reference

# An address, what is posted to it, and one of the texts in that.
Post = tuple[str, dict[str, Any], str]


class Mishaps(Day):
    """What goes wrong in the same day."""

    def every_post(self) -> Iterable[Post]:
        """Give an address, a marked post, and the text in it, for all that somebody writes."""
        pk, share = self.entries[0], self.shares[0]
        pages = {
            "/journal/new/": "took_place",
            "/journal/capture/": "took_place",
            **{f"/journal/{pk}/{slug}/": "revision" for slug in PASSAGES},
            f"/journal/{pk}/look-back/": "learned",
            f"/journal/{pk}/share/": "purpose",
            share: "text",
            "/journal/words/": "words",
            self.identifying: "replacement",
        }
        forms = {path: self.mira.get(path).page.form(holding) for path, holding in pages.items()}
        for form in forms.values():
            yield form.action, *self.bad(form, step="preview")

    def write_badly(self) -> None:
        """Post to where it cannot be saved, in every way that comes to mind."""
        out = Browser(self.mend, "visitor", self.answers, 77)
        out.cookies = {name: value for name, value in self.mira.cookies.items() if "csrf" in name}
        elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        posts = list(self.every_post())
        for path, data, text in posts:
            self.badly(out.post(path, data), 401, text=text)
            self.badly(out.post(path, data, as_json=True), 401)
            self.badly(self.mira.post(path, data, token="x" * 64), 403, text=text)
            self.badly(self.mira.post(path, data, token="x" * 64, headers=elsewhere), 403)
        self.collide()
        self.write_too_much()
        self.write_nowhere()
        self.break_things()
        self.write_oddly(posts)

    def collide(self) -> None:
        """Write the same passage in two tabs, late in one of them; then put both together."""
        pk = self.entries[3]
        self.forget_stored_in(pk, "happened", "repair")
        for slug, as_json in (("happened", False), ("repair", True)):
            tabs = [self.passage(pk, slug), self.passage(pk, slug)]
            first, late = (self.fill(tab, stays=False) for tab in tabs)
            assert self.mira.post(tabs[0].action, first).status == 302
            answer = self.mira.post(tabs[1].action, late, as_json=as_json)
            self.badly(answer, 409, text="" if as_json else self.text_in(late))
            if not as_json:
                both = answer.page.form("took_place")
                assert self.mira.post(both.action, both.posted()).status == 302
        self.bring_back(pk, self.text_in(late))
        for slug in ("happened", "repair"):
            form = self.passage(pk, slug)
            assert self.mira.post(form.action, self.fill(form, go="later")).status == 302

    def bring_back(self, pk: str, text: str) -> None:
        """Find a text that came too late among the earlier ones, and bring it back."""
        start = f"/journal/{pk}/history/"
        links = self.mira.get(start).page.links
        versions = [link for link in links if link.startswith(start) and link[-2].isdigit()]
        found = [path for path in versions if text in self.mira.get(path).page.text]
        assert found, f"a late text is not among the earlier texts of {start}"
        assert self.mira.post(f"{found[0]}bring-back/", {}).status == 302
        assert text in self.mira.get(f"/journal/{pk}/").page.text

    def write_too_much(self) -> None:
        """Write more than a box holds, and more than a post may carry."""
        pk = self.entries[0]
        form = self.passage(pk, "happened")
        for name, size in (("took_place", 100_001), ("title", 201), ("case_code", 300)):
            long = (self.marks.new() * size)[:size]
            data, _ = self.bad(form, **{name: long})
            self.badly(self.mira.post(form.action, data), 422, text=long)
            self.badly(self.mira.post(form.action, data, as_json=True), 422)
        form = self.mira.get(f"/journal/{pk}/share/").page.form("purpose")
        note = (self.marks.new() * 5001)[:5001]
        data, _ = self.bad(form, note=note, step="preview", lasts="30")
        self.badly(self.mira.post(form.action, data), 422, text=note)
        form = self.form_at(self.shares[0], "comment_add")
        data, _ = self.bad(form, text=(self.marks.new() * 20_001)[:20_001])
        self.badly(self.okafor.post(form.action, data), 422, text=data["text"])
        many = {f"box{number}": self.marks.mark for number in range(2001)}
        self.badly(self.mira.post(f"/journal/{pk}/happened/", many), 413)
        self.post_25_megabytes(f"/journal/{pk}/happened/")

    def post_25_megabytes(self, path: str) -> None:
        """Post more than is taken at all. The server may hang up before all of it is sent."""
        body = b"took_place=" + self.marks.new().encode() * (25 * 1024 * 1024 // 20)
        given = {"X-CSRFToken": self.mira.token, "Origin": self.origin}
        given["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.badly(self.mira.send("POST", path, body, given), 413)
        except (ConnectionResetError, BrokenPipeError):
            return

    @property
    def origin(self) -> str:
        """Where Mend's own pages come from."""
        return f"{self.mira.scheme}://{self.mira.host}"

    def write_nowhere(self) -> None:
        """Post to what is not there, and to what is somebody else's."""
        pk, nobody = self.entries[0], str(uuid.uuid4())
        jonas, rune = self.people["jonas"], self.people["rune"]
        form = self.passage(pk, "happened")
        for who, path in (
            (self.mira, f"/journal/{nobody}/happened/"),
            (self.mira, f"/journal/{pk}/no-such-passage/"),
            (self.mira, f"/journal/{nobody}/look-back/"),
            (self.mira, f"/journal/{nobody}/share/"),
            (self.mira, f"/supervision/shares/{nobody}/comment/"),
            (self.mira, "/no/such/address/"),
            (jonas, f"/journal/{pk}/happened/"),
            (jonas, f"{self.shares[0]}comment/"),
            (rune, f"/journal/{pk}/look-back/"),
            (self.people["ada"], "/no/such/address/"),
        ):
            data, text = self.bad(form)
            self.badly(who.post(path, data), 404, 409, text=text)
            # Without what says whose page it was.
            words = {name: one for name, one in data.items() if form.controls[name].is_text}
            self.badly(who.post(path, words | {"text": text}), 404, text=text)
            self.badly(who.post(path, words, as_json=True), 404)

    def break_things(self) -> None:
        """Have Mend fail with an entry open and a post in hand, in several ways."""
        pk = self.entries[0]
        form = self.passage(pk, "happened")
        for kind in BREAKS:
            data, text = self.bad(form)
            path = f"/canaries/breaks/{pk}/{kind}/"
            self.badly(self.mira.post(path, data), 500, text=text)
            self.badly(self.mira.post(path, data, as_json=True), 500)

    def write_oddly(self, posts: list[Post]) -> None:
        """Send what no browser of ours would: garbage in choices, files, torn and broken posts."""
        pk = self.entries[0]
        path = f"/journal/{pk}/happened/"
        for action, data, _text in posts:
            garbage = {name: self.marks.new() for name in data}
            self.badly(self.mira.post(action, garbage), 200, 302, 400, 409, 422)
            self.badly(self.mira.post(action, garbage, as_json=True), 200, 302, 400, 409, 422)
        form = self.passage(pk, "happened")
        data, _ = self.bad(form, strain=f"\0{self.marks.new()}")
        self.badly(self.mira.post(path, data), 422)
        for kind, body in self.odd_bodies():
            given = {"X-CSRFToken": self.mira.token, "Origin": self.origin, "Content-Type": kind}
            answer = self.mira.send("POST", path, body, given)
            assert answer.status < 500, f"{answer.said}: {kind}"
        self.hang_up(path)
        if not self.mend.tls:
            self.run_on(path)

    def odd_bodies(self) -> Iterable[tuple[str, bytes]]:
        """Give bodies, with their types, that carry files or cannot be read."""
        text = self.marks.new().encode()
        parts = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        for size in (1, 200_000):
            file = parts % (b"file", b'; filename="' + text + b'.txt"', text * size)
            took_place = parts % (b"took_place", b"", text)
            yield "multipart/form-data; boundary=b", file + took_place + b"--b--\r\n"
            yield "multipart/form-data; boundary=b", file  # torn off
        yield "multipart/form-data", text
        yield f"multipart/form-data; boundary={self.marks.mark}\xff", text
        yield "application/json", b'{"took_place": "' + text + b'"}'
        yield f"application/x-www-form-urlencoded; charset={self.marks.mark}", b"title=" + text
        yield "application/x-www-form-urlencoded", b"title=%ff%fe\xff" + text
        yield "text/plain", text

    def hang_up(self, path: str) -> None:
        """Begin a post and leave in the middle of it."""
        connection = http.client.HTTPConnection(HOST, self.mend.port, timeout=30)
        connection.putrequest("POST", path)
        for name, value in (
            ("Cookie", "; ".join(f"{key}={value}" for key, value in self.mira.cookies.items())),
            ("Origin", self.origin),
            ("X-Forwarded-Proto", self.mira.scheme),
            ("X-CSRFToken", self.mira.token),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", "5000"),
        ):
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(b"took_place=" + self.marks.new().encode())
        time.sleep(0.05)
        connection.close()

    def run_on(self, path: str) -> None:
        """Send a post longer than it says: what is left over is read as a request of its own."""
        # A server that quotes the request line it cannot read gets as far as the first space.
        text = self.marks.mark.encode() + self.marks.new().encode()
        with socket.create_connection((HOST, self.mend.port), timeout=10) as raw:
            raw.sendall(
                f"POST {path} HTTP/1.1\r\nHost: {self.mira.host}\r\nContent-Length: 4\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\n\r\na=b&".encode()
                + text
                + b"\r\n\r\n"
            )
            raw.settimeout(5)
            while raw.recv(65536):
                pass

    def keep_what_was_not_saved(self) -> None:
        """Come back with what a browser sealed because it could not be saved, once damaged."""
        pk, path = self.entries[2], "/journal/unsaved/"
        self.forget_stored_in(pk, "their_side")
        answer = self.mira.get(f"/journal/{pk}/their_side/")
        data = self.fill(answer.page.form("revision"), go=None)
        draft = _sealed_by_browser(answer, data, place="their_side")
        damaged = draft | {"sealed": draft["sealed"][:-2] + "00"}
        self.badly(self.mira.post(path, damaged), 409)
        told = self.mira.post(path, draft | {"do": "check"}, as_json=True)
        assert told.text == '{"state": "unsaved"}', told.told
        self.badly(self.mira.post(path, draft), 200, text=self.text_in(data))
        self.badly(self.mira.post(path, draft | {"do": "keep"}), 302)
        self.discard_what_was_not_sent(path)

    def discard_what_was_not_sent(self, path: str) -> None:
        """Look at what a browser sealed of forms that are sent by a press, and leave it there."""
        pk, share = self.entries[2], self.shares[0]
        places = (
            (self.mira, "/journal/capture/", "took_place", "capture"),
            (self.mira, f"/journal/{pk}/look-back/", "learned", "look-back"),
            (self.okafor, share, "text", "comment."),
        )
        for who, page, holding, place in places:
            answer = who.get(page)
            data, _text = self.bad(answer.page.form(holding))
            draft = _sealed_by_browser(answer, data, place=place)
            told = who.post(path, draft | {"do": "check"}, as_json=True)
            assert told.text == '{"state": "unsaved"}', told.told
            self.badly(who.post(path, draft), 200, text=data[holding].split("\r\n")[0])
            damaged = draft | {"sealed": draft["sealed"][:-2] + "00"}
            self.badly(who.post(path, damaged), 409)
        self.badly(self.okafor.post(path, draft | {"do": "keep"}), 200, text=data["text"])

    def write_while_locked(self) -> None:
        """Write on after the vault locked, unlock with a slip, and have it saved after all."""
        posts = list(self.every_post())
        self.forget_stored_in(self.entries[2], "their_side")
        form = self.passage(self.entries[2], "their_side")
        self.mira.post("/vault/lock/", {})
        for path, data, text in posts:
            self.badly(self.mira.post(path, data), 423, text=text)
            self.badly(self.mira.post(path, data, as_json=True), 423)
        data, text = self.bad(form)
        kept = self.mira.post(form.action, data)
        form = kept.page.form("vault_password")
        slip = {"vault_password": self.marks.password()}
        self.badly(self.mira.post(form.action, form.posted(**slip)), 423, text=text)
        self.typed.add((route(form.action), "vault_password"))
        right = {"vault_password": self.passwords["mira"]}
        assert self.mira.post(form.action, form.posted(**right)).status == 302
        shown = self.mira.get(form.action).page.form("their_voice").controls["their_voice"].value
        assert shown == data["their_voice"].replace("\r\n", "\n")
        form = self.passage(self.entries[2], "their_side")
        assert self.mira.post(form.action, self.fill(form, go="later")).status == 302

    def be_told_too_late(self) -> None:
        """Comment on what was taken back a moment ago; share what is no longer agreed."""
        path = self.shares[-1]
        forms = [one for one in self.okafor.get(path).page.forms if "text" in one.controls]
        self.mira.post(f"{path}take-back/", {})
        for form in forms[:3]:
            data, text = self.bad(form)
            refused = self.okafor.post(form.action, data)
            self.badly(refused, 409, text=text)
        kept = next(one for one in refused.page.forms if route(one.action) == "comment_keep")
        data = self.fill(kept)
        assert self.okafor.post(kept.action, data).status == 302
        self.held |= self.marks.numbers_in(data["text"])
        self.badly(self.okafor.get(path), 410)
        self.revoked.append(path)
        known = self.offered_agreements()
        agreement = self.agree_with("Jonas")
        self.people["jonas"].post(f"{agreement}accept/", {"agree": "on"})
        (chosen,) = self.offered_agreements() - known
        before = len(self.marks.given)
        form, data = self.preview(self.entries[0], agreement=chosen)
        self.stored -= set(range(before, len(self.marks.given)))
        self.mira.post(f"{agreement}end/", {})
        answer = self.mira.post(form.action, data | {"step": "confirm"})
        self.badly(answer, 422, text=self.text_in(data))


def _sealed_by_browser(answer: Answer, data: dict[str, Any], *, place: str) -> dict[str, str]:
    """Return what the page of ``answer`` would post of ``data``, had it kept that sealed.

    ``place`` is how the place of the form begins: it is the first such form of the page.
    """
    tags = re.findall(r"<form\b[^>]*>", answer.text)
    tag = next(one for one in tags if f'data-seal-place="{place}' in one)
    given = dict(re.findall(r'data-seal-(\w+)="([^"]+)"', tag))
    pairs = [
        (name, str(one))
        for name, held in data.items()
        for one in (held if isinstance(held, list) else [held])
    ]
    sealed = reference.hpke_seal(
        bytes.fromhex(given["to"]),
        secrets.token_bytes(32),
        reference.padded(json.dumps(pairs).encode()),
        bytes.fromhex(given["info"]).removeprefix(reference.HPKE),
    )
    ids = {"entry": given["thing"], "passage": given["place"], "page": given["page"]}
    return {**ids, "vault": given["vault"], "sealed": sealed.hex()}
