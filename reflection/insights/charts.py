"""The six insights. Each is said in a sentence, drawn, and put into a table; none is a grade.

Under `ENOUGH` entries that have what an insight is made of, it says so and nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import median_low

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from reflection.document import Alliance
from reflection.insights.drawing import (
    BAR,
    LINE,
    WIDTH,
    Chart,
    Drawing,
    EntryLink,
    Key,
    Table,
    spread,
)
from reflection.insights.months import Columns, columns_for, span_in_words
from reflection.insights.noted import Journal, Noted
from reflection.queries.guide import Guide
from reflection.reading import ALLIANCE_ITEMS, ALLIANCE_VIEWS, STANDINGS

ENOUGH = 5
MOST_BARS = 10
# A table lists so many reflections one by one; of more it gives numbers.
MOST_LISTED = 100

STRAINS = 6  # 0 to 5
# Dots nearer than this to each other, in units of the drawing, are one.
CLOSE = 3

# What a standing counts as where outcomes stand side by side, with its colour.
OUTCOMES: dict[str, tuple[str, frozenset[str]]] = {
    "repaired": ("gold", frozenset({"repaired"})),
    "partly": ("gold-half", frozenset({"partly"})),
    "raised": ("teal", frozenset({"raised"})),
    "not_repaired": ("clay", frozenset({"not_repaired"})),
    "ended": ("ink", frozenset({"ended"})),
    "false_alarm": ("edge", frozenset({"false_alarm"})),
    "open": ("none", frozenset({"open", ""})),
}
OUTCOME_NAMES: dict[str, str | Promise] = {
    **{slug: STANDINGS[slug] for slug in OUTCOMES},
    "open": gettext_lazy("open, or nothing noted"),
}


def charts(journal: Journal, guide: Guide) -> list[Chart]:
    """Return the insights that ``journal`` gives, in the order they are read."""
    noted = journal.noted
    thoughts = {slug: pattern.short_title for slug, pattern in guide.patterns.items()}
    strategies = {slug: one.short_title for slug, one in guide.strategies.items()}
    feelings = {text.slug: text.label for text in guide.feelings}
    return [
        thoughts_over_time(noted, thoughts),
        strain_over_time(noted),
        repairs_by_strategy(noted, strategies),
        time_to_raising(noted),
        alliance_change(noted),
        feelings_noted(noted, feelings),
    ]


def _or_too_little(
    slug: str,
    title: str,
    having: Sequence[Noted],
    build: Callable[[Sequence[Noted]], Chart],
) -> Chart:
    return build(having) if len(having) >= ENOUGH else Chart(slug, title, len(having))


def _named(
    chosen: Iterable[tuple[tuple[str, str], ...]], names: Mapping[str, str]
) -> dict[str, str]:
    """Return what was chosen, by slug: in the guide's order and words, then as it was copied."""
    copied = {slug: text for labels in chosen for slug, text in labels}
    known = {slug: name for slug, name in names.items() if slug in copied}
    return {**known, **{slug: text for slug, text in copied.items() if slug not in known}}


def _most(counts: Mapping[str, int], names: Mapping[str, str]) -> str:
    """Return in words what came most often, and how often. Many at once are not all named."""
    high = max(counts.values())
    often = [name for slug, name in names.items() if counts[slug] == high]
    if high == 1:
        return _("nothing came twice")
    if len(often) > 3:
        return _("%(number)d came equally often, in %(times)d each") % {
            "number": len(often),
            "times": high,
        }
    quoted = get_text_list([_("“%(words)s”") % {"words": one} for one in often], _("and"))
    if len(often) > 1:
        return _("%(often)s came most often, in %(times)d each") % {"often": quoted, "times": high}
    return _("%(often)s came most often, in %(times)d") % {"often": quoted, "times": high}


# --- Which thoughts return, and when ---


