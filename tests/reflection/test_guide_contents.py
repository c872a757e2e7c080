"""Every point the guide must make is there, by slug. The lists are written by hand."""

import re
from collections import Counter

import pytest

from reflection.models import (
    Evidence,
    GuideText,
    Pattern,
    PatternPoint,
    Reference,
    RepairStrategy,
    Topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_guide")]

PATTERNS = {
    "p1-intent": "p1-thought p1-blame p1-c1 p1-c2 p1-c3 p1-c4 p1-c5 p1-r1 p1-r2 p1-r3 p1-r4 "
    "p1-q1 p1-q2 p1-q3",
    "p2-favour": "p2-thought p2-blame-a p2-blame-b p2-c1 p2-c2 p2-c3 p2-c4 p2-c5 p2-c6 p2-c7 "
    "p2-r1 p2-r2 p2-r3a p2-r3b p2-r4 p2-r5 p2-q1 p2-q2 p2-q3 p2-q4",
    "p3-proportion": "p3-thought-a p3-thought-b p3-blame-a p3-blame-b p3-blame-c p3-c1 p3-c2 "
    "p3-r1 p3-r2 p3-r3 p3-q1 p3-q2 p3-q3",
    "p4-context": "p4-thought p4-blame-a p4-blame-b p4-blame-c p4-blame-d p4-c1 p4-c2 p4-c3 p4-c4 "
    "p4-r1 p4-r2 p4-r3 p4-r4 p4-r5 p4-q1 p4-q2 p4-q3",
}
TEXTS = {
    "introduction": "intro-hard stance-curious",
    "purpose": "purpose purpose-nowhere",
    "feeling": "feel-sad feel-confused feel-defensive feel-worried feel-unreasonable",
    "amplifier": "amp-major amp-unexpected amp-deep",
    "power": "ctx-vulnerable ctx-messy ctx-unequal",
    "accountability": "acct-agree acct-punish acct-shortcut",
    "limit": "limit-cover limit-roadmap limit-first scope",
    "step": "step-consult step-third step-repair",
    "disclaimer": "disclaimer-source pp-source",
    "choice": "p0-none p0-several p0-else",
    "background": "pp-alliance pp-second-gen pp-definition pp-intensity pp-kin pp-nondefensive "
    "pp-vignette",
    "kind": "type-goals type-tasks type-bond",
    "movement": "mv-withdrawal mv-confrontation mv-both mv-unsure",
    "withdrawal": "wd-denial wd-minimal wd-abstract wd-story wd-defer wd-split wd-hopeless",
    "confrontation": "cf-therapist cf-activities cf-parameters cf-progress cf-rejects cf-defends "
    "cf-pressure",
    "stage": "stage-attend stage-explore stage-avoid stage-need",
    "metacommunication": "meta-tentative meta-now meta-own meta-correct meta-shared",
    "item": "own-goals own-tasks own-bond own-strain",
    "view": "view-mine view-guess view-said",
    "lens": "sv-safety sv-marker sv-self sv-part sv-client sv-plan sv-power sv-parallel sv-next "
    "sv-privacy",
    "ethics": "eth-discover eth-anon eth-hcpc eth-bacp eth-hipaa eth-gdpr",
    "identifier": "deid-a deid-b deid-c deid-d deid-e deid-f deid-g deid-h deid-i deid-j deid-k "
    "deid-l deid-m deid-n deid-o deid-p deid-q deid-r",
    "safety": "copy-scope copy-emergency copy-client copy-self copy-harm copy-legal",
}
STRATEGIES = ["st-rationale", "st-change", "st-clarify", "st-theme", "st-link", "st-new"]
EVIDENCE = [
    "pp-meta-1",
    "pp-meta-2",
    "ev-2011-a",
    "ev-2011-b",
    "ev-2018-a",
    "ev-2018-b",
    "ev-alliance",
    "ev-prevalence",
    "ev-contrary",
    "ev-recognise",
    "ev-attribution",
    "ev-nondefensive",
    "ev-dropout",
    "ev-training",
    "ev-timing",
    "ev-culture",
    "ev-harm",
]
TOPICS = [
    "Adherence",
    "Alliance and Therapeutic Relationship",
    "Anxiety Disorders",
    "Attachment",
    "Attendance, Attrition, and Drop-Out",
    "Client Factors",
    "Client Preferences",
    "Cognitive Therapy (CT) and Cognitive-Behavioural Therapy (CBT)",
    "Combination Therapy",
    "Common Factors",
    "Cost-effectiveness",
    "Depression and Depressive Symptoms",
    "Efficacy of Treatments",
    "Empathy",
    "Feedback and Progress Monitoring",
    "Group Psychotherapy",
    "Illness and Medical Comorbidities",
    "Interpersonal Psychotherapy (IPT)",
    "Long-term Outcomes",
    "Medications/Pharmacotherapy",
    "Miscellaneous",
    "Neuroscience and Brain",
    "Outcomes and Deterioration",
    "Personality Disorders",
    "Placebo Effect",
    "Practice-Based Research and Practice Research Networks",
    "Psychodynamic Therapy (PDT)",
    "Resistance and Reactance",
    "Self-Reflection and Awareness",
    "Suicide and Crisis Intervention",
    "Termination",
    "Therapist Factors",
    "Training",
    "Transference and Countertransference",
    "Trauma and/or PTSD",
    "Treatment Length and Frequency",
]
WORDS = {
    Evidence: ("title", "figures", "gloss", "caveat"),
    GuideText: ("title", "text"),
    Pattern: ("title", "short_title", "opening"),
    PatternPoint: ("text", "hint"),
    Reference: ("citation",),
    RepairStrategy: ("title", "aim", "when_to_use", "might_sound_like", "caveat"),
    Topic: ("label",),
}


def test_guide_has_the_four_patterns_in_order() -> None:
    assert list(Pattern.objects.values_list("slug", flat=True)) == list(PATTERNS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_makes_exactly_its_points(pattern: str) -> None:
    points = PatternPoint.objects.filter(pattern__slug=pattern).values_list("slug", flat=True)

    assert list(points) == PATTERNS[pattern].split()


def test_points_are_of_the_kind_their_slug_says() -> None:
    letters = {"c": "context", "r": "reality", "q": "prompt", "t": "thought", "b": "blame"}
    kinds = dict(PatternPoint.objects.values_list("slug", "kind"))

    assert kinds == {slug: letters[slug[3]] for slug in kinds}


def test_there_are_thirteen_prompts_and_seventeen_realities_one_of_them_split() -> None:
    counted = Counter(PatternPoint.objects.values_list("kind", flat=True))

    assert counted["prompt"] == 13
    assert counted["reality"] == 17 + 1
    assert counted["thought"] == 5
    assert counted["blame"] == 10
    assert counted["context"] == 18


@pytest.mark.parametrize("section", TEXTS)
def test_section_holds_its_texts(section: str) -> None:
    texts = set(GuideText.objects.filter(section=section).values_list("slug", flat=True))

    assert set(TEXTS[section].split()) <= texts


def test_guide_has_the_six_strategies_in_order() -> None:
    assert list(RepairStrategy.objects.values_list("slug", flat=True)) == STRATEGIES


def test_only_linking_to_patterns_waits_for_later() -> None:
    later = RepairStrategy.objects.filter(default_when="later").values_list("slug", flat=True)

    assert list(later) == ["st-link"]
    assert "only if the client is willing" in RepairStrategy.objects.get(slug="st-theme").caveat


def test_guide_has_the_evidence() -> None:
    assert set(EVIDENCE) <= set(Evidence.objects.values_list("slug", flat=True))


def test_large_effect_of_the_summary_says_that_it_is_superseded() -> None:
    caveat = Evidence.objects.get(slug="pp-meta-2").caveat

    assert "superseded" in caveat
    assert "p = .28" in caveat


def test_training_result_says_that_it_is_not_significant() -> None:
    finding = Evidence.objects.get(slug="ev-2018-b")

    assert "r = .11" in finding.figures
    assert "not significant" in finding.figures
    assert "Not significant" in finding.caveat


def test_library_has_its_thirty_six_topics() -> None:
    assert list(Topic.objects.values_list("label", flat=True)) == TOPICS


def test_every_strategy_has_evidence_and_a_caveat() -> None:
    for strategy in RepairStrategy.objects.prefetch_related("evidence"):
        assert strategy.caveat, strategy.slug
        assert len(strategy.evidence.all()) >= 3, strategy.slug


def test_every_figure_that_was_checked_names_its_source() -> None:
    checked = Evidence.objects.filter(checked="seen", references=None)

    assert not checked.values_list("slug", flat=True)


def test_what_stands_beside_something_stands_beside_something_there_is() -> None:
    known = {
        *GuideText.objects.values_list("slug", flat=True),
        *PatternPoint.objects.values_list("slug", flat=True),
        *RepairStrategy.objects.values_list("slug", flat=True),
    }
    beside = set(GuideText.objects.exclude(beside="").values_list("beside", flat=True))

    assert beside <= known
    assert {"acct-agree", "p2-c3", "copy-legal"} <= beside


def test_emergency_numbers_are_to_be_confirmed_by_the_clinic() -> None:
    contacts = GuideText.objects.filter(section="contact")

    assert {contact.text for contact in contacts} == {"999", "111", "116 123", "911", "988"}
    assert {contact.checked for contact in contacts} == {"local"}


def test_names_of_markers_say_how_far_they_were_checked() -> None:
    markers = GuideText.objects.filter(section__in=["withdrawal", "confrontation"])

    assert set(markers.values_list("section", "checked")) == {
        ("withdrawal", "secondary"),
        ("confrontation", "unchecked"),
    }


@pytest.mark.parametrize("model", WORDS, ids=lambda model: model.__name__)
def test_quotation_marks_and_spaces_are_tidy(model: type[Evidence]) -> None:
    untidy = re.compile(r"[\"']| {2}|\s$|^\s| [,;:?!]| \.(?!\d)|--|\.\.\.")
    found = [
        (row["slug"], name)
        for row in model.objects.values("slug", *WORDS[model])
        for name in WORDS[model]
        if untidy.search(row[name])
    ]

    assert not found
