"""Strain 0 to 5, drawn."""

from functools import cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

STEPS = range(1, 6)
_DRAWN = (
    '<svg viewBox="0 0 12 16" aria-hidden="true" focusable="false"><path class="{}" d="{}" /></svg>'
)
_CRACK, _NONE = "M3 2l5 4-3 3 5 5", "M3 8h6"


def strain_marks(value: int | None, mended: bool = False) -> SafeString:
    """Return strain as cracks, gold once ``mended``, with its name; None was not rated."""
    return _marks(value, mended, get_language())


@cache
def _marks(value: int | None, mended: bool, _language: str | None) -> SafeString:
    name = _("Strain not rated") if value is None else _("Strain %d of 5") % value
    marks = format_html_join(
        "",
        _DRAWN,
        (
            (("mended" if mended else "crack"), _CRACK)
            if value is not None and step <= value
            else ("none", _NONE)
            for step in STEPS
        ),
    )
    return format_html(
        '<span class="strain-marks" role="img" aria-label="{}">{}</span>', name, marks
    )
