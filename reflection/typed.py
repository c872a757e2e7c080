"""What somebody typed, as it is kept."""

from typing import Any

from django import forms

# Pasted from another program, these break a line or a page; the rest stands for nothing.
_BREAKS = "\v\f"
_CONTROLS: dict[int, str | None] = {
    code: "\n" if chr(code) in _BREAKS else None for code in range(32) if chr(code) not in "\t\n\r"
}


def without_controls(text: str) -> str:
    """Return ``text`` without the characters that no text needs and a paste may bring along."""
    return text.translate(_CONTROLS)


class TypedField(forms.CharField):
    """A box that people write in: nothing that cannot be seen keeps its text from being saved."""

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(without_controls(value) if value else value) or ""
        return text
