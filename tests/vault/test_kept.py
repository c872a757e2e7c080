"""A post that cannot be carried out: nothing of it is lost."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import User
from tests.factories import PASSWORD, recovery_code, unlock
from tests.vault.conftest import state
from vault.kept import is_same_origin, kept_fields, kept_response

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
ODD = (
    '\nfirst line empty\r\nsecond \u202eodd\u202c 🪑 <b>&amp;</b> "quoted" {{ not }} {% code %}\t\n'
)


class Form(HTMLParser):
    """What a browser would send again from the page, as it would read it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.posted: list[tuple[str, str]] = []
        self.action = ""
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_of_page = not given.get("action", "").endswith(("/lock/", "/logout/"))
        if tag == "form" and given.get("action") and is_of_page:
            self.action = given["action"]
        if tag == "input" and given.get("name"):
            self.posted.append((given["name"], given.get("value", "")))
        if tag == "textarea":
            self._area, self._text = given["name"], ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.posted.append((self._area, self._text.removeprefix("\n")))
            self._area = None


def form_of(response: Any) -> tuple[str, dict[str, list[str]]]:
    form = Form()
    form.feed(response.content.decode())
    posted: dict[str, list[str]] = {}
    for name, value in form.posted:
        posted.setdefault(name, []).append(value)
    return form.action, posted


