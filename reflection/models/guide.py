"""The guide: what Mend says to a clinician, as rows loaded from ``fixtures/guide``.

Every row's slug is its natural key and never changes: reflections, fixtures and, later, a clinic's
own adaptations point to it. Sources are named by `Reference`; figures stand in `Evidence` only,
where the database refuses one without its caveat.
"""

from typing import TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

RowT = TypeVar("RowT", bound=models.Model)


class SlugManager(models.Manager[RowT]):
    """Finds a row by its slug, so that fixtures need no numbers."""

    def get_by_natural_key(self, slug: str) -> RowT:
        """Return the row called ``slug``. Raises ``DoesNotExist``."""
        return self.get(slug=slug)


class Checked(models.TextChoices):
    """How far a statement was checked against its source; anything but seen is shown as such."""

    SEEN = "seen", _("checked")
    SECONDARY = "secondary", _("from a secondary source")
    UNCHECKED = "unchecked", _("unchecked")
    LOCAL = "local", _("to be confirmed by your clinic")


class GuideRow(models.Model):
    """What all rows of the guide share: a slug that stays, and a place in its list."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(_("order"))
    objects = SlugManager()

    class Meta:
        abstract = True
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.slug

    def natural_key(self) -> tuple[str]:
        """Return the slug, alone."""
        return (self.slug,)


class Reference(GuideRow):
    """A work that the guide rests on. ``doi`` is bare (``10.…``); ``url`` where there is none."""

    citation = models.CharField(_("citation"), max_length=400)
    doi = models.CharField(_("DOI"), max_length=80, blank=True)
    url = models.URLField(_("address"), blank=True)

    class Meta(GuideRow.Meta):
        verbose_name = _("reference")
        verbose_name_plural = _("references")


class Evidence(GuideRow):
    """A finding: its figures, what they mean in plain words, and what they do not show.

    All are associations and not proof of cause; ``caveat`` is never empty and always shown.
    """

    title = models.CharField(_("finding"), max_length=200)
    figures = models.CharField(_("figures"), max_length=200, blank=True)
    gloss = models.TextField(_("in plain words"))
    caveat = models.TextField(_("caveat"))
    checked = models.CharField(max_length=12, choices=Checked.choices, default=Checked.SEEN)
    references = models.ManyToManyField(Reference, verbose_name=_("references"), blank=True)

    class Meta(GuideRow.Meta):
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(caveat=""), name="evidence_never_without_caveat"
            )
        ]


class Pattern(GuideRow):
    """One of the four thoughts that come after a rupture. ``order`` is its number.

    ``short_title`` fits a chip ("Too much of it"); ``opening`` is the sentence on its card.
    """

    title = models.CharField(_("title"), max_length=120)
    short_title = models.CharField(_("short title"), max_length=40)
    opening = models.TextField(_("opening"))
    evidence = models.ManyToManyField(Evidence, verbose_name=_("evidence"), blank=True)

    class Meta(GuideRow.Meta):
        verbose_name = _("thought pattern")
        verbose_name_plural = _("thought patterns")


class PatternPoint(GuideRow):
    """One thing a pattern says: the thought, the blame inside it, context, a reality, a prompt.

    ``hint`` is a smaller line under it, used with prompts.
    """

    class Kind(models.TextChoices):
        THOUGHT = "thought", _("the thought")
        BLAME = "blame", _("the blame inside it")
        CONTEXT = "context", _("context")
        REALITY = "reality", _("what may be real for them")
        PROMPT = "prompt", _("prompt")

    pattern = models.ForeignKey(Pattern, models.CASCADE, related_name="points")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    text = models.TextField(_("text"))
    hint = models.TextField(_("hint"), blank=True)

    class Meta(GuideRow.Meta):
        ordering = ["pattern__order", "order", "slug"]
        verbose_name = _("point of a pattern")
        verbose_name_plural = _("points of patterns")


class RepairStrategy(GuideRow):
    """A way to mend. ``default_when`` is what the plan offers first: now, or a later session."""

    class When(models.TextChoices):
        NOW = "now", _("now")
        LATER = "later", _("later")

    title = models.CharField(_("title"), max_length=120)
    short_title = models.CharField(_("short title"), max_length=40)
    aim = models.TextField(_("aim"))
    when_to_use = models.TextField(_("when to use"))
    might_sound_like = models.TextField(_("might sound like"))
    caveat = models.TextField(_("caveat"))
    default_when = models.CharField(max_length=8, choices=When.choices, default=When.NOW)
    evidence = models.ManyToManyField(Evidence, verbose_name=_("evidence"), blank=True)

    class Meta(GuideRow.Meta):
        verbose_name = _("repair strategy")
        verbose_name_plural = _("repair strategies")


class GuideText(GuideRow):
    """A short text of the guide: a paragraph, a choice on a form, a step, a safety text.

    ``title`` is the label of a choice or the heading of a paragraph. ``beside`` is the slug of the
    text or point next to which this one always stands (a professional duty beside the guide's
    own advice), or empty.
    """

    class Section(models.TextChoices):
        INTRODUCTION = "introduction", _("introduction")
        FEELING = "feeling", _("feelings")
        AMPLIFIER = "amplifier", _("what makes feelings stronger")
        ACCOUNTABILITY = "accountability", _("accountability")
        POWER = "power", _("the client's position")
        PURPOSE = "purpose", _("purpose")
        LIMIT = "limit", _("limits")
        STEP = "step", _("accountability steps")
        HARM_STEP = "harm_step", _("further steps after serious harm")
        DISCLAIMER = "disclaimer", _("disclaimers")
        CHOICE = "choice", _("choices beside the patterns")
        BACKGROUND = "background", _("background")
        KIND = "kind", _("kinds of rupture")
        MOVEMENT = "movement", _("movements")
        WITHDRAWAL = "withdrawal", _("withdrawal markers")
        CONFRONTATION = "confrontation", _("confrontation markers")
        STAGE = "stage", _("stages of repair")
        METACOMMUNICATION = "metacommunication", _("metacommunication")
        ITEM = "item", _("alliance items")
        VIEW = "view", _("whose view")
        LENS = "lens", _("supervision lenses")
        ETHICS = "ethics", _("ethics")
        IDENTIFIER = "identifier", _("identifying details")
        SAFETY = "safety", _("safety")
        CONTACT = "contact", _("contacts")

    section = models.CharField(_("section"), max_length=20, choices=Section.choices)
    title = models.CharField(_("title"), max_length=120, blank=True)
    text = models.TextField(_("text"), blank=True)
    beside = models.SlugField(_("stands beside"), max_length=60, blank=True)
    checked = models.CharField(max_length=12, choices=Checked.choices, default=Checked.SEEN)
    references = models.ManyToManyField(Reference, verbose_name=_("references"), blank=True)

    class Meta(GuideRow.Meta):
        ordering = ["section", "order", "slug"]
        verbose_name = _("guide text")
        verbose_name_plural = _("guide texts")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(title="", text=""), name="guide_text_says_something"
            )
        ]


class Topic(GuideRow):
    """A topic of the library's digests."""

    label = models.CharField(_("label"), max_length=120)

    class Meta(GuideRow.Meta):
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
