"""A check for what may identify somebody in a text. It warns; it never blocks, and never leaves.

Pure functions on text: no network, no database, no model of language. docs/identifiers.md says what
is found, how often, and what cannot be: an empty answer never means that a text is safe to share.
"""

from reflection.identifiers.check import find_identifiers
from reflection.identifiers.kinds import Found, Kind
from reflection.identifiers.numbers import is_nhs_number

__all__ = ["Found", "Kind", "find_identifiers", "is_nhs_number"]
