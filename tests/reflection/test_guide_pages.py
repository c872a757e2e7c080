"""The guide's pages: open to everybody, honest about figures, and the same for every visitor."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.management.commands.load_guide import MODELS
from reflection.models import Evidence, Pattern, PatternPoint, RepairStrategy
from reflection.queries.guide import forget_guide

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_guide")]

PATTERNS = ["p1-intent", "p2-favour", "p3-proportion", "p4-context"]
STRATEGIES = ["st-rationale", "st-change", "st-clarify", "st-theme", "st-link", "st-new"]
PAGES = [
    "/guide/",
    "/guide/evidence/",
    *(f"/guide/patterns/{slug}/" for slug in PATTERNS),
    *(f"/guide/strategies/{slug}/" for slug in STRATEGIES),
]


def read(client: Client, path: str) -> str:
    """Return a page's text as a reader has it, without tags and with single spaces."""
    response = client.get(path)
    assert response.status_code == 200
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", unescape(words))


@pytest.mark.parametrize("path", PAGES)
def test_visitor_may_read(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert b'<html lang="en' in response.content


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_inline_style_or_script(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    assert not re.findall(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", page)


@pytest.mark.parametrize("path", PAGES)
def test_ids_on_a_page_are_filled_and_unique(client: Client, path: str) -> None:
    ids = re.findall(r'\sid="([^"]*)"', client.get(path).content.decode())

    assert "" not in ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_caches_may_keep_what_a_visitor_gets(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert "Cookie" in response.headers["Vary"]
    assert not response.cookies


@pytest.mark.parametrize("path", PAGES)
def test_no_cache_keeps_what_somebody_signed_in_gets(client: Client, mira: User, path: str) -> None:
    client.force_login(mira)

    assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_can_be_posted(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/guide/patterns/p9-other/", "/guide/strategies/p1-intent/"])
def test_page_the_guide_does_not_have_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/guide/", 3),
        ("/guide/evidence/", 8),
        ("/guide/patterns/p2-favour/", 5),
        ("/guide/strategies/st-link/", 5),
    ],
)
def test_page_takes_the_same_few_queries_however_long_it_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, path: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        client.get(path)
    pattern = Pattern.objects.get(slug="p2-favour")
    strategy = RepairStrategy.objects.get(slug="st-link")
    for number in range(5):
        point = PatternPoint(slug=f"p2-x{number}", pattern=pattern, kind="prompt", text="And?")
        point.order = 900 + number
        point.save()
        finding = Evidence.objects.create(
            slug=f"ev-x{number}", order=900, title="More", gloss="More.", caveat="Little."
        )
        pattern.evidence.add(finding)
        strategy.evidence.add(finding)
    forget_guide()

    with django_assert_num_queries(queries):
        client.get(path)


def test_home_offers_every_thought_and_every_way(client: Client) -> None:
    page = client.get(reverse("guide_home")).content.decode()

    for slug in PATTERNS:
        assert f'href="{reverse("pattern_read", args=[slug])}"' in page
    for slug in STRATEGIES:
        assert f'href="{reverse("strategy_read", args=[slug])}"' in page


def test_home_says_what_reflection_cannot_do_and_whom_to_ring(client: Client) -> None:
    text = read(client, reverse("guide_home"))

    assert "No guide can foresee every situation." in text
    assert "This is not a complete route to accountability." in text
    assert "Reflection alone isn’t enough." in text
    assert "Private does not mean privileged." in text
    assert "UK Samaritans 116 123" in text
    assert "Numbers to be confirmed by your clinic" in text
    assert "someone who is not a clinician" in text


def test_home_sets_the_professional_duty_beside_the_guides_advice(client: Client) -> None:
    text = read(client, reverse("guide_home"))

    advice = text.index("You can be accountable without accepting every detail")
    assert "Your professional duty comes first" in text[advice : advice + 300]


def test_home_marks_names_that_were_not_checked(client: Client) -> None:
    text = read(client, reverse("guide_home"))

    assert "These names are unchecked." in text
    assert "These names are from a secondary source." in text


@pytest.mark.parametrize("slug", PATTERNS)
def test_pattern_is_told_from_the_thought_to_the_prompts(client: Client, slug: str) -> None:
    text = read(client, reverse("pattern_read", args=[slug]))
    headings = ["The thought", "The blame inside it", "What may be real for them"]
    told = [text.index(heading) for heading in [*headings, "Questions to sit with"]]

    assert told == sorted(told)
    for point in PatternPoint.objects.filter(pattern__slug=slug):
        assert point.text in text


def test_own_code_prevails_beside_what_is_said_of_former_clients(client: Client) -> None:
    text = read(client, reverse("pattern_read", args=["p2-favour"]))

    said = text.index("A truly mutual friendship or romance cannot follow from therapy.")
    assert "Your own code prevails" in text[said : said + 300]


@pytest.mark.parametrize("path", PAGES[1:])
def test_no_figure_stands_without_its_caveat(client: Client, path: str) -> None:
    text = read(client, path)
    shown = [finding for finding in Evidence.objects.all() if finding.figures in text]

    assert shown
    for finding in shown:
        assert finding.caveat in text, finding.slug


def test_strategy_shows_that_training_made_no_significant_difference(client: Client) -> None:
    text = read(client, reverse("strategy_read", args=["st-new"]))

    assert "r = .11 (95% CI −.09 to .30), d = .22, p = .28" in text
    assert "Not significant: the true effect may be small, or none." in text
    assert "doi:10.1037/pst0000185" in text


def test_strategy_for_later_says_so(client: Client) -> None:
    assert "Usually later" in read(client, reverse("strategy_read", args=["st-link"]))
    assert "Usually later" not in read(client, reverse("strategy_read", args=["st-new"]))


def test_links_to_other_sites_give_nothing_away(client: Client) -> None:
    page = client.get(reverse("guide_evidence")).content.decode()
    links = re.findall(r'<a [^>]*href="https?://[^>]*>', page)

    assert links
    assert all('rel="noreferrer"' in link for link in links)


def test_visitor_is_shown_the_way_in(client: Client) -> None:
    page = client.get(reverse("pattern_read", args=["p1-intent"])).content.decode()

    assert f"{reverse('account_login')}?next={reverse('journal_begin')}" in page
    assert "Sign in to write" in page


def test_clinician_can_begin_from_a_thought(client: Client, mira: User) -> None:
    client.force_login(mira)

    page = client.get(reverse("pattern_read", args=["p1-intent"])).content.decode()

    assert f'href="{reverse("journal_begin")}"' in page
    assert "Sign in to write" not in page


def test_pages_lead_on_to_the_next_and_back(client: Client) -> None:
    first = read(client, reverse("pattern_read", args=["p1-intent"]))
    last = read(client, reverse("pattern_read", args=["p4-context"]))

    assert "The thought before" not in first
    assert "The next thought I was doing them a favour" in first
    assert "The thought before They are making too much of it" in last
    assert "And then Ways to mend" in last


def test_home_without_a_guide_says_so_calmly(client: Client) -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()

    text = read(client, reverse("guide_home"))

    assert "The guide has not been loaded here yet. Your journal works without it." in text


def test_words_of_the_guide_are_never_taken_for_markup(client: Client) -> None:
    PatternPoint.objects.filter(slug="p1-q1").update(text="<b>Am I</b> & you?")

    page = client.get(reverse("pattern_read", args=["p1-intent"])).content.decode()

    assert "&lt;b&gt;Am I&lt;/b&gt; &amp; you?" in page


def test_operator_may_look_at_the_guide_but_not_change_it(client: Client, operator: User) -> None:
    client.force_login(operator)
    point = PatternPoint.objects.get(slug="p3-q1")
    path = reverse("admin:reflection_patternpoint_change", args=[point.pk])

    assert client.get(reverse("admin:reflection_guidetext_changelist")).status_code == 200
    assert client.get(path).status_code == 200
    assert client.post(path, {"text": "Other"}).status_code == 403
    assert client.post(reverse("admin:reflection_topic_add"), {}).status_code == 403
    assert client.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_clinic_admin_may_not_look_at_the_operators_pages(client: Client, ada: User) -> None:
    client.force_login(ada)

    response = client.get(reverse("admin:reflection_guidetext_changelist"))

    assert response.status_code in {302, 403}
