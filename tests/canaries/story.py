"""What people do in a day, when it goes well and when it goes wrong. All they type is marked."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tests.canaries.browser import Answer, Browser, route
from tests.canaries.carrying import bring_in, take_along, think_of_leaving
from tests.canaries.groups import gather
from tests.canaries.hand import CAST
from tests.canaries.installation import Installation
from tests.canaries.marks import Marks, mails_in
from tests.canaries.meetings import meet
from tests.canaries.mishaps import Mishaps

# Those whose pages may show what Mira wrote. All others' may not, in any answer to a GET.
READERS = frozenset({"mira", "okafor"})
# He whose pages may show what stands in copies he reads along and beside them, and no more.
READS_ALONG = "jonas"
CODE = re.compile(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}")
MAIL_SECONDS = 60


class Story(Mishaps):
    """The whole of it: signing in, the day, passwords and codes, and a look at every page."""

    def live(self) -> None:
        """Live the day through."""
        self.sign_in()
        self.write_journal()
        self.settle_identifiers()
        take_along(self)
        bring_in(self)
        think_of_leaving(self)
        self.keep_cases()
        self.search_and_tag()
        self.share_and_comment()
        gather(self)
        meet(self)
        self.look_at_notices()
        self.write_badly()
        self.keep_what_was_not_saved()
        self.write_while_locked()
        self.be_told_too_late()
        self.keep_secrets()
        self.arrive()
        self.forget_password()
        self.look_around()

    def sign_in(self) -> None:
        """Sign everybody in, not without slips, and give Mira the name that is looked for."""
        visitor = self.people["visitor"]
        for path in ("/", "/guide/", "/about/privacy/", "/accounts/signup/", "/journal/"):
            visitor.get(path)
        slip = self.marks.new()
        form = visitor.get("/accounts/login/").page.form("login")
        for login in (slip, f"{self.marks.mark}@mend.example", "mira@mend.example"):
            given = {"login": login, "password": self.marks.password()}
            self.badly(visitor.post(form.action, self.fill(form, stays=False, **given)), 200)
        for who in CAST:
            self.enter(who)

    # --- Passwords and codes ---------------------------------------------------------------------

    def keep_secrets(self) -> None:
        """Change a password, make a new recovery code, and get both wrong on the way."""
        mira, password = self.mira, self.passwords["mira"]
        wrong: dict[str, Any] = {"stays": False, "password": self.marks.password()}
        self.badly(self.write(mira, "/vault/recovery/", "password", **wrong), 400)
        right: dict[str, Any] = {"stays": False, "password": password}
        answer = self.write(mira, "/vault/recovery/", "password", **right)
        self.type_code_back(mira, answer)
        new = self.marks.password()
        path, fields = "/accounts/password/change/", {"password1": new, "password2": new}
        slip: dict[str, Any] = fields | {"oldpassword": self.marks.password()}
        self.badly(self.write(mira, path, "oldpassword", stays=False, **slip), 200)
        fields |= {"oldpassword": password}
        self.badly(self.write(mira, path, "oldpassword", stays=False, **fields), 302)
        self.passwords["mira"] = new
        mira.post("/vault/lock/", {})
        form = mira.get("/vault/recovery/").page.form("code")
        code = self.fill(form, stays=False)
        self.badly(mira.post(form.action, code), 400)
        self.badly(self.write(mira, "/vault/unlock/", "password", **wrong), 400)
        right = {"stays": False, "password": new}
        self.badly(self.write(mira, "/vault/unlock/", "password", **right), 302)
        self.take_second_step(mira)
        self.okafor.post("/vault/lock/", {})
        self.badly(self.write(self.okafor, "/vault/start-over/", "password", **wrong), 400)
        for password, status in ((self.marks.password(), 400), (self.passwords["okafor"], 200)):
            by_script = {"password": password}
            self.badly(self.okafor.post("/vault/unlock/", by_script, as_json=True), status)

    def type_code_back(self, who: Browser, answer: Answer) -> None:
        """Type a new recovery code back, with a slip first."""
        found = CODE.search(answer.page.text)
        assert found, f"no code is shown: {answer.told}"
        self.secrets += [found[0], found[0].replace("-", "")]
        form = answer.page.form("code")
        self.badly(who.post(form.action, self.fill(form, stays=False)), 400)
        given = self.fill(form, stays=False, code=found[0])
        self.badly(who.post(form.action, given), 302)

    def take_second_step(self, who: Browser) -> None:
        """Begin two-step sign-in, and confirm the password on the way, with a slip."""
        page = who.get("/accounts/2fa/totp/activate/").page
        form = page.form("password")
        for password, status in ((self.marks.password(), 200), (self.passwords["mira"], 302)):
            data = self.fill(form, stays=False, password=password)
            answer = who.post(page.url, data)
            self.badly(answer, status)
        page = who.get("/accounts/2fa/totp/activate/").page
        form = page.form("code")
        self.badly(who.post(page.url, self.fill(form, stays=False)), 200)

    def arrive(self) -> None:
        """Have Ada invite Nell, who signs up and sets up her vault."""
        ada, nell = self.people["ada"], self.people["nell"]
        clinic = ada.get("/").path
        given: dict[str, Any] = {"name": "Nell", "email": "nell@mend.example", "is_admin": None}
        self.badly(self.write(ada, f"{clinic}invite/", "email", **given), 302)
        form = nell.get(self.mailed("nell@mend.example", "/invitation/")).page.form("password1")
        given = {"password1": self.passwords["nell"], "timezone": "Europe/London"}
        given |= {"name": "Nell", "email": "nell@mend.example"}
        answer = nell.post(form.action, self.fill(form, stays=False, **given))
        assert answer.status == 302, answer.told
        page = nell.get(answer.location).page
        if not page.url.startswith("/vault/"):
            self.enter("nell")
        wrong: dict[str, Any] = {"stays": False, "password": self.marks.password()}
        nell.post("/vault/setup/", {})
        self.badly(self.write(nell, "/vault/setup/", "password", **wrong), 200, 400)
        answer = nell.post("/vault/setup/", {"password": self.passwords["nell"]})
        self.type_code_back(nell, answer)

    def mailed(self, address: str, path: str) -> str:
        """Return the path of the link to ``path`` in a mail to ``address``, waiting for it."""
        until = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < until:
            for file in mail_files(self.mend):
                for mail in mails_in(file.read_bytes()):
                    found = re.search(rf"https?://[^/\s]+({path}\S*)", mail)
                    if found and f"To: {address}" in mail:
                        return found[1]
            time.sleep(0.1)
        raise LookupError(f"no mail to {address} with {path} came")

    def forget_password(self) -> None:
        """Have Jonas reset his password by mail, and open his vault again with the old one."""
        jonas, old = self.people["jonas"], self.passwords["jonas"]
        jonas.cookies.clear()
        given: dict[str, Any] = {"email": "jonas@mend.example"}
        self.badly(self.write(jonas, "/accounts/password/reset/", "email", **given), 302)
        page = jonas.get(self.mailed("jonas@mend.example", "/accounts/password/reset/key/")).page
        form = page.form("password1")
        new = self.marks.password()
        given = {"password1": new, "password2": new}
        answer = self.fill(form, stays=False, **given)
        self.badly(jonas.post(page.url if form.action == page.url else form.action, answer), 302)
        self.passwords["jonas"] = new
        self.enter("jonas")
        form = jonas.get("/vault/unlock/").page.form("old_password")
        slip = self.fill(form, stays=False, password=new, old_password=self.marks.password())
        self.badly(jonas.post("/vault/unlock/", slip), 400)
        right = self.fill(form, stays=False, password=new, old_password=old, code="")
        self.badly(jonas.post("/vault/unlock/", right), 302)

    # --- Looking ---------------------------------------------------------------------------------

    def look_around(self) -> None:
        """Have everybody look at every page they can reach, and at those they cannot."""
        name = f"Mira {self.control.mark}"
        self.write(self.mira, "/account/", "name", stays=False, name=name, timezone="Europe/London")
        last = self.shares[0]
        page = self.mira.get(last).page
        form = next(one for one in page.forms if route(one.action) == "comment_add")
        self.mira.post(form.action, self.fill(form))
        for path in ("/vault/state/", "/healthz", "/readyz"):
            self.mira.get(path)
        self.crawl("operator", "/admin/", most=1)
        for who, most in (("ada", 2), ("mira", 2)):
            self.crawl(who, "/", most=most)
        for who in ("okafor", "rune", "jonas", "visitor"):
            self.crawl(who, "/", most=1)
        pk, share = self.entries[0], self.shares[0]
        private = [f"/journal/{pk}/{end}" for end in ("", "happened/", "look-back/", "share/")]
        for who in ("ada", "rune", "jonas", "operator", "visitor"):
            for path in (*private, share, f"{share}receipt/"):
                self.badly(self.people[who].get(path), 200, 404)

    def crawl(self, who: str, start: str, *, most: int) -> None:
        """Follow every link there is, to at most so many pages of a kind."""
        waiting, known, kinds = [start], {start}, Counter[str]()
        while waiting:
            path = waiting.pop(0)
            kinds[route(path)] += 1
            if kinds[route(path)] > most:
                continue
            answer = self.people[who].get(path)
            for link in answer.page.links if answer.is_page else ():
                found = urljoin(answer.path, link.partition("#")[0])
                leads_out = not found.startswith("/") or found.startswith(("//", "/static/"))
                if not leads_out and "logout" not in found and found not in known:
                    known.add(found)
                    waiting.append(found)

    def pages_of(self, who: Browser, paths: Iterable[str]) -> str:
        """Return the words of these pages."""
        return "\n".join(who.get(path).page.text for path in paths)

    def leak(self) -> Marks:
        """Leak a text of its own mark wherever the search looks, and return its marks."""
        leaked = Marks()
        answer = self.mira.post("/canaries/leaks/", {"text": leaked.new()})
        assert answer.text == "leaked", answer.text
        self.mira.get(f"/no/such/address/{leaked.mark}/")
        return leaked


def mail_files(mend: Installation) -> list[Path]:
    """Return the files that mails were delivered to."""
    return [*mend.folder.glob("mail/*"), *mend.folder.glob("data/mail/*")]