def thoughts_over_time(noted: Sequence[Noted], names: Mapping[str, str]) -> Chart:
    """Return which thoughts were recognised, by month."""
    title = _("Which thoughts return, and when")
    having = [one for one in noted if one.thoughts]

    def build(having: Sequence[Noted]) -> Chart:
        known = _named((one.thoughts for one in having), names)
        columns = columns_for([one.day for one in having])
        met = Counter((slug, columns.of(one.day)) for one in having for slug in dict(one.thoughts))
        counts = {slug: sum(met[slug, column] for column in range(columns.count)) for slug in known}
        sentence = _(
            "%(span)s you noted %(number)d ruptures with a thought you recognised; %(often)s."
        ) % {
            "span": span_in_words([one.day for one in having]),
            "number": len(having),
            "often": _most(counts, known),
        }
        rows = [(known[slug], counts[slug], _months_of(slug, met, columns)) for slug in known]
        return Chart(
            "thoughts",
            title,
            len(having),
            sentence,
            _thoughts_drawn(known, met, columns),
            Table([_("Thought"), _("Times"), _("When")], rows),
            note=_("A larger dot with a number stands for several in one column."),
        )

    return _or_too_little("thoughts", title, having, build)


def _months_of(slug: str, met: Mapping[tuple[str, int], int], columns: Columns) -> str:
    found = [
        _("%(month)s: %(number)d") % {"month": columns.name(column), "number": met[slug, column]}
        for column in range(columns.count)
        if met[slug, column]
    ]
    return "; ".join(found)


def _thoughts_drawn(
    known: Mapping[str, str], met: Mapping[tuple[str, int], int], columns: Columns
) -> Drawing:
    drawing = Drawing()
    middles = spread(range(columns.count), columns.count)
    for slug, name in known.items():
        drawing.heading(name)
        y = drawing.height + 17
        drawing.line("grid", 0, y, WIDTH, y)
        for column, x in enumerate(middles):
            number = met[slug, column]
            if number == 1:
                drawing.circle("clay", x, y, 6)
            elif number:
                drawing.circle("clay", x, y, 11)
                drawing.text("inside", x, y + 4, str(number))
        drawing.height = y + 18
    _axis(drawing, columns, middles)
    return drawing


def _axis(drawing: Drawing, columns: Columns, middles: Sequence[int]) -> None:
    drawing.height += LINE
    step = 1 if columns.count <= 9 else 2
    for column in range(0, columns.count, step):
        drawing.text("middle", middles[column], drawing.height - 3, columns.short(column))
    drawing.height += 4


# --- Strain over time ---


def strain_over_time(noted: Sequence[Noted]) -> Chart:
    """Return how strained each rupture was, by its day."""
    title = _("Strain over time")
    having = [one for one in noted if one.strain is not None]

    def build(having: Sequence[Noted]) -> Chart:
        values = [one.strain or 0 for one in having]
        low, high = min(values), max(values)
        given = {
            "span": span_in_words([one.day for one in having]),
            "number": len(having),
            "low": low,
            "high": high,
        }
        if low == high:
            sentence = _(
                "%(span)s you noted the strain of %(number)d ruptures, each time as %(low)d of 5."
            )
        else:
            sentence = _(
                "%(span)s you noted the strain of %(number)d ruptures, from %(low)d to "
                "%(high)d of 5."
            )
        return Chart(
            "strain",
            title,
            len(having),
            sentence % given,
            _strain_drawn([(one.day, value) for one, value in zip(having, values, strict=True)]),
            _strain_table(having),
            note=_(
                "Each dot is one reflection, a larger one several. No line is drawn through them: "
                "there is no trend to keep up with."
            ),
        )

    return _or_too_little("strain", title, having, build)


def _strain_table(having: Sequence[Noted]) -> Table:
    if len(having) <= MOST_LISTED:
        listed = [
            (date_format(one.day), EntryLink(one.title, one.pk), one.strain) for one in having
        ]
        return Table([_("Day"), _("Reflection"), _("Strain, 0 to 5")], listed)
    columns = columns_for([one.day for one in having])
    met = Counter((columns.of(one.day), one.strain or 0) for one in having)
    values = range(STRAINS)
    rows = [
        (columns.name(column), *(met[column, value] for value in values))
        for column in range(columns.count)
        if any(met[column, value] for value in values)
    ]
    heads = [_("Strain %(value)d of 5") % {"value": value} for value in values]
    return Table([_("When"), *heads], rows)