@pytest.fixture
def locked(mira: User) -> Client:
    """Mira's browser, signed in, her vault locked, checked for the forms' tokens."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(mira)
    client.get("/vault/unlock/")  # Sets the token's cookie.
    return client


def post(client: Client, data: dict[str, Any], **kwargs: Any) -> Any:
    token = client.cookies["csrf"].value
    return client.post("/test/write/?at=2", {**data, "csrfmiddlewaretoken": token}, **kwargs)


# --- Locked while writing ------------------------------------------------------------------------


def test_save_while_locked_keeps_every_word(locked: Client) -> None:
    response = post(locked, {"text": ODD, "kinds": ["goals", "bond"], "empty": "", "revision": "7"})
    assert response.status_code == 423
    assert "no-store" in response["Cache-Control"]
    action, posted = form_of(response)
    assert action == "/test/write/?at=2"
    assert posted["text"] == [ODD.replace("\r\n", "\r\n")]
    assert posted["kinds"] == ["goals", "bond"]
    assert posted["empty"] == [""]
    assert posted["revision"] == ["7"]
    assert "Nothing was lost" in response.content.decode()


def test_text_is_readable_under_a_label_and_the_rest_is_carried(locked: Client) -> None:
    page = post(locked, {"took_place": "She looked away.", "kind": "goals"}).content.decode()
    assert re.search(r'<label class="label" for="(kept-\d)">What took place\?</label>', page)
    assert "She looked away.</textarea>" in page
    assert '<input type="hidden" name="kind" value="goals" />' in page


def test_password_in_the_page_unlocks_and_carries_the_same_post_out(locked: Client) -> None:
    _action, posted = form_of(post(locked, {"text": "one sentence", "kinds": ["goals", "bond"]}))
    posted["vault_password"] = [PASSWORD]
    response = locked.post("/test/write/?at=2", posted)
    assert response.status_code == 200
    saved = json.loads(response.content.decode().partition(" saved ")[2])
    assert saved["text"] == ["one sentence"]
    assert saved["kinds"] == ["goals", "bond"]
    assert "vault_password" not in saved
    assert state(locked) == "unlocked"


def test_wrong_password_in_the_page_keeps_every_word_again(locked: Client) -> None:
    response = post(locked, {"text": ODD, "vault_password": "wrong"})
    assert response.status_code == 423
    assert form_of(response)[1]["text"] == [ODD]
    assert "not your password" in response.content.decode()
    assert 'value="wrong"' not in response.content.decode()
    assert state(locked) == "locked"


def test_too_many_passwords_in_the_page_keep_every_word(locked: Client) -> None:
    for _try in range(10):
        post(locked, {"text": ODD, "vault_password": "wrong"})
    response = post(locked, {"text": ODD, "vault_password": PASSWORD})
    assert response.status_code == 423
    assert "Wait 5 minutes" in response.content.decode()
    assert form_of(response)[1]["text"] == [ODD]


def test_unlocked_elsewhere_the_same_post_goes_through_without_a_password(
    locked: Client, mira: User
) -> None:
    _action, posted = form_of(post(locked, {"text": "one sentence"}))
    locked.post(
        "/vault/unlock/",
        {"password": PASSWORD, "csrfmiddlewaretoken": locked.cookies["csrf"].value},
    )
    posted["csrfmiddlewaretoken"] = [locked.cookies["csrf"].value]
    response = locked.post("/test/write/?at=2", posted)
    assert b"one sentence" in response.content
    assert b"vault_password" not in response.content


def test_script_gets_423_and_a_sentence(locked: Client) -> None:
    response = post(locked, {"text": "one sentence"}, headers=JSON)
    assert response.status_code == 423
    assert response.json()["error"] == "locked"
    assert "Nothing was lost" in response.json()["message"]
    assert "one sentence" not in response.content.decode()


def test_script_gets_423_for_a_locked_page_too(locked: Client) -> None:
    assert locked.get("/test/write/", headers=JSON).status_code == 423


def test_locked_post_without_the_forms_token_opens_nothing(locked: Client) -> None:
    response = locked.post("/test/write/", {"text": "x", "vault_password": PASSWORD})
    assert response.status_code == 403
    assert state(locked) == "locked"


def test_view_that_finds_the_vault_locked_by_itself_is_answered_the_same(locked: Client) -> None:
    assert locked.get("/test/unguarded/")["Location"].startswith("/vault/unlock/?next=")
    token = locked.cookies["csrf"].value
    response = locked.post("/test/unguarded/", {"text": ODD, "csrfmiddlewaretoken": token})
    assert response.status_code == 423
    assert form_of(response)[1]["text"] == [ODD]


def test_press_while_locked_does_nothing_and_leads_back_to_its_page(locked: Client) -> None:
    data = {"csrfmiddlewaretoken": locked.cookies["csrf"].value, "vault_password": PASSWORD}
    response = locked.post(
        "/test/press/", data, headers={"Referer": "http://testserver/journal/?after=x"}
    )
    assert response.status_code == 302
    assert response["Location"] == "/vault/unlock/?next=%2Fjournal%2F"
    assert state(locked) == "locked"
    page = locked.get(response["Location"]).content.decode()
    assert "so nothing was done. Unlock it, then press again." in page
    assert locked.post("/test/press/", data, headers=JSON).status_code == 423


def test_press_while_unlocked_is_carried_out(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert client.post("/test/press/").content == b"done"


def test_what_is_to_be_confirmed_is_looked_at_again_after_unlocking(locked: Client) -> None:
    token = {"csrfmiddlewaretoken": locked.cookies["csrf"].value}
    page = locked.post("/test/confirm/", {"note": ODD, **token})
    assert page.status_code == 423
    assert "Nothing was done" in page.content.decode()
    posted = form_of(page)[1]
    assert posted["note"] == [ODD]
    assert (
        locked.post("/test/confirm/", posted | {"vault_password": [PASSWORD]}).content
        == b"look first"
    )
    # Unlocked by now, in another tab say: still to be looked at.
    assert locked.post("/test/confirm/", posted | {"vault_password": [""]}).content == b"look first"
    assert locked.post("/test/confirm/", {"note": ODD, **token}).content == b"done"


def test_unlocked_post_is_simply_carried_out(client: Client, mira: User) -> None:
    unlock(client, mira)
    assert b"one sentence" in client.post("/test/write/", {"text": "one sentence"}).content


# --- Other reasons -------------------------------------------------------------------------------


def test_save_when_signed_out_keeps_every_word(client: Client) -> None:
    response = client.post("/test/write/", {"text": ODD})
    assert response.status_code == 401
    assert form_of(response)[1]["text"] == [ODD]
    assert "/accounts/login/" in response.content.decode()


def request_with(**headers: str) -> Any:
    return RequestFactory().post("/x/", {"text": ODD}, headers=headers)


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://testserver"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_old_form_is_kept_only_if_it_is_our_own(headers: dict[str, str], ours: bool) -> None:
    request = request_with(**headers)
    assert is_same_origin(request) is ours
    response = kept_response(request, status=403, reason="stale")
    assert response.status_code == 403
    if not ours:
        assert response["Content-Type"].startswith("text/plain")
        assert "odd" not in response.content.decode()


def test_old_form_of_ours_keeps_every_word_with_a_fresh_token(locked: Client) -> None:
    response = locked.post(
        "/test/write/",
        {"text": ODD, "csrfmiddlewaretoken": "x" * 64},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 403
    _action, posted = form_of(response)
    assert posted["text"] == [ODD]
    posted["vault_password"] = [PASSWORD]
    assert b"saved" in locked.post("/test/write/", posted).content


def test_server_trouble_keeps_every_word_without_asking_the_database(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        response = kept_response(request_with(), status=500, reason="server")
    assert form_of(response)[1]["text"] == [ODD]


def test_passwords_and_tokens_are_never_shown_again() -> None:
    sent = {"text": "a b", "password": "p", "oldpassword": "o", "csrfmiddlewaretoken": "t"}
    request = RequestFactory().post("/x/", sent)
    assert [field.name for field in kept_fields(request, {})] == ["text"]


@pytest.mark.parametrize("path", ["/vault/recovery/", "/vault/unlock/", "/vault/setup/"])
def test_recovery_code_posted_while_signed_out_is_not_shown_again(
    client: Client, mira: User, path: str
) -> None:
    code = recovery_code(mira)
    typed = {"code": code, "old_password": PASSWORD, "password": PASSWORD, "step": "confirm"}
    response = client.post(path, typed, headers={"referer": f"http://testserver{path}"})
    assert code not in response.content.decode()
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={path}"


def test_recovery_code_posted_with_an_old_form_is_not_shown_again(locked: Client) -> None:
    answer = locked.post(
        "/vault/recovery/", {"code": "A B"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert "A B" not in answer.content.decode()


def test_clients_case_code_is_kept_like_any_words() -> None:
    request = RequestFactory().post("/x/", {"case_code": "Finch 2", "code": "AB CD"})
    assert [field.value for field in kept_fields(request, {})] == ["Finch 2"]


def test_fields_are_named_as_their_page_names_them() -> None:
    request = RequestFactory().post("/x/", {"happened-client_words": "A b", "mood": "low"})
    fields = kept_fields(request, {"mood": "How it felt"})
    assert [(field.label, field.is_text) for field in fields] == [
        ("What did they say, as near as you remember?", True),
        ("How it felt", True),
    ]


def test_more_than_can_be_read_is_answered_all_the_same(
    client: Client, mira: User, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    unlock(client, mira)
    response = client.post("/test/write/", {"text": "word " * 1000})
    assert response.status_code == 413
    assert "Back" in response.content.decode()
