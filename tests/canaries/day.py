"""A day that goes well: writing, agreeing, sharing, and talking about it."""

from typing import Any

from tests.canaries.browser import Answer, Browser, Control, Form, Page, route, saved
from tests.canaries.hand import Hand

PASSAGES = ("happened", "reaction", "looking_again", "their_side", "repair")
ENTRIES, CAPTURES, LOOKS, SHARES = 4, 3, 2, 2


class Day(Hand):
    """Mira's and Okafor's day. ``identifying`` is the page of an entry with a telephone number."""

    identifying: str

    def enter(self, who: str) -> None:
        """Sign somebody in by the page."""
        browser = self.people[who]
        answer = self.write(
            browser,
            "/accounts/login/",
            "login",
            stays=False,
            login=f"{who}@mend.example",
            password=self.passwords[who],
        )
        assert answer.status == 302, answer.told

    def write_journal(self) -> None:
        """Write reflections, autosaves in between; capture moments; look back; finish; delete."""
        for number in range(ENTRIES):
            self.write_entry(autosaving=number == 0)
        for _ in range(CAPTURES):
            answer = self.write(self.mira, "/journal/capture/", "took_place")
            self.entries.append(answer.location.rpartition("=")[2])
        for number in range(LOOKS):
            path = f"/journal/{self.entries[number]}/look-back/"
            assert self.write(self.mira, path, "learned").status == 302
        self.mira.post(f"/journal/{self.entries[0]}/finish/", {})
        assert self.mira.post(f"/journal/{self.entries[1]}/delete/", {}).status == 302
        self.mira.get("/journal/deleted/")
        assert self.mira.post(f"/journal/{self.entries[1]}/restore/", {}).status == 302

    def settle_identifiers(self) -> None:
        """Give words to watch; replace one of two details that may identify somebody."""
        words = [self.marks.new(), self.marks.new()]
        given: dict[str, Any] = {"words": "\n".join(words)}
        assert self.write(self.mira, "/journal/words/", "words", stays=False, **given).status == 302
        self.stays_in("/journal/words/", *words)
        given = {"took_place": f"{self.marks.new()}: 07700 900123, or 020 7946 0958."}
        answer = self.write(self.mira, "/journal/capture/", "took_place", stays=False, **given)
        self.identifying = f"/journal/{answer.location.rpartition('=')[2]}/?details=shown"
        form = self.mira.get(self.identifying).page.form("replacement")
        data = self.fill(form, stays=False, do="replace")
        assert self.mira.post(form.action, data).status == 302
        assert data["replacement"] in self.mira.get(self.identifying).page.text
        as_json = {"Accept": "application/json"}
        told = self.mira.send("GET", f"{form.action}?passage=happened", headers=as_json)
        assert "020 7946 0958" in told.text

    def keep_cases(self) -> None:
        """Put a code on the list and give a case another; change a look back; be asked again."""
        code = self._code()
        answer = self.write(self.mira, "/journal/cases/", "word", stays=False, word=code)
        assert answer.status == 302, answer.told
        self.stays_in("/journal/cases/", code)
        old = self.passage(self.entries[-1], "happened").controls["case_code"].value
        links = [link for link in self.mira.get("/journal/cases/").page.links if _is_case(link)]
        path = next(link for link in links if old in self.mira.get(link).page.text)
        new = self._code()
        answer = self.write(self.mira, f"{path}rename/", "word", stays=False, word=new)
        assert answer.status == 200, answer.told
        self.stored -= self.marks.numbers_in(old)
        self.stored |= self.marks.numbers_in(new)
        form = self.mira.get(f"/journal/{self.entries[0]}/look-back/1/").page.form("learned")
        for control in form.controls.values():
            self.stored -= self.marks.numbers_in(control.value)
        assert self.mira.post(form.action, self.fill(form)).status == 302
        path = f"/journal/{self.entries[1]}/remind/"
        assert self.write(self.mira, path, "on", stays=False, when="day").status == 302

    def stays_in(self, page: str, *texts: str) -> None:
        """Note that these texts were saved, and the page where Mira reads them."""
        self.apart.append(page)
        for text in texts:
            self.stored |= self.marks.numbers_in(text)

    def _code(self) -> str:
        """Return a marked code: one that does not look like a number of a record."""
        text = self.marks.new()
        return text if "07700" not in text else self.marks.new()

    def search_and_tag(self) -> None:
        """Look for what was written and what was not, go back to it, and rename a tag."""
        written = next(text for text in self.marks.given.values() if "\n" not in text)
        for given in ({"words": f'"{written}"'}, {}, {"words": f"{self.marks.mark} " * 40}):
            form = self.mira.get("/journal/search/").page.form("words")
            data = self.fill(form, stays=False, **given)
            narrowed = dict.fromkeys(set(data) - {"words"}, "")
            answer = self.mira.post(form.action, data | narrowed)
            if answer.status == 302:
                self.mira.get(answer.location.partition("#")[0])
        form = self.mira.get("/journal/tags/").page.form("new")
        self.stored -= self.marks.numbers_in(form.controls["old"].value)
        data = self.fill(form, new=self.marks.tag(), remove=None)
        assert self.mira.post(form.action, data).status == 302
        assert data["new"] in self.mira.get("/journal/tags/").page.text
        self.stored |= self.marks.numbers_in(data["new"])
        self.mira.get("/journal/insights/")

    def write_entry(self, *, autosaving: bool) -> None:
        """Write all five passages of a new reflection."""
        form = self.mira.get("/journal/new/").page.form("took_place")
        if autosaving:
            early = self.fill(form, stays=False)
            told = saved(self.mira.post(form.action, early, as_json=True))
            form.action = told["action"]
            form.controls["revision"].values = [told["revision"]]
        answer = self.mira.post(form.action, self.fill(form, go="reaction"))
        pk = answer.location.split("/")[2]
        self.entries.append(pk)
        for slug in PASSAGES[1:]:
            form = self.passage(pk, slug)
            for _ in range(2 if autosaving else 0):
                early = self.fill(form, stays=False)
                told = saved(self.mira.post(form.action, early, as_json=True))
                form.controls["revision"].values = [told["revision"]]
            answer = self.mira.post(form.action, self.fill(form, go="later"))
            assert answer.status == 302, answer.told

    def share_and_comment(self) -> None:
        """Agree, share, comment on every passage, and answer each comment twice."""
        agreement = self.agree_with("Okafor")
        self.okafor.post(f"{agreement}accept/", {"agree": "on"})
        for number in range(SHARES):
            self.share(self.entries[number])
        for path in self.shares:
            self.talk(path)
        self.hold_and_change(self.shares[-1])
        self.look_at_the_record(agreement)

    def look_at_the_record(self, agreement: str) -> None:
        """Check and export what was consented to; see what could be barred and taken back."""
        for person in (self.mira, self.okafor):
            person.get(f"{agreement}record/")
        for path in (
            agreement.removesuffix("/") + "/record.json",
            agreement.removesuffix("/") + "/record.csv",
            f"{agreement}take-back/",
            f"{self.shares[0]}receipt.json",
            f"/journal/{self.entries[0]}/barred/",
        ):
            answer = self.mira.get(path)
            assert answer.status == 200, answer.told

    def look_at_notices(self) -> None:
        """Look at what happened, and choose how to be told; with words where no box for any is."""
        start = "/supervision/notifications/"
        for person in (self.mira, self.okafor):
            links = person.get(start).page.links
            opened = next(link for link in links if route(link) == "notification_open")
            # What is over says so: a group that ended, a copy that was taken back.
            assert person.get(opened).status in (200, 410)
            assert person.post(f"{start}seen/", {}).status == 302
            form = person.get(f"{start}choices/").page.form("in_app")
            given = form.posted()
            odd = {name: [*held, self.marks.new()] for name, held in given.items() if held}
            self.badly(person.post(form.action, given | odd), 302, 400, 422)
        path = f"/journal/{self.entries[0]}/barred/"
        self.badly(self.mira.post(path, {"people": self.marks.new()}), 200, 422)

    def agree_with(self, name: str, *, who: Browser | None = None) -> str:
        """Have Mira, or ``who``, propose an agreement to a colleague; return its page's path."""
        who = who or self.mira
        form = who.get("/supervision/agreements/new/").page.form("person")
        person = form.controls["person"]
        at = next(index for index, words in enumerate(person.words) if words.startswith(name))
        data = self.fill(form, side="supervisee", person=person.options[at], email="", agree="on")
        return who.post(form.action, data).location

    def offered_agreements(self) -> set[str]:
        """Return the agreements that Mira can share under, as her form has them."""
        form = self.mira.get(f"/journal/{self.entries[0]}/share/").page.form("purpose")
        return set(form.controls["agreement"].options)

    def share(self, pk: str, **given: Any) -> Answer:
        """Have Mira share an entry, by way of the preview; return the answer to her yes."""
        form, data = self.preview(pk, **given)
        answer = self.mira.post(form.action, data | {"step": "confirm"})
        if answer.status == 302:
            self.shares.append(answer.location.removesuffix("receipt/"))
        return answer

    def preview(self, pk: str, **given: Any) -> tuple[Form, dict[str, Any]]:
        """Return the preview's form, and what it posts. Nobody reads along unless ``given``."""
        form = self.mira.get(f"/journal/{pk}/share/").page.form("purpose")
        given = {"lasts": "30", "until_on": "", "step": "preview", "readers": None} | given
        data = self.fill(form, key_confirmed="", **given)
        answer = self.mira.post(form.action, data)
        question = answer.page.forms and _control(answer.page, "key_confirmed")
        if answer.status == 422 and question and question.options:
            data["key_confirmed"] = question.options[-1]
            answer = self.mira.post(form.action, data)
        assert answer.status == 200, answer.told
        form = answer.page.form("seal")
        return form, form.posted()

    def talk(self, path: str) -> None:
        """Have Okafor comment on each passage of a copy, and Mira and Okafor answer."""
        for who in (self.okafor, self.mira, self.okafor):
            page = who.get(path).page
            # Once at each place: beside each passage first, then in answer to each comment.
            for form in page.forms:
                if route(form.action) != "comment_add":
                    continue
                if who is self.okafor or form.controls["parent"].value:
                    said = self.fill(form, **about_nothing(form))
                    assert who.post(form.action, said).status == 302

    def hold_and_change(self, path: str) -> None:
        """Have Okafor comment on words that are not there, hold, change, send and edit; have Mira
        put a comment into her plan; have Okafor begin a reflection from it, and hold one more."""
        form = self.form_at(path, "comment_add", holding="about")
        data, text = self.bad(form)
        self.badly(self.okafor.post(form.action, data), 422, text=text)
        held = self.fill(form, stays=False, **about_nothing(form)) | {"do": "hold"}
        assert self.okafor.post(form.action, held).status == 302
        assert held["text"].split()[0] in self.okafor.get("/supervision/held/").page.text
        form = self.form_at(path, "held_change")
        data, text = self.bad(form)
        self.badly(self.okafor.post(form.action, data), 422, text=text)
        changed = self.fill(form, **about_nothing(form)) | {"do": "hold"}
        assert self.okafor.post(form.action, changed).status == 302
        assert self.okafor.post(f"{path}held/", {}).status == 302
        form = self.form_at(path, "comment_edit")
        self.stored -= self.marks.numbers_in(form.controls["text"].value)
        assert self.okafor.post(form.action, self.fill(form)).status == 302
        acts = [one.action for one in self.mira.get(path).page.forms if "act-on" in one.action]
        assert self.mira.post(acts[0], {}).status == 302
        assert self.okafor.post(f"{path}reflect/", {}).status == 200
        form = self.form_at(path, "comment_add", holding="about")
        held = self.fill(form, **about_nothing(form)) | {"do": "hold"}
        assert self.okafor.post(form.action, held).status == 302
        self.held |= self.marks.numbers_in(held["text"])

    def form_at(self, path: str, name: str, *, holding: str = "text") -> Form:
        """Return Okafor's first form on a page that is posted to the address of that name."""
        forms = [one for one in self.okafor.get(path).page.forms if holding in one.controls]
        return next(form for form in forms if route(form.action) == name)


def about_nothing(form: Form) -> dict[str, Any]:
    """Return what leaves the words a comment is about empty, where a form asks for them."""
    return {name: "" for name in ("about", "at") if name in form.controls}


def _is_case(link: str) -> bool:
    return link.startswith("/journal/cases/") and len(link) > 40 and link.count("/") == 4


def _control(page: Page, name: str) -> Control | None:
    found = [form.controls[name] for form in page.forms if name in form.controls]
    return found[-1] if found else None