def _strain_drawn(points: Sequence[tuple[date, int]]) -> Drawing:
    drawing, left, step = Drawing(), 22, 26
    for value in range(STRAINS):
        y = 12 + (5 - value) * step
        drawing.line("grid", left, y, WIDTH, y)
        drawing.text("end", left - 8, y + 4, str(value))
    drawing.height = 12 + 5 * step + 4
    first, last = points[0][0], points[-1][0]
    days = max((last - first).days, 1)
    width = WIDTH - left - 20
    places = ((round((day - first).days * width / days / CLOSE) * CLOSE, v) for day, v in points)
    for (x, value), number in sorted(Counter(places).items()):
        drawing.circle("clay seen", left + 10 + x, 12 + (5 - value) * step, 6 if number == 1 else 9)
    drawing.height += LINE
    drawing.text("start", left, drawing.height, date_format(first, "j M Y"))
    if last > first:
        drawing.text("end", WIDTH, drawing.height, date_format(last, "j M Y"))
    drawing.height += 6
    return drawing


# --- How repairs ended, by strategy ---


def repairs_by_strategy(noted: Sequence[Noted], names: Mapping[str, str]) -> Chart:
    """Return where the ruptures stand now, by the strategies that were chosen for them."""
    title = _("How repairs ended, by strategy")
    having = [one for one in noted if one.strategies]

    def build(having: Sequence[Noted]) -> Chart:
        known = _named((one.strategies for one in having), names)
        stands = {
            slug: Counter(_outcome(one.standing) for one in having if slug in dict(one.strategies))
            for slug in known
        }
        every = Counter(_outcome(one.standing) for one in having)
        mended, unknown = every.pop("repaired", 0) + every.pop("partly", 0), every.pop("open", 0)
        sentence = ngettext(
            "Of %(number)d ruptures with a plan, you noted %(mended)d as repaired or partly "
            "repaired; %(unknown)d is open, or nothing is noted yet.",
            "Of %(number)d ruptures with a plan, you noted %(mended)d as repaired or partly "
            "repaired; %(unknown)d are open, or nothing is noted yet.",
            unknown,
        ) % {"number": len(having), "mended": mended, "unknown": unknown}
        if every:
            others = _("Also noted: %(others)s.") % {"others": _outcomes_said(every)}
            sentence = f"{sentence} {others}"
        drawing, most = Drawing(), max(counts.total() for counts in stands.values())
        for slug, counts in stands.items():
            drawing.heading(known[slug])
            parts = [(OUTCOMES[outcome][0], counts[outcome]) for outcome in OUTCOMES]
            drawing.bar(parts, most=most, said=_outcomes_said(counts))
        rows = [
            (known[slug], counts.total(), _outcomes_said(counts)) for slug, counts in stands.items()
        ]
        met = {outcome for counts in stands.values() for outcome in counts}
        return Chart(
            "repairs",
            title,
            len(having),
            sentence,
            drawing,
            Table([_("Strategy"), _("Chosen"), _("Where they stand")], rows),
            keys=[
                Key(look, str(OUTCOME_NAMES[outcome]))
                for outcome, (look, _slugs) in OUTCOMES.items()
                if outcome in met
            ],
            note=_(
                "A rupture with several strategies is in each of their rows. Which of them "
                "helped cannot be told from this."
            ),
        )

    return _or_too_little("repairs", title, having, build)


def _outcome(standing: str) -> str:
    return next(slug for slug, (_look, slugs) in OUTCOMES.items() if standing in slugs)


def _outcomes_said(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{counts[outcome]} {OUTCOME_NAMES[outcome]}" for outcome in OUTCOMES if counts[outcome]
    )


# --- From the rupture to raising it ---

# Up to how many days, and what that is called.
WAITS: tuple[tuple[int | None, Promise], ...] = (
    (0, gettext_lazy("the same day")),
    (7, gettext_lazy("within a week")),
    (14, gettext_lazy("within two weeks")),
    (31, gettext_lazy("within a month")),
    (None, gettext_lazy("later")),
)


def time_to_raising(noted: Sequence[Noted]) -> Chart:
    """Return how long it took from the therapy session to noting that it was raised."""
    title = _("From the rupture to raising it")
    having = [one for one in noted if one.raised_after is not None]

    def build(having: Sequence[Noted]) -> Chart:
        days = [one.raised_after or 0 for one in having]
        middle = median_low(days)
        share = _("all of them") if middle == max(days) else _("at least half of them")
        sentence = ngettext(
            "You noted of %(number)d ruptures that they were raised; for %(share)s that was "
            "no more than %(days)d day after.",
            "You noted of %(number)d ruptures that they were raised; for %(share)s that was "
            "no more than %(days)d days after.",
            middle,
        ) % {"number": len(having), "days": middle, "share": share}
        counts = Counter(_wait(one) for one in days)
        drawing = Drawing()
        for number, (_limit, name) in enumerate(WAITS):
            drawing.heading(str(name))
            drawing.bar(
                [("teal", counts[number])], most=max(counts.values()), said=_times(counts[number])
            )
        return Chart(
            "raising",
            title,
            len(having),
            sentence,
            drawing,
            _raising_table(having, counts),
            note=_(
                "From the day of the therapy session to your first look back that says it was "
                "raised or repaired. It may have been raised before you noted it."
            ),
        )

    return _or_too_little("raising", title, having, build)


def _raising_table(having: Sequence[Noted], counts: Mapping[int, int]) -> Table:
    if len(having) <= MOST_LISTED:
        listed = [
            (EntryLink(one.title, one.pk), date_format(one.day), one.raised_after) for one in having
        ]
        return Table([_("Reflection"), _("Therapy session"), _("Days until raised")], listed)
    rows = [(name, counts[number]) for number, (_limit, name) in enumerate(WAITS)]
    return Table([_("Until raised"), _("Reflections")], rows)


def _wait(days: int) -> int:
    return next(
        number for number, (limit, _name) in enumerate(WAITS) if limit is None or days <= limit
    )


def _times(number: int) -> str:
    return ngettext("%(number)d rupture", "%(number)d ruptures", number) % {"number": number}


# --- Alliance before and after ---

CHANGES: dict[str, tuple[str, Promise]] = {
    # Neither is good or bad by itself, and strain runs the other way: no colour says so.
    "lower": ("ink", gettext_lazy("lower")),
    "same": ("none", gettext_lazy("the same")),
    "higher": ("teal", gettext_lazy("higher")),
}

Step = tuple[Promise, Callable[[Noted], Alliance], Callable[[Noted], Alliance]]
STEPS: tuple[Step, ...] = (
    (gettext_lazy("From before it to after it"), lambda one: one.before, lambda one: one.after),
    (
        gettext_lazy("From after it to the latest look back"),
        lambda one: one.after,
        lambda one: one.later,
    ),
)


def alliance_change(noted: Sequence[Noted]) -> Chart:
    """Return how often each alliance item was noted lower, the same or higher than before."""
    title = _("The alliance before, after, and looking back")
    having = [one for one in noted if _has_change(one)]

    def build(having: Sequence[Noted]) -> Chart:
        changes = {
            (step, view, item): _changes(having, step, view, item)
            for step in range(len(STEPS))
            for view in ALLIANCE_VIEWS
            for item in ALLIANCE_ITEMS
        }
        rows = [
            (STEPS[step][0], ALLIANCE_VIEWS[view], ALLIANCE_ITEMS[item], _changes_said(counts))
            for (step, view, item), counts in changes.items()
            if counts
        ]
        return Chart(
            "alliance",
            title,
            len(having),
            _alliance_said(changes, len(having)),
            _alliance_drawn(changes),
            Table([_("From when to when"), _("Whose view"), _("Item"), _("Noted")], rows),
            keys=[Key(look, str(name)) for look, name in CHANGES.values()],
            note=_(
                "Your own four items and your own view; others’ views are in the table. For "
                "reflection, not validated. Changes are counted, never added up."
            ),
        )

    return _or_too_little("alliance", title, having, build)


def _has_change(one: Noted) -> bool:
    return any(
        _changes([one], step, "mine", item) for step in range(len(STEPS)) for item in ALLIANCE_ITEMS
    )


def _changes(noted: Sequence[Noted], step: int, view: str, item: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    _name, earlier, later = STEPS[step]
    for one in noted:
        before = getattr(getattr(earlier(one), view), item)
        after = getattr(getattr(later(one), view), item)
        if before is not None and after is not None:
            counts["lower" if after < before else "higher" if after > before else "same"] += 1
    return counts


def _changes_said(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{counts[change]} {name}" for change, (_look, name) in CHANGES.items() if counts[change]
    )


Changes = Mapping[tuple[int, str, str], Counter[str]]


def _alliance_said(changes: Changes, number: int) -> str:
    bond = changes[0, "mine", "bond"] + Counter()
    later = changes[1, "mine", "bond"]
    said = ngettext(
        "You noted how it was between you, before and after, for %(number)d rupture.",
        "You noted how it was between you, before and after, for %(number)d ruptures.",
        number,
    ) % {"number": number}
    if bond:
        said += " " + _("The bond was lower right after in %(lower)d of %(all)d.") % {
            "lower": bond["lower"],
            "all": bond.total(),
        }
    if later:
        said += " " + _("Looking back, it was higher again in %(higher)d of %(all)d.") % {
            "higher": later["higher"],
            "all": later.total(),
        }
    return said


def _alliance_drawn(changes: Changes) -> Drawing:
    drawing = Drawing()
    most = max(counts.total() for (_s, view, _i), counts in changes.items() if view == "mine")
    for step, (name, _earlier, _later) in enumerate(STEPS):
        own = {item: changes[step, "mine", item] for item in ALLIANCE_ITEMS}
        if not any(own.values()):
            continue
        drawing.height += LINE + 3
        drawing.text("group", 0, drawing.height, str(name))
        drawing.height += 5
        for item, counts in own.items():
            if counts:
                drawing.heading(str(ALLIANCE_ITEMS[item]))
                parts = [(look, counts[change]) for change, (look, _name) in CHANGES.items()]
                drawing.bar(parts, most=most, said=_changes_said(counts))
        drawing.height += BAR
    return drawing


# --- Feelings ---


def feelings_noted(noted: Sequence[Noted], names: Mapping[str, str]) -> Chart:
    """Return which feelings were noted, and how often."""
    title = _("What you felt")
    having = [one for one in noted if one.feelings]

    def build(having: Sequence[Noted]) -> Chart:
        known = _named((one.feelings for one in having), names)
        counts = Counter(slug for one in having for slug in dict(one.feelings))
        sentence = _("In %(number)d reflections that name a feeling, %(often)s.") % {
            "number": len(having),
            "often": _most(counts, known),
        }
        shown = [slug for slug in known if counts[slug]]
        shown.sort(key=lambda slug: -counts[slug])
        drawing = Drawing()
        for slug in shown[:MOST_BARS]:
            drawing.heading(known[slug])
            drawing.bar(
                [("clay", counts[slug])], most=counts[shown[0]], said=_reflections(counts[slug])
            )
        rows = [(known[slug], counts[slug]) for slug in shown]
        more = len(shown) - MOST_BARS
        note = ngettext(
            "%(number)d more is in the table.", "%(number)d more are in the table.", more
        ) % {"number": more}
        return Chart(
            "feelings",
            title,
            len(having),
            sentence,
            drawing,
            Table([_("Feeling"), _("Reflections")], rows),
            note=note if more > 0 else "",
        )

    return _or_too_little("feelings", title, having, build)


def _reflections(number: int) -> str:
    return ngettext("%(number)d reflection", "%(number)d reflections", number) % {"number": number}
